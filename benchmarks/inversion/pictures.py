"""Pictures of the page, of generated scenes only."""

from __future__ import annotations

import argparse

import cv2
import numpy as np

from benchmarks.inversion import scenes, sheets
from benchmarks.inversion.scores import blind, oracle, photographed
from mfgui.bench import plot_raster
from mfgui.bench.plots import Figure, Panel, Series
from mfgui.core.arrays import ImageF32, Size
from mfgui.core.compute import Compute
from mfgui.core.disks import blurred
from mfgui.core.light import to_srgb
from mfgui.methods.inversion.views import colours
from mfgui.synth.capture import Capture
from mfgui.synth.constant_depth import constant_depth

_CROP = 72


def example(options: argparse.Namespace) -> None:
    """Crops of one scene of flat layers."""
    pair = constant_depth(radius=options.radius, seed=options.seed)
    frames, pair = photographed(pair, Capture(), seed=options.seed, swapped=False)
    ours = blind(frames, compute=Compute(threads=options.threads))
    found = ours.found[0]
    shown: dict[str, ImageF32] = {
        "near frame": colours(frames[0]),
        "far frame": colours(frames[1]),
        "pyramid": ours.usual,
        "ours": found.image,
        "truth": pair.truth,
        "oracle": oracle(frames, pair, options.radius),
        "matte": sheets.shown(found.matte),
        "confidence": sheets.shown(found.confidence),
    }
    crops = sheets.largest_changes(found.image, ours.usual, side=_CROP, count=3)
    sheets.write(sheets.sheet(shown, crops, scale=2), options.folder / "inversion-example.png")


def failure(options: argparse.Namespace) -> None:
    """Crops of chosen scenes of the part `scenes`, where the pyramid is nearer to the truth."""
    pages = []
    for text in options.failures:
        generator, seed = text.split(":")
        frames, pair, near, _, told = scenes.scene_of(generator, int(seed), Size(640, 480))
        ours = blind(frames, compute=Compute(threads=options.threads))
        found = ours.found[0]
        print(text, told, ours.known.margin, ours.known.near == near)
        shown: dict[str, ImageF32] = {
            "near frame": colours(ours.frames[near]),
            "far frame": colours(ours.frames[1 - near]),
            "pyramid": ours.usual,
            "ours": found.image,
            "truth": pair.truth,
            "matte": sheets.shown(found.matte),
            "confidence": sheets.shown(found.confidence),
        }
        harm = np.square(found.image - pair.truth) - np.square(ours.usual - pair.truth)
        # The places that are worse, as a difference of two pictures.
        loss = np.sqrt(np.maximum(harm, 0)).astype(np.float32)
        crops = sheets.largest_changes(loss, np.zeros_like(loss), side=_CROP, count=2)
        pages.append(sheets.sheet(shown, crops, scale=2))
    if pages:
        sheets.write(sheets.stacked(*pages), options.folder / "inversion-failures.png")


def profile(options: argparse.Namespace) -> None:
    """Light across a straight edge: both frames, the pyramid, the result and the truth."""
    radius, height, width = 8.0, 200, 240
    rng = np.random.default_rng(3)
    stripes = np.repeat(rng.uniform(0.15, 0.75, width // 6), 6).astype(np.float32)
    rows = np.repeat(rng.uniform(0.85, 1.15, height // 5), 5).astype(np.float32)
    behind = np.clip(stripes[None, :] * rows[:, None], 0, 1)
    grain = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 1.0)
    front = np.clip(0.75 + 0.25 * grain, 0, 1)
    matte = np.zeros((height, width), np.float32)
    matte[:, : width // 2] = 1.0
    front, behind = (
        np.repeat(p[:, :, None], 3, axis=2).astype(np.float32) for p in (front, behind)
    )
    cover = matte[:, :, None]
    near = cover * front + (1 - cover) * blurred(behind, radius)
    spill = blurred(matte, radius)[:, :, None]
    far = blurred(cover * front, radius) + (1 - spill) * behind
    truth = to_srgb(cover * front + (1 - cover) * behind)
    frames = [np.rint(255 * to_srgb(light)).astype(np.uint8) for light in (near, far)]
    ours = blind(frames, compute=Compute(threads=options.threads))
    pictures = {
        "near frame": colours(frames[0]),
        "far frame": colours(frames[1]),
        "pyramid": ours.usual,
        "ours": ours.found[0].image,
        "truth": truth,
    }
    middle, low, high = height // 2, width // 2 - 20, width // 2 + 30
    series = [
        Series(
            name,
            [(x - width / 2 + 0.5, float(255 * p[middle, x].mean())) for x in range(low, high)],
            dashed=name == "truth",
        )
        for name, p in pictures.items()
    ]
    title = f"Across a straight edge, r = {radius:g}"
    panel = Panel(title, "pixels from the edge", "sRGB value", series)
    figure = Figure("", [panel], width=720.0)
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / "inversion-profile.png").write_bytes(plot_raster.png(figure, scale=1))


def run(options: argparse.Namespace) -> tuple[list[str], list[dict[str, object]]]:
    makers = {"example": example, "profile": profile, "failure": failure}
    for name in options.which:
        makers[name](options)
    return [], []
