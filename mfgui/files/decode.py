"""Pixels of one picture: grey, RGB or CMYK, upright, at full depth.

Routes: JPEG, PNG, WebP and AVIF through imagecodecs (quick, raises on damage where OpenCV prints),
TIFF through tifffile, BMP through Pillow, camera raw through LibRaw, HEIF through libheif, PNM by
ourselves.
"""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import BinaryIO

import cv2
import imagecodecs
import numpy as np

from mfgui.core.arrays import ImageU8, PixelArray, from_float, to_float
from mfgui.core.errors import InputError, UsageError
from mfgui.files.headers import ImageInfo, jpeg_scan_start
from mfgui.files.inputs import cut_off, open_input, reading
from mfgui.files.pnm import decode_pnm, read_pnm_header
from mfgui.files.raw import develop, embedded_picture
from mfgui.files.tiff import decode_tiff

_ROUNDING = 1e-6  # floats this far outside [0, 1] come from arithmetic, not from another range
_ROTATIONS = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}


def decode_frame(info: ImageInfo, *, white: float | None = None) -> tuple[PixelArray, str]:
    """Pixels of one picture.

    Parameters
    ----------
    white : float, optional
        The stored value that is white; without it the maximum of an integer type, 1 for
        floats.

    Returns
    -------
    pixels : (H, W, C) uint8, uint16 or float32
        C = 1 or 3, or 4 for CMYK (0 is no ink). Contiguous and upright; floats in [0, 1].
    notice : str
        What was adapted to the values found, empty for nothing.

    Raises
    ------
    InputError
        If the file is damaged, cut off, has changed since its header was read, or holds
        values outside its range.
    """
    path = info.path
    with open_input(path) as file, reading(path):
        status = os.fstat(file.fileno())
        if (status.st_size, status.st_mtime_ns) != info.stamp:
            raise InputError("the file was changed meanwhile", path=path, hint="open it again")
        if info.format == "raw":
            _check_white(white, info)
            return develop(info)
        samples, maximum = _samples(file, info)
        if samples.ndim == 2:
            samples = samples[..., np.newaxis]
        pixels, notice = _scaled(samples, maximum, info, white)
        return np.ascontiguousarray(upright(pixels, info.orientation)), notice


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of the file's bytes."""
    with open_input(path) as file, reading(path):
        return hashlib.file_digest(file, "sha256").hexdigest()


