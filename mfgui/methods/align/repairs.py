"""What a person changes in an alignment, and an alignment used again."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import Rect, Size
from mfgui.core.errors import UsageError
from mfgui.core.transforms import Transform
from mfgui.methods.align.crops import common_crop, overlap
from mfgui.methods.align.moves import fields_of, grid_of, inverted, joined, through

LEAST_CROP = 16  # pixels to each side


def excluded(alignment: StackAlignment, index: int) -> StackAlignment:
    """The alignment without a frame, cropped anew.

    Raises
    ------
    UsageError
        For the reference, and where fewer than two frames would be left.
    """
    _check_index(alignment, index)
    if index == alignment.reference:
        raise UsageError(
            f"frame {index + 1} is the reference", hint="choose another reference first"
        )
    return _changed(alignment, index, replace(alignment.frames[index], used=False))


def included(alignment: StackAlignment, index: int) -> StackAlignment:
    """The alignment with a frame, cropped anew; a warning of the frame stays."""
    _check_index(alignment, index)
    return _changed(alignment, index, replace(alignment.frames[index], used=True))


def repaired(alignment: StackAlignment, index: int) -> StackAlignment:
    """A frame is given the map between those of its neighbours, and used.

    The neighbours are the nearest frames that are used on both sides; at an end of the stack the
    nearest two.

    Raises
    ------
    UsageError
        For the reference, and where there are no such neighbours.
    """
    _check_index(alignment, index)
    if index == alignment.reference:
        raise UsageError(f"frame {index + 1} is the reference", hint="its place needs no repair")
    others = [other for other in alignment.used if other != index]
    before = [other for other in others if other < index]
    after = [other for other in others if other > index]
    pair = (before[-1], after[0]) if before and after else tuple((before[-2:] or after[:2])[:2])
    if len(pair) < 2:
        raise UsageError(
            f"frame {index + 1} has fewer than two neighbours to be placed between",
            hint="use more frames",
        )
    transform = _between(alignment, index, (pair[0], pair[1]))
    fit = FrameFit(
        transform,
        math.nan,
        overlap(transform, alignment.size),
        f"placed between frames {pair[0] + 1} and {pair[1] + 1}, not measured",
    )
    return _changed(alignment, index, fit)


def with_reference(alignment: StackAlignment, index: int) -> StackAlignment:
    """The same in the geometry of another frame, cropped anew.

    Raises
    ------
    UsageError
        If that frame is not used.
    """
    _check_index(alignment, index)
    if not alignment.frames[index].used:
        raise UsageError(f"frame {index + 1} is not used", hint="choose a frame that is used")
    back = inverted(alignment.frames[index].transform, alignment.size)
    frames = []
    for place, fit in enumerate(alignment.frames):
        transform = joined(back, fit.transform, alignment.size)
        if place == index or alignment.frames[index].transform == fit.transform:
            transform = Transform.identity()
        frames.append(replace(fit, transform=transform, overlap=overlap(transform, alignment.size)))
    changed = replace(alignment, reference=index, frames=tuple(frames))
    return recropped(changed, _rule(alignment))


def recropped(alignment: StackAlignment, crop: str = "common") -> StackAlignment:
    """The same with what all frames that are used show ("common") or the whole ("reference").

    Raises
    ------
    UsageError
        If the frames show too little in common.
    """
    whole = Rect(0, 0, alignment.size.width, alignment.size.height)
    if crop == "reference":
        return replace(alignment, crop=whole)
    if crop != "common":
        raise UsageError(f"crop {crop}: not known", hint="use common or reference")
    transforms = [alignment.frames[index].transform for index in alignment.used]
    found = common_crop(transforms, alignment.size)
    if min(found.width, found.height) < LEAST_CROP:
        raise UsageError(
            "the frames that are used show nothing in common",
            hint="leave out frames that were moved far",
        )
    return replace(alignment, crop=found)


def reused(alignment: StackAlignment, size: Size, k: int) -> StackAlignment:
    """An alignment for another stack of as many frames, of the same or a scaled size.

    Raises
    ------
    UsageError
        If the number of frames or the shape differs.
    """
    if k != len(alignment.frames):
        raise UsageError(
            f"an alignment of {len(alignment.frames)} frames does not fit {k} frames",
            hint="align this stack itself",
        )
    if size == alignment.size:
        return alignment
    factor = size.width / alignment.size.width
    if abs(alignment.size.height * factor - size.height) > 1.0:
        raise UsageError(
            f"an alignment of frames of {alignment.size} does not fit frames of {size}",
            hint="align this stack itself",
        )
    frames = tuple(
        replace(fit, transform=fit.transform.scaled(factor), residual=fit.residual * factor)
        for fit in alignment.frames
    )
    whole = Rect(0, 0, size.width, size.height)
    changed = replace(alignment, size=size, frames=frames, crop=whole)
    return recropped(changed, _rule(alignment))


def _changed(alignment: StackAlignment, index: int, fit: FrameFit) -> StackAlignment:
    return recropped(alignment.with_frame(index, fit), _rule(alignment))


def _rule(alignment: StackAlignment) -> str:
    """How the alignment was cropped: where frames are moved, the whole is nothing in common."""
    whole = Rect(0, 0, alignment.size.width, alignment.size.height)
    kept = alignment.crop == whole and not alignment.still
    return "reference" if kept else "common"


def _between(alignment: StackAlignment, index: int, pair: tuple[int, int]) -> Transform:
    """Interpolated, or carried on, between two frames."""
    share = (index - pair[0]) / (pair[1] - pair[0])
    one, other = (alignment.frames[frame].transform for frame in pair)
    places = grid_of(alignment.size)
    targets = (1 - share) * one.apply(places) + share * other.apply(places)
    radial = one.radial != 0 or other.radial != 0
    fields = fields_of("homography", radial=radial)
    if not radial and "homography" not in (one.model, other.model):
        # A mean of affine maps is one itself.
        fields = fields_of("affine")
    found = through(places, targets, alignment.size, fields)
    still = np.abs(found.apply(places) - places).max() < 1e-6
    return Transform.identity() if still else found


def _check_index(alignment: StackAlignment, index: int) -> None:
    if not 0 <= index < len(alignment.frames):
        raise UsageError(f"frame {index + 1} of a stack of {len(alignment.frames)}: there is none")
