"""Moved frames against a slow literal sum, against pictures that are functions, and at edges."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size, from_float, to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.core.exposure import FrameExposure, equalise
from mfgui.core.light import to_linear, to_srgb
from mfgui.core.transforms import Transform
from mfgui.methods.align.warp import shows, warp_frame

ONE = Compute()
WIDTH, HEIGHT = 300, 210
SIZE = Size(WIDTH, HEIGHT)
WHOLE = Rect(0, 0, WIDTH, HEIGHT)
_LOW = 2 * np.pi / 14  # radians per px: far below what 8 x 8 pixels can tell

BREATHING = Transform.similarity(SIZE, scale=1.03, degrees=1.5, shift=(3.3, -2.6))
SHEARED = Transform.from_matrix([[1.02, 0.01, -4.3], [-0.015, 0.985, 3.4]])
TILTED = Transform.from_matrix([[1.01, 0.004, 2.2], [0.003, 1.02, -3.1], [2e-5, -3e-5, 1.0]])
BENT = Transform.from_matrix(BREATHING.matrix, radial=0.03, size=SIZE)
TURNED = Transform.similarity(SIZE, scale=1.2, degrees=50.0)
MAPS = {"similarity": BREATHING, "affine": SHEARED, "homography": TILTED, "radial": BENT}


def _waves(places: np.ndarray) -> np.ndarray:
    """A band-limited picture as a function of places (N, 2), three channels in [0.1, 0.9]."""
    x, y = places[:, 0], places[:, 1]
    planes = [
        np.sin(_LOW * x + 0.4) * np.cos(0.7 * _LOW * y),
        np.cos(0.6 * _LOW * (x + y)),
        np.sin(0.9 * _LOW * y - 0.3 * _LOW * x),
    ]
    return 0.5 + 0.4 * np.stack(planes, axis=1)


def _grid(rect: Rect) -> np.ndarray:
    y, x = np.mgrid[rect.y : rect.bottom, rect.x : rect.right]
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)


def _picture(transform: Transform | None = None, rect: Rect = WHOLE) -> np.ndarray:
    places = _grid(rect)
    if transform is not None:
        places = transform.apply(places)
    return _waves(places).reshape(rect.height, rect.width, 3).astype(np.float32)


def _inside(transform: Transform, rect: Rect = WHOLE, *, margin: float = 4.0) -> np.ndarray:
    places = transform.apply(_grid(rect))
    last = np.array([WIDTH - 1, HEIGHT - 1])
    return ((places > margin) & (places < last - margin)).all(axis=1).reshape(rect.height, -1)


def _literal(frame: np.ndarray, x: float, y: float) -> np.ndarray:
    """The sum over 8 x 8 pixels as it is written in books, edges repeated."""
    total, weights = np.zeros(frame.shape[2]), 0.0
    for j in range(int(np.floor(y)) - 3, int(np.floor(y)) + 5):
        for i in range(int(np.floor(x)) - 3, int(np.floor(x)) + 5):
            dx, dy = x - i, y - j
            weight = np.sinc(dx) * np.sinc(dx / 4) * np.sinc(dy) * np.sinc(dy / 4)
            row, column = min(max(j, 0), HEIGHT - 1), min(max(i, 0), WIDTH - 1)
            total += weight * frame[row, column]
            weights += weight
    return total / weights


@pytest.mark.parametrize("transform", [*MAPS.values(), TURNED], ids=[*MAPS, "turned"])
def test_that_a_wavy_picture_is_what_the_function_says(transform: Transform) -> None:
    moved = warp_frame(_picture(), transform, rect=WHOLE, compute=ONE)
    wanted, inside = _picture(transform), _inside(transform)
    error = moved - wanted
    assert np.abs(error[inside]).max() < 0.004  # the window of the sinc lets through a ripple
    for half in (np.s_[:, :150], np.s_[:, 150:], np.s_[:105], np.s_[105:]):
        for axis in (0, 1):
            slope = np.gradient(wanted, axis=axis)[half][inside[half]]
            assert abs((error[half][inside[half]] * slope).sum() / (slope**2).sum()) < 0.003  # px


@pytest.mark.parametrize("transform", [BREATHING, BENT, TURNED], ids=["moved", "bent", "turned"])
def test_that_noise_is_what_the_literal_sum_says(transform: Transform) -> None:
    frame = np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    moved = warp_frame(frame, transform, rect=WHOLE, compute=ONE)
    rng = np.random.default_rng(3)
    spots = np.stack([rng.integers(0, WIDTH, 300), rng.integers(0, HEIGHT, 300)], axis=1)
    spots = spots[[_inside(transform)[y, x] for x, y in spots]]
    assert len(spots) > 60
    wanted = [_literal(frame.astype(float), *transform.apply([spot])[0]) for spot in spots]
    found = moved[spots[:, 1], spots[:, 0]].astype(float)
    error = np.abs(found - np.clip(wanted, 0, 255))
    # White noise changes by some 250 a pixel: 1/512 px is half a step, and rounding another.
    # The two passes look along a line that is turned by 1.5 degrees: some steps more.
    assert error.mean() < 1.5
    assert np.median(error) <= 1.0


def test_that_a_whole_shift_moves_pixels_exactly() -> None:
    frame = np.random.default_rng(4).integers(0, 65536, (HEIGHT, WIDTH, 1)).astype(np.uint16)
    rect = Rect(20, 30, 200, 120)
    moved = warp_frame(frame, Transform.translation(7, -11), rect=rect, compute=ONE)
    np.testing.assert_array_equal(moved, frame[19:139, 27:227])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_that_identity_is_an_exact_copy(dtype: str) -> None:
    frame = from_float(_picture(), dtype)
    rect = Rect(5, 6, 100, 90)
    neutral = FrameExposure((1.0, 1.0, 1.0))
    moved = warp_frame(frame, Transform(), rect=rect, exposure=neutral, compute=ONE)
    np.testing.assert_array_equal(moved, frame[6:96, 5:105])
    assert moved.dtype == frame.dtype
    assert moved.base is None  # it does not keep the frame


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_that_depth_and_channels_stay(dtype: str, channels: int) -> None:
    frame = from_float(np.ascontiguousarray(_picture()[..., :channels]), dtype)
    moved = warp_frame(frame, BREATHING, rect=WHOLE, compute=ONE)
    assert moved.dtype == frame.dtype
    assert moved.shape == frame.shape
    error = np.abs(to_float(moved) - _picture(BREATHING)[..., :channels])[_inside(BREATHING)]
    assert error.max() < {"uint8": 0.009, "uint16": 0.004, "float32": 0.004}[dtype]


def test_that_a_part_is_the_part_of_the_whole() -> None:
    frame = from_float(_picture(), "uint16")
    rect = Rect(31, 17, 201, 133)
    whole = warp_frame(frame, BENT, rect=WHOLE, compute=ONE)
    part = warp_frame(frame, BENT, rect=rect, compute=ONE)
    # Places on a line between every eighth one begin elsewhere, and are rounded to 1/256 px.
    assert np.abs(part.astype(int) - whole[rect.slices]).max() <= 100
    several = warp_frame(frame, BENT, rect=rect, compute=Compute(threads=3))
    assert np.abs(several.astype(int) - part).max() <= 100


def test_that_sharp_edges_are_clipped() -> None:
    frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    frame[:, 100:200] = 255
    moved = warp_frame(frame, Transform.translation(0.5, 0.0), rect=WHOLE, compute=ONE)
    assert moved[50, 120:180].min() >= 250  # ringing does not wrap round
    assert moved[50, 20:80].max() <= 5
    light = np.asarray(frame, np.float32) / 255
    moved = warp_frame(light, Transform.translation(0.5, 0.0), rect=WHOLE, compute=ONE)
    assert moved.min() == 0.0
    assert moved.max() == 1.0


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    "exposure",
    [
        FrameExposure((1.1, 0.93, 1.02)),
        FrameExposure((0.8,)),
        FrameExposure((1.1, 0.93, 1.02), tones=(0.1, -0.05, 0.07)),
        FrameExposure((0.9, 1.0, 1.1), np.linspace(-0.2, 0.3, 12, dtype=np.float32).reshape(3, 4)),
        FrameExposure(
            (1.0, 1.0, 1.0), np.linspace(-0.2, 0.3, 36, dtype=np.float32).reshape(3, 4, 3)
        ),
    ],
    ids=["gains", "one", "tones", "field", "colours"],
)
def test_that_light_is_multiplied_as_the_loop_in_linear_light_does(
    dtype: str, exposure: FrameExposure
) -> None:
    frame = from_float(_picture() ** 2, dtype)
    rect = Rect(40, 20, 180, 160)
    moved = warp_frame(frame, Transform(), rect=rect, exposure=exposure, compute=ONE)
    light = np.ascontiguousarray(to_linear(to_float(frame[rect.slices])))
    equalise(light, exposure, size=SIZE, rect=rect)
    error = np.abs(to_float(moved) - to_srgb(light))
    # A steep field of so few cells has sharp bends.
    least = 0.0001 if exposure.field is None else 0.0012
    assert error.max() < least + (0.5 / 255 if dtype == "uint8" else 0.0)


def test_that_light_and_place_change_together() -> None:
    gain = 1.21
    darker = to_srgb(to_linear(_picture()) / np.float32(gain))
    exposure = FrameExposure((gain,) * 3)
    moved = warp_frame(darker, SHEARED, rect=WHOLE, exposure=exposure, compute=ONE)
    error = np.abs(moved - _picture(SHEARED))[_inside(SHEARED)]
    assert error.max() < 0.003


def test_that_what_a_frame_does_not_show_is_the_reference() -> None:
    transform = Transform.translation(40.3, 0.0)
    reference = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    frame = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    moved = warp_frame(frame, transform, rect=WHOLE, reference=reference, compute=ONE)
    seen = moved[100, :, 0].astype(int)
    assert (seen[WIDTH - 40 :] == 200).all()
    assert (seen[30 : WIDTH - 66] == 100).all()
    assert np.diff(seen[WIDTH - 66 : WIDTH - 40]).max() < 10  # no edge that a measure would see
    assert (np.diff(seen[30:]) >= 0).all()


@pytest.mark.parametrize("transform", [Transform.similarity(SIZE, scale=1.15), BENT, TURNED])
def test_that_no_border_of_a_filled_frame_is_black(transform: Transform) -> None:
    reference = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    moved = warp_frame(reference, transform, rect=WHOLE, reference=reference, compute=ONE)
    np.testing.assert_array_equal(moved, reference)


def test_that_nothing_is_filled_where_all_is_shown() -> None:
    rect = Rect(20, 20, 240, 150)
    transform = Transform.translation(3.5, 2.5)
    assert shows(transform, SIZE, rect)
    assert not shows(transform, SIZE, WHOLE)
    assert not shows(Transform.similarity(SIZE, scale=1.006), SIZE, WHOLE)
    assert shows(Transform(), SIZE, WHOLE)
    frame = from_float(_picture(), "uint8")
    black = np.zeros_like(frame)
    alone = warp_frame(frame, transform, rect=rect, compute=ONE)
    moved = warp_frame(frame, transform, rect=rect, reference=black, compute=ONE)
    np.testing.assert_array_equal(moved, alone)


def test_that_a_transform_beyond_the_horizon_is_refused() -> None:
    frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    tilted = Transform.from_matrix([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1]])
    with pytest.raises(UsageError, match="horizon"):
        warp_frame(frame, tilted, rect=WHOLE, compute=ONE)


def test_that_moving_stops() -> None:
    def stop() -> None:
        raise StopRequested

    with pytest.raises(StopRequested):
        warp_frame(
            np.zeros((HEIGHT, WIDTH, 3), np.uint8),
            BREATHING,
            rect=WHOLE,
            compute=Compute(checkpoint=stop),
        )
