"""The command score."""

from __future__ import annotations

import importlib.metadata
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mfgui import _startup
from mfgui.app.score_export import labels_sha256
from mfgui.cli.progress import ProgressLine
from mfgui.core.arrays import LabelArray, Rect
from mfgui.core.errors import MfguiError, UsageError
from mfgui.core.score_table import Area, Better, Cell, Column, ScoreRow, ScoreTable, shown_number
from mfgui.core.stack import SourceStack
from mfgui.files import atomic, grouping, score_tables
from mfgui.files.decode import sha256_of
from mfgui.files.frames import frames_in
from mfgui.files.ground_truth import read_ground_truth
from mfgui.files.images import read_stack
from mfgui.files.maps import read_map
from mfgui.jobs.events import Progress
from mfgui.jobs.runner import versions
from mfgui.methods.metrics import Needs, measures
from mfgui.methods.metrics.measures import EVERYTHING, Measure, Subject
from mfgui.methods.metrics.tables import Column as Asked
from mfgui.methods.metrics.tables import Evidence

_DIGITS = 5
_MISSING = "-"
_BAND_OF = (
    "pixels within band_width pixels, along rows, columns and diagonals, of a pixel that has "
    "another label in the map"
)
_EVIDENCE = {
    Evidence.RECOMPUTED: "printed numbers come out",
    Evidence.INFERRED: "as its equations and the printed numbers suggest",
    Evidence.NOT_MET: "the nearest known definition, printed numbers differ",
}
_HINT = "give a picture that was fused from these sources"


@dataclass(frozen=True)
class _Place:
    """A part of the picture that is scored."""

    area: Area
    rect: Rect | None = None
    band: int | None = None


@dataclass(frozen=True, eq=False)
class _Work:
    """What is scored against what.

    `base` has source 1 in the place of the fused picture, and its map where there are any.
    """

    stack: SourceStack
    base: Subject
    own_maps: tuple[LabelArray, ...]
    facts: dict[str, object] = field(repr=False)


def score(options: Namespace) -> int:
    """`mfgui score`: exit code 1 when some of the pictures could not be scored."""
    asked = measures.chosen(options.metrics)
    inputs = [*options.fused, *options.sources, *options.own_map]
    inputs += [path for path in (options.reference, options.map, options.true_map) if path]
    if options.output is not None:
        _check_output(options.output, inputs)
    fused = grouping.images_in(options.fused)
    if options.own_map and len(options.own_map) != len(fused):
        count = f"--own-map names {len(options.own_map)}, FUSED {len(fused)}"
        raise UsageError(count, hint="give one for each, in their order")
    _startup.limit_opencv()
    work = _read(options)
    columns = _columns(options, asked, work.base)
    if not columns:
        raise UsageError("nothing is left to score", hint="choose others by --metrics")
    work = _with_map(work, columns)
    rows, failed = _rows(fused, work, columns)
    if not rows:
        return failed[0][1].exit_code
    left_out = [{"path": str(path), "reason": str(error)} for path, error in failed]
    facts = {**work.facts, "left_out": left_out or None}
    heads = tuple(_head(column, place) for column, place in columns)
    table = ScoreTable(heads, tuple(rows), facts)
    if options.output is not None:
        score_tables.write_table(options.output, table)
    print(score_tables.table_json(table).rstrip() if options.json else _text(table))
    return 1 if failed else 0


def _check_output(path: Path, inputs: Sequence[Path]) -> None:
    if path.suffix.lower() not in score_tables.SUFFIXES:
        hint = f"use {', '.join(score_tables.SUFFIXES)}"
        raise UsageError("another ending is needed", path=path, hint=hint)
    atomic.check_output(path, inputs=inputs)


# Reading


