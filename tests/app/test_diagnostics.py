import dataclasses
import json
import os
import sys
from pathlib import Path

import pytest

from mfgui import resources
from mfgui.app import devices, diagnostics, machine
from mfgui.app.devices import Device
from mfgui.app.diagnostics import Answer, Check
from mfgui.core.errors import InputError
from mfgui.methods.registry import Registry


def answering(status: int, output: str = "", errors: str = "") -> object:
    def ask(*_arguments: str, **_keywords: object) -> Answer:
        return Answer(status, output, errors)

    return ask


def test_that_this_installation_is_sound(own_folders: Path) -> None:
    checks = diagnostics.doctor()
    assert [check for check in checks if check.state == "fail"] == []
    names = {check.name for check in checks}
    assert {"python", "numpy", "torch", "Qt platform", "PySide6 references", "methods"} <= names
    assert not own_folders.exists()  # it only looks


def test_that_findings_can_be_written_as_json() -> None:
    facts = [diagnostics.check_python((3, 11, 0)), *devices.all_devices()]
    assert json.loads(json.dumps([dataclasses.asdict(fact) for fact in facts]))


def test_that_every_finding_that_is_not_ok_says_what_to_do() -> None:
    findings = [
        diagnostics.check_python((3, 10, 4)),
        *diagnostics.check_packages(requirements=["numpy>=2"], installed={}),
        diagnostics.check_qt(environ={}, ask=answering(0, "offscreen")),  # type: ignore[arg-type]
        diagnostics.check_references(ask=answering(1, "{}")),  # type: ignore[arg-type]
        diagnostics.check_memory(machine.Memory(None, None)),
        *diagnostics.check_devices([Device("mps", "mps", "M", usable=False, reason="no")])[1:],
        *diagnostics.check_methods(Registry({}, {"new": "ImportError: x"}))[1:],
    ]
    if sys.platform.startswith("linux"):
        assert {finding.state for finding in findings} == {"warn", "fail"}
    assert all(finding.advice for finding in findings if finding.state != "ok")


def test_that_a_graphics_processor_that_cannot_be_used_is_a_warning() -> None:
    card = Device("cuda:0", "cuda", "Card", usable=False, reason="no driver")
    ok, idle = diagnostics.check_devices([devices.processor(), card])
    assert ok.state == "ok"
    assert ok.found.startswith("cpu (")
    assert (idle.name, idle.state, idle.found) == ("device cuda:0", "warn", "Card: no driver")


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10, 9), "fail"), ((3, 11, 0), "ok"), ((3, 14, 1), "ok")]
)
def test_that_python_3_11_is_the_oldest(version: tuple[int, int, int], state: str) -> None:
    assert diagnostics.check_python(version).state == state


@pytest.mark.parametrize(
    ("installed", "state"),
    [
        ("6.8.0", "ok"),
        ("6.11.3", "ok"),
        ("6.13.0b1", "ok"),
        ("6.12.0", "fail"),
        ("6.11.1", "fail"),
        ("6.7.2", "fail"),
    ],
)
def test_that_a_package_is_held_against_its_range(installed: str, state: str) -> None:
    need = ["PySide6-Essentials>=6.8,!=6.11.0,!=6.11.1,!=6.12.0"]
    (check,) = diagnostics.check_packages(
        requirements=need, installed={"pyside6-essentials": installed}
    )
    assert check.state == state
    assert installed in check.found


def test_that_a_missing_package_is_a_failure_with_the_command() -> None:
    (check,) = diagnostics.check_packages(requirements=["tifffile>=2024.8"], installed={})
    assert check.state == "fail"
    assert check.advice.endswith("-m pip install 'tifffile>=2024.8'")


def test_that_optional_decoders_are_told_and_never_amiss() -> None:
    present, absent = diagnostics.check_decoders({"rawpy": "0.28.0"})
    assert present == Check("rawpy", "ok", "0.28.0")
    assert (absent.name, absent.state) == ("pi-heif", "ok")
    assert absent.found.startswith("not installed, HEIF files cannot be read")
    assert absent.found.endswith(f"{sys.executable} -m pip install pi-heif")
    for installed in ({"pillow-heif": "1.8.1"}, {"pi-heif": "1.4.0", "pillow-heif": "1.8.1"}):
        (name, version), *_ = installed.items()
        assert diagnostics.check_decoders(installed)[1] == Check(name, "ok", version)


