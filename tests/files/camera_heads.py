"""Heads of raw files, laid out byte by byte as cameras write them, with no picture behind."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

Tag = tuple[int, int, Any]
EXIF_IFD, SERIAL = 34665, 42033


def shot_tags(
    taken: str,
    *,
    fraction: str = "",
    offset: str = "",
    serial: str = "",
    focal: tuple[int, int] = (100, 1),
    exposure: tuple[int, int] = (1, 100),
    size: tuple[int, int] | None = None,
) -> list[Tag]:
    """Entries of a photograph's directory: tag, TIFF type and value."""
    tags: list[Tag] = [(33434, 5, exposure), (36867, 2, taken), (37386, 5, focal)]
    tags += [(tag, 2, text) for tag, text in ((37521, fraction), (36881, offset)) if text]
    tags += [(SERIAL, 2, serial)] if serial else []
    tags += [(40962, 4, size[0]), (40963, 4, size[1])] if size else []
    return tags


def main_tags(make: str = "Canon", model: str = "EOS R5", orientation: int = 1) -> list[Tag]:
    return [(271, 2, make), (272, 2, model), (274, 3, orientation)]


def tiff(
    main: Sequence[Tag], photo: Sequence[Tag] = (), *, order: str = "<", magic: bytes = b""
) -> bytes:
    """A TIFF file of one directory, and that of the photograph below it."""
    magic = magic or (b"II*\0" if order == "<" else b"MM\0*")
    entries = [*main, (EXIF_IFD, 4, 0)] if photo else list(main)
    length = len(directory(entries, 8, order))
    if photo:
        entries[-1] = (EXIF_IFD, 4, 8 + length)
    below = directory(photo, 8 + length, order) if photo else b""
    return magic + struct.pack(order + "I", 8) + directory(entries, 8, order) + below


def directory(tags: Sequence[Tag], at: int, order: str) -> bytes:
    table, values = struct.pack(order + "H", len(tags)), b""
    values_at = at + 2 + 12 * len(tags) + 4
    for tag, kind, value in sorted(tags):
        data = packed(kind, value, order)
        count = len(data) if kind in (2, 7) else 1
        field = data.ljust(4, b"\0")
        if len(data) > 4:
            field = struct.pack(order + "I", values_at + len(values))
            values += data + bytes(len(data) % 2)
        table += struct.pack(order + "HHI", tag, kind, count) + field
    return table + bytes(4) + values


def packed(kind: int, value: Any, order: str) -> bytes:
    if kind == 2:
        return str(value).encode() + b"\0"
    if kind == 5:
        return struct.pack(order + "II", *value)
    return struct.pack(order + {3: "H", 4: "I"}[kind], value)


def jpeg_with(block: bytes) -> bytes:
    """The beginning of a JPEG picture with camera data, and its end."""
    data = b"Exif\0\0" + block
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(data) + 2) + data + b"\xff\xda\0\2\xff\xd9"


def raf(block: bytes) -> bytes:
    """Fujifilm: a head of 108 bytes that points to a JPEG picture behind it."""
    picture = jpeg_with(block)
    head = b"FUJIFILMCCD-RAW 0201FF383501" + b"X-T4".ljust(32, b"\0") + b"0100"
    head = head.ljust(84, b"\0") + struct.pack(">IIII", 148, len(picture), 0, 0)
    return head.ljust(148, b"\0") + picture


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), kind) + data


def cr3(main: Sequence[Tag], photo: Sequence[Tag]) -> bytes:
    """Canon: boxes with one TIFF file for each directory."""
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    parts = box(b"CNCV", b"CanonCR3_001/00.09.00/00.00.00")
    parts += box(b"CMT1", tiff(main)) + box(b"CMT2", tiff(photo)) + box(b"CMT4", tiff([]))
    movie = box(b"uuid", bytes(16)) + box(b"uuid", canon + parts) + box(b"mvhd", bytes(100))
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", movie) + box(b"mdat", bytes(64))
