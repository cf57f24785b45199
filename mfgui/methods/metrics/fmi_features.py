"""The features whose windows FMI compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np

from mfgui.methods.metrics.gradients import sobel
from mfgui.methods.metrics.planes import Values, unknown

Feature = Literal["edge", "gradient", "none", "dct", "wavelet"]

_EDGE = 4.0  # times the mean squared slope


def features(feature: Feature, *planes: Values) -> tuple[Values, ...]:
    """A feature of planes (H, W); where it is "wavelet" the features are larger than these."""
    if feature not in _FEATURES:
        raise unknown(feature, tuple(_FEATURES))
    return tuple(np.ascontiguousarray(_FEATURES[feature](plane)) for plane in planes)


def _edge(plane: Values) -> Values:
    """1 on edges, else 0; of Sobel slopes with the border repeated.

    An edge has a squared slope above four times the mean, and above those of both neighbours in
    its row or of both in its column; beyond the border slopes are 0.
    """
    across, down = sobel(plane, border="edge")
    squared = across**2 + down**2
    squared[squared <= _EDGE * squared.mean()] = 0.0
    wide = np.pad(squared, 1)
    ridge = (squared > wide[1:-1, :-2]) & (squared > wide[1:-1, 2:])
    ridge |= (squared > wide[:-2, 1:-1]) & (squared > wide[2:, 1:-1])
    return ridge.astype(np.float64)


def _gradient(plane: Values) -> Values:
    """Half the difference of the neighbours in the row; the whole one at its ends."""
    found: Values = np.gradient(plane, axis=1)
    return found


def _none(plane: Values) -> Values:
    return plane


def _dct(plane: Values) -> Values:
    """Of the whole plane, orthonormal."""
    from scipy.fft import dctn

    found: Values = dctn(plane, norm="ortho")
    return found


def _wavelet(plane: Values) -> Values:
    """The four bands of one level of the discrete Meyer wavelet, as the quarters of a plane.

    Above the approximation and the horizontal details, below the vertical and the diagonal ones.
    The border is mirrored.
    """
    from pywt import dwt2

    approximation, (horizontal, vertical, diagonal) = dwt2(plane, "dmey", mode="symmetric")
    found: Values = np.block([[approximation, horizontal], [vertical, diagonal]])
    return found


_FEATURES: Mapping[str, Callable[[Values], Values]] = MappingProxyType(
    {"edge": _edge, "gradient": _gradient, "none": _none, "dct": _dct, "wavelet": _wavelet}
)
