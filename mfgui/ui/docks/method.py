"""Method dock: which method, with which parameters; run, pause and stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.requests import shared_settings
from mfgui.core.events import RunStatus
from mfgui.methods.registry import Method, Value
from mfgui.ui.fields import WheelGuard
from mfgui.ui.forms import LABEL_WIDTH, ParameterForm
from mfgui.ui.icons import IconButton, TextButton
from mfgui.ui.progress import ProgressView

_SUMMARY_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Choice:
    """What the dock is set to: a method, the parameters that differ from its defaults (the
    detector among them), and for *Detect* the detector with its parameters."""

    method: str
    explicit: dict[str, Value] = field(default_factory=dict)
    detector: str = ""
    detector_explicit: dict[str, Value] = field(default_factory=dict)


class _MethodDelegate(QStyledItemDelegate):
    """Title and one-line description."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        del index
        return QSize(200, 2 * QFontMetrics(option.font).height() + 16)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        palette = option.palette
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, palette.color(QPalette.ColorRole.Midlight))
        place = option.rect.adjusted(8, 6, -8, -6)
        title = QFont(option.font)
        title.setWeight(QFont.Weight.DemiBold)
        painter.setFont(title)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(place, Qt.AlignmentFlag.AlignTop, index.data())
        painter.setFont(option.font)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        metrics = QFontMetrics(option.font)
        summary = metrics.elidedText(
            index.data(_SUMMARY_ROLE), Qt.TextElideMode.ElideRight, place.width()
        )
        painter.drawText(place, Qt.AlignmentFlag.AlignBottom, summary)
        painter.restore()


