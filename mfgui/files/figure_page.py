"""A page as a list of what is drawn on it, in dots of the figure's resolution, from the top left.

Panels begin and end on whole dots, so that panels of one row have the same number of them and their
pixels the same size in every format.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mfgui.core.arrays import Rect
from mfgui.core.figures import Difference, DifferenceKind
from mfgui.files.font_files import Font

Anchor = Literal["left", "middle", "right"]
_ELLIPSIS = "…"


@dataclass(frozen=True)
class Fonts:
    """The two weights of a figure."""

    plain: Font
    bold: Font

    def of(self, *, bold: bool) -> Font:
        return self.bold if bold else self.plain


@dataclass(frozen=True)
class Fill:
    """A rectangle of one colour."""

    rect: Rect
    colour: str


@dataclass(frozen=True)
class Words:
    """One line of text.

    Attributes
    ----------
    x, y : float
        On the base line, at the text's left end, middle or right end.
    size : float
        In dots.
    upright : bool
        Turned by a quarter, reading from bottom to top; left is then its lower end.
    halo : str
        Colour of a rim; empty for none.
    """

    text: str
    x: float
    y: float
    size: float
    colour: str
    bold: bool = False
    anchor: Anchor = "left"
    upright: bool = False
    halo: str = ""

    def start(self, font: Font) -> tuple[float, float]:
        """Where the first letter begins."""
        share = {"left": 0.0, "middle": 0.5, "right": 1.0}[self.anchor]
        back = share * font.width(self.text, self.size)
        return (self.x, self.y + back) if self.upright else (self.x - back, self.y)

    @property
    def rim(self) -> float:
        """Width of the halo."""
        return self.size * 0.09 if self.halo else 0.0


@dataclass(frozen=True)
class Panel:
    """A part of a picture, or its difference from the reference, filling `rect`."""

    rect: Rect
    key: str
    part: Rect
    difference: Difference | None = None


@dataclass(frozen=True)
class ColourBar:
    """The scale of differences, largest at the top."""

    rect: Rect
    kind: DifferenceKind


Item = Fill | Words | Panel | ColourBar


@dataclass(frozen=True)
class Page:
    """A figure before it is drawn."""

    width: int
    height: int
    width_mm: float
    dpi: float
    ground: str
    items: tuple[Item, ...]

    @property
    def height_mm(self) -> float:
        return self.width_mm * self.height / self.width


@dataclass(frozen=True)
class Colours:
    """Of a light or dark page."""

    ground: str
    ink: str
    dim: str
    blank: str

    @classmethod
    def of(cls, *, dark: bool) -> Colours:
        if dark:
            return cls("#16181b", "#f4f4f4", "#b4b9bf", "#2a2d31")
        return cls("#ffffff", "#000000", "#505050", "#ececec")


def outline(rect: Rect, line: int, colour: str) -> list[Fill]:
    """A frame of `line` dots around a rectangle."""
    outer = rect.grown(line)
    return [
        Fill(Rect(outer.x, outer.y, outer.width, line), colour),
        Fill(Rect(outer.x, rect.bottom, outer.width, line), colour),
        Fill(Rect(outer.x, rect.y, line, rect.height), colour),
        Fill(Rect(rect.right, rect.y, line, rect.height), colour),
    ]


def bright(colour: str) -> bool:
    """Whether black stands out from it better than white."""
    red, green, blue = (float((value / 255) ** 2.2) for value in bytes.fromhex(colour[1:]))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18


def shortened(text: str, font: Font, size: float, room: float) -> str:
    """As much of a text as there is room for."""
    if font.width(text, size) <= room:
        return text
    kept = text
    while kept and font.width(kept + _ELLIPSIS, size) > room:
        kept = kept[:-1]
    return kept.rstrip() + _ELLIPSIS if kept else ""


def wrapped(
    text: str, font: Font, size: float, room: float, *, most: int, indent: float = 0.0
) -> tuple[str, ...]:
    """At most so many lines of words; the last one is shortened. `indent` is of the first."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most - 1:
        taken = 1
        free = room - (0.0 if lines else indent)
        while taken < len(words) and font.width(" ".join(words[: taken + 1]), size) <= free:
            taken += 1
        if taken == len(words):
            break
        lines.append(shortened(" ".join(words[:taken]), font, size, free))
        words = words[taken:]
    if words:
        free = room - (0.0 if lines else indent)
        lines.append(shortened(" ".join(words), font, size, free))
    return tuple(lines)


def fitting(texts: Sequence[str], font: Font, size: float, room: float) -> str:
    """The first of several wordings that there is room for; the last one shortened."""
    fits = (text for text in texts if font.width(text, size) <= room)
    return next(fits, None) or shortened(texts[-1], font, size, room)


def round_length(wanted: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above `wanted`.

    >>> [round_length(value) for value in (0.7, 37.0, 100.0)]
    [0.5, 20.0, 100.0]
    """
    power = math.floor(math.log10(wanted) + 1e-9)
    step = next(n for n in (5, 2, 1) if n * 10.0**power <= wanted * (1 + 1e-9))
    return float(f"{step * 10.0**power:.12g}")
