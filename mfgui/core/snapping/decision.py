"""Which of two pictures is in focus, pixel by pixel, with the border on the object's edge.

Colours do not tell: the joints of a brick wall have those of the grass around it. Detail does.
In the picture that is focused on the near object, everything sharp belongs to that object or is
its edge, and beyond its edge nothing is sharp; in the other picture the object's blur spreads
over what lies behind, and its detail fades in only over twice the blur radius.

So every pixel votes for the picture with more detail around it, bounded, so that strong texture
does not outvote weak; places where neighbours agree are sure. From these both sides grow
(watershed) over the fine detail of each picture in turn, measured by what is left of the detail
of the far side there, and meet on the outermost sharp line between them. Which picture has the
true one, i.e. the nearer object, is seen from how steep it is along its line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, Rect
from mfgui.core.snapping.filters import Plane, blurred, box, highest, sharpness, steepness

MARGIN = 64  # pixels beyond which hardly anything is felt
SIGMA = 0.8  # of the window of detail
WIDE = 4.0  # of the window that chooses the sharpest of several pictures
NOISE = 0.02  # detail below which noise of an 8-bit picture decides
_PLAIN = 0.05  # detail from which a vote counts fully
_AGREED = 2.0  # of the window in which votes are counted
_VOTED = 0.3  # mean vote from which a side is sure
_ENOUGH = 0.4  # share of full votes without which nothing is
_FROM_NEAR, _FROM_FAR = 10, 6  # pixels that seeds of one side keep from the other
_INSIDE = 3  # pixels that seeds of the near side keep from their own border
_FINE = 2.0  # of the window whose mean is taken off, so that detail is left
_LEFT_OVER, _FAINT = 2.5, 0.01  # detail that counts: a multiple of what blur leaves, and more
_AROUND = 32  # radius of the window in which that is measured
_LEVELS = 6  # grey levels of the watershed for such detail
_BORDER = 48  # radius within which one of the two is the nearer
_BETWEEN = 24  # pixels within which both sides have seeds, near a border
_REACH = _BETWEEN + _FROM_NEAR  # pixels within which both sides are sure, near a border
_NO_EDGE = 0.07  # share of a vote that leaves less than any edge
_SOME = 0.1  # share of the pixels of one side that are as many of the other
_LEAST = 0.12  # evidence of what the watershed decided

_Marks = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class View:
    """One picture with its detail."""

    image: ImageF32 = field(repr=False)
    fine: Plane = field(repr=False)

    @classmethod
    def of(cls, image: ImageF32) -> View:
        return cls(image, sharpness(image, sigma=SIGMA))

    @cached_property
    def wide(self) -> Plane:
        """Detail in the wide window."""
        further = float(np.sqrt(WIDE * WIDE - SIGMA * SIGMA))
        return np.sqrt(blurred(self.fine * self.fine, further))

    def sharper(self, other: View) -> View:
        """Everywhere the sharper one of two."""
        # Chosen in the wide window: the larger detail of every pixel would be noise twice.
        mine = self.wide >= other.wide
        image = np.where(mine[:, :, None], self.image, other.image)
        return View(image, np.where(mine, self.fine, other.fine))


@dataclass(frozen=True, eq=False)
class _Cut:
    """Both sides as one of the pictures shows them: 1 is that picture's, -1 the other's."""

    side: Plane
    between: BoolMask  # near a border
    steep: Plane  # of the picture along the border nearby, 0 without a border


def decided(mine: View, other: View) -> npt.NDArray[np.int8]:
    """Evidence that `mine` is in focus, (H, W) in hundredths: -100 ... 100.

    Time O(H W); the values depend on what lies within about `MARGIN` pixels.
    """
    vote, trust = _voted(mine.fine, other.fine)
    enough = trust > _ENOUGH
    ours = np.asarray((vote > _VOTED) & enough, np.uint8)
    theirs = np.asarray((vote < -_VOTED) & enough, np.uint8)
    if not (ours.any() and theirs.any()):
        return _stored(vote)  # no border in sight, which is so for most of a picture
    rect = _contested(ours, theirs)
    if rect.empty:
        return _stored(vote)
    part = rect.slices
    ours, theirs = ours[part], theirs[part]
    mine_near = _cut(mine.image[part], ours, theirs)
    other_near = _cut(other.image[part], theirs, ours)
    if mine_near is None and other_near is None:
        counts = sorted((int(ours.sum()), int(theirs.sum())))
        # Small patches of both all over are noise; a few of one of them are nothing.
        return _stored(vote if counts[0] < _SOME * counts[1] else vote * np.float32(_NO_EDGE))
    first, second = mine_near or other_near, other_near or mine_near
    assert first is not None
    assert second is not None
    near = np.full(ours.shape, other_near is None)
    if mine_near is not None and other_near is not None:
        near = mine_near.steep >= other_near.steep
    side = np.where(near, first.side, -second.side)
    between = np.where(near, first.between, second.between)
    # Far from any border a sure vote stands, though it be of few pixels.
    side = np.where(between | (ours | theirs == 0), side, np.sign(vote[part]))
    vote[part] = side * np.maximum(np.abs(vote[part]), _LEAST)
    return _stored(vote)


def _contested(ours: _Marks, theirs: _Marks) -> Rect:
    """The smallest rectangle with all places that both sides are near to, and what is around."""
    both = (_mean(ours, _REACH) > 0) & (_mean(theirs, _REACH) > 0)
    x, y, width, height = cv2.boundingRect(np.asarray(both, np.uint8))
    if not width:
        return Rect(0, 0, 0, 0)
    around = Rect(x, y, width, height).grown(_BETWEEN)
    return around.intersected(Rect(0, 0, ours.shape[1], ours.shape[0]))


def _stored(evidence: Plane) -> npt.NDArray[np.int8]:
    return np.asarray(np.rint(np.clip(evidence, -1, 1) * 100), np.int8)


def _voted(mine: Plane, other: Plane) -> tuple[Plane, Plane]:
    """Mean vote of the neighbourhood, -1 ... 1, and the share of full votes in it."""
    squares = mine * mine, other * other
    vote = (squares[0] - squares[1]) / (squares[0] + squares[1] + np.float32(NOISE * NOISE))
    weight = np.minimum(np.maximum(mine, other), np.float32(_PLAIN)) / np.float32(_PLAIN)
    weight += np.float32(0.03)  # where there is no detail at all, the mean of what there is
    trust = blurred(np.asarray(weight, np.float32), _AGREED)
    counted = cv2.GaussianBlur(vote * weight, (0, 0), _AGREED, borderType=cv2.BORDER_REFLECT)
    return np.asarray(counted / trust, np.float32), trust


def _cut(image: ImageF32, near: _Marks, far: _Marks) -> _Cut | None:
    """Sides as though `image` were focused on the nearer object, which `near` lies on; None
    without places that are sure of both."""
    inner: npt.NDArray[Any] = cv2.erode(near, _round(_INSIDE))
    # The near edge is felt a little beyond it, far detail shines through far within it.
    inner = np.asarray(inner & _away(far, _FROM_FAR), np.uint8)
    outer: npt.NDArray[Any] = np.asarray(far & _away(near, _FROM_NEAR), np.uint8)
    if not (inner.any() and outer.any()):
        return None
    marks = np.asarray(inner, np.int32)
    marks[outer > 0] = 2
    reached = cv2.watershed(_relief(image, outer), marks)
    side = np.asarray(reached == 1, np.float32) - np.asarray(reached == 2, np.float32)
    line = np.asarray(side == 0, np.float32)
    line[[0, -1]] = 0  # the watershed always draws the frame
    line[:, [0, -1]] = 0
    # The line itself goes to the side that most of its neighbours have.
    side = np.where(side == 0, np.where(cv2.blur(side, (3, 3)) >= 0, 1, -1), side)
    between = (_mean(inner, _BETWEEN) > 0) & (_mean(outer, _BETWEEN) > 0)
    line *= between
    return _Cut(np.asarray(side, np.float32), between, _steep_along(image, line))


def _steep_along(image: ImageF32, line: Plane) -> Plane:
    """Mean steepness of a picture along the part of a line nearby, 0 without a line."""
    steep = np.zeros_like(line)
    x, y, width, height = cv2.boundingRect(np.asarray(line, np.uint8))
    if width:
        part = Rect(x, y, width, height).grown(4)
        part = part.intersected(Rect(0, 0, line.shape[1], line.shape[0]))
        local = steepness(np.ascontiguousarray(image[part.slices]))
        steep[part.slices] = cv2.dilate(local, np.ones((3, 3), np.uint8))
    along = box(steep * line, _BORDER) / (box(line, _BORDER) + np.float32(1e-4))
    return np.asarray(along, np.float32)


def _relief(image: ImageF32, outer: _Marks) -> npt.NDArray[np.uint8]:
    """Fine detail of a picture in three channels of 8 bits, flat where blur leaves as much."""
    detail = image - blurred(image, _FINE).reshape(image.shape)
    strength = highest(detail)
    there = np.asarray(outer, np.float32)
    usual = box(strength * there, _AROUND) / (box(there, _AROUND) + np.float32(1e-3))
    scale = np.float32(_LEVELS) / (np.float32(_LEFT_OVER) * usual + np.float32(_FAINT))
    parts = [np.clip(part * scale + 128, 0, 255) for part in cv2.split(detail)]
    levels = [part.astype(np.uint8) for part in parts]
    return np.asarray(cv2.merge(levels if len(levels) == 3 else levels[:1] * 3), np.uint8)


def _round(radius: int) -> _Marks:
    side = (2 * radius + 1, 2 * radius + 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, side), np.uint8)


def _away(marks: _Marks, radius: int) -> _Marks:
    """1 where no mark is within a radius."""
    return np.asarray(cv2.dilate(marks, _round(radius)) == 0, np.uint8)


def _mean(marks: _Marks, radius: int) -> Plane:
    return box(np.asarray(marks, np.float32), radius)
