"""The command bench as a person gives it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mfgui.bench.pool import Inline
from mfgui.cli import benching
from mfgui.cli.main import run
from tests.bench import folders

TABLES = ("cells.csv", "summary.csv", "summary.tex")


@pytest.fixture
def lytro(tmp_path: Path) -> Path:
    return folders.lytro(tmp_path / "lytro")


def command(
    lytro: Path, out: Path, *more: str, methods: str = "average,laplacian-pyramid"
) -> list[str]:
    base = ["bench", str(lytro), "--methods", methods, "--metrics", "en,q-g", "-o", str(out)]
    return [*base, *more]


def test_that_two_workers_give_the_tables_of_one(
    lytro: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for workers in ("1", "2"):
        more = ("--baseline", "average", "--workers", workers, "--no-report")
        assert run(command(lytro, tmp_path / workers, *more)) == 0
    told = capsys.readouterr()
    for name in TABLES:
        one, two = ((tmp_path / workers / name).read_bytes() for workers in ("1", "2"))
        assert one == two
        assert b"average" in one
    assert not (tmp_path / "1/report.html").exists()
    assert "lytro: 2 sets (lytro: {set}-{source:A|B|C|D}.*)" in told.err
    assert "4/4 cells" in told.err
    lines = told.out.splitlines()
    assert lines[0].split() == ["method", "EN", "Q_G"]
    assert lines[1].startswith("average ")
    assert lines[-1].startswith(f"{tmp_path / '2'}: cells.csv, ")
    content = json.loads((tmp_path / "2/results.json").read_text("utf-8"))
    assert {"made", "versions", "machine", "datasets"} <= content.keys()
    assert content["datasets"][0]["folder"] == str(lytro)


def test_that_results_and_failures_are_told(
    lytro: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(benching, "Processes", Inline)
    folders.write(tmp_path / "cnn/1_fused.png", folders.pair(1)[0])
    folders.write(tmp_path / "cnn/2_fused.png", folders.pair(2, width=30)[0])
    half = np.where(np.arange(folders.WIDTH) < folders.WIDTH // 2, 255, 0).astype(np.uint8)
    folders.write(tmp_path / "maps/1.png", np.repeat(half[None], folders.HEIGHT, axis=0))
    more = ("--results", f"CNN={tmp_path / 'cnn'}", "--pictures")
    maps = ("--result-maps", f"CNN={tmp_path / 'maps'}/{{number}}.png")
    out = tmp_path / "out"
    assert run(command(lytro, out, *more, *maps, methods="")) == 1
    told = capsys.readouterr()
    assert "lytro/lytro-02 CNN: " in told.err
    assert "the result is 30 x 56, but the sources are 64 x 56" in told.err
    assert told.out.splitlines()[-1] == str(out / "report.html")
    assert "is 30 x 56" in (out / "report.html").read_text("utf-8")
    assert [path.name for path in (out / "pictures").iterdir()] == ["0000-00.png"]


def heard() -> None:
    """Ctrl+C is heard even where the tests run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_that_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    lytro = tmp_path / "lytro"
    for name, pixels in zip("AB", folders.pair(1, height=300, width=300)[1:], strict=True):
        folders.write(lytro / f"lytro-01-{name}.png", pixels)
    out = tmp_path / "out"
    slow = "quick=average,csr"
    line = [sys.executable, "-m", "mfgui", *command(lytro, out, "--workers", "1", methods=slow)]
    process = subprocess.Popen(
        line, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=heard
    )
    limit = time.monotonic() + 60
    while not list(out.glob("cache/scores/*.json")) and time.monotonic() < limit:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    last = told.strip().splitlines()[-1]
    # What the process had not heard of yet is kept all the same.
    words = r"mfgui: stopped after [01] of 2 cells; the same command goes on from there"
    assert re.fullmatch(words, last)
    assert "Traceback" not in told
    assert not (out / "cells.csv").exists()
    assert not list(out.rglob("*.tmp"))
    kept = {path: path.stat().st_mtime_ns for path in out.rglob("*.tif")}
    assert len(kept) == 1
    assert run(command(lytro, out, "--workers", "1", "--no-report", methods="average")) == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.tif")} == kept


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_that_a_request_to_terminate_is_an_interruption() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), benching.interruptible():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (("--methods", "nothing"), 2, "unknown method nothing"),
        (("--methods", ""), 2, "there is nothing to compare; name --methods or --results"),
        (("--metrics", "quality"), 2, "unknown metric quality"),
        (("--baseline", "gff"), 2, "the baseline gff is no row of the table; choose from: average"),
        (("--rule", "{set}.png"), 2, "is no rule for sets of images"),
        (("--rule", "{set}_{source}.tif"), 3, "no images fit the rule {set}_{source}.tif"),
        (("--results", "CNN=missing"), 3, "missing: is no folder"),
        (("--result-maps", "CNN=x/{set}.png"), 2, "there are no such results"),
        (("--workers", "0"), 2, "'0' is not a whole number of at least 1"),
        (("--workers", "2", "--cluster", "tcp://h:1"), 2, "not allowed with argument --workers"),
        (("-o", "/proc/nothing/table"), 5, "/proc/nothing/table: "),
        (("--band", "x"), 2, "'x' is not a whole number"),
    ],
)
def test_that_what_is_wrong_is_told_in_one_line(
    lytro: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, ...],
    code: int,
    line: str,
) -> None:
    assert run(command(lytro, tmp_path / "out", *change)) == code
    told = capsys.readouterr().err
    assert line in told
    assert told.count("\n") == 1


def test_that_a_folder_without_sets_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert run(command(tmp_path / "empty", tmp_path / "out")) == 3
    told = capsys.readouterr().err
    assert "no sets of images were found; name their layout with --rule" in told
    assert told.count("\n") == 1
