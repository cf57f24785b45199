from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication

from mfgui.core.events import Notice, Remedy, Severity
from mfgui.ui.notices import Banners
from mfgui.ui.theme import Theme
from tests.ui.hands import click

FAILED = Notice(Severity.ERROR, "b.png: is damaged", "the open set is unchanged", "line 1\nline 2")
ADAPTED = Notice(Severity.WARNING, "the map was filled")
SAVED = Notice(Severity.INFO, "saved a.tif", "", "/photos/a.tif")


@pytest.fixture
def banners(qtbot: Any, theme: Theme) -> Banners:
    banners = Banners(theme)
    qtbot.addWidget(banners)
    banners.resize(800, 80)
    return banners


def test_that_a_banner_says_what_is_wrong_and_what_was_kept(banners: Banners) -> None:
    banners.show_notice(FAILED)
    assert banners.isVisible()
    assert banners.shown is not None
    assert banners.shown.what.text() == "Error: b.png: is damaged"
    assert banners.shown.kept.text() == "The open set is unchanged"
    assert banners.shown.accessibleName() == "Error: b.png: is damaged. The open set is unchanged"


@pytest.mark.parametrize(
    ("notice", "word"), [(FAILED, "Error"), (ADAPTED, "Warning"), (SAVED, "Note")]
)
def test_that_severity_is_a_word_and_not_only_a_colour(
    banners: Banners, notice: Notice, word: str
) -> None:
    banners.show_notice(notice)
    assert banners.shown is not None
    assert banners.shown.what.text().startswith(word)


def test_that_details_open_and_can_be_copied(banners: Banners) -> None:
    banners.show_notice(FAILED)
    banner = banners.shown
    assert banner is not None
    assert not banner.details.isVisible()
    click(banner.details_button)
    assert banner.details.isVisible()
    assert banner.details.toPlainText() == "line 1\nline 2"
    click(banner.copy_button)
    assert "line 2" in QGuiApplication.clipboard().text()
    assert "b.png: is damaged" in QGuiApplication.clipboard().text()


def test_that_a_banner_without_details_has_no_button_for_them(banners: Banners) -> None:
    banners.show_notice(ADAPTED)
    assert banners.shown is not None
    assert not banners.shown.details_button.isVisible()


def test_that_a_banner_can_be_closed(banners: Banners) -> None:
    banners.show_notice(FAILED)
    assert banners.shown is not None
    click(banners.shown.close_button)
    assert banners.notices == []
    assert not banners.isVisible()


def test_that_a_repeated_failure_shows_once_until_the_situation_changes(banners: Banners) -> None:
    banners.show_notice(FAILED)
    banners.show_notice(FAILED)
    assert banners.notices == [FAILED]
    assert banners.shown is not None
    click(banners.shown.close_button)
    banners.show_notice(FAILED)
    assert banners.notices == []
    banners.begin_anew()
    banners.show_notice(FAILED)
    assert banners.notices == [FAILED]


def test_that_one_banner_is_shown_errors_and_then_the_newest_first(banners: Banners) -> None:
    for notice in (ADAPTED, FAILED, SAVED):
        banners.show_notice(notice)
    assert banners.notices == [FAILED, SAVED, ADAPTED]
    shown = banners.shown
    assert shown is not None
    assert shown.isVisible()
    assert shown.others.text() == "2 more"
    click(shown.close_button)
    assert banners.shown is not None
    assert banners.shown.notice is SAVED
    assert banners.shown.isVisible()
    assert banners.shown.others.text() == "1 more"


def test_that_a_new_situation_closes_notes_and_keeps_errors(banners: Banners) -> None:
    banners.show_notice(SAVED)
    banners.show_notice(FAILED)
    banners.begin_anew()
    assert banners.notices == [FAILED]


def test_that_a_remedy_is_a_button_that_closes_the_banner(banners: Banners) -> None:
    done: list[bool] = []
    offered = Notice(
        Severity.ERROR,
        "c.png is small",
        remedy=Remedy("Open the other 2", lambda: done.append(True)),
    )
    banners.show_notice(FAILED)
    assert banners.shown is not None
    assert not banners.shown.remedy_button.isVisible()
    banners.show_notice(offered)
    assert banners.shown.remedy_button.text() == "Open the other 2"
    click(banners.shown.remedy_button)
    assert done == [True]
    assert banners.notices == [FAILED]
