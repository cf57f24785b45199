"""What a row says of a result."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from mfgui.app.recalled import differing
from mfgui.core.fronts import front_of
from mfgui.core.result import BACKGROUND, Result
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


_fronts: WeakKeyDictionary[Result, int] = WeakKeyDictionary()


def found(result: Result) -> list[str]:
    """What a method has found out because it was not told, in words."""
    told = result.provenance.parameters.get("near", "auto") != "auto"
    front = 0 if told else _front_of(result)
    return [f"front in frame {front}"] if front else []


def _front_of(result: Result) -> int:
    """The source that has the front sharp; 0 for none, and for a result that does not know.
    Rows are renewed often, so that it is looked for once."""
    background, confidence = result.aspects.get(BACKGROUND), result.aspects.get("confidence")
    if background is None or result.soft is None:
        return 0
    if result not in _fronts:
        trusted = confidence is None or bool(confidence[::4, ::4].any())
        _fronts[result] = front_of(result.image, background, result.soft) if trusted else 0
    return _fronts[result]


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
