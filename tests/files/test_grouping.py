from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mfgui.core.errors import InputError
from mfgui.files.grouping import groups_in, images_in, natural_key, select
from mfgui.files.maps import write_map


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "set"
    place.mkdir()
    return place


def touch(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_bytes(b"")
    return [folder / name for name in names]


def test_that_numbers_sort_by_value() -> None:
    names = ["img10.png", "img2.png", "IMG1.png", "a.png", "img2b.png", "7.png", "10.png"]
    ordered = sorted((Path(name) for name in names), key=natural_key)
    assert [path.name for path in ordered] == [
        "7.png",
        "10.png",
        "a.png",
        "IMG1.png",
        "img2.png",
        "img2b.png",
        "img10.png",
    ]


def test_that_folders_give_their_images_in_natural_order(folder: Path) -> None:
    touch(folder, "f10.JPG", "f2.tiff", "f1.webp")
    assert [path.name for path in images_in([folder])] == ["f1.webp", "f2.tiff", "f10.JPG"]


def test_that_named_files_keep_their_order_and_are_never_passed_over(folder: Path) -> None:
    paths = touch(folder, "b.png", "a.png", ".hidden.png", "notes.txt")
    assert images_in([*paths, folder / "missing.png"]) == [*paths, folder / "missing.png"]


def test_that_what_is_passed_over_has_a_reason(folder: Path) -> None:
    touch(folder, "a.png", "notes.txt", ".hidden.png")
    (folder / "sub.png").mkdir()
    found = select([folder])
    assert [path.name for path in found.images] == ["a.png"]
    assert {path.name: reason for path, reason in found.skipped} == {
        "notes.txt": "not an image",
        ".hidden.png": "hidden",
        "sub.png": "not a file",
    }


def test_that_maps_written_here_are_no_sources(folder: Path) -> None:
    touch(folder, "a.png", "b_preview.png", "c_map.png")
    write_map(folder / "map.png", np.ones((2, 2), np.uint8), k=2, names=[])
    assert [path.name for path in images_in([folder])] == ["a.png", "b_preview.png", "c_map.png"]
    reasons = dict(select([folder]).skipped)
    assert reasons[folder / "map.png"] == "a focus map or its preview"
    assert reasons[folder / "map_preview.png"] == "a focus map or its preview"


def test_that_maps_drawn_for_a_set_are_no_sources(folder: Path) -> None:
    touch(folder, "a.png", "b.png", "set_map.png", "set_map.json", "c.png", "c.json")
    touch(folder, "heat_map.png")
    names = ["a.png", "b.png", "c.png", "heat_map.png"]
    assert [path.name for path in images_in([folder])] == names


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (("3_near", "3_far", "10_near", "10_far"), {"3": "far near", "10": "far near"}),
        (("lytro-01-A", "lytro-01-B", "lytro-02-A", "lytro-02-B"), None),
        (("01a", "01b", "02a", "02b"), {"01": "01a 01b", "02": "02a 02b"}),
        (("cup1", "cup2", "bee1", "bee2", "bee3"), {"bee": "bee1 bee2 bee3", "cup": "cup1 cup2"}),
        (("near_3", "far_3", "near_4", "far_4"), {"3": "far_3 near_3", "4": "far_4 near_4"}),
        (("a 1", "a 2", "a 10"), {"a": "1 2 10"}),
        (("one", "two"), {}),
        ((), {}),
    ],
)
def test_that_names_with_a_common_part_are_one_scene(
    names: tuple[str, ...], groups: dict[str, str] | None
) -> None:
    found = groups_in([Path(f"{name}.jpg") for name in names])
    if groups is None:
        groups = {"lytro-01": "A B", "lytro-02": "A B"}
    assert [group.name for group in found] == list(groups)
    for group in found:
        ends = groups[group.name].split()
        assert len(ends) == len(group.images)
        for path, end in zip(group.images, ends, strict=True):
            assert path.stem.endswith(end)


def test_that_a_file_alone_is_a_scene_only_when_it_may_hold_a_stack() -> None:
    files = ["a_1.png", "a_2.png", "lonely.png", "stack.tif"]
    found = groups_in([Path(name) for name in files])
    assert [group.name for group in found] == ["a", "stack"]


def test_that_several_folders_and_files_follow_each_other(folder: Path) -> None:
    second = folder.parent / "second"
    second.mkdir()
    touch(folder, "2.png", "1.png")
    touch(second, "3.png")
    found = images_in([second, folder / "2.png", folder])
    assert [path.name for path in found] == ["3.png", "2.png", "1.png", "2.png"]


def test_that_a_folder_without_images_is_refused(folder: Path) -> None:
    touch(folder, "notes.txt")
    with pytest.raises(InputError, match="no images in this folder"):
        images_in([folder])
    with pytest.raises(InputError, match="no images in this folder"):
        images_in([folder / ".." / "set"])


def test_that_a_folder_that_may_not_be_listed_is_an_input_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match="no permission to read"):
        images_in([folder])
