"""Camera raw files made for tests: a colour filter array in a DNG, written with tifffile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

BLACK, WHITE = 256, 4095
# XYZ to linear sRGB (IEC 61966-2-1, D65): a camera whose colours are those of sRGB.
XYZ_TO_SRGB = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.204, 1.057)


def write_grey_dng(path: Path, light: npt.NDArray[np.float64]) -> Path:
    """A DNG of a camera without colour filters; `light` (H, W) in [0, 1]."""
    linear_raw, photometric = 34892, 262
    camera: list[tuple[Any, ...]] = [
        (271, 2, 0, "Testcam", True),
        (272, 2, 0, "Grey", True),
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (50717, 3, 1, 65535, True),
    ]
    values = np.rint(light * 65535).astype(np.uint16)
    tifffile.imwrite(path, values, photometric="minisblack", metadata=None, extratags=camera)
    # tifffile writes this kind with three samples only.
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages[0].tags[photometric].overwrite(linear_raw)
    return path


def write_dng(
    path: Path,
    light: npt.NDArray[np.float64],
    *,
    neutral: tuple[float, float, float] = (0.5, 1.0, 0.8),
    orientation: int = 1,
    seen_under: tuple[float, float, float] | None = None,
    thumbnail: npt.NDArray[np.uint8] | None = None,
) -> Path:
    """A DNG with an RGGB array, as a camera that sees under the light `neutral` writes it.

    Parameters
    ----------
    light : (H, W, 3) float64 in [0, 1]
        Linear sRGB of the scene, white in balance; H and W even.
    neutral : 3 floats
        What the file says that white looks like to the camera (AsShotNeutral).
    seen_under : 3 floats, optional
        What white really looks like; without it `neutral`.
    thumbnail : (h, w, 3) uint8, optional
        A JPEG picture of reduced resolution that stands in front of the raw one.
    """
    seen = light * np.array(seen_under or neutral)
    array = np.empty(light.shape[:2], np.uint16)
    for y, x, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        values = BLACK + seen[y::2, x::2, channel] * (WHITE - BLACK)
        array[y::2, x::2] = np.rint(values)
    ratios = [part for v in XYZ_TO_SRGB for part in (round(v * 10_000), 10_000)]
    whites = [part for v in neutral for part in (round(v * 1_000_000), 1_000_000)]
    camera: list[tuple[Any, ...]] = [
        (271, 2, 0, "Testcam", True),
        (272, 2, 0, "T1", True),
        (274, 3, 1, orientation, True),
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (50707, 1, 4, bytes([1, 1, 0, 0]), True),
        (50708, 2, 0, "Testcam T1", True),
        (50721, 10, 9, ratios, True),
        (50728, 5, 3, whites, True),
        (50778, 3, 1, 21, True),
    ]
    raw: list[tuple[Any, ...]] = [
        (33421, 3, 2, [2, 2], True),
        (33422, 1, 4, bytes([0, 1, 1, 2]), True),
        (50714, 3, 1, BLACK, True),
        (50717, 3, 1, WHITE, True),
    ]
    options: dict[str, Any] = {"photometric": "cfa", "metadata": None}
    with tifffile.TiffWriter(path, byteorder="<") as file:
        if thumbnail is None:
            file.write(array, extratags=camera + raw, **options)
        else:
            # tifffile compresses what it is given, and a plain JPEG is luma and chroma.
            file.write(
                np.asarray(Image.fromarray(thumbnail).convert("YCbCr")),
                photometric="ycbcr",
                compression="jpeg",
                subfiletype=1,
                subifds=1,
                rowsperstrip=thumbnail.shape[0],
                metadata=None,
                extratags=camera,
            )
            file.write(array, subfiletype=0, extratags=raw, **options)
    return path
