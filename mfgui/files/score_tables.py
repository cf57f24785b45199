"""Tables of scores as CSV, JSON, Markdown and LaTeX, with how every row was made."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mfgui.core.errors import UsageError
from mfgui.core.score_table import Area, Cell, Column, ScoreRow, ScoreTable, shown_number
from mfgui.files.atomic import write_bytes
from mfgui.files.map_report import Cell as CsvCell
from mfgui.files.map_report import csv_text
from mfgui.files.reports import json_text

SCHEMA = 1
SUFFIXES = (".csv", ".json", ".md", ".tex")
_MADE_BY = (
    "method",
    "parameters",
    "detector",
    "map_from",
    "start_from",
    "follows",
    "seed",
    "device",
    "state",
    "map_sha256",
    "note",
    "versions",
    "inputs",
)
_FACTS = {"versions": "versions", "inputs": "sources"}  # told once where they are those of all
_MISSING = "–"
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "[": "{[}",  # else what follows a line's end would be taken for its option
    "]": "{]}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "·": r"$\cdot$",
    "–": "--",
    "∞": r"$\infty$",
    "−": r"$-$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "≠": r"$\neq$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
}
# People name results after parameters, and plain LaTeX knows no Greek outside of formulas.
_GREEK = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
_GREEK_NAMES = (
    "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
_LATEX |= {letter: rf"$\{name}$" for letter, name in zip(_GREEK, _GREEK_NAMES.split(), strict=True)}


def write_table(path: Path, table: ScoreTable) -> None:
    """Write a table in the form that the ending of `path` names, atomically.

    Raises
    ------
    UsageError
        If the ending is none of .csv, .json, .md, .tex.
    OutputError
        If it cannot be written; an old file is then untouched.
    """
    forms = dict(zip(SUFFIXES, (table_csv, table_json, table_markdown, table_latex), strict=True))
    form = forms.get(path.suffix.lower())
    if form is None:
        raise UsageError("another ending is needed", path=path, hint=f"use {', '.join(SUFFIXES)}")
    write_bytes(path, form(table).encode(errors="backslashreplace"))


def table_csv(table: ScoreTable) -> str:
    """Lines with ``#`` that tell what holds for all rows, then a head and one line a row.

    Numbers have all their digits and a point; nothing stands for what is missing. The first
    column is the picture key, so that no row begins with ``#``. Beside a measure of which not all
    values can be compared stands what each of them is of, in a column ``NAME_note``.
    """
    comments = "".join(f"# {line}\n" for line in (*fact_lines(table.facts), *column_lines(table)))
    noted = [number for number, column in enumerate(table.columns) if column.alike]
    head: list[CsvCell] = ["result", "name", *(column.name for column in table.columns)]
    rows: list[list[CsvCell]] = [[*head, *(f"{head[2 + n]}_note" for n in noted), *_MADE_BY]]
    for row in table.rows:
        values = [cell.value for cell in row.cells]
        notes = ["" if values[n] is None else _line(row.cells[n].note) for n in noted]
        made = [_plain(row.record.get(name)) for name in _MADE_BY]
        rows.append([row.key, _line(row.title), *values, *notes, *made])
    return comments + csv_text(rows)


def table_json(table: ScoreTable) -> str:
    """Everything: scores with their notes and reasons, columns explained, provenance."""
    return json_text(
        {
            "schema": SCHEMA,
            "kind": "mfgui scores",
            **table.facts,
            "columns": [_column_entry(column) for column in table.columns],
            "results": [
                {
                    "result": row.key,
                    "name": row.title,
                    "scores": {
                        column.name: _cell_entry(cell)
                        for column, cell in zip(table.columns, row.cells, strict=True)
                    },
                    **row.record,
                }
                for row in table.rows
            ],
        }
    )


def table_markdown(table: ScoreTable) -> str:
    """A table for people, the best of each column bold, and what it rests on as a list."""
    heads = ["Result", *(_head(column) for column in table.columns)]
    lines = [_bars(map(_markdown, heads)), _bars([":--", *["--:"] * len(table.columns)])]
    for number, row in enumerate(table.rows):
        texts = [_markdown(text) for text in _texts(row, table.columns)]
        shown = [
            f"**{text}**" if number in table.best(column) else text
            for column, text in enumerate(texts)
        ]
        lines.append(_bars([_markdown(_line(row.title)), *shown]))
    notes = [f"- {_markdown(line)}" for line in _notes(table)]
    return "\n".join([*lines, "", *notes]) + "\n"


def table_latex(table: ScoreTable) -> str:
    """A plain ``tabular``, the best of each column bold; what it rests on as comments above.

    It needs no package.
    """
    comments = [f"% {line}" for line in _notes(table)]
    heads = ["Result", *(_head(column) for column in table.columns)]
    lines = [
        rf"\begin{{tabular}}{{l{'r' * len(table.columns)}}}",
        r"\hline",
        " & ".join(map(latex_text, heads)) + r" \\",
        r"\hline",
    ]
    for number, row in enumerate(table.rows):
        texts = [latex_text(text) for text in _texts(row, table.columns)]
        shown = [
            rf"\textbf{{{text}}}" if number in table.best(column) else text
            for column, text in enumerate(texts)
        ]
        lines.append(" & ".join([latex_text(_line(row.title)), *shown]) + r" \\")
    return "\n".join([*comments, *lines, r"\hline", r"\end{tabular}"]) + "\n"


def fact_lines(facts: Mapping[str, object]) -> list[str]:
    """What holds for all rows, one line each; what is not there is left out."""
    return [f"{name}: {_plain(value)}" for name, value in facts.items() if value is not None]


def column_lines(table: ScoreTable) -> list[str]:
    """What each measure is, one line each, whatever the number of areas; nothing for a table
    without facts, which is copied from where it is explained."""
    if not table.facts:
        return []
    explained = {column.title: column.explained for column in table.columns}
    return [f"{title}: {_line(text)}" for title, text in explained.items()]


def made_lines(table: ScoreTable) -> list[str]:
    """How each row was made, one line each; without what holds for all rows."""
    lines = []
    for row in table.rows:
        there = {name: row.record.get(name) for name in _MADE_BY}
        for name, fact in _FACTS.items():
            if there[name] == table.facts.get(fact):
                there[name] = None
        parts = [
            f"{name} {_plain(value)}"
            for name, value in there.items()
            if value not in (None, "", {})
        ]
        parts += [
            f"{column.title} {_line(cell.note)}"
            for column, cell in zip(table.columns, row.cells, strict=True)
            if column.alike and cell.value is not None and cell.note
        ]
        lines.append(f"{_line(row.title)}: {'; '.join(parts)}")
    return lines


def _notes(table: ScoreTable) -> list[str]:
    """Everything that a table for people rests on."""
    return [*fact_lines(table.facts), *column_lines(table), *made_lines(table)]


def _texts(row: ScoreRow, columns: Sequence[Column]) -> list[str]:
    return [
        _MISSING if cell.value is None else shown_number(cell.value, column.digits)
        for column, cell in zip(columns, row.cells, strict=True)
    ]


def _head(column: Column) -> str:
    """Title, area, unit and direction of a column."""
    parts = [column.title]
    if column.area not in (None, Area.WHOLE):
        parts.append(f"({column.area})")
    if column.unit:
        parts.append(f"[{column.unit}]")
    return " ".join([*parts, column.better.arrow]).strip()


def _column_entry(column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "title": column.title,
        "unit": column.unit,
        "better": column.better.value,
        "area": None if column.area is None else column.area.value,
        "explained": column.explained,
        **column.record,
    }


def _cell_entry(cell: Cell) -> dict[str, object]:
    """JSON has no infinity: the PSNR of a perfect picture is a text."""
    value: object = cell.value
    if cell.value is not None and math.isinf(cell.value):
        value = "infinity" if cell.value > 0 else "-infinity"
    entry = {"value": value}
    if cell.pixels is not None:
        entry["pixels"] = cell.pixels
    return {**entry, "note": cell.note} if cell.note else entry


def _plain(value: object) -> str:
    """A value in one line: ``a=1, b=2`` for a mapping, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_plain(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        between = "; " if any(isinstance(item, Mapping) for item in value) else ", "
        return between.join(_plain(item) for item in value)
    return _line(str(value))


def _line(text: str) -> str:
    return " ".join(text.split())


def _bars(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown(text: str) -> str:
    return re.sub(r"([\\|*_`<>\[\]#~])", r"\\\1", text)


def latex_text(text: str) -> str:
    """A text as LaTeX writes it; needs no package."""
    return "".join(_LATEX.get(sign, sign) for sign in text)
