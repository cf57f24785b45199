"""What the window shows while no set is open: where to drop, what to open, what was open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

import mfgui.resources as resources
from mfgui.files.sessions import SUFFIX
from mfgui.ui.icons import TextButton, icon_in
from mfgui.ui.thumbnails import filling

PICTURE_SIZE = QSize(160, 108)
TILE_SIZE = QSize(160, 152)
GAP = 16
SHOWN_SETS = 10
COLUMN_WIDTH = 5 * TILE_SIZE.width() + 4 * GAP + 64


@dataclass(frozen=True, eq=False)
class RecentSet:
    """A set that was open before; `missing` when its files are not there now."""

    paths: tuple[str, ...]
    picture: QPixmap | None
    missing: bool

    @property
    def title(self) -> str:
        first = Path(self.paths[0])
        if self.is_session:
            return first.stem
        if len(self.paths) == 1:
            return first.name
        return f"{first.name} + {len(self.paths) - 1} more"

    @property
    def is_session(self) -> bool:
        return len(self.paths) == 1 and self.paths[0].lower().endswith(SUFFIX)

    @property
    def place(self) -> str:
        folder = Path(self.paths[0]).parent.name or str(Path(self.paths[0]).parent)
        return f"Session · {folder}" if self.is_session else folder


class RecentTile(QAbstractButton):
    """Picture, name and folder of one recent set."""

    def __init__(self, entry: RecentSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self.setFixedSize(TILE_SIZE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setEnabled(not entry.missing)
        state = "missing, " if entry.missing else ""
        self.setAccessibleName(f"{entry.title}, {state}in {entry.place}")
        listed = "\n".join(entry.paths[:12])
        self.setToolTip(f"Not found now:\n{listed}" if entry.missing else listed)
        self.setText(entry.title)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            place = QRect(QPoint(0, 0), PICTURE_SIZE)
            self._draw_picture(painter, place)
            lit = self.hasFocus() or (self.underMouse() and self.isEnabled())
            if lit:
                pen = QPen(self.palette().color(QPalette.ColorRole.Highlight), 3)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(place).adjusted(1.5, 1.5, -1.5, -1.5), 4, 4)
            self._draw_words(painter)

    def _draw_picture(self, painter: QPainter, place: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(place, 4, 4)
        if self.entry.picture is None:
            icon_in(self.palette(), "image").paint(painter, place.adjusted(60, 34, -60, -34))
            return
        painter.setOpacity(0.35 if self.entry.missing else 1.0)
        scale = self.devicePixelRatioF()
        painter.drawPixmap(place.topLeft(), filling(self.entry.picture, place.size(), scale=scale))
        painter.setOpacity(1.0)

    def _draw_words(self, painter: QPainter) -> None:
        group = QPalette.ColorGroup.Disabled if self.entry.missing else QPalette.ColorGroup.Active
        palette = self.palette()
        metrics = QFontMetrics(self.font())
        place = f"Missing · {self.entry.place}" if self.entry.missing else self.entry.place
        top = PICTURE_SIZE.height() + 6
        for text, role in (
            (self.entry.title, QPalette.ColorRole.Text),
            (place, QPalette.ColorRole.PlaceholderText),
        ):
            painter.setPen(palette.color(group, role))
            width = PICTURE_SIZE.width()
            elided = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)
            line = QRect(0, top, width, metrics.height())
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, elided)
            top += metrics.height()


class Emblem(QWidget):
    """The sign of the program."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(72, 72)
        self._renderer = QSvgRenderer(str(resources.path("icons/focus-map.svg")), self)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        with QPainter(self) as painter:
            self._renderer.render(painter)


