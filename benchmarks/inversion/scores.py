"""What the parts share: the blind result of a pair, the oracle, PSNR, bands, tables."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, ImageF32, PixelArray, Size
from mfgui.core.compute import Compute
from mfgui.methods.fuse.laplacian_pyramid import laplacian_pyramid
from mfgui.methods.inversion import layers, recover
from mfgui.methods.inversion.recover import Estimate, Near, Recovered
from mfgui.methods.inversion.spread import Shape, Spread
from mfgui.methods.inversion.views import colours, encoded, view_of
from mfgui.synth.capture import Capture, captured
from mfgui.synth.focus_pair import FocusPair

ROOT = Path(__file__).resolve().parents[2]
CODE = (
    "mfgui/methods/inversion",
    "mfgui/methods/decide/defocus_inversion.py",
    "mfgui/methods/fuse/laplacian_pyramid.py",
    "mfgui/core/disks.py",
)
HALO = 0.5  # the default of the method


@dataclass(frozen=True, eq=False)
class Blind:
    """What the method makes of two frames, and what it falls back to.

    Attributes
    ----------
    frames : aligned, as all ways to fuse get them
    usual : the Laplacian pyramid of them, float32
    found : for each value of `halo`
    """

    frames: Sequence[PixelArray] = field(repr=False)
    known: Estimate
    usual: ImageF32 = field(repr=False)
    found: Sequence[Recovered] = field(repr=False)
    aligned: bool


def blind(
    frames: Sequence[PixelArray],
    *,
    compute: Compute,
    near: Near = "auto",
    halos: Sequence[float] = (HALO,),
) -> Blind:
    """The steps of the method one by one, with one or more positions of its slider."""
    same = recover.aligned(frames, compute=compute)
    known = recover.estimate(same, near=near, compute=compute)
    usual = pyramid(same, compute=compute)
    found = [recover.recover(same, known, usual, halo=h, compute=compute) for h in halos]
    return Blind(same, known, usual, found, same[1] is not frames[1])


def pyramid(frames: Sequence[PixelArray], *, compute: Compute) -> ImageF32:
    return np.asarray(laplacian_pyramid(frames, compute=compute), np.float32)


def oracle(
    frames: Sequence[PixelArray],
    pair: FocusPair,
    radius: float,
    *,
    near: int = 0,
    shape: Shape = "disk",
) -> ImageF32:
    """The picture that our own equations give for the true matte and the true blur."""
    view = view_of([colours(frames[near]), colours(frames[1 - near])])
    blur = Spread(radius, shape=shape)
    settings = layers.Settings((blur, blur), floor=view.noise)
    found = layers.behind(view, pair.matte, settings)
    return encoded(layers.output(view, found, settings))


def photographed(
    pair: FocusPair, camera: Capture, *, seed: int, swapped: bool
) -> tuple[list[PixelArray], FocusPair]:
    """Frames in the order in which they are given to the method, and the pair with its truth.

    The second frame is the one that is moved, so that the truth lies in the first one's geometry.
    """
    camera = replace(camera, moved="near" if swapped else "far")
    shot = captured(pair, camera, seed=seed)
    return [shot.far, shot.near] if swapped else [shot.near, shot.far], shot


def psnr(image: ImageF32, truth: ImageF32, mask: BoolMask | None = None) -> float:
    """dB of the encoded values."""
    error = np.square(np.asarray(image, np.float32) - truth)
    mean = float((error if mask is None else error[mask]).mean(dtype=np.float64))
    return math.inf if mean == 0 else -10 * math.log10(mean)


def both_psnr(image: ImageF32, truth: ImageF32, band: BoolMask) -> tuple[float, float]:
    """Of the whole picture and of the band."""
    return psnr(image, truth), psnr(image, truth, band)


def band_of(pair: FocusPair, radius: float) -> BoolMask:
    """Pixels within reach of the spill: the matte grown by r + 1, less its inside shrunk so."""
    reach = radius + 1
    outside = (pair.matte <= 0.002).astype(np.uint8)
    inside = (pair.matte > 0.998).astype(np.uint8)
    grown = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= reach
    shrunk = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > reach
    return np.asarray(grown & ~shrunk)


@cache
def version() -> str:
    """Eight digits that change with the code that is measured."""
    digest = hashlib.sha256()
    for name in CODE:
        path = ROOT / name
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def size_of(text: str) -> Size:
    width, height = (int(part) for part in text.lower().split("x"))
    return Size(width, height)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Markdown; numbers are given as text already."""
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return lines + [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]


def mean(values: Iterable[float]) -> float:
    kept = [value for value in values if math.isfinite(value)]
    return float(np.mean(kept)) if kept else math.nan


def number(value: float, digits: int = 2) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def signed(value: float, digits: int = 2) -> str:
    return "" if math.isnan(value) else f"{value:+.{digits}f}"
