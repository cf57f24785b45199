from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ImageFont

from mfgui import resources
from mfgui.core.errors import InputError
from mfgui.files.font_files import read_font

FONTS = [resources.path(f"fonts/Inter-{weight}.otf") for weight in ("Regular", "SemiBold")]
TEXT = "ABCXYZabcxyz0123456789 .,:;()[]+-=/%|&äöüßéñøłžλµσΔ×−·…°²→±≤"


@pytest.mark.parametrize("path", FONTS, ids=lambda path: path.stem)
def test_that_widths_are_those_that_freetype_finds(path: Path) -> None:
    font = read_font(path)
    other = ImageFont.truetype(str(path), font.units, layout_engine=ImageFont.Layout.BASIC)
    for character in TEXT:
        assert font.glyph(character) > 0, character
        assert font.width(character, font.units) == other.getlength(character), character
    assert (font.ascent, -font.descent) == other.getmetrics()
    assert font.name == path.stem


@pytest.mark.parametrize("path", FONTS, ids=lambda path: path.stem)
def test_that_a_capital_is_as_high_as_it_is_drawn(path: Path) -> None:
    font = read_font(path)
    other = ImageFont.truetype(str(path), font.units, layout_engine=ImageFont.Layout.BASIC)
    _, top, _, bottom = other.getbbox("H", anchor="ls")
    assert (bottom, -top) == (0, font.capital)


def test_that_an_unknown_character_is_an_empty_box() -> None:
    font = read_font(FONTS[0])
    assert font.glyph("漢") == 0
    assert font.width("漢", 10) > 0


@pytest.mark.parametrize("data", [b"", b"OTTO", b"\0" * 400])
def test_that_a_damaged_font_is_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "font.otf"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"font\.otf"):
        read_font(path)
