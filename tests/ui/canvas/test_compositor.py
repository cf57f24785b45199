from __future__ import annotations

from dataclasses import replace

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from PySide6.QtGui import QFont

from mfgui.core.arrays import ImageU8, LabelArray, Rect, Size
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas import compositor
from mfgui.ui.canvas.compositor import Compositor
from mfgui.ui.canvas.overlays import Overlay, OverlayMode, Palette
from mfgui.ui.canvas.pixelgrid import PixelGrid
from mfgui.ui.canvas.scene import Levels, Map, Scene
from mfgui.ui.canvas.viewport import Viewport

IMAGE, SCREEN = Size(120, 90), Size(101, 83)
SURROUND = 0xFF6B6B6B
PALETTE = Palette.load(accent=0xFF0000FF)
ALL_MODES = list(OverlayMode)
TRUE_SCALES = [1.0, 1.37, 2.0, 5.5]
SMALL_SCALES = [0.93, 0.62, 0.5, 0.3]

pytestmark = pytest.mark.usefixtures("qapp")


def pixels_of(seed: int = 1, size: Size = IMAGE) -> ImageU8:
    return np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), np.uint8)


def smooth_pixels() -> ImageU8:
    x, y = np.meshgrid(np.arange(IMAGE.width), np.arange(IMAGE.height))
    return np.stack([2 * x, 2 * y, 240 - x - y], axis=-1).astype(np.uint8)


def labels_of(seed: int = 2) -> LabelArray:
    coarse = np.random.default_rng(seed).integers(0, 4, (9, 12)).astype(np.uint8)
    return coarse.repeat(10, axis=0).repeat(10, axis=1)


def focus(labels: LabelArray, stamp: int = 1) -> Map:
    return Map(labels, PALETTE.table(labels, k=3, active=1), stamp)


def measured(seed: int = 4, stamp: int = 1) -> Levels:
    """Levels that differ from pixel to pixel, with pixels of none."""
    values = np.random.default_rng(seed).integers(0, 256, (IMAGE.height, IMAGE.width), np.uint8)
    return Levels(values, PALETTE.ramp, stamp)


def scene_of(
    pixels: ImageU8, labels: LabelArray | None = None, mode: OverlayMode = OverlayMode.OFF
) -> Scene:
    return Scene(
        Picture(pixels),
        1,
        map=None if labels is None else focus(labels),
        overlay=Overlay(mode, 50),
        active=2,
        surround=SURROUND,
        other=None if labels is None else focus(labels_of(8)),
        levels=None if labels is None else measured(),
    )


def at_scale(scale: float) -> Viewport:
    return Viewport.fit(IMAGE, screen=SCREEN).zoomed(scale, at=(31, 57))


def smaller(scale: float) -> Viewport:
    """A viewport below the scale of fit, which wheel and keys never reach."""
    return replace(at_scale(1.0), scale=scale, x=13.0, y=-4.0)


def composed(scene: Scene, viewport: Viewport) -> ImageU8:
    return Compositor(PixelGrid(QFont())).frame(scene, viewport).pixels.copy()


def below(viewport: Viewport, x: int, y: int) -> tuple[int, int] | None:
    column = int(np.floor((x + 0.5 - viewport.left) / viewport.scale))
    row = int(np.floor((y + 0.5 - viewport.top) / viewport.scale))
    inside = 0 <= column < IMAGE.width and 0 <= row < IMAGE.height
    return (row, column) if inside else None


def expected_true_pixels(pixels: ImageU8, viewport: Viewport) -> ImageU8:
    shown = np.full((SCREEN.height, SCREEN.width, 3), 0x6B, np.uint8)
    for y, x in np.ndindex(SCREEN.height, SCREEN.width):
        place = below(viewport, x, y)
        if place is not None:
            shown[y, x] = pixels[place][::-1]
    return shown


@pytest.mark.parametrize("scale", TRUE_SCALES)
def test_that_true_pixels_show_at_100_percent_and_above(scale: float) -> None:
    pixels, viewport = pixels_of(), at_scale(scale)
    shown = composed(scene_of(pixels), viewport)
    np.testing.assert_array_equal(shown[..., :3], expected_true_pixels(pixels, viewport))
    assert (shown[..., 3] == 255).all()


