from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from mfgui.core.arrays import ImageU8, Rect, Size
from mfgui.core.pyramid import Picture, display_pixels


def random_pixels(height: int, width: int, channels: int = 3, *, seed: int = 1) -> ImageU8:
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (height, width, channels), np.uint8)


def slow_half(level: ImageU8) -> ImageU8:
    """Every pixel the mean of the up to four below it, half up."""
    height, width = level.shape[:2]
    half = np.empty(((height + 1) // 2, (width + 1) // 2, 4), np.uint8)
    for y in range(half.shape[0]):
        for x in range(half.shape[1]):
            block = level[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].reshape(-1, 4).astype(int)
            half[y, x] = (2 * block.sum(axis=0) + len(block)) // (2 * len(block))
    return half


def assert_same_levels(left: Picture, right: Picture) -> None:
    for one, other in zip(left.levels, right.levels, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (2, 2), (1, 300), (301, 1), (131, 70), (65, 129), (64, 64)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_that_each_level_holds_means_of_the_level_below(
    height: int, width: int, channels: int
) -> None:
    pixels = random_pixels(height, width, channels)
    picture = Picture(pixels)
    np.testing.assert_array_equal(
        picture.levels[0][..., 2::-1], np.broadcast_to(pixels, (height, width, 3))
    )
    assert (picture.levels[0][..., 3] == 255).all()
    for fine, coarse in zip(picture.levels, picture.levels[1:], strict=False):
        np.testing.assert_array_equal(coarse, slow_half(fine))
    assert max(picture.levels[-1].shape[:2]) <= 64


def test_that_levels_are_contiguous_for_sharing_with_qt() -> None:
    assert all(level.flags.c_contiguous for level in Picture(random_pixels(131, 70)).levels)


@hypothesis.given(data=st.data(), height=st.integers(1, 150), width=st.integers(1, 150))
@hypothesis.settings(max_examples=40)
def test_that_repaired_levels_equal_rebuilt_ones(
    data: st.DataObject, height: int, width: int
) -> None:
    pixels = random_pixels(height, width)
    picture = Picture(pixels)
    for step in range(data.draw(st.integers(1, 4))):
        x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
        rect = Rect(
            x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y))
        )
        part = random_pixels(rect.height, rect.width, seed=step + 2)
        pixels[rect.slices] = part
        picture.repair(rect, part)
    assert_same_levels(picture, Picture(pixels))


def test_that_the_level_drawn_never_has_fewer_pixels_than_the_screen() -> None:
    picture = Picture(random_pixels(512, 512))
    assert [picture.level_for(scale) for scale in (4.0, 1.0, 0.51, 0.5, 0.26, 0.25, 0.13)] == [
        0,
        0,
        0,
        1,
        1,
        2,
        2,
    ]
    assert picture.level_for(1e-6) == len(picture.levels) - 1


def test_that_the_picture_keeps_no_reference_to_the_pixels_given() -> None:
    pixels = random_pixels(8, 8)
    picture = Picture(pixels)
    pixels[:] = 0
    assert picture.levels[0][..., :3].any()


def test_that_stored_values_are_the_true_ones() -> None:
    true = np.arange(12, dtype=np.uint16).reshape(3, 4, 1) * 5000
    picture = Picture(display_pixels(true), stored=true)
    found = picture.stored(Rect(1, 2, 2, 1), frame=Size(4, 3))
    np.testing.assert_array_equal(found, true[2:3, 1:3])
    assert found is not None
    assert found.dtype == np.uint16


def test_that_stored_values_without_others_are_those_displayed() -> None:
    for channels in (1, 3):
        pixels = random_pixels(3, 4, channels)
        found = Picture(pixels).stored(Rect(1, 0, 3, 2), frame=Size(4, 3))
        np.testing.assert_array_equal(found, pixels[:2, 1:])


def test_that_a_preview_gives_the_values_below_the_pixel_asked_for() -> None:
    pixels = random_pixels(2, 3)
    picture = Picture(pixels)
    found = picture.stored(Rect(0, 0, 12, 8), frame=Size(12, 8))
    np.testing.assert_array_equal(found, pixels.repeat(4, axis=0).repeat(4, axis=1))


def test_that_stored_values_may_come_from_a_function_or_be_out_of_reach() -> None:
    asked: list[Rect] = []
    picture = Picture(random_pixels(3, 4), stored=asked.append)
    assert picture.stored(Rect(1, 1, 2, 2), frame=Size(4, 3)) is None
    assert asked == [Rect(1, 1, 2, 2)]
    picture.set_stored(np.full((3, 4, 1), 0.25, np.float32))
    found = picture.stored(Rect(0, 0, 1, 1), frame=Size(4, 3))
    assert found is not None
    assert found.item() == 0.25


def test_that_16_bit_values_are_displayed_rounded() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    expected = np.rint(values / 257.0)
    np.testing.assert_array_equal(display_pixels(values), expected)


def test_that_float_values_are_displayed_clamped() -> None:
    values = np.array([[[-0.5], [0.0], [0.2], [1.0], [1.7]]], np.float32)
    assert display_pixels(values).ravel().tolist() == [0, 0, 51, 255, 255]
