from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.__main__ import main
from mfgui.cli.synth_options import CONTENTS
from mfgui.core.arrays import Size
from mfgui.core.transforms import Transform
from mfgui.synth import depth_scene
from mfgui.synth.moving_stack import MovingStack, rendered

FILES = ["1.png", "2.png", "labels.png", "scene.json", "truth.png"]
PAIR = ["a.png", "b.png", "labels.png", "mask.png", "scene.json", "truth.png"]
FOCUS = ["far.png", "matte.png", "meta.json", "near.png", "truth.png"]
SMALL = ["--size", "90x60"]


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


def test_that_an_alpha_matte_pair_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "pair"
    arguments = ["--variant", "released", "--foreground", "chelsea", "--background", "coffee"]
    assert main(["synth", "alpha-matte", "-o", str(out), *SMALL, *arguments, "--disk", "3"]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{out}: 6 files, 90 x 60, variant: released\n"
    assert shown.err == ""
    assert names(out) == PAIR
    a, b, mask, truth, labels = (
        cv2.imread(str(out / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        for name in ("a", "b", "mask", "truth", "labels")
    )
    assert (mask.shape, mask.dtype) == ((60, 90), np.uint8)
    np.testing.assert_array_equal(labels, np.where(mask > 127, 1, 2))
    # a is the truth in the foreground, b far from it.
    np.testing.assert_array_equal(a[mask == 255], truth[mask == 255])
    far = cv2.dilate(mask, np.ones((11, 11), np.uint8)) == 0
    np.testing.assert_array_equal(b[far], truth[far])
    assert (b[mask == 255] != truth[mask == 255]).any()
    described = json.loads((out / "scene.json").read_text())
    assert (described["variant"], described["blur"], described["amount"]) == ("released", "disk", 3)
    assert (described["foreground"], described["background"]) == ("chelsea", "coffee")


def test_that_blurs_are_used_in_turn_and_pairs_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["synth", "alpha-matte", *SMALL, "--sigma", "0.5", "2", "--seed", "4"]
    assert main([*arguments, "-o", str(tmp_path / "two")]) == 0
    assert main([*arguments, "-o", str(tmp_path / "three"), "--count", "3"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"{tmp_path / 'two'}: 2 pairs, each of 6 files, 90 x 60, variant: paper"
    assert names(tmp_path / "two") == ["0001", "0002"]
    assert names(tmp_path / "three") == ["0001", "0002", "0003"]
    scenes = [
        json.loads((tmp_path / "three" / f"000{k}" / "scene.json").read_text()) for k in (1, 2, 3)
    ]
    assert [(s["amount"], s["number"]) for s in scenes] == [(0.5, 1), (2.0, 2), (0.5, 3)]
    assert all(s["foreground"] == s["background"] for s in scenes)
    masks = {(tmp_path / "three" / f"000{k}" / "mask.png").read_bytes() for k in (1, 2, 3)}
    assert len(masks) == 3
    assert contents(tmp_path / "two" / "0002") == contents(tmp_path / "three" / "0002")
    again = tmp_path / "again"
    scene = str(tmp_path / "three" / "0003" / "scene.json")
    assert main(["synth", "alpha-matte", "-o", str(again), "--scene", scene]) == 0
    assert contents(again) == contents(tmp_path / "three" / "0003")


def test_that_own_pictures_and_masks_set_the_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    assert cv2.imwrite("photo.png", rng.integers(0, 256, (50, 70, 3), np.uint8))
    assert cv2.imwrite("grey.png", rng.integers(0, 256, (60, 80), np.uint8))
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 10:50] = 255
    assert cv2.imwrite("mask.png", mask)
    start = ["synth", "alpha-matte", "-o"]
    assert main([*start, "whole", "--foreground", "photo.png"]) == 0
    assert main([*start, "cut", "--foreground", "photo.png", "--mask", "mask.png"]) == 0
    assert main([*start, "grey", "--foreground", "photo.png", "--background", "grey.png"]) == 0
    assert [line.split(", ")[1] for line in capsys.readouterr().out.splitlines()] == [
        "70 x 50", "60 x 40", "70 x 50"
    ]  # fmt: skip
    np.testing.assert_array_equal(cv2.imread("whole/truth.png"), cv2.imread("photo.png"))
    np.testing.assert_array_equal(cv2.imread("cut/mask.png", cv2.IMREAD_UNCHANGED), mask)
    # The scene file names the pictures so that it works from another folder.
    monkeypatch.chdir(tmp_path.parent)
    scene = str(tmp_path / "cut" / "scene.json")
    assert main(["synth", "alpha-matte", "-o", str(tmp_path / "again"), "--scene", scene]) == 0
    assert contents(tmp_path / "again") == contents(tmp_path / "cut")


def test_that_a_pair_can_be_fused_by_its_labels(tmp_path: Path) -> None:
    out = tmp_path / "pair"
    arguments = ["--variant", "no-alpha", "--sigma", "2", *SMALL]
    assert main(["synth", "alpha-matte", "-o", str(out), *arguments]) == 0
    fused = str(tmp_path / "fused.png")
    sources = [str(out / "a.png"), str(out / "b.png")]
    assert main(["fuse", *sources, "-o", fused, "--map", str(out / "labels.png")]) == 0
    truth = cv2.imread(str(out / "truth.png"))
    errors = [float(cv2.norm(cv2.imread(path), truth)) for path in (fused, *sources)]
    assert errors[0] < 0.3 * min(errors[1:])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--sigma", "1", "--disk", "2"], 2, "--sigma does not go with --disk; use one kind"),
        (["--sigma", "0"], 2, "'0' is not a number above 0"),
        (["--sigma", "51"], 2, "gaussian blur of 51 pixels: not allowed; use more than 0 and at"),
        (["--disk", "101"], 2, "disk blur of 101 pixels: not allowed"),
        (["--variant", "best"], 2, "invalid choice: 'best'"),
        (["--count", "0"], 2, "--count 0: not allowed; use 1 to 9999"),
        (["--size", "8x8"], 2, "size 8 x 8: not allowed"),
        (["--size", "601x400", "--foreground", "coffee"], 2, "coffee is 600 x 400, smaller than"),
        (["--foreground", "lena"], 2, "lena is neither a photograph nor a file; the photographs"),
        (["--foreground", "none.png"], 3, "none.png"),
        (["--background", "text.json"], 3, "text.json"),
        (["--mask", "none.png"], 3, "none.png"),
        (["--mask", "text.json"], 3, "text.json"),
        (["--layers", "2"], 2, "--layers goes with layered, not with alpha-matte"),
        (["--photos", "coffee"], 2, "--photos goes with layered, not with alpha-matte"),
        (["--scene", "text.json"], 3, "text.json: is not JSON"),
        (["--scene", "text.json", "--count", "2"], 2, "--count does not go with --scene"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_that_wrong_pairs_are_one_line_and_make_no_folder(
    arguments: list[str],
    code: int,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.json").write_text("dear diary")
    assert main(["synth", "alpha-matte", "-o", "new", *arguments]) == code
    shown = capsys.readouterr()
    assert shown.err.startswith("mfgui: ")
    assert words in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert names(tmp_path) == ["text.json"]


@pytest.mark.parametrize(
    ("kind", "option", "others"),
    [
        ("layered", "--variant=paper", "alpha-matte"),
        ("layered", "--sigma=2", "alpha-matte"),
        ("layered", "--mask=m.png", "alpha-matte"),
        ("layered", "--count=2", "alpha-matte, depth and constant-depth"),
        ("alpha-matte", "--radius=2", "layered, depth, constant-depth and moving-stack"),
        ("layered", "--breathing=2", "moving-stack"),
        ("alpha-matte", "--camera", "depth and constant-depth"),
        ("constant-depth", "--content=fence", "depth"),
        ("depth", "--layers=3", "layered"),
        ("depth", "--scene=a.json", "layered and alpha-matte"),
    ],
)
def test_that_kinds_refuse_options_of_others(
    kind: str, option: str, others: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synth", kind, "-o", str(tmp_path / "new"), option]) == 2
    name = option.split("=")[0]
    assert f"{name} goes with {others}, not with {kind}" in capsys.readouterr().err
    assert names(tmp_path) == []


@pytest.mark.parametrize("kind", ["depth", "constant-depth"])
def test_that_focus_pairs_are_written_with_truth_and_matte(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    arguments = ["--size", "96x72", "--seed", "5", "--radius", "3"]
    for out in (first, second):
        assert main(["synth", kind, "-o", str(out), *arguments]) == 0
        assert capsys.readouterr().out == f"{out}: 5 files, 96 x 72, {kind}\n"
    assert names(first) == FOCUS
    assert contents(first) == contents(second)
    for name in ("near.png", "far.png", "truth.png"):
        picture = cv2.imread(str(first / name), cv2.IMREAD_UNCHANGED)
        assert (picture.shape, picture.dtype) == ((72, 96, 3), np.uint8)
    matte = cv2.imread(str(first / "matte.png"), cv2.IMREAD_UNCHANGED)
    assert (matte.shape, matte.dtype) == ((72, 96), np.uint8)
    meta = json.loads((first / "meta.json").read_text())
    assert (meta["kind"], meta["seed"], meta["size"], meta["radius"]) == (kind, 5, [96, 72], 3.0)
    assert meta["camera"]["noise"] == 0


def test_that_many_focus_pairs_have_folders_seeds_and_cameras(tmp_path: Path) -> None:
    arguments = ["--size", "64x64", "--seed", "7", "--count", "3", "--camera"]
    assert main(["synth", "depth", "-o", str(tmp_path), "--content", "layers", *arguments]) == 0
    assert names(tmp_path) == ["0001", "0002", "0003"]
    metas = [json.loads((path / "meta.json").read_text()) for path in sorted(tmp_path.iterdir())]
    assert [meta["seed"] for meta in metas] == [7, 8, 9]
    assert all(meta["content"] == "layers" for meta in metas)
    assert len({json.dumps(meta["camera"]) for meta in metas}) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "40x40"], "size 40 x 40: not allowed; use 64 to 8000 pixels a side"),
        (["--size", "8000x8000"], "at most 16 megapixels"),
        (["--radius", "21"], "blur radius 21: not allowed; use more than 0 and at most 20"),
        (["--count", "0"], "--count 0: not allowed; use 1 to 9999"),
        (["--content", "cubes"], "invalid choice: 'cubes'"),
    ],
)
def test_that_wrong_focus_pairs_make_no_folder(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synth", "depth", "-o", str(tmp_path / "new"), *arguments]) == 2
    assert words in capsys.readouterr().err
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "suffix", "depth"),
    [
        ([], "png", np.uint8),
        (["--bits", "16"], "png", np.uint16),
        (["--jpeg", "90"], "jpg", np.uint8),
    ],
)
def test_that_a_moving_stack_is_written_with_its_transforms(
    options: list[str],
    suffix: str,
    depth: type,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    arguments = [*SMALL, "--frames", "3", "--breathing", "-2.5", "--shift", "4", "--seed", "9"]
    arguments += ["--rotation", "1", "--gain", "5", "--noise", "1.5", "--radius", "2", *options]
    for out in (first, second):
        assert main(["synth", "moving-stack", "-o", str(out), *arguments]) == 0
        assert capsys.readouterr().out == f"{out}: 5 files, 90 x 60, moving-stack of 3 frames\n"
    assert contents(first) == contents(second)
    frames = [f"{k}.{suffix}" for k in (1, 2, 3)]
    assert names(first) == [*frames, "transforms.json", "truth.png"]
    for name in (*frames, "truth.png"):
        picture = cv2.imread(str(first / name), cv2.IMREAD_UNCHANGED)
        assert (picture.shape, picture.dtype) == ((60, 90, 3), depth)
    data = json.loads((first / "transforms.json").read_text())
    assert (data["format"], data["version"]) == ("mfgui moving stack", 1)
    assert (data["size"], data["reference"], data["truth"]) == ([90, 60], frames[0], "truth.png")
    assert (data["options"]["seed"], data["options"]["breathing"]) == (9, -2.5)
    assert [entry["file"] for entry in data["frames"]] == frames
    transforms = [Transform.from_json(entry["transform"]) for entry in data["frames"]]
    assert transforms[0] == Transform.identity()
    assert np.linalg.det(transforms[2].matrix) == pytest.approx(0.975**2, abs=1e-12)
    gains = [entry["gain"] for entry in data["frames"]]
    assert gains[0] == 1.0
    assert all(0.95 <= gain <= 1.05 and gain != 1 for gain in gains[1:])


def test_that_the_files_of_a_moving_stack_are_its_pixels(tmp_path: Path) -> None:
    arguments = [*SMALL, "--frames", "2", "--breathing", "5", "--seed", "9"]
    assert main(["synth", "moving-stack", "-o", str(tmp_path), *arguments]) == 0
    scene = rendered(MovingStack(Size(90, 60), frames=2, breathing=5.0, seed=9))
    pictures = [*(frame.pixels for frame in scene.frames()), scene.truth()]
    for name, picture in zip(("1.png", "2.png", "truth.png"), pictures, strict=True):
        written = cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(written[:, :, ::-1], picture)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--frames", "1"], "1 frames: not allowed; use 2 to 99"),
        (["--size", "30x30"], "size 30 x 30: not allowed; use at least 32 x 32"),
        (["--breathing", "50"], "breathing 50: not allowed; use -20 to 20"),
        (["--breathing", "nan"], "'nan' is not a number"),
        (["--shift", "-3"], "shift -3: not allowed; use 0 to 100"),
        (["--rotation", "x"], "'x' is not a number"),
        (["--jpeg", "101"], "jpeg 101: not allowed; use 1 to 100"),
        (["--jpeg", "90", "--bits", "16"], "16 bits: not allowed"),
        (["--bits", "12"], "invalid choice: 12"),
        (["--scene", "a.json"], "--scene goes with layered and alpha-matte, not with moving-stack"),
        (["--count", "2"], "not with moving-stack"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_that_wrong_moving_stacks_are_one_line_and_make_no_folder(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synth", "moving-stack", "-o", str(tmp_path / "new"), *arguments]) == 2
    shown = capsys.readouterr().err
    assert words in shown
    assert shown.count("\n") == 1
    assert names(tmp_path) == []


def test_that_the_contents_are_those_that_can_be_drawn() -> None:
    assert ("auto", *depth_scene.KINDS) == CONTENTS


def test_that_a_pair_is_not_written_over_what_it_is_made_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pair"
    assert main(["synth", "alpha-matte", "-o", str(out), *SMALL]) == 0
    before = contents(out)
    for arguments in (
        ["--foreground", str(out / "truth.png")],
        ["--mask", str(out / "mask.png")],
        ["--scene", str(out / "scene.json")],
    ):
        capsys.readouterr()
        assert main(["synth", "alpha-matte", "-o", str(out), *arguments]) == 2
        assert "the output is the input" in capsys.readouterr().err
        assert contents(out) == before
