from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit

from mfgui.methods.registry import Method, load
from mfgui.ui.forms import ParameterForm
from tests.ui.hands import click


@pytest.fixture(scope="module")
def ms_lap() -> Method:
    return load().get("ms-lap")


@pytest.fixture
def form(qtbot: Any, ms_lap: Method) -> ParameterForm:
    form = ParameterForm()
    qtbot.addWidget(form)
    form.resize(300, 600)
    form.show_method(ms_lap)
    form.show()
    return form


def type_into(form: ParameterForm, name: str, text: str) -> None:
    line = form.rows[name].field.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, text)


def choose(form: ParameterForm, name: str, word: str) -> None:
    """Pick an entry of a list with the keyboard, as a person does."""
    box = form.rows[name].field.findChild(QComboBox)
    box.setFocus()
    target = box.findText(word)
    while box.currentIndex() != target:
        key = Qt.Key.Key_Down if box.currentIndex() < target else Qt.Key.Key_Up
        QTest.keyClick(box, key)


def test_that_every_declared_parameter_has_a_row(form: ParameterForm, ms_lap: Method) -> None:
    assert list(form.rows) == [parameter.name for parameter in ms_lap.parameters]
    for parameter in ms_lap.parameters:
        row = form.rows[parameter.name]
        assert parameter.declared.help in row.toolTip()
        assert parameter.allowed() in row.toolTip()
        assert (parameter.declared.unit or "") in row.label.text()


def test_that_an_unchanged_form_has_nothing_explicit(form: ParameterForm) -> None:
    assert form.explicit == {}
    assert form.problems == {}
    assert not any(row.reset_button.isVisible() for row in form.rows.values())


def test_that_a_changed_value_is_bold_and_can_be_reset(form: ParameterForm) -> None:
    type_into(form, "iterations", "12")
    row = form.rows["iterations"]
    assert form.explicit == {"iterations": 12}
    assert row.label.font().weight() == QFont.Weight.DemiBold
    assert row.reset_button.isVisible()
    click(row.reset_button)
    assert form.explicit == {}
    assert row.label.font().weight() == QFont.Weight.Normal
    assert row.field.findChild(QLineEdit).text() == "60"


def test_that_typing_the_default_is_no_change(form: ParameterForm) -> None:
    type_into(form, "iterations", "61")
    type_into(form, "iterations", "60")
    assert form.explicit == {}


def test_that_an_invalid_value_shows_the_allowed_range(form: ParameterForm) -> None:
    type_into(form, "iterations", "many")
    row = form.rows["iterations"]
    assert row.problem.isVisible()
    assert "a whole number from 1 to 100000" in row.problem.text()
    assert list(form.problems) == ["iterations"]
    assert row.field.findChild(QLineEdit).text() == "many"
    type_into(form, "iterations", "9")
    assert not row.problem.isVisible()
    assert form.problems == {}


def test_that_an_even_window_is_refused_in_words(form: ParameterForm) -> None:
    type_into(form, "window", "12")
    assert "odd" in form.rows["window"].problem.text()


def test_that_choosing_a_variant_updates_the_shown_defaults(
    form: ParameterForm, ms_lap: Method
) -> None:
    choose(form, "variant", "paper")
    assert form.explicit == {"variant": "paper"}
    for name, value in ms_lap.defaults(variant="paper").items():
        if name in ("iterations", "tolerance"):
            line = form.rows[name].field.findChild(QLineEdit)
            assert float(line.text()) == value
    assert form.rows["solver"].field.findChild(QComboBox).currentText() == "gradient"
    assert not form.rows["solver"].reset_button.isVisible()


def test_that_explicit_values_survive_a_change_of_variant(form: ParameterForm) -> None:
    type_into(form, "iterations", "12")
    choose(form, "variant", "released")
    assert form.explicit == {"variant": "released", "iterations": 12}


def test_that_the_variant_itself_can_be_reset(form: ParameterForm) -> None:
    choose(form, "variant", "paper")
    click(form.rows["variant"].reset_button)
    assert form.explicit == {}
    assert form.rows["variant"].field.findChild(QComboBox).currentText() == "ours"
    assert form.rows["iterations"].field.findChild(QLineEdit).text() == "60"


def test_that_a_parameter_that_does_not_matter_is_disabled(form: ParameterForm) -> None:
    assert not form.rows["beta"].field.isEnabled()
    choose(form, "solver", "gradient")
    assert form.rows["beta"].field.isEnabled()
    assert not form.rows["lr"].field.isEnabled()
    assert "Matters only when solver is adam" in form.rows["lr"].toolTip()


def test_that_advanced_parameters_are_folded_away(form: ParameterForm) -> None:
    assert form.advanced is not None
    assert not form.rows["beta"].isVisible()
    click(form.advanced.header)
    assert form.rows["beta"].isVisible()


def test_that_given_values_are_checked_and_shown(form: ParameterForm, ms_lap: Method) -> None:
    form.show_method(ms_lap, {"iterations": "7", "variant": "paper"})
    assert form.explicit == {"iterations": 7, "variant": "paper"}
    assert form.rows["iterations"].field.findChild(QLineEdit).text() == "7"


def test_that_another_method_has_its_own_rows(qtbot: Any, form: ParameterForm) -> None:
    registry = load()
    form.show_method(registry.get("average"))
    assert "iterations" not in form.rows


def test_that_editors_and_resets_have_accessible_names(form: ParameterForm) -> None:
    for name, row in form.rows.items():
        assert row.field.main.accessibleName(), name
        assert row.reset_button.accessibleName().startswith("Reset"), name
        assert row.reset_button.width() >= 24
        assert row.reset_button.height() >= 24
