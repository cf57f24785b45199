"""The window that a focus map and its sources bear: how far defocus spreads over boundaries.

Beside a boundary lies a band in which the source of the label is not yet the sharper one: the
detector was led astray there by its own window, or the spread light of a near object covers
both sources. Windows that vote across this band mend it. Farther in, the sources differ by far
more, above all at the rim of a defocused object, and the votes of the other side only draw its
ghost: on a picture of white cups a bright line 5 to 10 pixels outside the rim, and a dark one
between the two. `auto_window` serves the band and stays short of the ghosts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, PixelArray, Size, to_float
from mfgui.methods.optimise.mffssim.ssim import C2
from mfgui.methods.optimise.mffssim.window import window_size

Plane = npt.NDArray[np.float32]

_SMALLEST = 3
_LINES = 1000  # rows, and columns, of the map that are scanned for boundaries
_CROSSINGS = 4000  # boundary points of which the thickness beside them is looked at
_TILES = 32  # pieces of the picture, centred on boundaries, that are looked at
_SIDE = 88  # of a tile, after reduction
_MARGIN = 12  # of a tile, not scored: windows and filters of the scored part reach into it
_FAR = 30  # distances to a boundary, in reduced pixels, that a tile can tell
_SIDES = (3, 5, 7, 9, 11, 13)  # windows tried at full resolution
_REDUCED = (9, 11, 13)  # windows tried at halved resolutions, in reduced pixels
_COMMON = 7  # reduced pixels: the window that one scale and the one before both measure
_SHARP = 0.75  # share of the sharpness that makes a source the sharper one
_STEADY = 3  # neighbouring distances that must agree on it
# The following two are set on layered scenes, see docs/quality.md.
_WIDTHS = 2.5  # W in widths of the band
_JUMP = 2.5  # a change of the picture this many times that of W = 3 is a ghost


@dataclass(frozen=True)
class AutoWindow:
    """The chosen side length, and what it was chosen from.

    Attributes
    ----------
    window : int
        W, odd.
    band : int or None
        Width in pixels of the band beside a boundary in which the source of the label is not
        the sharper one; None without boundaries.
    bound : {"", "thin parts", "ghosts"}
        What keeps W below what `band` asks for: parts of the map no thicker than it, or the
        ghosts that wider windows draw.
    """

    window: int
    band: int | None = None
    bound: str = ""

    @property
    def reason(self) -> str:
        """One line for the log and the report.

        >>> AutoWindow(window=13, band=7, bound="ghosts").reason
        'no source is sharper for 7 px beside boundaries, bounded by ghosts: W = 13'
        """
        if self.band is None:
            return f"no boundary in the focus map: W = {self.window}"
        told = f"no source is sharper for {self.band} px beside boundaries"
        return f"{told}{f', bounded by {self.bound}' if self.bound else ''}: W = {self.window}"


@dataclass(frozen=True, eq=False)
class _Tiles:
    """Pieces of the picture around boundaries, one below the other, reduced `scale` times."""

    scale: int
    sources: list[Plane]  # mean of the channels, (N * _SIDE, _SIDE) each
    labels: LabelArray

    @property
    def present(self) -> list[int]:
        """Sources, from 0, whose label occurs."""
        return [k for k in range(len(self.sources)) if (self.labels == k + 1).any()]


def auto_window(images: Sequence[PixelArray], labels: LabelArray) -> AutoWindow:
    """Side length of the window from the spread of defocus beside the boundaries of a map.

    The map comes first: a detector that has a window of its own runs with the released rule,
    and the window of the ascent follows from its map. W is 2.5 times the width of the band in
    which the source of the label is not the sharper one, but at most the thickness of the map's
    parts (median along the boundaries, weighted by how much the sources differ, so that the
    grain of flat areas hardly counts), and at most the widest window that draws no ghost.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Sources as stored.
    labels : (H, W) uint8 or uint16
        Focus map, 1 ... K; other values count for no source.

    Returns
    -------
    AutoWindow
        `window` is at least 3 and at most the shorter side made odd. The same for the same
        input; no random numbers. Pieces of fixed size and number are looked at, so that the
        time hardly depends on the size of the picture.
    """
    limit = _odd(min(labels.shape))
    places = _boundary(labels, len(images))
    if len(places) == 0:
        return AutoWindow(min(_SMALLEST, limit))
    band = _band(images, labels, places)
    wanted = min(limit, max(_SMALLEST, _odd(_WIDTHS * band)))
    thickness = max(_SMALLEST, _odd(_thickness(images, places)))
    bound = "thin parts" if thickness < wanted else ""
    wanted = widest = min(wanted, thickness)
    first = -1.0
    for side, change in _changes(images, labels, places, wanted):
        first = change if first < 0.0 else first
        if change > _JUMP * first:
            return AutoWindow(widest, band, "ghosts")
        widest = side
    return AutoWindow(wanted, band, bound)


def side_length(rule: int | str, images: Sequence[PixelArray], labels: LabelArray) -> int:
    """Side length W that `rule` gives: that of `auto_window` for "auto", else `window_size`.

    Raises
    ------
    UsageError
        When the window is larger than the picture, or is even or below 3.
    """
    if rule == "auto" and min(labels.shape) >= _SMALLEST:
        return auto_window(images, labels).window
    height, width = labels.shape
    return window_size("released" if rule == "auto" else rule, Size(width, height))


def _odd(number: float) -> int:
    """Largest odd number that is not above `number`.

    >>> _odd(12.9), _odd(13)
    (11, 13)
    """
    return int(number) - 1 + int(number) % 2


def _boundary(labels: LabelArray, count: int) -> npt.NDArray[np.intp]:
    """Row, column and thickness, (N, 3), beside boundaries of labels 1 ... count, top first."""
    across, down = _crossings(labels, count), _crossings(labels.T, count)
    places = np.concatenate([across, down[:, [1, 0, 2]]])
    order: npt.NDArray[np.intp] = np.lexsort((places[:, 1], places[:, 0]))
    return places[order]


def _crossings(labels: LabelArray, count: int) -> npt.NDArray[np.intp]:
    """Where at most `_LINES` rows cross a boundary: line, position, and the length of the
    shorter of the two runs that meet; those that begin or end at the border count as long."""
    step = -(-labels.shape[0] // _LINES)
    lines = np.ascontiguousarray(labels[step // 2 :: step])
    line, place = np.nonzero(lines[:, 1:] != lines[:, :-1])
    runs = np.full(line.size + 1, max(labels.shape), np.intp)
    same = line[1:] == line[:-1]
    runs[1:-1][same] = (place[1:] - place[:-1])[same]
    thickness = np.minimum(runs[:-1], runs[1:])
    ends = np.stack([lines[line, place], lines[line, place + 1]])
    real = ((ends >= 1) & (ends <= count)).all(axis=0)
    return np.stack([line * step + step // 2, place, thickness], axis=1)[real]


def _thickness(images: Sequence[PixelArray], places: npt.NDArray[np.intp]) -> int:
    """Median thickness along the boundaries, weighted by the squared difference of sources.

    Grain thinner than the smallest window does not count: no window could serve it.
    """
    some = places[places[:, 2] >= _SMALLEST]
    if len(some) == 0:
        return _SMALLEST
    some = some[:: -(-len(some) // _CROSSINGS)]
    seen = np.stack([to_float(image[some[:, 0], some[:, 1]]).mean(axis=1) for image in images])
    order = np.argsort(some[:, 2], kind="stable")
    weights = np.cumsum((seen.max(axis=0) - seen.min(axis=0))[order] ** 2)
    return int(some[order[np.searchsorted(weights, weights[-1] / 2)], 2])


def _tiles(
    images: Sequence[PixelArray],
    labels: LabelArray,
    places: npt.NDArray[np.intp],
    *,
    scale: int = 1,
    count: int = _TILES,
) -> _Tiles:
    """At most `count` tiles, centred at equal steps along all boundaries.

    Reduced sources are means of scale x scale pixels and of the channels.
    """
    chosen = np.linspace(0, len(places) - 1, min(count, len(places))).round().astype(np.intp)
    sources: list[list[Plane]] = [[] for _ in images]
    parts = []
    for row, column in places[chosen, :2] - _SIDE * scale // 2:
        named = _cut(labels, int(row), int(column), _SIDE * scale)
        parts.append(named[scale // 2 :: scale, scale // 2 :: scale])
        for image, kept in zip(images, sources, strict=True):
            piece = _cut(image, int(row), int(column), _SIDE * scale)
            if scale > 1:
                piece = cv2.resize(piece, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
            grey = to_float(piece.reshape(_SIDE, _SIDE, -1)).mean(axis=2)
            kept.append(np.asarray(grey, np.float32))
    return _Tiles(scale, [np.concatenate(kept) for kept in sources], np.concatenate(parts))


def _cut(pixels: npt.NDArray[Any], row: int, column: int, side: int) -> npt.NDArray[Any]:
    """A square of `pixels`, continued by its border pixels where it leaves the picture."""
    height, width = pixels.shape[:2]
    piece = pixels[max(0, row) : row + side, max(0, column) : column + side]
    top, bottom = max(0, -row), max(0, row + side - height)
    left, right = max(0, -column), max(0, column + side - width)
    if top or bottom or left or right:
        borders = (top, bottom, left, right)
        return np.asarray(cv2.copyMakeBorder(piece, *borders, cv2.BORDER_REPLICATE))
    return piece


def _core(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The scored part of the tiles, (N, side, side)."""
    inner = slice(_MARGIN, _SIDE - _MARGIN)
    return plane.reshape(-1, _SIDE, _SIDE)[:, inner, inner]


