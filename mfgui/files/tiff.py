"""TIFF through tifffile: headers of all pages, pixels of one, writing with camera data."""

from __future__ import annotations

import logging
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile

from mfgui.core.arrays import MAX_PIXELS, PixelArray, Size
from mfgui.core.errors import InputError
from mfgui.files import exif, iptc, xmp
from mfgui.files.headers import ImageInfo, Kind, Sample, check_size, turned
from mfgui.files.inputs import cut_off

MAX_PAGES = 1000
_PHOTOMETRIC: dict[int, Kind] = {
    0: "grey",
    1: "grey",
    2: "rgb",
    3: "palette",
    5: "cmyk",
    6: "rgb",
}
_BASE_SAMPLES: dict[Kind, int] = {"grey": 1, "palette": 1, "rgb": 3, "cmyk": 4}
_SAMPLES: dict[int, Sample] = {1: "uint", 2: "int", 3: "float"}
_HINT = "save it as plain grey or RGB TIFF"

# tifffile reports odd tags through its logger; without a handler they would reach the terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def read_tiff_headers(file: BinaryIO, path: Path) -> tuple[ImageInfo, ...]:
    """One entry per page; previews and masks (by their subfile type) are passed over.

    Raises
    ------
    InputError
        If a page cannot be read, is cut off, or is of a kind that has no grey or RGB form.
    """
    length = file.seek(0, 2)
    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        if len(tiff.pages) > MAX_PAGES:
            raise InputError(f"more than {MAX_PAGES} pages", path=path, hint="split the file")
        pages: list[Any] = [tiff.pages[index] for index in range(len(tiff.pages))]
        _check_complete(tiff, len(pages), path)
        chosen = [i for i, page in enumerate(pages) if not page.is_reduced and not page.is_mask]
        chosen = chosen or list(range(len(pages)))
        order, big = tiff.byteorder, tiff.is_bigtiff
        return tuple(
            _page_info(pages[i], file, path, i, len(chosen), order, big, length) for i in chosen
        )


def _check_complete(tiff: Any, pages: int, path: Path) -> None:
    """ImageJ leaves out the pages of stacks above 4 GB; dropping them unseen would be wrong."""
    named = (tiff.imagej_metadata or {}).get("images", 1) if tiff.is_imagej else 1
    if named > pages:
        raise InputError(
            f"an ImageJ stack of {named} pictures of which only {pages} have a page",
            path=path,
            hint="save it as an image sequence",
        )


def _page_info(
    page: Any,
    file: BinaryIO,
    path: Path,
    index: int,
    pages: int,
    order: str,
    big: bool,
    length: int,
) -> ImageInfo:
    stored = Size(page.imagewidth, page.imagelength)
    check_size(stored, path)
    kind = _kind_of(page, path)
    base = _BASE_SAMPLES[kind]
    if not base <= page.samplesperpixel <= base + 1:
        raise InputError(f"{page.samplesperpixel} channels in one page", path=path, hint=_HINT)
    if page.sampleformat not in _SAMPLES or page.dtype is None:
        raise InputError("samples of an unknown type", path=path, hint=_HINT)
    _check_segments(page, length, path)
    camera = exif.read_directories(file, page.offset, order=order, big=big)
    bits = page.bitspersample
    return ImageInfo(
        path,
        "TIFF",
        turned(stored, camera.orientation),
        kind,
        8 if kind == "palette" else int(bits if isinstance(bits, int) else max(bits)),
        sample=_SAMPLES[page.sampleformat],
        alpha=page.samplesperpixel > base,
        orientation=camera.orientation,
        page=index,
        pages=pages,
        icc=page.iccprofile,
        exif=exif.serialise(exif.descriptive(camera)),
        xmp=_stored(page, exif.XMP, file, xmp.MAX_PACKET),
        iptc=_iptc(_stored(page, exif.IPTC, file, iptc.MAX_BLOCK)),
    )


def _stored(page: Any, tag: int, file: BinaryIO, most: int) -> bytes | None:
    """The bytes of a tag as they stand in the file."""
    found = page.tags.get(tag)
    if found is None or not 0 < found.valuebytecount <= most:
        return None
    file.seek(found.valueoffset)
    return file.read(found.valuebytecount)


def _iptc(block: bytes | None) -> bytes | None:
    """A block, which many programs store as numbers of four bytes, in their own order."""
    if block is None or block.startswith(b"\x1c") or len(block) % 4:
        return block
    turned = np.frombuffer(block, "u4").byteswap().tobytes()
    return turned if turned.startswith(b"\x1c") else block


def _kind_of(page: Any, path: Path) -> Kind:
    kind = _PHOTOMETRIC.get(int(page.photometric))
    if kind is None:
        raise InputError(f"TIFF colour kind {page.photometric.name}", path=path, hint=_HINT)
    return kind


