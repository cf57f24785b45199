from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.core.light import to_linear, to_srgb
from mfgui.synth.capture import Capture, captured, motion
from mfgui.synth.constant_depth import constant_depth
from mfgui.synth.focus_pair import FocusPair

SIZE = Size(120, 90)
MARGIN = 12


def waves(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """A smooth picture that is known at every place, (H, W, 3) of linear light."""
    parts = [np.sin(0.21 * x + 0.1 * y), np.sin(0.13 * x - 0.24 * y), np.cos(0.2 * y)]
    return np.asarray(0.4 + 0.25 * np.stack(parts, axis=2), np.float32)


@pytest.fixture(scope="module")
def smooth() -> FocusPair:
    y, x = np.mgrid[-MARGIN : SIZE.height + MARGIN, -MARGIN : SIZE.width + MARGIN].astype(float)
    wide = waves(x, y)
    frame = to_srgb(wide[MARGIN:-MARGIN, MARGIN:-MARGIN])
    plane = np.zeros((SIZE.height, SIZE.width), np.float32)
    return FocusPair(frame, frame, frame, plane, plane, plane, 0, "waves", MARGIN, (wide, wide))


@pytest.mark.parametrize(("bits", "kind", "top"), [(8, np.uint8, 255), (16, np.uint16, 65535)])
def test_that_a_perfect_camera_only_quantises(bits: int, kind: type, top: int) -> None:
    pair = constant_depth(SIZE, radius=3.0, seed=1)
    result = captured(pair, Capture(bits=bits), seed=0)
    for name in ("near", "far"):
        frame = getattr(result, name)
        assert frame.dtype == kind
        np.testing.assert_allclose(frame / top, getattr(pair, name), atol=0.501 / top)
    np.testing.assert_array_equal(result.truth, pair.truth)
    assert result.wide is None


@pytest.mark.parametrize("moved", ["far", "near"])
@pytest.mark.parametrize(
    "wish",
    [
        {"shift": (1.5, -0.75)},
        {"breathing": 1.01},
        {"rotation": 0.8},
        {"shift": (-2.0, 1.0), "breathing": 0.985, "rotation": -0.5},
    ],
)
def test_that_one_frame_moves_as_asked(
    smooth: FocusPair, wish: dict[str, float], moved: str
) -> None:
    capture = Capture(bits=16, moved=moved, **wish)
    result = captured(smooth, capture, seed=0)
    # Seen at a place of the moved frame: what lies where the inverse motion leads.
    matrix = motion(capture, SIZE)
    y, x = np.mgrid[: SIZE.height, : SIZE.width].astype(float)
    back = np.linalg.inv(matrix[:, :2])
    source = np.tensordot(back, np.stack([x - matrix[0, 2], y - matrix[1, 2]]), axes=1)
    expected = to_srgb(waves(source[0], source[1]))
    other = "near" if moved == "far" else "far"
    # The interpolation knows 32 places between two pixels.
    np.testing.assert_allclose(getattr(result, moved) / 65535, expected, atol=0.004)
    np.testing.assert_allclose(getattr(result, other) / 65535, smooth.near, atol=1e-5)
    np.testing.assert_array_equal(result.truth, smooth.truth)


def test_that_motions_have_the_stated_directions() -> None:
    size = Size(101, 101)
    places = np.array([[50.0, 50, 1], [60, 50, 1]]).T
    moved = motion(Capture(shift=(3.0, -2.0)), size) @ places
    np.testing.assert_allclose(moved, [[53, 63], [48, 48]], atol=1e-12)
    larger = motion(Capture(breathing=1.1), size) @ places
    np.testing.assert_allclose(larger, [[50, 61], [50, 50]], atol=1e-12)
    turned = motion(Capture(rotation=90.0), size) @ places
    np.testing.assert_allclose(turned, [[50, 50], [50, 40]], atol=1e-12)


def test_that_frames_without_surroundings_are_continued(smooth: FocusPair) -> None:
    bare = replace(smooth, wide=None, margin=0)
    capture = Capture(bits=16, shift=(2.0, 3.0))
    known, continued = (captured(pair, capture, seed=0).far for pair in (smooth, bare))
    np.testing.assert_allclose(continued[10:-10, 10:-10], known[10:-10, 10:-10], atol=40)
    assert np.abs(continued[:3].astype(int) - known[:3]).max() > 200


def test_that_gain_and_clip_act_on_light(smooth: FocusPair) -> None:
    result = captured(smooth, Capture(bits=16, gain=1.5, clip=0.6), seed=0)
    light = to_linear(smooth.near)
    np.testing.assert_allclose(result.far / 65535, to_srgb(np.minimum(1.5 * light, 0.6)), atol=2e-5)
    np.testing.assert_allclose(result.near / 65535, to_srgb(np.minimum(light, 0.6)), atol=2e-5)


def test_that_the_tone_curve_keeps_the_ends_and_the_middle(smooth: FocusPair) -> None:
    values = np.linspace(0, 1, 90 * 120 * 3, dtype=np.float32).reshape(90, 120, 3)
    ramp = replace(smooth, near=values, far=values, truth=values, wide=None, margin=0)
    result = captured(ramp, Capture(bits=16, tone=0.5), seed=0)
    flat = result.truth.ravel()
    assert (np.diff(flat) > -1e-6).all()
    np.testing.assert_allclose(flat[[0, len(flat) // 2, -1]], [0, 0.5, 1], atol=1e-4)
    assert flat[len(flat) // 4] < 0.22
    np.testing.assert_allclose(result.near / 65535, result.truth, atol=2e-5)


def test_that_noise_has_its_strength_and_its_seed(smooth: FocusPair) -> None:
    capture = Capture(bits=16, noise=2.0)
    first, again, other = (captured(smooth, capture, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.near, again.near)
    assert (first.near != other.near).any()
    errors = [getattr(first, name) / 65535 - smooth.near for name in ("near", "far")]
    for error in errors:
        assert error.std() * 255 == pytest.approx(2.0, rel=0.03)
    assert abs(np.corrcoef(errors[0].ravel(), errors[1].ravel())[0, 1]) < 0.03


def test_that_jpeg_changes_little_and_keeps_the_colours(smooth: FocusPair) -> None:
    result = captured(smooth, Capture(jpeg=92), seed=0)
    error = result.near / 255 - smooth.near
    assert 0 < np.abs(error).mean() < 0.02
    np.testing.assert_allclose(error.mean(axis=(0, 1)), 0, atol=0.005)


@pytest.mark.parametrize(
    "wish",
    [{"jpeg": 0}, {"jpeg": 90, "bits": 16}, {"gain": 0.0}, {"tone": 2.0}, {"clip": 0.0},
     {"noise": -1.0}, {"bits": 12}, {"moved": "both"}],
)  # fmt: skip
def test_that_impossible_captures_are_refused(wish: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Capture(**wish)


def test_that_stored_frames_are_not_captured_again(smooth: FocusPair) -> None:
    stored = captured(smooth, Capture(), seed=0)
    with pytest.raises(UsageError, match="already"):
        captured(stored, Capture(), seed=0)
