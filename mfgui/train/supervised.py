"""Generated pairs with their truth, as tensors: what the two map networks learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mfgui.synth.material import Material
from mfgui.synth.samples import Sample, fixed_set, sample

_VALIDATION_SEED = 20261122
_VALIDATION_BATCH = 16


@dataclass(frozen=True)
class Batch:
    """Sources (N, 3, H, W) in [0, 1] and maps (N, 1, H, W) in [0, 1], 1 where `a` is sharp."""

    a: Tensor
    b: Tensor
    truth: Tensor


@dataclass(frozen=True)
class Pictures:
    """What pairs are made from, and what is kept out of the training to judge it.

    Attributes
    ----------
    side : int
        Of the pairs in pixels.
    validation : int
        Pairs of the fixed set.
    """

    training: Material
    kept_out: Material
    side: int = 128
    validation: int = 96

    @property
    def data(self) -> str:
        """What the training saw, and what it did not, in words."""
        kinds = [f"{len({p.name for p in ps})} of {k}" for k, ps in self.training.pictures.items()]
        return f"pictures: {', '.join(kinds)}; kept out: {', '.join(self.kept_out.names)}"

    def draw(self, rng: np.random.Generator, count: int, device: torch.device) -> Batch:
        """New pairs; which source is the near one is drawn, too, as users give either order."""
        drawn = [sample(self.training, rng, side=self.side, exchanged=0.5) for _ in range(count)]
        return as_batch(drawn, device)

    def fixed(self, device: torch.device) -> list[Batch]:
        """The validation pairs."""
        drawn = fixed_set(
            self.kept_out, _VALIDATION_SEED, self.validation, self.side, exchanged=0.5
        )
        starts = range(0, len(drawn), _VALIDATION_BATCH)
        return [as_batch(drawn[start : start + _VALIDATION_BATCH], device) for start in starts]


def as_batch(samples: Sequence[Sample], device: torch.device) -> Batch:
    """Samples of one size side by side."""

    def images(arrays: list[np.ndarray[Any, Any]]) -> Tensor:
        joined = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2)
        return joined.to(device, memory_format=torch.channels_last)

    truth = torch.from_numpy(np.stack([s.matte for s in samples]))[:, None].to(device)
    return Batch(images([s.a for s in samples]), images([s.b for s in samples]), truth)


def in_place(module: nn.Module, device: torch.device) -> None:
    """Move a network to where it is trained, in the layout of channels that is faster there."""
    module.to(device)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def agreement(
    generator: Callable[[Batch], Tensor], batches: Sequence[Batch]
) -> tuple[list[Tensor], float]:
    """The maps of a generator for `batches`, and the share of pixels on the right side of 0.5."""
    maps = [generator(batch).float() for batch in batches]
    pairs = zip(maps, batches, strict=True)
    right = [((found > 0.5) == (batch.truth > 0.5)).float().mean() for found, batch in pairs]
    return maps, float(torch.stack(right).mean())
