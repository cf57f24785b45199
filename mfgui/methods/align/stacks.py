"""Focus stacks aligned: every frame is brought to the geometry of one of them.

Frames are compared with their neighbours, whose sharpness differs least, and with some frames
farther away; all measurements are then adjusted together. Nothing needs a feature in common
between the first and the last frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.errors import InputError, UsageError
from mfgui.core.transforms import Transform
from mfgui.methods.align.crops import overlap
from mfgui.methods.align.joint import Adjustment, adjusted
from mfgui.methods.align.links import Link, Shelf, linked
from mfgui.methods.align.models import simplest_model
from mfgui.methods.align.moves import fields_of, inverted, joined
from mfgui.methods.align.partings import at_fault
from mfgui.methods.align.proxies import Proxy, proxy_of
from mfgui.methods.align.references import LEAST_OVERLAP, best_reference, together
from mfgui.methods.align.repairs import recropped
from mfgui.methods.align.verdicts import Verdict, first_verdicts, judged, late_remarks

AlignModel: TypeAlias = Literal["auto", "off", "translation", "similarity", "affine", "homography"]
CropRule: TypeAlias = Literal["common", "reference"]

_REACHES = (1, 2, 4, 8)  # frames from one to the other end of a link
_CLOSE = 2  # of them, between which it is clear whether parts moved
_SURELY_STILL = 0.1  # pixels of the frame at the corners
_MAYBE_STILL = 0.25
_SURE = 3.0  # standard deviations


def align_frames(
    frames: Sequence[PixelArray],
    *,
    model: AlignModel = "auto",
    radial: bool = False,
    reference: int | None = None,
    crop: CropRule = "common",
    start: StackAlignment | None = None,
    compute: Compute | None = None,
) -> StackAlignment:
    """Find how every frame of a stack lies on one of them.

    Parameters
    ----------
    frames : sequence of (H, W, C) uint8, uint16 or float32
        Display-encoded, in the order of their focus; each is read once, one after the other.
    model : str
        What frames may differ by. "auto" is a similarity (shift, turn, scale) unless an affine map
        or a homography clearly fits better; "off" takes the frames as they are.
    radial : bool
        Whether the frames may also differ by a radial distortion.
    reference : int or None
        The frame whose geometry is kept; None takes the one which shows the least of the scene,
        so that the fewest pixels are lost and none is stretched.
    crop : str
        "common" for the largest rectangle that all frames show, "reference" for all of the
        reference.
    start : StackAlignment or None
        Of the same frames, to begin from.

    Returns
    -------
    StackAlignment
        Frames that do not fit have a warning and are not used. A frame that lies on the reference
        as well as can be measured has exactly the identity.

    Raises
    ------
    UsageError
        For a wrong argument, and where fewer than two frames fit each other.
    """
    compute = compute or Compute()
    proxies = []
    for index in range(len(frames)):
        compute.checkpoint()
        compute.progress(index, 2 * len(frames))
        proxies.append(proxy_of(frames[index], compute=compute))
    half = replace(
        compute,
        progress=lambda done, total: compute.progress(
            len(frames) + done * len(frames) // max(1, total), 2 * len(frames)
        ),
    )
    return align_proxies(
        proxies,
        model=model,
        radial=radial,
        reference=reference,
        crop=crop,
        start=start,
        compute=half,
    )


def align_proxies(
    proxies: Sequence[Proxy],
    *,
    model: AlignModel = "auto",
    radial: bool = False,
    reference: int | None = None,
    crop: CropRule = "common",
    start: StackAlignment | None = None,
    compute: Compute | None = None,
) -> StackAlignment:
    """`align_frames` from the frames' proxies, which `proxy_of` makes while frames are decoded."""
    compute = compute or Compute()
    _check(proxies, model, crop, reference, start)
    size = proxies[0].size
    if model == "off":
        return _untouched(len(proxies), size, reference)
    verdicts = first_verdicts(proxies)
    chosen = [index for index, verdict in enumerate(verdicts) if verdict.measured]
    if reference is not None and reference not in chosen:
        raise UsageError(
            f"frame {reference + 1} cannot be the reference: {verdicts[reference].warning}",
            hint="choose another reference",
        )
    if len(chosen) < 2:
        raise _too_few(verdicts)
    measurer = _Measurer(proxies, model, radial, start, compute)
    links = measurer.links(chosen)
    name, adjustment, links = _modelled(links, measurer, model, radial)
    verdicts = judged(verdicts, links, adjustment, measurer.shelf, proxies[0].factor)
    found = _assembled(proxies, adjustment, verdicts, name, reference, crop)
    shelf, factor = measurer.shelf, proxies[0].factor
    return _told(found, late_remarks(links, adjustment, shelf, found.reference, factor))


