"""Tool options as plain values, for settings and sessions, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from enum import Enum
from typing import Any

from mfgui.core.line_profile import MOST_WIDTH, Interpolation
from mfgui.core.snapping import GuideKind
from mfgui.ui.tools.options import LARGEST, SMALLEST, Over, ToolOptions

RANGES: Mapping[str, tuple[int, int]] = {
    "size": (SMALLEST, LARGEST),
    "snap_strength": (0, 100),
    "reach": (0, 400),
    "sensitivity": (0, 100),
    "band_width": (1, 256),
    "over_label": (1, 65534),
    "line_width": (1, MOST_WIDTH),
}
BAND_METHODS = ("graph-cut", "guided-filter")


def stored(options: ToolOptions) -> dict[str, Any]:
    """The options as values that JSON can hold."""
    values = {entry.name: getattr(options, entry.name) for entry in fields(options)}
    return {
        name: value.value if isinstance(value, Enum) else value for name, value in values.items()
    }


def restored(found: Mapping[str, Any]) -> ToolOptions:
    """The options of stored values. Those that are unknown, of another type or outside their
    range are left at what they are without."""
    options = ToolOptions()
    for name, value in found.items():
        known = _checked(name, value, getattr(options, name, None))
        if known is not None:
            options = replace(options, **{name: known})
    return options


def _checked(name: str, value: object, default: object) -> Any:
    """`value` as that option, None if it is none."""
    if isinstance(default, GuideKind | Over | Interpolation):
        kind: type[GuideKind | Over | Interpolation] = type(default)
        return kind(value) if value in [entry.value for entry in kind] else None
    if default is None or type(value) is not type(default):
        return None
    if name == "band_method":
        return value if value in BAND_METHODS else None
    if isinstance(value, bool):
        return value
    assert isinstance(value, int)
    least, most = RANGES[name]
    return value if least <= value <= most else None
