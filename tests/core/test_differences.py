from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mfgui.core.differences import absolute_levels, luma, ramp, signed_colours, signed_levels

ANCHORS = ["#1f5fae", "#7fa9dc", "#f5f5f5", "#eaa352", "#a85a00"]


def pair(kind: type, channels: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    most = 255 if kind is np.uint8 else 65535
    shape = (300, 7, channels)
    one, two = (generator.integers(0, most, shape, endpoint=True) for _ in range(2))
    near = np.clip(one + generator.integers(-most // 40, most // 40, shape), 0, most)
    return one.astype(kind), np.where(generator.random(shape) < 0.8, near, two).astype(kind)


def brightness(pixel: list[int]) -> int:
    """Python's own whole numbers, which do not overflow."""
    if len(pixel) == 1:
        return pixel[0]
    red, green, blue = pixel
    return (19595 * red + 38470 * green + 7471 * blue + 32768) // 65536


def rounded(value: Fraction) -> int:
    """Half away from zero, within display levels."""
    size = min(int(abs(value) + Fraction(1, 2)), 255)
    return size if value >= 0 else -size


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("kind", "step"), [(np.uint8, 1), (np.uint16, 257)])
@pytest.mark.parametrize("gain", [1, 8])
def test_that_differences_are_exact(kind: type, step: int, channels: int, gain: int) -> None:
    one, two = pair(kind, channels)
    signed = signed_levels(one, two, gain=gain)
    absolute = absolute_levels(one, two, gain=gain)
    assert signed.dtype == np.int16
    assert absolute.dtype == np.uint8
    for row, column in np.ndindex(one.shape[:2]):
        a, b = one[row, column].tolist(), two[row, column].tolist()
        wanted = rounded(Fraction(gain * (brightness(a) - brightness(b)), step))
        assert signed[row, column] == wanted
        wanted_each = [
            rounded(Fraction(gain * abs(x - y), step)) for x, y in zip(a, b, strict=True)
        ]
        assert absolute[row, column].tolist() == wanted_each


def test_that_white_has_full_brightness_at_either_depth() -> None:
    for kind in (np.uint8, np.uint16):
        most = np.iinfo(kind).max
        assert luma(np.full((1, 1, 3), most, kind)).item() == most


def test_that_floats_count_as_sixteen_bits() -> None:
    one, two = pair(np.uint16, 3)
    floats = [(picture / np.float32(65535)).astype(np.float32) for picture in (one, two)]
    assert np.array_equal(signed_levels(*floats, gain=4), signed_levels(one, two, gain=4))
    assert np.array_equal(absolute_levels(*floats, gain=4), absolute_levels(one, two, gain=4))


def test_that_exchanged_pictures_change_the_sign_only() -> None:
    one, two = pair(np.uint16, 3)
    assert np.array_equal(signed_levels(one, two), -signed_levels(two, one))


def test_that_a_ramp_meets_its_anchors_and_is_even_between_them() -> None:
    colours = ramp(ANCHORS, 511)
    for place, anchor in zip((0, 255, 510), ANCHORS[::2], strict=True):
        assert "#" + bytes(colours[place].tolist()).hex() == anchor
    known = np.array([list(bytes.fromhex(anchor[1:])) for anchor in ANCHORS], float)
    places = np.linspace(0, 4, 511)
    for channel in range(3):
        even = np.interp(places, np.arange(5), known[:, channel])
        assert np.abs(colours[:, channel] - even).max() <= 0.5 + 1e-9


def test_that_no_difference_is_the_middle_of_the_palette() -> None:
    shown = signed_colours(np.array([[0, -255, 255]], np.int16), ANCHORS)
    assert shown.tolist() == [[[0xF5, 0xF5, 0xF5], [0x1F, 0x5F, 0xAE], [0xA8, 0x5A, 0x00]]]
