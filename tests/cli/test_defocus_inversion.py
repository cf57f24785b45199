"""Defocus inversion on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.__main__ import main
from mfgui.core.arrays import Size, from_float
from mfgui.files.maps import read_map
from mfgui.synth.constant_depth import constant_depth
from mfgui.synth.focus_pair import FocusPair


@pytest.fixture(scope="module")
def pair() -> FocusPair:
    return constant_depth(Size(240, 180), radius=4.0, seed=105)


@pytest.fixture
def files(pair: FocusPair, tmp_path: Path) -> list[str]:
    paths = [tmp_path / "near.png", tmp_path / "far.png"]
    for path, frame in zip(paths, (pair.near, pair.far), strict=True):
        cv2.imwrite(str(path), from_float(frame[..., ::-1], "uint8"))
    return [str(path) for path in paths]


def decibels(path: Path, truth: np.ndarray) -> float:
    image = cv2.imread(str(path))[..., ::-1] / 255
    return float(-10 * np.log10(np.mean((image - truth) ** 2)))


def test_that_fusing_beats_the_pyramid(pair: FocusPair, files: list[str], tmp_path: Path) -> None:
    scores = {}
    for method in ("defocus-inversion", "laplacian-pyramid"):
        out = tmp_path / f"{method}.png"
        assert main(["fuse", *files, "--method", method, "-o", str(out)]) == 0
        scores[method] = decibels(out, pair.truth)
    assert scores["defocus-inversion"] > scores["laplacian-pyramid"] + 2


def test_that_map_and_report_are_saved(pair: FocusPair, files: list[str], tmp_path: Path) -> None:
    out, saved, told = (str(tmp_path / name) for name in ("o.png", "m.png", "r.json"))
    chosen = ["--method", "defocus-inversion", "-p", "near=1", "-p", "halo=0.7", "-p", "align=no"]
    assert main(["fuse", *files, "-o", out, *chosen, "--save-map", saved, "--report", told]) == 0
    labels = read_map(Path(saved), k=2, size=pair.size)
    assert np.mean((labels == 1) == (pair.matte > 0.5)) > 0.9
    report = json.loads(Path(told).read_text(encoding="utf-8"))
    assert report["parameters"] == {"near": "1", "halo": 0.7, "align": False}


def test_that_three_frames_are_refused_in_one_line(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.png"
    third = np.full_like(cv2.imread(files[0]), 128)
    cv2.imwrite(str(tmp_path / "third.png"), third)
    three = [*files, str(tmp_path / "third.png")]
    assert main(["fuse", *three, "--method", "defocus-inversion", "-o", str(out)]) != 0
    said = capsys.readouterr().err.strip()
    assert "two frames" in said
    assert "3" in said
    assert len(said.splitlines()) == 1
    assert not out.exists()
