from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.__main__ import main

FILES = ["1.png", "2.png", "labels.png", "scene.json", "truth.png"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_that_synth_writes_frames_truth_labels_and_scene(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "scene"
    arguments = ["synth", "layered", "-o", str(out), "--size", "90x60", "--seed", "3"]
    assert main([*arguments, "--radius", "4", "--photos", "chelsea", "coffee"]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{out}: 5 files, 90 x 60, layers: chelsea, coffee\n"
    assert shown.err == ""
    assert names(out) == FILES
    for name in ("1.png", "2.png", "truth.png"):
        picture = cv2.imread(str(out / name), cv2.IMREAD_UNCHANGED)
        assert (picture.shape, picture.dtype) == ((60, 90, 3), np.uint8)
    labels = cv2.imread(str(out / "labels.png"), cv2.IMREAD_UNCHANGED)
    assert (labels.shape, set(np.unique(labels))) == ((60, 90), {1, 2})
    scene = json.loads((out / "scene.json").read_text())
    assert (scene["size"], scene["seed"]) == ([90, 60], 3)
    assert [layer["position"] for layer in scene["layers"]] == [4.0, 0.0]


def test_that_a_scene_file_and_a_seed_give_the_same_files_again(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("a", "b", "c"))
    arguments = ["--size", "80x50", "--layers", "3", "--seed", "5"]
    assert main(["synth", "layered", "-o", str(first), *arguments]) == 0
    assert main(["synth", "layered", "-o", str(second), *arguments]) == 0
    scene = str(first / "scene.json")
    assert main(["synth", "layered", "-o", str(third), "--scene", scene]) == 0
    assert contents(first) == contents(second) == contents(third)
    assert "3.png" in contents(first)


def test_that_a_rendered_scene_can_be_fused(tmp_path: Path) -> None:
    out = tmp_path / "scene"
    assert main(["synth", "layered", "-o", str(out), "--size", "120x80"]) == 0
    sources = [str(out / "1.png"), str(out / "2.png")]
    fused = str(tmp_path / "fused.png")
    assert main(["fuse", *sources, "-o", fused, "--map", str(out / "labels.png")]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--layers", "1"], 2, "1 layers"),
        (["--layers", "99"], 2, "99 layers"),
        (["--radius", "500"], 2, "500 pixels is too large"),
        (["--size", "8x8"], 2, "size 8 x 8: not allowed"),
        (["--size", "30000x30000"], 2, "size 30000 x 30000: not allowed"),
        (["--photos", "lena"], 2, "unknown photograph lena; choose from: astronaut"),
        (["--scene", "none.json"], 3, "none.json: cannot be read"),
        (["--scene", "text.json"], 3, "text.json: is not JSON"),
        (["--scene", "text.json", "--seed", "2"], 2, "--seed does not go with --scene"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_that_wrong_scenes_are_one_line_and_make_no_folder(
    arguments: list[str],
    code: int,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.json").write_text("dear diary")
    assert main(["synth", "layered", "-o", "new", *arguments]) == code
    shown = capsys.readouterr()
    assert shown.err.startswith("mfgui: ")
    assert words in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert names(tmp_path) == ["text.json"]


def test_that_a_scene_is_not_written_over_its_own_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scene"
    assert main(["synth", "layered", "-o", str(out), "--size", "40x30"]) == 0
    before = contents(out)
    capsys.readouterr()
    scene = str(out / "scene.json")
    assert main(["synth", "layered", "-o", str(out), "--scene", scene]) == 2
    assert "the output is the input" in capsys.readouterr().err
    assert contents(out) == before


def test_that_a_folder_that_cannot_be_made_is_an_output_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    for arguments in (["synth", "layered", "-o"], ["demo", "--headless", "--out"]):
        assert main([*arguments, str(tmp_path / "file" / "new")]) == 5
        shown = capsys.readouterr()
        assert "the folder cannot be made" in shown.err
        assert shown.err.count("\n") == 1
