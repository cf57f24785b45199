"""Names of outputs from templates: ``{name}_{method}_{number:03}`` and the like.

What is put in comes from file names, methods and cameras; what comes out is a name that every
common file system takes.
"""

from __future__ import annotations

import os
import re
import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from mfgui.core.errors import OutputError, UsageError

Value = str | int | float | bool | datetime
Policy = Literal["number", "replace", "refuse"]
"""What to do when a name is taken: append a number, write over the file, or stop."""

FIELDS = {
    "name": "name of the set, or of its first file",
    "folder": "name of the folder the sources lie in",
    "first": "name of the first source",
    "last": "name of the last source",
    "count": "number of sources",
    "method": "name of the method",
    "date": "day on which the first source was taken, else today",
    "number": "number of the set, from 1",
}
"""Fields that every template may use; the parameters of the method are fields, too."""

_DAY = "%Y-%m-%d"
_MAX_BYTES = 200  # of 255 that file systems take: an ending and a number may still be added
_MAX_SUFFIX = 10
_MAX_NUMBER = 10_000
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])", re.IGNORECASE)
_DIRECTIONS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_SPECS: dict[type, tuple[re.Pattern[str], str]] = {
    int: (re.compile(r"0?[0-9]{1,2}"), "03"),
    float: (re.compile(r"\.[0-9]{1,2}[fg]?"), ".2f"),
    datetime: (re.compile(r"(?:%[YmdHMSy]|[-_. 0-9A-Za-z])+"), "%Y%m%d"),
}


def fields_of(
    images: Sequence[Path],
    *,
    method: str,
    parameters: Mapping[str, object] | None = None,
    name: str = "",
    number: int = 1,
    taken: datetime | None = None,
) -> dict[str, Value]:
    """Values of all fields for one set.

    Parameters
    ----------
    images : sequence of Path
        Its sources in order, at least one.
    parameters : mapping, optional
        Of the method; those that are neither texts nor numbers are left out, and a parameter
        with the name of one of `FIELDS` gives way to it.
    name : str
        Of the set; without it that of the first source.
    taken : datetime, optional
        When the first source was taken; without it `date` is today.
    """
    first, last = images[0], images[-1]
    given = {
        key: value
        for key, value in (parameters or {}).items()
        if isinstance(value, str | int | float | bool)
    }
    return {
        **given,
        "name": name or first.stem,
        "folder": first.absolute().parent.name,
        "first": first.stem,
        "last": last.stem,
        "count": len(images),
        "method": method,
        "date": taken or datetime.now(),
        "number": number,
    }


def expand(template: str, fields: Mapping[str, Value]) -> str:
    """The safe file name that a template makes of the values of its fields.

    Whole numbers take a width (``{number:03}``), other numbers decimals (``{tolerance:.2f}``),
    dates a pattern (``{date:%Y%m%d}``); ``{{`` and ``}}`` are braces. Characters that a file
    system refuses become ``_``, names that Windows keeps for devices get one, names that are too
    long lose the end in front of their suffix. No suffix is added.

    Raises
    ------
    UsageError
        For an unknown field, a wrong format, a separator in the template itself, or a name of
        which nothing is left.

    >>> expand("{name}_{method}_{number:03}.tif", {"name": "a/b", "method": "photo", "number": 7})
    'a_b_photo_007.tif'
    """
    if "/" in template or "\\" in template:
        raise UsageError(
            f"a name cannot hold a folder: {template}", hint="name the folder where outputs go"
        )
    parts = []
    for literal, field, spec in _parsed(template):
        parts.append(literal)
        if field is not None:
            parts.append(_inserted(field, spec, fields))
    name = safe_name("".join(parts))
    if not name:
        raise UsageError(f"the template '{template}' makes an empty name", hint="add {name}")
    return name


def check_template(template: str, parameters: Iterable[str] = ()) -> None:
    """Raise UsageError for a template that `expand` will refuse, before any work is done.

    Parameters
    ----------
    parameters : iterable of str
        Names of the parameters that the methods have.
    """
    sample: dict[str, Value] = dict.fromkeys(parameters, "x")
    sample |= fields_of([Path("a")], method="photo")
    # A parameter may be of any type: its format is judged when its value is known.
    plain = []
    for literal, field, spec in _parsed(template):
        plain.append(literal.replace("{", "{{").replace("}", "}}"))
        if field is not None:
            plain.append(f"{{{field}:{spec}}}" if field in FIELDS and spec else f"{{{field}}}")
    expand("".join(plain), sample)


