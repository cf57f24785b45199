"""The cross bilateral filter: near in place, and near in the values of another picture."""

from __future__ import annotations

import cv2
import numpy as np

from mfgui.methods.planes import Plane

_STEPS = 16 * 255  # of the table of range weights: differences of 8-bit values lie on it


def cross_bilateral(
    plane: Plane, guide: Plane, *, sigma_space: float, sigma_range: float, window: int
) -> Plane:
    """Mean of each window by Gaussian weights of the distance and of the difference in `guide`.

    G. Petschnigg et al., Digital photography with flash and no-flash image pairs, ACM Trans.
    Graphics 23, 2004, equation 4. Borders are mirrored, the edge repeated.

    Parameters
    ----------
    plane, guide : (H, W) float32 in [0, 1]
        No side shorter than half the window.
    sigma_space : float
        Pixels.
    sigma_range : float
        In units of the guide. Weights are interpolated in a table: right to
        2e-9 / sigma_range**2 of the largest.
    window : int
        Odd side in pixels.

    Returns
    -------
    (H, W) float32
        Time O(H W window**2), memory two padded planes.
    """
    from mfgui.methods.filters import bilateral_kernels

    reach = window // 2
    offsets = np.arange(-reach, reach + 1, dtype=np.float64)
    profile = np.exp(-(offsets**2) / (2 * sigma_space**2))
    near = np.outer(profile, profile).astype(np.float32)
    filtered: Plane = np.empty(plane.shape, np.float32)
    bilateral_kernels.filter_plane(
        _padded(plane, reach), _padded(guide, reach), near, _range_table(sigma_range), filtered
    )
    return filtered


def _padded(plane: Plane, margin: int) -> Plane:
    wide = cv2.copyMakeBorder(plane, margin, margin, margin, margin, cv2.BORDER_REFLECT)
    return np.asarray(wide, np.float32)


def _range_table(sigma: float) -> Plane:
    differences = np.arange(_STEPS + 3) / _STEPS
    weights = np.exp(-(differences**2) / (2 * sigma**2))
    return np.stack([weights[:-1], np.diff(weights)]).astype(np.float32)
