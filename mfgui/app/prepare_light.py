"""Light that was matched before, used again: for other frames, for another reference."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from mfgui.core.alignment import StackAlignment
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.core.exposure import FrameExposure, StackExposure
from mfgui.core.stack import SourceStack

_BESIDE = 2  # frames on either side that a frame is compared with


def check_light(light: StackExposure, stack: SourceStack) -> None:
    """Raise UsageError for the light of another stack."""
    fitting = all(len(frame.gains) in (1, stack.channels) for frame in light.frames)
    if len(light.frames) != stack.k or not fitting:
        raise UsageError("the exposure is that of another stack", hint="match the light again")


def matched_too(
    light: StackExposure,
    frames: Collection[int],
    stack: SourceStack,
    fit: StackAlignment,
    compute: Compute,
) -> StackExposure:
    """The same light with that of some more frames, of which no other is measured anew.

    Parameters
    ----------
    light : StackExposure
        Against the reference of `fit`.
    frames : collection of int
        From 0; those that take no part are passed over.
    """
    from mfgui.methods import exposure

    used, reference = fit.used, fit.reference
    wanted = [index for index in used if index in frames and index != reference]
    if not wanted or light.mode == "off":
        return light
    places = {used.index(index) for index in wanted}
    near = {used[p] for p in range(len(used)) if any(abs(p - q) <= _BESIDE for q in places)}
    near.add(reference)
    seen = {}
    for index in sorted(near):
        compute.checkpoint()
        seen[index] = exposure.proxy_of(stack.pixels(index))
        compute.progress(len(seen), len(near))
    unseen = next(iter(seen.values()))  # of frames that take no part here
    part = replace(
        fit,
        frames=tuple(replace(one, used=i in near) for i, one in enumerate(fit.frames)),
    )
    found = exposure.match_proxies(
        [seen.get(index, unseen) for index in range(stack.k)],
        part,
        mode=light.mode,  # type: ignore[arg-type]
        compute=compute,
    )
    known = list(light.frames)
    for index in wanted:
        known[index] = found.frames[index]
    return StackExposure(light.mode, tuple(known))


def against(light: StackExposure, reference: int) -> StackExposure | None:
    """The same light against another frame, from 0; None where it has to be matched again.

    Gains of one frame divide those of the others. Tones and fields belong to the light and the
    geometry of the frame that they were matched to, and a warning to its light.
    """
    if any(one.tones or one.field is not None or one.warning for one in light.frames):
        return None
    new = light.frames[reference].gains
    gains = [np.divide(frame.gains, new) for frame in light.frames]
    return StackExposure(light.mode, tuple(FrameExposure(tuple(g.tolist())) for g in gains))