def _read(options: Namespace) -> _Work:
    stack = read_stack(frames_in(options.sources).images)
    for source in stack.sources:
        _tell(source.name, source.notices)
    truth = None
    if options.reference is not None:
        truth = read_ground_truth(options.reference, stack)
        _tell(options.reference.name, truth.notices)
    own_maps = tuple(_map(path, stack) for path in options.own_map)
    base = Subject(
        stack.pixels(0),
        [stack.pixels(number) for number in range(stack.k)],
        truth=None if truth is None else truth.pixels,
        labels=None if options.map is None else _map(options.map, stack),
        own_map=own_maps[0] if own_maps else None,
        true_map=None if options.true_map is None else _map(options.true_map, stack),
    )
    given = {
        "ground_truth": options.reference,
        "map": options.map,
        "true_map": options.true_map,
    }
    facts: dict[str, object] = {
        "versions": {**versions(), "scipy": importlib.metadata.version("scipy")},
        "width": stack.size.width,
        "height": stack.size.height,
        "sources": [{"name": s.name, "sha256": s.sha256} for s in stack.sources],
        **{name: None if path is None else _file(path) for name, path in given.items()},
        "map_from": None,
        "map_sha256": None,
        "band_width": options.band,
        "band_of": None if options.band is None else _BAND_OF,
        "region": None if options.region is None else list(options.region),
        "region_of": None if options.region is None else "left, top, width, height in pixels",
    }
    return _Work(stack, base, own_maps, facts)


def _map(path: Path, stack: SourceStack) -> LabelArray:
    return read_map(path, k=stack.k, size=stack.size)


def _file(path: Path) -> dict[str, object]:
    return {"name": path.name, "sha256": sha256_of(path)}


def _tell(name: str, notices: Sequence[str]) -> None:
    for notice in notices:
        print(f"mfgui: note: {name}: {' '.join(notice.split())}", file=sys.stderr)


def _with_map(work: _Work, columns: Sequence[tuple[Asked, _Place]]) -> _Work:
    """With the map that the columns need, detected once for all pictures where none was given."""
    needed = any(
        place.band is not None or column.measure.definition.needs is Needs.MAP
        for column, place in columns
    )
    base = work.base
    if needed and base.labels is None:
        try:
            labels, maker = base.focus_map()
        except UsageError:
            return work  # told beside each value
        base = replace(base, labels=labels, map_from=maker)
    if base.labels is None:
        return work
    made = {"map_from": base.map_from or "a file", "map_sha256": labels_sha256(base.labels)}
    return replace(work, base=base, facts={**work.facts, **made})


# What is scored


def _columns(
    options: Namespace, asked: Sequence[Asked], base: Subject
) -> list[tuple[Asked, _Place]]:
    """Every measure in every place; of "all" those for which everything is there."""
    places = [_Place(Area.WHOLE)]
    if options.band is not None:
        places.append(_Place(Area.BAND, band=options.band))
    if options.region is not None:
        places.append(_Place(Area.REGION, rect=_inside(Rect(*options.region), base)))
    columns = [(column, place) for column in asked for place in places]
    if options.metrics.strip() != EVERYTHING:
        return columns
    return [
        (column, place)
        for column, place in columns
        if not measures.hindrance(column.measure, base, band=place.band)
    ]


def _inside(rect: Rect, base: Subject) -> Rect:
    height, width = base.fused.shape[:2]
    if rect.empty or rect.intersected(Rect(0, 0, width, height)) != rect:
        given = f"{rect.x},{rect.y},{rect.width},{rect.height}"
        raise UsageError(
            f"--region {given} does not lie in the pictures, {width} x {height}",
            hint="give left, top, width, height in pixels",
        )
    return rect


