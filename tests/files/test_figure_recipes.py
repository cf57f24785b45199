from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfgui.core.arrays import Rect
from mfgui.core.errors import InputError
from mfgui.core.figures import (
    Bars,
    Crop,
    Difference,
    DifferenceKind,
    Enlargement,
    FigureRecipe,
    Layout,
    Names,
    PageSetup,
    Place,
    ScaleBar,
)
from mfgui.files.figure_recipes import options_text, read_recipe, recipe_text, with_options
from tests.files.figures_made import CROP, INSET, recipe

FULL = recipe(
    crops=(CROP, INSET, Crop("C", Rect(0, 0, 60, 40), "#009e73", Place.UPPER_LEFT)),
    difference=Difference(DifferenceKind.ABSOLUTE, 64),
    scale_bar=ScaleBar(Bars.WHOLE, "µm", 0.325, 5.0, None),
    layout=Layout(2, False, Names.BELOW, True, False, Enlargement.SMOOTH, 0.3),
    page=PageSetup(88.9, 600.0, 7.5, 2.0, 0.0, True),
    output="figure of all.pdf",
)


def written(path: Path, wanted: FigureRecipe, change: Callable[[Any], object] = id) -> Path:
    content = json.loads(recipe_text(wanted))
    change(content)
    path.write_text(json.dumps(content), "utf-8")
    return path


@pytest.mark.parametrize("wanted", [recipe(), FULL, recipe(difference=None, scale_bar=None)])
def test_that_a_recipe_is_read_as_it_was_written(tmp_path: Path, wanted: FigureRecipe) -> None:
    path = tmp_path / "a.figure.json"
    path.write_text(recipe_text(wanted), "utf-8")
    assert read_recipe(path) == wanted


def test_that_a_recipe_says_what_people_look_for() -> None:
    content = json.loads(recipe_text(recipe()))
    assert content["schema"] == 1
    assert content["made_with"].startswith("mfgui ")
    assert content["page"]["width_mm"] == 60
    assert content["crops"][0]["rect"] == [10, 8, 12, 9]
    assert content["pictures"][1]["provenance"] == {"method": "gff"}
    assert content["inputs"][0]["sha256"] == "0" * 64


def put(*place: str | int, value: object) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        for name in place[:-1]:
            content = content[name]
        content[place[-1]] = value

    return change


def drop(*place: str | int) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        for name in place[:-1]:
            content = content[name]
        del content[place[-1]]

    return change


WRONG = {
    "schema is missing": drop("schema"),
    "schema 2, which a newer": put("schema", value=2),
    "page.dpi is missing": drop("page", "dpi"),
    "width_mm is not a number from 20 to 1200": put("page", "width_mm", value=1e9),
    "page.width_mm is not a number": put("page", "width_mm", value="wide"),
    "dpi is not a number from 30": put("page", "dpi", value=0),
    "font_pt is not a number": put("page", "font_pt", value="inf"),
    "page.dark is not one of": put("page", "dark", value=1),
    "size is not": put("size", value=[60]),
    "size is not a size": put("size", value=[0, 40]),
    "size is not a list of 2 whole": put("size", value=[60.5, 40]),
    "pictures is not a list": put("pictures", value={}),
    "no picture is a column": put("pictures", value=[]),
    "pictures[0].title is not a text": put("pictures", 0, "title", value=None),
    "two pictures have the same key": put("pictures", 0, "key", value="truth"),
    "a picture has no key": put("pictures", 0, "key", value=""),
    "does not lie beside": put("pictures", 0, "file", value="../../etc/passwd"),
    "/etc/passwd does not lie": put("pictures", 0, "file", value="/etc/passwd"),
    "C:x does not lie": put("pictures", 0, "file", value="C:x"),
    "is not 64 hexadecimal": put("pictures", 0, "sha256", value="abc"),
    "reference is not the key": put("reference", value="result:9"),
    "difference needs a reference": put("reference", value=""),
    "difference.gain is not": put("difference", "gain", value=0),
    "difference.kind is not one of signed, absolute": put("difference", "kind", value="other"),
    "crop A does not lie inside the pictures of 60 x 40": put(
        "crops", 0, "rect", value=[50, 0, 11, 9]
    ),
    "rect is not a list of 4": put("crops", 0, "rect", value=[-1, 0, 2, 2]),
    "colour of the crop A": put("crops", 0, "colour", value="red"),
    "crops[0].place is not one of": put("crops", 0, "place", value="middle"),
    "scale_bar.unit is empty": put("scale_bar", "unit", value=" "),
    "pixel_size is not a number": put("scale_bar", "pixel_size", value=0),
    "layout.columns is not": put("layout", "columns", value=-1),
    "nothing would be drawn": lambda content: (
        put("layout", "whole", value=False)(content),
        put("crops", value=[])(content),
    ),
    "output is not the name of a file": put("output", value="../figure.png"),
}


@pytest.mark.parametrize("words", WRONG)
def test_that_every_fault_is_one_line_that_names_it(tmp_path: Path, words: str) -> None:
    path = written(tmp_path / "a.figure.json", recipe(), WRONG[words])
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    assert words in str(caught.value)
    assert "a.figure.json: no recipe of a figure" in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b'{"schema": NaN}', b"\xff" * 40, b'{"a": ' * 5000]
)
def test_that_what_is_no_recipe_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.json"):
        read_recipe(path)


def test_that_options_are_kept_for_the_next_figure() -> None:
    fresh = recipe(difference=None, output="other.png")
    kept = with_options(fresh, options_text(FULL))
    assert (kept.layout, kept.page, kept.difference) == (FULL.layout, FULL.page, FULL.difference)
    assert kept.output == "other.pdf"
    assert (kept.pictures, kept.crops, kept.size) == (fresh.pictures, fresh.crops, fresh.size)


def test_that_the_size_of_a_pixel_is_not_kept() -> None:
    kept = with_options(recipe(), options_text(FULL))
    assert kept.scale_bar == ScaleBar(Bars.WHOLE)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"layout": 3}'])
def test_that_damaged_options_are_passed_over(text: str) -> None:
    assert with_options(recipe(), text) == recipe()
