"""Plots of a report as SVG: the scores of every set, method by method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from mfgui.bench.columns import Column, digits
from mfgui.core.score_table import shown_number

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BOTTOM = 600, 170, 16, 8, 22, 30
_LABEL = 25  # characters that fit beside a row


def plot(
    column: Column,
    values: Mapping[str, Sequence[float | None]],
    sets: Sequence[str],
    best: frozenset[str],
) -> str:
    """Dots for the sets, a box from the lower to the upper quartile with the median in it.

    Parameters
    ----------
    values : mapping
        By label, in the order of `sets`.
    best : frozenset of str
        Labels to be stressed.

    Returns
    -------
    str
        One ``svg`` element; colours come from the page.
    """
    finite = [v for row in values.values() for v in row if v is not None and math.isfinite(v)]
    if not finite:
        return ""
    scale = _Scale.of(finite)
    height = _TOP + _ROW * len(values) + _BOTTOM
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(column.title)}, set by set">'
    ]
    parts += _axis(scale, height, digits(finite))
    for number, (label, row) in enumerate(values.items()):
        middle = _TOP + _ROW * number + _ROW / 2
        weight = ' class="best"' if label in best else ""
        parts.append(
            f'<text x="{_LEFT - 10}" y="{middle + 4:.1f}" text-anchor="end"{weight}>'
            f"{escape(_shortened(label))}<title>{escape(label)}</title></text>"
        )
        parts += _row(scale, middle, row, sets)
    return "".join([*parts, "</svg>"])


class _Scale:
    """From values to places across the plot."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    @classmethod
    def of(cls, values: Sequence[float]) -> _Scale:
        low, high = min(values), max(values)
        margin = 0.04 * (high - low) or 0.05 * max(abs(high), 1e-3)
        return cls(low - margin, high + margin)

    def place(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def ticks(self) -> list[float]:
        """Four to nine round numbers."""
        span = self.high - self.low
        step: float = 10.0 ** math.floor(math.log10(span))
        step *= next(f for f in (1.0, 0.5, 0.2, 0.1) if span / (step * f) >= 4.0)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [number * step for number in range(first, last + 1)]


def _axis(scale: _Scale, height: int, places: int) -> list[str]:
    bottom = height - _BOTTOM
    parts = []
    for tick in scale.ticks():
        x = f"{scale.place(tick):.1f}"
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP}" y2="{bottom}"/>')
        text = shown_number(tick, places).rstrip("0").rstrip(".") if places else f"{tick:g}"
        parts.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{text or "0"}</text>')
    return parts


def _row(
    scale: _Scale, middle: float, row: Sequence[float | None], sets: Sequence[str]
) -> list[str]:
    known = [(n, v) for n, v in enumerate(row) if v is not None and math.isfinite(v)]
    if not known:
        return []
    low, median, high = (
        scale.place(float(q)) for q in np.percentile([v for _, v in known], [25, 50, 75])
    )
    parts = [
        f'<rect class="box" x="{low:.1f}" y="{middle - 7:.1f}" width="{high - low:.1f}" '
        'height="14" rx="3"/>',
        f'<line class="median" x1="{median:.1f}" x2="{median:.1f}" y1="{middle - 8:.1f}" '
        f'y2="{middle + 8:.1f}"/>',
    ]
    for number, value in known:
        # Side by side, so that sets with the same value are seen.
        y = middle + (number % 5 - 2) * 2.2
        parts.append(
            f'<circle cx="{scale.place(value):.1f}" cy="{y:.1f}" r="2.6">'
            f"<title>{escape(sets[number])}: {value:.6g}</title></circle>"
        )
    return parts


def _shortened(label: str) -> str:
    return label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"
