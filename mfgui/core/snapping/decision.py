"""Which of two pictures is in focus, pixel by pixel, with the border on the object's edge.

Sharpness is measured over a window, so where its difference crosses zero lies off the edge:
a sharp edge is felt as far as the window reaches, and a defocused near object spreads over what
lies behind it. In the picture that is focused on the near object its edge is sharp and in its
place, and on the far side there is nothing but blurred background, of other colours. So the
difference is fitted by the colours of that picture in every window; which picture that is, is
seen from the steepness along the border that the composite gives. What stays undecided between
both sides goes to the side whose colours it continues (watershed).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32
from mfgui.core.snapping.filters import Plane, blurred, box, fitted, sharpness, steepness

MARGIN = 64  # pixels beyond which nothing is felt: two fits, the border test and the windows
SIGMA = 2.0  # of the window of sharpness
WIDE = 4.0  # of the window that chooses the pixels of the composite
NOISE = 0.01  # sharpness that noise of an 8-bit picture has
_FIT = 12  # radius of a fit
_EPSILON = 1e-4  # a spread of 1 % of white counts as flat
_CROSSING = 0.15  # evidence that both sides must have for a border
_BORDER = 24  # radius within which one of the two is the nearer
_SURE = 0.3  # evidence from which a pixel is a seed of the watershed
_BETWEEN = 32  # pixels within which both sides are sure somewhere
_LEAST = 0.12  # evidence of what the watershed decided


@dataclass(frozen=True, eq=False)
class View:
    """One picture with its sharpness in the narrow and in the wide window."""

    image: ImageF32 = field(repr=False)
    fine: Plane = field(repr=False)
    wide: Plane = field(repr=False)

    @classmethod
    def of(cls, image: ImageF32) -> View:
        fine = sharpness(image, sigma=SIGMA)
        further = float(np.sqrt(WIDE * WIDE - SIGMA * SIGMA))
        return cls(image, fine, np.sqrt(blurred(fine * fine, further)))

    def sharper(self, other: View) -> View:
        """Everywhere the sharper one of two."""
        mine = self.wide >= other.wide
        image = np.where(mine[:, :, None], self.image, other.image)
        return View(image, np.maximum(self.fine, other.fine), np.maximum(self.wide, other.wide))


def difference(mine: View, other: View) -> Plane:
    """Difference of sharpness over the sum, -1 ... 1; near 0 where both show but noise."""
    return (mine.fine - other.fine) / (mine.fine + other.fine + np.float32(NOISE))


def decided(mine: View, other: View) -> npt.NDArray[np.int8]:
    """Evidence that `mine` is in focus, (H, W) in hundredths: -100 ... 100.

    Time O(H W); the values depend on what lies within `MARGIN` pixels.
    """
    rough = difference(mine, other)
    both = np.where((mine.wide >= other.wide)[:, :, None], mine.image, other.image)
    first = fitted(rough, both, radius=_FIT, epsilon=_EPSILON)
    if first.max() < _CROSSING or first.min() > -_CROSSING:
        return _stored(first)  # no border in sight, which is so for most of a picture
    near = _nearer(mine.image, other.image, first)
    guide = np.where(near[:, :, None], mine.image, other.image)
    second = cv2.GaussianBlur(fitted(rough, guide, radius=_FIT, epsilon=_EPSILON), (0, 0), 1.0)
    return _stored(_continued(np.asarray(second, np.float32), guide))


def _stored(evidence: Plane) -> npt.NDArray[np.int8]:
    return np.asarray(np.rint(np.clip(evidence, -1, 1) * 100), np.int8)


def _nearer(mine: ImageF32, other: ImageF32, evidence: Plane) -> npt.NDArray[np.bool_]:
    """Whether the border nearby is steeper in `mine`: then the edge is that of its object."""
    border = cv2.morphologyEx(
        np.asarray(evidence > 0, np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)
    )
    along = np.asarray(border, np.float32)
    return np.asarray(
        box(steepness(mine) * along, _BORDER) >= box(steepness(other) * along, _BORDER), np.bool_
    )


def _continued(evidence: Plane, guide: ImageF32) -> Plane:
    """The evidence where it is sure; elsewhere that of the side whose colours go on there."""
    seeds = np.zeros(evidence.shape, np.int32)
    seeds[evidence > _SURE] = 1
    seeds[evidence < -_SURE] = 2
    sure = [np.asarray(seeds == basin, np.float32) for basin in (1, 2)]
    if not (sure[0].any() and sure[1].any()):
        return evidence
    smooth = cv2.GaussianBlur(guide, (0, 0), 0.7)
    shown: npt.NDArray[Any] = np.asarray(np.clip(smooth * 255, 0, 255), np.uint8)
    if shown.ndim == 2 or shown.shape[2] == 1:
        shown = cv2.merge([shown, shown, shown])
    reached = cv2.watershed(np.ascontiguousarray(shown), seeds)
    side = np.asarray((reached == 1).astype(np.float32) - (reached == 2))
    # The lines between the basins (-1) go to the side that most of their neighbours have.
    side = np.where(side == 0, np.where(cv2.blur(side, (3, 3)) >= 0, 1, -1), side)
    # Only between sure places: far from them, colours say nothing about focus.
    between = (box(sure[0], _BETWEEN) > 0) & (box(sure[1], _BETWEEN) > 0)
    decided_there = side * np.maximum(np.abs(evidence), _LEAST)
    return np.asarray(np.where(between, decided_there, evidence), np.float32)
