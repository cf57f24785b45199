"""Tables of scores as files: read back, escaped, best values marked."""

from __future__ import annotations

import csv
import io
import json
import math
import re

import pytest

from mfgui.core.errors import OutputError, UsageError
from mfgui.core.score_table import Area, Better, Cell, Column, ScoreRow, ScoreTable
from mfgui.files.score_tables import (
    made_lines,
    table_csv,
    table_json,
    table_latex,
    table_markdown,
    write_table,
)

COLUMNS = (
    Column("local_q", "Local Q", Better.HIGHER, "Mean.", area=Area.WHOLE, digits=5),
    Column("psnr", "PSNR", Better.HIGHER, "Ratio.", unit="dB", area=Area.BAND, digits=2),
    Column("seconds", "Time", Better.LOWER, "Seconds.", unit="s", digits=2),
)
FACTS = {
    "versions": {"mfgui": "1", "numpy": "2"},
    "sources": [{"name": "a_1.png", "sha256": "aa"}, {"name": "b 50%.png", "sha256": "bb"}],
    "ground_truth": None,
    "map_sha256": "cc",
    "region": [1, 2, 3, 4],
}


def record(**more):
    made = {"method": "gff", "parameters": {"r_1": 45, "eps": 0.3}, "device": "cpu", "seed": 7}
    made |= {"versions": FACTS["versions"], "inputs": FACTS["sources"]}
    return {**made, "detector": None, "state": "done", "map_sha256": None, "note": "", **more}


def row(number, title, values, **more):
    cells = [v if isinstance(v, Cell) else Cell(v) for v in values]
    return ScoreRow(f"result:{number}", title, tuple(cells), record(**more))


TABLE = ScoreTable(
    COLUMNS,
    (
        row(1, "1 · Guided", (0.9876543219876, math.inf, 0.5), note="first\nline, second"),
        row(2, "2 · a|b_c & 5% *x* ~{y}\\", (0.25, Cell(None, "no ground truth is loaded"), 1.25)),
        row(3, "# three\n<b>", (Cell(0.9876543219876, pixels=7), 31.4159, 2.0)),
    ),
    FACTS,
)


def test_that_csv_has_every_digit_and_is_read_back() -> None:
    lines = table_csv(TABLE).splitlines(keepends=True)
    comments = [line for line in lines if line.startswith("#")]
    assert "# versions: mfgui=1, numpy=2\n" in comments
    assert "# sources: name=a_1.png, sha256=aa; name=b 50%.png, sha256=bb\n" in comments
    assert "# region: 1, 2, 3, 4\n" in comments
    assert not any("ground_truth" in line for line in comments)
    rows = list(csv.DictReader(io.StringIO("".join(lines[len(comments) :]))))
    assert [entry["result"] for entry in rows] == ["result:1", "result:2", "result:3"]
    assert float(rows[0]["local_q_whole"]) == 0.9876543219876
    assert float(rows[0]["psnr_band"]) == math.inf
    assert rows[1]["psnr_band"] == ""
    assert rows[2]["name"] == "# three <b>"
    assert rows[0]["parameters"] == "r_1=45, eps=0.3"
    assert rows[0]["note"] == "first line, second"
    assert rows[0]["seed"] == "7"


def test_that_json_has_scores_reasons_and_provenance() -> None:
    found = json.loads(table_json(TABLE))
    assert found["sources"] == FACTS["sources"]
    assert [entry["name"] for entry in found["columns"]] == [
        "local_q_whole",
        "psnr_band",
        "seconds",
    ]
    assert found["columns"][2]["better"] == "lower"
    first, second, third = found["results"]
    assert first["scores"]["local_q_whole"] == {"value": 0.9876543219876}
    assert third["scores"]["local_q_whole"] == {"value": 0.9876543219876, "pixels": 7}
    assert first["scores"]["psnr_band"] == {"value": "infinity"}
    assert second["scores"]["psnr_band"] == {"value": None, "note": "no ground truth is loaded"}
    assert first["parameters"] == {"r_1": 45, "eps": 0.3}


def test_that_json_says_how_a_measure_is_defined() -> None:
    column = Column("q-g:zliu", "Q_G", Better.ZERO, "", record={"variant": "zliu", "lowest": 0.0})
    (found,) = json.loads(table_json(ScoreTable((column,), ())))["columns"]
    assert (found["variant"], found["lowest"], found["better"]) == ("zliu", 0.0, "near 0")
    assert hash(column) == hash(Column("q-g:zliu", "Q_G", Better.ZERO, ""))
    assert "Q\\_G →0" in table_markdown(ScoreTable((column,), ())).splitlines()[0]


