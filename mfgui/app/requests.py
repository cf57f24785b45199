"""From names and texts, as a form or a command line gives them, to a frozen request."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace

from mfgui.core.arrays import ImageF32, LabelArray
from mfgui.core.errors import UsageError
from mfgui.core.stack import SourceStack
from mfgui.jobs.request import RunRequest
from mfgui.methods.choice import choose, obeying, refused
from mfgui.methods.registry import Kind, Registry, Value

DEFAULT_METHOD = "ms-lap"


class RunNumbers:
    """Run numbers of one process: runs that leave a result count from 1, so that results are
    numbered as people count them, detections from -1 downwards."""

    def __init__(self) -> None:
        self._results: Iterator[int] = itertools.count(1)
        self._detections: Iterator[int] = itertools.count(-1, -1)

    def continue_after(self, number: int) -> None:
        """Results with numbers up to `number` are there already."""
        upcoming = next(self._results)
        self._results = itertools.count(max(upcoming, number + 1))

    def next(self, *, map_only: bool = False) -> int:
        """The number of the next run, one that leaves a result or a map alone."""
        return next(self._detections if map_only else self._results)


def build_request(
    registry: Registry,
    stack: SourceStack,
    *,
    method: str = DEFAULT_METHOD,
    explicit: Mapping[str, Value] | None = None,
    labels: LabelArray | None = None,
    map_revision: int = -1,
    start_image: ImageF32 | None = None,
    run_id: int = 1,
    device: str = "cpu",
    threads: int = 1,
    map_only: bool = False,
) -> RunRequest:
    """Check every name and value and freeze them.

    Parameters
    ----------
    explicit : mapping
        Parameters that were set; ``detector`` chooses the maker of the map, whose own
        parameters may stand beside those of the method, as ``detector.NAME`` where both have
        one of this name.
    labels : (H, W) or None
        Read-only snapshot of a map that is to be used.
    map_only : bool
        Only the map of `method` is wanted; of a detector nothing else can be.
    device : str
        Where optimisers and networks compute; the other methods know the processor only.

    Raises
    ------
    UsageError
        For an unknown method, parameter or value, for pictures that are too small, and for a
        map given to a method that makes its own.
    """
    named = registry.get(method)
    if labels is not None and named.makes_map and not named.obeys:
        hint = "leave out the map, or let composite fuse by it"
        raise UsageError(f"{method} makes a map of its own", hint=hint)
    choice = choose(registry, method, explicit or {})
    chosen, detector = choice.method, choice.detector
    choice.check_size(stack.size)
    for used, _ in choice.used:
        if reason := refused(used, stack.k):
            raise UsageError(f"{used.title}: {reason}", hint="choose two of them")
    request = RunRequest(
        run_id=run_id,
        name=chosen.title,
        stack=stack,
        method=chosen,
        parameters=choice.parameters,
        detector=detector,
        detector_parameters=choice.detector_parameters,
        start_image=start_image,
        device=device if chosen.on_devices or detector.on_devices else "cpu",
        threads=threads,
        map_only=map_only or chosen.kind is Kind.DETECTOR,
    )
    return request if labels is None else with_map(request, labels, revision=map_revision)


def with_map(
    request: RunRequest, labels: LabelArray, *, revision: int, origin: str = ""
) -> RunRequest:
    """The same request by a map that is given; `origin` says where it comes from."""
    bound = replace(request, labels=labels, map_revision=revision, map_from=origin)
    if not request.method.obeys:
        return bound
    method = obeying(request.method, labels)
    return replace(bound, method=method, detector=method)
