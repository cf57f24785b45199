"""What the pool does for the controller: read sets, make pictures, write outputs."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from mfgui.app import odd_sizes
from mfgui.app.fused_files import Finish
from mfgui.core.arrays import (
    Depth,
    ImageF32,
    ImageU8,
    LabelArray,
    PixelArray,
    Rect,
    Size,
    from_float,
)
from mfgui.core.compose import compose, mean_image
from mfgui.core.compute import Compute
from mfgui.core.labels import UNASSIGNED
from mfgui.core.pyramid import Picture, Proxy, StoredReader, display_pixels
from mfgui.core.stack import Source, SourceStack
from mfgui.files.atomic import check_output
from mfgui.files.frames import frames_in, remarks
from mfgui.files.grouping import ordered_by_capture
from mfgui.files.images import read_image, write_image
from mfgui.files.maps import read_map, write_map
from mfgui.files.profiles import for_display
from mfgui.jobs.pool import Report, Task
from mfgui.jobs.request import RunRequest
from mfgui.methods.decision import decide
from mfgui.methods.registry import Method

_PREVIEW_SIDE = 1600
_PREVIEW = 2_000_000  # pixels
_TINY = 96
_MOST_DECODERS = 4
_WHOLE_BYTES = 1 << 30  # of the display pictures of all sources: eight of 24 megapixels
_PROXY_BYTES = 256 << 20  # of their proxies, where the pictures themselves would take more


@dataclass(frozen=True, eq=False)
class Preview:
    """A small picture of the first frame, before the set is read."""

    name: str
    size: Size
    picture: Picture = field(repr=False)


@dataclass(frozen=True)
class Reading:
    """How many frames of a set are decoded."""

    done: int
    total: int


@dataclass(frozen=True, eq=False)
class LoadedSet:
    """A set with the display picture of each source."""

    stack: SourceStack
    pictures: tuple[Picture, ...]
    paths: tuple[Path, ...]


def open_set(paths: Sequence[Path], *, by_capture: bool = False) -> Task:
    """Read files or folders into a stack; reports a `Preview` first, then `Reading`.

    With `by_capture` the frames are in the order in which they were taken, where their camera data
    tell it, else in that of their names.
    """

    def task(report: Report) -> LoadedSet:
        chosen = frames_in(paths)
        images = list(chosen.images)
        if by_capture:
            images = ordered_by_capture(images)
        opened = odd_sizes.opened(images, remarks(chosen))
        preview = Picture(opened.preview(max_side=_PREVIEW_SIDE))
        report(Preview(opened.infos[0].name, opened.size, preview))
        stack = opened.load(compute=telling(report))
        given = images if by_capture and not any(path.is_dir() for path in paths) else paths
        # Where a set that nobody waits for any more is given up.
        pictures = source_pictures(stack, check=lambda: report(None))
        return LoadedSet(stack, pictures, tuple(Path(path) for path in given))

    return task


def telling(report: Report) -> Compute:
    """All cores, whose progress is reported as `Reading`."""
    return Compute(
        threads=min(_MOST_DECODERS, os.cpu_count() or 1),
        progress=lambda done, total: report(Reading(done, total)),
    )


def source_pictures(
    stack: SourceStack, *, check: Callable[[], None] = lambda: None
) -> tuple[Picture, ...]:
    """The display picture of each source: whole, or a `Proxy` where all would take too much.
    `check` is called before each."""
    pixels = min(_PREVIEW, _PROXY_BYTES // stack.k * 3 // 16)
    shrink = math.sqrt(pixels / stack.size.pixels)
    whole = stack.k * picture_bytes(stack) <= _WHOLE_BYTES
    pictures = []
    for index in range(stack.k):
        check()
        pictures.append(source_picture(stack, index) if whole else _proxy(stack, index, shrink))
    return tuple(pictures)


def source_picture(stack: SourceStack, index: int) -> Picture:
    """The display picture of one source, with its stored pixels for the readout."""
    return _picture(stack, stack.pixels(index))


def picture_bytes(stack: SourceStack) -> int:
    """Bytes of a whole display picture with its levels."""
    return stack.size.pixels * 16 // 3


def fused_picture(stack: SourceStack, image: ImageF32, read: StoredReader) -> Task:
    """The display picture of a fused image; `read` gives the readout its pixels in the sources'
    depth, so that they are not kept a second time."""

    def task(_report: Report) -> Picture:
        return Picture(display(stack, from_float(image, stack.depth)), stored=read)

    return task


def stored_picture(stack: SourceStack, pixels: PixelArray) -> Task:
    """The display picture of pixels that are kept as they were stored, as the ground truth is."""

    def task(_report: Report) -> Picture:
        return _picture(stack, pixels)

    return task


def first_look(pictures: Sequence[Picture], request: RunRequest) -> Task:
    """What a run starts from, (h, w, C) uint8 at preview scale, long before its first step.

    Made from the levels of the sources' display pictures; without a given map by the run's own
    detector on those, which shows less detail than the map it will make.
    """

    def task(_report: Report) -> ImageU8:
        small = [preview_of(picture) for picture in pictures]
        if dict(request.parameters).get("start") == "average":
            return from_float(mean_image(small), "uint8")
        return from_float(compose(small, _small_labels(small, request)), "uint8")

    return task


def warm_up(detector: Method, optimiser: Method, *, depth: Depth, channels: int) -> Task:
    """Load the compiled loops of two methods, by a run on a picture of a few pixels of that kind:
    loading takes a second, which the first run would wait for."""

    def task(_report: Report) -> None:
        shades = np.random.default_rng(0).random((2, _TINY, _TINY, channels), np.float32)
        frames = [from_float(shade, depth) for shade in shades]
        compute = Compute()
        labels = detector.function(frames, compute=compute, **detector.defaults())
        values = {**optimiser.defaults(), "iterations": 2}
        for iterate in optimiser.function(frames, labels, compute=compute, **values):
            iterate.read()

    return task


def export_image(
    stack: SourceStack,
    image: Callable[[], ImageF32],
    path: Path,
    *,
    depth: Depth,
    finish: Finish,
    note: str,
) -> Task:
    """Write a fused image with the reference source's metadata, and how it was made in them;
    returns the writer's notice."""

    def task(_report: Report) -> tuple[str, ...]:
        source = _reference(stack)
        check_output(path, inputs=_paths(stack))
        camera = finish.camera(path, source.exif, note=note)
        return write_image(
            path,
            image(),
            depth=depth,
            icc=source.icc,
            exif=camera,
            described=finish.described(source),
            space=finish.space,
        )

    return task


