"""Method dock: which method, with which parameters; run, pause and stop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.recalled import recalled
from mfgui.core.errors import UsageError
from mfgui.core.events import RunStatus
from mfgui.core.result import Result
from mfgui.methods.choice import DETECTOR_PREFIX, shared_settings, usual_detector
from mfgui.methods.registry import Kind, Method, Registry, Value
from mfgui.ui.docks.preview_row import PreviewRow
from mfgui.ui.forms import LABEL_WIDTH, FoldedSection, ParameterForm
from mfgui.ui.icons import IconButton, TextButton
from mfgui.ui.method_box import MethodBox
from mfgui.ui.progress import ProgressView

NO_START = "this method starts from the sources"


@dataclass(frozen=True)
class Choice:
    """What the dock is set to: a method, the parameters that differ from its defaults (the
    detector among them), and for *Detect* the detector with its parameters."""

    method: str
    explicit: dict[str, Value] = field(default_factory=dict)
    detector: str = ""
    detector_explicit: dict[str, Value] = field(default_factory=dict)


class MethodPanel(QWidget):
    """The form of the chosen method, progress, and the buttons that start, hold and stop.

    `ticks_changed` carries the names of the methods that are ticked in the list.
    """

    run_clicked = Signal()
    run_ticked_clicked = Signal()
    ticks_changed = Signal(object)
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
        self._explicit: dict[str, dict[str, Value]] = {}
        # Chosen in place of the usual one; methods with the same usual one share the choice.
        self._detectors: dict[str, str] = {}
        self.method_box = MethodBox("Method", methods, tickable=True)
        self.detector_box = MethodBox("Detector of the focus map", detectors)
        self.summary = QLabel()
        self.form = ParameterForm()
        self.detector_form = ParameterForm()
        self.progress = ProgressView(one_line=False)
        self.preview = PreviewRow()
        self.reason = QLabel()
        self.run_button = TextButton("run", "Run", primary=True)
        self.pause_button = IconButton("pause", "Pause")
        self.stop_button = TextButton("stop", "Stop")
        self.run_again_button = TextButton("run-again", "Run again from this image")
        self.copy_button = IconButton("copy", "Copy as command")
        self.run_ticked_button = TextButton("run", "Run ticked")
        self.untick_button = IconButton("close", "Untick all methods")
        self._lay_out()
        self._connect()
        self.method_box.choose(first)
        self._show_method(self.method)

    @property
    def method(self) -> Method:
        """The chosen method."""
        return self.method_box.method

    @property
    def choice(self) -> Choice:
        """What is set now."""
        return self._choice_of(self.method)

    @property
    def ticked(self) -> tuple[Choice, ...]:
        """The ticked methods in the order of the list, each with what its own form is set to."""
        return tuple(self._choice_of(method) for method in self.method_box.ticked)

    @property
    def ticked_valid(self) -> bool:
        """Whether the form does not hold a wrong value for one of the ticked methods."""
        return self.method not in self.method_box.ticked or self.valid

    def tick(self, names: Iterable[str]) -> None:
        """Tick these methods and no others."""
        self.method_box.tick(names)

    def show_parameters(self, result: Result) -> str:
        """Set the form to what a result was made with.

        Returns
        -------
        str
            In one clause what could not be set; empty when everything is.
        """
        methods = [*self.method_box.methods, *self.detector_box.methods]
        try:
            found = recalled(Registry({m.name: m for m in methods}), result.provenance)
        except UsageError as error:
            return str(error)
        self._explicit[found.method] = found.explicit
        self.method_box.choose(found.method)
        if found.detector:
            self._explicit[found.detector] = found.detector_explicit
            self.detector_box.choose(found.detector)
        self._show_method(self.method)
        self.changed.emit()
        return f"not set: {', '.join(found.lost)}" if found.lost else ""

    @property
    def valid(self) -> bool:
        """Whether every editor holds an allowed value."""
        wrong = self.detector_form.problems if self.method.needs_map else {}
        return not (self.form.problems or (wrong and wrong.keys() - self._shared()))

    def show_problem(self) -> None:
        """Give the keyboard to the first editor that holds no allowed value."""
        for form in (self.form, self.detector_form):
            for name in form.problems:
                self._detector_section.header.setChecked(form is self.detector_form)
                form.rows[name].field.main.setFocus()
                return

    def choose_method(self, name: str) -> None:
        self.method_box.choose(name)

    def show_pause(self, words: str, icon: str) -> None:
        """What the pause button does now."""
        self.pause_button.set_words(words)
        self.pause_button.set_icon_name(icon)

    def show_blocked(self, *, run: str, pause: str, stop: str, run_again: str, copy: str) -> None:
        """Why each button cannot be used now; an empty text means that it can."""
        self.run_ticked_button.setEnabled(not run and self.ticked_valid)
        run = run or self.method_box.refused.get(self.method.name, "")
        if not run and not self.valid:
            run = run_again = copy = "correct the marked values"
        if self.method.kind is not Kind.OPTIMISER:
            run_again = run_again or NO_START
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
        self.detector_box.currentIndexChanged.connect(self._on_detector_chosen)
        self.detector_form.changed.connect(self._on_detector_form_changed)
        self.form.changed.connect(self._on_form_changed)
        self.method_box.ticks_changed.connect(self._on_ticks_changed)
        self.method_box.run_ticked.connect(self.run_ticked_clicked)
        self.run_ticked_button.clicked.connect(self.run_ticked_clicked)
        self.untick_button.clicked.connect(lambda: self.tick(()))
        self.run_button.clicked.connect(self.run_clicked)
        self.pause_button.clicked.connect(self.pause_clicked)
        self.stop_button.clicked.connect(self.stop_clicked)
        self.run_again_button.clicked.connect(self.run_again_clicked)
        self.copy_button.clicked.connect(self.copy_clicked)

    def _on_method_chosen(self) -> None:
        self._show_method(self.method)
        self.changed.emit()

    def _on_ticks_changed(self, names: tuple[str, ...]) -> None:
        self._show_ticks()
        self.ticks_changed.emit(names)
        self.changed.emit()

    def _on_detector_chosen(self) -> None:
        self._detectors[usual_detector(self.method)] = self.detector_box.method.name
        self._show_detector()
        self.changed.emit()

    def _on_form_changed(self) -> None:
        self._explicit[self.method.name] = self.form.explicit
        self._show_detector()
        self.changed.emit()

    def _on_detector_form_changed(self) -> None:
        self._explicit[self.detector_box.method.name] = self.detector_form.explicit
        self.changed.emit()

    def _choice_of(self, method: Method) -> Choice:
        """A method with what its form is set to, shown or not."""
        explicit = self._set_of(method)
        if method.makes_map:
            return Choice(method.name, explicit, method.name, explicit)
        detector = self._detector_of(method)
        shared = shared_settings(detector, method.resolve(explicit))
        own = {n: v for n, v in self._set_of(detector).items() if n not in shared}
        if method.needs_map:
            if detector.name != usual_detector(method):
                explicit["detector"] = detector.name
            explicit.update({f"{DETECTOR_PREFIX}{name}": value for name, value in own.items()})
        return Choice(method.name, explicit, detector.name, {**shared, **own})

    def _set_of(self, method: Method) -> dict[str, Value]:
        """What the form of a method is set to, but for its detector."""
        for form in (self.form, self.detector_form):
            if method is form.method:
                return form.explicit
        return dict(self._explicit.get(method.name, {}))

    def _detector_of(self, method: Method) -> Method:
        """What makes the map of a method: its usual detector, or the one chosen in its place."""
        usual = usual_detector(method)
        name = self._detectors.get(usual, usual)
        known = {detector.name: detector for detector in self.detector_box.methods}
        return known.get(name, self.detector_box.method)

    def _shared(self) -> Set[str]:
        """Parameters of the detector that the form of the method sets."""
        settings = self.method.resolve(self.form.explicit)
        return shared_settings(self.detector_box.method, settings).keys()

    def _show_detector(self) -> None:
        detector = self.detector_box.method
        explicit = self._explicit.get(detector.name, {})
        if self.detector_form.method is not detector or self.detector_form.explicit != explicit:
            self.detector_form.show_method(detector, explicit)
        shared = self._shared()
        self.detector_form.hide_rows(shared)
        left = any(parameter.name not in shared for parameter in detector.parameters)
        self._detector_section.setVisible(self.method.needs_map and left)
        self.detector_box.setToolTip(f"{detector.summary}\nCommand line: -p detector=…")

    def _show_method(self, method: Method) -> None:
        self.summary.setText(method.summary)
        self.method_box.setToolTip(method.reference)
        self._detector_row.setVisible(method.needs_map)
        self.form.show_method(method, self._explicit.get(method.name))
        self.detector_box.choose(self._detector_of(method).name)
        self._show_detector()
        self.order_tabs()

    def _show_ticks(self) -> None:
        """How many methods are ticked, in the button that runs them."""
        titles = [method.title for method in self.method_box.ticked]
        self.run_ticked_button.set_words(f"Run {len(titles)} ticked")
        self.run_ticked_button.setToolTip("\n".join(["Run one after the other:", *titles]))
        for button in (self.run_ticked_button, self.untick_button):
            button.setVisible(bool(titles))

    def order_tabs(self) -> None:
        """From top to bottom; rows of a new form would come last."""
        chain: list[QWidget] = [self.method_box, self.detector_box]
        chain += [self._detector_section.header, *self.detector_form.tab_stops()]
        chain += self.form.tab_stops()
        chain += [self.preview.box, self.run_button, self.pause_button, self.stop_button]
        chain += [self.run_ticked_button, self.untick_button]
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
        self._detector_section = FoldedSection("Focus map settings")
        self._detector_section.rows.addWidget(self.detector_form)
        column.addWidget(self._detector_row)
        column.addWidget(self._detector_section)
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
        ticked = QHBoxLayout()
        ticked.setSpacing(8)
        ticked.addWidget(self.run_ticked_button, 1)
        ticked.addWidget(self.untick_button)
        second = QHBoxLayout()
        second.setSpacing(8)
        second.addWidget(self.run_again_button, 1)
        second.addWidget(self.copy_button)
        column = QVBoxLayout()
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.preview)
        column.addWidget(self.progress)
        column.addWidget(self.reason)
        column.addLayout(first)
        column.addLayout(ticked)
        column.addLayout(second)
        self._show_ticks()
        return column
