"""Where everything of a figure stands: columns of pictures, rows of crops and differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mfgui.core.arrays import Rect
from mfgui.core.errors import UsageError
from mfgui.core.figures import (
    Bars,
    Crop,
    Difference,
    DifferenceKind,
    FigurePicture,
    FigureRecipe,
    Names,
    Place,
)
from mfgui.files.figure_page import (
    Fill,
    Fonts,
    Item,
    Page,
    Panel,
    Words,
    bright,
    fitting,
    outline,
    shortened,
    wrapped,
)
from mfgui.files.figure_scales import Measures, colour_bar, gutter_width, scale_bar

MOST_DOTS = 150_000_000
_LEAST_COLUMN = 12  # dots
_TALLEST = 2.0  # of a panel, in widths of a column
_LINE = 1.26  # from base line to base line, of the letters' size
_TIMES = "×"


def lay_out(recipe: FigureRecipe, fonts: Fonts) -> Page:
    """Place everything that the recipe asks for.

    Raises
    ------
    UsageError
        If the pictures do not fit into the width, the page would have too many dots, or a scale
        bar is longer than its picture.
    """
    return _Sheet(recipe, fonts).page()


@dataclass(frozen=True)
class _Row:
    """One row of panels: the whole pictures, a crop, or the differences of one of them."""

    part: Rect
    crop: Crop | None = None
    difference: Difference | None = None


_Name = tuple[str, tuple[str, ...], tuple[str, ...]]
"""Letter of a picture, lines of its title, and of the note below it."""


class _Sheet:
    """A page while it is being filled from the top."""

    def __init__(self, recipe: FigureRecipe, fonts: Fonts) -> None:
        self._recipe, self._fonts = recipe, fonts
        self._m = m = Measures.of(recipe.page, fonts)
        self._width = max(1, round(recipe.page.width_mm * m.mm))
        self._margin = round(recipe.page.margin_mm * m.mm)
        self._items: list[Item] = []
        self._rows = self._planned_rows()
        self._place_columns()

    def page(self) -> Page:
        """The page with everything on it."""
        y, per_line = self._margin, self._per_line
        columns = self._recipe.columns
        for first in range(0, len(columns), per_line):
            y += (2 * self._m.gap + round(self._m.letters)) if first else 0
            y = self._block(columns[first : first + per_line], first, y)
        height = self._foot(y) + self._margin
        if self._width * height > MOST_DOTS:
            raise UsageError(
                f"the figure would have {self._width} x {height} dots",
                hint="make it smaller or lower its resolution",
            )
        setup = self._recipe.page
        return Page(
            self._width,
            height,
            setup.width_mm,
            setup.dpi,
            self._m.colours.ground,
            tuple(self._items),
        )

    def _planned_rows(self) -> list[_Row]:
        recipe = self._recipe
        whole = Rect(0, 0, recipe.size.width, recipe.size.height)
        crops = [crop for crop in recipe.crops if crop.place is Place.ROW]
        rows = [_Row(whole)] if recipe.layout.whole else []
        rows += [_Row(crop.rect, crop) for crop in crops]
        if recipe.difference is None:
            return rows
        found = []
        for row in rows:
            found.append(row)
            if row.crop is not None or not crops:
                found.append(_Row(row.part, row.crop, recipe.difference))
        return found

    def _place_columns(self) -> None:
        """Widths of the gutters and of the columns between them."""
        count = len(self._recipe.columns)
        self._per_line = min(self._recipe.layout.columns or count, count)
        captions = any(row.crop is not None or row.difference for row in self._rows)
        self._left = self._margin + (round(1.35 * self._m.letters) if captions else 0)
        gutter = 0
        if self._recipe.difference is not None:
            gutter = gutter_width(self._recipe.difference, self._m)
        free = self._width - self._left - self._margin - gutter - (self._per_line - 1) * self._m.gap
        self._column = free // self._per_line
        if self._column < max(_LEAST_COLUMN, 4 * self._m.frame):
            noun = "picture does" if self._per_line == 1 else "pictures do"
            raise UsageError(
                f"{self._per_line} {noun} not fit into {self._recipe.page.width_mm:g} mm beside "
                "each other",
                hint="make the figure wider, its letters smaller, or its lines shorter",
            )

    def _block(self, pictures: Sequence[FigurePicture], first: int, y: int) -> int:
        """One line of pictures with all of its rows; returns where it ends."""
        names = self._recipe.layout.names
        if names is Names.ABOVE:
            y = self._name_line(pictures, first, y)
        for number, row in enumerate(self._rows):
            y += self._m.gap if number else 0
            y = self._row(row, pictures, y)
        if names is Names.BELOW:
            y = self._name_line(pictures, first, y + round(0.35 * self._m.letters))
        return y

    def _foot(self, y: int) -> int:
        """Below everything: what differences are to, where it is not seen beside them."""
        recipe, size = self._recipe, self._m.small
        if recipe.difference is None or recipe.picture(recipe.reference).column:
            return y
        text = f"Differences to {recipe.picture(recipe.reference).title}"
        room = self._width - self._left - self._margin
        base = y + 1.2 * size
        words = shortened(text, self._fonts.plain, size, room)
        self._items.append(Words(words, self._left, base, size, self._m.colours.dim))
        return y + round(1.5 * size)

    def _x(self, column: int) -> int:
        return self._left + column * (self._column + self._m.gap)

    # Names

    def _name_line(self, pictures: Sequence[FigurePicture], first: int, y: int) -> int:
        """Names of one line of pictures: all titles end, or begin, on one base line."""
        entries = [self._name(picture, first + n) for n, picture in enumerate(pictures)]
        most = max(len(lines) for _, lines, _ in entries)
        noted = max(len(notes) for _, _, notes in entries)
        if most + noted == 0:
            return y
        above = self._recipe.layout.names is Names.ABOVE
        line = _LINE * self._m.letters
        for column, (letter, lines, notes) in enumerate(entries):
            top = y + (most - len(lines)) * line if above else y
            below = y + most * line if above else y + len(lines) * line
            self._write_title(letter, lines, self._x(column), top)
            self._write_notes(notes, self._x(column) + self._column / 2, below)
        height = most * line + noted * _LINE * self._m.small
        return y + round(height + (0.2 * self._m.letters if above else 0.0))

    def _name(self, picture: FigurePicture, number: int) -> _Name:
        """Letter, lines of the title, and the note below it."""
        layout, plain = self._recipe.layout, self._fonts.plain
        letter = f"({_letter(number)}) " if layout.letters else ""
        indent = self._fonts.bold.width(letter, self._m.letters)
        room = float(self._column)
        lines = wrapped(picture.title, plain, self._m.letters, room, most=2, indent=indent)
        if letter and not lines:
            lines = ("",)
        note = picture.note if layout.notes else ""
        return letter, lines, wrapped(note, plain, self._m.small, room, most=2)

    def _write_title(self, letter: str, lines: Sequence[str], x: int, top: float) -> None:
        ink, size = self._m.colours.ink, self._m.letters
        lead = self._fonts.bold.width(letter, size)
        base = top + 0.98 * size
        for number, text in enumerate(lines):
            shift = 0.0 if number else lead
            start = x + (self._column - shift - self._m.width(text, size)) / 2
            if shift:
                self._items.append(Words(letter.strip(), start, base, size, ink, bold=True))
            if text:
                self._items.append(Words(text, start + shift, base, size, ink))
            base += _LINE * size

    def _write_notes(self, notes: Sequence[str], middle: float, top: float) -> None:
        size, dim = self._m.small, self._m.colours.dim
        for number, text in enumerate(notes):
            base = top + (0.92 + _LINE * number) * size
            self._items.append(Words(text, middle, base, size, dim, anchor="middle"))

    # Rows

    def _row(self, row: _Row, pictures: Sequence[FigurePicture], y: int) -> int:
        inset = self._m.frame if row.crop is not None else 0
        room = self._column - 2 * inset
        # A tall part is made narrower rather than a page of its own.
        least = 2 * self._m.hair + 1
        height = max(least, round(room * min(row.part.height / row.part.width, _TALLEST)))
        width = min(room, max(least, round(height * row.part.width / row.part.height)))
        place = Rect(0, y + inset, width, height)
        for column, picture in enumerate(pictures):
            left = self._x(column) + inset + (room - width) // 2
            rect = Rect(left, place.y, width, height)
            self._panel(row, picture, rect, first=column == 0)
        self._caption(row, place)
        if row.difference is not None:
            right = self._x(len(pictures) - 1) + self._column
            self._items += colour_bar(row.difference, right, place, self._m)
        return y + height + 2 * inset

    def _panel(self, row: _Row, picture: FigurePicture, rect: Rect, *, first: bool) -> None:
        if row.crop is not None:
            self._items += outline(rect, self._m.frame, row.crop.colour)
        elif row.difference is not None:
            self._items += outline(rect.grown(-self._m.hair), self._m.hair, self._m.colours.dim)
            rect = rect.grown(-self._m.hair)
        if row.difference is not None and picture.key == self._recipe.reference:
            self._blank(rect)
            return
        self._items.append(Panel(rect, picture.key, row.part, row.difference))
        if row.difference is not None:
            return
        taken: frozenset[Place] = frozenset()
        if row.crop is None:
            taken = self._crops(picture, rect)
        bar = self._recipe.scale_bar
        wanted = Bars.WHOLE if row.crop is None else Bars.CROPS
        if bar is not None and first and bar.rows in (wanted, Bars.ALL):
            self._items += scale_bar(
                bar, row.part, rect, self._m, crop=row.crop is not None, taken=taken
            )

    def _blank(self, rect: Rect) -> None:
        """The reference has no difference from itself."""
        self._items.append(Fill(rect, self._m.colours.blank))
        room = rect.width - 0.4 * self._m.small
        words = fitting(("reference", "ref."), self._fonts.plain, self._m.small, room)
        middle = rect.y + rect.height / 2 + 0.36 * self._m.small
        x = rect.x + rect.width / 2
        self._items.append(
            Words(words, x, middle, self._m.small, self._m.colours.dim, anchor="middle")
        )

    def _caption(self, row: _Row, place: Rect) -> None:
        """What a row is, along its left side."""
        if row.difference is not None:
            texts, bold = self._difference_words(row.difference), False
        elif row.crop is not None and row.crop.name:
            texts, bold = [row.crop.name], True
        else:
            return
        font, size = self._fonts.of(bold=bold), self._m.letters if bold else self._m.small
        text = fitting(texts, font, size, place.height)
        x = self._left - round(0.4 * self._m.letters)
        middle = place.y + place.height / 2
        ink = self._m.colours.ink
        self._items.append(Words(text, x, middle, size, ink, bold, anchor="middle", upright=True))

    def _difference_words(self, difference: Difference) -> list[str]:
        kind = "Difference" if difference.kind is DifferenceKind.SIGNED else "Absolute difference"
        gain = f" {_TIMES}{difference.gain}" if difference.gain > 1 else ""
        reference = self._recipe.picture(self._recipe.reference).title
        return [
            f"{kind} to {reference}{gain}",
            f"{kind}{gain}",
            f"Difference{gain}",
            f"Diff.{gain}",
        ]

    # Crops on the whole picture

    def _crops(self, picture: FigurePicture, panel: Rect) -> frozenset[Place]:
        """Rectangles of the crops, then the insets above them; the corners that are taken."""
        scale = panel.width / self._recipe.size.width
        for crop in self._recipe.crops:
            left, top = round(crop.rect.x * scale), round(crop.rect.y * scale)
            right, bottom = round(crop.rect.right * scale), round(crop.rect.bottom * scale)
            inner = Rect(panel.x + left, panel.y + top, max(1, right - left), max(1, bottom - top))
            casing = "#000000" if bright(crop.colour) else "#ffffff"
            for rect, line, colour in (
                (inner, self._m.frame, crop.colour),
                (inner.grown(self._m.frame), self._m.hair, casing),
            ):
                for fill in outline(rect, line, colour):
                    inside = fill.rect.intersected(panel)
                    if not inside.empty:
                        self._items.append(Fill(inside, colour))
            if crop.place is Place.ROW and crop.name:
                self._tag(crop, inner, panel, casing)
        insets = [crop for crop in self._recipe.crops if crop.place is not Place.ROW]
        for crop in insets:
            self._inset(crop, picture, panel)
        return frozenset(crop.place for crop in insets)

    def _tag(self, crop: Crop, inner: Rect, panel: Rect, halo: str) -> None:
        """The name of a crop at its rectangle, outside where there is room."""
        font, size = self._fonts.bold, self._m.small
        capital = font.capital / font.units * size
        rim = self._m.frame + self._m.hair + round(0.2 * size)
        y = float(inner.y - rim)
        if y - capital < panel.y + 0.1 * size:
            y = inner.bottom + rim + capital
            if y > panel.bottom - 0.1 * size:
                y = inner.y + rim + capital
        room = panel.right - font.width(crop.name, size) - 0.15 * size
        x = max(panel.x + 0.15 * size, min(float(inner.x), room))
        self._items.append(Words(crop.name, x, y, size, crop.colour, bold=True, halo=halo))

    def _inset(self, crop: Crop, picture: FigurePicture, panel: Rect) -> None:
        share = self._recipe.layout.inset
        width = round(panel.width * share) - self._m.frame
        height = round(width * crop.rect.height / crop.rect.width)
        most = round(panel.height * 0.9) - self._m.frame
        if height > most:
            width, height = max(1, round(width * most / height)), most
        edge = self._m.frame
        left = crop.place in (Place.UPPER_LEFT, Place.LOWER_LEFT)
        upper = crop.place in (Place.UPPER_LEFT, Place.UPPER_RIGHT)
        rect = Rect(
            panel.x + edge if left else panel.right - edge - width,
            panel.y + edge if upper else panel.bottom - edge - height,
            max(1, width),
            max(1, height),
        )
        casing = "#000000" if bright(crop.colour) else "#ffffff"
        for fill in outline(rect.grown(edge), self._m.hair, casing):
            inside = fill.rect.intersected(panel)
            if not inside.empty:
                self._items.append(Fill(inside, casing))
        self._items += outline(rect, edge, crop.colour)
        self._items.append(Panel(rect, picture.key, crop.rect))


def _letter(number: int) -> str:
    """a ... z, then aa, ab ..."""
    first, last = divmod(number, 26)
    return (_letter(first - 1) if first else "") + chr(ord("a") + last)
