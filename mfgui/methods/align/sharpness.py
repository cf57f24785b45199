"""Frames whose own sharpness is wrong, told by those before and after them.

Within a stack the sharpness of a place rises to one frame and falls again. A frame between two
others is hence nowhere much weaker than both, and defocus, which blurs alike in all directions,
leaves the strengths along and across any direction in the same proportion.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfgui.methods.planes import Plane

SHAKEN = "looks shaken: it is blurred along one direction"
DULL = "is nowhere sharper than its neighbours"

_DIRECTIONS = 12  # over half a turn
_NOISE = 2  # percent of the places, which show no more than noise
_SHOWN = 0.3  # of the contrast of detailed places
_FEWEST = 24  # places that must be known
_SKEWED = -0.15  # logarithm of the energies' proportion, against both neighbours,
_SHARE = 0.45  # and of what is lost across: a wide blur skews a little, too
_BEST = 0.8  # of the contrast of the sharpest frame
_WEAKER = 0.85  # of the contrast of the weaker neighbour,
_PLACES = 0.7  # at so many of the places where a neighbour is the sharpest of all
_NO_SHARPER = 1.15  # times the sharper neighbour,
_NOWHERE = 0.9  # at so many of all places with detail
_LEAST = 1e-9


def remarks(slopes: Sequence[Plane]) -> list[str]:
    """What is wrong with each frame, empty for most.

    Parameters
    ----------
    slopes : sequence of (3, h, w) float32
        Of the frames in the order of their focus (see `Bands`).
    """
    found = [""] * len(slopes)
    if len(slopes) < 3:
        return found
    contrasts = np.sqrt([_clean(plane[0] + plane[2]) for plane in slopes])
    for place in range(len(slopes)):
        if _is_shaken([slopes[index] for index in (place, *_near(place, len(slopes)))]):
            found[place] = SHAKEN
        elif 0 < place < len(slopes) - 1 and _is_dull(contrasts, place):
            # The first and the last frame may well lie before or behind the whole scene.
            found[place] = DULL
    return found


def _near(place: int, count: int) -> tuple[int, int]:
    """Two others: beside a shaken frame alone, any frame would look shaken the other way."""
    if place == 0:
        return 1, 2
    return (place - 1, place + 1) if place < count - 1 else (place - 1, place - 2)


def _is_shaken(slopes: Sequence[Plane]) -> bool:
    """Whether the first one lost more along some direction than across it.

    At most places, and compared with each of both others.
    """
    total = np.mean([plane[0] + plane[2] for plane in slopes[1:]], axis=0)
    shown = total > _SHOWN**2 * np.percentile(total, 90)
    if np.count_nonzero(shown) < _FEWEST:
        return False
    along = [_logarithms(plane)[:, shown] for plane in slopes]
    across = [np.roll(plane, _DIRECTIONS // 2, axis=0) for plane in along]
    ratio = [one - other for one, other in zip(along, across, strict=True)]
    skewed = np.median(ratio[0] - np.minimum(*ratio[1:]), axis=1)
    worst = int(np.argmin(skewed))
    lost = float(np.median((across[0] - np.minimum(*across[1:]))[worst]))
    return bool(skewed[worst] < min(_SKEWED, _SHARE * lost))


def _logarithms(slopes: Plane) -> Plane:
    """Of the energy along each direction, (`_DIRECTIONS`, h, w)."""
    angles = np.arange(_DIRECTIONS) * (np.pi / _DIRECTIONS)
    cosine, sine = np.cos(angles), np.sin(angles)
    factors = np.stack([cosine**2, 2 * cosine * sine, sine**2], axis=1)
    energy = np.tensordot(factors, slopes, axes=1)
    noise = np.percentile(energy, _NOISE, axis=(1, 2), keepdims=True)
    return np.asarray(np.log(np.maximum(energy, noise) - noise + noise.mean() + _LEAST))


def _is_dull(contrasts: Plane, place: int) -> bool:
    """Whether one frame is weak where it should be sharp, and is sharp nowhere else."""
    own, before, after = contrasts[place], contrasts[place - 1], contrasts[place + 1]
    best = np.delete(contrasts, place, axis=0).max(axis=0)
    shown = best > _SHOWN * np.percentile(best, 90)
    sharper = np.maximum(before, after)
    due = shown & (sharper > _BEST * best)
    if np.count_nonzero(due) < _FEWEST:
        return False
    weak = np.mean((own < _WEAKER * np.minimum(before, after))[due])
    useless = np.mean((own < _NO_SHARPER * sharper)[shown])
    return bool(weak > _PLACES and useless > _NOWHERE)


def _clean(energy: Plane) -> Plane:
    """Without noise."""
    return np.asarray(np.maximum(energy - np.percentile(energy, _NOISE), 0))
