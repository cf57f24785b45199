"""What processes are started with, and how one ended that was lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress


def death(code: int | None) -> str:
    """In one clause, how a process ended that should not have.

    >>> death(-9)
    'the process was ended by SIGKILL, as the system does when memory runs out'
    """
    if code is not None and code < 0:
        with suppress(ValueError):
            name = signal.Signals(-code).name
            memory = ", as the system does when memory runs out" if name == "SIGKILL" else ""
            return f"the process was ended by {name}{memory}"
    return f"the process ended with exit code {code}"


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Variables that processes started meanwhile have."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
