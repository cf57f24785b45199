"""What goes with a fused picture: its frames as layers, the depth it was taken at, the confidence.

Layers are the pages of one TIFF file, written one after another, so that no more than one frame
need be in memory, and none where frames are memory-mapped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from mfgui.core.arrays import Depth, ImageF32, PixelArray, Size
from mfgui.core.errors import UsageError
from mfgui.files import descriptions, encode, exif
from mfgui.files.atomic import atomic_file, write_bytes
from mfgui.files.descriptions import Descriptions
from mfgui.files.images import SOFTWARE
from mfgui.files.inputs import open_input, reading
from mfgui.files.tiff import attach, texts

_PAGE_NAME, _PAGE_NUMBER = 285, 297
_PAGE = 2  # subfile type of a page among several
_CLASSIC_LIMIT = (1 << 32) - (1 << 25)  # offsets of 32 bits, with room for directories
_ASCII = 2
_LEVEL = 1  # of Deflate: frames are many, higher levels take four times as long for 5 %
_TIFF_SUFFIXES = (".tif", ".tiff")
_UNKNOWN = 0
_NOTHING_SAID = Descriptions()


def check_layers_name(path: Path) -> None:
    """Raise UsageError for a name that `write_layers` will refuse."""
    if path.suffix.lower() not in _TIFF_SUFFIXES:
        raise UsageError("layers are written as TIFF", path=path, hint="end its name with .tif")


def check_map_name(path: Path) -> None:
    """Raise UsageError for a name that maps of depth or confidence cannot have."""
    if path.suffix.lower() not in (".png", *_TIFF_SUFFIXES):
        raise UsageError(
            "depth and confidence need 16 bits", path=path, hint="end its name with .png or .tif"
        )


def write_layers(
    path: Path,
    frames: Iterable[PixelArray],
    names: Sequence[str],
    *,
    icc: bytes | None = None,
    camera: bytes | None = None,
    described: Descriptions = _NOTHING_SAID,
) -> tuple[str, ...]:
    """The frames of a stack as the pages of one TIFF file, atomically.

    Parameters
    ----------
    frames : iterable of (H, W, C) uint8, uint16 or float32
        All of one shape and type; each is written before the next is asked for.
    names : sequence of str
        One per frame, the names of the pages.
    icc, camera : bytes, optional
        Profile of all pages; camera data (EXIF) of the first.
    described : Descriptions
        XMP and IPTC of the first page.

    Returns
    -------
    tuple of str
        What could not be written, one clause each.

    Raises
    ------
    UsageError
        If the name does not end with .tif or .tiff.
    OutputError
        If the file cannot be written; an old file is then untouched.
    """
    check_layers_name(path)
    if not names:
        raise ValueError("no frames")
    following = iter(frames)
    first = next(following)
    big = first.nbytes * len(names) > _CLASSIC_LIMIT
    height, width = first.shape[:2]
    size = Size(width, height)
    data = exif.cleaned(exif.parse(camera), size=size, software=SOFTWARE)
    told, lost = descriptions.cleaned(described, size=size, software=SOFTWARE, srgb=None)
    tags = [*texts(told.xmp, told.iptc), *(_texts(data) if big else [])]
    with atomic_file(path) as temporary:
        with tifffile.TiffWriter(temporary, byteorder="<", bigtiff=big) as file:
            _write_page(file, first, 0, names, icc, tags)
            for number, frame in enumerate(following, start=1):
                if (frame.shape, frame.dtype) != (first.shape, first.dtype):
                    raise ValueError(f"frame {number + 1} differs from the first")
                _write_page(file, frame, number, names, icc, [])
        if big:
            return (*lost, "of the camera data only texts are kept in TIFF files above 4 GB")
        with temporary.open("r+b") as written:
            attach(written, data)
    return lost


def write_depth(
    path: Path,
    depth: npt.NDArray[np.floating[Any]] | npt.NDArray[np.integer[Any]],
    *,
    low: float,
    high: float,
    unit: str = "number of the source",
    stored: Depth = "uint16",
) -> None:
    """A map of depths in 16 bits with its scale beside it, atomically.

    Parameters
    ----------
    path : Path
        Ends with .png or .tif.
    depth : (H, W)
        Labels or smooth; what is not finite or outside ``low ... high`` is unknown.
    low, high : float
        Depths that are stored as 1 and as 65535; 0 is unknown.
    unit : str
        What depths are counted in.
    stored : str
        "uint16", or "float32" for the values themselves (TIFF only; unknown is NaN).

    Raises
    ------
    UsageError
        For another ending of the name, or floats in a PNG.
    OutputError
        If the file cannot be written.
    """
    if not low < high:
        raise ValueError(f"an empty range: {low:g} ... {high:g}")
    values = np.asarray(depth, np.float32)
    known = (values >= low) & (values <= high)
    meaning: dict[str, object] = {"map": "depth", "unit": unit, "low": low, "high": high}
    if stored == "float32":
        meaning["unknown"] = "NaN"
        _write_map(path, np.where(known, values, np.float32("nan")), meaning)
        return
    scaled = np.rint((np.where(known, values, low) - low) * (65534 / (high - low))) + 1
    meaning |= {"unknown": _UNKNOWN, "depth": "low + (value - 1) / 65534 * (high - low)"}
    _write_map(path, np.where(known, scaled, _UNKNOWN).astype(np.uint16), meaning)


def write_confidence(path: Path, confidence: ImageF32) -> None:
    """A map of how far depths can be trusted in 16 bits, atomically.

    Parameters
    ----------
    path : Path
        Ends with .png or .tif.
    confidence : (H, W) float32 in [0, 1]
        0 is stored as 0, 1 as 65535; values outside are clamped, NaN is 0.

    Raises
    ------
    UsageError, OutputError
        As for `write_depth`.
    """
    values = np.rint(np.clip(np.nan_to_num(confidence), 0, 1) * 65535).astype(np.uint16)
    _write_map(path, values, {"map": "confidence", "confidence": "value / 65535"})


def is_map(path: Path) -> bool:
    """Whether a PNG or TIFF file is a map of depth or confidence that was written here."""
    with open_input(path) as file, reading(path):
        if path.suffix.lower() == ".png":
            from PIL.PngImagePlugin import PngImageFile

            with PngImageFile(file) as picture:
                told = picture.info.get("Software"), picture.info.get("Description")
        else:
            with tifffile.TiffFile(file) as tiff:
                page: Any = tiff.pages[0]
                told = page.software, page.description
        software, description = (str(text) for text in told)
        return software.startswith("mfgui ") and description.startswith('{"map": ')


def _write_page(
    file: tifffile.TiffWriter,
    frame: PixelArray,
    number: int,
    names: Sequence[str],
    icc: bytes | None,
    further: Sequence[tuple[Any, ...]],
) -> None:
    colour = frame.shape[2] == 3
    tags: list[tuple[Any, ...]] = [
        (_PAGE_NAME, _ASCII, 0, _ascii(names[number]), True),
        (_PAGE_NUMBER, 3, 2, (number, len(names)), True),
        *further,
    ]
    file.write(
        frame if colour else frame[..., 0],
        photometric="rgb" if colour else "minisblack",
        compression="zlib",
        compressionargs={"level": _LEVEL},
        predictor=True,
        subfiletype=_PAGE,
        metadata=None,
        software=False,
        iccprofile=icc,
        extratags=tags,
    )


def _texts(data: exif.CameraData) -> list[tuple[Any, ...]]:
    """The texts of the main directory, which need no directory of their own."""
    return [
        (tag, _ASCII, 0, _ascii(entry.data.split(b"\0")[0].decode("ascii", "replace")), True)
        for tag, entry in data.main.items()
        if entry.kind == _ASCII
    ]


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()


def _write_map(path: Path, values: PixelArray, meaning: dict[str, object]) -> None:
    """One channel with what its values mean as JSON in its description."""
    description, suffix = json.dumps(meaning), path.suffix.lower()
    if suffix == ".png" and values.dtype == np.uint16:
        text = [("Software", SOFTWARE), ("Description", description)]
        write_bytes(path, encode.encode_png(values[..., np.newaxis], text=text))
    elif suffix in _TIFF_SUFFIXES:
        with atomic_file(path) as temporary:
            tifffile.imwrite(
                temporary,
                values,
                photometric="minisblack",
                compression="zlib",
                predictor=True,
                metadata=None,
                software=SOFTWARE,
                description=description,
            )
    else:
        check_map_name(path)
        raise UsageError("PNG holds no floats", path=path, hint="end its name with .tif")
