"""Does this PySide6 count references correctly? Run as `python -m mfgui.ui.probe`.

PySide6 6.12.0 on CPython 3.11 gives back one reference of None or True too many in nearly every
call, until the interpreter aborts at some later, unrelated place.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Mapping

from PySide6.QtCore import Property, QObject, Signal, Slot

# Few enough that a faulty PySide6 cannot free None or True before it is found out.
CALLS = 40
# Caches may move a count by a few; a fault moves it once per call.
ALLOWED = CALLS // 4


class _Probe(QObject):
    """Signal, slot and property of the kinds the window uses."""

    plain = Signal()
    carrying = Signal(object)

    @Slot()
    def _on_plain_emitted(self) -> None:
        return None

    @Slot(object)
    def _on_carrying_emitted(self, _thing: object) -> None:
        return None

    def _nothing(self) -> None:
        return None

    nothing = Property(object, _nothing)

    def connect_all(self) -> None:
        self.plain.connect(self._on_plain_emitted)
        self.carrying.connect(self._on_carrying_emitted)


def drift() -> dict[str, int]:
    """References gained or lost over `CALLS` calls each, by "call: object".

    Only what moved by more than `ALLOWED` is listed, so a sound PySide6 gives an empty mapping.
    Since Python 3.12 None and True are immortal and cannot be harmed; there only an object
    carried by a signal can drift.
    """
    probe = _Probe()
    probe.connect_all()
    carried = object()
    watched: dict[str, object] = {"None": None, "True": True, "False": False, "object": carried}
    moved = {}
    collecting = gc.isenabled()
    gc.disable()
    try:
        for name, call in _calls(probe, carried).items():
            for what, by in _moves(call, watched).items():
                if abs(by) > ALLOWED:
                    moved[f"{name}: {what}"] = by
    finally:
        if collecting:
            gc.enable()
    return moved


def _calls(probe: _Probe, carried: object) -> Mapping[str, Callable[[], object]]:
    return {
        "signal": probe.plain.emit,
        "signal with an object": lambda: probe.carrying.emit(carried),
        "signal with None": lambda: probe.carrying.emit(None),
        "property": lambda: probe.nothing,
        "property by name": lambda: probe.property("nothing"),
        "setter": lambda: probe.setObjectName("probe"),
        "getter of nothing": probe.parent,
        "getter of a truth value": lambda: probe.blockSignals(False),
    }


def _moves(call: Callable[[], object], watched: Mapping[str, object]) -> dict[str, int]:
    call()  # fills the caches
    gc.collect()  # garbage of before holds references of None, too
    before = {name: sys.getrefcount(thing) for name, thing in watched.items()}
    for _ in range(CALLS):
        call()
    return {name: sys.getrefcount(thing) - before[name] for name, thing in watched.items()}


def main() -> int:
    """Print the drift as JSON; the exit code is 0 for a sound PySide6 and 1 for a faulty one."""
    moved = drift()
    sys.stdout.write(json.dumps(moved) + "\n")
    sys.stdout.flush()
    return 1 if moved else 0


if __name__ == "__main__":
    sys.exit(main())
