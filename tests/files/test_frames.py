"""Frames of a folder told from what was made of them, on files that the program itself wrote."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.__main__ import main
from mfgui.app.batch_rule import Rule
from mfgui.app.batch_sets import find
from mfgui.app.tasks import open_set
from mfgui.files.bursts import sort_out
from mfgui.files.frames import frames_in, remarks
from mfgui.files.grouping import Selection
from mfgui.files.images import write_image
from mfgui.files.layers import write_confidence, write_depth
from tests.files.pictures import camera_block, save8, smooth, words16


def touch(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")
    return [folder / name for name in names]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four frames, of which the camera tells nothing."""
    place = tmp_path / "card"
    place.mkdir()
    for number in range(1, 5):
        save8(place / f"{number}.jpg", seed=number, exif=b"Exif\0\0" + camera_block(), quality=95)
    return place


def names(paths: tuple[Path, ...]) -> list[str]:
    return [path.name for path in paths]


FRAMES = ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]


@pytest.mark.parametrize(
    ("more", "left_out"),
    [
        (["truth.png"], ["truth.png"]),
        (["result.tif", "truth.png"], ["result.tif", "truth.png"]),
        (["truth.jpg"], []),  # of the same type
        (["5.png"], []),  # of the same kind of name
        (["a.png", "b.tif", "c.webp", "d.bmp"], []),  # as many strangers as frames
        (["near1.png", "near2.png"], []),  # not alone
    ],
)
def test_that_strangers_of_a_series_are_left_out(
    more: list[str], left_out: list[str], tmp_path: Path
) -> None:
    place = tmp_path / "card"
    touch(place, *FRAMES, *more)
    found = frames_in([place])
    assert sorted(names(found.images)) == sorted({*FRAMES, *more} - set(left_out))
    assert [path.name for path, _ in found.skipped] == left_out
    names_of = ", ".join(left_out)
    why = "another name and type than 4 others"
    assert remarks(found) == ((f"not taken as a frame: {names_of} ({why})",) if left_out else ())


def test_that_of_many_files_only_some_are_named() -> None:
    files = [(Path(f"{letter}.tif"), "fused by mfgui") for letter in "abcde"]
    (text,) = remarks(Selection((), tuple(files)))
    assert text == "not taken as a frame: a.tif, b.tif, c.tif and 2 more (fused by mfgui)"


@pytest.mark.parametrize("files", [["1.jpg", "2.jpg", "truth.png"], ["a.jpg", "b.jpg", "c.png"]])
def test_that_nothing_is_left_out_where_there_is_no_series(
    files: list[str], tmp_path: Path
) -> None:
    touch(tmp_path / "card", *files)
    assert names(frames_in([tmp_path / "card"]).images) == files


def test_that_named_files_are_always_taken(folder: Path) -> None:
    (odd,) = touch(folder, "truth.png")
    given = [folder / "2.jpg", odd, folder / "1.jpg", folder / "3.jpg"]
    assert list(frames_in(given).images) == given


@pytest.mark.parametrize("output", ["9.jpg", "9.png", "9.tif", "9.webp"])
def test_that_a_result_beside_its_frames_is_no_frame(
    output: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = folder.parent / "report.json"
    call = ["fuse", str(folder), "-o", str(folder / output), "--method", "average"]
    for _ in range(2):
        assert main([*call, "--report", str(report)]) == 0
        sources = json.loads(report.read_text())["sources"]
        assert [Path(source["path"]).name for source in sources] == FRAMES
    told = capsys.readouterr().err
    assert f"mfgui: note: not taken as a frame: {output} (fused by mfgui)\n" in told
    # Named it is one.
    pair, out = [str(folder / "1.jpg"), str(folder / output)], str(folder.parent / "all.png")
    assert main(["fuse", *pair, "-o", out, "--report", str(report)]) == 0
    assert len(json.loads(report.read_text())["sources"]) == 2


def test_that_the_window_says_what_it_left_out(folder: Path) -> None:
    save8(folder / "truth.png")
    loaded = open_set([folder])(lambda _event: None)
    assert [source.name for source in loaded.stack.sources] == FRAMES
    assert "not taken as a frame: truth.png (another name" in loaded.stack.sources[0].notices[0]


def test_that_maps_and_layers_are_no_frames(folder: Path) -> None:
    plane = np.ones((24, 36), np.float32)
    write_depth(folder / "8.png", plane, low=1, high=4)
    write_depth(folder / "9.tif", plane, low=1, high=4)
    write_confidence(folder / "10.png", plane)
    call = ["fuse", str(folder), "-o", str(folder.parent / "out.png"), "--method", "average"]
    assert main([*call, "--save-layers", str(folder / "11.tif")]) == 0
    cv2.imwrite(str(folder / "12.png"), words16(channels=1))  # somebody's grey frame
    found = frames_in([folder])
    assert names(found.images) == [*FRAMES, "12.png"]
    assert dict(found.skipped) == {
        folder / "8.png": "a map written by mfgui",
        folder / "9.tif": "a map written by mfgui",
        folder / "10.png": "a map written by mfgui",
        folder / "11.tif": "layers written by mfgui",
    }


def test_that_moved_frames_are_frames(folder: Path) -> None:
    moved = folder.parent / "moved"
    assert main(["align", str(folder), "-o", str(moved), "--method", "off",
                 "--exposure", "gain"]) == 0  # fmt: skip
    assert len(frames_in([moved]).images) == 4


def test_that_fused_parts_of_a_stack_are_its_frames(folder: Path) -> None:
    parts = folder.parent / "parts"
    parts.mkdir()
    for first in (1, 3):
        pair = [str(folder / f"{number}.jpg") for number in (first, first + 1)]
        output = str(parts / f"{first}.tif")
        assert main(["fuse", *pair, "-o", output, "--method", "average"]) == 0
    assert names(frames_in([parts]).images) == ["1.tif", "3.tif"]


def test_that_a_file_that_cannot_be_read_is_left_to_its_reader(folder: Path) -> None:
    (folder / "5.jpg").write_bytes(b"\xff\xd8\xff\xe1")
    (folder / "6.png").write_bytes(b"")
    assert names(frames_in([folder]).images) == [*FRAMES, "5.jpg", "6.png"]


def test_that_batches_leave_results_out(folder: Path) -> None:
    fused = folder / "5.jpg"
    assert main(["fuse", str(folder), "-o", str(fused), "--method", "average"]) == 0
    save8(folder / "truth.png")
    found = find(Rule(folder=str(folder.parent), output=str(folder.parent / "out")))
    assert [names(stack.sources) for stack in found.stacks] == [FRAMES]
    assert len(found.left_out) == 2
    assert "5.jpg" in found.left_out[0]
    assert "truth.png" in found.left_out[1]


def test_that_results_are_in_no_burst(folder: Path) -> None:
    fused = folder / "5.jpg"  # it carries the time of a frame
    assert main(["fuse", str(folder), "-o", str(fused), "--method", "average"]) == 0
    found = sort_out([folder])
    assert [names(group.images) for group in found.stacks] == [FRAMES]
    assert (fused, "fused by mfgui") in found.skipped


def test_that_a_picture_that_was_only_saved_here_is_a_frame(folder: Path) -> None:
    write_image(folder / "5.jpg", smooth(), depth="uint8", exif=camera_block())
    assert len(frames_in([folder]).images) == 5
