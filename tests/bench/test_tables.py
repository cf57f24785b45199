"""Tables in files: what they hold, and that they can be read back."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path

import pytest

from mfgui.bench.cells import Outcome
from mfgui.bench.columns import columns
from mfgui.bench.datasets import SourceSet
from mfgui.bench.entries import Entry
from mfgui.bench.runner import Plan, Table
from mfgui.bench.statistics import summaries
from mfgui.bench.tables import NAMES, cells_csv, summary_csv, summary_latex, write
from mfgui.methods.metrics.measures import Score

NEEDS = "needs a ground truth"


def outcome(*values: float | None, seconds: float | None = 0.5) -> Outcome:
    keys = ("q-g", "lif", "psnr", "ssim")
    scores = {
        key: Score(value, NEEDS if value is None else "")
        for key, value in zip(keys, (*values, None), strict=True)
    }
    return Outcome(scores, seconds=seconds)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Two sets and three rows; one cell failed."""
    sets = tuple(SourceSet("d", name, (tmp_path / "a.png",)) for name in ("s 1", "s_2"))
    entries = (
        Entry("gff", "gff", resolved={"method": "gff", "method parameters": {"radius": 3}}),
        Entry("a_b & <c>", "gff", resolved={"method": "gff", "method parameters": {}}),
        Entry("CNN", origin="cnn/{set}.png"),
    )
    plan = Plan(sets, entries, columns("q-g,lif,psnr,ssim"), tmp_path)
    cells = {
        ("d/s 1", "gff"): outcome(0.75, 0.5, 31.0),
        ("d/s_2", "gff"): outcome(0.5, 0.25, 30.0),
        ("d/s 1", "a_b & <c>"): outcome(0.8125, 0.25, math.inf),
        ("d/s_2", "a_b & <c>"): outcome(0.625, 0.25, 30.0),
        ("d/s 1", "CNN"): outcome(0.875, 0.125, 33.0, seconds=None),
        ("d/s_2", "CNN"): Outcome(reason="cnn/s_2.png: is 3 x 4"),
    }
    return Table(plan, cells)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_that_every_cell_is_in_the_table(table: Table) -> None:
    rows = rows_of(cells_csv(table))
    assert [(row["set"], row["method"]) for row in rows] == [
        (name, label) for name in ("s 1", "s_2") for label in ("gff", "a_b & <c>", "CNN")
    ]
    assert float(rows[1]["q-g"]) == 0.8125
    assert float(rows[1]["psnr"]) == math.inf
    assert rows[0]["ssim"] == ""
    assert rows[5]["q-g"] == ""
    assert rows[5]["reason"] == "cnn/s_2.png: is 3 x 4"


def test_that_the_summary_has_statistics(table: Table) -> None:
    rows = rows_of(summary_csv(table, summaries(table, baseline="gff"), baseline="gff"))
    found = {(row["method"], row["measure"]): row for row in rows}
    assert len(found) == 3 * 3  # nothing has a value of ssim
    row = found["a_b & <c>", "lif"]
    assert row["better"] == "lower"
    assert float(row["mean"]) == 0.25
    assert (row["sets_better"], row["sets_worse"], row["sets_equal"]) == ("1", "0", "1")
    assert float(row["p"]) == 1.0
    assert found["CNN", "q-g"]["n"] == "1"
    assert found["gff", "q-g"]["p"] == found["gff", "q-g"]["baseline"] == ""


def test_that_latex_marks_the_best_and_escapes_names(table: Table) -> None:
    text = summary_latex(table, summaries(table, baseline="gff"), baseline="gff")
    lines = [line for line in text.splitlines() if not line.startswith("%")]
    body = [line.split(" & ") for line in lines if line.endswith(r" \\")]
    assert len({len(line) for line in body}) <= 2
    assert r"a\_b \& \textless{}c\textgreater{} & \textbf{0.7188} & \textbf{0.2500}" in text
    assert r"CNN & 0.8750$^{n=1}$ & 0.1250$^{n=1}$" in text
    assert r"\textbf{$\infty$}" in text
    assert text.count(r"\begin{tabular}{lrrr}") == text.count(r"\end{tabular}") == 1
    assert re.search(r"^% SSIM: ssim .* No values: needs a ground truth\.$", text, re.MULTILINE)
    assert "% gff: gff; radius=3" in text
    assert "Wilcoxon" in text


def test_that_json_holds_everything(table: Table, tmp_path: Path) -> None:
    found = summaries(table, baseline="gff")
    paths = write(tmp_path, table, found, baseline="gff", facts={"versions": {"mfgui": "1"}})
    assert tuple(path.name for path in paths) == NAMES
    content = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert content["versions"] == {"mfgui": "1"}
    cells = {(cell["set"], cell["method"]): cell for cell in content["cells"]}
    assert cells["d/s 1", "a_b & <c>"]["scores"]["psnr"] == {"value": "infinity"}
    assert cells["d/s 1", "gff"]["scores"]["ssim"] == {"value": None, "why": NEEDS}
    assert cells["d/s_2", "CNN"] == {
        **{"set": "d/s_2", "method": "CNN", "missing": False},
        "reason": "cnn/s_2.png: is 3 x 4",
    }
    assert content["methods"][0]["method parameters"] == {"radius": 3}
    assert content["methods"][2] == {"label": "CNN", "elsewhere": "cnn/{set}.png"}
    assert content["columns"][3]["empty"] == NEEDS
    tested = [entry for entry in content["summary"] if "test" in entry]
    assert {entry["method"] for entry in tested} == {"a_b & <c>", "CNN"}
    seconds = rows_of((tmp_path / "seconds.csv").read_text("utf-8"))
    assert list(seconds[0]) == ["dataset", "set", "gff", "a_b & <c>"]
    assert seconds[0]["gff"] == "0.5"
