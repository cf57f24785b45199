"""How well MFF-SSIM bears a wrong focus map (figure 7 of Xu et al. 2020).

The label of every pixel is exchanged with probability p for a random other one. MFF-SSIM runs from
the average of the sources with this map, and its image is compared with the one that the same
settings give with the clean map; so is the hard composite by the corrupted map, to the same image.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mfgui.bench.experiments import frame, pair
from mfgui.bench.experiments.cases import Case
from mfgui.bench.experiments.frame import Job, Row
from mfgui.bench.plots import Figure, Panel, Series
from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, to_float
from mfgui.core.compose import mean_image
from mfgui.core.compute import Compute
from mfgui.core.labels import ignore_label
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import solvers
from mfgui.methods.optimise.mffssim.window import window_size
from mfgui.methods.registry import Value, load

METHOD = "ms-lap"
OBJECTIVES = ("box-joint", "gaussian")
DEFAULTS: dict[str, Value] = {
    "variant": "ours",
    "start": "average",
    "window": "released",
    "tolerance": 0.0,
    "change": 0.0,
    "active": "full",
    "coarse": False,
}
"""Every run takes all its steps, from the average, with all pixels free."""


@dataclass(frozen=True)
class Study:
    """See `frame.Study`; one set of images with its map.

    Attributes
    ----------
    values : tuple of (name, value)
        Parameters of MFF-SSIM that differ from `DEFAULTS`.
    """

    case: Case = field(repr=False)
    probabilities: tuple[float, ...]
    objectives: tuple[str, ...] = OBJECTIVES
    repeats: int = 100
    steps: int = 20
    seed: int = 0
    values: tuple[tuple[str, str], ...] = ()

    name = "robustness"
    keys = ("p", "objective", "repeat")
    columns = (*keys, "changed", "psnr", "psnr_composite", "q", "iterations", "seconds")

    def __post_init__(self) -> None:
        """Refuse wrong parameters before anything is written."""
        for name in self.objectives:
            window = self.resolved(name)["window"]
            if window != "auto":
                window_size(window, self.case.size)  # type: ignore[arg-type]

    def settings(self) -> dict[str, object]:
        resolved = {name: self.resolved(name) for name in self.objectives}
        return {"method": METHOD, "seed": self.seed, "parameters": resolved}

    def resolved(self, objective: str) -> dict[str, Value]:
        """All parameters of the runs with an objective; raises UsageError for wrong ones."""
        given = {**DEFAULTS, "iterations": self.steps, **dict(self.values), "objective": objective}
        return load().get(METHOD).resolve(given)

    def inputs(self) -> tuple[tuple[str, str], ...]:
        return self.case.hashes

    def jobs(self) -> list[Job]:
        # Without a wrong label all repeats are the same.
        return [
            (p, objective, repeat)
            for p in self.probabilities
            for repeat in range(self.repeats if p > 0 else 1)
            for objective in self.objectives
        ]

    def prepared(self) -> dict[str, Runs]:
        return {name: Runs(self.case, self.resolved(name)) for name in self.objectives}

    def run(self, shared: dict[str, Runs], job: Job) -> list[Row]:
        p, objective, repeat = float(job[0] or 0.0), str(job[1]), int(job[2] or 0)
        runs, clean = shared[objective], self.case.labels
        assert clean is not None
        labels = corrupted(clean, p, count=len(self.case.images), seed=(self.seed, repeat))
        began = time.perf_counter()
        image, q, iterations = runs.ascend(labels)
        seconds = time.perf_counter() - began
        return [
            {
                "p": p,
                "objective": objective,
                "repeat": repeat,
                "changed": float(np.mean(labels != clean)),
                "psnr": runs.psnr(image),
                "psnr_composite": runs.psnr_composite(labels),
                "q": q,
                "iterations": iterations,
                "seconds": seconds,
            }
        ]

    def summary(self, rows: Sequence[Row]) -> list[Row]:
        found: list[Row] = []
        for (objective, p), group in sorted(frame.grouped(rows, "objective", "p").items()):
            ours, hard = frame.numbers(group, "psnr"), frame.numbers(group, "psnr_composite")
            gains = [a - b for a, b in zip(ours, hard, strict=True)]
            found.append(
                {
                    "objective": objective,
                    "p": p,
                    "runs": len(group),
                    **frame.described(group, "psnr"),
                    **frame.described(group, "psnr_composite"),
                    "gain_mean": float(np.mean(gains)),
                    **frame.described(group, "q"),
                    "seconds_mean": float(np.mean(frame.numbers(group, "seconds"))),
                }
            )
        return found

    def figure(self, rows: Sequence[Row]) -> Figure:
        series, summary = [], self.summary(rows)
        for index, objective in enumerate(self.objectives):
            mine = [row for row in summary if row["objective"] == objective]
            named = (
                (f"MFF-SSIM, {objective}", "psnr"),
                (f"composite, {objective}", "psnr_composite"),
            )
            for dashed, (title, column) in enumerate(named):
                points = [(_n(row["p"]), _n(row[f"{column}_mean"])) for row in mine]
                band = [
                    (x, *_spread(row, column)) for (x, _), row in zip(points, mine, strict=True)
                ]
                series.append(
                    Series(title, points, band, dashed=bool(dashed), marked=not dashed,
                           colour=2 * dashed + index)
                )  # fmt: skip
        title = f"Corrupted map: {self.case.name}, {self.steps} steps from the average"
        y = "PSNR to the image from the clean map (dB)"
        panel = Panel("mean and standard deviation", "share of exchanged labels p", y, series)
        return Figure(title, [panel], width=640.0, height=400.0)


def _n(value: object) -> float:
    return math.nan if value is None else float(value)  # type: ignore[arg-type]


def _spread(row: Row, column: str) -> tuple[float, float]:
    mean, std = _n(row[f"{column}_mean"]), _n(row[f"{column}_std"])
    return mean - std, mean + std


def corrupted(labels: LabelArray, p: float, *, count: int, seed: tuple[int, int]) -> LabelArray:
    """The map with every label exchanged, with probability `p`, for a random other one.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        Values other than 1 ... `count` stay.
    count : int
        Number of sources.
    seed : (seed, repeat)
        With p of the random numbers.

    >>> clean = np.ones((2, 3), np.uint8)
    >>> corrupted(clean, 1.0, count=2, seed=(0, 0)).tolist()
    [[2, 2, 2], [2, 2, 2]]
    """
    rng = np.random.default_rng((*seed, round(p * 1e6)))
    hit = rng.random(labels.shape, np.float32) < p
    hit &= (labels >= 1) & (labels <= count)
    found = labels.copy()
    on = rng.integers(1, count, int(np.count_nonzero(hit))) if count > 2 else 1
    found[hit] = (labels[hit].astype(np.int64) - 1 + on) % count + 1
    return found


class Runs:
    """Ascents of one pair or stack by many maps, with one setting."""

    def __init__(self, case: Case, values: dict[str, Value]) -> None:
        assert case.labels is not None
        self._case, self._images, self._values = case, case.images, values
        self._start = mean_image(case.images)
        self._workers = RowWorkers(Compute())
        self._pair = self._shared_pair()
        self.reference = self.ascend(case.labels)[0]
        self._errors = [squared_errors(image, self.reference) for image in self._images]
        self._errors_of_mean = squared_errors(self._start, self.reference)

    def ascend(self, labels: LabelArray) -> tuple[ImageF32, float, int]:
        """The last image of a run, its Q, and the steps taken."""
        if self._pair is not None and _all_named(labels, 2):
            states = self._by_pair(self._pair, labels)
        else:
            function = load().get(METHOD).function
            compute = self._workers.compute
            states = function(self._images, labels, compute=compute, **self._values)
        for state in states:
            last = state
        return np.array(last.image), last.q, last.iteration

    def psnr(self, image: ImageF32) -> float:
        """To the image of the clean map, in dB: all channels together, white = 1."""
        return _decibels(float(np.mean(squared_errors(image, self.reference))))

    def psnr_composite(self, labels: LabelArray) -> float:
        """The same of the hard composite by a map, which is not made for that."""
        total = 0.0
        for label, errors in enumerate(self._errors, start=1):
            total += float(np.sum(errors, where=labels == label))
        total += float(np.sum(self._errors_of_mean, where=labels == ignore_label(labels)))
        return _decibels(total / labels.size)

    def _shared_pair(self) -> pair.Pair | None:
        """Where the loops for one pair and many maps give what the method gives."""
        values = self._values
        asked = {
            "objective": "gaussian",
            "solver": "preconditioned",
            "active": "full",
            "light": "encoded",
            "start": "average",
        }
        if any(values[name] != value for name, value in asked.items()):
            return None
        if values["window"] == "auto":
            return None
        window = window_size(values["window"], self._case.size)  # type: ignore[arg-type]
        if not pair.fits(self._images, window):
            return None
        return pair.Pair(self._images, window=window, workers=self._workers)

    def _by_pair(self, shared: pair.Pair, labels: LabelArray) -> Iterator[Any]:
        values = self._values
        limits = solvers.Limits(
            int(values["iterations"]), float(values["tolerance"]), float(values["change"])
        )
        return solvers.preconditioned(
            pair.PairGaussian(shared, labels),
            self._start.copy(),
            limits=limits,
            accelerated=bool(values["accelerated"]),
        )


def _all_named(labels: LabelArray, count: int) -> bool:
    return bool(labels.min() >= 1 and labels.max() <= count)


def squared_errors(image: PixelArray, reference: ImageF32) -> npt.NDArray[np.float32]:
    """Mean squared difference of the channels of each pixel, (H, W)."""
    away = to_float(image) - reference
    found: npt.NDArray[np.float32] = np.einsum("hwc,hwc->hw", away, away) / image.shape[2]
    return found


def _decibels(error: float) -> float:
    return math.inf if error == 0 else -10.0 * math.log10(error)
