"""Training of MFF-GAN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from mfgui.nets.mff_gan import SIDE, WIDTH, Discriminator, Generator
from mfgui.synth.pairs import Pairs
from mfgui.train import mff_gan_loss as losses
from mfgui.train import patches
from mfgui.train.filters import laplacian
from mfgui.train.task import Setting

LEARNING_RATE = 1e-4
_JUDGED = 2  # steps of the discriminator for one of the generator
_VALIDATION_PATCHES = 128
_VALIDATION_SEED = 20210066
_CHUNK = 32  # patches at a time, so that little memory is held

Init = Literal["he", "paper"]


class MFFGAN:
    """Adversarial training without truth: content by the decision block, texture by the judge.

    One step is one batch: the discriminator learns twice from it, then the generator once
    (Zhang et al. 2021, section 3). Other than in the paper patches are drawn anew for every step,
    with the two sources exchanged at random, and the weights start wide enough for all layers to
    learn from the first step; `init="paper"` starts as there.

    Parameters
    ----------
    setting : Setting
    pairs, validation : Pairs
        Photographs to learn from, and others for the validation.
    batch : int
        Patches of 60 x 60 pixels.
    decision_block : bool
        Without it both sources count half everywhere.
    adversarial : bool
        Without it the content loss is all there is.
    init : {"he", "paper"}
        "paper": normal numbers of deviation 1e-3, within two deviations.
    """

    name = "mff-gan"

    def __init__(
        self,
        setting: Setting,
        pairs: Pairs,
        validation: Pairs,
        *,
        batch: int = 32,
        width: int = WIDTH,
        decision_block: bool = True,
        adversarial: bool = True,
        init: Init = "he",
    ) -> None:
        self._setting, self._pairs, self._batch = setting, pairs, batch
        self._decision_block, self._adversarial = decision_block, adversarial
        # The layout of channels is left as it is: channels last was measured slower in bfloat16.
        self._generator, self._discriminator = Generator(width=width), Discriminator()
        source = torch.Generator().manual_seed(setting.seed)
        for module in (self._generator, self._discriminator):
            initialise(module, init, source)
            module.to(setting.device).train()
        self.modules: Mapping[str, nn.Module] = {"generator": self._generator}
        self.optimisers: Mapping[str, torch.optim.Optimizer] = {
            "generator": _adam(self._generator.parameters())
        }
        if adversarial:
            self.modules = {**self.modules, "discriminator": self._discriminator}
            judge = _adam(self._discriminator.parameters())
            self.optimisers = {**self.optimisers, "discriminator": judge}
        self._kept_out = self._drawn(
            validation, np.random.default_rng(_VALIDATION_SEED), _VALIDATION_PATCHES, swap=False
        )
        self.sizes: Mapping[str, int] = {"width": width}
        self.facts: Mapping[str, str] = {
            "data": patches.data(pairs, validation),
            "patches": f"{SIDE} x {SIDE}, {batch} a step, sources exchanged at random",
            "loss": f"content {losses.BETA1:g}:{losses.BETA2:g}"
            + (f", times {losses.ALPHA:g} beside the adversary" if adversarial else ""),
            "decision block": "on" if decision_block else "off, equal weights",
            "adversary": f"on, {_JUDGED} steps for one" if adversarial else "off",
            "init": init,
            "luminance": "Y of studio swing in [-1, 1]",
        }

    def train_step(self, rng: np.random.Generator) -> dict[str, float]:
        near, far = self._drawn(self._pairs, rng, self._batch, swap=True)
        # The generator does not change while the discriminator learns: it fuses once.
        fused = self._fused(near, far)
        values: dict[str, Tensor] = {}
        if self._adversarial:
            values["discriminator"] = self._judge_step(rng, near, far, fused.detach())
        intensity, gradient = losses.content(fused, near, far, self._shares(near, far))
        content = losses.BETA1 * intensity + losses.BETA2 * gradient
        loss = losses.ALPHA * content
        if self._adversarial:
            # Gradients for the discriminator's weights would be thrown away.
            self._discriminator.requires_grad_(False)
            scores = self._scores(laplacian(fused).abs())
            wanted = losses.labels(rng, losses.REAL_LABELS, scores)
            values["deceived"] = losses.adversarial(scores, wanted)
            loss = loss + values["deceived"]
        self._step("generator", loss)
        self._discriminator.requires_grad_(True)
        values |= {"content": content, "intensity": intensity, "gradient": gradient}
        return {name: value.item() for name, value in {"loss": loss, **values}.items()}

    def _judge_step(
        self, rng: np.random.Generator, near: Tensor, far: Tensor, fused: Tensor
    ) -> Tensor:
        real, made = losses.joint_gradient(near, far), laplacian(fused).abs()
        loss = fused.new_zeros(())
        for _ in range(_JUDGED):
            # Two batches, as published: the normalisation tells neither of the other.
            on_fused, on_real = self._scores(made), self._scores(real)
            loss = losses.adversarial(
                on_fused, losses.labels(rng, losses.FUSED_LABELS, on_fused)
            ) + losses.adversarial(on_real, losses.labels(rng, losses.REAL_LABELS, on_real))
            self._step("discriminator", loss)
        return loss

    def _step(self, name: str, loss: Tensor) -> None:
        optimiser = self.optimisers[name]
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    def _fused(self, near: Tensor, far: Tensor) -> Tensor:
        with self._setting.autocast():
            fused: Tensor = self._generator(near, far)
        return fused.float()

    def _scores(self, gradients: Tensor) -> Tensor:
        with self._setting.autocast():
            scores: Tensor = self._discriminator(gradients)
        return scores.float()

    def _shares(self, near: Tensor, far: Tensor) -> tuple[Tensor, Tensor]:
        if self._decision_block:
            return losses.decision(near, far)
        half = near.new_full((1,), 0.5)
        return half, half

    def _drawn(
        self, pairs: Pairs, rng: np.random.Generator, count: int, *, swap: bool
    ) -> tuple[Tensor, Tensor]:
        pixels = patches.draw(pairs, rng, count=count, side=SIDE, swap=swap)
        return patches.planes(patches.studio(pixels), self._setting.device)

    @torch.no_grad()
    def validation(self) -> dict[str, float]:
        """Content loss on patches kept out of the training.

        The adversary has no share in it: its scores change with the discriminator. "sharpness"
        is mean abs(L(F)) over that of the sharper source at every pixel, 1 at best.
        """
        rows = []
        for near, far in zip(
            *(torch.split(images, _CHUNK) for images in self._kept_out), strict=True
        ):
            fused = self._fused(near, far)
            intensity, gradient = losses.content(fused, near, far, self._shares(near, far))
            slopes = laplacian(fused).abs().mean(), losses.joint_gradient(near, far).mean()
            rows.append(torch.stack([intensity, gradient, *slopes]))
        intensity, gradient, found, greatest = torch.stack(rows).mean(dim=0).tolist()
        return {
            "loss": losses.BETA1 * intensity + losses.BETA2 * gradient,
            "intensity": intensity,
            "gradient": gradient,
            "sharpness": found / greatest,
        }

    def extra_state(self) -> dict[str, Any]:
        """Nothing: all that changes is in modules and optimisers."""
        return {}

    def load_extra_state(self, state: Mapping[str, Any]) -> None:
        """There is none."""


def _adam(parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=LEARNING_RATE)


def initialise(module: nn.Module, init: Init, source: torch.Generator) -> None:
    """Weights of convolutions and linear layers; biases 0.

    "he" keeps the spread of values from layer to layer through LeakyReLU of slope 0.2.
    """
    for part in module.modules():
        if not isinstance(part, nn.Conv2d | nn.Linear):
            continue
        if init == "paper":
            nn.init.trunc_normal_(part.weight, std=1e-3, a=-2e-3, b=2e-3, generator=source)
        else:
            nn.init.kaiming_normal_(part.weight, a=0.2, generator=source)
        if part.bias is not None:
            nn.init.zeros_(part.bias)
