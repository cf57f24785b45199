"""Patterns that do not tell where a frame lies."""

import cv2
import numpy as np

from mfgui.core.arrays import Size
from mfgui.methods.align import align_frames, proxy_of
from mfgui.methods.align.bands import bands_of
from mfgui.methods.align.repeats import period_of
from mfgui.synth.moving_stack import MovingStack
from tests.methods.align.moving import frames_of

PERIOD = 40


def wall(own=0.0):
    """Bricks, with as much grain of their own."""
    y, x = np.mgrid[:460, :580]
    row = y // (PERIOD // 2)
    joint = ((x + (row % 2) * PERIOD // 2) % PERIOD < 4) | (y % (PERIOD // 2) < 4)
    light = np.where(joint, 0.75, 0.35)
    light[PERIOD // 4 :: PERIOD, PERIOD // 5 :: PERIOD] += 0.5
    grain = cv2.GaussianBlur(np.random.default_rng(3).standard_normal(x.shape), (0, 0), 1.0)
    return cv2.GaussianBlur(light + own * grain / grain.std(), (0, 0), 0.8)


def frames(scene, shifts):
    rng = np.random.default_rng(5)
    made = []
    for place, shift in enumerate(shifts):
        blurred = cv2.GaussianBlur(scene, (0, 0), 0.5 + 0.4 * place)
        cut = blurred[50:410, 50 - shift : 530 - shift, None].repeat(3, axis=2)
        made.append(np.clip(255 * cut + rng.standard_normal(cut.shape), 0, 255).astype(np.uint8))
    return made


def test_that_a_pattern_alone_is_told():
    found = align_frames(frames(wall(), (0, 24, 24, 20)))
    told = [index for index, fit in enumerate(found.frames) if "repeats every" in fit.warning]
    assert set(told) == set(range(4)) - {found.reference}


def test_that_bricks_of_their_own_tell_where_they_lie():
    found = align_frames(frames(wall(0.1), (0, 24, 24, 20)))
    assert not any(fit.warning for fit in found.frames)
    first, second = (found.frames[index].transform.apply([[240.0, 180.0]]) for index in (0, 1))
    assert np.abs(second - first - [[24, 0]]).max() < 0.1


def test_the_length_of_a_period():
    y, x = np.mgrid[:360, :480]
    rng = np.random.default_rng(1)
    light = 0.5 + 0.15 * np.cos(2 * np.pi * x / 36) + 0.15 * np.cos(2 * np.pi * y / 52)
    light += 0.01 * rng.standard_normal(light.shape)
    period = period_of(bands_of(proxy_of(light.astype(np.float32)[:, :, None])).levels)
    assert np.allclose(np.abs(period), (36, 0), atol=2)


def test_that_photographs_have_none():
    stack = MovingStack(Size(480, 360), frames=2, seed=41, radius=1.5, noise=1.0)
    assert period_of(bands_of(proxy_of(frames_of(stack)[0])).levels) is None
