"""Agreement of the present map with another one, and of a whole list with another annotator."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.measuring import Comparison, ListComparison
from mfgui.core.agreement import Agreement
from mfgui.files.map_report import (
    LIST_HEAD,
    agreement_csv,
    agreement_rows,
    confusion_rows,
    csv_text,
    list_rows,
)
from mfgui.ui.dialogs.figure_table import FigureTable, shown
from mfgui.ui.icons import TextButton

_HEADS = ("", "Source", "IoU", "Boundary F", "Precision", "Recall", "Pixels here", "Pixels there")
_LIST_HEADS = ("Set", "Compared", "Accuracy", "Kappa", "Mean IoU", "Boundary F", "Note")
_EXPLAINED = (
    "Unassigned in one map only counts as a difference; unassigned in both and ignored pixels "
    "are left out. Boundary F counts outline pixels within the tolerance (Csurka 2013)."
)
_LIST_TAB = 2


class AgreementDialog(QDialog):
    """Stays open beside the picture, which can show the differences.

    Signals
    -------
    file_asked, folder_asked, report_asked
        Another map, another annotator's folder, or a place for the report is to be chosen.
    tolerance_changed : int
    differences_toggled : bool
    """

    file_asked = Signal()
    folder_asked = Signal()
    report_asked = Signal()
    tolerance_changed = Signal(int)
    differences_toggled = Signal(bool)

    def __init__(
        self,
        names: Sequence[str],
        colours: Sequence[str],
        *,
        has_list: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare focus maps")
        self._names, self._colours = tuple(names), tuple(colours)
        self._found: Agreement | None = None
        self._list: ListComparison | None = None
        self.file_button = TextButton("open", "Compare with a map…", primary=True)
        self.folder_button = TextButton("open-folder", "Compare the list…")
        self.tolerance_box = QSpinBox()
        self.differences_box = QCheckBox("Show differences in the picture")
        self.what = QLabel()
        self.summary = QLabel()
        self.labels = FigureTable("Agreement of each label", wide=1)
        self.confusion = FigureTable("Confusion matrix: rows are this map, columns the other one")
        self.sets = FigureTable("Agreement of each set", wide=6)
        self.tabs = QTabWidget()
        self.copy_button = TextButton("copy", "Copy as CSV")
        self.report_button = TextButton("export", "Save report…")
        self.close_button = TextButton("close", "Close")
        self.folder_button.setVisible(has_list)
        self._lay_out(has_list)
        self._connect()
        self._show_buttons()
        self.labels.show_rows(_HEADS, [])
        self.what.setText("Choose the map to compare with.")

    @property
    def tolerance(self) -> float:
        """Pixels between outlines that match."""
        return float(self.tolerance_box.value())

    def show_busy(self, words: str) -> None:
        """Something is being computed."""
        self.what.setText(words)

    def show_comparison(self, comparison: Comparison) -> None:
        """The present map against another one."""
        found = self._found = comparison.agreement
        note = f" ({comparison.note})" if comparison.note else ""
        self.what.setText(f"This map and {comparison.path.name}{note}")
        self.what.setToolTip(str(comparison.path))
        self.summary.setText(summary_words(found))
        rows = [[str(row[0]), *row[1:]] for row in agreement_rows(found, self._names)]
        self.labels.show_rows(_HEADS, rows, colours=self._colours)
        heads, *body = confusion_rows(found, self._names)
        self.confusion.show_rows(["This \\ other", *(str(head) for head in heads[1:])], body)
        self.tabs.setCurrentIndex(0)
        self._show_buttons()

    def show_list(self, comparison: ListComparison) -> None:
        """All sets of the list against another annotator's."""
        self._list = comparison
        self.what.setText(
            f"{comparison.compared} of {len(comparison.sets)} sets compared with "
            f"{comparison.folder.name}"
        )
        self.what.setToolTip(str(comparison.folder))
        self.sets.show_rows(_LIST_HEADS, list_rows(comparison.sets))
        self.tabs.setTabVisible(_LIST_TAB, True)
        self.tabs.setCurrentIndex(_LIST_TAB)
        self._show_buttons()

    def csv(self) -> str:
        """What is shown, to be pasted into a table."""
        if self.tabs.currentIndex() == _LIST_TAB and self._list is not None:
            return csv_text([[*LIST_HEAD], *list_rows(self._list.sets)])
        return "" if self._found is None else agreement_csv(self._found, self._names)

    def _show_buttons(self) -> None:
        in_list = self.tabs.currentIndex() == _LIST_TAB
        self.copy_button.setEnabled(bool(self.csv()))
        self.report_button.setVisible(in_list)
        self.differences_box.setEnabled(self._found is not None)

    def _connect(self) -> None:
        self.file_button.clicked.connect(self.file_asked)
        self.folder_button.clicked.connect(self.folder_asked)
        self.report_button.clicked.connect(self.report_asked)
        self.tolerance_box.valueChanged.connect(self.tolerance_changed)
        self.differences_box.toggled.connect(self.differences_toggled)
        self.tabs.currentChanged.connect(self._show_buttons)
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.csv()))
        self.close_button.clicked.connect(self.reject)

    def _lay_out(self, has_list: bool) -> None:
        self.tolerance_box.setRange(0, 50)
        self.tolerance_box.setValue(2)
        self.tolerance_box.setSuffix(" px")
        self.tolerance_box.lineEdit().setTextMargins(4, 0, 4, 0)
        self.tolerance_box.setAccessibleName("Tolerance of the boundary F-score in pixels")
        self.tolerance_box.setToolTip("Outline pixels at most so far apart count as matching")
        self.tolerance_box.setFixedWidth(72)
        for label in (self.what, self.summary):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.summary.setWordWrap(True)
        explained = QLabel(_EXPLAINED)
        explained.setObjectName("hint")
        explained.setWordWrap(True)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.labels, "Labels")
        self.tabs.addTab(self.confusion, "Confusion")
        self.tabs.addTab(self.sets, "List")
        self.tabs.setTabVisible(_LIST_TAB, False)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.file_button)
        if has_list:
            top.addWidget(self.folder_button)
        top.addStretch(1)
        caption = QLabel("Tolerance")
        caption.setBuddy(self.tolerance_box)
        top.addWidget(caption)
        top.addWidget(self.tolerance_box)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.differences_box)
        buttons.addStretch(1)
        for button in (self.copy_button, self.report_button, self.close_button):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self.what)
        column.addWidget(self.summary)
        column.addWidget(self.tabs, 1)
        column.addWidget(explained)
        column.addLayout(buttons)
        self.resize(760, 480)


def summary_words(found: Agreement) -> str:
    """Figures of all labels together, in one line."""
    parts = [
        f"Pixel accuracy {shown(found.accuracy, share=found.accuracy is not None)}",
        f"Cohen's kappa {shown(found.kappa)}",
        f"mean IoU {shown(found.mean_iou)}",
        f"mean boundary F {shown(found.mean_boundary_f)}",
        f"{shown(found.compared)} pixels compared",
    ]
    if found.undecided:
        parts.append(f"{shown(found.undecided)} unassigned in both")
    if found.ignored:
        parts.append(f"{shown(found.ignored)} ignored")
    return ", ".join(parts)
