"""What all frames of a stack show in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Rect, Size
from mfgui.core.errors import UsageError
from mfgui.core.transforms import Points, Transform

MARGIN = 4.0  # pixels of a frame beside each place that is read, for Lanczos' weights
_ALONG = 24  # places along each side of a frame
_ROWS = 300  # at which the shape in common is looked at first
_SAMPLES = 48  # to each side


def common_crop(transforms: Sequence[Transform], size: Size) -> Rect:
    """The largest upright rectangle of the reference that all frames show.

    Parameters
    ----------
    transforms : sequence of Transform
        From the reference to the frames. A frame that is not moved shows everything; of the others
        4 pixels around each place are needed.
    size : Size
        Of the frames.

    Returns
    -------
    Rect
        Empty where there is none.
    """
    moved = [t for t in transforms if t != Transform.identity()]
    if not moved:
        return Rect(0, 0, size.width, size.height)
    outlines = [outline for t in moved if (outline := _outline(t, size)) is not None]
    if len(outlines) < len(moved):
        return Rect(0, 0, 0, 0)
    rows = np.unique(np.linspace(0, size.height - 1, min(_ROWS, size.height)).round())
    found = _largest(outlines, rows, size)
    step = size.height / _ROWS + 1
    if not found.empty and step > 1:
        ends = [np.arange(y - step, y + step + 1) for y in (found.y, found.bottom - 1)]
        rows = np.unique(np.concatenate(ends).round())
        found = _largest(outlines, rows[(rows >= 0) & (rows <= size.height - 1)], size)
    while not found.empty and not all(shows(t, found, size) for t in moved):
        found = Rect(found.x + 1, found.y + 1, found.width - 2, found.height - 2)
    return found if not found.empty else Rect(0, 0, 0, 0)


def shows(transform: Transform, rect: Rect, size: Size) -> bool:
    """Whether a frame shows all of a rectangle of the reference, with the margin."""
    if transform == Transform.identity():
        return True
    border = _border(rect.x, rect.y, rect.right - 1, rect.bottom - 1)
    return bool(_inside(transform, border, size, MARGIN).all())


def overlap(transform: Transform, size: Size) -> float:
    """Share of the reference that a frame shows, to a thousandth or so."""
    if transform == Transform.identity():
        return 1.0
    x = (np.arange(_SAMPLES) + 0.5) * size.width / _SAMPLES - 0.5
    y = (np.arange(_SAMPLES) + 0.5) * size.height / _SAMPLES - 0.5
    places = np.stack([part.ravel() for part in np.meshgrid(x, y)], axis=1)
    return float(np.mean(_inside(transform, places, size, 0.0)))


def _inside(
    transform: Transform, places: Points, size: Size, margin: float
) -> npt.NDArray[np.bool_]:
    try:
        x, y = transform.apply(places).T
    except UsageError:
        return np.zeros(len(places), np.bool_)
    wide = (x >= margin - 0.5) & (x <= size.width - 0.5 - margin)
    return np.asarray(wide & (y >= margin - 0.5) & (y <= size.height - 0.5 - margin))


def _border(left: float, top: float, right: float, bottom: float) -> Points:
    """Places along the sides, in order."""
    share = np.arange(_ALONG) / _ALONG
    along = left + (right - left) * share
    down = top + (bottom - top) * share
    full = np.ones(_ALONG)
    x = np.concatenate([along, full * right, right + left - along, full * left])
    y = np.concatenate([full * top, down, full * bottom, bottom + top - down])
    return np.stack([x, y], axis=1)


def _outline(transform: Transform, size: Size) -> Points | None:
    """Where the reference shows the border of a frame, less the margin."""
    low, margin = MARGIN - 0.5, MARGIN + 0.5
    try:
        return transform.apply_inverse(_border(low, low, size.width - margin, size.height - margin))
    except UsageError:
        return None


def _largest(outlines: Sequence[Points], rows: npt.NDArray[np.float64], size: Size) -> Rect:
    """The largest rectangle whose first and last row are among some."""
    left, right = np.zeros(len(rows)), np.full(len(rows), size.width - 1.0)
    for outline in outlines:
        low, high = _extent(outline, rows)
        left, right = np.maximum(left, low), np.minimum(right, high)
    # The shape is convex: what its first and last row hold, the rows between hold, too.
    first = np.ceil(np.maximum.outer(left, left) - 1e-9)
    last = np.floor(np.minimum.outer(right, right) + 1e-9)
    width = np.maximum(last - first + 1, 0)
    height = np.maximum(rows[None, :] - rows[:, None] + 1, 0)
    top, bottom = np.unravel_index(np.argmax(width * height), width.shape)
    if not width[top, bottom] * height[top, bottom] > 0:
        return Rect(0, 0, 0, 0)
    x, y = int(first[top, bottom]), int(rows[top])
    return Rect(x, y, int(width[top, bottom]), int(height[top, bottom]))


def _extent(
    outline: Points, rows: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """From where to where an outline reaches at each row; the first beyond the last if nowhere."""
    (x, y), (u, v) = outline.T, np.roll(outline, -1, axis=0).T
    at = rows[:, None]
    crossed = (np.minimum(y, v) <= at) & (at <= np.maximum(y, v)) & (y != v)
    share = np.divide(at - y, v - y, out=np.zeros(crossed.shape), where=crossed)
    places = x + share * (u - x)
    low = np.where(crossed, places, np.inf).min(axis=1)
    high = np.where(crossed, places, -np.inf).max(axis=1)
    return low, high
