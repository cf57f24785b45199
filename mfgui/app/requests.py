"""From names and texts, as a form or a command line gives them, to a frozen request."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from mfgui.core.arrays import ImageF32, LabelArray
from mfgui.core.errors import UsageError
from mfgui.core.stack import SourceStack
from mfgui.jobs.request import RunRequest
from mfgui.methods.registry import MAPPING, Kind, Method, Registry, Value

DEFAULT_METHOD = "ms-lap"
DEFAULT_DETECTOR = "laplacian"
DETECTOR_PREFIX = "detector."
_SHARED = {"window", "clean"}


def usual_detector(method: Method) -> str:
    """What makes the map of a method when nothing else is asked for."""
    return method.detector or DEFAULT_DETECTOR


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
    given = dict(explicit or {})
    chosen = registry.get(method)
    if labels is not None and chosen.makes_map:
        hint = "leave out the map, or let composite fuse by it"
        raise UsageError(f"{chosen.name} makes a map of its own", hint=hint)
    detector = _detector(registry, chosen, given)
    asked = _taken_for(detector, chosen, given)
    resolved = chosen.resolve(given)
    settings = resolved
    if chosen is not detector:
        settings = detector.resolve({**shared_settings(detector, resolved), **asked})
        if chosen.needs_map:
            detector.check_size(stack.size)
    chosen.check_size(stack.size)
    return RunRequest(
        run_id=run_id,
        name=chosen.title,
        stack=stack,
        method=chosen,
        parameters=tuple(resolved.items()),
        detector=detector,
        detector_parameters=tuple(settings.items()),
        labels=labels,
        map_revision=map_revision,
        start_image=start_image,
        device=device if chosen.on_devices or detector.on_devices else "cpu",
        threads=threads,
        map_only=map_only or chosen.kind is Kind.DETECTOR,
    )


def _detector(registry: Registry, method: Method, given: dict[str, Value]) -> Method:
    """The method itself if it makes a map, else the one named in `given` (taken out)."""
    if method.makes_map:
        return method
    if not method.needs_map:
        return registry.get(DEFAULT_DETECTOR)
    return registry.get(str(given.pop("detector", usual_detector(method))), *MAPPING)


def _taken_for(detector: Method, method: Method, given: dict[str, Value]) -> dict[str, Value]:
    """What is meant for the detector alone (taken out)."""
    if detector is method or not method.needs_map:
        return {}
    own = {parameter.name for parameter in method.parameters}
    names = {parameter.name for parameter in detector.parameters} - own
    taken = {name: given.pop(name) for name in names & given.keys()}
    for key in [key for key in given if key.startswith(DETECTOR_PREFIX)]:
        taken[key.removeprefix(DETECTOR_PREFIX)] = given.pop(key)
    return taken


def shared_settings(detector: Method, resolved: Mapping[str, Value]) -> dict[str, Value]:
    """What a detector takes over from the settings of the method that needs its map.

    A focus measure is taken in the window of the objective, as in the authors' program, and its
    map is cleaned as the method says. Other methods that make maps keep to what they define:
    what has the same name there means something else.

    A window that is chosen from the map cannot make the map: the detector has its default then.
    """
    if detector.kind is not Kind.DETECTOR:
        return {}
    names = {parameter.name for parameter in detector.parameters} & _SHARED & resolved.keys()
    return {name: resolved[name] for name in names if resolved[name] != "auto"}
