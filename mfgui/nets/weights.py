"""Weights of the networks: our files, and networks ready to run."""

from __future__ import annotations

import errno
import json
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import safetensors.torch
import torch
from torch import nn

from mfgui.core.errors import InputError, OutputError
from mfgui.nets import checkpoints, tensor_bundle, torch_files
from mfgui.nets.inputs import contents, reading
from mfgui.nets.layout import Weights, empty, fitted, network
from mfgui.nets.shipped import shipped

__all__ = ["Loaded", "Weights", "loaded", "network", "read", "shipped", "write"]

FORMAT, VERSION = "mfgui weights", "1"


class Loaded(NamedTuple):
    """A network ready to run beside what it was made from."""

    network: nn.Module
    weights: Weights


def write(path: Path, weights: Weights) -> None:
    """Write `weights` as half precision numbers to a safetensors file, atomically.

    Raises
    ------
    InputError
        If the tensors are not those of the network, or not finite.
    OutputError
        If the file cannot be written, or a number is above the 65504 of half precision.
    """
    tensors = fitted(empty(weights.network, weights.sizes), weights.tensors)
    halves = {name: tensor.to(torch.float16) for name, tensor in sorted(tensors.items())}
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
    _replace(path, _ordered(safetensors.torch.save(halves, metadata=metadata)))


def read(path: Path) -> Weights:
    """Weights of a file that mfgui or the authors of a system wrote.

    The content decides which, not the name. Nothing in the file is executed.

    Raises
    ------
    InputError
        If the file cannot be read, is neither, is damaged, or is not that of a network.
    """
    if tensor_bundle.parts(path) is None:
        data = contents(path)
        if torch_files.is_safetensors(data):
            with reading(path):
                metadata = torch_files.metadata(data)
                if metadata.get("format") == FORMAT:
                    return _ours(path, data, metadata)
    return checkpoints.read(path)


def loaded(path: Path) -> Loaded:
    """The network of the file `path`, and its weights; the last four are kept in memory.

    The network is shared: copy it before it is changed or moved to another device.

    Raises
    ------
    InputError
        As `read` does.
    """
    files = tensor_bundle.parts(path) or (path,)
    with reading(path):
        found = [file.stat() for file in files if file.exists()]
    stamp = tuple((file.st_mtime_ns, file.st_size, file.st_ino) for file in found)
    return _loaded(path.absolute(), stamp)


@lru_cache(maxsize=4)
def _loaded(path: Path, _stamp: tuple[tuple[int, int, int], ...]) -> Loaded:
    weights = read(path)
    return Loaded(network(weights, path=path), weights)


def _ours(path: Path, data: bytes, metadata: dict[str, str]) -> Weights:
    if metadata.get("version") != VERSION:
        raise InputError("weights of a newer mfgui", path=path, hint="update mfgui")
    name, sizes = metadata["network"], json.loads(metadata["sizes"])
    expected = empty(name, sizes, path=path)
    return Weights(
        network=name,
        sizes=sizes,
        tensors=fitted(expected, torch_files.of_safetensors(data), path=path),
        facts={str(key): str(value) for key, value in json.loads(metadata["facts"]).items()},
    )


def _ordered(data: bytes) -> bytes:
    """The file with its header in a fixed order: the same weights are the same bytes."""
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":"))
    text = header.encode() + b" " * (-len(header.encode()) % 8)  # numbers begin at multiples of 8
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def _replace(path: Path, data: bytes) -> None:
    """Make `path` hold `data`; whatever happens, it is the old file or the new one."""
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
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            what, hint = "the disk is full", "free some space or choose another folder"
        else:
            what, hint = (error.strerror or "cannot be written").lower(), "choose another folder"
        raise OutputError(what, path=path, hint=hint) from error
