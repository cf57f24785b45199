"""Alignments as values and as JSON."""

import json
import math

import numpy as np
import pytest

from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import Rect, Size
from mfgui.core.errors import InputError, UsageError
from mfgui.core.transforms import Transform

SIZE = Size(60, 40)


def alignment():
    frames = (
        FrameFit(Transform.similarity(SIZE, scale=1.01, degrees=0.3), 0.12, 0.97),
        FrameFit(Transform.identity()),
        FrameFit(Transform.from_matrix(np.eye(3), radial=0.01, size=SIZE), math.inf / math.inf),
        FrameFit(Transform.translation(9, 9), math.nan, 0.4, "is black", used=False),
    )
    return StackAlignment(SIZE, 1, "similarity", frames, Rect(3, 2, 50, 30))


def test_that_json_gives_the_same_back():
    data = json.loads(json.dumps(alignment().to_json(), allow_nan=False))
    found = StackAlignment.from_json(data)
    assert found.to_json() == alignment().to_json()
    assert [fit.transform for fit in found.frames] == [fit.transform for fit in alignment().frames]
    assert found.used == (0, 1, 2)
    assert found.crop == alignment().crop
    assert data["reference"] == 2  # counted from 1, as people do


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"size": [60]},
        {"size": None},
        {"reference": 9},
        {"reference": 4},
        {"crop": [0, 0, 61, 40]},
        {"crop": [0, 0, 0, 10]},
        {"frames": []},
        {"frames": [{}]},
        {"frames": "none"},
    ],
)
def test_that_a_wrong_description_is_refused(change):
    with pytest.raises(InputError):
        StackAlignment.from_json(alignment().to_json() | change)


@pytest.mark.parametrize(
    ("entry", "value"),
    [("used", 1), ("warning", None), ("residual", "far"), ("transform", []), ("overlap", None)],
)
def test_that_a_wrong_frame_is_refused(entry, value):
    data = alignment().to_json()
    data["frames"][0][entry] = value
    with pytest.raises(InputError):
        StackAlignment.from_json(data)


@pytest.mark.parametrize("data", [None, [], "text", 3, {}])
def test_that_anything_else_is_refused(data):
    with pytest.raises(InputError):
        StackAlignment.from_json(data)


def test_that_one_frame_is_no_stack():
    still = FrameFit(Transform.identity())
    out = FrameFit(Transform.identity(), used=False)
    with pytest.raises(UsageError, match="fewer than two frames"):
        StackAlignment(SIZE, 0, "off", (still, out), Rect(0, 0, 60, 40))


def test_that_only_frames_that_are_used_have_to_be_still():
    still = FrameFit(Transform.identity())
    out = FrameFit(Transform.translation(1, 0), used=False)
    found = StackAlignment(SIZE, 0, "similarity", (still, still, out), Rect(0, 0, 60, 40))
    assert found.still
    assert not found.with_frame(1, FrameFit(Transform.translation(1, 0))).still
