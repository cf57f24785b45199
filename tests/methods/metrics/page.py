"""The page on the metrics, made from the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from mfgui.cli.metric_facts import sources, views
from mfgui.methods.metrics import METRICS, Family, Metric
from mfgui.methods.metrics.tables import TABLES, Column

INTRODUCTION = """# Metrics

`mfgui score FUSED... --sources A B... [--reference GT]` computes them, `mfgui metrics NAME` prints
what stands here of one. Names of papers hide different definitions, whose numbers cannot be
compared: the **variant** is always told beside a number, and the default is the first one here.

A metric is written `NAME`, `NAME:VARIANT`, `NAME@VIEW` or `NAME:VARIANT@VIEW`. The view is what of
a picture it is computed on, in values of 0 to 255: `grey` (rounded to 8 bits), `luma` (not
rounded), `pooled` (the channels side by side, as one plane), `colours`; the last one is for those
metrics that say so below, and the default of those that name it first. A **profile** is the
columns of a published table, each in the definition that gives its printed numbers or comes
nearest.

With `--band PX` they are computed near the boundaries of the focus map as well, with `--region
X,Y,W,H` inside a rectangle. Metrics with a value for every pixel are averaged over the part; others
are computed on the rectangle as if it were the picture, and have no value for a band. Where a
metric has no value (a constant picture, one that is smaller than a window, a ground truth that is
missing) the reason stands in its place.

Better: ↑ higher, ↓ lower, →0 near 0.
"""
_ARROWS = {"higher": "↑", "lower": "↓", "near 0": "→0"}


def page() -> str:
    """The text of the page in Markdown."""
    parts = [INTRODUCTION]
    for family in Family:
        members = [metric for metric in METRICS.values() if metric.family is family]
        rows = [_row(metric) for metric in members]
        parts += [f"## {family}\n", _table(HEADS, rows)]
    parts.append("## Profiles\n")
    for name, columns in TABLES.items():
        heads = ("column", "metric", "evidence")
        parts += [f"### {name}\n", _table(heads, map(_published, columns))]
    return "\n".join(parts)


HEADS = (
    "name",
    "title",
    "what it says",
    "better",
    "range",
    "needs",
    "variants",
    "views",
    "more than two sources",
    "for every pixel",
)


def _row(metric: Metric) -> tuple[str, ...]:
    shown = [view for view in views(metric) if view is metric.view or view == "colours"]
    return (
        f"`{metric.name}`",
        metric.title,
        metric.about,
        _ARROWS[metric.direction],
        metric.bounds,
        str(metric.needs),
        ", ".join(f"`{variant}`" for variant in metric.variants),
        ", ".join(shown),
        sources(metric),
        "yes" if metric.pixels else "no",
    )


def _published(column: Column) -> tuple[str, ...]:
    return column.heading, f"`{column.measure.name}`", str(column.evidence)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = tuple(heads)
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
