"""Camera raw files through rawpy (LibRaw), which is installed only where it is wanted.

One development for all frames of a stack: the multipliers of white balance can be given (see
`ImageInfo.balance`), nothing is made brighter or measured from the pixels, so equal light gives
equal values in every frame. The result is in sRGB, with its curve.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageU8, Size
from mfgui.core.errors import InputError
from mfgui.files import exif
from mfgui.files.camera_files import read_camera_data
from mfgui.files.headers import Balance, ImageInfo, Kind, turned
from mfgui.files.inputs import cut_off, damaged
from mfgui.files.tiff import data_end

if TYPE_CHECKING:
    import rawpy

_ORIENTATIONS = {0: 1, 3: 3, 5: 8, 6: 6}  # how LibRaw counts turns: how EXIF does
_SRGB_CURVE = (2.4, 12.92)  # power, and slope of the straight part
_DNG_VERSION = 50706
_SAME_SHAPE = 0.02


def read_raw_header(file: BinaryIO, path: Path) -> ImageInfo:
    """What a raw file says about its picture; nothing is decoded.

    Raises
    ------
    InputError
        If rawpy is not installed, or the file is cut off or not known to LibRaw.
    """
    with _opened(path) as raw:
        sizes = raw.sizes
        orientation = _ORIENTATIONS.get(sizes.flip, 1)
        kind: Kind = "grey" if raw.num_colors == 1 else "rgb"
        camera = read_camera_data(file)
        # Missing data are found here, before LibRaw prints a line of its own about them.
        if camera is not None and _DNG_VERSION in camera.main:
            length = file.seek(0, 2)
            if data_end(file) > length:
                raise cut_off(path)
        return ImageInfo(
            path,
            "raw",
            turned(Size(sizes.width, sizes.height), orientation),
            kind,
            16,
            exif=None if camera is None else _carried(camera),
            xmp=None if camera is None else _value(camera, exif.XMP),
            iptc=None if camera is None else _value(camera, exif.IPTC),
        )


def white_balance(info: ImageInfo) -> Balance:
    """The camera's multipliers of red, green, blue and second green (0: as the first).

    Those of daylight where the file holds none. The sensor's values are unpacked for it.

    Raises
    ------
    InputError
        If the file is damaged or cut off.
    """
    with _opened(info.path) as raw:
        return _balance_of(raw)


def develop(info: ImageInfo, *, half: bool = False) -> tuple[npt.NDArray[np.uint16], str]:
    """The picture of a raw file, upright, with the balance of `info`, else with its own.

    Parameters
    ----------
    half : bool
        Take each 2 x 2 block of the filters for one pixel: quick, of half the size. Without
        filters nothing is halved.

    Returns
    -------
    pixels : (H, W, 1 or 3) uint16
        sRGB with its curve; 65535 is where the sensor is full.
    notice : str
        What was adapted, empty for nothing.

    Raises
    ------
    InputError
        If the file is damaged, or its pixels do not make the picture that its header names.
    """
    with _opened(info.path) as raw:
        rawpy, own = _library(info.path), _balance_of(raw)
        balance = info.balance or own
        pixels: npt.NDArray[Any] = raw.postprocess(
            half_size=half,
            user_wb=list(balance),
            output_color=rawpy.ColorSpace.sRGB,
            output_bps=16,
            gamma=_SRGB_CURVE,
            no_auto_bright=True,
            # LibRaw would else take the brightest pixel of each frame for its white.
            adjust_maximum_thr=0.0,
        )
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    height, width, channels = pixels.shape
    if channels != info.channels or (not half and Size(width, height) != info.size):
        raise damaged(info.path, f"{width} x {height} pixels developed instead of {info.size}")
    return (
        pixels,
        "" if balance == own else "developed with the white balance of the first raw file",
    )


def embedded_picture(info: ImageInfo) -> tuple[ImageU8, int] | None:
    """The small picture that the camera put into the file.

    Returns
    -------
    pixels : (h, w, 1 or 3) uint8
        As the camera developed it, not yet upright.
    orientation : int
        As in EXIF, 1 ... 8.

    None where there is none, or it is damaged or of another shape than the picture itself.
    """
    rawpy = _library(info.path)
    with _opened(info.path) as raw:
        orientation = _ORIENTATIONS.get(raw.sizes.flip, 1)
        try:
            found = raw.extract_thumb()
        except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
            return None
    if found.format != rawpy.ThumbFormat.JPEG:
        return None
    pixels = _decoded_jpeg(bytes(found.data), info, orientation)
    return None if pixels is None else (pixels, orientation)


def _decoded_jpeg(data: bytes, info: ImageInfo, orientation: int) -> ImageU8 | None:
    from PIL.JpegImagePlugin import JpegImageFile

    try:
        with JpegImageFile(io.BytesIO(data)) as picture:
            size = turned(Size(*picture.size), orientation)
            shape = size.width * info.size.height / (size.height * info.size.width)
            if abs(shape - 1) > _SAME_SHAPE or size.width > info.size.width:
                return None
            pixels = np.asarray(picture.convert("L" if info.kind == "grey" else "RGB"))
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for damage
        return None
    return pixels.reshape(*pixels.shape[:2], -1)


def _library(path: Path) -> Any:
    try:
        import rawpy
    except ImportError as error:
        raise InputError(
            "mfgui needs rawpy to read raw files",
            path=path,
            hint=f"install it with {sys.executable} -m pip install rawpy",
        ) from error
    return rawpy


@contextmanager
def _opened(path: Path) -> Iterator[rawpy.RawPy]:
    """The file with its header read; what LibRaw raises inside becomes one plain error."""
    rawpy = _library(path)
    try:
        with rawpy.imread(str(path)) as raw:
            yield raw
    except rawpy.LibRawIOError as error:
        raise cut_off(path) from error
    except rawpy.LibRawUnsufficientMemoryError as error:
        raise MemoryError from error
    except (rawpy.LibRawError, rawpy.NotSupportedError) as error:
        what = error.args[0] if error.args else "unknown"
        raise damaged(path, what.decode() if isinstance(what, bytes) else str(what)) from error


def _balance_of(raw: rawpy.RawPy) -> Balance:
    stored = raw.camera_whitebalance
    chosen = stored if min(stored[:3]) > 0 else raw.daylight_whitebalance
    red, green, blue, second = (float(value) for value in chosen)
    return red, green, blue, second


def _value(camera: exif.CameraData, tag: int) -> bytes | None:
    entry = camera.main.get(tag)
    return None if entry is None else entry.data


def _carried(camera: exif.CameraData) -> bytes:
    """What outputs carry; the camera's own choice of colours does not bear on ours."""
    return exif.serialise(exif.with_colours(exif.descriptive(camera), srgb=True))
