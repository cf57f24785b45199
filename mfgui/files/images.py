"""Pictures in files: the one place to read and write them.

One route per format and depth; formats are told by content when reading (raw files by suffix),
by suffix when writing. Only headers are read before sizes are checked.

=======  ================  =================  ===================  ====================  =========
Format   Read              Read with          Write                Written with          EXIF, ICC
=======  ================  =================  ===================  ====================  =========
JPEG     8 (grey, RGB,     imagecodecs;       8, quality 95,       OpenCV, segments      both
         CMYK)             proxy: OpenCV      4:4:4                added by us
PNG      1 to 16           imagecodecs        8, 16                OpenCV, chunks        both
                                                                   added by us
TIFF     1 to 16, 32 and   tifffile           8, 16, float32,      tifffile, EXIF        both
         signed with                          Deflate              directory added
         white given;                                              by us
         float 16, 32, 64
WebP     8                 imagecodecs        8, lossless          imagecodecs, chunks   both
                                                                   added by us
BMP      1 to 8 a sample   Pillow             8                    OpenCV                none
PNM      1 to 16           ourselves          8, 16                ourselves             none
AVIF     8, 10, 12         imagecodecs        never                                      both
HEIF     8, 10, 12         pi-heif,           never                                      both
                           where installed
raw      of any camera     rawpy, where       never                                      EXIF
         LibRaw knows:     installed;
         sRGB in 16        proxy: embedded
=======  ================  =================  ===================  ====================  =========

XMP and IPTC go where EXIF goes, but for IPTC in WebP (see `descriptions`).

Headers of JPEG, PNG, WebP and PNM are parsed by ourselves, those of BMP and AVIF by Pillow, of
TIFF by tifffile, of raw files by LibRaw, of HEIF by libheif. Colours are converted with LittleCMS
(see `profiles`).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from mfgui import __version__
from mfgui.core.arrays import Depth, ImageF32, PixelArray, Size, from_float, to_float
from mfgui.core.errors import OutOfMemoryError, OutputError, UsageError
from mfgui.files import descriptions, encode, exif, profiles, spaces
from mfgui.files.atomic import atomic_file, write_bytes
from mfgui.files.decode import decode_frame
from mfgui.files.descriptions import Descriptions
from mfgui.files.harmonise import Plan, adapt
from mfgui.files.headers import HEIF_SUFFIXES, RAW_SUFFIXES, Format, ImageInfo, read_headers
from mfgui.files.inputs import reading
from mfgui.files.pnm import encode_pnm
from mfgui.files.stacks import OpenedSet, open_set, read_proxy, read_stack
from mfgui.files.tiff import write_tiff

__all__ = [
    "READ_SUFFIXES",
    "WRITE_SUFFIXES",
    "ImageInfo",
    "OpenedSet",
    "check_holds",
    "open_set",
    "output_format",
    "probe",
    "read_image",
    "read_proxy",
    "read_stack",
    "write_image",
]

_WRITE_FORMATS: dict[str, Format] = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WebP",
    ".bmp": "BMP",
    ".pgm": "PNM",
    ".ppm": "PNM",
    ".pnm": "PNM",
}
WRITE_SUFFIXES = frozenset(_WRITE_FORMATS)
READ_SUFFIXES = (
    WRITE_SUFFIXES | {".jpe", ".jfif", ".pbm", ".dib", ".avif"} | HEIF_SUFFIXES | RAW_SUFFIXES
)
_DEPTHS: dict[Format, tuple[Depth, ...]] = {
    "JPEG": ("uint8",),
    "WebP": ("uint8",),
    "BMP": ("uint8",),
    "PNG": ("uint8", "uint16"),
    "PNM": ("uint8", "uint16"),
    "TIFF": ("uint8", "uint16", "float32"),
}
_LONGEST_SIDE: dict[Format, int] = {"JPEG": 65500, "WebP": 16383, "BMP": 32767 * 4}
_DEPTH_NAMES = {"uint8": "8 bits", "uint16": "16 bits", "float32": "float"}
_NOTHING_SAID = Descriptions()
CARRIERS = frozenset({"JPEG", "PNG", "TIFF", "WebP"})
"""Formats that hold camera data and a profile."""
SOFTWARE = f"mfgui {__version__}"


def probe(path: Path) -> ImageInfo:
    """What the header of a file says about its (first) picture.

    Raises
    ------
    InputError
        If the file is not a readable image, or too large.
    """
    return read_headers(Path(path))[0]


def read_image(path: Path, *, white: float | None = None) -> ImageF32:
    """A single picture, such as a start image or a reference.

    Returns
    -------
    (H, W, C) float32 in [0, 1]
        C = 1 or 3, upright, in the file's own colours (CMYK: in sRGB).

    Raises
    ------
    InputError, OutOfMemoryError
        If it cannot be read.
    """
    info = probe(path)
    pixels, _ = decode_frame(info, white=white)
    with reading(info.path):
        icc = info.icc if info.kind != "cmyk" and info.channels == 3 else None
        return to_float(adapt(pixels, info, Plan(info.channels, info.depth, icc)))


def output_format(path: Path) -> Format:
    """The format that the suffix of an output asks for.

    Raises
    ------
    UsageError
        If it is none that can be written.
    """
    known = _WRITE_FORMATS.get(path.suffix.lower())
    if known is None:
        named = f"'{path.suffix}'" if path.suffix else "without a suffix"
        raise UsageError(
            f"no image format {named} can be written",
            path=path,
            hint="end the name with .png, .tif, .jpg, .webp, .bmp, .pgm or .ppm",
        )
    return known


def check_holds(path: Path, size: Size, *, channels: int) -> None:
    """Raise when the format of `path` cannot hold such a picture; before the work is done.

    Raises
    ------
    UsageError, OutputError
        For a grey-only format and colour, and for a picture that is too large for the format.
    """
    known = output_format(path)
    if max(size.width, size.height) > _LONGEST_SIDE.get(known, max(size.width, size.height)):
        raise OutputError(f"{known} cannot hold {size} pixels", path=path, hint="use PNG or TIFF")
    if path.suffix.lower() == ".pgm" and channels == 3:
        raise UsageError("PGM holds grey pictures only", path=path, hint="use .ppm")


def write_image(
    path: Path,
    image: ImageF32,
    *,
    depth: Depth,
    icc: bytes | None = None,
    exif: bytes | None = None,
    described: Descriptions = _NOTHING_SAID,
    space: str | None = None,
) -> tuple[str, ...]:
    """Write a picture atomically in the format of the suffix.

    Parameters
    ----------
    image : (H, W, C) float32 in [0, 1]
        C = 1 or 3; values outside are clamped.
    depth : str
        Wanted depth; the nearest one that the format holds is written.
    icc, exif : bytes, optional
        Profile and camera data of source 1. The orientation is reset, the software named, a
        thumbnail dropped. A note of the method is put into `exif` by `camera_notes.annotated`.
    described : Descriptions
        XMP and IPTC of source 1. What they say of its own file is dropped or renewed; where they
        are broken they are left out.
    space : str, optional
        Name of a colour space (`spaces.SPACES`) to convert a colour picture to; without it it
        stays in the colours of `icc`.

    Returns
    -------
    tuple of str
        What the format could not hold, one clause each.

    Raises
    ------
    UsageError
        If the suffix or the colour space is unknown.
    OutputError, OutOfMemoryError
        If it cannot be written; an old file is then untouched.
    """
    known = output_format(path)
    try:
        stored, notices = _stored_depth(known, depth)
        if space is not None:
            image, icc = spaces.to_space(image, icc, space)
        pixels = np.ascontiguousarray(from_float(image, stored))
        height, width, channels = pixels.shape
        check_holds(path, Size(width, height), channels=channels)
        if icc is not None and not profiles.usable(icc, channels=pixels.shape[2]):
            icc, notices = None, (*notices, "colour profile does not fit the picture, left out")
        if known not in CARRIERS and (icc or exif or described != _NOTHING_SAID):
            notices = (*notices, f"{known} carries pixels only: no camera data, no profile")
        return (*notices, *_write(path, known, pixels, icc, exif, described))
    except MemoryError as error:
        raise OutOfMemoryError(
            "not enough memory to write the picture", path=path, hint="close other programs"
        ) from error
    except (cv2.error, ValueError, RuntimeError) as error:
        raise OutputError(
            f"the {known} encoder refused the picture", path=path, hint="use TIFF"
        ) from error


def _stored_depth(known: Format, depth: Depth) -> tuple[Depth, tuple[str, ...]]:
    possible = _DEPTHS[known]
    if depth in possible:
        return depth, ()
    best = possible[-1]
    return best, (f"{known} cannot hold {_DEPTH_NAMES[depth]}, written with {_DEPTH_NAMES[best]}",)


def _write(
    path: Path,
    known: Format,
    pixels: PixelArray,
    icc: bytes | None,
    exif_block: bytes | None,
    described: Descriptions,
) -> tuple[str, ...]:
    height, width, channels = pixels.shape
    size = Size(width, height)
    srgb = None if icc is None else profiles.same_colours(icc, None)
    camera = exif.cleaned(exif.parse(exif_block), size=size, software=SOFTWARE, srgb=srgb)
    if known not in CARRIERS:
        described = _NOTHING_SAID
    described, notices = descriptions.cleaned(described, size=size, software=SOFTWARE, srgb=srgb)
    packet, block = described.xmp, described.iptc
    if known == "TIFF":
        with atomic_file(path) as temporary:
            lost = write_tiff(temporary, pixels, icc=icc, camera=camera, packet=packet, block=block)
        return (*notices, *lost)
    if known == "JPEG":
        data, lost = encode.encode_jpeg(pixels, icc=icc, camera=camera, packet=packet, block=block)
        notices = (*notices, *lost)
    elif known == "PNG":
        data = encode.encode_png(pixels, icc=icc, camera=camera, packet=packet, block=block)
    elif known == "WebP":
        if channels == 1 and icc is not None:
            icc = None
            notices = (*notices, "grey profile left out, WebP holds colour pictures only")
        if block is not None:
            notices = (*notices, "IPTC left out, WebP has no place for it")
        data = encode.encode_webp(pixels, icc=icc, camera=camera, packet=packet)
    elif known == "BMP":
        data = encode.encode_bmp(pixels)
    else:
        grey_ppm = path.suffix.lower() == ".ppm" and channels == 1
        data = encode_pnm(np.repeat(pixels, 3, axis=2) if grey_ppm else pixels)
    write_bytes(path, data)
    return notices
