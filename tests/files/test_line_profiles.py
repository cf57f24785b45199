from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mfgui.core.errors import OutputError
from mfgui.files.line_profiles import LineTable, line_text, write_line


def table(**fields) -> LineTable:
    given = {
        "notes": ("made by hand", "two\nlines"),
        "positions": np.array([0.0, 1.25]),
        "points": np.array([[3.5, 4.5], [4.5, 5.25]]),
        "labels": np.array([1, 2]),
        "curves": (
            ('1 · a, "b"', np.float32([[0.0, 0.5, 1.0], [np.nan, 0.25, 1.0]])),
            ("grey", np.float32([[1.0], [0.5]])),
        ),
        "white": 255.0,
    }
    return LineTable(**{**given, **fields})


def test_that_there_is_a_row_for_each_position() -> None:
    lines = line_text(table()).splitlines()
    assert lines[:2] == ["# made by hand", "# two lines"]
    header, *rows = csv.reader(lines[2:])
    name = '1 · a, "b"'
    assert header == [
        "position",
        "x",
        "y",
        "label",
        *(f"{name} {c}" for c in ("red", "green", "blue")),
        "grey",
    ]
    assert rows[0] == ["0", "3.5", "4.5", "1", "0", "127.5", "255", "255"]
    assert rows[1] == ["1.25", "4.5", "5.25", "2", "", "63.75", "255", "127.5"]


def test_that_without_a_map_there_is_no_label() -> None:
    header, *rows = csv.reader(line_text(table(notes=(), labels=None)).splitlines())
    assert header[:4] == ["position", "x", "y", '1 · a, "b" red']
    assert len({len(header), *map(len, rows)}) == 1


def test_that_it_is_written_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    write_line(path, table())
    assert path.read_text("utf-8") == line_text(table())
    with pytest.raises(OutputError):
        write_line(tmp_path / "nowhere" / "line.csv", table())
