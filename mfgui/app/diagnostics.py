"""The facts behind `mfgui doctor`: what is amiss in this installation."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mfgui import resources
from mfgui.app import compiled, devices, machine
from mfgui.app.settings import home
from mfgui.core.errors import MfguiError
from mfgui.methods.registry import Registry, load

if TYPE_CHECKING:
    from packaging.requirements import Requirement

State = Literal["ok", "warn", "fail"]

_GIB = 1 << 30
_LITTLE_MEMORY = 2 * _GIB  # a 24-megapixel pair with its iterates takes about 1.5 GiB
_LITTLE_DISK = 1 * _GIB
_PATIENCE_SECONDS = 60
_PACKAGING_RUN = "call packaging/run, which installs what is missing"

# Each kind of file with the packages that read it; the first one is the one to install.
_DECODERS = {"camera raw": ("rawpy",), "HEIF": ("pi-heif", "pillow-heif")}

_START_QT = "import PySide6.QtWidgets as qt; print(qt.QApplication([]).platformName())"


@dataclass(frozen=True)
class Check:
    """One finding of `doctor`: its state, what was found, and what to do unless it is ok."""

    name: str
    state: State
    found: str
    advice: str = ""


@dataclass(frozen=True)
class Answer:
    """What a Python process answered: exit status, standard output, standard error."""

    status: int
    output: str
    errors: str


def doctor() -> list[Check]:
    """Examine the installation; takes a few seconds, changes nothing."""
    return [
        check_python(sys.version_info[:3]),
        *check_packages(),
        *check_decoders(),
        check_qt(),
        check_references(),
        check_home(home()),
        check_memory(machine.memory()),
        *check_devices(devices.all_devices()),
        check_disk(home()),
        check_sample(),
        *check_methods(load()),
        check_compiled(),
    ]


def check_python(version: tuple[int, int, int]) -> Check:
    """At least 3.11."""
    found = f"{'.'.join(map(str, version))} ({platform.system()} {platform.machine()})"
    if version >= (3, 11, 0):
        return Check("python", "ok", found)
    return Check("python", "fail", found, "install Python 3.11 or newer")


def _installed() -> dict[str, str]:
    """Version of every installed distribution, by its normal name."""
    found: dict[str, str] = {}
    for entry in importlib.metadata.distributions():
        # The first on the path is the one that an import finds.
        found.setdefault(_normal(entry.metadata["Name"] or ""), entry.version)
    return found


def _normal(name: str) -> str:
    return name.replace("_", "-").replace(".", "-").lower()


def check_packages(
    *, requirements: Sequence[str] | None = None, installed: Mapping[str, str] | None = None
) -> list[Check]:
    """Every required package against its allowed versions.

    Parameters
    ----------
    requirements : sequence of str
        As in the metadata of mfgui, the default: ``"numpy>=2.0"``.
    installed : mapping
        Version by normal name; default: what is installed.
    """
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return [Check("packages", "fail", "the package packaging is missing", _PACKAGING_RUN)]
    if requirements is None:
        try:
            requirements = importlib.metadata.requires("mfgui") or []
        except importlib.metadata.PackageNotFoundError:
            return [Check("packages", "fail", "mfgui itself is not installed", _PACKAGING_RUN)]
    installed = _installed() if installed is None else installed
    wanted = [Requirement(text) for text in requirements]
    checks = [
        _check_package(need, installed.get(_normal(need.name)))
        for need in wanted
        if need.marker is None or need.marker.evaluate({"extra": ""})
    ]
    for rival in ("opencv-python", "opencv-contrib-python"):
        if rival in installed:
            checks.append(_opencv_with_qt(rival, installed[rival]))
    return checks


def check_decoders(installed: Mapping[str, str] | None = None) -> list[Check]:
    """The optional decoders; nothing is amiss where one is absent.

    Parameters
    ----------
    installed : mapping
        Version by normal name; default: what is installed.
    """
    installed = _installed() if installed is None else installed
    checks = []
    for kind, names in _DECODERS.items():
        name = next((name for name in names if name in installed), names[0])
        install = f"{sys.executable} -m pip install {name}"
        absent = f"not installed, {kind} files cannot be read; to read them: {install}"
        checks.append(Check(name, "ok", installed.get(name, absent)))
    return checks


def _check_package(need: Requirement, version: str | None) -> Check:
    advice = f"install it: {sys.executable} -m pip install '{need.name}{need.specifier}'"
    if version is None:
        return Check(need.name, "fail", "not installed", advice)
    if not need.specifier.contains(version, prereleases=True):
        return Check(need.name, "fail", f"{version}, but mfgui needs {need.specifier}", advice)
    return Check(need.name, "ok", version)


def _opencv_with_qt(name: str, version: str) -> Check:
    advice = f"remove it: {sys.executable} -m pip uninstall {name}, then reinstall the headless one"
    found = f"{version} brings its own Qt 5, which breaks the window on X11"
    return Check(name, "warn", found, advice)


def ask_python(*arguments: str, environ: Mapping[str, str] | None = None) -> Answer:
    """Run this Python with `arguments`; status 124 when it does not end in a minute."""
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            env=dict(os.environ if environ is None else environ),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(124, "", f"no answer within {_PATIENCE_SECONDS} s")
    except OSError as error:
        return Answer(127, "", str(error))
    return Answer(done.returncode, done.stdout.strip(), done.stderr.strip())


def has_display(environ: Mapping[str, str]) -> bool:
    """False on Linux with neither X11 nor Wayland and no platform chosen by hand."""
    if not sys.platform.startswith("linux"):
        return True
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def check_qt(
    *, environ: Mapping[str, str] = os.environ, ask: Callable[..., Answer] = ask_python
) -> Check:
    """Can Qt open its platform? Tried in a process of its own, because Qt aborts if not."""
    displayed = has_display(environ)
    chosen = dict(environ) if displayed else {**environ, "QT_QPA_PLATFORM": "offscreen"}
    answer = ask("-c", _START_QT, environ=chosen)
    if answer.status != 0:
        return Check("Qt platform", "fail", _last_line(answer), _PACKAGING_RUN)
    if not displayed:
        found = "there is no display; pictures of the window can be drawn, the window not shown"
        advice = "log in to a desktop, or use the commands: mfgui fuse, map, demo --headless"
        return Check("Qt platform", "warn", found, advice)
    return Check("Qt platform", "ok", answer.output.splitlines()[-1])


def check_references(*, ask: Callable[..., Answer] = ask_python) -> Check:
    """Does PySide6 count references correctly? In a process of its own: a faulty one aborts."""
    answer = ask("-m", "mfgui.ui.probe")
    if answer.status == 0:
        return Check("PySide6 references", "ok", "counted correctly")
    found = "PySide6 loses references and will abort the program"
    if not answer.output.startswith("{"):
        found = f"the probe did not run: {_last_line(answer)}"
    advice = f"install a sound version: {sys.executable} -m pip install PySide6-Essentials==6.11.3"
    return Check("PySide6 references", "fail", found, advice)


def _last_line(answer: Answer) -> str:
    lines = [line for line in answer.errors.splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"ended with status {answer.status}"


def check_home(folder: Path) -> Check:
    """Can settings be written?"""
    name = "settings folder"
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        with tempfile.TemporaryFile(dir=existing):
            return Check(name, "ok", str(folder))
    except OSError as error:
        advice = "give yourself the right to write there, or set MFGUI_HOME to another folder"
        return Check(name, "fail", f"{folder}: {error.strerror or error}", advice)


def check_memory(memory: machine.Memory) -> Check:
    """Enough free memory for a pair of 24 megapixels."""
    free = memory.available if memory.available is not None else memory.total
    if free is None:
        return Check("memory", "warn", "the system does not tell", "keep some gigabytes free")
    word = "free" if memory.available is not None else "in all"
    found = f"{free / _GIB:.1f} GiB {word}"
    if free < _LITTLE_MEMORY:
        return Check("memory", "warn", found, "close other programs before fusing large pictures")
    return Check("memory", "ok", found)


def check_devices(found: Sequence[devices.Device]) -> list[Check]:
    """What can compute, and graphics processors that are there but cannot be used."""
    usable = ", ".join(f"{device.id} ({device.name})" for device in found if device.usable)
    advice = "install the build of torch for it, see https://pytorch.org/get-started/locally"
    idle = [
        Check(f"device {device.id}", "warn", f"{device.name}: {device.reason}", advice)
        for device in found
        if not device.usable
    ]
    return [Check("devices", "ok", usable), *idle]


def check_disk(folder: Path) -> Check:
    """Enough free space beside the settings."""
    try:
        free = machine.free_disk(folder)
    except OSError as error:
        return Check("disk", "warn", f"{folder}: {error.strerror or error}", "look at the disk")
    found = f"{free / _GIB:.1f} GiB free at {folder}"
    if free < _LITTLE_DISK:
        return Check("disk", "warn", found, "free some space")
    return Check("disk", "ok", found)


def check_sample() -> Check:
    """Are the sample pictures there?"""
    try:
        files = [resources.path(f"samples/pair/{number}.png") for number in (1, 2)]
    except MfguiError as error:
        return Check("sample pictures", "fail", str(error), "install mfgui again")
    return Check("sample pictures", "ok", str(files[0].parent))


def check_compiled() -> Check:
    """Have the loops of the methods been compiled?"""
    if compiled.ready():
        return Check("compiled solver", "ok", "ready")
    advice = f"the first run does it, or call {sys.executable} -m mfgui.app.compiled"
    return Check("compiled solver", "warn", "not compiled yet, which takes about a minute", advice)


def check_methods(registry: Registry) -> list[Check]:
    """One finding for all that work, one for each that does not."""
    broken = [
        Check(f"method {name}", "warn", reason, "update or remove the package that brings it")
        for name, reason in registry.unavailable.items()
    ]
    return [Check("methods", "ok", ", ".join(registry.methods)), *broken]
