"""Exposures as values: their ranges, JSON, and light multiplied by them."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size
from mfgui.core.errors import InputError, UsageError
from mfgui.core.exposure import FrameExposure, StackExposure, equalise

SIZE = Size(37, 23)


def some_exposure(channels: int = 3, own: int = 3) -> FrameExposure:
    rng = np.random.default_rng(3)
    field = rng.normal(0, 0.3, (4, 6, own)).astype(np.float32)
    gains = tuple(float(gain) for gain in rng.uniform(0.5, 2, channels))
    return FrameExposure(gains, field, "a warning", (0.2, -0.1, 0.0, 0.4, -0.3))


def some_light(channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(4)
    return rng.random((SIZE.height, SIZE.width, channels), np.float32)


def literally(light: np.ndarray, exposure: FrameExposure) -> np.ndarray:
    """Pixel by pixel in float64."""
    result = np.empty(light.shape, np.float64)
    tones = np.exp(exposure.tones) if exposure.tones else np.ones(2)
    knots = np.linspace(0, 1, len(tones))
    field = np.zeros((1, 1, 1)) if exposure.field is None else exposure.field
    field = np.exp(np.float64(field).reshape(*field.shape[:2], -1))
    rows, columns = field.shape[:2]
    for y, x, c in np.ndindex(light.shape):
        v = (y + 0.5) * rows / light.shape[0] - 0.5
        u = (x + 0.5) * columns / light.shape[1] - 0.5
        plane = field[:, :, min(c, field.shape[2] - 1)]
        lines = [np.interp(u, np.arange(columns), line) for line in plane]
        value = float(light[y, x, c])
        tone = np.interp(np.sqrt(np.clip(value, 0, 1)), knots, tones)
        gain = exposure.gains[min(c, len(exposure.gains) - 1)]
        result[y, x, c] = value * gain * tone * np.interp(v, np.arange(rows), lines)
    return result


@pytest.mark.parametrize(
    "exposure",
    [
        FrameExposure((1.5, 0.25, 2.0)),
        FrameExposure((2.0,)),
        FrameExposure((1.0, 1.0, 1.0), tones=(0.3, -0.4, 0.1)),
        FrameExposure((1.0,), np.full((1, 1), 0.5, np.float32)),
        some_exposure(),
        some_exposure(1, 1),
    ],
    ids=["channels", "one gain", "tones", "one cell", "all", "all of one"],
)
def test_light_is_multiplied_as_written(exposure: FrameExposure) -> None:
    light = some_light()
    light[0, 0] = (-0.1, 0.0, 1.3)
    found = light.copy()
    equalise(found, exposure, size=SIZE)
    np.testing.assert_allclose(found, literally(light, exposure), rtol=2e-6, atol=1e-7)


def test_parts_are_equal_to_the_whole() -> None:
    light, exposure = some_light(), some_exposure()
    whole = light.copy()
    equalise(whole, exposure, size=SIZE)
    for rect in (Rect(0, 0, 37, 5), Rect(11, 7, 13, 9), Rect(30, 20, 7, 3), Rect(36, 0, 1, 23)):
        part = light[rect.slices].copy()
        equalise(part, exposure, size=SIZE, rect=rect)
        np.testing.assert_array_equal(part, whole[rect.slices])


def test_neutral_exposures_leave_every_bit() -> None:
    light = some_light()
    light[3, 3, 1] = np.nan
    found = light.copy()
    equalise(found, FrameExposure((1.0, 1.0, 1.0)), size=SIZE)
    assert found.tobytes() == light.tobytes()


@pytest.mark.parametrize(
    ("exposure", "rect"),
    [
        (FrameExposure((2.0, 1.0)), None),
        (FrameExposure((2.0,)), Rect(0, 0, 5, 5)),
        (FrameExposure((2.0,), np.zeros((2, 2, 1), np.float32)), Rect(0, 0, 37, 22)),
    ],
)
def test_what_does_not_fit_is_refused(exposure: FrameExposure, rect: Rect | None) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        equalise(some_light(), exposure, size=SIZE, rect=rect)


def test_stops_and_neutrality() -> None:
    assert FrameExposure((2.0, 2.0, 2.0)).stops == pytest.approx(1)
    assert FrameExposure((0.25,)).stops == pytest.approx(-2)
    assert FrameExposure((1.0,)).neutral
    assert not FrameExposure((1.0,), tones=(0.0, 0.1)).neutral
    assert not FrameExposure((1.0,), np.zeros((2, 2), np.float32)).neutral


@pytest.mark.parametrize(
    "values",
    [
        {"gains": ()},
        {"gains": (0.0,)},
        {"gains": (float("nan"),)},
        {"gains": (float("inf"),)},
        {"gains": (1.0,), "tones": (0.1,)},
        {"gains": (1.0,), "tones": (0.1, float("nan"))},
        {"gains": (1.0,), "tones": (0.1, 9.0)},
        {"gains": (1.0,), "field": np.zeros((2, 2), np.float64)},
        {"gains": (1.0,), "field": np.zeros(3, np.float32)},
        {"gains": (1.0,), "field": np.zeros((0, 2), np.float32)},
        {"gains": (1.0,), "field": np.zeros((2, 2, 3), np.float32)},
        {"gains": (1.0,), "field": np.full((2, 2), np.nan, np.float32)},
        {"gains": (1.0,), "field": np.full((2, 2), 5, np.float32)},
    ],
)
def test_impossible_values_are_refused(values: dict) -> None:
    with pytest.raises(UsageError):
        FrameExposure(**values)


def test_json_gives_the_same_exposures_back() -> None:
    stack = StackExposure("auto", (FrameExposure((1.0,) * 3), some_exposure()))
    read = StackExposure.from_json(json.loads(json.dumps(stack.to_json())))
    assert read.mode == "auto"
    assert read.frames[0].neutral
    assert (read.frames[1].gains, read.frames[1].tones) == (
        stack.frames[1].gains,
        stack.frames[1].tones,
    )
    assert read.frames[1].warning == "a warning"
    np.testing.assert_array_equal(read.frames[1].field, stack.frames[1].field)
    assert not read.neutral


def changed(entry: str, value: object) -> dict:
    data = some_exposure().to_json()
    data[entry] = value
    return {"schema": 1, "mode": "auto", "frames": [data]}


def text_of(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()


NAN = np.full((2, 2), np.nan, "<f4")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"schema": 2, "mode": "auto", "frames": [some_exposure().to_json()]},
        {"schema": 1, "mode": 3, "frames": [some_exposure().to_json()]},
        {"schema": 1, "mode": "auto", "frames": []},
        {"schema": 1, "mode": "auto", "frames": [3]},
        {"schema": 1, "mode": "auto", "frames": [{"gains": [1.0]}]},
        changed("gains", [1.0, True]),
        changed("gains", [10**400]),
        changed("gains", "11"),
        changed("gains", [0.0, 1.0, 1.0]),
        changed("warning", None),
        changed("tones", [0.5]),
        changed("field", [[1.0]]),
        changed("field", {"shape": [2, 2], "values": "AAAA"}),
        changed("field", {"shape": [2, 2], "values": "?"}),
        changed("field", {"shape": [2, 2], "values": text_of(NAN)}),
        changed("field", {"shape": [-2, -2], "values": text_of(NAN)}),
        changed("field", {"shape": [1 << 40, 1], "values": ""}),
        changed("field", {"shape": [], "values": ""}),
        changed("field", {"shape": [2.0, 2], "values": text_of(NAN)}),
        changed("extra", 1),
    ],
)
def test_other_json_is_refused_in_one_line(data: object) -> None:
    with pytest.raises(InputError) as caught:
        StackExposure.from_json(data)
    assert "\n" not in str(caught.value)
