from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.core.light import to_srgb
from mfgui.synth import depth_scene
from mfgui.synth.capture import Capture, captured
from mfgui.synth.depth_scene import KINDS, drawn, random_capture, random_depth_scene

SMALL = Size(128, 96)
ARRAYS = ("near", "far", "truth", "matte", "radius", "near_radius")


@pytest.mark.parametrize("kind", KINDS)
def test_that_a_seed_decides_a_scene_of_each_kind(kind: depth_scene.Kind) -> None:
    first, again = (random_depth_scene(SMALL, seed=3, kind=kind) for _ in range(2))
    for name in ARRAYS:
        values = getattr(first, name)
        np.testing.assert_array_equal(values, getattr(again, name))
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
        assert values.shape[:2] == (96, 128)
    assert first.description == again.description
    assert first.description.startswith(kind)
    other = random_depth_scene(SMALL, seed=4, kind=kind)
    assert np.abs(first.truth - other.truth).mean() > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_that_frames_are_sharp_where_their_blur_is_small(kind: depth_scene.Kind) -> None:
    # In one surface: where something else is near, its light may come in.
    pair = random_depth_scene(Size(200, 150), seed=1, kind=kind, radius=3.0)
    for frame, blur in ((pair.near, pair.near_radius), (pair.far, pair.radius)):
        calm = ndimage.maximum_filter(blur, 9) < 0.45
        edges = ndimage.maximum_filter(blur, 15) - ndimage.minimum_filter(blur, 15) > 1
        mixed = ndimage.maximum_filter((pair.matte > 0.02) & (pair.matte < 0.98), 15)
        sharp = calm & ~edges & ~mixed
        if sharp.any():
            assert np.abs(frame - pair.truth)[sharp].max() < 0.02
        blurred = (blur > 2) & ~mixed
        if blurred.any():
            assert np.abs(frame - pair.truth)[blurred].mean() > 1e-4


def test_that_a_slope_goes_through_both_focus_positions_without_occlusion() -> None:
    for seed in range(8):
        pair = random_depth_scene(SMALL, seed=seed, kind="slope", radius=4.0)
        assert pair.radius.min() < 0.4
        assert pair.near_radius.min() < 0.4
        steepest = max(np.abs(np.diff(pair.radius, axis=axis)).max() for axis in (0, 1))
        assert steepest < 0.5
        assert set(np.unique(pair.matte)) == {0.0, 1.0}


def test_that_most_scenes_of_things_have_near_parts_that_occlude() -> None:
    for kind in ("layers", "fence", "hair", "curved"):
        shares = [random_depth_scene(SMALL, seed=s, kind=kind).matte.mean() for s in range(4)]
        assert 0.01 < np.mean(shares) < 0.9


def test_that_the_asked_radius_is_the_distance_of_both_focus_positions() -> None:
    pair = random_depth_scene(SMALL, seed=2, kind="layers", radius=5.0)
    both = pair.radius + pair.near_radius
    assert both.min() >= 5.0 - 1e-4
    assert np.median(both) == pytest.approx(5.0, abs=0.7)
    assert "r=5.00" in pair.description


def test_that_the_surroundings_continue_the_frames() -> None:
    pair = random_depth_scene(SMALL, seed=5)
    assert pair.wide is not None
    inner = (slice(pair.margin, -pair.margin),) * 2
    for wide, frame in zip(pair.wide, (pair.near, pair.far), strict=True):
        assert wide.shape == (96 + 2 * pair.margin, 128 + 2 * pair.margin, 3)
        np.testing.assert_array_equal(to_srgb(wide)[inner], frame)


def test_that_cameras_are_drawn_with_the_scene_and_differ() -> None:
    pair, capture = drawn(SMALL, seed=7)
    assert drawn(SMALL, seed=7)[1] == capture
    assert captured(pair, capture, seed=7).near.dtype in (np.uint8, np.uint16)
    cameras = [random_capture(np.random.default_rng(seed)) for seed in range(200)]
    for name in ("noise", "jpeg", "shift", "breathing", "rotation", "gain", "tone", "bits", "clip"):
        values = [getattr(camera, name) for camera in cameras]
        perfect = values.count(getattr(Capture(), name)) / len(values)
        assert 0.1 < perfect < 0.97, name


@pytest.mark.parametrize(
    ("size", "wish"),
    [(Size(30, 90), {}), (SMALL, {"kind": "cubes"}), (SMALL, {"radius": 50.0})],
)
def test_that_impossible_wishes_are_refused(size: Size, wish: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        random_depth_scene(size, seed=0, **wish)
