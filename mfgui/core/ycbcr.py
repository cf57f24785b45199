"""Luminance and chroma as the published programs compute them, and chroma of several sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, to_float

Plane = npt.NDArray[np.float32]  # (H, W)
Chroma = npt.NDArray[np.float32]  # (H, W, 2): Cb, Cr minus the value of grey

_LEVELS = np.float32(255.0)


class Swing(NamedTuple):
    """One of the two YCbCr systems, for values of which 1 is white (section 0 of their papers).

    Attributes
    ----------
    forward : (3, 3)
        From R, G, B to Y - `black`, Cb, Cr; these two 0 for grey.
    inverse : (3, 3)
        Back, with the published three digits: off by at most 0.2 % of white.
    black : float
        Y of black.
    """

    forward: npt.NDArray[np.float32]
    inverse: npt.NDArray[np.float32]
    black: np.float32


def _matrix(*rows: list[float]) -> npt.NDArray[np.float32]:
    return np.array(rows, np.float32)


STUDIO = Swing(
    _matrix([0.257, 0.504, 0.098], [-0.148, -0.291, 0.439], [0.439, -0.368, -0.071]),
    _matrix([1.164, 0.0, 1.596], [1.164, -0.392, -0.813], [1.164, 2.017, 0.0]),
    np.float32(16.0) / _LEVELS,
)
"""MFF-GAN's: Y from 16 / 255 to 235 / 255."""

FULL = Swing(
    _matrix([0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]),
    _matrix([1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]),
    np.float32(0.0),
)
"""MUFusion's: Y from 0 to 1."""


def luminance(image: PixelArray, swing: Swing) -> Plane:
    """Y of stored pixels (H, W, 1) or (H, W, 3); grey ones are colours with equal channels.

    >>> luminance(np.full((1, 1, 3), 255, np.uint8), FULL).tolist()
    [[1.0]]
    """
    values = to_float(image)
    if values.shape[2] == 1:
        return np.asarray(values[:, :, 0] * swing.forward[0].sum() + swing.black, np.float32)
    return np.asarray(cv2.transform(values, swing.forward[:1]) + swing.black, np.float32)


def chroma(image: PixelArray, swing: Swing) -> Chroma:
    """Cb and Cr of stored pixels (H, W, 3), 0 for grey, -0.5 to 0.5."""
    return np.asarray(cv2.transform(to_float(image), swing.forward[1:]), np.float32)


def fused_chroma(images: Sequence[PixelArray], swing: Swing) -> Chroma:
    """Chroma of the sources, each weighted by how far it is from grey.

    C = sum_k C_k |C_k| / sum_k |C_k| with C_k minus the value of grey, plane by plane; grey where
    all sources are.

    Parameters
    ----------
    images : sequence of (H, W, 3) uint8, uint16 or float32
    """
    planes = [chroma(image, swing) for image in images]
    weighted, total = np.zeros_like(planes[0]), np.zeros_like(planes[0])
    for plane in planes:
        strength = np.abs(plane)
        total += strength
        weighted += plane * strength
    return np.divide(weighted, total, out=np.zeros_like(total), where=total > 0)


def to_rgb(plane: Plane, colours: Chroma | None, swing: Swing) -> ImageF32:
    """Y (H, W) with chroma to (H, W, 3) in [0, 1], without it to grey, (H, W, 1)."""
    height, width = plane.shape
    if colours is None:
        grey = (plane - swing.black) * swing.inverse[0, 0]
        return np.asarray(np.clip(grey, 0.0, 1.0).reshape(height, width, 1), np.float32)
    stacked = np.dstack([plane - swing.black, colours])
    image = np.asarray(cv2.transform(stacked, swing.inverse), np.float32)
    return np.clip(image, 0.0, 1.0, out=image)