class _Measurer:
    """Measures links of one stack, several at once."""

    def __init__(
        self,
        proxies: Sequence[Proxy],
        model: str,
        radial: bool,
        start: StackAlignment | None,
        compute: Compute,
    ) -> None:
        self.shelf = Shelf(proxies)
        self._model = "similarity" if model == "auto" else model
        self._radial = radial
        self._start = start
        self._factor = proxies[0].factor
        self._compute = compute

    @property
    def count(self) -> int:
        return len(self.shelf)

    def links(self, chosen: Sequence[int]) -> list[Link]:
        """Links between frames near each other, those that were found."""
        pairs = [
            (chosen[place], chosen[place + reach])
            for place in range(len(chosen))
            for reach in _REACHES
            if place + reach < len(chosen)
        ]
        found = self._all(pairs, lambda pair: self._one(*pair, self._model, None))
        return [link for link in found if link.found]

    def again(self, links: Sequence[Link], model: str) -> list[Link]:
        """The same links with another model."""
        by_pair = {(link.first, link.second): link.transform for link in links}
        return self._all(list(by_pair), lambda pair: self._one(*pair, model, by_pair[pair]))

    def _all(
        self, pairs: Sequence[tuple[int, int]], work: Callable[[tuple[int, int]], Link]
    ) -> list[Link]:
        compute = self._compute
        with ThreadPoolExecutor(max(1, compute.threads)) as pool:
            waiting: dict[Future[Link], int] = {
                pool.submit(work, pair): place for place, pair in enumerate(pairs)
            }
            found: dict[int, Link] = {}
            try:
                for done, future in enumerate(as_completed(waiting), 1):
                    found[waiting[future]] = future.result()
                    compute.checkpoint()
                    compute.progress(done, len(pairs))
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return [found[place] for place in range(len(pairs))]

    def _one(self, first: int, second: int, model: str, start: Transform | None) -> Link:
        if start is None and self._start is not None:
            fits = self._start.frames
            back = inverted(fits[first].transform, self._start.size)
            whole = joined(back, fits[second].transform, self._start.size)
            start = whole.scaled(1 / self._factor)
        return linked(
            self.shelf,
            first,
            second,
            model=model,
            radial=self._radial,
            start=start,
            compute=self._compute,
        )


def _modelled(
    links: list[Link], measurer: _Measurer, model: str, radial: bool
) -> tuple[str, Adjustment, list[Link]]:
    """The links adjusted, with the simplest model that fits."""
    name, size = model, measurer.shelf.size
    doubtful = _doubtful(links)
    if doubtful and model == "auto":
        # What only a richer model explains did not move.
        own = [link for link in links if {link.first, link.second} & {*doubtful}]
        rest = [link for link in links if not {link.first, link.second} & {*doubtful}]
        doubtful = _doubtful([*rest, *measurer.again(own, "homography")])
    if model == "auto":
        sure = [link for link in links if not {link.first, link.second} & {*doubtful}]
        name = simplest_model(sure or links, size, radial=radial)
        if name != "similarity":
            links = measurer.again(links, name)
    fields = fields_of(name, radial=radial)
    found = adjusted(links, measurer.count, size, fields, doubtful=doubtful)
    return name, found, links


def _doubtful(links: Sequence[Link]) -> list[int]:
    """Frames whose links are each of another part of them."""
    # Between frames farther apart blur may make things seem to move.
    close = [link for link in links if link.second - link.first <= _CLOSE]
    return at_fault({(one.first, one.second): one.parting for one in close if one.parting})


