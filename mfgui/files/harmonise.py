"""One kind of pixels for all sources of a stack: what is adapted, how, and the notice it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mfgui.core.arrays import Depth, PixelArray, Size, depth_of, from_float, to_float
from mfgui.core.errors import InputError
from mfgui.files import profiles
from mfgui.files.headers import ImageInfo

_ORDER: tuple[Depth, ...] = ("uint8", "uint16", "float32")
_DEPTH_NAMES = {"uint8": "8-bit", "uint16": "16-bit", "float32": "float"}


@dataclass(frozen=True)
class Plan:
    """What the pixels of every source become: the richest kind that occurs.

    Attributes
    ----------
    channels, depth
        Of all frames.
    icc : bytes or None
        Profile of all frames, that of the first source which has the stack's channels; None
        is taken for sRGB.
    """

    channels: int
    depth: Depth
    icc: bytes | None


def plan_for(infos: Sequence[ImageInfo]) -> Plan:
    """The plan for pictures of one size.

    Raises
    ------
    InputError
        If sizes differ: nothing is scaled silently.
    """
    first = infos[0]
    for other in infos[1:]:
        if other.size == Size(first.size.height, first.size.width) != first.size:
            one, two = (
                ("landscape", "portrait") if _is_wide(first.size) else ("portrait", "landscape")
            )
            raise InputError(
                f"{other.name} is a {two} picture ({other.size}), but {first.name} is {one}",
                path=other.path,
                hint="cameras that look down mistake it: turn the one that is wrong",
            )
        if other.size != first.size:
            raise InputError(
                f"{other.name} is {other.size}, but {first.name} is {first.size}",
                path=other.path,
                hint="give pictures of one size",
            )
    channels = max(info.channels for info in infos)
    depth = max((info.depth for info in infos), key=_ORDER.index)
    like = next(info for info in infos if info.channels == channels)
    icc = like.icc if profiles.usable(like.icc, channels=channels) else None
    return Plan(channels, depth, icc)


def _is_wide(size: Size) -> bool:
    return size.width > size.height


def notices_for(info: ImageInfo, plan: Plan) -> tuple[str, ...]:
    """What reading this picture for this plan changes, one clause each."""
    notices = []
    if info.alpha:
        notices.append("transparency (alpha) left out")
    if info.bits == 1:
        notices.append("1-bit picture converted to 8-bit grey")
    if info.kind == "palette":
        notices.append("palette converted to RGB")
    if info.kind == "cmyk":
        how = "with its profile" if _profile_of(info) else "without a profile, colours may differ"
        notices.append(f"CMYK converted to {profiles.profile_name(plan.icc)} {how}")
    if info.kind == "grey" and plan.channels == 3:
        notices.append("grey converted to RGB like the other sources")
    if info.depth != plan.depth:
        stored, wanted = _DEPTH_NAMES[info.depth], _DEPTH_NAMES[plan.depth]
        notices.append(f"{stored} converted to {wanted} like the other sources")
    return (*notices, *_colour_notices(info, plan), *info.remarks)


def adapt(pixels: PixelArray, info: ImageInfo, plan: Plan) -> PixelArray:
    """(H, W, 1, 3 or 4) decoded pixels in the depth, channels and colours of the plan."""
    pixels = _in_depth(pixels, plan.depth)
    own = _profile_of(info)
    if info.kind == "cmyk":
        if own is not None:
            return profiles.convert(pixels, own, plan.icc or profiles.srgb())
        pixels = _plain_rgb(pixels)
    elif own is not None and _needs_conversion(own, info, plan):
        return profiles.convert(pixels, own, plan.icc or profiles.srgb())
    if pixels.shape[2] < plan.channels:
        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    return pixels


def _profile_of(info: ImageInfo) -> bytes | None:
    channels = 4 if info.kind == "cmyk" else info.channels
    return info.icc if profiles.usable(info.icc, channels=channels) else None


def _needs_conversion(own: bytes, info: ImageInfo, plan: Plan) -> bool:
    if info.channels == plan.channels == 1:
        return plan.icc is not None and not profiles.same_colours(own, plan.icc)
    return info.channels != plan.channels or not profiles.same_colours(own, plan.icc)


def _colour_notices(info: ImageInfo, plan: Plan) -> tuple[str, ...]:
    own = _profile_of(info)
    if info.icc is not None and own is None:
        return ("colour profile damaged or of another kind of picture, left out",)
    if info.kind == "cmyk":
        return ()
    target = profiles.profile_name(plan.icc)
    if own is None:
        return (f"no colour profile, taken to be {target}",) if plan.icc is not None else ()
    if _needs_conversion(own, info, plan):
        return (f"colours converted from {profiles.profile_name(own)} to {target}",)
    if plan.icc is None and plan.channels == 1:
        return (f"grey profile {profiles.profile_name(own)} left out, source 1 has none",)
    return ()


def _in_depth(pixels: PixelArray, depth: Depth) -> PixelArray:
    if pixels.dtype.name == depth:
        return pixels
    if depth == "float32":
        return to_float(pixels)
    return pixels.astype(np.uint16) * np.uint16(257)


def _plain_rgb(cmyk: PixelArray) -> PixelArray:
    """RGB = (1 - ink)(1 - black), for CMYK that does not say which inks it means."""
    values = to_float(cmyk)
    rgb: PixelArray = (1 - values[..., :3]) * (1 - values[..., 3:])
    return from_float(rgb, depth_of(cmyk))
