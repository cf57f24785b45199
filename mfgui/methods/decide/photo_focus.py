"""Where each frame of a stack is sharp: labels, depth and confidence from three bands of detail."""

from __future__ import annotations

from collections import deque
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

_SIDE, _MANY, _SMALLER = 1536, 32, 768  # pixels of a tile; smaller for more frames than _MANY
_AROUND = 64  # pixels beyond a tile that have a say in its labels
WINDOWS = (0.9, 1.2, 1.2)  # sigmas of the windows of energies, in pixels of the half size
_SHARES = np.array([1.0, 0.5, 0.2], np.float32)  # of the bands in the evidence
_FLOOR = np.float32(6.0)  # evidence, in energies of noise, that is worth half a decision
_SHADE = np.float32(0.1)  # of the largest evidence nearby, below which there may be its blur only
_NEAR = np.ones((49, 49), np.uint8)  # pixels of the half size: nearby
_PENALTY = 24.0  # of a change of label where nothing shows an outline
_EDGE = 2 / 255  # a step of the nearer frame that halves it
_APART = 8.0  # pixels of blur, sigma, through which no fine detail is seen
_BLURRED = np.float32(0.003)  # of fine detail nearby, that its blur may have after all
_SEEN = np.float32(3.0)  # fine evidence, in energies of noise, that hides half of what lies behind
_ABOUT = np.ones((25, 25), np.uint8)  # pixels of the half size: where a blur spreads
_LEAN = 0.03  # cost of the nearest label against that of the farthest
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


