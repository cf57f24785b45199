"""Fixtures of the window: a theme for the test process, and a whole window with its threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from mfgui.ui.application import Application, make_application
from mfgui.ui.theme import Theme, Themes
from tests.ui.hands import WAIT_MS


@pytest.fixture
def theme(qapp: Any) -> Theme:
    return Theme.load("light")


@pytest.fixture
def themes(qapp: Any) -> Iterator[Themes]:
    themes = Themes(qapp)
    yield themes
    qapp.setStyleSheet("")
    qapp.setPalette(qapp.style().standardPalette())
    themes.deleteLater()


@pytest.fixture
def application(qapp: Any, qtbot: Any, themes: Themes) -> Iterator[Application]:
    """A shown window of 1280 x 720 on its start page; every thread ends with the test."""
    application = make_application(qapp, themes=themes)
    # Nobody is there to answer; tests of the question put it back.
    application.window.sessions.asker = lambda _name, answer: answer("discard")
    application.window.resize(1280, 720)
    application.window.show()
    qtbot.waitExposed(application.window)
    yield application
    application.close()
    application.window.deleteLater()
    application.bridge.deleteLater()
    # Now, not with the leak check: the style that the themes take back would be given to it first.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def opened(application: Application, qtbot: Any) -> Application:
    """The window with the sample pair."""
    application.window.commands.open_sample()
    qtbot.waitUntil(lambda: application.controller.session.shown == "source:1", timeout=WAIT_MS)
    return application
