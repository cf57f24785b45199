from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mfgui.core.arrays import Size
from mfgui.core.errors import InputError
from mfgui.files.annotations import Annotation, SetState, SourceMark, write_annotation
from mfgui.files.worklists import (
    LIST_NAME,
    Worklist,
    other_map,
    read_worklist,
    write_states,
    written_at,
)

SOURCES = (SourceMark("near", ""), SourceMark("far", ""))


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"never opened")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three sets in folders of their own, and three folders that are none."""
    root = tmp_path / "list"
    for name in ("cup10", "cup2", "Bee"):
        touch(root / name, "near.png", "far.png")
    touch(root / "single", "near.png")
    touch(root / "papers", "notes.txt")
    touch(root / ".hidden", "near.png", "far.png")
    touch(root, "readme.txt")
    return root


def annotate(worklist: Worklist, name: str, **changes: object) -> None:
    entry = next(entry for entry in worklist.sets if entry.name == name)
    work = Annotation(Size(3, 2), SOURCES, **changes)  # type: ignore[arg-type]
    write_annotation(entry.base, np.zeros((2, 3), np.uint8), work)


def states(worklist: Worklist) -> dict[str, str]:
    return {entry.name: entry.state.value for entry in worklist.sets}


def test_that_folders_are_sets_in_natural_order_and_no_image_is_opened(folder: Path) -> None:
    found = read_worklist([folder])
    assert [entry.name for entry in found.sets] == ["Bee", "cup2", "cup10"]
    assert [path.name for path in found.sets[0].images] == ["far.png", "near.png"]
    assert found.sets[0].base == folder / "Bee" / "Bee"
    assert set(states(found).values()) == {"new"}
    assert found.notices == ("papers: no images in this folder", "single: only one image")


def test_that_files_with_a_common_name_are_sets(tmp_path: Path) -> None:
    touch(tmp_path, "1_near.png", "1_far.png", "2_near.png", "2_far.png", "notes.txt")
    touch(tmp_path / "none", "notes.txt")
    found = read_worklist([tmp_path])
    assert [entry.name for entry in found.sets] == ["1", "2"]
    assert found.sets[0].base == tmp_path / "1"
    annotate(found, "1")
    assert states(read_worklist([tmp_path])) == {"1": "in progress", "2": "new"}


def test_that_several_folders_make_a_list(folder: Path) -> None:
    found = read_worklist([folder / "cup10", folder / "Bee"])
    assert [entry.name for entry in found.sets] == ["Bee", "cup10"]
    assert found.folder == folder


def test_that_folders_without_sets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sets in this folder"):
        read_worklist([tmp_path])
    touch(tmp_path, "one.png", "two.png")
    with pytest.raises(InputError, match="no sets in this folder"):
        read_worklist([tmp_path])
    with pytest.raises(InputError, match="no such file"):
        read_worklist([tmp_path / "missing"])


def test_that_states_come_from_the_sets_and_the_list(folder: Path) -> None:
    found = read_worklist([folder])
    annotate(found, "cup2", state=SetState.DONE, note="clean", tools={"brush": 4.0})
    flagged = replace(found.sets[0], state=SetState.FLAGGED, note="out of line")
    write_states(found, [flagged])
    again = read_worklist([folder])
    assert states(again) == {"Bee": "flagged", "cup2": "done", "cup10": "new"}
    assert again.sets[0].note == "out of line"
    assert (again.sets[1].note, again.sets[1].seconds) == ("clean", 4.0)
    assert again.sets[1].unassigned == 1.0


def test_that_an_entry_is_believed_until_its_json_is_newer(folder: Path) -> None:
    found = read_worklist([folder])
    annotate(found, "cup2", state=SetState.DONE)
    entry = replace(found.sets[1], state=SetState.DONE, written=written_at(found.sets[1].base))
    write_states(found, [replace(entry, note="from the list")])
    assert read_worklist([folder]).sets[1].note == "from the list"
    annotate(found, "cup2", state=SetState.FLAGGED, note="from the set, later")
    later = read_worklist([folder]).sets[1]
    assert (later.state, later.note) == (SetState.FLAGGED, "from the set, later")


def test_that_two_windows_do_not_take_each_others_entries(folder: Path) -> None:
    first, second = read_worklist([folder]), read_worklist([folder])
    write_states(first, [replace(first.sets[0], state=SetState.FLAGGED)])
    write_states(second, [replace(second.sets[2], state=SetState.FLAGGED)])
    assert states(read_worklist([folder])) == {"Bee": "flagged", "cup2": "new", "cup10": "flagged"}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"schema": 1}', '{"schema": 1, "sets": {"Bee": {"state": "finished"}}}'],
)
def test_that_a_damaged_list_is_said_kept_and_not_believed(folder: Path, text: str) -> None:
    found = read_worklist([folder])
    annotate(found, "cup2", state=SetState.DONE)
    (folder / LIST_NAME).write_text(text, "utf-8")
    again = read_worklist([folder])
    assert states(again) == {"Bee": "new", "cup2": "done", "cup10": "new"}
    assert again.notices[0].startswith(LIST_NAME)
    write_states(again, [replace(again.sets[0], state=SetState.FLAGGED)])
    kept = folder / "mfgui-annotations.damaged1.json"
    assert kept.read_text("utf-8") == text
    assert states(read_worklist([folder]))["Bee"] == "flagged"


def test_that_a_list_of_a_newer_version_is_never_written(folder: Path) -> None:
    text = json.dumps({"schema": 2, "sets": {}})
    (folder / LIST_NAME).write_text(text, "utf-8")
    found = read_worklist([folder])
    assert "newer mfgui" in found.locked
    with pytest.raises(InputError, match="newer mfgui"):
        write_states(found, [found.sets[0]])
    assert (folder / LIST_NAME).read_text("utf-8") == text


def test_that_a_set_whose_json_is_damaged_is_in_progress_and_said(folder: Path) -> None:
    found = read_worklist([folder])
    annotate(found, "cup2")
    (folder / "cup2" / "cup2_map.json").write_text("{", "utf-8")
    again = read_worklist([folder])
    assert states(again)["cup2"] == "in progress"
    assert any(line.startswith("cup2: damaged JSON") for line in again.notices)


def test_that_outputs_can_go_to_another_folder(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    found = read_worklist([folder], output=mine)
    annotate(found, "cup2", state=SetState.DONE)
    write_states(found, [replace(found.sets[0], state=SetState.FLAGGED)])
    assert {path.name for path in mine.iterdir()} == {"cup2_map.png", "cup2_map.json", LIST_NAME}
    assert states(read_worklist([folder], output=mine)) == {
        "Bee": "flagged",
        "cup2": "done",
        "cup10": "new",
    }
    assert set(states(read_worklist([folder])).values()) == {"new"}


def test_that_the_map_of_another_annotator_is_found_in_a_copy_or_a_plain_folder(
    folder: Path, tmp_path: Path
) -> None:
    mine = read_worklist([folder])
    entry = mine.sets[1]
    plain = read_worklist([folder], output=tmp_path / "plain")
    annotate(plain, "cup2")
    assert other_map(entry, tmp_path / "plain") == tmp_path / "plain" / "cup2_map.png"
    annotate(mine, "cup2")
    assert other_map(entry, folder) == folder / "cup2" / "cup2_map.png"
    assert other_map(entry, tmp_path) is None


def test_that_thousands_of_sets_are_listed_with_one_small_file(tmp_path: Path) -> None:
    for number in range(1500):
        touch(tmp_path / f"s{number}", "a.png", "b.png")
    found = read_worklist([tmp_path])
    write_states(found, [replace(entry, state=SetState.FLAGGED) for entry in found.sets])
    again = read_worklist([tmp_path])
    assert again.count(SetState.FLAGGED) == 1500
    assert [entry.name for entry in again.sets[:3]] == ["s0", "s1", "s2"]