def focus(
    images: Sequence[PixelArray],
    noise: Noise,
    places: Sequence[float] | None = None,
    *,
    compute: Compute,
) -> Focus:
    """Labels, depth and confidence of frames in order of focus.

    The evidence of a frame is the sum over three bands of max(0, E / noise - 2), E their windowed
    energy. Its cost is -evidence / (largest + s + 6), s a tenth of the largest evidence nearby
    times 6 / (6 + the first band of the largest): so the blur that strong contours have in other
    frames, which has no fine detail, decides nothing beside them. Costs are summed along rows,
    columns and diagonals (Hirschmueller 2008, equation 13), at half the size; where the label
    changes from j to k > j, a path costs ``24 / (1 + |step of frame j| / (2 / 255))``.

    With `places` the first frame is nearest, and what is seen through the blur of near things is
    not taken for their surface: fine detail b of frames nearer by 8 pixels of blur and more
    leaves 1 / (1 + (b / r)^2) of the evidence of a frame, r = 3 + 0.003 of its own fine detail
    around. Outlines are steps of the near frame; where nothing else is known, the far label costs
    a little less.

    Parameters
    ----------
    places : sequence of K float or None
        In pixels of blur, rising, from the nearest frame; see
        `mfgui.methods.decide.spreads.positions`. None: nobody knows.

    Returns
    -------
    Focus
        Time O(H W K); beside the result 2.25 bytes per frame and pixel of a tile, for each thread.
    """
    height, width, _ = images[0].shape
    high, wide = -(-height // 2), -(-width // 2)
    labels: LabelArray = np.empty((height, width), label_dtype(len(images)))
    offset, sure = np.empty((high, wide), np.float32), np.empty((high, wide), np.float32)
    quiet = np.empty((height, width), np.int16), np.empty((high, wide), np.int16)
    found = Focus(labels, offset, sure, quiet)
    side = _SIDE if len(images) <= _MANY else _SMALLER

    def work(wide: Rect, inner: Rect) -> None:
        _Tile(images, wide, noise, places, compute).decide(found, inner)

    in_tiles(Size(width, height), work, reach=_AROUND, compute=compute, side=side)
    return found


class _Tile:
    """Evidence of all frames in a part of the picture whose corner has even coordinates."""

    def __init__(
        self,
        images: Sequence[PixelArray],
        rect: Rect,
        noise: Noise,
        places: Sequence[float] | None,
        compute: Compute,
    ) -> None:
        high, wide = -(-rect.height // 2), -(-rect.width // 2)
        self._rect, self._compute, self._noise = rect, compute, noise
        self._evidence = np.empty((high, wide, len(images)), np.float32)
        self._lightness = np.empty(self._evidence.shape, np.uint8)
        self._lean = np.zeros(len(images), np.float32)
        self._finest = np.zeros((high, wide), np.float32)
        self._quiet = np.zeros((2 * high, 2 * wide), np.float32), np.zeros((high, wide), np.float32)
        self._weights = np.zeros((2, high, wide), np.float32)
        veils = None
        if places is not None and places[-1] > 0.0:
            veils = _Veils(places)
            self._lean += np.float32(_LEAN) * (1 - np.array(places, np.float32) / places[-1])
        for index, image in enumerate(images):
            compute.checkpoint()
            finest = self._add(index, image)
            if veils is not None:
                veils.discount(self._evidence, index, finest)
            np.maximum(self._finest, finest, out=self._finest)

    def _add(self, index: int, image: PixelArray) -> Plane:
        """The evidence of a frame; returns the part of it that the first band has."""
        from mfgui.methods.decide import photo_kernels as kernels

        made = bands(image[self._rect.slices])
        high, wide = self._finest.shape
        energies = np.empty((BANDS, high, wide), np.float32)
        finest = np.empty((high, wide), np.float32)
        for band in range(BANDS):
            energy = blurred(made.energies[band], WINDOWS[band])
            if energy.shape != (high, wide):
                energy = np.asarray(cv2.resize(energy, (wide, high)), np.float32)
            energies[band] = energy
        kernels.add_evidence(
            index,
            energies,
            made.half,
            self._noise.energies,
            _SHARES,
            self._evidence,
            finest,
            self._lightness,
        )
        for band in range(2):
            kernels.add_quiet(
                made.fine[band],
                energies[band],
                made.half,
                self._noise.energies[band],
                self._quiet[band],
                self._weights[band],
                2 - band,
            )
        return finest

    def decide(self, found: Focus, inner: Rect) -> None:
        """Fill the part `inner` of what is found."""
        from mfgui.methods.decide import photo_kernels as kernels

        costs, most = self._evidence, np.empty_like(self._finest)
        kernels.largest(costs, most)
        nearby = np.asarray(cv2.dilate(most, _NEAR), np.float32)
        most += _SHADE * nearby * _FLOOR / (_FLOOR + self._finest)
        kernels.as_costs(costs, most, _FLOOR, self._lean)
        prices = (_PENALTY / (1 + np.arange(256) / 255 / _EDGE)).astype(np.float32)
        total = np.zeros_like(costs)
        for add in (kernels.add_rows, kernels.add_columns):
            self._compute.checkpoint()
            add(costs, self._lightness, prices, total)
        labels = np.empty(most.shape, found.labels.dtype)
        offset, sure = np.empty_like(most), np.empty_like(most)
        kernels.judge(costs, most, _FLOOR, self._lean, total, labels, offset, sure)
        self._fill(found, inner, labels, offset, sure)

    def _fill(
        self, found: Focus, inner: Rect, labels: LabelArray, offset: Plane, sure: Plane
    ) -> None:
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


class _Veils:
    """Fine detail of near frames: what is seen through it lies behind a near thing's blur."""

    def __init__(self, places: Sequence[float]) -> None:
        self._places = places
        self._waiting: deque[tuple[float, Plane]] = deque()
        self._before: Plane | None = None

    def discount(self, evidence: npt.NDArray[np.float32], index: int, finest: Plane) -> None:
        """Lessen the evidence of a frame by what the frames before it had; `focus` says how."""
        from mfgui.methods.decide import photo_kernels as kernels

        while self._waiting and self._places[index] - self._waiting[0][0] >= _APART:
            plane = self._waiting.popleft()[1]
            self._before = plane if self._before is None else np.maximum(self._before, plane)
        self._waiting.append((self._places[index], finest))
        if self._before is not None:
            own = np.asarray(cv2.dilate(finest, _ABOUT), np.float32)
            kernels.discount(evidence, index, self._before, own, _BLURRED, _SEEN)


def as_float(kept: npt.NDArray[np.int16]) -> Plane:
    """A band as it was."""
    return np.asarray(kept / _SCALE, np.float32)
