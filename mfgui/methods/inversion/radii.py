"""How much wider one frame is blurred than the other, from re-blurring each into the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.compute import Compute
from mfgui.methods.inversion.spread import Shape, Spread, spread
from mfgui.methods.inversion.views import View, both, detail, difference, mean
from mfgui.methods.planes import Plane

RADII = (0.7, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 19, 22, 26, 30, 36, 43)
_LEAST_CORE = 200  # pixels
_UNLIKE = 1.35  # ratio of the radii, which a thin lens makes about equal
_SURE = 0.35  # of the other's error
_AROUND = 20.0  # pixels, sigma of the place of a local radius
_DOUBT = np.float32(0.02)  # weight of the usual radius
_SPAN = 2.0  # factor from the usual radius
_WINDOW = 2.5  # pixels, sigma of the mean of re-blur errors
_FINER = 1.08  # between radii that are tried around the best one of the grid
_WIDER = 1.1  # radius of a Gaussian to that of the disk that resembles it most
_CLEARLY = 0.05  # lower mean logarithm of the error: less does not tell both shapes apart


@dataclass(frozen=True, eq=False)
class Reblur:
    """What re-blurring tells.

    Attributes
    ----------
    spreads : (2,) Spread
        What makes frame 1 like frame 2 where frame 1 is sharp, and the other way round.
    cores : pair of (H, W) bool
        Where frame 1, frame 2 is surely the sharp one.
    floor : float
        Squared error that the best blur leaves in the cores, at least the noise.
    valid : bool
        Whether one radius at least lies inside the grid and has a core that is large enough.
    """

    spreads: tuple[Spread, Spread]
    cores: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] = field(repr=False)
    floor: float
    valid: bool

    @property
    def radii(self) -> tuple[float, float]:
        """The usual radius of each direction."""
        return self.spreads[0].radius, self.spreads[1].radius


def reblur(
    view: View, *, compute: Compute, largest: float | None = None, local: bool = False
) -> Reblur:
    """Steps 1 and 2: errors of all radii, cores, and the best radius of each direction.

    Parameters
    ----------
    largest : float
        Pixels; 5 % of the long side without it.
    local : bool
        Also how the radius differs from place to place, the usual one to 1 % instead of 3, and
        whether the blur is Gaussian: taken for both directions where that explains the frames
        clearly better than disks.
    """
    height, width = view.light[0].shape[:2]
    top = largest or max(6.0, 0.05 * max(height, width))
    grid = [radius for radius in RADII if radius <= top]

    def errors_of(sharp: int) -> list[Plane]:
        errors = []
        for radius in grid:
            compute.checkpoint()
            errors.append(_errors(view, sharp, radius, "disk"))
        return errors

    volumes = both(errors_of, compute)
    least = [np.minimum.reduce(errors) for errors in volumes]
    texture = detail(view.codes[0], 1.5, 2.5) + detail(view.codes[1], 1.5, 2.5)
    weight = texture / (texture + np.float32(10 * view.noise + 3e-4))
    cores, spreads, fits = [], [], []
    for mine, other, errors in ((0, 1, volumes[0]), (1, 0, volumes[1])):
        sure = least[mine] + view.noise < _SURE * (least[other] + view.noise)
        core = cv2.erode(sure.astype(np.uint8), np.ones((5, 5), np.uint8)).view(bool)
        fit = _best(errors, weight, core, grid, view.noise)
        cores.append(core)
        fits.append(fit)
        varied = local and fit.good
        spreads.append(
            _local(errors, weight * core, grid, view.noise, fit.radius)
            if varied
            else Spread(fit.radius)
        )
    if local:
        finer, shape = _refined(view, fits, weight, cores, compute)
        ratios = [one.radius / fit.radius for one, fit in zip(finer, fits, strict=True)]
        pairs = zip(spreads, ratios, strict=True)
        spreads = [replace(one.times(ratio), shape=shape) for one, ratio in pairs]
        fits = finer
    floor = max(view.noise, *(fit.floor for fit in fits))
    return Reblur(_agreed(spreads, fits), (cores[0], cores[1]), floor, any(f.good for f in fits))


@dataclass(frozen=True)
class _Fit:
    """The best radius of one direction, what it leaves in the core (median and weighted mean of
    the squared error), and whether it is to be believed."""

    radius: float
    floor: float
    left: float
    good: bool


def _errors(view: View, sharp: int, radius: float, shape: Shape) -> Plane:
    """Squared error of one frame re-blurred into the other, around each pixel."""
    away = difference(spread(view.light[sharp], radius, shape), view.codes[1 - sharp])
    return mean(away, _WINDOW)


def _refined(
    view: View,
    fits: list[_Fit],
    weight: Plane,
    cores: list[npt.NDArray[np.bool_]],
    compute: Compute,
) -> tuple[list[_Fit], Shape]:
    """Radii from closer ones around those of the grid, of disks or of Gaussians.

    A lens has one shape: the evidence of both directions counts together.
    """

    def tried(sharp: int, shape: Shape, radii: Sequence[float]) -> list[_Sample]:
        samples = []
        for radius in radii if fits[sharp].good else ():
            compute.checkpoint()
            errors = _errors(view, sharp, radius, shape)
            samples.append(_sample(radius, errors, weight, cores[sharp], view.noise))
        return samples

    def disks(sharp: int) -> tuple[list[_Sample], list[_Sample]]:
        at = fits[sharp].radius
        found = tried(sharp, "disk", (at / _FINER, at, at * _FINER))
        return found, tried(sharp, "gaussian", (at * _WIDER,))

    def gaussians(sharp: int) -> list[_Sample]:
        at = fits[sharp].radius * _WIDER
        low, high = (
            tried(sharp, "gaussian", (at / _FINER,)),
            tried(sharp, "gaussian", (at * _FINER,)),
        )
        return low + found[sharp][1] + high

    found = both(disks, compute)
    away = total = 0.0
    for plain, soft in found:
        if plain:
            away += soft[0].total * (soft[0].score - min(one.score for one in plain))
            total += soft[0].total
    shape: Shape = "gaussian" if away < -_CLEARLY * total else "disk"
    samples = both(gaussians, compute) if shape == "gaussian" else [plain for plain, _ in found]
    return [_between(one, fit) for one, fit in zip(samples, fits, strict=True)], shape


@dataclass(frozen=True)
class _Sample:
    """A radius, the weighted mean of the log errors that it leaves in the core, the sum of the
    weights, the median error and the weighted mean."""

    radius: float
    score: float
    total: float
    floor: float
    left: float


def _sample(
    radius: float, errors: Plane, weight: Plane, core: npt.NDArray[np.bool_], noise: float
) -> _Sample:
    share, inside = weight[core].astype(np.float64), errors[core]
    total = float(share.sum()) + 1e-12
    left = float((inside * share).sum()) / total
    return _Sample(
        radius, _score(errors, share, core, noise), total, float(np.median(inside)), left
    )


def _between(samples: list[_Sample], fit: _Fit) -> _Fit:
    """The lowest point of a parabola through three errors, over logarithms of their radii."""
    if not samples:
        return fit
    best = min(samples, key=lambda one: one.score)
    logs = np.log([one.radius for one in samples])
    curve = np.polyfit(logs, np.exp([one.score - best.score for one in samples]), 2)
    at = np.log(best.radius)
    if curve[0] > 0:
        at = float(np.clip(-curve[1] / (2 * curve[0]), logs[0], logs[2]))
    return _Fit(float(np.exp(at)), best.floor, best.left, good=True)


def _score(
    errors: Plane, share: npt.NDArray[np.float64], core: npt.NDArray[np.bool_], noise: float
) -> float:
    """Weighted mean of log errors in a core."""
    return float((np.log(errors[core] + 3 * noise) * share).sum() / (share.sum() + 1e-12))


def _agreed(spreads: list[Spread], fits: list[_Fit]) -> tuple[Spread, Spread]:
    """Both directions; where they differ by more than a lens allows, after the one that explains
    its frame better."""
    first, second = fits
    ratio = second.radius / first.radius
    if first.good and second.good and 1 / _UNLIKE < ratio < _UNLIKE:
        return spreads[0], spreads[1]
    if first.good and (not second.good or first.left < second.left):
        return spreads[0], spreads[1].times(1 / ratio)
    if second.good:
        return spreads[0].times(ratio), spreads[1]
    return spreads[0], spreads[1]


def _local(
    errors: list[Plane], weight: Plane, grid: list[float], noise: float, radius: float
) -> Spread:
    """The radius around each pixel, near the usual one where little is known."""
    around = max(_AROUND, 2 * radius)
    share = _wide(weight, around)
    logs = np.log(np.asarray(grid, np.float32))
    prior = 0.25 * np.square(logs - np.log(np.float32(radius)))
    pulls = [pull * (share + np.float32(1e-3)) for pull in prior]
    logged = [weight * np.log(e + np.float32(3 * noise)) for e in errors]
    scores = np.stack([_wide(e, around) + pull for e, pull in zip(logged, pulls, strict=True)])
    best = np.clip(np.argmin(scores, axis=0), 1, len(grid) - 2)[None]
    before, here, after = (np.take_along_axis(scores, best + k, 0)[0] for k in (-1, 0, 1))
    x = logs[best[0]]
    left, right = x - logs[best[0] - 1], logs[best[0] + 1] - x
    # The top of the parabola through three samples at uneven distances.
    down, up = (before - here) / left, (after - here) / right
    bend = down + up
    move = np.where(bend > 0, (down * right - up * left) / (2 * np.maximum(bend, 1e-9)), 0)
    found = x + np.clip(move, -left / 2, right / 2)
    usual = np.log(np.float32(radius))
    smooth = (_wide(share * (found - usual), around)) / (_wide(share, around) + _DOUBT)
    span = np.log(np.float32(_SPAN))
    return Spread(radius, np.exp(usual + np.clip(smooth, -span, span)).astype(np.float32))


def _wide(plane: Plane, sigma: float) -> Plane:
    """Gaussian mean of a smaller picture."""
    height, width = plane.shape
    small = cv2.resize(plane, ((width + 3) // 4, (height + 3) // 4), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / 4, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(soft, np.float32)


def _best(
    errors: list[Plane],
    weight: Plane,
    core: npt.NDArray[np.bool_],
    grid: list[float],
    noise: float,
) -> _Fit:
    """The radius of the least weighted mean of log errors."""
    if np.count_nonzero(core) < _LEAST_CORE:
        return _Fit(grid[0], noise, noise, good=False)
    w = weight[core].astype(np.float64)
    total = w.sum() + 1e-12
    scores = [_score(e, w, core, noise) for e in errors]
    best = int(np.argmin(scores))
    floor = float(np.median(errors[best][core]))
    left = float((errors[best][core] * w).sum() / total)
    if best == 0 or best == len(grid) - 1:
        return _Fit(grid[best], floor, left, good=False)
    logs = np.log(grid[best - 1 : best + 2])
    curve = np.polyfit(logs, scores[best - 1 : best + 2], 2)
    at = float(np.clip(-curve[1] / (2 * curve[0]), logs[0], logs[2]))
    return _Fit(float(np.exp(at)), floor, left, good=True)
