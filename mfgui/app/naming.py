"""What pictures are called where people read it."""

from __future__ import annotations

from mfgui.core.comparison import TRUTH
from mfgui.core.result import BACKGROUND
from mfgui.core.session import Session

_FIXED = {
    "live": "Run in progress",
    "preview": "Preview, reduced",
    "composite": "Composite of the map",
    TRUTH: "Ground truth",
}
_STATES = {
    "start": "start image",
    "best": "best image",
    BACKGROUND: "recovered background",
}


def result_name(session: Session, run_id: int) -> str:
    """The person's name for a result, else that of its method."""
    mark = session.marks.get(run_id)
    if mark is not None and mark.name:
        return mark.name
    result = session.results.get(run_id)
    return "" if result is None else result.name


def title_of(session: Session, key: str) -> str:
    """Name of the picture `key` with its number; empty for a picture that is not there.

    >>> title_of(Session(), "truth")
    'Ground truth'
    """
    kind, _, rest = key.partition(":")
    if kind in _FIXED:
        return _FIXED[kind]
    number, _, state = rest.partition(":")
    if kind == "source" and session.stack is not None:
        return f"Source {number} · {session.stack.sources[int(number) - 1].name}"
    if kind == "result" and int(number) in session.results:
        name = f"{number} · {result_name(session, int(number))}"
        return f"{name}, {_STATES[state]}" if state in _STATES else name
    return ""
