"""Where the image lies on the screen: pure arithmetic, and the view that panes share."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from mfgui.core.arrays import Rect, Size

ZOOM_STEP = 1.19
LARGEST_SCALE = 64.0
_SNAP = 0.03


@dataclass(frozen=True)
class View:
    """What linked panes have in common.

    Attributes
    ----------
    scale : float
        Device pixels per image pixel, 1 at 100 %.
    x, y : float
        Image point at the centre of the pane.
    fitted : bool
        Each pane shows the whole image, at its own scale.
    """

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    fitted: bool = True


@dataclass(frozen=True)
class Viewport:
    """An image of `image` pixels on a pane of `screen` device pixels.

    `x`, `y` is the device position of the image's upper left corner. What is drawn starts at
    the whole device pixel (`left`, `top`), so that a moved picture is the same picture.
    """

    image: Size
    screen: Size
    scale: float
    x: float
    y: float
    fitted: bool = False

    @classmethod
    def of(cls, view: View, *, image: Size, screen: Size) -> Viewport:
        """The pane's part of a shared view."""
        if view.fitted:
            return cls.fit(image, screen=screen)
        placed = cls(
            image,
            screen,
            view.scale,
            screen.width / 2 - view.x * view.scale,
            screen.height / 2 - view.y * view.scale,
        )
        return placed._clamped()

    @classmethod
    def fit(cls, image: Size, *, screen: Size) -> Viewport:
        """The whole image, as large as possible."""
        scale = fit_scale(image, screen)
        return cls(image, screen, scale, 0.0, 0.0, fitted=True)._clamped()

    @property
    def view(self) -> View:
        """What to share with other panes."""
        x, y = self._exact(self.screen.width / 2, self.screen.height / 2)
        return View(self.scale, x, y, self.fitted)

    @property
    def left(self) -> int:
        return math.floor(self.x + 0.5)

    @property
    def top(self) -> int:
        return math.floor(self.y + 0.5)

    @property
    def extent(self) -> Rect:
        """Device pixels whose centres lie on the image."""
        width = math.ceil(self.image.width * self.scale - 0.5)
        height = math.ceil(self.image.height * self.scale - 0.5)
        return Rect(self.left, self.top, max(1, width), max(1, height))

    @property
    def smallest_scale(self) -> float:
        return min(1.0, fit_scale(self.image, self.screen))

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Image coordinates of a device position; pixel i spans i ... i + 1."""
        return (x - self.left) / self.scale, (y - self.top) / self.scale

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Device position of an image point."""
        return self.left + x * self.scale, self.top + y * self.scale

    def to_screen_rect(self, rect: Rect) -> Rect:
        """The device pixels that an image rectangle touches."""
        x, y = self.to_screen(rect.x, rect.y)
        right, bottom = self.to_screen(rect.right, rect.bottom)
        left, top = math.floor(x), math.floor(y)
        return Rect(left, top, math.ceil(right) - left, math.ceil(bottom) - top)

    def pixel_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Column and row of the image pixel at a device position, None beside the image."""
        column, row = (math.floor(value) for value in self.to_image(x, y))
        inside = 0 <= column < self.image.width and 0 <= row < self.image.height
        return (column, row) if inside else None

    def zoomed(self, scale: float, *, at: tuple[float, float]) -> Viewport:
        """At `scale`, limited to the range, with the image point at device position `at` kept."""
        scale = min(max(scale, self.smallest_scale), LARGEST_SCALE)
        if abs(scale - 1.0) <= _SNAP:
            scale = 1.0
        if scale == self.scale:
            return self
        x, y = self._exact(*at)
        moved = replace(self, scale=scale, x=at[0] - x * scale, y=at[1] - y * scale, fitted=False)
        return moved._clamped()

    def stepped(self, steps: int, *, at: tuple[float, float]) -> Viewport:
        """Zoomed by `steps` of 1.19; at or below the scale of fit the whole image is shown."""
        scale = self.scale * ZOOM_STEP**steps
        fit = fit_scale(self.image, self.screen)
        if steps < 0 and scale <= fit <= 1.0:
            return Viewport.fit(self.image, screen=self.screen)
        return self.zoomed(scale, at=at)

    def panned(self, dx: float, dy: float) -> Viewport:
        """Moved by device pixels, as far as the image allows."""
        moved = replace(self, x=self.x + dx, y=self.y + dy, fitted=False)._clamped()
        return self if (moved.x, moved.y) == (self.x, self.y) else moved

    def revealing(self, x: float, y: float) -> Viewport:
        """Moved as little as shows the image point, with a margin."""
        margin = min(self.screen.width, self.screen.height) / 8
        at = self.to_screen(x, y)
        limits = (self.screen.width, self.screen.height)
        inside = [min(max(v, margin), n - margin) for v, n in zip(at, limits, strict=True)]
        return self.panned(inside[0] - at[0], inside[1] - at[1])

    def _exact(self, x: float, y: float) -> tuple[float, float]:
        """Image coordinates without the rounding of `left` and `top`, so zooming never drifts."""
        return (x - self.x) / self.scale, (y - self.y) / self.scale

    def _clamped(self) -> Viewport:
        return replace(
            self,
            x=_clamp(self.x, self.image.width * self.scale, self.screen.width),
            y=_clamp(self.y, self.image.height * self.scale, self.screen.height),
        )


def fit_scale(image: Size, screen: Size) -> float:
    """The largest scale, at most 64, at which the whole image is on the screen."""
    fit = min(screen.width / image.width, screen.height / image.height)
    return min(fit, LARGEST_SCALE)


def _clamp(start: float, extent: float, screen: int) -> float:
    """Centre an image smaller than the screen; let a larger one's edge reach the middle.

    The freedom beyond the edge grows from nothing, so that zooming out never jumps.
    """
    if extent <= screen:
        place = (screen - extent) / 2
    else:
        beyond = min(screen / 2, extent - screen)
        place = min(max(start, screen - extent - beyond), beyond)
    # To a fraction that is exact, so that rounding to a whole pixel is the same every time.
    return round(place * 1024) / 1024


class SharedView(QObject):
    """The view of one pane or of several linked ones; `changed` carries the new View."""

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = View()

    @property
    def view(self) -> View:
        return self._view

    def set(self, view: View) -> None:
        """Take over a view; nothing is said when it is the same."""
        if view != self._view:
            self._view = view
            self.changed.emit(view)
