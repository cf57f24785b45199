"""The commands methods, devices and doctor."""

from __future__ import annotations

from argparse import Namespace

from mfgui.app.requests import DEFAULT_DETECTOR
from mfgui.files.reports import json_text
from mfgui.methods.registry import BoundParameter, Kind, Method, Registry, load


def methods(options: Namespace) -> int:
    """`mfgui methods [NAME]`."""
    known = load()
    if options.name is not None:
        chosen = known.get(options.name)
        print(
            json_text(_entry(chosen, known)).rstrip()
            if options.json
            else _explanation(chosen, known)
        )
    elif options.json:
        entries = [_entry(method, known) for method in known.methods.values()]
        print(json_text({"methods": entries, "unavailable": known.unavailable}).rstrip())
    else:
        print(_table(known))
    return 0


def _table(known: Registry) -> str:
    rows = [(m.name, str(m.kind), m.summary) for m in known.methods.values()]
    rows += [(name, "unavailable", reason) for name, reason in known.unavailable.items()]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{name:<{first}}  {kind:<{second}}  {text}" for name, kind, text in rows)


def _explanation(method: Method, known: Registry) -> str:
    lines = [f"{method.name}: {method.title} ({method.kind})", method.summary]
    if method.reference:
        lines.append(method.reference)
    detectors = _detectors(method, known)
    names = [parameter.name for parameter in method.parameters] + ["detector"] * bool(detectors)
    if names:
        lines += ["", "parameters (-p KEY=VALUE):"]
        width = max(len(name) for name in names)
        defaults = method.defaults()
        for parameter in method.parameters:
            lines += _parameter_lines(parameter, str(defaults[parameter.name]), width)
        if detectors:
            lines += [
                f"  {'detector':<{width}}  Makes the focus map where none is given",
                f"  {'':<{width}}  {' or '.join(detectors)}; default {DEFAULT_DETECTOR}",
            ]
    for variant, values in method.variants.items():
        settings = ", ".join(f"{name}={value}" for name, value in values.items())
        lines += ["", f"variant={variant} sets {settings}"]
    return "\n".join(lines)


def _detectors(method: Method, known: Registry) -> list[str]:
    """Values of the parameter `detector`; none when the method needs no map."""
    if method.kind is Kind.DETECTOR or not method.needs_map:
        return []
    return [detector.name for detector in known.of_kind(Kind.DETECTOR)]


def _parameter_lines(parameter: BoundParameter, default: str, width: int) -> list[str]:
    declared = parameter.declared
    unit = f" {declared.unit}" if declared.unit else ""
    lines = [
        f"  {parameter.name:<{width}}  {declared.help}",
        f"  {'':<{width}}  {parameter.allowed()}{unit}; default {default}",
    ]
    if declared.enabled_when is not None:
        other, values = declared.enabled_when
        lines.append(f"  {'':<{width}}  matters only with {other}={' or '.join(values)}")
    return lines


def _entry(method: Method, known: Registry) -> dict[str, object]:
    defaults = method.defaults()
    return {
        "name": method.name,
        "kind": str(method.kind),
        "title": method.title,
        "summary": method.summary,
        "reference": method.reference,
        "needs_map": method.needs_map,
        "detectors": _detectors(method, known),
        "parameters": [_parameter(p, defaults[p.name]) for p in method.parameters],
        "variants": {name: dict(values) for name, values in method.variants.items()},
    }


def _parameter(parameter: BoundParameter, default: object) -> dict[str, object]:
    declared = parameter.declared
    return {
        "name": parameter.name,
        "help": declared.help,
        "default": default,
        "allowed": parameter.allowed(),
        "choices": list(declared.choices),
        "minimum": declared.minimum,
        "maximum": declared.maximum,
        "unit": declared.unit,
        "odd": declared.odd,
        "path": declared.path,
        "advanced": declared.advanced,
    }
