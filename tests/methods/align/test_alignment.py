"""Stacks aligned, against the transforms they were generated with."""

import dataclasses

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import InputError, UsageError
from mfgui.core.transforms import Transform
from mfgui.methods.align import align_frames, align_proxies, links, proxy_of
from mfgui.methods.align.crops import MARGIN
from mfgui.synth.moving_stack import MovingStack
from tests.methods.align.moving import SIZE, errors, frames_of, places, proxies_of

EASY = MovingStack(SIZE, frames=5, seed=31, radius=1.5, breathing=3.0, shift=6.0, rotation=0.4)
HARD = dataclasses.replace(EASY, seed=33, radius=2.5, gain=10.0, noise=2.0, jpeg=90)
STILL = MovingStack(SIZE, frames=4, seed=35, radius=2.0, noise=1.0)


def bent(frames, maps):
    """Frames seen through further maps, and these."""
    size = (frames[0].shape[1], frames[0].shape[0])
    flags = cv2.INTER_LANCZOS4
    made = []
    for frame, matrix in zip(frames, maps, strict=True):
        warped = cv2.warpPerspective(
            frame, np.array(matrix), size, flags=flags, borderMode=cv2.BORDER_REFLECT_101
        )
        made.append(warped)
    return made


def test_that_a_stack_lies_where_it_was_generated():
    found = align_proxies(proxies_of(EASY))
    assert found.model == "similarity"
    away = errors(found, EASY.transforms())
    assert np.median(away) < 0.06
    assert np.percentile(away, 95) < 0.15
    assert not any(fit.warning for fit in found.frames)


def test_that_blur_light_noise_and_jpeg_do_little_harm():
    found = align_proxies(proxies_of(HARD))
    away = errors(found, HARD.transforms())
    assert len(found.used) == HARD.frames
    assert np.median(away) < 0.15
    assert np.percentile(away, 95) < 0.5


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_that_every_kind_of_pixels_is_read(dtype):
    eight = frames_of(EASY)
    scale = 257 if dtype == "uint16" else np.float32(1 / 255)
    frames = [(frame * np.array(scale, dtype)).astype(dtype) for frame in eight]
    away = errors(align_frames(frames), EASY.transforms())
    assert np.percentile(away, 95) < 0.15


def test_that_grey_frames_are_aligned():
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[:, :, None] for frame in frames_of(EASY)]
    away = errors(align_frames(grey), EASY.transforms())
    assert np.percentile(away, 95) < 0.15


