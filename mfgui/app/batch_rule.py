"""What a batch does: a value that is read from a rule file, TOML, and written to one."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from mfgui.app.prepare import Align, Crop, Exposure
from mfgui.core.errors import InputError, UsageError
from mfgui.files.atomic import write_bytes
from mfgui.files.inputs import open_input, reading
from mfgui.files.spaces import SPACES

FOLDERS, TIME, PATTERN, LIST = "folders", "time", "pattern", "list"
SKIP, NUMBER, REPLACE, REFUSE = "skip", "number", "replace", "refuse"
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "photo": {"methods": ("photo",), "format": "tif"},
    "objective": {"methods": ("ms-lap",), "format": "png"},
}
"""Defaults by name; what a rule file says itself goes before them."""

MOST_PARALLEL = 64
MOST_MEMORY = 10_000
_MOST_BYTES = 1 << 20
_MOST_METHODS = 100
_LONGEST = 4096


@dataclass(frozen=True)
class Rule:
    """A batch.

    Attributes
    ----------
    folder : str
        Where the sets are, absolute once it was read from a file. Files of a list that are no
        whole paths lie in it.
    sort : str
        How sets are found: "folders" (each folder is one), "time" (of capture), "pattern", "list".
    pattern : str
        Path below the folder with ``{set}`` and ``{source}``.
    list_file : str
        Text file with a line for each set.
    methods : tuple of str
        Each ``NAME``, ``NAME:KEY=VALUE;KEY=VALUE`` or ``LABEL=NAME:...``.
    output, name : str
        Folder of the pictures, and the template of their names without the suffix.
    format : str
        Suffix without the point.
    align, exposure, crop : str
        How frames are brought together, as for `mfgui fuse`; empty: as the method has it.
    depth : str
        Bits per channel, "8" or "16"; empty: as the method has it.
    space : str
        Colour space of the pictures, a name of `spaces.SPACES`; empty for that of the sources.
    drop_location : bool
        Leave out of the camera data where pictures were taken.
    depth_map, confidence, layers : bool
        Write these beside each picture, too.
    memory : float
        Limit in GB that all sets at the same time share; 0 for none.
    existing : str
        What happens where a picture of that name is there: "skip", "number", "replace", "refuse".
    parallel : int
        Sets at the same time, each in a process of its own.
    """

    folder: str = ""
    sort: str = FOLDERS
    pattern: str = ""
    list_file: str = ""
    preset: str = "photo"
    methods: tuple[str, ...] = ("photo",)
    output: str = ""
    name: str = "{name}"
    format: str = "tif"
    depth: str = ""
    existing: str = NUMBER
    align: str = ""
    exposure: str = ""
    crop: str = ""
    device: str = "auto"
    parallel: int = 1
    memory: float = 0.0
    space: str = ""
    drop_location: bool = False
    depth_map: bool = False
    confidence: bool = False
    layers: bool = False


@dataclass(frozen=True)
class _Key:
    """A key of the file: `table` it stands in, what it may be."""

    table: str
    name: str
    attribute: str
    choices: tuple[str, ...] = ()
    path: bool = False

    @property
    def words(self) -> str:
        return f"{self.table}.{self.name}" if self.table else self.name


_KEYS = (
    _Key("", "preset", "preset", tuple(PRESETS)),
    _Key("", "methods", "methods"),
    _Key("", "align", "align", get_args(Align)),
    _Key("", "exposure", "exposure", get_args(Exposure)),
    _Key("", "crop", "crop", get_args(Crop)),
    _Key("", "device", "device"),
    _Key("", "parallel", "parallel"),
    _Key("", "memory", "memory"),
    _Key("input", "folder", "folder", path=True),
    _Key("input", "rule", "sort", (FOLDERS, TIME, PATTERN, LIST)),
    _Key("input", "pattern", "pattern"),
    _Key("input", "list", "list_file", path=True),
    _Key("output", "folder", "output", path=True),
    _Key("output", "name", "name"),
    _Key("output", "format", "format", ("tif", "png", "jpg", "webp", "ppm", "bmp")),
    _Key("output", "depth", "depth", ("8", "16")),
    _Key("output", "space", "space", tuple(SPACES)),
    _Key("output", "drop_location", "drop_location"),
    _Key("output", "depth_map", "depth_map"),
    _Key("output", "confidence", "confidence"),
    _Key("output", "layers", "layers"),
    _Key("output", "existing", "existing", (SKIP, NUMBER, REPLACE, REFUSE)),
)
CHOICES: Mapping[str, tuple[str, ...]] = {key.attribute: key.choices for key in _KEYS}
"""What an attribute of `Rule` may be; empty where it is not one of a few words."""

_TABLES = ("input", "output")
_DEFAULTS: Mapping[str, Any] = {entry.name: entry.default for entry in fields(Rule)}


def load(path: Path) -> Rule:
    """The rule in a file. Paths in it are meant from the folder it lies in.

    Raises
    ------
    InputError
        If the file cannot be read, is too large or no TOML.
    UsageError
        If a key is unknown, missing or not what it may be: one line with the key.
    """
    path = Path(path)
    with open_input(path) as file, reading(path):
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise InputError("is too large for a rule file", path=path, hint="use a list file for sets")
    try:
        content = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        what = f"is no TOML ({' '.join(str(error).split())[:160]})"
        raise InputError(what, path=path, hint="see docs/batch.md") from error
    try:
        rule = _read(content, Path(os.path.abspath(path)).parent)  # noqa: PTH100 - links stay
        check(rule)
    except UsageError as error:
        raise UsageError(error.what, path=path, hint=error.hint) from error
    return rule


def from_text(text: str) -> Rule:
    """What `as_text` gave, complete or not; the usual rule for anything else."""
    try:
        return _read(tomllib.loads(text), Path("/"))
    except (tomllib.TOMLDecodeError, UsageError, RecursionError):
        return Rule()


def save(rule: Rule, path: Path, *, head: str = "") -> None:
    """Write the rule as `load` reads it, atomically.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_bytes(path, (head + as_text(rule)).encode())


