from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.heat import MEASURED, WIDEST, HeatKind, levels_of, place_of, values_of
from mfgui.ui.canvas.levels import (
    AGREE,
    ONLY_FIRST,
    ONLY_SECOND,
    OTHERS,
    blend,
    colours_along,
    compared,
    kinds,
    one_hue,
    ramp,
)

BLUE, ORANGE = 0xFF0000FF, 0xFFFF8000


def picture() -> np.ndarray:
    pixels = np.random.default_rng(3).integers(0, 256, (16, 16, 4), np.uint8)
    pixels[..., 3] = 255
    return pixels


def test_that_one_hue_goes_from_clear_to_full() -> None:
    pixels, levels = picture(), np.arange(256, dtype=np.uint8).reshape(16, 16)
    out = pixels.copy()
    blend(levels, one_hue(ORANGE, 1.0), out=out)
    share = levels[..., None] / 255
    expected = pixels[..., :3] * (1 - share) + np.array([0, 128, 255]) * share
    assert np.abs(out[..., :3] - expected).max() <= 1
    assert (out[..., 3] == 255).all()
    np.testing.assert_array_equal(out[0, 0], pixels[0, 0])


@pytest.mark.parametrize("opacity", [0.0, 0.35, 1.0])
def test_that_kinds_leave_other_levels_as_they_are(opacity: float) -> None:
    pixels, levels = picture(), np.zeros((16, 16), np.uint8)
    levels[3:6, 4:9], levels[9, 9] = 2, 77
    out = pixels.copy()
    blend(levels, kinds((BLUE, ORANGE), opacity), out=out)
    inside = levels == 2
    np.testing.assert_array_equal(out[~inside], pixels[~inside])
    expected = pixels[inside][:, :3] * (1 - opacity) + np.array([0, 128, 255]) * opacity
    assert np.abs(out[inside][:, :3] - expected).max() <= 1


def test_that_a_ramp_meets_its_anchors_and_has_nothing_at_level_0() -> None:
    anchors = (0xFF000000, 0xFF204060, 0xFFFFFFFF)
    assert [hex(c) for c in colours_along(anchors, 5)] == [
        "0xff000000", "0xff102030", "0xff204060", "0xff90a0b0", "0xffffffff",
    ]  # fmt: skip
    ink = ramp(anchors, 0.5)
    assert ink[0] == 0
    assert (ink[1:].view(np.uint32) >> 24 == 128).all()
    assert hex(ink.view(np.uint32)[255]) == "0x80808080"


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_that_compared_maps_name_the_one_with_the_active_label(kind: type) -> None:
    ignored = int(np.iinfo(kind).max)
    pairs = {
        (1, 1): AGREE, (2, 2): AGREE, (0, 0): AGREE,
        (2, 1): ONLY_FIRST, (2, 0): ONLY_FIRST,
        (1, 2): ONLY_SECOND, (0, 2): ONLY_SECOND,
        (1, 3): OTHERS, (0, 1): OTHERS,
        (2, ignored): AGREE, (ignored, 2): AGREE, (ignored, ignored): AGREE,
    }  # fmt: skip
    first, second = (np.array([list(side)], kind) for side in zip(*pairs, strict=True))
    assert compared(first, second, active=2).tolist() == [list(pairs.values())]


@pytest.mark.parametrize("kind", MEASURED)
def test_that_levels_keep_values_to_a_level(kind: HeatKind) -> None:
    values = np.linspace(-0.2, 1.2, 7 * 300, dtype=np.float32).reshape(300, 7)
    values[5, 5] = np.nan
    levels = levels_of(values, kind)
    assert levels[5, 5] == 0
    assert (levels > 0).sum() == values.size - 1
    limited = values.clip(0, 1)
    back = values_of(levels, kind)
    assert np.isnan(back[5, 5])
    slope = 2 * np.sqrt(1 - limited) if kind is HeatKind.LOCAL_Q else np.ones_like(limited)
    assert np.nanmax(np.abs(back - limited) - slope / 254 / 2) < 1e-4
    assert place_of(1.0, kind) == 0
    assert place_of(-3.0, kind) == 1


def test_that_the_confidence_of_a_result_rises_with_its_level() -> None:
    values = np.linspace(-0.2, 1.2, 255, dtype=np.float32)[None]
    levels = levels_of(values, HeatKind.TRUST)
    back = values_of(levels, HeatKind.TRUST)
    assert np.abs(back - values.clip(0, 1)).max() < 0.51 / 254
    assert place_of(0.25, HeatKind.TRUST) == 0.25


def test_that_levels_keep_radii_to_a_level() -> None:
    radii = np.linspace(-1.0, 1.2 * WIDEST, 7 * 300, dtype=np.float32).reshape(300, 7)
    radii[5, 5] = np.nan
    levels = levels_of(radii, HeatKind.RADIUS)
    assert levels[5, 5] == 0
    limited = radii.clip(0, WIDEST)
    step = (1 + limited) * np.log1p(WIDEST) / 254
    back = values_of(levels, HeatKind.RADIUS)
    assert np.nanmax(np.abs(back - limited) / step) < 0.51
    assert place_of(0.0, HeatKind.RADIUS) == 0
    assert place_of(2 * WIDEST, HeatKind.RADIUS) == 1


def test_that_depths_go_from_the_first_source_to_the_last() -> None:
    depths = np.linspace(0.5, 12.5, 700, dtype=np.float32).reshape(100, 7)
    depths[5, 5] = np.nan
    levels = levels_of(depths, HeatKind.DEPTH, k=12)
    assert levels[5, 5] == 0
    back = values_of(levels, HeatKind.DEPTH, k=12)
    assert np.nanmax(np.abs(back - depths.clip(1, 12))) < 0.51 * 11 / 254
    places = [place_of(depth, HeatKind.DEPTH, k=12) for depth in (0.0, 1.0, 6.5, 12.0, 13.0)]
    assert places == [0, 0, 0.5, 1, 1]
