"""How far the recovered picture is to be trusted, pixel by pixel, and the pair as a whole."""

from __future__ import annotations

import numpy as np

from mfgui.core.arrays import ImageF32, Rect, Size
from mfgui.methods.inversion import layers
from mfgui.methods.inversion.layers import Layers, Settings
from mfgui.methods.inversion.spread import Spread
from mfgui.methods.inversion.views import View, brightest, difference, mean
from mfgui.methods.planes import Plane

_MOST = np.float32(0.2)  # of the squared error of a pixel that counts
_UNSEEN = 0.7  # radii from the border
# Least squares on seeds 0 to 66 of both generators, each scene weighted by the error of its
# pyramid, powers rounded; `python -m benchmarks.defocus_inversion calibration` checks it.
_AT_ONCE = 2.7
_AGAINST = 1.5
_USUAL_LEFT = 1e-3
_BY_LEFT, _BY_MARGIN = 1 / 3, -1 / 4
# Chosen on slopes and scenes of seeds 0 to 60, which they part.
_BETTER = 2.0  # times as well explained
_SPILLED = 0.05
_OF_VARIATION = 1.6  # in either direction
_NONE, _ENOUGH = 0.16, 0.26  # of what `layered` adds up
_FEW, _MANY = 0.2, 0.4  # share of the difference of the frames that is not explained
_FULL = (0.98, 0.995)  # of a channel: surely not clipped, probably clipped
_LOST = (0.02, 0.1)  # share of clipped near light: too little to matter, too much to trust
_BAND = (0.02, 0.98)  # of the spill, where light is divided out


def strictness(halo: float) -> float:
    """Factor of the odds against the recovered picture: none at 1, more and more towards 0.

    >>> strictness(0.5)
    1.0
    """
    return ((1 - halo) / max(halo, 1e-6)) ** 2


def doubt(layered: float, margin: float) -> float:
    """Factor of the odds against the recovered picture of a pair, at least 1.

    Parameters
    ----------
    layered : float
        Above 0, see there.
    margin : float
        Of the order, above 0: the less it is, the likelier are a wrong order and a wrong matte.
    """
    return float(min(margin, 1.0) ** _BY_MARGIN / layered)


def confidence(
    view: View,
    found: Layers,
    settings: Settings,
    recovered: ImageF32,
    usual: ImageF32,
    *,
    strictness: float,
) -> Plane:
    """Step 9: the weight with which the recovered picture is nearest to the truth.

    Parameters
    ----------
    recovered, usual : (H, W, 3) float32
        sRGB-encoded.
    strictness : float
        Factor of the odds against the recovered picture; with 1 they are as calibrated.

    Returns
    -------
    (H, W) float32 in [0, 1]
        0: the usual fusion.

    Notes
    -----
    The ratio x of what was changed to what the layers leave unexplained, e, both squared and in a
    Gaussian mean, tells which of both pictures is nearer to the truth::

        (x + 2.7) / (x + 2.7 + 1.5 strictness (e / 0.001)^(1/3))

    Where nothing was changed x tells nothing, and a mean of two pictures that are wrong in
    different ways is better than either.
    """
    first, second = layers.unexplained(view, found, settings)
    errors = np.minimum(first, _MOST) + np.minimum(second, _MOST)
    away = recovered - usual
    square = np.einsum("hwc,hwc->hw", away, away)
    x, left = ratio(square, errors, view.noise, settings.spreads[0].radius)
    pro = x + np.float32(_AT_ONCE)
    against = np.power(left / np.float32(_USUAL_LEFT), np.float32(_BY_LEFT))
    sure: Plane = pro / (pro + np.float32(strictness * _AGAINST) * against)
    return np.asarray(sure * unclipped(view, found, settings))


def ratio(change: Plane, left: Plane, noise: float, radius: float) -> tuple[Plane, Plane]:
    """x and e of `confidence`, from squared differences of each pixel, (H, W) each."""
    sigma = max(1.5, radius / 4)
    least = np.float32(0.5 * noise)
    below = mean(left, sigma) + least
    return (mean(change, sigma) + least) / below, below


