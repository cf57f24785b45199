"""Row stripes: how a picture is cut so that threads, caches and the stop flag are served."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from mfgui.core.compute import Compute

T = TypeVar("T")


class Part(Protocol):
    """Something to be worked on, with its cost."""

    @property
    def work(self) -> int: ...


P = TypeVar("P", bound=Part)
_STRIPE_PIXELS = 32_768  # fewer, longer calls let threads wait less for the interpreter


def stripe_rows(width: int) -> int:
    """Rows of one stripe of a picture `width` pixels wide: 4 ... 256."""
    return max(4, min(256, _STRIPE_PIXELS // max(1, width)))


def stripes(start: int, stop: int, rows: int) -> Iterator[tuple[int, int]]:
    """Half-open row ranges of at most `rows` rows that cover start ... stop - 1.

    >>> list(stripes(2, 7, 2))
    [(2, 4), (4, 6), (6, 7)]
    """
    for low in range(start, stop, rows):
        yield low, min(low + rows, stop)


class Scratch:
    """Work arrays of one thread, allocated once and handed out by name."""

    def __init__(self) -> None:
        self._kept: dict[str, npt.NDArray[Any]] = {}

    def take(
        self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike = np.float64
    ) -> npt.NDArray[Any]:
        """A contiguous array of `shape` with undefined content; the same memory each time."""
        size = int(np.prod(shape))
        kept = self._kept.get(name)
        if kept is None or kept.size < size or kept.dtype != dtype:
            kept = self._kept[name] = np.empty(size, dtype)
        return kept[:size].reshape(shape)


class RowWorkers:
    """Threads that each take one contiguous range of rows; a context manager.

    Parameters
    ----------
    compute : Compute
        `threads` ranges are worked on at the same time; one thread works inline.
    """

    def __init__(self, compute: Compute) -> None:
        self.compute = compute
        self.scratch = tuple(Scratch() for _ in range(max(1, compute.threads)))
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> RowWorkers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def run(self, work: Callable[[Scratch, int, int], T], rows: int) -> list[T]:
        """``work(scratch, start, stop)`` for ranges that cover `rows` rows, top first.

        Raises
        ------
        Exception
            The first failure, after every range has ended: no thread works on behind the
            caller's back.
        """
        count = max(1, min(len(self.scratch), rows))
        edges = [rows * part // count for part in range(count + 1)]
        return self._run(work, list(itertools.pairwise(edges)))

    def run_parts(self, work: Callable[[Scratch, Sequence[P]], T], parts: Sequence[P]) -> list[T]:
        """``work(scratch, parts[i:j])`` for consecutive shares that cost about the same, in order.

        `parts` tell by ``work`` how much they cost. For failures see `run`.
        """
        costs = list(itertools.accumulate(part.work for part in parts))
        threads = len(self.scratch)
        edges = [0, len(parts)]
        if parts:
            shares = (costs[-1] * share / threads for share in range(1, threads))
            edges[1:1] = [bisect.bisect_left(costs, share) for share in shares]

        def take(scratch: Scratch, start: int, stop: int) -> T:
            return work(scratch, parts[start:stop])

        return self._run(take, [(a, b) for a, b in itertools.pairwise(edges) if a < b])

    def _run(
        self, work: Callable[[Scratch, int, int], T], ranges: Sequence[tuple[int, int]]
    ) -> list[T]:
        if len(ranges) <= 1:
            return [work(self.scratch[0], *between) for between in ranges]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(len(self.scratch), thread_name_prefix="rows")
        futures = [
            self._pool.submit(work, scratch, *between)
            for scratch, between in zip(self.scratch, ranges, strict=False)
        ]
        wait(futures)
        return [future.result() for future in futures]
