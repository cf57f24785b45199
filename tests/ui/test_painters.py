"""Painters end whatever happens: one that is left on a widget ends the program with a crash."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtGui import QPainter
from pytestqt.exceptions import capture_exceptions

import mfgui.ui
from mfgui.ui.canvas.view import Canvas
from tests.ui.hands import WAIT_MS

PAINTERS = {"QPainter", "QStylePainter"}
SOURCES = sorted(Path(mfgui.ui.__file__).parent.rglob("*.py"))


def begun(tree: ast.AST) -> tuple[set[int], set[int]]:
    """Lines on which painters are made, and those on which `with` takes them."""
    made = {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in PAINTERS
    }
    items = [item for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items]
    return made, {item.context_expr.lineno for item in items}


def test_that_every_painter_is_ended_by_with() -> None:
    found = {path: begun(ast.parse(path.read_text("utf-8"))) for path in SOURCES}
    assert sum(len(made) for made, _ in found.values()) > 10
    assert {str(path): made - held for path, (made, held) in found.items() if made - held} == {}


def test_that_the_program_outlives_an_error_in_painting(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(200, 150)
    canvas.show()
    qtbot.waitExposed(canvas)
    drawn: list[QPainter] = []

    def fail(painter: QPainter, *_others: object) -> None:
        drawn.append(painter)
        raise RuntimeError("not drawn")

    told: list[str] = []
    before = qInstallMessageHandler(lambda _kind, _context, text: told.append(text))
    try:
        with monkeypatch.context() as patched, capture_exceptions() as errors:
            patched.setattr(canvas, "_draw_marks", fail)
            canvas.update()
            qtbot.waitUntil(lambda: bool(drawn), timeout=WAIT_MS)
        canvas.repaint()
    finally:
        qInstallMessageHandler(before)
    assert len(errors) == len(drawn) == 1
    assert not drawn[0].isActive()
    assert told == []
