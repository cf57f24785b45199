"""The frame whose geometry is kept: the one that shows the least of the scene."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.core.transforms import Transform
from mfgui.methods.align.crops import common_crop, overlap
from mfgui.methods.align.moves import grid_of, inverted, joined

LEAST_OVERLAP = 0.5  # of the reference that a frame has to show
_TRIED = 12  # frames
_NEARLY = 0.99  # of the largest number of pixels kept


def together(transforms: Sequence[Transform], frames: Sequence[int], size: Size) -> list[int]:
    """The frames that show enough of the one which shows most of what the others do.

    Parameters are those of `best_reference`.
    """
    best: list[int] = []
    for middle in transforms:
        back = inverted(middle, size)
        shown = [overlap(joined(back, transform, size), size) for transform in transforms]
        near = [index for index, share in zip(frames, shown, strict=True) if share >= LEAST_OVERLAP]
        if len(near) == len(frames):
            return near
        best = max(best, near, key=len)
    return best


def best_reference(
    transforms: Sequence[Transform], frames: Sequence[int], count: int, size: Size
) -> int:
    """The frame that keeps the most pixels after the common crop.

    Parameters
    ----------
    transforms : sequence of Transform
        From any one of the frames to each.
    frames : sequence of int
        Their places in the stack of `count` frames.

    Returns
    -------
    int
        Of frames within 1 % of the most pixels, the one nearest to the middle of the stack.
    """
    middle = (count - 1) / 2
    shown = [_magnification(transform, size) for transform in transforms]
    tried = np.argsort(shown)[::-1][:_TRIED].tolist()
    # Among alike frames those in the middle have to be among the tried ones.
    alike = [i for i, value in enumerate(shown) if value > _NEARLY * max(shown)]
    nearest = sorted(alike, key=lambda i: abs(frames[i] - middle))[:_TRIED]
    kept: dict[int, int] = {}
    for place in {*tried, *nearest}:
        try:
            back = inverted(transforms[place], size)
            maps = [joined(back, transform, size) for transform in transforms]
        except UsageError:
            continue
        maps[place] = Transform.identity()
        crop = common_crop(maps, size)
        kept[place] = crop.width * crop.height
    enough = _NEARLY * max(kept.values())
    best = min(
        (place for place, pixels in kept.items() if pixels >= enough),
        key=lambda place: (abs(frames[place] - middle), -kept[place]),
    )
    return frames[best]


def _magnification(transform: Transform, size: Size) -> float:
    """Area in the frame of a part of the scene, against that in the first picture."""
    places = grid_of(size, 2)
    (a, b, c, d) = transform.apply(places)
    (p, q) = (d - a, c - b)
    return float(abs(p[0] * q[1] - p[1] * q[0]) / 2 / max(1, size.pixels))
