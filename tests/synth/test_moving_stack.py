from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mfgui.core.arrays import ImageF32, PixelArray, Size, to_float
from mfgui.core.errors import UsageError
from mfgui.core.light import to_linear
from mfgui.core.transforms import Transform
from mfgui.synth import layered, moving_stack
from mfgui.synth.moving_stack import MovingFrame, MovingStack, rendered

SIZE = Size(180, 120)
STILL = MovingStack(SIZE, frames=4, seed=5, radius=2.0)
MOVED = replace(STILL, breathing=5.0, shift=6.0, rotation=2.0, gain=10.0)


def frames(stack: MovingStack) -> list[MovingFrame]:
    return list(rendered(stack).frames())


@pytest.fixture(scope="module")
def still() -> list[MovingFrame]:
    return frames(STILL)


@pytest.fixture(scope="module")
def moved() -> list[MovingFrame]:
    return frames(MOVED)


def moved_back(pixels: PixelArray, transform: Transform) -> ImageF32:
    """What the frame shows of each place of the reference."""
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    places = transform.apply(np.stack([x.ravel(), y.ravel()], axis=1))
    maps = places.reshape(SIZE.height, SIZE.width, 2).astype(np.float32)
    back = cv2.remap(to_float(pixels), maps, None, cv2.INTER_LANCZOS4)
    return np.asarray(back, np.float32)


def light(pixels: PixelArray) -> npt.NDArray[np.float32]:
    return to_linear(to_float(pixels))


def test_that_transforms_are_those_asked_for() -> None:
    stack = replace(MOVED, frames=33)
    poses = stack.transforms()
    assert poses[0] == Transform.identity()
    assert {pose.model for pose in poses[1:]} == {"similarity"}
    linear = np.array([pose.matrix[:2, :2] for pose in poses])
    scale = np.sqrt(np.linalg.det(linear))
    np.testing.assert_allclose(scale, 1 + 0.05 * np.arange(33) / 32, atol=1e-12)
    turn = np.degrees(np.arctan2(linear[:, 0, 1], linear[:, 0, 0]))
    assert 1.5 < np.abs(turn).max() <= 2
    assert turn.min() < 0 < turn.max()
    shift = np.array([pose.apply([[89.5, 59.5]])[0] - (89.5, 59.5) for pose in poses])
    assert 5 < np.hypot(*shift.T).max() <= 6
    np.testing.assert_allclose(shift * 32, np.rint(shift * 32), atol=1e-9)
    assert replace(stack, seed=6).transforms() != poses


def test_that_a_still_stack_does_not_move(still: list[MovingFrame]) -> None:
    assert {frame.transform for frame in still} == {Transform.identity()}
    assert {frame.gain for frame in still} == {1.0}
    assert all((f.pixels.shape, f.pixels.dtype) == ((120, 180, 3), np.uint8) for f in still)


def test_that_the_transforms_lead_back_to_the_still_frames(
    still: list[MovingFrame], moved: list[MovingFrame]
) -> None:
    inner = (slice(14, -14), slice(14, -14))
    # Sums of other tiles are rounded otherwise.
    assert np.abs(moved[0].pixels.astype(np.int64) - still[0].pixels).max() <= 1
    for there, here in zip(moved[1:], still[1:], strict=True):
        expected = light(here.pixels) * np.float32(there.gain)
        back = to_linear(np.clip(moved_back(there.pixels, there.transform), 0, 1))
        error = np.abs(back - expected)[inner].mean()
        assert error < 0.006
        assert error < 0.15 * np.abs(light(there.pixels) - expected)[inner].mean()


def test_that_shifts_are_right_to_a_hundredth_of_a_pixel(still: list[MovingFrame]) -> None:
    # The displacement that explains the difference best by the gradient, as in optical flow.
    for here, there in zip(still[1:], frames(replace(STILL, shift=3.0))[1:], strict=True):
        assert there.transform.model == "translation"
        back = moved_back(there.pixels, there.transform)[10:-10, 10:-10].astype(np.float64)
        expected = to_float(here.pixels)[10:-10, 10:-10].astype(np.float64)
        slopes = np.gradient(expected, axis=(1, 0))
        equations = np.stack([slope.ravel() for slope in slopes], axis=1)
        error, *_ = np.linalg.lstsq(equations, (back - expected).ravel())
        assert np.abs(error).max() < 0.01


def test_that_gains_change_the_light(still: list[MovingFrame]) -> None:
    brighter = frames(replace(STILL, gain=30.0))
    gains = [frame.gain for frame in brighter]
    assert gains[0] == 1.0
    assert all(0.7 <= gain <= 1.3 for gain in gains)
    assert np.ptp(gains) > 0.05
    for there, here in zip(brighter, still, strict=True):
        dark = here.pixels < 170  # not clipped with any gain
        ratio = light(there.pixels)[dark].mean() / light(here.pixels)[dark].mean()
        assert ratio == pytest.approx(there.gain, rel=0.003)


