"""The values between which the table says that metrics lie."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfgui.methods.metrics import METRICS, Direction, Metric, Needs
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated

HEIGHT, WIDTH = 48, 52
ROUNDING = 1e-6
ON_PLANES = {name: metric for name, metric in METRICS.items() if metric.on_planes}


@cache
def picture(kind: str, seed: int) -> np.ndarray:
    """Whole numbers or not, with much contrast, little, or none."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((HEIGHT, WIDTH))
    match kind:
        case "flat":
            return np.full((HEIGHT, WIDTH), (0, 1, 128, 254, 255)[seed % 5], np.uint8)
        case "noise":
            return rng.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
        case "fine":
            return rng.uniform(0.0, 255.0, (HEIGHT, WIDTH))
        case "extreme":
            return np.where(rng.random((HEIGHT, WIDTH)) < 0.5, 0, 255).astype(np.uint8)
        case "checks":
            return ((x // (1 + seed) + y // (1 + seed)) % 2 * 255).astype(np.uint8)
        case "halves":
            return np.where((x if seed % 2 else y) < 20 + seed, 0, 255).astype(np.uint8)
        case "faint":
            return 100 + (rng.random((HEIGHT, WIDTH)) < 0.002).astype(np.uint8)
        case "ramp":
            return np.rint(x * (255.0 / (WIDTH - 1))).astype(np.uint8)
    trio = generated(HEIGHT, WIDTH, seed=seed // 3)
    return trio[seed % 3] if kind == "texture" else 255 - trio[seed % 3]


KINDS = [
    "flat",
    "noise",
    "fine",
    "extreme",
    "checks",
    "halves",
    "faint",
    "ramp",
    "texture",
    "negative",
]
PICTURES = st.tuples(st.sampled_from(KINDS), st.integers(0, 8)).map(lambda of: picture(*of))


@pytest.mark.parametrize("metric", ON_PLANES.values(), ids=ON_PLANES)
@settings(max_examples=40)
@given(fused=PICTURES, others=st.lists(PICTURES, min_size=2, max_size=4), alike=st.booleans())
def test_that_values_lie_between_the_bounds(
    metric: Metric, fused: np.ndarray, others: list[np.ndarray], alike: bool
) -> None:
    chosen = [fused, *others[1:]] if alike else others
    if metric.needs is Needs.TRUTH:
        chosen = chosen[:1]
    elif not metric.many:
        chosen = chosen[:2]
    try:
        value = metric(fused, *chosen)
    except Undefined:
        return
    assert metric.low - ROUNDING <= value <= metric.high + ROUNDING


@pytest.mark.parametrize("name", ["nmi", "ssim", "ssim-sources", "q-y", "cc", "q-cb"])
def test_that_the_best_value_is_reached(name: str) -> None:
    """By equal pictures."""
    metric, plane = METRICS[name], picture("texture", 0)
    others = [plane] * (1 if metric.needs is Needs.TRUTH else 2)
    assert metric.direction is Direction.HIGHER
    assert metric(plane, *others) == pytest.approx(metric.high, rel=1e-9)


def test_that_extreme_pictures_reach_the_bounds_of_statistics() -> None:
    stripes = np.indices((6, 8)).sum(axis=0) % 2 * 255
    assert METRICS["sf"](stripes) == pytest.approx(METRICS["sf"].high)
    assert METRICS["sd"](stripes) == METRICS["sd"].high
    assert METRICS["en"](np.arange(256).reshape(16, 16)) == METRICS["en"].high
    # A single value has no root to be divided by, but two have.
    assert METRICS["msd"](stripes[:1, :2]) == pytest.approx(METRICS["msd"].high / math.sqrt(2))
    assert METRICS["psnr"](stripes, 255 - stripes) == pytest.approx(METRICS["psnr"].low)
    fuzzy = np.full((3, 3), 170.0)  # sin(pi / 6) = 1 / 2
    assert METRICS["lif"](fuzzy) == pytest.approx(METRICS["lif"].high)
    assert METRICS["lif"](stripes) == pytest.approx(METRICS["lif"].low, abs=1e-12)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_that_a_metric_says_what_it_is_in_a_sentence(metric: Metric) -> None:
    assert metric.about[0].isupper()
    assert metric.about.endswith(".")
    assert 20 <= len(metric.about) <= 160
    assert metric.low < metric.high
