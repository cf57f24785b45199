"""What a person may change in an alignment."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import Rect, Size
from mfgui.core.errors import UsageError
from mfgui.core.transforms import Transform
from mfgui.methods.align import excluded, included, recropped, repaired, reused, with_reference
from mfgui.methods.align.crops import shows

SIZE = Size(600, 400)
POINTS = np.array([[0, 0], [599, 0], [300, 200], [10, 390]], np.float64)


def steady(k):
    return Transform.similarity(SIZE, scale=1 + 0.01 * k, shift=(2.0 * k, -1.0 * k))


def stack():
    frames = [FrameFit(steady(k - 2), 0.1 if k != 2 else 0.0) for k in range(5)]
    return recropped(StackAlignment(SIZE, 2, "similarity", tuple(frames), Rect(0, 0, 600, 400)))


def check_crop(alignment):
    assert all(shows(alignment.frames[k].transform, alignment.crop, SIZE) for k in alignment.used)


def test_that_a_frame_is_left_out_and_taken_again():
    # The last frame shows the least of the scene.
    without = excluded(stack(), 4)
    assert without.used == (0, 1, 2, 3)
    assert without.crop.width > stack().crop.width
    check_crop(without)
    assert included(without, 4) == stack()


def test_that_the_reference_stays():
    for change in (excluded, repaired):
        with pytest.raises(UsageError, match="frame 3 is the reference"):
            change(stack(), 2)


@pytest.mark.parametrize("place", [0, 1, 3, 4])
def test_that_a_repaired_frame_lies_between_its_neighbours(place):
    wrong = FrameFit(Transform.translation(50, 50), 9.0, 0.8, "is black", used=False)
    found = repaired(stack().with_frame(place, wrong), place)
    fit = found.frames[place]
    assert fit.used
    assert math.isnan(fit.residual)
    assert fit.warning.startswith("placed between frames")
    # Scale and shift change evenly from frame to frame, so that the place is known.
    assert np.abs(fit.transform.apply(POINTS) - steady(place - 2).apply(POINTS)).max() < 1e-6
    check_crop(found)


def test_that_repair_needs_neighbours():
    lonely = stack()
    for index in (0, 1, 3):
        lonely = lonely.with_frame(index, replace(lonely.frames[index], used=index == 3))
    with pytest.raises(UsageError, match="fewer than two neighbours"):
        repaired(
            lonely.with_frame(3, lonely.frames[3]).with_frame(
                4, replace(lonely.frames[4], used=False)
            ),
            3,
        )


def test_another_reference():
    found = with_reference(stack(), 4)
    assert found.reference == 4
    assert found.frames[4].transform == Transform.identity()
    scene = steady(2).inverse().apply(POINTS)
    for k, fit in enumerate(found.frames):
        assert np.abs(fit.transform.apply(POINTS) - steady(k - 2).apply(scene)).max() < 1e-6
    check_crop(found)
    left = excluded(stack(), 0)
    with pytest.raises(UsageError, match="frame 1 is not used"):
        with_reference(left, 0)


def test_that_a_whole_reference_stays_whole():
    whole = recropped(stack(), "reference")
    assert whole.crop == Rect(0, 0, 600, 400)
    assert with_reference(whole, 3).crop == whole.crop
    assert excluded(whole, 0).crop == whole.crop
    with pytest.raises(UsageError, match="not known"):
        recropped(stack(), "none")


def test_an_alignment_used_for_another_size():
    half = reused(stack(), Size(300, 200), 5)
    assert half.size == Size(300, 200)
    for fit, full in zip(half.frames, stack().frames, strict=True):
        places = (POINTS + 0.5) * 0.5 - 0.5
        expected = (full.transform.apply(POINTS) + 0.5) * 0.5 - 0.5
        assert np.abs(fit.transform.apply(places) - expected).max() < 1e-9
        assert fit.residual == full.residual / 2
    assert half.crop.right <= 300
    assert reused(stack(), SIZE, 5) == stack()
    with pytest.raises(UsageError, match="does not fit 4 frames"):
        reused(stack(), SIZE, 4)
    with pytest.raises(UsageError, match="does not fit frames of 400 x 400"):
        reused(stack(), Size(400, 400), 5)


def test_that_a_frame_that_is_not_there_gets_one_line():
    for change in (excluded, included, repaired, with_reference):
        with pytest.raises(UsageError, match="frame 6 of a stack of 5"):
            change(stack(), 5)
