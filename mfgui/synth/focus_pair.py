"""Two frames of one scene at two focus distances, with everything that is known about them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, Size
from mfgui.core.errors import UsageError

SMALLEST, LARGEST = 64, 8000  # pixels a side
MAX_PIXELS = 16_000_000  # rendering takes some hundred bytes per pixel


@dataclass(frozen=True, eq=False)
class FocusPair:
    """Frames, truth, matte and blur of a scene.

    Attributes
    ----------
    near, far : (H, W, 3)
        Frames focused on the near and on the far part. As rendered float32, sRGB-encoded in
        [0, 1], not quantised; after `mfgui.synth.capture.captured` uint8 or uint16.
    truth : (H, W, 3) float32
        Everything in focus, sRGB-encoded in [0, 1].
    matte : (H, W) float32
        Visible share of what is near, in [0, 1].
    radius : (H, W) float32
        Blur radius in pixels of the near light in the far frame.
    near_radius : (H, W) float32
        Blur radius in pixels, in the near frame, of what shows most in the pixel. Where both
        radii are large, neither frame knows the truth.
    seed : int
        The number the scene was drawn from.
    description : str
        What the scene shows, in a few words.
    margin : int
        Pixels that `wide` reaches beyond the frame on every side.
    wide : pair of (H + 2 margin, W + 2 margin, 3) float32, or None
        Near and far frame in linear light, with what lies around the frame: for moving one.
    """

    near: PixelArray = field(repr=False)
    far: PixelArray = field(repr=False)
    truth: ImageF32 = field(repr=False)
    matte: npt.NDArray[np.float32] = field(repr=False)
    radius: npt.NDArray[np.float32] = field(repr=False)
    near_radius: npt.NDArray[np.float32] = field(repr=False)
    seed: int
    description: str
    margin: int = 0
    wide: tuple[ImageF32, ImageF32] | None = field(default=None, repr=False)

    @property
    def size(self) -> Size:
        height, width = self.matte.shape
        return Size(width, height)


def check_size(size: Size) -> None:
    """UsageError for frames that are too small or too large to render."""
    low, high = sorted((size.width, size.height))
    if low < SMALLEST or high > LARGEST or size.pixels > MAX_PIXELS:
        raise UsageError(
            f"size {size}: not allowed",
            hint=f"use {SMALLEST} to {LARGEST} pixels a side, at most {MAX_PIXELS // 10**6} "
            "megapixels",
        )
