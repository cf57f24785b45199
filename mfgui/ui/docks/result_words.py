"""What a row says of a result."""

from __future__ import annotations

from mfgui.app.recalled import differing
from mfgui.core.result import Result
from mfgui.methods.choice import DETECTOR_PREFIX
from mfgui.methods.registry import Method
from mfgui.ui.fields import shown_text


def score(result: Result) -> float | None:
    """The Q that a row shows: a method without iterations has none of its own and shows the box
    Q of its image by its own map."""
    return result.q_box if result.q is None else result.q


def outcome(result: Result) -> list[str]:
    """Score, time and state of a result, in words.

    The score is named after whose it is: neither is the local Q by which results are compared.
    """
    q, whose = score(result), "box" if result.q is None else "own"
    parts = [] if q is None else [f"{whose} Q {q:.5f}"]
    parts.append(f"{sum(result.seconds.values()):.1f} s")
    if result.state == "stopped":
        parts.append("stopped")
    return parts


def found(result: Result) -> list[str]:
    """What a method has found out because it was not told, in words."""
    return [f"front in frame {result.front}"] if result.front else []


def changed_parameters(
    result: Result, method: Method | None, detector: Method | None = None
) -> str:
    """The parameters that differ from the method's defaults, as on the command line; those that
    were meant for the detector differ from that one's."""
    if method is None:
        return ""
    given = result.provenance.parameters
    changed, others = differing(method, given)
    usual = {} if detector is None else detector.defaults()
    shown = {
        name: given[name]
        for name in given
        if name in changed
        or (name in others and usual.get(name.removeprefix(DETECTOR_PREFIX)) != given[name])
    }
    return ", ".join(f"{name}={shown_text(value)}" for name, value in shown.items())  # type: ignore[arg-type]
