"""Why-here dock: what every picture has at the pixel under the pointer, and where it is from."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from mfgui.app.controller import Controller
from mfgui.app.why_here import MEASURE, By, PictureHere, WhyHere, why_here
from mfgui.core.compute import Compute
from mfgui.core.events import (
    Change,
    MapChanged,
    MapPatched,
    MarkChanged,
    PicturePatched,
    ResultAdded,
    ResultRemoved,
    SetClosed,
    SetOpened,
    TruthChanged,
)
from mfgui.ui.docks.figure_grid import MISSING, Figure, FigureGrid, Head, local_number
from mfgui.ui.docks.hint_page import pages_of

_HEADS = (
    Head("Picture", left=True),
    Head(
        "Took",
        "The source that a result has at this pixel: by its own map, or, for methods without one, "
        "the source whose value is nearest to its own. Of the sources, the one that the present "
        "focus map names.",
        left=True,
    ),
    Head("Focus", "", "Focus measure in millionths"),
    Head(
        "Local Q ↑",
        "SSIM of the window around the pixel with the source that the present focus map names "
        "here. Higher is better.",
        "Local Q",
    ),
    Head(
        "Error ↓",
        "Root of the mean squared error over the channels against the ground truth, in grey "
        "levels, white being 255. Lower is better.",
        "Error",
    ),
    Head("Value", "Channels, in the depth of the sources.", left=True),
)
_PAUSE_MS = 80  # that the pointer rests before: filling the table would hold up pan and zoom
_FOLLOWED = (
    MapChanged,
    MapPatched,
    MarkChanged,
    PicturePatched,
    ResultAdded,
    ResultRemoved,
    TruthChanged,
)


class WhyPanel(QWidget):
    """Shows one pixel; it is asked for in the pool, one at a time, and the newest wins."""

    def __init__(
        self, controller: Controller, parent: QWidget | None = None, *, pause_ms: int = _PAUSE_MS
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._pixel: tuple[int, int] | None = None
        self._asked: object | None = None  # the stack that is being asked, one at a time
        self._again = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(pause_ms)
        self._pause.timeout.connect(self._ask)
        self.place = QLabel()
        self.grid = FigureGrid("Pictures at the pixel", least=84)
        self._lay_out()
        controller.notifier.connect(self._take)

    def show_pixel(self, x: int, y: int) -> None:
        """Look at the pixel in column `x` and row `y`; outside of the picture the last one
        stays."""
        stack = self._controller.session.stack
        if stack is None or not (0 <= x < stack.size.width and 0 <= y < stack.size.height):
            return
        if (x, y) == self._pixel:
            return
        self._pixel = (x, y)
        if self._pause.interval() > 0:
            self._pause.start()  # anew: the pointer still moves
        else:
            self._ask()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._again = False

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpened | SetClosed):
            self._pixel = self._asked = None
            self._again = False
            self._pages.setCurrentIndex(0)
        elif isinstance(change, _FOLLOWED):
            self._ask()

    def _ask(self) -> None:
        """Ask for the pixel, now or once the answer that is waited for has come."""
        stack = self._controller.session.stack
        if stack is None or self._pixel is None or not self.isVisible():
            return
        if self._asked is not None:
            self._again = True
            return
        self._asked, self._again = stack, False
        x, y = self._pixel
        session, registry = self._controller.session, self._controller.registry
        task = why_here(session, registry, x, y, compute=Compute())

        def done(value: object) -> None:
            if self._answered(stack) and isinstance(value, WhyHere):
                self.show_answer(value)

        def failed(words: str) -> None:
            if self._answered(stack):
                self.place.setText(words)

        self._controller.ask(task, done, failed)

    def _answered(self, stack: object) -> bool:
        """Whether the answer is one that is waited for; the next question is asked."""
        if stack is not self._asked:
            return False
        self._asked = None
        if self._again:
            self._ask()
        return True

    def show_answer(self, found: WhyHere) -> None:
        """Show what was found."""
        self._pages.setCurrentIndex(1)
        self.place.setText(place_words(found))
        window = "" if found.window is None else f", mean over {found.window} × {found.window} px"
        tip = f"{MEASURE} of a source{window}, in millionths: the default detector decides by it."
        heads = [Head(h.text, h.tip or tip, h.name, h.left) for h in _HEADS[1:]]
        self.grid.show_figures([_HEADS[0], *heads], [_row(p, found) for p in found.pictures])

    def _lay_out(self) -> None:
        self.place.setContentsMargins(12, 4, 12, 4)
        self.place.setAccessibleName("Pixel and label of the present map")
        self.place.setWordWrap(True)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.place)
        column.addWidget(self.grid, 1)
        words = "Move the pointer over the picture: what each source and each result has there."
        self._pages = pages_of(self, words, body)


def place_words(found: WhyHere) -> str:
    """The pixel, what the present map says of it, and what was left out."""
    parts = [f"Column {found.x}, row {found.y}"]
    if found.label is None:
        parts.append("no focus map")
    elif found.ignored:
        parts.append("ignored by the focus map")
    elif found.label == 0:
        parts.append("unassigned in the focus map")
    else:
        parts.append(f"the focus map names source {found.label}")
    if found.left_out:
        parts.append(f"{found.left_out} sources farther away are left out")
    return ", ".join(parts)


def _row(picture: PictureHere, found: WhyHere) -> list[Figure]:
    key = picture.key
    source = key.startswith("source:")
    name = picture.title.partition(" · ")[0] if source else picture.title
    return [
        Figure(name, picture.title, strong=source and picture.by is By.MAP),
        _taken(picture, found, source=source),
        _focus(picture, found) if source else Figure("", dim=True),
        _number(picture.q, 4, _q_reason(found), strong=key in found.best_q),
        _error(picture, found),
        Figure("  ".join(_value(value) for value in picture.values)),
    ]


def _taken(picture: PictureHere, found: WhyHere, *, source: bool) -> Figure:
    if source:
        named = picture.by is By.MAP
        return Figure("named" if named else "", "The present focus map names it." if named else "")
    numbers = " or ".join(str(number) for number in picture.taken)
    if picture.by is By.NEAREST:
        many = len(picture.taken) > 1
        tip = "No map of its own: these values are" if many else "No map of its own: its value is"
        return Figure(f"{numbers} near", f"{tip} nearest.", dim=picture.key == "truth")
    if not picture.taken:
        return Figure("none", "Its own map has no source here.", dim=True)
    if picture.weight is not None:
        share = QLocale().toString(100 * picture.weight, "f", 0)
        return Figure(f"{numbers}: {share} %", "By the weights that it mixed by.")
    agrees = found.label is None or picture.taken == (found.label,)
    tip = "By its own map." if agrees else "By its own map, which differs from the present one."
    return Figure(numbers if agrees else f"{numbers} ≠ map", tip)


def _focus(picture: PictureHere, found: WhyHere) -> Figure:
    if picture.focus is None:
        return Figure(MISSING, "The pictures are smaller than a window.", dim=True)
    text = local_number(1e6 * picture.focus, 2)
    return Figure(text, f"{picture.focus!r}", strong=picture.key in found.sharpest)


def _error(picture: PictureHere, found: WhyHere) -> Figure:
    if picture.key == "truth":
        return Figure("", dim=True)
    reason = "No ground truth is loaded."
    return _number(picture.error, 2, reason, strong=picture.key in found.nearest)


def _number(value: float | None, digits: int, reason: str, *, strong: bool) -> Figure:
    if value is None:
        return Figure(MISSING, reason, dim=True)
    return Figure(local_number(value, digits), f"{value!r}", strong=strong)


def _q_reason(found: WhyHere) -> str:
    if found.label is None:
        return "There is no focus map."
    if found.ignored or found.label == 0:
        return "The focus map names no source here."
    return "Too near to the border for a whole window."


def _value(value: float) -> str:
    return str(value) if isinstance(value, int) else QLocale().toString(value, "f", 4)
