"""Draws the overlay of a scene into composed pixels."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import lru_cache, partial

import cv2
import numpy as np

from mfgui.core.arrays import ImageU8, LabelArray, Rect
from mfgui.core.stripes import Scratch
from mfgui.ui.canvas import levels, overlays
from mfgui.ui.canvas.hatch import Hatching
from mfgui.ui.canvas.levels import AGREE, ONLY_FIRST, ONLY_SECOND, OTHERS, Ink
from mfgui.ui.canvas.overlays import CHECK_SIDE, Checkerboard, Checks, Overlay, OverlayMode
from mfgui.ui.canvas.sampling import sample_labels
from mfgui.ui.canvas.scene import Scene
from mfgui.ui.canvas.viewport import Viewport

# Blue and orange, and a grey for what concerns neither; each has lines of its own, too.
DIFFERENCE_COLOURS = (0xFF2B6CF0, 0xFFF0930A, 0xFFB4B4B4)
_DIFFERENCE_LINES = np.zeros(256, np.uint8)
_DIFFERENCE_LINES[[ONLY_FIRST, ONLY_SECOND, OTHERS]] = (1, 3, 255)  # rising, falling, crossed
_LINE_COLOURS = (0xFFFFFFFF, 0xFF000000)  # of LINE and EDGE
_DIFFERENCE_INK = tuple(ink for colour in DIFFERENCE_COLOURS for ink in (colour, *_LINE_COLOURS))
_CONTOUR_OF_HATCH = 2  # logical pixels
_CONTOUR_EDGE, _CONTOUR_LINE = 4, 8  # levels, bits that the masks of contours leave

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
        self._own = threading.local()

    @property
    def _scratch(self) -> Scratch:
        """Memory of the thread that draws."""
        found = getattr(self._own, "scratch", None)
        if found is None:
            found = self._own.scratch = Scratch()
        return found

    def blended(self, block: ImageU8, scene: Scene, part: Rect, *, scale: float) -> ImageU8 | None:
        """The pixels `block` of the image rectangle `part` with the overlay over them.

        For pictures magnified by `scale`, where there are fewer image pixels than screen
        pixels. None for overlays that have a size on the screen, which `draw` draws, for those
        over what is compared, and off.
        """
        if scene.mode not in _OF_PIXELS or scene.compared is not None:
            return None
        values = np.ascontiguousarray(_values(scene)[part.slices])
        out = np.empty(block.shape, np.uint8)
        side = max(1, round(CHECK_SIDE * scene.ratio / scale))
        checks = partial(self._checks.draw, side=side, origin=(part.x, part.y))
        _blend(block, values, scene, checks, out, self._scratch)
        return out

    def draw(self, target: ImageU8, scene: Scene, viewport: Viewport, rect: Rect) -> None:
        """Draw over `target`, the composed pixels of `rect` (inside the image's extent)."""
        for own in _of_own_map(scene):
            self.draw(target, own, viewport, rect)
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
            _blend(target, values, scene, checks, target, self._scratch)

    def _draw_lines(self, target: ImageU8, scene: Scene, viewport: Viewport, rect: Rect) -> None:
        """Contours, with the hatch of each label between them."""
        assert scene.map is not None
        wide = rect.grown(reach(scene)).intersected(viewport.extent)
        labels = sample_labels(scene.map.labels, viewport, wide)
        inner = Rect(rect.x - wide.x, rect.y - wide.y, rect.width, rect.height).slices
        width, edge = _contour_pixels(scene.overlay, scene.ratio)
        line, edges = overlays.contour_masks(labels, width=width, edge=edge)
        if scene.mode is OverlayMode.CONTOUR:
            overlays.draw_contour(target, line=line[inner], edges=edges[inner])
            return
        lines = self._lines(np.ascontiguousarray(labels[inner]), scene, viewport, rect)
        # The masks are 0 or 255: as levels they lie above those of the patterns.
        np.maximum(lines, edges[inner] & np.uint8(_CONTOUR_EDGE), out=lines)
        np.maximum(lines, line[inner] & np.uint8(_CONTOUR_LINE), out=lines)
        ink = _hatch_ink(scene.overlay.opacity)
        levels.blend(lines, ink, out=target, scratch=self._scratch)

    def _draw_difference(
        self, target: ImageU8, scene: Scene, viewport: Viewport, rect: Rect
    ) -> None:
        assert scene.map is not None
        assert scene.other is not None
        first = sample_labels(scene.map.labels, viewport, rect)
        second = sample_labels(scene.other.labels, viewport, rect)
        found = levels.compared(first, second, active=scene.active)
        box = Rect(*cv2.boundingRect(found))
        if box.empty:
            return
        found, target = np.ascontiguousarray(found[box.slices]), target[box.slices]
        place = Rect(rect.x + box.x, rect.y + box.y, box.width, box.height)
        lines = self._lines(np.asarray(cv2.LUT(found, _DIFFERENCE_LINES)), scene, viewport, place)
        # Levels 1, 2, 3 are colour, line and edge of the first kind, and so on.
        lines += found * np.uint8(3)
        lines -= (found != AGREE).view(np.uint8) * np.uint8(2)
        ink = levels.kinds(_DIFFERENCE_INK, scene.overlay.opacity)
        levels.blend(lines, ink, out=target, scratch=self._scratch)

    def _lines(self, labels: LabelArray, scene: Scene, viewport: Viewport, rect: Rect) -> ImageU8:
        """LINE, EDGE or NOTHING of the patterns of these labels of `rect`."""
        unit = max(1, round(scene.ratio))
        origin = (rect.x - viewport.left, rect.y - viewport.top)
        scratch = self._scratch
        return self._hatching.levels(labels, unit=unit, origin=origin, scratch=scratch)


@lru_cache(maxsize=16)
def _hatch_ink(opacity: float) -> Ink:
    """Patterns at `opacity`, contours opaque."""
    colours, opacities = np.zeros(256, np.uint32), np.zeros(256)
    colours[1 : 1 + len(_LINE_COLOURS)] = _LINE_COLOURS
    opacities[1 : 1 + len(_LINE_COLOURS)] = opacity
    colours[[_CONTOUR_LINE, _CONTOUR_EDGE]] = _LINE_COLOURS
    opacities[[_CONTOUR_LINE, _CONTOUR_EDGE]] = 1.0
    return levels.ink_of(colours, opacities)


def _values(scene: Scene) -> LabelArray:
    """The array that the mode draws, if it is one of one pixel each."""
    if scene.mode is OverlayMode.SOFT or scene.mode.of_heat:
        assert scene.levels is not None
        return scene.levels.values
    assert scene.map is not None
    return scene.map.labels


def _blend(
    picture: ImageU8,
    values: LabelArray,
    scene: Scene,
    checks: Checks,
    out: ImageU8,
    scratch: Scratch,
) -> None:
    strength, mode = scene.overlay.strength, scene.mode
    if mode is OverlayMode.TINT:
        assert scene.map is not None
        table = scene.map.table
        overlays.tint(
            picture, values, table=table, strength=strength, checks=checks, out=out, scratch=scratch
        )
    elif mode is OverlayMode.ACTIVE:
        overlays.dim_others(picture, values, active=scene.active, strength=strength, out=out)
    elif mode is OverlayMode.UNASSIGNED:
        overlays.check_gaps(picture, values, strength=strength, checks=checks, out=out)
    else:
        assert scene.levels is not None
        colours, opacity = scene.levels.colours, scene.overlay.opacity
        if out is not picture:
            out[...] = picture
        if mode is OverlayMode.SOFT:
            ink = levels.one_hue(colours[0], opacity)
        else:
            levels.grey(out)
            ink = levels.ramp(colours, opacity)
        levels.blend(values, ink, out=out, scratch=scratch)


def _of_own_map(scene: Scene) -> tuple[Scene, ...]:
    """How the labels that a picture was fused by are drawn: their tint, and their contours."""
    compared = scene.compared
    if compared is None or compared.map is None:
        return ()
    over = (Overlay(OverlayMode.TINT, compared.strength), Overlay(OverlayMode.CONTOUR))
    return tuple(
        replace(scene, map=compared.map, overlay=overlay, compared=None) for overlay in over
    )


def reach(scene: Scene) -> int:
    """Screen pixels beyond changed labels where the overlay changes."""
    return max(_reach(each) for each in (scene, *_of_own_map(scene)))


def _reach(scene: Scene) -> int:
    if scene.mode not in (OverlayMode.CONTOUR, OverlayMode.HATCH):
        return 0
    width, edge = _contour_pixels(scene.overlay, scene.ratio)
    return overlays.contour_margin(width=width, edge=edge)


def _contour_pixels(overlay: Overlay, ratio: float) -> tuple[int, int]:
    """Device pixels of the line and of its edge."""
    of_contour = overlay.mode is OverlayMode.CONTOUR
    width = overlay.contour_width if of_contour else _CONTOUR_OF_HATCH
    return max(1, round(width * ratio)), max(1, round(ratio))
