from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from mfgui.core.agreement import agreement
from mfgui.core.errors import UsageError
from mfgui.core.statistics import map_statistics
from mfgui.files.map_report import (
    AGREEMENT_HEAD,
    LIST_HEAD,
    STATISTICS_HEAD,
    SetAgreement,
    agreement_csv,
    csv_text,
    statistics_rows,
    write_list_report,
)

FIRST = np.array([[1, 1, 2, 2], [1, 1, 2, 0]], np.uint8)
SECOND = np.array([[1, 2, 2, 2], [1, 1, 2, 0]], np.uint8)
NAMES = ("near, 1", "far")


def parsed(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_that_the_csv_of_an_agreement_holds_labels_summary_and_confusion() -> None:
    found = agreement(FIRST, SECOND, k=2)
    labels, summary, confusion = (parsed(p) for p in agreement_csv(found, NAMES).split("\n\n"))
    assert labels[0] == list(AGREEMENT_HEAD)
    assert labels[1][:3] == ["1", "near, 1", "0.75"]
    figures = {row[0]: row[1] for row in summary}
    assert figures["accuracy"] == str(6 / 7)
    assert figures["unassigned_in_both_pixels"] == "1"
    assert confusion[0] == ["first \\ second", "unassigned", *NAMES]
    assert confusion[2] == ["near, 1", "0", "3", "1"]


def test_that_missing_values_are_empty() -> None:
    found = agreement(np.ones((2, 2), np.uint8), np.ones((2, 2), np.uint8), k=2)
    rows = parsed(agreement_csv(found, NAMES).split("\n\n")[0])
    assert rows[2][2:6] == ["", "", "", ""]
    assert csv_text([[None, "a"]]) == ",a\n"


def test_that_a_list_is_written_as_csv_or_json(tmp_path: Path) -> None:
    sets = [
        SetAgreement("a", agreement(FIRST, SECOND, k=2)),
        SetAgreement("b", None, "no map of the other annotator"),
    ]
    table = tmp_path / "r.csv"
    write_list_report(table, sets, first="x", second="y", tolerance=2.0)
    rows = parsed(table.read_text("utf-8"))
    assert rows[0] == list(LIST_HEAD)
    assert rows[1][:3] == ["a", "7", str(6 / 7)]
    assert rows[2] == ["b", "", "", "", "", "", "no map of the other annotator"]
    report = tmp_path / "r.json"
    write_list_report(report, sets, first="x", second="y", tolerance=2.0)
    content = json.loads(report.read_text("utf-8"))
    assert (content["first"], content["second"]) == ("x", "y")
    first, second = content["sets"]
    assert first["labels"][0]["iou"] == 0.75
    assert first["labels"][0]["label"] == 1
    assert first["confusion"] == [[0, 0, 0], [0, 3, 1], [0, 0, 3]]
    assert second == {"set": "b", "note": "no map of the other annotator"}
    with pytest.raises(UsageError, match="another ending"):
        write_list_report(tmp_path / "r.txt", sets, first="", second="", tolerance=2.0)


def test_that_statistics_name_what_has_no_source() -> None:
    rows = statistics_rows(map_statistics(FIRST, k=2), NAMES)
    assert len(rows[0]) == len(STATISTICS_HEAD)
    assert [row[1] for row in rows] == ["near, 1", "far", "unassigned"]
    assert rows[2][2] == 1
    ignored = np.where(FIRST == 0, 255, FIRST).astype(np.uint8)
    assert statistics_rows(map_statistics(ignored, k=2), NAMES)[-1][1] == "ignored"
