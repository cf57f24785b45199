"""Gains between the frames of a stack, measured between pairs and brought into agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mfgui.methods.exposure.places import Places, mean_of
from mfgui.methods.planes import Plane

SCALE = np.float32(0.04)  # of log light: what differs by more counts little
_ROUNDS = 6
_LEAST = 60.0  # places, weighted, that a link needs
_FLOOR = 0.001  # of log light: what a link's gain is wrong by at best
_TOGETHER = 25.0  # places whose errors are alike
_FIRST = np.float32(0.3)  # of log light: as SCALE, before anything is known

Gains = npt.NDArray[np.float64]  # (K, C), logarithms


@dataclass(frozen=True, eq=False)
class Link:
    """What the logarithm of frame `second`'s light exceeds that of frame `first`'s by.

    Attributes
    ----------
    difference : (C,) float64
    error : float
        Standard deviation of it.
    """

    first: int
    second: int
    difference: npt.NDArray[np.float64]
    error: float


def common(first: Places, second: Places) -> Plane:
    """How much each place counts when both frames are compared, (h, w)."""
    weight: Plane = np.sqrt(first.weight * second.weight)
    return weight


def robust(
    values: npt.NDArray[np.float32], weight: npt.NDArray[np.float32], start: npt.ArrayLike
) -> npt.NDArray[np.float32]:
    """How much each of (..., C) values counts after Cauchy, by its distance from `start`."""
    away = mean_of(np.abs(values - np.asarray(start, np.float32))) / SCALE
    return np.asarray(weight / (1 + away * away), np.float32)


def link(places: Mapping[int, Places], first: int, second: int) -> Link | None:
    """The difference of two frames' light in each channel; None where they share too little."""
    weight = common(places[first], places[second])
    used = weight > 0.02
    weight = weight[used]
    if weight.sum() < _LEAST:
        return None
    apart = places[second].logs[used] - places[first].logs[used]
    centre = np.median(apart, axis=0)
    for round_ in range(_ROUNDS):
        scale = max(SCALE, _FIRST / np.float32(2**round_))
        away = mean_of(np.abs(apart - centre)) / scale
        share = weight / (1 + away * away)
        centre = (share[:, None] * apart).sum(axis=0) / share.sum()
    left = np.minimum(mean_of(np.abs(apart - centre)), 3 * SCALE)
    spread = float((share * left * left).sum() / share.sum())
    number = max(1.0, float(share.sum()) ** 2 / float((share * share).sum()) / _TOGETHER)
    error = float(np.hypot(np.sqrt(spread / number), _FLOOR))
    return Link(first, second, np.asarray(centre, np.float64), error)


def links_of(places: Mapping[int, Places], used: Sequence[int], reference: int) -> list[Link]:
    """Each frame with the two that follow it, and with the reference."""
    pairs = {(used[at], used[at + step]) for step in (1, 2) for at in range(len(used) - step)}
    pairs |= {(min(i, reference), max(i, reference)) for i in used if i != reference}
    found = (link(places, *pair) for pair in sorted(pairs))
    return [one for one in found if one is not None]


@dataclass(frozen=True, eq=False)
class Joint:
    """Gains of all frames.

    Attributes
    ----------
    gains : (K, C) float64
        Logarithm of what each frame's light is multiplied by; 0 for the reference and for frames
        that no chain of links joins to it.
    errors : (K,) float64
        Standard deviations of them.
    reached : tuple of K bool
        Whether a chain of links joins the frame to the reference.
    """

    gains: npt.NDArray[np.float64]
    errors: npt.NDArray[np.float64]
    reached: tuple[bool, ...]


def joint_gains(links: Sequence[Link], frames: int, reference: int, channels: int) -> Joint:
    """The gains that agree best with all links, by least squares."""
    gains, errors = np.zeros((frames, channels)), np.zeros(frames)
    reached = _reached(links, frames, reference)
    free = [index for index in range(frames) if reached[index] and index != reference]
    if not free:
        return Joint(gains, errors, reached)
    usable = [one for one in links if reached[one.first]]
    rows = np.zeros((len(usable), frames))
    for row, one in zip(rows, usable, strict=True):
        # The gain of the first less that of the second makes up for the difference.
        row[one.first], row[one.second] = 1 / one.error, -1 / one.error
    right = np.stack([one.difference / one.error for one in usable])
    normal = np.linalg.inv(rows[:, free].T @ rows[:, free])
    gains[free] = normal @ (rows[:, free].T @ right)
    errors[free] = np.sqrt(np.diagonal(normal))
    return Joint(gains, errors, reached)


def _reached(links: Sequence[Link], frames: int, reference: int) -> tuple[bool, ...]:
    reached = [index == reference for index in range(frames)]
    for _ in range(frames):
        for one in links:
            if reached[one.first] or reached[one.second]:
                reached[one.first] = reached[one.second] = True
    return tuple(reached)
