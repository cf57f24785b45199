from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QSlider

from mfgui.methods.registry import BoundParameter, Parameter
from mfgui.ui.fields import (
    ChoiceField,
    NumberField,
    SwitchField,
    WordField,
    make_field,
    share_of,
    shown_name,
    value_at,
)

WHOLE = BoundParameter("steps", int, 60, Parameter("Steps", minimum=1, maximum=200))
ODD = BoundParameter("side", int, 7, Parameter("Side", minimum=3, maximum=31, odd=True))
LOG = BoundParameter(
    "rate", float, 1e-3, Parameter("Rate", minimum=1e-7, maximum=1.0, logarithmic=True)
)
FROM_ZERO = BoundParameter(
    "tolerance", float, 0.0, Parameter("Tolerance", minimum=0.0, maximum=1.0, logarithmic=True)
)
WIDE = BoundParameter("iterations", int, 60, Parameter("Steps", minimum=1, maximum=100_000))
OPEN = BoundParameter("size", int, 5, Parameter("Size", minimum=1))
WORD = BoundParameter("solver", None, "adam", Parameter("Solver", choices=("adam", "gradient")))
EITHER = BoundParameter("window", int, "auto", Parameter("W", minimum=3, choices=("auto", "paper")))
PATH = BoundParameter("start", None, "average", Parameter("Start", choices=("average",), path=True))
SWITCH = BoundParameter("fast", None, True, Parameter("Fast"))


@pytest.mark.parametrize(
    ("parameter", "kind"),
    [
        (WHOLE, NumberField),
        (OPEN, NumberField),
        (WORD, ChoiceField),
        (EITHER, WordField),
        (PATH, WordField),
        (SWITCH, SwitchField),
    ],
)
def test_that_the_editor_fits_the_declaration(
    qtbot: object, parameter: BoundParameter, kind: type
) -> None:
    field = make_field(parameter)
    qtbot.addWidget(field)  # type: ignore[attr-defined]
    assert type(field) is kind


@pytest.mark.parametrize("parameter", [WHOLE, ODD, LOG, WIDE])
def test_that_the_slider_ends_are_the_range(parameter: BoundParameter) -> None:
    assert value_at(0.0, parameter) == parameter.declared.minimum
    assert value_at(1.0, parameter) == parameter.declared.maximum
    assert share_of(float(parameter.declared.minimum or 0), parameter) == 0.0
    assert share_of(float(parameter.declared.maximum or 0), parameter) == 1.0


def test_that_a_logarithmic_slider_gives_each_decade_the_same_way() -> None:
    assert share_of(1e-3, LOG) - share_of(1e-4, LOG) == pytest.approx(1 / 7)
    assert value_at(share_of(1e-3, LOG), LOG) == pytest.approx(1e-3)


def test_that_a_slider_from_zero_reaches_zero_and_small_values() -> None:
    assert value_at(0.0, FROM_ZERO) == 0.0
    assert share_of(0.0, FROM_ZERO) == 0.0
    assert 0 < share_of(1e-5, FROM_ZERO) < 0.5


def test_that_a_wide_range_of_whole_numbers_leaves_room_for_small_ones() -> None:
    assert share_of(60, WIDE) > 0.2


@pytest.mark.parametrize("share", [0.1, 0.33, 0.5, 0.77])
def test_that_the_slider_gives_only_allowed_values(share: float) -> None:
    for parameter in (WHOLE, ODD, LOG, FROM_ZERO, WIDE):
        value = value_at(share, parameter)
        assert parameter.parse(value) == value


def test_that_typing_sends_each_text(qtbot: object) -> None:
    field = NumberField(WHOLE)
    qtbot.addWidget(field)  # type: ignore[attr-defined]
    field.show_value(60)
    texts: list[str] = []
    field.edited.connect(texts.append)
    line = field.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, "12")
    assert texts == ["1", "12"]


def test_that_showing_a_value_is_not_an_edit(qtbot: object) -> None:
    for parameter in (WHOLE, WORD, EITHER, PATH, SWITCH):
        field = make_field(parameter)
        qtbot.addWidget(field)  # type: ignore[attr-defined]
        texts: list[str] = []
        field.edited.connect(texts.append)
        field.show_value(parameter.default)
        assert texts == []


def test_that_arrow_keys_step_an_odd_number_by_two(qtbot: object) -> None:
    field = NumberField(ODD)
    qtbot.addWidget(field)  # type: ignore[attr-defined]
    field.show_value(7)
    texts: list[str] = []
    field.edited.connect(texts.append)
    line = field.findChild(QLineEdit)
    QTest.keyClick(line, Qt.Key.Key_Up)
    QTest.keyClick(line, Qt.Key.Key_Up)
    QTest.keyClick(line, Qt.Key.Key_Down)
    assert texts == ["9", "11", "9"]


def test_that_arrow_keys_stop_at_the_end_of_the_range(qtbot: object) -> None:
    field = NumberField(ODD)
    qtbot.addWidget(field)  # type: ignore[attr-defined]
    field.show_value(31)
    line = field.findChild(QLineEdit)
    QTest.keyClick(line, Qt.Key.Key_Up)
    assert line.text() == "31"


def test_that_dragging_the_slider_edits_the_number(qtbot: object) -> None:
    field = NumberField(WHOLE)
    qtbot.addWidget(field)  # type: ignore[attr-defined]
    field.resize(240, 30)
    field.show_value(1)
    field.show()
    slider = field.findChild(QSlider)
    with qtbot.waitSignal(field.edited) as caught:  # type: ignore[attr-defined]
        slider.setFocus()
        QTest.keyClick(slider, Qt.Key.Key_End)
    assert caught.args == ["200"]
    assert field.findChild(QLineEdit).text() == "200"


def test_that_a_word_or_a_number_can_be_typed(qtbot: object) -> None:
    field = WordField(EITHER)
    qtbot.addWidget(field)  # type: ignore[attr-defined]
    field.show_value("auto")
    texts: list[str] = []
    field.edited.connect(texts.append)
    line = field.findChild(QComboBox).lineEdit()
    line.selectAll()
    QTest.keyClicks(line, "21")
    assert texts[-1] == "21"


def test_that_the_wheel_scrolls_the_form_and_changes_nothing(qtbot: object) -> None:
    field = ChoiceField(WORD)
    qtbot.addWidget(field)  # type: ignore[attr-defined]
    field.show()
    field.show_value("adam")
    box = field.findChild(QComboBox)
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)
    assert box.currentText() == "adam"


def test_that_names_read_as_words() -> None:
    assert shown_name("gradient_norm") == "Gradient norm"
    assert shown_name("lr") == "Learning rate"
