"""What misalignment, exposure and noise of one source do to the fused image."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from mfgui.bench.experiments import drawing, frame, recipes
from mfgui.bench.experiments.cases import Case
from mfgui.bench.experiments.frame import Job, Row
from mfgui.bench.experiments.recipes import Kitchen, Recipe
from mfgui.bench.experiments.robustness import squared_errors
from mfgui.bench.plots import Figure
from mfgui.core.arrays import ImageF32, PixelArray, to_float
from mfgui.core.errors import UsageError
from mfgui.core.light import encoded, to_linear
from mfgui.methods.metrics.measures import Measure

LEVELS: dict[str, tuple[float, ...]] = {
    "shift": (0.0, 0.25, 0.5, 1.0, 2.0, 4.0),
    "gain": (0.7, 0.8, 0.9, 1.0, 1.1, 1.25),
    "noise": (0.0, 0.005, 0.01, 0.02, 0.04),
}
"""Pixels to the right; factor of the light; standard deviation of code values, white = 1."""
_AXES = {
    "shift": "shift of one source (pixels)",
    "gain": "gain of one source (light)",
    "noise": "noise of one source (standard deviation, white = 1)",
}
_NONE = {"shift": 0.0, "gain": 1.0, "noise": 0.0}


def disturbed(image: ImageF32, kind: str, level: float, *, seed: tuple[int, ...]) -> ImageF32:
    """A source with a disturbance, (H, W, C) float32, not yet clamped to [0, 1].

    Parameters
    ----------
    image : (H, W, C) float32
    kind : {"shift", "gain", "noise"}
        Moved to the right by `level` pixels (Lanczos, mirrored borders); its light multiplied by
        `level` (sRGB curve); normal noise of this standard deviation added to its code values.
    seed : tuple of int
        Of the noise.
    """
    height, width, channels = image.shape
    if kind == "shift":
        move = np.array([[1.0, 0.0, level], [0.0, 1.0, 0.0]])
        found = cv2.warpAffine(
            image,
            move,
            (width, height),
            flags=cv2.INTER_LANCZOS4,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        return np.asarray(found, np.float32).reshape(height, width, channels)
    if kind == "gain":
        brighter = np.minimum(to_linear(image) * np.float32(level), np.float32(1.0))
        return encoded(brighter)
    noise = np.random.default_rng(seed).standard_normal(image.shape, np.float32)
    return image + np.float32(level) * noise


@dataclass(frozen=True)
class Study:
    """See `frame.Study`.

    Attributes
    ----------
    source : int
        The one that is disturbed, from 1.
    """

    cases: tuple[Case, ...] = field(repr=False)
    methods: tuple[Recipe, ...]
    levels: tuple[tuple[str, tuple[float, ...]], ...] = tuple(LEVELS.items())
    source: int = 2
    seed: int = 0
    measures: tuple[Measure, ...] = ()

    name = "sensitivity"
    keys = ("set", "kind", "level", "method")

    def __post_init__(self) -> None:
        for case in self.cases:
            if self.source > len(case.images):
                hint = f"use 1 to {len(case.images)}"
                raise UsageError(f"{case.name} has no source {self.source}", hint=hint)

    @property
    def columns(self) -> tuple[str, ...]:
        own = ("psnr_undisturbed", "psnr_truth", "seconds")
        return (*self.keys, *own, *(measure.name for measure in self.measures))

    def settings(self) -> dict[str, object]:
        methods = {recipe.label: recipe.settings() for recipe in self.methods}
        return {"methods": methods, "source": self.source, "seed": self.seed}

    def inputs(self) -> tuple[tuple[str, str], ...]:
        return tuple(pair for case in self.cases for pair in case.hashes)

    def jobs(self) -> list[Job]:
        return [
            (case.name, kind, level, method.label)
            for case in self.cases
            for method in self.methods
            for kind, levels in self.levels
            for level in levels
        ]

    def prepared(self) -> tuple[Kitchen, dict[tuple[str, str], ImageF32]]:
        return Kitchen(), {}

    def run(self, shared: tuple[Kitchen, dict[tuple[str, str], ImageF32]], job: Job) -> list[Row]:
        kitchen, kept = shared
        number = next(i for i, case in enumerate(self.cases) if case.name == job[0])
        case, kind, level = self.cases[number], str(job[1]), float(job[2] or 0.0)
        method = next(recipe for recipe in self.methods if recipe.label == job[3])
        if (case.name, method.label) not in kept:
            kept.clear()  # the jobs of one method and set follow each other
            kept[case.name, method.label] = kitchen.fused(method, case.images)[0]
        began = time.perf_counter()
        image, labels = kitchen.fused(method, self._sources(case, number, kind, level))
        seconds = time.perf_counter() - began
        truth = None if case.truth is None else psnr(image, to_float(case.truth))
        return [
            {
                "set": case.name,
                "kind": kind,
                "level": level,
                "method": method.label,
                "psnr_undisturbed": psnr(image, kept[case.name, method.label]),
                "psnr_truth": truth,
                "seconds": seconds,
                **recipes.scores(self.measures, case, image, labels),
            }
        ]

    def _sources(self, case: Case, number: int, kind: str, level: float) -> list[PixelArray]:
        """The sources with one of them disturbed, in the depth of all."""
        if level == _NONE[kind]:
            return case.images
        seed = (self.seed, number, round(level * 1e6))
        image = disturbed(to_float(case.images[self.source - 1]), kind, level, seed=seed)
        sources = list(case.images)
        sources[self.source - 1] = case.stored(np.clip(image, 0.0, 1.0))
        return sources

    def summary(self, rows: Sequence[Row]) -> list[Row]:
        return drawing.means(rows, ("kind", "level", "method"), self.columns[4:])

    def figure(self, rows: Sequence[Row]) -> Figure:
        has_truth = all(case.truth is not None for case in self.cases)
        column = "psnr_truth" if has_truth else "psnr_undisturbed"
        told = "PSNR to the truth (dB)" if has_truth else "PSNR to the undisturbed result (dB)"
        panels = []
        for (kind,), group in frame.grouped(rows, "kind").items():
            panels.append(
                drawing.panel(group, "level", column, by="method", x=_AXES[str(kind)], y=told)
            )
        return Figure(f"Disturbances of source {self.source}, {len(self.cases)} sets", panels)


def psnr(image: ImageF32, other: ImageF32) -> float:
    """In dB: all channels together, white = 1; infinite for equal images."""
    error = float(np.mean(squared_errors(image, other), dtype=np.float64))
    return math.inf if error == 0 else -10.0 * math.log10(error)
