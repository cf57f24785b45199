"""OpenType fonts: which drawing stands for a character, how wide it is, and its outlines.

Figures measure and place text by the font's own widths, so that every output has the same lines.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mfgui.files.inputs import damaged, open_input, reading

_TABLE = struct.Struct(">4sIII")
_POSTSCRIPT_NAME = 6
_UNICODE = ((3, 10, 12), (0, 4, 12), (0, 6, 12), (3, 1, 4), (0, 3, 4))  # the best first


@dataclass(frozen=True, eq=False)
class Font:
    """A font with PostScript outlines.

    Attributes
    ----------
    units : int
        Of the size of a letter; all lengths are in them.
    ascent, descent, capital : int
        Above and (negative) below the base line, and height of a capital letter.
    advances : (N,) array
        Width of each glyph.
    outlines : bytes
        The table ``CFF``, as documents embed it.
    """

    path: Path
    name: str
    units: int
    ascent: int
    descent: int
    capital: int
    box: tuple[int, int, int, int]
    glyphs: dict[int, int] = field(repr=False)
    advances: npt.NDArray[np.uint16] = field(repr=False)
    outlines: bytes = field(repr=False)

    def glyph(self, character: str) -> int:
        """Number of the drawing of a character; 0, an empty box, for one the font lacks."""
        return self.glyphs.get(ord(character), 0)

    def width(self, text: str, size: float) -> float:
        """Of a text in letters of `size`, in the same unit."""
        units = sum(int(self.advances[self.glyph(character)]) for character in text)
        return units * size / self.units


@lru_cache(maxsize=8)
def read_font(path: Path) -> Font:
    """Read an OpenType file.

    Raises
    ------
    InputError
        If it is missing, damaged or has no PostScript outlines.
    """
    with open_input(path) as file, reading(path):
        tables = _tables(file.read())
        head, hhea, os2 = tables["head"], tables["hhea"], tables["OS/2"]
        (units,) = struct.unpack_from(">H", head, 18)
        ascent, descent = struct.unpack_from(">hh", hhea, 4)
        (measured,) = struct.unpack_from(">H", hhea, 34)
        pairs = np.frombuffer(tables["hmtx"], ">u2", 2 * measured).reshape(-1, 2)
        (count,) = struct.unpack_from(">H", tables["maxp"], 4)
        advances = np.full(count, pairs[-1, 0], np.uint16)
        advances[:measured] = pairs[:, 0]
        return Font(
            path,
            _name(tables["name"]),
            units,
            ascent,
            descent,
            struct.unpack_from(">h", os2, 88)[0],
            struct.unpack_from(">4h", head, 36),
            _glyphs(tables["cmap"], path),
            advances,
            tables["CFF "],
        )


def _tables(data: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">H", data, 4)
    found = {}
    for number in range(count):
        tag, _, start, length = _TABLE.unpack_from(data, 12 + number * _TABLE.size)
        found[tag.decode("latin-1")] = data[start : start + length]
    return found


def _name(table: bytes) -> str:
    """The name that documents know the font by."""
    _, count, texts = struct.unpack_from(">HHH", table)
    for number in range(count):
        platform, _, _, kind, length, start = struct.unpack_from(">6H", table, 6 + 12 * number)
        if kind == _POSTSCRIPT_NAME:
            raw = table[texts + start : texts + start + length]
            return raw.decode("latin-1" if platform == 1 else "utf-16-be")
    return "Font"


def _glyphs(table: bytes, path: Path) -> dict[int, int]:
    (count,) = struct.unpack_from(">H", table, 2)
    known = {}
    for number in range(count):
        platform, encoding, start = struct.unpack_from(">HHI", table, 4 + 8 * number)
        (form,) = struct.unpack_from(">H", table, start)
        known[platform, encoding, form] = table[start:]
    for kind in _UNICODE:
        if kind in known:
            return _groups(known[kind]) if kind[2] == 12 else _segments(known[kind])
    raise damaged(path, "no table of characters")


def _groups(table: bytes) -> dict[int, int]:
    """Characters of a table of format 12."""
    (count,) = struct.unpack_from(">I", table, 12)
    found: dict[int, int] = {}
    for number in range(count):
        first, last, glyph = struct.unpack_from(">III", table, 16 + 12 * number)
        found.update((code, glyph + code - first) for code in range(first, last + 1))
    return found


def _segments(table: bytes) -> dict[int, int]:
    """Characters of a table of format 4."""
    (double,) = struct.unpack_from(">H", table, 6)
    words = np.frombuffer(table, ">u2", (len(table)) // 2).astype(int)
    count = double // 2
    lasts, firsts = words[7 : 7 + count], words[8 + count : 8 + 2 * count]
    deltas, offsets = words[8 + 2 * count : 8 + 3 * count], words[8 + 3 * count : 8 + 4 * count]
    found: dict[int, int] = {}
    for number in range(count):
        for code in range(firsts[number], min(lasts[number], 0xFFFE) + 1):
            if offsets[number] == 0:
                glyph = (code + deltas[number]) & 0xFFFF
            else:
                place = 8 + 3 * count + number + offsets[number] // 2 + code - firsts[number]
                glyph = (words[place] + deltas[number]) & 0xFFFF if words[place] else 0
            if glyph:
                found[int(code)] = int(glyph)
    return found
