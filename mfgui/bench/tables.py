"""The tables of a benchmark as files: CSV, LaTeX and one JSON of everything.

Scores have all their digits in CSV and JSON; times are in files of their own, so that tables of
the same pictures are the same, byte by byte.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from mfgui.bench.cells import Outcome
from mfgui.bench.columns import Column, digits
from mfgui.bench.entries import Entry
from mfgui.bench.runner import Table
from mfgui.bench.statistics import LEVEL, Summaries, Summary, Wilcoxon, best
from mfgui.bench.store import score_entry
from mfgui.core.score_table import shown_number
from mfgui.files.atomic import write_bytes
from mfgui.files.map_report import Cell, csv_text
from mfgui.files.reports import json_text
from mfgui.files.score_tables import latex_text

SCHEMA = 1
SCORED = (
    "fused pictures are scored as they would be stored: rounded to the depth of their sources, "
    "8 bits in the published data sets; pictures made elsewhere as they are"
)
NAMES = ("cells.csv", "summary.csv", "seconds.csv", "summary.tex", "results.json")
_SUMMARY_HEAD: list[Cell] = [
    *("method", "measure", "better", "n", "mean", "standard_deviation", "mean_rank"),
    *("ranked_sets", "baseline", "sets_better", "sets_worse", "sets_equal", "p", "p_holm"),
]


def write(
    folder: Path, table: Table, found: Summaries, *, baseline: str, facts: Mapping[str, object]
) -> tuple[Path, ...]:
    """Write all tables atomically, the JSON last.

    Parameters
    ----------
    facts : mapping
        What else the JSON says: versions, machine, data sets.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    texts = (
        cells_csv(table),
        summary_csv(table, found, baseline=baseline),
        seconds_csv(table),
        summary_latex(table, found, baseline=baseline),
        results_json(table, found, baseline=baseline, facts=facts),
    )
    paths = tuple(folder / name for name in NAMES)
    for path, text in zip(paths, texts, strict=True):
        write_bytes(path, text.encode(errors="backslashreplace"))
    return paths


def cells_csv(table: Table) -> str:
    """A line for each set and method, a column for each measure, and why a cell failed."""
    rows: list[list[Cell]] = [
        ["dataset", "set", "method", *(column.key for column in table.plan.columns), "reason"]
    ]
    for source_set in table.plan.sets:
        for entry in table.plan.entries:
            cell = table.cells[source_set.key, entry.label]
            values = [table.value(source_set, entry, column) for column in table.plan.columns]
            rows.append([source_set.dataset, source_set.name, entry.label, *values, cell.reason])
    return csv_text(rows)


def seconds_csv(table: Table) -> str:
    """Seconds that each method took on each set, with one thread."""
    labels = [entry.label for entry in table.plan.entries if not entry.elsewhere]
    rows: list[list[Cell]] = [["dataset", "set", *labels]]
    for s in table.plan.sets:
        rows.append([s.dataset, s.name, *(table.cells[s.key, name].seconds for name in labels)])
    return csv_text(rows)


def summary_csv(table: Table, found: Summaries, *, baseline: str) -> str:
    """A line for each method and measure."""
    rows = [list(_SUMMARY_HEAD)]
    for column in table.known_columns:
        for entry in table.plan.entries:
            summary = found[column.key, entry.label]
            head: list[Cell] = [entry.label, column.key, column.direction.value]
            values: list[Cell] = [summary.n, summary.mean, summary.deviation, summary.rank]
            rows.append([*head, *values, summary.ranked, *_test_cells(summary.test, baseline)])
    return csv_text(rows)


def _test_cells(test: Wilcoxon | None, baseline: str) -> list[Cell]:
    if test is None:
        return [None] * 6
    return [baseline, test.better, test.worse, test.equal, test.p, test.adjusted]


def summary_latex(table: Table, found: Summaries, *, baseline: str) -> str:
    """A plain ``tabular`` of means, the best of each column bold; comments tell the rest.

    It needs no package. A raised + or - marks what is significantly better or worse than the
    baseline, a raised n the number of sets where it is not that of the others.
    """
    columns = table.known_columns
    notes = [f"% {line}" for line in (SCORED, *column_notes(table), *_method_notes(table))]
    if baseline:
        notes.append(f"% + and -: against {baseline}, {test_note()}")
    heads = ["Method", *(f"{column.title} {column.arrow}" for column in columns)]
    lines = [
        rf"\begin{{tabular}}{{l{'r' * len(columns)}}}",
        r"\hline",
        " & ".join(map(latex_text, heads)) + r" \\",
        r"\hline",
    ]
    texts = [_latex_column(column, table.plan.entries, found) for column in columns]
    for number, entry in enumerate(table.plan.entries):
        cells = [latex_text(entry.label), *(column[number] for column in texts)]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*notes, *lines, r"\hline", r"\end{tabular}"]) + "\n"


