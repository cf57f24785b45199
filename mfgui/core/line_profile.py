"""Values of pictures along a line, and which labels the line passes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, Rect, Size
from mfgui.core.session import Line

Values: TypeAlias = npt.NDArray[np.float32]  # (n, C)
Positions: TypeAlias = npt.NDArray[np.float64]

MOST_WIDTH = 101  # pixels
_PART = 128  # positions whose surroundings are read at once: a slanted line has a small rectangle
_LUMA = np.array((0.299, 0.587, 0.114))


class Interpolation(StrEnum):
    """What is read where a position lies between the centres of pixels."""

    BILINEAR = "bilinear"
    NEAREST = "nearest"


class Channel(StrEnum):
    """What of a pixel is plotted."""

    LUMA = "luma"
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


@dataclass(frozen=True)
class Span:
    """A part of a line with one label, from `start` to `end` in pixels along it."""

    start: float
    end: float
    label: int


def length_of(line: Line) -> float:
    """Length in pixels."""
    return math.hypot(line.x1 - line.x0, line.y1 - line.y0)


def positions(line: Line) -> Positions:
    """Where a line is sampled, in pixels from its start: evenly, both ends included, no more than
    one pixel apart.

    >>> positions(Line(0.5, 0.5, 3.5, 0.5)).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    length = length_of(line)
    return np.linspace(0.0, length, max(2, math.ceil(length - 1e-9) + 1))


def points(line: Line) -> npt.NDArray[np.float64]:
    """Image coordinates of the positions, (n, 2), x first."""
    share = np.linspace(0.0, 1.0, len(positions(line)))[:, None]
    start, end = np.array((line.x0, line.y0)), np.array((line.x1, line.y1))
    found: npt.NDArray[np.float64] = start + (end - start) * share
    return found


def foot(line: Line, x: float, y: float) -> tuple[float, float]:
    """Where on a line a place of the image is nearest: how far along it, in pixels from the
    start, and how far away the place is from there."""
    across, down, length = line.x1 - line.x0, line.y1 - line.y0, length_of(line)
    if length == 0.0:
        return 0.0, math.hypot(x - line.x0, y - line.y0)
    along = ((x - line.x0) * across + (y - line.y0) * down) / length
    along = min(max(along, 0.0), length)
    near_x, near_y = line.x0 + across * along / length, line.y0 + down * along / length
    return along, math.hypot(x - near_x, y - near_y)


def sample_line(
    read: Callable[[Rect], ImageF32],
    size: Size,
    line: Line,
    *,
    interpolation: Interpolation = Interpolation.BILINEAR,
    checkpoint: Callable[[], None] = lambda: None,
) -> Values:
    """Values of a picture at the positions of a line, (n, C) float32.

    At each position the mean is taken over `line.width` places across the line, one pixel apart.
    Places beside the picture are left out of it; NaN where all of them are. Between the border
    and the centres of the outermost pixels those pixels go on.

    Parameters
    ----------
    read : callable
        Gives the pixels of a rectangle inside the picture, (h, w, C) float32.
    size : Size
        Of the picture.
    checkpoint : callable
        Called between parts of the line; may raise to end it.
    """
    centre, found = points(line), []
    offsets = _offsets(line)
    for first in range(0, len(centre), _PART):
        checkpoint()
        places = centre[first : first + _PART, None, :] + offsets[None, :, :]
        found.append(_mean_at(read, size, places, interpolation))
    channels = max(part.shape[1] for part in found)
    # Parts that lie beside the picture cannot tell how many channels it has.
    return np.concatenate([np.broadcast_to(part, (len(part), channels)) for part in found])


def channel_of(values: Values, channel: Channel) -> npt.NDArray[np.float64]:
    """One number for each position: a channel, or luma (0.299, 0.587, 0.114) of the three; of
    grey pictures always their only one."""
    exact = values.astype(np.float64)
    if values.shape[1] == 1:
        return exact[:, 0]
    if channel is Channel.LUMA:
        luma: npt.NDArray[np.float64] = exact @ _LUMA
        return luma
    return exact[:, (Channel.RED, Channel.GREEN, Channel.BLUE).index(channel)]


