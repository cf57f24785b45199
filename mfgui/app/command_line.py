"""The command line that does what the window is set to."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mfgui.core.stack import SourceStack
from mfgui.methods.registry import Value


def fuse_command(
    stack: SourceStack,
    *,
    method: str,
    explicit: Mapping[str, Value],
    output: Path,
    map_path: str = "",
    device: str = "auto",
) -> str:
    """The ``mfgui fuse`` line, quoted for this system's shell.

    Parameters
    ----------
    explicit : mapping
        Parameters that differ from their defaults, ``detector`` among them.
    map_path : str
        File of a loaded focus map; empty when the map is detected.
    device : str
        Left out when it is chosen automatically.
    """
    # Names of outputs are templates there.
    name = output.name.replace("{", "{{").replace("}", "}}")
    written = str(output.with_name(name))
    words = ["mfgui", "fuse", *source_paths(stack), "-o", written, "--method", method]
    if map_path:
        words += ["--map", map_path]
    for name, value in explicit.items():
        words += ["-p", f"{name}={_written(value)}"]
    if device != "auto":
        words += ["--device", device]
    return quoted(words)


def source_paths(stack: SourceStack) -> list[str]:
    """The files of the set in order, each once (a multi-page file holds several sources)."""
    paths = [str(source.path) for source in stack.sources if source.path is not None]
    return list(dict.fromkeys(paths))


def quoted(words: Sequence[str]) -> str:
    """`words` as one line that the system's shell takes apart into the same words."""
    if sys.platform == "win32":
        return subprocess.list2cmdline(words)
    return shlex.join(words)


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