def _latex_column(column: Column, entries: Sequence[Entry], found: Summaries) -> list[str]:
    means = {entry.label: found[column.key, entry.label] for entry in entries}
    top = best(column, means)
    places = digits(s.mean for s in means.values() if s.mean is not None)
    most = max((s.n for s in means.values()), default=0)
    texts = []
    for label, summary in means.items():
        text = latex_text(shown(summary.mean, places))
        text = rf"\textbf{{{text}}}" if label in top else text
        raised = summary.test.sign if summary.test is not None else ""
        raised += f"n={summary.n}" if 0 < summary.n < most else ""
        texts.append(f"{text}$^{{{raised}}}$" if raised else text)
    return texts


def shown(value: float | None, places: int) -> str:
    """A number as people read it, a dash for none."""
    return "–" if value is None else shown_number(value, places)


def test_note() -> str:
    """What the test is, in words."""
    return (
        "Wilcoxon's signed-rank test over sets, two-sided, differences of 0 left out, "
        f"Holm's correction over the methods of a column, level {LEVEL:g}"
    )


def column_notes(table: Table) -> list[str]:
    """What each measure is, one line each, those without any value with the reason."""
    notes = []
    for column in table.plan.columns:
        definition = column.measure.definition
        text = f"{column.title}: {column.key} ({column.direction.value}). {definition.about}"
        if column.evidence:
            text += f" Definition of the published column: {column.evidence}."
        why = table.why_empty(column)
        notes.append(" ".join(f"{text}{f' No values: {why}.' if why else ''}".split()))
    return notes


def _method_notes(table: Table) -> list[str]:
    return [f"{entry.label}: {made_by(entry)}" for entry in table.plan.entries]


def made_by(entry: Entry) -> str:
    """A method and its settings, or where its pictures come from, in one line."""
    if entry.elsewhere:
        return f"made elsewhere ({entry.origin})"
    parts = []
    for name, value in entry.resolved.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{key}={item}" for key, item in value.items()) or "no parameters"
        parts.append(str(value) if name in ("method", "method parameters") else f"{name} {value}")
    return "; ".join(parts)


def results_json(
    table: Table, found: Summaries, *, baseline: str, facts: Mapping[str, object]
) -> str:
    """Everything: what was scored with what, every cell, the statistics."""
    plan = table.plan
    return json_text(
        {
            "schema": SCHEMA,
            "kind": "mfgui bench",
            **facts,
            "scored": SCORED,
            "test": test_note() if baseline else None,
            "baseline": baseline or None,
            "device": plan.device,
            "columns": [_column_entry(column, table) for column in plan.columns],
            "methods": [_method_entry(entry) for entry in plan.entries],
            "sets": [
                {
                    "dataset": s.dataset,
                    "name": s.name,
                    "sources": [_file_entry(path, table) for path in s.sources],
                    "truth": _file_entry(s.truth, table),
                    "labels": _file_entry(s.labels, table),
                }
                for s in plan.sets
            ],
            "cells": [_cell_entry(place, outcome, table) for place, outcome in table.cells.items()],
            "summary": [
                {"measure": key, "method": label, **_summary_entry(summary)}
                for (key, label), summary in found.items()
            ],
        }
    )


def _column_entry(column: Column, table: Table) -> dict[str, object]:
    measure = column.measure
    return {
        "name": column.key,
        "title": column.title,
        "metric": measure.metric,
        "variant": measure.defined_as or None,
        "computed_on": measure.view.value,
        "band": column.band,
        "better": column.direction.value,
        "needs": measure.definition.needs.value,
        "about": measure.definition.about,
        "evidence": column.evidence or None,
        "empty": table.why_empty(column) or None,
    }


def _method_entry(entry: Entry) -> dict[str, object]:
    origin = {"elsewhere": entry.origin} if entry.elsewhere else dict(entry.resolved)
    return {"label": entry.label, **origin}


def _file_entry(path: Path | None, table: Table) -> dict[str, object] | None:
    if path is None:
        return None
    return {"path": str(path), "sha256": table.hashes.get(str(path))}


def _cell_entry(place: tuple[str, str], outcome: Outcome, table: Table) -> dict[str, object]:
    entry: dict[str, object] = {"set": place[0], "method": place[1]}
    if outcome.reason:
        return {**entry, "reason": outcome.reason, "missing": outcome.missing}
    picture = outcome.picture
    if picture is not None and picture.is_relative_to(table.plan.folder):
        picture = picture.relative_to(table.plan.folder)
    return {
        **entry,
        "seconds": outcome.seconds,
        "picture": None if picture is None else picture.as_posix(),
        "notices": list(outcome.notices),
        "scores": {key: score_entry(score) for key, score in outcome.scores.items()},
    }


def _summary_entry(summary: Summary) -> dict[str, object]:
    entry: dict[str, object] = {
        "n": summary.n,
        "mean": _finite(summary.mean),
        "standard_deviation": summary.deviation,
        "mean_rank": summary.rank,
        "ranked_sets": summary.ranked,
    }
    test = summary.test
    if test is not None:
        entry["test"] = {
            "sets_better": test.better,
            "sets_worse": test.worse,
            "sets_equal": test.equal,
            "n": test.n,
            "p": test.p,
            "p_holm": test.adjusted,
            "exact": test.exact,
        }
    return entry


def _finite(value: float | None) -> float | str | None:
    if value is None or math.isfinite(value):
        return value
    return "infinity" if value > 0 else "-infinity"