def _mean(plane: Plane, side: int) -> Plane:
    return np.asarray(cv2.boxFilter(plane, -1, (side, side)), np.float32)


def _band(images: Sequence[PixelArray], labels: LabelArray, places: npt.NDArray[np.intp]) -> int:
    """Width of the band beside boundaries where a label's source is not the sharper one."""
    scale, width = 1, None
    while width is None and min(labels.shape) >= _SIDE * scale:
        count = max(8, _TILES // scale)
        width = _band_of(_tiles(images, labels, places, scale=scale, count=count))
        scale *= 2
    if width is None:  # at no distance: nothing tells the labels from noise
        return 1
    return width


def _band_of(tiles: _Tiles) -> int | None:
    """That of one scale: the upper median over the labels. None where it is not reached."""
    energies = [_core(_sharpness(source)) for source in tiles.sources]
    labels = _core(tiles.labels)
    widths: list[float] = []
    for k in tiles.present:
        mask = labels == k + 1
        others = np.max([energy for j, energy in enumerate(energies) if j != k], axis=0)
        distance = np.rint(_core(_distance(tiles.labels == k + 1))[mask]).astype(np.intp)
        own, other = energies[k][mask], others[mask]
        near = distance < _FAR
        sums = [np.bincount(distance[near], e[near], _FAR)[1:] for e in (own, other)]
        sharp = sums[0] > _SHARP / (1.0 - _SHARP) * sums[1]
        steady = np.lib.stride_tricks.sliding_window_view(sharp, _STEADY).all(axis=1)
        if mask.any():
            widths.append(float(steady.argmax()) * tiles.scale if steady.any() else np.inf)
    width = sorted(widths)[len(widths) // 2] if widths else np.inf
    return int(width) if np.isfinite(width) else None


def _sharpness(plane: Plane) -> Plane:
    """Local mean of the squared Laplacian."""
    kernel = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]], np.float32) / 16
    response = np.asarray(cv2.filter2D(plane, -1, kernel), np.float32)
    return _mean(response * response, 3)


