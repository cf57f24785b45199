from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mfgui import _startup

HEAVY = ("numpy", "cv2", "torch", "PySide6", "skimage", "PIL", "tifffile", "platformdirs")


def test_that_opencv_paths_to_its_own_qt_are_removed_and_others_stay() -> None:
    environ = {
        "QT_QPA_PLATFORM_PLUGIN_PATH": "/venv/site-packages/cv2/qt/plugins",
        "QT_QPA_FONTDIR": "C:\\venv\\cv2\\qt\\fonts",
        "QT_QPA_PLATFORM": "offscreen",
    }
    _startup.remove_opencv_qt_variables(environ)
    assert environ == {"QT_QPA_PLATFORM": "offscreen"}
    own = {"QT_QPA_PLATFORM_PLUGIN_PATH": "/opt/qt6/plugins"}
    _startup.remove_opencv_qt_variables(own)
    assert own == {"QT_QPA_PLATFORM_PLUGIN_PATH": "/opt/qt6/plugins"}


def test_that_a_thread_count_set_by_a_person_stays() -> None:
    environ = {"OMP_NUM_THREADS": "7"}
    _startup.set_thread_environment(environ, threads=3)
    assert environ["OMP_NUM_THREADS"] == "7"
    assert environ["OPENBLAS_NUM_THREADS"] == "1"


def test_that_the_window_leaves_one_core_to_the_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, expected in ((1, (1, 1)), (2, (2, 1)), (16, (16, 15))):
        monkeypatch.setattr(_startup, "cores", lambda cores=cores: cores)
        threads = tuple(_startup.compute_threads(window=window) for window in (False, True))
        assert threads == expected


def test_that_a_pinned_process_counts_only_its_cores() -> None:
    assert 1 <= _startup.cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("prepare", [_startup.prepare_window, _startup.prepare_command_line])
def test_that_threads_give_way_soon(monkeypatch: pytest.MonkeyPatch, prepare) -> None:
    monkeypatch.setattr(_startup.os, "environ", {})
    before = sys.getswitchinterval()
    try:
        prepare()
        assert sys.getswitchinterval() == pytest.approx(0.0005)
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["fuse", "--help"], ["demo", "--help"], ["synth", "--help"]],
    ids=" ".join,
)
def test_that_help_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from mfgui.__main__ import main\n"
        f"code = main({arguments!r})\n"
        f"print('loaded:', [n for n in {HEAVY!r} if n in sys.modules], 'code:', code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.splitlines()[-1] == "loaded: [] code: 0"
    assert ended.stderr == ""


def test_that_qt_types_are_made_on_import_unless_a_person_says_otherwise() -> None:
    environ: dict[str, str] = {}
    _startup.make_qt_types_at_once(environ)
    assert environ == {"PYSIDE6_OPTION_LAZY": "0"}
    environ["PYSIDE6_OPTION_LAZY"] = "1"
    _startup.make_qt_types_at_once(environ)
    assert environ == {"PYSIDE6_OPTION_LAZY": "1"}


def test_that_no_type_of_qt_is_left_to_be_made_by_a_worker() -> None:
    """A crash otherwise: the plotting library, imported beside the interface, looks at them all."""
    code = (
        "from mfgui import _startup; _startup.prepare_window()\n"
        "import sys; from PySide6 import QtWidgets\n"
        "before = len(vars(QtWidgets)); [getattr(QtWidgets, n) for n in dir(QtWidgets)]\n"
        "sys.exit(len(vars(QtWidgets)) - before)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
