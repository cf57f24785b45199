"""Defocus inversion as a method."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from mfgui.core.arrays import Size, from_float, to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.core.light import to_srgb
from mfgui.core.result import ASPECTS
from mfgui.methods.decide.defocus_inversion import defocus_inversion
from mfgui.methods.decision import Decision
from mfgui.methods.fuse.laplacian_pyramid import laplacian_pyramid
from mfgui.methods.inversion.spread import Spread
from mfgui.synth.capture import Capture, captured
from mfgui.synth.textures import surface
from tests.methods.inversion.scenes import SMALL, frames, psnr, scene

ALONE = Compute()
CASE = (105, 4.0, SMALL)


@lru_cache
def usual() -> np.ndarray:
    return laplacian_pyramid(frames(*CASE), compute=ALONE)


@lru_cache
def made() -> Decision:
    return defocus_inversion(frames(*CASE), compute=ALONE)


def slope() -> list[np.ndarray]:
    """Frames of a surface that comes nearer from left to right, focused on either end."""
    size = Size(240, 160)
    sharp = surface(size, np.random.default_rng(2))
    away = np.linspace(0.05, 1.0, size.width)[None].repeat(size.height, 0)
    radii = np.maximum(0.3, 6 * away).astype(np.float32)
    soft = [Spread(3.0, np.ascontiguousarray(r)).over(sharp) for r in (radii, radii[:, ::-1])]
    return [from_float(to_srgb(light), "uint8") for light in soft]


def test_that_it_beats_the_pyramid() -> None:
    pair, two = scene(103), frames(103)
    found = defocus_inversion(two, compute=ALONE)
    plain = laplacian_pyramid(two, compute=ALONE)
    assert psnr(found.fuse(), pair.truth) > psnr(plain, pair.truth) + 2.5
    true = pair.matte > 0.5
    assert np.mean((found.labels == 1) == true) > 0.9


def test_that_it_tells_what_it_knows() -> None:
    found = made()
    assert isinstance(found, Decision)
    assert found.labels.dtype == np.uint8
    assert found.soft is not None
    assert np.array_equal(found.labels == 1, found.soft >= 0.5)
    assert set(found.aspects) == {"confidence", "radius", "background"} <= set(ASPECTS)
    assert found.aspects["background"].shape == (120, 160, 3)
    for name in ("confidence", "radius"):
        assert found.aspects[name].shape == (120, 160)
        assert found.aspects[name].dtype == np.float32
    assert found.aspects["radius"].mean() == pytest.approx(4, rel=0.06)
    confidence = found.aspects["confidence"]
    stays = confidence == 0
    assert np.array_equal(found.fuse()[stays], usual()[stays])
    assert confidence.max() > 0.95


def test_that_swapped_frames_give_the_same_picture() -> None:
    one = made()
    other = defocus_inversion(frames(*CASE)[::-1], compute=ALONE)
    assert np.mean(np.abs(one.fuse() - other.fuse()) > 1e-4) < 1e-3
    assert np.mean(one.labels == other.labels) < 1e-3
    assert {one.front, other.front} == {1, 2}
    assert np.mean((one.labels == one.front) == (scene(*CASE).matte > 0.5)) > 0.8


@pytest.mark.parametrize(("near", "share"), [("1", True), ("2", False)])
def test_that_the_near_frame_can_be_given(near: str, share: bool) -> None:
    given = defocus_inversion(frames(*CASE), near=near, compute=ALONE)
    # Without a doubt about the order the pyramid is replaced a little more.
    assert (np.abs(given.fuse() - made().fuse()).max() < 0.01) == share
    assert given.front == 0  # nothing was found out
    turned = defocus_inversion(frames(*CASE)[::-1], near="2" if near == "1" else "1", compute=ALONE)
    assert np.mean(turned.labels == given.labels) < 1e-2


def test_that_halo_0_is_the_pyramid() -> None:
    found = defocus_inversion(frames(*CASE), halo=0.0, compute=ALONE)
    assert np.array_equal(found.fuse(), usual())
    assert np.mean((found.labels == 1) == (scene(*CASE).matte > 0.5)) > 0.8


@pytest.mark.parametrize("kind", ["slope", "equal", "flat"])
def test_that_without_layers_it_is_the_pyramid_and_says_so(kind: str) -> None:
    frame = frames(*CASE)[0]
    pairs = {
        "slope": slope(),
        "equal": [frame, frame.copy()],
        "flat": [np.full((64, 80, 3), 90, np.uint8)] * 2,
    }
    said: list[str] = []
    found = defocus_inversion(pairs[kind], compute=Compute(notice=said.append))
    assert np.array_equal(found.fuse(), laplacian_pyramid(pairs[kind], compute=ALONE))
    assert len(said) == 1
    assert said[0].startswith("defocus inversion: no ")
    assert said[0].endswith("the result is the Laplacian pyramid")
    assert "\n" not in said[0]
    assert set(np.unique(found.labels)) <= {1, 2}
    assert (found.soft, found.front, found.aspects) == (None, 0, {})


def test_that_layers_are_found_without_a_word() -> None:
    said: list[str] = []
    defocus_inversion(frames(*CASE), compute=Compute(notice=said.append))
    assert said == []


@pytest.mark.parametrize("count", [1, 3])
def test_that_other_numbers_of_frames_are_refused_in_one_line(count: int) -> None:
    with pytest.raises(UsageError, match=f"takes two frames, not {count};") as error:
        defocus_inversion([frames(*CASE)[0]] * count, compute=ALONE)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_that_grey_pictures_stay_grey(dtype) -> None:
    white = 1 if dtype is np.float32 else np.iinfo(dtype).max
    grey = [
        (to_float(frame).mean(axis=2, keepdims=True) * white).astype(dtype)
        for frame in frames(*CASE)
    ]
    found = defocus_inversion(grey, compute=ALONE)
    image = found.fuse()
    assert image.shape == (120, 160, 1)
    assert found.aspects["background"].shape == (120, 160, 1)
    colour = defocus_inversion([np.repeat(frame, 3, axis=2) for frame in grey], compute=ALONE)
    np.testing.assert_allclose(np.repeat(image, 3, axis=2), colour.fuse(), atol=1e-6)


def test_that_frames_are_aligned_first() -> None:
    pair = captured(scene(102), Capture(shift=(2, -1)), seed=1)
    two = [pair.near, pair.far]
    inner = (slice(8, -8),) * 2
    found, loose = (
        psnr(defocus_inversion(two, align=align, compute=ALONE).fuse()[inner], pair.truth[inner])
        for align in (True, False)
    )
    assert found > 33
    assert found > loose + 4


def test_that_sources_stay_as_they_are() -> None:
    two = [frame.copy() for frame in frames(*CASE)]
    for frame in two:
        frame.flags.writeable = False
    defocus_inversion(two, compute=ALONE)
    for frame, kept in zip(two, frames(*CASE), strict=True):
        assert np.array_equal(frame, kept)


def test_that_it_tells_how_far_it_is_and_stops_anywhere() -> None:
    seen: list[tuple[int, int]] = []
    calls = []

    def checkpoint() -> None:
        calls.append(1)

    compute = Compute(checkpoint=checkpoint, progress=lambda *part: seen.append(part))
    defocus_inversion(frames(*CASE), compute=compute).fuse()
    assert seen
    assert all(0 <= done <= total for done, total in seen)
    total = len(calls)
    assert total > 30
    for last in (1, total // 2, total):
        count = []

        def stop(count=count, last=last) -> None:
            count.append(1)
            if len(count) == last:
                raise StopRequested

        with pytest.raises(StopRequested):
            defocus_inversion(frames(*CASE), compute=Compute(checkpoint=stop)).fuse()
        assert len(count) == last
