"""Differences of two pictures and planes of local Q, drawn in place of a picture.

What is drawn at a pixel follows from whole numbers alone, so that it is the same whichever loops
draw it: the compiled ones, or NumPy until those have been loaded.
"""

from __future__ import annotations

import logging
import threading
from functools import lru_cache
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mfgui.core import differences as plain
from mfgui.core.arrays import ImageU8, PixelArray, Rect, Size, from_float
from mfgui.core.comparison import CompareView
from mfgui.core.heat import HeatKind, levels_of
from mfgui.core.planes import LevelsQ, q_values
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas.dimming import UNKNOWN, hatch
from mfgui.ui.canvas.sampling import image_part, is_magnified, magnify, sample_labels
from mfgui.ui.canvas.scene import Compared, Plane, Scene
from mfgui.ui.canvas.viewport import Viewport

Words: TypeAlias = npt.NDArray[np.uint32]  # 0xffRRGGBB

_log = logging.getLogger(__name__)


class Loops:
    """The compiled loops, loaded in a thread of their own when they are first asked for."""

    def __init__(self) -> None:
        self._module: ModuleType | None = None
        self._loading: threading.Thread | None = None

    def get(self) -> ModuleType | None:
        """The module, None until it has been loaded."""
        if self._module is None and self._loading is None:
            # A daemon: compiling takes seconds, and closing the window does not wait for it.
            self._loading = threading.Thread(target=self._load, name="loops", daemon=True)
            self._loading.start()
        return self._module

    def _load(self) -> None:
        try:
            from mfgui.core import difference_kernels
        except Exception:  # NumPy draws the same, slower
            _log.warning("the loops of differences cannot be compiled", exc_info=True)
        else:
            self._module = difference_kernels


LOOPS = Loops()


def needs_screen(scene: Scene, viewport: Viewport) -> bool:
    """Whether both pictures must be drawn on the screen first, because not both show true
    pixels; the difference is that of what is drawn then."""
    compared = scene.compared
    if compared is None or not compared.view.of_pixels or compared.against is None:
        return False
    assert scene.picture is not None
    pictures = (scene.picture, compared.against)
    return not all(is_magnified(picture, viewport) for picture in pictures)


def draw(
    target: ImageU8, other: ImageU8 | None, scene: Scene, viewport: Viewport, rect: Rect
) -> None:
    """Draw what a scene compares into `target`, the composed pixels of `rect`.

    Where `needs_screen` says so, `target` has the picture, and `other` the one that it is
    compared with, as they are drawn.
    """
    compared = scene.compared
    assert compared is not None
    unknown = False
    if compared.view.of_q:
        unknown = _draw_planes(target, compared, viewport, rect)
    elif compared.against is None:
        words_of(target)[...] = UNKNOWN
        unknown = True
    elif other is not None:
        draw_pixels(compared, target, other, target)
    else:
        part = image_part(viewport, rect)
        block: ImageU8 = np.empty((part.height, part.width, 4), np.uint8)
        draw_pixels(compared, *blocks_of(scene, part, viewport.image), block)
        magnify(block, part, viewport, rect, out=target)
    if unknown:
        origin = (rect.x - viewport.left, rect.y - viewport.top)
        hatch(target, unit=max(1, round(scene.ratio)), origin=origin)


def _draw_planes(target: ImageU8, compared: Compared, viewport: Viewport, rect: Rect) -> bool:
    """Draw planes of local Q; returns whether there are pixels of which nothing is known."""
    planes = planes_of(compared)
    if planes is None:
        words_of(target)[...] = UNKNOWN
        return True
    if viewport.scale < 1:
        first, *more = (sample_labels(plane.values, viewport, rect) for plane in planes)
        return draw_q(compared, first, more[0] if more else None, target)
    part = image_part(viewport, rect)
    first, *more = (plane.values[part.slices] for plane in planes)
    block: ImageU8 = np.empty((part.height, part.width, 4), np.uint8)
    unknown = draw_q(compared, first, more[0] if more else None, block)
    magnify(block, part, viewport, rect, out=target)
    return unknown


