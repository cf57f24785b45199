"""From names and texts, as a form or a command line gives them, to a frozen request."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from mfgui.core.arrays import ImageF32, LabelArray
from mfgui.core.stack import SourceStack
from mfgui.jobs.request import RunRequest
from mfgui.methods.registry import Kind, Method, Registry, Value

DEFAULT_METHOD = "ms-lap"
DEFAULT_DETECTOR = "laplacian"


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

    def next(self, method: Method) -> int:
        """The number of the next run of `method`."""
        return next(self._detections if method.kind is Kind.DETECTOR else self._results)


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
) -> RunRequest:
    """Check every name and value and freeze them.

    Parameters
    ----------
    explicit : mapping
        Parameters that were set; ``detector`` chooses the maker of the map, whose own
        parameters (``clean``) may stand beside those of the method.
    labels : (H, W) or None
        Read-only snapshot of a map that is to be used.
    device : str
        Where an optimiser computes; the other methods know the processor only.

    Raises
    ------
    UsageError
        For an unknown method, parameter or value.
    """
    given = dict(explicit or {})
    chosen = registry.get(method)
    detector = _detector(registry, chosen, given)
    asked = _taken_for(detector, chosen, given)
    resolved = chosen.resolve(given)
    settings = resolved
    if chosen is not detector:
        settings = detector.resolve({**shared_settings(detector, resolved), **asked})
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
        device=device if chosen.kind is Kind.OPTIMISER else "cpu",
        threads=threads,
    )


def _detector(registry: Registry, method: Method, given: dict[str, Value]) -> Method:
    """The method itself if it is a detector, else the one named in `given` (taken out)."""
    if method.kind is Kind.DETECTOR:
        return method
    name = str(given.pop("detector", DEFAULT_DETECTOR)) if method.needs_map else DEFAULT_DETECTOR
    return registry.get(name, Kind.DETECTOR)


def _taken_for(detector: Method, method: Method, given: dict[str, Value]) -> dict[str, Value]:
    """What is meant for the detector alone (taken out)."""
    if detector is method or not method.needs_map:
        return {}
    own = {parameter.name for parameter in method.parameters}
    names = {parameter.name for parameter in detector.parameters} - own
    return {name: given.pop(name) for name in names & given.keys()}


def shared_settings(detector: Method, resolved: Mapping[str, Value]) -> dict[str, Value]:
    """What a detector takes over from the settings of the method that needs its map.

    The detector measures in the window of the objective, as the authors' program does, and
    has the same value of any other parameter that both have.

    A window that is chosen from the map cannot make the map: the detector has its default then.
    """
    names = {parameter.name for parameter in detector.parameters} & resolved.keys()
    return {name: resolved[name] for name in names if resolved[name] != "auto"}
