"""A fused picture in its file, and what is written beside it: depth, confidence, frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mfgui.core.arrays import Depth, LabelArray, PixelArray, from_float, to_float
from mfgui.core.errors import OutputError, UsageError
from mfgui.core.result import Provenance, Result
from mfgui.core.stack import Source, SourceStack
from mfgui.files import images, layers, maps, naming, spaces
from mfgui.files.camera_notes import annotated, note_of
from mfgui.files.capture import read_capture
from mfgui.files.descriptions import Descriptions, without_place
from mfgui.files.frames import frames_in
from mfgui.methods.registry import Kind, Method, Value

DEPTH, CONFIDENCE = "depth", "confidence"  # aspects of a result


@dataclass(frozen=True)
class Finish:
    """How a picture is finished.

    Attributes
    ----------
    space : str or None
        Colour space, a name of `spaces.SPACES`; None for that of the sources.
    drop_location : bool
        Leave out where it was taken: in numbers (GPS) and in names of places.
    """

    space: str | None = None
    drop_location: bool = False

    def camera(self, path: Path, block: bytes | None, *, note: str = "") -> bytes | None:
        """The camera data that go into a file."""
        if images.output_format(path) not in images.CARRIERS:
            return block  # a note must not make the writer tell of a loss
        return annotated(block, note=note, drop_location=self.drop_location)

    def described(self, source: Source) -> Descriptions:
        """The XMP and IPTC that go into a file."""
        found = Descriptions(source.xmp, source.iptc)
        return without_place(found) if self.drop_location else found


@dataclass(frozen=True)
class Beside:
    """Further files; None for each that is not wanted.

    Attributes
    ----------
    depth : Path or None
        PNG or TIFF, of what the method knows, else of the focus map.
    confidence : Path or None
        PNG or TIFF.
    layers : Path or None
        TIFF with the frames that were fused.
    """

    depth: Path | None = None
    confidence: Path | None = None
    layers: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those that are wanted."""
        return tuple(path for path in (self.depth, self.confidence, self.layers) if path)

    def in_folder(self, folder: Path) -> Beside:
        """The same names in another folder."""
        paths = (self.depth, self.confidence, self.layers)
        return Beside(*(None if path is None else folder / path.name for path in paths))

    def check(self, method: Method) -> None:
        """Refuse what the method cannot tell, before it runs.

        Raises
        ------
        UsageError
            Also for a name that the file cannot have.
        """
        for path in filter(None, (self.depth, self.confidence)):
            layers.check_map_name(path)
        if self.layers is not None:
            layers.check_layers_name(self.layers)
        if self.depth is not None and not method.has_map:
            raise UsageError(f"{method.name} knows no depth", hint="use the method photo")
        if self.confidence is not None and method.kind is not Kind.DECISION:
            raise UsageError(f"{method.name} knows no confidence", hint="use the method photo")


def note(made: Provenance, *, frames: int) -> str:
    """The line that goes into the camera data of a result."""
    return note_of(made.method, made.parameters, frames=frames)


def write_picture(
    path: Path, stack: SourceStack, result: Result, *, depth: Depth, finish: Finish
) -> tuple[str, ...]:
    """Write a fused picture with the metadata of the reference frame; what could not be held.

    Raises
    ------
    OutputError, OutOfMemoryError
        As `images.write_image`.
    """
    source = stack.sources[stack.reference]
    said = note(result.provenance, frames=stack.k)
    return images.write_image(
        path,
        result.image,
        depth=depth,
        icc=source.icc,
        exif=finish.camera(path, source.exif, note=said),
        described=finish.described(source),
        space=finish.space,
    )


