"""The columns that the table of scores can have: those of every session and all metrics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from mfgui.app import score_columns as say
from mfgui.core.errors import UsageError
from mfgui.core.score_table import Area, Better, Column
from mfgui.methods.metrics import METRICS, Family, Metric, Needs
from mfgui.methods.metrics.measures import Measure

STANDARD = (say.LOCAL_Q, say.PSNR, say.RMSE, say.AGREEMENT)
"""What the table shows until something else is chosen, and what is added up strip by strip."""

PAPERS = {
    "mff-ssim": "MFF-SSIM table I",
    "mfif-gan": "MFIF-GAN table 1",
    "mff-gan": "MFF-GAN table 2",
    "edmf": "EDMF tables 2, 3",
}
"""Names of the profiles in `metrics.tables`."""

DIRECTIONS = {
    Better.HIGHER: "Higher is better.",
    Better.LOWER: "Lower is better.",
    Better.ZERO: "Near 0 is better.",
    Better.NEITHER: "",
}
"""In words, for tool tips."""

_AS_SAVED = "Of the picture as it is saved, at the depth of the sources."
_TRUE_MAP = "The present focus map stands for the true one."


@dataclass(frozen=True)
class Entry:
    """One column that can be chosen.

    Attributes
    ----------
    name : str
        As settings and files know it.
    title : str
        Of the metric, without its variant.
    definition : str
        Variant, or on what it is computed, where that is not the default; empty where it is.
    default : str
        Variant, or on what it is computed, where that is the default and there are others.
    about : str
        What it says, in one sentence.
    facts : str
        Definition, range and what it needs.
    """

    name: str
    title: str
    definition: str
    better: Better
    family: Family
    about: str
    facts: str
    default: str = ""


@lru_cache(maxsize=1)
def entries() -> tuple[Entry, ...]:
    """All that can be chosen, by family, the definitions of a metric together, the default first.

    The other ones are its variants, and what published tables have.
    """
    found: list[Entry] = []
    for family in Family:
        if family is Family.MAPS:
            found += [_standard(key) for key in (say.LOCAL_Q, say.AGREEMENT)]
        for metric in METRICS.values():
            if metric.family is family:
                found += _definitions(metric)
    return tuple(found)


def known(names: Iterable[str]) -> tuple[str, ...]:
    """Names that are columns, each once, the standard ones first; the rest is left out."""
    wanted = dict.fromkeys(filter(None, map(_name, names)))
    standard = tuple(name for name in STANDARD if name in wanted)
    return (*standard, *(name for name in wanted if name not in standard))


def extra(names: Iterable[str]) -> tuple[Measure, ...]:
    """The measures among names of columns, in the order of the list."""
    order = {entry.name: place for place, entry in enumerate(entries())}
    measures = [Measure.parse(name) for name in known(names) if name not in STANDARD]
    return tuple(sorted(measures, key=lambda measure: order.get(measure.name, len(order))))


def of_paper(profile: str) -> tuple[str, ...]:
    """Names of the columns of a published table."""
    from mfgui.methods.metrics.tables import TABLES

    return tuple(_plain(column.measure).name for column in TABLES[profile])


def papers_of(name: str) -> list[str]:
    """The published tables that have a column, and how they call it."""
    from mfgui.methods.metrics.tables import TABLES

    return [
        f"{PAPERS[profile]} ({column.heading})"
        for profile, columns in TABLES.items()
        for column in columns
        if _plain(column.measure).name == name
    ]


def column_of(measure: Measure, area: Area) -> Column:
    """A measure as a column of the table; its variant stands beside its name."""
    definition = measure.definition
    parts = measure.qualifiers
    says = [definition.about, f"{_facts(measure)}."]
    says += [_AS_SAVED] if definition.on_planes or definition.needs is Needs.MAP else []
    says += [_TRUE_MAP] if definition.needs is Needs.MAPS else []
    return Column(
        measure.name,
        f"{definition.title} ({', '.join(parts)})" if parts else definition.title,
        Better(definition.direction),
        " ".join(says),
        area=area,
        digits=_digits(definition),
        record=measure.record,
    )


def _digits(metric: Metric) -> int:
    """After the point: fewer for grey levels than for shares."""
    if math.isinf(metric.high):
        return 4
    return 5 if metric.high <= 10 else 3


def _name(text: str) -> str:
    """The column that a text means; empty for none."""
    if text in STANDARD:
        return text
    try:
        return _plain(Measure.parse(text)).name
    except UsageError:
        return ""


def _plain(measure: Measure) -> Measure:
    """The same without a variant that is the default anyway, so that it has one name."""
    named = measure.variant is not None and measure.variant == measure.definition.variants[0]
    return replace(measure, variant=None) if named else measure


def _definitions(metric: Metric) -> Iterator[Entry]:
    """The metric, its other variants, and its other definitions in published tables."""
    from mfgui.methods.metrics.tables import TABLES

    if metric.name in STANDARD:
        yield _standard(metric.name)
        return
    printed = [_plain(column.measure) for columns in TABLES.values() for column in columns]
    found = [Measure(metric.name, metric.view)]
    found += [Measure(metric.name, metric.view, variant) for variant in metric.variants[1:]]
    found += [measure for measure in printed if measure.metric == metric.name]
    elsewhere = any(measure.view is not metric.view for measure in found)
    default = [metric.variants[0]] if metric.variants else []
    default += [str(metric.view)] if elsewhere else []
    for place, measure in enumerate(dict.fromkeys(found)):
        yield Entry(
            measure.name,
            metric.title,
            ", ".join(measure.qualifiers) if place else "",
            Better(metric.direction),
            metric.family,
            metric.about,
            _facts(measure),
            "" if place else ", ".join(default),
        )


def _standard(key: str) -> Entry:
    """A column that is added up strip by strip, of the picture before it is rounded."""
    column = next(column for column in say.measures(Area.WHOLE, window=None) if column.key == key)
    metric = METRICS.get(key)
    family = Family.MAPS if metric is None else metric.family
    about, _, facts = column.explained.partition(". ")
    return Entry(key, column.title, "", column.better, family, f"{about}.", facts.rstrip("."))


def _facts(measure: Measure) -> str:
    """Its definition in full, and its range."""
    says = [f"In full: {measure.metric}"]
    says += [f"variant {measure.defined_as}"] if measure.defined_as else []
    definition = measure.definition
    says += [f"on {measure.view}"] if definition.on_planes else []
    says += [f"needs {definition.needs}"] if definition.needs is not Needs.NOTHING else []
    return ", ".join([*says, definition.bounds])
