"""`mfgui align`, and `mfgui fuse` of frames that are brought together first."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from mfgui.app import headless, prepare
from mfgui.cli.main import run as main
from mfgui.core.arrays import Size
from mfgui.core.compute import StopRequested
from mfgui.core.transforms import Transform

SIZE = Size(360, 270)
TRUE = [
    Transform.similarity(SIZE, scale=1 + 0.008 * i, degrees=0.2 * i, shift=(1.5 * i, -0.7 * i))
    for i in range(3)
]


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three frames of one scene; frame i shows at TRUE[i](x) what frame 0 shows at x."""
    folder = tmp_path_factory.mktemp("frames")
    noise = np.random.default_rng(8).random((450, 560, 3)).astype(np.float32)
    fine, coarse = (cv2.GaussianBlur(noise, (0, 0), sigma) for sigma in (2.0, 12.0))
    mixed = (fine - fine.mean()) / fine.std() + (coarse - coarse.mean()) / coarse.std()
    paths = []
    for index, transform in enumerate(TRUE):
        matrix = transform.inverse().then(Transform.translation(100, 90)).matrix[:2]
        picture = cv2.warpAffine(
            0.5 + 0.1 * mixed,
            matrix,
            (SIZE.width, SIZE.height),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        )
        paths.append(folder / f"f{index}.png")
        cv2.imwrite(str(paths[-1]), np.clip(picture * 65535, 0, 65535).astype(np.uint16))
    return paths


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of something else."""
    path = tmp_path_factory.mktemp("stranger") / "other.png"
    noise = np.random.default_rng(99).random((SIZE.height, SIZE.width, 3)).astype(np.float32)
    picture = cv2.GaussianBlur(noise, (0, 0), 4.0)
    picture = (picture - picture.min()) / (picture.max() - picture.min())
    cv2.imwrite(str(path), (picture * 65535).astype(np.uint16))
    return path


@pytest.fixture(autouse=True)
def compiled_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops are compiled when they are first needed here, not all of them before."""
    monkeypatch.setattr(headless.compiled, "ready", lambda: True)


def one_line(text: str) -> str:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("mfgui: ")
    return lines[0]


