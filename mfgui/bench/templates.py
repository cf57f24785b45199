"""Names of files as templates: ``{set}-{source}.jpg`` and the like."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mfgui.core.errors import InputError, UsageError

_PART = re.compile(r"\{([^{}]*)\}|(\*)")
_FIELDS = {
    # What tells sets apart may hold separators, what tells sources apart rather not.
    "set": r"[^/]+",
    "source": r"[^/]+?",
    "method": r"[^/]+",
}
_NUMBER = "number"
_DEEPEST = 4
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Template:
    """The path of a file below a folder, with fields in braces.

    ``{set}`` names the set, ``{source}`` the source in it, ``{method}`` who made a result,
    ``{number}`` is the last whole number in the name of the set, whatever zeros it begins with.
    ``{source:A|B}`` allows these only; ``*`` is anything within a name. A field that stands
    twice has one value. Upper and lower case are the same.

    >>> Template("bg-{source}-{set}.jpg").match("bg-A-54.jpg")
    {'source': 'A', 'set': '54'}
    """

    text: str

    def __post_init__(self) -> None:
        left = _PART.sub("", self.text)
        wrong = [name for name in self.fields if name not in (*_FIELDS, _NUMBER)]
        if wrong or "{" in left or "}" in left:
            what = f"{{{wrong[0]}}}" if wrong else "a brace without its partner"
            raise UsageError(
                f"{self.text}: {what} is no field of a rule",
                hint="use {set}, {source}, {number}, {method} and *",
            )

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields, each once."""
        found = (
            part[1].partition(":")[0] for part in _PART.finditer(self.text) if part[1] is not None
        )
        return tuple(dict.fromkeys(found))

    @property
    def depth(self) -> int:
        """How many folders down the file lies."""
        return self.text.count("/")

    def match(self, path: str, known: Mapping[str, str] | None = None) -> dict[str, str] | None:
        """Values of the fields in a path with ``/`` between folders; None where it does not fit.

        Parameters
        ----------
        known : mapping, optional
            Values that fields must have; ``set`` also gives ``{number}``.
        """
        found = re.fullmatch(self._pattern(dict(known or {})), path, re.IGNORECASE)
        return None if found is None else found.groupdict()

    def _pattern(self, known: dict[str, str]) -> str:
        pattern, end, seen = "", 0, set[str]()
        for part in _PART.finditer(self.text):
            pattern += re.escape(self.text[end : part.start()])
            end = part.end()
            name, _, choices = (part[1] or "").partition(":")
            if part[2]:
                pattern += "[^/]*"
            elif name in known:
                pattern += re.escape(known[name])
            elif name == _NUMBER:
                pattern += _number_pattern(known.get("set"))
            elif name in seen:
                pattern += f"(?P={name})"
            else:
                allowed = "|".join(map(re.escape, choices.split("|"))) if choices else _FIELDS[name]
                pattern += f"(?P<{name}>{allowed})"
                seen.add(name)
        return pattern + re.escape(self.text[end:])

    def files(
        self, names: Iterable[str], known: Mapping[str, str] | None = None
    ) -> dict[str, dict[str, str]]:
        """The names that fit, with the values of their fields."""
        matched = ((name, self.match(name, known)) for name in names)
        return {name: values for name, values in matched if values is not None}


def _number_pattern(name: str | None) -> str:
    numbers = _DIGITS.findall(name or "")
    # A set without a number has no file of this kind.
    return rf"(?<!\d)0*{int(numbers[-1])}(?!\d)" if numbers else r"(?!)"


def listing(folder: Path, *, depth: int = _DEEPEST) -> list[str]:
    """Files below a folder, at most `depth` folders down, with ``/`` between folders.

    Raises
    ------
    InputError
        If it is no folder or cannot be listed.
    """
    if not folder.is_dir():
        raise InputError("is no folder", path=folder, hint="name a folder of images")
    found: list[str] = []

    def refuse(error: OSError) -> None:
        what = error.strerror or "cannot be listed"
        raise InputError(what, path=error.filename, hint="check its access rights") from error

    for place, folders, files in os.walk(folder, onerror=refuse):
        below = Path(place).relative_to(folder)
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        if len(below.parts) >= depth:
            folders.clear()
        found += [(below / file).as_posix() for file in files if not file.startswith(".")]
    return sorted(found)
