"""Figures for print from a recipe and pictures: PNG, TIFF or PDF.

The same recipe and the same pictures give the same bytes, whoever draws them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mfgui import __version__
from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.errors import UsageError
from mfgui.core.figures import Enlargement, FigureRecipe
from mfgui.files.figure_layout import lay_out
from mfgui.files.figure_page import ColourBar, Fonts, Page, Panel
from mfgui.files.figure_panels import Reader, bar_colours, difference_part, shown_part
from mfgui.files.figure_pdf import pdf
from mfgui.files.figure_raster import Painted, png, raster, tiff
from mfgui.files.font_files import read_font

SUFFIXES = (".png", ".tif", ".tiff", ".pdf")
SOFTWARE = f"mfgui {__version__}"
Open = Callable[[str], Reader]
"""Gives the picture of a key; asked once for each, in the order of the columns."""


@dataclass(frozen=True)
class Style:
    """Fonts and palette of all figures."""

    fonts: Fonts
    diverging: tuple[str, ...]

    @classmethod
    def of(cls, plain: Path, bold: Path, diverging: tuple[str, ...]) -> Style:
        """From font files and the anchors of a palette."""
        return cls(Fonts(read_font(plain), read_font(bold)), diverging)


@dataclass(frozen=True, eq=False)
class Figure:
    """A page with its pixels, ready to be written in any format."""

    page: Page
    style: Style
    pixels: dict[Panel | ColourBar, Painted]

    def raster(self) -> ImageU8:
        """(H, W, 3) uint8."""
        return raster(self.page, self.pixels, self.style.fonts)

    def encoded(self, suffix: str, *, title: str = "") -> bytes:
        """The file of a format.

        Raises
        ------
        UsageError
            If the format is none of `SUFFIXES`.
        """
        check_suffix(Path(f"figure{suffix}"))
        if suffix.lower() == ".pdf":
            fonts = self.style.fonts
            return pdf(self.page, self.pixels, fonts, title=title, producer=SOFTWARE)
        write = png if suffix.lower() == ".png" else tiff
        return write(self.raster(), dpi=self.page.dpi, software=SOFTWARE)


def check_suffix(path: Path) -> None:
    """Raise UsageError when no figure can be written in the format that a name asks for."""
    if path.suffix.lower() not in SUFFIXES:
        named = f"'{path.suffix}'" if path.suffix else "without a suffix"
        raise UsageError(
            f"no figure of format {named} can be written",
            path=path,
            hint="end the name with .png, .tif or .pdf",
        )


def compose(recipe: FigureRecipe, open_picture: Open, style: Style) -> Figure:
    """Lay a figure out and take what it needs from the pictures, one after another.

    Raises
    ------
    UsageError
        If the content does not fit the page.
    """
    page = lay_out(recipe, style.fonts)
    panels = [item for item in page.items if isinstance(item, Panel)]
    reference: Reader | None = None
    if any(panel.difference is not None for panel in panels):
        reference = open_picture(recipe.reference)
    pixels: dict[Panel | ColourBar, Painted] = {}
    for picture in recipe.columns:
        own = reference if picture.key == recipe.reference else None
        reader = own or open_picture(picture.key)
        for panel in panels:
            if panel.key == picture.key:
                pixels[panel] = _painted(panel, reader, reference, recipe, style)
    for item in page.items:
        if isinstance(item, ColourBar):
            colours = bar_colours(item.kind, style.diverging)
            pixels[item] = Painted(colours, Enlargement.PIXELS)
    return Figure(page, style, pixels)


def _painted(
    panel: Panel, reader: Reader, reference: Reader | None, recipe: FigureRecipe, style: Style
) -> Painted:
    part, width, height = panel.part, panel.rect.width, panel.rect.height
    if panel.difference is None:
        shown = shown_part(reader, part, width, height)
        whole = part == Rect(0, 0, recipe.size.width, recipe.size.height)
        return Painted(shown, Enlargement.SMOOTH if whole else recipe.layout.enlargement)
    assert reference is not None
    shown = difference_part(
        reader,
        reference,
        part,
        width,
        height,
        difference=panel.difference,
        anchors=style.diverging,
    )
    # Between two colours of a scale lie others, which would say what was not measured.
    return Painted(shown, Enlargement.PIXELS)