def test_that_markdown_marks_the_best_and_escapes_names() -> None:
    lines = table_markdown(TABLE).splitlines()
    assert lines[0] == "| Result | Local Q ↑ | PSNR (band) \\[dB\\] ↑ | Time \\[s\\] ↓ |"
    assert lines[1] == "| :-- | --: | --: | --: |"
    assert lines[2] == "| 1 · Guided | **0.98765** | **∞** | **0.50** |"
    assert lines[3].startswith("| 2 · a\\|b\\_c & 5% \\*x\\* \\~{y}\\\\ | 0.25000 | – | 1.25 |")
    assert lines[4] == "| \\# three \\<b\\> | **0.98765** | 31.42 | 2.00 |"
    for line in lines[:5]:
        assert len(re.findall(r"(?<!\\)\|", line)) == 5
    made = "- 1 · Guided: method gff; parameters r\\_1=45, eps=0.3; seed 7; device cpu"
    assert any(line.startswith(made) for line in lines)


def test_that_only_what_differs_from_the_whole_is_told_of_a_row() -> None:
    other = row(4, "4 · Old", (0.5, 1.0, 1.0), seed=0, versions={"mfgui": "0"})
    lines = made_lines(ScoreTable(COLUMNS, (*TABLE.rows, other), FACTS))
    assert lines[1].endswith(
        "method gff; parameters r_1=45, eps=0.3; seed 7; device cpu; state done"
    )
    assert lines[3].endswith("seed 0; device cpu; state done; versions mfgui=0")


def test_that_latex_is_plain_and_escaped() -> None:
    text = table_latex(TABLE)
    lines = [line for line in text.splitlines() if not line.startswith("%")]
    assert lines[0] == r"\begin{tabular}{lrrr}"
    assert (
        lines[2] == r"Result & Local Q $\uparrow$ & PSNR (band) {[}dB{]} $\uparrow$ &"
        r" Time {[}s{]} $\downarrow$ \\"
    )
    assert r"1 $\cdot$ Guided & \textbf{0.98765} & \textbf{$\infty$} & \textbf{0.50} \\" in lines
    name = r"2 $\cdot$ a\textbar{}b\_c \& 5\% *x* \textasciitilde{}\{y\}\textbackslash{}"
    assert rf"{name} & 0.25000 & -- & 1.25 \\" in lines
    assert lines[-1] == r"\end{tabular}"
    assert "% map_sha256: cc" in text.splitlines()
    body = "\n".join(lines)
    assert not re.search(r"(?<!\\)[%#_]", body), "nothing that LaTeX would take for its own"


def test_that_latex_has_what_people_name_results_after() -> None:
    table = ScoreTable(COLUMNS, (row(1, "1 · λ ≥ 0.5, σ × 2, Ω − ω", (0.5, 1.0, 1.0)),), FACTS)
    name = r"$\lambda$ $\geq$ 0.5, $\sigma$ $\times$ 2, $\Omega$ $-$ $\omega$"
    assert rf"1 $\cdot$ {name} & 0.50000 & 1.00 & 1.00 \\" in table_latex(table).splitlines()


@pytest.mark.parametrize("form", [table_csv, table_markdown, table_latex])
def test_that_measures_are_explained_and_values_say_what_they_are_of(form) -> None:
    own = Column("q", "Own Q", Better.HIGHER, "As\nraised.", alike=True)
    cells = (0.25, 1.0, 1.0, Cell(0.5, "box, window 5"))
    other = (0.25, 1.0, 1.0, Cell(None, "the method raises no objective"))
    rows = (row(1, "1 · Ours", cells), row(2, "2 · Mean", other))
    text = form(ScoreTable((*COLUMNS, own), rows, FACTS))
    lines = [line.lstrip("#%- ") for line in text.splitlines()]
    assert {"Local Q: Mean.", "PSNR: Ratio.", "Own Q: As raised."} < set(lines)
    assert text.count("box, window 5") == 1
    assert "raises no objective" not in text
    if form is table_csv:
        (first, _) = csv.DictReader(line for line in text.splitlines() if line[0] != "#")
        assert (first["q"], first["q_note"]) == ("0.5", "box, window 5")


@pytest.mark.parametrize("suffix", [".csv", ".json", ".md", ".tex", ".CSV"])
def test_that_the_ending_decides_and_the_same_table_gives_the_same_bytes(tmp_path, suffix) -> None:
    first, second = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    write_table(first, TABLE)
    write_table(second, TABLE)
    assert first.read_bytes() == second.read_bytes()
    forms = {".json": table_json, ".md": table_markdown, ".tex": table_latex}
    assert first.read_text() == forms.get(suffix, table_csv)(TABLE)


def test_that_another_ending_is_refused_and_a_failure_leaves_what_was_there(tmp_path) -> None:
    with pytest.raises(UsageError, match="another ending"):
        write_table(tmp_path / "scores.xlsx", TABLE)
    assert not list(tmp_path.iterdir())
    with pytest.raises(OutputError):
        write_table(tmp_path / "missing" / "scores.csv", TABLE)


def test_that_an_empty_table_is_one() -> None:
    empty = ScoreTable(COLUMNS, (), {})
    assert table_csv(empty).startswith("result,name,local_q_whole,psnr_band,seconds,method")
    assert json.loads(table_json(empty))["results"] == []
    assert len(table_markdown(empty).splitlines()) == 3
    assert r"\end{tabular}" in table_latex(empty)
