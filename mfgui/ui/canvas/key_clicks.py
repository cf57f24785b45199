"""Clicks and drags of the active tool with Enter, at the crosshair."""

from __future__ import annotations

from mfgui.ui.canvas.pointer import Pointer
from mfgui.ui.tools.tool import Keys, Point


class KeyClicks:
    """Enter is a click. For tools to which a click is nothing it begins and ends a drag, and it
    closes an outline whose last corner is where the crosshair still is."""

    def __init__(self, feed: Pointer) -> None:
        self._feed = feed
        self._dragging = False
        self._corner: Point | None = None

    @property
    def dragging(self) -> bool:
        """Whether the crosshair drags the tool."""
        return self._dragging

    def click(self, point: Point, keys: Keys) -> None:
        """Enter at the middle of the pixel below the crosshair."""
        feed = self._feed
        feed.flush()
        if feed.hand.outlining and self._corner == point:
            feed.hand.confirm()
        elif self._dragging:
            self._dragging = False
            feed.release(point)
        elif not feed.down:
            self._corner = point
            feed.press(point, keys)
            self._dragging = feed.hand.drags
            if not self._dragging:
                feed.release(point)

    def drop(self) -> None:
        """The tool was cancelled, or input goes elsewhere."""
        self._dragging = False
