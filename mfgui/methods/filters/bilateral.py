"""The cross bilateral filter: near in place, and near in the values of another picture."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from numpy.polynomial import Chebyshev, Polynomial

from mfgui.methods.planes import Plane

_SQUARINGS = 5  # of the kernel
_DEGREE = 6  # of its polynomial


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
        In units of the guide. Beyond 8 deviations all weights are alike, 1e-14.
    window : int
        Odd side in pixels.

    Returns
    -------
    (H, W) float32
        Right to 1e-6. Time O(H W window**2), memory two padded planes.
    """
    from mfgui.methods.filters import bilateral_kernels

    reach = window // 2
    offsets = np.arange(-reach, reach + 1, dtype=np.float64)
    profile = np.exp(-(offsets**2) / (2 * sigma_space**2))
    near = np.outer(profile, profile).astype(np.float32)
    filtered: Plane = np.empty(plane.shape, np.float32)
    # exp(-u) is the 32nd power of exp(-u / 32), which a polynomial gives for u up to 32.
    sharpness = np.float32(1 / (2 * sigma_range**2 * 2**_SQUARINGS))
    wide_plane, wide_guide = _padded(plane, reach), _padded(guide, reach)
    bilateral_kernels.filter_plane(wide_plane, wide_guide, near, sharpness, _series(), filtered)
    return filtered


def _padded(plane: Plane, margin: int) -> Plane:
    wide = cv2.copyMakeBorder(plane, margin, margin, margin, margin, cv2.BORDER_REFLECT)
    return np.asarray(wide, np.float32)


def _series() -> npt.NDArray[np.float32]:
    """Coefficients of exp(-t), 0 to 1, lowest first; right to 4e-8."""
    nodes = Chebyshev.interpolate(lambda t: np.exp(-t), _DEGREE, domain=[0, 1])
    return np.asarray(nodes.convert(kind=Polynomial).coef, np.float32)
