"""The blur radius between two frames."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size, from_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.disks import blurred
from mfgui.core.light import to_srgb
from mfgui.methods.inversion.radii import reblur
from mfgui.methods.inversion.spread import Spread
from mfgui.methods.inversion.views import view_of
from mfgui.synth.capture import Capture, captured
from mfgui.synth.constant_depth import constant_depth
from mfgui.synth.psf import Psf
from mfgui.synth.textures import surface
from tests.methods.inversion.scenes import SIZE, SMALL, scene, view

ALONE = Compute()


def texture(seed: int, size: Size = SMALL) -> np.ndarray:
    """Linear light."""
    return surface(size, np.random.default_rng(seed))


@pytest.mark.parametrize("radius", [2.0, 4.0, 8.0])
@pytest.mark.parametrize("seed", [101, 104])
def test_that_the_radius_is_found(seed: int, radius: float) -> None:
    found = reblur(view(seed, radius), compute=ALONE)
    assert found.valid
    assert found.radii == pytest.approx((radius, radius), rel=0.05)
    assert all(spread.map is None for spread in found.spreads)


def test_that_noise_changes_little() -> None:
    pair = captured(scene(101), Capture(noise=2), seed=4)
    one = view_of([np.float32(frame) / 255 for frame in (pair.near, pair.far)])
    found = reblur(one, compute=ALONE)
    assert found.valid
    assert found.radii == pytest.approx((4, 4), rel=0.08)
    assert found.floor >= one.noise


@pytest.mark.parametrize("camera", [Capture(), Capture(noise=2.0)])
@pytest.mark.parametrize("shape", ["disk", "gaussian", "polygon"])
@pytest.mark.parametrize("radius", [3.0, 6.0])
def test_that_the_shape_of_the_blur_is_found(radius: float, shape: str, camera: Capture) -> None:
    lens = Psf(shape, 6, 0.2)
    pair = captured(constant_depth(SIZE, radius=radius, seed=4, psf=lens), camera, seed=2)
    one = view_of([np.float32(frame) / 255 for frame in (pair.near, pair.far)])
    found = reblur(one, compute=ALONE, local=True)
    assert found.valid
    wanted = "gaussian" if shape == "gaussian" else "disk"
    assert [spread.shape for spread in found.spreads] == [wanted, wanted]
    assert found.radii == pytest.approx((radius, radius), rel=0.06)
    for spread in found.spreads:
        assert spread.map is not None
        assert np.median(spread.map) == pytest.approx(radius, rel=0.06)


@pytest.mark.parametrize(("shape", "radius"), [("disk", 2.7), ("disk", 5.4), ("gaussian", 5.4)])
def test_that_radii_between_those_of_the_grid_are_found(shape: str, radius: float) -> None:
    pair = constant_depth(SIZE, radius=radius, seed=4, psf=Psf(shape))
    one = view_of([from_float(x, "uint8") / np.float32(255) for x in (pair.near, pair.far)])
    grid, finer = (reblur(one, compute=ALONE, local=local) for local in (False, True))
    assert finer.radii == pytest.approx((radius, radius), rel=0.015)
    assert grid.radii != pytest.approx((radius, radius), rel=0.015)
    for spread in finer.spreads:
        assert spread.map is not None
        assert np.median(spread.map) == pytest.approx(radius, rel=0.02)
    assert finer.floor <= grid.floor


def test_that_a_gaussian_explains_what_a_disk_does_not() -> None:
    pair = constant_depth(SIZE, radius=6.0, seed=4, psf=Psf("gaussian"))
    one = view_of([from_float(x, "uint8") / np.float32(255) for x in (pair.near, pair.far)])
    disks, gaussians = (reblur(one, compute=ALONE, local=local) for local in (False, True))
    assert [spread.shape for spread in disks.spreads] == ["disk", "disk"]
    assert gaussians.floor < 0.5 * disks.floor
    turned = reblur(one.swapped(), compute=ALONE, local=True)
    assert turned.radii == pytest.approx(gaussians.radii[::-1])


def test_that_cores_lie_where_each_frame_is_sharp() -> None:
    pair, found = scene(101), reblur(view(101), compute=ALONE)
    near, far = found.cores
    assert not (near & far).any()
    # Where near light is spilled over little detail, frame 1 explains frame 2, too.
    lit = blurred(pair.matte, 4.0) > 0.02
    for core, inside in ((near, lit), (far, pair.matte < 0.5)):
        assert np.count_nonzero(core) > 0.4 * np.count_nonzero(inside)
        assert np.mean(inside[core]) > 0.96
    turned = reblur(view(101).swapped(), compute=ALONE)
    assert np.array_equal(turned.cores[0], far)
    assert turned.radii == pytest.approx(found.radii[::-1])
    assert turned.floor == pytest.approx(found.floor)


def test_that_unequal_radii_are_told_apart() -> None:
    sharp = texture(3, Size(240, 160))
    left = np.arange(240)[None, :, None] < 120
    first, second = Spread(3.0).over(sharp), Spread(3.6).over(sharp)
    frames = [from_float(_coded(x), "uint8") for x in (np.where(left, sharp, second),
                                                       np.where(left, first, sharp))]  # fmt: skip
    found = reblur(view_of([np.float32(frame) / 255 for frame in frames]), compute=ALONE)
    assert found.valid
    assert found.radii == pytest.approx((3.0, 3.6), rel=0.06)


def test_that_radii_that_differ_from_place_to_place_are_followed() -> None:
    size = Size(480, 160)
    sharp = texture(5, size)
    radii = np.geomspace(2.5, 5.0, size.width, dtype=np.float32)[None].repeat(size.height, 0)
    soft = Spread(3.5, radii).over(sharp)
    upper = np.arange(size.height)[:, None, None] < size.height // 2
    frames = [np.where(upper, sharp, soft), np.where(upper, soft, sharp)]
    one = view_of([_coded(frame) for frame in frames])
    assert reblur(one, compute=ALONE).valid
    found = reblur(one, compute=ALONE, local=True)
    for spread in found.spreads:
        assert spread.map is not None
        assert spread.map.dtype == np.float32
        whole = spread.within(Rect(0, 0, 480, 160), size)
        inner = (slice(20, -20), slice(60, -60))
        assert np.abs(np.log(whole.map[inner] / radii[inner])).mean() < 0.1
        # One radius for all is farther away.
        assert np.abs(np.log(spread.radius / radii[inner])).mean() > 0.13


@pytest.mark.parametrize("local", [False, True])
def test_that_no_radius_is_believed_between_unrelated_frames(local: bool) -> None:
    one = view_of([_coded(texture(seed)) for seed in (1, 2)])
    assert not reblur(one, compute=ALONE, local=local).valid


@pytest.mark.parametrize("local", [False, True])
def test_that_no_radius_is_believed_between_equal_frames(local: bool) -> None:
    codes = _coded(texture(1))
    assert not reblur(view_of([codes, codes]), compute=ALONE, local=local).valid
    flat = np.full((60, 80, 3), 0.4, np.float32)
    assert not reblur(view_of([flat, flat]), compute=ALONE, local=local).valid


def test_that_a_radius_at_the_end_of_the_search_is_not_believed() -> None:
    assert not reblur(view(101, 8.0), compute=ALONE, largest=6.0).valid
    assert reblur(view(101, 8.0), compute=ALONE, largest=12.0).valid


def test_that_one_radius_is_told_as_one_place_to_place() -> None:
    found = reblur(view(101), compute=ALONE, local=True)
    for spread in found.spreads:
        assert spread.map is not None
        assert np.abs(np.log(spread.map / 4.0)).mean() < 0.05


def test_that_threads_change_nothing_and_that_it_can_be_stopped() -> None:
    one, calls = view(101, size=SMALL), []

    def stop() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise StopRequested

    alone, together = (reblur(one, compute=Compute(threads=n), local=True) for n in (1, 2))
    assert alone.radii == together.radii
    assert alone.floor == together.floor
    with pytest.raises(StopRequested):
        reblur(one, compute=Compute(checkpoint=stop))
    assert len(calls) == 3


def _coded(light: np.ndarray) -> np.ndarray:
    return to_srgb(np.clip(light, 0, 1).astype(np.float32))
