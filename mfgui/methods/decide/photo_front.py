"""Which end of a stack is nearer: the one whose blur, once subtracted, explains the frames."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, to_float
from mfgui.core.compute import Compute
from mfgui.methods.decide import spill, spreads
from mfgui.methods.decide.photo_focus import focus
from mfgui.methods.decide.photo_noise import noise_of
from mfgui.methods.decide.stack import composed, extremes
from mfgui.methods.planes import grey

_PIXELS = 500_000  # of the small frames that a survey is made of
_CELLS = 8  # places where their noise is measured
_SIDE, _PLACES = 448, 12  # pixels, number: where both ways are tried
_MARGIN = 0.01  # by which the error of one way must be less, in the median of the places
_SEEN = 0.3  # of what a mean is taken of must lie behind the border
_FEWEST = 200  # pixels


def small_copies(images: Sequence[PixelArray], *, compute: Compute) -> list[PixelArray]:
    """The frames with at most half a million pixels each."""
    height, width, channels = images[0].shape
    factor = max(1.0, (height * width / _PIXELS) ** 0.5)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))

    def copy(image: PixelArray) -> PixelArray:
        compute.checkpoint()
        view = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if factor > 1.0 else image
        return np.asarray(view).reshape(size[1], size[0], channels)

    with ThreadPoolExecutor(compute.threads) as pool:
        return list(pool.map(copy, images))


def survey(
    small: Sequence[PixelArray], factor: float, *, compute: Compute
) -> tuple[tuple[float, ...], bool | None]:
    """Places of the frames, and whether the first is focused nearest, from small copies of them.

    Parameters
    ----------
    small : sequence of (h, w, C) uint8, uint16 or float32
        In order of focus.
    factor : float
        By which the frames are larger.

    Returns
    -------
    tuple of K float
        As `mfgui.methods.decide.spreads.positions` of the frames themselves, less exactly.
    bool or None
        See `nearest_first`.
    """
    noise = noise_of(small, cells=_CELLS, compute=compute)
    labels = focus(small, noise, compute=compute).labels
    places = spreads.positions(small, labels, compute=compute)
    near = nearest_first(small, labels, places, compute=compute)
    return tuple(place * factor for place in places), near


def nearest_first(
    images: Sequence[PixelArray],
    labels: LabelArray,
    places: Sequence[float],
    *,
    compute: Compute,
) -> bool | None:
    """Whether the first frame is focused nearest; None when the frames do not tell.

    Both ways are tried where most depths meet: what near objects spill is subtracted
    (`mfgui.methods.decide.spill.without_spill`) and kept in the range of the frames; then what
    lies behind is blurred again as in the frame focused on the near object. With the right way
    this comes nearer to that frame, in the median of the places.

    Parameters
    ----------
    labels : (H, W)
    places : sequence of K float
        See `mfgui.methods.decide.spreads.positions`.
    """

    def vote_of(rect: Rect) -> float:
        compute.checkpoint()
        plain = to_float(composed(images, labels, rect))
        shares = []
        for first in (True, False):
            before, after = _errors(images, labels, plain, rect, places, first, compute)
            shares.append(after / before if before > 0.0 else np.nan)
        return shares[0] - shares[1]

    with ThreadPoolExecutor(compute.threads) as pool:
        votes = list(pool.map(vote_of, _edges(labels, places)))
    known = [vote for vote in votes if np.isfinite(vote)]
    vote = float(np.median(known)) if known else 0.0
    return None if abs(vote) < _MARGIN else vote < 0.0


def _edges(labels: LabelArray, places: Sequence[float]) -> list[Rect]:
    """The places whose borders separate the most depth."""
    height, width = labels.shape
    at = np.asarray((0.0, *places), np.float32)
    found = []
    for y, x in itertools.product(range(0, height, _SIDE), range(0, width, _SIDE)):
        rect = Rect(x, y, _SIDE, _SIDE).intersected(Rect(0, 0, width, height))
        depth = at[labels[rect.slices]]
        found.append((-float(np.abs(np.diff(depth, axis=1)).sum()), y, x, rect))
    return [entry[-1] for entry in sorted(found)[:_PLACES] if entry[0] < 0]


def _errors(
    images: Sequence[PixelArray],
    labels: LabelArray,
    plain: ImageF32,
    rect: Rect,
    places: Sequence[float],
    first: bool,
    compute: Compute,
) -> tuple[float, float]:
    """Squared errors of the background in the near frames, without and with the subtraction."""
    own = labels[rect.slices]
    inner = Rect(0, 0, rect.width, rect.height)
    cleared = plain.copy()
    given = (images, labels, cleared, rect, inner, places)
    spill.without_spill(*given, nearest_first=first, compute=compute)
    np.clip(cleared, *extremes(images, rect), out=cleared)
    changed = np.abs(cleared - plain).max(axis=2) > 1e-4
    before, after = grey(plain), grey(cleared)
    names = [int(name) for name in np.unique(own)]
    total = np.zeros(2)
    for near, far in itertools.combinations(names if first else names[::-1], 2):
        compute.checkpoint()
        sigma = abs(places[far - 1] - places[near - 1])
        behind = own == far
        zone = changed & behind & (spreads.distance_to(own == near) <= 2.0 * sigma)
        if np.count_nonzero(zone) < _FEWEST:
            continue
        frame = grey(images[near - 1][rect.slices])
        share = spreads.smooth(behind.astype(np.float32), sigma)
        zone &= share > _SEEN
        for index, plane in enumerate((before, after)):
            again = spreads.smooth(plane * behind, sigma)[zone] / share[zone]
            total[index] += _squares(again - frame[zone])
    return float(total[0]), float(total[1])


def _squares(values: npt.NDArray[np.float32]) -> float:
    return float(np.square(values).sum(dtype=np.float64))
