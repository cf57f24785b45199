"""Q and seconds by iteration of variants of MFF-SSIM, from the same map."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mfgui.bench.experiments import drawing, frame
from mfgui.bench.experiments.cases import Case
from mfgui.bench.experiments.frame import Job, Row, Value
from mfgui.bench.experiments.recipes import LAPLACIAN, Kitchen, Recipe
from mfgui.bench.plots import Figure
from mfgui.core.arrays import LabelArray
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim.window import window_size

_ALL = 20  # iterations at the beginning that are all looked at
_LOOKS = 100  # about so many further ones


@dataclass(frozen=True)
class Study:
    """See `frame.Study`. A job gives a row for each iteration that is looked at."""

    cases: tuple[Case, ...] = field(repr=False)
    methods: tuple[Recipe, ...]
    steps: int | None = None
    detector: Recipe = LAPLACIAN

    name = "convergence"
    keys = ("set", "method")
    columns = (*keys, "iteration", "q", "q_box", "seconds")

    def settings(self) -> dict[str, object]:
        methods = {recipe.label: self._asked(recipe).settings() for recipe in self.methods}
        return {"methods": methods, "detector": self.detector.settings()}

    def inputs(self) -> tuple[tuple[str, str], ...]:
        return tuple(pair for case in self.cases for pair in case.hashes)

    def jobs(self) -> list[Job]:
        return [(case.name, recipe.label) for case in self.cases for recipe in self.methods]

    def prepared(self) -> Kitchen:
        return Kitchen()

    def run(self, shared: Kitchen, job: Job) -> list[Row]:
        case = next(case for case in self.cases if case.name == job[0])
        recipe = next(recipe for recipe in self.methods if recipe.label == job[1])
        labels = shared.map_of(self.detector, case)
        shared.warm_up(recipe, case, labels)
        return list(self._rows(shared, case, self._asked(recipe), labels))

    def _asked(self, recipe: Recipe) -> Recipe:
        if self.steps is None:
            return recipe
        explicit = (*recipe.explicit, ("iterations", str(self.steps)))
        return Recipe(recipe.label, recipe.method, explicit)

    def _rows(
        self, shared: Kitchen, case: Case, recipe: Recipe, labels: LabelArray
    ) -> Iterator[Row]:
        from mfgui.methods.optimise.mffssim.objective import BoxJoint

        window = window_size("released", case.size)
        most = int(shared.values(recipe).get("iterations", 1))
        every = max(1, math.ceil((most - _ALL) / _LOOKS))
        with RowWorkers(Compute()) as workers:
            box = BoxJoint(case.images, labels, window=window, workers=workers)
            states, seconds = shared.states(recipe, case.images, labels), 0.0
            pending: dict[str, Value] = {}
            while True:
                began = time.perf_counter()
                state = next(states, None)
                seconds += time.perf_counter() - began
                if state is None:
                    break
                q_box = None
                looked = state.iteration <= _ALL or state.iteration % every == 0
                # The last iteration is only known when there is no further one.
                if looked or state.iteration == most:
                    q_box = box.evaluate(state.image)
                pending = {
                    "set": case.name,
                    "method": recipe.label,
                    "iteration": state.iteration,
                    "q": state.q,
                    "q_box": q_box,
                    "seconds": seconds,
                }
                if q_box is not None:
                    yield pending
            if pending and pending["q_box"] is None:
                yield pending

    def summary(self, rows: Sequence[Row]) -> list[Row]:
        found: list[Row] = []
        for (name, method), group in frame.grouped(rows, "set", "method").items():
            last = max(group, key=lambda row: int(row["iteration"] or 0))
            steps = max(1, int(last["iteration"] or 0))
            boxes = frame.numbers(group, "q_box")
            found.append(
                {
                    "set": name,
                    "method": method,
                    "iterations": last["iteration"],
                    "q": last["q"],
                    "q_box_start": boxes[0],
                    "q_box_end": boxes[-1],
                    "seconds": last["seconds"],
                    "seconds_per_iteration": float(last["seconds"] or 0.0) / steps,
                }
            )
        return found

    def figure(self, rows: Sequence[Row]) -> Figure:
        named = [
            {**row, "digits": None if row["q_box"] is None else _digits(float(row["q_box"]))}
            for row in rows
        ]
        y = "-log10(1 - Q), Q of square windows: 2 is 0.99, 3 is 0.999"
        panels = [
            drawing.panel(
                named,
                across,
                "digits",
                by="method",
                apart="set",
                x=x,
                y=y,
                logarithmic=True,
                marked=False,
            )
            for across, x in (("iteration", "iteration"), ("seconds", "seconds"))
        ]
        return Figure("Convergence of MFF-SSIM", panels)


def _digits(q: float) -> float:
    """Q drawn so that 0.99 and 0.999 are apart."""
    return -math.log10(max(1e-12, 1.0 - q))
