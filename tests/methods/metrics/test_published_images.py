"""All metrics that need no ground truth, against their slow literal versions, on published images.

The images are Lytro pairs and what DSIFT made of them. A part across the boundary of focus is
compared. Where ``MFGUI_WHOLE_PICTURES`` in the environment names a file, it is whole pictures,
which takes minutes, and how far each metric deviates is added to that file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size
from mfgui.methods.metrics import METRICS, Needs
from mfgui.methods.metrics.planes import grey
from mfgui.methods.optimise.mffssim.window import window_size
from tests.methods.metrics.literal import COLOURS, GREY, values
from tests.methods.metrics.pictures import Trio
from tests.methods.metrics.test_focus_map_metrics import literal_q
from tests.methods.published import decision, load_pair

WHOLE = os.environ.get("MFGUI_WHOLE_PICTURES", "")
CORNERS = {"lytro_01": (312, 328), "lytro_06": (224, 160), "lytro_15": (328, 432)}
MOST = 1e-8

of_each_pair = pytest.mark.parametrize("pair", CORNERS)


def part(pair: str, names: str) -> Rect:
    left, top = CORNERS[pair]
    # Five scales need more.
    return Rect(left - 30, top - 96, 184, 176) if "ms-ssim" in names else Rect(left, top, 72, 64)


def pictures(shared_data: Path, pair: str, names: str) -> tuple[Trio, np.ndarray]:
    """(H, W, 3) uint8, and whether A is the nearer source of each pixel."""
    found = load_pair(shared_data, pair)
    fused = found.fused["DSIFT"]
    place = np.s_[:] if WHOLE else part(pair, names).slices
    nearer = decision(found, fused)[place]
    assert 0.1 < nearer.mean() < 0.9
    return Trio(*(picture[place] for picture in (fused, *found.sources))), nearer


def compare(
    trio: Trio, expected: Mapping[tuple[str, str | None], float], pair: str, kind: str
) -> None:
    """With what the program finds."""
    measured = {
        (name, variant): METRICS[name](*trio, variant=variant) for name, variant in expected
    }
    for (name, variant), value in expected.items():
        note(pair, kind, f"{name} {variant or ''}", measured[name, variant], value)
    assert measured == pytest.approx(expected, rel=MOST, abs=MOST)


def note(pair: str, kind: str, what: str, measured: float, expected: float) -> None:
    if WHOLE:
        gap = abs(measured - expected) / max(1.0, abs(expected))
        with Path(WHOLE).open("a") as lines:
            lines.write(f"{pair},{kind},{what.strip()},{measured:.12g},{gap:.3e}\n")


@of_each_pair
@pytest.mark.parametrize("names", GREY)
def test_that_metrics_of_grey_planes_equal_their_definitions(
    shared_data: Path, pair: str, names: str
) -> None:
    colours, _ = pictures(shared_data, pair, names)
    planes = Trio(*map(grey, colours))
    compare(planes, values(names, GREY[names], planes), pair, "grey")


@of_each_pair
@pytest.mark.parametrize("names", COLOURS)
def test_that_metrics_of_colours_equal_their_definitions(
    shared_data: Path, pair: str, names: str
) -> None:
    colours, _ = pictures(shared_data, pair, names)
    compare(colours, values(names, COLOURS[names], colours), pair, "colours")


@of_each_pair
def test_that_q_equals_its_definition(shared_data: Path, pair: str) -> None:
    (fused, *sources), nearer = pictures(shared_data, pair, "q")
    labels = np.where(nearer, 1, 2).astype(np.uint8)
    window = window_size("released", Size(*reversed(labels.shape)))
    assert window == (13 if WHOLE else 3)
    expected = np.nanmean(literal_q(fused, labels, sources, window))
    measured = METRICS["q"](fused, labels, *sources)
    note(pair, "colours", "q", measured, expected)
    assert measured == pytest.approx(expected, rel=MOST, abs=MOST)


def test_that_every_metric_without_a_truth_is_compared() -> None:
    free = {m.name: m for m in METRICS.values() if m.needs in (Needs.NOTHING, Needs.SOURCES)}
    assert sorted(free) == sorted(" ".join(GREY).split())
    coloured = [name for name, metric in free.items() if metric.channels]
    assert sorted(coloured) == sorted(" ".join(COLOURS).split())
    others = {m.name for m in METRICS.values() if m.needs not in (Needs.TRUTH, Needs.MAPS)}
    assert others - set(free) == {"q"}
