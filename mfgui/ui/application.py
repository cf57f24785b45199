"""Opening the window: Qt, theme, worker threads, controller."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

import mfgui.resources as resources
from mfgui import _startup
from mfgui.app.controller import Controller
from mfgui.app.settings import SettingsFile
from mfgui.core.events import Notice, Severity
from mfgui.methods.registry import load
from mfgui.ui.bridge import Bridge
from mfgui.ui.main_window import MainWindow
from mfgui.ui.theme import Themes, choice_of, install_font

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Application:
    """A window with everything behind it."""

    window: MainWindow
    controller: Controller
    bridge: Bridge
    themes: Themes

    def close(self) -> None:
        """Close the window, without a question, and end every thread."""
        self.window.sessions.close_unasked()
        self.window.close()
        if self.controller.session.stack is not None:
            # Pictures go now, with those of the views, however long objects of Qt live on.
            self.controller.sets.close()
        self.controller.abandon()
        self.bridge.close()


def make_application(app: QApplication, *, themes: Themes | None = None) -> Application:
    """The window of a running QApplication, not yet shown."""
    settings = SettingsFile()
    if themes is None:
        install_font(app)
        themes = Themes(app)
    bridge = Bridge(threads=_startup.compute_threads(window=True))
    controller = Controller(registry=load(), backend=bridge, settings=settings)
    with themes.sheet_at_the_end():
        themes.choose(choice_of(settings.values.theme))
        window = MainWindow(controller, themes)
    bridge.delivered.connect(controller.handle)
    bridge.frame_ready.connect(window.presenter.show_frame)
    return Application(window, controller, bridge, themes)


def run_window(
    paths: Sequence[Path] = (), *, sample: bool = False, reference: Path | None = None
) -> int:
    """Show the window, with `paths` or the sample pair, until it is closed.

    Parameters
    ----------
    reference : Path, optional
        Ground truth of `paths`.

    Returns
    -------
    int
        Exit code of the program.
    """
    _startup.limit_opencv()
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        # Every point of a stroke counts; the canvas itself puts them together once a turn.
        QApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
        app = QApplication(sys.argv[:1])
    app.setApplicationName("mfgui")
    app.setDesktopFileName("mfgui")
    app.setWindowIcon(QIcon(str(resources.path("icons/focus-map.svg"))))
    application = make_application(app)
    application.window.show()
    # Modules and widgets stay: looking for garbage among them would hold the interface for 0.1 s.
    gc.freeze()
    commands = application.window.commands
    QTimer.singleShot(0, application.controller.devices.look)
    QTimer.singleShot(0, application.controller.preparation.begin)
    if sample:
        QTimer.singleShot(0, commands.open_sample)
    elif paths:
        if reference is not None:
            application.controller.truth.load_with_next_set(reference)
        QTimer.singleShot(0, lambda: commands.open_paths(list(paths), by_capture=False))
    with _unexpected_errors_shown(application), _interrupt_ends():
        code = app.exec()
    application.close()
    application.window.deleteLater()
    application.themes.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return code


@contextmanager
def _interrupt_ends() -> Iterator[None]:
    """Let Ctrl+C in the terminal end the program, which Qt's loop would not notice."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _unexpected_errors_shown(application: Application) -> Iterator[None]:
    """Show an error nobody expected as a banner, with its traceback to copy."""

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("unexpected error\n%s", details)
        what = f"unexpected {kind.__name__}: {error}"
        notice = Notice(Severity.ERROR, what, "the set and all results are kept", details)
        application.window.parts.banners.show_notice(notice)

    before = sys.excepthook
    sys.excepthook = show
    try:
        yield
    finally:
        sys.excepthook = before
