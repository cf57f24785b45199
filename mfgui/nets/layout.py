"""Which networks there are, and whether tensors are those of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mfgui.nets.inputs import unfit
from mfgui.nets.memory_unit import MemoryUnitNetwork
from mfgui.nets.mff_gan import Generator as MffGan
from mfgui.nets.mfif_gan import Generator as MfifGan
from mfgui.nets.ms_resnet import MSResNet

COUNTER = "num_batches_tracked"  # of batch normalisation; nothing here uses it
_MOST = {"blocks": 64, "width": 512}  # far above the papers' 10 and 256


class _Kind(NamedTuple):
    make: Callable[..., nn.Module]
    sizes: tuple[str, ...]


_KINDS: Mapping[str, _Kind] = {
    "ms-resnet": _Kind(MSResNet, ("blocks", "width")),
    "mfif-gan": _Kind(MfifGan, ("blocks", "width")),
    "mff-gan": _Kind(MffGan, ("width",)),
    "edmf": _Kind(MemoryUnitNetwork, ("width",)),
    "mufusion": _Kind(MemoryUnitNetwork, ("width",)),
}


@dataclass(frozen=True, eq=False)
class Weights:
    """What is needed to make a network anew.

    Attributes
    ----------
    network : str
        "ms-resnet", "mfif-gan", "mff-gan", "edmf" or "mufusion".
    sizes : mapping
        Arguments of the network: blocks and width, or width alone.
    tensors : mapping
        State of the generator by published names, float32; counters of batches may be missing.
    facts : mapping
        Of the training: data, steps, seed, ...; empty for files of the authors.
    origin : str
        "mfgui" or "authors".
    """

    network: str
    sizes: Mapping[str, int]
    tensors: Mapping[str, Tensor]
    facts: Mapping[str, str] = field(default_factory=dict)
    origin: str = "mfgui"


def empty(name: str, sizes: Mapping[str, int], *, path: Path | None = None) -> nn.Module:
    """The generator called `name`, of shapes only: without memory behind its tensors.

    Raises
    ------
    InputError
        If there is no such network, or the sizes are not those of one.
    """
    kind = _KINDS.get(name)
    if kind is None:
        raise unfit(path, f"there is no network {name[:40]!r}")
    if set(sizes) != set(kind.sizes):
        raise unfit(path, f"{name} has the sizes {' and '.join(kind.sizes)}")
    for key, value in sizes.items():
        if type(value) is not int or not 1 <= value <= _MOST[key]:
            raise unfit(path, f"{key} is {str(value)[:20]}, not a number from 1 to {_MOST[key]}")
    with torch.device("meta"):
        return kind.make(**sizes)


def fitted(
    expected: nn.Module, tensors: Mapping[str, Tensor], *, path: Path | None = None
) -> dict[str, Tensor]:
    """Copies of `tensors` in float32 on the processor, after all that `expected` has is there.

    Shapes are compared first: a small file can describe a tensor that no memory holds. Counters
    of batches are left out.

    Raises
    ------
    InputError
        If a tensor is missing, unexpected, of another shape or kind, or not finite.
    """
    places = {key: place for key, place in expected.state_dict().items() if COUNTER not in key}
    fitting = {}
    for name, place in places.items():
        tensor = tensors.get(name)
        if not isinstance(tensor, Tensor):
            raise unfit(path, f"{name} is missing")
        if tensor.shape != place.shape:
            shapes = f"{tuple(tensor.shape)} instead of {tuple(place.shape)}"
            raise unfit(path, f"{name} has the shape {shapes}")
        if tensor.layout != torch.strided or not tensor.is_floating_point() or tensor.is_meta:
            raise unfit(path, f"{name} does not hold plain numbers")
        fitting[name] = tensor.detach().to("cpu", torch.float32, copy=True).contiguous()
        if not bool(torch.isfinite(fitting[name]).all()):
            raise unfit(path, f"{name} holds numbers that are not finite")
    for name in tensors:
        if name not in places and COUNTER not in str(name):
            raise unfit(path, f"it also holds {str(name)[:80]!r}")
    return fitting


def network(weights: Weights, *, path: Path | None = None) -> nn.Module:
    """The generator with these weights, for inference only: no gradients, evaluation mode.

    Parameters
    ----------
    path : Path, optional
        Where the weights come from, for messages.

    Raises
    ------
    InputError
        As `empty` and `fitted` do.
    """
    made = empty(weights.network, weights.sizes, path=path)
    state = fitted(made, weights.tensors, path=path)
    for name in made.state_dict():
        state.setdefault(name, torch.zeros((), dtype=torch.int64))
    made.load_state_dict(state, assign=True)
    return made.eval().requires_grad_(False)