def test_that_large_frames_are_measured_on_small_ones():
    large = [
        cv2.resize(frame, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
        for frame in frames_of(EASY)
    ]
    found = align_frames(large)
    assert found.size == Size(4 * SIZE.width, 4 * SIZE.height)
    assert proxy_of(large[0]).factor == 2
    truth = tuple(transform.scaled(4) for transform in EASY.transforms())
    away = errors(found, truth)
    assert np.median(away) < 0.2


def test_that_local_light_is_no_motion():
    x = np.linspace(0.8, 1.25, SIZE.width)[None, :, None]
    frames = list(frames_of(EASY))
    frames[2] = np.clip(frames[2] * x, 0, 255).astype(np.uint8)
    frames[3] = np.clip(frames[3] * x[:, ::-1], 0, 255).astype(np.uint8)
    away = errors(align_frames(frames), EASY.transforms())
    assert np.percentile(away, 95) < 0.2


@pytest.mark.parametrize(
    ("model", "deformation"),
    [
        ("affine", [[1.01, 0.006, -2.0], [-0.004, 0.99, 1.5], [0, 0, 1]]),
        ("homography", [[1.0, 0.002, 1.0], [0.003, 1.0, -1.0], [3e-5, -2e-5, 1]]),
    ],
)
def test_that_more_freedom_is_given_where_it_is_needed(model, deformation):
    maps = [np.eye(3), np.eye(3), np.array(deformation), np.eye(3)]
    frames = bent(frames_of(STILL), maps)
    truth = tuple(Transform.from_matrix(matrix) for matrix in maps)
    plain = errors(align_frames(frames, model="similarity"), truth)
    for asked in ("auto", model):
        found = align_frames(frames, model=asked)
        assert found.model == model
        away = errors(found, truth)
        assert np.percentile(away, 95) < 0.35
        assert away.max() < plain.max() / 2


def test_that_a_translation_is_nothing_else():
    maps = [[[1, 0, dx], [0, 1, dy], [0, 0, 1]] for dx, dy in ((0, 0), (3.5, -2), (5, 4), (-6, 1))]
    frames = bent(frames_of(STILL), np.array(maps, np.float64))
    found = align_frames(frames, model="translation")
    truth = tuple(Transform.from_matrix(matrix) for matrix in maps)
    assert {fit.transform.model for fit in found.frames} <= {"identity", "translation"}
    assert np.percentile(errors(found, truth), 95) < 0.1


def test_that_a_radial_term_is_found():
    extent = np.array([SIZE.width, SIZE.height])
    frames = list(frames_of(STILL))
    bulged = Transform.from_matrix(np.eye(3), radial=0.01, size=SIZE)
    x, y = np.meshgrid(np.arange(extent[0]), np.arange(extent[1]))
    # The frame shows at a place what the scene has where the inverse leads.
    back = bulged.apply_inverse(np.stack([x.ravel(), y.ravel()], axis=1)).astype(np.float32)
    u, v = (part.reshape(x.shape) for part in back.T)
    frames[1] = cv2.remap(frames[1], u, v, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)
    found = align_frames(frames, radial=True, reference=2)
    # A little of it is also scale.
    assert found.frames[1].transform.radial == pytest.approx(0.01, abs=0.004)
    away = np.hypot(*(found.frames[1].transform.apply(places(SIZE)) - bulged.apply(places(SIZE))).T)
    assert np.median(away) < 0.1
    assert away.max() < 0.6


def test_that_what_lies_right_is_not_touched():
    found = align_proxies(proxies_of(STILL))
    assert found.still
    assert all(fit.transform == Transform.identity() for fit in found.frames)
    assert found.crop == Rect(0, 0, SIZE.width, SIZE.height)
    assert found.reference in (1, 2)


def test_that_a_shift_that_can_be_measured_is_no_identity():
    maps = [np.eye(3), np.eye(3), [[1, 0, 0.5], [0, 1, 0], [0, 0, 1]], np.eye(3)]
    found = align_frames(bent(frames_of(STILL), maps), reference=0)
    assert [fit.transform == Transform.identity() for fit in found.frames] == [
        True,
        True,
        False,
        True,
    ]


def test_that_off_leaves_everything():
    found = align_proxies(proxies_of(EASY), model="off")
    assert found.still
    assert found.model == "off"
    assert found.used == tuple(range(EASY.frames))
    assert found.crop == Rect(0, 0, SIZE.width, SIZE.height)


def test_that_the_reference_shows_the_least_and_can_be_chosen():
    assert align_proxies(proxies_of(EASY)).reference == EASY.frames - 1
    assert align_proxies(proxies_of(EASY), reference=1).reference == 1


@pytest.mark.parametrize("stack", [EASY, HARD])
def test_that_every_frame_covers_the_crop(stack):
    found = align_proxies(proxies_of(stack))
    crop = found.crop
    corners = np.array(
        [(x, y) for x in (crop.x, crop.right - 1) for y in (crop.y, crop.bottom - 1)], np.float64
    )
    for fit in found.frames:
        if fit.transform == Transform.identity():
            continue
        x, y = fit.transform.apply(corners).T
        assert x.min() >= MARGIN - 0.5
        assert y.min() >= MARGIN - 0.5
        assert x.max() <= SIZE.width - 0.5 - MARGIN
        assert y.max() <= SIZE.height - 0.5 - MARGIN
    assert crop.width * crop.height > 0.85 * SIZE.pixels
    whole = align_proxies(proxies_of(stack), crop="reference").crop
    assert whole == Rect(0, 0, SIZE.width, SIZE.height)


def test_that_an_alignment_can_be_begun_from(monkeypatch):
    first = align_proxies(proxies_of(EASY))
    # Nothing is looked for a second time.
    monkeypatch.delattr(links, "_first_guess")
    again = align_proxies(proxies_of(EASY), start=first, reference=first.reference)
    assert np.percentile(errors(again, EASY.transforms()), 95) < 0.15


def test_that_threads_change_nothing():
    one = align_proxies(proxies_of(EASY))
    assert align_proxies(proxies_of(EASY), compute=Compute(threads=2)) == one


def test_that_it_can_be_stopped_and_tells_how_far_it_is():
    seen = []
    align_frames(
        frames_of(EASY), compute=Compute(progress=lambda done, all_: seen.append(done / all_))
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    calls = iter(range(100))

    def checkpoint():
        if next(calls) > 20:
            raise StopRequested

    with pytest.raises(StopRequested):
        align_frames(frames_of(EASY), compute=Compute(threads=2, checkpoint=checkpoint))


def test_that_wrong_use_gets_one_line():
    proxies = proxies_of(STILL)
    with pytest.raises(UsageError, match="at least two"):
        align_proxies(proxies[:1])
    with pytest.raises(UsageError, match="not known"):
        align_proxies(proxies, model="rubber")
    with pytest.raises(UsageError, match="not known"):
        align_proxies(proxies, crop="none")
    with pytest.raises(UsageError, match="there are 4 frames"):
        align_proxies(proxies, reference=4)
    other = proxy_of(np.zeros((50, 60, 3), np.uint8))
    with pytest.raises(InputError, match="frame 2 is 60 x 50"):
        align_proxies([proxies[0], other])
