"""Parameters of methods: declared beside type and default in the signature, bound, checked."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from mfgui.core.errors import UsageError

Value = bool | int | float | str
_CONTEXT = ("compute", "labels", "start_image")


@dataclass(frozen=True)
class Parameter:
    """Declaration of one parameter, beside its type and default in the signature.

    Attributes
    ----------
    help : str
        One line.
    minimum, maximum : float or None
        Inclusive range of numbers.
    choices : tuple of str
        Allowed words. With an int or float type they stand beside the number.
    path : bool
        A file path is allowed too (of an image, which the caller of the method reads, but for
        `path_of`).
    path_of : str
        What lies at the path, in words.
    odd : bool
        Integers must be odd.
    enabled_when : (name, values) or None
        The parameter matters only when parameter `name` has one of `values`.
    """

    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    path: bool = False
    path_of: str = "an image"
    odd: bool = False
    logarithmic: bool = False
    advanced: bool = False
    enabled_when: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class BoundParameter:
    """A parameter as one method has it: declaration, name, number type and default."""

    name: str
    number: type[int] | type[float] | None
    default: Value
    declared: Parameter

    def parse(self, text: Value) -> Value:
        """Checked value from a command line, a form or a recipe.

        Raises
        ------
        UsageError
            With the allowed range, when `text` is not a value of this parameter.
        """
        if isinstance(self.default, bool):
            return self._parse_switch(text)
        word = str(text).strip()
        if word in self.declared.choices:
            return word
        if self.number is not None:
            number = self._parse_number(word)
            if number is not None:
                return number
        elif self.declared.path and word:
            return word
        raise UsageError(f"{self.name}={word}: not allowed", hint=f"use {self.allowed()}")

    def allowed(self) -> str:
        """The allowed values in words."""
        if isinstance(self.default, bool):
            return "true or false"
        parts = list(self.declared.choices)
        if self.number is not None:
            low, high = self.declared.minimum, self.declared.maximum
            noun = "an odd whole number" if self.declared.odd else "a whole number"
            text = noun if self.number is int else "a number"
            if low is not None and high is not None:
                text += f" from {low:g} to {high:g}"
            elif low is not None:
                text += f" of at least {low:g}"
            parts.append(text)
        if self.declared.path:
            parts.append(f"the path of {self.declared.path_of}")
        return " or ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)

    def _parse_switch(self, text: Value) -> bool:
        word = str(text).strip().lower()
        if word not in ("true", "false", "1", "0", "on", "off", "yes", "no"):
            raise UsageError(f"{self.name}={text}: not allowed", hint="use true or false")
        return word in ("true", "1", "on", "yes")

    def _parse_number(self, word: str) -> int | float | None:
        try:
            number: int | float = int(word) if self.number is int else float(word)
        except ValueError:
            return None
        low, high = self.declared.minimum, self.declared.maximum
        if not math.isfinite(number):
            return None
        if (low is not None and number < low) or (high is not None and number > high):
            return None
        if self.declared.odd and int(number) % 2 == 0:
            return None
        return number


def bind_parameters(function: Callable[..., Any]) -> tuple[BoundParameter, ...]:
    """The declared keyword-only parameters of `function`, in order."""
    hints = get_type_hints(function, include_extras=True)
    bound = []
    for name, entry in inspect.signature(function).parameters.items():
        if entry.kind is not inspect.Parameter.KEYWORD_ONLY or name in _CONTEXT:
            continue
        hint = hints[name]
        declared = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Parameter)]
        if get_origin(hint) is not Annotated or not declared:
            raise TypeError(f"{function.__name__}: parameter {name} lacks its declaration")
        kinds = _plain_types(get_args(hint)[0])
        number: type[int] | type[float] | None = None
        if bool not in kinds:
            number = float if float in kinds else int if int in kinds else None
        bound.append(BoundParameter(name, number, entry.default, declared[0]))
    return tuple(bound)


def _plain_types(hint: Any) -> set[type]:
    if get_origin(hint) is Literal:
        return {type(value) for value in get_args(hint)}
    parts = get_args(hint)
    return set().union(*(_plain_types(part) for part in parts)) if parts else {hint}
