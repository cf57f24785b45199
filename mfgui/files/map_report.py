"""Agreement and figures of maps as tables, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mfgui.core.agreement import Agreement
from mfgui.core.errors import UsageError
from mfgui.core.statistics import LabelStatistics, MapStatistics
from mfgui.files.atomic import write_bytes
from mfgui.files.reports import json_text
from mfgui.files.worklists import WorkSet

Cell = str | int | float | None
Table = list[list[Cell]]

AGREEMENT_HEAD = ("label", "source", "iou", "boundary_f", "precision", "recall", "first", "second")
LIST_HEAD = ("set", "compared", "accuracy", "kappa", "mean_iou", "mean_boundary_f", "note")
STATISTICS_HEAD = ("label", "source", "pixels", "share", "regions", "boundary")
SETS_HEAD = ("set", "state", "seconds", "unassigned", "annotator", "note")


@dataclass(frozen=True, eq=False)
class SetAgreement:
    """Agreement about one set of a list, or why there is none."""

    name: str
    agreement: Agreement | None
    note: str = ""


def csv_text(rows: Sequence[Sequence[Cell]]) -> str:
    """Rows as CSV, numbers with a point, nothing for None.

    >>> csv_text([["a, b", 0.25, None]])
    '"a, b",0.25,\\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue()


def agreement_rows(found: Agreement, names: Sequence[str]) -> Table:
    """One row for each label, without the head."""
    return [
        [
            entry.label,
            names[entry.label - 1],
            entry.iou,
            entry.boundary_f,
            entry.precision,
            entry.recall,
            entry.first,
            entry.second,
        ]
        for entry in found.labels
    ]


def summary_rows(found: Agreement) -> Table:
    """Name and value of what is said of all labels together."""
    return [
        ["accuracy", found.accuracy],
        ["kappa", found.kappa],
        ["mean_iou", found.mean_iou],
        ["mean_boundary_f", found.mean_boundary_f],
        ["tolerance_pixels", found.tolerance],
        ["compared_pixels", found.compared],
        ["ignored_pixels", found.ignored],
        ["unassigned_in_both_pixels", found.undecided],
    ]


def confusion_rows(found: Agreement, names: Sequence[str]) -> Table:
    """The confusion matrix with a head row and a head column; rows are the first map."""
    heads = ["unassigned", *names]
    body = found.confusion.tolist()
    return [["first \\ second", *heads], *([h, *row] for h, row in zip(heads, body, strict=True))]


def agreement_csv(found: Agreement, names: Sequence[str]) -> str:
    """Labels, summary and confusion matrix, an empty line between them."""
    parts: tuple[Table, ...] = (
        [[*AGREEMENT_HEAD], *agreement_rows(found, names)],
        summary_rows(found),
        confusion_rows(found, names),
    )
    return "\n".join(csv_text(part) for part in parts)


def statistics_rows(found: MapStatistics, names: Sequence[str]) -> Table:
    """One row for each source, then unassigned and ignored pixels; without the head."""

    def row(entry: LabelStatistics, name: str) -> list[Cell]:
        return [entry.label, name, entry.pixels, entry.share, entry.regions, entry.boundary]

    rows = [row(entry, names[entry.label - 1]) for entry in found.labels]
    rows.append(row(found.unassigned, "unassigned"))
    if found.ignored.pixels:
        rows.append(row(found.ignored, "ignored"))
    return rows


def set_rows(sets: Sequence[WorkSet]) -> Table:
    """One row for each set of a list, without the head."""
    return [
        [
            entry.name,
            entry.state.value,
            round(entry.seconds, 1),
            entry.unassigned,
            entry.annotator,
            entry.note,
        ]
        for entry in sets
    ]


def list_rows(sets: Sequence[SetAgreement]) -> Table:
    """One row for each set that was compared, without the head."""
    rows: Table = []
    for entry in sets:
        found = entry.agreement
        figures: list[Cell] = [None] * 5
        if found is not None:
            figures = [
                found.compared,
                found.accuracy,
                found.kappa,
                found.mean_iou,
                found.mean_boundary_f,
            ]
        rows.append([entry.name, *figures, entry.note])
    return rows


def write_list_report(
    path: Path, sets: Sequence[SetAgreement], *, first: str, second: str, tolerance: float
) -> None:
    """Write the agreement of two annotators on a list: CSV, or JSON with every label.

    Raises
    ------
    UsageError
        If `path` ends neither with .csv nor with .json.
    OutputError
        If it cannot be written; an old file is then untouched.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        write_bytes(path, csv_text([[*LIST_HEAD], *list_rows(sets)]).encode())
    elif suffix == ".json":
        content = {
            "first": first,
            "second": second,
            "tolerance_pixels": tolerance,
            "sets": [_as_json(entry) for entry in sets],
        }
        write_bytes(path, json_text(content).encode())
    else:
        raise UsageError("another ending is needed", path=path, hint="use .csv or .json")


def _as_json(entry: SetAgreement) -> Mapping[str, object]:
    found = entry.agreement
    if found is None:
        return {"set": entry.name, "note": entry.note}
    names = [str(label.label) for label in found.labels]
    rows = agreement_rows(found, names)
    heads = [head for head in AGREEMENT_HEAD if head != "source"]
    return {
        "set": entry.name,
        "note": entry.note,
        **{str(name): value for name, value in summary_rows(found)},
        "labels": [dict(zip(heads, [row[0], *row[2:]], strict=True)) for row in rows],
        "confusion": found.confusion.tolist(),
    }
