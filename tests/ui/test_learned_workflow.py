"""A person lets networks fuse a pair, with real mouse and key events.

The picture is that of docs/learned-methods.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mfgui import resources
from mfgui.core.overlay import OverlayMode
from mfgui.files.images import read_image
from mfgui.ui.application import Application
from tests.ui.hands import click
from tests.ui.pictures import check_picture
from tests.ui.test_compare_workflow import Researcher

PAIR = "samples/pair"


@pytest.fixture
def person(application: Application, qtbot: Any) -> Researcher:
    """The sample pair, open in the window."""
    someone = Researcher(application, qtbot)
    start = someone.window.parts.start.drop_area
    paths = [resources.path(f"{PAIR}/{n}.png") for n in (1, 2)]
    someone.drop(paths, start.mapTo(someone.window, start.rect().center()))
    someone.until(lambda: someone.session.shown == "source:1")
    return someone


def choose(person: Researcher, name: str) -> None:
    """In the list of methods, by typing."""
    box = person.window.parts.method.method_box
    click(box)
    box.popup.field.selectAll()
    QTest.keyClicks(box.popup.field, name)
    QTest.keyClick(box.popup.field, Qt.Key.Key_Return)
    assert box.method.name == name


def run(person: Researcher, name: str) -> int:
    """Choose a method and fuse; the number of the result."""
    choose(person, name)
    before = set(person.session.results)
    person.key(Qt.Key.Key_F5)
    person.until(lambda: len(person.session.results) > len(before) and person.idle())
    (made,) = set(person.session.results) - before
    return made


def test_that_networks_are_methods_like_any_other(person: Researcher) -> None:
    session, panel = person.session, person.window.parts.method
    truth = read_image(resources.path(f"{PAIR}/truth.png"))

    def error(run_id: int) -> float:
        return float(np.abs(session.results[run_id].image - truth).mean())

    # MFF-SSIM over the network's map, with its curve
    ascent = run(person, "ms-resnet")
    assert panel.detector_box.method.name == "ms-resnet-map"
    result = session.results[ascent]
    assert result.provenance.detector == "ms-resnet-map"
    assert result.curve is not None
    assert len(result.curve.q) > 1
    # A map of its own, which shows how sure it is
    own = run(person, "mfif-gan")
    soft = session.results[own].soft
    assert soft is not None
    assert 0 <= soft.min() < 0.1 < 0.9 < soft.max() <= 1
    overlay = person.window.parts.overlay
    person.until(overlay.modes[OverlayMode.SOFT].isEnabled)
    overlay.modes[OverlayMode.SOFT].trigger()
    person.until(person.settled)
    person.qtbot.wait(200)
    check_picture(person.window, "learned-soft-map")
    # Luminance by a network
    made = run(person, "mff-gan")
    average = run(person, "average")
    assert max(map(error, (ascent, own, made))) < error(average)
