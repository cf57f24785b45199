"""From what a result was made with back to what a person sets in a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mfgui.core.errors import UsageError
from mfgui.core.result import Provenance
from mfgui.methods.choice import DETECTOR_PREFIX
from mfgui.methods.registry import MAPPING, Method, Registry, Value


@dataclass(frozen=True)
class Recalled:
    """The settings that make a result again.

    Attributes
    ----------
    method, explicit
        The method and its parameters that differ from the defaults.
    detector, detector_explicit
        What makes its map and the parameters meant for that alone; empty for a method without.
    lost : tuple of str
        Parameters that this installation does not know, or not with such a value.
    """

    method: str
    explicit: dict[str, Value]
    detector: str = ""
    detector_explicit: dict[str, Value] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


def recalled(registry: Registry, provenance: Provenance) -> Recalled:
    """The settings that make a result again.

    Raises
    ------
    UsageError
        When its method is not installed.
    """
    method = registry.get(provenance.method)
    given = dict(provenance.parameters)
    meant = {
        name.removeprefix(DETECTOR_PREFIX): given.pop(name)
        for name in list(given)
        if name.startswith(DETECTOR_PREFIX)
    }
    explicit, lost = differing(method, given)
    detector = registry.methods.get(provenance.detector or "") if method.needs_map else None
    if detector is None or detector.kind not in MAPPING:
        gone = [] if not method.needs_map or not provenance.detector else ["detector"]
        gone += [f"{DETECTOR_PREFIX}{name}" for name in meant]
        return Recalled(method.name, explicit, lost=(*lost, *gone))
    own, unknown = differing(detector, meant)
    gone = [f"{DETECTOR_PREFIX}{name}" for name in unknown]
    return Recalled(method.name, explicit, detector.name, own, (*lost, *gone))


def differing(
    method: Method, given: Mapping[str, object]
) -> tuple[dict[str, Value], tuple[str, ...]]:
    """The values that differ from the defaults of the variant among them, and the names of those
    that are no values of the method."""
    values: dict[str, Value] = {}
    lost = []
    for name, value in given.items():
        try:
            values[name] = method.parameter(name).parse(value)  # type: ignore[arg-type]
        except UsageError:
            lost.append(name)
    variant = values.get("variant")
    plain = method.defaults()
    defaults = method.defaults(variant=None if variant is None else str(variant))
    defaults = {**defaults, "variant": plain.get("variant", "")}
    return {name: value for name, value in values.items() if value != defaults[name]}, tuple(lost)
