"""A form generated from the declared parameters of a method."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mfgui.core.errors import UsageError
from mfgui.methods.registry import BoundParameter, Method, Value
from mfgui.ui.fields import Field, make_field, shown_name, shown_text
from mfgui.ui.icons import IconButton

LABEL_WIDTH = 82


def described(parameter: BoundParameter, default: Value) -> str:
    """Tool tip: help, range, unit, default and the name on the command line."""
    declared = parameter.declared
    unit = f" {declared.unit}" if declared.unit else ""
    lines = [
        declared.help,
        f"Allowed: {parameter.allowed()}{unit}",
        f"Default: {shown_text(default)}{unit}",
    ]
    if declared.enabled_when is not None:
        name, values = declared.enabled_when
        lines.append(f"Matters only when {shown_name(name).lower()} is {' or '.join(values)}")
    lines.append(f"Command line: -p {parameter.name}=…")
    return "\n".join(lines)


class ParameterRow(QWidget):
    """Label, editor, reset arrow, and under them what is wrong with the value."""

    edited = Signal(str, str)
    reset = Signal(str)

    def __init__(self, parameter: BoundParameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        unit = f" ({parameter.declared.unit})" if parameter.declared.unit else ""
        self.label = QLabel(shown_name(parameter.name) + unit)
        self.label.setObjectName("parameterName")
        self.label.setFixedWidth(LABEL_WIDTH)
        self.label.setWordWrap(True)
        self.field: Field = make_field(parameter)
        self.label.setBuddy(self.field.main)
        self.reset_button = self._make_reset_button()
        self.problem = QLabel()
        self.problem.setObjectName("fieldProblem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self._lay_out()
        self.field.edited.connect(lambda text: self.edited.emit(parameter.name, text))

    def show_state(
        self, value: Value | None, default: Value, *, changed: bool, problem: str, enabled: bool
    ) -> None:
        """Show one parameter; `value` None leaves what is being typed alone."""
        if value is not None:
            self.field.show_value(value)
        font = self.label.font()
        font.setWeight(QFont.Weight.DemiBold if changed else QFont.Weight.Normal)
        self.label.setFont(font)
        self.reset_button.setVisible(changed)
        self.reset_button.setToolTip(f"Back to {shown_text(default)}")
        self.problem.setText(f"Use {problem}" if problem else "")
        self.problem.setVisible(bool(problem))
        self.field.set_invalid(bool(problem))
        self.field.setEnabled(enabled)
        self.label.setEnabled(enabled)
        self.setToolTip(described(self.parameter, default))

    def tab_stops(self) -> list[QWidget]:
        """Editors from left to right, then the reset arrow."""
        return [*self.field.tab_stops(), self.reset_button]

    def _make_reset_button(self) -> IconButton:
        button = IconButton("reset", f"Reset {shown_name(self.parameter.name)}")
        button.setIconSize(QSize(14, 14))
        button.setMinimumSize(24, 24)
        button.setFixedSize(24, 24)
        policy = QSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        policy.setRetainSizeWhenHidden(True)
        button.setSizePolicy(policy)
        button.hide()
        button.clicked.connect(lambda: self.reset.emit(self.parameter.name))
        return button

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.field, 0, 1)
        grid.addWidget(self.reset_button, 0, 2)
        grid.addWidget(self.problem, 1, 1, 1, 2)


class FoldedSection(QWidget):
    """A header that folds the seldom-needed rows away."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = QToolButton()
        self.header.setObjectName("sectionHeader")
        self.header.setText(title)
        self.header.setAccessibleName(f"{title} parameters")
        self.header.setCheckable(True)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.body = QWidget()
        self.rows = QVBoxLayout(self.body)
        self.rows.setContentsMargins(0, 4, 0, 0)
        self.rows.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.body)
        self.header.toggled.connect(self._on_header_toggled)
        self._on_header_toggled(False)

    def _on_header_toggled(self, on: bool) -> None:
        self.body.setVisible(on)
        arrow = Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow
        self.header.setArrowType(arrow)


