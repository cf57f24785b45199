"""Frames that may not belong to the others of their stack: notices, never refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import TypeVar

from mfgui.files import exif
from mfgui.files.capture import Capture, capture_of, instants
from mfgui.files.headers import ImageInfo
from mfgui.files.pauses import between_pauses

_T = TypeVar("_T")
_SAME_FOCAL_LENGTH = 0.02
_FAR_IN_TIME = 3600.0
_DAYS, _HOURS = (86400.0, "days"), (3600.0, "hours")


def odd_ones(infos: Sequence[ImageInfo]) -> tuple[tuple[str, ...], ...]:
    """What sets each frame apart from most others: camera, focal length, time, given twice; and
    where a second stack begins.

    Returns
    -------
    tuple of tuple of str
        One per frame, one clause each. What a file does not say is never held against it.
    """
    captures = [capture_of(info.path, exif.parse(info.exif), size=info.size) for info in infos]
    stacks = _stacks(captures)
    # Of several stacks it is no news that many frames are far from the others.
    times = stacks if any(stacks) else _times(captures)
    parts = (_given_before(infos), _cameras(captures), _focal_lengths(captures), times)
    return tuple(tuple(notice for notice in found if notice) for found in zip(*parts, strict=True))


def duplicates(digests: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """For each frame the notice that an earlier one is the same, else "".

    Parameters
    ----------
    digests : sequence of (str, int)
        Hash of the file's bytes and the page in it.
    """
    first: dict[tuple[str, int], int] = {}
    notices = []
    for number, digest in enumerate(digests, start=1):
        earlier = first.setdefault(digest, number)
        notices.append("" if earlier == number else f"the same picture as source {earlier}")
    return tuple(notices)


def _given_before(infos: Sequence[ImageInfo]) -> list[str]:
    return list(duplicates([(str(info.path.absolute()), info.page) for info in infos]))


def _stacks(captures: Sequence[Capture]) -> list[str]:
    """One notice, at the first frame of the second stack, where pauses tell several apart."""
    notices = [""] * len(captures)
    shots: dict[str, list[tuple[float, int]]] = {}
    for index, instant in enumerate(instants(captures)):
        if instant is not None:
            shots.setdefault(captures[index].camera, []).append((instant, index))
    beginnings = []
    for found in map(sorted, shots.values()):
        exposures = [captures[index].exposure for _, index in found]
        parts = between_pauses([instant for instant, _ in found], exposures)
        beginnings += [found[part.start] for part in parts if len(part) > 1]
    if len(beginnings) > 1:
        _, second = sorted(beginnings)[1]
        notices[second] = (
            f"here the second of {len(beginnings)} stacks by their times of capture begins; fuse "
            "each alone: name its files, or use a batch with the rule time"
        )
    return notices


def _cameras(captures: Sequence[Capture]) -> list[str]:
    usual = _usual([capture.camera for capture in captures if capture.camera])
    return [
        f"taken with {capture.camera}, others with {usual}"
        if capture.camera and capture.camera != usual
        else ""
        for capture in captures
    ]


def _focal_lengths(captures: Sequence[Capture]) -> list[str]:
    usual = _usual([capture.focal_length for capture in captures if capture.focal_length])
    return [
        f"focal length {capture.focal_length:g} mm, of others {usual:g} mm"
        if usual
        and capture.focal_length
        and abs(capture.focal_length - usual) > _SAME_FOCAL_LENGTH * usual
        else ""
        for capture in captures
    ]


def _times(captures: Sequence[Capture]) -> list[str]:
    found = instants(captures)
    known = [time for time in found if time is not None]
    if len(known) < 2:
        return [""] * len(found)
    # Of two frames the first is the usual one.
    usual = median(known) if len(known) > 2 else known[0]
    return ["" if time is None else _far(time - usual) for time in found]


def _far(seconds: float) -> str:
    if abs(seconds) <= _FAR_IN_TIME:
        return ""
    unit, name = _DAYS if abs(seconds) >= 2 * _DAYS[0] else _HOURS
    side = "after" if seconds > 0 else "before"
    return f"taken {abs(seconds) / unit:.1f} {name} {side} the others"


def _usual(values: Sequence[_T]) -> _T | None:
    """The most frequent value, the first of equally frequent ones."""
    return Counter(values).most_common(1)[0][0] if values else None
