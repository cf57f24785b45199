"""Which of two frames has the front sharp, as a result shows it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32

_SAMPLES = 100_000  # pixels that are looked at
_SURE = 0.98  # weight of a pixel that one source alone fills
_CLEARLY = 1.5


def front_of(
    image: ImageF32, background: npt.NDArray[np.float32], soft: npt.NDArray[np.float32]
) -> int:
    """Number of the source that fills what hides the recovered background; 0 if none clearly does.

    Where the background is seen it is what the image shows; behind the front it is not.

    Parameters
    ----------
    image, background : (H, W, C) float32 in [0, 1]
    soft : (H, W) float32
        Weight of source 1.

    Examples
    --------
    >>> image, soft = np.zeros((2, 2, 1), np.float32), np.eye(2, dtype=np.float32)
    >>> front_of(image, soft[..., None], soft), front_of(image, 1 - soft[..., None], soft)
    (1, 2)
    """
    step = max(1, round((soft.size / _SAMPLES) ** 0.5))
    every = (slice(None, None, step),) * 2
    hidden = np.abs(image[every] - background[every]).mean(axis=2)
    weight = soft[every]
    first, second = (
        float(hidden[where].mean()) if where.any() else 0.0
        for where in (weight > _SURE, weight < 1 - _SURE)
    )
    if first > _CLEARLY * second:
        return 1
    return 2 if second > _CLEARLY * first else 0
