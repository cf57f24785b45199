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
from mfgui.methods.align.sharpness import remarks

_FLAT = 0.03  # of the usual contrast of the frames
_COARSE = 8  # pixels of a proxy together, whose contrast is no noise


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
    found = list(verdicts)
    placed = [index for index, known in enumerate(adjustment.transforms) if known is not None]
    for index, verdict in enumerate(verdicts):
        if verdict.measured and index not in placed:
            linked = any(index in (link.first, link.second) for link in links)
            warning = (
                "lies differently on each of its neighbours"
                if linked
                else "has no structure in common with its neighbours"
            )
            found[index] = replace(verdict, used=False, warning=warning)
    told = remarks([shelf.slopes(index) for index in placed])
    for index, warning in zip(placed, told, strict=True):
        left = residual(index, links, adjustment, shelf) * factor
        found[index] = replace(verdicts[index], residual=left, warning=warning)
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