def label_spans(labels: LabelArray, line: Line) -> tuple[Span, ...]:
    """The labels that a line passes and where exactly it enters and leaves each; what lies
    beside the map has no span."""
    length = length_of(line)
    if length == 0.0:
        return ()
    shares = _crossings(line)
    middles = (shares[:-1] + shares[1:]) / 2
    columns = np.floor(line.x0 + (line.x1 - line.x0) * middles).astype(np.int64)
    rows = np.floor(line.y0 + (line.y1 - line.y0) * middles).astype(np.int64)
    height, width = labels.shape
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    passed = np.full(len(middles), -1, np.int64)
    passed[inside] = labels[rows[inside], columns[inside]]
    starts = np.flatnonzero(np.r_[True, passed[1:] != passed[:-1]])
    ends = np.r_[starts[1:], len(passed)]
    return tuple(
        Span(float(shares[start] * length), float(shares[end] * length), int(passed[start]))
        for start, end in zip(starts, ends, strict=True)
        if passed[start] >= 0
    )


def _offsets(line: Line) -> npt.NDArray[np.float64]:
    """Steps across a line, (width, 2), symmetric about it."""
    length = length_of(line) or 1.0
    across = np.array((-(line.y1 - line.y0) / length, (line.x1 - line.x0) / length))
    steps = np.arange(line.width, dtype=np.float64) - (line.width - 1) / 2
    offsets: npt.NDArray[np.float64] = steps[:, None] * across
    return offsets


def _crossings(line: Line) -> npt.NDArray[np.float64]:
    """Shares of a line at which it passes from pixel to pixel, 0 and 1 included, increasing."""
    found = [np.array((0.0, 1.0))]
    for start, end in ((line.x0, line.x1), (line.y0, line.y1)):
        low, high = sorted((start, end))
        borders = np.arange(math.floor(low) + 1, math.ceil(high), dtype=np.float64)
        if len(borders):
            found.append((borders - start) / (end - start))
    return np.unique(np.concatenate(found))


def _mean_at(
    read: Callable[[Rect], ImageF32],
    size: Size,
    places: npt.NDArray[np.float64],
    interpolation: Interpolation,
) -> Values:
    """Means over the second axis of `places`, (n, w, 2) image coordinates."""
    x, y = places[..., 0], places[..., 1]
    inside = (x >= 0) & (x <= size.width) & (y >= 0) & (y <= size.height)
    if not inside.any():
        return np.full((len(places), 1), np.nan, np.float32)
    if interpolation is Interpolation.NEAREST:
        columns, rows = np.floor(x), np.floor(y)
    else:
        columns, rows = x - 0.5, y - 0.5
    columns, rows = np.clip(columns, 0, size.width - 1), np.clip(rows, 0, size.height - 1)
    found = _bilinear(read, columns, rows, inside)
    counts = inside.sum(axis=1)[:, None]
    with np.errstate(invalid="ignore"):
        mean: Values = (found.sum(axis=1) / counts).astype(np.float32)
    return mean


def _bilinear(
    read: Callable[[Rect], ImageF32],
    columns: npt.NDArray[np.float64],
    rows: npt.NDArray[np.float64],
    inside: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float64]:
    """Values between the centres of pixels, at whole numbers those of the pixel, (n, w, C); zero
    where not `inside`."""
    left, top = np.floor(columns).astype(np.int64), np.floor(rows).astype(np.int64)
    right, bottom = np.ceil(columns).astype(np.int64), np.ceil(rows).astype(np.int64)
    x, y = int(left[inside].min()), int(top[inside].min())
    rect = Rect(x, y, int(right[inside].max()) + 1 - x, int(bottom[inside].max()) + 1 - y)
    pixels = read(rect)
    across, down = (columns - left)[inside, None], (rows - top)[inside, None]
    left, right, top, bottom = (
        index[inside] - origin for index, origin in ((left, x), (right, x), (top, y), (bottom, y))
    )
    above = pixels[top, left] * (1.0 - across) + pixels[top, right] * across
    below = pixels[bottom, left] * (1.0 - across) + pixels[bottom, right] * across
    found = np.zeros((*inside.shape, pixels.shape[2]))
    found[inside] = above * (1.0 - down) + below * down
    return found
