"""Blends picture and overlay once per view into a 32-bit image and renews only what changed.

The composed image has the resolution of the screen, not of a level: just below 100 % the level
drawn has up to four times as many pixels as the screen, so a switch would cost four times as
much. Panning moves the composed pixels and composes the strips that came into sight.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QThreadPool
from PySide6.QtGui import QImage

from mfgui.core.arrays import ImageU8, Rect, Size
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas import differences, dimming
from mfgui.ui.canvas.overlay_painter import OverlayPainter, reach
from mfgui.ui.canvas.pixelgrid import PixelGrid
from mfgui.ui.canvas.sampling import (
    columns_below,
    draw_smoothly,
    image_part,
    is_magnified,
    magnify,
    rows_below,
    sample_labels,
)
from mfgui.ui.canvas.scene import Scene
from mfgui.ui.canvas.viewport import Viewport

_KEPT_FRAMES = 3
_BAND_ROWS = 256


class Frame:
    """A composed image of the screen's size; `pixels` and `image` share memory."""

    def __init__(self, screen: Size) -> None:
        self.screen = screen
        self.pixels: ImageU8 = np.empty((screen.height, screen.width, 4), np.uint8)
        self.image = QImage(
            self.pixels.data,
            screen.width,
            screen.height,
            4 * screen.width,
            QImage.Format.Format_RGB32,
        )


@dataclass(frozen=True, eq=False)
class _Composed:
    frame: Frame
    viewport: Viewport
    content: tuple[object, ...]


class Compositor:
    """Keeps the few most recent composed images of one pane."""

    def __init__(self, grid: PixelGrid) -> None:
        self._grid = grid
        self._overlay = OverlayPainter()
        self._kept: OrderedDict[tuple[object, ...], _Composed] = OrderedDict()
        self._spare: list[Frame] = []
        self._aside: Frame | None = None  # the picture that another one is compared with
        self.composed_pixels = 0
        """Screen pixels composed so far; benchmarks and tests read it."""

    def frame(self, scene: Scene, viewport: Viewport) -> Frame:
        """The composed image, from memory where it is there."""
        kept = self._kept.get(scene.content)
        if kept is None or kept.viewport != viewport:
            kept = self._renewed(scene, viewport, kept)
        self._keep(kept)
        return kept.frame

    def repair(self, scene: Scene, viewport: Viewport, rect: Rect, *, before: Scene) -> Rect:
        """Compose again what depends on an image rectangle that has changed.

        Parameters
        ----------
        scene, before : Scene
            After and before the change.
        rect : Rect
            The changed image pixels.

        Returns
        -------
        Rect
            The screen pixels to paint again.
        """
        kept = self._kept.pop(before.content, None)
        if kept is None or kept.viewport != viewport:
            return Rect(0, 0, viewport.screen.width, viewport.screen.height)
        beyond = _smoothing(scene, viewport) + reach(scene)
        dirty = viewport.to_screen_rect(rect).grown(beyond)
        dirty = dirty.intersected(Rect(0, 0, viewport.screen.width, viewport.screen.height))
        self._compose(kept.frame, scene, viewport, dirty)
        self._keep(_Composed(kept.frame, viewport, scene.content))
        return dirty

    def clear(self) -> None:
        """Forget everything composed."""
        self._kept.clear()
        self._spare.clear()
        self._aside = None

    def _renewed(self, scene: Scene, viewport: Viewport, old: _Composed | None) -> _Composed:
        frame = self._new_frame(viewport.screen)
        whole = Rect(0, 0, viewport.screen.width, viewport.screen.height)
        strips = [whole]
        if old is not None and _only_moved(old.viewport, viewport):
            strips = _moved(old, frame, viewport)
        for strip in strips:
            self._compose(frame, scene, viewport, strip)
        return _Composed(frame, viewport, scene.content)

    def _keep(self, composed: _Composed) -> None:
        replaced = self._kept.pop(composed.content, None)
        if replaced is not None and replaced.frame is not composed.frame:
            self._spare.append(replaced.frame)
        self._kept[composed.content] = composed
        while len(self._kept) > _KEPT_FRAMES:
            self._spare.append(self._kept.popitem(last=False)[1].frame)

    def _new_frame(self, screen: Size) -> Frame:
        self._spare = [frame for frame in self._spare if frame.screen == screen]
        return self._spare.pop() if self._spare else Frame(screen)

    def _compose(self, frame: Frame, scene: Scene, viewport: Viewport, rect: Rect) -> None:
        if rect.empty:
            return
        self.composed_pixels += rect.width * rect.height
        inside = rect.intersected(viewport.extent)
        if inside != rect or scene.picture is None:
            frame.pixels.view(np.uint32)[..., 0][rect.slices] = scene.surround
        if inside.empty or scene.picture is None:
            return
        # Band by band: memory of that size is used again, while asking for whole screens of it
        # takes up to 30 ms now and then.
        bands = [
            Rect(inside.x, y, inside.width, min(_BAND_ROWS, inside.bottom - y))
            for y in range(inside.y, inside.bottom, _BAND_ROWS)
        ]
        if scene.replaced:
            self._draw_compared(frame, scene, viewport, bands)
        else:
            self._draw_picture(frame, scene, scene.picture, viewport, bands)
        if scene.band is not None:
            _share(lambda band: _dim(frame, scene, viewport, band), bands)
        values = partial(differences.values_in, scene, frame=viewport.image)
        target = frame.pixels[inside.slices]
        self._grid.draw(target, scene.picture, viewport, inside, values=values)

    def _draw_picture(
        self, frame: Frame, scene: Scene, picture: Picture, viewport: Viewport, bands: list[Rect]
    ) -> None:
        if is_magnified(picture, viewport):
            _share(lambda band: self._magnify(frame, scene, picture, viewport, band), bands)
        else:
            for band in bands:  # Qt shares this among threads of its own
                draw_smoothly(frame.image, picture, viewport, band)
            _share(lambda band: self._draw_overlay(frame, scene, viewport, band), bands)

    def _magnify(
        self, frame: Frame, scene: Scene, picture: Picture, viewport: Viewport, rect: Rect
    ) -> None:
        part = image_part(viewport, rect)
        block = picture.levels[0][part.slices]
        blended = self._overlay.blended(block, scene, part, scale=viewport.scale)
        target = frame.pixels[rect.slices]
        magnify(block if blended is None else blended, part, viewport, rect, out=target)
        if blended is None:
            self._draw_overlay(frame, scene, viewport, rect)

    def _draw_overlay(self, frame: Frame, scene: Scene, viewport: Viewport, rect: Rect) -> None:
        self._overlay.draw(frame.pixels[rect.slices], scene, viewport, rect)

    def _draw_compared(
        self, frame: Frame, scene: Scene, viewport: Viewport, bands: list[Rect]
    ) -> None:
        """Draw what stands in place of the picture, and the overlay over it."""
        other = None
        if differences.needs_screen(scene, viewport):
            assert scene.picture is not None
            assert scene.compared is not None
            assert scene.compared.against is not None
            if self._aside is None or self._aside.screen != viewport.screen:
                self._aside = Frame(viewport.screen)
            other = self._aside
            for band in bands:
                _draw_plainly(frame, scene.picture, viewport, band)
                _draw_plainly(other, scene.compared.against, viewport, band)

        def draw(band: Rect) -> None:
            second = None if other is None else other.pixels[band.slices]
            differences.draw(frame.pixels[band.slices], second, scene, viewport, band)
            self._draw_overlay(frame, scene, viewport, band)

        _share(draw, bands)


