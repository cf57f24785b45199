"""The environment that the tests and the program stand on."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

LEAKS = """
import threading, time
import pytest
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget

held = []

@pytest.fixture(scope="module", autouse=True)
def end_threads():
    yield
    for thing in held:
        if isinstance(thing, QThread):
            thing.quit()
            thing.wait()

def test_widget(qtbot):
    held.append(QWidget())

def test_timer(qtbot):
    timer = QTimer(QApplication.instance())
    timer.start(60_000)

def test_qt_thread(qtbot):
    held.append(QThread())
    held[-1].start()

def test_python_thread(qtbot):
    threading.Thread(target=time.sleep, args=(1,), name="sleeper", daemon=True).start()

def test_tidy(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    thread = QThread(widget)
    thread.start()
    thread.quit()
    thread.wait()
    QTimer(widget).start(60_000)
"""


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
        timeout=120,
        check=False,
    )


def test_that_this_pyside6_counts_references() -> None:
    done = run("-m", "mfgui.ui.probe", QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, f"PySide6 loses references: {done.stdout} {done.stderr}"
    assert done.stdout == "{}\n"


def test_that_the_probe_sees_a_lost_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    from mfgui.ui import probe

    held: list[object] = []

    def faulty(_probe: object, carried: object) -> dict[str, object]:
        return {"sound": lambda: None, "faulty": lambda: held.append(carried)}

    monkeypatch.setattr(probe, "_calls", faulty)
    assert probe.drift() == {"faulty: object": probe.CALLS}


@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="None is immortal since Python 3.12 and cannot drift"
)
def test_that_the_probe_sees_drift_of_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from mfgui.ui import probe

    held: list[object] = []
    monkeypatch.setattr(probe, "_calls", lambda _probe, _thing: {"x": lambda: held.append(None)})
    assert probe.drift() == {"x: None": probe.CALLS}


def test_that_qt_is_offscreen_in_the_bundled_font(qapp: object) -> None:
    from PySide6.QtGui import QGuiApplication, QRawFont

    assert QGuiApplication.platformName() == os.environ["QT_QPA_PLATFORM"].partition(":")[0]
    # The font that is drawn, not only the one that is asked for.
    assert QRawFont.fromFont(QGuiApplication.font()).familyName() == "Inter"


def test_that_a_test_has_its_own_folders(own_folders: Path, tmp_path: Path) -> None:
    from mfgui.app import settings

    assert settings.home() == own_folders
    assert tmp_path in own_folders.parents
    assert not own_folders.exists()


def test_that_the_tiny_pair_is_what_it_says(tiny_pair: object) -> None:
    import numpy as np

    first, second, truth = tiny_pair.first, tiny_pair.second, tiny_pair.truth  # type: ignore[attr-defined]
    labels = tiny_pair.labels  # type: ignore[attr-defined]
    assert first.shape == second.shape == (48, 64, 3)
    assert first.dtype == second.dtype == np.float32
    assert np.array_equal(np.where(labels[..., None] == 1, first, second), truth)
    for image, own in ((first, 1), (second, 2)):
        detail = np.abs(np.diff(image, axis=0)).mean(axis=2)
        inside = labels[1:] == own
        assert detail[inside].mean() > 3 * detail[~inside].mean()


def test_that_what_a_qt_test_leaves_behind_fails_it(tmp_path: Path) -> None:
    conftest = (PROJECT / "tests" / "conftest.py").read_text("utf-8")
    quick = conftest.replace("_LEAK_GRACE_SECONDS = 2.0", "_LEAK_GRACE_SECONDS = 0.1")
    assert quick != conftest
    (tmp_path / "conftest.py").write_text(quick, "utf-8")
    (tmp_path / "test_leaks.py").write_text(LEAKS, "utf-8")
    options = ("-p", "no:cacheprovider", "-o", "addopts=", "--import-mode=importlib")
    done = run("-m", "pytest", "--rootdir", str(tmp_path), *options, str(tmp_path))
    assert "5 passed, 4 errors" in done.stdout, done.stdout + done.stderr
    for left in ("widget QWidget", "timer of QApplication", "QThread", "thread sleeper"):
        assert f"left behind: {left}" in done.stdout


@pytest.mark.parametrize("name", ["torch", "skimage", "pyqtgraph"])
def test_that_what_is_imported_on_first_use_is_there(name: str) -> None:
    assert importlib.util.find_spec(name) is not None


def test_that_the_program_starts() -> None:
    done = run("-m", "mfgui", "--version")
    assert done.returncode == 0, done.stderr
    assert "0.1.0" in done.stdout