def as_text(rule: Rule) -> str:
    """The rule as TOML: every key that has a value."""
    lines: list[str] = []
    for table in ("", *_TABLES):
        if table:
            lines += ["", f"[{table}]"]
        for key in _KEYS:
            value = getattr(rule, key.attribute)
            if key.table == table and value not in ("", (), 0.0):  # nor False, which is 0
                number = int(value) if key.name == "depth" else value
                lines.append(f"{key.name} = {_toml(number)}")
    return "\n".join(lines) + "\n"


def _read(content: Mapping[str, Any], base: Path) -> Rule:
    """The rule, which may lack what it needs."""
    values: dict[str, Any] = {}
    for table, name, value in _entries(content):
        key = next((key for key in _KEYS if (key.table, key.name) == (table, name)), None)
        if key is None:
            known = ", ".join(key.name for key in _KEYS if key.table == table)
            more = "" if table else f", and the tables {', '.join(_TABLES)}"
            where = f" in [{table}]" if table else ""
            raise UsageError(f"unknown key {name!r}{where}", hint=f"known are: {known}{more}")
        values[key.attribute] = _value(key, value, base)
    return Rule(**{**PRESETS[values.get("preset", Rule.preset)], **values})


def check(rule: Rule) -> None:
    """Refuse a rule that is not complete.

    Raises
    ------
    UsageError
        With the key that is missing.
    """
    if not rule.folder and rule.sort != LIST:
        raise UsageError("the key input.folder is missing", hint="name the folder of the sets")
    if rule.sort == PATTERN and not rule.pattern:
        hint = "name the files, such as '{set}-{source}.jpg'"
        raise UsageError("the key input.pattern is missing", hint=hint)
    if rule.sort == LIST and not rule.list_file:
        raise UsageError("the key input.list is missing", hint="name a text file with a set a line")
    if not rule.output:
        raise UsageError("the key output.folder is missing", hint="name a folder for the pictures")
    if not rule.methods:
        raise UsageError("the key methods is empty", hint="name at least one method")
    if not rule.name:
        raise UsageError("the key output.name is empty", hint="write '{name}', for example")


def _entries(content: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Table, name and value of everything in the file."""
    for name, value in content.items():
        if name not in _TABLES:
            yield "", name, value
        elif not isinstance(value, dict):
            raise UsageError(f"{name} is {_kind(value)}", hint=f"write it as a table, [{name}]")
        else:
            for inner, found in value.items():
                yield name, inner, found


def _value(key: _Key, value: Any, base: Path) -> Any:
    """The value of a key, checked."""
    default = _DEFAULTS[key.attribute]
    if isinstance(default, tuple):
        return _texts(key, value)
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise UsageError(f"{key.words} is {_kind(value)}", hint="write true or false")
        return value
    if isinstance(default, float):
        if type(value) not in (int, float) or not 0 < value <= MOST_MEMORY:
            shown = value if type(value) in (int, float) else _kind(value)
            hint = f"use gigabytes above 0, at most {MOST_MEMORY}"
            raise UsageError(f"{key.words} is {shown}", hint=hint)
        return float(value)
    if isinstance(default, int):
        if type(value) is not int or not 1 <= value <= MOST_PARALLEL:
            shown = value if type(value) is int else _kind(value)
            hint = f"use a whole number from 1 to {MOST_PARALLEL}"
            raise UsageError(f"{key.words} is {shown}", hint=hint)
        return value
    text = _text(key, str(value) if key.name == "depth" and type(value) is int else value)
    if key.choices and text not in key.choices:
        raise UsageError(f"{key.words} is {text!r}", hint=f"choose from: {', '.join(key.choices)}")
    if key.attribute == "device" and not _is_device(text):
        raise UsageError(f"device is {text!r}", hint="use auto, cpu, cuda, cuda:N or mps")
    if not key.path or not text:
        return text
    return os.path.abspath(base / os.path.expanduser(text))  # noqa: PTH100, PTH111 - links stay


def _text(key: _Key, value: Any) -> str:
    if not isinstance(value, str):
        allowed = f"one of: {', '.join(key.choices)}" if key.choices else "a text in quotes"
        raise UsageError(f"{key.words} is {_kind(value)}", hint=f"write {allowed}")
    if len(value) > _LONGEST or "\0" in value or "\n" in value:
        raise UsageError(f"{key.words} is no text of one line", hint=f"at most {_LONGEST} letters")
    return value if key.path else value.strip()


def _texts(key: _Key, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        shown = _kind(value) if not isinstance(value, list) else "a list of other things"
        hint = 'write a list of texts, such as ["photo", "gff"]'
        raise UsageError(f"{key.words} is {shown}", hint=hint)
    if len(value) > _MOST_METHODS:
        raise UsageError(f"{key.words} has {len(value)} entries", hint=f"at most {_MOST_METHODS}")
    return tuple(_text(key, entry) for entry in value)


def _is_device(text: str) -> bool:
    kind, _, number = text.partition(":")
    return text in ("auto", "cpu", "mps", "cuda") or (
        kind == "cuda" and number.isascii() and number.isdigit()
    )


def _kind(value: Any) -> str:
    """What a value is, in words."""
    words = {bool: "true or false", int: "a number", float: "a number", str: "a text"}
    words |= {list: "a list", dict: "a table"}
    return words.get(type(value), "a date or time")


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(entry) for entry in value)}]"
    if isinstance(value, int | float):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
