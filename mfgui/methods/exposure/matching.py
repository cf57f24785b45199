"""The exposure of every frame of a stack against the reference frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from mfgui.core.alignment import StackAlignment
from mfgui.core.arrays import PixelArray
from mfgui.core.compute import Compute
from mfgui.core.exposure import FrameExposure, StackExposure
from mfgui.methods.exposure.choice import Target, chosen
from mfgui.methods.exposure.links import Link, joint_gains, links_of
from mfgui.methods.exposure.local import Bent
from mfgui.methods.exposure.places import Places, places_of
from mfgui.methods.exposure.proxies import Proxy, proxy_of

Mode: TypeAlias = Literal["auto", "off", "gain", "white-balance", "local"]

_STOPS = 3.0  # a larger difference is worth a warning
_BLACK = 0.98  # share of a frame without light
_WHITE = 0.7  # share of a frame that is clipped
_SWEEPS = 2
_WORSE = 4.0  # times the error of the best link


def match_exposure(
    frames: Sequence[PixelArray],
    alignment: StackAlignment,
    *,
    mode: Mode = "auto",
    compute: Compute | None = None,
) -> StackExposure:
    """Find what the light of every frame has to be multiplied with to agree with the reference.

    `match_proxies` does the same without the frames.

    Parameters
    ----------
    frames : sequence of (H, W, C) uint8, uint16 or float32
        sRGB-encoded, as stored, before they are moved. Read once, one after the other.
    alignment : StackAlignment
    mode : str
        "off" changes nothing; "gain" is one factor per frame, "white-balance" one per channel,
        "local" as well a curve of tones and a field that changes slowly over the picture.
        "auto" takes for each frame the simplest that explains the differences, and nothing for
        insignificant ones.

    Returns
    -------
    StackExposure
        Neutral for the reference and for frames that are not used.
    """
    compute = compute or Compute()
    proxies: list[Proxy] = []
    if mode != "off":
        for frame in frames:
            compute.checkpoint()
            proxies.append(proxy_of(frame))
    return match_proxies(proxies, alignment, mode=mode, compute=compute)


def match_proxies(
    proxies: Sequence[Proxy],
    alignment: StackAlignment,
    *,
    mode: Mode = "auto",
    compute: Compute | None = None,
) -> StackExposure:
    """`match_exposure` of frames of which there are small pictures.

    Parameters
    ----------
    proxies : sequence of (h, w, C) uint16
        What `proxy_of` gave for each frame, also for those that are not used; may be empty when
        the mode is "off".
    alignment : StackAlignment
        Of the frames themselves; its size tells theirs.

    Notes
    -----
    Frames are compared in linear light, in places that both show, after a low-pass; where there
    are contours nearby, clipped light, or hardly any light a place counts little or nothing,
    since defocus carries light over contours but keeps its amount. Gains are measured between
    each frame and the two that follow it and the reference, and adjusted together by least
    squares; what a gain leaves is fitted to the neighbours that were equalised before.
    """
    compute = compute or Compute()
    used, reference = alignment.used, alignment.reference
    if mode == "off":
        channels = proxies[0].shape[2] if proxies else 1
        neutral = FrameExposure((1.0,) * channels)
        return StackExposure(mode, (neutral,) * len(alignment.frames))
    places: dict[int, Places] = {}
    for index in used:
        compute.checkpoint()
        transform = alignment.frames[index].transform
        places[index] = places_of(proxies[index], alignment.size, transform)
    return _matched(places, proxies[reference].shape[2], alignment, mode, compute)


def _matched(
    places: Mapping[int, Places],
    channels: int,
    alignment: StackAlignment,
    mode: Mode,
    compute: Compute,
) -> StackExposure:
    count, reference = len(alignment.frames), alignment.reference
    links = links_of(places, alignment.used, reference)
    joint = joint_gains(links, count, reference, channels)
    found = {index: Bent(joint.gains[index]) for index in alignment.used if joint.reached[index]}
    outwards = sorted((i for i in found if i != reference), key=lambda i: abs(i - reference))
    for sweep in range(_SWEEPS):
        for index in outwards:
            compute.checkpoint()
            beside = _linked(links, index)
            # On the way out the neighbours beyond are not yet equalised.
            inner = {j: e for j, e in beside.items() if abs(j - reference) < abs(index - reference)}
            taken = _surest(beside if sweep else (inner or beside))
            target = Target.of([(places[j], found[j], 1 / e**2) for j, e in taken.items()])
            error = joint.errors[index]
            found[index] = chosen(places[index], target, joint.gains[index], error, mode)
        if not any(one.varies for one in found.values()):
            break
    neutral = FrameExposure((1.0,) * channels)
    exposures = [
        _exposure(places[index], found.get(index), channels) if index in places else neutral
        for index in range(count)
    ]
    exposures[reference] = neutral
    return StackExposure(mode, tuple(exposures))


def _linked(links: Sequence[Link], index: int) -> dict[int, float]:
    """The frames that a frame is linked to, and the error of each link."""
    return {
        one.first + one.second - index: one.error
        for one in links
        if index in (one.first, one.second)
    }


def _surest(errors: Mapping[int, float]) -> dict[int, float]:
    """Without the frames whose links are much worse: of another scene, or far out of focus."""
    least = min(errors.values())
    return {index: error for index, error in errors.items() if error <= _WORSE * least}


def _exposure(places: Places, found: Bent | None, channels: int) -> FrameExposure:
    """What was found as it is stored, or why nothing was."""
    if found is None:
        return FrameExposure((1.0,) * channels, warning=_unmatched(places))
    gains = tuple(float(gain) for gain in np.exp(found.offsets))
    tones = () if found.tones is None else tuple(float(tone) for tone in found.tones)
    exposure = FrameExposure(gains, found.field, tones=tones)
    if abs(exposure.stops) <= _STOPS:
        return exposure
    side = "darker" if exposure.stops > 0 else "brighter"
    return replace(
        exposure, warning=f"{abs(exposure.stops):.1f} stops {side} than the reference frame"
    )


def _unmatched(places: Places) -> str:
    if places.dark > _BLACK:
        return "black: its light was left as it is"
    if places.clipped > _WHITE:
        return "clipped almost everywhere: its light could not be matched"
    return "shares too little unclipped light with the others: its light could not be matched"
