"""Where each frame of a stack is sharp: labels, depth and confidence from three bands of detail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.decide import spreads
from mfgui.methods.decide.photo_noise import BANDS, Noise, bands
from mfgui.methods.decide.stack import blurred
from mfgui.methods.planes import Plane, in_tiles

_SIDE, _MANY, _SMALLER = 1024, 32, 512  # pixels of a tile; smaller for more frames than _MANY
_AROUND = 48  # pixels beyond a tile that have a say in its labels
WINDOWS = (0.9, 1.2, 1.2)  # sigmas of the windows of energies, in pixels of the half size
_SHARES = np.array([1.0, 0.5, 0.2], np.float32)  # of the bands in the evidence
_FLOOR = np.float32(6.0)  # evidence, in energies of noise, that is worth half a decision
_SHADE = np.float32(0.1)  # of the largest evidence nearby, below which there may be its blur only
_NEAR = np.ones((49, 49), np.uint8)  # pixels of the half size: nearby
_PENALTY = np.float32(8.0)  # of a change of label, see `mfgui.methods.decide.stack.stack`
_EDGE = np.float32(8 / 255)
_SCALE = np.float32(32767)  # bands are kept as 16-bit integers


@dataclass(frozen=True, eq=False)
class Focus:
    """What all frames say of each pixel.

    Attributes
    ----------
    labels : (H, W)
        1 ... K, smoothed.
    offset : (h, w) float32
        At half size, what to add to the labels for a continuous depth, -0.5 to 0.5.
    sure : (h, w) float32
        At half size, 0 to 1.
    quiet : tuple of int16 arrays
        Fine detail at full and at half size averaged over the frames that have none but noise.
    """

    labels: LabelArray = field(repr=False)
    offset: Plane = field(repr=False)
    sure: Plane = field(repr=False)
    quiet: tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]] = field(repr=False)


def focus(images: Sequence[PixelArray], noise: Noise, *, compute: Compute) -> Focus:
    """Labels, depth and confidence of frames in order of focus.

    The evidence of a frame is the sum over three bands of max(0, E / noise - 2), E their windowed
    energy; costs -evidence / (largest + s + 6) are summed along rows and columns as in
    `mfgui.methods.decide.stack.stack`, at half the size. s is a tenth of the largest evidence
    nearby, times 6 / (6 + the largest of the finest band here): so the blur that strong contours
    have in other frames, which has no fine detail, decides nothing beside them.

    Returns
    -------
    Focus
        Time O(H W K); beside the result 2 bytes per frame and pixel of a tile, for each thread.
    """
    height, width, _ = images[0].shape
    high, wide = -(-height // 2), -(-width // 2)
    labels: LabelArray = np.empty((height, width), label_dtype(len(images)))
    offset, sure = np.empty((high, wide), np.float32), np.empty((high, wide), np.float32)
    quiet = np.empty((height, width), np.int16), np.empty((high, wide), np.int16)
    found = Focus(labels, offset, sure, quiet)
    side = _SIDE if len(images) <= _MANY else _SMALLER

    def work(wide: Rect, inner: Rect) -> None:
        _Tile(images, wide, noise, compute).decide(found, inner)

    in_tiles(Size(width, height), work, reach=_AROUND, compute=compute, side=side)
    return found


class _Tile:
    """Evidence of all frames in a part of the picture whose corner has even coordinates."""

    def __init__(
        self, images: Sequence[PixelArray], rect: Rect, noise: Noise, compute: Compute
    ) -> None:
        from mfgui.methods.decide import photo_kernels as kernels

        high, wide = -(-rect.height // 2), -(-rect.width // 2)
        self._rect, self._compute = rect, compute
        self._evidence = np.empty((high, wide, len(images)), np.float32)
        self._most = np.full((high, wide), -1, np.float32)
        self._finest, self._guide = np.zeros((2, high, wide), np.float32)
        self._quiet = np.zeros((2 * high, 2 * wide), np.float32), np.zeros((high, wide), np.float32)
        self._weights = np.zeros((2, high, wide), np.float32)
        energies = np.empty((BANDS, high, wide), np.float32)
        for index, image in enumerate(images):
            compute.checkpoint()
            made = bands(image[rect.slices])
            for band in range(BANDS):
                energy = blurred(made.energies[band], WINDOWS[band])
                if energy.shape != (high, wide):
                    energy = np.asarray(cv2.resize(energy, (wide, high)), np.float32)
                energies[band] = energy
            kernels.add_evidence(
                index,
                energies,
                made.half,
                noise.energies,
                _SHARES,
                self._evidence,
                self._most,
                self._finest,
                self._guide,
            )
            for band in range(2):
                kernels.add_quiet(
                    made.fine[band],
                    energies[band],
                    made.half,
                    noise.energies[band],
                    self._quiet[band],
                    self._weights[band],
                    2 - band,
                )

    def decide(self, found: Focus, inner: Rect) -> None:
        """Fill the part `inner` of what is found."""
        from mfgui.methods.decide import photo_kernels as kernels
        from mfgui.methods.decide import stack_kernels

        costs = self._evidence
        nearby = np.asarray(cv2.dilate(self._most, _NEAR), np.float32)
        self._most += _SHADE * nearby * _FLOOR / (_FLOOR + self._finest)
        kernels.as_costs(costs, self._most, _FLOOR)
        total = np.zeros_like(costs)
        for add in (stack_kernels.add_rows, stack_kernels.add_columns):
            self._compute.checkpoint()
            add(costs, self._guide, _PENALTY, _EDGE, total)
        labels = np.empty(self._most.shape, found.labels.dtype)
        offset, sure = np.empty_like(self._most), np.empty_like(self._most)
        kernels.judge(costs, self._most, _FLOOR, total, labels, offset, sure)
        full = np.repeat(np.repeat(labels, 2, axis=0), 2, axis=1)
        part = spreads.within(inner, self._rect).slices
        found.labels[inner.slices] = cv2.medianBlur(full, 5)[part]
        half = Rect(inner.x // 2, inner.y // 2, -(-inner.width // 2), -(-inner.height // 2))
        around = Rect(self._rect.x // 2, self._rect.y // 2, 0, 0)
        small = spreads.within(half, around).slices
        found.offset[half.slices] = offset[small]
        found.sure[half.slices] = sure[small]
        for band, (at, to) in enumerate(((part, inner), (small, half))):
            weights = self._weights[band]
            if band == 0:
                weights = np.repeat(np.repeat(weights, 2, axis=0), 2, axis=1)
            mean = self._quiet[band][at] / np.maximum(weights[at], np.float32(1e-6))
            found.quiet[band][to.slices] = np.rint(np.clip(mean, -1, 1) * _SCALE)


def as_float(kept: npt.NDArray[np.int16]) -> Plane:
    """A band as it was."""
    return np.asarray(kept / _SCALE, np.float32)
