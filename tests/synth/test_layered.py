from __future__ import annotations

import numpy as np
import pytest

from mfgui.core import disks
from mfgui.core.arrays import Size
from mfgui.synth import layered
from mfgui.synth.scene import Layer, Scene

SQUARE = ((40.0, 20.0), (120.0, 20.0), (120.0, 90.0), (40.0, 90.0))


def two_layers(*, radius: float = 6.0) -> Scene:
    near = Layer("chelsea", radius, outline=SQUARE, softness=0.5)
    return Scene(Size(160, 110), (near, Layer("gravel", 0.0)))


@pytest.fixture(scope="module")
def rendering() -> layered.Rendering:
    return layered.render(two_layers())


@pytest.mark.parametrize("radius", [0.3, 1.0, 2.5, 4.0, 7.25, 12.0])
def test_that_a_disk_has_sum_one_and_the_area_of_its_radius(radius: float) -> None:
    kernel = disks.disk(radius)
    assert kernel.sum(dtype=np.float64) == pytest.approx(1.0, abs=1e-6)
    assert kernel.shape[0] % 2 == 1
    np.testing.assert_array_equal(kernel, kernel[::-1, ::-1])
    if radius >= 1:
        assert 1 / kernel.max() == pytest.approx(np.pi * radius**2, rel=0.05)


def test_that_the_disk_grows_with_fractions_of_a_pixel() -> None:
    for radius in (3.0, 3.25, 3.5, 3.75):
        kernel = disks.disk(radius)
        reach = kernel.shape[0] // 2
        x = np.arange(-reach, reach + 1)
        spread = float((kernel * (x[:, None] ** 2 + x[None, :] ** 2)).sum())
        # Mean squared distance from the centre: radius^2 / 2 of the disk, 1 / 6 of the pixel.
        assert spread == pytest.approx(radius**2 / 2 + 1 / 6, rel=0.015)


def test_that_defocus_keeps_the_light_of_a_point() -> None:
    colour = np.ones((61, 61, 3), np.float32)
    matte = np.zeros((61, 61), np.float32)
    matte[30, 30] = 1.0
    black = (np.zeros_like(colour), np.ones((61, 61), np.float32))
    picture = layered.composed([(colour, matte), black], [9.3, 0.0])
    assert picture[..., 0].sum(dtype=np.float64) == pytest.approx(1.0, rel=1e-4)
    assert picture.max() < 0.01


def test_that_a_uniform_scene_stays_uniform_whatever_is_in_focus() -> None:
    generator = np.random.default_rng(1)
    colour = np.full((40, 50, 3), 0.3, np.float32)
    matte = generator.random((40, 50), dtype=np.float32)
    solid = (colour, np.ones((40, 50), np.float32))
    for radii in ([0.0, 5.0], [5.0, 0.0], [3.0, 4.0]):
        picture = layered.composed([(colour, matte), solid], radii)
        np.testing.assert_allclose(picture, 0.3, atol=1e-5)


def test_that_a_frame_equals_the_truth_inside_the_layer_in_focus(
    rendering: layered.Rendering,
) -> None:
    near, far = rendering.frames
    inside = np.s_[42:68, 66:94]
    np.testing.assert_allclose(near[inside], rendering.truth[inside], atol=2e-6)
    away = np.s_[:, 132:]
    np.testing.assert_allclose(far[away], rendering.truth[away], atol=2e-6)
    assert np.abs(near[away] - rendering.truth[away]).mean() > 0.03
    assert np.abs(far[inside] - rendering.truth[inside]).mean() > 0.01


def test_that_the_defocused_near_layer_spreads_over_the_background(
    rendering: layered.Rendering,
) -> None:
    far = rendering.frames[1]
    spread = np.s_[40:70, 122:125]  # outside the matte, within the blur radius
    beyond = np.s_[40:70, 131:134]  # farther than the blur radius
    assert np.abs(far[spread] - rendering.truth[spread]).mean() > 0.02
    np.testing.assert_allclose(far[beyond], rendering.truth[beyond], atol=2e-6)
    assert (rendering.labels[spread] == 2).all()


def test_that_the_sharp_near_layer_hides_what_is_behind_it(rendering: layered.Rendering) -> None:
    other = Scene(Size(160, 110), (two_layers().layers[0], Layer("coffee", 0.0)))
    inside = np.s_[40:70, 65:95]
    near = layered.render(other).frames[0]
    np.testing.assert_array_equal(near[inside], rendering.frames[0][inside])


def test_that_labels_name_the_source_focused_on_the_visible_layer() -> None:
    front = Layer("astronaut", 8.0, outline=((0, 0), (60, 0), (60, 110), (0, 110)), softness=0)
    middle = Layer("chelsea", 4.0, outline=((30, 0), (120, 0), (120, 110), (30, 110)), softness=0)
    labels = layered.render(Scene(Size(160, 110), (front, middle, Layer("brick", 0.0)))).labels
    assert labels.dtype == np.uint8
    assert [int(labels[55, x]) for x in (10, 45, 90, 140)] == [1, 1, 2, 3]
    assert set(np.unique(labels)) == {1, 2, 3}


def test_that_blur_depends_on_the_distance_between_focus_and_layer() -> None:
    def detail(radius: float) -> float:
        frame = layered.render(two_layers(radius=radius)).frames[0]
        return float(np.abs(np.diff(frame[:, 132:], axis=1)).mean())

    assert detail(1.0) > detail(2.0) > detail(4.0) > detail(8.0)


def test_that_a_seed_decides_the_random_scene() -> None:
    def scene(seed: int) -> Scene:
        return layered.random_scene(Size(120, 80), layers=3, radius=5, seed=seed)

    assert scene(4) == scene(4)
    assert scene(4) != scene(5)
    assert [layer.position for layer in scene(4).layers] == [10.0, 5.0, 0.0]
    assert scene(4).layers[-1].outline is None


def test_that_named_photographs_are_used_nearest_first() -> None:
    scene = layered.random_scene(
        Size(120, 80), layers=3, radius=5, seed=1, photos=["coffee", "brick"]
    )
    assert [layer.photo for layer in scene.layers] == ["coffee", "brick", "coffee"]


def test_that_photographs_smaller_than_the_frame_are_continued_not_enlarged() -> None:
    scene = Scene(Size(700, 60), (Layer("chelsea", 4.0, outline=SQUARE), Layer("brick", 0.0)))
    truth = layered.render(scene).truth
    inner = truth[:, 94 + 32 : 94 + 512]
    beyond = truth[:, 94 + 512 : 94 + 512 + 60]
    np.testing.assert_allclose(beyond, inner[:, ::-1][:, :60], atol=2e-6)
