"""Q_CV: what people see of the differences to the sources."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.gradients import sobel
from mfgui.methods.metrics.histograms import stretched
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import Plane, Values, checked
from mfgui.methods.metrics.undefined import Undefined

_BLOCK = 16  # pixels
_VISUAL_ANGLE = 8.0  # the picture's sides count as that many degrees
_POWER = 5.0  # of edge strengths in the saliency of a block


def q_cv(fused: Plane, *sources: Plane) -> float:
    """Q_CV, 0 or more, lower is better.

    H. Chen, P. K. Varshney, A human perception inspired quality metric for image fusion based on
    regional information, Information Fusion 8, 2007. Planes are stretched over the whole range.
    The differences X - F are weighted in the Fourier domain by the contrast sensitivity of
    Mannos and Sakrison, S(r) = 2.6 (0.0192 + 0.144 r) exp(-(0.144 r)^1.1); of each block of
    16 x 16 the mean square counts with its saliency, the sum of the source's Sobel strengths to
    the power of 5. Sobel's filters take 0 beyond the border. Blocks that stick out at the right
    and below are filled with 0 and divided by 256 all the same, as in the published numbers.
    VIFB takes the mean over the channels (`planes.by_channel`).

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When all sources are constant.
    """
    return q_cv_map(fused, *sources).score()


def q_cv_map(fused: Plane, *sources: Plane) -> PixelMap:
    """`q_cv` pixel by pixel: squares weighted by the saliency of the block.

    A block that sticks out has the weight of a whole one, and values less by what it lacks.
    """
    f, *others = (stretched(plane) for plane in checked(fused, *sources))
    saliencies = [_by_block(_strength(other) ** _POWER) for other in others]
    total: Values = np.sum(saliencies, axis=0)
    if not total.any():
        raise Undefined("Q_CV: all sources are constant")
    sensitivity = _sensitivity(*f.shape)
    values = np.zeros_like(f)
    for other, saliency in zip(others, saliencies, strict=True):
        seen = np.fft.irfft2(np.fft.rfft2(other - f) * sensitivity, s=f.shape)
        values += _of_pixels(saliency, f.shape) * seen**2
    filled = _by_block(np.ones_like(f)) / _BLOCK**2
    scale = np.divide(filled, total, out=np.zeros_like(total), where=total > 0.0)
    return PixelMap(values * _of_pixels(scale, f.shape), _of_pixels(total / filled, f.shape))


def _strength(plane: Values) -> Values:
    return np.hypot(*sobel(plane))


def _sensitivity(height: int, width: int) -> Values:
    """Of the frequencies of a real transform, (H, W // 2 + 1)."""
    across = width / _VISUAL_ANGLE * 2.0 * np.fft.rfftfreq(width)
    down = height / _VISUAL_ANGLE * 2.0 * np.fft.fftfreq(height)
    scaled = 0.144 * np.hypot(across[np.newaxis, :], down[:, np.newaxis])
    found: Values = 2.6 * (0.0192 + scaled) * np.exp(-(scaled**1.1))
    return found


def _by_block(values: Values) -> Values:
    """Sums of the blocks (ceil(H / 16), ceil(W / 16)); 0 beyond the border."""
    height, width = values.shape
    wide = np.pad(values, ((0, -height % _BLOCK), (0, -width % _BLOCK)))
    rows, columns = wide.shape[0] // _BLOCK, wide.shape[1] // _BLOCK
    found: Values = wide.reshape(rows, _BLOCK, columns, _BLOCK).sum(axis=(1, 3))
    return found


def _of_pixels(blocks: Values, shape: tuple[int, ...]) -> Values:
    """The block's value at each pixel, (H, W)."""
    wide = blocks.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)
    return wide[: shape[0], : shape[1]]
