"""L_ABF and N_ABF: what fusion lost of the edges of the sources, and what it added."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mfgui.core.arrays import BoolMask
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import Plane, Values, checked, unknown
from mfgui.methods.metrics.q_g import Kept, kept_edges

Variant = Literal["modified", "unmodified"]


def l_abf(fused: Plane, *sources: Plane) -> float:
    """L_ABF, share of the edges of the sources that was lost, 0 ... 1, lower is better.

    V. Petrovic, C. Xydeas, Objective image fusion performance characterisation, ICCV 2005. With
    the maps Q_XF and the weights w_X of Q_G's variant "shreyamsha", L = sum of
    sum_X (1 - Q_XF) w_X over the pixels where F has an edge no stronger than that of some
    source, over the sum of all weights. Q_G + L_ABF + N_ABF = 1.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255
        Of more than two sources, sums over all of them.
    """
    return l_abf_map(fused, *sources).score()


def l_abf_map(fused: Plane, *sources: Plane) -> PixelMap:
    """`l_abf` pixel by pixel, with the weights of all sources."""
    added, edges = _compared(fused, *sources)
    return _share(_lacking(edges), ~added, edges)


def n_abf(fused: Plane, *sources: Plane, variant: Variant = "modified") -> float:
    """N_ABF, artefacts: what there is of edges of no source, 0 ... 1, lower is better.

    As `l_abf`, over the pixels where F has a stronger edge than every source.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255
        Of more than two sources, sums over all of them.
    variant : str
        "modified": B. K. Shreyamsha Kumar, Multifocus and multispectral image fusion based on
        pixel significance using discrete cosine harmonic wavelet transform, Signal, Image and
        Video Processing 7, 2013: sum_X (1 - Q_XF) w_X. "unmodified": the form of 2005,
        sum_X (1 - Q_XF) times sum_X w_X, up to the number of sources.
    """
    return n_abf_map(fused, *sources, variant=variant).score()


def n_abf_map(fused: Plane, *sources: Plane, variant: Variant = "modified") -> PixelMap:
    """`n_abf` pixel by pixel, with the weights of all sources."""
    if variant not in ("modified", "unmodified"):
        raise unknown(variant, ("modified", "unmodified"))
    added, edges = _compared(fused, *sources)
    if variant == "modified":
        return _share(_lacking(edges), added, edges)
    lacking: Values = np.sum([1.0 - edge.kept for edge in edges], axis=0)
    return _share(lacking * _weights(edges), added, edges)


def _compared(fused: Plane, *sources: Plane) -> tuple[BoolMask, list[Kept]]:
    """Where F has a stronger edge than every source, (H, W), and what is kept of each."""
    strength, edges = kept_edges(*checked(fused, *sources))
    added: BoolMask = np.all([strength > edge.strength for edge in edges], axis=0)
    return added, edges


def _lacking(edges: list[Kept]) -> Values:
    found: Values = np.sum([(1.0 - edge.kept) * edge.weight for edge in edges], axis=0)
    return found


def _weights(edges: list[Kept]) -> Values:
    found: Values = np.sum([edge.weight for edge in edges], axis=0)
    return found


def _share(values: Values, counted: BoolMask, edges: list[Kept]) -> PixelMap:
    """Map whose mean is the sum of the values where they are counted over that of the weights."""
    weights = _weights(edges)  # never 0
    return PixelMap(np.where(counted, values, 0.0) / weights, weights)
