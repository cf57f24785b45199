"""What the Compare workspace does to the window, beside what it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog

from mfgui import resources
from mfgui.core.comparison import RATES
from mfgui.ui.application import Application
from mfgui.ui.canvas.overlays import OverlayMode
from tests.ui.hands import WAIT_MS


def carry_out(application: Application, *names: str) -> None:
    for name in names:
        application.window.commands.carry_out(name)


@pytest.fixture
def mapped(opened: Application, qtbot: Any) -> Application:
    """The sample pair with its focus map."""
    carry_out(opened, "detect")
    controller = opened.controller
    qtbot.waitUntil(lambda: controller.session.focus_map is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not controller.state.running, timeout=WAIT_MS)
    return opened


def test_that_the_workspace_has_an_overlay_of_its_own(mapped: Application) -> None:
    overlay = mapped.window.parts.overlay
    overlay.set_mode("contour")
    carry_out(mapped, "workspace-compare")
    assert overlay.overlay.mode is OverlayMode.OFF
    assert overlay.own_mode is OverlayMode.CONTOUR
    assert mapped.window.parts.canvas.overlay.mode is OverlayMode.OFF
    overlay.set_mode("tint")
    carry_out(mapped, "workspace-fuse")
    assert overlay.overlay.mode is OverlayMode.CONTOUR
    carry_out(mapped, "workspace-annotate")
    assert overlay.overlay.mode is OverlayMode.CONTOUR
    carry_out(mapped, "workspace-compare")
    assert overlay.overlay.mode is OverlayMode.TINT


def test_that_fast_flicker_asks_first(mapped: Application) -> None:
    presenter, compare = mapped.window.comparing, mapped.controller.compare
    bar = mapped.window.parts.compare_bar
    asked = []

    def answer(value: bool) -> bool:
        asked.append(value)
        return value

    carry_out(mapped, "workspace-compare")
    presenter.asker = lambda: answer(False)
    bar.rate_box.activated.emit(RATES.index(3.0))
    assert (compare.state.rate, asked) == (3.0, [])
    bar.rate_box.setCurrentIndex(RATES.index(8.0))
    bar.rate_box.activated.emit(RATES.index(8.0))
    assert (compare.state.rate, asked) == (3.0, [False])
    assert bar.rate_box.currentIndex() == RATES.index(3.0)
    presenter.asker = lambda: answer(True)
    bar.rate_box.activated.emit(RATES.index(6.0))
    assert compare.state.rate == 6.0
    bar.rate_box.activated.emit(RATES.index(8.0))
    assert (compare.state.rate, asked) == (8.0, [False, True]), "asked once"


def test_that_a_table_is_written_once_all_of_it_is_known(
    mapped: Application, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = mapped.controller
    controller.truth.load(resources.path("samples/pair/truth.png"))
    qtbot.waitUntil(lambda: controller.session.truth is not None, timeout=WAIT_MS)
    for method in ("average", "composite"):
        controller.runs.run(method, {})
        qtbot.waitUntil(lambda: not controller.state.running, timeout=WAIT_MS)
    path = tmp_path / "scores.json"
    answer = (str(path.with_suffix("")), "JSON (*.json)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: answer)
    carry_out(mapped, "export-table")
    qtbot.waitUntil(path.exists, timeout=WAIT_MS)
    rows = json.loads(path.read_text("utf-8"))["results"]
    wanted = ("local_q_whole", "psnr_whole", "local_q_band", "psnr_band")
    assert [[type(row["scores"][name]["value"]) for name in wanted] for row in rows] == [
        [float] * len(wanted)
    ] * 2


def test_that_plates_name_the_digit_where_it_is_not_the_number(
    mapped: Application, qtbot: Any
) -> None:
    controller = mapped.controller
    for _ in range(3):
        controller.runs.run("average", {})
        qtbot.waitUntil(lambda: not controller.state.running, timeout=WAIT_MS)
    carry_out(mapped, "workspace-compare")
    title = mapped.window.comparing._title
    assert "key" not in title("result:3")[1]
    controller.runs.delete_result(1)
    assert [title(f"result:{n}")[1].split(" · ")[0] for n in (2, 3)] == ["key 1", "key 2"]
