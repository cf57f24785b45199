"""Links adjusted together: a wrong one is found by the loops that it breaks."""

import numpy as np
import pytest

from mfgui.core.arrays import Size
from mfgui.core.transforms import Transform
from mfgui.methods.align.blocks import Blocks
from mfgui.methods.align.joint import adjusted
from mfgui.methods.align.links import Link
from mfgui.methods.align.moves import distance, fields_of, grid_of

SIZE = Size(800, 600)
FIELDS = fields_of("similarity")
COUNT = 7


def truth():
    return [
        Transform.similarity(SIZE, scale=1 + 0.004 * k, degrees=0.2 * k, shift=(3.0 * k, -k))
        for k in range(COUNT)
    ]


def link(first, second, maps, *, noise=0.0, off=(0.0, 0.0), rng=None):
    exact = maps[first].inverse().then(maps[second])
    jitter = noise * rng.standard_normal(2) if rng is not None else np.zeros(2)
    shift = Transform.translation(*(np.array(off) + jitter))
    points = grid_of(SIZE)
    blocks = Blocks(
        points,
        np.tile(np.eye(2) * 50.0, (len(points), 1, 1)),
        np.zeros((len(points), 2)),
        np.ones(len(points)),
        np.ones(len(points), np.bool_),
        np.ones(len(points), np.intp),
        exact.then(shift),
    )
    return Link(first, second, exact.then(shift), blocks, np.eye(4) * 2500.0, 1.0)


def all_links(maps, wrong=(), **more):
    pairs = [(k, k + reach) for reach in (1, 2, 4) for k in range(COUNT - reach)]
    return [
        link(*pair, maps, off=(9.0, -5.0) if pair in wrong else (0.0, 0.0), **more)
        for pair in pairs
    ]


def check(found, maps, most):
    for index, transform in enumerate(found.transforms):
        exact = maps[found.origin].inverse().then(maps[index])
        assert distance(transform, exact, SIZE) < most


def test_that_links_that_agree_are_all_kept():
    maps = truth()
    links = all_links(maps, noise=0.02, rng=np.random.default_rng(1))
    found = adjusted(links, COUNT, SIZE, FIELDS)
    assert found.kept.all()
    check(found, maps, 0.1)
    assert 0 < found.spreads.max() < 0.1


@pytest.mark.parametrize("wrong", [(2, 3), (0, 1), (5, 6), (1, 3), (2, 6)])
def test_that_a_wrong_link_is_dropped(wrong):
    maps = truth()
    links = all_links(maps, wrong=(wrong,), noise=0.02, rng=np.random.default_rng(2))
    found = adjusted(links, COUNT, SIZE, FIELDS)
    dropped = [
        (one.first, one.second) for one, kept in zip(links, found.kept, strict=True) if not kept
    ]
    assert dropped == [wrong]
    check(found, maps, 0.1)


def test_that_long_links_that_are_all_a_little_off_do_little_harm():
    maps = truth()
    rng = np.random.default_rng(3)
    pairs = [(k, k + reach) for reach in (1, 2, 4) for k in range(COUNT - reach)]
    links = [
        link(*pair, maps, off=(0.4, 0.3) if pair[1] - pair[0] == 4 else (0, 0), noise=0.01, rng=rng)
        for pair in pairs
    ]
    check(adjusted(links, COUNT, SIZE, FIELDS), maps, 0.15)


def test_that_frames_without_links_get_no_place():
    maps = truth()
    links = [one for one in all_links(maps) if 3 not in (one.first, one.second)]
    found = adjusted(links, COUNT, SIZE, FIELDS)
    assert [index for index, transform in enumerate(found.transforms) if transform is None] == [3]


def test_that_the_larger_part_of_a_torn_stack_is_kept():
    maps = truth()
    links = [one for one in all_links(maps) if (one.first < 3) == (one.second < 3)]
    found = adjusted(links, COUNT, SIZE, FIELDS)
    assert [transform is None for transform in found.transforms] == [True] * 3 + [False] * 4


def test_that_no_links_at_all_are_no_failure():
    found = adjusted([], 3, SIZE, FIELDS)
    assert sum(transform is not None for transform in found.transforms) == 1


def test_that_a_doubtful_frame_moves_no_other():
    # Frames before it measured its left half, frames behind it its right half.
    maps = truth()
    pairs = [(k, k + reach) for reach in (1, 2) for k in range(COUNT - reach)]
    links = [link(*pair, maps, off=(8.0, 0.0) if 3 in pair else (0.0, 0.0)) for pair in pairs]
    found = adjusted(links, COUNT, SIZE, FIELDS, doubtful=[3])
    others = [index for index in range(COUNT) if index != 3]
    for index in others:
        exact = maps[found.origin].inverse().then(maps[index])
        assert distance(found.transforms[index], exact, SIZE) < 0.1
    exact = maps[found.origin].inverse().then(maps[3])
    assert distance(found.transforms[3], exact, SIZE) == pytest.approx(8.0, abs=0.2)
    touching = [
        kept for one, kept in zip(links, found.kept, strict=True) if 3 in (one.first, one.second)
    ]
    assert sum(touching) == 1
