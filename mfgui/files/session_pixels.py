"""Pixels of a session as bytes and back, without loss: TIFF of floats, PNG of labels, blocks."""

from __future__ import annotations

import hashlib
import io
import logging
import struct

import cv2
import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Size
from mfgui.core.labels import check_labels, label_dtype
from mfgui.files.session_fields import WrongField

# tifffile reports odd tags through its logger; without a handler they would reach the terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_STRIP_BYTES = 1 << 20
_NONE, _ZSTD, _DEFLATES = 1, 50000, (8, 32946)
_PNG_HEAD = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def encode_float(image: ImageF32) -> bytes:
    """TIFF of (H, W, 1 or 3) float32, every bit kept: predicted, then Zstandard."""
    height, width, channels = image.shape
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        image if channels == 3 else image[..., 0],
        photometric="rgb" if channels == 3 else "minisblack",
        compression="zstd",
        compressionargs={"level": 1},
        predictor=3,
        rowsperstrip=min(height, max(1, _STRIP_BYTES // (width * channels * 4))),
        metadata=None,
        software=False,
    )
    return file.getvalue()


def decode_float(data: bytes, size: Size, channels: int) -> ImageF32:
    """The image (H, W, C) of `encode_float`, read-only, which must have this size.

    Raises
    ------
    WrongField
        If it has another size or kind, or holds a value that is not finite.
    """
    shape = (size.height, size.width, 3) if channels == 3 else (size.height, size.width)
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page = tiff.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        strips = -(-size.height // max(1, page.rowsperstrip))
        sound = (
            page.shape == shape
            and page.dtype == np.float32
            and page.planarconfig == 1
            and page.compression in (_NONE, _ZSTD, *_DEFLATES)
            and not page.is_tiled
            and page.rowsperstrip <= size.height
            and len(page.dataoffsets) == len(page.databytecounts) == strips
        )
        if not sound:
            raise WrongField(f"an image is not {size} of {channels} channels of floats")
        image = page.asarray(maxworkers=1)
    if not np.isfinite(image).all():
        raise WrongField("an image holds values that are not numbers")
    return _frozen(np.ascontiguousarray(image, np.float32).reshape(size.height, size.width, -1))


def encode_labels(labels: LabelArray) -> bytes:
    """PNG of (H, W) uint8 or uint16."""
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(labels), level=1))


def decode_labels(data: bytes, size: Size, *, k: int) -> LabelArray:
    """The labels (H, W) of `encode_labels`, read-only, for `k` sources of this size.

    Raises
    ------
    WrongField
        If they have another size or kind, or a label is above `k`.
    """
    if not data.startswith(_PNG_HEAD) or len(data) < 33:
        raise WrongField("a map is no PNG")
    width, height, bits, colour = struct.unpack_from(">IIBB", data, len(_PNG_HEAD))
    if (width, height) != (size.width, size.height):
        raise WrongField(f"a map is {width} x {height}, but the sources are {size}")
    dtype = label_dtype(k)
    if colour != 0 or bits != 8 * np.dtype(dtype).itemsize:
        raise WrongField(f"a map is not {8 * np.dtype(dtype).itemsize} bit grey")
    return checked_labels(imagecodecs.png_decode(data), size, k=k)


def checked_labels(labels: LabelArray, size: Size, *, k: int) -> LabelArray:
    """Labels of the right shape, type and range, read-only; WrongField for others."""
    if labels.shape != (size.height, size.width) or labels.dtype != label_dtype(k):
        raise WrongField(f"a map is not {size} labels of {k} sources")
    try:
        check_labels(labels, k=k)
    except ValueError as error:
        raise WrongField(f"a map: {error}") from error
    return _frozen(labels)


def hash_of(block: PixelArray) -> str:
    """Name of a contiguous block by its content."""
    return hashlib.sha256(block.data.cast("B")).hexdigest()


def encode_block(block: PixelArray) -> bytes:
    """A contiguous block of rows of labels or floats; the bytes of a float are sorted by their
    place, which makes them shrink."""
    planes = block
    if block.itemsize > 1:
        # By OpenCV, which lets other threads run and is ten times as fast as a transposed copy.
        parts = block.view(np.uint8).reshape(len(block), -1, block.itemsize)
        planes = np.empty((block.itemsize, *parts.shape[:2]), np.uint8)
        cv2.split(parts, list(planes))
    return bytes(imagecodecs.zstd_encode(planes.tobytes(), level=1))


def decode_block(data: bytes, shape: tuple[int, ...], dtype: npt.DTypeLike) -> PixelArray:
    """The block of `encode_block`; WrongField when it has another size."""
    kind = np.dtype(dtype)
    flat = np.empty(kind.itemsize * int(np.prod(shape)), np.uint8)
    try:
        found = imagecodecs.zstd_decode(data, out=flat.data)
    except Exception as error:
        raise WrongField(f"a block of pixels cannot be read ({error})") from error
    if len(found) != flat.nbytes:
        raise WrongField("a block of pixels has another size")
    block: PixelArray = flat
    if kind.itemsize > 1:
        block = cv2.merge(list(flat.reshape(kind.itemsize, shape[0], -1)))
    return block.reshape(-1).view(kind).reshape(shape)


def _frozen(array: PixelArray) -> PixelArray:
    array.flags.writeable = False
    return array
