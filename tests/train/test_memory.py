"""What EDMF remembers of earlier epochs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfgui.train.memory import Memory, Rule

COUNT, SIDE = 5, 4


def frequencies_after(rule: Rule, epochs: list[float]) -> list[float]:
    """Values that stand for the epochs which are remembered, in ascending order."""
    memory = Memory(rule, COUNT, SIDE)
    for frequency in epochs:
        run_epoch(memory, frequency)
    first = torch.tensor([0])
    return sorted(round(float(s), 4) for _, agreements in memory.of(first) for s in agreements)


def run_epoch(memory: Memory, frequency: float, seed: int = 0) -> None:
    """An epoch of steps of two patches; the agreement stands for the epoch."""
    rng, epoch = np.random.default_rng(seed), memory.epoch
    while memory.epoch == epoch:
        which = memory.next_patches(rng, 2)
        level = int(100 * frequency)
        images = (10 * which + level)[:, None, None].expand(-1, SIDE, SIDE).to(torch.uint8)
        agreements = torch.full((len(which),), frequency)
        memory.keep(which, images, agreements, torch.full((len(which),), frequency))


def test_that_the_first_four_epochs_are_kept() -> None:
    assert frequencies_after("four-best", []) == []
    assert frequencies_after("four-best", [0.3, 0.1]) == [0.1, 0.3]
    assert frequencies_after("four-best", [0.3, 0.1, 0.2, 0.05]) == [0.05, 0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        ([0.04], [0.05, 0.1, 0.2, 0.3]),
        ([0.15], [0.1, 0.15, 0.2, 0.3]),
        ([0.5, 0.12, 0.4], [0.2, 0.3, 0.4, 0.5]),
    ],
)
def test_that_a_later_epoch_replaces_the_worst_if_it_is_better(
    later: list[float], kept: list[float]
) -> None:
    assert frequencies_after("four-best", [0.3, 0.1, 0.2, 0.05, *later]) == kept


def test_that_the_last_epoch_alone_is_kept_when_asked() -> None:
    assert frequencies_after("last", [0.3, 0.1]) == [0.1]
    assert frequencies_after("last", [0.1, 0.3, 0.2]) == [0.2]


def test_that_nothing_is_kept_when_off() -> None:
    assert frequencies_after("off", [0.3, 0.1]) == []


def test_that_an_epoch_visits_every_patch_once_in_an_order_of_its_own() -> None:
    memory, rng, orders = Memory("off", 7, SIDE), np.random.default_rng(1), []
    for _ in range(2):
        order: list[int] = []
        for size in (3, 3, 1):
            which = memory.next_patches(rng, 3)
            assert len(which) == size
            order += which.tolist()
            images = torch.zeros((size, SIDE, SIDE), dtype=torch.uint8)
            memory.keep(which, images, torch.zeros(size), torch.zeros(size))
        assert sorted(order) == list(range(7))
        orders.append(order)
    assert orders[0] != orders[1]


def test_that_outputs_are_remembered_for_their_patches_at_the_end_of_the_epoch() -> None:
    memory, rng = Memory("four-best", COUNT, SIDE), np.random.default_rng(0)
    run_epoch(memory, 0.01)
    run_epoch(memory, 0.02)
    which = memory.next_patches(rng, 2)
    full = torch.full((2, SIDE, SIDE), 255, dtype=torch.uint8)
    memory.keep(which, full, torch.ones(2), torch.ones(2))
    asked = torch.tensor([3, 0])
    (first, _), (second, _) = memory.of(asked)
    assert first[:, 0, 0].tolist() == [31, 1]
    assert second[:, -1, -1].tolist() == [32, 2]


def test_that_a_memory_goes_on_from_its_state() -> None:
    memory, rng = Memory("four-best", COUNT, SIDE), np.random.default_rng(0)
    for frequency in (0.1, 0.2, 0.3, 0.4):
        run_epoch(memory, frequency)
    which = memory.next_patches(rng, 2)
    part = torch.full((2, SIDE, SIDE), 9, dtype=torch.uint8)
    memory.keep(which, part, torch.ones(2), torch.tensor([0.2, 0.4]))
    state = {
        key: value.clone() if isinstance(value, torch.Tensor) else value
        for key, value in memory.state().items()
    }
    other = Memory("four-best", COUNT, SIDE)
    other.load_state(state)
    for each in (memory, other):
        rest = np.random.default_rng(5)
        while each.epoch == 4:
            which = each.next_patches(rest, 2)
            image = torch.full((len(which), SIDE, SIDE), 7, dtype=torch.uint8)
            each.keep(which, image, torch.zeros(len(which)), torch.full((len(which),), 0.3))
    everything = torch.arange(COUNT)
    for mine, others in zip(memory.of(everything), other.of(everything), strict=True):
        assert torch.equal(mine[0], others[0])
        assert torch.equal(mine[1], others[1])
    # Mean frequency (0.2 + 0.4 + 3 * 0.3) / 5 = 0.3: the epoch of 0.1 is gone.
    levels = {int(images[0, 0, 0]) for images, _ in other.of(torch.tensor([0]))}
    assert 10 not in levels
    assert levels & {7, 9}