def test_that_the_surround_shows_where_the_image_does_not() -> None:
    viewport = at_scale(1.0).panned(45, -40)
    shown = composed(scene_of(pixels_of()), viewport)
    np.testing.assert_array_equal(shown[..., :3], expected_true_pixels(pixels_of(), viewport))
    assert viewport.extent.x > 0
    assert (shown[:, : viewport.extent.x, :3] == 0x6B).all()
    assert (composed(Scene(None, surround=SURROUND), viewport)[..., :3] == 0x6B).all()


@pytest.mark.parametrize("scale", TRUE_SCALES)
def test_that_tint_lies_on_the_pixels_of_its_label(scale: float) -> None:
    pixels, labels, viewport = pixels_of(), labels_of(), at_scale(scale)
    labels[labels == 0] = 3
    shown = composed(scene_of(pixels, labels, OverlayMode.TINT), viewport)
    colours = PALETTE.table(labels, k=3, active=1).view(np.uint32)[labels]
    channels = np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=-1)
    blended = np.rint((pixels + channels.astype(float)) / 2).astype(np.uint8)
    np.testing.assert_array_equal(shown[..., :3], expected_true_pixels(blended, viewport))


@pytest.mark.parametrize("scale", TRUE_SCALES)
def test_that_pixels_of_other_labels_are_dimmed(scale: float) -> None:
    pixels, labels, viewport = pixels_of(), labels_of(), at_scale(scale)
    shown = composed(scene_of(pixels, labels, OverlayMode.ACTIVE), viewport)
    dimmed = np.rint((pixels + 48.0) / 2).astype(np.uint8)
    expected = np.where((labels == 2)[..., None], pixels, dimmed)
    np.testing.assert_array_equal(shown[..., :3], expected_true_pixels(expected, viewport))


@pytest.mark.parametrize("scale", [0.5, 0.93, *TRUE_SCALES, 12.0])
def test_that_unassigned_pixels_are_checked_at_any_zoom(scale: float) -> None:
    labels = np.zeros((IMAGE.height, IMAGE.width), np.uint8)
    viewport = at_scale(scale) if scale >= 1 else smaller(scale)
    pixels = np.full((IMAGE.height, IMAGE.width, 3), 90, np.uint8)
    shown = composed(scene_of(pixels, labels, OverlayMode.TINT), viewport)[2:38, 20:60, 0]
    values, counts = np.unique(shown, return_counts=True)
    assert len(values) == 2
    assert np.ptp(values.astype(int)) > 80
    assert counts.min() > 0.3 * shown.size


@pytest.mark.parametrize("scale", TRUE_SCALES)
def test_that_contours_are_as_wide_at_every_zoom(scale: float) -> None:
    labels = np.ones((IMAGE.height, IMAGE.width), np.uint8)
    labels[:, 60:] = 2
    viewport = at_scale(scale).revealing(60, 45)
    pixels = np.full((IMAGE.height, IMAGE.width, 3), 90, np.uint8)
    row = composed(scene_of(pixels, labels, OverlayMode.CONTOUR), viewport)[40, :, 0]
    boundary = round(viewport.left + 60 * scale)
    width = Overlay(OverlayMode.CONTOUR, 50).contour_width
    assert np.flatnonzero(row == 255).tolist() == list(range(boundary - 1, boundary - 1 + width))
    assert np.flatnonzero(row == 0).tolist() == [boundary - 2, boundary - 1 + width]


