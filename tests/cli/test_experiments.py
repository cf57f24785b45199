"""The command experiment as a person gives it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.cli.experiment_options import numbers
from mfgui.cli.main import run


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    folder = tmp_path / "pair"
    folder.mkdir()
    rng = np.random.default_rng(0)
    sharp = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    soft = cv2.GaussianBlur(sharp, (0, 0), 2)
    left, right = sharp.copy(), sharp.copy()
    left[:, 32:], right[:, :32] = soft[:, 32:], soft[:, :32]
    cv2.imwrite(str(folder / "image1.png"), left)
    cv2.imwrite(str(folder / "image2.png"), right)
    label = np.zeros((48, 64), np.uint8)
    label[:, :32] = 255
    cv2.imwrite(str(folder / "label.png"), label)
    return folder


def command(name: str, *more: object) -> list[str]:
    return ["experiment", name, *map(str, more), "--workers", "1"]


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "data.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_that_robustness_writes_its_files_and_goes_on(
    pair: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    line = command(
        *("robustness", pair, "-o", out, "--probabilities", "0:0.2:0.1", "--repeats", "2"),
        *("--steps", "3", "--seed", "5", "-p", "window=17"),
    )
    assert run(line) == 0
    told = capsys.readouterr()
    assert "1 set, 10 jobs, 1 workers, seed 5" in told.err
    assert "10 rows, 10 jobs computed now" in told.out
    names = {path.name for path in out.iterdir()}
    assert names == {"data.csv", "summary.csv", "summary.json", "plot.svg", "plot.png"}
    facts = json.loads((out / "summary.json").read_text())
    assert facts["seed"] == facts["settings"]["seed"] == 5
    assert facts["machine"]["cores"] == os.cpu_count()
    assert {"mfgui", "numpy", "python"} <= facts["versions"].keys()
    assert [Path(entry["file"]).name for entry in facts["inputs"]] == [
        "image1.png",
        "image2.png",
        "label.png",
    ]
    assert all(len(entry["sha256"]) == 64 for entry in facts["inputs"])
    before = rows_of(out)
    assert run([*line, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 10
    assert rows_of(out) == before
    assert run([*line, "--seed", "6"]) == 2
    assert "other settings" in capsys.readouterr().err
    # The map may be named as well, and gives the same then.
    sources = [pair / "image1.png", pair / "image2.png"]
    named = command("robustness", *sources, "--map", pair / "label.png", "-o", tmp_path / "named")
    assert run([*named, *line[5:-2]]) == 0
    values = [{k: v for k, v in row.items() if k != "seconds"} for row in before]
    others = [
        {k: v for k, v in row.items() if k != "seconds"} for row in rows_of(tmp_path / "named")
    ]
    assert others == values


@pytest.mark.parametrize(
    ("name", "more", "rows", "columns"),
    [
        ("window", ("--alphas", "1e-3,3e-3", "--metrics", "q-y"), 2, {"window", "q", "q-y"}),
        ("expansion", ("--pixels", "1", "--metrics", "q-g,q-cb"), 3, {"k", "q-g", "q-cb"}),
        ("convergence", ("--methods", "paper,ours", "--steps", "2"), 6, {"q_box", "seconds"}),
        (
            "matrix",
            (
                "--detectors",
                "laplacian,variance",
                "--methods",
                "hard,multi-band",
                "--metrics",
                "q-g",
            ),
            4,
            {"detector", "method", "q-g"},
        ),
        (
            "sensitivity",
            ("--methods", "hard", "--noises", "0,0.1", "--shifts", "1"),
            3,
            {"psnr_undisturbed"},
        ),
    ],
)
def test_that_each_experiment_gives_its_rows(
    pair: Path, tmp_path: Path, name: str, more: tuple[str, ...], rows: int, columns: set[str]
) -> None:
    out = tmp_path / "out"
    assert run(command(name, pair, "-o", out, *more)) == 0
    found = rows_of(out)
    assert len(found) == rows
    assert columns <= found[0].keys()
    assert all(found[-1][column] != "" for column in columns)
    assert (out / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_that_scenes_are_generated(tmp_path: Path) -> None:
    out = tmp_path / "out"
    more = ("--scenes", "2", "--size", "64x48", "--methods", "hard", "--gains", "0.8,1")
    assert run(command("sensitivity", "-o", out, *more)) == 0
    found = rows_of(out)
    assert [row["set"] for row in found] == ["scene 0", "scene 0", "scene 1", "scene 1"]
    assert float(found[0]["psnr_truth"]) < float(found[1]["psnr_truth"])
    facts = json.loads((out / "summary.json").read_text())
    assert facts["inputs"][0]["file"] == "layered scene 0, 64 x 48: source 1"


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        (("robustness", "PAIR", "--alphas", "1"), 2, "--alphas goes with window"),
        (("window", "PAIR", "-p", "beta=1"), 2, "-p goes with robustness"),
        (("robustness", "PAIR", "-p", "beta=no"), 2, "beta"),
        (("robustness", "PAIR", "-p", "window=99"), 2, "larger than the image"),
        (("robustness", "PAIR", "--objectives", "round"), 2, "unknown objectives"),
        (("robustness", "PAIR", "--probabilities", "2"), 2, "from 0 to 1"),
        (("robustness", "PAIR", "--probabilities", "0:a"), 2, "neither A,B,C"),
        (("robustness", "--scenes", "2"), 2, "takes one set"),
        (("robustness",), 2, "needs images"),
        (("robustness", "PAIR/image1.png", "PAIR/image2.png"), 2, "needs a focus map"),
        (("robustness", "PAIR/image1.png", "PAIR/none.png"), 3, "no such file"),
        (("window", "PAIR", "--metrics", "beauty"), 2, "unknown metric"),
        (("window", "PAIR", "--methods", "hard"), 2, "no iterations"),
        (("matrix", "PAIR", "--detectors", "gff"), 2, "makes no focus map"),
        (("expansion", "PAIR", "--methods", "hard,feather"), 2, "takes one"),
        (("expansion", "PAIR", "--label", "3"), 2, "no such source"),
        (("sensitivity", "PAIR", "--source", "9"), 2, "no source 9"),
        (("sensitivity", "PAIR", "--gains=-1"), 2, "not negative"),
        (("sensitivity", "PAIR", "--size", "9x9"), 2, "goes with --scenes"),
        (("spread", "PAIR"), 2, "spread"),
    ],
)
def test_that_errors_are_one_line(
    pair: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    line: tuple[str, ...],
    code: int,
    told: str,
) -> None:
    words = [word.replace("PAIR", str(pair)) for word in line]
    assert run(command(words[0], *words[1:], "-o", tmp_path / "out")) == code
    errors = [row for row in capsys.readouterr().err.splitlines() if row.startswith("mfgui: ")]
    assert len(errors) == 1
    assert told in errors[0]
    assert not (tmp_path / "out").exists()


def test_that_a_folder_that_cannot_be_made_is_told(
    pair: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    assert run(command("convergence", pair, "-o", tmp_path / "file" / "out")) == 5
    assert capsys.readouterr().err.count("mfgui: ") == 1


def test_that_lists_of_numbers_are_read() -> None:
    assert numbers("0,0.1,0.1,2e-3") == (0.0, 0.1, 0.002)
    assert numbers("0:0.5:0.05") == tuple(round(0.05 * k, 2) for k in range(11))
    assert numbers("1.5e-5:9.5e-5:1e-5") == pytest.approx([k * 1e-5 + 5e-6 for k in range(1, 10)])
    assert numbers("-1:1:1") == (-1.0, 0.0, 1.0)


def heard() -> None:
    """Ctrl+C is heard even where the tests run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_that_ctrl_c_keeps_what_is_done(pair: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    more = ("--repeats", "20000", "--steps", "2", "--probabilities", "0.1")
    line = [sys.executable, "-m", "mfgui", "experiment", "robustness", str(pair), "-o", str(out)]
    line += [*more, "--workers", "2"]
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (out.exists() and len(rows_so_far(out)) > 3):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from there" in errors
    assert "Traceback" not in errors
    assert len(rows_of(out)) > 3
    assert json.loads((out / "summary.json").read_text())["complete"] is False


def rows_so_far(folder: Path) -> list[str]:
    try:
        return (folder / "data.csv").read_text().splitlines()
    except OSError:
        return []
