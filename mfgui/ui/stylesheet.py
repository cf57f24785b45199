"""The style sheet of a theme. Distances are multiples of 4 pixels."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Any

import mfgui.resources as resources

if TYPE_CHECKING:
    from mfgui.ui.theme import Theme

_FRAME = """
QMainWindow, QDialog { background: $window; color: $text; }
QWidget { color: $text; placeholder-text-color: $text_dim; }
QWidget:disabled { color: $text_disabled; placeholder-text-color: $text_disabled; }
QMainWindow::separator { background: $divider; width: 3px; height: 3px; }
QMainWindow::separator:hover { background: $accent; }
QToolTip { background: $tooltip; color: $on_tooltip; border: 1px solid $border; padding: 4px 8px; }

QMenuBar { background: $panel; border-bottom: 1px solid $divider; padding: 2px 8px; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $hover; }
QMenu { background: $panel; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; min-width: 160px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: $selected; }
QMenu::item:disabled { color: $text_disabled; background: transparent; }
QMenu::separator { height: 1px; background: $divider; margin: 4px 8px; }

QToolBar { background: $panel; border: none; border-bottom: 1px solid $divider;
    padding: 3px; spacing: 4px; }
#toolStrip { background: $panel; border-right: 1px solid $divider; }
#toolStrip QToolButton { padding: 0; }
#toolStrip QToolButton:checked { background: $selected; border: 1px solid $accent; }
#toolStrip QToolButton:focus { border: 1px solid $focus; }
#stripLine { background: $divider; }
#optionBar { background: $panel; border-bottom: 1px solid $divider; }
#optionBar QLabel { color: $text_dim; }
#optionBar QToolButton:checked { background: $selected; border: 1px solid $accent; }
#labelChip { border: 1px solid $border; padding: 2px 8px; }
QToolBar::separator { background: $divider; width: 1px; margin: 6px 6px; }
QStatusBar { background: $panel; border-top: 1px solid $divider; color: $text_dim; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $text_dim; }

