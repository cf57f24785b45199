"""The dialogs of the Map menu, driven as a person does."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from mfgui.app.actions.map_menu import REFINERS
from mfgui.core.arrays import Rect
from mfgui.core.events import Notice
from mfgui.core.seams import Seam
from mfgui.ui.dialogs.refine import RefineDialog, SeamDialog
from tests.ui.hands import WAIT_MS, click


@pytest.fixture
def mapped(opened, qtbot):
    """The sample pair with a map that has a hole in its left half."""
    controller = opened.controller
    size = controller.session.stack.size
    labels = np.full((size.height, size.width), 2, np.uint8)
    labels[:, : size.width // 2] = 1
    labels[100:110, 40:50] = 2
    controller.edit.replace("Map", labels)
    controller.view.show("source:1")
    qtbot.waitUntil(lambda: opened.window.parts.actions["smooth"].isEnabled(), timeout=WAIT_MS)
    return opened


def labels_of(application):
    return application.controller.session.focus_map.labels.copy()


def steps(application):
    return list(application.controller.edit.history.names)


def choose(application, name):
    """Trigger a command of the menu; returns the dialog that it opens."""
    application.window.parts.actions[name].trigger()
    return application.window.map_answers.dialog


def wait_for_note(qtbot, dialog, words):
    qtbot.waitUntil(lambda: words in dialog.note.text(), timeout=WAIT_MS)


def type_number(row, text):
    """Replace what the editor of a parameter holds."""
    editor = row.field.main
    editor.setFocus()
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Tab)


@pytest.mark.parametrize("name", sorted(REFINERS))
def test_that_every_refiner_previews_and_cancel_restores(mapped, qtbot, name):
    before, begun = labels_of(mapped), steps(mapped)
    mapped.controller.region.set(Rect(20, 80, 160, 60))
    begun = steps(mapped)
    dialog = choose(mapped, name)
    assert isinstance(dialog, RefineDialog)
    assert not dialog.isModal()
    qtbot.waitUntil(lambda: "change" in dialog.note.text(), timeout=WAIT_MS)
    click(dialog.cancel_button)
    assert np.array_equal(labels_of(mapped), before)
    assert steps(mapped) == begun
    assert mapped.window.map_answers.dialog is None


def test_that_apply_is_one_step_of_the_whole_map(mapped, qtbot):
    before, begun = labels_of(mapped), steps(mapped)
    dialog = choose(mapped, "fill-holes")
    wait_for_note(qtbot, dialog, "100 pixels change")
    click(dialog.accept_button)
    qtbot.waitUntil(lambda: steps(mapped) == [*begun, "Fill holes"], timeout=WAIT_MS)
    expected = before.copy()
    expected[100:110, 40:50] = 1
    assert np.array_equal(labels_of(mapped), expected)
    mapped.window.parts.actions["undo"].trigger()
    assert np.array_equal(labels_of(mapped), before)


def test_that_enter_applies_and_escape_cancels(mapped, qtbot):
    before, begun = labels_of(mapped), steps(mapped)
    dialog = choose(mapped, "fill-holes")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert np.array_equal(labels_of(mapped), before)
    dialog = choose(mapped, "fill-holes")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: steps(mapped) == [*begun, "Fill holes"], timeout=WAIT_MS)
    assert mapped.window.map_answers.dialog is None


def test_that_a_typed_value_is_previewed_and_a_wrong_one_cannot_be_applied(mapped, qtbot):
    mapped.controller.view.choose_label(2)
    middle = mapped.controller.session.stack.size.width // 2
    dialog = choose(mapped, "grow-label")
    assert dialog.form.explicit["label"] == 2  # the label that brushes paint
    wait_for_note(qtbot, dialog, "change")
    type_number(dialog.form.rows["pixels"], "-3")
    qtbot.waitUntil(lambda: labels_of(mapped)[300, middle + 2] == 1, timeout=WAIT_MS)
    assert labels_of(mapped)[300, middle + 3] == 2
    type_number(dialog.form.rows["pixels"], "5")
    qtbot.waitUntil(lambda: labels_of(mapped)[300, middle - 5] == 2, timeout=WAIT_MS)
    assert "100" not in dialog.note.text()
    type_number(dialog.form.rows["pixels"], "99")
    assert not dialog.accept_button.isEnabled()
    click(dialog.cancel_button)


def test_that_the_region_bounds_a_refiner_unless_it_is_unticked(mapped, qtbot):
    dialog = choose(mapped, "fill-holes")
    assert not dialog.region_box.isVisible()
    wait_for_note(qtbot, dialog, "100 pixels")
    mapped.controller.region.set(Rect(40, 100, 5, 5))
    assert dialog.region_box.isVisible()
    assert not dialog.preview_box.isChecked()  # the preview gave way to the new step
    click(dialog.preview_box, QPoint(10, dialog.preview_box.height() // 2))
    wait_for_note(qtbot, dialog, "25 pixels")
    click(dialog.region_box, QPoint(10, dialog.region_box.height() // 2))
    wait_for_note(qtbot, dialog, "100 pixels")
    click(dialog.cancel_button)


def test_that_without_preview_nothing_shows_until_apply(mapped, qtbot):
    before, begun = labels_of(mapped), steps(mapped)
    dialog = choose(mapped, "fill-holes")
    wait_for_note(qtbot, dialog, "100 pixels")
    click(dialog.preview_box, QPoint(10, dialog.preview_box.height() // 2))
    assert np.array_equal(labels_of(mapped), before)
    click(dialog.accept_button)
    qtbot.waitUntil(lambda: steps(mapped) == [*begun, "Fill holes"], timeout=WAIT_MS)


def test_that_nothing_changed_is_said(mapped, qtbot):
    told = []
    mapped.controller.notifier.connect(told.append)
    dialog = choose(mapped, "remove-specks")
    type_number(dialog.form.rows["share"], "0")
    wait_for_note(qtbot, dialog, "Nothing changes")
    click(dialog.accept_button)
    qtbot.waitUntil(lambda: mapped.window.map_answers.dialog is None, timeout=WAIT_MS)
    notices = [change.what for change in told if isinstance(change, Notice)]
    assert notices == ["Remove specks: nothing changed"]
    mapped.controller.notifier.disconnect(told.append)


def test_that_one_dialog_is_open_and_closing_the_set_closes_it(mapped, qtbot):
    first = choose(mapped, "smooth")
    second = choose(mapped, "fill-holes")
    assert not first.isVisible()
    assert second.isVisible()
    mapped.window.parts.actions["close-set"].trigger()
    qtbot.waitUntil(lambda: mapped.window.map_answers.dialog is None, timeout=WAIT_MS)


def test_that_seams_show_at_once_and_cancel_restores_them(mapped, qtbot):
    controller = mapped.controller
    dialog = choose(mapped, "seam")
    assert isinstance(dialog, SeamDialog)
    qtbot.waitUntil(lambda: controller.session.shown == "composite", timeout=WAIT_MS)
    type_number(dialog.form.rows["radius"], "12")
    box = dialog.form.rows["seam"].field.main
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: controller.session.seam == Seam("feather", 12), timeout=WAIT_MS)
    click(dialog.cancel_button)
    assert controller.session.seam == Seam()
    dialog = choose(mapped, "seam")
    tone = dialog.form.rows["tone_match"].field.main
    click(tone, QPoint(8, tone.height() // 2))
    click(dialog.accept_button)
    assert controller.session.seam == Seam(tone_match=True)
    assert choose(mapped, "seam").form.explicit == {"tone_match": True}
    mapped.window.map_answers.dialog.reject()


def test_that_unassigned_pixels_are_filled_and_the_map_goes_back(mapped, qtbot):
    controller = mapped.controller
    labels = labels_of(mapped)
    labels[:50] = 0
    controller.edit.replace("Map", labels)
    mapped.window.parts.actions["fill-unassigned"].trigger()
    qtbot.waitUntil(lambda: steps(mapped)[-1] == "Fill unassigned", timeout=WAIT_MS)
    filled = labels_of(mapped)
    assert filled[:50].all()
    assert np.array_equal(filled[50:], labels[50:])
    mapped.window.parts.actions["revert-detected"].trigger()
    qtbot.waitUntil(lambda: steps(mapped)[-1] == "Revert to detected", timeout=WAIT_MS)
    assert np.array_equal(labels_of(mapped)[:50], filled[:50])
    assert not np.array_equal(labels_of(mapped), filled)


def test_that_auto_source_takes_the_sharpest_one(mapped, qtbot):
    controller = mapped.controller
    stack = controller.session.stack
    from mfgui.methods.refine.sharpness import sharpest_source

    images = [stack.pixels(index) for index in range(2)]
    x, y = mapped.window.parts.canvas.marked_pixel
    expected = sharpest_source(images, x, y)
    controller.view.choose_label(3 - expected)
    mapped.window.parts.actions["auto-source"].trigger()
    qtbot.waitUntil(lambda: controller.session.active_label == expected, timeout=WAIT_MS)
    menu = mapped.window.tools.make_menu(x, y)
    controller.view.choose_label(3 - expected)
    next(entry for entry in menu.actions() if entry.text() == "Auto source here").trigger()
    qtbot.waitUntil(lambda: controller.session.active_label == expected, timeout=WAIT_MS)
    menu.deleteLater()


def test_that_of_a_large_picture_the_visible_part_is_previewed(mapped, qtbot, monkeypatch):
    monkeypatch.setattr("mfgui.ui.dialogs.refine._AT_ONCE", 100_000)
    canvas = mapped.window.parts.canvas
    before = labels_of(mapped)
    expected = before.copy()
    expected[100:110, 40:50] = 1
    mapped.window.parts.actions["zoom-200"].trigger()
    canvas.zoom_at(45, 105)
    dialog = choose(mapped, "fill-holes")
    wait_for_note(qtbot, dialog, "100 pixels")
    canvas.zoom_at(before.shape[1] - 20, before.shape[0] - 20)
    assert canvas.visible_rect.intersected(Rect(40, 100, 10, 10)).empty
    wait_for_note(qtbot, dialog, "Nothing changes")
    assert np.array_equal(labels_of(mapped), before)
    click(dialog.accept_button)
    qtbot.waitUntil(lambda: steps(mapped)[-1] == "Fill holes", timeout=WAIT_MS)
    assert np.array_equal(labels_of(mapped), expected)
