"""Opening the window from the command line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mfgui import _startup
from mfgui.core.errors import MfguiError, UsageError


def open_window(
    paths: Sequence[Path] = (), *, sample: bool = False, reference: Path | None = None
) -> int:
    """The window with `paths` and their ground truth, or with the sample pair; returns when it is
    closed."""
    _startup.prepare_window()
    from mfgui.app.diagnostics import has_display

    if not has_display(os.environ):
        # Qt would end the process.
        raise UsageError(
            "there is no display for the window",
            hint="use mfgui fuse, or mfgui demo --headless",
        )
    try:
        from mfgui.ui.application import run_window
    except ImportError as error:
        raise MfguiError(
            f"the window cannot be loaded ({error})", hint="run mfgui doctor"
        ) from error
    return run_window(paths, sample=sample, reference=reference)
