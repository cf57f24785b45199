"""What a trainer asks of a network's training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn


@dataclass(frozen=True)
class Setting:
    """Where and how exactly a network is trained.

    Attributes
    ----------
    device : torch.device
    half : bool
        Convolutions in bfloat16; parameters and losses stay float32.
    seed : int
        Of weights and data.
    """

    device: torch.device
    half: bool
    seed: int

    def autocast(self) -> AbstractContextManager[Any]:
        """Context of the forward passes of networks (not of losses)."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half)


class Task(Protocol):
    """The training of one network: its modules, a step, and how good it is.

    A task is made anew from the same arguments when a training is resumed; what has changed
    since then is in the modules, the optimisers and `extra_state`.

    Attributes
    ----------
    name : str
        Of the network, as in the command line.
    modules : mapping
        All that has weights, on the device; "generator" is what is kept in the end.
    optimisers : mapping
        Made with the learning rate of the paper as base; the trainer sets the rate of every group
        to ``group["base_lr"]`` times its factor of the moment.
    sizes : mapping
        Arguments of the generator.
    facts : mapping
        Data, losses and choices, for the card.
    """

    name: str
    modules: Mapping[str, nn.Module]
    optimisers: Mapping[str, torch.optim.Optimizer]
    sizes: Mapping[str, int]
    facts: Mapping[str, str]

    def train_step(self, rng: np.random.Generator) -> dict[str, float]:
        """One step on newly drawn data; losses by name, for the curve."""
        ...

    def validation(self) -> dict[str, float]:
        """ "loss", the smaller the better, and what else is worth a column; uses no random
        numbers and leaves the modules as they were."""
        ...

    def extra_state(self) -> dict[str, Any]:
        """Numbers, strings and tensors beside modules and optimisers."""
        ...

    def load_extra_state(self, state: Mapping[str, Any]) -> None: ...


MakeTask = Callable[[Setting], Task]