def test_that_align_writes_frames_and_how_they_fit(
    frames: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made" / "aligned"
    arguments = ["align", *map(str, frames), "-o", str(out), "--align-reference", "1"]
    assert main(arguments) == 0
    shown = capsys.readouterr()
    rows = shown.out.splitlines()
    assert rows[0].split() == ["frame", "residual", "overlap", "scale"]
    assert rows[1].startswith("1 f0.png")
    assert rows[1].endswith("reference")
    assert float(rows[3].split()[-1]) == pytest.approx(1.016, abs=0.001)
    assert sorted(p.name for p in out.iterdir()) == [
        "1-f0.tif",
        "2-f1.tif",
        "3-f2.tif",
        "alignment.json",
    ]
    moved = [tifffile.imread(out / f"{i + 1}-f{i}.tif").astype(float) / 257 for i in range(3)]
    assert moved[0].dtype == float
    described = json.loads((out / "alignment.json").read_text())
    x, y, width, height = described["crop"]
    assert moved[0].shape == (height, width, 3)
    original = cv2.imread(str(frames[0]), cv2.IMREAD_UNCHANGED)[..., ::-1] / 257
    np.testing.assert_allclose(moved[0], original[y : y + height, x : x + width])
    for one in moved[1:]:
        assert np.abs(one - moved[0])[8:-8, 8:-8].mean() < 1.0
    assert described["files"] == ["f0.png", "f1.png", "f2.png"]
    for wanted, found in zip(TRUE, described["frames"], strict=True):
        fit = Transform.from_json(found["transform"])
        corners = np.array([[30.0, 30.0], [330.0, 240.0]])
        assert np.abs(fit.apply(corners) - wanted.apply(corners)).max() < 0.2


def test_that_json_formats_and_depths_can_be_chosen(
    frames: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--format", "png", "--depth", "8", "--crop", "reference", "--json"]
    options += ["--method", "affine", "--exposure", "gain", "--exclude", "2"]
    assert main(["align", *map(str, frames), "-o", str(tmp_path / "a"), *options]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["written"] == ["1-f0.png", "3-f2.png"]
    assert report["alignment"]["model"] == "affine"
    assert [frame["used"] for frame in report["alignment"]["frames"]] == [True, False, True]
    assert [len(frame["gains"]) for frame in report["exposure"]["frames"]] == [3, 3, 3]
    assert (report["width"], report["height"], report["k"]) == (360, 270, 2)
    moved = cv2.imread(str(tmp_path / "a" / "3-f2.png"), cv2.IMREAD_UNCHANGED)
    assert moved.shape == (270, 360, 3)
    assert moved.dtype == np.uint8


def test_that_fuse_aligns_and_reports_it_and_uses_an_alignment_again(
    frames: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, again = tmp_path / "first.tif", tmp_path / "again.tif"
    base = ["fuse", *map(str, frames), "--method", "average", "--json"]
    assert main([*base, "-o", str(first), "--align", "similarity", "--align-reference", "1"]) == 0
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    fit = report["alignment"]
    assert (fit["model"], fit["reference"]) == ("similarity", 1)
    assert set(fit["frames"][1]) == {
        "number", "name", "residual", "overlap", "scale", "warning", "used",
    }  # fmt: skip
    assert report["exposure"] is None
    assert report["seconds"]["align"] > 0
    assert "this will take about" in one_line(shown.err)
    fused = tifffile.imread(first)
    assert fused.dtype == np.uint16
    x, y, width, height = fit["crop"]
    original = cv2.imread(str(frames[0]), cv2.IMREAD_UNCHANGED)[..., ::-1].astype(float)
    apart = np.abs(fused - original[y : y + height, x : x + width])[8:-8, 8:-8] / 257
    assert apart.mean() < 1.0  # the mean of frames that are not aligned is blurred
    assert main(["align", *map(str, frames), "-o", str(tmp_path), "--align-reference", "1"]) == 0
    capsys.readouterr()
    kept = str(tmp_path / "alignment.json")
    assert main([*base, "-o", str(again), "--alignment", kept, "--depth", "8"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["alignment"]["crop"] == json.loads(Path(kept).read_text())["crop"]
    assert tifffile.imread(again).dtype == np.uint8


def test_that_nothing_is_moved_unless_it_is_asked_for(
    frames: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "f.png"
    assert main(["fuse", *map(str, frames), "--method", "average", "-o", str(out), "--json"]) == 0
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert report["alignment"] is None
    assert report["exposure"] is None
    assert (report["width"], report["height"]) == (360, 270)
    assert shown.err == ""


def test_that_the_preset_for_photographs_aligns_and_writes_16_bits(
    frames: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    eight = []
    for path in frames:
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        eight.append(tmp_path / path.name)
        cv2.imwrite(str(eight[-1]), (pixels / 257).astype(np.uint8))
    for name, dtype in (("f.tif", np.uint16), ("f.png", np.uint16), ("f.jpg", np.uint8)):
        out = tmp_path / "out" / name
        out.parent.mkdir(exist_ok=True)
        base = ["fuse", *map(str, eight), "--method", "photo", "-o", str(out), "--json"]
        assert main(base) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["alignment"]["model"] == "similarity"
        assert cv2.imread(str(out), cv2.IMREAD_UNCHANGED).dtype == dtype


def test_that_a_frame_that_does_not_fit_is_named(
    frames: list[Path], stranger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "f.png"
    sources = [str(frames[0]), str(frames[1]), str(stranger), str(frames[2])]
    base = ["fuse", *sources, "--method", "average", "--align", "auto", "-o", str(out)]
    assert main([*base, "--report", str(tmp_path / "r.json")]) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if "other.png" in line]
    assert len(notes) == 1
    assert notes[0].startswith("mfgui: note: other.png: ")
    assert notes[0].endswith(", left out")
    report = json.loads((tmp_path / "r.json").read_text())
    assert [frame["used"] for frame in report["alignment"]["frames"]] == [True, True, False, True]
    assert [source["name"] for source in report["sources"]] == ["f0.png", "f1.png", "f2.png"]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--align", "affine", "--alignment", "x.json"], 2, "--alignment and --align exclude"),
        (["--alignment", "none.json"], 3, "none.json"),
        (["--alignment", "text.json"], 3, "text.json: not the description of an alignment"),
        (["--alignment", "other.json"], 2, "an alignment of 2 frames does not fit 3 frames"),
        (["--align", "auto", "--align-reference", "4"], 2, "frame 4: there is no such frame"),
        (["--align", "auto", "--align-reference", "0"], 2, "'0' is not a whole number"),
        (["--exclude", "9"], 2, "frame 9: there is no such frame; use 1 to 3"),
        (["--exclude", "1", "2"], 2, "fewer than two frames are left"),
        (["--exclude", "x"], 2, "'x' is not a whole number"),
        (["--align", "auto", "--crop", "all"], 2, "--crop all: not known; use common, reference"),
        (["--exposure", "bright"], 2, "--exposure bright: not known"),
        (["--memory", "0"], 2, "'0' is not a number above 0"),
        (["--memory", "0.1"], 4, "0.1 GB of memory are too little for frames of 360 x 270"),
        (["--align", "auto", "--memory", "0.31", "--cache", "text.json"], 5, "text.json"),
        (["--depth", "12"], 2, "invalid choice: 12"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_that_odd_options_are_one_line(
    frames: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    identity = Transform.identity().to_json()
    frame = {"transform": identity, "residual": 0, "overlap": 1, "warning": "", "used": True}
    other = {"schema": 1, "size": [360, 270], "reference": 1, "model": "off"}
    other |= {"crop": [0, 0, 360, 270], "frames": [frame, frame]}
    (tmp_path / "text.json").write_text("no JSON")
    (tmp_path / "other.json").write_text(json.dumps(other))
    # What takes more than a third of the memory beside the program goes to the cache.
    arguments = ["fuse", *map(str, frames), "--method", "average", "-o", "f.png", *options]
    assert main(arguments) == code
    lines = [line for line in capsys.readouterr().err.splitlines() if "note:" not in line]
    assert words in one_line("\n".join(lines))
    assert not (tmp_path / "f.png").exists()


def test_that_align_refuses_what_it_cannot_write(
    frames: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    base = ["align", *map(str, frames), "-o"]
    assert main([*base, str(tmp_path / "file")]) == 5
    assert "the folder cannot be made" in one_line(capsys.readouterr().err)
    assert main([*base, str(tmp_path), "--method", "magic"]) == 2
    assert "magic: not known" in one_line(capsys.readouterr().err)
    assert main([*base, str(tmp_path), "--method", "off"]) == 2
    assert "nothing is to be done" in one_line(capsys.readouterr().err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize("command", ["align", "fuse"])
def test_that_an_interrupt_while_frames_are_moved_ends_with_130(
    frames: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    def stop(*_given: object) -> None:
        raise StopRequested

    monkeypatch.setattr(prepare, "_move", stop)
    out = tmp_path / "out.png"
    options = ["--align", "auto", "--method", "average"] if command == "fuse" else []
    assert main([command, *map(str, frames), "-o", str(out), *options]) == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "mfgui: interrupted; nothing was written"
    assert not out.is_file()


def test_that_a_map_must_fit_the_aligned_frames(
    frames: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = np.ones((SIZE.height, SIZE.width), np.uint8)
    cv2.imwrite(str(tmp_path / "map.png"), labels)
    base = ["fuse", *map(str, frames), "--method", "composite", "-o", str(tmp_path / "f.png")]
    base += ["--map", str(tmp_path / "map.png")]
    assert main([*base, "--align", "auto"]) == 3
    assert "map.png" in capsys.readouterr().err.splitlines()[-1]
    assert main([*base, "--align", "auto", "--crop", "reference"]) == 0
