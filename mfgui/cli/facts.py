"""The commands methods, devices and doctor."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from mfgui.files.reports import json_text
from mfgui.methods.choice import usual_detector
from mfgui.methods.registry import MAPPING, BoundParameter, Family, Kind, Method, Registry, load

if TYPE_CHECKING:
    from mfgui.app.devices import Device


_WIDTH = 96


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


def devices(options: Namespace) -> int:
    """`mfgui devices`."""
    from mfgui.app import devices as known

    found, version = known.all_devices(), known.torch_version()
    if options.json:
        entries = [asdict(device) for device in found]
        print(json_text({"devices": entries, "torch": version}).rstrip())
        return 0
    width = max(len(device.id) for device in found)
    print("\n".join(_device_line(device, width) for device in found))
    alone = all(device.kind == known.CPU for device in found)
    print(f"torch {version or 'is not installed'}" + (", no graphics processor" if alone else ""))
    return 0


def doctor(options: Namespace) -> int:
    """`mfgui doctor`: exit code 1 when a check failed."""
    from mfgui.app import diagnostics

    checks = diagnostics.doctor()
    if options.json:
        print(json_text({"checks": [asdict(check) for check in checks]}).rstrip())
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            print(f"{check.state:<4}  {check.name:<{width}}  {check.found}")
            if check.advice:
                print(f"{'':<4}  {'':<{width}}  -> {check.advice}")
    return 1 if any(check.state == "fail" for check in checks) else 0


def _device_line(device: Device, width: int) -> str:
    parts = [device.name]
    if device.cores is not None:
        parts.append(f"{device.cores} core{'' if device.cores == 1 else 's'}")
    if device.memory_bytes is not None:
        free = device.memory_free_bytes
        some = "" if free is None else f"{free / (1 << 30):.1f} of "
        parts.append(f"{some}{device.memory_bytes / (1 << 30):.1f} GiB{' free' if some else ''}")
    if not device.usable:
        parts.append(f"cannot be used: {device.reason}")
    return f"{device.id:<{width}}  {', '.join(parts)}"


def _table(known: Registry) -> str:
    groups: dict[str, list[tuple[str, str, str]]] = {family.value: [] for family in Family}
    for method in known.methods.values():
        groups[method.family.value].append((method.name, str(method.kind), method.summary))
    groups["Unavailable"] = [(name, "", reason) for name, reason in known.unavailable.items()]
    rows = [row for group in groups.values() for row in group]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    lines = []
    for title, members in groups.items():
        if members:
            lines += ["", title] if lines else [title]
            lines += [
                f"  {name:<{first}}  {kind:<{second}}  {text}" for name, kind, text in members
            ]
    return "\n".join(lines)


def _explanation(method: Method, known: Registry) -> str:
    lines = [f"{method.name}: {method.title} ({method.kind})", method.summary]
    if method.reference:
        lines.append(method.reference)
    if method.notes is not None:
        notes = asdict(method.notes)
        lines += ["", *textwrap.wrap(notes.pop("idea"), _WIDTH)]
        lines.append("")
        for title, text in notes.items():
            first = f"{title:<10}  "
            lines += textwrap.wrap(
                text, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first)
            )
    detectors = _detectors(method, known)
    names = [parameter.name for parameter in method.parameters] + ["detector"] * bool(detectors)
    if names:
        lines += ["", "parameters (-p KEY=VALUE):"]
        width = max(len(name) for name in names)
        defaults = method.defaults()
        for parameter in method.parameters:
            lines += _parameter_lines(parameter, str(defaults[parameter.name]), width)
        if detectors:
            usual = usual_detector(method)
            lines += [
                f"  {'detector':<{width}}  Makes the focus map where none is given",
                *textwrap.wrap(
                    f"{', '.join(detectors)}; default {usual}; a parameter of it is set "
                    "by -p detector.KEY=VALUE",
                    _WIDTH,
                    initial_indent=" " * (width + 4),
                    subsequent_indent=" " * (width + 4),
                    break_on_hyphens=False,
                ),
            ]
    for variant, values in method.variants.items():
        settings = ", ".join(f"{name}={value}" for name, value in values.items())
        lines += ["", f"variant={variant} sets {settings}"]
    return "\n".join(lines)


def _detectors(method: Method, known: Registry) -> list[str]:
    """Values of the parameter `detector`; none when the method needs no map."""
    if method.kind is Kind.REFINER or not method.needs_map:
        return []
    return [detector.name for detector in known.of_kind(*MAPPING)]


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
        "family": str(method.family),
        "title": method.title,
        "summary": method.summary,
        "reference": method.reference,
        "notes": None if method.notes is None else asdict(method.notes),
        "smallest": method.smallest,
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
