"""Plots of tables: lines with bands, dots and boxes on axes with ticks, as SVG text.

A `Figure` is laid out once into marks (`Stroke`, `Area`, `Dot`, `Words`), from which `svg` writes
text and `mfgui.bench.plot_raster` paints pixels, so that both show the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias
from xml.sax.saxutils import escape

from mfgui import resources
from mfgui.files.font_files import Font, read_font

# Okabe and Ito, told apart by eyes of every kind; yellow is too pale on white.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8c564b")
_INK, _PALE, _GROUND = "#282828", "#e1e1e1", "#ffffff"
_SIZE, _SMALL = 13.0, 11.0  # of letters
_LEFT, _TOP, _BOTTOM, _GAP = 76.0, 58.0, 52.0, 18.0  # of a panel and between them
_LEGEND_ROW, _KEY = 20.0, 26.0
_DASH = 6.0

Kind = Literal["line", "dots", "boxes"]
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """Numbers of one name.

    Attributes
    ----------
    points : sequence of (x, y)
        Those that are not finite are left out.
    band : sequence of (x, low, high)
        Shown as an area along a line, as whiskers at dots.
    kind : {"line", "dots", "boxes"}
        Of boxes, all points of one x are one box: quartiles, median, and the whole range.
    dashed, marked : bool
        Of a line: broken; with a dot at each point.
    colour : int
        Which of `COLOURS`; that of its place among the names of the figure without.
    """

    name: str
    points: Sequence[Point]
    band: Sequence[tuple[float, float, float]] = ()
    kind: Kind = "line"
    dashed: bool = False
    marked: bool = False
    colour: int | None = None


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    Attributes
    ----------
    names : sequence of str
        What stands below x = 0, 1, ..., in the place of numbers.
    logarithmic : bool
        Of the x axis; points at x <= 0 are left out then.
    limits : (low, high), optional
        Of the y axis.
    """

    title: str
    x: str
    y: str
    series: Sequence[Series]
    names: Sequence[str] = ()
    logarithmic: bool = False
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class Figure:
    """Panels side by side below a title, above the legend of all."""

    title: str
    panels: Sequence[Panel]
    width: float = 460.0  # of a panel
    height: float = 340.0


@dataclass(frozen=True)
class Stroke:
    points: tuple[Point, ...]
    colour: str
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True)
class Area:
    points: tuple[Point, ...]
    colour: str
    opacity: float = 0.2


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    radius: float
    colour: str


@dataclass(frozen=True)
class Words:
    """Text from its base line; upright text reads from bottom to top."""

    x: float
    y: float
    text: str
    size: float = _SIZE
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False
    upright: bool = False
    colour: str = _INK


Mark: TypeAlias = Stroke | Area | Dot | Words


@dataclass(frozen=True)
class Sheet:
    """A figure laid out, in pixels from the top left."""

    width: float
    height: float
    marks: tuple[Mark, ...] = field(repr=False)


def ticks(low: float, high: float, *, most: int = 7) -> list[float]:
    """Round numbers within low ... high, at most `most` of them.

    >>> ticks(0.0, 0.5)
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    """
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    rough = span / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1.0, 2.0, 2.5, 5.0, 10.0) if power * k >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def lay_out(figure: Figure) -> Sheet:
    """All marks of a figure."""
    names = list(dict.fromkeys(s.name for panel in figure.panels for s in panel.series))
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    for panel in figure.panels:
        fixed = {
            s.name: COLOURS[s.colour % len(COLOURS)] for s in panel.series if s.colour is not None
        }
        colours.update(fixed)
    width = max(1, len(figure.panels)) * (figure.width + _GAP) + _GAP
    marks: list[Mark] = [Words(_GAP, 26.0, figure.title, size=15.0, bold=True)]
    for index, panel in enumerate(figure.panels):
        left = _GAP + index * (figure.width + _GAP)
        slanted = _longest(panel.names) - 24.0 if _crowded(panel, figure.width) else 0.0
        box = (left + _LEFT, _TOP, left + figure.width, figure.height - _BOTTOM - slanted)
        marks += _Axes(panel, box, slanted > 0).marks(colours)
    legend, bottom = _legend(figure, colours, width, figure.height + 4.0)
    return Sheet(width, bottom + 8.0, (*marks, *legend))