class DropArea(QFrame):
    """The large place to drop pictures on, with the three ways to open some."""

    open_images = Signal()
    open_folder = Signal()
    open_session = Signal()
    open_sample = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dropArea")
        self.setMinimumHeight(260)
        self.setMaximumHeight(460)
        self.title = QLabel("Drop photographs here")
        self.title.setObjectName("startTitle")
        lead = QLabel("Two or more pictures of one scene, focused at different distances")
        lead.setObjectName("startLead")
        lead.setWordWrap(True)
        self.images_button = TextButton("open", "Open images", primary=True)
        self.folder_button = TextButton("open-folder", "Open folder")
        self.session_button = TextButton("saved", "Open session")
        self.sample_button = TextButton("sample", "Try a sample")
        self.images_button.clicked.connect(self.open_images)
        self.folder_button.clicked.connect(self.open_folder)
        self.session_button.clicked.connect(self.open_session)
        self.sample_button.clicked.connect(self.open_sample)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        for button in (
            self.images_button,
            self.folder_button,
            self.session_button,
            self.sample_button,
        ):
            button.setMinimumHeight(40)
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.addStretch(1)
        layout.addWidget(Emblem(), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(12)
        for label, space in ((self.title, 8), (lead, 24)):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
            layout.addSpacing(space)
        layout.addLayout(buttons)
        layout.addStretch(1)


class RecentGrid(QWidget):
    """Recent sets in as many columns as fit."""

    chosen = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tiles: list[RecentTile] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def show_sets(self, sets: Sequence[RecentSet], *, columns: int) -> None:
        for tile in self.tiles:
            self._grid.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self.tiles = [RecentTile(entry, self) for entry in sets]
        for tile in self.tiles:
            tile.clicked.connect(lambda _on=False, tile=tile: self.chosen.emit(tile.entry.paths))
        self.arrange(columns)

    def arrange(self, columns: int) -> None:
        for index, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, index // columns, index % columns)


class RecoveryCard(QFrame):
    """Work that was not saved when mfgui ended, with the two things one can do about it."""

    restore = Signal()
    discard = Signal()

    def __init__(
        self, title: str, when: str, picture: QPixmap | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("recoveryCard")
        words = QLabel("mfgui ended before this was saved")
        words.setObjectName("recoveryTitle")
        self.details = QLabel(f"{title}, kept {when}")
        self.details.setObjectName("startLead")
        self.details.setTextFormat(Qt.TextFormat.PlainText)
        self.restore_button = TextButton("undo", "Restore", primary=True)
        self.discard_button = TextButton("delete", "Discard")
        self.restore_button.setAccessibleDescription(self.details.text())
        self.discard_button.setAccessibleDescription(self.details.text())
        self.restore_button.clicked.connect(self.restore)
        self.discard_button.clicked.connect(self.discard)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addStretch(1)
        column.addWidget(words)
        column.addWidget(self.details)
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 12, 16, 12)
        row.setSpacing(16)
        row.addWidget(_small_picture(picture, self.devicePixelRatioF()))
        row.addLayout(column, 1)
        for button in (self.restore_button, self.discard_button):
            button.setMinimumHeight(36)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setAccessibleName(f"{words.text()}: {self.details.text()}")


def _small_picture(picture: QPixmap | None, scale: float) -> QLabel:
    label = QLabel()
    label.setFixedSize(QSize(96, 65))
    if picture is not None and not picture.isNull():
        label.setPixmap(filling(picture, label.size(), scale=scale))
    return label


class StartPage(QWidget):
    """What can be restored, drop area, recent sets."""

    recent_chosen = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.drop_area = DropArea()
        self.caption = QLabel("Recent")
        self.caption.setObjectName("startCaption")
        self.recent = RecentGrid()
        self.recent.chosen.connect(self.recent_chosen)
        column = QWidget()
        column.setObjectName("startPage")
        column.setMaximumWidth(COLUMN_WIDTH)
        inner = QVBoxLayout(column)
        inner.setContentsMargins(32, 32, 32, 32)
        inner.setSpacing(12)
        inner.addStretch(1)
        self._recovery = QVBoxLayout()
        self._recovery.setSpacing(8)
        self.cards: list[RecoveryCard] = []
        inner.addLayout(self._recovery)
        inner.addSpacing(8)
        inner.addWidget(self.drop_area, 4)
        inner.addSpacing(12)
        inner.addWidget(self.caption)
        inner.addWidget(self.recent)
        inner.addStretch(2)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        centred = QWidget()
        centred.setObjectName("startPage")
        row = QHBoxLayout(centred)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(column, 20)
        row.addStretch(1)
        self._scroll.setWidget(centred)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._columns = 1
        self.show_recent(())

    def show_cards(self, cards: Sequence[RecoveryCard]) -> None:
        """Offer what can be restored."""
        for card in self.cards:
            self._recovery.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = list(cards)
        for card in self.cards:
            self._recovery.addWidget(card)

    def show_recent(self, sets: Sequence[RecentSet]) -> None:
        """Show the recent sets, newest first."""
        self._columns = self._fitting_columns()
        self.recent.show_sets(sets[:SHOWN_SETS], columns=self._columns)
        self.caption.setVisible(bool(sets))
        self.recent.setVisible(bool(sets))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        columns = self._fitting_columns()
        if columns != self._columns:
            self._columns = columns
            self.recent.arrange(columns)

    def _fitting_columns(self) -> int:
        inside = min(self.width(), COLUMN_WIDTH) - 64
        return max(1, min(5, (inside + GAP) // (TILE_SIZE.width() + GAP)))
