"""Draws the overlay of a scene into composed pixels."""

from __future__ import annotations

from functools import partial

import numpy as np

from mfgui.core.arrays import ImageU8, LabelArray, Rect
from mfgui.ui.canvas import overlays
from mfgui.ui.canvas.overlays import CHECK_SIDE, Checkerboard, Checks, Overlay, OverlayMode
from mfgui.ui.canvas.sampling import sample_labels
from mfgui.ui.canvas.scene import Scene
from mfgui.ui.canvas.viewport import Viewport


class OverlayPainter:
    """Draws tint, contour or only the active label, as the scene asks."""

    def __init__(self) -> None:
        self._checks = Checkerboard()

    def blended(self, block: ImageU8, scene: Scene, part: Rect, *, scale: float) -> ImageU8 | None:
        """The pixels `block` of the image rectangle `part` with the overlay over them.

        For pictures magnified by `scale`, where there are fewer image pixels than screen
        pixels. None for overlays that have a size on the screen, which `draw` draws, and off.
        """
        if scene.map is None or scene.overlay.mode not in (OverlayMode.TINT, OverlayMode.ACTIVE):
            return None
        labels = np.ascontiguousarray(scene.map.labels[part.slices])
        out = np.empty(block.shape, np.uint8)
        side = max(1, round(CHECK_SIDE * scene.ratio / scale))
        checks = partial(self._checks.draw, side=side, origin=(part.x, part.y))
        _blend(block, labels, scene, checks, out)
        return out

    def draw(self, target: ImageU8, scene: Scene, viewport: Viewport, rect: Rect) -> None:
        """Draw over `target`, the composed pixels of `rect` (inside the image's extent)."""
        if scene.map is None or scene.overlay.mode is OverlayMode.OFF:
            return
        wide = rect.grown(reach(scene)).intersected(viewport.extent)
        labels = sample_labels(scene.map.labels, viewport, wide)
        inner = Rect(rect.x - wide.x, rect.y - wide.y, rect.width, rect.height).slices
        if scene.overlay.mode is OverlayMode.CONTOUR:
            width, edge = _contour_pixels(scene.overlay, scene.ratio)
            line, edges = overlays.contour_masks(labels, width=width, edge=edge)
            overlays.draw_contour(target, line=line[inner], edges=edges[inner])
        else:
            side = max(1, round(CHECK_SIDE * scene.ratio))
            origin = (rect.x - viewport.left, rect.y - viewport.top)
            checks = partial(self._checks.draw, side=side, origin=origin)
            _blend(target, labels[inner], scene, checks, target)


def _blend(
    picture: ImageU8, labels: LabelArray, scene: Scene, checks: Checks, out: ImageU8
) -> None:
    strength = scene.overlay.strength
    if scene.map is None or scene.overlay.mode is OverlayMode.ACTIVE:
        overlays.dim_others(picture, labels, active=scene.active, strength=strength, out=out)
        return
    table = scene.map.table
    overlays.tint(picture, labels, table=table, strength=strength, checks=checks, out=out)


def reach(scene: Scene) -> int:
    """Screen pixels beyond changed labels where the overlay changes."""
    if scene.overlay.mode is not OverlayMode.CONTOUR:
        return 0
    width, edge = _contour_pixels(scene.overlay, scene.ratio)
    return overlays.contour_margin(width=width, edge=edge)


def _contour_pixels(overlay: Overlay, ratio: float) -> tuple[int, int]:
    """Device pixels of the line and of its edge."""
    return max(1, round(overlay.contour_width * ratio)), max(1, round(ratio))
