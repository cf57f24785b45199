"""What a person is told about memory before the work, against what processes really take."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.__main__ import main
from mfgui.app import machine, method_memory
from mfgui.app.headless import Job, fuse
from mfgui.app.method_memory import needed, shortage
from mfgui.app.prepare_job import PHOTO, Preparing
from mfgui.app.prepare_memory import plan_memory
from mfgui.core.arrays import Size
from mfgui.jobs.events import Event, Warned
from mfgui.jobs.gate import Gate
from mfgui.methods import registry
from mfgui.methods.registry import FUSING
from tests.files.pictures import save8

LARGE, SMALL = Size(6000, 4000), Size(600, 400)


def told(method: str | None, size: Size, *, limit: float, limited: bool = True) -> str:
    plan = plan_memory(
        size, 3, "uint8", 10, limit=round(limit * 1e9), threads=2, moving=True
    )  # fmt: skip
    return shortage(method, size, kept=plan.kept, limit=plan.limit if limited else None)


def test_that_every_method_but_that_which_obeys_has_an_estimate() -> None:
    fusing = {method.name for method in registry.built_in() if method.kind in FUSING}
    assert {name for name in fusing if needed(name, SMALL, kept=0) is None} == {PHOTO}


def test_that_a_limit_that_cannot_be_kept_is_told_in_one_line_with_what_to_do() -> None:
    text = told("ms-lap", LARGE, limit=1.5)
    assert "\n" not in text
    assert text.startswith("ms-lap takes about 2.")
    assert "of memory for frames of 6000 x 4000, more than the 1.5 GB allowed" in text
    wanted = float(text.rpartition("--memory ")[2])
    assert told("ms-lap", LARGE, limit=wanted) == ""
    assert told("ms-lap", LARGE, limit=wanted - 0.2) != ""


def test_that_nothing_is_told_where_there_is_enough_or_nothing_is_known() -> None:
    assert told("ms-lap", SMALL, limit=1.5) == ""
    assert told("image-matting", Size(64, 48), limit=0.4) == ""  # its tiles are no larger either
    assert told(PHOTO, LARGE, limit=1.5) == ""
    assert told(None, LARGE, limit=1.5) == ""
    assert told("a method of others", LARGE, limit=1.5) == ""


def test_that_without_a_limit_what_is_free_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    free = machine.Memory(8_000_000_000, 1_000_000_000)
    monkeypatch.setattr(machine, "memory", lambda: free)
    text = told("ms-lap", LARGE, limit=3, limited=False)
    assert "more than the 1 GB free" in text
    assert "--memory" not in text
    monkeypatch.setattr(machine, "memory", lambda: machine.Memory(None, None))
    assert told("ms-lap", LARGE, limit=3, limited=False) == ""


def test_that_it_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(method_memory._TAKEN, "average", (1_000_000, 0))
    paths = [save8(tmp_path / f"{number}.png", seed=number) for number in (1, 2)]
    heard: list[Event] = []
    job = Job(tuple(paths), tmp_path / "a.png", "average", prepare=Preparing(memory=0.4))
    outcome = fuse(job, observe=heard.append, gate=Gate())
    assert isinstance(heard[0], Warned)
    assert heard[0].text.startswith("average takes about 1.1 GB of memory for frames of 36 x 24")
    assert heard[0].text in outcome.notices
    call = ["fuse", *map(str, paths), "-o", str(tmp_path / "a.png"), "--method", "average"]
    assert main([*call, "--memory", "0.4"]) == 0
    assert capsys.readouterr().err.count(heard[0].text) == 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to look at memory")
def test_that_the_estimate_is_what_a_process_takes(tmp_path: Path) -> None:
    size = Size(4000, 3000)
    noise = np.random.default_rng(3).integers(0, 255, (300, 400, 3), np.uint8)
    picture = cv2.resize(noise, (size.width, size.height))
    paths = [str(tmp_path / f"{number}.bmp") for number in range(3)]
    for path in paths:
        cv2.imwrite(path, picture)
    call = [sys.executable, "-m", "mfgui", "fuse", *paths, "-o", str(tmp_path / "a.bmp")]
    with subprocess.Popen([*call, "--method", "laplacian-pyramid", "--memory", "2"]) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(0.01)
    assert process.returncode == 0
    expected = needed("laplacian-pyramid", size, kept=3 * 3 * size.pixels)
    assert expected is not None
    assert 0.7 < peak / expected < 1.1


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    wanted = ("RssAnon:", "RssShmem:")
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(wanted))