def test_that_half_size_is_the_mean_of_2_x_2_pixels() -> None:
    pixels, viewport = pixels_of(), smaller(0.5)
    shown = composed(scene_of(pixels), viewport)
    sums = pixels.reshape(45, 2, 60, 2, 3).astype(int).sum(axis=(1, 3))
    means = ((sums + 2) // 4)[..., ::-1]
    np.testing.assert_array_equal(shown[0:41, 13:73, :3], means[4:45])


@pytest.mark.parametrize("scale", SMALL_SCALES)
def test_that_reduced_pictures_lie_where_the_image_does(scale: float) -> None:
    viewport = smaller(scale)
    shown = composed(scene_of(smooth_pixels()), viewport).astype(int)
    for y, x in ((8, 20), (14, 33), (5, 25)):
        column = (x + 0.5 - viewport.left) / scale - 0.5
        row = (y + 0.5 - viewport.top) / scale - 0.5
        assert shown[y, x, 2] == pytest.approx(2 * column, abs=2.5)
        assert shown[y, x, 1] == pytest.approx(2 * row, abs=2.5)


def test_that_fine_texture_is_averaged_and_not_sampled_when_it_is_small() -> None:
    pixels = np.zeros((IMAGE.height, IMAGE.width, 3), np.uint8)
    pixels[:, ::2] = 200
    shown = composed(scene_of(pixels), smaller(0.25))
    assert set(np.unique(shown[0:15, 15:40, :3])) == {100}


def test_that_a_preview_is_enlarged_over_the_whole_image() -> None:
    preview = np.full((9, 12, 3), 40, np.uint8)
    preview[:, 6:] = 200
    viewport = at_scale(1.0).panned(500, 500)
    shown = composed(replace(scene_of(preview), map=None), viewport)
    left, top = viewport.left, viewport.top
    assert (shown[top + 5, left + 2 : left + 50, 0] == 40).all()
    steps = np.diff(shown[top + 5, left + 50 : left + 70, 0].astype(int))
    assert (steps >= 0).all()
    assert steps.max() < 40


def stroke(data: st.DataObject, viewport: Viewport) -> tuple[Rect, int]:
    """A rectangle that begins in sight, and the label it is filled with."""
    at = data.draw(st.tuples(st.integers(0, SCREEN.width - 1), st.integers(0, SCREEN.height - 1)))
    x, y = viewport.pixel_at(*at) or (60, 45)
    sides = data.draw(st.tuples(st.integers(1, 14), st.integers(1, 14)))
    whole = Rect(0, 0, IMAGE.width, IMAGE.height)
    return Rect(x, y, *sides).intersected(whole), data.draw(st.sampled_from([0, 1, 2, 3, 255]))


@hypothesis.given(
    data=st.data(),
    mode=st.sampled_from(ALL_MODES),
    viewport=st.sampled_from(
        [at_scale(s) for s in (*TRUE_SCALES, 20.0, 40.0)] + [smaller(s) for s in SMALL_SCALES]
    ),
    ratio=st.sampled_from([1.0, 1.5, 2.0]),
    pan=st.tuples(st.floats(-8, 8), st.floats(-8, 8)),
)
@hypothesis.settings(max_examples=150)
def test_that_repairing_label_edits_equals_composing_anew(
    data: st.DataObject,
    mode: OverlayMode,
    viewport: Viewport,
    ratio: float,
    pan: tuple[float, float],
) -> None:
    labels = labels_of()
    viewport = replace(viewport, x=viewport.x + pan[0], y=viewport.y + pan[1])
    scene = replace(scene_of(pixels_of(), labels, mode), ratio=ratio)
    compositor = Compositor(PixelGrid(QFont()))
    frame = compositor.frame(scene, viewport)
    for stamp in range(2, 2 + data.draw(st.integers(1, 4))):
        rect, label = stroke(data, viewport)
        labels[rect.slices] = label
        edited = replace(scene, map=focus(labels, stamp))
        compositor.repair(edited, viewport, rect, before=scene)
        scene = edited
    frame = compositor.frame(scene, viewport)
    difference = np.abs(frame.pixels.astype(int) - composed(scene, viewport))
    # Qt's filter starts its fixed-point steps at the edge of the part that is drawn.
    assert difference.max() <= (0 if viewport.scale >= 1 else 6)


@hypothesis.given(
    data=st.data(),
    mode=st.sampled_from([mode for mode in ALL_MODES if mode.of_heat] + [OverlayMode.SOFT]),
    scale=st.sampled_from([0.5, 0.93, 1.0, 1.37, 5.5, 20.0]),
    pan=st.tuples(st.floats(-8, 8), st.floats(-8, 8)),
)
@hypothesis.settings(max_examples=60)
def test_that_repairing_measured_values_equals_composing_anew(
    data: st.DataObject, mode: OverlayMode, scale: float, pan: tuple[float, float]
) -> None:
    viewport = at_scale(scale) if scale >= 1 else smaller(scale)
    viewport = replace(viewport, x=viewport.x + pan[0], y=viewport.y + pan[1])
    scene, levels = scene_of(pixels_of(), labels_of(), mode), measured()
    scene = replace(scene, levels=levels)
    compositor = Compositor(PixelGrid(QFont()))
    compositor.frame(scene, viewport)
    for stamp in range(2, 4):
        rect, level = stroke(data, viewport)
        levels.values[rect.slices] = level
        changed = replace(scene, levels=replace(levels, stamp=stamp))
        compositor.repair(changed, viewport, rect, before=scene)
        scene = changed
    done = compositor.composed_pixels
    frame = compositor.frame(scene, viewport)
    assert compositor.composed_pixels == done
    difference = np.abs(frame.pixels.astype(int) - composed(scene, viewport))
    assert difference.max() <= (0 if viewport.scale >= 1 else 6)


@pytest.mark.parametrize("mode", [m for m in ALL_MODES if m is not OverlayMode.OFF])
@pytest.mark.parametrize("scale", [0.62, 2.0])
def test_that_every_mode_changes_the_picture_and_off_none(mode: OverlayMode, scale: float) -> None:
    viewport = at_scale(scale) if scale >= 1 else smaller(scale)
    scene = scene_of(pixels_of(), labels_of(), mode)
    plain = composed(scene_of(pixels_of()), viewport)
    assert (composed(scene, viewport) != plain).any(axis=2).mean() > 0.02
    missing = replace(scene, map=None, other=None, levels=None)
    assert missing.mode is OverlayMode.OFF
    np.testing.assert_array_equal(composed(missing, viewport), plain)


def test_that_the_kept_picture_goes_stale_only_with_what_is_drawn() -> None:
    scene = scene_of(pixels_of(), labels_of())
    fresh = {
        "map": replace(scene, map=focus(labels_of(), 9)),
        "other": replace(scene, other=focus(labels_of(8), 9)),
        "levels": replace(scene, levels=measured(stamp=9)),
        "active": replace(scene, active=3),
    }
    on_labels = {"map"}
    expected = dict.fromkeys(ALL_MODES, on_labels) | {
        OverlayMode.OFF: set(),
        OverlayMode.ACTIVE: {"map", "active"},
        OverlayMode.DIFFERENCE: {"map", "other", "active"},
    }
    for mode in ALL_MODES:
        about = {"levels"} if mode is OverlayMode.SOFT or mode.of_heat else expected[mode]
        overlay = Overlay(mode, 50)
        kept = replace(scene, overlay=overlay).content
        found = {n for n, s in fresh.items() if replace(s, overlay=overlay).content != kept}
        assert found == about, mode


@hypothesis.given(
    data=st.data(), viewport=st.sampled_from([at_scale(s) for s in (1.0, 1.37, 5.5, 40.0)])
)
@hypothesis.settings(max_examples=30)
def test_that_repairing_pixels_equals_composing_anew(
    data: st.DataObject, viewport: Viewport
) -> None:
    pixels = pixels_of()
    scene = scene_of(pixels)
    compositor = Compositor(PixelGrid(QFont()))
    compositor.frame(scene, viewport)
    rect, value = stroke(data, viewport)
    pixels[rect.slices] = value
    assert scene.picture is not None
    scene.picture.repair(rect, pixels[rect.slices])
    changed = replace(scene, stamp=2)
    compositor.repair(changed, viewport, rect, before=scene)
    shown = compositor.frame(changed, viewport).pixels
    np.testing.assert_array_equal(shown, composed(scene_of(pixels), viewport))


@hypothesis.given(
    moves=st.lists(st.tuples(st.integers(-90, 90), st.integers(-90, 90)), min_size=1, max_size=5),
    scale=st.sampled_from([1.0, 2.0, 5.5, 20.0, 36.0]),
    mode=st.sampled_from(ALL_MODES),
)
@hypothesis.settings(max_examples=60)
def test_that_panning_equals_composing_anew(
    moves: list[tuple[int, int]], scale: float, mode: OverlayMode
) -> None:
    scene, viewport = scene_of(pixels_of(), labels_of(), mode), at_scale(scale)
    compositor = Compositor(PixelGrid(QFont()))
    compositor.frame(scene, viewport)
    for move in moves:
        viewport = viewport.panned(*move)
        shown = compositor.frame(scene, viewport).pixels
        np.testing.assert_array_equal(shown, composed(scene, viewport))


@pytest.mark.parametrize("mode", ALL_MODES)
@pytest.mark.parametrize("scale", [0.62, 1.0, 1.37])
def test_that_bands_shared_by_two_threads_equal_one_piece(
    scale: float, mode: OverlayMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = scene_of(pixels_of(), labels_of(), mode)
    viewport = at_scale(scale) if scale >= 1 else smaller(scale)
    monkeypatch.setattr(compositor, "_BAND_ROWS", 10_000)
    whole = composed(scene, viewport)
    monkeypatch.setattr(compositor, "_BAND_ROWS", 7)
    np.testing.assert_array_equal(composed(scene, viewport), whole)


def test_that_a_failure_in_the_second_thread_is_not_swallowed() -> None:
    def fail_in_the_second(band: Rect) -> None:
        if band.y == 1:
            raise RuntimeError("second")

    with pytest.raises(RuntimeError, match="second"):
        compositor._share(fail_in_the_second, [Rect(0, 0, 1, 1), Rect(0, 1, 1, 1)])


def test_that_only_the_strip_that_comes_into_sight_is_composed() -> None:
    scene, viewport = scene_of(pixels_of(), labels_of(), OverlayMode.TINT), at_scale(5.5)
    compositor = Compositor(PixelGrid(QFont()))
    compositor.frame(scene, viewport)
    before = compositor.composed_pixels
    compositor.frame(scene, viewport.panned(-7, 0))
    assert compositor.composed_pixels - before == 7 * SCREEN.height


def test_that_only_the_changed_rectangle_is_composed_again() -> None:
    scene, viewport = scene_of(pixels_of(), labels_of(), OverlayMode.TINT), at_scale(5.5)
    compositor = Compositor(PixelGrid(QFont()))
    compositor.frame(scene, viewport)
    before = compositor.composed_pixels
    x, y = viewport.pixel_at(50, 40) or (0, 0)
    edited = replace(scene, map=focus(labels_of(), 2))
    dirty = compositor.repair(edited, viewport, Rect(x, y, 2, 2), before=scene)
    assert compositor.composed_pixels - before == dirty.width * dirty.height < 250
    compositor.frame(edited, viewport)
    assert compositor.composed_pixels - before == dirty.width * dirty.height


def test_that_going_back_to_a_recent_picture_composes_nothing() -> None:
    first, second = scene_of(pixels_of()), replace(scene_of(pixels_of(7)), stamp=2)
    compositor, viewport = Compositor(PixelGrid(QFont())), at_scale(2.0)
    shown = compositor.frame(first, viewport).pixels.copy()
    compositor.frame(second, viewport)
    before = compositor.composed_pixels
    np.testing.assert_array_equal(compositor.frame(first, viewport).pixels, shown)
    assert compositor.composed_pixels == before


def test_that_every_kept_frame_has_its_own_memory() -> None:
    compositor, viewport = Compositor(PixelGrid(QFont())), at_scale(2.0)
    scenes = [replace(scene_of(pixels_of(seed)), stamp=seed) for seed in range(6)]
    expected = [composed(scene, viewport) for scene in scenes]
    for number in (0, 0, 1, 0, 2, 1, 0, 3, 3, 0, 4, 5, 1, 5, 4, 0, 0, 2, 4):
        shown = compositor.frame(scenes[number], viewport).pixels
        np.testing.assert_array_equal(shown, expected[number])
