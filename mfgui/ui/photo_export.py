"""What the export dialog offers of a result and of the open frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

from PySide6.QtWidgets import QWidget

from mfgui.app.align_tasks import PHOTO
from mfgui.app.fused_files import Finish
from mfgui.app.settings import Settings
from mfgui.core.arrays import Depth
from mfgui.core.errors import UsageError
from mfgui.core.session import Session
from mfgui.files import exif, naming
from mfgui.files.capture import capture_of
from mfgui.ui.dialogs.export import (
    CONFIDENCE,
    DEPTH_MAP,
    PICTURE,
    ExportDialog,
    Naming,
    Part,
    layers_of,
)


def export_dialog(
    session: Session, run_id: int | None, first: Path, values: Settings, *, parent: QWidget
) -> ExportDialog:
    """The dialog for a result, or for the composite of the map (None), as it was left last.

    Parameters
    ----------
    first : Path
        The first source, or what stands for it where a person may write.
    """
    naming = Naming(values.last_export_name, fields_of(session, run_id, first))
    try:
        path = naming.path(first.parent, values.last_export_suffix)
    except UsageError:  # of a parameter that another method had
        naming = replace(naming, template=Naming().template)
        path = naming.path(first.parent, values.last_export_suffix)
    return ExportDialog(
        path,
        depth=cast(Depth, values.last_export_depth or usual_depth(session, run_id)),
        parts=parts_of(session, run_id),
        finish=Finish(values.last_export_space or None, values.export_drops_location),
        naming=naming,
        parent=parent,
    )


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


def fields_of(session: Session, run_id: int | None, first: Path) -> dict[str, naming.Value]:
    """What templates of names may be filled with.

    Parameters
    ----------
    first : Path
        The first source, or what stands for it.
    """
    assert session.stack is not None
    camera = session.stack.origin or session.stack
    others = [source.path or Path(source.name) for source in camera.sources[1:]]
    result = session.results.get(run_id or 0)
    made = None if result is None else result.provenance
    head = camera.sources[0]
    return naming.fields_of(
        [first, *others],
        method="map" if made is None else made.method,
        parameters={} if made is None else made.parameters,
        taken=capture_of(first, exif.parse(head.exif), size=head.size).taken,
    )
