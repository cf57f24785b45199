"""Reports and other JSON files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mfgui.files.atomic import write_bytes


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a mapping as JSON (UTF-8, two spaces, keys in the order given), atomically.

    NumPy scalars and arrays become numbers and lists, paths become text. JSON has no infinity
    and no NaN: they become null.

    Raises
    ------
    OutputError
        If the file cannot be written.
    TypeError
        For a value that has no JSON form.
    """
    write_bytes(path, json_text(content).encode())


def json_text(content: Mapping[str, object]) -> str:
    """The text `write_json` writes, for standard output.

    >>> json_text({"q": float("nan"), "k": np.uint8(2)})
    '{\\n  "q": null,\\n  "k": 2\\n}\\n'
    """
    text = json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    # File names that are no text hold lone surrogates, which only JSON's escapes can carry.
    return text.encode(errors="backslashreplace").decode()


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    return value
