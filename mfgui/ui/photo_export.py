"""What the export dialog offers of a result and of the open frames."""

from __future__ import annotations

from mfgui.app.align_tasks import PHOTO
from mfgui.core.arrays import Depth
from mfgui.core.session import Session
from mfgui.ui.dialogs.export import CONFIDENCE, DEPTH_MAP, PICTURE, Part, layers_of


def usual_depth(session: Session, run_id: int | None) -> Depth:
    """That of the sources; 16 bit for a photograph, which may be developed further."""
    assert session.stack is not None
    result = session.results.get(run_id or 0)
    photo = result is not None and result.provenance.method == PHOTO
    return "uint16" if photo and session.stack.depth == "uint8" else session.stack.depth


def parts_of(session: Session, run_id: int | None) -> list[Part]:
    """The fused image, what the method told beside it, and the frames."""
    assert session.stack is not None
    result = session.results.get(run_id or 0)
    aspects = {} if result is None else result.aspects
    told = [part for part in (DEPTH_MAP, CONFIDENCE) if part.name in aspects]
    return [PICTURE, *told, layers_of(session.stack.depth)]
