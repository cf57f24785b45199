"""Reading the picture that fused images are compared with: it must fit the sources."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2

from mfgui.core.arrays import Depth, PixelArray
from mfgui.core.errors import InputError
from mfgui.core.stack import SourceStack
from mfgui.files.decode import decode_frame, sha256_of
from mfgui.files.harmonise import Plan, adapt, notices_for
from mfgui.files.headers import ImageInfo, read_headers
from mfgui.files.inputs import reading

_DEPTH_NAMES = {"uint8": "8-bit", "uint16": "16-bit", "float32": "float"}


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The picture in the channels and the colours of the sources.

    Attributes
    ----------
    pixels : (H, W, C) uint8, uint16 or float32
        In the depth of its file, read-only: no digit of it is lost.
    notices : tuple of str
        What was adapted, one clause each.
    """

    sha256: str
    pixels: PixelArray = field(repr=False)
    notices: tuple[str, ...]


def read_ground_truth(
    path: Path, stack: SourceStack, *, hint: str = "give the ground truth of this set"
) -> GroundTruth:
    """The (first) picture of a file, for the sources of `stack`; `hint` is for another size.

    Raises
    ------
    InputError, OutOfMemoryError
        If it cannot be read, or is of another size than the sources.
    """
    info = read_headers(path)[0]
    if info.size != stack.size:
        raise InputError(
            f"it is {info.size}, but the sources are {stack.size}",
            path=path,
            hint=hint,
        )
    digest = sha256_of(path)
    pixels, notice = decode_frame(info)
    plan = Plan(max(info.channels, stack.channels), info.depth, _profile(info, stack))
    with reading(path):
        pixels = adapt(pixels, info, plan)
        if pixels.shape[2] > stack.channels:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None]
    pixels.flags.writeable = False
    adapted = (text.replace("the other sources", "the sources") for text in notices_for(info, plan))
    noticed = (notice, *adapted, *_kind_notices(info, stack))
    return GroundTruth(digest, pixels, tuple(text for text in noticed if text))


def _profile(info: ImageInfo, stack: SourceStack) -> bytes | None:
    """Of the sources; colours that become grey are taken as they are."""
    if info.channels > stack.channels:
        return None if info.kind == "cmyk" else info.icc
    return stack.sources[stack.reference].icc


def _kind_notices(info: ImageInfo, stack: SourceStack) -> tuple[str, ...]:
    notices = []
    if info.channels > stack.channels:
        notices.append("colours converted to grey like the sources")
    if info.depth != stack.depth:
        own, other = (_name(depth) for depth in (info.depth, stack.depth))
        notices.append(f"{own}, but the sources are {other}: compared as shares of white")
    return tuple(notices)


def _name(depth: Depth) -> str:
    return _DEPTH_NAMES[depth]
