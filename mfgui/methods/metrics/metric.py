"""What a metric is. Its function is imported when it is first called."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mfgui.core.errors import UsageError

if TYPE_CHECKING:
    from mfgui.methods.metrics.pixel_map import PixelMap
    from mfgui.methods.metrics.planes import Planes


class Direction(StrEnum):
    """Which values are better."""

    HIGHER = "higher"
    LOWER = "lower"
    ZERO = "near 0"


class Needs(StrEnum):
    """What a metric compares the fused picture with."""

    NOTHING = "nothing"
    SOURCES = "the sources"
    TRUTH = "a ground truth"
    MAP = "the sources and a focus map"
    MAPS = "a focus map of the fused picture and a true one"


class View(StrEnum):
    """What of a picture a metric is computed on; see `planes.seen`."""

    GREY = "grey"  # rounded to 8 bits
    LUMA = "luma"  # not rounded
    POOLED = "pooled"  # the channels side by side, as one plane
    COLOURS = "colours"  # (H, W, C)


class Family(StrEnum):
    """As lists group them."""

    INFORMATION = "Information"
    EDGES = "Edges"
    STRUCTURE = "Structure"
    VISION = "Vision"
    STATISTICS = "Statistics of the fused picture"
    TRUTH = "Against a ground truth"
    MAPS = "With a focus map"


@dataclass(frozen=True)
class Metric:
    """What a metric is.

    Attributes
    ----------
    name, title : str
        Of the command line, and in tables.
    function : str
        Module in this package and name of the function, "module.function".
    about : str
        What it says, in one sentence.
    family : Family
    needs : Needs
    direction : Direction
    low, high : float
        Between which its values lie, with the default variant.
    variants : tuple of str
        Its definitions, the default first; empty when there is one.
    channels : bool
        Whether it also takes colours, (H, W, C).
    view : View
        What of a picture it is computed on, unless something else is asked for.
    many : str
        What it is for more than two sources; empty where it is defined for pairs only.
    pixels : str
        Where there is a `PixelMap` of it: "module.function", called as the function.
    """

    name: str
    title: str
    function: str
    about: str
    family: Family
    needs: Needs = Needs.SOURCES
    direction: Direction = Direction.HIGHER
    low: float = -math.inf
    high: float = math.inf
    variants: tuple[str, ...] = ()
    channels: bool = False
    view: View = View.GREY
    many: str = ""
    pixels: str = ""

    @property
    def on_planes(self) -> bool:
        """Whether it is computed on planes, 0 ... 255. One that needs `Needs.MAP` takes pixels as
        they are stored and labels, ``f(fused, labels, *sources)``, one that needs `Needs.MAPS`
        labels alone, ``f(own, true)``."""
        return self.needs not in (Needs.MAP, Needs.MAPS)

    @property
    def bounds(self) -> str:
        """Between which its values lie, in words: "0 to 2", "0 or more"."""
        low, high = (f"{limit:.6g}" for limit in (self.low, self.high))
        if math.isinf(self.low) and math.isinf(self.high):
            return "any number"
        if math.isinf(self.high):
            return f"{low} or more"
        return f"{high} or less" if math.isinf(self.low) else f"{low} to {high}"

    def __call__(self, fused: Planes, *others: Planes, variant: str | None = None) -> float:
        """The metric of what it takes (`on_planes`); others that it does not need are ignored.

        Raises
        ------
        Undefined
            When it has no value for these.
        UsageError
            When it needs others than there are, or the variant or the planes are wrong.
        """
        arguments, options = self._checked(fused, others, variant)
        found: Callable[..., float] = _loaded(self.function)
        return found(*arguments, **options)

    def map(self, fused: Planes, *others: Planes, variant: str | None = None) -> PixelMap:
        """The metric pixel by pixel; raises as the metric does, and where it has no such map."""
        if not self.pixels:
            raise UsageError(f"{self.title} has no value for a single pixel")
        arguments, options = self._checked(fused, others, variant)
        found: Callable[..., PixelMap] = _loaded(self.pixels)
        return found(*arguments, **options)

    def options(self, variant: str | None) -> dict[str, str]:
        """What the function is called with for a variant; UsageError for one that it lacks."""
        if variant is not None and variant not in self.variants:
            hint = f"there are {', '.join(self.variants)}" if self.variants else "it has none"
            raise UsageError(f"{self.title} has no variant {variant}", hint=hint)
        return {} if variant is None else {"variant": variant}

    def _checked(
        self, fused: Planes, others: tuple[Planes, ...], variant: str | None
    ) -> tuple[tuple[Planes, ...], dict[str, str]]:
        options = self.options(variant)
        if not self.on_planes:
            return (fused, *others), options
        if self.needs is Needs.NOTHING:
            return (fused,), options
        least = 2 if self.needs is Needs.SOURCES else 1
        if len(others) < least:
            raise UsageError(f"{self.title} needs {self.needs.value}")
        if len(others) > 2 and not self.many:
            raise UsageError(f"{self.title} is defined for pairs only")
        return (fused, *others), options


def _loaded(target: str) -> Callable[..., Any]:
    module, _, function = target.partition(".")
    found: Callable[..., Any] = getattr(import_module(f"{__package__}.{module}"), function)
    return found
