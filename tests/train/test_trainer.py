"""The training loop: what is kept, when, and that a stopped training goes on bit for bit."""

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import nn

from mfgui.core.errors import InputError, UsageError
from mfgui.nets import weights
from mfgui.nets.mff_gan import Generator
from mfgui.train import curve
from mfgui.train import trainer as trainers
from mfgui.train.trainer import Plan, Trainer, ending, gain_of_last_fifth


class Fitting:
    """Learns noise, drawn by both generators; validation losses as told, or measured."""

    name = "mff-gan"

    def __init__(self, losses: list[float] | None = None, *, facts: str = "none") -> None:
        torch.manual_seed(3)
        self.net = Generator(width=2)
        self.optimiser = torch.optim.Adam(self.net.parameters(), lr=1e-2)
        self.modules: Mapping[str, nn.Module] = {"generator": self.net}
        self.optimisers = {"generator": self.optimiser}
        self.sizes = {"width": 2}
        self.facts = {"loss": facts, "data": "one picture"}
        self.told = losses
        self.calls = 0
        self.rates: list[float] = []

    def train_step(self, rng: np.random.Generator) -> dict[str, float]:
        self.calls += 1
        self.rates.append(self.optimiser.param_groups[0]["lr"])
        a, b = torch.from_numpy(rng.random((2, 1, 1, 8, 8), np.float32))
        loss = ((self.net(a, b) - torch.rand(()) * (a + b)) ** 2).mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return {"loss": loss.item()}

    def validation(self) -> dict[str, float]:
        if self.told is not None:
            return {"loss": self.told.pop(0)}
        with torch.no_grad():
            return {"loss": float(sum((p**2).sum() for p in self.net.parameters()))}

    def extra_state(self) -> dict[str, Any]:
        return {"calls": self.calls}

    def load_extra_state(self, state: Mapping[str, Any]) -> None:
        self.calls = state["calls"]


def trained(task: Fitting, folder: Path, **plan: Any) -> Trainer:
    trainer = Trainer(
        task, Plan(**{"steps": 12, "interval": 3, **plan}), folder / "w.safetensors", seed=5
    )
    trainer.run()
    return trainer