def _check_segments(page: Any, length: int, path: Path) -> None:
    """Refuse tiles of absurd size, volumes, and data that lie beyond the end of the file."""
    tile = max(page.tilewidth * page.tilelength, page.rowsperstrip * page.imagewidth, 1)
    if page.imagedepth != 1 or page.tiledepth > 1:
        raise InputError("a volume, not a picture", path=path, hint="save it as pages")
    if page.is_tiled and tile > MAX_PIXELS:
        raise InputError(f"tiles of {tile} pixels", path=path, hint=_HINT)
    counts, offsets = page.databytecounts, page.dataoffsets
    if not counts or len(counts) != len(offsets) or min(counts) == 0:
        raise cut_off(path)
    if max(start + count for start, count in zip(offsets, counts, strict=True)) > length:
        raise cut_off(path)


def data_end(file: BinaryIO) -> int:
    """Where the pixels of all pages and of those below them (as in a DNG) end, in bytes."""
    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        pages: list[Any] = list(tiff.pages[:MAX_PAGES])
        pages += [inner for page in pages for inner in page.pages or ()]
        ends = [
            start + count
            for page in pages
            for start, count in zip(page.dataoffsets, page.databytecounts, strict=True)
        ]
        return max(ends, default=0)


def decode_tiff(file: BinaryIO, info: ImageInfo) -> tuple[PixelArray, int]:
    """Samples of one page and the value that is white.

    Returns
    -------
    samples : (H, W, S)
        Of the stored type; palettes expanded, white-is-zero turned round, extra channels
        left out; neither scaled nor turned upright.
    maximum : int
        White of integer samples; 1 for floats.
    """
    with tifffile.TiffFile(file) as tiff:
        page: Any = tiff.pages[info.page]
        samples = page.asarray()
        if samples.dtype == np.bool_:
            samples = samples.astype(np.uint8)
        planar = page.planarconfig == 2 and page.samplesperpixel > 1
        samples = np.moveaxis(samples, 0, -1) if planar else samples
        samples = samples.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)
        samples = samples[..., : _BASE_SAMPLES[info.kind]]
        if info.kind == "palette":
            return _palette(page.colormap)[samples[..., 0]], 255
        maximum = (1 << info.bits) - 1 if info.sample == "uint" else 1
        if int(page.photometric) == 0 and info.sample == "uint":
            samples = (maximum - samples).astype(samples.dtype)
        return samples, maximum


def _palette(colormap: PixelArray) -> PixelArray:
    """(N, 3) uint8 colours; some writers store 8-bit values in the 16-bit table."""
    scaled = colormap >> 8 if colormap.max(initial=0) > 255 else colormap
    return np.ascontiguousarray(scaled.T.astype(np.uint8))


def write_tiff(
    path: Path,
    pixels: PixelArray,
    *,
    icc: bytes | None,
    camera: exif.CameraData,
    packet: bytes | None = None,
    block: bytes | None = None,
) -> tuple[str, ...]:
    """One page of (H, W, C) pixels, Deflate with predictor, with profile, camera data, XMP and
    IPTC.

    Returns
    -------
    tuple of str
        What could not be written.
    """
    tifffile.imwrite(
        path,
        pixels if pixels.shape[2] == 3 else pixels[..., 0],
        byteorder="<",
        photometric="rgb" if pixels.shape[2] == 3 else "minisblack",
        compression="zlib",
        predictor=True,
        metadata=None,
        software=False,
        iccprofile=icc,
        extratags=texts(packet, block),
    )
    with path.open("r+b") as file:
        if file.read(4) != b"II*\0":
            return ("camera data left out, TIFF files above 4 GB cannot take it",)
        attach(file, camera)
    return ()


def texts(packet: bytes | None, block: bytes | None) -> list[tuple[Any, ...]]:
    """XMP and IPTC as tifffile takes further tags of a page.

    Readers expect IPTC as numbers of four bytes.
    """
    found: list[tuple[Any, ...]] = []
    if packet:
        found.append((exif.XMP, 1, len(packet), packet, True))
    if block:
        numbers = np.frombuffer(block + bytes(-len(block) % 4), "<u4")
        found.append((exif.IPTC, 4, numbers.size, numbers.tolist(), True))
    return found


def attach(file: BinaryIO, camera: exif.CameraData) -> None:
    """Add camera data to the first picture of a little-endian TIFF file that is open for writing.

    Its directory is written again at the end of the file; pictures behind it stay.
    """
    file.seek(4)
    (offset,) = struct.unpack("<I", file.read(4))
    file.seek(offset)
    (count,) = struct.unpack("<H", file.read(2))
    lines = [file.read(12) for _ in range(count)]
    following = file.read(4)
    kept = {int.from_bytes(line[:2], "little"): line for line in lines}
    end = file.seek(0, 2)
    file.write(b"\0" * (end % 2))
    end += end % 2
    directory = exif.serialise_directory(camera, 0, base=end, kept=kept)
    entries_end = 2 + 12 * int.from_bytes(directory[:2], "little")
    file.write(directory[:entries_end] + following + directory[entries_end + 4 :])
    file.seek(4)
    file.write(struct.pack("<I", end))
