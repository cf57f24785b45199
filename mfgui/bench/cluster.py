"""Cells computed on an existing Dask cluster.

The workers read the images and write the cache themselves: the folders must have the same paths
on all machines. Their versions of the program and of its libraries must be ours, because these
decide the numbers.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mfgui.bench.pool import Lost
from mfgui.bench.store import versions
from mfgui.core.errors import InputError, UsageError

_J = TypeVar("_J")
_R = TypeVar("_R")
_CONNECT_SECONDS = 15


@dataclass(frozen=True)
class Cluster:
    """Jobs on the workers of a cluster; made by `connected`."""

    client: Any
    address: str

    @property
    def workers(self) -> int:
        """Jobs that are carried out at the same time."""
        return max(1, sum(map(int, self.client.nthreads().values())))

    def check(self, folder: Path) -> None:
        """Refuse workers that would give other numbers or write elsewhere.

        Raises
        ------
        InputError
            With what differs on which worker.
        """
        ours = versions()
        if not self.client.nthreads():
            raise InputError(f"the cluster {self.address} has no workers", hint="start some")
        for worker, theirs in self.client.run(versions).items():
            differing = [name for name in ours if theirs.get(name) != ours[name]]
            if differing:
                name = differing[0]
                raise InputError(
                    f"worker {worker} has {name} {theirs.get(name, 'not')}, here is {ours[name]}",
                    hint="install the same versions on all machines",
                )
        for worker, there in self.client.run(_is_folder, str(folder)).items():
            if not there:
                raise InputError(
                    f"worker {worker} does not see this folder",
                    path=folder,
                    hint="choose one that all machines share",
                )

    def run(
        self,
        function: Callable[[_J], _R],
        jobs: Sequence[_J],
        done: Callable[[int, _R | Lost], None],
    ) -> None:
        """See `pool.Engine`."""
        distributed = _library()
        futures = {
            self.client.submit(function, job, pure=False): number for number, job in enumerate(jobs)
        }
        try:
            with self.client.as_current():
                completed = distributed.as_completed(futures)
            for future in completed:
                error = future.exception()
                number = futures[future]
                if error is None:
                    done(number, future.result())
                else:
                    text = " ".join(f"{type(error).__name__}: {error}".split())
                    done(number, Lost(f"the cluster lost it ({text})"))
        finally:
            self.client.cancel(list(futures))


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A connection to the scheduler at `address`, such as ``tcp://host:8786``.

    Raises
    ------
    UsageError
        If the library is not installed, or the address is none.
    InputError
        If nobody answers.
    """
    distributed = _library()
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise InputError(
            f"no scheduler answers at {address}", hint="start it with: dask scheduler"
        ) from error
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"{address} is no address of a cluster", hint="write tcp://HOST:PORT"
        ) from error
    try:
        yield Cluster(client, address)
    finally:
        client.close()


def _library() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise UsageError(
            "a cluster needs dask.distributed, which is not installed",
            hint="pip install 'mfgui[cluster]', or leave out --cluster",
        ) from error


def _is_folder(path: str) -> bool:
    return Path(path).is_dir()
