"""Weights of the networks: our files, and the networks made from them."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
import torch
from torch import Tensor, nn

from mfgui.core.errors import InputError, OutputError
from mfgui.nets.memory_unit import MemoryUnitNetwork
from mfgui.nets.mff_gan import Generator as MffGan
from mfgui.nets.mfif_gan import Generator as MfifGan
from mfgui.nets.ms_resnet import MSResNet
from mfgui.nets.shipped import shipped

__all__ = ["Loaded", "Weights", "loaded", "network", "read", "shipped", "write"]

FORMAT, VERSION = "mfgui weights", "1"
FILE_MOST = 1 << 30  # bytes; the largest of the authors' files has 55 MB
HEADER_MOST = 4 << 20
_COUNTER = "num_batches_tracked"  # of batch normalisation; used by no network here
_MOST = {"blocks": 64, "width": 512}  # far above the papers' 10 and 256
_ANOTHER = "name a file of weights that mfgui or the authors wrote"


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


class Loaded(NamedTuple):
    """A network ready to run beside what it was made from."""

    network: nn.Module
    weights: Weights


def write(path: Path, weights: Weights) -> None:
    """Write `weights` as half precision numbers to a safetensors file, atomically.

    Raises
    ------
    OutputError
        If the file cannot be written, or a number is not finite or above 65504.
    """
    network(weights)  # what is written can be read
    halves = {
        name: tensor.detach().to("cpu", torch.float16).contiguous()
        for name, tensor in sorted(weights.tensors.items())
        if not name.endswith(_COUNTER)
    }
    for name, tensor in halves.items():
        if not bool(torch.isfinite(tensor).all()):
            raise OutputError(f"{name} holds numbers too large for half precision", path=path)
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "network": weights.network,
        "sizes": json.dumps(dict(weights.sizes), sort_keys=True),
        "facts": json.dumps(dict(weights.facts), sort_keys=True),
    }
    _replace(path, safetensors.torch.save(halves, metadata=metadata))


def read(path: Path) -> Weights:
    """Weights of a file that mfgui or the authors of a system wrote.

    Nothing in the file is executed, and nothing is made of it that is larger than a network can
    be; whether the layout fits is for `network` to say.

    Raises
    ------
    InputError
        If the file cannot be read, is no such file, or is damaged.
    """
    with reading(path):
        metadata, tensors = _safetensors(path)
        if metadata.get("format") != FORMAT:
            raise InputError("not weights that mfgui wrote", path=path, hint=_ANOTHER)
        if metadata.get("version") != VERSION:
            raise InputError("weights of a newer mfgui", path=path, hint="update mfgui")
        return Weights(
            network=metadata.get("network", ""),
            sizes=json.loads(metadata["sizes"]),
            tensors=tensors,
            facts={str(key): str(value) for key, value in json.loads(metadata["facts"]).items()},
        )


def network(weights: Weights, *, path: Path | None = None) -> nn.Module:
    """The generator with these weights, for inference only: no gradients, evaluation mode.

    Parameters
    ----------
    path : Path, optional
        Where the weights come from, for messages.

    Raises
    ------
    InputError
        If the network or its sizes are unknown, or a tensor is missing, unexpected, of another
        shape, or not finite.
    """
    made = empty(weights.network, weights.sizes, path=path)
    state = {}
    expected = {
        name: tensor for name, tensor in made.state_dict().items() if not name.endswith(_COUNTER)
    }
    for name, place in expected.items():
        tensor = weights.tensors.get(name)
        if tensor is None:
            raise _unfit(f"{name} is missing", path)
        if tensor.shape != place.shape:
            shapes = f"{tuple(tensor.shape)} instead of {tuple(place.shape)}"
            raise _unfit(f"{name} has the shape {shapes}", path)
        if not bool(torch.isfinite(tensor).all()):
            raise _unfit(f"{name} holds numbers that are not finite", path)
        state[name] = tensor.detach().to("cpu", torch.float32, copy=True)
    for name in weights.tensors:
        if name not in expected and not name.endswith(_COUNTER):
            raise _unfit(f"{name} is unknown", path)
    for name in made.state_dict():
        state.setdefault(name, torch.zeros((), dtype=torch.int64))
    made.load_state_dict(state, assign=True)
    return made.eval().requires_grad_(False)


def empty(name: str, sizes: Mapping[str, int], *, path: Path | None = None) -> nn.Module:
    """The generator called `name`, of shapes only: without memory behind its tensors.

    Raises
    ------
    InputError
        If there is no such network, or the sizes are not those of one.
    """
    kind = _KINDS.get(name)
    if kind is None:
        raise _unfit(f"there is no network {str(name)[:40]!r}", path)
    given = dict(sizes) if isinstance(sizes, Mapping) else {}
    fit = set(given) == set(kind.sizes) and all(
        type(value) is int and 1 <= value <= _MOST[key] for key, value in given.items()
    )
    if not fit:
        raise _unfit(f"{str(sizes)[:60]} are no sizes of {name}", path)
    with torch.device("meta"):
        return kind.make(**given)


def loaded(path: Path) -> Loaded:
    """The network of the file `path`, and its weights; the last few are kept in memory.

    The network is shared: copy it before moving it to another device or changing it.

    Raises
    ------
    InputError
        As `read` and `network` do.
    """
    with reading(path):
        found = path.stat()
    return _loaded(path.absolute(), found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _loaded(path: Path, _changed: int, _size: int) -> Loaded:
    weights = read(path)
    return Loaded(network(weights, path=path), weights)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong inside into one InputError about `path`."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise InputError(reason[0].lower() + reason[1:], path=path, hint=_ANOTHER) from error
    except Exception as error:  # libraries raise anything for a damaged file
        lines = str(error).splitlines() or [type(error).__name__]
        what = f"the weights are damaged: {lines[0][:120]}"
        raise InputError(what, path=path, hint=_ANOTHER) from error


def _safetensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors (float32) of a safetensors file."""
    if path.stat().st_size > FILE_MOST:
        raise InputError("too large to be weights", path=path, hint=_ANOTHER)
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(HEADER_MOST, len(data) - 8):
        raise InputError("not a safetensors file, or cut off", path=path, hint=_ANOTHER)
    metadata: Any = json.loads(data[8 : 8 + length]).get("__metadata__") or {}
    tensors = safetensors.torch.load(data)
    return dict(metadata), {name: tensor.float() for name, tensor in tensors.items()}


def _replace(path: Path, data: bytes) -> None:
    temporary = path.parent / f".mfgui-{secrets.token_hex(6)}.tmp"
    try:
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)  # noqa: PTH105 - the call tests make fail
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full" if full else (error.strerror or "cannot be written").lower()
        hint = "free some space or choose another folder" if full else "choose another folder"
        raise OutputError(what, path=path, hint=hint) from error


def _unfit(reason: str, path: Path | None) -> InputError:
    return InputError(f"the weights do not fit: {reason}", path=path, hint=_ANOTHER)
