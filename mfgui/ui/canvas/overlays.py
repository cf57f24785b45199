"""How a focus map is drawn over a picture: tint, contour, only the active label, gaps."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui import resources
from mfgui.core.arrays import ImageU8, LabelArray
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.overlay import DEFAULT_STRENGTH as DEFAULT_STRENGTH
from mfgui.core.overlay import Overlay as Overlay
from mfgui.core.overlay import OverlayMode as OverlayMode
from mfgui.core.stripes import Scratch

ColourTable: TypeAlias = npt.NDArray[np.int32]  # one 0xffRRGGBB per label

Checks: TypeAlias = Callable[[npt.NDArray[np.uint32], ImageU8], None]

_OPAQUE = 0xFF000000
_CHECKS = (0xFFF5F5F5, 0xFF262626)  # far apart, so that they show at any strength and picture
CHECK_SIDE = 8  # screen pixels
_DIM = 48.0  # the grey that pixels of other labels move towards


@dataclass(frozen=True)
class Palette:
    """Colours of labels as 0xffRRGGBB.

    Attributes
    ----------
    labels : tuple of int
        For stacks of at most as many sources; safe for colour-blind people.
    ramp : tuple of int
        Anchors of an even ramp in stack order, for larger stacks; heat maps are drawn in it, too.
    accent : int
        The active label in larger stacks.
    unassigned, ignore : int
        Where no colour of a source applies.
    diverging : tuple of int
        Anchors from the least through nothing, in the middle, to the most.
    """

    labels: tuple[int, ...]
    ramp: tuple[int, ...]
    accent: int
    unassigned: int
    ignore: int
    diverging: tuple[int, ...]

    @classmethod
    def load(cls, *, accent: int) -> Palette:
        """The palette that ships with the program."""
        stored = json.loads(resources.path("palettes.json").read_text("utf-8"))
        return cls(
            labels=tuple(_colour(entry["color"]) for entry in stored["labels"]),
            ramp=tuple(_colour(word) for word in stored["ramp"]["anchors"]),
            accent=accent,
            unassigned=_colour(stored["unassigned"]),
            ignore=_colour(stored["ignore"]),
            diverging=tuple(_colour(word) for word in stored["diverging"]),
        )

    def colour(self, label: int, *, k: int, active: int) -> int:
        """Colour of label 1 ... k as 0xffRRGGBB."""
        if k <= len(self.labels):
            return self.labels[label - 1]
        if label == active:
            return self.accent
        return _on_ramp(self.ramp, (label - 1) / (k - 1))

    def table(self, labels: LabelArray, *, k: int, active: int) -> ColourTable:
        """Colours of every value that the type of `labels` can hold."""
        table = np.full(ignore_label(labels) + 1, self.unassigned, np.uint32)
        table[1 : k + 1] = [self.colour(n, k=k, active=active) for n in range(1, k + 1)]
        table[-1] = self.ignore
        return table.view(np.int32)


class Checkerboard:
    """Light and dark squares; kept, because making them takes a while."""

    def __init__(self) -> None:
        # One value, because two threads draw: neither may see half of a change.
        self._kept = (0, np.empty((0, 0), np.uint32))

    def draw(
        self,
        colours: npt.NDArray[np.uint32],
        where: ImageU8,
        *,
        side: int = CHECK_SIDE,
        origin: tuple[int, int] = (0, 0),
    ) -> None:
        """Write it into (h, w) `colours` where `where` is not 0.

        `side` is that of a square, `origin` the column and row of the first pixel counted from
        the image's corner, so that the squares move with the image.
        """
        height, width = colours.shape
        x, y = origin[0] % (2 * side), origin[1] % (2 * side)
        kept, plane = self._kept
        large = plane.shape[0] >= y + height and plane.shape[1] >= x + width
        if side != kept or not large:
            plane = _checks(side, height + 2 * side, width + 2 * side)
            self._kept = (side, plane)
        part = plane[y : y + height, x : x + width]
        cv2.copyTo(part.view(np.int32), where, colours.view(np.int32))


def _checks(side: int, height: int, width: int) -> npt.NDArray[np.uint32]:
    columns, rows = np.arange(width) // side & 1, np.arange(height) // side & 1
    lines = np.array(_CHECKS, np.uint32)[[columns, 1 - columns]]
    return np.take(lines, rows, axis=0)


def tint(
    picture: ImageU8,
    labels: LabelArray,
    *,
    table: ColourTable,
    strength: int,
    checks: Checks,
    out: ImageU8,
    scratch: Scratch | None = None,
) -> None:
    """Blend the colour of each label over the picture; a checkerboard where there is none.

    Parameters
    ----------
    picture, out : (h, w, 4) uint8
        Blue, green, red, 255. They may be the same array.
    labels : (h, w)
        The label below each pixel.
    table : (256,) or (65536,) int32
        From `Palette.table`.
    strength : int
        Opacity in percent.
    checks : callable
        Draws a checkerboard into (h, w) uint32 colours where an (h, w) mask is not 0.
    scratch : Scratch, optional
        Memory of this thread.
    """
    colours = looked_up(labels, table, Scratch() if scratch is None else scratch)
    if cv2.countNonZero(labels) < labels.size:
        checks(colours, (labels == UNASSIGNED).view(np.uint8))
    opacity = strength / 100
    plane = colours.view(np.uint8).reshape(picture.shape)
    cv2.addWeighted(picture, 1 - opacity, plane, opacity, 0, dst=out)


def dim_others(
    picture: ImageU8, labels: LabelArray, *, active: int, strength: int, out: ImageU8
) -> None:
    """Keep the pixels of the active label, move all others towards a dark grey.

    Arrays as for `tint`; `strength` is how far, in percent.
    """
    opacity = strength / 100
    kept = (labels == active).view(np.uint8)
    dimmed = np.empty(picture.shape, np.uint8)
    cv2.convertScaleAbs(picture, dst=dimmed, alpha=1 - opacity, beta=opacity * _DIM)
    cv2.copyTo(picture, kept, dimmed)
    np.bitwise_or(_words(dimmed), _OPAQUE, out=_words(out))


def check_gaps(
    picture: ImageU8, labels: LabelArray, *, strength: int, checks: Checks, out: ImageU8
) -> None:
    """Blend a checkerboard over the unassigned pixels and leave the others as they are.

    Arrays as for `tint`; `strength` is the opacity in percent.
    """
    if cv2.countNonZero(labels) == labels.size:
        if out is not picture:
            out[...] = picture
        return
    plane = picture.copy()
    checks(_words(plane), (labels == UNASSIGNED).view(np.uint8))
    opacity = strength / 100
    cv2.addWeighted(picture, 1 - opacity, plane, opacity, 0, dst=out)


def contour_margin(*, width: int, edge: int) -> int:
    """How many pixels around a place its contour depends on."""
    return (width + 2 * edge) // 2 + 1


def contour_masks(labels: LabelArray, *, width: int, edge: int) -> tuple[ImageU8, ImageU8]:
    """Where the white line and where its black edge (and the line) lie.

    Parameters
    ----------
    labels : (h, w)
        The label below each screen pixel.
    width, edge : int
        Screen pixels of the line, and of the edge on each side.

    Returns
    -------
    line, edges : (h, w) uint8
        255 inside. A pixel is inside when the `width + 1` (or `width + 2 edge + 1`) square
        around it holds more than one label.
    """
    window = np.ones((width + 1, width + 1), np.uint8)
    line, edges = np.empty(labels.shape, np.uint8), np.empty(labels.shape, np.uint8)
    cv2.compare(cv2.dilate(labels, window), cv2.erode(labels, window), cv2.CMP_NE, dst=line)
    # A larger square holds several labels exactly when one of the smaller ones inside it does.
    cv2.dilate(line, np.ones((2 * edge + 1, 2 * edge + 1), np.uint8), dst=edges)
    return line, edges


def draw_contour(picture: ImageU8, *, line: ImageU8, edges: ImageU8) -> None:
    """Paint the masks of `contour_masks` in white and black into `picture`."""
    if not cv2.countNonZero(edges):
        return
    cv2.copyTo(cv2.cvtColor(line, cv2.COLOR_GRAY2BGRA), edges, picture)


def looked_up(labels: LabelArray, table: ColourTable, scratch: Scratch) -> npt.NDArray[np.uint32]:
    """The word of `table` for each label, in memory of `scratch`.

    Screens full of words are not asked for again and again: the system takes longer to give them
    than they take to be filled.
    """
    words = scratch.take("words", labels.shape, np.int32)
    if labels.dtype == np.uint8:
        # OpenCV's table is three times as fast as NumPy's, but older versions take bytes only.
        cv2.LUT(labels, table, dst=words)
    else:
        np.take(table, labels, out=words, mode="clip")
    return words.view(np.uint32)


def _words(pixels: ImageU8) -> npt.NDArray[np.uint32]:
    return pixels.view(np.uint32)[..., 0]


def _colour(word: str) -> int:
    return _OPAQUE | int(word.removeprefix("#"), 16)


def _on_ramp(anchors: Sequence[int], place: float) -> int:
    """Colour at 0 ... 1 along anchors at equal distances, linear in sRGB."""
    at = place * (len(anchors) - 1)
    first = min(int(at), len(anchors) - 2)
    part = at - first
    blended = 0
    for shift in (16, 8, 0):
        low, high = ((anchors[n] >> shift) & 255 for n in (first, first + 1))
        blended |= round(low + (high - low) * part) << shift
    return _OPAQUE | blended