def decode_reduced(info: ImageInfo, *, max_side: int) -> ImageU8:
    """A small picture of a JPEG or raw file without decoding all of it.

    A JPEG is decoded at 1/1, 1/2, 1/4 or 1/8 of its size, not much below `max_side`. Of a raw
    file it is the picture that the camera put into it, of any size, else it is developed at half
    size.

    Returns
    -------
    (h, w, C) uint8
        RGB or grey, upright.
    """
    if info.format == "raw":
        return _reduced_raw(info)
    longest = max(info.size.width, info.size.height)
    step = next((s for s in (8, 4, 2) if longest / s >= 0.75 * max_side), 1)
    grey = info.kind == "grey"
    flag = {
        1: cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR,
        2: cv2.IMREAD_REDUCED_GRAYSCALE_2 if grey else cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_GRAYSCALE_4 if grey else cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_GRAYSCALE_8 if grey else cv2.IMREAD_REDUCED_COLOR_8,
    }[step]
    with open_input(info.path) as file, reading(info.path):
        data = _complete_jpeg(file, info.path)
        found = cv2.imdecode(np.frombuffer(data, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION)
        if found is None:
            raise ValueError("JPEG data cannot be decoded")
        picture = found[..., np.newaxis] if grey else cv2.cvtColor(found, cv2.COLOR_BGR2RGB)
        return np.ascontiguousarray(upright(picture, info.orientation))


def _reduced_raw(info: ImageInfo) -> ImageU8:
    with reading(info.path):
        found = embedded_picture(info)
        if found is not None:
            return np.ascontiguousarray(upright(*found))
        pixels, _ = develop(info, half=True)
        return from_float(to_float(pixels), "uint8")


def decode_indices(info: ImageInfo) -> ImageU8 | None:
    """Palette indices (H, W) of a PNG picture, upright; None where the palette is grey.

    A grey palette is a way to store grey values; a coloured one is how label pictures are
    often saved.
    """
    if info.format != "PNG":
        return None
    from PIL.PngImagePlugin import PngImageFile

    with open_input(info.path) as file, reading(info.path), PngImageFile(file) as picture:
        palette = np.array(picture.getpalette("RGB"), np.uint8).reshape(-1, 3)
        if (palette == palette[:, :1]).all():
            return None
        indices = np.asarray(picture)[..., np.newaxis]
        return np.ascontiguousarray(upright(indices, info.orientation)[..., 0])


def upright(pixels: PixelArray, orientation: int) -> PixelArray:
    """(H, W, C) pixels turned and mirrored as the EXIF orientation 1 ... 8 asks."""
    if orientation == 1:
        return pixels
    channels = pixels.shape[2]
    if orientation in _ROTATIONS:
        turned = cv2.rotate(pixels, _ROTATIONS[orientation])
    elif orientation in (2, 4):
        turned = cv2.flip(pixels, 1 if orientation == 2 else 0)
    else:
        turned = cv2.transpose(pixels)
        turned = cv2.rotate(turned, cv2.ROTATE_180) if orientation == 7 else turned
    return turned.reshape(*turned.shape[:2], channels)


def _samples(file: BinaryIO, info: ImageInfo) -> tuple[PixelArray, int]:
    """Stored samples (H, W[, S]) without alpha, and the value that is white."""
    if info.format == "TIFF":
        return decode_tiff(file, info)
    if info.format == "HEIF":
        from mfgui.files.heif import decode_heif

        return decode_heif(file, info)
    if info.format == "AVIF":
        from mfgui.files.avif import decode_avif

        return decode_avif(file, info)
    if info.format == "PNM":
        header = read_pnm_header(file)
        file.seek(0)
        return decode_pnm(file.read(), header), header.maximum
    if info.format == "BMP":
        return _decode_bmp(file), 255
    if info.format == "JPEG":
        samples = imagecodecs.jpeg8_decode(_complete_jpeg(file, info.path))
        # Every program follows Adobe and stores CMYK inverted.
        return (255 - samples if info.kind == "cmyk" else samples), 255
    if info.format == "PNG":
        samples = imagecodecs.png_decode(_critical_chunks(file.read()))
    else:
        samples = imagecodecs.webp_decode(file.read())
    if samples.ndim == 3 and samples.shape[2] in (2, 4):
        samples = samples[..., :-1]
    return samples, int(np.iinfo(samples.dtype).max)


def _check_white(white: float | None, info: ImageInfo) -> None:
    if white is None:
        return
    if not 0 < white < float("inf"):
        raise UsageError(f"white must be a number above 0, not {white:g}")
    if info.format == "raw":
        raise UsageError(
            "a raw file says itself what is white", path=info.path, hint="leave --white out"
        )


def _complete_jpeg(file: BinaryIO, path: Path) -> bytes:
    """The file's bytes, once the end marker was seen: decoders fill what is missing with grey."""
    scan = jpeg_scan_start(file, path)
    file.seek(0)
    data = file.read()
    if data.find(b"\xff\xd9", scan) < 0:
        raise cut_off(path)
    return data


def _critical_chunks(data: bytes) -> bytes:
    """A PNG without profile, texts and times, about which libpng prints warnings."""
    parts, position = [data[:8]], 8
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        if not data[position + 4] & 0x20:
            parts.append(data[position : position + 12 + length])
        position += 12 + length
    return b"".join(parts)


def _decode_bmp(file: BinaryIO) -> PixelArray:
    from PIL.BmpImagePlugin import BmpImageFile

    with BmpImageFile(io.BytesIO(file.read())) as picture:
        mode = "L" if picture.mode in ("1", "L") else "RGB"
        return np.asarray(picture.convert(mode))


def _scaled(
    samples: PixelArray, maximum: int, info: ImageInfo, white: float | None
) -> tuple[PixelArray, str]:
    """Samples at the depth and range of `decode_frame`."""
    _check_white(white, info)
    if info.sample == "uint" and info.bits <= 16:
        return _scaled_integers(samples, maximum, info, white)
    if info.sample != "float" and white is None:
        sign = "signed " if info.sample == "int" else ""
        raise InputError(
            f"{info.bits}-bit {sign}integers have no agreed white",
            path=info.path,
            hint="say which value is white with --white V",
        )
    return _scaled_floats(samples, info, white)


def _scaled_integers(
    samples: PixelArray, maximum: int, info: ImageInfo, white: float | None
) -> tuple[PixelArray, str]:
    dtype = np.dtype(info.depth)
    top = np.iinfo(dtype).max
    if white is None and maximum == top:
        return samples.astype(dtype, copy=False), ""
    if white is not None and white > maximum:
        raise InputError(
            f"white {white:g} is above {maximum}, the largest value the file can hold",
            path=info.path,
            hint="give a smaller one",
        )
    scale = top / (maximum if white is None else white)
    table = np.rint(np.minimum(np.arange(np.iinfo(samples.dtype).max + 1) * scale, top))
    return table.astype(dtype)[samples], _clipped(samples, white)


def _scaled_floats(
    samples: PixelArray, info: ImageInfo, white: float | None
) -> tuple[PixelArray, str]:
    with np.errstate(over="ignore"):
        values = samples.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(low + high):
        raise _not_finite(values, info.path)
    notice = _clipped(samples, white)
    if white is not None:
        values /= np.float32(white)
    elif high > 1 + _ROUNDING:
        raise InputError(
            f"values up to {high:g}; floats must lie between 0 and 1",
            path=info.path,
            hint=f"say which value is white, for example --white {_round_up(high):g}",
        )
    if low < -_ROUNDING:
        raise InputError(
            f"values down to {low:g}; they must not be negative",
            path=info.path,
            hint="shift or clip them first",
        )
    return np.clip(values, 0, 1, out=values), notice


def _clipped(samples: PixelArray, white: float | None) -> str:
    above = 0 if white is None else int(np.count_nonzero(samples > white))
    if not above:
        return ""
    return f"{above / samples.size:.2%} of the values lie above white {white:g} and were clipped"


def _round_up(value: float) -> float:
    """The next number of two digits, so that nothing is clipped."""
    unit = 10.0 ** (np.floor(np.log10(value)) - 1)
    return float(np.ceil(value / unit) * unit)


def _not_finite(values: PixelArray, path: Path) -> InputError:
    bad = ~np.isfinite(values).all(axis=2)
    y, x = (int(i) for i in np.argwhere(bad)[0])
    kind = "NaN" if np.isnan(values[y, x]).any() else "infinite"
    return InputError(
        f"{np.count_nonzero(bad)} pixels are not numbers, the first ({kind}) at x {x}, y {y}",
        path=path,
        hint="replace them by numbers between 0 and 1",
    )
