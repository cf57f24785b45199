"""Files that ship with the program: fonts, icons, themes, palettes, sample pictures."""

from __future__ import annotations

from pathlib import Path

from mfgui.core.errors import InputError

_ROOT = Path(__file__).parent


def path(name: str) -> Path:
    """Where a shipped file or folder lies.

    Parameters
    ----------
    name : str
        Relative to the resources, with forward slashes: ``"icons/run.svg"``.

    Raises
    ------
    InputError
        When there is no such file, so the installation is not complete.

    Examples
    --------
    >>> path("palettes.json").name
    'palettes.json'
    """
    found = _ROOT / name
    if not found.exists():
        raise InputError(
            f"the program file {name} is missing",
            path=found,
            hint="install mfgui again",
        )
    return found
