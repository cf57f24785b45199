"""Pictures to file bytes, with camera data and colour profile put where each format has them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

import cv2
import imagecodecs
import numpy as np

from mfgui.core.arrays import PixelArray
from mfgui.files import exif, jpeg_texts, png_texts
from mfgui.files.jpeg_texts import SEGMENT_BYTES

JPEG_QUALITY = 95
_PNG_SIGNATURE_BYTES = 8
_EXIF_PREFIX, _ICC_PREFIX = b"Exif\0\0", b"ICC_PROFILE\0"
_MAKER_NOTE = 37500
_RIFF_HEAD_BYTES, _WEBP_ICC, _WEBP_EXIF, _WEBP_XMP = 12, 0x20, 0x08, 0x04


def encode_jpeg(
    pixels: PixelArray,
    *,
    icc: bytes | None,
    camera: exif.CameraData,
    packet: bytes | None = None,
    block: bytes | None = None,
) -> tuple[bytes, tuple[str, ...]]:
    """JPEG of (H, W, C) uint8 pixels, quality 95, 4:4:4, and what could not be carried."""
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    plain = _encoded(".jpg", pixels, options)
    found, notices = _fitting_block(camera)
    segments = b"".join(_jpeg_segment(0xE1, part) for part in found)
    for marker, (parts, lost) in (
        (0xE1, jpeg_texts.xmp_segments(packet)),
        (0xED, jpeg_texts.iptc_segments(block)),
    ):
        segments += b"".join(_jpeg_segment(marker, part) for part in parts)
        notices += lost
    segments += b"".join(_jpeg_segment(0xE2, part) for part in _icc_parts(icc))
    # The camera data come first, before the JFIF header that OpenCV writes.
    return plain[:2] + segments + plain[2:], notices


def encode_png(
    pixels: PixelArray,
    *,
    icc: bytes | None = None,
    camera: exif.CameraData | None = None,
    packet: bytes | None = None,
    block: bytes | None = None,
    text: Iterable[tuple[str, str]] = (),
    dpi: float | None = None,
) -> bytes:
    """PNG of (H, W, C) uint8 or uint16 pixels with profile, camera data, XMP, IPTC, short texts and
    dots per inch."""
    plain = _encoded(".png", pixels, [])
    chunks = b""
    if dpi is not None:
        per_metre = round(dpi / 0.0254)
        chunks += _png_chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))
    if icc is not None:
        chunks += _png_chunk(b"iCCP", b"profile\0\0" + zlib.compress(icc))
    if camera is not None:
        chunks += _png_chunk(b"eXIf", exif.serialise(camera))
    if packet is not None:
        chunks += _png_chunk(*png_texts.xmp_chunk(packet))
    if block is not None:
        chunks += _png_chunk(*png_texts.iptc_chunk(block))
    for key, value in text:
        chunks += _png_chunk(b"tEXt", key.encode("latin-1") + b"\0" + value.encode("latin-1"))
    after_header = _PNG_SIGNATURE_BYTES + 25
    return plain[:after_header] + chunks + plain[after_header:]


def encode_bmp(pixels: PixelArray) -> bytes:
    """BMP of (H, W, C) uint8 pixels."""
    return _encoded(".bmp", pixels, [])


def encode_webp(
    pixels: PixelArray,
    *,
    icc: bytes | None = None,
    camera: exif.CameraData | None = None,
    packet: bytes | None = None,
) -> bytes:
    """Lossless WebP of (H, W, C) uint8 pixels with profile, camera data and XMP: the lossy kind
    halves the colour resolution."""
    rgb = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB) if pixels.shape[2] == 1 else pixels
    plain = bytes(imagecodecs.webp_encode(np.ascontiguousarray(rgb), lossless=True, method=0))
    height, width = pixels.shape[:2]
    carried = {_WEBP_ICC: icc, _WEBP_EXIF: camera, _WEBP_XMP: packet}
    flags = sum(flag for flag, data in carried.items() if data is not None)
    head = struct.pack("<I", flags) + b"".join(
        (side - 1).to_bytes(3, "little") for side in (width, height)
    )
    chunks = _webp_chunk(b"VP8X", head)
    if icc is not None:
        chunks += _webp_chunk(b"ICCP", icc)
    chunks += plain[_RIFF_HEAD_BYTES:]
    if camera is not None:
        chunks += _webp_chunk(b"EXIF", exif.serialise(camera))
    if packet is not None:
        chunks += _webp_chunk(b"XMP ", packet)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def _webp_chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _encoded(suffix: str, pixels: PixelArray, options: list[int]) -> bytes:
    ordered = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.shape[2] == 3 else pixels
    done, data = cv2.imencode(suffix, ordered, options)
    if not done:
        raise ValueError(f"{suffix} encoder failed")
    return data.tobytes()


def _fitting_block(camera: exif.CameraData) -> tuple[list[bytes], tuple[str, ...]]:
    """The camera data as at most one segment; the maker's own notes are the first to go."""
    room = SEGMENT_BYTES - len(_EXIF_PREFIX)
    block = exif.serialise(camera)
    if len(block) <= room:
        return [_EXIF_PREFIX + block], ()
    block = exif.serialise(exif.without(camera, _MAKER_NOTE))
    if len(block) <= room:
        notice = "the camera maker's notes left out, JPEG has no room for them"
        return [_EXIF_PREFIX + block], (notice,)
    return [], ("camera data left out, JPEG has no room for them",)


def _icc_parts(icc: bytes | None) -> list[bytes]:
    if icc is None:
        return []
    room = SEGMENT_BYTES - len(_ICC_PREFIX) - 2
    parts = [icc[start : start + room] for start in range(0, len(icc), room)]
    return [
        _ICC_PREFIX + bytes([number, len(parts)]) + part
        for number, part in enumerate(parts, start=1)
    ]


def _jpeg_segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
