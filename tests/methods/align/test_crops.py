"""The crop, against all rectangles of small pictures."""

import itertools

import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size
from mfgui.core.transforms import Transform
from mfgui.methods.align.crops import MARGIN, common_crop, overlap, shows

SIZE = Size(36, 28)


def covered(transforms):
    """Pixels of the reference that all frames show, by looking at each."""
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    found = np.ones(x.shape, np.bool_)
    for transform in transforms:
        u, v = transform.apply(np.stack([x.ravel(), y.ravel()], axis=1)).T
        inside = (u >= MARGIN - 0.5) & (u <= SIZE.width - 0.5 - MARGIN)
        inside &= (v >= MARGIN - 0.5) & (v <= SIZE.height - 0.5 - MARGIN)
        found &= inside.reshape(x.shape)
    return found


def largest(mask):
    """Pixels of the largest rectangle of a mask, by trying all of them."""
    sums = np.pad(mask.astype(int).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    best = 0
    for top, bottom in itertools.combinations(range(SIZE.height + 1), 2):
        for left, right in itertools.combinations(range(SIZE.width + 1), 2):
            pixels = (bottom - top) * (right - left)
            if pixels > best:
                inside = sums[bottom, right] - sums[top, right] - sums[bottom, left]
                if inside + sums[top, left] == pixels:
                    best = pixels
    return best


@pytest.mark.parametrize("seed", range(4))
def test_that_the_crop_is_the_largest(seed):
    rng = np.random.default_rng(seed)
    transforms = [
        Transform.similarity(
            SIZE,
            scale=float(rng.uniform(0.95, 1.05)),
            degrees=float(rng.uniform(-8, 8)),
            shift=(float(rng.uniform(-3, 3)), float(rng.uniform(-3, 3))),
        )
        for _ in range(3)
    ]
    mask = covered(transforms)
    found = common_crop(transforms, SIZE)
    assert mask[found.slices].all()
    assert found.width * found.height == largest(mask)


def test_that_frames_that_are_not_moved_need_no_margin():
    assert common_crop([Transform.identity()] * 2, SIZE) == Rect(0, 0, SIZE.width, SIZE.height)


def test_that_nothing_in_common_is_an_empty_crop():
    assert common_crop([Transform.translation(100, 0)], SIZE).empty


def test_that_a_radial_term_is_covered():
    size = Size(600, 400)
    bulged = Transform.from_matrix(np.eye(3), radial=0.05, size=size)
    found = common_crop([bulged], size)
    assert shows(bulged, found, size)
    assert not shows(bulged, Rect(0, 0, size.width, size.height), size)
    assert found.width * found.height > 0.8 * size.pixels


def test_the_share_that_a_frame_shows():
    assert overlap(Transform.translation(SIZE.width / 4, 0), SIZE) == pytest.approx(0.75, abs=0.02)
    assert overlap(Transform.identity(), SIZE) == 1.0
