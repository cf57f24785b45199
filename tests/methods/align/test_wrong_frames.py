"""Frames that do not fit are told, and do not spoil the others."""

import cv2
import numpy as np
import pytest

from mfgui.core.errors import UsageError
from mfgui.core.transforms import Transform
from mfgui.methods.align import align_frames
from mfgui.synth.moving_stack import MovingStack
from tests.methods.align.moving import SIZE, errors, frames_of

STACK = MovingStack(
    SIZE, frames=6, seed=41, radius=1.5, breathing=2.0, shift=5.0, rotation=0.3, noise=1.0
)
OTHER = MovingStack(SIZE, frames=2, seed=45, radius=1.5, noise=1.0)


def aligned_with(frame, place):
    frames = list(frames_of(STACK))
    frames[place] = frame
    return align_frames(frames)


def fits_but(found, place):
    """All frames but one are used, unsuspected and in their places."""
    others = [index for index in range(STACK.frames) if index != place]
    assert list(found.used) == others
    assert not any(found.frames[index].warning for index in others)
    assert np.percentile(errors(found, STACK.transforms()), 95) < 0.2
    return found.frames[place].warning


@pytest.mark.parametrize("place", [0, 3, 5])
def test_that_a_black_frame_is_left_out(place):
    black = np.zeros((SIZE.height, SIZE.width, 3), np.uint8)
    assert fits_but(aligned_with(black, place), place) == "is black"


def test_that_a_frame_without_detail_is_left_out():
    rng = np.random.default_rng(0)
    grey = np.clip(128 + 2 * rng.standard_normal((SIZE.height, SIZE.width, 3)), 0, 255)
    assert "no detail" in fits_but(aligned_with(grey.astype(np.uint8), 2), 2)


@pytest.mark.parametrize("place", [0, 2, 5])
def test_that_another_scene_is_left_out(place):
    warning = fits_but(aligned_with(frames_of(OTHER)[0], place), place)
    assert warning == "has no structure in common with its neighbours"


def test_that_the_same_picture_is_taken_once():
    frames = list(frames_of(STACK))
    frames[3] = frames[2]
    found = align_frames(frames)
    assert fits_but(found, 3) == "is the same picture as frame 3"


def test_that_a_shaken_frame_is_told():
    kernel = np.zeros((25, 25), np.float32)
    kernel[12] = 1 / 25
    shaken = cv2.filter2D(frames_of(STACK)[2], -1, kernel)
    found = aligned_with(shaken, 2)
    assert "looks shaken" in found.frames[2].warning
    assert [index for index, fit in enumerate(found.frames) if fit.warning] == [2]
    assert np.percentile(errors(found, STACK.transforms())[[0, 1, 3, 4, 5]], 95) < 0.3


def test_that_a_frame_without_sharp_structure_is_told_to_lie_anywhere():
    rng = np.random.default_rng(4)
    blurred = cv2.GaussianBlur(frames_of(STACK)[0].astype(np.float32), (0, 0), 15)
    noisy = np.clip(blurred + rng.standard_normal(blurred.shape), 0, 255).astype(np.uint8)
    found = aligned_with(noisy, 0)
    assert "may lie" in found.frames[0].warning or not found.frames[0].used
    assert [index for index, fit in enumerate(found.frames) if fit.warning] == [0]
    assert np.percentile(errors(found, STACK.transforms())[-5:], 95) < 0.2


def test_that_a_frame_upside_down_is_measured_as_well_as_any_other():
    # As a camera leaves it that took its own orientation wrongly.
    frames = list(frames_of(STACK))
    frames[3] = np.ascontiguousarray(frames[3][::-1, ::-1])
    found = align_frames(frames)
    turn = np.array([[-1.0, 0, SIZE.width - 1], [0, -1, SIZE.height - 1], [0, 0, 1]])
    truth = list(STACK.transforms())
    truth[3] = truth[3].then(Transform.from_matrix(turn))
    assert found.used == tuple(range(STACK.frames))
    assert np.percentile(errors(found, tuple(truth)), 95) < 0.2


def test_that_two_wrong_frames_are_left_out():
    frames = list(frames_of(STACK))
    frames[1] = np.zeros_like(frames[1])
    frames[4] = frames_of(OTHER)[1]
    found = align_frames(frames)
    assert found.used == (0, 2, 3, 5)
    assert np.percentile(errors(found, STACK.transforms()), 95) < 0.2


@pytest.mark.parametrize(
    "frames",
    [
        [np.zeros((200, 300, 3), np.uint8)] * 3,
        [frames_of(STACK)[0], frames_of(OTHER)[0]],
    ],
    ids=["black", "scenes"],
)
def test_that_what_does_not_fit_at_all_gets_one_line(frames):
    with pytest.raises(UsageError, match="fewer than two frames fit each other"):
        align_frames(frames)


def test_that_one_picture_alone_is_no_stack():
    with pytest.raises(UsageError, match="all 3 frames are the same picture"):
        align_frames([frames_of(STACK)[0]] * 3)
    black = np.zeros_like(frames_of(STACK)[0])
    with pytest.raises(UsageError, match=r"frame 2 is the same picture as frame 1"):
        align_frames([frames_of(STACK)[0], frames_of(STACK)[0], black])


def test_that_a_wrong_frame_is_no_reference():
    frames = list(frames_of(STACK))
    frames[1] = np.zeros_like(frames[1])
    with pytest.raises(UsageError, match="frame 2 cannot be the reference: is black"):
        align_frames(frames, reference=1)


def test_that_a_frame_far_away_does_not_ruin_the_crop():
    frames = list(frames_of(STACK))
    away = np.array([[1.0, 0, -290], [0, 1, 0]])
    frames[5] = cv2.warpAffine(frames[4], away, (SIZE.width, SIZE.height))
    found = align_frames(frames)
    assert not found.frames[5].used
    assert found.frames[5].warning
    assert found.crop.width > 0.85 * SIZE.width
