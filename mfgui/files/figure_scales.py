"""Measures of a page, and the scales on it: bars of known length, colours of differences."""

from __future__ import annotations

from dataclasses import dataclass

from mfgui.core.arrays import Rect
from mfgui.core.differences import MOST
from mfgui.core.errors import UsageError
from mfgui.core.figures import Difference, DifferenceKind, PageSetup, Place, ScaleBar
from mfgui.files.figure_page import (
    ColourBar,
    Colours,
    Fill,
    Fonts,
    Item,
    Words,
    fitting,
    outline,
    round_length,
)

_MM_PER_INCH, _PT_PER_INCH = 25.4, 72.0
_SMALL = 0.86  # of the letters of names
_SHARE = 0.28  # of the width of a picture, which a bar of automatic length does not exceed
_CORNERS = (Place.LOWER_RIGHT, Place.LOWER_LEFT, Place.UPPER_RIGHT, Place.UPPER_LEFT)
_MINUS = "−"


@dataclass(frozen=True)
class Measures:
    """Lengths of a page in dots.

    Attributes
    ----------
    mm : float
        A millimetre.
    letters, small : float
        Sizes of the text.
    gap, frame, hair : int
        Between panels, width of a crop's frame, and of a thin line.
    """

    mm: float
    letters: float
    small: float
    gap: int
    frame: int
    hair: int
    colours: Colours
    fonts: Fonts

    @classmethod
    def of(cls, setup: PageSetup, fonts: Fonts) -> Measures:
        mm = setup.dpi / _MM_PER_INCH
        letters = setup.font_pt * setup.dpi / _PT_PER_INCH
        frame, hair = max(1, round(0.3 * mm)), max(1, round(0.08 * mm))
        colours = Colours.of(dark=setup.dark)
        gap = round(setup.gap_mm * mm)
        return cls(mm, letters, letters * _SMALL, gap, frame, hair, colours, fonts)

    def width(self, text: str, size: float) -> float:
        """Of a text in the plain weight."""
        return self.fonts.plain.width(text, size)

    @property
    def capital(self) -> float:
        """Height of a small capital letter."""
        font = self.fonts.plain
        return font.capital / font.units * self.small


def scale_bar(
    bar: ScaleBar,
    part: Rect,
    panel: Rect,
    m: Measures,
    *,
    crop: bool,
    taken: frozenset[Place] = frozenset(),
) -> list[Item]:
    """A bar in a corner of a panel that no inset has taken, with its length above it.

    Raises
    ------
    UsageError
        If it is longer than what the panel shows.
    """
    across = part.width * bar.pixel_size
    given = bar.crop_length if crop else bar.length
    length = round_length(across * _SHARE) if given is None else given
    if length > across:
        raise UsageError(
            f"the scale bar of {length:g} {bar.unit} is longer than its picture, which has "
            f"{across:g} {bar.unit}",
            hint="make it shorter",
        )
    width = max(1, round(length / across * panel.width))
    height, edge, size = max(2, round(0.4 * m.mm)), round(0.5 * m.small), m.small
    words = f"{length:g} {bar.unit}"
    room = max(width, round(m.width(words, size)))
    corner = next((place for place in _CORNERS if place not in taken), Place.LOWER_RIGHT)
    left = corner in (Place.LOWER_LEFT, Place.UPPER_LEFT)
    middle = panel.x + edge + room / 2 if left else panel.right - edge - room / 2
    lower = corner in (Place.LOWER_LEFT, Place.LOWER_RIGHT)
    top = panel.bottom - edge - height if lower else panel.y + edge + round(1.1 * size)
    x = min(max(panel.x, round(middle - width / 2)), panel.right - width)
    rect = Rect(x, top, width, height).intersected(panel)
    text = Words(words, middle, top - 0.38 * size, size, "#ffffff", anchor="middle", halo="#000000")
    casing = rect.grown(m.hair).intersected(panel)
    return [Fill(casing, "#000000"), Fill(rect, "#ffffff"), text]


def bar_width(m: Measures) -> int:
    """Of a colour bar."""
    return max(2, round(0.75 * m.small))


def gutter_width(difference: Difference, m: Measures) -> int:
    """What colour bar, numbers and unit take right of the panels."""
    widest = max(m.width(text, m.small) for text in numbers_of(difference))
    return round(1.95 * m.small + widest) + bar_width(m) + 2 * m.hair + m.gap


def numbers_of(difference: Difference) -> tuple[str, ...]:
    """Of a colour bar, from top to bottom: the differences that have its full colours."""
    most = f"{MOST / difference.gain:.3g}"
    signed = difference.kind is DifferenceKind.SIGNED
    return (f"+{most}", "0", f"{_MINUS}{most}") if signed else (most, "0")


def colour_bar(difference: Difference, right: int, row: Rect, m: Measures) -> list[Item]:
    """Colours, numbers, and what they count, beside a row of panels that ends at `right`."""
    size = m.small
    x = right + max(m.gap, round(0.4 * size))
    inner = Rect(x + m.hair, row.y + m.hair, bar_width(m), row.height - 2 * m.hair)
    items: list[Item] = [*outline(inner, m.hair, m.colours.dim)]
    items.append(ColourBar(inner, difference.kind))
    numbers = numbers_of(difference)
    x = inner.right + m.hair + round(0.25 * size)
    shown = numbers if row.height >= len(numbers) * 1.1 * size else numbers[:1]
    top, bottom = row.y + m.capital, float(row.bottom)
    for number, text in enumerate(shown):
        y = top + (bottom - top) * number / max(1, len(shown) - 1)
        items.append(Words(text, x, y, size, m.colours.ink))
    texts = ("Difference in grey levels of 255", "Grey levels of 255", "Levels of 255", "of 255")
    unit = fitting(texts, m.fonts.plain, size, row.height)
    base = x + max(m.width(text, size) for text in numbers) + 1.05 * size
    middle = row.y + row.height / 2
    items.append(Words(unit, base, middle, size, m.colours.dim, anchor="middle", upright=True))
    return items
