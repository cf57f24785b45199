"""HEIF pictures of phones and cameras (.heic, .heif, .hif) through libheif: pi-heif or pillow-heif,
which are installed only where they are wanted (the packages of the latter are under the GPL).

libheif turns and mirrors a picture as the file's own properties say. The orientation in the
camera data repeats them and must not be applied a second time.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mfgui.core.arrays import PixelArray, Size
from mfgui.core.errors import InputError
from mfgui.files import spaces, xmp
from mfgui.files.headers import ImageInfo, Kind, check_size
from mfgui.files.inputs import cut_off, damaged

_GREY = frozenset({"L", "LA", "La", "I"})
_CUT_OFF = ("outside of file bounds", "Cannot read full", "Unexpected end", "end of file")
_MAX_METADATA = 16 << 20
_P3_PRIMARIES = 12  # colours by their numbers in ISO/IEC 23091-2
_PLAIN_CURVES = frozenset({1, 2, 6, 13})  # those of television; all are shown as sRGB is
_BRIGHTER = {16: "PQ", 18: "HLG"}


def read_heif_header(file: BinaryIO, path: Path) -> ImageInfo:
    """What the file says about its main picture; nothing is decoded.

    Raises
    ------
    InputError
        If neither library is installed, or the file is damaged or cut off.
    """
    picture, count = _main_picture(file, path)
    kind, bits, alpha = _kind_of(picture.mode)
    size = Size(*picture.size)
    check_size(size, path)
    block, icc = picture.info.get("exif"), picture.info.get("icc_profile")
    packet = picture.info.get("xmp")
    colours = picture.info.get("nclx_profile") or {}
    if icc is None and kind == "rgb" and _is_p3(colours):
        icc = spaces.profile("display-p3")
    return ImageInfo(
        path,
        "HEIF",
        size,
        kind,
        bits,
        alpha=alpha,
        icc=icc if icc and len(icc) <= _MAX_METADATA else None,
        exif=block.removeprefix(b"Exif\0\0") if block and len(block) <= _MAX_METADATA else None,
        xmp=packet if packet and len(packet) <= xmp.MAX_PACKET else None,
        remarks=_remarks(count, colours),
    )


def decode_heif(file: BinaryIO, info: ImageInfo) -> tuple[PixelArray, int]:
    """Samples (H, W[, C]) uint8 or uint16 of the main picture, upright, without alpha, and the
    value that is white: 1023 for 10 bits.

    Raises
    ------
    InputError
        If the file is damaged or cut off.
    """
    picture, _ = _main_picture(file, info.path)
    with _refusals(info.path):
        samples = np.array(picture)
    _, bits, alpha = _kind_of(picture.mode)
    if (samples.shape[1], samples.shape[0]) != (info.size.width, info.size.height):
        raise damaged(info.path, f"the picture is not of {info.size}")
    return samples[..., :-1] if alpha else samples, (1 << bits) - 1


def _main_picture(file: BinaryIO, path: Path) -> tuple[Any, int]:
    """The picture that the file calls its main one, not decoded yet, and how many there are."""
    library = _library(path)
    with _refusals(path):
        found = library.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
        return found[found.primary_index], len(found)


def _library(path: Path) -> Any:
    for name in ("pi_heif", "pillow_heif"):
        with suppress(ImportError):
            return importlib.import_module(name)
    raise InputError(
        "mfgui needs pi-heif to read HEIF files",
        path=path,
        hint=f"install it with {sys.executable} -m pip install pi-heif",
    )


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """What libheif says of a file it cannot read becomes one plain error."""
    try:
        yield
    except (ValueError, EOFError, SyntaxError, RuntimeError) as error:
        if any(text in str(error) for text in _CUT_OFF):
            raise cut_off(path) from error
        raise damaged(path, str(error) or type(error).__name__) from error


def _kind_of(mode: str) -> tuple[Kind, int, bool]:
    """Kind, bits and alpha of ``RGB``, ``RGBA``, ``RGB;10``, ``I;12`` and so on."""
    base, _, bits = mode.partition(";")
    alpha = len(base) > 1 and base[-1] in "Aa"
    return "grey" if base in _GREY else "rgb", int(bits.rstrip("L") or 8), alpha


def _is_p3(colours: dict[str, Any]) -> bool:
    curve = int(colours.get("transfer_characteristics", 2))
    return int(colours.get("color_primaries", 2)) == _P3_PRIMARIES and curve in _PLAIN_CURVES


def _remarks(count: int, colours: dict[str, Any]) -> tuple[str, ...]:
    remarks = []
    if count > 1:
        remarks.append(f"main one of {count} pictures in the file taken")
    curve = _BRIGHTER.get(int(colours.get("transfer_characteristics", 2)))
    if curve is not None:
        remarks.append(f"brightness is stored for HDR screens ({curve}) and taken as it is")
    return tuple(remarks)
