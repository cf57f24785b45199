"""Small pictures and files for the tests of reading and writing."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image, ImageCms

HEIGHT, WIDTH = 24, 36


def smooth(
    *, seed: int = 0, channels: int = 3, height: int = HEIGHT, width: int = WIDTH
) -> npt.NDArray[np.float32]:
    """A picture (height, width, channels) with values over most of [0, 1]."""
    noise = np.random.default_rng(seed).random((height, width, channels), np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 1.5).reshape(noise.shape)
    return np.clip((blurred - 0.5) * 2.5 + 0.5, 0, 1)


def bytes8(**options: Any) -> npt.NDArray[np.uint8]:
    """`smooth` as uint8."""
    return np.rint(smooth(**options) * 255).astype(np.uint8)


def words16(**options: Any) -> npt.NDArray[np.uint16]:
    """`smooth` as uint16."""
    return np.rint(smooth(**options) * 65535).astype(np.uint16)


def pillow_bytes(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """What Pillow writes."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def save8(path: Path, *, seed: int = 0, **options: Any) -> Path:
    """An 8-bit RGB file through Pillow, format by suffix."""
    Image.fromarray(bytes8(seed=seed)).save(path, **options)
    return path


def save_tiff(path: Path, pixels: npt.NDArray[Any], **options: Any) -> Path:
    """A TIFF file through tifffile; grey when `pixels` is (H, W)."""
    options.setdefault("photometric", "rgb" if pixels.shape[-1] == 3 else "minisblack")
    tifffile.imwrite(path, pixels, metadata=None, **options)
    return path


def png16(pixels: npt.NDArray[np.uint16]) -> bytes:
    """A 16-bit PNG through OpenCV."""
    ordered = pixels[..., ::-1] if pixels.ndim == 3 and pixels.shape[2] == 3 else pixels
    return bytes(cv2.imencode(".png", ordered)[1].tobytes())


def srgb_profile() -> bytes:
    """LittleCMS' sRGB."""
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def wide_profile() -> bytes:
    """A matrix profile whose red, green and blue lie further out than those of sRGB."""
    return _profile(
        b"RGB ",
        {
            b"rXYZ": _xyz(0.6097, 0.3111, 0.0195),
            b"gXYZ": _xyz(0.2053, 0.6257, 0.0609),
            b"bXYZ": _xyz(0.1492, 0.0632, 0.7446),
            b"rTRC": _gamma(2.2),
            b"gTRC": _gamma(2.2),
            b"bTRC": _gamma(2.2),
        },
    )


def matrix_profile(to_xyz: npt.ArrayLike, gamma: float | None) -> bytes:
    """A profile of the primaries in the columns of `to_xyz` (3, 3), XYZ under D50.

    The curve is that of sRGB where `gamma` is None.
    """
    matrix = np.asarray(to_xyz, np.float64)
    curve = _srgb_curve() if gamma is None else _gamma(gamma)
    tags = {name + b"XYZ": _xyz(*matrix[:, i]) for i, name in enumerate((b"r", b"g", b"b"))}
    return _profile(b"RGB ", tags | {name + b"TRC": curve for name in (b"r", b"g", b"b")})


def grey_profile(gamma: float = 1.8) -> bytes:
    """A grey profile of one gamma."""
    return _profile(b"GRAY", {b"kTRC": _gamma(gamma)})


def ink_profile() -> bytes:
    """A CMYK profile with a table of two steps per ink: cyan paper white minus its inks."""
    corners = np.array(list(np.ndindex(2, 2, 2, 2)), np.float64)
    lightness = 100 * (1 - 0.25 * corners[:, :3].sum(1)) * (1 - corners[:, 3])
    red_green = 40 * (corners[:, 1] - corners[:, 0]) * (1 - corners[:, 3])
    lab = np.stack([lightness * 2.55, red_green + 128, np.full(16, 128.0)], 1)
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table += ramp * 4 + np.rint(np.clip(lab, 0, 255)).astype(np.uint8).tobytes() + ramp * 3
    return _profile(b"CMYK", {b"A2B0": table, b"A2B1": table}, connection=b"Lab ", kind=b"prtr")


def _profile(
    space: bytes, tags: dict[bytes, bytes], *, connection: bytes = b"XYZ ", kind: bytes = b"mntr"
) -> bytes:
    name = b"Test profile\0"
    text = b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(8 + 3 + 67)
    tags = {b"desc": text, b"wtpt": _xyz(0.9642, 1.0, 0.8249), **tags}
    offset, directory, data = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name_, value in tags.items():
        directory += name_ + struct.pack(">II", offset + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = bytes(4) + bytes(4) + struct.pack(">I", 0x02400000) + kind + space + connection
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    whole = head + directory + data
    return struct.pack(">I", len(whole)) + whole[4:]


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in (x, y, z)))


def _gamma(value: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256)) + bytes(2)


def _srgb_curve() -> bytes:
    terms = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    head = b"para" + bytes(4) + struct.pack(">HH", 3, 0)
    return head + struct.pack(">5i", *(round(term * 65536) for term in terms))


def camera_block(*, orientation: int = 1, order: str = "<") -> bytes:
    """An EXIF block with make, model, exposure, place, thumbnail and the maker's notes."""
    photo = {
        33434: (5, 1, struct.pack(order + "II", 1, 125)),
        36867: (2, 20, b"2024:05:06 07:08:09\0"),
        37500: (7, 12, b"maker's note"),
        40962: (4, 1, struct.pack(order + "I", 4000)),
        40963: (4, 1, struct.pack(order + "I", 3000)),
    }
    place = {1: (2, 2, b"N\0"), 2: (5, 3, struct.pack(order + "6I", 48, 1, 8, 1, 30, 1))}
    main = {
        271: (2, 6, b"Canon\0"),
        272: (2, 8, b"EOS 5D2\0"),
        274: (3, 1, struct.pack(order + "H", orientation)),
        305: (2, 10, b"OldSoft 1\0"),
    }
    thumbnail = {513: (4, 1, struct.pack(order + "I", 0)), 514: (4, 1, bytes(4))}
    return _exif(main, photo, place, thumbnail, order)


_Tags = dict[int, tuple[int, int, bytes]]


def _exif(main: _Tags, photo: _Tags, place: _Tags, thumbnail: _Tags, order: str) -> bytes:
    sizes = [_length(main, 2), _length(photo, 0), _length(place, 0)]
    at = [8, 8 + sizes[0], 8 + sizes[0] + sizes[1], 8 + sum(sizes)]
    pointers = {34665: at[1], 34853: at[2]}
    full = main | {tag: (4, 1, struct.pack(order + "I", to)) for tag, to in pointers.items()}
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return (
        head
        + _directory(full, at[0], order, following=at[3])
        + _directory(photo, at[1], order)
        + _directory(place, at[2], order)
        + _directory(thumbnail, at[3], order)
    )


def _length(tags: _Tags, extra: int) -> int:
    outside = sum(len(data) + len(data) % 2 for _, _, data in tags.values() if len(data) > 4)
    return 2 + 12 * (len(tags) + extra) + 4 + outside


def _directory(tags: _Tags, at: int, order: str, *, following: int = 0) -> bytes:
    outside, table = b"", struct.pack(order + "H", len(tags))
    base = at + 2 + 12 * len(tags) + 4
    for tag, (kind, count, data) in sorted(tags.items()):
        field = data.ljust(4, b"\0")
        if len(data) > 4:
            field = struct.pack(order + "I", base + len(outside))
            outside += data + bytes(len(data) % 2)
        table += struct.pack(order + "HHI", tag, kind, count) + field
    return table + struct.pack(order + "I", following) + outside
