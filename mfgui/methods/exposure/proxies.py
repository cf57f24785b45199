"""Small pictures of frames in linear light, all that matching their exposure looks at."""

from __future__ import annotations

import math
from functools import reduce
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import PixelArray, Size, from_float, white_of
from mfgui.core.light import linear_pixels

Proxy: TypeAlias = npt.NDArray[np.uint16]  # (h, w, C), linear light; CLIPPED marks what is unknown

CLIPPED = 65535
_PIXELS = 150_000
_SAMPLES = 9  # of a frame for one pixel of its proxy, at least
_OPEN = 0.98  # of the code values: more is clipped
_MARKED = 0.1  # share of clipped samples that makes a pixel a clipped one


def proxy_size(size: Size) -> Size:
    """Of the proxy of a frame: at most 150,000 pixels of the same shape."""
    share = min(1.0, math.sqrt(_PIXELS / size.pixels))
    return Size(max(1, round(share * size.width)), max(1, round(share * size.height)))


def proxy_of(frame: PixelArray) -> Proxy:
    """A frame in linear light, averaged over areas.

    Parameters
    ----------
    frame : (H, W, C) uint8, uint16 or float32
        sRGB-encoded, as stored.

    Returns
    -------
    (h, w, C) uint16
        At most 150,000 pixels; 65535 is white. A pixel is 65535 in all channels where a tenth of
        its area or more is clipped in any channel, for the mean of clipped light is not known.
        Large frames are looked at in nine or more evenly spaced places for each pixel.
    """
    height, width = frame.shape[:2]
    size = proxy_size(Size(width, height))
    step = max(1, math.isqrt(height * width // (size.pixels * _SAMPLES)))
    # From the middle of each square on, so that nothing moves.
    samples = np.ascontiguousarray(frame[step // 2 :: step, step // 2 :: step])
    most = reduce(np.maximum, (samples[:, :, c] for c in range(samples.shape[2])))
    clipped = (most >= _OPEN * float(white_of(frame))).astype(np.float32)
    light = linear_pixels(samples)
    if light.dtype != np.uint16:
        light = from_float(np.nan_to_num(light), "uint16")
    to = (size.width, size.height)
    proxy = cv2.resize(light, to, interpolation=cv2.INTER_AREA)
    proxy = np.asarray(proxy, np.uint16).reshape(size.height, size.width, -1)
    share = cv2.resize(clipped, to, interpolation=cv2.INTER_AREA)
    np.minimum(proxy, CLIPPED - 1, out=proxy)
    proxy[share >= _MARKED] = CLIPPED
    return proxy
