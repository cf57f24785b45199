"""Tools for as long as their key is held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

HOLD_S = 0.25  # a tool key held longer is a tool for as long


@dataclass(frozen=True)
class _Held:
    """A tool that a key has switched to: which one was active before, and since when."""

    former: str
    since: float


class HeldTools:
    """Which tool keys are down, and where letting go of them leads back to.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._keys: Mapping[str, int] = {}
        self._down: set[int] = set()
        self._held: dict[str, _Held] = {}

    def bind(self, keys: Mapping[str, int]) -> None:
        """Which key each tool has."""
        self._keys = keys

    @property
    def down(self) -> tuple[int, ...]:
        """The keys that are down."""
        return tuple(self._down)

    def press(self, key: int) -> None:
        """A key, of a tool or not, went down."""
        self._down.add(key)

    def chosen(self, name: str, former: str) -> None:
        """The tool `name` was chosen, by its key if that is down; `former` was active before."""
        self._held.pop(name, None)
        if self._keys.get(name) in self._down and name != former:
            self._held[name] = _Held(former, self.clock())

    def release(self, key: int, active: str) -> str | None:
        """A key went up while the tool `active` was; returns the tool to go back to, if any."""
        if key not in self._down:
            return None
        self._down.discard(key)
        back = None
        for name in [name for name in self._held if self._keys.get(name) == key]:
            held = self._held.pop(name)
            if self.clock() - held.since <= HOLD_S:
                continue
            for other, entry in self._held.items():  # a key that is still down goes further back
                if entry.former == name:
                    self._held[other] = replace(entry, former=held.former)
            if active == name:
                back = held.former
        return back
