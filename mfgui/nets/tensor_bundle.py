"""MFF-GAN's published weights, two files that TensorFlow 1 wrote, read without TensorFlow."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mfgui.core.errors import InputError
from mfgui.nets.inputs import contents, damaged, reading, unfit
from mfgui.nets.layout import Weights, empty, fitted
from mfgui.nets.mff_gan import Discriminator
from mfgui.nets.sorted_table import Entry, entries, masked_checksum

_INDEX, _DATA = ".index", ".data-00000-of-00001"
_INDEX_MOST = 1 << 20
_WIDTH_MOST = 512
_NAMED = re.compile(r"(.+)\.(?:index|meta|data-\d{5}-of-\d{5})")
_PATH_LAYERS = {
    "layer1": "1",
    "layer2": "2",
    "exchange2": "2_3",
    "layer3": "3",
    "exchange3": "3_4",
    "layer4": "4",
}
_NORM = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
_GENERATOR, _DISCRIMINATOR = "fusion_model/layer1/w1", "discriminator/layer_1/w_1"


def parts(path: Path) -> tuple[Path, Path] | None:
    """Index and data of the bundle that `path` names: either of the two, or what their names
    have in common. None when it names no bundle."""
    named = _NAMED.fullmatch(path.name)
    prefix = named[1] if named is not None else path.name
    index, data = path.parent / (prefix + _INDEX), path.parent / (prefix + _DATA)
    with reading(path):
        found = named is not None or (not path.exists() and index.is_file())
    return (index, data) if found else None


def read(path: Path) -> Weights:
    """The generator in the bundle that `path` names.

    Raises
    ------
    InputError
        If a file is missing or damaged, or holds other tensors.
    """
    with reading(path):
        bundle = _Bundle(path)
        sizes = {"width": bundle.outputs(_GENERATOR)}
        expected = empty("mff-gan", sizes, path=path)
        fitting = fitted(expected, bundle.tensors(_generator_names()), path=path)
        return Weights("mff-gan", sizes, fitting, {}, "authors")


def discriminator(path: Path) -> dict[str, Tensor]:
    """State of `mff_gan.Discriminator` in the bundle that `path` names.

    Raises
    ------
    InputError
        As `read` does.
    """
    with reading(path):
        bundle = _Bundle(path)
        width = bundle.outputs(_DISCRIMINATOR)
        with torch.device("meta"):
            expected = Discriminator(width=width)
        return fitted(expected, bundle.tensors(_discriminator_names()), path=path)


class _Bundle:
    """Tensors by name, each checked when it is taken out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        files = parts(path)
        if files is None:
            raise InputError("not one of the two files that TensorFlow writes", path=path)
        for file in files:
            if not file.exists():
                hint = f"put {file.name} and the file that belongs to it into one folder"
                raise InputError("a half of the weights is missing", path=file, hint=hint)
        index, data = files
        self._data = contents(data)
        with reading(index):
            self._entries = entries(contents(index, most=_INDEX_MOST))
        self._check_places(index)

    def outputs(self, name: str) -> int:
        """Channels that the convolution called `name` makes."""
        entry = self._entries.get(name)
        if entry is None:
            raise unfit(self._path, f"not MFF-GAN's, {name} is missing")
        if len(entry.shape) != 4 or not 1 <= entry.shape[3] <= _WIDTH_MOST:
            raise unfit(self._path, f"{name} has the shape {entry.shape}")
        return entry.shape[3]

    def tensors(self, names: Mapping[str, str]) -> dict[str, Tensor]:
        """Tensors by our names, given those of the bundle for them."""
        return {ours: self._tensor(theirs) for ours, theirs in names.items()}

    def _tensor(self, name: str) -> Tensor:
        entry = self._entries.get(name)
        if entry is None:
            raise unfit(self._path, f"{name} is missing")
        numbers = self._data[entry.offset : entry.offset + entry.size]
        if masked_checksum(numbers) != entry.checksum:
            raise damaged(self._path, f"{name} has another checksum than written")
        array = np.frombuffer(numbers, "<f4").reshape(entry.shape)
        if array.ndim == 4:  # height, width, inputs, outputs
            array = array.transpose(3, 2, 0, 1)
        elif array.ndim == 2:  # inputs, outputs
            array = array.T
        return torch.from_numpy(np.array(array, np.float32))

    def _check_places(self, index: Path) -> None:
        places: list[Entry] = sorted(self._entries.values(), key=lambda entry: entry.offset)
        for before, after in itertools.pairwise(places):
            if after.offset < before.offset + before.size:
                raise damaged(index, "two tensors lie in the same place")
        if places and places[-1].offset + places[-1].size > len(self._data):
            raise damaged(index, "a tensor lies outside the file of numbers")


def _generator_names() -> dict[str, str]:
    names = {}
    for path, suffix in (("near", ""), ("far", "_far")):
        for ours, number in _PATH_LAYERS.items():
            layer = f"fusion_model/layer{number}{suffix}"
            names[f"{path}.{ours}.weight"] = f"{layer}/w{number}{suffix}"
            names[f"{path}.{ours}.bias"] = f"{layer}/b{number}{suffix}"
    names["out.weight"], names["out.bias"] = "fusion_model/layer5/w5", "fusion_model/layer5/b5"
    return names


def _discriminator_names() -> dict[str, str]:
    # The network flattens by rows, columns, channels as TensorFlow does: no reordering.
    names = {"linear.weight": "discriminator/line_5/w_5", "linear.bias": "discriminator/line_5/b_5"}
    for number, at in ((1, 0), (2, 2), (3, 5), (4, 8)):
        layer = f"discriminator/layer_{number}"
        names[f"layers.{at}.weight"] = f"{layer}/w_{number}"
        names[f"layers.{at}.bias"] = f"{layer}/b_{number}"
        if number > 1:
            for ours, theirs in _NORM.items():
                names[f"layers.{at + 1}.{ours}"] = f"{layer}/BatchNorm/{theirs}"
    return names
