"""Quality against the size of the window (figure 6 of Xu et al. 2020).

The side of the window is alpha times the number of pixels, made odd; the detector uses the same
window, unless its own is set.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from mfgui.bench.experiments import drawing, recipes
from mfgui.bench.experiments.cases import Case
from mfgui.bench.experiments.frame import Job, Row
from mfgui.bench.experiments.recipes import LAPLACIAN, MS_LAP, Kitchen, Recipe
from mfgui.bench.plots import Figure
from mfgui.core.arrays import Size
from mfgui.core.compute import Compute
from mfgui.methods.metrics.measures import Measure
from mfgui.methods.optimise.mffssim.window import window_size
from mfgui.methods.registry import load

DEFAULT_ALPHAS = tuple(round(1e-5 * (k + 0.5), 7) for k in range(1, 10))


def window_of(alpha: float, size: Size) -> int:
    """The paper's side length alpha M N, made odd as the released program does; it fits.

    >>> window_of(5e-5, Size(432, 624)), window_of(9.5e-5, Size(868, 568))
    (13, 47)
    """
    window = max(3, 2 * int(alpha * size.pixels // 2) + 1)
    smaller = min(size.width, size.height)
    return window_size(min(window, smaller - 1 + smaller % 2), size)


@dataclass(frozen=True)
class Study:
    """See `frame.Study`."""

    cases: tuple[Case, ...] = field(repr=False)
    alphas: tuple[float, ...] = DEFAULT_ALPHAS
    method: Recipe = MS_LAP
    detector: Recipe = LAPLACIAN
    measures: tuple[Measure, ...] = ()

    name = "window"
    keys = ("set", "alpha")

    @property
    def columns(self) -> tuple[str, ...]:
        own = ("window", "q", "q_box", "iterations", "seconds")
        return (*self.keys, *own, *(measure.name for measure in self.measures))

    def settings(self) -> dict[str, object]:
        return {"method": self.method.settings(), "detector": self.detector.settings()}

    def inputs(self) -> tuple[tuple[str, str], ...]:
        return tuple(pair for case in self.cases for pair in case.hashes)

    def jobs(self) -> list[Job]:
        return [(case.name, alpha) for case in self.cases for alpha in self.alphas]

    def prepared(self) -> Kitchen:
        return Kitchen()

    def run(self, shared: Kitchen, job: Job) -> list[Row]:
        case = next(case for case in self.cases if case.name == job[0])
        alpha = float(job[1] or 0.0)
        window = window_of(alpha, case.size)
        labels = shared.map_of(_with_window(self.detector, window), case)
        shared.warm_up(self.method, case, labels)
        began = time.perf_counter()
        states = shared.states(_with_window(self.method, window), case.images, labels)
        for state in states:
            last = state
        seconds = time.perf_counter() - began
        return [
            {
                "set": case.name,
                "alpha": alpha,
                "window": window,
                "q": last.q,
                "q_box": q_box(case, labels, last.image),
                "iterations": last.iteration,
                "seconds": seconds,
                **recipes.scores(self.measures, case, last.image, labels),
            }
        ]

    def summary(self, rows: Sequence[Row]) -> list[Row]:
        return drawing.means(rows, ("alpha",), self.columns[2:])

    def figure(self, rows: Sequence[Row]) -> Figure:
        shown = [("q", "Q at its own window"), ("seconds", "seconds")]
        shown += [(measure.name, measure.definition.title) for measure in self.measures]
        panels = [
            drawing.panel(rows, "alpha", column, by="set", x="alpha = side / pixels", y=title)
            for column, title in shown[:4]
        ]
        return Figure(f"Window of MFF-SSIM ({self.method.label})", panels)


def _with_window(recipe: Recipe, window: int) -> Recipe:
    """The recipe with this window, if it has one that was not set."""
    if recipe.method == recipes.GIVEN or "window" in dict(recipe.explicit):
        return recipe
    names = {parameter.name for parameter in load().get(recipe.method).parameters}
    if "window" not in names:
        return recipe
    return Recipe(recipe.label, recipe.method, (*recipe.explicit, ("window", str(window))))


def q_box(case: Case, labels: object, image: object) -> float:
    """Q of square windows of the released size, to compare images made with others."""
    from mfgui.methods.optimise.mffssim import objective

    window = window_size("released", case.size)
    return objective.q_box(case.images, labels, image, window=window, compute=Compute())  # type: ignore[arg-type]
