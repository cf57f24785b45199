"""Tensors and files in the layouts that the authors published, written down name by name."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

State = dict[str, Tensor]


def _random(seed: int, shapes: Mapping[str, tuple[int, ...]]) -> State:
    """Weights of a size that keeps activations near 1; variances are positive."""
    rng = np.random.default_rng(seed)
    state: State = {}
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(7)
            continue
        spread = 0.3 if len(shape) < 2 else 1 / np.sqrt(np.prod(shape[1:]))
        values = rng.normal(0, spread, shape)
        if name.endswith("running_var"):
            values = 0.5 + np.abs(values)
        elif name.endswith("weight") and len(shape) == 1:  # the scale of a normalisation
            values += 1
        state[name] = torch.from_numpy(values.astype(np.float32))
    return state


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    entries = ("weight", "bias", "running_mean", "running_var")
    shapes: dict[str, tuple[int, ...]] = {f"{name}.{entry}": (width,) for entry in entries}
    return shapes | {f"{name}.num_batches_tracked": ()}


def ms_resnet(blocks: int, width: int, *, seed: int = 1) -> State:
    """``block8_feat128.pth`` has 8 and 128."""
    shapes: dict[str, tuple[int, ...]] = {"conv0.conv.conv2d.weight": (width, 1, 3, 3)}
    shapes |= _norm("conv0.norm", width)
    for block in range(blocks):
        for number in (1, 2):
            shapes[f"main.{block}.conv{number}.conv2d.weight"] = (width, width, 3, 3)
            shapes |= _norm(f"main.{block}.norm{number}", width)
    shapes["conv1.conv.conv2d.weight"] = (1, 2 * width, 3, 3)
    return _random(seed, shapes)


def mfif_gan(blocks: int, width: int, *, seed: int = 2) -> State:
    """``110000-G.ckpt`` has 9 and 64."""
    line = "line1.0.line"
    wide, widest = 2 * width, 4 * width
    shapes: dict[str, tuple[int, ...]] = {
        f"{line}.0.weight": (width, 1, 7, 7),
        f"{line}.3.weight": (wide, width, 3, 3),
        f"{line}.6.weight": (widest, wide, 3, 3),
    }
    for at, channels in ((1, width), (4, wide), (7, widest)):
        shapes |= _norm(f"{line}.{at}", channels)
    for at in range(9, 9 + blocks):
        for number in (1, 2):
            shapes[f"{line}.{at}.conv{number}.weight"] = (widest, widest, 3, 3)
            shapes |= _norm(f"{line}.{at}.bn{number}", widest)
        inner = max(1, widest // 16)
        shapes[f"{line}.{at}.se.fc.0.weight"] = (inner, widest)
        shapes[f"{line}.{at}.se.fc.2.weight"] = (widest, inner)
    shapes["decode.0.weight"] = (2 * widest, widest, 4, 4)
    shapes |= _norm("decode.1", widest)
    shapes["decode.3.weight"] = (widest, wide, 4, 4)
    shapes |= _norm("decode.4", wide)
    shapes["decode.6.weight"] = (1, wide, 7, 7)
    return _random(seed, shapes)


def mfif_gan_discriminator(width: int, *, seed: int = 3) -> State:
    """``110000-D.ckpt`` has 64."""
    wide, widest = 2 * width, 4 * width
    shapes: dict[str, tuple[int, ...]] = {
        "main.0.weight": (width, 7, 4, 4),
        "main.0.bias": (width,),
        "main.2.weight": (wide, width, 4, 4),
        "main.2.bias": (wide,),
        "main.5.weight": (widest, wide, 4, 4),
        "main.5.bias": (widest,),
        "main.17.weight": (1, widest, 4, 4),
        "main.17.bias": (1,),
    }
    shapes |= _norm("main.3", wide) | _norm("main.6", widest)
    for at in (8, 11, 14):
        shapes[f"main.{at}.weight"] = (widest, widest, 4, 4)
        shapes |= _norm(f"main.{at + 1}", widest)
    return _random(seed, shapes)


def mufusion(width: int, *, seed: int = 4) -> State:
    """``Final.model`` has 32; EDMF, of which no file is public, 16."""
    wide = 2 * width
    layers = {
        "conv1": (2, width),
        "conv2": (width, width),
        "conv3": (2 * width, wide),
        "conv4": (wide, wide),
        "conv5": (2 * wide, wide),
        "conv6": (3 * wide, wide),
        "conv66": (wide, wide),
        "conv55": (2 * wide, wide),
        "conv44": (2 * wide, wide),
        "conv33": (2 * wide, wide),
        "conv22": (wide + width, width),
        "conv11": (2 * width, 1),
    }
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (inputs, outputs) in layers.items():
        shapes |= {f"{name}.1.weight": (outputs, inputs, 3, 3), f"{name}.1.bias": (outputs,)}
    return _random(seed, shapes)


Arrays = dict[str, np.ndarray]


def mff_gan(width: int = 16, *, seed: int = 5) -> Arrays:
    """Arrays of MFF-GAN's TensorFlow files, kernels as height, width, inputs, outputs."""
    shapes: dict[str, tuple[int, ...]] = {}
    layers = {"1": (5, 1), "2": (3, 1), "2_3": (1, 2), "3": (3, 3), "3_4": (1, 2), "4": (3, 4)}
    for number, (side, sources) in layers.items():
        inputs = 1 if number == "1" else sources * width
        for end in ("", "_far"):
            name = f"fusion_model/layer{number}{end}"
            shapes[f"{name}/w{number}{end}"] = (side, side, inputs, width)
            shapes[f"{name}/b{number}{end}"] = (width,)
    shapes["fusion_model/layer5/w5"] = (1, 1, 8 * width, 1)
    shapes["fusion_model/layer5/b5"] = (1,)
    channels = 1
    for number in (1, 2, 3, 4):
        name, outputs = f"discriminator/layer_{number}", width * 2**number
        shapes[f"{name}/w_{number}"] = (3, 3, channels, outputs)
        shapes[f"{name}/b_{number}"] = (outputs,)
        if number > 1:
            for entry in ("beta", "gamma", "moving_mean", "moving_variance"):
                shapes[f"{name}/BatchNorm/{entry}"] = (outputs,)
        channels = outputs
    shapes["discriminator/line_5/w_5"] = (4 * channels, 1)
    shapes["discriminator/line_5/b_5"] = (1,)
    rng = np.random.default_rng(seed)
    return {
        name: np.abs(rng.normal(0, 0.2, shape)).astype(np.float32)
        if name.endswith("variance")
        else rng.normal(0, 0.2, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


# A writer of TensorFlow's bundles, from the description of the format. ------------------------


@cache
def divided(byte: int) -> int:
    """Remainder of one byte, by polynomial division bit by bit."""
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte % 2 else 0)
    return byte


def crc32c(data: bytes) -> int:
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder = divided((remainder ^ byte) % 256) ^ remainder >> 8
    return remainder ^ 0xFFFFFFFF


def masked(checksum: int) -> int:
    rotated = checksum >> 15 | (checksum << 17) % 2**32
    return (rotated + 0xA282EAD8) % 2**32


def varint(value: int) -> bytes:
    value %= 2**64
    digits = []
    while True:
        value, digit = divmod(value, 128)
        digits.append(digit + 128 * (value > 0))
        if not value:
            return bytes(digits)


def numeric(number: int, value: int) -> bytes:
    """A field of a message; those of value 0 are left out."""
    return varint(number << 3) + varint(value) if value else b""


def content(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def entry(
    shape: tuple[int, ...], offset: int, size: int, checksum: int, *, dtype: int = 1, shard: int = 0
) -> bytes:
    sides = b"".join(content(2, numeric(1, side)) for side in shape)
    fixed = varint(6 << 3 | 5) + struct.pack("<I", checksum)
    return (
        numeric(1, dtype)
        + content(2, sides)
        + numeric(3, shard)
        + numeric(4, offset)
        + numeric(5, size)
        + fixed
    )


HEADER = numeric(1, 1) + content(3, numeric(1, 1))  # one shard, little-endian, version 1


def table(listed: Mapping[bytes, bytes], *, per_block: int = 20, kind: int = 0) -> bytes:
    """An index file of these keys and values, in the order given."""
    file = b""

    def block(pairs: list[tuple[bytes, bytes]]) -> bytes:
        """Writes a block and returns its handle."""
        nonlocal file
        body, restarts, before = b"", [], b""
        for index, (key, value) in enumerate(pairs):
            shared = 0
            if index % 16 == 0:
                restarts.append(len(body))
            else:
                while shared < min(len(key), len(before)) and key[shared] == before[shared]:
                    shared += 1
            new = key[shared:]
            body += varint(shared) + varint(len(new)) + varint(len(value)) + new + value
            before = key
        restarts = restarts or [0]
        body += struct.pack(f"<{len(restarts)}I", *restarts) + struct.pack("<I", len(restarts))
        handle = varint(len(file)) + varint(len(body))
        body += bytes([kind])
        file += body + struct.pack("<I", masked(crc32c(body)))
        return handle

    pairs = list(listed.items())
    handles = []
    for start in range(0, len(pairs), per_block):
        part = pairs[start : start + per_block]
        handles.append((part[-1][0], block(part)))
    about, index = block([]), block(handles)
    footer = (about + index).ljust(40, b"\0")
    return file + footer + struct.pack("<Q", 0xDB4775248B80FB57)


def bundle(folder: Path, arrays: Arrays, *, name: str = "model.ckpt-7") -> Path:
    """Writes both files, as TensorFlow 1 does, and returns what their names have in common."""
    listed, numbers = {b"": HEADER}, b""
    for key in sorted(arrays):
        data = arrays[key].astype("<f4").tobytes()
        checksum = masked(crc32c(data))
        listed[key.encode()] = entry(arrays[key].shape, len(numbers), len(data), checksum)
        numbers += data
    (folder / f"{name}.index").write_bytes(table(listed))
    (folder / f"{name}.data-00000-of-00001").write_bytes(numbers)
    return folder / name
