"""Tasks that measure maps: figures of one, agreement of two, of a list and of two annotators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mfgui.core.agreement import Agreement, agreement
from mfgui.core.arrays import LabelArray
from mfgui.core.errors import MfguiError
from mfgui.core.stack import SourceStack
from mfgui.core.statistics import MapStatistics, map_statistics
from mfgui.files.annotations import annotation_files, read_description, read_other
from mfgui.files.atomic import check_output
from mfgui.files.label_export import MapExport, export_map
from mfgui.files.map_report import SetAgreement, write_list_report
from mfgui.files.maps import read_map
from mfgui.files.worklists import Worklist, WorkSet, other_map
from mfgui.jobs.pool import Report, Task


@dataclass(frozen=True, eq=False)
class Comparison:
    """The present map against another one; `note` is what is odd about that."""

    agreement: Agreement
    other: LabelArray = field(repr=False)
    path: Path
    note: str


@dataclass(frozen=True, eq=False)
class ListComparison:
    """All sets of a list against another annotator's maps."""

    sets: tuple[SetAgreement, ...]
    folder: Path
    tolerance: float

    @property
    def compared(self) -> int:
        return sum(entry.agreement is not None for entry in self.sets)


def measure(labels: LabelArray, k: int) -> Task:
    """Figures of a map."""

    def task(_report: Report) -> MapStatistics:
        return map_statistics(labels, k=k)

    return task


def compare(stack: SourceStack, labels: LabelArray, path: Path, *, tolerance: float) -> Task:
    """Agreement of `labels` with the map in a file."""
    hashes = [source.sha256 for source in stack.sources]

    def task(_report: Report) -> Comparison:
        other, note = read_other(path, size=stack.size, hashes=hashes)
        found = agreement(labels, other, k=stack.k, tolerance=tolerance)
        return Comparison(found, other, path, note)

    return task


def compare_list(worklist: Worklist, folder: Path, *, tolerance: float) -> Task:
    """Agreement of every drawn map of a list with those in another annotator's folder.

    Reports (sets looked at, sets in all).
    """

    def task(report: Report) -> ListComparison:
        found = []
        for number, entry in enumerate(worklist.sets, start=1):
            found.append(_compare_set(entry, folder, tolerance))
            report((number, len(worklist.sets)))
        return ListComparison(tuple(found), folder, tolerance)

    return task


def write_list(comparison: ListComparison, worklist: Worklist, path: Path) -> Task:
    """Write a comparison of lists as CSV or JSON."""

    def task(_report: Report) -> None:
        write_list_report(
            path,
            comparison.sets,
            first=str(worklist.output),
            second=str(comparison.folder),
            tolerance=comparison.tolerance,
        )

    return task


def export(stack: SourceStack, labels: LabelArray, wish: MapExport) -> Task:
    """Write a map for other programs."""
    names = [source.name for source in stack.sources]
    hashes = [source.sha256 for source in stack.sources]
    inputs: Sequence[Path] = [s.path for s in stack.sources if s.path is not None]

    def task(_report: Report) -> None:
        check_output(wish.path, inputs=inputs)
        export_map(wish, labels, k=stack.k, names=names, hashes=hashes)

    return task


def _compare_set(entry: WorkSet, folder: Path, tolerance: float) -> SetAgreement:
    path, description = annotation_files(entry.base)
    other = other_map(entry, folder)
    if not path.exists():
        return SetAgreement(entry.name, None, "no map of this list")
    if other is None:
        return SetAgreement(entry.name, None, "no map of the other annotator")
    try:
        own = read_description(description)
        labels = read_map(path, k=own.k, size=own.size)
        hashes = [source.sha256 for source in own.sources]
        second, note = read_other(other, size=own.size, hashes=hashes)
        found = agreement(labels, second, k=own.k, tolerance=tolerance)
    except MfguiError as error:
        return SetAgreement(entry.name, None, str(error))
    return SetAgreement(entry.name, found, note)
