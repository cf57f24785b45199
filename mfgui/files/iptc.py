"""Descriptions in IPTC-IIM 4.2 (captions, keywords, rights), and the resources of Photoshop
around them in JPEG and PNG files."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

PREFIX = b"Photoshop 3.0\0"
"""What a segment of a JPEG file with such resources begins with."""

MAX_BLOCK = 1 << 20
"""Bytes of the longest block that is looked at."""

_RESOURCE, _IIM = b"8BIM", 0x0404
_MARK, _EXTENDED = 0x1C, 0x8000
_APPLICATION = 2
# The envelope and the description; other records hold previews, sizes and the picture itself.
_RECORDS = (1, _APPLICATION)
# Program, kind and orientation of the old picture, and its preview.
_FALSE = frozenset({65, 70, 130, 131, 200, 201, 202})
# Content location, city, sublocation, province, country.
_PLACES = frozenset({26, 27, 90, 92, 95, 100, 101})

DataSet = tuple[int, int, bytes]


class BrokenBlock(ValueError):
    """A block that is cut off or holds something else."""


def cleaned(block: bytes) -> bytes | None:
    """A block for an output; None where nothing is left to tell.

    Raises
    ------
    BrokenBlock
        If it cannot be read.
    """
    kept = _without(block, lambda record, number: record == _APPLICATION and number in _FALSE)
    return kept if any(record == _APPLICATION for record, _, _ in _data_sets(kept)) else None


def without_place(block: bytes) -> bytes:
    """A block that does not tell where the picture was taken.

    Raises
    ------
    BrokenBlock
        If it cannot be read.
    """
    return _without(block, lambda record, number: record == _APPLICATION and number in _PLACES)


def in_resources(data: bytes) -> bytes | None:
    """The block among resources of Photoshop, without `PREFIX`; None where there is none."""
    position = 0
    while data[position : position + 4] == _RESOURCE and position + 12 <= len(data):
        (number,) = struct.unpack_from(">H", data, position + 4)
        name = 1 + data[position + 6]
        start = position + 6 + name + name % 2
        if start + 4 > len(data):
            return None
        (length,) = struct.unpack_from(">I", data, start)
        if number == _IIM:
            found = data[start + 4 : start + 4 + length]
            return found if length and len(found) == length else None
        position = start + 4 + length + length % 2
    return None


def as_resources(block: bytes) -> bytes:
    """A block as a resource of Photoshop, without `PREFIX`."""
    head = _RESOURCE + struct.pack(">HHI", _IIM, 0, len(block))
    return head + block + b"\0" * (len(block) % 2)


def _without(block: bytes, drops: Callable[[int, int], bool]) -> bytes:
    return b"".join(
        bytes([_MARK, record, number]) + _length(len(data)) + data
        for record, number, data in _data_sets(block)
        if record in _RECORDS and not drops(record, number)
    )


def _length(count: int) -> bytes:
    if count < _EXTENDED:
        return struct.pack(">H", count)
    return struct.pack(">HI", _EXTENDED | 4, count)


def _data_sets(block: bytes) -> Iterator[DataSet]:
    """Record, number and value of each entry; zeros at the end are padding."""
    end = len(block.rstrip(b"\0"))
    position = 0
    while position < end:
        if block[position] != _MARK or position + 5 > len(block):
            raise BrokenBlock("an entry does not begin where it should")
        record, number, length = struct.unpack_from(">BBH", block, position + 1)
        position += 5
        if length & _EXTENDED:
            digits = length & ~_EXTENDED
            length = int.from_bytes(block[position : position + digits], "big")
            position += digits
        data = block[position : position + length]
        if len(data) < length:
            raise BrokenBlock("it is cut off")
        yield record, number, data
        position += length
