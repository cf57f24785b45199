"""AVIF pictures: heads through Pillow, pixels through imagecodecs, which keeps 10 and 12 bits."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import imagecodecs

from mfgui.core.arrays import PixelArray, Size
from mfgui.core.errors import InputError
from mfgui.files import xmp
from mfgui.files.camera_files import boxes
from mfgui.files.headers import ImageInfo, Kind, check_size
from mfgui.files.inputs import cut_off, damaged

_HIGH_DEPTH, _TWELVE = 0x40, 0x20
_EXIF_PREFIX = b"Exif\0\0"


def read_avif_header(file: BinaryIO, path: Path) -> ImageInfo:
    """What the file says about its picture, which is not upright yet; nothing is decoded.

    Raises
    ------
    InputError
        If the file is damaged, cut off or an animation.
    """
    from PIL.AvifImagePlugin import AvifImageFile

    end = file.seek(0, 2)
    bits = _bits(file, end)
    file.seek(0)
    try:
        with AvifImageFile(io.BytesIO(file.read())) as picture:
            if getattr(picture, "n_frames", 1) > 1:
                raise InputError("an animation", path=path, hint="export one of its pictures")
            size, mode, told = Size(*picture.size), picture.mode, dict(picture.info)
    except SyntaxError as error:  # Pillow's way to say that it is no such file
        raise cut_off(path) from error
    check_size(size, path)
    kind: Kind = "grey" if mode in ("L", "LA") else "rgb"
    block, packet = told.get("exif"), told.get("xmp")
    return ImageInfo(
        path,
        "AVIF",
        size,
        kind,
        bits,
        alpha=mode in ("LA", "RGBA"),
        icc=told.get("icc_profile") or None,
        exif=block.removeprefix(_EXIF_PREFIX) if block else None,
        xmp=packet if packet and len(packet) <= xmp.MAX_PACKET else None,
    )


def decode_avif(file: BinaryIO, info: ImageInfo) -> tuple[PixelArray, int]:
    """Samples (H, W[, C]) uint8 or uint16 without alpha, as stored, and the value that is white.

    Raises
    ------
    imagecodecs.AvifError
        If the file is damaged.
    InputError
        If its picture is another than its head says.
    """
    samples = imagecodecs.avif_decode(file.read())
    if samples.ndim == 3 and samples.shape[2] in (2, 4):
        samples = samples[..., :-1]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    if channels != info.channels or samples.itemsize != (1 if info.bits == 8 else 2):
        raise damaged(info.path, "the picture is another than its head says")
    return samples, (1 << info.bits) - 1


def _bits(file: BinaryIO, end: int) -> int:
    """Bits of a sample, from the configuration of the coder (AV1 ISOBMFF binding, 2.3.3)."""
    for start, stop in boxes(file, (0, end), b"meta"):
        for properties in boxes(file, (start + 4, stop), b"iprp"):
            for container in boxes(file, properties, b"ipco"):
                for coder in boxes(file, container, b"av1C"):
                    file.seek(coder[0] + 2)
                    flags = file.read(1)[0]
                    return 8 if not flags & _HIGH_DEPTH else 12 if flags & _TWELVE else 10
    return 8
