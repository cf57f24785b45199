"""What parts of the window remember in a session, each as plain values of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from mfgui.app.desk import Desk
from mfgui.app.spots import SpotControl
from mfgui.core.arrays import Rect
from mfgui.core.bands import Spot, SpotKind
from mfgui.core.events import RegionChanged
from mfgui.core.seams import Seam, SeamKind
from mfgui.files.session_fields import Fields, plain_value

_DAMAGED = (ValueError, TypeError, KeyError, AttributeError, OverflowError)


@dataclass(frozen=True, eq=False)
class _Part:
    read: Callable[[], object]
    restore: Callable[[object], None]


class SessionParts:
    """The parts by name; a session may lack some, or hold some that nobody knows."""

    def __init__(self) -> None:
        self._parts: dict[str, _Part] = {}

    def carry(
        self, name: str, read: Callable[[], object], restore: Callable[[object], None]
    ) -> None:
        """Remember something.

        Parameters
        ----------
        read : callable
            Gives plain values, as JSON has them.
        restore : callable
            Takes them back, once a session has been opened. What it gets may be anything that
            JSON can hold: ValueError, TypeError or KeyError leave the part as it is.
        """
        self._parts[name] = _Part(read, restore)

    def read(self) -> dict[str, object]:
        """All of them, in an order that does not change."""
        return {name: plain_value(part.read()) for name, part in sorted(self._parts.items())}

    def restore(self, found: Mapping[str, object]) -> list[str]:
        """Give each what was read; returns the names of those that could not take it."""
        lost = []
        for name, part in self._parts.items():
            if name in found:
                try:
                    part.restore(found[name])
                except _DAMAGED:
                    lost.append(name)
        return lost


def carry_seam(parts: SessionParts, desk: Desk, set_seam: Callable[[Seam], None]) -> None:
    """Remember the seam of the composite."""
    kinds: tuple[SeamKind, ...] = ("hard", "feather", "multi-band")

    def restore(value: object) -> None:
        fields = Fields({"seam": value}).inside("seam")
        kind, tone_match = fields.one_of("kind", kinds), fields.one_of("tone_match", (False, True))
        set_seam(Seam(kind, fields.whole("radius", least=1, most=4096), tone_match))

    parts.carry("seam", lambda: asdict(desk.session.seam), restore)


def carry_region(parts: SessionParts, desk: Desk) -> None:
    """Remember the region."""

    def read() -> object:
        region = desk.session.region
        return None if region is None else asdict(region)

    def restore(value: object) -> None:
        stack = desk.session.stack
        if value is None or stack is None:
            return
        fields = Fields({"region": value}).inside("region")
        most = max(stack.size.width, stack.size.height)
        x, y, width, height = (fields.whole(n, most=most) for n in ("x", "y", "width", "height"))
        frame = Rect(0, 0, stack.size.width, stack.size.height)
        region = Rect(x, y, width, height).intersected(frame)
        if not region.empty:
            desk.session.region = region
            desk.notifier.emit(RegionChanged(region))

    parts.carry("region", read, restore)


def carry_spots(parts: SessionParts, spots: SpotControl) -> None:
    """Remember which doubtful places were checked."""

    def read() -> object:
        return [asdict(spot) for spot in spots.checked]

    def restore(value: object) -> None:
        found = Fields({"spots": value}).entries("spots", most=100_000)
        spots.restore([_spot(fields) for fields in found])

    parts.carry("spots", read, restore)


def _spot(fields: Fields) -> Spot:
    inside = fields.inside("rect")
    x, y, width, height = (inside.whole(name) for name in ("x", "y", "width", "height"))
    score = fields.number_or_none("score")
    return Spot(
        SpotKind(fields.text("kind")),
        Rect(x, y, width, height),
        fields.whole("x"),
        fields.whole("y"),
        0.0 if score is None else score,
    )
