"""Q_P: how well features that phase congruency finds are kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mfgui.core.arrays import BoolMask
from mfgui.methods.metrics.phase_congruency import OF_Q_P, Congruency, congruency
from mfgui.methods.metrics.planes import Plane, Values, checked
from mfgui.methods.metrics.undefined import Undefined
from mfgui.methods.metrics.windows import gaussian, same

_LEAST = 0.1  # congruency of a feature
_STEADY = 1e-4
_SIDE, _SIGMA = 11, 1.5


def q_p(fused: Plane, *sources: Plane) -> float:
    """Q_P, -1 ... 1, higher is better.

    J. Zhao, R. Laganiere, Z. Liu, Performance assessment of combinative pixel-level image fusion
    based on an absolute feature measurement, International Journal of Innovative Computing,
    Information and Control 3, 2007. Phase congruency and its largest and smallest moment
    (`phase_congruency`) are the three maps of every picture. There is one more picture: of the
    source whose congruency is largest, pixel by pixel. Features are where congruency is above 0.1;
    elsewhere the maps of sources count as 0. With the correlation (cov + C) / (s_X s_F + C) of
    maps of a source and of F in Gaussian windows of 11 x 11 pixels, sigma 1.5, C = 1e-4, 0 beyond
    the border, a map's score is the mean over the features of that picture of the largest
    correlation with F among the sources that have a feature there and that picture. Q_P is the
    product of the three scores. Any number of sources is taken.

    Details of the moments are those of the published program, see `phase_congruency.OF_Q_P`. It
    does not depend on contrast, so that noise in flat areas matters. Time O(H W log(H W)) for each
    of 24 filters.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When the fused picture or all sources have no features, such as constant ones.
    """
    f, *found = congruency(checked(fused, *sources), OF_Q_P)
    strongest = _strongest(found)
    pictures = [*found, strongest]
    masks = [picture.total > _LEAST for picture in pictures]
    count = int(masks[-1].sum())
    if count == 0:
        raise Undefined("Q_P: the sources have no features")
    if f.total.max() <= _LEAST:
        raise Undefined("Q_P: the fused picture has no features")
    score = 1.0
    for own, *maps in zip(f, *pictures, strict=True):
        score *= float(_largest_correlation(own, maps, masks).sum()) / count
    return score


def _strongest(pictures: list[Congruency]) -> Congruency:
    """The maps of the picture whose congruency is largest, pixel by pixel; of equal ones the
    first."""
    first, *others = pictures
    maps = tuple(np.array(values) for values in first)
    for other in others:
        stronger = other.total > maps[0]
        for values, theirs in zip(maps, other, strict=True):
            np.copyto(values, theirs, where=stronger)
    return Congruency(*maps)


class _Local(NamedTuple):
    """A map in windows."""

    values: Values
    mean: Values
    deviation: Values

    @classmethod
    def of(cls, values: Values, weights: Values) -> _Local:
        mean = same(values, weights)
        variance = same(values * values, weights) - mean * mean
        return cls(values, mean, np.sqrt(np.maximum(variance, 0.0)))


def _largest_correlation(own: Values, maps: list[Values], masks: list[BoolMask]) -> Values:
    """Of the masked maps with the fused picture's own; 0 outside of the masks."""
    weights = gaussian(_SIDE, _SIGMA)
    f = _Local.of(own, weights)
    largest: Values | None = None
    for values, mask in zip(maps, masks, strict=True):
        x = _Local.of(values * mask, weights)
        covariance = same(x.values * f.values, weights) - x.mean * f.mean
        found = (covariance + _STEADY) / (x.deviation * f.deviation + _STEADY) * mask
        largest = found if largest is None else np.maximum(largest, found)
    assert largest is not None
    return largest
