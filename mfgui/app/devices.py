"""Compute devices: which there are, whether they can be used, and which one a name means.

torch, which alone knows graphics processors, takes more than a second to import. It is imported
only where the system shows signs of one, or when somebody asks for the whole list.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mfgui import _startup
from mfgui.app import machine
from mfgui.core.errors import UsageError

AUTO, CPU, CUDA, MPS = "auto", "cpu", "cuda", "mps"
PREFERENCE = (CUDA, MPS, CPU)
"""Kinds of devices as `auto` chooses among them."""

# NVIDIA's and AMD's drivers, and Windows' graphics processor inside WSL.
_LINUX_SIGNS = ("nvidia0", "nvidiactl", "kfd", "dxg")


@dataclass(frozen=True)
class Device:
    """Something that computes.

    Attributes
    ----------
    id : str
        "cpu", "cuda:0", "cuda:1", ..., "mps".
    kind : str
        As `--device` takes it: "cpu", "cuda", "mps".
    cores : int or None
        Processor cores this process may use; None for graphics processors.
    memory_bytes, memory_free_bytes : int or None
        Main memory, or the device's own; None where it is not told.
    reason : str
        Why it is not usable.
    """

    id: str
    kind: str
    name: str
    cores: int | None = None
    memory_bytes: int | None = None
    memory_free_bytes: int | None = None
    usable: bool = True
    reason: str = ""


def processor() -> Device:
    """The processor, which is always there."""
    memory = machine.memory()
    name = machine.processor_name()
    return Device(CPU, CPU, name, _startup.cores(), memory.total, memory.available)


def may_have_graphics(*, folder: Path = Path("/dev"), platform: str = sys.platform) -> bool:
    """Whether the system shows a graphics processor that torch might use; nothing is loaded."""
    if platform == "darwin":
        return True
    if platform == "win32":
        system = Path(os.environ.get("SystemRoot", "C:/Windows")) / "System32"  # noqa: SIM112 - its name
        return (system / "nvcuda.dll").exists()
    return any((folder / sign).exists() for sign in _LINUX_SIGNS)


def torch_version() -> str | None:
    """Version of the installed torch, None without one; torch is not imported."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


def all_devices() -> list[Device]:
    """The processor, then the graphics processors. Imports torch."""
    return [processor(), *_graphics_processors()]


def chosen(name: str, *, look: Callable[[], Sequence[Device]] | None = None) -> Device:
    """The device that a name of `--device` means.

    Parameters
    ----------
    name : str
        ``auto`` takes the first usable one of `PREFERENCE`, a kind its first usable one.
    look : callable
        Lists the devices; called only where the processor is not the evident answer; default:
        `all_devices`, where there are signs of a graphics processor.

    Raises
    ------
    UsageError
        There is no such device, or it cannot be used.
    """
    if look is None:
        look = all_devices if may_have_graphics() else _processor_alone
    found = _processor_alone() if name == CPU else look()
    fitting = [device for device in found if name in (AUTO, device.kind, device.id)]
    usable = [device for device in fitting if device.usable]
    if usable:
        return min(usable, key=lambda device: PREFERENCE.index(device.kind))
    there = ", ".join(device.id for device in found if device.usable)
    what = f"there is no device {name}"
    if fitting:
        what = f"the device {name} cannot be used: {fitting[0].reason}"
    raise UsageError(what, hint=f"the devices here are: {there}")


def parsed(text: str) -> list[Device]:
    """Devices from the output of ``mfgui devices --json``.

    Raises
    ------
    ValueError
        For anything else.
    """
    names = {field.name for field in fields(Device)}
    try:
        entries = json.loads(text)["devices"]
        return [Device(**{k: v for k, v in entry.items() if k in names}) for entry in entries]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a list of devices: {error}") from error


def _processor_alone() -> list[Device]:
    return [processor()]


def _graphics_processors() -> list[Device]:
    version = torch_version()
    if version is None:
        return _unused("torch is not installed")
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")  # an old driver is told as a warning
            import torch

            found = [*_cuda(torch), *_mps(torch)]
    except Exception as error:  # a damaged installation fails in many ways
        return _unused(f"torch {version} cannot be loaded ({error})")
    if found:
        return found
    if torch.version.cuda is None and torch.version.hip is None:
        return _unused(f"torch {version} is a build for the processor only")
    reasons = [str(warning.message).splitlines()[0] for warning in told]
    return _unused(reasons[0] if reasons else f"torch {version} finds no driver for it")


def _cuda(torch: Any) -> list[Device]:
    if not torch.cuda.is_available():
        return []
    return [_card(torch, index) for index in range(torch.cuda.device_count())]


def _card(torch: Any, index: int) -> Device:
    card = torch.cuda.get_device_properties(index)
    name, total, place = card.name, int(card.total_memory), f"{CUDA}:{index}"
    try:
        free = int(torch.cuda.mem_get_info(index)[0])
    except RuntimeError as error:  # in exclusive use, or its memory is full
        reason = str(error).splitlines()[0]
        return Device(place, CUDA, name, memory_bytes=total, usable=False, reason=reason)
    return Device(place, CUDA, name, memory_bytes=total, memory_free_bytes=free)


def _mps(torch: Any) -> list[Device]:
    if not torch.backends.mps.is_available():
        return []
    memory = getattr(torch.mps, "recommended_max_memory", lambda: None)()
    return [Device(MPS, MPS, machine.processor_name(), memory_bytes=memory)]


def _unused(reason: str, *, drivers: Path = Path("/proc/driver/nvidia/gpus")) -> list[Device]:
    """NVIDIA's cards by what their driver tells, when torch cannot use them."""
    cards = []
    for index, path in enumerate(sorted(drivers.glob("*/information"))):
        try:
            rows = (line.partition(":") for line in path.read_text("utf-8").splitlines())
            facts: Mapping[str, str] = {key.strip(): value.strip() for key, _, value in rows}
        except OSError:
            continue  # the card went away, or may not be looked at
        name = facts.get("Model", "NVIDIA")
        cards.append(Device(f"{CUDA}:{index}", CUDA, name, usable=False, reason=reason))
    return cards