QTabBar { background: $panel; qproperty-drawBase: 0; }
QTabBar::tab { background: $panel; color: $text_dim; padding: 7px 12px; border: none;
    border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover:!selected { background: $hover; }
QTabBar::tab:focus { color: $accent; }
QDialog QTabBar, QDialog QTabBar::tab { background: transparent; }

#dockTitle { background: $panel; }
#dockTitle QLabel { color: $text; font-weight: 600; }
#dockTitle[focused="true"] QLabel { color: $accent; }
#dockBody { background: $panel; }
#columnCaption { color: $text_dim; }
"""

_BUTTONS = """
QPushButton { background: $raised; border: 1px solid $border; border-radius: 6px;
    padding: 0 12px; min-height: 30px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:focus { border: 2px solid $focus; padding: 0 11px; min-height: 28px; }
QPushButton:disabled { background: transparent; border-color: $divider; color: $text_disabled; }
QPushButton[primary="true"] { background: $accent; color: $on_accent; border-color: $accent;
    font-weight: 600; }
QPushButton[primary="true"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[primary="true"]:focus { border: 2px solid $text; }
QPushButton[primary="true"]:disabled { background: transparent; border-color: $divider;
    color: $text_disabled; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px;
    padding: 3px; }
QToolBar QToolButton { padding: 5px 8px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed { background: $pressed; }
QToolButton:checked { background: $selected; }
QToolButton:focus { border: 1px solid $focus; }
QToolButton:disabled { color: $text_disabled; }
QToolButton#browse { border: 1px solid $border; min-width: 22px; min-height: 22px; }
QToolButton#sectionHeader, QToolButton#sectionHeader:checked { padding: 4px; font-weight: 600;
    color: $text_dim; background: transparent; }
QToolButton#segment { border: 1px solid $divider; border-radius: 0; padding: 4px 10px; }
QToolButton#segment:checked { background: $selected; border-color: $accent; }
QToolButton#segment:focus { border-color: $focus; }
QToolButton::menu-indicator { image: none; width: 0; }
"""

_EDITORS = """
QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QTextEdit {
    background: $input; color: $text;
    border: 1px solid $border; border-radius: 4px; selection-background-color: $accent;
    selection-color: $on_accent; }
QLineEdit, QComboBox, QAbstractSpinBox { min-height: 24px; padding: 0 6px; }
QLineEdit:hover, QComboBox:hover, QAbstractSpinBox:hover { border-color: $text_dim; }
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus, QPlainTextEdit:focus {
    border: 2px solid $focus; padding: 0 5px; min-height: 22px; }
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled { background: transparent;
    border-color: $divider; color: $text_disabled; }
QLineEdit[invalid="true"], QComboBox[invalid="true"] { border: 2px solid $error_border; }
QComboBox QLineEdit, QAbstractSpinBox QLineEdit {
    border: none; padding: 0; min-height: 20px; background: transparent; }
QAbstractSpinBox QLineEdit { padding: 0 4px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; height: 0; border: none; }
QComboBox::drop-down { border: none; width: 16px; }
QComboBox::down-arrow { image: url($chevron); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $border; padding: 4px;
    selection-background-color: $selected; selection-color: $text; outline: none; }
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 6px; }
#fieldProblem { color: $error_text; }
#parameterName { color: $text; }
#parameterName:disabled { color: $text_disabled; }

QSlider { min-height: 24px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $divider; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 8px;
    background: $panel; border: 2px solid $accent; }
QSlider::handle:horizontal:hover { background: $accent_hover; }
QSlider::handle:horizontal:focus { background: $accent; border-color: $text; }
QSlider::sub-page:horizontal:disabled { background: $divider; }
QSlider::handle:horizontal:disabled { background: $panel; border-color: $text_disabled; }

QCheckBox { spacing: 8px; min-height: 24px; }
QCheckBox:focus, QRadioButton:focus { color: $focus; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $border; border-radius: 4px;
    background: $input; }
QCheckBox::indicator:hover, QCheckBox:focus::indicator { border-color: $focus; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($check); }
QCheckBox::indicator:disabled { background: $panel; border-color: $text_disabled; }
QCheckBox::indicator:checked:disabled { background: $text_disabled; }
QProgressBar { background: $divider; border: none; border-radius: 3px; max-height: 6px;
    min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
"""

_LISTS = """
QListView { background: $panel; border: none; outline: none; }
QListView::item { border: none; }
QListWidget { border: 1px solid $border; border-radius: 6px; padding: 2px; }
QListWidget:focus { border-color: $focus; }
QListWidget::item { min-height: 28px; padding: 0 6px; border-radius: 4px; }
QListWidget::item:hover { background: $hover; }
QListWidget::item:selected { background: $selected; color: $text; }
QListWidget::indicator { width: 16px; height: 16px; border: 1px solid $border; border-radius: 4px;
    background: $input; }
QListWidget::indicator:checked { background: $accent; border-color: $accent; image: url($check); }
QScrollArea { background: $panel; border: none; }
QScrollArea > QWidget > QWidget#dockBody { background: $panel; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 3px; margin: 3px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $text_dim; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

#summary, #hint, #runProgress QLabel { color: $text_dim; }
#hint:disabled, #startCaption:disabled { color: $text_disabled; }
#commandPalette { background: $panel; border: 1px solid $border; border-radius: 10px; }
#searchPopup { background: $panel; border: 1px solid $border; }
#searchPopup QListView { border: none; padding: 0; }
#searchPopup QLineEdit { background: $input; border: 1px solid $border; border-radius: 4px;
    min-height: 28px; padding: 0 6px; }
#searchPopup QLineEdit:focus { border: 1px solid $focus; }
#commandPalette QLineEdit { min-height: 32px; font-size: 12pt; }
#startPage { background: $window; }
#startTitle { font-size: 22pt; font-weight: 600; }
#startLead { color: $text_dim; font-size: 11pt; }
#startCaption { color: $text_dim; font-weight: 600; }
#dropArea { background: $panel; border: 2px dashed $border; border-radius: 12px; }
QTableWidget { background: $panel; border: 1px solid $border; border-radius: 6px; outline: none; }
#pinnedNames { background: $panel; border: none; border-right: 1px solid $divider; }
QTableWidget::item { padding: 0 8px; }
QTableWidget::item:selected, #pinnedNames::item:selected { background: $selected; color: $text; }
QHeaderView { background: $panel; }
QHeaderView::section { background: $panel; color: $text_dim; border: none; padding: 6px 8px;
    border-bottom: 1px solid $divider; }
#recoveryCard { background: $panel; border: 1px solid $accent; border-radius: 12px; }
#recoveryTitle { font-size: 13pt; font-weight: 600; }
#dropArea[over="true"] { border: 2px solid $accent; background: $selected; }
#rowsFrame { background: $panel; border: 1px solid $border; border-radius: 6px; }
#rowsFrame:disabled { border-color: $divider; }
#rowsFrame[empty="true"] { border: 1px dashed $border; }
#rowsFrame[over="true"] { border: 1px solid $accent; background: $selected; }
#rowsFrame QScrollArea, #rowsFrame QScrollArea > QWidget > QWidget { background: transparent; }
#dropPlace { background: $panel; border: 2px dashed $border; border-radius: 12px;
    color: $text_dim; font-size: 13pt; font-weight: 600; padding: 12px; }
#dropPlace[marked="true"] { background: $selected; border: 2px solid $accent; color: $text; }
"""

_BANNER = """
#banner[severity="$severity"] { background: $background; border-left: 4px solid $edge;
    border-bottom: 1px solid $edge; }
#banner[severity="$severity"] QLabel { color: $ink; background: transparent; }
#banner[severity="$severity"] QPlainTextEdit { background: transparent; color: $ink;
    border: 1px solid $edge; }
#banner[severity="$severity"] QToolButton { color: $ink; }
#banner[severity="$severity"] #remedy { border: 1px solid $edge; border-radius: 5px;
    padding: 2px 10px; font-weight: 600; }
"""


def style_sheet(theme: Theme) -> str:
    """The style sheet made from the tokens of `theme`."""
    chevron = resources.path(f"themes/chevron-{theme.name}.svg").as_posix()
    check = resources.path(f"themes/check-{theme.name}.svg").as_posix()
    tokens: dict[str, Any] = {**vars(theme), "chevron": chevron, "check": check}
    tokens["error_text"] = theme.error.border if theme.dark else theme.error.text
    tokens["error_border"] = theme.error.border
    parts = [Template(part).substitute(tokens) for part in (_FRAME, _BUTTONS, _EDITORS, _LISTS)]
    for severity in ("info", "warning", "error"):
        colours = getattr(theme, severity)
        parts.append(
            Template(_BANNER).substitute(
                severity=severity,
                background=colours.background,
                edge=colours.border,
                ink=colours.text,
            )
        )
    return "\n".join(parts)
