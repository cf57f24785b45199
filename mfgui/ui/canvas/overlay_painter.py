"""Draws the overlay of a scene into composed pixels."""

from __future__ import annotations

from functools import partial

import numpy as np

from mfgui.core.arrays import ImageU8, LabelArray, Rect
from mfgui.ui.canvas import levels, overlays
from mfgui.ui.canvas.hatch import Hatching
from mfgui.ui.canvas.levels import ONLY_FIRST, ONLY_SECOND, OTHERS
from mfgui.ui.canvas.overlays import CHECK_SIDE, Checkerboard, Checks, Overlay, OverlayMode
from mfgui.ui.canvas.sampling import sample_labels
from mfgui.ui.canvas.scene import Scene
from mfgui.ui.canvas.viewport import Viewport

# Blue and orange, and a grey for what concerns neither; each has lines of its own, too.
DIFFERENCE_COLOURS = (0xFF2B6CF0, 0xFFF0930A, 0xFFB4B4B4)
_DIFFERENCE_LINES = np.zeros(256, np.uint8)
_DIFFERENCE_LINES[[ONLY_FIRST, ONLY_SECOND, OTHERS]] = (1, 3, 255)  # rising, falling, crossed
_LINE_COLOURS = (0xFFFFFFFF, 0xFF000000)
_CONTOUR_OF_HATCH = 2  # logical pixels

# What is drawn at each pixel depends on that pixel alone, and has no size on the screen.
_OF_PIXELS = frozenset(
    mode
    for mode in OverlayMode
    if mode in (OverlayMode.TINT, OverlayMode.ACTIVE, OverlayMode.UNASSIGNED, OverlayMode.SOFT)
    or mode.of_heat
)


class OverlayPainter:
    """Draws what the overlay mode of a scene asks for."""

    def __init__(self) -> None:
        self._checks = Checkerboard()
        self._hatching = Hatching()

    def blended(self, block: ImageU8, scene: Scene, part: Rect, *, scale: float) -> ImageU8 | None:
        """The pixels `block` of the image rectangle `part` with the overlay over them.

        For pictures magnified by `scale`, where there are fewer image pixels than screen
        pixels. None for overlays that have a size on the screen, which `draw` draws, and off.
        """
        if scene.mode not in _OF_PIXELS:
            return None
        values = np.ascontiguousarray(_values(scene)[part.slices])
        out = np.empty(block.shape, np.uint8)
        side = max(1, round(CHECK_SIDE * scene.ratio / scale))
        checks = partial(self._checks.draw, side=side, origin=(part.x, part.y))
        _blend(block, values, scene, checks, out)
        return out

    def draw(self, target: ImageU8, scene: Scene, viewport: Viewport, rect: Rect) -> None:
        """Draw over `target`, the composed pixels of `rect` (inside the image's extent)."""
        mode = scene.mode
        if mode is OverlayMode.OFF:
            return
        if mode in (OverlayMode.CONTOUR, OverlayMode.HATCH):
            self._draw_lines(target, scene, viewport, rect)
        elif mode is OverlayMode.DIFFERENCE:
            self._draw_difference(target, scene, viewport, rect)
        else:
            values = sample_labels(_values(scene), viewport, rect)
            side = max(1, round(CHECK_SIDE * scene.ratio))
            origin = (rect.x - viewport.left, rect.y - viewport.top)
            checks = partial(self._checks.draw, side=side, origin=origin)
            _blend(target, values, scene, checks, target)

    def _draw_lines(self, target: ImageU8, scene: Scene, viewport: Viewport, rect: Rect) -> None:
        """Contours, with the hatch of each label between them."""
        assert scene.map is not None
        wide = rect.grown(reach(scene)).intersected(viewport.extent)
        labels = sample_labels(scene.map.labels, viewport, wide)
        inner = Rect(rect.x - wide.x, rect.y - wide.y, rect.width, rect.height).slices
        if scene.mode is OverlayMode.HATCH:
            self._hatch(target, np.ascontiguousarray(labels[inner]), scene, viewport, rect)
        width, edge = _contour_pixels(scene.overlay, scene.ratio)
        line, edges = overlays.contour_masks(labels, width=width, edge=edge)
        overlays.draw_contour(target, line=line[inner], edges=edges[inner])

    def _draw_difference(
        self, target: ImageU8, scene: Scene, viewport: Viewport, rect: Rect
    ) -> None:
        assert scene.map is not None
        assert scene.other is not None
        first = sample_labels(scene.map.labels, viewport, rect)
        second = sample_labels(scene.other.labels, viewport, rect)
        found = levels.compared(first, second, active=scene.active)
        if not found.any():
            return
        ink = levels.kinds(DIFFERENCE_COLOURS, scene.overlay.opacity)
        levels.blend(target, found, ink, out=target)
        self._hatch(target, _DIFFERENCE_LINES[found], scene, viewport, rect)

    def _hatch(
        self, target: ImageU8, labels: LabelArray, scene: Scene, viewport: Viewport, rect: Rect
    ) -> None:
        unit = max(1, round(scene.ratio))
        origin = (rect.x - viewport.left, rect.y - viewport.top)
        lines = self._hatching.levels(labels, unit=unit, origin=origin)
        ink = levels.kinds(_LINE_COLOURS, scene.overlay.opacity)
        levels.blend(target, lines, ink, out=target)


def _values(scene: Scene) -> LabelArray:
    """The array that the mode draws, if it is one of one pixel each."""
    if scene.mode is OverlayMode.SOFT or scene.mode.of_heat:
        assert scene.levels is not None
        return scene.levels.values
    assert scene.map is not None
    return scene.map.labels


def _blend(
    picture: ImageU8, values: LabelArray, scene: Scene, checks: Checks, out: ImageU8
) -> None:
    strength, mode = scene.overlay.strength, scene.mode
    if mode is OverlayMode.TINT:
        assert scene.map is not None
        table = scene.map.table
        overlays.tint(picture, values, table=table, strength=strength, checks=checks, out=out)
    elif mode is OverlayMode.ACTIVE:
        overlays.dim_others(picture, values, active=scene.active, strength=strength, out=out)
    elif mode is OverlayMode.UNASSIGNED:
        overlays.check_gaps(picture, values, strength=strength, checks=checks, out=out)
    else:
        assert scene.levels is not None
        colours, opacity = scene.levels.colours, scene.overlay.opacity
        if mode is OverlayMode.SOFT:
            levels.blend(picture, values, levels.one_hue(colours[0], opacity), out=out)
        else:
            plain = levels.grey(picture)
            levels.blend(plain, values, levels.ramp(colours, opacity), out=out)


def reach(scene: Scene) -> int:
    """Screen pixels beyond changed labels where the overlay changes."""
    if scene.mode not in (OverlayMode.CONTOUR, OverlayMode.HATCH):
        return 0
    width, edge = _contour_pixels(scene.overlay, scene.ratio)
    return overlays.contour_margin(width=width, edge=edge)


def _contour_pixels(overlay: Overlay, ratio: float) -> tuple[int, int]:
    """Device pixels of the line and of its edge."""
    of_contour = overlay.mode is OverlayMode.CONTOUR
    width = overlay.contour_width if of_contour else _CONTOUR_OF_HATCH
    return max(1, round(width * ratio)), max(1, round(ratio))
