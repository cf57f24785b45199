"""Compiling after the installation, as a person meets it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mfgui.app import compiled
from mfgui.ui.application import Application
from tests.ui.hands import WAIT_MS, click


@pytest.fixture
def compiling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Compiling takes until this is set, or until the window closes."""
    monkeypatch.setenv("MFGUI_CACHE", str(tmp_path / "cold"))
    done = threading.Event()

    def compile_apart(stopped: threading.Event) -> bool:
        while not done.is_set() and not stopped.wait(0.01):
            pass
        return done.is_set()

    monkeypatch.setattr(compiled, "compile_apart", compile_apart)
    yield done
    done.set()


def test_that_a_run_waits_for_the_solver_and_the_status_bar_says_so(
    application: Application, qtbot: Any, compiling: threading.Event
) -> None:
    window, controller = application.window, application.controller
    parts = window.parts
    controller.preparation.begin()
    window.commands.open_sample()
    qtbot.waitUntil(lambda: parts.canvas.shown == "source:1", timeout=WAIT_MS)
    qtbot.waitUntil(parts.status.preparing.isVisible, timeout=WAIT_MS)
    assert parts.status.preparing.text() == "Preparing the solver, once after installation"
    click(parts.method.run_button)
    assert parts.status.progress.where.text() == "Waiting"
    qtbot.wait(200)
    assert controller.state.running
    assert not controller.state.going
    compiling.set()
    qtbot.waitUntil(lambda: parts.canvas.shown == "result:1", timeout=WAIT_MS)
    assert not parts.status.preparing.isVisible()


def test_that_the_window_closes_while_the_solver_is_prepared(
    application: Application, qtbot: Any, compiling: threading.Event
) -> None:
    application.controller.preparation.begin()
    qtbot.wait(50)
    application.close()
    assert not any(thread.isRunning() for thread in application.bridge._threads)
