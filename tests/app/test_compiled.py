"""The compiled loops: are they there, and who waits for them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import platformdirs
import pytest
from numba.core.dispatcher import Dispatcher

from mfgui.app import compiled, diagnostics
from mfgui.core import events as changes
from mfgui.core.arrays import Rect
from mfgui.core.events import RunState
from mfgui.core.session import MapOrigin


@pytest.fixture
def cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, as after an installation."""
    folder = tmp_path / "cold"
    monkeypatch.setenv("MFGUI_CACHE", str(folder))
    return folder


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder after everything has been compiled, or loaded, in this process."""
    folder = tmp_path_factory.mktemp("warm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MFGUI_CACHE", str(folder))
        compiled.compile_here()
    return folder


def test_that_the_stamp_lies_in_the_cache_folder_of_the_person(
    cold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compiled.cache_folder() == cold
    monkeypatch.delenv("MFGUI_CACHE")
    assert compiled.cache_folder() == Path(platformdirs.user_cache_dir("mfgui", False))


def test_that_loops_are_ready_once_they_were_compiled(
    cold: Path, warm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not compiled.ready()
    assert not cold.exists()  # it only looks
    monkeypatch.setenv("MFGUI_CACHE", str(warm))
    assert compiled.ready()


@pytest.mark.parametrize("what", ["mfgui", "numba", "python", "sources", "place"])
def test_that_another_installation_is_compiled_again(
    cold: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    compiled.write_stamp()
    assert compiled.ready()
    if what == "mfgui":
        monkeypatch.setattr(compiled.mfgui, "__version__", "9.9")
    elif what == "numba":
        monkeypatch.setattr(compiled.importlib.metadata, "version", lambda _name: "9.9")
    elif what == "python":
        monkeypatch.setattr(compiled.platform, "python_version", lambda: "9.9")
    else:
        package = cold.parent / "mfgui"
        (package / "methods").mkdir(parents=True)
        source = package / "methods" / "loops.py"
        source.touch()
        monkeypatch.setattr(compiled, "_package", lambda: package)
        if what == "sources":
            compiled.write_stamp()
            os.utime(source, (0, source.stat().st_mtime + 1))
    assert not compiled.ready()


def test_that_a_folder_that_cannot_be_written_is_no_fault(
    cold: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cold.touch()
    compiled.write_stamp()
    assert not compiled.ready()
    assert "was not written" in caplog.text


def test_that_another_process_compiles(cold: Path) -> None:
    assert compiled.compile_apart(threading.Event())
    assert compiled.ready()


def test_that_the_other_process_is_ended_with_the_window(
    cold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    make = subprocess.Popen

    def sleeper(_command: list[str], **options: int) -> subprocess.Popen[bytes]:
        started.append(make([sys.executable, "-c", "import time; time.sleep(60)"], **options))
        return started[0]

    monkeypatch.setattr(compiled.subprocess, "Popen", sleeper)
    stopped = threading.Event()
    stopped.set()
    assert not compiled.compile_apart(stopped)
    assert started[0].returncode is not None


def test_that_the_log_says_why_compiling_failed(
    cold: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(cold))
    cold.mkdir()
    (cold / "numba.py").write_text("raise RuntimeError('there is no compiler')")
    assert not compiled.compile_apart(threading.Event())
    assert "there is no compiler" in caplog.text
    assert not compiled.ready()


def test_that_doctor_tells(cold: Path) -> None:
    found = diagnostics.check_compiled()
    assert (found.state, "mfgui.app.compiled" in found.advice) == ("warn", True)
    compiled.write_stamp()
    assert diagnostics.check_compiled().state == "ok"


@pytest.fixture
def preparing(desk, tiny_pair_files, cold, monkeypatch):
    """A set is open; the loops are being compiled."""
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    compiling: list[threading.Event] = []
    monkeypatch.setattr(
        compiled, "compile_apart", lambda stopped: (compiling.append(stopped), True)[1]
    )
    desk.compiling = compiling
    desk.controller.preparation.begin()
    return desk


def test_that_a_run_started_meanwhile_waits(preparing) -> None:
    controller, backend = preparing.controller, preparing.backend
    controller.warm_up()
    controller.runs.run("ms-lap", {"iterations": 2})
    assert backend.requests == []
    assert controller.runs.tracker.status(1).state is RunState.QUEUED
    preparing.settle()
    assert len(preparing.compiling) == 1
    assert [change.on for change in preparing.seen(changes.Preparing)] == [True, False]
    assert list(controller.session.results) == [1]


def test_that_a_waiting_run_is_stopped_at_once(preparing) -> None:
    controller = preparing.controller
    controller.runs.run("ms-lap", {"iterations": 2})
    controller.runs.stop()
    assert not controller.state.running
    assert preparing.seen(changes.RunChanged)[-1].status.state is RunState.STOPPED
    preparing.settle()
    assert preparing.backend.requests == []


def test_that_a_waiting_run_ends_with_its_set(preparing) -> None:
    preparing.controller.runs.run("ms-lap", {"iterations": 2})
    preparing.controller.sets.close()
    preparing.settle()
    assert preparing.backend.requests == []


def test_that_closing_the_window_ends_the_compiling(preparing) -> None:
    preparing.controller.abandon()
    preparing.settle()
    assert preparing.compiling[0].is_set()


def test_that_nothing_is_compiled_or_said_where_all_is_there(preparing) -> None:
    compiled.write_stamp()
    preparing.settle()
    assert preparing.compiling == []
    assert [change.on for change in preparing.seen(changes.Preparing)] == [False]


def test_that_a_failed_preparation_lets_the_run_go_on(preparing, monkeypatch) -> None:
    monkeypatch.setattr(compiled, "compile_apart", None)
    preparing.controller.runs.run("ms-lap", {"iterations": 2})
    preparing.settle()
    assert list(preparing.controller.session.results) == [1]


def kinds() -> dict[str, int]:
    """For how many kinds of arguments each loop of the methods has been compiled or loaded."""
    found = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("mfgui.methods."):
            for loop in vars(module).values():
                if isinstance(loop, Dispatcher):
                    found[f"{loop.__module__}.{loop.__name__}"] = len(loop.signatures)
    return found


@pytest.mark.parametrize("depth", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 3])
def test_that_after_compiling_ahead_the_window_compiles_nothing(
    desk, warm: Path, tmp_path: Path, depth: str, channels: int
) -> None:
    before = kinds()
    assert len(before) > 20
    files = [tmp_path / "1.png", tmp_path / "2.png"]
    sharp = np.random.default_rng(0).random((150, 170, channels)[: 2 + (channels > 1)])
    halves = (slice(0, 85), slice(85, 170))
    for path, half in zip(files, halves, strict=True):
        frame = cv2.GaussianBlur(sharp, (0, 0), 3)
        frame[:, half] = sharp[:, half]
        cv2.imwrite(str(path), (frame * np.iinfo(depth).max).astype(depth))
    controller = desk.controller
    controller.sets.open(files)
    desk.settle()
    controller.warm_up()
    for given in (
        {},
        {"window": 41},
        {"objective": "gaussian"},
        {"variant": "paper", "iterations": 2},
        {"variant": "released", "iterations": 2},
        {"window": 5, "change": 0},
    ):
        controller.runs.run("ms-lap", given)
        desk.settle()
    for rect in (Rect(20, 30, 8, 8), Rect(0, 0, 170, 150)):
        labels = controller.session.focus_map.labels.copy()
        labels[rect.slices] = 3 - labels[rect.slices]
        controller.sets.set_map(labels, MapOrigin(path="map.png"))
        desk.settle()
    assert len(controller.session.results) == 7
    assert {name: count for name, count in kinds().items() if count != before.get(name)} == {}
