"""Recipes of figures: everything that a figure is drawn from, in JSON beside it.

The file is meant to be read, and changed by hand: another width, crop or gain makes another figure
of the same pictures. Nothing in it is believed; every fault is one line that names the field.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath

from mfgui import __version__
from mfgui.core.arrays import MAX_PIXELS, Rect, Size
from mfgui.core.errors import InputError, UsageError
from mfgui.core.figures import (
    FONT_SIZES,
    MOST_CROPS,
    MOST_GAIN,
    MOST_GAP,
    MOST_PICTURES,
    RESOLUTIONS,
    WIDTHS,
    Bars,
    Crop,
    Difference,
    DifferenceKind,
    Enlargement,
    FigurePicture,
    FigureRecipe,
    Input,
    Layout,
    Names,
    PageSetup,
    Place,
    ScaleBar,
)
from mfgui.files.inputs import open_input, reading
from mfgui.files.reports import json_text
from mfgui.files.session_fields import Fields, WrongField, parsed

SCHEMA = 1
SUFFIX = ".figure.json"
_MOST_BYTES = 4 << 20
_LONGEST = 400
_LONGEST_SIDE = 1 << 20
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def recipe_text(recipe: FigureRecipe) -> str:
    """The recipe as JSON."""
    content = asdict(recipe)
    content["size"] = [recipe.size.width, recipe.size.height]
    for entry, crop in zip(content["crops"], recipe.crops, strict=True):
        rect = crop.rect
        entry["rect"] = [rect.x, rect.y, rect.width, rect.height]
    return json_text({"schema": SCHEMA, "made_with": f"mfgui {__version__}", **content})


def read_recipe(path: Path) -> FigureRecipe:
    """Read and check a recipe.

    Raises
    ------
    InputError
        If it cannot be read, or for the first field that is wrong.
    """
    with open_input(path) as file, reading(path):
        data = file.read(_MOST_BYTES + 1)
    try:
        if len(data) > _MOST_BYTES:
            raise WrongField(f"it has more than {_MOST_BYTES >> 20} MB")
        return _recipe(Fields(parsed(data)))
    except WrongField as error:
        hint = "export the figure again, or correct the recipe"
        raise InputError(f"no recipe of a figure: {error}", path=path, hint=hint) from error


def check(recipe: FigureRecipe) -> None:
    """See that a recipe could be read again from its file.

    Raises
    ------
    UsageError
        For the first value that no recipe may have.
    """
    try:
        _recipe(Fields(parsed(recipe_text(recipe).encode())))
    except WrongField as error:
        raise UsageError(f"no figure can be made of this: {error}") from error


def options_text(recipe: FigureRecipe) -> str:
    """What of a recipe is kept for the next figure, of whatever pictures.

    Not the size of a pixel: it belongs to the camera, and a bar of a wrong length looks right.
    """
    bar = recipe.scale_bar
    kept = None if bar is None else replace(ScaleBar(), rows=bar.rows)
    parts = {
        "layout": asdict(recipe.layout),
        "page": asdict(recipe.page),
        "difference": None if recipe.difference is None else asdict(recipe.difference),
        "scale_bar": None if kept is None else asdict(kept),
        "suffix": PurePosixPath(recipe.output).suffix,
    }
    return json.dumps(parts)


def with_options(recipe: FigureRecipe, text: str) -> FigureRecipe:
    """`recipe` with kept options, or as it is when they are none or damaged."""
    try:
        fields = Fields(parsed(text.encode()))
        bar, difference = fields.inside_or_none("scale_bar"), fields.inside_or_none("difference")
        suffix = fields.text("suffix", most=8)
        return replace(
            recipe,
            layout=_layout(fields.inside("layout")),
            page=_page(fields.inside("page")),
            difference=None if difference is None else _difference(difference),
            scale_bar=None if bar is None else _bar(bar),
            output=_plain_name(PurePosixPath(recipe.output).stem + suffix),
        )
    except WrongField:
        return recipe


def _recipe(fields: Fields) -> FigureRecipe:
    schema = fields.whole("schema", least=1)
    if schema > SCHEMA:
        raise WrongField(f"it has schema {schema}, which a newer version wrote")
    size = _size(fields)
    pictures = tuple(_picture(entry) for entry in fields.entries("pictures", most=MOST_PICTURES))
    bar, difference = fields.inside_or_none("scale_bar"), fields.inside_or_none("difference")
    recipe = FigureRecipe(
        size,
        pictures,
        fields.text("reference", most=_LONGEST),
        tuple(_crop(entry, size) for entry in fields.entries("crops", most=MOST_CROPS)),
        None if difference is None else _difference(difference),
        None if bar is None else _bar(bar),
        _layout(fields.inside("layout")),
        _page(fields.inside("page")),
        tuple(_input(entry) for entry in fields.entries("inputs", most=1000)),
        _plain_name(fields.text("output", most=_LONGEST)),
    )
    _check_whole(recipe)
    return recipe


def _check_whole(recipe: FigureRecipe) -> None:
    keys = [picture.key for picture in recipe.pictures]
    if len(set(keys)) < len(keys):
        raise WrongField("two pictures have the same key")
    if not recipe.columns:
        raise WrongField("no picture is a column")
    if recipe.reference and recipe.reference not in keys:
        raise WrongField("reference is not the key of a picture")
    if recipe.difference is not None and not recipe.reference:
        raise WrongField("difference needs a reference")
    if not recipe.layout.whole and all(crop.place is not Place.ROW for crop in recipe.crops):
        raise WrongField("layout.whole is false and no crop has a row: nothing would be drawn")


def _size(fields: Fields) -> Size:
    width, height = _wholes(fields, "size", 2)
    if min(width, height) < 1 or width * height > MAX_PIXELS:
        raise WrongField("size is not a size of pictures")
    return Size(width, height)


def _picture(fields: Fields) -> FigurePicture:
    file = fields.text("file", most=_LONGEST)
    parts = PurePosixPath(file).parts
    if file and ("\\" in file or ":" in file or file.startswith("/") or ".." in parts):
        raise WrongField(f"the file {file} does not lie beside the recipe")
    sha256 = fields.text("sha256", most=64)
    if sha256 and not _SHA256.fullmatch(sha256):
        raise WrongField(f"the sha256 of {file} is not 64 hexadecimal digits")
    key = fields.text("key", most=_LONGEST)
    if not key:
        raise WrongField("a picture has no key")
    return FigurePicture(
        key,
        fields.text("title", most=_LONGEST),
        fields.text("note", most=_LONGEST),
        file,
        sha256,
        fields.one_of("column", (True, False)),
        fields.inside("provenance").plain(),
    )


def _crop(fields: Fields, size: Size) -> Crop:
    x, y, width, height = _wholes(fields, "rect", 4)
    rect = Rect(x, y, width, height)
    name = fields.text("name", most=40)
    if rect.empty or rect.intersected(Rect(0, 0, size.width, size.height)) != rect:
        raise WrongField(f"the crop {name} does not lie inside the pictures of {size}")
    colour = fields.text("colour", most=7)
    if not _COLOUR.fullmatch(colour):
        raise WrongField(f"the colour of the crop {name} is not of the form #rrggbb")
    return Crop(name, rect, colour, Place(fields.one_of("place", _words(Place))))


def _difference(fields: Fields) -> Difference:
    kind = DifferenceKind(fields.one_of("kind", _words(DifferenceKind)))
    return Difference(kind, fields.whole("gain", least=1, most=MOST_GAIN))


def _bar(fields: Fields) -> ScaleBar:
    unit = fields.text("unit", most=12)
    if not unit.strip():
        raise WrongField("scale_bar.unit is empty")
    return ScaleBar(
        Bars(fields.one_of("rows", _words(Bars))),
        unit,
        _number(fields, "pixel_size", 1e-9, 1e9),
        _number_or_none(fields, "length", 1e-9, 1e12),
        _number_or_none(fields, "crop_length", 1e-9, 1e12),
    )


def _layout(fields: Fields) -> Layout:
    return Layout(
        fields.whole("columns", most=MOST_PICTURES),
        fields.one_of("whole", (True, False)),
        Names(fields.one_of("names", _words(Names))),
        fields.one_of("letters", (True, False)),
        fields.one_of("notes", (True, False)),
        Enlargement(fields.one_of("enlargement", _words(Enlargement))),
        _number(fields, "inset", 0.1, 0.9),
    )


def _page(fields: Fields) -> PageSetup:
    return PageSetup(
        _number(fields, "width_mm", *WIDTHS),
        _number(fields, "dpi", *RESOLUTIONS),
        _number(fields, "font_pt", *FONT_SIZES),
        _number(fields, "margin_mm", 0.0, MOST_GAP),
        _number(fields, "gap_mm", 0.0, MOST_GAP),
        fields.one_of("dark", (True, False)),
    )


def _input(fields: Fields) -> Input:
    return Input(fields.text("name"), fields.text("path"), fields.text("sha256", most=64))


def _plain_name(name: str) -> str:
    if not name or name in (".", "..") or any(letter in name for letter in "/\\:"):
        raise WrongField("output is not the name of a file")
    return name


def _words(kind: type[StrEnum]) -> tuple[str, ...]:
    return tuple(member.value for member in kind)


def _wholes(fields: Fields, name: str, count: int) -> tuple[int, ...]:
    found = fields.series(name, most=count)
    if len(found) != count or not all(n == n // 1 and 0 <= n <= _LONGEST_SIDE for n in found):
        raise WrongField(f"{name} is not a list of {count} whole numbers")
    return tuple(int(n) for n in found)


def _number(fields: Fields, name: str, least: float, most: float) -> float:
    found = _number_or_none(fields, name, least, most)
    if found is None:
        raise WrongField(f"{name} is not a number from {least:g} to {most:g}")
    return found


def _number_or_none(fields: Fields, name: str, least: float, most: float) -> float | None:
    found = fields.number_or_none(name)
    if found is not None and not least <= found <= most:
        raise WrongField(f"{name} is not a number from {least:g} to {most:g}")
    return found
