"""Two-image alpha-matte pairs: the models by which the published networks' training data are made.

With foreground picture I, background picture J (the papers: I = J), matte M and blur g*::

    "paper"      A = M I + (1 - M) g*[(1 - M) J]     B = g*[M I] + (1 - g*M) (1 - M) J
    "released"   A = M I + (1 - M) g*J               B = g*M (g*I) + (1 - g*M) J
    "no-alpha"   A = M I + (1 - M) g*J               B = M (g*I) + (1 - M) J

Code values are blurred as they are, without a decoding to light, as in the papers. "paper" and
"no-alpha": MFIF-GAN, section 3.1, and (the former) MFF-SSIM, section III; "released": what the
data script published with MFIF-GAN computes.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32

Variant: TypeAlias = Literal["paper", "released", "no-alpha"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)

_Plane: TypeAlias = npt.NDArray[np.float32]


def gaussian(sigma: float) -> _Plane:
    """Gaussian kernel as MATLAB's `fspecial` makes it.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels, above 0.

    Returns
    -------
    (N, N) float32 array
        N = 2 ceil(2 sigma) + 1, sum 1.

    >>> gaussian(1.0).shape
    (5, 5)
    """
    reach = int(np.ceil(2 * sigma))
    x = np.arange(-reach, reach + 1, dtype=np.float64)
    row = np.exp(-(x**2) / (2 * sigma**2))
    row /= row.sum()
    return np.outer(row, row).astype(np.float32)


def pair(
    foreground: ImageF32,
    background: ImageF32,
    matte: _Plane,
    *,
    kernel: _Plane,
    variant: Variant = "paper",
) -> tuple[ImageF32, ImageF32]:
    """Two sources, one focused on the foreground and one on the background.

    Parameters
    ----------
    foreground, background : (H, W, C) float32
        Sharp pictures in [0, 1]; the same array twice is the papers' model.
    matte : (H, W) float32
        Share of the foreground in [0, 1]; 1 is foreground.
    kernel : (N, N) float32
        Blur of sum 1, N odd. Borders are replicated.
    variant : "paper", "released" or "no-alpha"
        Equations in the module's text. With "paper" what is hidden counts as black, so a dark
        seam runs along the defocused side of the edge.

    Returns
    -------
    a, b : (H, W, C) float32
        In [0, 1]; a is sharp in the foreground, b in the background.
    """
    cover = matte[:, :, None]
    blurred_cover = _filtered(matte, kernel)[:, :, None]
    if variant == "paper":
        front, behind = cover * foreground, (1 - cover) * background
        a = front + (1 - cover) * _filtered(behind, kernel)
        b = _filtered(front, kernel) + (1 - blurred_cover) * behind
    else:
        share = blurred_cover if variant == "released" else cover
        a = cover * foreground + (1 - cover) * _filtered(background, kernel)
        b = share * _filtered(foreground, kernel) + (1 - share) * background
    # Kernels sum to 1 only to the last bit.
    return np.clip(a, 0.0, 1.0), np.clip(b, 0.0, 1.0)


def _filtered(picture: _Plane, kernel: _Plane) -> _Plane:
    """`picture` blurred by `kernel`; a Gaussian is a product of two lines, which is faster."""
    across, down = kernel.sum(axis=0), kernel.sum(axis=1)
    if np.allclose(np.outer(down, across), kernel, rtol=1e-4, atol=1e-7):
        result = cv2.sepFilter2D(picture, cv2.CV_32F, across, down, borderType=cv2.BORDER_REPLICATE)
    else:
        result = cv2.filter2D(picture, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE)
    # OpenCV drops the axis of a single channel.
    return np.asarray(result, np.float32).reshape(picture.shape)
