"""The command metrics."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from collections.abc import Sequence

from mfgui.core.errors import UsageError
from mfgui.core.score_table import Better
from mfgui.files.reports import json_text
from mfgui.methods.metrics import METRICS, Family, Metric, Needs, View
from mfgui.methods.metrics.tables import TABLES, Column

_WIDTH = 96


def metrics(options: Namespace) -> int:
    """`mfgui metrics [NAME]`: all of them, one, or the columns of a profile."""
    name: str | None = options.name
    if name is None:
        text, entry = _listing(), _everything()
    elif name in METRICS:
        text, entry = _explanation(METRICS[name]), _entry(METRICS[name])
    elif name in TABLES:
        text, entry = _profile(TABLES[name]), _profile_entry(name)
    else:
        hint = f"mfgui metrics lists them; the profiles are {', '.join(TABLES)}"
        raise UsageError(f"unknown metric {name}", hint=hint)
    print(json_text(entry).rstrip() if options.json else text)
    return 0


def views(metric: Metric) -> tuple[View, ...]:
    """What of a picture it can be computed on, its own first; nothing where it takes no planes."""
    if not metric.on_planes:
        return ()
    rest = [view for view in View if view is not View.COLOURS or metric.channels]
    return (metric.view, *(view for view in rest if view is not metric.view))


def sources(metric: Metric) -> str:
    """What it is for more than two sources; nothing where sources do not matter."""
    if metric.needs in (Needs.SOURCES, Needs.MAP):
        return metric.many or "for pairs only"
    return ""


def _listing() -> str:
    first, second = (max(map(len, column)) for column in (METRICS, _titles()))
    lines: list[str] = []
    for family in Family:
        members = [metric for metric in METRICS.values() if metric.family is family]
        lines += ["", family] if lines else [family]
        for metric in members:
            arrow = Better(metric.direction).arrow
            lines.append(
                f"  {metric.name:<{first}}  {metric.title:<{second}}  {arrow:<2}  {metric.about}"
            )
    lines += ["", "Profiles, the columns of published tables"]
    for name, columns in TABLES.items():
        lines.append(f"  {name:<{first}}  {', '.join(column.heading for column in columns)}")
    return "\n".join([*lines, "", "↑ higher, ↓ lower, →0 near 0 is better"])


def _titles() -> list[str]:
    return [metric.title for metric in METRICS.values()]


def _explanation(metric: Metric) -> str:
    default = " (the first is the default)"
    facts = {
        "better": str(metric.direction),
        "range": metric.bounds,
        "needs": str(metric.needs),
        "variants": ", ".join(metric.variants) + default * (len(metric.variants) > 1),
        "computed on": ", ".join(views(metric)) + default * (len(views(metric)) > 1),
        "more sources": sources(metric),
        "pixel by pixel": "yes" if metric.pixels else "no: none for a band",
        "profiles": ", ".join(_uses(metric)),
    }
    width = max(map(len, facts))
    lines = [f"{metric.name}: {metric.title} ({metric.family})"]
    lines += [*textwrap.wrap(metric.about, _WIDTH), ""]
    for title, text in facts.items():
        first = f"{title:<{width}}  "
        lines += textwrap.wrap(
            text, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first)
        )
    return "\n".join(lines)


def _uses(metric: Metric) -> list[str]:
    """Where published tables have it: ``mfif-gan (MI)``."""
    return [
        f"{name} ({column.heading})"
        for name, columns in TABLES.items()
        for column in columns
        if column.measure.metric == metric.name
    ]


def _profile(columns: Sequence[Column]) -> str:
    first = max(len(column.heading) for column in columns)
    second = max(len(column.measure.name) for column in columns)
    return "\n".join(
        f"{column.heading:<{first}}  {column.measure.name:<{second}}  {column.evidence}"
        for column in columns
    )


def _everything() -> dict[str, object]:
    return {
        "metrics": [_entry(metric) for metric in METRICS.values()],
        "profiles": [_profile_entry(name) for name in TABLES],
    }


def _entry(metric: Metric) -> dict[str, object]:
    return {
        "name": metric.name,
        "title": metric.title,
        "about": metric.about,
        "family": str(metric.family),
        "needs": str(metric.needs),
        "direction": str(metric.direction),
        "lowest": metric.low,
        "highest": metric.high,
        "variants": list(metric.variants),
        "views": [str(view) for view in views(metric)],
        "more_than_two_sources": sources(metric) or None,
        "pixel_map": bool(metric.pixels),
    }


def _profile_entry(name: str) -> dict[str, object]:
    return {
        "name": name,
        "columns": [
            {
                "heading": column.heading,
                "measure": column.measure.name,
                "evidence": str(column.evidence),
            }
            for column in TABLES[name]
        ],
    }
