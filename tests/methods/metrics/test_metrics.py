"""The table of metrics, the planes they take, and what all of them keep to."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

from mfgui.core.errors import UsageError
from mfgui.methods import metrics
from mfgui.methods.metrics import METRICS, Metric, Needs
from mfgui.methods.metrics.planes import by_channel, grey, luma, side_by_side
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated

FOLDER = Path(inspect.getfile(metrics)).parent
SHARED = {
    "__init__",
    "boxes",
    "correlation",
    "fmi_features",
    "fmi_kernels",
    "gradients",
    "histograms",
    "information_scales",
    "measures",
    "metric",
    "phase_congruency",
    "pixel_map",
    "planes",
    "structure",
    "tables",
    "undefined",
    "windows",
}
TRIO = generated(48, 56, seed=12)
LARGE = generated(176, 180, seed=12)  # for five scales
ON_PLANES = {name: metric for name, metric in METRICS.items() if metric.on_planes}
ALL = [(metric, variant) for metric in ON_PLANES.values() for variant in metric.variants or (None,)]
IDS = [f"{metric.name} {variant or ''}".strip() for metric, variant in ALL]


def test_that_every_module_of_a_metric_is_in_the_table() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} - SHARED
    assert {metric.function.partition(".")[0] for metric in METRICS.values()} == modules
    assert all(name == metric.name for name, metric in METRICS.items())


@pytest.mark.parametrize("metric", ON_PLANES.values(), ids=ON_PLANES)
def test_that_the_table_says_what_the_function_takes(metric: Metric) -> None:
    module, _, name = metric.function.partition(".")
    function = getattr(import_module(f"{metrics.__name__}.{module}"), name)
    parameters = inspect.signature(function).parameters
    taken = [name for name in parameters if name != "variant"]
    if metric.needs is Needs.NOTHING:
        assert taken == ["fused"]
    elif metric.needs is Needs.SOURCES and not metric.many:
        assert taken == ["fused", "a", "b"]
    else:
        assert parameters[taken[1]].kind is inspect.Parameter.VAR_POSITIONAL
    if metric.variants:
        assert set(metric.variants) <= set(get_args(get_type_hints(function)["variant"]))
        assert parameters["variant"].default == metric.variants[0]
        assert parameters["variant"].kind is inspect.Parameter.KEYWORD_ONLY
        with pytest.raises(UsageError, match="no variant other; there are"):
            metric(*TRIO, variant="other")
    else:
        with pytest.raises(UsageError, match="no variant other; it has none"):
            metric(*TRIO, variant="other")


def test_that_the_table_imports_nothing_before_a_metric_is_called() -> None:
    code = (
        "import sys, mfgui.methods.metrics;"
        "told = 'mfgui.methods.metrics.metric', 'mfgui.methods.metrics.catalogue';"
        "print({name for name in sys.modules"
        " if 'methods.metrics.' in name and not name.startswith(told)}"
        " | set(sys.modules) & {'numpy', 'cv2', 'scipy', 'skimage'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(("metric", "variant"), ALL, ids=IDS)
def test_that_metrics_leave_their_planes_and_do_not_depend_on_their_layout(
    metric: Metric, variant: str | None
) -> None:
    trio = LARGE if metric.name.startswith("ms-ssim") else TRIO
    kept = [plane.copy() for plane in trio]
    value = metric(*trio, variant=variant)
    assert isinstance(value, float)
    assert math.isfinite(value)
    floats = [np.asfortranarray(plane, np.float64) for plane in trio]
    for plane in floats:
        plane.flags.writeable = False
    assert metric(*floats, variant=variant) == value
    if metric.needs is Needs.SOURCES:
        assert metric(trio.fused, trio.b, trio.a, variant=variant) == pytest.approx(value)
    for plane, before in zip(trio, kept, strict=True):
        np.testing.assert_array_equal(plane, before)


LEVELS = (0, 1, 100, 255)


@pytest.mark.parametrize(("metric", "variant"), ALL, ids=IDS)
def test_that_degenerate_pictures_give_a_value_or_a_reason(
    metric: Metric, variant: str | None
) -> None:
    flat = [np.full((48, 56), level, np.uint8) for level in LEVELS]
    half = np.where(np.arange(56) < 28, 0, 255).astype(np.uint8) + np.zeros((48, 1), np.uint8)
    some = [*flat, half, TRIO.a]
    small = [np.full((1, 1), 7, np.uint8)] * 3, [np.arange(3, dtype=np.uint8)[None]] * 3
    for trio in (*((f, a, b) for f in some for a in some for b in (flat[2], TRIO.a)), *small):
        with suppress(Undefined):
            assert not math.isnan(metric(*trio, variant=variant))


@pytest.mark.parametrize("metric", ON_PLANES.values(), ids=ON_PLANES)
def test_that_wrong_planes_are_told(metric: Metric) -> None:
    plane = TRIO.a.astype(float)
    wrong = plane.copy()
    wrong[3, 3] = math.nan
    for bad in (wrong, plane - 300, plane * 2, plane[:0], plane[0], np.stack([plane] * 2)[None]):
        with pytest.raises(UsageError):
            metric(bad, bad, bad)
    if metric.needs is not Needs.NOTHING:
        with pytest.raises(UsageError, match="one size"):
            metric(plane, plane[:-1], plane)
        with pytest.raises(UsageError, match=f"needs {metric.needs.value}"):
            metric(plane)
    if not metric.channels:
        with pytest.raises(UsageError, match=r"planes \(H, W\)"):
            metric(*[np.zeros((48, 56, 3))] * 3)
    if metric.needs is Needs.SOURCES and not metric.many:
        with pytest.raises(UsageError, match="for pairs only"):
            metric(*[plane] * 4)


def test_that_grey_is_rounded_luma_of_the_ntsc_weights() -> None:
    colours = generated(9, 11, seed=2, channels=3).fused
    red, green, blue = (colours[:, :, n].astype(float) for n in range(3))
    expected = 0.298936 * red + 0.587043 * green + 0.114021 * blue
    np.testing.assert_allclose(luma(colours), expected, rtol=1e-14)
    np.testing.assert_array_equal(grey(colours), np.floor(expected + 0.5))
    single = colours[:, :, :1]
    np.testing.assert_array_equal(grey(single), single[:, :, 0])
    deep = single.astype(np.uint16) * 257
    np.testing.assert_allclose(luma(deep), single[:, :, 0], rtol=1e-12)


def test_that_planes_side_by_side_and_by_channel_are_those_of_the_picture() -> None:
    colours = generated(9, 11, seed=2, channels=3)
    beside = side_by_side(colours.fused)
    assert beside.shape == (9, 33)
    for n in range(3):
        np.testing.assert_array_equal(beside[:, 11 * n : 11 * n + 11], colours.fused[:, :, n])
    parts = [METRICS["nmi"](*(picture[:, :, n] for picture in colours)) for n in range(3)]
    assert by_channel(METRICS["nmi"], *colours) == pytest.approx(sum(parts) / 3)
