"""MSE and RMSE, against a loop over pixels and the published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mfgui.core.errors import UsageError
from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.planes import by_channel
from tests.methods.metrics.pictures import generated, gold_grey, gold_pictures, gold_values

TRIO = generated(12, 15, seed=71)
COLOURS = generated(12, 15, seed=72, channels=3)
THIRD = generated(12, 15, seed=73).a


def squares(x, y):
    pairs = zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)
    return sum((a - b) ** 2 for a, b in pairs)


def literal_errors(fused, *sources):
    """By metric and variant."""
    sums = [squares(fused, source) for source in sources]
    mean = sum(sums) / len(sums) / fused.size
    channels, pixels = fused[0, 0].size, math.prod(fused.shape[:2])
    of_vifb = [math.sqrt(total / channels) / pixels for total in sums]
    return {
        ("mse-sources", "levels"): mean,
        ("mse-sources", "lft"): mean / 255**2,
        ("rmse-sources", "levels"): math.sqrt(mean),
        ("rmse-sources", "vifb"): sum(of_vifb) / len(of_vifb),
    }


@pytest.mark.parametrize("trio", [TRIO, COLOURS], ids=["grey", "colours"])
def test_that_the_error_towards_a_truth_is_in_levels(trio) -> None:
    expected = squares(trio.fused, trio.a) / trio.a.size
    assert METRICS["mse"](trio.fused, trio.a) == pytest.approx(expected, rel=1e-12)
    assert METRICS["rmse"](trio.fused, trio.a) == pytest.approx(math.sqrt(expected), rel=1e-12)


@pytest.mark.parametrize(
    "planes", [TRIO, (*TRIO, THIRD), COLOURS], ids=["grey", "three sources", "colours"]
)
def test_that_errors_towards_sources_are_their_mean(planes) -> None:
    for (name, variant), value in literal_errors(*planes).items():
        measured = METRICS[name](*planes, variant=variant)
        assert measured == pytest.approx(value, rel=1e-12), (name, variant)


def test_that_psnr_is_that_of_the_root() -> None:
    for planes in (TRIO, COLOURS):
        root = METRICS["rmse-sources"](*planes)
        assert METRICS["psnr-sources"](*planes) == pytest.approx(20 * math.log10(255 / root))
        root = METRICS["rmse-sources"](*planes, variant="vifb")
        measured = METRICS["psnr-sources"](*planes, variant="vifb")
        assert measured == pytest.approx(10 * math.log10(255**2 / root), rel=1e-12)


@pytest.mark.parametrize("name", ["mse-sources", "rmse-sources", "psnr-sources"])
def test_that_colours_of_equal_channels_have_the_error_of_one(name: str) -> None:
    metric = METRICS[name]
    colours = [np.repeat(plane[:, :, np.newaxis], 3, axis=2) for plane in TRIO]
    for variant in metric.variants:
        expected = metric(*TRIO, variant=variant)
        assert metric(*colours, variant=variant) == pytest.approx(expected, rel=1e-12), variant


def test_that_equal_pictures_have_no_error() -> None:
    for name in ("mse", "rmse", "mse-sources", "rmse-sources"):
        metric = METRICS[name]
        for variant in metric.variants or (None,):
            assert metric(TRIO.a, TRIO.a, TRIO.a, variant=variant) == 0.0


def test_that_maps_hold_the_squares_and_have_the_scores_of_the_metrics() -> None:
    for name, variant in (
        ("mse", None),
        ("rmse", None),
        ("mse-sources", "levels"),
        ("mse-sources", "lft"),
        ("rmse-sources", "levels"),
    ):
        for planes in (TRIO, COLOURS):
            found = METRICS[name].map(*planes, variant=variant)
            assert found.values.shape == (12, 15)
            assert found.score() == METRICS[name](*planes, variant=variant)
    fused, a, b = (float(plane[3, 4]) for plane in TRIO)
    expected = ((fused - a) ** 2 + (fused - b) ** 2) / 2
    area = np.zeros((12, 15), bool)
    area[3, 4] = True
    assert METRICS["mse-sources"].map(*TRIO).score(area) == pytest.approx(expected)
    root = METRICS["rmse-sources"].map(*TRIO).score(area)
    assert root == pytest.approx(math.sqrt(expected))


def test_that_a_root_of_sums_has_no_map() -> None:
    with pytest.raises(UsageError, match="vifb"):
        METRICS["rmse-sources"].map(*TRIO, variant="vifb")


def test_that_they_equal_the_published_programs() -> None:
    published = gold_values()
    expected = published["MSE", "lft_01_gray8"]
    assert len(expected) == 7
    mse = METRICS["mse-sources"]
    measured = {trio: mse(*gold_grey(trio), variant="lft") for trio in expected}
    assert measured == pytest.approx(expected, rel=1e-9)
    expected = published["RMSE", "vifb"]
    assert len(expected) == 5
    rmse = METRICS["rmse-sources"]
    measured = {t: by_channel(rmse, *gold_pictures(t), variant="vifb") for t in expected}
    assert measured == pytest.approx(expected, rel=1e-9)
