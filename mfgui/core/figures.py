"""Figures for print: which pictures, crops and differences, how arranged, at which size. Values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mfgui.core.arrays import Rect, Size

MOST_PICTURES = 64
MOST_CROPS = 16
MOST_GAIN = 256
WIDTHS = (20.0, 1200.0)  # mm
RESOLUTIONS = (30.0, 2400.0)  # dots per inch
FONT_SIZES = (3.0, 48.0)  # pt
MOST_GAP = 100.0  # mm


class Place(StrEnum):
    """Where the enlarged crop stands: in a row of its own, or inset in a corner of the picture."""

    ROW = "row"
    UPPER_LEFT = "upper-left"
    UPPER_RIGHT = "upper-right"
    LOWER_LEFT = "lower-left"
    LOWER_RIGHT = "lower-right"


class DifferenceKind(StrEnum):
    """Of brightness with its sign, or of each channel without."""

    SIGNED = "signed"
    ABSOLUTE = "absolute"


class Bars(StrEnum):
    """Which rows have a scale bar."""

    WHOLE = "whole"
    CROPS = "crops"
    ALL = "all"


class Enlargement(StrEnum):
    """Pixels as squares, or interpolated."""

    PIXELS = "pixels"
    SMOOTH = "smooth"


class Names(StrEnum):
    """Where the names of the pictures stand."""

    ABOVE = "above"
    BELOW = "below"
    NONE = "none"


@dataclass(frozen=True)
class Input:
    """A file that the pictures were made from."""

    name: str
    path: str
    sha256: str


@dataclass(frozen=True)
class FigurePicture:
    """One picture of a figure.

    Attributes
    ----------
    key : str
        Unique in the recipe; the reference is named by it.
    title, note : str
        Shown as its name and, smaller, below it: a score.
    file, sha256 : str
        Of the pixels, relative to the recipe, with forward slashes.
    column : bool
        False for a reference that is not a column itself.
    provenance : mapping
        How a result was made; empty for others.
    """

    key: str
    title: str
    note: str = ""
    file: str = ""
    sha256: str = ""
    column: bool = True
    provenance: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Crop:
    """A rectangle of the pictures that is shown enlarged.

    `name` stands beside it and beside its row; `colour` is that of both frames.
    """

    name: str
    rect: Rect
    colour: str
    place: Place = Place.ROW


@dataclass(frozen=True)
class Difference:
    """A row below each row of crops: picture minus reference, times `gain`."""

    kind: DifferenceKind = DifferenceKind.SIGNED
    gain: int = 8


@dataclass(frozen=True)
class ScaleBar:
    """A bar of known length.

    Attributes
    ----------
    length, crop_length : float or None
        In `unit`; None takes a round number near a quarter of the width.
    pixel_size : float
        Of a pixel in `unit`; 1 with the unit ``px``.
    """

    rows: Bars = Bars.ALL
    unit: str = "px"
    pixel_size: float = 1.0
    length: float | None = None
    crop_length: float | None = None


@dataclass(frozen=True)
class Layout:
    """What is drawn and how it is arranged.

    Attributes
    ----------
    columns : int
        At most so many pictures beside each other; more go below. 0 for no bound.
    whole : bool
        Whether the pictures are shown as a whole, above their crops.
    letters : bool
        (a), (b) ... before the names.
    inset : float
        Width of an inset as a share of the picture's.
    """

    columns: int = 0
    whole: bool = True
    names: Names = Names.ABOVE
    letters: bool = False
    notes: bool = True
    enlargement: Enlargement = Enlargement.PIXELS
    inset: float = 0.42


@dataclass(frozen=True)
class PageSetup:
    """Size in print; the height follows from the content."""

    width_mm: float = 180.0
    dpi: float = 300.0
    font_pt: float = 8.0
    margin_mm: float = 1.0
    gap_mm: float = 1.2
    dark: bool = False


@dataclass(frozen=True)
class FigureRecipe:
    """All of a figure but the pixels.

    Attributes
    ----------
    size : Size
        Of every picture.
    reference : str
        Key of the picture that differences are taken to; empty for none.
    output : str
        Name of the figure's file, whose ending is its format.
    """

    size: Size
    pictures: tuple[FigurePicture, ...]
    reference: str = ""
    crops: tuple[Crop, ...] = ()
    difference: Difference | None = None
    scale_bar: ScaleBar | None = None
    layout: Layout = field(default_factory=Layout)
    page: PageSetup = field(default_factory=PageSetup)
    inputs: tuple[Input, ...] = ()
    output: str = "figure.png"

    @property
    def columns(self) -> tuple[FigurePicture, ...]:
        return tuple(picture for picture in self.pictures if picture.column)

    def picture(self, key: str) -> FigurePicture:
        return next(picture for picture in self.pictures if picture.key == key)
