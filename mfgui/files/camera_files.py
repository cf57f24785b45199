"""Camera data of raw and HEIF files, read from their heads without a decoder.

Most raw files are laid out as TIFF (DNG, CR2, NEF, ARW, PEF, SRW; ORF and RW2 with another
number in front). RAF files hold a JPEG picture with EXIF, CR3 and HEIF files boxes (ISO 14496-12):
in CR3 four small TIFF files, in HEIF one as an item. Every length is held against the part of the
file it stands in, and nothing is followed that does not point forwards.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from mfgui.files import exif

_TIFF_HEADS = (b"II*\0", b"MM\0*", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
_RAF_HEAD = b"FUJIFILMCCD-RAW"
_RAF_JPEG_AT = 84
_CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_CANON_PARTS = {b"CMT1": 0, b"CMT2": exif.EXIF_IFD, b"CMT4": exif.GPS_IFD}
_MAX_BOXES = 1000
_MAX_PART = 1 << 20
_EXIF_PREFIX = b"Exif\0\0"

Span = tuple[int, int]
"""Where a part of a file begins and ends."""


def read_camera_data(file: BinaryIO) -> exif.CameraData | None:
    """Camera data of a raw or HEIF file; None where it holds none that is known here.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    end = file.seek(0, 2)
    file.seek(0)
    head = file.read(16)
    try:
        if head[:4] in _TIFF_HEADS:
            return _of_tiff(file, head)
        if head.startswith(_RAF_HEAD):
            return _of_raf(file, end)
        if head[4:8] == b"ftyp":
            return _of_cr3(file, end) if head[8:12] == b"crx " else _of_heif(file, end)
    except (struct.error, IndexError):  # cut off within a table
        return None
    return None


def _of_tiff(file: BinaryIO, head: bytes) -> exif.CameraData:
    order = "<" if head[:2] == b"II" else ">"
    (offset,) = struct.unpack(order + "I", head[4:8])
    return exif.read_directories(file, offset, order=order, big=False)


def _of_raf(file: BinaryIO, end: int) -> exif.CameraData | None:
    """EXIF of the JPEG picture that the header points to."""
    file.seek(_RAF_JPEG_AT)
    start, length = struct.unpack(">II", file.read(8))
    if not length or start + length > end:
        return None
    file.seek(start)
    position = start + 2
    for _ in range(_MAX_BOXES):
        file.seek(position)
        marker, size = struct.unpack(">HH", file.read(4))
        if not 0xFFC0 <= marker <= 0xFFFE or marker == 0xFFDA or size < 2:
            return None
        if marker == 0xFFE1:
            data = file.read(size - 2)
            if data.startswith(_EXIF_PREFIX):
                return exif.parse(data.removeprefix(_EXIF_PREFIX))
        position += 2 + size
    return None


def _of_cr3(file: BinaryIO, end: int) -> exif.CameraData | None:
    """Directories from Canon's small TIFF files, each of which holds one as its main one."""
    directories: dict[int, exif.Directory] = {}
    for span in boxes(file, (0, end), b"moov"):
        for inner in boxes(file, span, b"uuid"):
            file.seek(inner[0])
            if file.read(16) != _CANON_UUID:
                continue
            for name, pointer in _CANON_PARTS.items():
                for part in boxes(file, (inner[0] + 16, inner[1]), name):
                    directories[pointer] = exif.parse(_read(file, part)).main
    return exif.CameraData(directories) if directories else None


def _of_heif(file: BinaryIO, end: int) -> exif.CameraData | None:
    for start, stop in boxes(file, (0, end), b"meta"):
        meta = (start + 4, stop)
        number = next(
            (n for span in boxes(file, meta, b"iinf") for n in _exif_items(file, span)), 0
        )
        for span in boxes(file, meta, b"iloc"):
            place = _place_of(io.BytesIO(_read(file, span)), number) if number else None
            if place is None or place[1] > end:
                continue
            data = _read(file, place)
            (skipped,) = struct.unpack_from(">I", data)
            return exif.parse(data[4 + skipped :].removeprefix(_EXIF_PREFIX))
    return None


def boxes(file: BinaryIO, within: Span, name: bytes) -> Iterator[Span]:
    """Contents of the boxes of one name that stand directly in a part of the file."""
    position, end = within
    for _ in range(_MAX_BOXES):
        file.seek(position)
        head = file.read(16)
        if position + 8 > end or len(head) < 8:
            return
        length, kind = struct.unpack_from(">I4s", head)
        start = position + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", head, 8)
            start += 8
        stop = position + length if length else end
        if not start <= stop <= end:
            return
        if kind == name:
            yield start, stop
        position = stop


def _read(file: BinaryIO, span: Span) -> bytes:
    file.seek(span[0])
    return file.read(min(span[1] - span[0], _MAX_PART))


def _exif_items(file: BinaryIO, span: Span) -> Iterator[int]:
    """Numbers of the items that hold EXIF."""
    file.seek(span[0])
    version = file.read(1)[0]
    table = (span[0] + (6 if version == 0 else 8), span[1])
    for start, stop in boxes(file, table, b"infe"):
        data = _read(file, (start, stop))
        form = {2: ">4xH2x4s", 3: ">4xI2x4s"}.get(data[0])
        if form is not None:
            number, kind = struct.unpack_from(form, data)
            if kind == b"Exif":
                yield number


def _place_of(table: BinaryIO, wanted: int) -> Span | None:
    """Where an item lies in the file, from the table of places (ISO 14496-12, 8.11.3)."""
    version, sizes, bases = struct.unpack(">B3xBB", table.read(6))
    wide = ">I" if version == 2 else ">H"

    def number(size: int) -> int:
        data = table.read(size)
        if len(data) < size:
            raise struct.error("cut off")
        return int.from_bytes(data, "big")

    (count,) = struct.unpack(wide, table.read(struct.calcsize(wide)))
    for _ in range(min(count, _MAX_BOXES)):
        item = number(struct.calcsize(wide))
        method = number(2) & 15 if version else 0
        number(2)
        base, extents = number(bases >> 4), number(2)
        for _ in range(min(extents, _MAX_BOXES)):
            number(bases & 15 if version else 0)
            start, length = base + number(sizes >> 4), number(sizes & 15)
            if item == wanted:  # of one piece and in the file itself, as every writer has it
                return (start, start + length) if method == 0 and extents == 1 else None
    return None
