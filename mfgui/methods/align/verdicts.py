"""Which frames fit into a stack, and in plain words why others do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mfgui.methods.align.joint import Adjustment
from mfgui.methods.align.links import Link, Shelf
from mfgui.methods.align.proxies import Proxy

_FLAT = 0.02  # of the usual contrast of the frames
_SMALL = (64, 48)


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
    """

    measured: bool = True
    used: bool = True
    residual: float = math.nan
    warning: str = ""


def first_verdicts(proxies: Sequence[Proxy]) -> list[Verdict]:
    """What single frames tell without being compared: no detail, or the same as another."""
    contrasts = [float(np.std(proxy.grey[::4, ::4])) for proxy in proxies]
    usual = float(np.median(contrasts))
    found = []
    for index, proxy in enumerate(proxies):
        same = next((i for i in range(index) if proxies[i].same_as(proxy)), None)
        if contrasts[index] <= _FLAT * usual:
            found.append(Verdict(False, False, math.nan, _flat(proxy)))
        elif same is not None:
            found.append(
                Verdict(False, False, math.nan, f"is the same picture as frame {same + 1}")
            )
        else:
            found.append(Verdict())
    return found


def _flat(proxy: Proxy) -> str:
    black = float(np.mean(proxy.grey)) < 0.02 * 65280
    return "is black" if black else "shows no detail at all"


def judged(
    verdicts: Sequence[Verdict],
    links: Sequence[Link],
    adjustment: Adjustment,
    shelf: Shelf,
    factor: int,
) -> list[Verdict]:
    """The verdicts after all links were adjusted."""
    found = []
    for index, verdict in enumerate(verdicts):
        if not verdict.measured:
            found.append(verdict)
        elif adjustment.transforms[index] is None:
            warning = "has nothing in common with its neighbours"
            found.append(replace(verdict, used=False, warning=warning))
        else:
            left = residual(index, links, adjustment, shelf) * factor
            found.append(replace(verdict, residual=left))
    return found


def residual(index: int, links: Sequence[Link], adjustment: Adjustment, shelf: Shelf) -> float:
    """Median distance left between a frame and its neighbours, pixels of the proxy."""
    distances = []
    for link, kept in zip(links, adjustment.kept, strict=True):
        if not kept or index not in (link.first, link.second):
            continue
        base = adjustment.between(link.first, link.second, shelf.size)
        left, known = link.blocks.rebased(base).left()
        distances.append(np.hypot(*left[known].T))
    together = np.concatenate(distances) if distances else np.empty(0)
    return float(np.median(together)) if len(together) else math.nan
