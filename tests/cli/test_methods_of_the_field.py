"""Methods that make a map of their own, and detectors of all kinds, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.__main__ import main
from mfgui.core.arrays import Size, from_float
from mfgui.files.maps import read_map


@pytest.fixture
def stack(tmp_path: Path) -> list[str]:
    """Three frames of noise, each sharp in one third, 16 bit."""
    rng = np.random.default_rng(8)
    sharp = cv2.GaussianBlur(rng.random((48, 72, 3), np.float32), (0, 0), 0.8)
    soft = cv2.GaussianBlur(sharp, (0, 0), 4.0)
    paths = []
    for index in range(3):
        frame = soft.copy()
        frame[:, index * 24 : (index + 1) * 24] = sharp[:, index * 24 : (index + 1) * 24]
        paths.append(str(tmp_path / f"{index}.png"))
        cv2.imwrite(paths[-1], from_float(frame, "uint16"))
    return paths


def right(labels: np.ndarray) -> float:
    return float(np.mean(labels == np.arange(72)[None] // 24 + 1))


def test_that_a_decision_fuses_and_saves_its_map(
    stack: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, saved, told = (str(tmp_path / name) for name in ("o.png", "m.png", "r.json"))
    arguments = ["--method", "weighted-average", "--save-map", saved, "--report", told]
    assert main(["fuse", *stack, "-o", out, *arguments, "-p", "power=6"]) == 0
    assert "weighted-average" in capsys.readouterr().out
    assert right(read_map(Path(saved), k=3, size=Size(72, 48))) > 0.9
    assert cv2.imread(out, cv2.IMREAD_UNCHANGED).dtype == np.uint16
    report = json.loads(Path(told).read_text(encoding="utf-8"))
    assert report["method"] == "weighted-average"
    assert report["parameters"]["power"] == 6
    assert report["iterations"] == 0


def test_that_a_decision_gives_its_map_alone(stack: list[str], tmp_path: Path) -> None:
    saved = tmp_path / "m.png"
    assert main(["map", *stack, "-o", str(saved), "--method", "quadtree"]) == 0
    assert right(read_map(saved, k=3, size=Size(72, 48))) > 0.9


def test_that_its_map_feeds_the_ascent_and_the_composite(stack: list[str], tmp_path: Path) -> None:
    for method in ("ms-lap", "composite"):
        saved = tmp_path / f"{method}.png"
        chosen = ["-p", "detector=dct-energy", "-p", "detector.consistency=majority"]
        arguments = ["--method", method, "--save-map", str(saved), *chosen]
        assert main(["fuse", *stack, "-o", str(tmp_path / "o.png"), *arguments]) == 0
        assert right(read_map(saved, k=3, size=Size(72, 48))) > 0.85


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--method", "gfdf", "--map", "0.png"], "gfdf makes a map of its own"),
        (["--method", "gff", "--save-map", "m.png"], "gff uses no map to save"),
        (["--method", "gff", "-p", "radius=x"], "gff"),
        (["-p", "detector=gff"], "unknown method gff"),
        (["-p", "detector=gfdf", "-p", "detector.nothing=1"], "gfdf has no parameter nothing"),
    ],
)
def test_that_wrong_use_is_one_line(
    stack: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("map.png", np.ones((48, 72), np.uint8))
    arguments = ["map.png" if text == "0.png" else text for text in arguments]
    assert main(["fuse", *stack, "-o", "o.png", *arguments]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert words in lines[0]
    assert not Path("o.png").exists()


def test_that_pictures_below_the_smallest_size_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [str(tmp_path / f"{name}.png") for name in "ab"]
    for path in paths:
        cv2.imwrite(path, np.random.default_rng(1).integers(0, 255, (12, 40, 3), np.uint8))
    assert main(["fuse", *paths, "-o", str(tmp_path / "o.png"), "--method", "gff"]) == 2
    assert "gff: pictures of 40 x 12 are too small" in capsys.readouterr().err
