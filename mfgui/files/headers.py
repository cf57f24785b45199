"""What a file says about its pictures before anything is decoded or allocated."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Literal

from mfgui.core.arrays import MAX_PIXELS, Depth, Size
from mfgui.core.errors import InputError
from mfgui.files import exif, jpeg_texts, png_texts
from mfgui.files.inputs import cut_off, open_input, reading
from mfgui.files.pnm import read_pnm_header

Format = Literal["JPEG", "PNG", "TIFF", "WebP", "BMP", "PNM", "HEIF", "AVIF", "raw"]
Kind = Literal["grey", "rgb", "palette", "cmyk"]
Sample = Literal["uint", "int", "float"]
Balance = tuple[float, float, float, float]

# Most raw files are TIFF files by their content: their names tell them from pictures.
RAW_SUFFIXES = frozenset(
    {".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw"}
)

HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif"})
# Brands of still pictures coded with HEVC, and of any coding ("mif1").
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

_MAX_METADATA = 16 << 20
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KINDS: dict[int, tuple[Kind, bool]] = {
    0: ("grey", False),
    2: ("rgb", False),
    3: ("palette", False),
    4: ("grey", True),
    6: ("rgb", True),
}
# Frame headers of all JPEG processes; C4, C8 and CC in between mean something else.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class ImageInfo:
    """One picture of a file, from the header alone.

    Attributes
    ----------
    size : Size
        After the camera orientation has been applied.
    kind, bits, sample, alpha
        As stored; `bits` per sample.
    page, pages : int
        Which picture of how many, from 0; only TIFF files hold more than one.
    icc, exif : bytes or None
        Colour profile; camera data as a block that starts with its byte order.
    xmp, iptc : bytes or None
        Descriptions as they are stored: a packet, and data sets.
    balance : 4 floats or None
        Of a raw file: multipliers of red, green, blue and second green to develop it with; None
        for its own.
    remarks : tuple of str
        What a person should know about reading it, one clause each.
    stamp : (int, int)
        Length and time of the file, to notice that it was changed meanwhile.
    """

    path: Path
    format: Format
    size: Size
    kind: Kind
    bits: int
    sample: Sample = "uint"
    alpha: bool = False
    orientation: int = 1
    page: int = 0
    pages: int = 1
    icc: bytes | None = field(default=None, repr=False)
    exif: bytes | None = field(default=None, repr=False)
    xmp: bytes | None = field(default=None, repr=False)
    iptc: bytes | None = field(default=None, repr=False)
    balance: Balance | None = None
    remarks: tuple[str, ...] = ()
    stamp: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """File name, with the page number (from 1) where there are several."""
        return self.path.name if self.pages == 1 else f"{self.path.name} page {self.page + 1}"

    @property
    def channels(self) -> int:
        """1 or 3, of the pixels that reading delivers."""
        return 1 if self.kind == "grey" else 3

    @property
    def depth(self) -> Depth:
        """Of the pixels that reading delivers."""
        if self.sample != "uint" or self.bits > 16:
            return "float32"
        return "uint8" if self.bits <= 8 else "uint16"


def read_headers(path: Path) -> tuple[ImageInfo, ...]:
    """Every picture of a file, in order.

    Raises
    ------
    InputError
        If the file is missing, not an image of a known format, cut off within its header, or
        larger than `MAX_PIXELS`.
    """
    with open_input(path) as file, reading(path):
        status = os.fstat(file.fileno())
        known = format_of(file.read(16), path)
        if known == "raw":
            from mfgui.files.raw import read_raw_header

            infos: tuple[ImageInfo, ...] = (read_raw_header(file, path),)
        elif known == "TIFF":
            from mfgui.files.tiff import read_tiff_headers

            infos = read_tiff_headers(file, path)
        elif known == "AVIF":
            from mfgui.files.avif import read_avif_header

            infos = (_upright(read_avif_header(file, path)),)
        elif known == "HEIF":
            from mfgui.files.heif import read_heif_header

            infos = (read_heif_header(file, path),)
        else:
            infos = (_upright(_PARSERS[known](file, path)),)
        stamp = (status.st_size, status.st_mtime_ns)
        for info in infos:
            check_size(info.size, path)
        return tuple(replace(info, stamp=stamp) for info in infos)


def check_size(size: Size, path: Path) -> None:
    """Raise InputError for a picture without pixels or with more than `MAX_PIXELS`."""
    if min(size.width, size.height) < 1:
        raise InputError(f"the picture has no pixels ({size})", path=path)
    if size.pixels > MAX_PIXELS:
        raise InputError(
            f"{size} is {size.pixels / 1e6:.0f} megapixels, more than the"
            f" {MAX_PIXELS // 1_000_000} allowed",
            path=path,
            hint="crop it or scale it down",
        )


def format_of(head: bytes, path: Path) -> Format:
    """The format of a file that begins with these 16 bytes.

    Raises
    ------
    InputError
        If it is none that is known.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(_PNG_SIGNATURE):
        return "PNG"
    if path.suffix.lower() in RAW_SUFFIXES:
        return "raw"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head.startswith(b"BM"):
        return "BMP"
    if head[4:12] == b"ftypavif":
        return "AVIF"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "HEIF"
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return "PNM"
    raise InputError(
        "not an image in a known format",
        path=path,
        hint="JPEG, PNG, TIFF, WebP, BMP, PGM, PPM, HEIF, AVIF and camera raw are read",
    )


