"""What EDMF's training remembers: outputs of earlier epochs for every patch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

Rule = Literal["four-best", "last", "off"]
KEPT = {"four-best": 4, "last": 1, "off": 0}


class Memory:
    """Outputs of the epochs worth remembering, a byte a pixel, for a fixed set of patches.

    "four-best" (Li et al. 2024): the first four epochs are kept, and a later one takes the place
    of that with the smallest mean spatial frequency if it exceeds it. "last" (MUFusion) keeps the
    epoch before. While an epoch runs its outputs are collected; they are remembered at its end.

    Parameters
    ----------
    rule : {"four-best", "last", "off"}
    count, side : int
        Patches of an epoch and their side: (kept + 1) * count * side^2 bytes are held.
    """

    def __init__(self, rule: Rule, count: int, side: int) -> None:
        self._rule, self._count = rule, count
        held = KEPT[rule] + 1 if KEPT[rule] else 0  # the last place is for the epoch that runs
        self._images = torch.zeros((held, count, side, side), dtype=torch.uint8)
        self._agreements = torch.zeros((held, count))
        self._frequencies: list[float] = []
        self._frequency_sum = 0.0
        self._order = torch.zeros(0, dtype=torch.int64)
        self._done = 0
        self.epoch = 0

    def next_patches(self, rng: np.random.Generator, most: int) -> Tensor:
        """Indices of the patches of the next step; every epoch has an order of its own."""
        if not len(self._order):
            self._order = torch.from_numpy(rng.permutation(self._count))
        return self._order[self._done : self._done + most]

    def of(self, which: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """For each remembered epoch, (N, side, side) uint8 and the agreements, (N,)."""
        for place in range(len(self._frequencies)):
            yield self._images[place, which], self._agreements[place, which]

    def keep(self, which: Tensor, images: Tensor, agreements: Tensor, frequencies: Tensor) -> None:
        """Take the outputs of a step, (N, side, side) uint8, for the patches `which`."""
        if len(self._images):
            self._images[-1, which] = images
            self._agreements[-1, which] = agreements
        self._frequency_sum += float(frequencies.sum())
        self._done += len(which)
        if self._done == self._count:
            self._end_epoch()

    def _end_epoch(self) -> None:
        place = self.place(self._frequency_sum / self._count)
        if place is not None:
            self._images[place] = self._images[-1]
            self._agreements[place] = self._agreements[-1]
        self._order, self._done, self._frequency_sum = self._order[:0], 0, 0.0
        self.epoch += 1

    def place(self, frequency: float) -> int | None:
        """Where an epoch of this mean spatial frequency is remembered from now on, if at all."""
        kept = KEPT[self._rule]
        if len(self._frequencies) < kept:
            self._frequencies.append(frequency)
            return len(self._frequencies) - 1
        if not kept:
            return None
        least = min(range(kept), key=self._frequencies.__getitem__)
        if self._rule == "four-best" and not frequency > self._frequencies[least]:
            return None
        self._frequencies[least] = frequency
        return least

    def state(self) -> dict[str, Any]:
        """All of it, to go on from later."""
        return {
            "images": self._images,
            "agreements": self._agreements,
            "frequencies": list(self._frequencies),
            "frequency_sum": self._frequency_sum,
            "order": self._order,
            "done": self._done,
            "epoch": self.epoch,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._images.copy_(state["images"])
        self._agreements.copy_(state["agreements"])
        self._frequencies = list(state["frequencies"])
        self._frequency_sum = float(state["frequency_sum"])
        self._order = state["order"].cpu()
        self._done, self.epoch = int(state["done"]), int(state["epoch"])
