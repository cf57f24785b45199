"""Soft maps, other maps, heat maps and marked places on a real canvas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size
from mfgui.core.heat import MEASURED, HeatKind, levels_of
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas import legend
from mfgui.ui.canvas.overlays import OverlayMode
from mfgui.ui.canvas.view import Canvas
from mfgui.ui.canvas.viewport import View

WIDTH, HEIGHT = 120, 80


@pytest.fixture
def canvas(qtbot: Any) -> Canvas:
    """A canvas of 480 x 320 with a grey picture of 120 x 80 at four times its size."""
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(480, 320)
    canvas.show()
    qtbot.waitExposed(canvas)
    canvas.begin_set(Size(WIDTH, HEIGHT))
    canvas.set_picture("source:1", Picture(np.full((HEIGHT, WIDTH, 3), 100, np.uint8)))
    canvas.set_labels(np.ones((HEIGHT, WIDTH), np.uint8), 3)
    return canvas


def shown(canvas: Canvas) -> np.ndarray:
    """What is on the screen, (h, w, 3) as blue, green, red."""
    image = canvas.grab().toImage()
    pixels = np.frombuffer(image.constBits(), np.uint8)
    return pixels.reshape(image.height(), -1, 4)[..., :3].astype(int)


def at(pixels: np.ndarray, x: int, y: int) -> np.ndarray:
    """The middle of an image pixel."""
    return pixels[4 * y + 2, 4 * x + 2]


def test_that_weights_go_from_clear_to_full_in_one_hue(canvas: Canvas) -> None:
    assert not canvas.has_soft
    weights = np.linspace(0, 1, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, axis=0)
    canvas.set_soft(weights)
    canvas.set_overlay(OverlayMode.SOFT, 100)
    assert canvas.has_soft
    pixels = shown(canvas)
    hue = canvas.label_colour(1)
    np.testing.assert_allclose(at(pixels, 1, 40), 100, atol=2)
    full = [hue.blue(), hue.green(), hue.red()]
    np.testing.assert_allclose(at(pixels, WIDTH - 2, 40), full, atol=3)
    middle = (np.array(full) + 100) / 2
    np.testing.assert_allclose(at(pixels, WIDTH // 2, 40), middle, atol=2)
    canvas.set_soft(None)
    assert (at(shown(canvas), WIDTH - 2, 40) == 100).all()


def test_that_a_stack_of_weights_shows_those_of_the_active_label(canvas: Canvas) -> None:
    weights = np.zeros((3, HEIGHT, WIDTH), np.float32)
    weights[1, :, :60] = 1
    canvas.set_soft(weights)
    canvas.set_overlay(OverlayMode.SOFT, 100)
    canvas.set_active_label(1)
    assert (at(shown(canvas), 20, 40) == 100).all()
    canvas.set_active_label(2)
    hue = canvas.label_colour(2)
    pixels = shown(canvas)
    np.testing.assert_allclose(at(pixels, 20, 40), [hue.blue(), hue.green(), hue.red()], atol=1)
    assert (at(pixels, 100, 40) == 100).all()


def test_that_differences_have_colours_and_a_key(canvas: Canvas) -> None:
    labels = np.ones((HEIGHT, WIDTH), np.uint8)
    labels[10:30, 20:60] = 2
    canvas.set_overlay(OverlayMode.DIFFERENCE, 100)
    before = shown(canvas)
    assert (before[20:300, 20:460] == 100).all(), "nothing to compare with yet"
    canvas.set_other_labels(labels)
    canvas.set_active_label(1)
    this = shown(canvas)
    assert (at(this, 90, 20) == 100).all()
    region = this[44:116, 84:236].reshape(-1, 3)
    blue = np.median(region, axis=0)
    assert blue[0] > blue[2] + 80
    canvas.set_active_label(2)
    region = shown(canvas)[44:116, 84:236].reshape(-1, 3)
    orange = np.median(region, axis=0)
    assert orange[2] > orange[0] + 80
    assert (this[240:310, 20:60] != 100).any(), "the key"


def test_that_other_maps_and_values_must_have_the_size_of_the_set(canvas: Canvas) -> None:
    wrong = np.zeros((HEIGHT, WIDTH - 1), np.float32)
    with pytest.raises(ValueError, match="119 x 80"):
        canvas.set_other_labels(wrong.astype(np.uint8))
    with pytest.raises(ValueError, match="119 x 80"):
        canvas.set_soft(wrong)
    with pytest.raises(ValueError, match="119 x 80"):
        canvas.set_heat(wrong, "local-q")


@pytest.mark.parametrize("kind", MEASURED)
def test_that_doubt_is_bright_and_missing_values_leave_the_picture(
    canvas: Canvas, kind: HeatKind
) -> None:
    values = np.ones((HEIGHT, WIDTH), np.float32)
    values[:, 40:80] = 0.0
    values[:, 80:] = np.nan
    canvas.set_overlay(OverlayMode(kind.value), 100)
    canvas.set_heat(values, kind)
    pixels = shown(canvas)
    sure, doubtful, missing = (at(pixels, x, 10) for x in (20, 60, 100))
    assert sure.max() < 90
    assert doubtful.max() > 200
    assert (missing == 100).all()


def test_that_part_of_a_heat_map_is_exchanged_and_only_it_is_composed(canvas: Canvas) -> None:
    values = np.ones((HEIGHT, WIDTH), np.float32)
    canvas.set_overlay(OverlayMode.LOCAL_Q, 100)
    canvas.set_heat(values, "local-q")
    shown(canvas)
    rect = Rect(50, 20, 6, 5)
    values[rect.slices] = 0.1
    before = canvas._compositor.composed_pixels
    canvas.set_heat(values, "local-q", rect)
    pixels = shown(canvas)
    assert canvas._compositor.composed_pixels - before < 16 * (6 + 3) * (5 + 3)
    assert at(pixels, 52, 22).max() > 200
    assert at(pixels, 60, 22).max() < 90
    before = canvas._compositor.composed_pixels
    canvas.set_heat(values, "local-q", Rect(0, 0, 0, 0), note="not up to date")
    shown(canvas)
    assert canvas._compositor.composed_pixels == before


def test_that_levels_are_drawn_as_their_values_are(canvas: Canvas) -> None:
    values = np.random.default_rng(1).random((HEIGHT, WIDTH), np.float32)
    canvas.set_overlay(OverlayMode.CONFIDENCE, 60)
    canvas.set_heat(values, "confidence")
    first = shown(canvas)
    canvas.set_heat(levels_of(values, HeatKind.CONFIDENCE), "confidence")
    np.testing.assert_array_equal(shown(canvas), first)


def test_that_nothing_lies_over_a_picture_that_is_peeked_at(canvas: Canvas) -> None:
    canvas.set_picture("source:2", Picture(np.full((HEIGHT, WIDTH, 3), 70, np.uint8)))
    canvas.set_overlay(OverlayMode.LOCAL_Q, 100)
    canvas.set_heat(np.zeros((HEIGHT, WIDTH), np.float32), "local-q")
    assert (shown(canvas)[4:-4, 4:-4] != 100).any()
    canvas.peek("source:2")
    assert (shown(canvas)[4:-4, 4:-4] == 70).all()


def test_that_a_new_set_has_nothing_of_the_one_before(canvas: Canvas) -> None:
    canvas.set_soft(np.zeros((HEIGHT, WIDTH), np.float32))
    canvas.set_other_labels(np.zeros((HEIGHT, WIDTH), np.uint8))
    canvas.mark_place(Rect(1, 1, 2, 2))
    canvas.begin_set(Size(WIDTH, HEIGHT))
    assert not canvas.has_soft
    assert not canvas.has_other_labels
    assert canvas.place_marked is None


def test_that_a_place_is_shown_on_a_third_of_the_canvas_with_a_ring(canvas: Canvas) -> None:
    canvas.begin_set(Size(1200, 800))
    canvas.set_picture("source:1", Picture(np.full((800, 1200, 3), 100, np.uint8)))
    assert canvas.zoom == pytest.approx(0.4)
    canvas.show_place(Rect(598, 398, 4, 4))
    # With 16 pixels of surroundings on each side it has 36, and the canvas 320.
    assert canvas.zoom == pytest.approx(320 / 36 / 3)
    x, y = canvas.viewport.to_screen(600, 400)
    assert abs(x - 240) <= 1
    assert abs(y - 160) <= 1
    ring = (shown(canvas)[110:210, 180:300] != 100).any(axis=2)
    assert ring.any()
    assert not ring[46:54, 56:64].any(), "the place itself is not covered"
    canvas.mark_place(None)
    assert not (shown(canvas)[110:210, 180:300] != 100).any()


def test_that_a_nearer_view_keeps_its_zoom_and_borders_leave_nothing_empty(canvas: Canvas) -> None:
    canvas._shared.set(View(9.0, 60, 40, False))
    canvas.show_place(Rect(0, 0, 3, 3))
    assert canvas.zoom == 9.0
    assert (canvas.viewport.left, canvas.viewport.top) == (0, 0)
    canvas.show_place(Rect(117, 77, 3, 3))
    assert (canvas.viewport.extent.right, canvas.viewport.extent.bottom) == (480, 320)


@pytest.mark.parametrize(("k", "numbers"), [(2, "1 2"), (4, "1 2 3 4"), (30, "1 8 16 23 30")])
def test_that_depths_are_drawn_with_the_numbers_of_their_sources(
    canvas: Canvas, monkeypatch: pytest.MonkeyPatch, k: int, numbers: str
) -> None:
    scales = []
    monkeypatch.setattr(legend, "draw_scale", lambda _p, _a, scale: scales.append(scale) or 0.0)
    depths = np.full((HEIGHT, WIDTH), 1.0, np.float32)
    depths[:, 40:80] = k
    canvas.set_overlay(OverlayMode.DEPTH, 100)
    canvas.set_heat(depths, "depth", k=k)
    pixels = shown(canvas)
    near, far = (at(pixels, x, 10) for x in (20, 60))
    assert near.max() < 90
    assert far.max() > 200
    canvas.resize(400, 300)
    canvas.grab()
    scale = scales[-1]
    assert scale.title == "Depth: source in focus"
    assert " ".join(words for _, words in scale.ticks) == numbers
    places = [(float(words) - 1) / (k - 1) for _, words in scale.ticks]
    np.testing.assert_allclose([place for place, _ in scale.ticks], places)