def write_beside(
    beside: Beside, stack: SourceStack, result: Result, finish: Finish
) -> tuple[str, ...]:
    """Write what is wanted beside a picture; what could not be written, one sentence each.

    Raises
    ------
    OutputError
        As the writers of `layers`.
    """
    lost: tuple[str, ...] = ()
    if beside.depth is not None:
        write_depth(beside.depth, stack, result)
    if beside.confidence is not None:
        if CONFIDENCE in result.aspects:
            layers.write_confidence(beside.confidence, result.aspects[CONFIDENCE])
        else:
            # Of some pairs; not worth to lose a picture of a batch.
            name = result.provenance.method
            lost = (f"{beside.confidence.name}: not written, {name} told none of these frames",)
    if beside.layers is not None:
        found = write_frames(beside.layers, stack, finish)
        lost += tuple(f"{beside.layers.name}: {text}" for text in found)
    return lost


def write_depth(path: Path, stack: SourceStack, result: Result) -> None:
    """Write the depth as the method knows it, else the focus map, whose numbers are depths of
    frames that are in order."""
    if DEPTH in result.aspects:
        # Between frames a method may well go a little beyond the first and the last.
        depth = np.clip(result.aspects[DEPTH], 1, stack.k)
        layers.write_depth(path, depth, low=1, high=stack.k, unit="frame in the order of focus")
    else:
        assert result.labels is not None  # `check` has asked for a method with a map
        layers.write_depth(path, result.labels, low=1, high=stack.k)


def write_frames(
    path: Path, stack: SourceStack, finish: Finish, *, depth: Depth | None = None
) -> tuple[str, ...]:
    """Write the frames of a stack as layers; what could not be held.

    Parameters
    ----------
    depth : str, optional
        Without it that of the frames.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    source = stack.sources[stack.reference]
    frames, icc = _finished(stack, source.icc, finish.space, depth or stack.depth)
    names = [one.name for one in stack.sources]
    camera = finish.camera(path, source.exif)
    return layers.write_layers(
        path, frames, names, icc=icc, camera=camera, described=finish.described(source)
    )


def _finished(
    stack: SourceStack, icc: bytes | None, space: str | None, depth: Depth
) -> tuple[Iterable[PixelArray], bytes | None]:
    """The frames in a colour space and depth, one after another, and their profile."""
    recoloured = space is not None and stack.channels == 3
    if not recoloured and depth == stack.depth:
        return stack.frames, icc
    if space is None or not recoloured:
        return (from_float(to_float(frame), depth) for frame in stack.frames), icc
    found = (spaces.to_space(to_float(frame), icc, space)[0] for frame in stack.frames)
    return (from_float(frame, depth) for frame in found), spaces.profile(spaces.checked(space))


def write_map(
    path: Path,
    labels: LabelArray,
    stack: SourceStack,
    origin: Mapping[str, object],
) -> None:
    """Write a focus map with the names of its sources and how it was made.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    maps.write_map(
        path,
        labels,
        k=stack.k,
        names=[source.name for source in stack.sources],
        hashes=[source.sha256 for source in stack.sources],
        provenance=dict(origin),
    )


@contextmanager
def kept(path: Path) -> Iterator[None]:
    """Say in an error about a further output that the main one was written."""
    try:
        yield
    except OutputError as error:
        hint = f"{error.hint}; {path} was written" if error.hint else f"{path} was written"
        raise OutputError(error.what, path=error.path, hint=hint) from error


def expanded(
    path: Path,
    sources: Sequence[Path],
    *,
    method: Method,
    explicit: Mapping[str, Value],
) -> Path:
    """The path with the template that its name may be filled in.

    Parameters
    ----------
    sources : sequence of Path
        Files and folders as they were given; looked at only where there is a template.
    explicit : mapping
        Parameters that were given; those of the detector are no fields.

    Raises
    ------
    UsageError
        For an unknown field or a brace without its partner.
    InputError
        If a folder cannot be listed or holds no image.
    """
    if not {"{", "}"} & set(path.name):
        return path
    naming.check_template(path.name, [parameter.name for parameter in method.parameters])
    found = frames_in(sources).images
    own = {parameter.name for parameter in method.parameters}
    given = {name: text for name, text in explicit.items() if name in own}
    fields = naming.fields_of(
        found,
        method=method.name,
        parameters=method.resolve(given),
        taken=read_capture(found[0]).taken if "{date" in path.name else None,
    )
    return path.with_name(naming.expand(path.name, fields))
