"""What the pool does for annotators: read and write drawn maps, lists, and sets ahead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mfgui.app import tasks
from mfgui.core.arrays import LabelArray
from mfgui.core.errors import MfguiError
from mfgui.core.labels import UNASSIGNED
from mfgui.core.stack import SourceStack
from mfgui.files.annotations import Annotation, read_annotation, write_annotation
from mfgui.files.images import open_set as open_headers
from mfgui.files.worklists import Worklist, WorkSet, read_worklist, write_states, written_at
from mfgui.jobs.pool import Report, Task

_AHEAD_BYTES = 400_000_000  # of decoded sources; twice that with their display pictures


@dataclass(frozen=True, eq=False)
class Loaded:
    """A drawn map that fits the open set."""

    labels: LabelArray = field(repr=False)
    annotation: Annotation


@dataclass(frozen=True)
class Saved:
    """A set that was written; `problem` is why the list's own file was not."""

    entry: WorkSet
    kept: tuple[Path, ...] = ()
    problem: str = ""


class Writer:
    """Writes the sets of a list in the order of asking, whichever thread comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = 0
        self._written: dict[Path, int] = {}

    def save(
        self,
        worklist: Worklist,
        entry: WorkSet,
        labels: LabelArray | None,
        annotation: Annotation | None,
        *,
        keep_old: bool,
    ) -> Task:
        """A task that writes map and description, where there is a map, and the list's entry."""
        self._asked += 1
        number = self._asked

        def task(_report: Report) -> Saved:
            with self._lock:
                if self._written.get(entry.base, 0) > number:
                    return Saved(entry)
                saved = _save(worklist, entry, labels, annotation, keep_old=keep_old)
                self._written[entry.base] = number
                return saved

        return task


def open_list(paths: Sequence[Path], output: Path | None) -> Task:
    """Read a list of sets."""

    def task(_report: Report) -> Worklist:
        return read_worklist(paths, output=output)

    return task


def load(base: Path, stack: SourceStack, *, anyway: bool = False) -> Task:
    """Read the drawn map of a set, None when there is none."""

    def task(_report: Report) -> Loaded | None:
        found = read_annotation(base, stack, anyway=anyway)
        return None if found is None else Loaded(*found)

    return task


def open_ahead(images: Sequence[Path], wanted: Callable[[], bool]) -> Task:
    """Read a set that is likely to be the next one; None when it is large, cannot be read, or
    is not `wanted` any more."""

    def task(report: Report) -> tasks.LoadedSet | None:
        if not wanted():
            return None
        try:
            opened = open_headers(images)
            size = opened.size.pixels * len(opened.infos) * 3
            if size > _AHEAD_BYTES or not wanted():
                return None
            value = tasks.open_set(images)(report)
        except MfguiError:
            return None  # it is said when the set itself is opened
        assert isinstance(value, tasks.LoadedSet)
        return value

    return task


def _save(
    worklist: Worklist,
    entry: WorkSet,
    labels: LabelArray | None,
    annotation: Annotation | None,
    *,
    keep_old: bool,
) -> Saved:
    kept: tuple[Path, ...] = ()
    if labels is not None and annotation is not None:
        kept = write_annotation(entry.base, labels, annotation, keep_old=keep_old)
        entry = entry.with_annotation(annotation, written=written_at(entry.base))
        share = np.count_nonzero(labels == UNASSIGNED) / labels.size
        entry = entry.with_share(share)
    try:
        write_states(worklist, [entry])
    except MfguiError as error:
        return Saved(entry, kept, str(error))
    return Saved(entry, kept)
