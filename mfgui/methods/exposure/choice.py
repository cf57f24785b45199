"""Which kind of exposure a frame needs: the simplest that explains its light, on places it was
not fitted to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mfgui.methods.exposure.local import Bent, bent
from mfgui.methods.exposure.places import CELL, Places, mean_of
from mfgui.methods.planes import Plane

_BLOCK = 2 * CELL  # places along a side of what is held out together
_CAP = np.float32(0.3)  # of log light: what differs by more is no matter of exposure
_NOTHING = 0.003  # of log light: not worth a change of pixels
_SURE = 2.5  # standard deviations
_PRICE = 1.25  # the error has to fall by so much for every part of an exposure
_LEAST_DROP = 0.004  # of log light: what tones or a field have to bring at least
_LEAST_COLOUR = 0.001

Gain = npt.NDArray[np.float64]  # (C,), logarithms


@dataclass(frozen=True, eq=False)
class Target:
    """The light that a frame shall have, and how sure it is, at each place."""

    logs: npt.NDArray[np.float32] = field(repr=False)  # (h, w, C)
    weight: Plane = field(repr=False)

    @classmethod
    def of(cls, frames: Sequence[tuple[Places, Bent, float]]) -> Target:
        """The mean of frames whose exposure is known, and how much each counts."""
        total = np.zeros_like(frames[0][0].logs)
        mass = np.full_like(frames[0][0].weight, 1e-30)
        surest = np.zeros_like(mass)
        for places, exposure, counts in frames:
            weight = places.weight * np.float32(counts)
            total += weight[:, :, None] * (places.logs + exposure.at(places.logs))
            mass += weight
            surest = np.maximum(surest, places.weight)
        return cls(total / mass[:, :, None], surest)


def chosen(places: Places, target: Target, gain: Gain, error: float, mode: str) -> Bent:
    """The exposure of one frame.

    Parameters
    ----------
    gain : (C,) float64
        Logarithm of the gains that agree best with all frames.
    error : float
        Standard deviation of it.
    mode : str
        As `match_exposure` takes it, but "off".
    """
    even = np.full_like(gain, gain.mean())
    if mode == "white-balance":
        return Bent(gain)
    if mode == "gain":
        return Bent(even)
    weight = np.sqrt(places.weight * target.weight)
    if mode == "local":
        return bent(places.logs, target.logs, weight, gain)
    base = gain if _coloured(places, target, weight, gain) else even
    found = _bent_or_not(places, target, weight, base)
    return found if _matters(found, places, weight, error) else Bent(np.zeros_like(gain))


def _coloured(places: Places, target: Target, weight: Plane, gain: Gain) -> bool:
    """Whether the channels' gains differ, by what they leave of the colours in held-out places."""
    if np.ptp(gain) < _NOTHING:
        return False
    apart = target.logs - places.logs
    apart = apart - mean_of(apart)[:, :, None]
    before = after = 0.0
    for fold in _folds(weight):
        inside = weight * fold
        away = (inside[:, :, None] * np.clip(apart, -_CAP, _CAP)).sum(axis=(0, 1)) / inside.sum()
        before += _error(apart, weight * ~fold)
        after += _error(apart - away, weight * ~fold)
    return after * _PRICE < before and before - after > 2 * _LEAST_COLOUR


def _bent_or_not(places: Places, target: Target, weight: Plane, base: Gain) -> Bent:
    """The base gain alone, or with the tones and the field that held-out places call for."""
    plain = Bent(base)
    left = _error(target.logs - places.logs - plain.at(places.logs), weight)
    if left < _LEAST_DROP:
        return plain
    kinds = {"tones": (True, False), "field": (False, True), "both": (True, True)}
    best, price = None, left
    for tones, smooth in kinds.values():
        held = 0.0
        for fold in _folds(weight):
            trial = bent(places.logs, target.logs, weight * fold, base, tones=tones, smooth=smooth)
            rest = target.logs - places.logs - trial.at(places.logs)
            held += _error(rest, weight * ~fold) / 2
        cost = held * _PRICE ** (tones + smooth)
        if cost < price and left - held > _LEAST_DROP:
            best, price = (tones, smooth), cost
    if best is None:
        return plain
    return bent(places.logs, target.logs, weight, base, tones=best[0], smooth=best[1])


def _matters(found: Bent, places: Places, weight: Plane, error: float) -> bool:
    """Whether light changes by more than is worth it and more than the measurement's error."""
    if found.tones is None and found.field is None:
        return float(np.abs(found.offsets).max()) > max(_NOTHING, _SURE * error)
    changed = mean_of(np.abs(found.at(places.logs)))
    return float((weight * changed).sum()) > _NOTHING * float(weight.sum())


def _folds(weight: Plane) -> list[npt.NDArray[np.bool_]]:
    """Every other block, and the others."""
    y, x = np.ogrid[: weight.shape[0], : weight.shape[1]]
    fold = (y // _BLOCK + x // _BLOCK) % 2 == 0
    return [fold, ~fold]


def _error(apart: npt.NDArray[np.float32], weight: Plane) -> float:
    """Weighted mean of what is left in each channel, of the means over blocks.

    Defocus carries light to and fro; over a block that is wide enough it cancels out.
    """
    height, width = (-side % _BLOCK for side in weight.shape)
    left = np.clip(apart, -_CAP, _CAP) * weight[:, :, None]
    left = np.pad(left, ((0, height), (0, width), (0, 0)))
    cut = (left.shape[0] // _BLOCK, _BLOCK, left.shape[1] // _BLOCK, _BLOCK, left.shape[2])
    blocks = left.reshape(cut).sum(axis=(1, 3))
    return float(np.abs(blocks).sum() / (weight.sum() + 1e-9) / left.shape[2])
