"""What a file of scores says of how they came to be, and the task that writes it."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np

from mfgui.app.score_tasks import has_own_map
from mfgui.core.arrays import LabelArray
from mfgui.core.labels import label_dtype
from mfgui.core.result import Result
from mfgui.core.score_table import ScoreTable
from mfgui.core.session import Session
from mfgui.files.atomic import check_output
from mfgui.files.score_tables import write_table
from mfgui.jobs.pool import Report, Task
from mfgui.jobs.runner import versions
from mfgui.methods.registry import Registry

MAP_HASH = "map_sha256"
_BAND_OF = (
    "pixels within band_width pixels, along rows, columns and diagonals, of a pixel that has "
    "another label in the map"
)


def facts_of(session: Session, *, window: int | None, band: int) -> dict[str, object]:
    """What holds for every row."""
    stack, truth, region = session.stack, session.truth, session.region
    if stack is None:
        return {}
    has_map = session.focus_map is not None
    hashed = f"labels row by row, bytes of each: {label_dtype(stack.k)().nbytes}"
    return {
        "width": stack.size.width,
        "height": stack.size.height,
        "sources": [{"name": s.name, "sha256": s.sha256} for s in stack.sources],
        "ground_truth": None if truth is None else {"name": truth.name, "sha256": truth.sha256},
        "map_from": session.map_origin.words if has_map else None,
        MAP_HASH: None,
        "map_sha256_of": hashed if has_map else None,
        "local_q_window": window,
        "band_width": band,
        "band_of": _BAND_OF if has_map else None,
        "region": None if region is None else [region.x, region.y, region.width, region.height],
        "region_of": None if region is None else "left, top, width, height in pixels",
    }


def record_of(session: Session, run_id: int, result: Result) -> dict[str, object]:
    """How one result was made."""
    made = result.provenance
    mark = session.marks.get(run_id)
    return {
        "method": made.method,
        "parameters": dict(made.parameters),
        "detector": made.detector,
        "map_from": made.map_from,
        "start_from": made.start_from,
        "seed": made.seed,
        "device": made.device,
        "state": result.state,
        "follows": made.follows,
        "note": "" if mark is None else mark.note,
        "versions": dict(made.versions),
        "inputs": [{"name": entry.name, "sha256": entry.sha256} for entry in made.inputs],
        MAP_HASH: None,
    }


def exporting(registry: Registry, session: Session, table: ScoreTable, path: Path) -> Task:
    """Write `table` with versions and the hashes of the maps; its folder is looked at before any
    work."""
    stack = session.stack
    inputs = [] if stack is None else [s.path for s in stack.sources if s.path is not None]
    if session.truth is not None and session.truth.path:
        inputs.append(Path(session.truth.path))
    present = None if session.focus_map is None else session.focus_map.snapshot()
    mapped = {
        f"result:{run_id}": result
        for run_id, result in session.results.items()
        if has_own_map(registry, result)
    }

    def task(_report: Report) -> Path:
        check_output(path, inputs=inputs)
        digest = _memory()
        rows = tuple(
            replace(row, record=_with(row.record, _own_hash(mapped.get(row.key), digest)))
            for row in table.rows
        )
        facts = _with(table.facts, None if present is None else digest(present))
        facts = {"versions": versions(), **_libraries(table), **facts}
        write_table(path, replace(table, rows=rows, facts=facts))
        return path

    return task


def _libraries(table: ScoreTable) -> dict[str, object]:
    """What metrics are computed with beside what methods are."""
    if not any("metric" in column.record for column in table.columns):
        return {}
    return {"metrics_with": {"scipy": importlib.metadata.version("scipy")}}


def labels_sha256(labels: LabelArray) -> str:
    """SHA-256 of labels, row by row, one byte each; two, the lower first, above 254 sources."""
    little = labels.astype(labels.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little).data).hexdigest()


def _memory() -> Callable[[LabelArray], str]:
    """`labels_sha256`, once for each array: the results of a queue share their map."""
    known: dict[int, str] = {}

    def digest(labels: LabelArray) -> str:
        if id(labels) not in known:
            known[id(labels)] = labels_sha256(labels)
        return known[id(labels)]

    return digest


def _own_hash(result: Result | None, digest: Callable[[LabelArray], str]) -> str | None:
    if result is None or result.labels is None:
        return None
    with result.guard or nullcontext():
        return digest(result.labels)


def _with(record: Mapping[str, object], digest: str | None) -> dict[str, object]:
    return {**record, MAP_HASH: digest}
