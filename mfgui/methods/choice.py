"""A method with all its settings and those of what makes its map, checked; and its run to the end.

A run that speaks of its progress and can be stopped is in `mfgui.jobs`; this one is for programs
that only want the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Size
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.methods.decision import decide
from mfgui.methods.registry import FUSING, MAPPING, Kind, Method, Registry, Value

DEFAULT_DETECTOR = "laplacian"
DETECTOR_PREFIX = "detector."
_SHARED = {"window", "clean"}

Settings = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, eq=False)
class Choice:
    """What is to be run.

    Attributes
    ----------
    parameters : tuple of (name, value)
        Of the method, all of them.
    detector : Method
        What makes the map: the method itself where it makes one.
    detector_parameters : tuple of (name, value)
    """

    method: Method
    parameters: Settings
    detector: Method
    detector_parameters: Settings

    def check_size(self, size: Size) -> None:
        """Refuse pictures that are too small; raises UsageError."""
        if self.method.needs_map:
            self.detector.check_size(size)
        self.method.check_size(size)

    @property
    def used(self) -> tuple[tuple[Method, dict[str, Value]], ...]:
        """The methods that run, with their settings."""
        own = self.method, dict(self.parameters)
        if not self.method.needs_map:
            return (own,)
        return own, (self.detector, dict(self.detector_parameters))


@dataclass(frozen=True, eq=False)
class Made:
    """A fused image (H, W, C) float32 in [0, 1], and the map (H, W) that belongs to it, if any."""

    image: ImageF32 = field(repr=False)
    labels: LabelArray | None = field(repr=False)


def usual_detector(method: Method) -> str:
    """What makes the map of a method when nothing else is asked for."""
    return method.detector or DEFAULT_DETECTOR


def obeying(method: Method, labels: LabelArray) -> Method:
    """A method that obeys maps, bound to one; 0 is left to the method."""
    return replace(method, function=partial(method.function, labels=labels))


def refused(method: Method, k: int) -> str:
    """Why a method cannot be run on a set of `k` frames, in one clause; empty when it can."""
    return f"two frames only, this set has {k}" if method.pairs_only and k != 2 else ""


def choose(registry: Registry, name: str, explicit: Mapping[str, Value]) -> Choice:
    """Check every name and value.

    Parameters
    ----------
    explicit : mapping
        Parameters that were set; ``detector`` chooses the maker of the map, whose own
        parameters may stand beside those of the method, as ``detector.NAME`` where both have
        one of this name.

    Raises
    ------
    UsageError
        For an unknown method, parameter or value.
    """
    given = dict(explicit)
    method = registry.get(name)
    detector = _detector(registry, method, given)
    asked = _taken_for(detector, method, given)
    resolved = method.resolve(given)
    settings = resolved
    if method is not detector:
        settings = detector.resolve({**shared_settings(detector, resolved), **asked})
    return Choice(method, tuple(resolved.items()), detector, tuple(settings.items()))


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


def carry_out(choice: Choice, images: Sequence[PixelArray], *, compute: Compute) -> Made:
    """Run a method to its end; the image of a detector is the composite by its map.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        As they are stored.

    Raises
    ------
    UsageError
        If the pictures are too small, or the method makes no image.
    """
    height, width = images[0].shape[:2]
    method, values = choice.method, dict(choice.parameters)
    if method.kind not in (*FUSING, Kind.DETECTOR):
        raise UsageError(f"{method.name} makes no image", hint="choose a method that fuses")
    choice.check_size(Size(width, height))
    if method.makes_map:
        decision = decide(method, images, compute=compute, **values)
        if method.kind is Kind.DETECTOR:
            return Made(compose(images, decision.labels), decision.labels)
        return Made(decision.fuse(), decision.labels)
    labels = None
    if method.needs_map:
        maker, settings = choice.detector, dict(choice.detector_parameters)
        labels = decide(maker, images, compute=compute, **settings).labels
        labels.flags.writeable = False
    if method.kind is not Kind.OPTIMISER:
        return Made(method.function(images, labels, compute=compute, **values), labels)
    for state in method.function(images, labels, compute=compute, start_image=None, **values):
        last = state
    return Made(last.image.copy(), labels)


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
