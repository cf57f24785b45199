"""Scores when the regions of a focus map are grown or shrunk (Wang et al., MFIF-GAN, 2021).

One label is moved outward or inward by k pixels, the sources are fused by that map, and each
measure is drawn between its worst and its best value.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from mfgui.bench.experiments import drawing, recipes
from mfgui.bench.experiments.cases import Case
from mfgui.bench.experiments.frame import Job, Row
from mfgui.bench.experiments.recipes import HARD, LAPLACIAN, Kitchen, Recipe
from mfgui.bench.plots import COLOURS, Figure, Panel, Series
from mfgui.core.arrays import LabelArray
from mfgui.methods.metrics import Direction
from mfgui.methods.metrics.measures import Measure

SHAPES = ("square", "disc")


def moved(labels: LabelArray, k: int, *, label: int = 1, shape: str = "square") -> LabelArray:
    """The map with one label grown (k > 0) or shrunk (k < 0) by so many pixels.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        1 ... K; *ignore* neither grows nor is covered.
    shape : {"square", "disc"}
        Pixels at most k columns and rows away, as |k| dilations by 3 x 3; or at most k away.

    Returns
    -------
    (H, W)
        Pixels that a shrunk label loses take the label that grows over them, the lowest of
        several.

    >>> moved(np.array([[1, 2, 2, 2]], np.uint8), 2).tolist()
    [[1, 1, 1, 2]]
    """
    if k == 0:
        return labels.copy()
    ignored = labels == np.iinfo(labels.dtype).max
    found = labels.copy()
    if k > 0:
        found[_grown(labels == label, k, shape) & ~ignored] = label
        return found
    others = [name for name in np.unique(labels) if name not in (label, np.iinfo(labels.dtype).max)]
    for step in range(1, 1 - k):  # the nearest label takes a pixel, not the lowest
        for name in others:
            reached = _grown(labels == name, step, shape)
            found[reached & (found == label) & ~ignored] = name
    return found


def _grown(mask: np.typing.NDArray[np.bool_], k: int, shape: str) -> np.typing.NDArray[np.bool_]:
    side = 2 * k + 1
    kernel = np.ones((side, side), np.uint8)
    if shape == "disc":
        away = np.arange(-k, k + 1)
        kernel = (away[:, None] ** 2 + away**2 <= k * k).astype(np.uint8)
    # Beyond the picture there is nothing that could grow into it.
    grown = cv2.dilate(mask.view(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return grown.astype(np.bool_)


@dataclass(frozen=True)
class Study:
    """See `frame.Study`."""

    cases: tuple[Case, ...] = field(repr=False)
    measures: tuple[Measure, ...]
    most: int = 10
    step: int = 1
    label: int = 1
    shape: str = "square"
    method: Recipe = HARD
    detector: Recipe = LAPLACIAN

    name = "expansion"
    keys = ("set", "k")

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.keys, "changed", "seconds", *(measure.name for measure in self.measures))

    def settings(self) -> dict[str, object]:
        return {
            "method": self.method.settings(),
            "detector": self.detector.settings(),
            "label": self.label,
            "shape": self.shape,
        }

    def inputs(self) -> tuple[tuple[str, str], ...]:
        return tuple(pair for case in self.cases for pair in case.hashes)

    def jobs(self) -> list[Job]:
        steps = [0, *range(self.step, self.most + 1, self.step)]
        sizes = sorted({sign * k for k in steps for sign in (-1, 1)})
        return [(case.name, k) for case in self.cases for k in sizes]

    def prepared(self) -> tuple[Kitchen, dict[str, LabelArray]]:
        return Kitchen(), {}

    def run(self, shared: tuple[Kitchen, dict[str, LabelArray]], job: Job) -> list[Row]:
        kitchen, maps = shared
        case = next(case for case in self.cases if case.name == job[0])
        if case.name not in maps:
            maps.clear()
            maps[case.name] = kitchen.map_of(self.detector, case)
        clean, k = maps[case.name], int(job[1] or 0)
        labels = moved(clean, k, label=self.label, shape=self.shape)
        began = time.perf_counter()
        image, _ = kitchen.fused(self.method, case.images, labels)
        seconds = time.perf_counter() - began
        return [
            {
                "set": case.name,
                "k": k,
                "changed": float(np.mean(labels != clean)),
                "seconds": seconds,
                **recipes.scores(self.measures, case, image, labels),
            }
        ]

    def summary(self, rows: Sequence[Row]) -> list[Row]:
        found = drawing.means(rows, ("k",), self.columns[2:])
        return sorted(found, key=lambda row: float(row["k"] or 0))

    def figure(self, rows: Sequence[Row]) -> Figure:
        summary = self.summary(rows)
        series = [
            # Beyond the number of colours lines are broken.
            Series(name, _normalised(summary, measure), dashed=index >= len(COLOURS), marked=True)
            for index, (name, measure) in enumerate((m.name, m) for m in self.measures)
        ]
        y = "worst 0, best 1"
        told = f"mean of {len(self.cases)} sets, fused by {self.method.label}"
        panel = Panel(told, f"label {self.label} grown by k pixels", y, series, limits=(0.0, 1.0))
        return Figure("Regions of the map grown and shrunk", [panel], width=640.0, height=400.0)


def _normalised(summary: Sequence[Row], measure: Measure) -> list[tuple[float, float]]:
    """The column of a measure between its worst and its best value."""
    values = [(float(r["k"] or 0), r[measure.name]) for r in summary]
    known = [(k, _goodness(float(value), measure)) for k, value in values if value is not None]
    low, high = (f((v for _, v in known), default=0.0) for f in (min, max))
    return [(k, (v - low) / (high - low) if high > low else 0.5) for k, v in known]


def _goodness(value: float, measure: Measure) -> float:
    """Larger where better."""
    if measure.definition.direction is Direction.ZERO:
        return -abs(value)
    return -value if measure.definition.direction is Direction.LOWER else value
