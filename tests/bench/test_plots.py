"""Plots as SVG text and as pixels."""

import io
import math
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

from mfgui.bench import plot_raster, plots
from mfgui.bench.plots import COLOURS, Area, Dot, Figure, Panel, Series, Stroke, Words

SVG = "{http://www.w3.org/2000/svg}"


def figure(*series: Series, **panel: object) -> Figure:
    return Figure("A <title>", [Panel("panel", "x", "y", series, **panel)])  # type: ignore[arg-type]


def of_kind(kind: type, drawn: Figure) -> list:  # type: ignore[type-arg]
    return [mark for mark in plots.lay_out(drawn).marks if isinstance(mark, kind)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-10.0, 10.0, [-10.0, -5.0, 0.0, 5.0, 10.0]),
        (0.13, 0.19, [0.13, 0.14, 0.15, 0.16, 0.17, 0.18, 0.19]),
        (3.0, 3.0, [3.0]),
    ],
)
def test_that_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert plots.ticks(low, high) == pytest.approx(expected)


def test_that_points_lie_where_their_numbers_say() -> None:
    line = Series("a", [(0.0, 10.0), (1.0, 20.0), (2.0, 30.0)], band=[(0, 9, 11), (2, 28, 32)])
    drawn = figure(line)
    (stroke,) = (s for s in of_kind(Stroke, drawn) if s.colour == COLOURS[0] and len(s.points) == 3)
    (x0, y0), (x1, y1), (x2, y2) = stroke.points
    assert x1 - x0 == pytest.approx(x2 - x1)
    assert y0 - y1 == pytest.approx(y1 - y2)
    assert y0 > y1
    (band,) = of_kind(Area, drawn)
    assert len(band.points) == 4
    assert min(y for _, y in band.points) < y2  # 32 lies above 30
    ticks = {mark.text: mark for mark in of_kind(Words, drawn)}
    assert ticks["20"].y - 4.0 == pytest.approx(y1)
    assert "0" not in {mark.text for mark in of_kind(Words, drawn) if mark.anchor == "end"}


def test_that_what_is_not_finite_is_left_out() -> None:
    drawn = figure(Series("a", [(0.0, math.inf), (1.0, 2.0), (2.0, math.nan), (3.0, 4.0)]))
    (stroke,) = (s for s in of_kind(Stroke, drawn) if s.colour == COLOURS[0] and s.width == 2.0
                 and s.points[1][0] - s.points[0][0] > 30)  # fmt: skip
    assert len(stroke.points) == 2
    nothing = figure(Series("a", [(0.0, math.nan)]))
    assert ElementTree.fromstring(plots.svg(nothing)) is not None
    logarithmic = figure(Series("a", [(0.0, 1.0), (1.0, 2.0), (100.0, 3.0)]), logarithmic=True)
    texts = [mark.text for mark in of_kind(Words, logarithmic)]
    assert {"1", "10", "100"} <= set(texts)


def test_that_boxes_show_quartiles() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 9.0]
    drawn = figure(Series("a", [(0.0, v) for v in values], kind="boxes"), names=["one"])
    box = of_kind(Area, drawn)[-1]
    whisker, median = (s for s in of_kind(Stroke, drawn) if s.colour == COLOURS[0])
    top, bottom = (min(y for _, y in whisker.points), max(y for _, y in whisker.points))

    def height(value: float) -> float:
        return bottom - (bottom - top) * (value - 1.0) / 8.0

    assert sorted({round(y, 6) for _, y in box.points}) == [
        pytest.approx(height(4.0)),
        pytest.approx(height(2.0)),
    ]
    assert median.points[0][1] == pytest.approx(height(3.0))


def test_that_names_that_would_touch_stand_upright() -> None:
    points = [(float(k), 1.0 * k) for k in range(9)]
    few = figure(Series("a", points[:2], kind="dots"), names=["one", "two"])
    many = figure(
        Series("a", points, kind="dots"), names=[f"detector number {k}" for k in range(9)]
    )
    assert not any(m.upright for m in of_kind(Words, few) if m.text == "one")
    upright = [m for m in of_kind(Words, many) if m.text.startswith("detector")]
    assert len(upright) == 9
    assert all(mark.upright for mark in upright)
    legend = next(m for m in of_kind(Words, many) if m.text == "a")
    assert max(mark.y for mark in upright) < legend.y
    assert len(of_kind(Dot, many)) == 9 + 1  # and in the legend


def test_that_the_document_is_well_formed_and_holds_all_words() -> None:
    drawn = figure(
        Series("a & b", [(0, 1), (1, 2)], dashed=True, marked=True), Series("c", [(0, 0)])
    )
    root = ElementTree.fromstring(plots.svg(drawn))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"A <title>", "panel", "x", "y", "a & b", "c"} <= set(texts)
    dashed = [e for e in root.iter(f"{SVG}polyline") if e.get("stroke-dasharray")]
    assert len(dashed) == 2  # and in the legend


def test_that_pixels_show_the_same(tmp_path: object) -> None:
    drawn = figure(Series("line", [(0, 1), (1, 2)]), Series("dots", [(0.5, 1.5)], kind="dots"))
    sheet = plots.lay_out(drawn)
    pixels = np.asarray(Image.open(io.BytesIO(plot_raster.png(drawn, scale=1))))
    assert pixels.shape == (round(sheet.height), round(sheet.width), 3)
    for dot in of_kind(Dot, drawn):
        wanted = tuple(int(dot.colour[i : i + 2], 16) for i in (1, 3, 5))
        assert tuple(pixels[round(dot.y), round(dot.x)]) == wanted
    (line,) = (s for s in of_kind(Stroke, drawn) if s.colour == COLOURS[0] and s.width == 2.0
               and s.points[0][1] != s.points[1][1])  # fmt: skip
    (x0, y0), (x1, y1) = line.points
    quarter = pixels[round(y0 + (y1 - y0) / 4), round(x0 + (x1 - x0) / 4)]
    assert quarter[2] > 150
    assert quarter[0] < 120
    assert (pixels[0, 0] == 255).all()
