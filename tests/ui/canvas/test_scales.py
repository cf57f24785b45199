"""What colour bars say is what the views draw."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from mfgui.core.comparison import GAINS, CompareView
from mfgui.core.heat import HeatKind, levels_of
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas import legend
from mfgui.ui.canvas.dimming import HATCH
from mfgui.ui.canvas.overlays import Overlay, OverlayMode, Palette
from mfgui.ui.canvas.scales import Scale, both_ways, one_way, scale_of, step_within
from mfgui.ui.canvas.scene import Compared, Levels, Map, Scene

PALETTE = Palette.load(accent=0xFF0000FF)
CENTRED = (CompareView.SIGNED, CompareView.LOCAL_Q_DIFFERENCE)
REPLACING = [v for v in CompareView if v not in (CompareView.PICTURE, CompareView.MAP)]


def scale(view: CompareView, gain: int = 1, other: str = "") -> Scale:
    compared = Compared(view, gain, ramp=PALETTE.ramp, diverging=PALETTE.diverging)
    return scale_of(compared, other=other)


def value(number: str) -> Fraction:
    return Fraction(number.replace("\N{MINUS SIGN}", "-"))


@pytest.mark.parametrize("gain", GAINS)
def test_that_numbers_stand_where_their_colours_are(gain: int) -> None:
    for view, end in (
        (CompareView.SIGNED, Fraction(255, gain)),
        (CompareView.LOCAL_Q_DIFFERENCE, Fraction(1, gain)),
    ):
        for place, number in scale(view, gain).ticks:
            assert place == pytest.approx(float((value(number) / end + 1) / 2))
    for view, end in (
        (CompareView.ABSOLUTE, Fraction(255, gain)),
        (CompareView.SQUARED_ERROR, Fraction(255, gain) ** 2),
    ):
        for place, number in scale(view, gain).ticks:
            assert place == pytest.approx(float(value(number) / end), rel=1e-5)


def test_that_local_q_is_drawn_where_its_numbers_stand() -> None:
    shown = scale(CompareView.LOCAL_Q)
    for place, number in shown.ticks:
        level = int(levels_of(np.float32([[float(number)]]), HeatKind.LOCAL_Q)[0, 0])
        assert abs(place * (len(shown.colours) - 1) - (level - 1)) <= 0.5


@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("view", REPLACING)
def test_that_ticks_lie_on_the_bar_and_are_few(view: CompareView, gain: int) -> None:
    places = [place for place, _ in scale(view, gain).ticks]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] <= 1
    assert places[-1] - places[0] >= (0.7 if view in CENTRED else 0.4)
    assert 3 <= len(places) <= 5


def test_that_round_numbers_are_chosen() -> None:
    assert [number for _, number in both_ways(255)] == ["−200", "−100", "0", "100", "200"]
    assert [number for _, number in one_way(255)] == ["0", "100", "200"]
    assert [number for _, number in one_way(1.0)] == ["0", "0.5", "1"]
    assert step_within(1.0) == 1.0
    assert step_within(0.0078125) == pytest.approx(0.0075)


def test_that_the_words_name_gain_unit_and_the_other_picture() -> None:
    shown = scale(CompareView.SIGNED, 8, "Source 2")
    assert "8" in shown.title
    assert "grey levels of 255" in shown.unit
    assert "Source 2" in shown.detail
    assert shown.beyond == (True, True)
    assert scale(CompareView.SIGNED, 1).beyond == (False, False)
    assert scale(CompareView.SIGNED, 1).detail == ""
    assert scale(CompareView.LOCAL_Q).has_unknown


def drawn(scene: Scene, size: tuple[int, int] = (400, 300)) -> np.ndarray:
    """(h, w, 4) of the legends on black."""
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(0xFF000000)
    painter = QPainter(image)
    legend.draw_legends(painter, QRect(0, 0, *size), scene)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(size[1], size[0], 4).copy()


def scene_of(view: CompareView, **more: object) -> Scene:
    picture = Picture(np.zeros((30, 40, 3), np.uint8))
    compared = Compared(view, 2, picture, 1, ramp=PALETTE.ramp, diverging=PALETTE.diverging)
    return Scene(picture, 1, compared=compared, **more)  # type: ignore[arg-type]


def has(pixels: np.ndarray, word: int) -> bool:
    """Not only where the edge of a letter happens to be so grey."""
    return int((pixels.view(np.uint32) == np.uint32(word)).sum()) >= 5


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("view", REPLACING)
def test_that_every_view_has_a_bar_with_its_colours(view: CompareView) -> None:
    pixels = drawn(scene_of(view))
    ends = {
        CompareView.ABSOLUTE: (0xFF000000, 0xFFFFFFFF),
        CompareView.SIGNED: PALETTE.diverging,
        CompareView.LOCAL_Q_DIFFERENCE: PALETTE.diverging,
    }.get(view, PALETTE.ramp)
    assert has(pixels, ends[0])
    assert has(pixels, ends[-1])
    hatched = int((pixels.view(np.uint32) == np.uint32(HATCH[0])).sum())
    assert (hatched > 60) == view.of_q


@pytest.mark.usefixtures("qapp")
def test_that_the_bar_of_an_overlay_stands_above_that_of_the_view() -> None:
    levels = Levels(np.ones((30, 40), np.uint8), PALETTE.ramp, 1)
    both = scene_of(CompareView.SIGNED, overlay=Overlay(OverlayMode.LOCAL_Q), levels=levels)
    alone = drawn(scene_of(CompareView.SIGNED))
    pixels = drawn(both)
    height = int((alone.any(axis=(1, 2)) & (alone[..., :3].any(axis=(1, 2)))).sum())
    np.testing.assert_array_equal(pixels[-height:], alone[-height:])
    assert pixels[: 300 - height - 12, :, :3].any()


@pytest.mark.usefixtures("qapp")
def test_that_it_says_when_there_is_nothing_to_compare_with() -> None:
    scene = scene_of(CompareView.SIGNED)
    compared = Compared(CompareView.SIGNED, diverging=PALETTE.diverging)
    pixels = drawn(Scene(scene.picture, 1, compared=compared))
    assert has(pixels, HATCH[0])
    assert not has(pixels, PALETTE.diverging[0])
    assert not drawn(Scene(None, compared=compared))[..., :3].any()
    assert not drawn(Scene(scene.picture))[..., :3].any()


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("view", REPLACING)
def test_that_the_bar_fits_into_a_small_pane(view: CompareView) -> None:
    pixels = drawn(scene_of(view), (230, 120))
    assert not pixels[:, -4:, :3].any()
    assert pixels[..., :3].any()


def mapped(k: int) -> Scene:
    labels = np.ones((30, 40), np.uint8)
    own = Map(labels, PALETTE.table(labels, k=max(k, 1), active=1), 1, k)
    compared = Compared(CompareView.MAP, map=own, ramp=PALETTE.ramp)
    return Scene(Picture(np.zeros((30, 40, 3), np.uint8)), 1, compared=compared)


@pytest.mark.usefixtures("qapp")
def test_that_a_map_has_the_colour_of_each_source_or_their_ramp() -> None:
    for k in (2, 3, 7):
        pixels = drawn(mapped(k))
        swatches = [int((pixels.view(np.uint32) == colour).sum()) for colour in PALETTE.labels]
        assert all(count > 100 for count in swatches[:k])
        assert not any(swatches[k:])
    many = drawn(mapped(20))
    assert has(many, PALETTE.ramp[0])
    assert has(many, PALETTE.ramp[-1])
    assert not drawn(mapped(0))[..., :3].any()