def save_map(stack: SourceStack, labels: LabelArray, path: Path) -> Task:
    """Write the focus map, its description and a viewable preview."""

    def task(_report: Report) -> None:
        check_output(path, inputs=_paths(stack))
        names = [source.name for source in stack.sources]
        write_map(path, labels, k=stack.k, names=names, provenance=None)

    return task


def load_map(stack: SourceStack, path: Path) -> Task:
    """Read a focus map that fits the stack."""

    def task(_report: Report) -> LabelArray:
        return read_map(path, k=stack.k, size=stack.size)

    return task


def read_start(path: str) -> Task:
    """Read the start image of an optimiser."""

    def task(_report: Report) -> ImageF32:
        return read_image(Path(path))

    return task


def preview_of(picture: Picture, *, most: int = _PREVIEW) -> ImageU8:
    """The finest level of at most so many pixels, (h, w, C), red first."""
    fitting = (level for level in picture.levels if level.shape[0] * level.shape[1] <= most)
    level = next(fitting)
    shown = level[..., :1] if picture.channels == 1 else level[..., 2::-1]
    return np.ascontiguousarray(shown)


def _small_labels(small: Sequence[ImageU8], request: RunRequest) -> LabelArray:
    """The map at preview scale, complete."""
    height, width = small[0].shape[:2]
    given = request.labels
    labels: LabelArray | None = None
    if given is not None:
        labels = cv2.resize(given, (width, height), interpolation=cv2.INTER_NEAREST)
        if labels.all():
            return labels
    detected = decide(
        request.detector, small, compute=Compute(), **dict(request.detector_parameters)
    ).labels
    return detected if labels is None else np.where(labels == UNASSIGNED, detected, labels)


def _reference(stack: SourceStack) -> Source:
    return stack.sources[stack.reference]


def display(stack: SourceStack, stored: PixelArray) -> ImageU8:
    """Stored pixels of the set, (h, w, C), as the canvas shows them."""
    return for_display(display_pixels(stored), _reference(stack).icc)


def _picture(stack: SourceStack, stored: PixelArray) -> Picture:
    return Picture(display(stack, stored), stored=stored)


def _proxy(stack: SourceStack, index: int, shrink: float) -> Proxy:
    size = [max(1, round(side * shrink)) for side in (stack.size.width, stack.size.height)]
    small = cv2.resize(stack.pixels(index), size, interpolation=cv2.INTER_AREA)
    shown = display(stack, small.reshape(size[1], size[0], -1))

    def read(rect: Rect) -> ImageU8:
        return display(stack, stack.pixels(index)[rect.slices])

    return Proxy(shown, read=read)


def _paths(stack: SourceStack) -> list[Path]:
    return [source.path for source in stack.sources if source.path is not None]
