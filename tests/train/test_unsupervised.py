"""Trainings of MFF-GAN and EDMF on generated pairs."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch

from mfgui.core.errors import UsageError
from mfgui.synth.pairs import Pairs
from mfgui.train import edmf, edmf_loss, mff_gan, mff_gan_loss
from mfgui.train.edmf import EDMF, Turn
from mfgui.train.mff_gan import MFFGAN
from mfgui.train.task import Setting, Task

SETTING = Setting(torch.device("cpu"), half=False, seed=3)
Make = Callable[[], Task]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    for task in (mff_gan, edmf):
        monkeypatch.setattr(task, "_VALIDATION_PATCHES", 8)
        monkeypatch.setattr(task, "_CHUNK", 4)


@pytest.fixture(params=["mff-gan", "edmf"])
def make(request: pytest.FixtureRequest, pairs: Pairs, pairs_kept_out: Pairs) -> Make:
    if request.param == "mff-gan":
        return lambda: MFFGAN(SETTING, pairs, pairs_kept_out, batch=4, width=4)
    return lambda: EDMF(SETTING, pairs, pairs_kept_out, batch=4, side=32, width=4, count=10)


def parameters(task: Task) -> list[torch.Tensor]:
    states = [module.state_dict() for module in task.modules.values()]
    return [tensor.clone() for state in states for tensor in state.values()]


def unchanged(task: Task, before: list[torch.Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(parameters(task), before, strict=True))


def test_that_the_network_learns(make: Make) -> None:
    task, rng = make(), np.random.default_rng(0)
    for group in task.optimisers["generator"].param_groups:
        group["lr"] = 1e-2
    before = task.validation()["loss"]
    for _ in range(12):
        losses = task.train_step(rng)
    assert all(np.isfinite(list(losses.values())))
    assert task.validation()["loss"] < 0.75 * before


def test_that_the_validation_is_the_same_every_time_and_changes_nothing(make: Make) -> None:
    task, other = make(), make()
    before, random = parameters(task), torch.get_rng_state()
    first = task.validation()
    assert first == task.validation() == other.validation()
    assert unchanged(task, before)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(module.training for module in task.modules.values())


def test_that_the_validation_in_parts_is_that_of_the_whole(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make()
    in_parts = task.validation()
    for module in (mff_gan, edmf):
        monkeypatch.setattr(module, "_CHUNK", 8)
    assert task.validation() == pytest.approx(in_parts, rel=1e-5)


def test_that_a_training_goes_on_as_if_it_had_not_stopped(make: Make) -> None:
    task, rng = make(), np.random.default_rng(1)
    for _ in range(7):  # EDMF: two epochs of three steps, and one step of the third
        task.train_step(rng)
    modules = copy.deepcopy({name: m.state_dict() for name, m in task.modules.items()})
    optimisers = copy.deepcopy({name: o.state_dict() for name, o in task.optimisers.items()})
    extra, drawn = copy.deepcopy(task.extra_state()), rng.bit_generator.state
    expected = [task.train_step(rng) for _ in range(4)]
    resumed, rng = make(), np.random.default_rng(0)
    for name, module in resumed.modules.items():
        module.load_state_dict(modules[name])
    for name, optimiser in resumed.optimisers.items():
        optimiser.load_state_dict(optimisers[name])
    resumed.load_extra_state(extra)
    rng.bit_generator.state = drawn
    assert [resumed.train_step(rng) for _ in range(4)] == expected
    assert unchanged(resumed, parameters(task))


def test_that_the_discriminator_learns_twice_for_one_step_of_the_generator(
    pairs: Pairs, pairs_kept_out: Pairs
) -> None:
    task = MFFGAN(SETTING, pairs, pairs_kept_out, batch=4, width=2)
    before = [p.clone() for p in task.modules["generator"].parameters()]
    task.train_step(np.random.default_rng(0))
    steps = {
        name: {int(state["step"]) for state in optimiser.state.values()}
        for name, optimiser in task.optimisers.items()
    }
    assert steps == {"generator": {1}, "discriminator": {2}}
    after = task.modules["generator"].parameters()
    assert not any(torch.equal(x, y) for x, y in zip(before, after, strict=True))


def test_that_the_losses_of_a_step_are_those_of_the_equations(
    pairs: Pairs, pairs_kept_out: Pairs
) -> None:
    task = MFFGAN(SETTING, pairs, pairs_kept_out, batch=4, width=2)
    found = task.train_step(np.random.default_rng(0))
    assert found["content"] == pytest.approx(found["intensity"] + 5 * found["gradient"], rel=1e-5)
    assert found["loss"] == pytest.approx(found["deceived"] + 10 * found["content"], rel=1e-5)


def test_that_mff_gan_does_without_adversary(pairs: Pairs, pairs_kept_out: Pairs) -> None:
    task = MFFGAN(SETTING, pairs, pairs_kept_out, batch=4, width=2, adversarial=False)
    found = task.train_step(np.random.default_rng(0))
    assert set(task.modules) == set(task.optimisers) == {"generator"}
    assert found["loss"] == pytest.approx(10 * found["content"], rel=1e-5)


def test_that_both_sources_count_half_without_the_decision_block(
    monkeypatch: pytest.MonkeyPatch, pairs: Pairs, pairs_kept_out: Pairs
) -> None:
    shares = []
    content = mff_gan_loss.content

    def watched(*given: object) -> object:
        shares.append(given[3])
        return content(*given)

    monkeypatch.setattr(mff_gan_loss, "content", watched)
    for block in (False, True):
        task = MFFGAN(SETTING, pairs, pairs_kept_out, batch=4, width=2, decision_block=block)
        task.train_step(np.random.default_rng(0))
    (half, other_half), (near, far) = shares
    assert half.unique().tolist() == other_half.unique().tolist() == [0.5]
    assert near.unique().tolist() == far.unique().tolist() == [0, 1]


def test_that_the_papers_start_is_narrow(pairs: Pairs, pairs_kept_out: Pairs) -> None:
    task = MFFGAN(SETTING, pairs, pairs_kept_out, batch=2, init="paper")
    for name, module in task.modules.items():
        for key, weights in module.named_parameters():
            if weights.dim() < 2:
                continue
            assert weights.abs().max() <= 2e-3, (name, key)
            assert weights.std() < 1e-3, (name, key)
    fused = task.modules["generator"](torch.ones(1, 1, 9, 9), torch.ones(1, 1, 9, 9))
    assert fused.abs().max() < 1e-3


def test_that_edmf_remembers_the_outputs_of_its_steps(pairs: Pairs, pairs_kept_out: Pairs) -> None:
    task = EDMF(SETTING, pairs, pairs_kept_out, batch=5, side=32, width=2, count=10)
    for group in task.optimisers["generator"].param_groups:
        group["lr"] = 0.0  # the network stays as it is: its outputs can be asked for later
    rng = np.random.default_rng(0)
    weights = [task.train_step(rng)["own weight"] for _ in range(4)]
    assert weights[:2] == [1, 1]
    # One memory, of outputs of the same network from turned patches, is trusted about as much.
    np.testing.assert_allclose(weights[2:], 0.5, atol=0.1)


def test_that_a_memory_shows_its_patch_in_the_patches_own_orientation(
    monkeypatch: pytest.MonkeyPatch, pairs: Pairs, pairs_kept_out: Pairs
) -> None:
    def mean(_: object, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return ((first + second) / 2).requires_grad_()

    monkeypatch.setattr(EDMF, "_fused", mean)
    task = EDMF(SETTING, pairs, pairs_kept_out, batch=1, side=32, width=2, count=8)
    rng, seen = np.random.default_rng(0), []
    total = edmf_loss.total

    def watched(
        fused: torch.Tensor, sources: edmf_loss.Pair, shares: object, memories: list, preset: object
    ) -> object:
        seen.extend((past.images - fused).abs().max().item() for past in memories)
        return total(fused, sources, shares, memories, preset)

    monkeypatch.setattr(edmf_loss, "total", watched)
    for _ in range(16):
        task.train_step(rng)
    assert len(seen) == 8
    assert max(seen) < 0.6 / 255


def test_that_edmf_does_without_memory(pairs: Pairs, pairs_kept_out: Pairs) -> None:
    task = EDMF(SETTING, pairs, pairs_kept_out, batch=5, side=32, width=2, count=5, memory="off")
    rng = np.random.default_rng(0)
    for _ in range(3):
        found = task.train_step(rng)
        assert found["loss"] == pytest.approx(found["current"])


def test_that_all_eight_turns_are_undone() -> None:
    images = torch.arange(2 * 3 * 3).reshape(2, 3, 3)
    seen = set()
    for quarters in range(4):
        for mirrored in (False, True):
            turn = Turn(quarters, mirrored=mirrored)
            turned = turn(images)
            seen.add(tuple(turned[0].flatten().tolist()))
            assert torch.equal(turn.back(turned), images)
    assert len(seen) == 8


@pytest.mark.parametrize("side", [33, 8])
def test_that_unfit_patches_are_refused(side: int, pairs: Pairs, pairs_kept_out: Pairs) -> None:
    with pytest.raises(UsageError, match=f"patches of {side} pixels"):
        edmf.EDMF(SETTING, pairs, pairs_kept_out, side=side)
