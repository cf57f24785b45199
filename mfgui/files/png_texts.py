"""Descriptions among the texts of PNG files: XMP, and IPTC as ImageMagick and Exiv2 store it."""

from __future__ import annotations

import binascii
import zlib

from mfgui.files import iptc, xmp

NAMES = (b"iTXt", b"zTXt", b"tEXt")
_XMP, _IPTC = b"XML:com.adobe.xmp", b"Raw profile type iptc"
_HEX_DIGITS_A_LINE = 72


def xmp_in(name: bytes, data: bytes) -> bytes | None:
    """The packet of XMP that a chunk holds; None where it holds something else."""
    key, _, rest = data.partition(b"\0")
    if (name, key) != (b"iTXt", _XMP) or len(rest) < 2:
        return None
    packed, (_language, _, told) = rest[0], rest[2:].partition(b"\0")
    _key, _, text = told.partition(b"\0")
    return _unpacked(text, xmp.MAX_PACKET) if packed else text


def iptc_in(name: bytes, data: bytes) -> bytes | None:
    """The block of IPTC that a chunk holds; None where it holds something else."""
    key, _, text = data.partition(b"\0")
    if name not in (b"zTXt", b"tEXt") or key != _IPTC:
        return None
    found = _unpacked(text[1:], 3 * iptc.MAX_BLOCK) if name == b"zTXt" else text
    if found is None:
        return None
    try:
        _, _kind, _count, digits = found.split(b"\n", 3)
        block = binascii.unhexlify(b"".join(digits.split()))
    except ValueError:
        return None
    plain = block.removeprefix(iptc.PREFIX)
    return iptc.in_resources(plain) if plain.startswith(b"8BIM") else plain


def xmp_chunk(packet: bytes) -> tuple[bytes, bytes]:
    """Name and data of a chunk with a packet of XMP, readable without unpacking as is usual."""
    return b"iTXt", _XMP + bytes(5) + packet


def iptc_chunk(block: bytes) -> tuple[bytes, bytes]:
    """Name and data of a chunk with a block of IPTC."""
    data = iptc.as_resources(block)
    digits = binascii.hexlify(data)
    lines = [
        digits[start : start + _HEX_DIGITS_A_LINE]
        for start in range(0, len(digits), _HEX_DIGITS_A_LINE)
    ]
    text = b"\niptc\n%8d\n" % len(data) + b"\n".join(lines) + b"\n"
    return b"zTXt", _IPTC + bytes(2) + zlib.compress(text)


def _unpacked(data: bytes, most: int) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return None