class ParameterForm(QWidget):
    """The parameters of one method; `changed` is sent after every edit, valid or not."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.method: Method | None = None
        self.rows: dict[str, ParameterRow] = {}
        self.advanced: FoldedSection | None = None
        self._explicit: dict[str, Value] = {}
        self._problems: dict[str, str] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)

    @property
    def explicit(self) -> dict[str, Value]:
        """The values that differ from the defaults of the chosen variant."""
        return dict(self._explicit)

    @property
    def problems(self) -> dict[str, str]:
        """Allowed range of each parameter whose editor holds something else."""
        return dict(self._problems)

    def show_method(self, method: Method, explicit: Mapping[str, Value] | None = None) -> None:
        """Build the rows of `method`, with the checked values of `explicit`."""
        if method is not self.method:
            self._clear()
            self.method = method
            self._build(method)
        self._problems.clear()
        self._explicit = {}
        for name, value in (explicit or {}).items():
            self._explicit[name] = method.parameter(name).parse(value)
        self._refresh(typing=None)

    def hide_rows(self, names: Collection[str]) -> None:
        """Show all rows but these."""
        for name, row in self.rows.items():
            row.setHidden(name in names)

    def tab_stops(self) -> list[QWidget]:
        """What takes the keyboard focus, from top to bottom."""
        plain = [row for row in self.rows.values() if not row.parameter.declared.advanced]
        folded = [row for row in self.rows.values() if row.parameter.declared.advanced]
        stops = [stop for row in plain for stop in row.tab_stops()]
        if self.advanced is not None:
            stops.append(self.advanced.header)
        return stops + [stop for row in folded for stop in row.tab_stops()]

    def _clear(self) -> None:
        while (item := self._layout.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.rows.clear()
        self.advanced = None

    def _build(self, method: Method) -> None:
        for parameter in method.parameters:
            row = ParameterRow(parameter)
            row.edited.connect(self._on_value_edited)
            row.reset.connect(self._on_value_reset)
            self.rows[parameter.name] = row
            if not parameter.declared.advanced:
                self._layout.addWidget(row)
        hidden = [self.rows[p.name] for p in method.parameters if p.declared.advanced]
        if hidden:
            self.advanced = FoldedSection("Advanced")
            for row in hidden:
                self.advanced.rows.addWidget(row)
            self._layout.addWidget(self.advanced)

    def _defaults(self) -> dict[str, Value]:
        assert self.method is not None
        variant = self._explicit.get("variant")
        return self.method.defaults(variant=None if variant is None else str(variant))

    def _on_value_edited(self, name: str, text: str) -> None:
        parameter = self.rows[name].parameter
        try:
            value = parameter.parse(text)
        except UsageError:
            self._problems[name] = parameter.allowed()
        else:
            self._problems.pop(name, None)
            self._explicit[name] = value
            self._drop_defaults()
        self._refresh(typing=name)
        self.changed.emit()

    def _on_value_reset(self, name: str) -> None:
        self._problems.pop(name, None)
        self._explicit.pop(name, None)
        self._drop_defaults()
        self._refresh(typing=None)
        self.changed.emit()

    def _drop_defaults(self) -> None:
        assert self.method is not None
        plain = {parameter.name: parameter.default for parameter in self.method.parameters}
        defaults = {**self._defaults(), "variant": plain.get("variant", "")}
        self._explicit = {
            name: value for name, value in self._explicit.items() if value != defaults[name]
        }

    def _refresh(self, *, typing: str | None) -> None:
        """Show every row; the one being typed in keeps its text."""
        defaults = self._defaults()
        assert self.method is not None
        own = {parameter.name: parameter.default for parameter in self.method.parameters}
        values = {**defaults, **self._explicit}
        for name, row in self.rows.items():
            condition = row.parameter.declared.enabled_when
            enabled = condition is None or shown_text(values[condition[0]]) in condition[1]
            keep = name == typing or name in self._problems
            row.show_state(
                None if keep else values[name],
                own[name] if name == "variant" else defaults[name],
                changed=name in self._explicit or name in self._problems,
                problem=self._problems.get(name, ""),
                enabled=enabled,
            )
