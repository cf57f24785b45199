from __future__ import annotations

import gc
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from mfgui.app.batching import Wish
from mfgui.core.pyramid import Picture
from mfgui.core.result import Result
from mfgui.core.stack import SourceStack
from mfgui.files.scratch import is_mapped
from mfgui.ui.application import run_window
from mfgui.ui.main_window import MainWindow


def main_window() -> MainWindow:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))


def close_when(condition: Callable[[MainWindow], bool]) -> QTimer:
    """Close the window from inside its event loop, as a person would."""
    timer = QTimer()
    timer.setInterval(10)

    def look() -> None:
        if condition(main_window()):
            timer.stop()
            main_window().close()

    timer.timeout.connect(look)
    timer.start()
    return timer


@pytest.fixture
def plain_look(qapp: Any) -> Any:
    yield
    qapp.setStyleSheet("")
    qapp.setPalette(qapp.style().standardPalette())


def test_that_the_demo_opens_the_sample_and_ends_with_the_window(plain_look: Any) -> None:
    shown: list[str] = []

    def opened(window: MainWindow) -> bool:
        shown[:] = [window.parts.canvas.shown, window.windowTitle()]
        return window.parts.canvas.shown == "source:1"

    timer = close_when(opened)
    assert run_window(sample=True) == 0
    assert shown == ["source:1", "1.png, 2.png – mfgui"]
    assert not timer.isActive()


def test_that_paths_given_at_the_start_are_opened(
    plain_look: Any, tiny_pair_files: tuple[Path, Path]
) -> None:
    timer = close_when(lambda window: window.windowTitle() == "left.png, right.png – mfgui")
    assert run_window(tiny_pair_files) == 0
    assert not timer.isActive()


def test_that_the_ground_truth_is_opened_with_its_images(
    plain_look: Any, tiny_pair_files: tuple[Path, Path]
) -> None:
    found: list[str] = []

    def loaded(window: MainWindow) -> bool:
        if not window.parts.canvas.picture_keys:
            return False
        found[:] = [window.windowTitle(), window.parts.canvas.picture_keys[-1]]
        return found[-1] == "truth"

    timer = close_when(loaded)
    left, right = tiny_pair_files
    assert run_window([left, right], reference=right) == 0
    assert found == ["left.png, right.png[*] – mfgui", "truth"]
    assert not timer.isActive()


def alive(kind: type) -> list[object]:
    gc.collect()
    return [found for found in gc.get_objects() if isinstance(found, kind)]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_that_closing_the_window_frees_its_results_and_their_files(plain_look: Any) -> None:
    seen: list[int] = []

    def worked(window: MainWindow) -> bool:
        controller = window.presenter._controller
        if controller.session.shown != "source:1" and not controller.session.results:
            return False
        results = controller.session.results
        if not results and not controller.state.running:
            controller.store.budget = 0
            controller.runs.run_all([Wish("average", {}), Wish("composite", {})])
        moved = [result for result in results.values() if is_mapped(result.image)]
        seen[:] = [len(results), len(moved)]
        window.sessions.close_unasked()
        return len(results) == 2 and bool(moved)

    kinds = (Result, SourceStack, Picture)
    before = [alive(kind) for kind in kinds]
    timer = close_when(worked)
    assert run_window(sample=True) == 0
    assert not timer.isActive()
    assert seen[0] == 2
    assert [alive(kind) for kind in kinds] == before
    assert "/scratch/" not in Path("/proc/self/maps").read_text()


def test_that_an_interrupt_is_handled_as_before_afterwards(plain_look: Any) -> None:
    before = signal.getsignal(signal.SIGINT)
    inside: list[Any] = []

    def look(_window: MainWindow) -> bool:
        inside.append(signal.getsignal(signal.SIGINT))
        return True

    timer = close_when(look)
    assert run_window() == 0
    assert inside[0] is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is before
    assert not timer.isActive()


def test_that_the_window_starts_without_what_loads_slowly() -> None:
    code = (
        "import sys; from mfgui.ui.application import make_application;"
        "from mfgui.methods.registry import load; load();"
        "slow = {'torch', 'numba', 'pyqtgraph', 'scipy', 'skimage', 'PIL'};"
        "print(sorted(set(sys.modules) & slow))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
