"""Which frames fit into a stack, and in plain words why others do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mfgui.methods.align.joint import Adjustment
from mfgui.methods.align.links import Link, Shelf
from mfgui.methods.align.proxies import WHITE, Proxy
from mfgui.methods.planes import Plane

_FLAT = 0.03  # of the usual contrast of the frames
_COARSE = 8  # pixels of a proxy together, whose contrast is no noise
_FAR = 2.0  # pixels of the proxy left,
_UNUSUAL = 4.0  # times what is usual: such a frame does not fit
_WEAKER = 0.85  # contrast against the weaker one of both neighbours
_WEAKER_END = 0.5  # against the only one
_EVERYWHERE = 0.85  # of the places with detail


@dataclass(frozen=True)
class Verdict:
    """Attributes
    ----------
    measured : bool
        Whether links to the frame are looked for at all.
    used : bool
    residual : float
        Pixels of the frame; NaN where nothing was measured.
    warning : str
        Empty for a frame without fault.
    twin : bool
        Whether an earlier frame is the same picture.
    """

    measured: bool = True
    used: bool = True
    residual: float = math.nan
    warning: str = ""
    twin: bool = False


def first_verdicts(proxies: Sequence[Proxy]) -> list[Verdict]:
    """What single frames tell without being compared: no detail, or the same as another."""
    contrasts = [_contrast(proxy) for proxy in proxies]
    usual = float(np.median(contrasts))
    found = []
    for index, proxy in enumerate(proxies):
        same = next((i for i in range(index) if proxies[i].same_as(proxy)), None)
        if not contrasts[index] > _FLAT * usual:
            found.append(Verdict(False, False, math.nan, _flat(proxy)))
        elif same is not None:
            found.append(
                Verdict(False, False, math.nan, f"is the same picture as frame {same + 1}", True)
            )
        else:
            found.append(Verdict())
    return found


def _flat(proxy: Proxy) -> str:
    black = float(np.mean(proxy.grey)) < 0.02 * WHITE
    return "is black" if black else "shows no detail at all"


def _contrast(proxy: Proxy) -> float:
    height, width = (max(1, side // _COARSE) for side in proxy.grey.shape)
    small = cv2.resize(proxy.grey, (width, height), interpolation=cv2.INTER_AREA)
    return float(np.std(small))


def judged(
    verdicts: Sequence[Verdict],
    links: Sequence[Link],
    adjustment: Adjustment,
    shelf: Shelf,
    factor: int,
) -> list[Verdict]:
    """The verdicts after all links were adjusted."""
    left = [
        residual(index, links, adjustment, shelf) if verdict.measured else math.nan
        for index, verdict in enumerate(verdicts)
    ]
    known = [value for value in left if math.isfinite(value)]
    most = max(_FAR, _UNUSUAL * float(np.median(known))) if known else _FAR
    measured = [index for index, verdict in enumerate(verdicts) if verdict.measured]
    found = list(verdicts)
    for index in measured:
        verdict = replace(verdicts[index], residual=left[index] * factor)
        if adjustment.transforms[index] is None:
            linked = any(index in (link.first, link.second) for link in links)
            warning = (
                "lies differently on each of its neighbours"
                if linked
                else "has no structure in common with its neighbours"
            )
            verdict = replace(verdict, used=False, warning=warning)
        elif left[index] > most:
            warning = f"does not lie on its neighbours: {left[index] * factor:.1f} pixels are left"
            verdict = replace(verdict, used=False, warning=warning)
        elif _is_blurred(measured.index(index), measured, shelf):
            warning = "is blurred everywhere: its neighbours are sharper in all places"
            verdict = replace(verdict, warning=warning)
        found[index] = verdict
    return found


def residual(index: int, links: Sequence[Link], adjustment: Adjustment, shelf: Shelf) -> float:
    """Median distance left between a frame and its nearest neighbours, pixels of the proxy."""
    near: dict[bool, tuple[int, Link]] = {}
    for link, kept in zip(links, adjustment.kept, strict=True):
        if kept and index in (link.first, link.second):
            length, later = abs(link.second - link.first), index == link.first
            if later not in near or length < near[later][0]:
                near[later] = (length, link)
    distances = [np.empty(0)]
    for _, link in near.values():
        base = adjustment.between(link.first, link.second, shelf.size)
        distances.append(np.hypot(*link.blocks.rebased(base).left(shelf.size).T))
    together = np.concatenate(distances)
    return float(np.median(together)) if len(together) else math.nan


def _is_blurred(place: int, frames: Sequence[int], shelf: Shelf) -> bool:
    """Whether what a frame shows is nowhere as sharp as in its neighbours."""
    around = [frames[i] for i in (place - 1, place + 1) if 0 <= i < len(frames)]
    if len(frames) < 3:
        return False
    own = _detail(shelf.detail(frames[place]))
    others = [_detail(shelf.detail(frame)) for frame in around]
    weakest, strongest = np.minimum.reduce(others), np.maximum.reduce(others)
    shown = strongest > 0.3 * np.percentile(strongest, 90)
    if np.count_nonzero(shown) < 8:
        return False
    most = _WEAKER if len(around) == 2 else _WEAKER_END
    return bool(np.mean((own < most * weakest)[shown]) > _EVERYWHERE)


def _detail(strength: Plane) -> Plane:
    """Contrast without noise."""
    noise = np.percentile(strength, 2)
    return np.asarray(np.sqrt(np.maximum(strength**2 - noise**2, 0)), np.float32)
