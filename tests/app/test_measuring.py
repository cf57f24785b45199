from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mfgui.app.measuring import (
    Comparison,
    ListComparison,
    compare,
    compare_list,
    export,
    measure,
    write_list,
)
from mfgui.core.errors import UsageError
from mfgui.core.stack import SourceStack
from mfgui.files.annotations import Annotation, sources_of, write_annotation
from mfgui.files.images import read_stack
from mfgui.files.label_export import MapExport, MapFormat
from mfgui.files.maps import write_map
from mfgui.files.worklists import Worklist, read_worklist

LABELS = np.array([[1, 1, 1, 2]] * 3, np.uint8)


def run(task: Any) -> Any:
    reports: list[Any] = []
    value = task(reports.append)
    return value, reports


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    generator = np.random.default_rng(2)
    for name in ("a", "b", "c"):
        (tmp_path / "list" / name).mkdir(parents=True)
        for source in ("far", "near"):
            pixels = generator.integers(0, 256, (3, 4, 3), np.uint8)
            path = tmp_path / "list" / name / f"{source}.png"
            path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    return tmp_path / "list"


def draw(worklist: Worklist, index: int, labels: Any, order: tuple[int, ...] = (0, 1)) -> None:
    entry = worklist.sets[index]
    stack = read_stack([entry.images[n] for n in order])
    work = Annotation(stack.size, sources_of(stack, entry.base))
    write_annotation(entry.base, labels, work)


def test_that_a_list_is_compared_set_by_set(folder: Path, tmp_path: Path) -> None:
    mine = read_worklist([folder])
    theirs = read_worklist([folder], output=tmp_path / "theirs")
    draw(mine, 0, LABELS)
    draw(theirs, 0, 3 - LABELS, order=(1, 0))  # the same, with the sources the other way round
    draw(mine, 1, LABELS)
    found, reports = run(compare_list(mine, tmp_path / "theirs", tolerance=2))
    assert isinstance(found, ListComparison)
    assert found.compared == 1
    assert reports == [(1, 3), (2, 3), (3, 3)]
    first, second, third = found.sets
    assert first.agreement is not None
    assert first.agreement.same
    assert second.note == "no map of the other annotator"
    assert third.note == "no map of this list"
    path = tmp_path / "report.json"
    run(write_list(found, mine, path))
    assert json.loads(path.read_text("utf-8"))["sets"][0]["accuracy"] == 1


def test_that_a_map_that_does_not_fit_is_a_note_of_the_list(folder: Path, tmp_path: Path) -> None:
    mine = read_worklist([folder])
    draw(mine, 0, LABELS)
    other = tmp_path / "theirs" / "a_map.png"
    other.parent.mkdir()
    write_map(other, np.ones((5, 5), np.uint8), k=2, names=["x", "y"])
    found, _ = run(compare_list(mine, tmp_path / "theirs", tolerance=2))
    assert "the map is 5 x 5, but the sources are 4 x 3" in found.sets[0].note


@pytest.fixture
def stack(folder: Path) -> SourceStack:
    return read_stack(read_worklist([folder]).sets[0].images)


def test_that_the_present_map_is_compared_with_a_file(stack: SourceStack, tmp_path: Path) -> None:
    path = tmp_path / "other.png"
    write_map(path, np.ones((3, 4), np.uint8), k=2, names=["x", "y"])
    found, _ = run(compare(stack, LABELS, path, tolerance=1.0))
    assert isinstance(found, Comparison)
    assert found.agreement.accuracy == 0.75
    assert found.agreement.tolerance == 1.0
    assert (found.other == 1).all()


def test_that_a_map_is_measured() -> None:
    found, _ = run(measure(LABELS, 2))
    assert found.labels[0].pixels == 9


def test_that_an_export_never_replaces_a_source(stack: SourceStack, tmp_path: Path) -> None:
    source = stack.sources[0].path
    assert source is not None
    with pytest.raises(UsageError, match="the output is the input"):
        run(export(stack, LABELS, MapExport(source, MapFormat.LABELS)))
    path = tmp_path / "map.json"
    run(export(stack, LABELS, MapExport(path, MapFormat.COCO)))
    document = json.loads(path.read_text("utf-8"))
    assert document["info"]["sources"][0]["sha256"] == stack.sources[0].sha256
