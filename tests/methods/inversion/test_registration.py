"""Registration of frames of different sharpness, on scenes whose motion and gain are known."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import ImageF32, Size, to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.light import to_linear, to_srgb
from mfgui.methods.inversion import warping
from mfgui.methods.inversion.registration import Alignment, align, applied, energy_gain, outside
from mfgui.methods.inversion.warping import corner_shift, log_gain
from mfgui.synth.capture import Capture, captured, motion
from mfgui.synth.constant_depth import constant_depth
from mfgui.synth.focus_pair import FocusPair

SIZE = Size(320, 240)


@lru_cache
def scene(seed: int, radius: float = 4.0) -> FocusPair:
    return constant_depth(SIZE, radius=radius, seed=seed)


def frames_of(capture: Capture, seed: int, radius: float = 4.0) -> list[ImageF32]:
    pair = captured(scene(seed, radius), capture, seed=seed)
    return [to_float(pair.near), to_float(pair.far)]


def away(found: np.ndarray, true: np.ndarray, size: Size = SIZE) -> float:
    """Error of a warp at the corners, pixels."""
    full = [np.vstack([warp, [0, 0, 1]]) for warp in (found, true)]
    return corner_shift((full[0] @ np.linalg.inv(full[1]))[:2], size)


@pytest.mark.parametrize(
    "capture",
    [
        Capture(shift=(1, -0.6)),
        Capture(shift=(-4, 2.4)),
        Capture(breathing=1.01),
        Capture(breathing=0.995, rotation=0.2, shift=(1, 1), noise=1),
        Capture(gain=1 / 1.7, shift=(2, 1)),
    ],
    ids=["1 px", "5 px", "breathing", "turn and noise", "gain and shift"],
)
def test_motions_are_found(capture: Capture) -> None:
    found = align(frames_of(capture, 102))
    assert away(found.warp, motion(capture, SIZE)) < 0.25
    assert found.errors[1] < 0.6 * found.errors[0]
    assert found.radii == pytest.approx((4, 4), abs=0.5)


@pytest.mark.parametrize("capture", [Capture(), Capture(noise=2), Capture(jpeg=92)])
@pytest.mark.parametrize("seed", [101, 103])
def test_aligned_frames_stay(capture: Capture, seed: int) -> None:
    found = align(frames_of(capture, seed))
    assert not found.moves
    assert not found.brightens
    assert found.describe() == "aligned already"


def test_a_tone_curve_is_taken_for_no_gain() -> None:
    assert not align(frames_of(Capture(tone=0.4), 101)).brightens


@pytest.mark.parametrize("gain", [1 / 1.7, 1 / 1.15])
def test_gains_are_found(gain: float) -> None:
    found = align(frames_of(Capture(gain=gain), 101))
    assert not found.moves
    np.testing.assert_allclose(log_gain(found.gain, Size(8, 8)), -np.log(gain), atol=0.02)


def test_a_gain_that_varies_over_the_frame_is_found() -> None:
    near, far = frames_of(Capture(), 101)
    y, x = np.mgrid[-1:1:240j, -1:1:320j].astype(np.float32)
    true = -0.08 * (x * x + y * y) + 0.03 * x
    found = align([near, to_srgb(to_linear(far) * np.exp(true)[:, :, None])])
    assert np.abs(log_gain(found.gain, SIZE) + true[:, :, None]).mean() < 0.01


def test_either_frame_can_be_the_reference() -> None:
    capture = Capture(shift=(2, -1), breathing=1.005)
    found = align(frames_of(capture, 101), moving=0)
    back = np.linalg.inv(np.vstack([motion(capture, SIZE), [0, 0, 1]]))[:2]
    assert away(found.warp, back) < 0.25


def test_a_motion_that_is_too_large_is_left() -> None:
    found = align(frames_of(Capture(shift=(15, 0)), 101))
    assert found.shift() <= 0.04 * 320


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_frames_without_detail_stay(value: float) -> None:
    flat = np.full((96, 128, 3), value, np.float32)
    found = align([flat, flat])
    assert not found.moves
    assert not found.brightens


def test_light_is_conserved_by_defocus() -> None:
    near, far = (to_linear(frame) for frame in frames_of(Capture(), 101))
    assert not energy_gain(near, far).any()
    np.testing.assert_allclose(energy_gain(near, far / 1.5)[:, 0], np.log(1.5), atol=0.01)


def test_it_can_be_stopped() -> None:
    def stop() -> None:
        raise StopRequested

    with pytest.raises(StopRequested):
        align(frames_of(Capture(), 101), compute=Compute(checkpoint=stop))


WARP = np.array([[1.004, 0.002, -1.3], [-0.001, 0.997, 2.4]])


def test_a_warp_is_that_of_a_larger_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warping, "_TILE", 37)
    y, x = np.mgrid[0:480, 0:640].astype(np.float32)
    ramp = np.stack([x / 640, y / 480, 0 * x], axis=2)
    found = applied(to_srgb(ramp), Alignment(SIZE, WARP))
    # Centres of pixels lie at other places in the smaller picture.
    small = np.stack([(x + 0.5) / 2 - 0.5, (y + 0.5) / 2 - 0.5, np.ones_like(x)], axis=-1) @ WARP.T
    expected = (small + 0.5) * 2 - 0.5
    inner = (slice(12, -12), slice(12, -12))
    np.testing.assert_allclose(found[inner][..., 0] * 640, expected[inner][..., 0], atol=0.05)
    np.testing.assert_allclose(found[inner][..., 1] * 480, expected[inner][..., 1], atol=0.05)


@pytest.mark.parametrize("shift", [2.4, 30.0, -30.0])
def test_tiles_have_no_seams(monkeypatch: pytest.MonkeyPatch, shift: float) -> None:
    warp = WARP.copy()
    warp[1, 2] = shift
    frame = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    whole = applied(frame, Alignment(SIZE, warp))
    monkeypatch.setattr(warping, "_TILE", 16)
    # Places are rounded to 1/32 pixel, not always alike.
    parts = applied(frame, Alignment(SIZE, warp))
    assert np.quantile(np.abs(parts - whole), 0.97) < 0.02
    plain = cv2.warpAffine(
        to_linear(to_float(frame)),
        warp,
        (320, 240),
        flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    np.testing.assert_allclose(whole, np.clip(plain, 0, 1), atol=1e-5)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_the_identity_is_linear_light(kind: type) -> None:
    codes = np.random.default_rng(2).random((20, 30, 3)).astype(np.float32)
    frame = codes if kind is np.float32 else (codes * np.iinfo(kind).max).astype(kind)
    np.testing.assert_array_equal(
        applied(frame, Alignment(Size(30, 20))), to_linear(to_float(frame))
    )


def test_gains_multiply_light() -> None:
    gain = np.zeros((3, 6))
    gain[0, 0], gain[1, 1] = np.log(1.2), 0.1
    grey = np.full((40, 60, 3), 0.5, np.float32)
    found = applied(grey, Alignment(Size(30, 20), gain=gain)) / to_linear(grey)
    np.testing.assert_allclose(found[:, :, 0], 1.2, rtol=1e-5)
    x = (2 * np.arange(60) + 1) / 60 - 1
    np.testing.assert_allclose(found[:, :, 1], np.exp(0.1 * x)[None, :].repeat(40, 0), rtol=1e-5)
    np.testing.assert_allclose(found[:, :, 2], 1, rtol=1e-5)


def test_what_lies_outside_is_told() -> None:
    shifted = Alignment(SIZE, np.array([[1, 0, 3.0], [0, 1, -2.0]]))
    found = outside(shifted, Size(640, 480))
    assert found[:4].all()
    assert found[:, -6:].all()
    assert not found[4:, :-6].any()


def test_people_are_told_what_was_done() -> None:
    shifted = Alignment(SIZE, np.array([[1, 0, 3.0], [0, 1, -4.0]]))
    assert shifted.describe() == "moved by up to 5.00 px (1.56 %)"
    gain = np.zeros((3, 6))
    gain[:, 0] = np.log(1.5)
    assert shifted.with_gain(gain).describe().endswith(", light times 1.50 to 1.50")
