"""The loop of every training: steps, validation, curve, and a state from which it goes on."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from mfgui.core.errors import InputError, UsageError
from mfgui.files import atomic
from mfgui.nets.weights import Weights, write
from mfgui.train import curve
from mfgui.train.task import Task

_FORMAT = "mfgui training"
_WARM_UP = 100  # steps
_FINAL = 0.01  # share of the learning rate at the end of the decay
_SETTLING = 0.2  # share of the steps after it, which show whether the network has settled
_PLATEAU = 0.01  # relative gain of the last fifth below which a network counts as trained

Schedule = Literal["constant", "decay"]


@dataclass(frozen=True)
class Plan:
    """How long and how fast.

    Attributes
    ----------
    steps : int
    rate : float
        Factor of the papers' learning rates.
    schedule : str
        "constant", or "decay": warm-up over 100 steps, half a cosine down to a hundredth, and
        a fifth of the steps at that.
    settle : int
        Further steps at the last rate, which a training that has ended may be given, too.
    interval : int
        Steps between validations.
    save_every : float
        Seconds between saved states.
    """

    steps: int
    rate: float = 1.0
    schedule: Schedule = "decay"
    settle: int = 0
    interval: int = 250
    save_every: float = 60.0

    @property
    def total(self) -> int:
        """All steps."""
        return self.steps + self.settle

    def factor(self, step: int) -> float:
        """Of the learning rates in step 0, 1, ..."""
        if self.schedule == "constant":
            return self.rate
        done = min(1.0, step / max(1.0, (1 - _SETTLING) * self.steps))
        fall = _FINAL + (1 - _FINAL) * (1 + math.cos(math.pi * done)) / 2
        return self.rate * fall * min(1.0, (step + 1) / _WARM_UP)


@dataclass
class Progress:
    """What has been reached; all of it is in the saved state."""

    step: int = 0
    seconds: float = 0.0
    rows: list[dict[str, float]] = field(default_factory=list)
    best: float = math.inf
    best_step: int = 0


class Trainer:
    """Trains a task up to the end of its plan, or until told to stop.

    Beside the weights `output` (NAME.safetensors, the best by validation so far) it keeps
    NAME.training, from which the training goes on bit for bit, NAME.csv and NAME.png with the
    curve. All are written atomically.
    """

    def __init__(self, task: Task, plan: Plan, output: Path, *, seed: int) -> None:
        self.task, self.plan, self.output = task, plan, output
        self.progress = Progress()
        self._rng = np.random.default_rng(seed)
        self._seed = seed
        self._best: dict[str, Tensor] = {}
        self._unsaved: dict[str, list[float]] = {}
        for optimiser in task.optimisers.values():
            for group in optimiser.param_groups:
                group["base_lr"] = group["lr"]

    @property
    def state_path(self) -> Path:
        return self.output.with_suffix(".training")

    def run(
        self,
        watch: Callable[[Progress], None] = lambda _: None,
        *,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Go on to the end, or until `stopped` after a step. `watch` is called after every
        validation.

        Whatever ends it within a step, the state saved last is that of a whole step.
        """
        saved = time.monotonic()
        while self.progress.step < self.plan.total and not stopped():
            self._step()
            if self._validates():
                self._validate()
                watch(self.progress)
            if time.monotonic() - saved > self.plan.save_every:
                self.save()
                saved = time.monotonic()
        self.save()
        if self._best:
            self._write()

    def _step(self) -> None:
        began = time.monotonic()
        factor = self.plan.factor(self.progress.step)
        for optimiser in self.task.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = group["base_lr"] * factor
        losses = self.task.train_step(self._rng)
        if not all(math.isfinite(loss) for loss in losses.values()):
            raise UsageError(
                f"the training diverged in step {self.progress.step + 1} ({losses})",
                hint="start again with a smaller --rate or another --seed",
            )
        for name, loss in losses.items():
            self._unsaved.setdefault(name, []).append(loss)
        self.progress.step += 1
        self.progress.seconds += time.monotonic() - began

    def _validates(self) -> bool:
        step = self.progress.step
        return step % self.plan.interval == 0 or step == self.plan.total

    def _validate(self) -> None:
        began = time.monotonic()
        found = self.task.validation()
        progress = self.progress
        if found["loss"] < progress.best:
            progress.best, progress.best_step = found["loss"], progress.step
            generator = self.task.modules["generator"].state_dict()
            self._best = {name: value.detach().cpu().clone() for name, value in generator.items()}
        progress.seconds += time.monotonic() - began
        means = {f"train {name}": float(np.mean(v)) for name, v in self._unsaved.items()}
        named = {f"validation {name}": value for name, value in found.items()}
        head = {"step": float(progress.step), "seconds": round(progress.seconds, 1)}
        progress.rows.append({**head, **means, **named})
        self._unsaved.clear()
        self._write()

    def _write(self) -> None:
        write(self.output, self.weights())
        curve.write_csv(self.output.with_suffix(".csv"), self.progress.rows)
        curve.write_png(self.output.with_suffix(".png"), self.progress.rows, self.task.name)

    def weights(self) -> Weights:
        """The best generator so far."""
        return Weights(
            network=self.task.name,
            sizes=dict(self.task.sizes),
            tensors=self._best,
            facts=self.facts(),
            origin="mfgui",
        )

    def facts(self) -> dict[str, str]:
        """What the card tells of the training."""
        progress = self.progress
        device = next(iter(self.task.modules["generator"].parameters())).device
        return {
            **self.task.facts,
            "seed": str(self._seed),
            "threads": str(torch.get_num_threads()),
            "steps": f"{progress.step} of {self.plan.total}",
            "seconds": f"{progress.seconds:.0f}",
            "device": str(device),
            "learning rate": f"{self.plan.rate:g} times the paper's, {self.plan.schedule}",
            "best validation loss": f"{progress.best:.6g} after {progress.best_step} steps",
            "end": ending(progress.rows, self.plan.total),
        }

    def save(self) -> None:
        """Write the state."""
        optimisers = {name: o.state_dict() for name, o in self.task.optimisers.items()}
        state = {
            "format": _FORMAT,
            "head": json.dumps(self._head()),
            "progress": json.dumps(asdict(self.progress)),
            "unsaved": json.dumps(self._unsaved),
            "random": json.dumps(self._rng.bit_generator.state),
            "torch_random": torch.get_rng_state(),
            "modules": {name: m.state_dict() for name, m in self.task.modules.items()},
            "optimisers": optimisers,
            "extra": dict(self.task.extra_state()),
            "best": self._best,
        }
        with atomic.atomic_file(self.state_path) as temporary:
            torch.save(state, temporary)

    def resume(self) -> bool:
        """Take up the saved state, if there is one; whether there was.

        Raises
        ------
        InputError
            When the file is no state of a training.
        UsageError
            When it is that of another training.
        """
        path = self.state_path
        if not path.exists():
            return False
        state = _read_state(path)
        head = json.loads(state["head"])
        if head != self._head():
            differing = ", ".join(k for k, v in self._head().items() if head.get(k) != v)
            raise UsageError(
                f"is the state of a training with other settings ({differing})",
                path=path,
                hint="use the same options to go on, or --again to start over",
            )
        self._take(state)
        return True

    def _take(self, state: Mapping[str, Any]) -> None:
        for name, module in self.task.modules.items():
            module.load_state_dict(state["modules"][name])
        for name, optimiser in self.task.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        self.task.load_extra_state(state["extra"])
        self.progress = Progress(**json.loads(state["progress"]))
        self._unsaved = json.loads(state["unsaved"])
        self._rng.bit_generator.state = json.loads(state["random"])
        torch.set_rng_state(state["torch_random"])
        self._best = state["best"]

    def _head(self) -> dict[str, Any]:
        """What must be the same to go on."""
        free = ("save_every", "settle")
        plan = {key: value for key, value in asdict(self.plan).items() if key not in free}
        facts = {key: fact for key, fact in self.task.facts.items() if key != "data"}
        own = {"name": self.task.name, "sizes": dict(self.task.sizes), "seed": self._seed}
        return {**own, **facts, **plan}


def _read_state(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["format"] == _FORMAT:
            return dict(state)
    except Exception as error:  # a damaged file fails in any way
        raise InputError(
            f"is no saved training ({type(error).__name__})", path=path, hint="use --again"
        ) from error
    raise InputError("is no saved training", path=path, hint="use --again")


def gain_of_last_fifth(rows: list[dict[str, float]], steps: int) -> float:
    """By which share the best validation loss of the last fifth of `steps` is below that of the
    fifth before; infinite while there is nothing to compare."""

    def best(first: float, last: float) -> float:
        inside = [r["validation loss"] for r in rows if first * steps < r["step"] <= last * steps]
        return min(inside, default=math.nan)

    before, after = best(0.6, 0.8), best(0.8, 1.0)
    return (before - after) / before if before > 0 and math.isfinite(after) else math.inf


def ending(rows: list[dict[str, float]], steps: int) -> str:
    """Whether a training has ended, and how."""
    if not rows or rows[-1]["step"] < steps:
        return "not ended"
    gain = gain_of_last_fifth(rows, steps)
    reached = "a plateau" if gain < _PLATEAU else "the number of steps, still falling"
    return f"{reached}: the last fifth of the steps gained {gain:.2%}"