def _rows(
    fused: Sequence[Path], work: _Work, columns: Sequence[tuple[Asked, _Place]]
) -> tuple[list[ScoreRow], list[tuple[Path, MfguiError]]]:
    """A row for each picture that can be read; for the others what is wrong, which is told."""
    rows: list[ScoreRow] = []
    failed: list[tuple[Path, MfguiError]] = []
    names = [path.name for path in fused]
    titles = [p.name if names.count(p.name) == 1 else str(p) for p in fused]
    line = ProgressLine(sys.stderr)
    for number, (path, title) in enumerate(zip(fused, titles, strict=True)):
        own_map = work.own_maps[number] if work.own_maps else None
        try:
            picture = read_ground_truth(path, work.stack, hint=_HINT)
        except MfguiError as error:
            print(f"mfgui: {error}", file=sys.stderr)
            failed.append((path, error))
            continue
        _tell(title, picture.notices)
        subject = replace(work.base, fused=picture.pixels, own_map=own_map)
        try:
            cells = _cells(title, subject, columns, line)
        finally:
            line.clear()
        record = {
            "path": str(path),
            "inputs": [{"name": path.name, "sha256": picture.sha256}],
            "map_sha256": None if own_map is None else labels_sha256(own_map),
        }
        rows.append(ScoreRow(f"result:{number + 1}", title, cells, record))
    return rows, failed


def _cells(
    title: str, subject: Subject, columns: Sequence[tuple[Asked, _Place]], line: ProgressLine
) -> tuple[Cell, ...]:
    cells = []
    for number, (column, place) in enumerate(columns):
        line(Progress(0, f"{title}: {column.measure.name}", number, len(columns)))
        found = measures.score(column.measure, subject, area=place.rect, band=place.band)
        cells.append(Cell(found.value, found.why))
    return tuple(cells)


def _head(column: Asked, place: _Place) -> Column:
    """A column of a table of scores."""
    measure, definition = column.measure, column.measure.definition
    parts = measure.qualifiers
    says = [f"{definition.about} In full: {measure.metric}"]
    says += [f"variant {measure.defined_as}"] if measure.defined_as else []
    says += [f"on {measure.view}"] if definition.on_planes else []
    says += [f"{definition.direction} is better"]
    if column.evidence is not None:
        says += [f"as {column.heading} in print: {_EVIDENCE[column.evidence]}"]
    return Column(
        measure.name,
        f"{column.heading} ({', '.join(parts)})" if parts else column.heading,
        Better(definition.direction),
        ", ".join(says) + ".",
        area=place.area,
        digits=_DIGITS,
        record={
            "heading": column.heading,
            **measure.record,
            "evidence": None if column.evidence is None else str(column.evidence),
        },
    )


# The table on standard output


def _text(table: ScoreTable) -> str:
    many, areas = len(table.rows) > 1, {column.area for column in table.columns}
    heads = ["metric", "variant", *(["area"] if len(areas) > 1 else []), ""]
    heads += [row.title for row in table.rows]
    lines = [[*heads, ""]]
    for number, column in enumerate(table.columns):
        measure = Measure.parse(column.key)
        heading = str(column.record["heading"])
        published = column.record["evidence"] is not None
        cells = [f"{heading} ({measure.metric})" if published else measure.metric]
        cells += [", ".join(measure.qualifiers) or _MISSING]
        cells += [str(column.area)] if len(areas) > 1 else []
        cells += [column.better.arrow]
        best = table.best(number)
        for place, value in enumerate(table.values(number)):
            text = _MISSING if value is None else shown_number(value, column.digits)
            cells.append(text + ("*" if place in best else " ") if many else text)
        lines.append([*cells, _note(table, number)])
    numbers = range(len(heads) - len(table.rows), len(heads))
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    shown = [
        "  ".join(
            text.rjust(width) if place in numbers else text.ljust(width)
            for place, (text, width) in enumerate(zip(line[:-1], widths, strict=True))
        )
        + (f"  {line[-1]}" if line[-1] else "")
        for line in lines
    ]
    legend = ["↑ higher, ↓ lower, →0 near 0 is better" + (", * the best" if many else "")]
    return "\n".join([*(line.rstrip() for line in shown), "", *legend])


def _note(table: ScoreTable, number: int) -> str:
    """Why values are missing or what they depend on, once where it is the same for all."""
    notes = [row.cells[number].note for row in table.rows]
    if len(set(notes)) == 1:
        return notes[0]
    told = [f"{row.title}: {note}" for row, note in zip(table.rows, notes, strict=True) if note]
    return "; ".join(told)
