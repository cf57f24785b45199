"""Q_S, Q_W and Q_E of Piella: local similarity to the source that varies more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mfgui.methods.metrics import boxes, structure
from mfgui.methods.metrics.boxes import FLAT
from mfgui.methods.metrics.pixel_map import PixelMap, inner
from mfgui.methods.metrics.planes import WHITE, Plane, Values, checked, unknown
from mfgui.methods.metrics.structure import Moments
from mfgui.methods.metrics.windows import gaussian

Variant = Literal["uiqi8x8", "zliu"]


@dataclass(frozen=True)
class _Rule:
    """Windows, constants of the index, and what a window weighs in which no source varies."""

    moments: Callable[[Sequence[Values], Values], list[Moments]]
    c1: float
    c2: float
    weight_of_flat: float


def _of_gaussians(sources: Sequence[Values], fused: Values) -> list[Moments]:
    weights = gaussian(11, 1.5)
    return [structure.moments(source, fused, weights) for source in sources]


_UIQI = _Rule(boxes.moments, (1e-6 * WHITE) ** 2, (1e-6 * WHITE) ** 2, 0.5)
_RULES = {
    "uiqi8x8": _UIQI,
    "zliu": _Rule(_of_gaussians, (0.01 * WHITE) ** 2, (0.03 * WHITE) ** 2, 0.0),
}


def q_s(fused: Plane, *sources: Plane, variant: Variant = "uiqi8x8") -> float:
    """Q_S = mean of sum lambda_X q(X, F), -1 ... 1, higher is better.

    G. Piella, H. Heijmans, A new quality metric for image fusion, ICIP 2003. q is the universal
    quality index of Z. Wang, A. C. Bovik (IEEE Signal Processing Letters 9, 2002) in a window,
    and lambda_X the variance of source X there over the sum of the variances of all sources.
    Where none varies they count the same.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255
    variant : str
        "uiqi8x8": boxes of 8 x 8, as published, with constants of 6.5e-8 by which two flat
        windows are as alike as their means. "zliu": 11 x 11 Gaussian windows, sigma 1.5, with the
        constants of SSIM, which raise the values, most where pictures are flat.

    Raises
    ------
    Undefined
        When the window does not fit.
    """
    return q_s_map(fused, *sources, variant=variant).score()


def q_s_map(fused: Plane, *sources: Plane, variant: Variant = "uiqi8x8") -> PixelMap:
    """`q_s` window by window: all that fit count the same."""
    similarity, _ = _local(_rule(variant), *checked(fused, *sources))
    return inner(similarity, fused.shape)


def q_w(fused: Plane, *sources: Plane, variant: Variant = "uiqi8x8") -> float:
    """Q_W, -1 ... 1, higher is better: `q_s` with windows weighted by their saliency.

    Of the same article: the largest variance of a source in the window. Windows in which none
    varies count as a variance of 0.5 with "uiqi8x8", which is what the published numbers have,
    and not at all with "zliu".

    Parameters
    ----------
    fused, *sources, variant
        As for `q_s`.

    Raises
    ------
    Undefined
        When the window does not fit; for "zliu" also when no source varies anywhere.
    """
    return q_w_map(fused, *sources, variant=variant).score()


def q_w_map(fused: Plane, *sources: Plane, variant: Variant = "uiqi8x8") -> PixelMap:
    """`q_w` window by window, with their saliencies."""
    return _by_saliency(_rule(variant), *checked(fused, *sources))


def q_e(fused: Plane, *sources: Plane) -> float:
    """Q_E = Q_W(pictures) Q_W(edge pictures), -1 ... 1, higher is better.

    Of the same article, with an exponent of 1 and boxes of 8 x 8. Edge pictures are strengths
    by Prewitt's filters, which take 0 beyond the border: so that is an edge, too.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When the window does not fit.
    """
    planes = checked(fused, *sources)
    edges = [_edges(plane) for plane in planes]
    return _by_saliency(_UIQI, *planes).score() * _by_saliency(_UIQI, *edges).score()


def _rule(variant: str) -> _Rule:
    if variant not in _RULES:
        raise unknown(variant, tuple(_RULES))
    return _RULES[variant]


def _by_saliency(rule: _Rule, fused: Values, *sources: Values) -> PixelMap:
    similarity, saliency = (
        inner(part, (fused.shape[0], fused.shape[1])).values
        for part in _local(rule, fused, *sources)
    )
    return PixelMap(similarity, saliency)


def _local(rule: _Rule, fused: Values, *sources: Values) -> tuple[Values, Values]:
    """Weighted similarity and saliency of the windows that fit, (h, w) each."""
    found = rule.moments(sources, fused)
    variances = [np.maximum(moments.variance_x, 0.0) for moments in found]
    total = np.sum(variances, axis=0)
    flat = total < FLAT
    total[flat] = 1.0
    similarity = np.zeros_like(total)
    for moments, variance in zip(found, variances, strict=True):
        share = np.where(flat, 1.0 / len(sources), variance / total)
        similarity += share * structure.similarity(moments, rule.c1, rule.c2)
    saliency = np.where(flat, rule.weight_of_flat, np.max(variances, axis=0))
    return similarity, saliency


def _edges(plane: Values) -> Values:
    """Strengths (H, W) by [1 0 -1; 1 0 -1; 1 0 -1] and its transpose."""
    wide = np.pad(plane, 1)
    slope = wide[:, 2:] - wide[:, :-2]
    across = slope[:-2] + slope[1:-1] + slope[2:]
    slope = wide[2:] - wide[:-2]
    down = slope[:, :-2] + slope[:, 1:-1] + slope[:, 2:]
    found: Values = np.hypot(across, down)
    return found
