"""What a pickle of torch asks for, found by reading its instructions without following them.

torch itself follows only instructions that make tensors (``weights_only``). Here they are looked
through before, for a clear message, and because how much memory a storage takes is for the file
to say: older versions of torch believe it.
"""

from __future__ import annotations

import pickletools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

_MOST = 400_000  # instructions; MFIF-GAN with its optimiser takes about 20,000
_PLAIN = ("NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT")
_TUPLES = ("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3")
_LISTS = ("EMPTY_LIST", "APPEND", "APPENDS", "EMPTY_DICT", "SETITEM", "SETITEMS")
_MADE = ("GLOBAL", "REDUCE", "BUILD", "BINPERSID")
_KEPT = ("BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET")
_OPCODES = {"PROTO", "STOP", "MARK", "BINUNICODE", *_PLAIN, *_TUPLES, *_LISTS, *_MADE, *_KEPT}
_BYTES = {
    "torch DoubleStorage": 8,
    "torch FloatStorage": 4,
    "torch HalfStorage": 2,
    "torch BFloat16Storage": 2,
    "torch LongStorage": 8,
    "torch IntStorage": 4,
    "torch ShortStorage": 2,
    "torch CharStorage": 1,
    "torch ByteStorage": 1,
    "torch BoolStorage": 1,
}
_GLOBALS = frozenset(_BYTES) | {
    "collections OrderedDict",
    "torch._utils _rebuild_tensor",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
}
_TUPLE, _MARK, _OTHER = object(), object(), object()


class Unsafe(Exception):
    """The pickle does what no pickle of tensors needs."""


@dataclass(frozen=True)
class Storage:
    """A run of numbers that the pickle wants: its key and its size in bytes."""

    key: str
    size: int


def scan(file: BinaryIO) -> list[Storage]:
    """Storages that the next pickle in `file` asks for; the file is then behind it.

    Raises
    ------
    Unsafe
        If it names anything but tensors, or hides what it asks for.
    ValueError
        If it is no pickle.
    """
    recent: deque[object] = deque(maxlen=9)
    memory: dict[object, object] = {}
    storages = []
    for count, (opcode, value, _) in enumerate(pickletools.genops(file)):
        name = opcode.name
        if name not in _OPCODES or count > _MOST:
            raise Unsafe("it is not a plain list of tensors")
        if name == "GLOBAL" and value not in _GLOBALS:
            raise Unsafe(f"it asks for the program code {str(value).replace(' ', '.')[:60]}")
        if name.endswith("BINPUT"):
            memory[value] = recent[-1] if recent else _OTHER
            continue
        if name == "BINPERSID":
            storages.append(_storage(list(recent)))
        recent.append(_seen(name, value, memory))
    return storages


def _seen(name: str, value: object, memory: dict[object, object]) -> object:
    """What stands for a value: itself if it is a string or a number."""
    if name == "MARK":
        return _MARK
    if name == "TUPLE":
        return _TUPLE
    if name.endswith("BINGET"):
        known = memory.get(value)
        return known if isinstance(known, str | int) else _OTHER
    return _OTHER if value is None and name != "NONE" else value


def _storage(recent: Sequence[object]) -> Storage:
    """Of the tuple ("storage", type, key, device, numbers[, None]) made just before."""
    marks = [at for at, value in enumerate(recent) if value is _MARK]
    if not marks or recent[-1] is not _TUPLE:
        raise Unsafe("it hides how large a tensor is")
    match list(recent[marks[-1] + 1 : -1]):
        case ["storage", str(kind), str(key), str(), int(count)] if count >= 0:
            pass
        case ["storage", str(kind), str(key), str(), int(count), None] if count >= 0:
            pass
        case _:
            raise Unsafe("it hides how large a tensor is")
    if kind not in _BYTES:
        raise Unsafe("it hides of which kind a tensor is")
    return Storage(key, count * _BYTES[kind])
