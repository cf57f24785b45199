"""How much memory a stack may take, and what is done at the same time within it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mfgui.app import machine
from mfgui.core.arrays import Depth, Size
from mfgui.core.errors import OutOfMemoryError

PROGRAM = 300_000_000  # bytes that the program takes before it holds a frame
_MOST = 3_000_000_000  # by default: frames beyond are served by the system from files as fast
_UNKNOWN = 2_000_000_000  # where the system does not say what is available
_LEAST_BYTES = 12  # per value: of a frame being read and of a result being made and written
_READING = 3  # frames' worth of bytes that reading one takes
_MOVING = 2


@dataclass(frozen=True)
class MemoryPlan:
    """What fits into a limit.

    Attributes
    ----------
    limit : int
        Bytes of the whole program.
    in_memory : bool
        Whether decoded and moved frames stay in memory; else they are kept in files.
    decoders, movers : int
        Frames that are read, and moved, at the same time.
    rest : int
        Bytes left for the method and its result.
    kept : int
        Bytes of the frames that stay in memory.
    """

    limit: int
    in_memory: bool
    decoders: int
    movers: int
    rest: int
    kept: int = 0


def plan_memory(
    size: Size,
    channels: int,
    depth: Depth,
    k: int,
    *,
    limit: int | None,
    threads: int,
    moving: bool,
) -> MemoryPlan:
    """What to keep where, and how much to do at once.

    Parameters
    ----------
    k : int
        Frames of the stack.
    limit : int or None
        Bytes of the whole program; None for three quarters of what is available, at most 3 GB
        unless frames of this size need more.
    moving : bool
        Whether a second set of frames will be made.

    Raises
    ------
    OutOfMemoryError
        When a limit that is given is too small for frames of this size.
    """
    frame = size.pixels * channels * np.dtype(depth).itemsize
    least = PROGRAM + size.pixels * channels * _LEAST_BYTES
    if limit is None:
        limit = max(least, _usual())
    if limit < least:
        raise OutOfMemoryError(
            f"{limit / 1e9:.2g} GB of memory are too little for frames of {size}",
            hint=f"allow {np.ceil(least / 1e8) / 10:.1f} GB or more with --memory",
        )
    room = limit - PROGRAM
    together = k * frame * (2 if moving else 1)
    in_memory = together <= room // 3
    kept = together if in_memory else 0
    half = (room - kept) // 2
    return MemoryPlan(
        limit,
        in_memory,
        decoders=max(1, min(threads, half // (_READING * frame))),
        movers=max(1, min(threads, half // (_MOVING * frame))),
        rest=room - kept,
        kept=kept,
    )


def _usual() -> int:
    available = machine.memory().available
    return min(_MOST, _UNKNOWN if available is None else available * 3 // 4)