def test_that_every_place_is_sharp_in_some_frame(still: list[MovingFrame]) -> None:
    truth = rendered(STILL).truth().astype(np.int64)
    errors = np.array([np.abs(frame.pixels - truth).max(axis=2) for frame in still])
    # Beside the edges of things only the matte of a blurred thing keeps a place from being sharp.
    best = (errors.min(axis=0) <= 2).mean()
    assert best > 0.75
    assert all((error <= 2).mean() < best - 0.03 for error in errors)
    assert all((errors.argmin(axis=0) == k).mean() > 0.05 for k in range(len(still)))


def test_that_the_truth_is_the_same_however_the_frames_move() -> None:
    faulty = replace(MOVED, noise=4.0, jpeg=50)
    np.testing.assert_array_equal(rendered(faulty).truth(), rendered(STILL).truth())


@pytest.mark.parametrize("breathing", [-20.0, 20.0])
def test_that_no_frame_shows_beyond_the_scene(breathing: float) -> None:
    stack = replace(STILL, frames=3, breathing=breathing, shift=30.0, rotation=20.0)
    # The darkest thing has 0.02 of full light: code 38.
    assert all(frame.pixels.min() >= 25 for frame in frames(stack))


def test_that_tiles_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = next(rendered(STILL).frames()).pixels.astype(np.int64)
    monkeypatch.setattr(moving_stack, "_TILE", 50)
    tiled = next(rendered(STILL).frames()).pixels
    assert np.abs(whole - tiled).max() <= 1


def test_that_blurred_things_are_composed_as_in_layered_scenes() -> None:
    rng = np.random.default_rng(1)
    colour = rng.random((60, 70, 3), dtype=np.float32)
    matte = rng.random((60, 70), dtype=np.float32)
    behind = np.full((60, 70, 3), 0.3, np.float32)
    solid = (behind.copy(), np.ones((60, 70), np.float32))
    expected = layered.composed([(colour, matte), solid], [3.3, 0.0])
    part = np.dstack([colour * matte[:, :, None], matte])
    moving_stack._lay_over(behind, part, 3.3)
    np.testing.assert_allclose(behind, expected, atol=1e-5)


def test_that_noise_is_as_strong_as_asked_and_fresh_in_every_frame(
    still: list[MovingFrame],
) -> None:
    noisy = frames(replace(STILL, noise=3.0))
    differences = [
        there.pixels.astype(np.float64) - here.pixels
        for there, here in zip(noisy, still, strict=True)
    ]
    for difference in differences:
        assert difference.std() == pytest.approx(3.0, rel=0.03)
    assert abs(np.corrcoef(differences[0].ravel(), differences[1].ravel())[0, 1]) < 0.02


def test_that_jpeg_frames_are_what_their_file_decodes_to(still: list[MovingFrame]) -> None:
    frame = next(rendered(replace(STILL, jpeg=40)).frames())
    assert frame.jpeg is not None
    decoded = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    np.testing.assert_array_equal(decoded, frame.pixels)
    error = np.abs(frame.pixels.astype(np.int64) - still[0].pixels).mean()
    assert 0.5 < error < 12


def test_that_sixteen_bits_are_finer_than_eight(still: list[MovingFrame]) -> None:
    scene = rendered(replace(STILL, bits=16))
    frame = next(scene.frames())
    assert (frame.pixels.dtype, scene.truth().dtype) == (np.uint16, np.uint16)
    assert np.abs(frame.pixels / 257 - still[0].pixels).max() <= 0.51
    assert len(np.unique(frame.pixels)) > 256


def test_that_a_seed_gives_the_same_pixels(moved: list[MovingFrame]) -> None:
    again = next(rendered(MOVED).frames())
    np.testing.assert_array_equal(again.pixels, moved[0].pixels)
    other = next(rendered(replace(MOVED, seed=6)).frames())
    assert np.abs(other.pixels.astype(np.int64) - again.pixels).mean() > 10


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"size": Size(31, 200)}, "size 31 x 200: not allowed"),
        ({"size": Size(16001, 100)}, "size 16001 x 100: not allowed"),
        ({"size": Size(8000, 8000)}, "at most 16000 a side and 50 megapixels"),
        ({"frames": 1}, "1 frames: not allowed; use 2 to 99"),
        ({"radius": 50.0}, "50 pixels: not allowed with 4 frames"),
        ({"radius": float("nan")}, "nan pixels"),
        ({"breathing": -21.0}, "breathing -21: not allowed; use -20 to 20"),
        ({"shift": 31.0}, "shift 31: not allowed; use 0 to 30"),
        ({"rotation": -1.0}, "rotation -1: not allowed; use 0 to 20"),
        ({"gain": 51.0}, "gain 51: not allowed"),
        ({"noise": float("nan")}, "noise nan: not allowed"),
        ({"jpeg": 0}, "jpeg 0: not allowed; use 1 to 100"),
        ({"jpeg": 90, "bits": 16}, "16 bits: not allowed; use 8, or 16 without JPEG"),
    ],
)
def test_that_impossible_stacks_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        replace(STILL, **values)  # type: ignore[arg-type]


def test_that_a_photograph_covers_things_of_any_shape() -> None:
    # 201 pixels of a photograph 600 wide: a third, which no float is.
    for size in (Size(50, 201), Size(201, 50), Size(620, 413)):
        surface = moving_stack._surface("coffee", size, np.random.default_rng(1))

        assert surface.shape == (size.height, size.width, 3)
