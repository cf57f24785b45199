from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from mfgui.core.arrays import Rect
from mfgui.core.snapping import GuideKind
from mfgui.ui.option_bar import OptionBar
from mfgui.ui.tool_memory import RANGES, restored, stored
from mfgui.ui.tools.all_tools import make_tools
from mfgui.ui.tools.options import LARGEST, Over, ToolOptions
from mfgui.ui.tools.sizes import next_size
from tests.ui.hands import click


@pytest.fixture
def bar(qtbot: Any) -> OptionBar:
    bar = OptionBar(ToolOptions())
    bar.show_sources(["a.png", "b.png", "c.png"], lambda label: QColor("red"))
    bar.resize(950, 34)
    qtbot.addWidget(bar)
    bar.show()
    return bar


def visible(bar: OptionBar) -> set[str]:
    return {name for name, part in bar.parts.items() if part.isVisible()}


def test_that_each_tool_shows_what_it_uses(bar: OptionBar) -> None:
    bar.show_tool("brush")
    assert visible(bar) == {"label", "size", "pressure", "snap", "over"}
    bar.show_options(ToolOptions(snap=True))
    assert visible(bar) == {"label", "size", "pressure", "snap", "snap_strength", "guide", "over"}
    bar.show_tool("refine-band")
    assert visible(bar) == {"size", "band_width", "band_method"}
    for name in make_tools():
        bar.show_tool(name)
        assert visible(bar), name


@pytest.mark.parametrize("width", [690, 950])
def test_that_every_tool_fits(bar: OptionBar, width: int, qtbot: Any) -> None:
    bar.resize(width, 34)
    bar.show_options(ToolOptions(snap=True, by_edges=True))
    for name in make_tools():
        bar.show_tool(name)
        assert bar.layout().minimumSize().width() <= width, name


def test_that_what_is_set_is_said_once(bar: OptionBar) -> None:
    said: list[tuple[str, object]] = []
    bar.changed.connect(lambda name, value: said.append((name, value)))
    bar.show_tool("brush")
    bar.show_options(ToolOptions(size=300, snap=True, guide=GuideKind.FUSED))
    assert said == []
    click(bar.snap_button)
    assert said == [("snap", False)]
    said.clear()
    box = bar._numbers["size"].box
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "77")
    assert said == []
    with QTestEntered(bar) as entered:
        QTest.keyClick(box, Qt.Key.Key_Return)
    assert said == [("size", 77)]
    assert entered.number == 1


class QTestEntered:
    """Counts how often the bar gives the keys back."""

    def __init__(self, bar: OptionBar) -> None:
        self.number = 0
        self._bar = bar

    def __enter__(self) -> QTestEntered:
        self._bar.entered.connect(self._count)
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.entered.disconnect(self._count)

    def _count(self) -> None:
        self.number += 1


def test_that_a_label_may_be_painted_over_alone(bar: OptionBar) -> None:
    said: list[tuple[str, object]] = []
    bar.changed.connect(lambda name, value: said.append((name, value)))
    bar.over_box.setCurrentIndex(3)
    bar.over_box.activated.emit(3)
    assert said == [("over_label", 2), ("over", Over.LABEL)]
    bar.show_options(ToolOptions(over=Over.LABEL, over_label=3))
    assert bar.over_box.currentText() == "Over: label 3"


def test_that_the_chip_names_the_label(bar: OptionBar) -> None:
    bar.show_label(2)
    assert bar.chip.accessibleName() == "Label to paint: 2 · b.png"
    bar.show_label(0)
    assert "Unassigned" in bar.chip.accessibleName()
    chosen: list[int] = []
    bar.label_chosen.connect(chosen.append)
    bar.chip.menu().aboutToShow.emit()
    entries = bar.chip.menu().actions()
    assert [entry.text() for entry in entries] == [
        "1 · a.png",
        "2 · b.png",
        "3 · c.png",
        "Unassigned",
    ]
    entries[2].trigger()
    entries[3].trigger()
    assert chosen == [3, 0]


def test_that_the_region_is_told_and_can_be_cleared(bar: OptionBar, qtbot: Any) -> None:
    bar.show_tool("region")
    assert not bar.clear_button.isVisible()
    bar.show_region(Rect(3, 4, 50, 60))
    assert bar.hint.text() == "50 × 60 px at 3, 4"
    with qtbot.waitSignal(bar.region_cleared):
        click(bar.clear_button)


def test_that_options_come_back_as_they_were() -> None:
    options = ToolOptions(
        size=333, snap=True, guide=GuideKind.LUMINANCE, over=Over.LABEL, over_label=4, reach=7
    )
    assert restored(stored(options)) == options


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 0),
        ("size", LARGEST + 1),
        ("size", "12"),
        ("size", True),
        ("snap", 1),
        ("guide", "colour"),
        ("over", 3),
        ("band_method", "magic"),
        ("unheard", 1),
    ],
)
def test_that_stored_values_that_make_no_sense_are_left_out(name: str, value: object) -> None:
    assert restored({name: value, "reach": 55}) == ToolOptions(reach=55)


def test_that_every_default_is_in_its_range() -> None:
    for name, (least, most) in RANGES.items():
        assert least <= getattr(ToolOptions(), name) <= most


def test_that_sizes_grow_from_the_smallest_to_the_largest_and_back() -> None:
    sizes = [1]
    while sizes[-1] < LARGEST:
        sizes.append(next_size(sizes[-1], larger=True))
        assert sizes[-1] > sizes[-2]
    back = [sizes[-1]]
    while back[-1] > 1:
        back.append(next_size(back[-1], larger=False))
    assert back == sizes[::-1]
    assert len(sizes) < 70
    assert next_size(LARGEST, larger=True) == LARGEST
    assert next_size(1, larger=False) == 1
