"""Shaken and misfocused frames are told, others are not."""

from functools import lru_cache

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Size
from mfgui.methods.align import proxy_of
from mfgui.methods.align.bands import bands_of
from mfgui.methods.align.sharpness import DULL, SHAKEN, remarks
from mfgui.synth.moving_stack import MovingStack
from tests.methods.align.moving import frames_of

# Each frame is sharp in a small part alone; what is weak in it says little.
DEEP = MovingStack(
    Size(560, 420), frames=10, seed=47, radius=1.5, breathing=2.0, shift=4.0, gain=8.0, noise=1.5
)


def slopes_of(frame):
    return bands_of(proxy_of(frame)).slopes


@lru_cache(maxsize=1)
def clean():
    return tuple(slopes_of(frame) for frame in frames_of(DEEP))


def with_frame(place, frame):
    return remarks([*clean()[:place], slopes_of(frame), *clean()[place + 1 :]])


def only(place, remark):
    return [remark if index == place else "" for index in range(DEEP.frames)]


def streak(length, degrees):
    """The kernel of a straight motion."""
    kernel = np.zeros((length, length), np.float32)
    middle = (length - 1) / 2
    step = middle * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    ends = [tuple(np.rint(8 * (middle + sign * step)).astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(kernel, *ends, 1.0, shift=3)
    return kernel / kernel.sum()


def disk(radius):
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    kernel = (x**2 + y**2 <= radius**2).astype(np.float32)
    return kernel / kernel.sum()


def test_that_nothing_is_said_about_a_good_stack():
    assert remarks(clean()) == [""] * DEEP.frames


@pytest.mark.parametrize("place", [1, 4, 6, 8])
@pytest.mark.parametrize("degrees", [0, 35, 90, 120])
def test_that_a_shaken_frame_is_told_and_no_other(place, degrees):
    shaken = cv2.filter2D(frames_of(DEEP)[place], -1, streak(21, degrees))
    assert with_frame(place, shaken) == only(place, SHAKEN)


@pytest.mark.parametrize("place", [1, 4, 6, 8])
def test_that_a_frame_without_anything_sharp_is_told(place):
    assert with_frame(place, cv2.filter2D(frames_of(DEEP)[place], -1, disk(9))) == only(place, DULL)


@pytest.mark.parametrize("place", [0, 9])
def test_that_the_ends_may_lie_outside_the_scene(place):
    beyond = cv2.filter2D(frames_of(DEEP)[place], -1, disk(9))
    assert with_frame(place, beyond) == [""] * DEEP.frames


def test_that_a_frame_that_is_sharp_elsewhere_is_not_called_dull():
    # In the wrong place it is weaker than its neighbours where they are sharp.
    assert with_frame(2, frames_of(DEEP)[8])[2] == ""


@pytest.mark.parametrize(("right", "remark"), [(0.2, DULL), (0.8, "")])
def test_that_a_frame_is_dull_only_if_it_is_sharper_nowhere(right, remark):
    def slopes(at_left, at_right):
        contrast = np.zeros((20, 20), np.float32)
        contrast[2:, :14], contrast[2:, 14:] = at_left, at_right
        return np.stack([contrast**2, 0 * contrast, contrast**2])

    others = [slopes(0.3, 0.2), slopes(1.0, 0.2), slopes(1.0, 0.2), slopes(0.3, 1.0)]
    assert remarks([*others[:2], slopes(0.2, right), *others[2:]])[2] == remark


@pytest.mark.parametrize("gain", [0.5, 1.6])
def test_that_a_darker_or_brighter_frame_is_not_called_dull(gain):
    frame = frames_of(DEEP)[6].astype(np.float32) / 255
    linear = np.where(frame <= 0.04045, frame / 12.92, ((frame + 0.055) / 1.055) ** 2.4)
    linear = np.clip(gain * linear, 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert with_frame(6, np.rint(255 * coded).astype(np.uint8)) == [""] * DEEP.frames


def test_that_two_frames_tell_nothing():
    shaken = cv2.filter2D(frames_of(DEEP)[0], -1, streak(21, 0))
    assert remarks([slopes_of(shaken), clean()[1]]) == ["", ""]


def test_that_too_few_places_tell_nothing():
    small = [np.asarray(slopes[:, :4, :5]) for slopes in clean()]
    small[3] = small[3] * np.float32(0.01)
    assert remarks(small) == [""] * DEEP.frames


@pytest.mark.parametrize("place", [0, 9])
@pytest.mark.parametrize("degrees", [0, 90])
def test_that_a_shaken_frame_at_an_end_is_told(place, degrees):
    shaken = cv2.filter2D(frames_of(DEEP)[place], -1, streak(21, degrees))
    assert with_frame(place, shaken) == only(place, SHAKEN)