def test_that_packages_of_extras_are_not_demanded() -> None:
    needs = ["numpy>=2", 'pytest>=8; extra == "test"']
    checks = diagnostics.check_packages(requirements=needs, installed={"numpy": "2.1"})
    assert [check.name for check in checks] == ["numpy"]


def test_that_the_other_opencv_build_is_a_warning() -> None:
    checks = diagnostics.check_packages(requirements=[], installed={"opencv-python": "4.10.0.84"})
    assert [(check.name, check.state) for check in checks] == [("opencv-python", "warn")]


def test_that_qt_that_cannot_start_is_a_failure_with_its_own_words() -> None:
    ask = answering(-6, "", "x\nqt.qpa.plugin: libxcb-cursor0 is needed\n")
    check = diagnostics.check_qt(environ={"DISPLAY": ":0"}, ask=ask)  # type: ignore[arg-type]
    assert check.state == "fail"
    assert check.found == "qt.qpa.plugin: libxcb-cursor0 is needed"


def test_that_qt_is_tried_on_the_platform_of_the_person() -> None:
    environ = {**os.environ, "QT_QPA_PLATFORM": "minimal"}
    assert diagnostics.check_qt(environ=environ) == Check("Qt platform", "ok", "minimal")
    environ["QT_QPA_PLATFORM"] = "no-such-platform"
    assert diagnostics.check_qt(environ=environ).state == "fail"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are a matter of Linux")
def test_that_a_missing_display_is_a_warning() -> None:
    seen = {}

    def ask(*_arguments: str, environ: dict[str, str]) -> Answer:
        seen.update(environ)
        return Answer(0, "offscreen", "")

    assert diagnostics.check_qt(environ={"PATH": ""}, ask=ask).state == "warn"
    assert seen["QT_QPA_PLATFORM"] == "offscreen"


def test_that_lost_references_are_a_failure() -> None:
    ask = answering(134, '{"signal: True": -40}', "Fatal Python error: bool_dealloc")
    check = diagnostics.check_references(ask=ask)  # type: ignore[arg-type]
    assert check.state == "fail"
    assert "loses references" in check.found
    assert "6.11.3" in check.advice


def test_that_a_probe_that_cannot_run_is_told_apart() -> None:
    ask = answering(1, "", "ModuleNotFoundError: No module named 'PySide6'")
    check = diagnostics.check_references(ask=ask)  # type: ignore[arg-type]
    assert check.state == "fail"
    assert "No module named 'PySide6'" in check.found


def test_that_a_hanging_process_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnostics, "_PATIENCE_SECONDS", 0.2)
    answer = diagnostics.ask_python("-c", "import time; time.sleep(30)")
    assert answer.status == 124


def test_that_a_settings_folder_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    assert diagnostics.check_home(tmp_path / "new" / "folder").state == "ok"
    assert not (tmp_path / "new").exists()
    blocked = tmp_path / "file"
    blocked.write_text("")
    check = diagnostics.check_home(blocked)
    assert check.state == "fail"
    assert "MFGUI_HOME" in check.advice


@pytest.mark.parametrize(
    ("total", "available", "state"),
    [(8, 4, "ok"), (8, 1, "warn"), (1, None, "warn"), (8, None, "ok"), (None, None, "warn")],
)
def test_that_little_memory_is_a_warning(
    total: int | None, available: int | None, state: str
) -> None:
    sizes = [None if size is None else size << 30 for size in (total, available)]
    assert diagnostics.check_memory(machine.Memory(*sizes)).state == state


@pytest.mark.parametrize(("free", "state"), [(1 << 20, "warn"), (1 << 40, "ok")])
def test_that_a_full_disk_is_a_warning(
    free: int, state: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine, "free_disk", lambda _folder: free)
    assert diagnostics.check_disk(tmp_path).state == state


def test_that_missing_sample_pictures_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> Path:
        raise InputError(f"the program file {name} is missing")

    assert diagnostics.check_sample().state == "ok"
    monkeypatch.setattr(resources, "path", nothing)
    assert diagnostics.check_sample().state == "fail"


def test_that_a_method_that_does_not_load_is_listed_with_its_reason() -> None:
    registry = Registry({}, {"new-one": "ImportError: no module named x"})
    checks = diagnostics.check_methods(registry)
    assert checks[1] == Check(
        "method new-one",
        "warn",
        "ImportError: no module named x",
        "update or remove the package that brings it",
    )
