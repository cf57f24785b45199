"""Q_G (Q^AB/F): how much of the edges of the sources the fused picture keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from mfgui.methods.metrics.gradients import sobel
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import Plane, Values, checked, unknown
from mfgui.methods.metrics.undefined import Undefined

Variant = Literal["yliu", "zliu", "lft", "shreyamsha"]

_TINY = 1e-5  # in the place of 0 in denominators


class _Edges(NamedTuple):
    """Strength (H, W) and orientation (H, W), -pi/2 ... pi/2, of the edges of a plane."""

    strength: Values
    angle: Values


class Kept(NamedTuple):
    """Of a source: what is kept of its edges, 0 ... 1, what they weigh, and their strengths."""

    kept: Values
    weight: Values
    strength: Values


class _Sigmoids(NamedTuple):
    """gain / (1 + exp(slope (x - centre))) of strength and of orientation."""

    strength: tuple[float, float, float]
    angle: tuple[float, float, float]


_LIU = _Sigmoids((1.0, -10.0, 0.5), (1.0, -20.0, 0.75))
_PETROVIC = _Sigmoids((0.9994, -15.0, 0.5), (0.9879, -22.0, 0.8))
_KUMAR = _Sigmoids((0.9999, -19.0, 0.5), (0.9995, -22.0, 0.5))


def q_g(fused: Plane, *sources: Plane, variant: Variant = "yliu") -> float:
    """Q_G, about 0 ... 1, higher is better.

    C. S. Xydeas, V. Petrovic, Objective image fusion performance measure, Electronics Letters 36,
    2000. With Sobel strengths g and orientations, Q_AF is the product of sigmoids of the ratio of
    the strengths of A and F and of how well their orientations agree; the sources, two or more,
    are weighted by their strengths. Defined for whole numbers: on others the orientation of flat
    areas is that of rounding, and the value moves by up to 0.02.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255
    variant : str
        "yliu": sum (Q_AF g_A + Q_BF g_B) / sum (g_A + g_B), the published form with the published
        constants. "zliu": other constants, orientations that agree when they differ by a right
        angle, too, and the mean of the ratio of every pixel, so that flat areas count as much as
        edges. "lft": "Qabf" of tables such as EDMF's, and with `planes.by_channel` of VIFB; as
        "yliu", but where strengths are equal their ratio is the strength itself. "shreyamsha":
        the later form of Petrovic and Xydeas, with weights g^1.5.

    Raises
    ------
    Undefined
        For "lft", when all sources are 0 everywhere.
    """
    return q_g_map(fused, *sources, variant=variant).score()


def q_g_map(fused: Plane, *sources: Plane, variant: Variant = "yliu") -> PixelMap:
    """Share of the edges that is kept at every pixel, weighted by those of all sources together;
    of "zliu" not weighted."""
    if variant not in _RULES:
        raise unknown(variant, tuple(_RULES))
    _, edges = kept_edges(*checked(fused, *sources), variant=variant)
    whole = np.sum([edge.weight for edge in edges], axis=0)
    if not whole.any():
        raise Undefined("Q_G: no source has an edge")
    kept = np.sum([edge.kept * edge.weight for edge in edges], axis=0)
    # Where no source has an edge, nothing is kept, and it counts for nothing.
    kept = np.divide(kept, whole, out=kept, where=whole > 0.0)
    return PixelMap(kept, None if variant == "zliu" else whole)


def kept_edges(
    fused: Values, *sources: Values, variant: Variant = "shreyamsha"
) -> tuple[Values, list[Kept]]:
    """Edge strengths (H, W) of F, and what F keeps of each source's edges."""
    rule = _RULES[variant]
    f, *edges = (rule.edges(plane) for plane in (fused, *sources))
    return f.strength, [Kept(rule.kept(e, f), rule.weight(e), e.strength) for e in edges]


def _preserved(ratio: Values, angle: Values, sigmoids: _Sigmoids) -> Values:
    found: Values = _sigmoid(ratio, *sigmoids.strength) * _sigmoid(angle, *sigmoids.angle)
    return found


def _sigmoid(values: Values, gain: float, slope: float, centre: float) -> Values:
    found: Values = gain / (1.0 + np.exp(slope * (values - centre)))
    return found


def _ratio(edge: _Edges, other: _Edges) -> Values:
    """The smaller strength over the larger; 0 where both are 0."""
    low = np.minimum(edge.strength, other.strength)
    high = np.maximum(edge.strength, other.strength)
    return np.divide(low, high, out=np.zeros_like(low), where=high > 0)


def _turn(edge: _Edges, other: _Edges) -> Values:
    """Angle between the orientations, 0 ... pi: twice as far as they can really differ."""
    found: Values = np.abs(edge.angle - other.angle)
    return found


def _axis(edge: _Edges, other: _Edges) -> Values:
    """How well the orientations agree, 0 ... 1; 1 as well when they are opposite."""
    found: Values = np.abs(_turn(edge, other) - np.pi / 2) * 2.0 / np.pi
    return found


def _never_zero(plane: Values) -> _Edges:
    across, down = sobel(plane)
    strength = np.hypot(across, down)
    angle = np.arctan(down / np.where(across == 0.0, _TINY, across))
    return _Edges(np.where(strength == 0.0, _TINY, strength), angle)


def _upright_where_zero(plane: Values) -> _Edges:
    across, down = sobel(plane)
    steep = across == 0.0
    # Upwards, which matters because an upright orientation is always +pi / 2.
    angle = np.arctan(-down / np.where(steep, 1.0, across))
    return _Edges(np.hypot(across, down), np.where(steep, np.pi / 2, angle))


def _mirrored(plane: Values) -> _Edges:
    across, down = (slope / 8.0 for slope in sobel(plane, border="reflect"))
    flat = (across == 0.0) & (down == 0.0)
    # Of the other leg: only differences count.
    with np.errstate(divide="ignore"):
        angle = np.arctan(np.where(flat, 0.0, across) / np.where(flat, 1.0, down))
    return _Edges(np.hypot(across, down), angle)


class _Rule(NamedTuple):
    """A definition: edges of a plane, what F keeps of those of a source, what these weigh."""

    edges: Callable[[Values], _Edges]
    kept: Callable[[_Edges, _Edges], Values]
    weight: Callable[[_Edges], Values] = attrgetter("strength")


def _kept_yliu(edge: _Edges, f: _Edges) -> Values:
    return _preserved(_ratio(edge, f), 1.0 - _turn(edge, f) / (np.pi / 2), _PETROVIC)


def _kept_zliu(edge: _Edges, f: _Edges) -> Values:
    return _preserved(_ratio(edge, f), _axis(edge, f), _LIU)


def _kept_lft(edge: _Edges, f: _Edges) -> Values:
    # The published program gives the strength in the place of 1.
    ratio = np.where(edge.strength == f.strength, f.strength, _ratio(edge, f))
    return _preserved(ratio, 1.0 - _turn(edge, f) / (np.pi / 2), _PETROVIC)


def _kept_shreyamsha(edge: _Edges, f: _Edges) -> Values:
    found: Values = np.sqrt(_preserved(_ratio(edge, f), _axis(edge, f), _KUMAR))
    return found


def _weight_shreyamsha(edge: _Edges) -> Values:
    return np.where(edge.strength >= 2.0, edge.strength**1.5, 0.001)


_RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        "yliu": _Rule(_never_zero, _kept_yliu),
        "zliu": _Rule(_never_zero, _kept_zliu),
        "lft": _Rule(_upright_where_zero, _kept_lft),
        "shreyamsha": _Rule(_mirrored, _kept_shreyamsha, _weight_shreyamsha),
    }
)
