"""Weights in the layouts that the authors of the systems published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from mfgui.core.errors import InputError
from mfgui.nets import tensor_bundle, torch_files
from mfgui.nets.inputs import contents, reading, unfit
from mfgui.nets.layout import Weights, empty, fitted
from mfgui.nets.memory_unit import MUFUSION_WIDTH

# A training's file holds the weights beside its optimiser, MS-ResNet's under "net".
_WRAPPERS = ("net", "state_dict", "model", "generator")
_PARALLEL = "module."  # before every name when torch trained on several devices
_NOT_KNOWN = "choose the file of MS-ResNet, MFIF-GAN, MFF-GAN, MUFusion, or one of mfgui"


def read(path: Path) -> Weights:
    """Weights of a file as the authors published it, or of one with the same layout.

    Torch files of MS-ResNet, MFIF-GAN and MUFusion and the TensorFlow files of MFF-GAN; how many
    blocks and channels they have follows from the shapes of their tensors.

    Raises
    ------
    InputError
        If the file cannot be read, is damaged, has another layout, holds more than weights, or is
        a discriminator, with which nothing can be fused.
    """
    if tensor_bundle.parts(path) is not None:
        return tensor_bundle.read(path)
    content = torch_files.state(path, contents(path))
    with reading(path):
        tensors = _tensors(content)
        if tensors is None:
            raise unfit(path, "there are no tensors by name")
        name, sizes = _recognised(tensors, path)
        expected = empty(name, sizes, path=path)
        return Weights(name, sizes, fitted(expected, tensors, path=path), {}, "authors")


def _tensors(content: Any) -> dict[str, Tensor] | None:
    if not isinstance(content, Mapping):
        return None
    wrapper = next((key for key in _WRAPPERS if isinstance(content.get(key), Mapping)), None)
    named = content if wrapper is None else content[wrapper]
    tensors = {key: value for key, value in named.items() if isinstance(value, Tensor)}
    if not tensors or len(tensors) != len(named) or not all(type(key) is str for key in tensors):
        return None
    if all(key.startswith(_PARALLEL) for key in tensors):
        tensors = {key.removeprefix(_PARALLEL): value for key, value in tensors.items()}
    return tensors


def _recognised(tensors: Mapping[str, Tensor], path: Path) -> tuple[str, dict[str, int]]:
    """Name and sizes of the network that has such tensors; not yet whether they all fit."""
    first = tensors.get("conv0.conv.conv2d.weight")
    if first is not None:
        blocks = _numbered(tensors, "main.{}.conv1.conv2d.weight", start=0)
        return "ms-resnet", {"blocks": blocks, "width": _outputs(first)}
    first = tensors.get("line1.0.line.0.weight")
    if first is not None:
        blocks = _numbered(tensors, "line1.0.line.{}.conv1.weight", start=9)
        return "mfif-gan", {"blocks": blocks, "width": _outputs(first)}
    first = tensors.get("conv1.1.weight")
    if first is not None and "conv66.1.weight" in tensors:
        width = _outputs(first)
        return "mufusion" if width == MUFUSION_WIDTH else "edmf", {"width": width}
    first = tensors.get("near.layer1.weight")
    if first is not None:
        return "mff-gan", {"width": _outputs(first)}
    critic = _critic(tensors)
    if critic is not None:
        what = f"the discriminator of {critic}, which takes part in training only"
        raise InputError(what, path=path, hint="choose the file of the generator")
    what = f"weights of no network that mfgui has ({next(iter(tensors))[:60]!r}, ...)"
    raise InputError(what, path=path, hint=_NOT_KNOWN)


def _critic(tensors: Mapping[str, Tensor]) -> str | None:
    first = tensors.get("main.0.weight")
    if first is not None and tuple(first.shape[1:]) == (7, 4, 4):
        return "MFIF-GAN"
    if "layers.0.weight" in tensors and "linear.weight" in tensors:
        return "MFF-GAN"
    return None


def _outputs(weight: Tensor) -> int:
    """Channels that a convolution makes."""
    return weight.shape[0] if weight.ndim == 4 else 0


def _numbered(tensors: Mapping[str, Tensor], pattern: str, *, start: int) -> int:
    """How many names there are with numbers from `start` on, without a gap."""
    count = 0
    while pattern.format(start + count) in tensors:
        count += 1
    return count
