"""Metrics as a person asks for them, computed on pictures as they are stored.

A `Measure` is written ``name``, ``name:variant``, ``name@view`` or ``name:variant@view``. `score`
gives its value for the whole picture, a rectangle, or the band along the boundaries of a focus
map, or says why there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mfgui.core.arrays import BoolMask, LabelArray, PixelArray, Rect, Size
from mfgui.core.bands import boundary_band
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.core.labels import ignore_label
from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.metric import Metric, Needs, View
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import Planes, seen, side_by_side
from mfgui.methods.metrics.undefined import Undefined

if TYPE_CHECKING:
    from mfgui.methods.metrics.tables import Column

EVERYTHING = "all"
NO_PIXELS = "has no value for single pixels, so none for a band"
NO_NUMBER = "gives no number here"
PAIRS_ONLY = "is defined for pairs only"


@dataclass(frozen=True)
class Measure:
    """A metric with all that its number depends on.

    Attributes
    ----------
    metric : str
        Name in `METRICS`.
    view : View
        What of a picture it is computed on.
    variant : str, optional
        Its definition; the default one without.
    """

    metric: str
    view: View
    variant: str | None = None

    @classmethod
    def parse(cls, text: str) -> Measure:
        """The measure that is written so.

        Raises
        ------
        UsageError
            For a metric, variant or view that there is not.

        >>> Measure.parse("q-g:zliu").variant, str(Measure.parse("nmi@pooled").view)
        ('zliu', 'pooled')
        """
        rest, with_view, view = text.strip().partition("@")
        name, with_variant, variant = rest.partition(":")
        definition = METRICS.get(name)
        if definition is None:
            raise UsageError(f"unknown metric {name}", hint="mfgui metrics lists them")
        if with_variant:
            definition.options(variant)
        chosen = _view(definition, view) if with_view else definition.view
        return cls(name, chosen, variant if with_variant else None)

    @property
    def name(self) -> str:
        """As it is written; the variant and the view only where they were chosen.

        >>> Measure("nmi", View.POOLED).name, Measure("q-g", View.GREY, "zliu").name
        ('nmi@pooled', 'q-g:zliu')
        """
        variant = "" if self.variant is None else f":{self.variant}"
        view = "" if self.view is self.definition.view else f"@{self.view}"
        return f"{self.metric}{variant}{view}"

    @property
    def definition(self) -> Metric:
        return METRICS[self.metric]

    @property
    def defined_as(self) -> str:
        """The variant, also where it is the default; empty where there is but one definition."""
        return self.variant or next(iter(self.definition.variants), "")

    @property
    def qualifiers(self) -> tuple[str, ...]:
        """What stands beside its title: its variant, and what it is computed on where that was
        chosen."""
        view = "" if self.view is self.definition.view else str(self.view)
        return tuple(part for part in (self.defined_as, view) if part)

    @property
    def record(self) -> dict[str, object]:
        """What files say of it."""
        definition = self.definition
        return {
            "metric": self.metric,
            "variant": self.defined_as or None,
            "view": str(self.view) if definition.on_planes else None,
            "direction": str(definition.direction),
            "lowest": definition.low,
            "highest": definition.high,
        }

    def __call__(self, fused: PixelArray, *others: PixelArray) -> float:
        """The number of stored pixels (H, W, C), the others being sources or a ground truth.

        Raises
        ------
        Undefined
            When the metric has no value for them.
        """
        planes = [seen(pixels, self.view) for pixels in (fused, *others)]
        return self.definition(*planes, variant=self.variant)


def _view(definition: Metric, name: str) -> View:
    if not definition.on_planes:
        raise UsageError(
            f"{definition.title} is computed on nothing else", hint=f"leave out @{name}"
        )
    allowed = [view for view in View if view is not View.COLOURS or definition.channels]
    if name not in {str(view) for view in allowed}:
        hint = f"there are {', '.join(allowed)}"
        raise UsageError(f"{definition.title} is not computed on {name or 'nothing'}", hint=hint)
    return View(name)


def chosen(text: str) -> tuple[Column, ...]:
    """What ``all``, the name of a profile (`tables.TABLES`), or names separated by commas mean.

    Raises
    ------
    UsageError
        For a name that is neither a profile nor a measure.
    """
    from mfgui.methods.metrics.tables import TABLES

    found: dict[Measure, Column] = {}
    for part in (part.strip() for part in text.split(",")):
        if part == EVERYTHING:
            columns: Sequence[Column] = [_column(Measure(m.name, m.view)) for m in METRICS.values()]
        elif part in TABLES:
            columns = TABLES[part]
        else:
            columns = [_column(Measure.parse(part))]
        for column in columns:
            found.setdefault(column.measure, column)
    return tuple(found.values())


def _column(measure: Measure) -> Column:
    from mfgui.methods.metrics.tables import Column

    return Column(measure.definition.title, measure, None)


@dataclass(frozen=True, eq=False)
class Subject:
    """A fused picture and what it can be compared with, all of one size.

    Attributes
    ----------
    fused : (H, W, C) uint8, uint16 or float32
        As stored.
    sources : sequence of (H, W, C)
    truth : (H, W, C), optional
        Ground truth.
    labels : (H, W), optional
        The focus map of Q and of the band; without it that of the default detector.
    own_map, true_map : (H, W), optional
        The map by which the picture was fused, and the true one.
    map_from : str
        What made `labels`, where nobody gave them: told beside the values that depend on them.
    """

    fused: PixelArray = field(repr=False)
    sources: Sequence[PixelArray] = field(repr=False)
    truth: PixelArray | None = field(default=None, repr=False)
    labels: LabelArray | None = field(default=None, repr=False)
    own_map: LabelArray | None = field(default=None, repr=False)
    true_map: LabelArray | None = field(default=None, repr=False)
    map_from: str = ""
    # The last of each kind, because metrics of one view and areas of one metric come together.
    _kept: dict[str, tuple[object, Any]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        others = (*self.sources, self.truth, self.labels, self.own_map, self.true_map)
        shapes = {array.shape[:2] for array in (self.fused, *others) if array is not None}
        if len(shapes) > 1:
            raise UsageError(f"a picture is scored with others of its size, not of {shapes}")

    def plane(self, view: View, number: int) -> Planes:
        """The fused picture (0), a source (1 ... K) or the ground truth (-1), as `planes.seen`."""
        planes: dict[int, Planes] = self._last("planes", view, dict)
        if number not in planes:
            picture = self.truth if number < 0 else (self.fused, *self.sources)[number]
            assert picture is not None
            planes[number] = seen(picture, view)
        return planes[number]

    def focus_map(self) -> tuple[LabelArray, str]:
        """The map of Q and of the band, and what made it where nobody gave one."""
        if self.labels is not None:
            return self.labels, self.map_from
        found: tuple[LabelArray, str] = self._last("map", None, partial(detected, self.sources))
        return found

    def pixel_map(self, measure: Measure) -> PixelMap:
        """The measure pixel by pixel."""

        def make() -> PixelMap:
            return measure.definition.map(*_arguments(measure, self), variant=measure.variant)

        found: PixelMap = self._last("pixel map", measure, make)
        return found

    def part(self, rect: Rect) -> Subject:
        """The same inside a rectangle."""
        found: Subject = self._last("part", rect, partial(self._part, rect))
        return found

    def _part(self, rect: Rect) -> Subject:
        def cut(array: Any) -> Any:
            return None if array is None else array[rect.slices]

        return replace(
            self,
            fused=cut(self.fused),
            sources=[cut(source) for source in self.sources],
            truth=cut(self.truth),
            labels=cut(self.labels),
            own_map=cut(self.own_map),
            true_map=cut(self.true_map),
        )

    def where(self, area: Rect | None, band: int | None) -> BoolMask:
        """The pixels (H, W) of a rectangle, a band, or both."""
        if band is None:
            found = np.ones(self.fused.shape[:2], np.bool_)
        else:
            labels, _ = self.focus_map()
            found = boundary_band(labels, band) & (labels != ignore_label(labels))
        if area is not None:
            inside = np.zeros_like(found)
            inside[area.slices] = True
            found &= inside
        return found

    def _last(self, kind: str, key: object, make: Callable[[], Any]) -> Any:
        kept = self._kept.get(kind)
        if kept is None or kept[0] != key:
            self._kept[kind] = kept = key, make()
        return kept[1]


def detected(sources: Sequence[PixelArray]) -> tuple[LabelArray, str]:
    """The map of the default detector, and its name."""
    from mfgui.methods import choice, registry
    from mfgui.methods.decision import decide

    detector = choice.choose(registry.load(), choice.DEFAULT_DETECTOR, {})
    height, width = sources[0].shape[:2]
    detector.check_size(Size(width, height))
    found = decide(detector.method, sources, compute=Compute(), **dict(detector.parameters))
    return found.labels, detector.method.name


@dataclass(frozen=True)
class Score:
    """A value, with a note of what it depends on; or none, with the reason."""

    value: float | None
    why: str = ""


def hindrance(measure: Measure, subject: Subject, *, band: int | None = None) -> str:
    """Why a measure cannot be taken, whatever the pixels are; empty when it can."""
    definition, count = measure.definition, len(subject.sources)
    if definition.needs is Needs.TRUTH and subject.truth is None:
        return f"needs {definition.needs}"
    if definition.needs is Needs.MAPS and (subject.own_map is None or subject.true_map is None):
        return f"needs {definition.needs}"
    if definition.needs is Needs.MAP and not count:
        return f"needs {Needs.SOURCES}"
    if definition.needs is Needs.SOURCES:
        if count < 2:
            return f"needs {definition.needs}"
        if count > 2 and not definition.many:
            return PAIRS_ONLY
    return NO_PIXELS if band is not None and not definition.pixels else ""


def score(
    measure: Measure, subject: Subject, *, area: Rect | None = None, band: int | None = None
) -> Score:
    """A measure of the whole picture, or of a part of it.

    Metrics that have a value for every pixel are those of the whole picture there, averaged over
    the part. Others are computed on the rectangle as if it were the picture.

    Parameters
    ----------
    area : Rect, optional
        Within the picture.
    band : int, optional
        Pixels within this distance, along rows and columns, of a change of label of
        `Subject.labels`, without those that are *ignored*; inside `area`, where that is given.

    Returns
    -------
    Score
        Without a value where something that is needed is missing, or the metric has none for
        these pictures.
    """
    why = hindrance(measure, subject, band=band)
    if why:
        return Score(None, why)
    try:
        value = _value(measure, subject, area, band)
    except (Undefined, UsageError) as error:
        return Score(None, error.what)
    if math.isnan(value):
        return Score(None, NO_NUMBER)
    maker = ""
    if band is not None or measure.definition.needs is Needs.MAP:
        _, maker = subject.focus_map()
    return Score(value, f"with the map of {maker}" if maker else "")


def _value(measure: Measure, subject: Subject, area: Rect | None, band: int | None) -> float:
    if area is None and band is None:
        return measure.definition(*_arguments(measure, subject), variant=measure.variant)
    if measure.definition.pixels:
        where = subject.where(area, band)
        if measure.view is View.POOLED:
            channels = subject.fused.shape[2]
            where = side_by_side(np.repeat(where[:, :, np.newaxis], channels, axis=2))
        try:
            return subject.pixel_map(measure).score(where)
        except UsageError:
            # One of its variants is no mean over pixels.
            if band is not None:
                raise
    assert area is not None
    return _value(measure, subject.part(area), None, None)


def _arguments(measure: Measure, subject: Subject) -> tuple[Any, ...]:
    """What the metric is called with."""
    needs = measure.definition.needs
    if needs is Needs.MAP:
        labels, _ = subject.focus_map()
        return subject.fused, labels, *subject.sources
    if needs is Needs.MAPS:
        return subject.own_map, subject.true_map
    numbers = {
        Needs.NOTHING: (0,),
        Needs.SOURCES: range(1 + len(subject.sources)),
        Needs.TRUTH: (0, -1),
    }[needs]
    return tuple(subject.plane(measure.view, number) for number in numbers)
