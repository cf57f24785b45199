"""Light that was matched is used again: as it is, for more frames, against another reference."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from mfgui.app.prepare import PrepareOptions, prepare
from mfgui.app.prepare_light import against
from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.core.exposure import FrameExposure, StackExposure
from mfgui.core.stack import SourceStack
from mfgui.core.transforms import Transform
from mfgui.methods import exposure

SIZE = Size(320, 240)
GAINS = (1.0, 0.8, 1.25, 0.9)  # of linear light, in the frames
ONE = Compute()
FIT = StackAlignment(
    SIZE, 0, "off", (FrameFit(Transform.identity()),) * 4, Rect(0, 0, SIZE.width, SIZE.height)
)


def linear(encoded: np.ndarray) -> np.ndarray:
    low, high = encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, low, high)


def encoded(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.fixture(scope="module")
def stack() -> SourceStack:
    """One scene in the light of `GAINS`."""
    noise = np.random.default_rng(3).random((SIZE.height, SIZE.width, 3)).astype(np.float32)
    scene = cv2.GaussianBlur(noise, (0, 0), 9)
    light = linear(0.2 + 0.5 * (scene - scene.min()) / (scene.max() - scene.min()))
    frames = [np.rint(encoded(light * gain) * 65535).astype(np.uint16) for gain in GAINS]
    return SourceStack.from_arrays(frames)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be matched."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("the light was matched again")

    monkeypatch.setattr(exposure, "match_proxies", fail)
    monkeypatch.setattr(exposure, "proxy_of", fail)


def known(*gains: float) -> StackExposure:
    return StackExposure("gain", tuple(FrameExposure((gain,) * 3) for gain in gains))


def alike(made: SourceStack, *, reference: int, within: float) -> None:
    wanted = made.pixels(reference) / 65535
    for index in range(made.k):
        np.testing.assert_allclose(made.pixels(index) / 65535, wanted, atol=within)


def test_that_given_light_is_not_matched_again(stack: SourceStack, never: None) -> None:
    light = known(*(1 / gain for gain in GAINS))
    again = StackExposure.from_json(json.loads(json.dumps(light.to_json())))
    made = prepare(stack, PrepareOptions(alignment=FIT, light=again), compute=ONE)
    assert made.exposure is again
    alike(made, reference=0, within=2e-4)


def test_that_only_the_unmatched_frame_is_matched(stack: SourceStack) -> None:
    # The others' light is wrong on purpose: what is measured would not be that.
    light = known(1.0, 2.0, 1.0, 2.0)
    made = prepare(stack, PrepareOptions(alignment=FIT, light=light, unmatched=(2,)), compute=ONE)
    found = made.exposure
    assert found is not None
    np.testing.assert_allclose(found.frames[2].gains, 1 / GAINS[2], rtol=2e-3)
    for index in (0, 1, 3):
        assert found.frames[index] is light.frames[index]


def test_that_frames_that_take_no_part_need_no_light(stack: SourceStack, never: None) -> None:
    frames = tuple(replace(fit, used=i != 2) for i, fit in enumerate(FIT.frames))
    light = known(*(1 / gain for gain in GAINS))
    options = PrepareOptions(alignment=replace(FIT, frames=frames), light=light, unmatched=(2,))
    made = prepare(stack, options, compute=ONE)
    assert made.exposure is light
    alike(made, reference=0, within=2e-4)


def test_that_gains_are_told_against_another_frame(stack: SourceStack, never: None) -> None:
    light = against(known(*(1 / gain for gain in GAINS)), 2)
    assert light is not None
    assert light.frames[2].neutral
    fit = replace(FIT, reference=2)
    made = prepare(stack, PrepareOptions(alignment=fit, light=light), compute=ONE)
    alike(made, reference=2, within=2e-4)
    np.testing.assert_array_equal(made.pixels(2), stack.pixels(2))


@pytest.mark.parametrize(
    "special",
    [
        FrameExposure((1.0,) * 3, np.zeros((2, 2), np.float32)),
        FrameExposure((1.0,) * 3, tones=(0.0, 0.1)),
        FrameExposure((1.0,) * 3, warning="black: its light was left as it is"),
    ],
)
def test_that_what_belongs_to_a_reference_is_matched_again(special: FrameExposure) -> None:
    light = known(1.0, 0.5)
    assert against(replace(light, frames=(*light.frames, special)), 1) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (PrepareOptions(alignment=FIT, light=known(1.0, 1.0)), "that of another stack"),
        (
            PrepareOptions(
                alignment=FIT,
                light=StackExposure("gain", (FrameExposure((1.0, 1.0)),) * 4),
            ),
            "that of another stack",
        ),
        (PrepareOptions(light=known(*GAINS)), "with its alignment only"),
        (PrepareOptions(alignment=FIT, reference=1, light=known(*GAINS)), "with its alignment"),
    ],
)
def test_that_light_of_something_else_is_refused(
    stack: SourceStack, options: PrepareOptions, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        prepare(stack, options, compute=ONE)
