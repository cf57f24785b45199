"""Colour profiles: which are usable, which are the same, and conversion between them.

All depths go through LittleCMS as imagecodecs binds it, because Pillow's binding of the same
library takes 8 bits only. Relative colorimetric, without black point compensation.
"""

from __future__ import annotations

import io
from functools import lru_cache

import imagecodecs
import numpy as np

from mfgui.core.arrays import ImageU8, PixelArray

_SPACES = {b"RGB ": "rgb", b"GRAY": "gray", b"CMYK": "cmyk"}
_RELATIVE = 1
# Above 8 bits LittleCMS would replace the profiles by a coarse grid: errors of up to 8 %.
_EXACT = 0x0100


def space_of(icc: bytes | None) -> str | None:
    """ "rgb", "gray" or "cmyk" for a profile of at least the right shape, else None.

    >>> space_of(b"no profile") is None
    True
    """
    if icc is None or len(icc) < 132 or icc[36:40] != b"acsp":
        return None
    return _SPACES.get(icc[16:20])


@lru_cache(maxsize=1)
def srgb() -> bytes:
    """An sRGB profile."""
    from PIL import ImageCms

    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def profile_name(icc: bytes | None) -> str:
    """Description written in the profile; "sRGB" for none."""
    from PIL import ImageCms

    if icc is None:
        return "sRGB"
    try:
        described = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc)))
    except (ImageCms.PyCMSError, OSError, TypeError):
        return "unnamed"
    return " ".join(described.split()) or "unnamed"


def usable(icc: bytes | None, *, channels: int) -> bool:
    """Whether a profile fits pixels of 1, 3 or 4 channels and can be evaluated."""
    space = space_of(icc)
    if icc is None or space != {1: "gray", 3: "rgb", 4: "cmyk"}[channels]:
        return False
    try:
        convert(np.zeros((1, 1, channels), np.uint8), icc, srgb())
    except imagecodecs.CmsError:
        return False
    return True


def same_colours(first: bytes | None, second: bytes | None) -> bool:
    """Whether two profiles of one space give the same colours within one 8-bit step.

    None stands for sRGB. Profiles that differ only in their texts or dates count as the same.
    """
    one, other = first or srgb(), second or srgb()
    if one == other:
        return True
    if space_of(one) != space_of(other):
        return False
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    count = 1 if space_of(one) == "gray" else 3
    grid = np.stack(np.meshgrid(*[levels] * count, indexing="ij"), axis=-1)
    grid = grid.reshape(1, -1, count)
    moved = convert(grid, one, other).astype(np.int16)
    return int(np.abs(moved - grid).max()) <= 1


def for_display(pixels: ImageU8, icc: bytes | None) -> ImageU8:
    """Pixels (H, W, C) uint8 of profile `icc` in sRGB, for showing only.

    Grey pixels, pixels without a profile or with one that cannot be used, and pixels that are
    in sRGB are returned as they are: showing a picture must not fail for its profile.
    """
    if icc is None or pixels.shape[2] != 3 or not usable(icc, channels=3):
        return pixels
    return pixels if same_colours(icc, None) else convert(pixels, icc, srgb())


def convert(pixels: PixelArray, source: bytes, target: bytes) -> PixelArray:
    """(H, W, C) pixels of profile `source` in the colours of profile `target`.

    Parameters
    ----------
    pixels : (H, W, C) uint8, uint16 or float32
        C as the source profile's space has; floats in [0, 1].

    Returns
    -------
    (H, W, C') of the same type
        Colours that the target cannot show are clipped.

    Raises
    ------
    imagecodecs.CmsError
        If a profile is damaged.
    """
    grey = space_of(source) == "gray"
    converted = imagecodecs.cms_transform(
        pixels[..., 0] if grey else pixels,
        source,
        target,
        colorspace=space_of(source),
        outcolorspace=space_of(target),
        intent=_RELATIVE,
        flags=0 if pixels.dtype == np.uint8 else _EXACT,
    )
    converted = converted.reshape(*pixels.shape[:2], -1)
    return np.clip(converted, 0, 1) if converted.dtype == np.float32 else converted
