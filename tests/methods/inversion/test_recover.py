"""From two aligned frames to one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import ImageF32, PixelArray, Rect, Size, from_float, to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.disks import blurred
from mfgui.core.light import to_srgb
from mfgui.methods.fuse.laplacian_pyramid import laplacian_pyramid
from mfgui.methods.inversion import recover
from mfgui.methods.inversion.recover import Estimate, Recovered
from mfgui.synth.capture import Capture, captured
from mfgui.synth.textures import surface
from tests.methods.inversion.scenes import SMALL, frames, psnr, scene

ALONE = Compute()
SEEDS = (103, 104)
RADIUS = 4.0


@lru_cache
def known(seed: int = 104, size: Size = SMALL) -> Estimate:
    return recover.estimate(frames(seed, RADIUS, size), near="auto", compute=ALONE)


@lru_cache
def pyramid(seed: int = 104, size: Size = SMALL) -> ImageF32:
    return laplacian_pyramid(frames(seed, RADIUS, size), compute=ALONE)


def recovered(
    pair: Sequence[PixelArray],
    estimate: Estimate,
    usual: ImageF32,
    *,
    halo: float = 0.5,
    compute: Compute = ALONE,
) -> Recovered:
    return recover.recover(pair, estimate, usual, halo=halo, compute=compute)


@pytest.mark.parametrize("seed", SEEDS)
def test_that_the_picture_is_nearer_to_the_truth_than_the_pyramid(seed: int) -> None:
    pair, size = scene(seed, RADIUS), Size(320, 240)
    estimate, usual = known(seed, size), pyramid(seed, size)
    assert estimate.near == 0
    assert estimate.margin > 0.2
    assert estimate.scale == 1
    assert not estimate.why_not
    assert [one.radius for one in estimate.spreads] == pytest.approx([4, 4], rel=0.05)
    found = recovered(frames(seed, RADIUS), estimate, usual)
    assert psnr(found.image, pair.truth) > psnr(usual, pair.truth) + 3
    kinds = (found.image, found.matte, found.confidence, found.background)
    for plane, shape in zip(kinds, ((240, 320, 3), (240, 320)) * 2, strict=False):
        assert plane.dtype == np.float32
        assert plane.shape[:2] == shape[:2]
        assert plane.min() >= 0
        assert plane.max() <= 1
    # The background is the far frame where nothing is before it.
    clear = cv2.dilate(pair.matte, np.ones((33, 33), np.uint8)) < 0.01
    away = np.abs(found.background - to_float(frames(seed, RADIUS)[1])).max(axis=2)
    assert np.quantile(away[clear], 0.99) < 0.01


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("side", [48, 90])
def test_that_tiles_do_not_show(monkeypatch: pytest.MonkeyPatch, seed: int, side: int) -> None:
    size = Size(320, 240)
    pair, estimate, usual = frames(seed, RADIUS, size), known(seed, size), pyramid(seed, size)
    with monkeypatch.context() as patched:
        patched.setattr(recover, "_near_contours", lambda *_: np.ones((15, 20), bool))
        frame = Rect(0, 0, size.width, size.height)
        patched.setattr(recover, "in_tiles", lambda _size, work, **_: work(frame, frame))
        whole = recovered(pair, estimate, usual)
    monkeypatch.setattr(recover, "_SIDE", side)
    parts = recovered(pair, estimate, usual)
    away = np.abs(parts.image - whole.image).max(axis=2)
    # Some pixels of the contour hang on the last digit.
    assert np.mean(away > 1 / 255) < 1.5e-3
    assert away.mean() < 1e-4
    assert np.abs(parts.matte - whole.matte).mean() < 1e-3
    assert np.mean(np.abs(parts.confidence - whole.confidence) > 0.1) < 3e-3
    # Behind what is near and wide the background is a guess.
    far = whole.matte < 0.5
    assert np.mean(np.abs(parts.background - whole.background)[far] > 0.01) < 1e-3
    assert psnr(parts.image, scene(seed, RADIUS).truth) == pytest.approx(
        psnr(whole.image, scene(seed, RADIUS).truth), abs=0.05
    )


@pytest.mark.parametrize("reach", [0, 5, 16, 37])
def test_that_blocks_near_contours_are_found(reach: int) -> None:
    matte = np.zeros((70, 101), np.float32)
    matte[40:, 60:90] = 1
    found = recover._near_contours(matte, reach)
    square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    near = (cv2.dilate(matte, square) > 0) & ~(cv2.erode(matte, square) > 0)
    assert found.shape == (5, 7)
    for j, i in np.ndindex(5, 7):
        if near[16 * j : 16 * j + 16, 16 * i : 16 * i + 16].any():
            assert found[j, i], (j, i)
    # Not much farther than asked for.
    wide = np.ones((2 * (reach + 32) + 3,) * 2, np.uint8)
    beyond = (cv2.dilate(matte, wide) > 0) & ~(cv2.erode(matte, wide) > 0)
    for j, i in zip(*np.nonzero(found), strict=True):
        assert beyond[16 * j : 16 * j + 16, 16 * i : 16 * i + 16].all()


@pytest.mark.parametrize(
    ("blocks", "rect", "bounds"),
    [
        ([(1, 2)], Rect(0, 0, 101, 70), Rect(32, 16, 16, 16)),
        ([(1, 2), (4, 6)], Rect(0, 0, 101, 70), Rect(32, 16, 69, 54)),
        ([(0, 0), (2, 3)], Rect(40, 20, 30, 40), Rect(48, 32, 16, 16)),
        ([(0, 0)], Rect(16, 0, 32, 32), None),
        ([(1, 1)], Rect(24, 20, 40, 40), Rect(24, 20, 8, 12)),
    ],
)
def test_that_the_bounds_hold_the_blocks_of_a_part(blocks, rect: Rect, bounds: Rect | None):
    mask = np.zeros((5, 7), bool)
    for j, i in blocks:
        mask[j, i] = True
    assert recover._bounds(mask, rect) == bounds


def test_that_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recover, "_SIDE", 64)
    pair = frames(104, RADIUS, SMALL)
    results = []
    for threads in (1, 2):
        compute = Compute(threads=threads)
        estimate = recover.estimate(pair, near="auto", compute=compute)
        results.append((estimate, recovered(pair, estimate, pyramid(), compute=compute)))
    (one, alone), (other, together) = results
    assert (one.near, one.margin, one.floor) == (other.near, other.margin, other.floor)
    assert np.array_equal(one.matte, other.matte)
    for name in ("image", "matte", "confidence", "background"):
        assert np.array_equal(getattr(alone, name), getattr(together, name)), name


def test_that_swapped_frames_swap_the_answer() -> None:
    pair = frames(104, RADIUS, SMALL)
    turned = recover.estimate(pair[::-1], near="auto", compute=ALONE)
    assert turned.near == 1
    assert np.array_equal(turned.matte, known().matte)
    found = recovered(pair[::-1], turned, pyramid())
    assert np.array_equal(found.image, recovered(pair, known(), pyramid()).image)


def test_that_the_order_can_be_given() -> None:
    pair = frames(104, RADIUS, SMALL)
    given = recover.estimate(pair, near="1", compute=ALONE)
    assert given.near == 0
    assert given.margin == np.inf
    assert np.array_equal(given.matte, known().matte)
    wrong = recover.estimate(pair, near="2", compute=ALONE)
    assert wrong.near == 1
    assert not wrong.why_not
    worse = recovered(pair, wrong, pyramid(), halo=1.0).image
    right = recovered(pair, given, pyramid(), halo=1.0).image
    truth = scene(104, RADIUS, SMALL).truth
    assert psnr(right, truth) > psnr(worse, truth) + 2


def test_that_without_trust_the_usual_fusion_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = frames(104, RADIUS, SMALL)
    found = recovered(pair, known(), pyramid(), halo=0.0)
    assert np.array_equal(found.image, pyramid())
    assert not found.confidence.any()
    kept = np.full_like(pyramid(), 0.5)
    little, much = (recovered(pair, known(), kept, halo=halo).image for halo in (0.05, 0.95))
    assert np.abs(little - kept).mean() <= np.abs(much - kept).mean()
    # Whatever the gate says.
    monkeypatch.setattr(recover.gate, "confidence", lambda *_, **_k: np.ones((120, 160), "f4"))
    found = recovered(pair, known(), pyramid(), halo=0.0)
    assert np.array_equal(found.image, pyramid())


def test_that_confidence_mixes_what_was_computed_with_the_usual_fusion() -> None:
    pair = frames(104, RADIUS, SMALL)
    sure = recovered(pair, known(), pyramid(), halo=1.0)
    found = recovered(pair, known(), pyramid(), halo=0.3)
    share = found.confidence[:, :, None]
    full = sure.confidence > 0.999
    expected = share * sure.image + (1 - share) * pyramid()
    np.testing.assert_allclose(found.image[full], expected[full], atol=1e-5)
    none = found.confidence == 0
    assert none.any()
    assert np.array_equal(found.image[none], pyramid()[none])


@pytest.mark.parametrize("limit", [9_000, 30_000])
def test_that_large_pictures_are_estimated_in_a_small_view(
    monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    pair, size = scene(104, 8.0), Size(320, 240)
    two = frames(104, 8.0)
    monkeypatch.setattr(recover, "_VIEW", limit)
    monkeypatch.setattr(recover, "_LARGEST", 40_000)
    seen = []
    view_of = recover.view_of

    def noted(small):
        seen.append(small[0].shape[0] * small[0].shape[1])
        return view_of(small)

    monkeypatch.setattr(recover, "view_of", noted)
    found = recover.estimate(two, near="auto", compute=ALONE)
    # A blur too narrow to be seen there asks for the larger view.
    assert (max(seen) > limit * 1.1) == (limit == 9_000)
    assert max(seen) <= 41_000
    assert found.scale == pytest.approx((size.pixels / max(seen)) ** 0.5, rel=0.01)
    assert found.near == 0
    assert found.matte.shape[0] < 240
    assert [one.radius for one in found.spreads] == pytest.approx([8, 8], rel=0.08)
    usual = laplacian_pyramid(two, compute=ALONE)
    made = recovered(two, found, usual)
    assert made.matte.shape == (240, 320)
    assert psnr(made.image, pair.truth) > psnr(usual, pair.truth) + 3


@pytest.mark.parametrize("size", [Size(161, 121), Size(97, 203)])
def test_that_odd_sizes_are_taken(monkeypatch: pytest.MonkeyPatch, size: Size) -> None:
    monkeypatch.setattr(recover, "_SIDE", 53)
    pair = frames(105, RADIUS, size)
    estimate = recover.estimate(pair, near="1", compute=ALONE)
    usual = laplacian_pyramid(pair, compute=ALONE)
    found = recovered(pair, estimate, usual)
    assert found.image.shape == (size.height, size.width, 3)
    truth = scene(105, RADIUS, size).truth
    assert psnr(found.image, truth) > psnr(usual, truth) + 1


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_that_other_depths_give_the_same(dtype: str) -> None:
    pair = frames(104, RADIUS, SMALL)
    expected = recovered(pair, known(), pyramid()).image
    if dtype == "uint16":
        deep: list[PixelArray] = [frame.astype(np.uint16) * 257 for frame in pair]
    else:
        deep = [to_float(frame) for frame in pair]
    found = recovered(deep, recover.estimate(deep, near="auto", compute=ALONE), pyramid()).image
    assert np.mean(np.abs(found - expected) > 1e-4) < 1e-3


def test_that_equal_frames_keep_the_usual_fusion() -> None:
    frame = frames(104, RADIUS, SMALL)[0]
    estimate = recover.estimate([frame, frame], near="auto", compute=ALONE)
    assert estimate.why_not
    usual = laplacian_pyramid([frame, frame], compute=ALONE)
    found = recovered([frame, frame], estimate, usual)
    assert np.array_equal(found.image, usual)
    assert not found.confidence.any()


def test_that_frames_without_a_clear_order_keep_the_usual_fusion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = frames(104, RADIUS, SMALL)
    monkeypatch.setattr(recover.order, "find", lambda *_a, **_k: recover.order.Order(1, 0.03))
    estimate = recover.estimate(pair, near="auto", compute=ALONE)
    assert "depth edge" in estimate.why_not
    assert (estimate.near, estimate.margin) == (1, 0.03)
    true = scene(104, RADIUS, SMALL).matte > 0.5  # frame 1 is the sharper one there
    assert np.mean((estimate.matte < 0.5) == true) > 0.7
    assert np.array_equal(recovered(pair, estimate, pyramid()).image, pyramid())
    # Who says which frame has the front is believed.
    assert not recover.estimate(pair, near="1", compute=ALONE).why_not


def test_that_unrelated_frames_keep_the_usual_fusion() -> None:
    pair = [frames(seed, RADIUS, SMALL)[0] for seed in SEEDS]
    assert "blur" in recover.estimate(pair, near="auto", compute=ALONE).why_not


def test_that_aligned_frames_stay_the_same_objects() -> None:
    pair = frames(102, RADIUS)
    found = recover.aligned(pair, compute=ALONE)
    assert all(a is b for a, b in zip(found, pair, strict=True))


def test_that_a_moved_and_darker_frame_is_brought_back() -> None:
    size = Size(320, 240)
    still = scene(102, RADIUS, size)
    pair = captured(still, Capture(shift=(2, -1), gain=0.8), seed=1)
    found = recover.aligned([pair.near, pair.far], compute=ALONE)
    assert found[0] is pair.near
    assert found[1].dtype == np.float32
    inner = (slice(8, -8),) * 2
    assert psnr(found[1][inner], still.far[inner]) > 34
    assert psnr(to_float(pair.far)[inner], still.far[inner]) < 28


def test_that_the_radius_of_what_is_sharp_beside_is_told() -> None:
    first, second = known().spreads
    near = replace(first, radius=2.0, map=None)
    far = replace(second, radius=3.0, map=np.full((7, 9), 5.0, np.float32))
    matte = np.zeros((20, 30), np.float32)
    matte[:, :10] = 1
    found = recover.radius_of(replace(known(), spreads=(near, far)), matte)
    assert found.dtype == np.float32
    assert np.all(found[:, :10] == 2.0)
    assert np.all(found[:, 10:] == 5.0)


@pytest.mark.parametrize("threads", [1, 2])
def test_that_it_stops_where_it_is_told_to(threads: int) -> None:
    pair, usual = frames(104, RADIUS, SMALL), pyramid()
    for work in (
        lambda compute: recover.aligned(pair, compute=compute),
        lambda compute: recover.estimate(pair, near="auto", compute=compute),
        lambda compute: recovered(pair, known(), usual, compute=compute),
    ):
        total = _calls(work, threads, stop_at=10**9)
        assert total >= 2
        for stop_at in (1, total // 2, total):
            # A second thread may be asked once more.
            assert _calls(work, threads, stop_at=stop_at) < stop_at + threads


def _calls(work, threads: int, *, stop_at: int) -> int:
    """How often it was asked whether to go on."""
    calls = []

    def checkpoint() -> None:
        calls.append(1)
        if len(calls) >= stop_at:
            raise StopRequested

    compute = Compute(threads=threads, checkpoint=checkpoint)
    if stop_at == 10**9:
        work(compute)
    else:
        with pytest.raises(StopRequested):
            work(compute)
    return len(calls)


@lru_cache
def card() -> tuple[list[PixelArray], Estimate, ImageF32]:
    """A wide front before a plane: frames, what is known of them, and their pyramid."""
    size, rng = Size(320, 240), np.random.default_rng(5)
    front, back = (surface(size, rng) for _ in range(2))
    matte = np.zeros((240, 320, 1), np.float32)
    matte[40:200, 60:260] = 1
    lit, spill = blurred(matte * front, RADIUS), blurred(matte, RADIUS).reshape(matte.shape)
    near = matte * front + (1 - matte) * blurred(back, RADIUS)
    pair = [from_float(to_srgb(light), "uint8") for light in (near, lit + (1 - spill) * back)]
    estimate = recover.estimate(pair, near="1", compute=ALONE)
    return pair, estimate, laplacian_pyramid(pair, compute=ALONE)


def test_that_the_background_goes_on_behind_the_front_without_a_seam() -> None:
    """Deep inside a wide front nothing is known of it, in no tile."""
    hidden = recovered(*card()).background[60:180, 80:240]
    steps = [np.abs(np.diff(hidden, axis=axis)).max() for axis in (0, 1)]
    assert max(steps) < 4 / 255


def test_that_layers_far_from_contours_need_no_solving(monkeypatch: pytest.MonkeyPatch) -> None:
    some = recovered(*card())
    every = np.ones((15, 20), bool)
    monkeypatch.setattr(recover, "_near_contours", lambda *_known: every)
    whole = recovered(*card())
    assert np.abs(some.image - whole.image).max() < 1 / 255
    assert np.abs(some.matte - whole.matte).max() < 0.01
    assert np.abs(whole.image - card()[2]).max() > 8 / 255  # there is something to be solved


def test_that_less_is_trusted_where_the_margin_is_small() -> None:
    pair, estimate, usual = card()
    sure, unsure = (
        recovered(pair, replace(estimate, margin=margin), usual).confidence
        for margin in (1.0, 0.05)
    )
    assert (unsure <= sure).all()
    assert unsure.mean() < 0.95 * sure.mean()
