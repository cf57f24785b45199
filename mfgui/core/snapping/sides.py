"""Sides of edges: which one a place lies on, and what of an area lies on it for sure.

A side is a number: for `SharpnessGuide` that of a source, otherwise a value of the guide.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, Rect, Size
from mfgui.core.snapping.filters import Plane
from mfgui.core.snapping.guide import Guide, SidedGuide

CONTRAST = 0.15  # difference of values of a guide that counts as a full edge
FAINT = 0.05  # difference below which nothing is an edge
_SHARPEST, _DULLEST = 0.08, 0.9  # evidence against that cuts, at 100 % and at 0 %
_SAMPLES = 64  # values a side that decide what is near and what is far
_REST = 0.02  # share of a brush on a side below which it has left it
_NEAR = 2  # pixels around a brush centre that say which side it lies on


def side_at(
    guide: Guide,
    centre: tuple[float, float],
    *,
    diameter: float,
    held: float | None = None,
) -> float | None:
    """The side that a brush works on.

    Parameters
    ----------
    centre : (x, y)
        Of the brush, in image coordinates.
    diameter : float
        Of the brush.
    held : float, optional
        The side that the stroke began on. It holds while anything within one diameter of the
        centre lies on it: a hand that strays over an edge, even with the whole brush, does not
        paint the other side.

    Returns
    -------
    float or None
        None, or `held`, where the brush is outside the picture.
    """
    if held is not None:
        for radius in (diameter / 2, diameter):  # mostly, the footprint says enough
            rect, footprint = _disc(centre, radius, guide.size)
            if rect.empty:
                return held
            on = evidence(guide, rect, held)[footprint] > _SHARPEST
            if on.size and float(on.mean()) > _REST:
                return held
    rect, spot = _disc(centre, _NEAR, guide.size)
    return held if rect.empty else side_of(guide, rect, spot)


def side_of(guide: Guide, rect: Rect, mask: BoolMask) -> float:
    """The side that most of a mask lies on; the mask has at least one pixel."""
    if isinstance(guide, SidedGuide):
        return guide.side(rect, mask)
    return float(np.median(guide.read(rect)[mask]))


def evidence(guide: Guide, rect: Rect, side: float, *, step: int = 1) -> ImageF32:
    """How surely each pixel lies on a side: 1 surely, 0 on the edge, -1 surely not.

    A guide without sides is divided in the rectangle: its values are near that of the side or
    far from it (two means), and the difference of both says how sure that is, `CONTRAST` for
    certainty. `step` gives every step-th value of either direction.
    """
    if isinstance(guide, SidedGuide):
        return guide.evidence(rect, side, step=step)
    away = np.abs(guide.read(rect)[::step, ::step] - np.float32(side))
    near, far = _two_means(away)
    # Where nothing is like the side, the less unlike part is not on it either.
    near = min(near, np.float32(CONTRAST / 2))
    contrast = float(far - near)
    if contrast <= FAINT:
        return np.ones(away.shape, np.float32)
    trust = min(1.0, (contrast - FAINT) / (CONTRAST - FAINT))
    away -= np.float32((near + far) / 2)
    away *= np.float32(-2 * trust / contrast)
    return np.asarray(np.clip(away, -1, 1, out=away), np.float32)


def threshold(percent: int) -> float:
    """Evidence against a side that cuts, for a strength or sensitivity of 0 ... 100 percent.

    >>> round(threshold(0), 2), round(threshold(50), 2), round(threshold(100), 2)
    (0.9, 0.27, 0.08)
    """
    share = min(max(percent, 0), 100) / 100
    return float(_DULLEST * (_SHARPEST / _DULLEST) ** share)


def kept(sure: Plane, mask: BoolMask, *, percent: int) -> BoolMask:
    """The mask without the parts that lie on the other side.

    A part is cut up to the edge where it is deep enough on the other side somewhere: a dip of
    the noise cuts nothing, and an edge that counts is followed to where the evidence is 0.
    """
    against = mask & (sure < 0)
    deep = against & (sure < -threshold(percent))
    if not deep.any():
        return mask.copy()
    _, parts = cv2.connectedComponents(against.view(np.uint8), connectivity=4)
    cut = np.zeros(int(parts.max()) + 1, np.bool_)
    cut[parts[deep]] = True
    cut[0] = False
    return np.asarray(mask & ~cut[parts], np.bool_)


def _two_means(values: npt.NDArray[np.float32]) -> tuple[np.float32, np.float32]:
    """Centres of the small and of the large values."""
    rows, columns = (max(1, side // _SAMPLES) for side in values.shape)
    some = np.sort(values[::rows, ::columns], axis=None)
    sums = np.cumsum(some, dtype=np.float64)
    near, far = float(some[0]), float(some[-1])
    for _ in range(16):
        count = int(np.searchsorted(some, (near + far) / 2, side="right"))
        if count in (0, len(some)):
            break
        near = sums[count - 1] / count
        far = (sums[-1] - sums[count - 1]) / (len(some) - count)
    return np.float32(near), np.float32(far)


def _disc(centre: tuple[float, float], radius: float, size: Size) -> tuple[Rect, BoolMask]:
    """Pixels of the picture within a disc, at least those that its middle touches."""
    x, y = centre
    left, top = int(np.floor(x - radius)), int(np.floor(y - radius))
    right, bottom = int(np.ceil(x + radius)), int(np.ceil(y + radius))
    around = Rect(left, top, max(1, right - left), max(1, bottom - top))
    rect = around.intersected(Rect(0, 0, size.width, size.height))
    across = np.arange(rect.x, rect.right) + 0.5 - x
    down = np.arange(rect.y, rect.bottom) + 0.5 - y
    mask = across[None, :] ** 2 + down[:, None] ** 2 <= max(radius, 0.75) ** 2
    return (rect, mask) if mask.any() else (Rect(rect.x, rect.y, 0, 0), mask)
