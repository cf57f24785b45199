"""Training of MFIF-GAN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from mfgui.nets.mfif_gan import BLOCKS, WIDTH, Discriminator, Generator
from mfgui.train.supervised import Batch, Pictures, agreement, in_place
from mfgui.train.task import Setting

_PENALTY = 10.0  # weight of the gradient penalty
_FIDELITY = 10.0  # weight of the L1 norm


class MFIFGAN:
    """A Wasserstein critic with gradient penalty, and ten times the L1 norm of the map's error.

    Wang et al. 2021, equations of algorithm section 2.3: Adam, learning rate 1e-4, betas 0.5 and
    0.999, batches of 2, five updates of the critic for one of the generator. A step here is one
    update of the generator with those of the critic before it. In the `released` variant the
    critic ends in a sigmoid and the true map is in {-1, 1}, which the generator cannot reach;
    `paper` has neither.
    """

    name = "mfif-gan"

    def __init__(
        self,
        setting: Setting,
        pictures: Pictures,
        *,
        blocks: int = BLOCKS,
        width: int = WIDTH,
        batch: int = 2,
        critic: int = 5,
        variant: Literal["paper", "released"] = "paper",
    ) -> None:
        torch.manual_seed(setting.seed)
        self._setting, self._pictures, self._batch = setting, pictures, batch
        self._critic_steps, self._variant = critic, variant
        self._net = Generator(blocks=blocks, width=width)
        self._critic = Discriminator(width=width, variant=variant)
        self.modules: Mapping[str, torch.nn.Module] = {
            "generator": self._net,
            "discriminator": self._critic,
        }
        for module in self.modules.values():
            in_place(module, setting.device)
        self.optimisers: Mapping[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(module.parameters(), lr=1e-4, betas=(0.5, 0.999))
            for name, module in self.modules.items()
        }
        self._fixed = pictures.fixed(setting.device)
        self.sizes: Mapping[str, int] = {"blocks": blocks, "width": width}
        self.facts: Mapping[str, str] = {
            "data": pictures.data,
            "batch": f"{batch} pairs of {pictures.side} x {pictures.side} pixels",
            "loss": f"{variant}: 10 x L1 and a Wasserstein critic with gradient penalty, "
            f"{critic} of its steps for one of the generator",
        }

    def train_step(self, rng: np.random.Generator) -> dict[str, float]:
        losses = {}
        for left in reversed(range(self._critic_steps)):
            batch = self._pictures.draw(rng, self._batch, self._setting.device)
            # The generator's step is on the pairs of the critic's last one, and the map made of
            # them is the same for both.
            with torch.set_grad_enabled(left == 0):
                made = self._maps(batch)
            losses["critic"] = self._critic_step(batch, made.detach(), rng)
        fidelity = (self._target(batch) - made).abs().mean()
        scores = self._critic(centred(batch.a), centred(batch.b), made)
        loss = _FIDELITY * fidelity - scores.mean()
        self.optimisers["generator"].zero_grad()
        loss.backward()
        self.optimisers["generator"].step()
        return {"loss": loss.item(), "l1": fidelity.item(), **losses}

    def _critic_step(self, batch: Batch, made: Tensor, rng: np.random.Generator) -> float:
        a, b, true = centred(batch.a), centred(batch.b), self._target(batch)
        share = torch.from_numpy(rng.random((len(true), 1, 1, 1), np.float32)).to(true.device)
        loss = critic_loss(lambda maps: self._critic(a, b, maps), made, true, share)
        self.optimisers["discriminator"].zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimisers["discriminator"].step()
        return float(loss.item())

    def _maps(self, batch: Batch) -> Tensor:
        with self._setting.autocast():
            made: Tensor = self._net(centred(batch.a), centred(batch.b))
        return made.float()

    def _target(self, batch: Batch) -> Tensor:
        return centred(batch.truth) if self._variant == "released" else batch.truth

    @torch.no_grad()
    def validation(self) -> dict[str, float]:
        self._net.eval()
        try:
            maps, right = agreement(self._maps, self._fixed)
        finally:
            self._net.train()
        pairs = zip(maps, self._fixed, strict=True)
        errors = [(found - batch.truth).abs().mean() for found, batch in pairs]
        return {"loss": float(torch.stack(errors).mean()), "accuracy": right}

    def extra_state(self) -> dict[str, Any]:
        return {}

    def load_extra_state(self, state: Mapping[str, Any]) -> None:
        """There is none."""


def centred(values: Tensor) -> Tensor:
    """[0, 1] as [-1, 1]."""
    return values * 2 - 1


def critic_loss(
    critic: Callable[[Tensor], Tensor], made: Tensor, true: Tensor, share: Tensor
) -> Tensor:
    """Mean score of the made maps less that of the true ones, and ten times the gradient penalty
    at the maps between them, each with its `share` (N, 1, 1, 1) of the true one."""
    between = (share * true + (1 - share) * made).requires_grad_()
    penalty = gradient_penalty(critic(between), between)
    return critic(made).mean() - critic(true).mean() + _PENALTY * penalty


def gradient_penalty(scores: Tensor, maps: Tensor) -> Tensor:
    """Mean over samples of (||d scores / d maps||_2 - 1)^2, the norm over all of a map."""
    (slopes,) = torch.autograd.grad(scores.sum(), maps, create_graph=True)
    norms = torch.linalg.vector_norm(slopes.flatten(1), dim=1)
    penalty: Tensor = ((norms - 1) ** 2).mean()
    return penalty