def table(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def tensors_of(module: nn.Module) -> list[torch.Tensor]:
    return [value.clone() for value in module.state_dict().values()]


def test_that_the_best_weights_by_validation_are_written(tmp_path: Path) -> None:
    task = Fitting([3.0, 1.0, 2.0, 4.0])
    kept: list[list[torch.Tensor]] = []
    trainer = Trainer(task, Plan(12, interval=3), tmp_path / "w.safetensors", seed=5)
    trainer.run(lambda _: kept.append(tensors_of(task.net)))
    written = weights.read(tmp_path / "w.safetensors")
    assert (written.network, dict(written.sizes)) == ("mff-gan", {"width": 2})
    for found, best in zip(written.tensors.values(), kept[1], strict=True):
        torch.testing.assert_close(found, best.half().float(), rtol=0, atol=0)
    assert written.facts["best validation loss"] == "1 after 6 steps"
    assert written.facts["seed"] == "5"


def test_that_a_stopped_training_goes_on_bit_for_bit(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = Fitting()
    trained(whole, tmp_path / "whole")
    first = Fitting()
    plan, output = Plan(12, interval=3), tmp_path / "parts" / "w.safetensors"
    # Between two validations.
    Trainer(first, plan, output, seed=5).run(stopped=lambda: first.calls == 7)
    second = Fitting()
    torch.manual_seed(99)
    trainer = Trainer(second, plan, output, seed=5)
    assert trainer.resume()
    assert (trainer.progress.step, second.calls) == (7, 7)
    trainer.run()
    for found, expected in zip(tensors_of(second.net), tensors_of(whole.net), strict=True):
        assert torch.equal(found, expected)
    tables = [table(path) for path in sorted(tmp_path.glob("*/w.csv"))]
    for row in (row for rows in tables for row in rows):
        del row["seconds"]
    assert tables[0] == tables[1]
    assert [row["step"] for row in tables[0]] == ["3", "6", "9", "12"]


def test_that_an_ended_training_is_not_trained_further(tmp_path: Path) -> None:
    trained(Fitting(), tmp_path)
    again = Fitting()
    trainer = Trainer(again, Plan(12, interval=3), tmp_path / "w.safetensors", seed=5)
    assert trainer.resume()
    trainer.run()
    assert again.calls == 12


@pytest.mark.parametrize("change", ["facts", "plan", "seed"])
def test_that_another_training_is_not_taken_up(tmp_path: Path, change: str) -> None:
    trained(Fitting(), tmp_path)
    task = Fitting(facts="another" if change == "facts" else "none")
    plan = Plan(13 if change == "plan" else 12, interval=3)
    seed = 6 if change == "seed" else 5
    trainer = Trainer(task, plan, tmp_path / "w.safetensors", seed=seed)
    with pytest.raises(UsageError, match={"facts": "loss", "plan": "steps"}.get(change, change)):
        trainer.resume()


@pytest.mark.parametrize("content", [b"", b"not a state", b"PK\x03\x04broken"])
def test_that_a_damaged_state_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.training").write_bytes(content)
    trainer = Trainer(Fitting(), Plan(12), tmp_path / "w.safetensors", seed=5)
    with pytest.raises(InputError, match="is no saved training") as told:
        trainer.resume()
    assert "--again" in str(told.value)


def test_that_a_state_runs_no_code(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "touched",))

    torch.save({"format": "mfgui training", "head": Evil()}, tmp_path / "w.training")
    with pytest.raises(InputError):
        Trainer(Fitting(), Plan(12), tmp_path / "w.safetensors", seed=5).resume()
    assert not (tmp_path / "touched").exists()


def test_that_a_step_that_fails_leaves_the_state_of_a_whole_step(tmp_path: Path) -> None:
    class Failing(Fitting):
        def train_step(self, rng: np.random.Generator) -> dict[str, float]:
            if self.calls == 5:
                rng.random()
                raise MemoryError
            return super().train_step(rng)

    with pytest.raises(MemoryError):
        trained(Failing(), tmp_path, save_every=-1.0)
    again = Fitting()
    trainer = Trainer(again, Plan(12, interval=3), tmp_path / "w.safetensors", seed=5)
    assert trainer.resume()
    trainer.run()
    (tmp_path / "whole").mkdir()
    whole = Fitting()
    trained(whole, tmp_path / "whole")
    assert all(map(torch.equal, tensors_of(again.net), tensors_of(whole.net)))


def test_that_a_diverged_training_ends_with_one_line(tmp_path: Path) -> None:
    class Diverging(Fitting):
        def train_step(self, rng: np.random.Generator) -> dict[str, float]:
            return {"loss": math.nan}

    with pytest.raises(UsageError, match="diverged in step 1"):
        trained(Diverging(), tmp_path)


def test_that_rates_warm_up_fall_and_settle(tmp_path: Path) -> None:
    plan = Plan(1000, rate=2.0)
    factors = [plan.factor(step) for step in range(1000)]
    assert factors[0] == pytest.approx(2.0 / 100, rel=1e-4)
    assert factors[400] == pytest.approx(2.0 * (0.01 + 0.99 / 2))
    assert factors[800:] == [pytest.approx(0.02)] * 200
    assert np.all(np.diff(factors[100:801]) < 0)
    assert {Plan(10, schedule="constant", rate=3.0).factor(step) for step in range(10)} == {3.0}
    task = Fitting()
    trained(task, tmp_path, rate=2.0)
    assert task.rates == [pytest.approx(1e-2 * Plan(12, rate=2.0).factor(n)) for n in range(12)]


def test_that_a_training_that_has_ended_settles_further(tmp_path: Path) -> None:
    task = Fitting([1.0] * 4 + [0.5])
    trained(task, tmp_path)
    again = Trainer(task, Plan(12, interval=3, settle=3), tmp_path / "w.safetensors", seed=5)
    assert again.resume()
    again.run()
    assert again.progress.step == 15
    assert task.rates[-3:] == pytest.approx([1e-2 * 0.01 * n / 100 for n in (13, 14, 15)])
    assert again.facts()["steps"] == "15 of 15"
    assert again.facts()["end"].startswith("the number of steps, still falling")


def test_that_a_plateau_is_told_from_a_fall() -> None:
    def rows(losses: list[float]) -> list[dict[str, float]]:
        return [{"step": 10.0 * (n + 1), "validation loss": v} for n, v in enumerate(losses)]

    falling = rows([10, 9, 8, 7, 6, 5, 4.0, 3.5, 3.0, 2.0])
    assert gain_of_last_fifth(falling, 100) == pytest.approx((3.5 - 2.0) / 3.5)
    assert ending(falling, 100).startswith("the number of steps, still falling")
    settled = rows([10, 9, 8, 7, 6, 5, 3.02, 3.0, 2.98, 2.99])
    assert gain_of_last_fifth(settled, 100) == pytest.approx(0.02 / 3.0)
    assert ending(settled, 100) == "a plateau: the last fifth of the steps gained 0.67%"
    assert ending(settled, 200) == "not ended"
    assert ending([], 200) == "not ended"


def test_that_the_curve_is_drawn_and_listed(tmp_path: Path) -> None:
    trained(Fitting(), tmp_path)
    with Image.open(tmp_path / "w.png") as picture:
        assert picture.size == (900, 520)
        colours = {colour for _, colour in picture.getcolors(1 << 20)}
    assert {(0, 114, 178), (213, 94, 0)} <= colours
    rows = table(tmp_path / "w.csv")
    assert list(rows[0]) == ["step", "seconds", "train loss", "validation loss"]
    assert all(float(row["validation loss"]) > 0 for row in rows)


@pytest.mark.parametrize(
    ("losses", "labels"),
    [
        ([1e4, 1e3, 1e2, 10.0, 1.0], ["1", "10", "100", "1e+03", "1e+04"]),
        ([5.0, 3.0, 1.0, -1.0, -3.0], ["-3", "-1", "1", "3", "5"]),
    ],
    ids=["powers of ten", "not all positive"],
)
def test_that_the_axis_of_positive_losses_is_logarithmic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, losses: list[float], labels: list[str]
) -> None:
    texts: list[str] = []
    write = ImageDraw.ImageDraw.text

    def noted(self: ImageDraw.ImageDraw, xy: Any, text: str, **options: Any) -> None:
        texts.append(text)
        write(self, xy, text, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", noted)
    rows = [{"step": float(n), "validation loss": loss} for n, loss in enumerate(losses)]
    curve.write_png(tmp_path / "w.png", rows, "a network")
    assert [text for text in texts if text in labels] == labels
    with Image.open(tmp_path / "w.png") as picture:
        drawn = np.all(np.asarray(picture) == (213, 94, 0), axis=2)
    drawn[:, :300] = False  # the name of the curve, in its colour
    y, x = np.nonzero(drawn)
    assert np.ptp(x) > 500
    # Either way these losses are on a straight line, as wide as the pen.
    assert np.abs(y - np.polyval(np.polyfit(x, y, 1), x)).max() < 2


def test_that_the_state_is_saved_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []
    monkeypatch.setattr(trainers.Trainer, "save", lambda self: steps.append(self.progress.step))
    trained(Fitting(), tmp_path, save_every=-1.0)
    assert steps == [*range(1, 13), 12]


def test_that_facts_are_plain_text(tmp_path: Path) -> None:
    facts = trained(Fitting(), tmp_path).facts()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["steps"] == "12 of 12"
    assert facts["data"] == "one picture"