def _upright(info: ImageInfo) -> ImageInfo:
    camera = exif.parse(info.exif)
    orientation, icc = camera.orientation, info.icc
    if icc is None and info.kind == "rgb" and exif.says_adobe_rgb(camera):
        from mfgui.files import spaces

        icc = spaces.profile("adobe-rgb")
    size = turned(info.size, orientation)
    return replace(info, size=size, orientation=orientation, icc=icc)


def turned(size: Size, orientation: int) -> Size:
    """Size after the EXIF orientation 1 ... 8 has been applied."""
    return Size(size.height, size.width) if orientation >= 5 else size


def _read_jpeg(file: BinaryIO, path: Path) -> ImageInfo:
    camera: bytes | None = None
    profile: dict[int, bytes] = {}
    texts = jpeg_texts.Gatherer()
    for marker, length in _jpeg_segments(file, path):
        if marker in _JPEG_FRAMES:
            bits, height, width, components = struct.unpack(">BHHB", file.read(6))
            kinds: dict[int, Kind] = {1: "grey", 3: "rgb", 4: "cmyk"}
            if components not in kinds or bits != 8:
                raise ValueError(f"JPEG with {components} components of {bits} bits")
            icc = b"".join(profile[part] for part in sorted(profile)) or None
            size = Size(width, height)
            return ImageInfo(
                path,
                "JPEG",
                size,
                kinds[components],
                8,
                icc=icc,
                exif=camera,
                xmp=texts.xmp,
                iptc=texts.iptc,
            )
        if marker in (0xE1, 0xED):
            data = file.read(length)
            if camera is None and marker == 0xE1 and data.startswith(b"Exif\0\0"):
                camera = data[6:]
            texts.take(data)
        elif marker == 0xE2:
            data = file.read(length)
            if data.startswith(b"ICC_PROFILE\0") and len(data) > 14:
                profile[data[12]] = data[14:]
    raise cut_off(path)


def jpeg_scan_start(file: BinaryIO, path: Path) -> int:
    """Where the first scan begins; a thumbnail in the camera data has scans of its own."""
    end = 2
    for _, length in _jpeg_segments(file, path):
        end = file.tell() + length
    return end


def _jpeg_segments(file: BinaryIO, path: Path) -> Iterator[tuple[int, int]]:
    """Marker and payload length of each segment up to the first scan, file at the payload."""
    position = 2
    while True:
        file.seek(position)
        head = file.read(4)
        if len(head) < 4:
            raise cut_off(path)
        if head[0] != 0xFF:
            raise ValueError("JPEG marker expected")
        if head[1] in (0xFF, 0x01):  # fill bytes and a marker without length
            position += 1 if head[1] == 0xFF else 2
            continue
        if head[1] in (0xDA, 0xD9):
            return
        length = int.from_bytes(head[2:4], "big")
        yield head[1], length - 2
        position += 2 + length