def draw_pixels(compared: Compared, first: PixelArray, second: PixelArray, out: ImageU8) -> None:
    """Draw the difference of the pixels of two pictures.

    Parameters
    ----------
    first, second : (h, w, 4) uint8 or (h, w, 3) uint16
        Both as `Picture.levels` has them, or both with red first.
    out : (h, w, 4) uint8
        Blue, green, red, 255; may be `first`.
    """
    loops = LOOPS.get()
    wide = first.dtype == np.uint16
    if loops is None:
        one, two = (each if wide else each[..., 2::-1] for each in (first, second))
        words_of(out)[...] = _plainly(compared, one, two)
    elif wide:
        _wide(loops, compared, first, second, words_of(out))
    else:
        _narrow(loops, compared, words_of(first), words_of(second), words_of(out))


def draw_q(compared: Compared, first: LevelsQ, second: LevelsQ | None, out: ImageU8) -> bool:
    """Draw local Q, (h, w), or how much it exceeds `second`.

    Returns
    -------
    bool
        Whether there are pixels of which nothing is known, which are `UNKNOWN` then.
    """
    loops, words = LOOPS.get(), words_of(out)
    if second is None:
        colours = _q_colours(compared.ramp)
        if loops is not None:
            return bool(loops.looked_up(first, colours, words))
        words[...] = colours[first]
        return bool((first == 0).any())
    colours = diverging_colours(compared.diverging)
    if loops is not None:
        return bool(loops.q_difference(first, second, compared.gain, colours, words))
    levels = plain.q_difference_levels(first, second, gain=compared.gain)
    missing = (first == 0) | (second == 0)
    words[...] = np.where(missing, UNKNOWN, colours[levels.astype(np.intp) + plain.MOST])
    return bool(missing.any())


def planes_of(compared: Compared) -> tuple[Plane, ...] | None:
    """The planes of local Q that a view is drawn from, None where one is missing."""
    wanted: tuple[Plane | None, ...] = (compared.q,)
    if compared.view is CompareView.LOCAL_Q_DIFFERENCE:
        wanted = (compared.q, compared.against_q)
    found = tuple(plane for plane in wanted if plane is not None)
    return found if len(found) == len(wanted) else None


def blocks_of(scene: Scene, part: Rect, frame: Size) -> tuple[PixelArray, PixelArray]:
    """The pixels of both pictures in `part`, of 16 bits where the set has more than 8.

    Both pictures are there, of the size `frame` of the set.
    """
    assert scene.picture is not None
    assert scene.compared is not None
    assert scene.compared.against is not None
    pictures = (scene.picture, scene.compared.against)
    if any(_is_deep(picture, part, frame) for picture in pictures):
        one, two = (picture.stored(part, frame=frame) for picture in pictures)
        if one is not None and two is not None:
            return _widened(one), _widened(two)
    one, two = (picture.levels[0][part.slices] for picture in pictures)
    return one, two


def values_in(scene: Scene, cells: Rect, frame: Size) -> PixelArray | None:
    """The numbers behind what is drawn in `cells`, (h, w, C); None when they are not at hand.

    Differences are those of the stored values, without gain: int16 and int32 of pictures of 8
    and 16 bits in brightness, unsigned for each channel; the squared error is in grey levels of
    255. Local Q is float64, NaN where it is unknown.
    """
    assert scene.picture is not None
    compared = scene.compared
    if compared is None or compared.view is CompareView.MAP:
        return scene.picture.stored(cells, frame=frame)
    if compared.view.of_q:
        planes = planes_of(compared)
        if planes is None:
            return None
        values = [q_values(plane.values[cells.slices]).astype(np.float64) for plane in planes]
        return (values[0] if len(values) == 1 else values[0] - values[1])[..., None]
    against = compared.against
    if against is None or against.size != frame or scene.picture.size != frame:
        return None
    first, second = blocks_of(scene, cells, frame)
    if first.dtype == np.uint8:
        first, second = first[..., 2::-1], second[..., 2::-1]
    return _numbers(compared.view, first, second)


def diverging_colours(anchors: tuple[int, ...]) -> Words:
    """Words of the levels -255 ... 255."""
    return _along(anchors, 2 * plain.MOST + 1)


def ramp_colours(anchors: tuple[int, ...]) -> Words:
    """Words of the levels 0 ... 255."""
    return _along(anchors, plain.MOST + 1)


def words_of(pixels: ImageU8) -> Words:
    """The words of (h, w, 4) pixels, which share their memory."""
    return pixels.view(np.uint32)[..., 0]


