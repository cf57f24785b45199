"""Metrics pixel by pixel: their mean is the metric, and that of an area is what it says."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mfgui.core.errors import MfguiError, UsageError
from mfgui.methods.metrics import METRICS, Metric, Needs
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated
from tests.methods.metrics.test_edges import literal_yliu, literal_zliu, slopes
from tests.methods.metrics.test_structure import literal_q_y, literal_ssim

TRIO = generated(48, 56, seed=12)
COLOURS = generated(48, 56, seed=13, channels=3)
AREA = np.s_[9:21, 14:33]  # flat and textured, of both sources' sharp parts
INSIDE = np.zeros((48, 56), bool)
INSIDE[AREA] = True

# Definitions that are no function of one mean.
NONE = {
    ("psnr-sources", "vifb"),
    ("rmse", "vifb"),
    ("rmse-sources", "vifb"),
    ("fmi", "dct"),
    ("fmi", "wavelet"),
}
MAPPED = [
    (metric, variant)
    for metric in METRICS.values()
    for variant in metric.variants or (None,)
    if metric.pixels and metric.on_planes and (metric.name, variant) not in NONE
]
each = pytest.mark.parametrize(
    ("metric", "variant"), MAPPED, ids=[f"{m.name} {v or ''}".strip() for m, v in MAPPED]
)


def with_third(trio):
    return (*trio, np.where(np.arange(56) % 20 < 10, *trio[1:]))


@each
def test_that_the_mean_of_a_map_is_the_metric(metric: Metric, variant: str | None) -> None:
    several = metric.many and metric.needs is Needs.SOURCES
    for pictures in (TRIO, with_third(TRIO)) if several else (TRIO,):
        found = metric.map(*pictures, variant=variant)
        expected = metric(*pictures, variant=variant)
        assert found.score() == pytest.approx(expected, rel=1e-12), len(pictures)
        assert found.values.shape == (48, 56)
        assert found.values.dtype == np.float64
        assert np.isfinite(found.values).all()
        if found.weights is not None:
            assert found.weights.shape == (48, 56)
            assert np.isfinite(found.weights).all()
            assert found.weights.min() >= 0.0 < found.weights.max()
            # What counts for nothing may be anything.
            other = replace(found, values=np.where(found.weights > 0.0, found.values, 1e9))
            assert other.score() == pytest.approx(expected, rel=1e-12)


@each
def test_that_areas_make_up_the_whole(metric: Metric, variant: str | None) -> None:
    found = replace(metric.map(*TRIO, variant=variant), finish=float)
    parts = [found.score(where) for where in (INSIDE, ~INSIDE)]
    weights = np.ones((48, 56)) if found.weights is None else found.weights
    shares = [weights[where].sum() / weights.sum() for where in (INSIDE, ~INSIDE)]
    assert np.dot(parts, shares) == pytest.approx(found.score(), rel=1e-12)
    assert found.score(np.ones((48, 56), bool)) == pytest.approx(found.score(), rel=1e-12)
    with pytest.raises(Undefined, match="no pixel of the area"):
        found.score(np.zeros((48, 56), bool))


@each
def test_that_maps_of_degenerate_pictures_have_values_or_a_reason(
    metric: Metric, variant: str | None
) -> None:
    black, grey = np.zeros((48, 56), np.uint8), np.full((48, 56), 120, np.uint8)
    for pictures in ((black,) * 3, (grey,) * 3, (TRIO.a, black, grey), (grey, *TRIO[1:])):
        try:
            expected = metric(*pictures, variant=variant)
        except Undefined:
            with pytest.raises(Undefined):
                metric.map(*pictures, variant=variant).score()
            continue
        found = metric.map(*pictures, variant=variant)
        assert np.isfinite(found.values).all()
        assert found.score() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", [m.name for m, _ in dict(MAPPED).items() if m.channels])
def test_that_colours_share_the_value_of_their_pixel(name: str) -> None:
    found = METRICS[name].map(*COLOURS)
    assert found.values.shape == (48, 56)
    assert found.score() == pytest.approx(METRICS[name](*COLOURS), rel=1e-12)


def test_that_metrics_of_whole_pictures_have_no_map() -> None:
    for name in ("nmi", "q-m", "vif"):
        with pytest.raises(UsageError, match="no value for a single pixel"):
            METRICS[name].map(*TRIO)
    for name, variant in NONE & {(m.name, v) for m in METRICS.values() for v in m.variants}:
        with pytest.raises(MfguiError, match="pixel"):
            METRICS[name].map(*TRIO, variant=variant)


def test_that_windows_lie_around_their_pixels() -> None:
    top, left = AREA[0].start, AREA[1].start
    # The area with all that its windows reach.
    grown = {n: np.s_[top - n : 21 + n, left - n : 33 + n] for n in (3, 5)}
    f, a, b = (plane[grown[5]] for plane in TRIO)
    expected = (literal_ssim(a, f, 255) + literal_ssim(b, f, 255)) / 2
    assert METRICS["ssim-sources"].map(*TRIO).score(INSIDE) == pytest.approx(expected, rel=1e-9)
    assert METRICS["ssim"].map(*TRIO[:2]).score(INSIDE) == pytest.approx(
        literal_ssim(a, f, 255), rel=1e-9
    )
    cut = (plane[grown[3]].astype(float) for plane in TRIO)
    expected = literal_q_y(*cut, bounded=False)
    assert METRICS["q-y"].map(*TRIO).score(INSIDE) == pytest.approx(expected, rel=1e-9)


def test_that_the_border_counts_only_where_windows_lie_beyond_it() -> None:
    border = np.ones((48, 56), bool)
    border[5:-5, 5:-5] = False
    with pytest.raises(Undefined, match="no pixel of the area"):
        METRICS["ssim-sources"].map(*TRIO).score(border)
    assert math.isfinite(METRICS["ssim-sources"].map(*TRIO, variant="toolbox").score(border))
    corner = np.zeros((48, 56), bool)
    corner[3, 3] = True
    assert math.isfinite(METRICS["q-y"].map(*TRIO).score(corner))
    with pytest.raises(Undefined, match="no pixel of the area"):
        METRICS["q-y"].map(*TRIO).score(np.roll(corner, -1, axis=1))


def test_that_q_g_of_an_area_is_that_of_its_edges() -> None:
    f, a, b = TRIO
    over = under = ratios = 0.0
    for y, x in np.argwhere(INSIDE):
        own, *edges = (slopes(plane, y, x, "zero") for plane in (f, a, b))
        terms = [literal_yliu(edge, own) for edge in edges]
        over += sum(kept * weight for kept, weight in terms)
        under += sum(weight for _, weight in terms)
        terms = [literal_zliu(edge, own) for edge in edges]
        ratios += sum(kept * weight for kept, weight in terms) / sum(w for _, w in terms)
    found = METRICS["q-g"].map(*TRIO).score(INSIDE)
    assert found == pytest.approx(over / under, rel=1e-10)
    found = METRICS["q-g"].map(*TRIO, variant="zliu").score(INSIDE)
    assert found == pytest.approx(ratios / INSIDE.sum(), rel=1e-10)


def test_that_q_g_has_no_value_where_no_source_has_an_edge() -> None:
    flat = np.zeros((48, 56), bool)
    flat[2:5, 2:6] = True  # where all are of one grey
    assert all(np.ptp(plane[1:6, 1:7]) == 0 for plane in TRIO[1:])
    with pytest.raises(Undefined, match="no pixel of the area"):
        METRICS["q-g"].map(*TRIO, variant="lft").score(flat)
    assert math.isfinite(METRICS["q-g"].map(*TRIO).score(flat))


@pytest.mark.parametrize("trio", [TRIO, COLOURS], ids=["planes", "colours"])
def test_that_means_over_single_pixels_are_those_of_the_area_cut_out(trio) -> None:
    cut = [plane[AREA] for plane in trio]
    for name, variant in (("psnr-sources", None), ("psnr-sources", "lft"), ("lif", None)):
        found = METRICS[name].map(*trio, variant=variant).score(INSIDE)
        assert found == pytest.approx(METRICS[name](*cut, variant=variant), rel=1e-12), name
    squares = (cut[0].astype(float) - cut[1].astype(float)) ** 2
    expected = 10 * math.log10(255**2 / (squares.sum() / squares.size))
    assert METRICS["psnr"].map(*trio[:2]).score(INSIDE) == pytest.approx(expected, rel=1e-12)
    assert METRICS["psnr"].map(trio.a, trio.a).score(INSIDE) == math.inf


def test_that_differences_of_neighbours_belong_to_the_left_and_the_upper_pixel() -> None:
    f = TRIO.fused.astype(float)
    differences = [
        (f[y, x + 1] - f[y, x], f[y + 1, x] - f[y, x]) for y, x in np.argwhere(INSIDE).tolist()
    ]
    count = len(differences)
    expected = {
        ("gld", None): sum(abs(dx) + abs(dy) for dx, dy in differences) / count,
        ("ag", "forward"): sum(math.hypot(*d) for d in differences) / math.sqrt(2) / count,
        ("ag", "mfif-gan"): sum(math.hypot(*d) for d in differences) / 4 / count,
        ("sf", "pixels"): math.sqrt(sum(dx * dx + dy * dy for dx, dy in differences) / count),
        ("sf", None): math.sqrt(
            sum(dx * dx * 56 / 55 + dy * dy * 48 / 47 for dx, dy in differences) / count
        ),
    }
    for (name, variant), value in expected.items():
        found = METRICS[name].map(TRIO.fused, variant=variant).score(INSIDE)
        assert found == pytest.approx(value, rel=1e-11), (name, variant)


def test_that_q_cb_of_an_area_sees_what_changes_there() -> None:
    f, a, b = TRIO.floats
    worse = f.copy()
    worse[12:18, 18:28] = worse[12:18, 18:28].mean()
    before, after = (METRICS["q-cb"].map(plane, a, b) for plane in (f, worse))
    assert after.score(INSIDE) < before.score(INSIDE) - 0.02
    assert np.isfinite(before.values).all()
    assert before.values.min() >= 0.0
    assert before.values.max() <= 1.0 + 1e-12


def test_that_maps_can_be_finished_elsewhere() -> None:
    found = PixelMap(np.array([[4.0, 16.0]]), finish=math.sqrt)
    assert found.score(np.array([[True, False]])) == 2.0
