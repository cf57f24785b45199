"""Training of EDMF, and with other choices of MUFusion's rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from mfgui.core.errors import UsageError
from mfgui.nets.memory_unit import EDMF_WIDTH, MemoryUnitNetwork
from mfgui.synth.pairs import Pairs
from mfgui.train import edmf_loss as losses
from mfgui.train import patches
from mfgui.train.filters import laplacian
from mfgui.train.memory import Memory, Rule
from mfgui.train.task import Setting

LEARNING_RATE = 1e-4
_VALIDATION_PATCHES = 64
_VALIDATION_SEED = 20247287
_CHUNK = 16  # patches at a time, so that little memory is held

PresetName = Literal["paper", "mufusion"]


class EDMF:
    """Sources where they are sharp, and the best earlier outputs for the same patch.

    The patches are drawn once and an epoch is one pass over them, so that the outputs of every
    step can be kept for the epochs to come: a byte a pixel for each of four epochs, and no
    forward pass beside that of the step. Snapshots of the network instead would allow new patches
    in every epoch, but cost four more forward passes at every step. Other than in the paper a
    batch, with what is remembered of it, is turned and mirrored at random and its sources are
    exchanged.

    Parameters
    ----------
    setting : Setting
    pairs, validation : Pairs
        Photographs to learn from, and others for the validation.
    batch, side : int
        Patches of a step and their side in pixels, even (the paper: 48 and 256).
    memory : {"four-best", "last", "off"}
    preset : {"paper", "mufusion"}
        Weights 1, 1, 1 of pixels, gradients and SSIM, or 1, 10, 10 and MS-SSIM.
    count : int
        Patches of an epoch.
    """

    name = "edmf"

    def __init__(
        self,
        setting: Setting,
        pairs: Pairs,
        validation: Pairs,
        *,
        batch: int = 8,
        side: int = 128,
        memory: Rule = "four-best",
        preset: PresetName = "paper",
        width: int = EDMF_WIDTH,
        count: int = 2048,
    ) -> None:
        if side % 2 or side < 16:
            raise UsageError(f"patches of {side} pixels: not allowed", hint="use an even side, 16+")
        self._setting, self._batch = setting, batch
        self._preset = losses.PRESETS[preset]
        network = MemoryUnitNetwork(width=width)
        initialise(network, torch.Generator().manual_seed(setting.seed))
        network.to(setting.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._network = network.train()
        drawn = np.random.default_rng(setting.seed)
        self._patches = _luminance(pairs, drawn, count, side, swap=True)
        self._memory = Memory(memory, count, side)
        fixed = np.random.default_rng(_VALIDATION_SEED)
        self._kept_out = _luminance(validation, fixed, _VALIDATION_PATCHES, side, swap=False)
        self.modules: Mapping[str, nn.Module] = {"generator": self._network}
        self._optimiser = torch.optim.Adam(self._network.parameters(), lr=LEARNING_RATE)
        self.optimisers: Mapping[str, torch.optim.Optimizer] = {"generator": self._optimiser}
        self.sizes: Mapping[str, int] = {"width": width}
        self.facts: Mapping[str, str] = {
            "data": patches.data(pairs, validation),
            "patches": f"{count} of {side} x {side}, {batch} a step, turned, sources exchanged",
            "loss": f"pixel {self._preset.pixel:g}, gradient {self._preset.gradient:g}, "
            f"{'SSIM' if self._preset.scales == 'one' else 'MS-SSIM'} {self._preset.structure:g}",
            "memory": memory,
            "masks": f"local spatial frequency, {losses.MASK_WINDOW} x {losses.MASK_WINDOW}",
            "luminance": "Y of full range in [0, 1]",
        }

    def train_step(self, rng: np.random.Generator) -> dict[str, float]:
        which = self._memory.next_patches(rng, self._batch)
        turn = Turn.drawn(rng)
        sources = self._sources(self._patches[:, which], turn)
        if rng.random() < 0.5:
            sources = sources[1], sources[0]
        fused = self._fused(*sources)
        remembered = [
            losses.Remembered(self._on_device(turn(images)), agreements.to(self._setting.device))
            for images, agreements in self._memory.of(which)
        ]
        found = losses.total(fused, sources, losses.masks(*sources), remembered, self._preset)
        self._optimiser.zero_grad()
        found.loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        outputs = fused.detach()
        frequency = losses.spatial_frequency(outputs)
        levels = outputs.clamp(0, 1).mul(255).round().to(torch.uint8).squeeze(1).cpu()
        self._memory.keep(which, turn.back(levels), found.agreement.cpu(), frequency.cpu())
        return {
            "loss": found.loss.item(),
            "current": found.current.mean().item(),
            "own weight": found.weight.mean().item(),
            "frequency": frequency.mean().item(),
            "epoch": float(self._memory.epoch),
        }

    def _sources(self, levels: Tensor, turn: Turn) -> losses.Pair:
        first, second = levels
        return self._on_device(turn(first)), self._on_device(turn(second))

    def _on_device(self, levels: Tensor) -> Tensor:
        """(N, 1, H, W) in [0, 1] of (N, H, W) uint8."""
        return levels.to(self._setting.device).unsqueeze(1).float().div(255)

    def _fused(self, first: Tensor, second: Tensor) -> Tensor:
        with self._setting.autocast():
            fused: Tensor = self._network(first, second)
        return fused.float().contiguous()

    @torch.no_grad()
    def validation(self) -> dict[str, float]:
        """L_current on patches kept out of the training; memories have no share in it.

        "sharpness" is mean abs(L(O)) over that of the sharper source at every pixel.
        """
        rows = []
        for levels in torch.split(self._kept_out, _CHUNK, dim=1):
            sources = self._sources(levels, Turn(0, mirrored=False))
            fused = self._fused(*sources)
            loss = losses.current(fused, sources, losses.masks(*sources), self._preset)
            first, second = (laplacian(source).abs() for source in sources)
            rows.append(
                torch.stack(
                    [
                        loss.mean(),
                        losses.agreement(fused, sources, self._preset).mean(),
                        laplacian(fused).abs().mean(),
                        torch.maximum(first, second).mean(),
                    ]
                )
            )
        loss, agreement, gradient, greatest = torch.stack(rows).mean(dim=0).tolist()
        return {"loss": loss, "agreement": agreement, "sharpness": gradient / greatest}

    def extra_state(self) -> dict[str, Any]:
        """What is remembered, and how far the epoch is."""
        return self._memory.state()

    def load_extra_state(self, state: Mapping[str, Any]) -> None:
        self._memory.load_state(state)


def _luminance(
    pairs: Pairs, rng: np.random.Generator, count: int, side: int, *, swap: bool
) -> Tensor:
    """(2, count, side, side) uint8, in parts: in colours it would need three times the memory."""
    levels = np.empty((2, count, side, side), np.uint8)
    for start in range(0, count, _CHUNK):
        part = levels[:, start : start + _CHUNK]
        part[...] = patches.full(
            patches.draw(pairs, rng, count=part.shape[1], side=side, swap=swap)
        )
    return torch.from_numpy(levels)


class Turn:
    """A turn by quarters and perhaps a mirroring of square images (..., side, side)."""

    def __init__(self, quarters: int, *, mirrored: bool) -> None:
        self._quarters, self._mirrored = quarters, mirrored

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Turn:
        return cls(int(rng.integers(4)), mirrored=bool(rng.integers(2)))

    def __call__(self, images: Tensor) -> Tensor:
        turned = torch.rot90(images, self._quarters, (-2, -1))
        return turned.flip(-1) if self._mirrored else turned

    def back(self, images: Tensor) -> Tensor:
        unmirrored = images.flip(-1) if self._mirrored else images
        return torch.rot90(unmirrored, -self._quarters, (-2, -1))


def initialise(network: nn.Module, source: torch.Generator) -> None:
    """Weights that keep the spread of values through ReLU; biases 0."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, generator=source)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
