from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from mfgui.core.result import Provenance, Result
from mfgui.methods.learned.ms_resnet import ms_resnet, ms_resnet_map
from mfgui.methods.registry import FUSING, MAPPING, Family, Kind, Registry, load
from mfgui.ui.docks.method import Choice, MethodPanel
from tests.ui.hands import click

FREE = {"run": "", "pause": "", "stop": "", "run_again": "", "copy": ""}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load()


@pytest.fixture
def panel(qtbot: Any, registry: Registry) -> MethodPanel:
    panel = MethodPanel(
        registry.of_kind(*FUSING),
        registry.of_kind(*MAPPING),
        first="ms-lap",
    )
    qtbot.addWidget(panel)
    panel.resize(300, 640)
    panel.show()
    panel.show_blocked(**FREE)
    return panel


def test_that_every_method_is_listed_with_its_description(
    panel: MethodPanel, registry: Registry
) -> None:
    box = panel.method_box
    names = [box.itemData(row) for row in range(box.count())]
    assert set(names) == {m.name for m in registry.of_kind(*FUSING)}
    assert len(set(names)) == len(names)
    families = [registry.get(name).family for name in names]
    assert families == sorted(families, key=list(Family).index)
    for row, name in enumerate(names):
        spoken = box.itemData(row, Qt.ItemDataRole.AccessibleTextRole)
        assert registry.get(name).summary in spoken


def test_that_the_default_choice_is_explicit_about_nothing(panel: MethodPanel) -> None:
    choice = panel.choice
    assert (choice.method, choice.explicit, choice.detector) == ("ms-lap", {}, "laplacian")


def test_that_another_detector_is_an_explicit_parameter(panel: MethodPanel) -> None:
    panel.detector_box.setFocus()
    QTest.keyClick(panel.detector_box, Qt.Key.Key_Down)
    assert panel.choice.explicit == {"detector": "variance"}
    assert panel.choice.detector == "variance"


def test_that_a_method_without_a_map_asks_for_no_detector(panel: MethodPanel) -> None:
    assert panel.detector_box.isVisible()
    panel.choose_method("average")
    assert not panel.detector_box.isVisible()
    assert "detector" not in panel.choice.explicit


def test_that_detect_measures_in_the_window_of_the_form(
    panel: MethodPanel, registry: Registry
) -> None:
    line = panel.form.rows["window"].field.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, "21")
    declared = {p.name for p in registry.get("laplacian").parameters}
    assert panel.choice.detector_explicit == ({"window": 21} if "window" in declared else {})


def test_that_each_method_keeps_its_own_values(panel: MethodPanel) -> None:
    line = panel.form.rows["iterations"].field.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, "12")
    panel.choose_method("average")
    assert panel.choice.explicit == {}
    panel.choose_method("ms-lap")
    assert panel.choice.explicit == {"iterations": 12}


def test_that_the_buttons_say_what_they_do(panel: MethodPanel, qtbot: Any) -> None:
    for button, signal in (
        (panel.run_button, panel.run_clicked),
        (panel.stop_button, panel.stop_clicked),
        (panel.run_again_button, panel.run_again_clicked),
        (panel.copy_button, panel.copy_clicked),
    ):
        with qtbot.waitSignal(signal):
            click(button)
    assert panel.copy_button.accessibleName() == "Copy as command"


def test_that_a_blocked_run_says_why(panel: MethodPanel) -> None:
    panel.show_blocked(**{**FREE, "run": "open images first"})
    assert not panel.run_button.isEnabled()
    assert panel.reason.isVisible()
    assert panel.reason.text() == "To run: open images first"


def test_that_a_wrong_value_blocks_the_run_until_it_is_right(panel: MethodPanel) -> None:
    panel.changed.connect(lambda: panel.show_blocked(**FREE))
    line = panel.form.rows["iterations"].field.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, "x")
    assert not panel.run_button.isEnabled()
    assert "correct the marked values" in panel.reason.text()
    line.selectAll()
    QTest.keyClicks(line, "5")
    assert panel.run_button.isEnabled()
    assert not panel.reason.isVisible()


# Ticked methods


def type_into(panel: MethodPanel, name: str, text: str) -> None:
    line = panel.form.rows[name].field.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, text)


def test_that_each_ticked_method_has_what_its_own_form_is_set_to(panel: MethodPanel) -> None:
    type_into(panel, "iterations", "12")
    panel.choose_method("quadtree")
    panel.tick(["average", "ms-lap", "composite"])
    panel.detector_box.choose("variance")
    choices = {choice.method: choice.explicit for choice in panel.ticked}
    assert choices == {
        "ms-lap": {"iterations": 12, "detector": "variance"},
        "average": {},
        "composite": {"detector": "variance"},
    }
    panel.choose_method("ms-lap")
    type_into(panel, "iterations", "7")
    (shown,) = [choice for choice in panel.ticked if choice.method == "ms-lap"]
    assert shown == panel.choice
    assert shown.explicit["iterations"] == 7


def test_that_the_dock_runs_and_unticks_what_is_ticked(panel: MethodPanel, qtbot: Any) -> None:
    assert not panel.run_ticked_button.isVisible()
    panel.tick(["average", "gff"])
    assert panel.run_ticked_button.accessibleName() == "Run 2 ticked"
    with qtbot.waitSignal(panel.run_ticked_clicked):
        click(panel.run_ticked_button)
    with qtbot.waitSignal(panel.ticks_changed) as caught:
        click(panel.untick_button)
    assert caught.args == [()]
    assert not panel.run_ticked_button.isVisible()


