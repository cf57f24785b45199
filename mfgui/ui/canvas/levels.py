"""Colours over a picture by a level of every pixel: soft maps, differences, heat maps, lines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage, QPainter

from mfgui.core.arrays import BoolMask, ImageU8, LabelArray
from mfgui.core.labels import ignore_label
from mfgui.core.stripes import Scratch
from mfgui.ui.canvas.overlays import looked_up

# 0xAARRGGBB of each of 256 levels, multiplied by the opacity; AA is the opacity itself.
Ink: TypeAlias = npt.NDArray[np.int32]

AGREE, ONLY_FIRST, ONLY_SECOND, OTHERS = range(4)


def ink_of(colours: npt.NDArray[np.uint32], opacities: npt.NDArray[np.float64]) -> Ink:
    """Ink of one 0xffRRGGBB and one opacity, 0 ... 1, for each of 256 levels."""
    channels = colours.view(np.uint8).reshape(256, 4).astype(np.float64)
    channels[:, 3] = 255.0
    opaque = np.rint(255 * opacities) / 255
    mixed = np.rint(channels * opaque[:, None]).astype(np.uint8)
    return mixed.view(np.int32)[:, 0]


def blend(levels: ImageU8, ink: Ink, *, out: ImageU8, scratch: Scratch | None = None) -> None:
    """Put the ink of each level, (h, w) uint8, over `out`, (h, w, 4): blue, green, red, 255.

    Qt does it: its blending is four times as fast as what OpenCV or NumPy offer.
    """
    height, width = levels.shape
    colours = looked_up(levels, ink, Scratch() if scratch is None else scratch)
    row = out.strides[0]
    # All bytes from the first to the last pixel, because Qt takes none with gaps.
    memory = np.lib.stride_tricks.as_strided(out, ((height - 1) * row + 4 * width,), (1,))
    below = QImage(memory.data, width, height, row, QImage.Format.Format_RGB32)
    over = QImage(colours.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    with QPainter(below) as painter:
        painter.drawImage(0, 0, over)


def grey(picture: ImageU8) -> None:
    """Take the colours out of the picture, so that they are not taken for those of the overlay."""
    plain = cv2.cvtColor(picture, cv2.COLOR_BGRA2GRAY)
    cv2.cvtColor(plain, cv2.COLOR_GRAY2BGRA, dst=picture)


@lru_cache(maxsize=16)
def one_hue(colour: int, opacity: float) -> Ink:
    """Ink from clear at level 0 to `opacity` at level 255."""
    return ink_of(np.full(256, colour, np.uint32), np.arange(256) / 255 * opacity)


@lru_cache(maxsize=16)
def ramp(anchors: tuple[int, ...], opacity: float) -> Ink:
    """Ink along `anchors` from level 1 to 255; nothing at level 0."""
    colours = np.full(256, 0xFF000000, np.uint32)
    colours[1:] = colours_along(anchors, 255)
    opacities = np.full(256, opacity)
    opacities[0] = 0.0
    return ink_of(colours, opacities)


@lru_cache(maxsize=16)
def kinds(colours: tuple[int, ...], opacity: float) -> Ink:
    """Ink of these colours from level 1 on; nothing at all others."""
    table, opacities = np.zeros(256, np.uint32), np.zeros(256)
    table[1 : 1 + len(colours)] = colours
    opacities[1 : 1 + len(colours)] = opacity
    return ink_of(table, opacities)


def colours_along(anchors: Sequence[int], count: int) -> npt.NDArray[np.uint32]:
    """`count` colours 0xffRRGGBB along anchors at equal distances, linear in sRGB."""
    places = np.linspace(0, len(anchors) - 1, count)
    found = np.full(count, 0xFF, np.uint32)
    for shift in (16, 8, 0):
        channel = np.interp(places, np.arange(len(anchors)), [(a >> shift) & 255 for a in anchors])
        found = (found << np.uint32(8)) | np.rint(channel).astype(np.uint32)
    return found


def compared(first: LabelArray, second: LabelArray, *, active: int) -> ImageU8:
    """How two maps differ at each pixel.

    Returns
    -------
    (h, w) uint8
        AGREE; ONLY_FIRST or ONLY_SECOND, the map that alone has the label `active` there; OTHERS
        where they differ in labels that are not the active one. Pixels that either map ignores
        agree. For two sources OTHERS is found at unassigned pixels only.
    """
    differ: BoolMask = first != second
    if not differ.any():
        return np.zeros(differ.shape, np.uint8)
    for labels in (first, second):
        differ &= labels != ignore_label(labels)
    found: ImageU8 = np.full(first.shape, OTHERS, np.uint8)
    # Where both have the active label they do not differ.
    found -= (first == active).view(np.uint8) * np.uint8(OTHERS - ONLY_FIRST)
    found -= (second == active).view(np.uint8) * np.uint8(OTHERS - ONLY_SECOND)
    found *= differ.view(np.uint8)
    return found