def svg(figure: Figure) -> str:
    """The figure as an SVG document, for a file or inside HTML."""
    sheet = lay_out(figure)
    size = f"{_n(sheet.width)} {_n(sheet.height)}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{_n(sheet.width)}" '
        f'height="{_n(sheet.height)}" font-family="Inter, Helvetica, Arial, sans-serif">'
    )
    ground = f'<rect width="100%" height="100%" fill="{_GROUND}"/>'
    return "\n".join([head, ground, *map(_element, sheet.marks), "</svg>"]) + "\n"


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Of a line of text, in pixels."""
    return font(bold=bold).width(text, size)


@lru_cache(maxsize=2)
def font(*, bold: bool) -> Font:
    """The font of plots."""
    return read_font(resources.path("fonts") / f"Inter-{'SemiBold' if bold else 'Regular'}.otf")


def _longest(names: Sequence[str]) -> float:
    return max((text_width(name, _SMALL) for name in names), default=0.0)


def _crowded(panel: Panel, width: float) -> bool:
    """Whether the names below the axis would touch each other."""
    room = (width - _LEFT) / max(1, len(panel.names))
    return bool(panel.names) and _longest(panel.names) + 6.0 > room


class _Axes:
    """Where the numbers of a panel lie."""

    def __init__(self, panel: Panel, box: tuple[float, float, float, float], slanted: bool) -> None:
        self._panel, self._box, self._slanted = panel, box, slanted
        points = [point for series in panel.series for point in self._shown(series)]
        lows = [(x, low) for series in panel.series for x, low, _ in self._bands(series)]
        highs = [(x, high) for series in panel.series for x, _, high in self._bands(series)]
        every = [*points, *lows, *highs] or [(0.0, 0.0)]
        xs = [self._x_value(x) for x, _ in every]
        ys = [y for _, y in every] if panel.limits is None else list(panel.limits)
        if panel.names:
            self._low_x, self._high_x = -0.5, len(panel.names) - 0.5
        else:
            self._low_x, self._high_x = _wide(min(xs), max(xs), 0.0)
        self._low_y, self._high_y = _wide(min(ys), max(ys), 0.04)

    def marks(self, colours: dict[str, str]) -> Iterator[Mark]:
        yield from self._frame()
        shown = [series for series in self._panel.series if series.kind != "line"]
        for series in self._panel.series:
            yield from self._series(series, colours[series.name], shown)

    def _x_value(self, x: float) -> float:
        return math.log10(x) if self._panel.logarithmic else x

    def _counts(self, *values: float) -> bool:
        if self._panel.logarithmic and values[0] <= 0:
            return False
        return all(map(math.isfinite, values))

    def _shown(self, series: Series) -> list[Point]:
        return [point for point in series.points if self._counts(*point)]

    def _bands(self, series: Series) -> list[tuple[float, float, float]]:
        return [part for part in series.band if self._counts(*part)]

    def _place(self, x: float, y: float) -> Point:
        left, top, right, bottom = self._box
        across = (self._x_value(x) - self._low_x) / (self._high_x - self._low_x)
        up = (y - self._low_y) / (self._high_y - self._low_y)
        return left + (right - left) * across, bottom - (bottom - top) * min(1.0, max(0.0, up))

    def _frame(self) -> Iterator[Mark]:
        left, top, right, bottom = self._box
        panel = self._panel
        yield Words(left, top - 12.0, panel.title, bold=True)
        told_heights = _labelled(ticks(self._low_y, self._high_y))
        for value, told in told_heights:
            height = bottom - (bottom - top) * (value - self._low_y) / (self._high_y - self._low_y)
            yield Stroke(((left, height), (right, height)), _PALE)
            yield Words(left - 6.0, height + 4.0, told, size=_SMALL, anchor="end")
        yield Stroke(((left, bottom), (right, bottom)), _INK)
        yield from self._below()
        yield Words(right, self._box[3] + 40.0 if not self._slanted else bottom + 16.0, panel.x,
                    size=_SMALL, anchor="end")  # fmt: skip
        away = 16.0 + max(text_width(told, _SMALL) for _, told in told_heights)
        yield Words(left - away, (top + bottom) / 2, panel.y, _SMALL, "middle", upright=True)

    def _below(self) -> Iterator[Mark]:
        bottom = self._box[3]
        if self._panel.names:
            for index, name in enumerate(self._panel.names):
                x, _ = self._place(float(index), 0.0)
                if self._slanted:
                    x, room = x + 4.0, text_width(name, _SMALL)
                    yield Words(x, bottom + 8.0 + room, name, _SMALL, "start", upright=True)
                else:
                    yield Words(x, bottom + 18.0, name, _SMALL, "middle")
            return
        if self._panel.logarithmic:
            first, last = math.ceil(self._low_x - 1e-9), math.floor(self._high_x + 1e-9)
            marked = [(10.0**k, f"{10.0**k:g}") for k in range(first, last + 1)]
        else:
            marked = _labelled(ticks(self._low_x, self._high_x))
        for value, told in marked:
            x, _ = self._place(value, 0.0)
            yield Stroke(((x, bottom), (x, bottom + 4.0)), _INK)
            yield Words(x, bottom + 18.0, told, _SMALL, "middle")

    def _series(self, series: Series, colour: str, shown: Sequence[Series]) -> Iterator[Mark]:
        if series.kind == "line":
            yield from self._line(series, colour)
            return
        # Dots and boxes of several series at one name stand side by side.
        share = (shown.index(series) + 0.5) / len(shown) - 0.5 if self._panel.names else 0.0
        for x in dict.fromkeys(x for x, _ in self._shown(series)):
            ys = sorted(y for other, y in self._shown(series) if other == x)
            if series.kind == "boxes":
                yield from self._box_of(x + 0.8 * share, ys, colour, 0.32 / len(shown))
            else:
                whiskers = [part for part in self._bands(series) if part[0] == x]
                for _, low, high in whiskers:
                    ends = (self._place(x + 0.8 * share, low), self._place(x + 0.8 * share, high))
                    yield Stroke(ends, colour, 1.5)
                for y in ys:
                    yield Dot(*self._place(x + 0.8 * share, y), 3.5, colour)

    def _line(self, series: Series, colour: str) -> Iterator[Mark]:
        band = self._bands(series)
        if len(band) > 1:
            upper = [self._place(x, high) for x, _, high in band]
            lower = [self._place(x, low) for x, low, _ in reversed(band)]
            yield Area((*upper, *lower), colour)
        points = tuple(self._place(x, y) for x, y in self._shown(series))
        if len(points) > 1:
            yield Stroke(points, colour, 2.0, series.dashed)
        if series.marked or len(points) == 1:
            for point in points:
                yield Dot(*point, 3.0, colour)

    def _box_of(self, x: float, ys: Sequence[float], colour: str, half: float) -> Iterator[Mark]:
        low, quarter, middle, three, high = (_quantile(ys, q) for q in (0.0, 0.25, 0.5, 0.75, 1.0))
        yield Stroke((self._place(x, low), self._place(x, high)), colour, 1.5)
        corners = ((x - half, quarter), (x + half, quarter), (x + half, three), (x - half, three))
        yield Area(tuple(self._place(*corner) for corner in corners), _GROUND, 1.0)
        yield Area(tuple(self._place(*corner) for corner in corners), colour, 0.35)
        yield Stroke((self._place(x - half, middle), self._place(x + half, middle)), colour, 2.5)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _wide(low: float, high: float, margin: float) -> tuple[float, float]:
    """The range with a margin; never empty."""
    if high <= low:
        half = 0.5 * abs(low) or 0.5
        return low - half, high + half
    return low - margin * (high - low), high + margin * (high - low)


def _labelled(values: Sequence[float]) -> list[tuple[float, str]]:
    """Numbers with as many digits as tell them apart."""
    step = values[1] - values[0] if len(values) > 1 else 1.0
    largest = max((abs(value) for value in values), default=0.0)
    if largest >= 1e6 or step < 1e-6:
        return [(value, f"{value:.4g}") for value in values]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    digits += round(step, digits) != float(f"{step:.12g}")
    return [(value, f"{value:.{digits}f}") for value in values]


def _legend(
    figure: Figure, colours: dict[str, str], width: float, top: float
) -> tuple[list[Mark], float]:
    """Keys and names in rows; and where they end."""
    series = {s.name: s for panel in figure.panels for s in panel.series}
    marks: list[Mark] = []
    x, y = _GAP + _LEFT, top
    for name, one in series.items():
        room = _KEY + text_width(name, _SMALL) + 22.0
        if x + room > width and x > _GAP + _LEFT:
            x, y = _GAP + _LEFT, y + _LEGEND_ROW
        if one.kind == "line":
            marks.append(Stroke(((x, y), (x + 20.0, y)), colours[name], 2.0, one.dashed))
        else:
            marks.append(Dot(x + 10.0, y, 3.5, colours[name]))
        marks.append(Words(x + _KEY, y + 4.0, name, size=_SMALL))
        x += room
    return marks, y + _LEGEND_ROW / 2


def _element(mark: Mark) -> str:
    """A mark in SVG."""
    if isinstance(mark, Dot):
        place = f'cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="{_n(mark.radius)}"'
        return f'<circle {place} fill="{mark.colour}"/>'
    if isinstance(mark, Words):
        turn = f' transform="rotate(-90 {_n(mark.x)} {_n(mark.y)})"' if mark.upright else ""
        weight = ' font-weight="600"' if mark.bold else ""
        return (
            f'<text x="{_n(mark.x)}" y="{_n(mark.y)}" font-size="{_n(mark.size)}" '
            f'text-anchor="{mark.anchor}" fill="{mark.colour}"{weight}{turn}>'
            f"{escape(mark.text)}</text>"
        )
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in mark.points)
    if isinstance(mark, Area):
        return f'<polygon points="{points}" fill="{mark.colour}" fill-opacity="{mark.opacity:g}"/>'
    dash = f' stroke-dasharray="{_n(_DASH)}"' if mark.dashed else ""
    return (
        f'<polyline points="{points}" fill="none" stroke="{mark.colour}" '
        f'stroke-width="{_n(mark.width)}"{dash}/>'
    )


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