def safe_name(text: str) -> str:
    """The text as a file name that Windows, macOS and Linux take; empty if nothing is left.

    >>> safe_name("CON.txt"), safe_name(" ..a:b?. ")
    ('CON_.txt', 'a_b_')
    """
    text = unicodedata.normalize("NFC", text)
    text = "".join("_" if _unprintable(letter) else letter for letter in text)
    text = _FORBIDDEN.sub("_", text).strip(" .")
    suffix = Path(text).suffix
    suffix = suffix if len(suffix.encode()) <= _MAX_SUFFIX else ""
    stem = text.removesuffix(suffix) if suffix else text
    stem = stem.encode()[: _MAX_BYTES - len(suffix.encode())].decode(errors="ignore")
    base, dot, rest = stem.partition(".")
    if _RESERVED.fullmatch(base.strip()):
        stem = f"{base.strip()}_{dot}{rest}"
    return (stem.rstrip(" ") if suffix else stem.rstrip(" .")) + suffix


def free_path(path: Path, *, policy: Policy = "number", taken: Iterable[Path] = ()) -> Path:
    """Where an output of this name goes.

    Parameters
    ----------
    policy : str
        "number" appends ``-2``, ``-3`` ... until the name is free, "refuse" raises for a name
        that is taken, "replace" keeps the name even where a file has it.
    taken : iterable of Path
        Names that were given away for outputs that are not written yet. None of these is ever
        given twice: with "replace" it would be lost unseen.

    Raises
    ------
    OutputError
        If the name is taken and may not be changed.
    """
    if policy not in get_args(Policy):
        raise ValueError(f"policy {policy!r}")
    given = {_key(other) for other in taken}
    if _key(path) not in given and (policy == "replace" or not os.path.lexists(path)):
        return path
    if policy == "refuse":
        raise OutputError("exists already", path=path, hint="choose another name or folder")
    for number in range(2, _MAX_NUMBER):
        other = path.with_name(f"{path.stem}-{number}{path.suffix}")
        if _key(other) not in given and (policy == "replace" or not os.path.lexists(other)):
            return other
    raise OutputError("no free name is left", path=path, hint="choose another folder")


def _key(path: Path) -> str:
    """One text for names that some file systems do not tell apart."""
    return unicodedata.normalize("NFC", str(path.absolute())).casefold()


def _parsed(template: str) -> list[tuple[str, str | None, str]]:
    """Plain text, the field behind it (None at the end), and the field's format."""
    try:
        found = list(string.Formatter().parse(template))
    except ValueError as error:
        raise UsageError(
            f"the template '{template}' has a brace without its partner",
            hint="write {{ or }} for a brace itself",
        ) from error
    for _, field, spec, conversion in found:
        if conversion or "{" in (spec or ""):
            raise UsageError(f"the template '{template}' has a wrong format of {{{field}}}")
    return [(literal, field, spec or "") for literal, field, spec, _ in found]


def _inserted(field: str, spec: str, fields: Mapping[str, Value]) -> str:
    if field not in fields:
        known = ", ".join(sorted(fields))
        raise UsageError(f"no field {{{field}}} in names of outputs", hint=f"use {known}")
    value = fields[field]
    if not spec:
        return _plain(value)
    pattern, example = _SPECS.get(type(value), (None, ""))
    if pattern is None or not pattern.fullmatch(spec):
        advice = f"for example {{{field}:{example}}}" if example else f"write {{{field}}}"
        raise UsageError(f"the format '{spec}' does not suit {{{field}}}", hint=advice)
    return format(value, spec)


def _plain(value: Value) -> str:
    if isinstance(value, datetime):
        return value.strftime(_DAY)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _unprintable(letter: str) -> bool:
    """Control characters, marks that turn the direction of writing, halves of characters."""
    return unicodedata.category(letter) in ("Cc", "Cs") or letter in _DIRECTIONS
