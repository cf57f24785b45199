"""Which focus map a run is given, and where one comes from that a run has made."""

from __future__ import annotations

from mfgui.core.labels import FocusMap
from mfgui.core.session import MapOrigin, Session
from mfgui.jobs.request import RunRequest


def usable_map(session: Session, request: RunRequest) -> FocusMap | None:
    """The session's map, unless other detector settings were asked for since; None lets the run
    make its own. A method that makes its own obeys one that a person made or opened."""
    if session.focus_map is None or request.map_only:
        return None
    if request.method.makes_map:
        return session.focus_map if request.method.obeys and session.map_origin.kept else None
    usable = session.map_origin.kept or _fits(session.map_origin, request)
    return session.focus_map if usable else None


def origin_of(request: RunRequest) -> MapOrigin:
    """Where the map comes from that a run has made."""
    return MapOrigin(detector=request.detector.name, parameters=request.detector_parameters)


def _fits(origin: MapOrigin, request: RunRequest) -> bool:
    """Whether the run would have its map made like that.

    A setting of the detector alone counts only where the run asks for one: a map that was
    detected with it is the one to use.
    """
    wanted = dict(request.detector_parameters)
    shared = {name for name, _ in request.parameters}
    defaults = request.detector.defaults()
    decides = {name for name, value in wanted.items() if name in shared or value != defaults[name]}
    made = dict(origin.parameters)
    same = all(made.get(name) == wanted[name] for name in decides)
    return origin.detector == request.detector.name and same