def _distance(mask: npt.NDArray[np.bool_]) -> Plane:
    """Distance of the pixels of `mask` from the nearest other one of the same tile."""
    tiles = mask.reshape(-1, _SIDE, _SIDE).astype(np.uint8)
    far = [cv2.distanceTransform(tile, cv2.DIST_L2, 3) for tile in tiles]
    return np.asarray(np.concatenate(far), np.float32)


def _changes(
    images: Sequence[PixelArray], labels: LabelArray, places: npt.NDArray[np.intp], limit: int
) -> Iterator[tuple[int, float]]:
    """Window and the mean squared change of a pixel that it reaches, window by window.

    Wider windows are measured on fewer, wider tiles at halved resolution. Reduction lowers
    the differences of the sources, so each scale is brought to the one before by a window that
    both can measure.
    """
    tiles, factor, last = _tiles(images, labels, places), 1.0, 0.0
    for side in _SIDES:
        if side > limit:
            return
        last = _change(tiles, side)
        yield side, last
    scale, count = 2, _TILES // 2
    while min(labels.shape) >= _SIDE * scale:
        tiles = _tiles(images, labels, places, scale=scale, count=count)
        common = _change(tiles, _COMMON)
        factor = last / common if common > 0.0 else 1.0
        for reduced in _REDUCED:
            side = reduced * scale - 1
            if side > limit:
                return
            last = _change(tiles, reduced) * factor
            yield side, last
        scale, count = 2 * scale, max(8, count // 2)


def _change(tiles: _Tiles, side: int) -> float:
    """Mean squared change of the composite, per pixel that windows of other labels reach.

    All windows vote once, each with its weight in the ascent, 1 / (2 variance + C2).
    """
    own = np.zeros(tiles.labels.shape, np.float32)
    for k in tiles.present:
        np.copyto(own, tiles.sources[k], where=tiles.labels == k + 1)
    average = _mean(own, side)
    variance = np.maximum(_mean(own * own, side) - average * average, 0.0)
    weight = np.asarray(1.0 / (2.0 * variance + C2), np.float32)
    total = _core(_mean(weight, side))
    changed, reached = 0.0, 0.0
    for k in tiles.present:
        mask = (tiles.labels == k + 1).astype(np.float32)
        foreign = 1.0 - _core(mask)
        step = _core(_mean(mask * weight, side)) / total * foreign
        step *= _core(tiles.sources[k] - own)
        covered = _core(_mean(mask, side)) * foreign
        changed += float(np.vdot(step, step))
        reached += float(np.vdot(covered, covered))
    return changed / reached if reached > 0.0 else 0.0
