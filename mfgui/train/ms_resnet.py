"""Training of MS-ResNet's focus map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy as cross_entropy
from torch.nn.functional import binary_cross_entropy_with_logits

from mfgui.nets.ms_resnet import BLOCKS, WIDTH, MSResNet
from mfgui.train.supervised import Batch, Pictures, agreement, in_place
from mfgui.train.task import Setting

_GREY = (0.299, 0.587, 0.114)


class MSResNetTask:
    """Mean binary cross entropy of the map (Xu et al. 2020, section IV), by Adam.

    As in the paper: learning rate 1e-4, batches of 6, grey images. Other than there: pairs are
    generated anew for every step instead of stored, and their order is drawn.
    """

    name = "ms-resnet"

    def __init__(
        self,
        setting: Setting,
        pictures: Pictures,
        *,
        blocks: int = BLOCKS,
        width: int = WIDTH,
        batch: int = 6,
    ) -> None:
        torch.manual_seed(setting.seed)
        self._setting, self._pictures, self._batch = setting, pictures, batch
        self._net = MSResNet(blocks=blocks, width=width)
        in_place(self._net, setting.device)
        self._optimiser = torch.optim.Adam(self._net.parameters(), lr=1e-4)
        self._fixed = pictures.fixed(setting.device)
        self.modules: Mapping[str, torch.nn.Module] = {"generator": self._net}
        self.optimisers: Mapping[str, torch.optim.Optimizer] = {"generator": self._optimiser}
        self.sizes: Mapping[str, int] = {"blocks": blocks, "width": width}
        self.facts: Mapping[str, str] = {
            "data": pictures.data,
            "batch": f"{batch} pairs of {pictures.side} x {pictures.side} pixels",
            "loss": "mean binary cross entropy",
        }

    def train_step(self, rng: np.random.Generator) -> dict[str, float]:
        batch = self._pictures.draw(rng, self._batch, self._setting.device)
        logits = self._logits(batch)
        loss = binary_cross_entropy_with_logits(logits, batch.truth)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        return {"loss": loss.item()}

    def _logits(self, batch: Batch) -> Tensor:
        with self._setting.autocast():
            logits = self._net.logits(grey(batch.a), grey(batch.b))
        return logits.float()

    @torch.no_grad()
    def validation(self) -> dict[str, float]:
        self._net.eval()
        try:
            maps, right = agreement(lambda b: torch.sigmoid(self._logits(b)), self._fixed)
        finally:
            self._net.train()
        pairs = zip(maps, self._fixed, strict=True)
        losses = [cross_entropy(found, batch.truth) for found, batch in pairs]
        return {"loss": float(torch.stack(losses).mean()), "accuracy": right}

    def extra_state(self) -> dict[str, Any]:
        return {}

    def load_extra_state(self, state: Mapping[str, Any]) -> None:
        """There is none."""


def grey(images: Tensor) -> Tensor:
    """(N, 1, H, W) of (N, 3, H, W)."""
    weights = images.new_tensor(_GREY)[:, None, None]
    return (images * weights).sum(dim=1, keepdim=True)
