"""Exposures found again that were planted into frames of known defocus."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.disks import blurred
from mfgui.core.exposure import FrameExposure, StackExposure, equalise
from mfgui.methods.exposure import match_exposure, match_proxies, proxy_of
from mfgui.synth.moving_stack import MovingFrame, MovingStack, rendered
from tests.methods.exposure.scenes import SIZE, aligned, decoded, encoded, light, stored

SMOOTH = np.stack(np.meshgrid(np.linspace(-1, 1, SIZE.width), np.linspace(-1, 1, SIZE.height)))


def found(frames: list[ImageU8], mode: str = "auto") -> FrameExposure:
    """Of the second of two frames."""
    return match_exposure(frames, aligned(frames), mode=mode).frames[1]


def planted(gain: np.ndarray | float, *, seed: int = 1, noise: float = 1.0) -> list[ImageU8]:
    """A near frame and a far one whose light was divided by a gain."""
    near, far = light(seed)
    return [stored(near, noise=noise, seed=1), stored(far / gain, noise=noise, seed=2)]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("gain", [0.8, 1.05, 2.2])
def test_one_factor_is_found_and_nothing_else(seed: int, gain: float) -> None:
    exposure = found(planted(gain, seed=seed))
    assert len(set(exposure.gains)) == 1
    assert exposure.gains[0] == pytest.approx(gain, rel=0.008)
    assert exposure.field is None
    assert not exposure.tones
    assert not exposure.warning


@pytest.mark.parametrize("mode", ["auto", "white-balance"])
def test_gains_of_the_channels_are_found(mode: str) -> None:
    gains = np.array([1.2, 1.0, 0.9])
    exposure = found(planted(gains), mode)
    np.testing.assert_allclose(exposure.gains, gains, rtol=0.01)
    assert exposure.field is None
    assert not exposure.tones


def test_one_gain_is_one_gain_also_when_the_channels_differ() -> None:
    exposure = found(planted(np.array([1.2, 1.0, 0.9])), "gain")
    assert len(set(exposure.gains)) == 1
    assert exposure.gains[0] == pytest.approx((1.2 * 1.0 * 0.9) ** (1 / 3), rel=0.01)


def left(exposure: FrameExposure, taken: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Error of every value in grey levels, without noise."""
    changed = taken.astype(np.float32)
    equalise(changed, exposure, size=SIZE)
    return 255 * np.abs(encoded(changed) - encoded(true))