def _method_box(name: str, methods: Sequence[Method]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setItemDelegate(_MethodDelegate(box))
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    for method in methods:
        box.addItem(method.title, method.name)
        row = box.count() - 1
        box.setItemData(row, method.summary, _SUMMARY_ROLE)
        box.setItemData(row, method.summary, Qt.ItemDataRole.ToolTipRole)
        spoken = f"{method.title}: {method.summary}"
        box.setItemData(row, spoken, Qt.ItemDataRole.AccessibleTextRole)
    box.view().setMinimumWidth(420)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.installEventFilter(WheelGuard(box))
    return box


class MethodPanel(QWidget):
    """The form of the chosen method, progress, and the buttons that start, hold and stop."""

    run_clicked = Signal()
    pause_clicked = Signal()
    stop_clicked = Signal()
    run_again_clicked = Signal()
    copy_clicked = Signal()
    changed = Signal()

    def __init__(
        self,
        methods: Sequence[Method],
        detectors: Sequence[Method],
        *,
        first: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._methods = {method.name: method for method in methods}
        self._detectors = {method.name: method for method in detectors}
        self._explicit: dict[str, dict[str, Value]] = {}
        self.method_box = _method_box("Method", methods)
        self.detector_box = _method_box("Detector of the focus map", detectors)
        self.summary = QLabel()
        self.form = ParameterForm()
        self.progress = ProgressView(one_line=False)
        self.reason = QLabel()
        self.run_button = TextButton("run", "Run", primary=True)
        self.pause_button = IconButton("pause", "Pause")
        self.stop_button = TextButton("stop", "Stop")
        self.run_again_button = TextButton("run-again", "Run again from this image")
        self.copy_button = IconButton("copy", "Copy as command")
        self._lay_out()
        self._connect()
        self.method_box.setCurrentIndex(max(0, self.method_box.findData(first)))
        self._show_method(self.method)

    @property
    def method(self) -> Method:
        """The chosen method."""
        return self._methods[self.method_box.currentData()]

    @property
    def choice(self) -> Choice:
        """What is set now."""
        explicit = self.form.explicit
        detector = self._detectors[self.detector_box.currentData()]
        if self.method.needs_map and self.detector_box.currentIndex() > 0:
            explicit["detector"] = detector.name
        shared = shared_settings(detector, self.method.resolve(self.form.explicit))
        return Choice(self.method.name, explicit, detector.name, shared)

    @property
    def valid(self) -> bool:
        """Whether every editor holds an allowed value."""
        return not self.form.problems

    def choose_method(self, name: str) -> None:
        self.method_box.setCurrentIndex(self.method_box.findData(name))

    def show_pause(self, words: str, icon: str) -> None:
        """What the pause button does now."""
        self.pause_button.set_words(words)
        self.pause_button.set_icon_name(icon)

    def show_blocked(self, *, run: str, pause: str, stop: str, run_again: str, copy: str) -> None:
        """Why each button cannot be used now; an empty text means that it can."""
        if not run and not self.valid:
            run = run_again = copy = "correct the marked values"
        for button, reason in (
            (self.run_button, run),
            (self.pause_button, pause),
            (self.stop_button, stop),
            (self.run_again_button, run_again),
            (self.copy_button, copy),
        ):
            button.setEnabled(not reason)
        self.reason.setText(f"To run: {run}" if run else "")
        self.reason.setVisible(bool(run))
        words = "Continue from the image that is shown"
        self.run_again_button.setToolTip(f"{words} ({run_again})" if run_again else words)

    def show_status(self, status: RunStatus, *, others: int = 0) -> None:
        """Progress of the run; `others` have not ended either."""
        self.progress.show_status(status, others=others)

    def _connect(self) -> None:
        self.method_box.currentIndexChanged.connect(self._on_method_chosen)
        self.detector_box.currentIndexChanged.connect(self.changed)
        self.form.changed.connect(self._on_form_changed)
        self.run_button.clicked.connect(self.run_clicked)
        self.pause_button.clicked.connect(self.pause_clicked)
        self.stop_button.clicked.connect(self.stop_clicked)
        self.run_again_button.clicked.connect(self.run_again_clicked)
        self.copy_button.clicked.connect(self.copy_clicked)

    def _on_method_chosen(self) -> None:
        self._show_method(self.method)
        self.changed.emit()

    def _on_form_changed(self) -> None:
        self._explicit[self.method.name] = self.form.explicit
        self.changed.emit()

    def _show_method(self, method: Method) -> None:
        self.summary.setText(method.summary)
        self.method_box.setToolTip(method.reference)
        self._detector_row.setVisible(method.needs_map)
        self.form.show_method(method, self._explicit.get(method.name))
        self.order_tabs()

    def order_tabs(self) -> None:
        """From top to bottom; rows of a new form would come last."""
        chain: list[QWidget] = [self.method_box, self.detector_box, *self.form.tab_stops()]
        chain += [self.run_button, self.pause_button, self.stop_button]
        chain += [self.run_again_button, self.copy_button]
        for first, second in pairwise(chain):
            QWidget.setTabOrder(first, second)

    def _lay_out(self) -> None:
        self.summary.setObjectName("summary")
        self.summary.setWordWrap(True)
        self.reason.setObjectName("hint")
        self.reason.setWordWrap(True)
        top = QVBoxLayout()
        top.setContentsMargins(12, 0, 12, 8)
        top.setSpacing(4)
        top.addWidget(self.method_box)
        top.addWidget(self.summary)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self._scrolled_form(), 1)
        layout.addLayout(self._buttons())

    def _scrolled_form(self) -> QScrollArea:
        body = QWidget()
        body.setObjectName("dockBody")
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 0, 4, 8)
        column.setSpacing(8)
        self._detector_row = self._make_detector_row()
        column.addWidget(self._detector_row)
        column.addWidget(self.form)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(body)
        return area

    def _make_detector_row(self) -> QWidget:
        row = QWidget()
        row.setToolTip("Finds which source is sharp where\nCommand line: -p detector=…")
        label = QLabel("Focus map")
        label.setFixedWidth(LABEL_WIDTH)
        label.setBuddy(self.detector_box)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 32, 0)
        layout.setSpacing(8)
        layout.addWidget(label)
        layout.addWidget(self.detector_box, 1)
        return row

    def _buttons(self) -> QVBoxLayout:
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.run_button, 2)
        first.addWidget(self.pause_button)
        first.addWidget(self.stop_button, 1)
        second = QHBoxLayout()
        second.setSpacing(8)
        second.addWidget(self.run_again_button, 1)
        second.addWidget(self.copy_button)
        column = QVBoxLayout()
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.progress)
        column.addWidget(self.reason)
        column.addLayout(first)
        column.addLayout(second)
        return column