def _draw_plainly(frame: Frame, picture: Picture, viewport: Viewport, rect: Rect) -> None:
    """Draw a picture at the resolution of the screen."""
    if not is_magnified(picture, viewport):
        draw_smoothly(frame.image, picture, viewport, rect)
        return
    part = image_part(viewport, rect)
    magnify(picture.levels[0][part.slices], part, viewport, rect, out=frame.pixels[rect.slices])


def _dim(frame: Frame, scene: Scene, viewport: Viewport, rect: Rect) -> None:
    assert scene.band is not None
    distance, width = scene.band.distance.values, scene.band.width
    target, loops = frame.pixels[rect.slices], differences.LOOPS.get()
    if loops is None:
        below = sample_labels(distance, viewport, rect)
        dimming.dim(target, below, width, surround=scene.surround)
    else:
        rows, columns = rows_below(viewport, rect), columns_below(viewport, rect)
        words = differences.words_of(target)
        loops.dim(words, distance, rows, columns, width, scene.surround)


def _share(work: Callable[[Rect], None], bands: list[Rect]) -> None:
    """Do `work` for every band, half of them in a thread of Qt's pool, if one is free."""
    other: Future[None] = Future()

    def second() -> None:
        try:
            _each(work, bands[1::2])
            other.set_result(None)
        except Exception as error:  # raised again in the thread that draws
            other.set_exception(error)

    if len(bands) > 1 and QThreadPool.globalInstance().tryStart(second):
        _each(work, bands[::2])
        other.result()
    else:
        _each(work, bands)


def _each(work: Callable[[Rect], None], bands: list[Rect]) -> None:
    for band in bands:
        work(band)


def _smoothing(scene: Scene, viewport: Viewport) -> int:
    """Screen pixels beyond a changed image rectangle that the filters of its pictures reach."""
    against = None if scene.compared is None else scene.compared.against
    pictures = [picture for picture in (scene.picture, against) if picture is not None]
    return max((_filter(picture, viewport) for picture in pictures), default=1)


def _filter(picture: Picture, viewport: Viewport) -> int:
    if is_magnified(picture, viewport):
        return 1
    step = viewport.scale * viewport.image.width / picture.size.width
    return 2 + math.ceil(2 * max(1.0, step))


def _only_moved(old: Viewport, new: Viewport) -> bool:
    same = (old.image, old.screen, old.scale) == (new.image, new.screen, new.scale)
    near = abs(new.left - old.left) < new.screen.width
    return same and near and abs(new.top - old.top) < new.screen.height


def _moved(old: _Composed, frame: Frame, viewport: Viewport) -> list[Rect]:
    """Copy the pixels still in sight; returns what has to be composed."""
    width, height = viewport.screen.width, viewport.screen.height
    dx, dy = viewport.left - old.viewport.left, viewport.top - old.viewport.top
    kept = Rect(dx, dy, width, height).intersected(Rect(0, 0, width, height))
    source = Rect(kept.x - dx, kept.y - dy, kept.width, kept.height)
    frame.pixels.view(np.uint32)[kept.slices] = old.frame.pixels.view(np.uint32)[source.slices]
    strips = [
        Rect(0, 0, width, kept.y),
        Rect(0, kept.bottom, width, height - kept.bottom),
        Rect(0, kept.y, kept.x, kept.height),
        Rect(kept.right, kept.y, width - kept.right, kept.height),
    ]
    return [strip for strip in strips if not strip.empty]
