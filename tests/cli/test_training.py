"""The command train as a person gives it."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.cli.main import run


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    folder = tmp_path / "pairs"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(1, 33):
        sharp = rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)
        soft = cv2.GaussianBlur(sharp, (0, 0), 2)
        left, right = sharp.copy(), sharp.copy()
        left[:, 48:], right[:, :48] = soft[:, 48:], soft[:, :48]
        cv2.imwrite(str(folder / f"bg-A-{number}.png"), left)
        cv2.imwrite(str(folder / f"bg-B-{number}.png"), right)
    return folder


def command(pairs: Path, out: Path, *more: str) -> list[str]:
    return [
        *("train", "mff-gan", "--data", str(pairs), "-o", str(out), "--threads", "1"),
        *("-p", "width=2", "-p", "batch=2", *more),
    ]


def test_that_a_network_is_trained_and_runs_on(
    pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "w.safetensors"
    assert run(command(pairs, out, "--steps", "4")) == 0
    told = capfd.readouterr()
    assert "w.safetensors: " in told.out
    assert "step 4/4" in told.err
    made = {path.suffix for path in tmp_path.glob("w.*")}
    assert made == {".safetensors", ".csv", ".png", ".training"}
    assert run(command(pairs, out, "--steps", "4")) == 0
    assert "goes on after step 4" in capfd.readouterr().err
    assert run(command(pairs, out, "--steps", "4", "--settle", "2")) == 0
    told = capfd.readouterr()
    assert "goes on after step 4" in told.err
    assert "step 6/6" in told.err
    assert run(command(pairs, out, "--steps", "5")) == 2
    assert "other settings (steps" in capfd.readouterr().err
    assert run(command(pairs, out, "--steps", "5", "--again")) == 0


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_that_ctrl_c_keeps_what_was_reached(pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "w.safetensors"
    line = [sys.executable, "-m", "mfgui", *command(pairs, out, "--steps", "800")]
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + 60
    while not out.exists() and time.monotonic() < limit:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.strip().splitlines()[-1].startswith("mfgui: stopped after step ")
    assert out.with_suffix(".training").exists()
    with out.with_suffix(".csv").open() as file:
        assert len(list(csv.DictReader(file))) >= 1


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (("-o", "w.pth"), 2, "name it *.safetensors"),
        (("-o", "missing/w.safetensors"), 5, "the folder does not exist"),
        (("--steps", "0"), 2, "'0' is not a whole number of at least 1"),
        (("--threads", "0"), 2, "'0' is not a whole number of at least 1"),
        (("--data", "missing"), 3, "missing: is no folder"),
        (("-p", "depth=3"), 2, "training mff-gan has no parameter depth"),
        (("-p", "batch=0"), 2, "batch=0: not allowed"),
        (("--rate", "0"), 2, "is not a number above 0"),
        (("--device", "cuda:99"), 2, "cuda:99"),
    ],
)
def test_that_wrong_use_is_told_in_one_line(
    pairs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    change: tuple[str, str],
    code: int,
    line: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*command(pairs, Path("w.safetensors"), "--steps", "2"), *change]) == code
    told = capfd.readouterr().err
    assert line in told
    assert len(told.splitlines()) == 1
    assert not list(tmp_path.glob("w.*"))
