"""Methods by name with their settings, and how well what they make does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mfgui.bench.experiments.cases import Case
from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Size
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.methods.choice import Choice, carry_out, choose
from mfgui.methods.decision import decide
from mfgui.methods.metrics.measures import Measure, Subject, chosen, score
from mfgui.methods.registry import FUSING, MAPPING, Iterate, Kind, Registry, Value, load

GIVEN = "given"  # the map of a set itself, in the place of a maker of maps
_SEAMS = ("hard", "feather", "multi-band")
_VARIANTS = ("paper", "released", "ours")


@dataclass(frozen=True)
class Recipe:
    """A method and its explicit settings, as text: picklable, unlike methods.

    Attributes
    ----------
    label : str
        What was written.
    """

    label: str
    method: str
    explicit: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Recipe:
        """``NAME`` or ``NAME:KEY=VALUE;KEY=VALUE``.

        hard, feather and multi-band are composites; paper, released and ours are MFF-SSIM.

        >>> Recipe.parse("feather")
        Recipe(label='feather', method='composite', explicit=(('seam', 'feather'),))
        """
        name, colon, tail = text.strip().partition(":")
        parts = [part.partition("=") for part in tail.split(";") if part.strip()]
        pairs = tuple((key.strip(), value.strip()) for key, _, value in parts)
        if not name or any(not key or not value for key, value in pairs) or (colon and not pairs):
            hint = "write NAME or NAME:KEY=VALUE;KEY=VALUE"
            raise UsageError(f"{text!r} is no method", hint=hint)
        if name in _SEAMS:
            return cls(text.strip(), "composite", (("seam", name), *pairs))
        if name in _VARIANTS:
            return cls(text.strip(), "ms-lap", (("variant", name), *pairs))
        return cls(text.strip(), name, pairs)

    def choice(self, registry: Registry) -> Choice:
        """The method with all its settings; raises UsageError for unknown ones."""
        return choose(registry, self.method, dict(self.explicit))

    def settings(self) -> dict[str, object]:
        """All that decides what it gives, for the record."""
        if self.method == GIVEN:
            return {GIVEN: {}}
        choice = self.choice(load())
        return {method.name: values for method, values in choice.used}


def recipes(
    text: str, *, maps: bool = False, by_map: bool = False, steps: bool = False
) -> tuple[Recipe, ...]:
    """Recipes separated by commas, checked.

    Parameters
    ----------
    maps : bool
        They make focus maps, in the place of images; `GIVEN` is one of them.
    by_map : bool
        They make images by a focus map.
    steps : bool
        They do so step by step.

    Raises
    ------
    UsageError
        For unknown names and values, and methods of another kind.
    """
    registry = load()
    found = tuple(Recipe.parse(part) for part in text.split(",") if part.strip())
    if not found:
        raise UsageError("no method is named", hint="mfgui methods lists them")
    if len({recipe.label for recipe in found}) < len(found):
        raise UsageError(f"{text}: a method is named twice", hint="leave one out")
    for recipe in found:
        if maps and recipe == Recipe(GIVEN, GIVEN):
            continue
        method = recipe.choice(registry).method
        if method.kind not in (MAPPING if maps else (*FUSING, Kind.DETECTOR)):
            what = "makes no focus map" if maps else "makes no image"
            raise UsageError(f"{method.name} {what}", hint="mfgui methods lists the kinds")
        if steps and method.kind is not Kind.OPTIMISER:
            raise UsageError(f"{method.name} has no iterations", hint="choose MFF-SSIM: ms-lap")
        if by_map and not method.needs_map:
            raise UsageError(f"{method.name} takes no focus map", hint="choose one that takes one")
    return found


HARD, MS_LAP = Recipe.parse("hard"), Recipe.parse("ms-lap")
LAPLACIAN = Recipe.parse("laplacian")


class Kitchen:
    """Runs recipes, on one thread."""

    def __init__(self) -> None:
        self._registry, self._compute = load(), Compute()
        self._warm: set[Recipe] = set()

    def map_of(self, recipe: Recipe, case: Case) -> LabelArray:
        """The focus map that a maker of maps gives, or that of the set."""
        if recipe.method == GIVEN:
            if case.labels is None:
                hint = "name a detector, or put labels.png beside the sources"
                raise UsageError(f"{case.name} has no focus map", hint=hint)
            return case.labels
        images = case.images
        choice = recipe.choice(self._registry)
        choice.check_size(_size(images))
        values = dict(choice.parameters)
        labels = decide(choice.method, images, compute=self._compute, **values).labels
        labels.flags.writeable = False
        return labels

    def fused(
        self, recipe: Recipe, images: Sequence[PixelArray], labels: LabelArray | None = None
    ) -> tuple[ImageF32, LabelArray | None]:
        """The image by a map, or by the method's own one, and that map."""
        choice = recipe.choice(self._registry)
        if labels is None or not choice.method.needs_map:
            made = carry_out(choice, images, compute=self._compute)
            return made.image, made.labels
        choice.check_size(_size(images))
        if choice.method.kind is Kind.OPTIMISER:
            for state in self.states(recipe, images, labels):
                last = state
            return np.array(last.image), labels
        values = dict(choice.parameters)
        image: ImageF32 = choice.method.function(images, labels, compute=self._compute, **values)
        return image, labels

    def states(
        self, recipe: Recipe, images: Sequence[PixelArray], labels: LabelArray
    ) -> Iterator[Iterate]:
        """The states of an optimiser."""
        choice = recipe.choice(self._registry)
        if choice.method.kind is not Kind.OPTIMISER:
            raise UsageError(f"{recipe.label} has no iterations", hint="choose MFF-SSIM: ms-lap")
        choice.check_size(_size(images))
        given = {"compute": self._compute, "start_image": None, **dict(choice.parameters)}
        states: Iterator[Iterate] = choice.method.function(images, labels, **given)
        return states

    def warm_up(self, recipe: Recipe, case: Case, labels: LabelArray) -> None:
        """Take the first step once, so that loading compiled loops does not count as work."""
        if recipe not in self._warm:
            self._warm.add(recipe)
            for _ in zip(range(2), self.states(recipe, case.images, labels), strict=False):
                pass

    def values(self, recipe: Recipe) -> dict[str, Value]:
        """All parameters of a method."""
        return dict(recipe.choice(self._registry).parameters)


def _size(images: Sequence[PixelArray]) -> Size:
    height, width = images[0].shape[:2]
    return Size(width, height)


def measures(text: str) -> tuple[Measure, ...]:
    """The measures of a list or a profile; raises UsageError for unknown ones."""
    return tuple(column.measure for column in chosen(text))


def scores(
    wanted: Sequence[Measure], case: Case, image: ImageF32, labels: LabelArray | None
) -> dict[str, float | None]:
    """Each measure of an image, as its file would hold it; None where there is no value.

    Measures that need a focus map take the case's own, else the one the image was made by.
    """
    subject = Subject(
        fused=case.stored(image),
        sources=case.images,
        truth=case.truth,
        labels=case.labels if case.labels is not None else labels,
        own_map=labels,
        true_map=case.labels,
    )
    return {measure.name: score(measure, subject).value for measure in wanted}
