"""Banners above the canvas: what happened, what was kept, details to copy; never modal."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mfgui.core.events import Notice, Severity
from mfgui.ui.icons import IconButton, IconLabel
from mfgui.ui.theme import BannerColours, Theme

_WORDS = {Severity.INFO: "Note", Severity.WARNING: "Warning", Severity.ERROR: "Error"}


class Banner(QWidget):
    """One notice."""

    closed = Signal()

    def __init__(self, notice: Notice, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = notice
        self.setObjectName("banner")
        self.setProperty("severity", notice.severity.value)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icon = IconLabel(notice.severity.value, _colours(theme, notice).text)
        self.what = QLabel(f"{_WORDS[notice.severity]}: {notice.what}")
        self.kept = QLabel(notice.kept[:1].upper() + notice.kept[1:])
        self.others = QLabel()
        self.details = _details_view(notice.details)
        self.remedy_button = self._text_button("" if notice.remedy is None else notice.remedy.words)
        self.remedy_button.setObjectName("remedy")
        self.details_button = self._text_button("Details", checkable=True)
        self.copy_button = self._text_button("Copy")
        self.close_button = IconButton("close", "Close this message")
        self._lay_out()
        self.remedy_button.clicked.connect(self._on_remedy_clicked)
        self.details_button.toggled.connect(self._on_details_toggled)
        self.copy_button.clicked.connect(self._on_copy_clicked)
        self.close_button.clicked.connect(self.closed)
        self.setAccessibleName(f"{self.what.text()}. {self.kept.text()}")

    def show_others(self, number: int) -> None:
        """Say how many more are open behind this one."""
        self.others.setText(f"{number} more" if number else "")

    def show_theme(self, theme: Theme) -> None:
        self._icon.show_icon(self.notice.severity.value, _colours(theme, self.notice).text)

    @staticmethod
    def _text_button(words: str, *, checkable: bool = False) -> QToolButton:
        button = QToolButton()
        button.setText(words)
        button.setAccessibleName(words)
        button.setCheckable(checkable)
        button.setMinimumSize(28, 28)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _lay_out(self) -> None:
        for label in (self.what, self.kept):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self.what.font()
        font.setWeight(QFont.Weight.DemiBold)
        self.what.setFont(font)
        lines = QVBoxLayout()
        lines.setSpacing(0)
        lines.addWidget(self.what)
        lines.addWidget(self.kept)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        top.addLayout(lines, 1)
        top.addWidget(self.others, 0, Qt.AlignmentFlag.AlignVCenter)
        for button in self._buttons():
            top.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.details)
        # Not before they have a parent: they would flash up as windows, which take the keyboard.
        self.kept.setVisible(bool(self.notice.kept))
        self.remedy_button.setVisible(self.notice.remedy is not None)
        self.details_button.setVisible(bool(self.notice.details))
        self.copy_button.hide()
        self.details.hide()

    def _buttons(self) -> tuple[QToolButton, ...]:
        return (self.remedy_button, self.details_button, self.copy_button, self.close_button)

    def _on_remedy_clicked(self) -> None:
        remedy = self.notice.remedy
        self.closed.emit()
        if remedy is not None:
            remedy.act()

    def _on_details_toggled(self, on: bool) -> None:
        self.details.setVisible(on)
        self.copy_button.setVisible(on)

    def _on_copy_clicked(self) -> None:
        text = "\n".join([self.what.text(), self.kept.text(), self.notice.details])
        QGuiApplication.clipboard().setText(text)


class Banners(QWidget):
    """The notices that are open. One is shown, so that the canvas keeps its room: an error, else
    the newest, which answers what the person has just done. The same one is not repeated until the
    situation changes."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._open: list[Banner] = []
        self._seen: set[tuple[Severity, str]] = set()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.hide()

    @property
    def notices(self) -> list[Notice]:
        """What is open, the one that is shown first."""
        return [banner.notice for banner in self._open]

    @property
    def shown(self) -> Banner | None:
        """The banner on the screen."""
        return self._open[0] if self._open else None

    def show_notice(self, notice: Notice) -> None:
        """Show `notice` unless the same one was shown since the situation last changed."""
        key = (notice.severity, notice.what)
        if key in self._seen:
            return
        self._seen.add(key)
        banner = Banner(notice, self._theme, self)
        banner.closed.connect(lambda: self._close(banner))
        self._open.insert(0, banner)
        self._open.sort(key=lambda b: b.notice.severity is not Severity.ERROR)
        self._layout.addWidget(banner)
        self._refresh()
        QAccessible.updateAccessibility(QAccessibleEvent(banner, QAccessible.Event.Alert))

    def begin_anew(self) -> None:
        """The situation changed: notes of the one before go, and a failure that comes again
        is shown again."""
        for banner in list(self._open):
            if banner.notice.severity is Severity.INFO:
                self._close(banner)
        self._seen = {(b.notice.severity, b.notice.what) for b in self._open}

    def clear(self) -> None:
        """Close all."""
        for banner in list(self._open):
            self._close(banner)
        self._seen.clear()

    def show_theme(self, theme: Theme) -> None:
        self._theme = theme
        for banner in self._open:
            banner.show_theme(theme)

    def _close(self, banner: Banner) -> None:
        if banner not in self._open:
            return
        self._open.remove(banner)
        self._layout.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
        self._refresh()

    def _refresh(self) -> None:
        for place, banner in enumerate(self._open):
            banner.setVisible(place == 0)
            banner.show_others(len(self._open) - 1)
        self.setVisible(bool(self._open))


def _colours(theme: Theme, notice: Notice) -> BannerColours:
    colours: BannerColours = getattr(theme, notice.severity.value)
    return colours


def _details_view(details: str) -> QPlainTextEdit:
    view = QPlainTextEdit(details)
    view.setReadOnly(True)
    view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    view.setMaximumHeight(140)
    view.setAccessibleName("Details")
    return view
