"""Seconds and memory from 0.3 to 24 megapixels, against the Laplacian pyramid in the same run.

Frames are rendered once per size and width of the band, with a blur of 4 pixels at 640 x 480 and
in proportion above. Each method is run in a fresh process: first on a small pair, which loads its
compiled loops; below a megapixel twice, of which the second time counts. "CPU s" are the seconds of
processor time, which other programs disturb less. "MB" is the highest
RssAnon + RssShmem above that before the call: beside the sources, with the result.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.inversion.scores import number, table
from benchmarks.peak import Peak
from mfgui import _startup
from mfgui.core.arrays import ImageU8, PixelArray, Size, from_float
from mfgui.core.compute import Compute
from mfgui.core.disks import blurred
from mfgui.core.light import to_srgb
from mfgui.methods import registry
from mfgui.methods.decision import decide

METHODS = ("laplacian-pyramid", "defocus-inversion")
SIZES = (Size(640, 480), Size(1152, 864), Size(2304, 1728), Size(6000, 4000))
BANDS = {"3 %": (1, 1, 0.38), "15 %": (4, 3, 0.155)}  # columns and rows of disks, radius / height
_RADIUS = 4 / 640  # of the width
_ONCE = 1_000_000  # pixels from which a method runs once
_TOUCHED = 3.0  # GiB


def textured(size: Size, rng: np.random.Generator) -> np.ndarray:
    """Detail of many sizes in linear light, (H, W, 3) float32."""
    result = np.zeros((size.height, size.width, 3), np.float32)
    side, strength = 2, 0.16
    while side < size.width // 4:
        shape = (size.height // side + 2, size.width // side + 2, 3)
        part = rng.random(shape, np.float32) - np.float32(0.5)
        result += np.float32(strength) * cv2.resize(
            part, (size.width, size.height), interpolation=cv2.INTER_CUBIC
        )
        side *= 3
    result += rng.uniform(0.3, 0.6, 3).astype(np.float32)
    return np.clip(result, 0.01, 1.0, out=result)


def pair(size: Size, band: str) -> tuple[list[ImageU8], float]:
    """Disks before a plane, at both focus distances, and the share of the band."""
    rng = np.random.default_rng(1)
    columns, rows, share = BANDS[band]
    radius = _RADIUS * size.width
    matte = np.zeros((size.height, size.width), np.float32)
    for i in range(columns):
        for j in range(rows):
            x, y = (i + 0.5) * size.width / columns, (j + 0.5) * size.height / rows
            centre = (round(256 * x), round(256 * y))
            around = round(256 * share * size.height)
            cv2.circle(matte, centre, around, 1.0, -1, cv2.LINE_AA, shift=8)
    front, behind = textured(size, rng), textured(size, rng)
    cover = matte[:, :, None]
    front *= cover
    near = front + (1 - cover) * blurred(behind, radius)
    first = from_float(to_srgb(near), "uint8")
    del near
    spill = blurred(matte, radius)
    far = blurred(front, radius) + (1 - spill[:, :, None]) * behind
    second = from_float(to_srgb(far), "uint8")
    return [first, second], float(((spill > 0.002) & (spill < 0.998)).mean())


def carry_out(name: str, images: list[PixelArray], threads: int) -> None:
    method = registry.load().get(name)
    compute, values = Compute(threads=threads), method.defaults()
    if method.makes_map:
        decide(method, images, compute=compute, **values).fuse()
    else:
        method.function(images, None, compute=compute, **values)


def child(name: str, path: Path, threads: int) -> None:
    """Time one method on the frames of a file, and print it as JSON."""
    _startup.prepare_command_line()
    _startup.limit_opencv()
    small, _ = pair(Size(128, 96), "3 %")
    carry_out(name, list(small), threads)
    # Fresh memory is handed out slowly by virtual machines; touched once, it stays.
    space = np.empty(int(_TOUCHED * 2**30), np.uint8)
    space[::4096] = 1
    del space
    with np.load(path) as file:
        images: list[PixelArray] = [file["first"], file["second"]]
    if images[0].shape[0] * images[0].shape[1] < _ONCE:
        carry_out(name, images, threads)
    with Peak() as peak:
        start, worked = time.perf_counter(), time.process_time()
        carry_out(name, images, threads)
        seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    print(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": peak.megabytes}))


def measured(name: str, path: Path, options: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.defocus_inversion", "time"]
    command += ["--threads", str(options.threads), "--child", name, str(path)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=options.limit, check=True
    )
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def run(options: argparse.Namespace) -> tuple[list[str], list[dict[str, object]]]:
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.npz"
        for size in options.sizes:
            for band in options.bands:
                images, share = pair(size, band)
                np.savez(path, first=images[0], second=images[1])
                del images
                for name in METHODS:
                    said = measured(name, path, options)
                    rows.append({"size": str(size), "pixels": size.pixels, "band": band} | said)
                    rows[-1] |= {"method": name, "share": share}
                    print(rows[-1], flush=True)
    head = ["size", "band", "pyramid, s", "ours, s", "ratio"]
    head += ["pyramid, CPU s", "ours, CPU s", "ratio", "CPU s per megapixel"]
    head += ["pyramid, MB", "ours, MB", "bytes per pixel"]
    lines = []
    for usual, ours in zip(rows[::2], rows[1::2], strict=True):
        seconds = [float(str(row["seconds"])) for row in (usual, ours)]
        cpu = [float(str(row["cpu"])) for row in (usual, ours)]
        memory = [float(str(row["megabytes"])) for row in (usual, ours)]
        million = float(str(ours["pixels"])) / 1e6
        lines.append(
            [
                str(ours["size"]),
                f"{100 * float(str(ours['share'])):.1f} %",
                number(seconds[0]),
                number(seconds[1]),
                number(seconds[1] / seconds[0], 1),
                number(cpu[0]),
                number(cpu[1]),
                number(cpu[1] / cpu[0], 1),
                number(cpu[1] / million),
                number(memory[0], 0),
                number(memory[1], 0),
                number(memory[1] / million, 0),
            ]
        )
    title = f"### Seconds and memory, {options.threads} thread(s)"
    return [title, "", *table(head, lines), ""], rows
