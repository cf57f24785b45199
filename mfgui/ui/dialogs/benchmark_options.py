"""Metrics, baseline, boundaries, processes and the folder of a table over many sets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from mfgui.app.bench_desk import (
    MOST_BAND,
    NOT_OFFERED,
    USUAL_BAND,
    USUAL_METRICS,
    Wish,
    metrics_words,
)
from mfgui.ui.fields import WheelGuard
from mfgui.ui.icons import TextButton
from mfgui.ui.metric_popup import MetricPopup

_NUMBER_WIDTH = 84
_BASELINE_WIDTH = 180
_METRICS_WIDTH = 230


class BenchmarkOptions(QWidget):
    """`changed` after each change, `output_edited` after one of the folder."""

    changed = Signal()
    output_edited = Signal()

    def __init__(self, cores: int) -> None:
        super().__init__()
        self._metrics: tuple[str, ...] = ()
        self._baseline = ""
        self.metrics_button = QPushButton()
        self.popup = MetricPopup(self.metrics_button, usual=USUAL_METRICS, left_out=NOT_OFFERED)
        self.baseline_box = QComboBox()
        self.band_box = QCheckBox("Also within")
        self.band_width_box = QSpinBox()
        self.workers_box = QSpinBox()
        self.published_box = QCheckBox("Results beside the sources are rows")
        self.output_line = QLineEdit()
        self.browse_button = TextButton("open-folder", "Choose…")
        self._set_up(cores)
        self._lay_out()
        self.show_rows((), published=0)
        self._connect()

    def options(self, wish: Wish) -> Wish:
        """`wish` with what is set here."""
        return replace(
            wish,
            metrics=self._metrics,
            baseline=self._baseline,
            band=self.band_width_box.value() if self.band_box.isChecked() else 0,
            workers=self.workers_box.value(),
            published=self.published_box.isChecked(),
            output=os.path.expanduser(self.output_line.text().strip()),  # noqa: PTH111 - empty stays
        )

    def show_options(self, wish: Wish) -> None:
        self._show_metrics(wish.metrics)
        self.popup.tick(wish.metrics)
        self._baseline = wish.baseline
        self.band_box.setChecked(wish.band > 0)
        self.band_width_box.setValue(wish.band or USUAL_BAND)
        self.band_width_box.setEnabled(wish.band > 0)
        self.workers_box.setValue(wish.workers)
        self.published_box.setChecked(wish.published)
        self.show_output(wish.output)

    def show_output(self, folder: str) -> None:
        if folder != self.output_line.text():
            self.output_line.setText(folder)

    def show_rows(self, rows: Sequence[str], *, published: int) -> None:
        """What can be the baseline; one that is no row any more is none."""
        if rows and self._baseline not in rows:
            self._baseline = ""
        self.baseline_box.blockSignals(True)
        self.baseline_box.clear()
        self.baseline_box.addItem("None", "")
        for label in rows:
            self.baseline_box.addItem(label, label)
        self.baseline_box.setCurrentIndex(max(0, self.baseline_box.findData(self._baseline)))
        self.baseline_box.blockSignals(False)
        self.published_box.setVisible(published > 0)

    def _show_metrics(self, names: Sequence[str]) -> None:
        self._metrics = tuple(names)
        self.metrics_button.setText(metrics_words(names))
        self.metrics_button.setToolTip(f"<p>{', '.join(names)}</p>" if names else "")
        self.metrics_button.setAccessibleName(f"Metrics: {metrics_words(names)}")

    def _on_metrics_chosen(self, names: tuple[str, ...]) -> None:
        self._show_metrics(names)
        self.changed.emit()

    def _on_baseline_chosen(self) -> None:
        self._baseline = self.baseline_box.currentData() or ""
        self.changed.emit()

    def _on_band_toggled(self, on: bool) -> None:
        self.band_width_box.setEnabled(on)
        self.changed.emit()

    def _on_browse_clicked(self) -> None:
        words = "Folder for the table"
        chosen = QFileDialog.getExistingDirectory(self, words, self.output_line.text())
        if chosen:
            self.output_line.setText(chosen)
            self.output_edited.emit()

    def _connect(self) -> None:
        self.metrics_button.clicked.connect(lambda: self.popup.open())
        self.popup.chosen.connect(self._on_metrics_chosen)
        self.baseline_box.activated.connect(lambda _: self._on_baseline_chosen())
        self.band_box.toggled.connect(self._on_band_toggled)
        self.band_width_box.valueChanged.connect(lambda _: self.changed.emit())
        self.workers_box.valueChanged.connect(lambda _: self.changed.emit())
        self.published_box.toggled.connect(lambda _: self.changed.emit())
        self.output_line.textEdited.connect(lambda _: self.output_edited.emit())
        self.browse_button.clicked.connect(self._on_browse_clicked)

    def _set_up(self, cores: int) -> None:
        for button in (self.metrics_button, self.browse_button):
            button.setAutoDefault(False)
        ignored = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.metrics_button.setSizePolicy(ignored)
        self.metrics_button.setMinimumWidth(_METRICS_WIDTH)
        self.baseline_box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.baseline_box.setAccessibleName("Baseline")
        self.baseline_box.setToolTip("<p>The row that all others are tested against</p>")
        self.band_box.setToolTip(
            "<p>Also near the boundaries of the focus map: the true one, else that of the default "
            "detector</p>"
        )
        self.band_width_box.setRange(1, MOST_BAND)
        self.band_width_box.setSuffix(" px")
        self.band_width_box.setAccessibleName("Pixels on either side of boundaries")
        self.workers_box.setRange(1, max(1, cores))
        self.workers_box.setAccessibleName("Processes at the same time")
        self.workers_box.setToolTip("<p>Processes at the same time, each with one thread</p>")
        for box in (self.band_width_box, self.workers_box):
            box.setFixedWidth(_NUMBER_WIDTH)
            box.lineEdit().setTextMargins(4, 0, 4, 0)
        for editor in (self.baseline_box, self.band_width_box, self.workers_box):
            editor.installEventFilter(WheelGuard(editor))
        self.output_line.setAccessibleName("Folder for the table")
        self.output_line.setPlaceholderText("Folder for tables, report and cache")

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(2, 84)  # room before the caption of the last column
        what, place = QHBoxLayout(), QHBoxLayout()
        what.setSpacing(6)
        what.addWidget(self.metrics_button, 1)
        what.addSpacing(14)
        for part in (self.band_box, self.band_width_box, QLabel("of boundaries")):
            what.addWidget(part)
        place.setSpacing(10)
        place.addWidget(self.output_line, 1)
        place.addWidget(self.browse_button)
        self.baseline_box.setFixedWidth(_BASELINE_WIDTH)
        grid.addWidget(_caption("Metrics", self.metrics_button), 0, 0)
        grid.addLayout(what, 0, 1)
        grid.addWidget(_caption("Baseline", self.baseline_box, right=True), 0, 2)
        grid.addWidget(self.baseline_box, 0, 3)
        grid.addWidget(_caption("Folder", self.output_line), 1, 0)
        grid.addLayout(place, 1, 1)
        grid.addWidget(_caption("Processes", self.workers_box, right=True), 1, 2)
        grid.addWidget(self.workers_box, 1, 3)


def _caption(words: str, editor: QWidget, *, right: bool = False) -> QLabel:
    caption = QLabel(words)
    caption.setBuddy(editor)
    if right:
        caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return caption
