"""Colours over a picture by a level of every pixel: soft maps, differences, heat maps, lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageU8, LabelArray
from mfgui.core.labels import ignore_label

AGREE, ONLY_FIRST, ONLY_SECOND, OTHERS = range(4)


@dataclass(frozen=True, eq=False)
class Ink:
    """What each of 256 levels puts over a picture.

    Attributes
    ----------
    colours : (256,) int32
        0xAARRGGBB, multiplied by the opacity; AA is the opacity itself.
    kept : (256,) int32
        Share of the picture that is left, 255 for all, in each of four bytes.
    """

    colours: npt.NDArray[np.int32] = field(repr=False)
    kept: npt.NDArray[np.int32] = field(repr=False)

    @classmethod
    def of(cls, colours: npt.NDArray[np.uint32], opacities: npt.NDArray[np.float64]) -> Ink:
        """From one 0xffRRGGBB and one opacity, 0 ... 1, for each of 256 levels."""
        channels = colours.view(np.uint8).reshape(256, 4).astype(np.float64)
        channels[:, 3] = 255.0
        left = 255 - np.rint(255 * opacities)
        mixed = np.rint(channels * ((255 - left) / 255)[:, None]).astype(np.uint8)
        kept = np.repeat(left.astype(np.uint8)[:, None], 4, axis=1)
        return cls(mixed.view(np.int32)[:, 0], np.ascontiguousarray(kept).view(np.int32)[:, 0])


def blend(picture: ImageU8, levels: ImageU8, ink: Ink, *, out: ImageU8) -> None:
    """Put the ink of each level over the picture.

    Parameters
    ----------
    picture, out : (h, w, 4) uint8
        Blue, green, red, 255. They may be the same array.
    levels : (h, w) uint8
    """
    left = np.asarray(cv2.LUT(levels, ink.kept)).view(np.uint8).reshape(picture.shape)
    colours = np.asarray(cv2.LUT(levels, ink.colours)).view(np.uint8).reshape(picture.shape)
    cv2.multiply(picture, left, dst=left, scale=1 / 255)
    cv2.add(left, colours, dst=out)


def grey(picture: ImageU8) -> ImageU8:
    """The picture without its colours, so that they are not taken for those of the overlay."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGRA2GRAY), cv2.COLOR_GRAY2BGRA))


@lru_cache(maxsize=16)
def one_hue(colour: int, opacity: float) -> Ink:
    """Ink from clear at level 0 to `opacity` at level 255."""
    return Ink.of(np.full(256, colour, np.uint32), np.arange(256) / 255 * opacity)


@lru_cache(maxsize=16)
def ramp(anchors: tuple[int, ...], opacity: float) -> Ink:
    """Ink along `anchors` from level 1 to 255; nothing at level 0."""
    colours = np.full(256, 0xFF000000, np.uint32)
    colours[1:] = colours_along(anchors, 255)
    opacities = np.full(256, opacity)
    opacities[0] = 0.0
    return Ink.of(colours, opacities)


@lru_cache(maxsize=16)
def kinds(colours: tuple[int, ...], opacity: float) -> Ink:
    """Ink of these colours from level 1 on; nothing at all others."""
    table, opacities = np.zeros(256, np.uint32), np.zeros(256)
    table[1 : 1 + len(colours)] = colours
    opacities[1 : 1 + len(colours)] = opacity
    return Ink.of(table, opacities)


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
