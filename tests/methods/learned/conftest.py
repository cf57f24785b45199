"""Networks with temporary weights in place of shipped ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from mfgui.methods import registry
from mfgui.methods.registry import Registry
from mfgui.nets import shipped
from mfgui.nets.weights import Weights, network, write

SIZES = {
    "ms-resnet": {"blocks": 2, "width": 4},
    "mfif-gan": {"blocks": 1, "width": 4},
    "mff-gan": {"width": 4},
    "edmf": {"width": 4},
    "mufusion": {"width": 8},
}


def random_weights(name: str, seed: int = 0, **sizes: int) -> Weights:
    """Weights of a small network that give results of some contrast."""
    from mfgui.nets.weights import empty

    generator = torch.Generator().manual_seed(seed)
    wanted = sizes or SIZES[name]
    tensors = {}
    for key, place in empty(name, wanted).state_dict().items():
        if key.endswith("num_batches_tracked"):
            continue
        values = torch.randn(place.shape, generator=generator)
        spread = 1.5 / max(1, place[0].numel()) ** 0.5 if place.dim() > 1 else 0.1
        values = values * spread + (1.0 if key.endswith("running_var") else 0.0)
        if place.dim() == 1 and key.endswith(".weight"):
            values = values + 1.0  # scales of normalisation
        tensors[key] = values
    return Weights(name, wanted, tensors)


@pytest.fixture
def weights_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that shipped weights are looked for in; empty."""
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setattr(shipped, "folder", lambda: folder)
    return folder


@pytest.fixture
def networks(weights_folder: Path) -> Callable[[str], nn.Module]:
    """Makes the network of a name from the file that stands for its shipped weights."""
    for name in ("ms-resnet", "mfif-gan", "mff-gan", "edmf"):
        write(weights_folder / f"{name}.safetensors", random_weights(name))

    def made(name: str) -> nn.Module:
        from mfgui.nets.weights import read

        return network(read(weights_folder / f"{name}.safetensors"))

    return made


@pytest.fixture
def known(networks: Callable[[str], nn.Module]) -> Registry:
    """The registry of an installation with weights."""
    return registry.load()
