"""Camera data (EXIF): read from any of the formats, cleaned for an output, written again.

A block is a small TIFF file. It is parsed into directories whose values are kept as
little-endian bytes, so that tags nobody here knows survive from one file to the next.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO

import numpy as np

from mfgui.core.arrays import Size

ORIENTATION, SOFTWARE = 274, 305
XMP, IPTC = 700, 33723  # of TIFF files and raw files like them
EXIF_IFD, GPS_IFD, INTEROP_IFD = 34665, 34853, 40965
_POINTERS = {0: (EXIF_IFD, GPS_IFD), EXIF_IFD: (INTEROP_IFD,), GPS_IFD: (), INTEROP_IFD: ()}
_DESCRIPTION, _PIXEL_WIDTH, _PIXEL_HEIGHT = 270, 40962, 40963
_COLOUR_SPACE, _INTEROP_INDEX = 40961, 1
_ADOBE_RGB, _UNCALIBRATED = 2, 65535
# Of the main directory only what describes the photograph; the rest describes the old file's
# pixel layout or its thumbnail.
_DESCRIPTIVE = frozenset(
    {_DESCRIPTION, 271, 272, ORIENTATION, 282, 283, 296, SOFTWARE, 306, 315, 316, 33432}
    | set(range(40091, 40096))
)
_UNIT = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 1, 7: 1, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4, 129: 1}
_PAIRED = (5, 10)
_MAX_ENTRIES, _MAX_VALUE = 256, 1 << 18


@dataclass(frozen=True)
class Entry:
    """One tag: `data` holds `count` values of TIFF type `kind`, little-endian."""

    kind: int
    count: int
    data: bytes

    @property
    def integer(self) -> int:
        """The first value of a BYTE, SHORT or LONG."""
        return int.from_bytes(self.data[: _UNIT[self.kind]], "little")


Directory = Mapping[int, Entry]


@dataclass(frozen=True)
class CameraData:
    """Directories by the tag that points to them; 0 is the main one. Pointers are not kept."""

    directories: Mapping[int, Directory]

    @property
    def main(self) -> Directory:
        return self.directories.get(0, {})

    @property
    def orientation(self) -> int:
        """1 ... 8 as in the EXIF standard; 1 where missing or nonsense."""
        entry = self.main.get(ORIENTATION)
        value = entry.integer if entry is not None and entry.kind in (1, 3, 4) else 1
        return value if 1 <= value <= 8 else 1


def parse(block: bytes | None) -> CameraData:
    """Directories of an EXIF block (starting with "II" or "MM"); empty when it is not one."""
    if block is None or block[:2] not in (b"II", b"MM"):
        return CameraData({})
    order = "<" if block[:2] == b"II" else ">"
    try:
        (offset,) = struct.unpack_from(order + "I", block, 4)
        return read_directories(BytesIO(block), offset, order=order)
    except struct.error:
        return CameraData({})


def read_directories(file: BinaryIO, offset: int, *, order: str, big: bool = False) -> CameraData:
    """Camera data of the TIFF directory at `offset` and those it points to.

    Parameters
    ----------
    order : str
        "<" or ">".
    big : bool
        Offsets of 8 bytes, as in BigTIFF.
    """
    directories: dict[int, Directory] = {}
    pending = [(0, offset)]
    while pending:
        pointer, position = pending.pop()
        found = _read_directory(file, position, order, big)
        for tag in _POINTERS[pointer]:
            entry = found.pop(tag, None)
            if entry is not None and entry.kind in (4, 13, 16, 18):
                pending.append((tag, int.from_bytes(entry.data, "little")))
        directories[pointer] = found
    return CameraData(directories)


def _read_directory(file: BinaryIO, offset: int, order: str, big: bool) -> dict[int, Entry]:
    head, line, inline = ("Q", "HHQ8s", 8) if big else ("H", "HHI4s", 4)
    file.seek(offset)
    raw = file.read(struct.calcsize("=" + head))
    if len(raw) < struct.calcsize("=" + head):
        return {}
    count = min(struct.unpack(order + head, raw)[0], _MAX_ENTRIES)
    step = struct.calcsize("=" + line)
    table = file.read(step * count)
    entries: dict[int, Entry] = {}
    for start in range(0, len(table) - step + 1, step):
        tag, kind, values, field = struct.unpack_from(order + line, table, start)
        entry = _read_entry(file, kind, values, field, order, inline)
        if entry is not None:
            entries[tag] = entry
    return entries


def _read_entry(
    file: BinaryIO, kind: int, count: int, field: bytes, order: str, inline: int
) -> Entry | None:
    unit = 8 if kind in (16, 17, 18) else _UNIT.get(kind)
    if unit is None:
        return None
    length = count * unit * (2 if kind in _PAIRED else 1)
    if length > _MAX_VALUE:
        return None
    data = field[:length]
    if length > inline:
        file.seek(int.from_bytes(field, "little" if order == "<" else "big"))
        data = file.read(length)
    if len(data) < length:
        return None
    if order == ">" and unit > 1:
        data = np.frombuffer(data, f"u{unit}").byteswap().tobytes()
    return Entry(kind, count, data)


def descriptive(data: CameraData) -> CameraData:
    """Without the main tags that describe the old file's pixel layout or its thumbnail."""
    main = {tag: entry for tag, entry in data.main.items() if tag in _DESCRIPTIVE}
    if _is_layout(main.get(_DESCRIPTION)):
        del main[_DESCRIPTION]
    return replace(data, directories={**data.directories, 0: main})


