"""The boundary band of a focus map, and the doubtful places of a map, worst first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageU8, LabelArray, Rect
from mfgui.core.heat import NO_VALUE, HeatKind, values_of
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.regions import Regions, find_regions

BAND = 8  # pixels
MOST_SPOTS = 200
_SPECK, _HOLE = 1e-4, 1e-3  # shares of the picture
_LEAST_DOUBT = 0.03  # a local Q above 0.97 is no reason to look
_WORST_SHARE = 0.1  # of the band
_CELLS = 16  # along the shorter side: clusters larger than one are cut
_BEFORE_MERGING = 8


class SpotKind(StrEnum):
    """Why a place is doubtful."""

    LOW_Q = "low-q"
    SPECK = "speck"
    HOLE = "hole"
    DISPUTE = "disagreement"


@dataclass(frozen=True)
class Spot:
    """One doubtful place.

    Attributes
    ----------
    rect : Rect
        What is doubtful, in image pixels.
    x, y : int
        A pixel in its middle.
    score : float
        0 ... 1, how likely something is wrong there; see `find_spots`.
    """

    kind: SpotKind
    rect: Rect
    x: int
    y: int
    score: float

    def same_place(self, other: Spot) -> bool:
        """Whether both are about the same thing, after edits elsewhere, too."""
        return self.kind is other.kind and _overlap(self.rect, other.rect) >= 0.5


def boundary_band(labels: LabelArray, width: int) -> BoolMask:
    """Pixels within `width` pixels, along rows and columns, of a pixel of another label.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        Any labels, unassigned and *ignore* included.
    width : int
        0 gives no pixel, 1 those that touch another label, corners included.

    Returns
    -------
    (H, W) bool
        A new array. Time O(H W), whatever the width.

    >>> boundary_band(np.array([[1, 1, 1, 2, 2, 2]], np.uint8), 2).tolist()
    [[False, True, True, True, True, False]]
    """
    side = 2 * width + 1
    square = np.ones((side, side), np.uint8)
    band: BoolMask = np.not_equal(cv2.dilate(labels, square), cv2.erode(labels, square))
    return band


def find_spots(
    labels: LabelArray,
    *,
    quality: ImageU8 | None = None,
    disputed: BoolMask | None = None,
    width: int = BAND,
    most: int = MOST_SPOTS,
) -> tuple[Spot, ...]:
    """Doubtful places of a map, worst first.

    All kinds are scored on one scale, 0 ... 1, roughly the chance that a person would change
    something there:

    - `LOW_Q`: a cluster among the worst tenth of the boundary band whose local Q is at most
      0.97. Score: 1 - mean Q of the cluster.
    - `SPECK`: a region of one label below 1e-4 of the picture. Score: 0.3 for a single pixel,
      which nobody sees, rising to 0.8 at that size.
    - `HOLE`: an unassigned region below 1e-3 of the picture (score 0.95), or a region of that
      size, but no speck, that lies within one other label (score 0.8 falling to 0.4, because
      large ones may well be meant).
    - `DISPUTE`: an area of at least `width` squared pixels within 2 `width` of a boundary that
      two detectors label differently. Score: 0.6 a / (a + (4 width)^2) of its area a.

    Clusters of Q and disputes that are longer than a sixteenth of the shorter side are cut, so
    that each can be seen at once. Of places that overlap by half the worst stays, with a rectangle
    around both.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        The focus map; *ignore* is never doubtful.
    quality : (H, W) uint8, optional
        Levels of local Q, from `heat.levels_of`.
    disputed : (H, W) bool, optional
        Where two detectors disagree.
    width : int
        Of the boundary band.
    most : int
        The best scored places are kept.

    Returns
    -------
    tuple of Spot
        Equal scores in reading order. Time O(H W + n log n) for n runs of labels, whatever K.
    """
    found = list(_small_regions(labels, _BEFORE_MERGING * most))
    if quality is not None or disputed is not None:
        band = boundary_band(labels, width) & (labels != ignore_label(labels))
        if quality is not None:
            found += _low_scores(quality, band, width)
        if disputed is not None:
            found += _disputes(disputed, boundary_band(labels, 2 * width), width)
    found.sort(key=lambda spot: (-spot.score, spot.rect.y, spot.rect.x))
    return _merged(found[: _BEFORE_MERGING * most], most, side=2 * _cell(labels.shape))


def _small_regions(labels: LabelArray, most: int) -> Iterable[Spot]:
    """The `most` doubtful ones; a ragged map of many labels has millions."""
    speck, hole = _SPECK * labels.size, _HOLE * labels.size
    # By corners, too: what hangs together so is no speck beside a ragged boundary.
    regions = find_regions(labels, corners=True)
    names, areas = regions.labels, regions.areas
    named = (names != UNASSIGNED) & (names != ignore_label(labels)) & (areas < labels.size)
    specks = named & ((areas < speck) | (areas == 1))
    enclosed = named & ~specks & (areas < hole) & (regions.around > UNASSIGNED)
    gaps = (names == UNASSIGNED) & (areas < hole)
    scores = np.zeros(len(regions))
    scores[specks] = 0.3 + 0.5 * np.minimum(1.0, areas[specks] / speck)
    scores[enclosed] = 0.8 - 0.4 * areas[enclosed] / hole
    scores[gaps] = 0.95
    for number in np.argsort(-scores, kind="stable")[:most]:
        if scores[number] > 0.0:
            kind = SpotKind.SPECK if specks[number] else SpotKind.HOLE
            yield _spot(kind, regions.rect(int(number)), float(scores[number]))


def _low_scores(quality: ImageU8, band: BoolMask, width: int) -> Iterable[Spot]:
    counts = np.bincount(quality[band], minlength=256)
    counts[NO_VALUE] = 0
    if not counts.any():
        return
    doubt = 1 - values_of(np.arange(256, dtype=np.uint8)[None], HeatKind.LOCAL_Q)[0]
    doubt[NO_VALUE] = 0.0
    # The lowest level that at most a tenth of the band exceeds.
    above = counts[::-1].cumsum()[::-1]
    level = int(np.argmax(above <= _WORST_SHARE * counts.sum()))
    level = max(level, int(np.argmax(doubt >= _LEAST_DOUBT)))
    wanted = band & (quality >= level)
    regions, places = _clusters(wanted)
    if regions is None:
        return
    numbers = regions.of_places(places)
    sums = np.bincount(numbers, doubt[quality.ravel()[places]], minlength=len(regions))
    for number in np.flatnonzero((regions.labels > 0) & (regions.areas >= width)):
        score = float(np.clip(sums[number] / regions.areas[number], 0.0, 1.0))
        yield _spot(SpotKind.LOW_Q, regions.rect(int(number)), score)


def _disputes(disputed: BoolMask, near: BoolMask, width: int) -> Iterable[Spot]:
    square = np.ones((width // 2 + 1, width // 2 + 1), np.uint8)  # takes away thin seams
    firm = cv2.morphologyEx((disputed & near).view(np.uint8), cv2.MORPH_OPEN, square)
    regions, _ = _clusters(np.asarray(firm).view(np.bool_))
    if regions is None:
        return
    for number in np.flatnonzero((regions.labels > 0) & (regions.areas >= width * width)):
        area = float(regions.areas[number])
        score = 0.6 * area / (area + (4 * width) ** 2)
        yield _spot(SpotKind.DISPUTE, regions.rect(int(number)), score)


def _clusters(wanted: BoolMask) -> tuple[Regions | None, npt.NDArray[np.int64]]:
    """Regions of what is wanted, large ones cut along a grid, and its places; label 0 is the
    rest."""
    places = np.flatnonzero(wanted)
    if not len(places):
        return None, places
    names = wanted.astype(np.uint8)
    regions = find_regions(names)
    numbers = regions.of_places(places)
    sides = (regions.boxes[:, 2:] - regions.boxes[:, :2]).max(axis=1)
    cell = _cell(wanted.shape)
    large = sides[numbers] > cell
    if large.any():
        rows, columns = np.divmod(places[large], wanted.shape[1])
        corners = regions.boxes[numbers[large]]
        # Cells of the same parity share no edge, so that four names are enough.
        across, down = ((columns - corners[:, 0]) // cell, (rows - corners[:, 1]) // cell)
        names.ravel()[places[large]] = 2 + (across & 1) + 2 * (down & 1)
        regions = find_regions(names)
    return regions, places


def _cell(shape: tuple[int, ...]) -> int:
    return max(16, min(shape[:2]) // _CELLS)


def _spot(kind: SpotKind, rect: Rect, score: float) -> Spot:
    return Spot(kind, rect, rect.x + rect.width // 2, rect.y + rect.height // 2, score)


def _merged(spots: Sequence[Spot], most: int, *, side: int) -> tuple[Spot, ...]:
    """Leave out what overlaps a worse place; rectangles grow to `side` at most."""
    kept: list[Spot] = []
    for spot in spots:
        place = next((n for n, k in enumerate(kept) if _overlap(k.rect, spot.rect) >= 0.5), None)
        if place is None:
            if len(kept) < most:
                kept.append(spot)
            continue
        both = kept[place].rect.united(spot.rect)
        if max(both.width, both.height) <= side:
            kept[place] = replace(kept[place], rect=both)
    return tuple(kept)


def _overlap(a: Rect, b: Rect) -> float:
    """Share of the smaller rectangle that lies in the other."""
    common = a.intersected(b)
    smaller = min(a.width * a.height, b.width * b.height)
    return common.width * common.height / max(1, smaller)
