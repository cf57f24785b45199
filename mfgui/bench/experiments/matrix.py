"""Every detector with every way to fuse by its map."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from mfgui.bench.experiments import drawing, frame, recipes
from mfgui.bench.experiments.cases import Case
from mfgui.bench.experiments.frame import Job, Row
from mfgui.bench.experiments.recipes import Kitchen, Recipe
from mfgui.bench.plots import Figure, Panel, Series
from mfgui.core.arrays import LabelArray
from mfgui.methods.metrics.measures import Measure

_PANELS = 3
_Kept = dict[tuple[str, str], tuple[LabelArray, float]]


@dataclass(frozen=True)
class Study:
    """See `frame.Study`."""

    cases: tuple[Case, ...] = field(repr=False)
    detectors: tuple[Recipe, ...]
    methods: tuple[Recipe, ...]
    measures: tuple[Measure, ...]

    name = "matrix"
    keys = ("set", "detector", "method")

    @property
    def columns(self) -> tuple[str, ...]:
        own = ("seconds_map", "seconds_fuse")
        return (*self.keys, *own, *(measure.name for measure in self.measures))

    def settings(self) -> dict[str, object]:
        return {
            "detectors": {recipe.label: recipe.settings() for recipe in self.detectors},
            "methods": {recipe.label: recipe.settings() for recipe in self.methods},
        }

    def inputs(self) -> tuple[tuple[str, str], ...]:
        return tuple(pair for case in self.cases for pair in case.hashes)

    def jobs(self) -> list[Job]:
        return [
            (case.name, detector.label, method.label)
            for case in self.cases
            for detector in self.detectors
            for method in self.methods
        ]

    def prepared(self) -> tuple[Kitchen, _Kept]:
        return Kitchen(), {}

    def run(self, shared: tuple[Kitchen, _Kept], job: Job) -> list[Row]:
        kitchen, kept = shared
        case = next(case for case in self.cases if case.name == job[0])
        detector = next(recipe for recipe in self.detectors if recipe.label == job[1])
        method = next(recipe for recipe in self.methods if recipe.label == job[2])
        if (case.name, detector.label) not in kept:
            kept.clear()  # the jobs of one map follow each other
            began = time.perf_counter()
            labels = kitchen.map_of(detector, case)
            kept[case.name, detector.label] = labels, time.perf_counter() - began
        labels, seconds = kept[case.name, detector.label]
        began = time.perf_counter()
        image, _ = kitchen.fused(method, case.images, labels)
        fused = time.perf_counter() - began
        return [
            {
                "set": case.name,
                "detector": detector.label,
                "method": method.label,
                "seconds_map": seconds,
                "seconds_fuse": fused,
                **recipes.scores(self.measures, case, image, labels),
            }
        ]

    def summary(self, rows: Sequence[Row]) -> list[Row]:
        return drawing.means(rows, ("detector", "method"), self.columns[3:])

    def figure(self, rows: Sequence[Row]) -> Figure:
        names = [recipe.label for recipe in self.detectors]
        panels = []
        for measure in self.measures[:_PANELS]:
            series = []
            for (method,), group in frame.grouped(rows, "method").items():
                points = [
                    (float(names.index(str(row["detector"]))), float(row[measure.name] or 0.0))
                    for row in group
                    if row[measure.name] is not None
                ]
                kind = "boxes" if len(self.cases) > 4 else "dots"
                series.append(Series(str(method), points, kind=kind))  # type: ignore[arg-type]
            title = f"{measure.definition.title} ({measure.definition.direction} is better)"
            panels.append(Panel(title, "", measure.name, series, names=names))
        title = f"Detectors and ways to fuse, {len(self.cases)} sets"
        return Figure(title, panels, height=420.0)