def test_that_a_wrong_value_stops_the_ticked_methods_only_if_it_is_theirs(
    panel: MethodPanel,
) -> None:
    panel.changed.connect(lambda: panel.show_blocked(**FREE))
    panel.tick(["average"])
    type_into(panel, "iterations", "x")
    assert not panel.run_button.isEnabled()
    assert panel.run_ticked_button.isEnabled()
    panel.tick(["average", "ms-lap"])
    assert not panel.run_ticked_button.isEnabled()
    assert not panel.ticked_valid


def made_with(registry: Registry, name: str, detector: str | None, **explicit: Any) -> Result:
    image = np.zeros((4, 4, 1), np.float32)
    parameters = registry.get(name).resolve(
        {key: value for key, value in explicit.items() if key != "of_detector"}
    )
    parameters |= {f"detector.{key}": v for key, v in explicit.get("of_detector", {}).items()}
    provenance = Provenance(name, parameters, (), "cpu", {}, detector=detector)
    return Result(name, image, "uint8", None, -1, provenance, "done", {}, image, image)


def test_that_the_form_shows_the_parameters_of_a_result_again(
    panel: MethodPanel, registry: Registry
) -> None:
    result = made_with(registry, "composite", "variance", of_detector={"window": 5})
    assert panel.show_parameters(result) == ""
    assert panel.choice.method == "composite"
    assert panel.choice.explicit == {"detector": "variance", "detector.window": 5}
    result = made_with(registry, "ms-lap", "laplacian", variant="paper", iterations=41)
    assert panel.show_parameters(result) == ""
    assert panel.choice.explicit == {"variant": "paper", "iterations": 41}
    assert panel.form.rows["iterations"].field.findChild(QLineEdit).text() == "41"
    # What was typed since gives way, also in the form that is shown already.
    type_into(panel, "iterations", "x")
    assert panel.show_parameters(result) == ""
    assert panel.valid
    assert panel.choice.explicit == {"variant": "paper", "iterations": 41}


def test_that_a_result_of_an_unknown_method_changes_nothing(
    panel: MethodPanel, registry: Registry
) -> None:
    known = made_with(registry, "average", None)
    unknown = replace(known, provenance=replace(known.provenance, method="gone"))
    before = panel.choice
    assert "gone" in panel.show_parameters(unknown)
    assert panel.choice == before
    odd = replace(known.provenance, parameters={"odd": 1})
    assert panel.show_parameters(replace(known, provenance=odd)) == "not set: odd"


# Methods with a maker of maps of their own


@pytest.fixture
def learned_panel(qtbot: Any, registry: Registry) -> MethodPanel:
    """The dock of an installation with the weights of MS-ResNet."""
    methods = [*registry.of_kind(*FUSING)]
    methods += [m for m in (ms_resnet.method, ms_resnet_map.method) if m not in methods]
    detectors = [*registry.of_kind(Kind.DETECTOR), *(m for m in methods if m.makes_map)]
    panel = MethodPanel(methods, detectors, first="ms-lap")
    qtbot.addWidget(panel)
    panel.resize(300, 640)
    panel.show()
    return panel


def test_that_ms_resnet_shows_and_uses_its_own_map(learned_panel: MethodPanel) -> None:
    panel = learned_panel
    assert panel.detector_box.currentText() == "Laplacian energy"
    panel.choose_method("ms-resnet")
    assert panel.detector_box.isVisible()
    assert panel.detector_box.currentText() == "MS-ResNet focus map"
    assert panel.choice == Choice("ms-resnet", {}, "ms-resnet-map", {})
    assert "threshold" in panel.detector_form.rows
    panel.choose_method("ms-lap")
    assert panel.detector_box.currentText() == "Laplacian energy"
    assert panel.choice == Choice("ms-lap", {}, "laplacian", panel.choice.detector_explicit)
    assert "detector" not in panel.choice.explicit


def test_that_a_detector_chosen_for_ms_resnet_is_its_own(learned_panel: MethodPanel) -> None:
    panel = learned_panel
    panel.choose_method("ms-resnet")
    panel.detector_box.choose("variance")
    assert panel.choice.explicit == {"detector": "variance"}
    panel.choose_method("ms-lap")
    assert panel.choice.detector == "laplacian"
    panel.detector_box.choose("ms-resnet-map")
    assert panel.choice.explicit == {"detector": "ms-resnet-map"}
    panel.choose_method("composite")
    assert panel.choice.detector == "ms-resnet-map"
    panel.choose_method("ms-resnet")
    assert panel.choice.detector == "variance"
    panel.detector_box.choose("ms-resnet-map")
    assert panel.choice.explicit == {}


def test_that_ticked_methods_have_the_maps_that_are_their_own(learned_panel: MethodPanel) -> None:
    panel = learned_panel
    panel.choose_method("ms-resnet")
    type_into(panel, "iterations", "9")
    panel.tick(["ms-lap", "ms-resnet"])
    panel.choose_method("average")
    choices = {choice.method: choice for choice in panel.ticked}
    assert choices["ms-lap"].detector == "laplacian"
    assert choices["ms-lap"].explicit == {}
    assert choices["ms-resnet"] == Choice("ms-resnet", {"iterations": 9}, "ms-resnet-map", {})


def test_that_a_result_of_ms_resnet_is_set_again(learned_panel: MethodPanel) -> None:
    panel = learned_panel
    known = Registry({m.name: m for m in (*panel.method_box.methods, *panel.detector_box.methods)})
    for detector, explicit in (("ms-resnet-map", {}), ("variance", {"detector": "variance"})):
        panel.choose_method("average")
        assert panel.show_parameters(made_with(known, "ms-resnet", detector)) == ""
        assert panel.choice.method == "ms-resnet"
        assert panel.choice.explicit == explicit
        assert panel.choice.detector == detector