def _assembled(
    proxies: Sequence[Proxy],
    adjustment: Adjustment,
    verdicts: Sequence[Verdict],
    model: str,
    reference: int | None,
    crop: str,
) -> StackAlignment:
    """What was found, in pixels of the frames, from the reference."""
    size, factor = proxies[0].size, proxies[0].factor
    used = [index for index, verdict in enumerate(verdicts) if verdict.used]
    if len(used) < 2:
        raise _too_few(verdicts)
    if reference is not None and reference not in used:
        raise UsageError(
            f"frame {reference + 1} cannot be the reference: {verdicts[reference].warning}",
            hint="choose another reference",
        )
    known = {
        index: found.scaled(factor)
        for index, found in enumerate(adjustment.transforms)
        if found is not None
    }
    if reference is None:
        sound = [index for index in used if verdicts[index].sound] or used
        near = together([known[index] for index in sound], sound, size)
        reference = best_reference([known[index] for index in near], near, len(proxies), size)
    origin = _stilled(known, adjustment, reference, size)
    frames = []
    for index, verdict in enumerate(verdicts):
        transform = origin.get(index, Transform.identity())
        shown = overlap(transform, size) if index in origin else 0.0
        warning, taken = verdict.warning, verdict.used
        if taken and shown < LEAST_OVERLAP:
            taken = False
            warning = f"shows only {100 * shown:.0f} % of what the reference frame shows"
        frames.append(FrameFit(transform, verdict.residual, shown, warning, taken))
    frames[reference] = replace(frames[reference], residual=0.0)
    whole = Rect(0, 0, size.width, size.height)
    return recropped(StackAlignment(size, reference, model, tuple(frames), whole), crop)


def _told(found: StackAlignment, remarks: Mapping[int, str]) -> StackAlignment:
    """The same with further remarks on frames that are used."""
    for index, remark in remarks.items():
        if found.frames[index].used:
            found = found.with_frame(index, replace(found.frames[index], warning=remark))
    return found


def _stilled(
    known: dict[int, Transform],
    adjustment: Adjustment,
    reference: int,
    size: Size,
) -> dict[int, Transform]:
    """Maps from the reference; exactly the identity where nothing else can be told."""
    back = inverted(known[reference], size)
    found = {}
    for index, transform in known.items():
        moved = joined(back, transform, size)
        spread = adjustment.spreads[index] + adjustment.spreads[reference]
        least = min(_MAYBE_STILL, max(_SURELY_STILL, _SURE * spread))
        still = index == reference or moved.corner_shift(size) < least
        found[index] = Transform.identity() if still else moved
    return found


def _untouched(count: int, size: Size, reference: int | None) -> StackAlignment:
    place = count // 2 if reference is None else reference
    frames = tuple(
        FrameFit(Transform.identity(), 0.0 if index == place else math.nan)
        for index in range(count)
    )
    whole = Rect(0, 0, size.width, size.height)
    return StackAlignment(size, place, "off", frames, whole)


def _check(
    proxies: Sequence[Proxy],
    model: str,
    crop: str,
    reference: int | None,
    start: StackAlignment | None,
) -> None:
    if len(proxies) < 2:
        raise UsageError(f"{len(proxies)} frames cannot be aligned", hint="give at least two")
    if model not in get_args(AlignModel):
        known = ", ".join(get_args(AlignModel))
        raise UsageError(f"alignment {model}: not known", hint=f"use one of {known}")
    if crop not in get_args(CropRule):
        raise UsageError(f"crop {crop}: not known", hint="use common or reference")
    if reference is not None and not 0 <= reference < len(proxies):
        raise UsageError(
            f"reference {reference + 1}: there are {len(proxies)} frames",
            hint=f"use 1 to {len(proxies)}",
        )
    first = proxies[0].size
    for index, proxy in enumerate(proxies):
        if proxy.size != first:
            raise InputError(
                f"frame {index + 1} is {proxy.size}, frame 1 is {first}",
                hint="use frames of one size",
            )
    if start is not None and (start.size != first or len(start.frames) != len(proxies)):
        raise UsageError("the alignment to begin from is of another stack")


def _too_few(verdicts: Sequence[Verdict]) -> UsageError:
    left = [(index, verdict) for index, verdict in enumerate(verdicts) if verdict.warning]
    if sum(verdict.twin for _, verdict in left) == len(verdicts) - 1:
        return UsageError(
            f"all {len(verdicts)} frames are the same picture",
            hint="use frames that were focused at different distances",
        )
    told = f" (frame {left[0][0] + 1} {left[0][1].warning})" if left else ""
    return UsageError(
        f"fewer than two frames fit each other{told}",
        hint="use frames of one scene, or leave out those that do not fit",
    )
