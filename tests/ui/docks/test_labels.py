from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.ui.application import Application
from mfgui.ui.docks.labels import LabelView
from mfgui.ui.row_lists import eye_place
from tests.ui.hands import WAIT_MS, click


@pytest.fixture
def view(qtbot: Any, themes: Any) -> LabelView:
    """200 labels, label 1 active."""
    view = LabelView()
    qtbot.addWidget(view)
    names = [f"frame {n}.tif" for n in range(1, 200)] + ["background.tif"]
    view.labels.show_labels(names, ["#3164d9"] * 200)
    view.show_state(active=1, shown=-1, colours=["#3164d9"] * 200)
    view.resize(280, 400)
    view.show()
    return view


def place(view: LabelView, row: int) -> QPoint:
    return view.visualRect(view.labels.index(row)).center()


def chosen(view: LabelView) -> list[int]:
    numbers: list[int] = []
    view.chosen.connect(numbers.append)
    return numbers


def test_that_a_click_chooses_a_label_and_the_first_row_is_unassigned(view: LabelView) -> None:
    numbers = chosen(view)
    click(view.viewport(), place(view, 3))
    click(view.viewport(), place(view, 0))
    assert numbers == [3, 0]


def test_that_the_eye_shows_a_source_without_choosing_its_label(
    view: LabelView, qtbot: Any
) -> None:
    numbers = chosen(view)
    eye = eye_place(view.visualRect(view.labels.index(2))).center()
    with qtbot.waitSignal(view.eye_clicked) as caught:
        click(view.viewport(), eye)
    assert caught.args == ["source:2"]
    assert numbers == []


def test_that_unassigned_has_no_eye(view: LabelView) -> None:
    numbers = chosen(view)
    click(view.viewport(), eye_place(view.visualRect(view.labels.index(0))).center())
    assert numbers == [0]


def test_that_typing_a_number_finds_its_label(view: LabelView) -> None:
    numbers = chosen(view)
    QTest.keyClicks(view, "137")
    assert numbers[-1] == 137
    assert view.currentIndex().row() == 137


def test_that_typing_a_part_of_a_name_finds_it(view: LabelView) -> None:
    numbers = chosen(view)
    QTest.keyClicks(view, "ground")
    assert numbers[-1] == 200


def test_that_arrows_choose(view: LabelView) -> None:
    numbers = chosen(view)
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert numbers == [2, 1]


def test_that_a_new_share_repaints_only_its_rows(view: LabelView) -> None:
    shares = np.zeros(201)
    view.labels.show_shares(shares)
    changed: list[tuple[int, int]] = []
    view.labels.dataChanged.connect(lambda a, b: changed.append((a.row(), b.row())))
    shares = shares.copy()
    shares[5] = 0.25
    view.labels.show_shares(shares)
    view.labels.show_shares(shares)
    assert changed == [(5, 5)]
    assert view.labels.label(view.labels.index(5)).share_text == "25.0 %"


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0 %"), (0.0004, "< 0.1 %"), (0.361, "36.1 %"), (1.0, "100.0 %")]
)
def test_that_only_nothing_is_zero_percent(view: LabelView, share: float, text: str) -> None:
    shares = np.zeros(201)
    shares[0] = share
    view.labels.show_shares(shares)
    assert view.labels.label(view.labels.index(0)).share_text == text


def test_that_a_screen_reader_hears_number_name_share_and_state(view: LabelView) -> None:
    shares = np.zeros(201)
    shares[1] = 0.5
    view.labels.show_shares(shares)
    view.show_state(active=1, shown=1, colours=["#3164d9"] * 200)
    spoken = view.labels.data(view.labels.index(1), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "label 1, frame 1.tif, 50.0 %, active, shown"


# In the window


@pytest.fixture
def annotating(opened: Application) -> Application:
    opened.window.parts.actions["workspace-annotate"].trigger()
    assert opened.window.parts.sources.labels.isVisible()
    return opened


def share(application: Application, label: int) -> float | None:
    model = application.window.parts.sources.labels.labels
    return model.label(model.index(label)).share


def paint(application: Application, label: int, rect: Rect) -> None:
    mask = np.ones((rect.height, rect.width), np.bool_)
    application.controller.edit.apply("Brush", [Edit(rect, mask, label)])


def test_that_shares_follow_the_map(annotating: Application, qtbot: Any) -> None:
    assert share(annotating, 0) is None
    paint(annotating, 1, Rect(0, 0, 300, 400))
    qtbot.waitUntil(lambda: share(annotating, 0) == 0.5, timeout=WAIT_MS)
    paint(annotating, 2, Rect(300, 0, 150, 400))
    qtbot.waitUntil(lambda: share(annotating, 2) == 0.25, timeout=WAIT_MS)
    assert share(annotating, 0) == 0.25
    annotating.controller.edit.undo()
    qtbot.waitUntil(lambda: share(annotating, 2) == 0.0, timeout=WAIT_MS)


def test_that_a_click_paints_that_label_and_keeps_the_picture(annotating: Application) -> None:
    view, session = annotating.window.parts.sources.labels, annotating.controller.session
    click(view.viewport(), place(view, 2))
    assert session.active_label == 2
    assert session.shown == "source:1"
    click(view.viewport(), place(view, 0))
    assert session.active_label == 0
    assert view.labels.active == 0


def test_that_another_active_label_is_marked(annotating: Application) -> None:
    view = annotating.window.parts.sources.labels
    annotating.controller.view.choose_label(2)
    assert view.labels.active == 2
    assert view.currentIndex().row() == 2


@pytest.mark.parametrize("as_labels", [True, False])
def test_that_pages_step_through_the_sources(opened: Application, as_labels: bool) -> None:
    panel = opened.window.parts.sources
    panel.show_as_labels(as_labels)
    view = panel.labels if as_labels else panel.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert opened.controller.session.shown == "source:2"
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    assert opened.controller.session.shown == "source:1"


def test_that_pictures_come_back_with_the_fuse_workspace(annotating: Application) -> None:
    assert not annotating.window.parts.sources.labels.isHidden()
    annotating.window.parts.actions["workspace-fuse"].trigger()
    assert annotating.window.parts.sources.view.isVisible()