def _read_png(file: BinaryIO, path: Path) -> ImageInfo:
    end = file.seek(0, os.SEEK_END)
    position, chunks = 8, {}
    packet = block = None
    while b"IEND" not in chunks:
        file.seek(position)
        head = file.read(8)
        length = int.from_bytes(head[:4], "big")
        if len(head) < 8 or position + 12 + length > end:
            raise cut_off(path)
        keep = head[4:] in (b"IHDR", b"iCCP", b"eXIf", b"tRNS") and length <= _MAX_METADATA
        chunks[head[4:]] = file.read(length) if keep else b""
        if head[4:] in png_texts.NAMES and length <= _MAX_METADATA:
            text = file.read(length)
            packet = packet or png_texts.xmp_in(head[4:], text)
            block = block or png_texts.iptc_in(head[4:], text)
        position += 12 + length
    width, height, bits, colour = struct.unpack_from(">IIBB", chunks.get(b"IHDR", b""))
    kind, alpha = _PNG_KINDS[colour]
    return ImageInfo(
        path,
        "PNG",
        Size(width, height),
        kind,
        8 if kind == "palette" else bits,
        alpha=alpha or b"tRNS" in chunks,
        icc=_png_profile(chunks.get(b"iCCP")),
        exif=chunks.get(b"eXIf"),
        xmp=packet,
        iptc=block,
    )


def _png_profile(chunk: bytes | None) -> bytes | None:
    if chunk is None:
        return None
    packed = chunk[chunk.find(b"\0") + 2 :]
    try:
        return zlib.decompressobj().decompress(packed, _MAX_METADATA) or None
    except zlib.error:
        return None


def _read_webp(file: BinaryIO, path: Path) -> ImageInfo:
    end = file.seek(0, os.SEEK_END)
    file.seek(4)
    stop = 8 + int.from_bytes(file.read(4), "little")
    if stop > end:
        raise cut_off(path)
    position, size, alpha, metadata = 12, None, False, {}
    while position + 8 <= stop:
        file.seek(position)
        name, length = file.read(4), int.from_bytes(file.read(4), "little")
        if name in (b"VP8X", b"VP8 ", b"VP8L") and size is None:
            size, alpha = _webp_size(name, file.read(10))
        elif name in (b"ICCP", b"EXIF", b"XMP ") and length <= _MAX_METADATA:
            metadata[name] = file.read(length)
        elif name == b"ANIM":
            raise InputError("an animation", path=path, hint="export one of its pictures")
        position += 8 + length + length % 2
    if size is None:
        raise ValueError("WebP without a picture")
    camera = metadata.get(b"EXIF")
    if camera is not None:
        camera = camera.removeprefix(b"Exif\0\0")
    return ImageInfo(
        path,
        "WebP",
        size,
        "rgb",
        8,
        alpha=alpha,
        icc=metadata.get(b"ICCP"),
        exif=camera,
        xmp=metadata.get(b"XMP "),
    )


def _webp_size(name: bytes, data: bytes) -> tuple[Size, bool]:
    if name == b"VP8X":
        width, height = (int.from_bytes(data[i : i + 3], "little") + 1 for i in (4, 7))
        return Size(width, height), bool(data[0] & 0x10)
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 6)
        return Size(width & 0x3FFF, height & 0x3FFF), False
    (packed,) = struct.unpack_from("<I", data, 1)
    size = Size((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1)
    return size, bool(packed >> 28 & 1)


def _read_bmp(file: BinaryIO, path: Path) -> ImageInfo:
    from PIL.BmpImagePlugin import BmpImageFile

    file.seek(0)
    with BmpImageFile(file) as picture:
        modes: dict[str, tuple[Kind, int]] = {
            "1": ("grey", 1),
            "L": ("grey", 8),
            "P": ("palette", 8),
            "RGB": ("rgb", 8),
            "RGBA": ("rgb", 8),
        }
        kind, bits = modes[picture.mode]
        size, alpha = Size(*picture.size), picture.mode == "RGBA"
    return ImageInfo(path, "BMP", size, kind, bits, alpha=alpha)


def _read_pnm(file: BinaryIO, path: Path) -> ImageInfo:
    header = read_pnm_header(file)
    kind: Kind = "rgb" if header.channels == 3 else "grey"
    size = Size(header.width, header.height)
    check_size(size, path)
    if header.magic >= 4 and file.seek(0, os.SEEK_END) < header.offset + header.raw_bytes:
        raise cut_off(path)
    return ImageInfo(path, "PNM", size, kind, header.bits)


_PARSERS: dict[Format, Callable[[BinaryIO, Path], ImageInfo]] = {
    "JPEG": _read_jpeg,
    "PNG": _read_png,
    "WebP": _read_webp,
    "BMP": _read_bmp,
    "PNM": _read_pnm,
}