def cleaned(data: CameraData, *, size: Size, software: str, srgb: bool | None = None) -> CameraData:
    """Camera data for an output: upright, of this size, without thumbnail, software named.

    Parameters
    ----------
    size : Size
        Of the picture that is written.
    software : str
        Program and version.
    srgb : bool, optional
        Whether the profile of the picture is sRGB, for the tags that say so, too; without it
        they stay as they are.
    """
    text = software.encode("ascii", "replace") + b"\0"
    main = {
        **descriptive(data).main,
        ORIENTATION: Entry(3, 1, struct.pack("<H", 1)),
        SOFTWARE: Entry(2, len(text), text),
    }
    directories = {**data.directories, 0: main}
    photo = data.directories.get(EXIF_IFD)
    if photo is not None:
        sides = {_PIXEL_WIDTH: size.width, _PIXEL_HEIGHT: size.height}
        new = {tag: Entry(4, 1, struct.pack("<I", side)) for tag, side in sides.items()}
        directories[EXIF_IFD] = {**photo, **{t: e for t, e in new.items() if t in photo}}
    cleaned = replace(data, directories=directories)
    return cleaned if srgb is None else with_colours(cleaned, srgb=srgb)


def with_colours(data: CameraData, *, srgb: bool) -> CameraData:
    """With the tags of the colour space, where there are any, as the pixels are now."""
    directories = dict(data.directories)
    photo, interop = directories.get(EXIF_IFD, {}), directories.pop(INTEROP_IFD, {})
    if _COLOUR_SPACE in photo:
        value = struct.pack("<H", 1 if srgb else _UNCALIBRATED)
        directories[EXIF_IFD] = {**photo, _COLOUR_SPACE: Entry(3, 1, value)}
    if interop and srgb:
        directories[INTEROP_IFD] = {**interop, _INTEROP_INDEX: Entry(2, 4, b"R98\0")}
    return replace(data, directories=directories)


def says_adobe_rgb(data: CameraData) -> bool:
    """Whether the camera wrote Adobe RGB, which most of them say without a profile (DCF 2.0)."""
    index = data.directories.get(INTEROP_IFD, {}).get(_INTEROP_INDEX)
    space = data.directories.get(EXIF_IFD, {}).get(_COLOUR_SPACE)
    if index is not None:
        return index.data.startswith(b"R03")
    return space is not None and space.kind == 3 and space.integer == _ADOBE_RGB


def _is_layout(description: Entry | None) -> bool:
    """Whether programs read the description as the layout of pages that are no longer there."""
    starts = (b"ImageJ=", b"<?xml", b"<OME", b'{"shape"')
    return description is not None and description.data.startswith(starts)


def serialise(data: CameraData) -> bytes:
    """A little-endian EXIF block, "II" first, without the "Exif" prefix of JPEG."""
    return b"II*\0\x08\0\0\0" + serialise_directory(data, 0, base=8)


def serialise_directory(
    data: CameraData, pointer: int, *, base: int, kept: Mapping[int, bytes] | None = None
) -> bytes:
    """One directory and those below it as they stand `base` bytes into a little-endian file.

    Parameters
    ----------
    kept : mapping of tag to bytes
        Finished 12-byte entries of the same file to stand beside those of `data`, which go
        first where both have a tag.
    """
    kept = kept or {}
    entries = dict(data.directories.get(pointer, {}))
    below = [tag for tag in _POINTERS[pointer] if tag in data.directories]
    entries.update({tag: Entry(4, 1, bytes(4)) for tag in below})
    tags = sorted({*entries, *kept})
    values_at = base + 2 + 12 * len(tags) + 4
    table, values = [struct.pack("<H", len(tags))], b""
    for tag in tags:
        if tag not in entries:
            table.append(kept[tag])
            continue
        entry, at = entries[tag], values_at + len(values)
        field = struct.pack("<I", at)
        if tag in below:
            values += _even(serialise_directory(data, tag, base=at))
        elif len(entry.data) <= 4:
            field = entry.data.ljust(4, b"\0")
        else:
            values += _even(entry.data)
        table.append(struct.pack("<HHI", tag, entry.kind, entry.count) + field)
    return b"".join(table) + bytes(4) + values


def _even(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)


def without(data: CameraData, tag: int) -> CameraData:
    """Without one tag of the photograph's directory."""
    photo = {t: e for t, e in data.directories.get(EXIF_IFD, {}).items() if t != tag}
    return replace(data, directories={**data.directories, EXIF_IFD: photo})
