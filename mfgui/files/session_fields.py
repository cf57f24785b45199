"""Values of a JSON object, each checked when it is taken: nothing in the file is believed."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")
_LONGEST_TEXT = 1 << 16
_DEEPEST = 24
_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class WrongField(ValueError):
    """What a field should be and is not, in one clause."""


class Fields:
    """The fields of one object.

    Parameters
    ----------
    content : mapping
        As JSON gives it.
    where : str
        Its place in the file, for messages.
    """

    def __init__(self, content: Mapping[str, object], where: str = "") -> None:
        self._content = content
        self._where = where

    def text(self, name: str, *, most: int = _LONGEST_TEXT) -> str:
        value = self._value(name)
        if not isinstance(value, str) or len(value) > most or "\0" in value:
            raise self._wrong(name, "a text")
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self._value(name) is None else self.text(name)

    def text_if_there(self, name: str) -> str:
        """A text that older files do not have; empty then."""
        return self.text(name) if name in self._content else ""

    def whole(self, name: str, *, least: int = 0, most: int = 1 << 31) -> int:
        value = self._value(name)
        if type(value) is not int or not least <= value <= most:
            raise self._wrong(name, f"a whole number from {least} to {most}")
        return value

    def whole_or_none(self, name: str, *, most: int) -> int | None:
        return None if self._value(name) is None else self.whole(name, most=most)

    def number_or_none(self, name: str) -> float | None:
        value = self._value(name)
        return None if value is None else _number(value, self._place(name))

    def one_of(self, name: str, choices: Sequence[_T]) -> _T:
        value = self._value(name)
        found = [choice for choice in choices if choice == value and type(choice) is type(value)]
        if not found:
            raise self._wrong(name, f"one of {', '.join(map(str, choices))}")
        return found[0]

    def inside(self, name: str) -> Fields:
        value = self._value(name)
        if not isinstance(value, dict):
            raise self._wrong(name, "an object")
        return Fields(value, self._place(name))

    def inside_or_none(self, name: str) -> Fields | None:
        return None if self._value(name) is None else self.inside(name)

    def entries(self, name: str, *, most: int) -> list[Fields]:
        """The objects of a list."""
        place = self._place(name)
        found = self._list(name, most)
        if not all(isinstance(value, dict) for value in found):
            raise self._wrong(name, "a list of objects")
        return [Fields(value, f"{place}[{index}]") for index, value in enumerate(found)]

    def series(self, name: str, *, most: int) -> tuple[float, ...]:
        """The numbers of a list."""
        place = self._place(name)
        return tuple(_number(value, place) for value in self._list(name, most))

    def names(self, name: str, pattern: re.Pattern[str]) -> list[str]:
        """The texts of a list, each of which matches `pattern` as a whole."""
        found = self._list(name, 1 << 24)
        if not all(isinstance(value, str) and pattern.fullmatch(value) for value in found):
            raise self._wrong(name, "a list of names")
        return found

    def plain(self) -> dict[str, object]:
        """All of them, as they are."""
        return dict(self._content)

    def numbers(self) -> dict[str, float]:
        """All of them, which are numbers."""
        return {name: _number(value, self._place(name)) for name, value in self._content.items()}

    def texts(self) -> dict[str, str]:
        """All of them, which are texts."""
        return {name: self.text(name) for name in self._content}

    def _list(self, name: str, most: int) -> list[Any]:
        value = self._value(name)
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name, f"a list of at most {most}")
        return value

    def _value(self, name: str) -> object:
        if name not in self._content:
            raise WrongField(f"{self._place(name)} is missing")
        return self._content[name]

    def _place(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def _wrong(self, name: str, wanted: str) -> WrongField:
        return WrongField(f"{self._place(name)} is not {wanted}")


def parsed(data: bytes) -> Mapping[str, object]:
    """The object of a JSON text: no name twice, no NaN, at most 24 levels deep.

    Raises
    ------
    WrongField
        If it is anything else.
    """
    try:
        found = json.loads(
            data.decode("utf-8", "surrogatepass"),
            parse_constant=_refused,
            object_pairs_hook=_once,
        )
    except WrongField:
        raise
    except (ValueError, RecursionError) as error:
        raise WrongField(f"its description is no JSON ({str(error)[:80]})") from error
    if not isinstance(found, dict):
        raise WrongField("its description is not an object")
    if _deeper(found, _DEEPEST):
        raise WrongField("its description is nested too deeply")
    return found


def plain_number(value: float | None) -> float | str | None:
    """A number as JSON can carry it: the special ones as words."""
    if value is None:
        return None
    value = float(value)
    return value if math.isfinite(value) else str(value)


def plain_value(value: object) -> object:
    """Mappings, lists and values as JSON can carry them and gives them back."""
    if isinstance(value, Mapping):
        return {str(name): plain_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, bool | int | str) or value is None:
        # A name in an enumeration is a text or a number, too, and stays no more than that.
        return value if type(value) in (bool, int, str, type(None)) else _base(value)
    if isinstance(value, float):
        return plain_number(value)
    raise TypeError(f"{type(value).__name__} has no plain form")


def _base(value: object) -> object:
    return str(value) if isinstance(value, str) else int(value)  # type: ignore[call-overload]


def _number(value: object, place: str) -> float:
    if isinstance(value, str) and value in _SPECIAL:
        return _SPECIAL[value]
    if type(value) not in (int, float):
        raise WrongField(f"{place} is not a number")
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError as error:
        raise WrongField(f"{place} is too large") from error


def _refused(name: str) -> object:
    raise WrongField(f"{name} is no number of JSON")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WrongField("a name occurs twice in an object of its description")
    return found


def _deeper(value: object, levels: int) -> bool:
    """Whether a value is nested more than `levels` deep."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return levels == 0 or any(_deeper(item, levels - 1) for item in inner)
    return False
