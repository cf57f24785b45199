"""Which frames fit into a stack, and in plain words why others do not."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mfgui.methods.align.joint import Adjustment
from mfgui.methods.align.links import Link, Shelf
from mfgui.methods.align.moves import distance
from mfgui.methods.align.partings import Parting, parted
from mfgui.methods.align.proxies import WHITE, Proxy
from mfgui.methods.align.repeats import period_of, repeats
from mfgui.methods.align.sharpness import remarks

_FLAT = 0.03  # of the usual contrast of the frames
_NEAR = 1.0  # pixels of the proxy by which a map may differ from what was looked at
_BESIDE = 0.9  # share of a frame that lies elsewhere where nothing moved in it
_VAGUE = 1.5  # pixels, standard deviation: a place that is no better known is told
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
    sound : bool
        Whether the frame may be the reference: its own place among the others is sure.
    """

    measured: bool = True
    used: bool = True
    residual: float = math.nan
    warning: str = ""
    twin: bool = False
    sound: bool = True


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
    unsound = {*adjustment.doubtful, *vague(links, adjustment, factor)}
    told = remarks([shelf.slopes(index) for index in placed])
    for index, warning in zip(placed, told, strict=True):
        left = residual(index, links, adjustment, shelf) * factor
        sound = index not in unsound
        found[index] = replace(verdicts[index], residual=left, warning=warning, sound=sound)
    return found


def vague(links: Sequence[Link], adjustment: Adjustment, factor: int) -> dict[int, float]:
    """Frames whose place is hardly known, and by how many pixels they may be off."""
    frames = {link.first for link in links} | {link.second for link in links}
    unsure = {index: _unsure(index, links, adjustment) * factor for index in sorted(frames)}
    return {index: off for index, off in unsure.items() if off > _VAGUE}


def _unsure(index: int, links: Sequence[Link], adjustment: Adjustment) -> float:
    """Standard deviation of a frame's place among those it is linked to, pixels of the proxy."""
    own = [
        link.information
        for link, kept in zip(links, adjustment.kept, strict=True)
        if kept and index in (link.first, link.second)
    ]
    return math.sqrt(float(np.trace(np.linalg.inv(np.sum(own, axis=0))))) if own else 0.0


def late_remarks(
    links: Sequence[Link], adjustment: Adjustment, shelf: Shelf, reference: int, factor: int
) -> dict[int, str]:
    """What is to be told of frames that are used, seen from the reference."""
    found = {}
    for index, unsure in vague(links, adjustment, factor).items():
        if index != reference:
            off = f"{unsure:.0f} pixels"
            found[index] = f"has little in common with its neighbours: may lie {off} off"
    found |= _repeated_remarks(links, adjustment, shelf, reference, factor)
    seen = _partings(links, adjustment, shelf)
    return found | _moved_remarks(seen, adjustment.doubtful, reference, factor)


def _repeated_remarks(
    links: Sequence[Link], adjustment: Adjustment, shelf: Shelf, reference: int, factor: int
) -> dict[int, str]:
    """All frames but the reference, if they show a pattern that does not tell where they lie."""
    period = period_of(shelf.bands(reference).levels)
    if period is None:
        return {}
    for link, kept in zip(links, adjustment.kept, strict=True):
        if kept and link.second - link.first == 1:
            base = adjustment.between(link.first, link.second, shelf.size)
            one, other = (shelf.bands(index).levels for index in (link.first, link.second))
            if repeats(one, other, base, period, shelf.size):
                break
    else:
        return {}
    off = f"{math.hypot(*period) * factor:.0f} pixels"
    text = f"shows a pattern that repeats every {off}: may lie that far off"
    return {index: text for index in range(len(shelf)) if index != reference}


def _partings(
    links: Sequence[Link], adjustment: Adjustment, shelf: Shelf
) -> list[tuple[Link, Parting]]:
    """What lies elsewhere between frames, where all links together put them."""
    found = []
    for link in links:
        ends = (link.first, link.second)
        if any(adjustment.transforms[index] is None for index in ends):
            continue
        base, parting = adjustment.between(*ends, shelf.size), link.parting
        if parting is None or distance(base, link.transform, shelf.size) > _NEAR:
            one, other = (shelf.bands(index).levels for index in ends)
            parting = parted(one, other, base, link.blocks, shelf.size)
        found.append((link, parting))
    return found


def _moved_remarks(
    found: Sequence[tuple[Link, Parting]],
    doubtful: Collection[int],
    reference: int,
    factor: int,
) -> dict[int, str]:
    """What moved, told of the frame at fault or else of that farther from the reference."""
    told: dict[int, str] = {}
    for link, parting in sorted(found, key=lambda pair: pair[0].second - pair[0].first):
        near, far = sorted(
            (link.first, link.second),
            key=lambda index: (index in doubtful, abs(index - reference)),
        )
        close = link.second - link.first == 1
        if far in told or not (parting.moved or (close and parting.distance)):
            continue
        off = f"{max(1.0, parting.distance * factor):.0f} pixels"
        told[far] = f"parts of it move by {off} against frame {near + 1}: movement or parallax"
        if parting.share > _BESIDE:
            told[far] = f"lies {off} beside where frame {near + 1} puts it"
    return told


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