@pytest.mark.parametrize("mode", ["auto", "local"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_slow_field_is_found(mode: str, seed: int) -> None:
    x, y = SMOOTH
    gain = np.exp(0.1 + 0.25 * x - 0.2 * y * y)[:, :, None]
    exposure = found(planted(gain, seed=seed), mode)
    assert exposure.field is not None
    far = light(seed)[1]
    assert bool(exposure.tones) == (mode == "local")
    away = left(exposure, far / gain, far)
    assert away.mean() < (0.7 if mode == "auto" else 1.0)
    assert np.percentile(away, 99) < 3 or mode == "local"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_field_of_colours_is_found(seed: int) -> None:
    x, y = SMOOTH
    tint = np.stack([0.15 * x, 0 * x, 0.1 * y], axis=2)
    exposure = found(planted(1.2 * np.exp(tint), seed=seed))
    far = light(seed)[1]
    away = left(exposure, far / (1.2 * np.exp(tint)), far)
    assert away.mean() < 0.6
    assert np.percentile(away, 99) < 3


@pytest.mark.parametrize("seed", [1, 2])
def test_a_curve_of_tones_is_found(seed: int) -> None:
    near, far = light(seed)
    # Bright light of the second frame is bent as phones do.
    bent = 0.45 * far / (1 + far)
    exposure = found([stored(near, noise=1), stored(bent, noise=1, seed=2)])
    assert exposure.tones
    assert exposure.field is None
    away = left(exposure, bent, far)
    assert away.mean() < 0.8
    assert np.percentile(away, 99) < 3


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_frames_of_the_same_light_stay_as_they_are(seed: int, noise: float) -> None:
    frames = planted(1.0, seed=seed, noise=noise)
    exposure = found(frames)
    assert exposure.neutral
    assert exposure.gains == (1.0, 1.0, 1.0)
    values = frames[1].astype(np.float32)
    before = values.tobytes()
    equalise(values, exposure, size=SIZE)
    assert values.tobytes() == before


@lru_cache
def lamps(power: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """A dim scene with thirty small lamps, sharp and out of focus, linear light."""
    rng = np.random.default_rng(5)
    dim = cv2.GaussianBlur(rng.random((360, 480, 3)), (0, 0), 3)
    sharp = (0.03 + 0.6 * np.clip(dim - 0.4, 0, 1)).astype(np.float32)
    for y, x in zip(rng.integers(30, 330, 30), rng.integers(30, 450, 30), strict=True):
        sharp[y - 1 : y + 2, x - 1 : x + 2] = power
    return sharp, blurred(sharp, radius)


@pytest.mark.parametrize(("power", "radius"), [(5.0, 8.0), (20.0, 12.0), (40.0, 15.0)])
@pytest.mark.parametrize("gain", [1.0, 1.3])
def test_lamps_out_of_focus_are_no_gain(power: float, radius: float, gain: float) -> None:
    sharp, soft = lamps(power, radius)
    for frames in ([sharp, soft / gain], [soft, sharp / gain]):
        exposure = found([stored(frame) for frame in frames])
        assert exposure.field is None
        assert not exposure.tones
        assert exposure.gains[0] == pytest.approx(gain, rel=0.01)
        assert exposure.neutral == (gain == 1.0)


def test_forced_fields_leave_disks_of_lamps_bright() -> None:
    sharp, soft = lamps(40.0, 15.0)
    exposure = found([stored(sharp), stored(soft)], "local")
    disks = soft > 0.3
    assert disks.mean() > 0.01
    away = left(exposure, soft, soft)
    assert away[disks].mean() < 8  # 28 where the surroundings of lamps count


@lru_cache
def moving() -> tuple[MovingFrame, ...]:
    stack = MovingStack(
        SIZE, frames=6, seed=7, radius=1.5, breathing=2, shift=3, rotation=0.3, gain=25, noise=1
    )
    return tuple(rendered(stack).frames())


def test_gains_of_a_moving_stack_are_found() -> None:
    frames = [frame.pixels for frame in moving()]
    alignment = aligned(frames, transforms=[frame.transform for frame in moving()])
    exposure = match_exposure(frames, alignment)
    for frame, one in zip(moving(), exposure.frames, strict=True):
        assert one.stops == pytest.approx(-np.log2(frame.gain), abs=np.log2(1.006))
        assert one.field is None
        assert not one.tones
    assert exposure.frames[0].neutral


def test_any_frame_may_be_the_reference() -> None:
    frames = [frame.pixels for frame in moving()]
    back = moving()[3].transform.inverse()
    transforms = [back.then(frame.transform) for frame in moving()]
    exposure = match_exposure(frames, aligned(frames, transforms=transforms, reference=3))
    true = [moving()[3].gain / frame.gain for frame in moving()]
    assert exposure.frames[3].neutral
    assert [2**one.stops for one in exposure.frames] == pytest.approx(true, rel=0.006)


def test_gains_are_chained_through_neighbours() -> None:
    """The last frames show nothing of what the reference frame shows unclipped."""
    rng = np.random.default_rng(8)
    rough = cv2.GaussianBlur(rng.random((240, 1200, 3)), (0, 0), 4)
    wide = 0.05 + 0.5 * np.clip(4 * (rough - 0.5) + 0.5, 0, 1)
    gains, starts = (1.0, 1.3, 0.8, 1.6, 1.1), (0, 200, 400, 600, 800)
    frames = [np.zeros((240, 1200, 3), np.uint8) for _ in gains]
    for frame, x, gain in zip(frames, starts, gains, strict=True):
        frame[:, x : x + 320] = stored(wide[:, x : x + 320] * gain)
    exposure = match_exposure(frames, aligned(frames), mode="gain")
    stops = [one.stops for one in exposure.frames]
    assert stops == pytest.approx([-np.log2(gain) for gain in gains], abs=0.02)


def test_unused_frames_neither_change_nor_count() -> None:
    frames = [*planted(1.4), stored(light(2)[0] * 0.3)]
    without = match_exposure(frames, aligned(frames, unused=[2]))
    alone = match_exposure(frames[:2], aligned(frames[:2]))
    assert without.frames[2].neutral
    assert without.frames[1].gains == alone.frames[1].gains


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_a_frame_of_another_scene_spoils_no_other(seed: int) -> None:
    first, second = planted(1.3)
    wrong = stored(light(seed)[0] * 0.6)
    frames = [first, wrong, second, stored(light(1)[1] / 0.8, noise=1, seed=5)]
    exposure = match_exposure(frames, aligned(frames))
    for index, gain in ((2, 1.3), (3, 0.8)):
        assert exposure.frames[index].gains == pytest.approx((gain,) * 3, rel=0.01)
        assert exposure.frames[index].field is None
        assert not exposure.frames[index].tones


def test_black_frames_are_told() -> None:
    frames = [*planted(1.3), np.zeros((SIZE.height, SIZE.width, 3), np.uint8)]
    exposure = match_exposure(frames, aligned(frames))
    assert "black" in exposure.frames[2].warning
    assert exposure.frames[2].neutral
    assert exposure.frames[1].gains[0] == pytest.approx(1.3, rel=0.01)
    assert not exposure.frames[1].warning


def test_clipped_frames_are_told() -> None:
    near, far = light(1)
    frames = [stored(near), stored(far / 1.3), stored(far * 200)]
    exposure = match_exposure(frames, aligned(frames))
    assert "clipped" in exposure.frames[2].warning
    assert exposure.frames[2].neutral
    assert exposure.frames[1].gains[0] == pytest.approx(1.3, rel=0.01)


@pytest.mark.parametrize(("gain", "word"), [(12.0, "darker"), (1 / 12, "brighter")])
def test_three_stops_are_too_many(gain: float, word: str) -> None:
    near, far = (0.06 * frame for frame in light(1))
    frames = [near, far / gain] if gain < 1 else [near * 12, far]
    exposure = found([stored(frame) for frame in frames])
    assert word in exposure.warning
    assert "3.6 stops" in exposure.warning
    assert exposure.gains[0] == pytest.approx(gain, rel=0.05)


def test_off_is_off() -> None:
    frames = planted(2.0)
    exposure = match_exposure(frames, aligned(frames), mode="off")
    assert exposure.neutral
    assert len(exposure.frames) == 2


def test_grey_frames_and_other_depths_agree() -> None:
    near, far = light(2)
    frames = [stored(near), stored(far / 1.4)]
    deep = [np.uint16(frame) * 257 for frame in frames]
    real = [np.float32(frame) / 255 for frame in frames]
    grey = [np.ascontiguousarray(frame[:, :, 1:2]) for frame in frames]
    gains = [found(kind).gains for kind in (frames, deep, real, grey)]
    assert [len(one) for one in gains] == [3, 3, 3, 1]
    assert [one[0] for one in gains] == pytest.approx([1.4] * 4, rel=0.01)


def test_small_pictures_are_all_that_is_needed() -> None:
    frames = planted(np.array([1.2, 1.0, 0.9]))
    alignment = aligned(frames)
    direct = match_exposure(frames, alignment)
    later = match_proxies([proxy_of(frame) for frame in frames], alignment)
    assert later.frames[1].gains == direct.frames[1].gains
    again = StackExposure.from_json(direct.to_json())
    assert again.frames[1].gains == direct.frames[1].gains


def test_equalised_frames_have_no_step() -> None:
    """Tones and field together, on stored frames: what is left of a step between the frames."""
    x, y = SMOOTH
    near, far = light(1)
    bent = 0.5 * far / (1 + 0.5 * far) * np.exp(0.2 * x * y)[:, :, None]
    frames = [stored(near), stored(bent)]
    exposure = found(frames)
    away = left(exposure, decoded(frames[1] / 255), far)
    plain = np.abs(frames[1] - 255 * encoded(far))
    assert plain.mean() > 15
    assert away.mean() < 0.08 * plain.mean()


def test_it_can_be_stopped() -> None:
    calls = []

    def stop() -> None:
        calls.append(1)
        if len(calls) == 4:
            raise StopRequested

    frames = planted(1.2)
    with pytest.raises(StopRequested):
        match_exposure(frames, aligned(frames), compute=Compute(checkpoint=stop))


def test_crops_do_not_matter() -> None:
    frames = planted(1.5)
    alignment = aligned(frames)
    cut = replace(alignment, crop=Rect(40, 30, 200, 100))
    both = [match_exposure(frames, one).frames[1] for one in (alignment, cut)]
    assert both[0].gains == both[1].gains
