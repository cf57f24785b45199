"""Values along a line as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mfgui.files.atomic import write_bytes

_CHANNELS = ("red", "green", "blue")


@dataclass(frozen=True, eq=False)
class LineTable:
    """A row for each position.

    Attributes
    ----------
    notes : tuple of str
        What the values are of and how they were made: lines that begin with ``#``.
    positions : (n,) float64
        Pixels from the start of the line.
    points : (n, 2) float64
        Image coordinates, x first; pixel i spans i ... i + 1.
    labels : (n,) integers or None
        Of the focus map; None without one.
    curves : tuple of (name, (n, C) float32)
        Values in [0, 1], C in {1, 3}; NaN where there are none.
    white : float
        What the values are multiplied by.
    """

    notes: tuple[str, ...]
    positions: npt.NDArray[np.float64] = field(repr=False)
    points: npt.NDArray[np.float64] = field(repr=False)
    labels: npt.NDArray[np.int64] | None = field(repr=False)
    curves: tuple[tuple[str, npt.NDArray[np.float32]], ...] = field(repr=False)
    white: float = 1.0


def write_line(path: Path, table: LineTable) -> None:
    """Write a table as CSV (UTF-8, a point as decimal mark), atomically; OutputError when the file
    cannot be written."""
    # File names that are no text hold lone surrogates.
    write_bytes(path, line_text(table).encode(errors="backslashreplace"))


def line_text(table: LineTable) -> str:
    """What `write_line` writes."""
    text = io.StringIO()
    text.writelines(f"# {' '.join(note.splitlines())}\n" for note in table.notes)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_header(table))
    writer.writerows(_rows(table))
    return text.getvalue()


def _header(table: LineTable) -> list[str]:
    header = ["position", "x", "y", *([] if table.labels is None else ["label"])]
    for name, values in table.curves:
        if values.shape[1] == 1:
            header.append(name)
        else:
            header += [f"{name} {channel}" for channel in _CHANNELS]
    return header


def _rows(table: LineTable) -> Iterator[list[str]]:
    labels = [] if table.labels is None else [[str(label)] for label in table.labels]
    for row, (x, y) in enumerate(table.points):
        values = [_number(value * table.white) for _, v in table.curves for value in v[row]]
        place = [_number(table.positions[row]), _number(x), _number(y)]
        yield [*place, *(labels[row] if labels else []), *values]


def _number(value: float) -> str:
    return f"{float(value):.7g}" if np.isfinite(value) else ""
