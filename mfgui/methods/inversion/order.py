"""Which frame of a pair is focused on what is nearer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from mfgui.core.compute import Compute
from mfgui.methods.inversion import layers
from mfgui.methods.inversion.layers import Layers, Settings
from mfgui.methods.inversion.views import View, both, halved, mean
from mfgui.methods.planes import Plane

_WIDE = 4.0  # pixels
_CLEAR = 0.5
_LIKELY = 0.7  # of the share of the background in slits, in mean logarithms of errors
_MOST = np.float32(0.02)  # of the error of a pixel that counts


@dataclass(frozen=True)
class Order:
    """Attributes
    ----------
    near : int
        0 or 1: the index of the frame that is focused on the near layer.
    margin : float
        How much better this explains the frames than the other order, in mean logarithms of
        squared errors where either order sees a spill, and how much likelier its matte is; 0
        where neither sees one.
    matte : (H, W) float32 or None
        Of the near layer in this order, hard, after `rounds` rounds of peeling; None if none of
        this size was needed.
    """

    near: int
    margin: float
    matte: Plane | None = field(default=None, repr=False, compare=False)
    rounds: int = 0


def find(view: View, settings: Settings, *, compute: Compute) -> Order:
    """Both orders are solved with few rounds, and the one that explains more is taken (step 8).

    Wide blurs are looked at in half the size first, which is enough where the margin is large.
    """
    if min(one.radius for one in settings.spreads) >= _WIDE:
        found = _at_size(halved(view), settings.times(0.5), compute)
        if found.margin >= _CLEAR:
            # Its matte lacks what is thin.
            return replace(found, matte=None, rounds=0)
    return _at_size(view, settings, compute)


def _at_size(view: View, settings: Settings, compute: Compute) -> Order:
    quick = replace(settings, rounds=3, soft=0)
    views = (view, view.swapped())
    settled = (quick, quick.swapped)

    def solved(index: int) -> tuple[Layers, Plane, float]:
        found = layers.solve(views[index], settled[index], compute=compute)
        errors = _log_error(views[index], found, settled[index])
        return found, errors, _LIKELY * _in_slits(found.matte, settled[index].spreads[0].radius)

    found = both(solved, compute)
    zone = np.zeros(view.light[0].shape[:2], bool)
    for one, _, _ in found:
        zone |= (one.spill > 0.02) & (one.spill < 0.98)
    if not zone.any():
        return Order(0, 0.0)
    first, second = (float(np.mean(errors[zone])) + unlikely for _, errors, unlikely in found)
    near = int(second < first)
    return Order(near, abs(first - second), found[near][0].matte, quick.rounds)


def _in_slits(matte: Plane, radius: float) -> float:
    """Share of the background that lies within a radius of the near layer.

    Both orders explain a fence before a wall about as well: as thin bars in front, or as thin
    slits in a wall through which bars are seen. Bars are the more likely.
    """
    behind = matte < 0.5
    if not behind.any() or behind.all():
        return 1.0
    away = cv2.distanceTransform(behind.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    return float(np.mean(away[behind] <= radius))


def _log_error(view: View, found: Layers, settings: Settings) -> Plane:
    first, second = layers.unexplained(view, found, settings)
    total = np.minimum(first, _MOST) + np.minimum(second, _MOST)
    logs: Plane = np.log(mean(total, 1.5) + np.float32(2 * view.noise))
    return logs
