"""PBM, PGM and PPM, plain and raw, 1 to 16 bits: reading and writing without a library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from mfgui.core.arrays import PixelArray

_HEADER_LIMIT = 4096
# White space or comments, then a number; the comment may be followed by more of both.
_NUMBER = re.compile(rb"(?:\s|#[^\n\r]*[\n\r])+(\d{1,9})")


@dataclass(frozen=True)
class PnmHeader:
    """`magic` 1 ... 6 as in "P6"; pixels begin `offset` bytes into the file."""

    magic: int
    width: int
    height: int
    maximum: int
    offset: int

    @property
    def channels(self) -> int:
        return 3 if self.magic in (3, 6) else 1

    @property
    def bits(self) -> int:
        return self.maximum.bit_length()

    @property
    def raw_bytes(self) -> int:
        """Bytes of pixel data of a raw (binary) file."""
        if self.magic == 4:
            return (self.width + 7) // 8 * self.height
        sample = 2 if self.maximum > 255 else 1
        return self.width * self.height * self.channels * sample


def read_pnm_header(file: BinaryIO) -> PnmHeader:
    """Header of an open PNM file.

    Raises
    ------
    ValueError
        If the numbers are missing or the maximum lies outside 1 ... 65535.
    """
    file.seek(0)
    head = file.read(_HEADER_LIMIT)
    magic = head[1] - ord("0")
    position, numbers = 2, []
    for _ in range(2 if magic in (1, 4) else 3):
        found = _NUMBER.match(head, position)
        if found is None:
            raise ValueError("PNM header without its numbers")
        numbers.append(int(found[1]))
        position = found.end()
    maximum = numbers[2] if len(numbers) == 3 else 1
    if not 1 <= maximum <= 65535:
        raise ValueError(f"PNM maximum {maximum}")
    return PnmHeader(magic, numbers[0], numbers[1], maximum, position + 1)


def decode_pnm(data: bytes, header: PnmHeader) -> PixelArray:
    """Samples as stored, (H, W, C) uint8 or uint16, not yet scaled; a bitmap is 0 or 1.

    Raises
    ------
    EOFError
        If the file holds fewer samples than its header says.
    """
    shape = (header.height, header.width, header.channels)
    dtype = np.uint16 if header.maximum > 255 else np.uint8
    if header.magic >= 4 and len(data) - header.offset < header.raw_bytes:
        raise EOFError("PNM data end too early")
    if header.magic == 4:
        rows = np.frombuffer(data, np.uint8, header.raw_bytes, header.offset)
        bits = np.unpackbits(rows.reshape(header.height, -1), axis=1, count=header.width)
        return (1 - bits).reshape(shape)  # in a bitmap 1 is black
    if header.magic >= 5:
        stored = np.frombuffer(
            data, np.dtype(dtype).newbyteorder(">"), np.prod(shape), header.offset
        )
        return stored.reshape(shape).astype(dtype)
    return _decode_plain(data, header, shape).astype(dtype)


def _decode_plain(data: bytes, header: PnmHeader, shape: tuple[int, ...]) -> PixelArray:
    text = re.sub(rb"#[^\n\r]*", b"", data[header.offset :])

    words = re.findall(rb"[01]", text) if header.magic == 1 else text.split()
    count = int(np.prod(shape))
    if len(words) < count:
        raise EOFError("PNM data end too early")
    values = np.array([int(word) for word in words[:count]], np.int64).reshape(shape)
    if values.min(initial=0) < 0 or values.max(initial=0) > header.maximum:
        raise ValueError("a PNM sample above the stated maximum")
    return 1 - values if header.magic == 1 else values


def encode_pnm(pixels: PixelArray) -> bytes:
    """Raw PGM (one channel) or PPM (three) of (H, W, C) uint8 or uint16 pixels."""
    height, width, channels = pixels.shape
    magic = b"P6" if channels == 3 else b"P5"
    header = b"%s\n%d %d\n%d\n" % (magic, width, height, np.iinfo(pixels.dtype).max)
    return header + pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
