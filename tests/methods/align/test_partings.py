"""Frames of which parts lie elsewhere are told, and move no others."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mfgui.methods.align import align_frames, align_proxies
from mfgui.methods.align.partings import Parting, at_fault
from mfgui.synth.moving_stack import MovingStack
from tests.methods.align.moving import SIZE, errors, frames_of, proxies_of

STACK = MovingStack(
    SIZE, frames=6, seed=41, radius=1.5, breathing=2.0, shift=5.0, rotation=0.3, noise=1.0
)


def torn(frame, by=8):
    """The left half moved to the right, the right half to the left."""
    half = frame.shape[1] // 2
    halves = (np.roll(frame[:, :half], by, axis=1), np.roll(frame[:, half:], -by, axis=1))
    return np.concatenate(halves, axis=1)


def aligned_with(frame, place):
    frames = list(frames_of(STACK))
    frames[place] = frame
    return align_frames(frames)


def told(found):
    return [index for index, fit in enumerate(found.frames) if fit.warning]


def others(found, place):
    """Errors of all frames but one, which cannot be the reference."""
    assert found.reference != place
    sound = found.with_frame(place, replace(found.frames[place], used=False))
    return errors(sound, STACK.transforms())


def test_that_nothing_is_told_of_a_good_stack():
    assert told(align_proxies(proxies_of(STACK))) == []


@pytest.mark.parametrize(("place", "by"), [(0, 8), (2, 16), (4, 4)])
def test_that_a_torn_frame_is_told_and_moves_no_other(place, by):
    found = aligned_with(torn(frames_of(STACK)[place], by), place)
    assert told(found) == [place]
    assert "movement or parallax" in found.frames[place].warning
    assert found.frames[place].used
    assert np.percentile(others(found, place), 95) < 0.2


def test_that_torn_frames_leave_the_model_alone():
    # Both halves pulled apart look like a stretch along one axis.
    found = aligned_with(torn(frames_of(STACK)[2], -3), 2)
    assert found.model == "similarity"
    assert told(found) == [2]


@pytest.mark.parametrize("by", [8, 24])
def test_that_a_thing_that_moved_in_one_frame_is_told(by):
    frame = frames_of(STACK)[3].copy()
    frame[80:280, 150:350] = frames_of(STACK)[3][80:280, 150 - by : 350 - by]
    found = aligned_with(frame, 3)
    assert told(found) == [3]
    assert f"move by {by} pixels" in found.frames[3].warning
    # The background, which is more, decides where the frame lies.
    assert np.percentile(errors(found, STACK.transforms()), 95) < 0.3


def test_that_a_thing_that_moves_through_the_stack_is_told_everywhere():
    thing = cv2.flip(frames_of(STACK)[0], -1)[60:260, 100:300]
    frames = []
    for place, frame in enumerate(frames_of(STACK)):
        left = 90 + 12 * place
        frame = frame.copy()
        frame[60:260, left : left + 200] = cv2.GaussianBlur(thing, (0, 0), 0.5 + 0.4 * place)
        frames.append(frame)
    found = align_frames(frames)
    assert set(told(found)) | {found.reference} == set(range(STACK.frames))


def test_that_parallax_is_told():
    # The left third lies nearer and moves by two pixels from frame to frame.
    frames = []
    for place, frame in enumerate(frames_of(STACK)):
        near = np.roll(frame, 2 * place, axis=0)
        frames.append(np.concatenate([near[:, :160], frame[:, 160:]], axis=1))
    found = align_frames(frames)
    assert len(told(found)) >= STACK.frames - 2


def parting(moved, home=30):
    return Parting(home, np.zeros((moved, 2)), np.full((moved, 2), 5.0))


def test_who_is_at_fault():
    pairs = [(k, k + reach) for reach in (1, 2) for k in range(8 - reach)]
    for wrong in (0, 3, 7):
        partings = {pair: parting(10 if wrong in pair else 0) for pair in pairs}
        assert at_fault(partings) == [wrong]
    assert at_fault({pair: parting(10) for pair in pairs}) == []
    # From the fourth frame on a thing lies elsewhere: no frame is worse than another.
    moved = {pair: parting(10 if pair[0] < 4 <= pair[1] else 0) for pair in pairs}
    assert at_fault(moved) == []
    assert at_fault({(0, 1): parting(10)}) == []
