"""Feature similarity, FSIM, and FSIMc of colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from mfgui.core.errors import UsageError
from mfgui.methods.metrics.phase_congruency import OF_FSIM, congruency
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import Plane, Planes, Values, checked
from mfgui.methods.metrics.undefined import Undefined

_OF_CONGRUENCY, _OF_GRADIENTS, _OF_COLOURS = 0.85, 160.0, 200.0
_COLOUR_POWER = 0.03
_SIDE = 256  # about that of the pictures that are compared
_SCHARR = np.array([[3.0, 0.0, -3.0], [10.0, 0.0, -10.0], [3.0, 0.0, -3.0]]) / 16.0
_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def fsim(fused: Plane, *others: Plane) -> float:
    """FSIM of F towards a ground truth, or the mean towards the sources, 0 ... 1, higher is better.

    L. Zhang, L. Zhang, X. Mou, D. Zhang, FSIM: a feature similarity index for image quality
    assessment, IEEE TIP 20, 2011. Pictures are averaged over blocks of round(shorter side / 256)
    pixels; rows and columns that fill no block are left out. With s(a, b, T) = (2 a b + T) /
    (a^2 + b^2 + T), similarity is s(PC, 0.85) s(G, 160) of the phase congruencies and of the
    lengths G of Scharr gradients (0 beyond the border), and FSIM its mean weighted by the larger
    PC.

    Parameters
    ----------
    fused, *others : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When neither the fused picture nor another has features, such as constant ones.
    """
    return fsim_map(fused, *others).score()


def fsim_map(fused: Plane, *others: Plane) -> PixelMap:
    """Similarity of the block of every pixel, weighted by congruency."""
    return _map([plane[:, :, np.newaxis] for plane in checked(fused, *others)])


def fsimc(fused: Planes, *others: Planes) -> float:
    """FSIM of colours, 0 ... 1, higher is better; as `fsim`, of which it takes the source.

    Colours become YIQ; `fsim` is that of Y, and its similarity is multiplied by
    |s(I, 200) s(Q, 200)|^0.03. Of grey pictures it is `fsim`.

    Parameters
    ----------
    fused, *others : (H, W), (H, W, 1) or (H, W, 3) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        As for `fsim`.
    """
    return fsimc_map(fused, *others).score()


def fsimc_map(fused: Planes, *others: Planes) -> PixelMap:
    """Similarity of the block of every pixel, weighted by congruency."""
    pictures = checked(fused, *others, channels=True)
    channels = pictures[0].shape[2]
    if channels not in (1, 3):
        raise UsageError(f"FSIMc takes grey pictures or three channels, not {channels}")
    return _map(pictures if channels == 1 else [picture @ _YIQ.T for picture in pictures])


def _map(pictures: Sequence[Values]) -> PixelMap:
    """Of pictures (H, W, C) whose first channel is brightness, the first one being fused."""
    height, width = pictures[0].shape[:2]
    block = max(1, math.floor(min(height, width) / _SIDE + 0.5))
    small = [_averaged(picture, block) for picture in pictures]
    features = congruency([np.ascontiguousarray(picture[:, :, 0]) for picture in small], OF_FSIM)
    totals = [found.total for found in features]
    slopes = [_slope(picture[:, :, 0]) for picture in small]
    values, weights = np.zeros(totals[0].shape), np.zeros(totals[0].shape)
    for picture, total, slope in zip(small[1:], totals[1:], slopes[1:], strict=True):
        alike = _similarity(total, totals[0], _OF_CONGRUENCY)
        alike *= _similarity(slope, slopes[0], _OF_GRADIENTS)
        if picture.shape[2] > 1:
            of_colours = _similarity(picture[:, :, 1:], small[0][:, :, 1:], _OF_COLOURS)
            alike *= np.abs(of_colours.prod(axis=2)) ** _COLOUR_POWER
        share = np.maximum(total, totals[0])
        whole = float(share.sum())
        if whole == 0.0:
            raise Undefined("FSIM: neither picture has features")
        # So that each other counts the same.
        weights += share / whole
        values += alike * (share / whole)
    mean = np.divide(values, weights, out=np.zeros_like(values), where=weights > 0.0)
    return PixelMap(_spread(mean, block, (height, width)), _spread(weights, block, (height, width)))


def _similarity(x: Values, y: Values, steady: float) -> Values:
    found: Values = (2.0 * x * y + steady) / (x * x + y * y + steady)
    return found


def _slope(plane: Values) -> Values:
    across, down = (
        cv2.filter2D(
            np.ascontiguousarray(plane), cv2.CV_64F, kernel, borderType=cv2.BORDER_CONSTANT
        )
        for kernel in (_SCHARR, np.ascontiguousarray(_SCHARR.T))
    )
    found: Values = np.hypot(across, down)
    return found


def _averaged(picture: Values, block: int) -> Values:
    """Means of whole blocks, (H // block, W // block, C)."""
    if block == 1:
        return picture
    height, width = (side // block for side in picture.shape[:2])
    whole = picture[: height * block, : width * block]
    found: Values = whole.reshape(height, block, width, block, -1).mean(axis=(1, 3))
    return found


def _spread(values: Values, block: int, shape: tuple[int, int]) -> Values:
    """Each value over its block, 0 where there is none."""
    if block == 1:
        return values
    found = np.zeros(shape)
    whole = values.repeat(block, axis=0).repeat(block, axis=1)
    found[: whole.shape[0], : whole.shape[1]] = whole
    return found