def _narrow(loops: ModuleType, compared: Compared, first: Words, second: Words, out: Words) -> None:
    view, gain = compared.view, compared.gain
    if view is CompareView.SIGNED:
        loops.signed_8(first, second, _gained(compared.diverging, gain), out)
    elif view is CompareView.ABSOLUTE:
        levels = np.minimum(np.arange(256, dtype=np.uint32) * np.uint32(gain), np.uint32(255))
        loops.absolute_8(first, second, levels, out)
    else:
        loops.squared_8(first, second, gain, ramp_colours(compared.ramp), out)


def _wide(loops: ModuleType, compared: Compared, first: Any, second: Any, out: Words) -> None:
    view, gain = compared.view, compared.gain
    if view is CompareView.SIGNED:
        loops.signed_16(first, second, gain, diverging_colours(compared.diverging), out)
    elif view is CompareView.ABSOLUTE:
        loops.absolute_16(first, second, gain, out)
    else:
        loops.squared_16(first, second, gain, ramp_colours(compared.ramp), out)


def _plainly(compared: Compared, first: PixelArray, second: PixelArray) -> Words:
    view, gain = compared.view, compared.gain
    if view is CompareView.SIGNED:
        levels = plain.signed_levels(first, second, gain=gain).astype(np.intp)
        return diverging_colours(compared.diverging)[levels + plain.MOST]
    if view is CompareView.SQUARED_ERROR:
        return ramp_colours(compared.ramp)[plain.squared_levels(first, second, gain=gain)]
    red, green, blue = np.moveaxis(plain.absolute_levels(first, second, gain=gain), 2, 0)
    return _packed(red, green, blue)


def _numbers(view: CompareView, first: PixelArray, second: PixelArray) -> PixelArray:
    wide = first.dtype == np.uint16
    if view is CompareView.SIGNED:
        signed = plain.luma(first) - plain.luma(second)
        return signed.astype(np.int32 if wide else np.int16)[..., None]
    apart = np.abs(first.astype(np.int64) - second.astype(np.int64))
    if view is CompareView.ABSOLUTE:
        return apart.astype(first.dtype)
    steps = 257 if wide else 1
    mean = np.rint((apart * apart).mean(axis=2, keepdims=True) / (steps * steps))
    return mean.astype(np.uint16)


def _is_deep(picture: Picture, part: Rect, frame: Size) -> bool:
    """Whether its stored pixels say more than the displayed ones."""
    corner = picture.stored(Rect(part.x, part.y, 1, 1), frame=frame)
    return corner is not None and corner.dtype != np.uint8


def _widened(pixels: PixelArray) -> PixelArray:
    """Stored pixels as (h, w, 3) uint16, which the compiled loops may take."""
    if pixels.dtype == np.uint8:
        pixels = pixels.astype(np.uint16) * np.uint16(257)
    elif pixels.dtype != np.uint16:
        pixels = from_float(pixels, "uint16")
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels if pixels.flags.writeable else pixels.copy()


@lru_cache(maxsize=16)
def _gained(anchors: tuple[int, ...], gain: int) -> Words:
    """Words of the differences -255 ... 255, times `gain`."""
    levels = np.clip(np.arange(-plain.MOST, plain.MOST + 1) * gain, -plain.MOST, plain.MOST)
    return diverging_colours(anchors)[levels + plain.MOST]


@lru_cache(maxsize=4)
def _q_colours(anchors: tuple[int, ...]) -> Words:
    """Words of each of 65536 levels of local Q, on the scale of heat maps; 0 is unknown."""
    values = q_values(np.arange(1 << 16, dtype=np.uint16)[None])
    levels = levels_of(values, HeatKind.LOCAL_Q)[0].astype(np.intp)
    colours = _along(anchors, 255)[np.maximum(levels, 1) - 1]
    colours[levels == 0] = UNKNOWN
    return colours


@lru_cache(maxsize=8)
def _along(anchors: tuple[int, ...], count: int) -> Words:
    words = [f"#{anchor & 0xFFFFFF:06x}" for anchor in anchors]
    red, green, blue = plain.ramp(words, count).T
    return _packed(red, green, blue)


def _packed(*channels: npt.NDArray[np.uint8]) -> Words:
    red, green, blue = (channel.astype(np.uint32) for channel in channels)
    packed: Words = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    return packed
