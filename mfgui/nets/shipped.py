"""Which weights ship with the program; asked at its start, so without torch."""

from __future__ import annotations

from pathlib import Path

from mfgui import resources


def folder() -> Path:
    """Where shipped weights lie."""
    return resources.path("weights")


def shipped(name: str) -> Path | None:
    """The shipped weights called `name` ("ms-resnet", ...), or None when there are none."""
    path = folder() / f"{name}.safetensors"
    return path if path.is_file() else None
