"""FMI: feature mutual information of small windows, in its fast form."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.fmi_features import Feature, features
from mfgui.methods.metrics.pixel_map import PixelMap, inner
from mfgui.methods.metrics.planes import Plane, Values, checked
from mfgui.methods.metrics.undefined import Undefined

_SIDE = 3  # pixels, the published default


def fmi(fused: Plane, *sources: Plane, variant: Feature = "edge") -> float:
    """Fast FMI, 0 ... about 1, higher is better.

    M. Haghighat, M. A. Razian, Fast-FMI: non-reference image fusion metric, AICT 2014. In every
    3 x 3 window that fits, the feature of a source and that of F are stretched over 0 ... 1 and
    divided by their sums; these are taken for distributions p and q over the nine places, counted
    down the columns. Their joint distribution is c B + (1 - c) p q, where B has as its cumulative
    sums Frechet's upper bound min(P, Q), or the lower bound max(P + Q - 1, 0) where p and q
    correlate negatively, and c is the correlation of p and q over that of the places under B. The
    window counts 2 I / (H(p) + H(q)), and 1 where both hold the same values or both are flat. FMI
    is the mean over the windows and the sources.

    Otherwise a flat window, and one with a single value above eight equal ones, shares nothing
    (I = 0). c may exceed 1, which makes cells of the joint distribution negative; as in the
    published program these count -x log |x|, so that a window may count more than 1. Where the
    first source is not F, that program compares the second with an F stretched already, and
    windows with a single value above the others count 0 although they are the same; here they
    count 1 for every source. It changes values by less than 0.001 on the reference pictures.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255
    variant : str
        The feature. "edge": 1 where the squared Sobel slope exceeds four times its mean and both
        neighbours in the row, or both in the column, as Octave thins edges; the published values
        are of MATLAB's thinning, which is not documented to that detail. "gradient": half the
        difference of the neighbours in the row. "none": the pixels. "dct": the cosine transform of
        the whole picture. "wavelet": one level of the discrete Meyer wavelet, the four bands as
        quarters of one plane; the filter here has 62 weights and MATLAB's 102, so that values are
        near the published ones, not equal.

    Raises
    ------
    Undefined
        When the window does not fit.

    Notes
    -----
    Time O(H W): about 0.05 s for the edges and 0.2 ... 0.6 s for other features of three
    pictures of 520 x 520.
    """
    return float(_shared(fused, sources, variant).mean())


def fmi_map(fused: Plane, *sources: Plane, variant: Feature = "edge") -> PixelMap:
    """FMI by the pixels in the middle of the windows; as for `fmi`.

    Raises
    ------
    Undefined
        For "dct" and "wavelet", too: no pixel has a coefficient of its own.
    """
    found = _shared(fused, sources, variant)
    if variant in ("dct", "wavelet"):
        raise Undefined("FMI: windows of coefficients belong to no pixel")
    return inner(found, fused.shape)


def _shared(fused: Plane, sources: tuple[Plane, ...], feature: Feature) -> Values:
    """The mean over the sources of what each window counts, (h - 2, w - 2) for features (h, w)."""
    from mfgui.methods.metrics.fmi_kernels import add_shared

    planes = checked(fused, *sources)
    height, width = planes[0].shape
    if min(height, width) < _SIDE:
        raise Undefined(f"a window of 3 x 3 does not fit into {width} x {height} pixels")
    f, *others = features(feature, *planes)
    sums = np.zeros((f.shape[0] - _SIDE + 1, f.shape[1] - _SIDE + 1))
    for other in others:
        add_shared(other, f, sums)
    return sums / len(others)
