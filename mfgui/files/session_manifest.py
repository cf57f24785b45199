"""The words of a session file: its manifest, checked field by field, and the older manifests.

The manifest names members, which hold pixels, labels and curves; where those are kept is the
business of `Members`: in one archive, or as blocks of a recovery folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from mfgui import __version__
from mfgui.core.alignment import StackAlignment
from mfgui.core.arrays import MAX_PIXELS, Depth, ImageF32, LabelArray, Size
from mfgui.core.errors import MfguiError
from mfgui.core.exposure import StackExposure
from mfgui.core.result import Curve, InputRecord, Provenance, Result, State
from mfgui.core.session import MapOrigin
from mfgui.files.session_fields import Fields, WrongField, plain_number, plain_value
from mfgui.files.session_migrations import FORMAT, MOST_SOURCES, SCHEMA, migrated

MANIFEST = "manifest.json"
MAP = "map.png"
_MOST_RESULTS = 4096
_MOST_POINTS = 1_000_000


@dataclass(frozen=True)
class Frame:
    """What all pictures of a session have in common."""

    size: Size
    channels: int
    depth: Depth


@dataclass(frozen=True)
class SourceRecord:
    """Which file a source is.

    Attributes
    ----------
    path, relative : str
        Where it was: absolute, and from the folder of the session (empty where there is no way).
    member : str
        Where its bytes are in the session; empty where they are not.
    """

    name: str
    path: str
    relative: str
    sha256: str
    page: int = 0
    member: str = ""


@dataclass(frozen=True, eq=False)
class StoredSession:
    """Everything in the window, frozen.

    Attributes
    ----------
    labels : (H, W) or None
        The focus map.
    parts : mapping
        By name, what other parts of the window remember: plain values as JSON has them.
    schema : int
        Of the file it was read from.
    alignment, exposure : StackAlignment, StackExposure or None
        Of the sources, where the frames are no longer as the camera gave them: the frames of the
        session are then made of them again.
    """

    frame: Frame
    sources: tuple[SourceRecord, ...]
    labels: LabelArray | None = field(default=None, repr=False)
    map_revision: int = 0
    origin: MapOrigin = field(default_factory=MapOrigin)
    results: Mapping[int, Result] = field(default_factory=dict, repr=False)
    active_source: int = 1
    active_label: int = 1
    shown: str = ""
    reference: str = ""
    parts: Mapping[str, object] = field(default_factory=dict)
    schema: int = SCHEMA
    alignment: StackAlignment | None = field(default=None, repr=False)
    exposure: StackExposure | None = field(default=None, repr=False)

    @property
    def k(self) -> int:
        """Number of frames that the labels name."""
        return len(self.sources) if self.alignment is None else len(self.alignment.used)

    @property
    def camera_size(self) -> Size:
        """Of the frames in the files."""
        return self.frame.size if self.alignment is None else self.alignment.size


class Keeper(Protocol):
    """Takes the pixels of a session; each call answers with the name of a member."""

    def image(self, image: ImageF32, name: str) -> str: ...

    def labels(self, labels: LabelArray, name: str) -> str: ...

    def text(self, content: Mapping[str, object], name: str) -> str: ...


class Members(Protocol):
    """Gives the pixels of a session; the same array for the same name."""

    def image(self, name: str, frame: Frame) -> ImageF32: ...

    def labels(self, name: str, frame: Frame, *, k: int) -> LabelArray: ...

    def text(self, name: str) -> Mapping[str, object]: ...


# Writing


def described(stored: StoredSession, keeper: Keeper, *, saved: str = "") -> dict[str, object]:
    """The manifest; labels, images and curves go to `keeper`."""
    size = stored.frame.size
    found: dict[str, object] = {
        "format": FORMAT,
        "schema": SCHEMA,
        "application": f"mfgui {__version__}",
        "saved": saved,
        "frame": {
            "width": size.width,
            "height": size.height,
            "channels": stored.frame.channels,
            "depth": stored.frame.depth,
        },
        "sources": [_described_source(source) for source in stored.sources],
        "alignment": None if stored.alignment is None else stored.alignment.to_json(),
        "exposure": None if stored.exposure is None else stored.exposure.to_json(),
        "map": None,
        "results": [
            _described_result(number, result, keeper) for number, result in stored.results.items()
        ],
        "active_source": stored.active_source,
        "active_label": stored.active_label,
        "shown": stored.shown,
        "reference": stored.reference,
        "parts": plain_value(stored.parts),
    }
    if stored.labels is not None:
        found["map"] = {
            "member": keeper.labels(stored.labels, MAP),
            "revision": stored.map_revision,
            "detector": stored.origin.detector,
            "parameters": plain_value(dict(stored.origin.parameters)),
            "path": stored.origin.path,
            "edited": stored.origin.edited,
        }
    return found


def _described_source(source: SourceRecord) -> dict[str, object]:
    return {
        "name": source.name,
        "path": source.path,
        "relative": source.relative,
        "sha256": source.sha256,
        "page": source.page,
        "member": source.member,
    }


def _described_result(number: int, result: Result, keeper: Keeper) -> dict[str, object]:
    folder = f"results/{number}"
    made = result.provenance
    described: dict[str, object] = {
        "number": number,
        "name": result.name,
        "depth": result.depth,
        "state": result.state,
        "map_revision": result.map_revision,
        "evaluations": result.evaluations,
        "q": plain_number(result.q),
        "q_box": plain_number(result.q_box),
        "window": result.window,
        "seconds": {name: plain_number(value) for name, value in result.seconds.items()},
        "image": keeper.image(result.image, f"{folder}/image.tif"),
        "start": keeper.image(result.start, f"{folder}/start.tif"),
        "best": keeper.image(result.best, f"{folder}/best.tif"),
        "labels": None,
        "curve": None,
        "provenance": {
            "method": made.method,
            "parameters": plain_value(dict(made.parameters)),
            "inputs": [
                {"name": one.name, "path": one.path, "sha256": one.sha256} for one in made.inputs
            ],
            "device": made.device,
            "versions": dict(made.versions),
            "detector": made.detector,
            "seed": made.seed,
            "follows": made.follows,
            "map_from": made.map_from,
            "start_from": made.start_from,
        },
    }
    if result.labels is not None:
        described["labels"] = keeper.labels(result.labels, f"{folder}/labels.png")
    if result.curve is not None:
        described["curve"] = keeper.text(_described_curve(result.curve), f"{folder}/curve.json")
    return described


def _described_curve(curve: Curve) -> dict[str, object]:
    return {
        "objective": curve.objective,
        **{
            name: [plain_number(value) for value in getattr(curve, name)]
            for name in ("q", "step", "gradient_norm", "seconds")
        },
    }


# Reading


def schema_of(content: Mapping[str, object]) -> int:
    """Schema of a manifest.

    Raises
    ------
    WrongField
        If it is none.
    """
    fields = Fields(content)
    if fields.text("format") != FORMAT:
        raise WrongField("format is not that of a session")
    return fields.whole("schema", most=1_000_000)


def understood(content: Mapping[str, object], members: Members) -> StoredSession:
    """The session that a manifest of any schema up to a newer one describes.

    Of a newer schema the known fields are taken.

    Raises
    ------
    WrongField
        For a field that is missing, of the wrong kind, or outside its range.
    """
    schema = schema_of(content)
    fields = Fields(migrated(content, schema))
    frame = _frame(fields.inside("frame"))
    sources = tuple(_source(entry) for entry in fields.entries("sources", most=MOST_SOURCES))
    if len(sources) < 2:
        raise WrongField("sources are fewer than two")
    alignment, exposure = _prepared(fields, len(sources))
    k = len(sources) if alignment is None else len(alignment.used)
    labels, revision, origin = None, 0, MapOrigin()
    kept_map = fields.inside_or_none("map")
    if kept_map is not None:
        labels = members.labels(kept_map.text("member"), frame, k=k)
        revision = kept_map.whole("revision", most=1 << 62)
        parameters = tuple(kept_map.inside("parameters").plain().items())
        origin = MapOrigin(
            kept_map.text("detector"),
            parameters,
            kept_map.text("path"),
            edited=kept_map.one_of("edited", (False, True)),
        )
    results = dict(
        _result(entry, frame, k, members) for entry in fields.entries("results", most=_MOST_RESULTS)
    )
    return StoredSession(
        frame=frame,
        sources=sources,
        labels=labels,
        map_revision=revision,
        origin=origin,
        results=results,
        active_source=fields.whole("active_source", least=1, most=k),
        active_label=fields.whole("active_label", most=k),
        shown=fields.text("shown"),
        reference=fields.text("reference"),
        parts=fields.inside("parts").plain(),
        schema=schema,
        alignment=alignment,
        exposure=exposure,
    )


def _prepared(fields: Fields, k: int) -> tuple[StackAlignment | None, StackExposure | None]:
    """How the frames of `k` files were brought together."""
    described = [fields.inside_or_none(name) for name in ("alignment", "exposure")]
    try:
        first, second = (None if found is None else found.plain() for found in described)
        alignment = None if first is None else StackAlignment.from_json(first)
        exposure = None if second is None else StackExposure.from_json(second)
    except MfguiError as error:
        raise WrongField(error.what) from error
    for found in (alignment, exposure):
        if found is not None and len(found.frames) != k:
            raise WrongField("the alignment is not that of the sources")
    return alignment, exposure


def _frame(fields: Fields) -> Frame:
    size = Size(fields.whole("width", least=1, most=1 << 20), fields.whole("height", least=1))
    if size.pixels > MAX_PIXELS:
        raise WrongField(f"frame is {size}, which is larger than any picture may be")
    return Frame(size, fields.one_of("channels", (1, 3)), _depth(fields))


def _depth(fields: Fields) -> Depth:
    return cast(Depth, fields.one_of("depth", ("uint8", "uint16", "float32")))


def _source(fields: Fields) -> SourceRecord:
    return SourceRecord(
        name=fields.text("name"),
        path=fields.text("path"),
        relative=fields.text("relative"),
        sha256=fields.text("sha256", most=64),
        page=fields.whole("page", most=100_000),
        member=fields.text("member"),
    )


def _result(fields: Fields, frame: Frame, k: int, members: Members) -> tuple[int, Result]:
    number = fields.whole("number", least=1, most=1 << 31)
    labels_member, curve_member = fields.text_or_none("labels"), fields.text_or_none("curve")
    result = Result(
        name=fields.text("name"),
        image=members.image(fields.text("image"), frame),
        depth=_depth(fields),
        labels=None if labels_member is None else members.labels(labels_member, frame, k=k),
        map_revision=fields.whole("map_revision", least=-1, most=1 << 62),
        provenance=_provenance(fields.inside("provenance")),
        state=cast(State, fields.one_of("state", ("done", "stopped"))),
        seconds=fields.inside("seconds").numbers(),
        start=members.image(fields.text("start"), frame),
        best=members.image(fields.text("best"), frame),
        curve=None if curve_member is None else _curve(Fields(members.text(curve_member))),
        evaluations=fields.whole("evaluations", most=1 << 62),
        q=fields.number_or_none("q"),
        q_box=fields.number_or_none("q_box"),
        window=fields.whole_or_none("window", most=1 << 20),
    )
    return number, result


def _provenance(fields: Fields) -> Provenance:
    inputs = fields.entries("inputs", most=MOST_SOURCES)
    return Provenance(
        method=fields.text("method"),
        parameters=fields.inside("parameters").plain(),
        inputs=tuple(InputRecord(i.text("name"), i.text("path"), i.text("sha256")) for i in inputs),
        device=fields.text("device"),
        versions=fields.inside("versions").texts(),
        detector=fields.text_or_none("detector"),
        seed=fields.whole_or_none("seed", most=1 << 63),
        follows=fields.whole_or_none("follows", most=1 << 31),
        map_from=fields.text_if_there("map_from"),
        start_from=fields.text_if_there("start_from"),
    )


def _curve(fields: Fields) -> Curve:
    columns = [
        fields.series(name, most=_MOST_POINTS) for name in ("q", "step", "gradient_norm", "seconds")
    ]
    if len({len(column) for column in columns}) > 1:
        raise WrongField("the columns of a curve differ in length")
    return Curve(fields.text("objective"), *columns)