def unclipped(view: View, found: Layers, settings: Settings) -> Plane:
    """Factor of the confidence where light is missing, (H, W) float32 in [0, 1].

    Clipped light of the near layer spills more over the far frame than is stored; what is clipped
    in the far frame itself has an unknown rest after the spill is taken away.
    """
    near, far = (_clipped(codes) for codes in view.codes)
    low, high = _BAND
    band = (found.spill > low) & (found.spill < high)
    trust: Plane = 1 - far * band
    lamps = near * found.matte
    if lamps.any():
        share = settings.spreads[0].over(lamps)
        little, much = _LOST
        kept = np.clip((much - share) / (much - little), 0, 1)
        trust = np.where(found.matte < high, np.minimum(trust, kept), trust)
    return trust.astype(np.float32)


def _clipped(codes: ImageF32) -> Plane:
    """1 where a channel is full, with a ramp below."""
    below, full = _FULL
    ramp: Plane = np.clip((brightest(codes) - np.float32(below)) / np.float32(full - below), 0, 1)
    return ramp


def seen(rect: Rect, size: Size, radius: float) -> Plane:
    """Factor of the confidence near the borders of the picture, (h, w) float32 in [0, 1].

    Light that came from beyond the border is not known: nothing is trusted at the border itself,
    all from 0.7 radii on.
    """
    x, y = np.arange(rect.x, rect.right), np.arange(rect.y, rect.bottom)
    across, down = np.minimum(x, size.width - 1 - x), np.minimum(y, size.height - 1 - y)
    away = np.minimum(across[None, :], down[:, None])
    return np.clip(away / (_UNSEEN * radius), 0, 1).astype(np.float32)


def evidence(view: View, found: Layers, settings: Settings) -> tuple[float, float]:
    """What speaks for the layers, and what against them.

    Returns
    -------
    better : float
        Share of the background under the spill that two layers explain twice as well as blur does.
        Without layers each frame is the other one re-blurred: frame 2 where the first is the sharp
        one, frame 1 elsewhere. On a continuous surface, where nothing covers anything, that
        explains both frames as well. Errors are means over a blur radius.
    left : float
        Share of the squared difference of the frames that the layers leave unexplained. A wrong
        radius leaves much of it.
    """
    x1, x2 = view.light
    to_far, to_near = settings.spreads
    first, second = layers.unexplained(view, found, settings)
    errors = np.minimum(first, _MOST) + np.minimum(second, _MOST)
    apart = np.minimum(difference(x1, view.codes[1]), _MOST)
    noise = 2 * view.noise  # in both
    left = max(float(errors.mean()) - noise, 0.0) / max(float(apart.mean()) - noise, view.noise)
    front = found.matte > 0.5
    height, width = front.shape
    whole = Rect(0, 0, width, height)
    inside = seen(whole, Size(width, height), to_far.radius) >= 1
    where = inside & ~front & (found.spill > _SPILLED)
    if not where.any():
        return 0.0, left
    one = difference(to_far.over(x1), view.codes[1])
    other = difference(to_near.over(x2), view.codes[0])
    plain = np.minimum(np.where(front, one, other), _MOST)
    sigma, floor = max(1.0, to_far.radius), np.float32(settings.floor)
    better = mean(plain, sigma) + floor > _BETTER * (mean(errors, sigma) + floor)
    return float(np.mean(better[where])), left


def layered(better: float, left: float, margin: float, spreads: tuple[Spread, Spread]) -> float:
    """Whether there are two layers in this order, from 0 (surely not) to 1.

    Parameters
    ----------
    better, left : float
        See `evidence`.
    margin : float
        Of the order: surfaces without layers look about alike in both.
    spreads : (2,) Spread
        Radii that vary much in both directions belong to a slope, or are wrong and scatter.
    """
    varies = sum(0.0 if one.map is None else float(np.log(one.map).std()) for one in spreads)
    total = better + min(margin, 1.0) - _OF_VARIATION * varies
    two = np.clip((total - _NONE) / (_ENOUGH - _NONE), 0, 1)
    explained = np.clip((_MANY - left) / (_MANY - _FEW), 0, 1)
    return float(two * explained)
