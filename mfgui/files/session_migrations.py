"""Manifests of sessions of older schemas, as the present one has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mfgui.files.session_fields import Fields, WrongField

SCHEMA = 2
FORMAT = "mfgui session"
MOST_SOURCES = 4096


def migrated(content: Mapping[str, object], schema: int) -> Mapping[str, object]:
    """The manifest as the present schema has it; that of a newer one as it is."""
    for older in range(schema, SCHEMA):
        content = _MIGRATIONS[older](content)
    return content


def _from_1(content: Mapping[str, object]) -> Mapping[str, object]:
    """Schema 1 knew frames as the camera gave them only."""
    return {**content, "schema": 2, "alignment": None, "exposure": None}


def _from_0(content: Mapping[str, object]) -> Mapping[str, object]:
    """Schema 0 knew absolute paths only and one view; it had no results and no reference."""
    fields = Fields(content)
    size = fields.series("size", most=2)
    if len(size) != 2:
        raise WrongField("size is not width and height")
    view = fields.inside("view").plain()
    labels = fields.text_or_none("labels")
    return {
        "format": FORMAT,
        "schema": 1,
        "frame": {
            "width": int(size[0]),
            "height": int(size[1]),
            "channels": fields.whole("channels", least=1, most=3),
            "depth": fields.text("depth"),
        },
        "sources": [
            {
                "name": entry.text("file").replace("\\", "/").rpartition("/")[2],
                "path": entry.text("file"),
                "relative": "",
                "sha256": entry.text("sha256", most=64),
                "page": 0,
                "member": "",
            }
            for entry in fields.entries("images", most=MOST_SOURCES)
        ],
        "map": None
        if labels is None
        else {
            "member": labels,
            "revision": 0,
            "detector": fields.text("detector"),
            "parameters": {},
            "path": "",
            # It did not say; a map that may have been painted is not to be detected again.
            "edited": True,
        },
        "results": [],
        "active_source": fields.whole("active", least=1),
        "active_label": fields.whole("active", least=1),
        "shown": f"source:{fields.whole('active', least=1)}",
        "reference": "",
        "parts": {"view": view},
    }


_MIGRATIONS: tuple[Callable[[Mapping[str, object]], Mapping[str, object]], ...] = (
    _from_0,
    _from_1,
)
