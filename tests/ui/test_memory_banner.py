"""What the window tells of memory before a run begins, by real keys and clicks."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mfgui.app import method_memory
from mfgui.core.events import Severity
from mfgui.ui.application import Application
from tests.ui.hands import WAIT_MS, click


@pytest.fixture
def greedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The average takes more memory than any machine has: 1 GB for each pixel."""
    monkeypatch.setitem(method_memory._TAKEN, "average", (1_000_000_000, 0))


def run(application: Application, method: str) -> None:
    application.window.parts.method.choose_method(method)
    QTest.keyClick(application.window, Qt.Key.Key_F5)


def methods(application: Application) -> list[str]:
    results = application.controller.session.results.values()
    return [result.provenance.method for result in results]


@pytest.mark.usefixtures("greedy")
def test_that_a_shortage_is_told_before_the_run_which_goes_on(
    opened: Application, qtbot: Any
) -> None:
    parts, session = opened.window.parts, opened.controller.session
    run(opened, "average")
    shown = parts.banners.shown
    assert shown is not None
    assert not session.results
    assert shown.notice.severity is Severity.WARNING
    assert shown.what.text().startswith("Warning: average takes about ")
    assert f"for frames of {session.stack.size}, more than the " in shown.what.text()
    assert " GB free; use the method photo" in shown.what.text()
    assert "goes on" in shown.kept.text()
    qtbot.waitUntil(lambda: methods(opened) == ["average"], timeout=WAIT_MS)

    click(shown.remedy_button)
    qtbot.waitUntil(lambda: methods(opened) == ["average", "photo"], timeout=WAIT_MS)
    assert parts.banners.shown is None  # photo keeps to what there is


def test_that_nothing_is_told_where_there_is_enough(opened: Application, qtbot: Any) -> None:
    run(opened, "average")
    qtbot.waitUntil(lambda: methods(opened) == ["average"], timeout=WAIT_MS)
    assert opened.window.parts.banners.shown is None
