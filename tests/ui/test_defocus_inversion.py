"""Defocus inversion in the window, with real mouse and key events.

The picture is that of docs/defocus-inversion.md.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider, QToolButton

from mfgui.app.preview_control import PIXELS, PREVIEW
from mfgui.core.arrays import ImageF32, Size
from mfgui.core.overlay import OverlayMode
from mfgui.files.images import write_image
from mfgui.synth.constant_depth import constant_depth
from mfgui.ui.application import Application
from mfgui.ui.fields import SegmentField
from tests.ui.hands import click
from tests.ui.pictures import check_picture, pixels_of
from tests.ui.strokes import hover
from tests.ui.test_compare_workflow import Researcher
from tests.ui.test_learned_workflow import choose, run

SHIFT = Qt.KeyboardModifier.ShiftModifier
METHOD = "defocus-inversion"
BEHIND = "result:1:background"


class Photographer(Researcher):
    """Hands on one window with a pair of frames of two flat layers."""

    def open(self, folder: Path, frames: dict[str, ImageF32]) -> None:
        for name, frame in frames.items():
            write_image(folder / f"{name}.png", frame, depth="uint8")
        start = self.window.parts.start.drop_area
        place = start.mapTo(self.window, start.rect().center())
        self.drop([folder / f"{name}.png" for name in frames], place)
        self.until(lambda: self.session.shown == "source:1")

    @property
    def front(self) -> SegmentField:
        field = self.window.parts.method.form.rows["near"].field
        assert isinstance(field, SegmentField)
        return field

    @property
    def halo(self) -> QSlider:
        (slider,) = self.window.parts.method.form.rows["halo"].findChildren(QSlider)
        return slider

    def readout(self, place: tuple[int, int]) -> str:
        hover(self.canvas, (place[0] + 0.5, place[1] + 0.5))
        return self.window.parts.status.readout.text()

    def drawn(self) -> np.ndarray:
        return pixels_of(self.canvas.grab().toImage()).astype(int)


@pytest.fixture
def person(application: Application, qtbot: Any, tmp_path: Path) -> Photographer:
    """The far-focused frame is the first."""
    someone = Photographer(application, qtbot)
    pair = constant_depth(Size(320, 240), radius=5, seed=3)
    someone.open(tmp_path, {"a-far": pair.far, "b-near": pair.near})
    return someone


def test_that_confidence_blur_and_matte_are_overlays_of_the_result(person: Photographer) -> None:
    overlay, session = person.window.parts.overlay, person.session
    modes = (OverlayMode.TRUST, OverlayMode.RADIUS, OverlayMode.SOFT)
    assert not any(overlay.modes[mode].isEnabled() for mode in modes)
    assert "defocus inversion" in overlay.modes[OverlayMode.RADIUS].toolTip()
    run(person, METHOD)
    person.until(lambda: all(overlay.modes[mode].isEnabled() for mode in modes))
    assert overlay.modes[OverlayMode.SOFT].text() == "Matte"
    result, place = session.results[1], (200, 120)
    seen = {}
    for _ in OverlayMode:
        person.key(Qt.Key.Key_O, SHIFT)
        person.qtbot.wait(60)
        seen[overlay.overlay.mode] = person.readout(place)
    assert set(modes) < set(seen)
    x, y = place
    assert result.soft is not None
    radius, confidence = (result.aspects[name][y, x] for name in ("radius", "confidence"))
    assert seen[OverlayMode.RADIUS].endswith(f"blur {radius:.1f} px")
    assert seen[OverlayMode.TRUST].endswith(f"confidence {confidence:.2f}")
    assert seen[OverlayMode.SOFT].endswith(f"matte {result.soft[y, x]:.2f}")
    assert "blur" not in seen[OverlayMode.TINT]
    run(person, "average")
    person.until(lambda: not any(overlay.modes[mode].isEnabled() for mode in modes))
    assert overlay.modes[OverlayMode.SOFT].text() == "Soft map"


def test_that_the_heat_maps_are_drawn_with_their_scale(person: Photographer) -> None:
    overlay = person.window.parts.overlay
    run(person, METHOD)
    person.until(overlay.modes[OverlayMode.TRUST].isEnabled)
    overlay.modes[OverlayMode.OFF].trigger()
    plain = person.drawn()
    for mode in (OverlayMode.TRUST, OverlayMode.RADIUS):
        overlay.modes[mode].trigger()
        person.until(lambda: np.abs(person.drawn() - plain).mean() > 10)
        overlay.modes[OverlayMode.OFF].trigger()


def test_that_the_background_stands_beside_the_result(person: Photographer) -> None:
    switch, session = person.window.parts.switch, person.session
    assert not switch.background_button.isVisible()
    run(person, METHOD)
    person.until(switch.background_button.isVisible)
    click(switch.background_button)
    person.until(lambda: person.canvas.shown == BEHIND)
    assert switch.background_button.isChecked()
    assert not switch.fused_button.isChecked()
    person.key(Qt.Key.Key_F8)
    assert set(person.panes.keys) == {"result:1", BEHIND}
    click(person.panes.panes[0])
    person.until(lambda: session.shown == "result:1")
    assert set(person.panes.keys) == {"result:1", BEHIND}
    before = person.canvas.viewport.scale
    person.key(Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert person.canvas.viewport.scale != before
    assert person.panes.panes[0].viewport.scale == person.canvas.viewport.scale
    person.key(Qt.Key.Key_B, SHIFT)
    person.until(lambda: session.shown == BEHIND)
    person.key(Qt.Key.Key_B, SHIFT)
    person.until(lambda: session.shown == "result:1")
    person.key(Qt.Key.Key_F8, SHIFT)
    assert person.panes.keys == ("source:1", "source:2", "result:1", BEHIND)


def test_that_a_narrow_window_keeps_room_for_the_overlay(person: Photographer) -> None:
    window, parts = person.window, person.window.parts
    window.resize(1024, 640)
    run(person, METHOD)
    person.until(lambda: person.controller.state.has_background)
    for widget in (parts.overlay.button, parts.switch.fused_button):
        person.until(widget.isVisible)
        assert widget.mapTo(window, widget.rect().topRight()).x() < window.width()
    person.key(Qt.Key.Key_B, SHIFT)
    person.until(lambda: person.canvas.shown == BEHIND)
    window.resize(1600, 900)
    person.until(parts.switch.background_button.isVisible)


def test_that_the_row_of_a_result_says_which_frame_has_the_front(person: Photographer) -> None:
    results = person.window.parts.results
    run(person, METHOD)
    row = results.view.rows.row(results.view.rows.index(0))
    assert row.extra == "front in frame 2"
    menu = results.menu_of(1)
    (action,) = (a for a in menu.actions() if a.text() == "Show the recovered background")
    action.trigger()
    menu.deleteLater()
    person.until(lambda: person.canvas.shown == BEHIND)


def test_that_the_order_is_a_switch_and_the_gate_a_slider(person: Photographer) -> None:
    choose(person, METHOD)
    panel = person.window.parts.method
    click(panel.preview.box)
    assert panel.form.rows["near"].label.text() == "Front is sharp in frame"
    assert panel.form.rows["halo"].label.text() == "Halo"
    assert list(person.front.buttons) == ["auto", "1", "2"]
    assert person.front.buttons["auto"].isChecked()
    click(person.front.buttons["1"])
    assert panel.choice.explicit == {"near": "1"}
    QTest.keyClick(person.halo, Qt.Key.Key_Home)
    assert panel.choice.explicit == {"near": "1", "halo": 0.0}
    person.key(Qt.Key.Key_F5)
    person.until(lambda: person.session.shown == "result:1")
    assert person.session.results[1].provenance.parameters["near"] == "1"
    (reset,) = (b for b in (panel.form.rows["near"].reset_button,) if isinstance(b, QToolButton))
    click(reset)
    assert person.front.buttons["auto"].isChecked()


def test_that_changes_are_previewed_until_the_run(person: Photographer) -> None:
    choose(person, METHOD)
    panel, session = person.window.parts.method, person.session
    assert panel.preview.box.isVisible()
    longest, began = 0.0, time.perf_counter()
    for step in range(20):  # a slider that is dragged
        moved = time.perf_counter()
        person.halo.setFocus()
        QTest.keyClick(person.halo, Qt.Key.Key_Right)
        longest = max(longest, time.perf_counter() - moved)
        if step % 7 == 6:
            person.qtbot.wait(200)  # long enough for a preview to begin
    assert longest < 0.1
    person.until(lambda: person.canvas.shown == PREVIEW and not person.controller.previews.busy)
    assert time.perf_counter() - began < 20
    assert "front in frame 2" in panel.preview.note.text()
    assert person.canvas.peeked == ""
    person.key(Qt.Key.Key_F5)
    person.until(lambda: person.canvas.shown == "result:1")
    assert PREVIEW not in person.canvas.picture_keys
    assert panel.preview.note.text() == ""
    assert session.shown == "result:1"


def test_that_a_preview_goes_with_its_tick(person: Photographer) -> None:
    choose(person, METHOD)
    panel = person.window.parts.method
    click(person.front.buttons["2"])
    person.until(lambda: person.canvas.shown == PREVIEW)
    click(panel.preview.box, QPoint(8, panel.preview.box.height() // 2))
    person.until(lambda: person.canvas.shown == "source:1")
    assert PREVIEW not in person.canvas.picture_keys
    click(person.front.buttons["1"])
    person.qtbot.wait(300)
    assert person.canvas.shown == "source:1"
    click(panel.preview.box, QPoint(8, panel.preview.box.height() // 2))
    person.until(lambda: person.canvas.shown == PREVIEW)
    choose(person, "average")
    person.until(lambda: person.canvas.shown == "source:1")
    assert not panel.preview.isVisible()


def test_that_large_frames_are_previewed_small(
    application: Application, qtbot: Any, tmp_path: Path
) -> None:
    someone = Photographer(application, qtbot)
    pair = constant_depth(Size(900, 640), radius=9, seed=3)
    someone.open(tmp_path, {"near": pair.near, "far": pair.far})
    choose(someone, METHOD)
    click(someone.front.buttons["1"])
    someone.until(lambda: someone.canvas.shown == PREVIEW)
    picture = someone.controller.view.picture(PREVIEW)
    assert picture is not None
    assert picture.size.pixels <= 1.02 * PIXELS


def test_that_three_frames_are_refused_in_one_line(
    application: Application, qtbot: Any, tmp_path: Path
) -> None:
    someone = Photographer(application, qtbot)
    pair = constant_depth(Size(128, 96), radius=3, seed=3)
    someone.open(tmp_path, {"1": pair.near, "2": pair.far, "3": pair.truth})
    choose(someone, METHOD)
    panel = someone.window.parts.method
    assert panel.reason.text() == "To run: two frames only, this set has 3"
    assert not panel.run_button.isEnabled()
    assert not panel.preview.isVisible()
    model = panel.method_box.popup.list.model()
    words = [model.data(model.index(n, 0), Qt.ItemDataRole.AccessibleTextRole) for n in range(99)]
    assert any("Not now: two frames only, this set has 3" in (text or "") for text in words)
    choose(someone, "average")
    assert panel.run_button.isEnabled()


def test_that_the_window_looks_as_in_the_guide(
    application: Application, qtbot: Any, tmp_path: Path
) -> None:
    someone = Photographer(application, qtbot)
    application.themes.choose("light")
    pair = constant_depth(Size(480, 360), radius=7, seed=21)
    someone.open(tmp_path, {"near": pair.near, "far": pair.far})
    run(someone, METHOD)
    parts = someone.window.parts
    someone.window.arranger.bring_up("results")
    matte = parts.overlay.modes[OverlayMode.SOFT]
    someone.until(matte.isEnabled)
    matte.trigger()
    someone.key(Qt.Key.Key_F8)
    someone.until(lambda: BEHIND in someone.canvas.picture_keys)
    someone.until(someone.settled)
    someone.qtbot.wait(200)
    check_picture(someone.window, "defocus-inversion")
