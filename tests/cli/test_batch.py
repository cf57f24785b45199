"""`mfgui batch` from end to end: processes, signals, exit codes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mfgui.app.batch_workers import Outcome, Processes
from mfgui.app.headless import Job
from mfgui.cli.main import run
from mfgui.core.arrays import to_float
from mfgui.files.images import read_image
from mfgui.jobs.gate import Gate
from tests.bench import folders

WAIT = 60.0
SLOW = '"ms-lap:variant=paper;iterations=100000;tolerance=0"'


def rule(
    place: Path, *sets: str, methods: str = '"average"', more: str = "", side: int = 56
) -> Path:
    for number, name in enumerate(sets, 1):
        _, near, far = folders.pair(number, height=side, width=side)
        folders.write(place / "card" / name / "1.png", near)
        folders.write(place / "card" / name / "2.png", far)
    path = place / "trip.toml"
    path.write_text(
        f'methods = [{methods}]\n{more}\n[input]\nfolder = "card"\n'
        '[output]\nfolder = "out"\nformat = "png"\n',
        "utf-8",
    )
    return path


def table(place: Path) -> dict[str, dict[str, str]]:
    with (place / "out/trip-report.csv").open(encoding="utf-8", newline="") as file:
        return {row["set"]: row for row in csv.DictReader(file)}


def pictures(place: Path) -> list[str]:
    return sorted(path.name for path in (place / "out").glob("*") if path.suffix == ".png")


def hidden(place: Path) -> list[str]:
    return [path.name for path in (place / "out").iterdir() if path.name.startswith(".")]


def begun(path: Path, *options: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "mfgui", "batch", str(path), "--progress", "json", *options],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def until(process: subprocess.Popen[str], *words: str) -> None:
    """Read what it says up to a line with all of these words."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if all(word in line for word in words):
            return
    process.communicate()
    raise AssertionError(f"it ended without saying {words}: {said}")


def test_that_a_batch_is_listed_made_and_made_again_where_it_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rule(tmp_path, "s1", "s2", "s3", more="parallel = 2")
    good = (tmp_path / "card/s2/2.png").read_bytes()
    (tmp_path / "card/s2/2.png").write_bytes(b"no picture")
    assert run(["batch", str(path), "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "s3  2 images  average" in told
    assert str(tmp_path / "out/s3.png") in told
    assert told.endswith("3 pictures, 3 to be made\n")
    assert not (tmp_path / "out").exists()
    assert run(["batch", str(path), "--dry-run", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["sets"]
    assert [entry["set"] for entry in listed] == ["s1", "s2", "s3"]
    assert listed[0]["sources"] == [str(tmp_path / f"card/s1/{n}.png") for n in (1, 2)]

    assert run(["batch", str(path)]) == 1
    shown = capsys.readouterr()
    assert shown.out == f"2 done, 1 failed; {tmp_path}/out/trip-report.csv\n"
    assert f"s2  average  failed: {tmp_path}/card/s2/2.png: not an image" in shown.err
    assert pictures(tmp_path) == ["s1.png", "s3.png"]
    assert hidden(tmp_path) == []
    near, far = (to_float(pixels) for pixels in folders.pair(3, height=56, width=56)[1:])
    made = read_image(tmp_path / "out/s3.png")
    assert abs(made - (near + far) / 2).max() <= 0.51 / 255

    (tmp_path / "card/s2/2.png").write_bytes(good)
    assert run(["batch", str(path), "--failed", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"] == {"done": 3}
    kept = json.loads((tmp_path / "out/trip-report.json").read_text("utf-8"))
    assert {**report, "written": ""} == {**kept, "written": ""}
    assert run(["batch", str(path)]) == 0
    assert capsys.readouterr().out.startswith("3 unchanged; ")


def test_that_a_wrong_rule_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rule(tmp_path, "s1", more="speed = 3")
    assert run(["batch", str(path)]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"mfgui: {path}: unknown key 'speed'; known are: preset, methods")
    assert line.count("\n") == 1
    assert run(["batch", str(path), "--again", "--failed"]) == 2
    assert run(["batch", str(tmp_path / "none.toml")]) == 3
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal")
def test_that_interrupting_keeps_what_is_complete_and_goes_on_later(tmp_path: Path) -> None:
    path = rule(tmp_path, "s1", "s2", "s3", methods=SLOW, side=96)
    process = begun(path)
    until(process, '"steps"')
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 130
    assert time.monotonic() - began < 10
    assert err.endswith("mfgui: stopped; the same command goes on from there\n")
    assert "Traceback" not in err
    assert [row["state"] for row in table(tmp_path).values()] == ["stopped", "waiting", "waiting"]
    assert "1 stopped" in out
    assert (pictures(tmp_path), hidden(tmp_path)) == ([], [])
    rule(tmp_path, "s1", "s2", "s3")
    assert run(["batch", str(path)]) == 0
    assert pictures(tmp_path) == ["s1.png", "s2.png", "s3.png"]


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_that_killing_it_in_the_middle_loses_nothing_that_was_done(tmp_path: Path) -> None:
    path = rule(tmp_path, "s1", "s2", methods=f'"average", "slow={SLOW[1:]}', side=96)
    path.write_text(path.read_text("utf-8") + 'name = "{name}_{method}"\n', "utf-8")
    process = begun(path)
    until(process, '"steps"')
    workers = children(process.pid)
    assert workers or sys.platform != "linux"
    process.kill()
    process.communicate(timeout=WAIT)
    report = json.loads((tmp_path / "out/trip-report.json").read_text("utf-8"))
    assert report["counts"] == {"done": 1, "waiting": 3}
    first = tmp_path / "out/s1_average.png"
    written = first.stat().st_mtime_ns
    # The process that worked for it notices that nobody waits any more.
    deadline = time.monotonic() + WAIT
    text = path.read_text("utf-8").replace(f', "slow={SLOW[1:]}', "")
    path.write_text(text, "utf-8")
    assert run(["batch", str(path)]) == 0
    assert first.stat().st_mtime_ns == written
    assert pictures(tmp_path) == ["s1_average.png", "s2_average.png"]
    while any(path.exists() for path in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(path.exists() for path in workers)


def children(pid: int) -> list[Path]:
    """Where Linux tells of the processes that a process has begun."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    numbers = listed.read_text("ascii").split() if listed.exists() else []
    return [Path(f"/proc/{number}") for number in numbers]


def die(job: Job, *_others: object) -> Outcome:
    """In place of fusing: end the whole process for one set."""
    if job.output.name == "bad.png":
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome({"done": job.output.name})


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_that_a_process_that_dies_fails_its_set_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: dict[int, Outcome] = {}
    jobs = [Job((), tmp_path / name) for name in ("1.png", "bad.png", "3.png")]
    engine = Processes(1, work=die)
    engine.run(jobs, Gate(), lambda _: None, lambda *_: None, ended.__setitem__)
    assert [ended[n].report.get("done") for n in range(3)] == ["1.png", None, "3.png"]
    assert "ended by SIGKILL, as the system does when memory runs out" in ended[1].error
