"""FSIM and FSIMc, against loops over pixels and published values."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from mfgui.core.errors import UsageError
from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics import fsim as module
from mfgui.methods.metrics.fsim import fsim, fsim_map, fsimc, fsimc_map
from mfgui.methods.metrics.phase_congruency import OF_FSIM
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated, gold_grey, gold_pictures, gold_values
from tests.methods.metrics.test_phase import literal

TRIO = generated(27, 34, seed=8)
COLOURS = generated(27, 34, seed=9, channels=3)


def alike(x, y, steady):
    return (2 * x * y + steady) / (x**2 + y**2 + steady)


def slopes(plane):
    wide, found = np.pad(plane, 1), np.zeros(plane.shape)
    for y, x in np.ndindex(plane.shape):
        area = wide[y : y + 3, x : x + 3]
        across = 3 * (area[0, 0] - area[0, 2]) + 10 * (area[1, 0] - area[1, 2])
        across += 3 * (area[2, 0] - area[2, 2])
        down = 3 * (area[0, 0] - area[2, 0]) + 10 * (area[0, 1] - area[2, 1])
        down += 3 * (area[0, 2] - area[2, 2])
        found[y, x] = math.hypot(across, down) / 16
    return found


def yiq(pixel):
    red, green, blue = map(float, pixel)
    return (
        0.299 * red + 0.587 * green + 0.114 * blue,
        0.596 * red - 0.274 * green - 0.322 * blue,
        0.211 * red - 0.523 * green + 0.312 * blue,
    )


def literal_terms(x, y):
    """Similarity and weight of every pixel of brightness, or of brightness and two colours."""
    x, y = (p.astype(float) if p.ndim == 2 else np.apply_along_axis(yiq, 2, p) for p in (x, y))
    bright = [p if p.ndim == 2 else p[:, :, 0] for p in (x, y)]
    of_x, of_y = (literal(p, OF_FSIM)[0] for p in bright)
    slopes_of_x, slopes_of_y = map(slopes, bright)
    values = np.zeros(of_x.shape)
    for place in np.ndindex(of_x.shape):
        value = alike(of_x[place], of_y[place], 0.85)
        value *= alike(slopes_of_x[place], slopes_of_y[place], 160)
        if x.ndim == 3:
            colours = [alike(x[place][n], y[place][n], 200) for n in (1, 2)]
            value *= abs(colours[0] * colours[1]) ** 0.03
        values[place] = value
    return values, np.maximum(of_x, of_y)


def literal_fsim(x, y):
    values, weights = literal_terms(x, y)
    return (values * weights).sum() / weights.sum()


def test_that_fsim_equals_its_definition() -> None:
    parts = [literal_fsim(TRIO.fused, source) for source in TRIO[1:]]
    assert fsim(TRIO.fused, TRIO.a) == pytest.approx(parts[0], rel=1e-9)
    assert fsim(TRIO.b, TRIO.fused) == pytest.approx(parts[1], rel=1e-9)
    assert fsim(*TRIO) == pytest.approx(sum(parts) / 2, rel=1e-9)
    assert METRICS["fsim-sources"](*TRIO, TRIO.a) == pytest.approx(
        (2 * parts[0] + parts[1]) / 3, rel=1e-9
    )


def test_that_fsimc_equals_its_definition() -> None:
    parts = [literal_fsim(COLOURS.fused, source) for source in COLOURS[1:]]
    assert fsimc(COLOURS.fused, COLOURS.a) == pytest.approx(parts[0], rel=1e-9)
    assert fsimc(*COLOURS) == pytest.approx(sum(parts) / 2, rel=1e-9)


def test_that_opposite_colours_differ_and_grey_pictures_have_fsim() -> None:
    red, cyan = (np.zeros((40, 50, 3), np.uint8) + np.uint8(colour) for colour in np.eye(2)[:, :1])
    red[..., 0], cyan[..., 1:] = 250, 75
    red[10:, 20:], cyan[10:, 20:] = 20, 20
    assert fsimc(red, cyan) == pytest.approx(literal_fsim(red, cyan), rel=1e-9)
    grey = np.repeat(TRIO.a[:, :, np.newaxis], 3, axis=2)
    expected = fsim(TRIO.fused, TRIO.a)
    fused = np.repeat(TRIO.fused[:, :, np.newaxis], 3, axis=2)
    # The colours of grey have weights of a sum that is 0 but for rounding.
    assert fsimc(fused, grey) == pytest.approx(expected, rel=1e-12)
    assert fsimc(TRIO.fused, TRIO.a) == expected
    assert fsimc(TRIO.fused[:, :, np.newaxis], TRIO.a[:, :, np.newaxis]) == expected
    with pytest.raises(UsageError, match="not 2"):
        fsimc(*[np.zeros((9, 9, 2))] * 2)


def test_that_large_pictures_are_averaged_over_blocks() -> None:
    fused, a, b = (cv2.resize(p, (400, 384)) for p in generated(192, 200, seed=5))
    small = [
        cv2.resize(p.astype(float), (200, 192), interpolation=cv2.INTER_AREA) for p in (fused, a)
    ]
    assert fsim(fused, a) == pytest.approx(fsim(*small), rel=1e-10)
    whole = fsim_map(fused, a).values
    np.testing.assert_array_equal(whole[::2, ::2], whole[1::2, 1::2])
    # 383 / 256 is rounded down.
    single = fsim_map(fused[1:], a[1:]).values
    assert (single[0:382:2, ::2] != single[1::2, 1::2]).mean() > 0.9
    # A row and a column that fill no block count for nothing.
    odd = fsim_map(*(np.pad(p, ((0, 1), (0, 1)), mode="reflect") for p in (fused, a, b)))
    assert odd.score() == pytest.approx(fsim(fused, a, b), rel=1e-12)
    assert odd.values.shape == odd.weights.shape == (385, 401)
    assert not odd.weights[-1].any()
    assert not odd.weights[:, -1].any()
    assert odd.weights[383, :-1].any()
    assert odd.weights[:-1, 399].any()


def test_that_blocks_hold_all_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SIDE", 16)
    fused, a, _ = (p[:26].astype(float) for p in COLOURS)
    small = [cv2.resize(p, (17, 13), interpolation=cv2.INTER_AREA) for p in (fused, a)]
    found = fsimc_map(fused, a)
    monkeypatch.undo()
    assert found.score() == pytest.approx(fsimc(*small), rel=1e-10)


def test_that_the_map_shows_where_features_were_lost() -> None:
    fused, _, _ = generated(96, 112, seed=4)
    worse = fused.copy()
    worse[30:60, 40:90] = cv2.GaussianBlur(fused, (0, 0), 3.0)[30:60, 40:90]
    where = np.zeros(fused.shape, bool)
    where[34:56, 44:86] = True
    before, after = fsim_map(fused, fused), fsim_map(worse, fused)
    assert before.score() == pytest.approx(1.0, rel=1e-12)
    assert after.score(where) < 0.9 < 0.97 < after.score(~where)
    # Of an area, it is the weighted mean of the pixels there.
    values, weights = literal_terms(*TRIO[:2])
    part = np.s_[5:20, 9:25]
    inside = np.zeros(values.shape, bool)
    inside[part] = True
    expected = (values * weights)[part].sum() / weights[part].sum()
    assert fsim_map(*TRIO[:2]).score(inside) == pytest.approx(expected, rel=1e-9)


def test_that_pictures_without_features_have_no_fsim() -> None:
    flat = np.full((40, 50), 90, np.uint8)
    fused, a, _ = generated(40, 50, seed=3)
    for pictures in ((flat, flat), (flat, flat, a), (flat, flat + 1)):
        with pytest.raises(Undefined, match="neither picture has features"):
            fsim(*pictures)
    assert 0.0 < fsim(flat, a) < 0.9
    assert fsim(flat, a) == fsim(a, flat)
    assert fsim(fused, a, flat) == pytest.approx((fsim(fused, a) + fsim(fused, flat)) / 2)


@pytest.mark.parametrize(
    ("metric", "measured", "pictures"),
    [("FSIM", fsim, gold_grey), ("FSIMc", fsimc, gold_pictures)],
    ids=["fsim", "fsimc"],
)
def test_that_fsim_equals_published_values(metric, measured, pictures) -> None:
    suffix = "gray8" if metric == "FSIM" else "rgb"
    for source in "ab":
        expected = gold_values()[metric, f"piq_F{source.upper()}_{suffix}"]
        assert len(expected) >= 4
        trios = {name: pictures(name) for name in expected}
        found = {name: measured(trio.fused, getattr(trio, source)) for name, trio in trios.items()}
        # Those were computed in single precision.
        assert found == pytest.approx(expected, abs=1e-5)
