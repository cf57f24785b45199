"""The sorted string table and the few messages in which TensorFlow 1 lists tensors."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_TRAILER = 5  # behind a block: how it is compressed, and its checksum
_KEY_MOST, _ENTRIES_MOST = 1024, 20_000
_POLYNOMIAL = 0x82F63B78
_FLOAT32, _NUMBER_BYTES = 1, 4
_SIDES_MOST = 8


def _remainders() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)


_REMAINDERS = _remainders()


@dataclass(frozen=True)
class Entry:
    """Where a tensor lies: its shape, its place and size in bytes, its checksum."""

    shape: tuple[int, ...]
    offset: int
    size: int
    checksum: int


def masked_checksum(data: bytes) -> int:
    """CRC-32C of `data`, rotated and shifted as the table stores it.

    Examples
    --------
    >>> hex(masked_checksum(b"123456789"))
    '0xc78aa4c1'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _REMAINDERS[(crc ^ byte) & 255] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def entries(data: bytes) -> dict[str, Entry]:
    """Tensors by name that the index file `data` lists.

    Raises
    ------
    ValueError
        If the table contradicts itself, or lists what TensorFlow 1 does not write to one file
        of 32-bit floats.
    """
    listed = dict(_table(data))
    header = listed.pop(b"", None)
    if header is None:
        raise ValueError("it has no header")
    fields = list(_fields(header))
    if _number(fields, 1) != 1 or _number(fields, 2) != 0:
        raise ValueError("its tensors lie in several files, or in another order of bytes")
    return {key.decode(): _entry(value) for key, value in listed.items()}


def _entry(value: bytes) -> Entry:
    fields = list(_fields(value))
    if any(number == 7 for number, _ in fields) or _number(fields, 3) != 0:
        raise ValueError("a tensor lies in slices")
    if _number(fields, 1) != _FLOAT32:
        raise ValueError("a tensor is not of 32-bit floats")
    shape = []
    for message in (content for number, content in fields if number == 2):
        if not isinstance(message, bytes):
            raise ValueError("a shape is not a message")
        for number, dimension in _fields(message):
            if number == 2 and isinstance(dimension, bytes):
                shape.append(_number(list(_fields(dimension)), 1))
    size = _number(fields, 5)
    if len(shape) > _SIDES_MOST or math.prod(shape) * _NUMBER_BYTES != size:
        raise ValueError("a tensor has another size than its shape")
    return Entry(tuple(shape), _number(fields, 4), size, _number(fields, 6))


def _table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values, in the strict order of the keys."""
    if len(data) < _FOOTER or int.from_bytes(data[-8:], "little") != MAGIC:
        raise ValueError("it does not end like a table of TensorFlow")
    footer = data[-_FOOTER:-8]
    _, at = _handle(footer, 0)  # of blocks about the table, which TensorFlow leaves empty
    index, _ = _handle(footer, at)
    last, count = None, 0
    for _, value in _entries_of(_block(data, index)):
        handle, _ = _handle(value, 0)
        for key, content in _entries_of(_block(data, handle)):
            count += 1
            # The order also keeps one block from being listed many times.
            if (last is not None and key <= last) or count > _ENTRIES_MOST:
                raise ValueError("its names are not in order")
            last = key
            yield key, content


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def _block(data: bytes, handle: tuple[int, int]) -> bytes:
    offset, size = handle
    end = offset + size
    if end + _TRAILER > len(data) - _FOOTER:
        raise ValueError("a block lies outside the file")
    if data[end] != 0:
        raise ValueError("a block is compressed, which TensorFlow 1 does not do")
    (checksum,) = struct.unpack_from("<I", data, end + 1)
    if masked_checksum(data[offset : end + 1]) != checksum:
        raise ValueError("a block has another checksum than written")
    return data[offset:end]


def _entries_of(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys, of which only what differs from the one before is stored, and values."""
    if len(block) < 4:
        raise ValueError("a block is cut off")
    (restarts,) = struct.unpack_from("<I", block, len(block) - 4)
    end = len(block) - 4 - 4 * restarts
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        new, at = _varint(block, at)
        length, at = _varint(block, at)
        if shared > len(key) or shared + new > _KEY_MOST or at + new + length > end:
            raise ValueError("a name or a value lies outside its block")
        key = key[:shared] + block[at : at + new]
        at += new + length
        yield key, block[at - length : at]
    if at != end:
        raise ValueError("a block is cut off")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and contents of the fields of a protocol buffer."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == 2:
            length, at = _varint(message, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError("a message has a field of no known kind")
        content = message[at : at + length]
        at += length
        if at > len(message):
            raise ValueError("a message is cut off")
        yield tag >> 3, content if kind == 2 else int.from_bytes(content, "little")


def _number(fields: list[tuple[int, int | bytes]], wanted: int) -> int:
    """The last value of a field, 0 when it is absent, as the format has it."""
    value = next((value for number, value in reversed(fields) if number == wanted), 0)
    if not isinstance(value, int):
        raise ValueError("a field is not a number")
    return value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("a number is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number is too long")
