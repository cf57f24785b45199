"""What became of every set of a batch: one report in JSON and one in CSV.

The JSON is also what the next run of the same batch goes on from. Both are written whole after
each set, so that a batch that was killed has lost nothing that was finished.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from mfgui import __version__
from mfgui.core.errors import MfguiError
from mfgui.files.atomic import write_bytes
from mfgui.files.inputs import open_input, reading
from mfgui.files.reports import write_json

SCHEMA = 1
_MOST_BYTES = 256 << 20
COLUMNS = (
    "set", "method", "state", "seconds", "q", "width", "height", "sources", "output", "error",
    "notices",
)  # fmt: skip
"""Of the CSV."""


class State(StrEnum):
    """What became of a set."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    UNCHANGED = "unchanged"  # done before, and nothing that it depends on has changed
    SKIPPED = "skipped"
    FAILED = "failed"
    STOPPED = "stopped"


_FINISHED = (State.DONE, State.UNCHANGED)


@dataclass(frozen=True)
class Record:
    """One set by one method.

    Attributes
    ----------
    label : str
        Of the method.
    seconds : float or None
        That it took, reading and writing included.
    q : float or None
        Q of the picture: of the run, or of the objective of boxes where the method has none.
    error : str
        Why it failed or was skipped, in one line.
    fingerprint : str
        Of all that the picture depends on.
    size, modified : int
        Of the picture, in bytes and in nanoseconds since 1970, as it was written.
    report : mapping
        As `mfgui fuse --report` writes it.
    """

    name: str
    label: str
    state: State = State.WAITING
    sources: tuple[str, ...] = ()
    output: str = ""
    seconds: float | None = None
    q: float | None = None
    width: int | None = None
    height: int | None = None
    error: str = ""
    notices: tuple[str, ...] = ()
    fingerprint: str = ""
    size: int = 0
    modified: int = 0
    report: Mapping[str, Any] | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.label

    @property
    def finished(self) -> bool:
        """Whether there is a picture."""
        return self.state in _FINISHED

    def stands(self) -> bool:
        """Whether the picture is there as it was written."""
        if not self.output:
            return False
        try:
            found = Path(self.output).stat()
        except (OSError, ValueError):
            return False
        return (found.st_size, found.st_mtime_ns) == (self.size, self.modified)


def report_paths(rule_path: Path, output: Path) -> tuple[Path, Path]:
    """The reports, JSON and CSV, of the rule in a file: in the folder of its outputs."""
    stem = rule_path.name.removesuffix(".toml")
    return output / f"{stem}-report.json", output / f"{stem}-report.csv"


def write(records: Iterable[Record], json_path: Path, csv_path: Path, *, rule: Path) -> None:
    """Write both reports, each atomically.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    kept = list(records)
    write_json(json_path, content(kept, rule=rule))
    write_bytes(csv_path, as_csv(kept).encode(errors="backslashreplace"))


def content(records: Iterable[Record], *, rule: Path) -> dict[str, object]:
    """The report; JSON types only."""
    kept = list(records)
    return {
        "schema": SCHEMA,
        "version": __version__,
        "rule": str(rule),
        "written": datetime.now(UTC).isoformat(" ", "seconds"),
        "counts": counts(kept),
        "sets": [_entry(record) for record in kept],
    }


def counts(records: Iterable[Record]) -> dict[str, int]:
    """How many there are in each state; states that nothing is in are left out."""
    found = Counter(record.state for record in records)
    return {state.value: found[state] for state in State if found[state]}


def as_csv(records: Iterable[Record]) -> str:
    """A line for each set and method; numbers with a point, sources and notices with ``; ``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        numbers = (record.seconds, record.q, record.width, record.height)
        middle = ["" if number is None else number for number in numbers]
        many = ("; ".join(record.sources), record.output, record.error, "; ".join(record.notices))
        writer.writerow([record.name, record.label, record.state.value, *middle, *many])
    return text.getvalue()


def read(path: Path) -> list[Record]:
    """The records of a report; none where there is no file, or one that is not ours.

    A damaged report costs time, not pictures: what it says was done is done again.
    """
    try:
        with open_input(path) as file, reading(path):
            data = file.read(_MOST_BYTES + 1)
        found = json.loads(data) if len(data) <= _MOST_BYTES else {}
        if not isinstance(found, dict) or found.get("schema") != SCHEMA:
            return []
        return [_record(entry) for entry in found["sets"]]
    except (MfguiError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []


def _entry(record: Record) -> dict[str, object]:
    entry = asdict(record)
    return {"set": entry.pop("name"), "method": entry.pop("label"), **entry}


def _record(entry: Mapping[str, Any]) -> Record:
    """One entry of a file, whose types are checked."""
    values: dict[str, Any] = {"name": entry["set"], "label": entry["method"]}
    values |= {f.name: entry[f.name] for f in fields(Record) if f.name in entry}
    values["state"] = State(values["state"])
    for name in ("sources", "notices"):
        values[name] = tuple(_checked(text, str) for text in _checked(values.get(name, []), list))
    for name in ("name", "label", "output", "error", "fingerprint"):
        _checked(values.get(name, ""), str)
    for name in ("size", "modified"):
        _checked(values.get(name, 0), int)
    for name in ("seconds", "q", "width", "height"):
        number = values.get(name)
        if number is not None and not math.isfinite(_checked(number, (int, float))):
            raise ValueError(f"{name} is {number}")
    if values.get("report") is not None:
        _checked(values["report"], dict)
    return Record(**values)


def _checked(value: Any, kind: type | tuple[type, ...]) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind}")
    return value
