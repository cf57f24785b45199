"""The sets of images that experiments run on, read into memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mfgui.bench import datasets
from mfgui.core.arrays import LabelArray, PixelArray, Size, depth_of, from_float, to_float
from mfgui.core.errors import InputError, UsageError
from mfgui.core.labels import UNASSIGNED
from mfgui.files.decode import sha256_of
from mfgui.files.ground_truth import read_ground_truth
from mfgui.files.maps import read_map
from mfgui.files.stacks import read_stack


@dataclass(frozen=True, eq=False)
class Case:
    """One set of images and what is known about it.

    Attributes
    ----------
    name : str
    images : list of (H, W, C) uint8, uint16 or float32
        As stored, source 1 first.
    labels : (H, W), optional
        A focus map that somebody made, 1 ... K or *ignore*.
    truth : (H, W, C), optional
        The scene with everything in focus.
    hashes : tuple of (file, SHA-256)
    """

    name: str
    images: list[PixelArray] = field(repr=False)
    labels: LabelArray | None = field(default=None, repr=False)
    truth: PixelArray | None = field(default=None, repr=False)
    hashes: tuple[tuple[str, str], ...] = ()

    @property
    def size(self) -> Size:
        height, width = self.images[0].shape[:2]
        return Size(width, height)

    def stored(self, image: PixelArray) -> PixelArray:
        """A float image as a file of the sources' depth would hold it."""
        return from_float(to_float(image), depth_of(self.images[0]))


def read_cases(
    inputs: Sequence[Path], *, labels: Path | None = None, truth: Path | None = None
) -> list[Case]:
    """The sets of folders, or the one set of files.

    Parameters
    ----------
    inputs : sequence of Path
        Image files are the sources of one set; of a folder all sets are taken, with ground truth
        and labels where their names say so (`mfgui.bench.datasets.find`).
    labels, truth : Path, optional
        Of the one set, in the place of what its folder holds.

    Raises
    ------
    UsageError
        For files beside folders, one file, or `labels` or `truth` of several sets.
    InputError
        If something cannot be read or does not fit.
    """
    folders = [path for path in inputs if path.is_dir()]
    if folders and len(folders) < len(inputs):
        raise UsageError("files beside folders", hint="name the sources of one set, or folders")
    if folders:
        found = [entry for folder in folders for entry in datasets.find(folder).sets]
    else:
        if len(inputs) < 2:
            hint = "name two or more sources, or a folder"
            raise UsageError("an experiment needs two or more images", hint=hint)
        found = [datasets.SourceSet("", inputs[0].parent.name or "set", tuple(inputs))]
    if (labels or truth) and len(found) > 1:
        raise UsageError("--map and --truth go with one set", hint="name one set")
    cases = [
        _read(replace(entry, labels=labels or entry.labels, truth=truth or entry.truth))
        for entry in found
    ]
    return _told_apart(cases)


def _read(entry: datasets.SourceSet) -> Case:
    stack = read_stack(entry.sources)
    images = [np.ascontiguousarray(stack.pixels(index)) for index in range(stack.k)]
    labels = None
    if entry.labels is not None:
        labels = read_map(entry.labels, k=stack.k, size=stack.size)
        if (labels == UNASSIGNED).any():
            hint = "complete it in the window"
            raise InputError("the map has unassigned pixels", path=entry.labels, hint=hint)
    truth = None if entry.truth is None else read_ground_truth(entry.truth, stack).pixels
    folder = entry.sources[0].parent.name
    name = entry.name if entry.name not in ("", "image") else folder
    hashes = tuple((str(path), sha256_of(path)) for path in entry.files)
    return Case(name, images, labels, truth, hashes)


def _told_apart(cases: list[Case]) -> list[Case]:
    """Sets of one name get numbers."""
    names = [case.name for case in cases]
    return [
        replace(case, name=f"{case.name} ({names[:i].count(case.name) + 1})")
        if names.count(case.name) > 1
        else case
        for i, case in enumerate(cases)
    ]


def needs_labels(cases: Sequence[Case], why: str) -> None:
    """Refuse sets without a map, with `why` one is needed."""
    for case in cases:
        if case.labels is None:
            hint = "give it with --map, or put it beside the sources as labels.png"
            raise UsageError(f"{case.name}: {why} needs a focus map", hint=hint)
