"""Opening the window from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mfgui import _startup
from mfgui.core.errors import MfguiError, UsageError


def open_window(paths: Sequence[Path] = (), *, sample: bool = False) -> int:
    """The window with `paths`, or with the sample pair; returns when it is closed."""
    if not _has_display():
        raise UsageError(
            "there is no display for the window",
            hint="use mfgui fuse, or mfgui demo --headless",
        )
    _startup.prepare_window()
    try:
        from mfgui.ui.application import run_window
    except ImportError as error:
        raise MfguiError(
            f"the window cannot be loaded ({error})", hint="run mfgui doctor"
        ) from error
    return run_window(paths, sample=sample)


def _has_display() -> bool:
    """Qt ends the process when there is none, so ask first; only Linux can tell."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
