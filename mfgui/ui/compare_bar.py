"""The bar of the Compare workspace: panes, view, gain, band, links, flicker, reference."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from mfgui.app.actions.compare_menu import MODE_PREFIX, VIEW_WORDS
from mfgui.core.comparison import MOST_BAND, RATES, CompareView, Comparison, PaneMode
from mfgui.ui.action_adapter import Actions
from mfgui.ui.docks.run_rows import Elided
from mfgui.ui.icons import ICON_SIDE
from mfgui.ui.option_bar import BAR_HEIGHT

_ROOM_FOR_NAME = 120  # pixels


class CompareBar(QWidget):
    """Shows a `Comparison`; what is not a command comes by signals."""

    view_chosen = Signal(object)
    """A `CompareView`."""

    band_chosen = Signal(int)
    rate_chosen = Signal(float)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("optionBar")
        self.setAccessibleName("Comparison")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(BAR_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._actions = actions
        self.modes = {mode: _button(actions[f"{MODE_PREFIX}{mode}"]) for mode in PaneMode}
        self.view_box = QComboBox()
        self.gain_less = _button(actions["gain-less"], text="−")
        self.gain_more = _button(actions["gain-more"], text="+")
        self.gain = QLabel("×1")
        self.band_button = _button(actions["band-only"])
        self.band_slider = QSlider(Qt.Orientation.Horizontal)
        self.band = QLabel()
        self.link_button = _button(actions["link-views"])
        self.flicker_button = _button(actions["flicker"])
        self.rate_box = QComboBox()
        self.reference = Elided()
        self._set_up()
        self._lay_out()

    def show_comparison(self, state: Comparison, *, blocked: dict[CompareView, str]) -> None:
        """Show what is set; `blocked` holds why views cannot be shown."""
        for place, view in enumerate(CompareView):
            item = self.view_box.model().item(place)  # type: ignore[attr-defined]
            reason = blocked.get(view, "")
            item.setEnabled(not reason)
            words = VIEW_WORDS[view][1]
            item.setToolTip(f"{words}\nNot now: {reason}" if reason else words)
        with QSignalBlocker(self.view_box):
            self.view_box.setCurrentIndex(list(CompareView).index(state.view))
        with QSignalBlocker(self.rate_box):
            self.rate_box.setCurrentIndex(RATES.index(state.rate))
        with QSignalBlocker(self.band_slider):
            self.band_slider.setValue(state.band)
        self.band.setText(f"{state.band} px")
        self.gain.setText(f"×{state.gain}")
        for part in (self.gain_less, self.gain, self.gain_more):
            part.setEnabled(state.view.has_gain)

    def show_reference(self, title: str, *, chosen: bool) -> None:
        """Name of the reference; `chosen` says whether a person has set it."""
        words = "Reference" if chosen else "Compared with"
        self.reference.show_words(f"{words}: {title}" if title else "No reference")
        self.reference.setToolTip(
            f"<p>{escape(self.reference.words)}</p><p>Shift+1 … 9 choose a result, Compare &gt; "
            "Set as reference takes the shown picture; hold the backquote key to see it</p>"
        )

    @property
    def stops(self) -> list[QWidget]:
        """What takes the keyboard focus, from left to right."""
        return [
            *self.modes.values(),
            self.view_box,
            self.gain_less,
            self.gain_more,
            self.band_button,
            self.band_slider,
            self.link_button,
            self.flicker_button,
            self.rate_box,
        ]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave out what does not fit, the least needed first: there are keys and menus for it."""
        parts = (self.rate_box, self.band_slider, self.band)
        for part in parts:
            part.show()
        for part in parts:
            if self._needed() > self.width():
                part.hide()
        self.reference.setVisible(self.width() - self._needed() >= _ROOM_FOR_NAME)

    def _needed(self) -> int:
        """Width of everything that shows but for the name of the reference."""
        self.layout().activate()
        return self.layout().minimumSize().width()

    def _set_up(self) -> None:
        self.view_box.addItems([VIEW_WORDS[view][0] for view in CompareView])
        self.view_box.setAccessibleName("What the panes show")
        self.view_box.setToolTip("What the panes show (D and Shift+D)")
        self.view_box.activated.connect(lambda n: self.view_chosen.emit(list(CompareView)[n]))
        self.rate_box.addItems([f"{rate:g}/s" for rate in RATES])
        self.rate_box.setAccessibleName("Pictures per second of the flicker")
        self.rate_box.setToolTip("Pictures per second of the flicker")
        self.rate_box.activated.connect(lambda n: self.rate_chosen.emit(RATES[n]))
        self.band_slider.setRange(1, MOST_BAND)
        self.band_slider.setFixedWidth(90)
        self.band_slider.setAccessibleName("Width of the boundary band")
        self.band_slider.setToolTip("Pixels from a label change that belong to the boundary band")
        self.band_slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.band_slider.valueChanged.connect(self.band_chosen)
        self.gain.setMinimumWidth(30)
        self.gain.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.gain.setAccessibleName("Gain of differences")
        self.band.setMinimumWidth(self.fontMetrics().horizontalAdvance("64 px") + 4)
        self.reference.setObjectName("hint")

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(12)
        row.addWidget(_together(*self.modes.values(), gap=0))
        row.addWidget(self.view_box)
        row.addWidget(_together(self.gain_less, self.gain, self.gain_more))
        row.addWidget(_together(self.band_button, self.band_slider, self.band))
        row.addWidget(_together(self.link_button, self.flicker_button, self.rate_box))
        row.addWidget(self.reference, 1)


def _button(action: QAction, *, text: str = "") -> QToolButton:
    """A button of a command: its icon, or a sign in place of it."""
    button = QToolButton()
    button.setObjectName("segment" if not text else "")
    button.setAccessibleName(action.text())
    button.setCheckable(action.isCheckable())
    button.setMinimumSize(30, 28)
    button.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if text:
        button.setText(text)
        button.setAutoRaise(True)
    button.setToolTip(action.toolTip())

    def show() -> None:
        button.setChecked(action.isChecked())
        button.setEnabled(action.isEnabled())
        button.setToolTip(action.toolTip())
        if not text:
            button.setIcon(action.icon())

    def clicked() -> None:
        action.trigger()
        show()

    action.changed.connect(show)
    button.clicked.connect(clicked)
    show()
    return button


def _together(*widgets: QWidget, gap: int = 4) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(gap)
    for widget in widgets:
        row.addWidget(widget)
    return holder
