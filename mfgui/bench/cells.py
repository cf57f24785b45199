"""One cell of a table: one method on one set, fused, scored and kept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from mfgui.bench.columns import Column
from mfgui.bench.datasets import SourceSet
from mfgui.bench.store import Store, python_version, versions
from mfgui.core.arrays import Depth, ImageF32, LabelArray, PixelArray, from_float
from mfgui.core.compute import Compute
from mfgui.core.errors import InputError, MfguiError, is_out_of_memory
from mfgui.core.stack import SourceStack
from mfgui.files.ground_truth import read_ground_truth
from mfgui.files.images import probe, read_stack
from mfgui.files.maps import read_map
from mfgui.methods import registry
from mfgui.methods.choice import carry_out, choose
from mfgui.methods.metrics.measures import Score, Subject, score

_WARM_SIDE = 160  # of the picture on which a method is loaded before its time is taken


@dataclass(frozen=True)
class Job:
    """What a worker is asked for; plain values, so that it can be sent anywhere.

    Attributes
    ----------
    folder : Path
        Of the table, with the cache below it.
    label : str
        Of the entry.
    method, explicit
        Name and parameters that were set; no name for a picture made elsewhere.
    resolved : mapping
        All parameters and hashes, for the record.
    picture, labels : Path or None
        Made elsewhere.
    picture_key, score_key : str
        Where results are kept.
    columns : tuple of Column
        Measures that are wanted.
    """

    folder: Path
    sources: SourceSet
    label: str
    method: str
    explicit: tuple[tuple[str, str], ...]
    resolved: Mapping[str, object] = field(repr=False)
    picture: Path | None
    labels: Path | None
    picture_key: str
    score_key: str
    columns: tuple[Column, ...]
    device: str = "cpu"


@dataclass(frozen=True)
class Outcome:
    """What came of a cell.

    Attributes
    ----------
    scores : mapping
        By the key of their column.
    seconds : float or None
        The method took, without reading and writing; None for pictures made elsewhere.
    reason : str
        One line; empty for a cell that did not fail.
    missing : bool
        There is no picture made elsewhere for this set: nothing failed.
    picture, labels : Path or None
        Files of the fused picture and of its map.
    ran : bool
        The method was run, not found in the cache.
    spent : float
        Seconds that the whole cell took now.
    """

    scores: Mapping[str, Score] = field(default_factory=dict)
    seconds: float | None = None
    reason: str = ""
    missing: bool = False
    picture: Path | None = None
    labels: Path | None = None
    ran: bool = False
    spent: float = 0.0
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Fused:
    """A fused picture as it is scored, in the depth of the sources, and its map."""

    pixels: PixelArray
    labels: LabelArray | None
    picture: Path
    labels_path: Path | None
    seconds: float | None = None
    ran: bool = False


def compute_cell(job: Job) -> Outcome:
    """Fuse unless the picture is in the cache, score what is missing, keep both.

    Never raises for anything that goes wrong in the cell: the outcome has the reason.
    """
    began = time.perf_counter()
    cv2.setNumThreads(1)
    try:
        return _computed(job, began)
    except MfguiError as error:
        reason = str(error)
    except Exception as error:  # whatever a method does, the other cells go on
        if is_out_of_memory(error):
            reason = "not enough memory"
        else:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
    return Outcome(reason=reason, spent=time.perf_counter() - began)


def _computed(job: Job, began: float) -> Outcome:
    store = Store(job.folder)
    stack = read_stack(job.sources.sources)
    fused = _elsewhere(job, stack) if job.picture is not None else _fused(job, stack, store)
    known = store.scores(job.score_key)
    wanted = [column for column in job.columns if column.key not in known]
    if wanted:
        subject = _subject(job, stack, fused)
        known |= {c.key: score(c.measure, subject, band=c.band) for c in wanted}
        about = {"set": job.sources.key, "method": job.label}
        store.keep_scores(job.score_key, known, about)
    return Outcome(
        {column.key: known[column.key] for column in job.columns},
        seconds=fused.seconds,
        picture=fused.picture,
        labels=fused.labels_path,
        ran=fused.ran,
        spent=time.perf_counter() - began,
        notices=tuple(f"{s.name}: {text}" for s in stack.sources for text in s.notices),
    )


def kept(job: Job) -> Outcome | None:
    """The outcome of a cell of which everything is in the cache, without reading pictures."""
    store = Store(job.folder)
    known = store.scores(job.score_key)
    if any(column.key not in known for column in job.columns):
        return None
    scores = {column.key: known[column.key] for column in job.columns}
    if job.picture is not None:
        return Outcome(scores, picture=job.picture, labels=job.labels)
    record = store.record(job.picture_key)
    if record is None:
        return None
    return Outcome(
        scores,
        seconds=record.get("seconds"),
        picture=store.picture_path(job.picture_key),
        labels=store.map_path(job.picture_key) if record.get("map") else None,
        notices=tuple(record.get("notices", ())),
    )


def _fused(job: Job, stack: SourceStack, store: Store) -> _Fused:
    key = job.picture_key
    found = store.picture(key, k=stack.k)
    if found is not None:
        seconds = (store.record(key) or {}).get("seconds")
        return _as_scored(found, stack, store, key, seconds, ran=False)
    images = [stack.pixels(index) for index in range(stack.k)]
    _load(job.method, job.explicit, job.device, stack.depth, stack.channels)
    choice = choose(registry.load(), job.method, dict(job.explicit))
    compute = Compute(threads=1, device=job.device)
    began = time.perf_counter()
    made = carry_out(choice, images, compute=compute)
    seconds = time.perf_counter() - began
    record = {
        "set": job.sources.key,
        "label": job.label,
        **job.resolved,
        "device": job.device,
        "inputs": {source.name: source.sha256 for source in stack.sources},
        "seconds": seconds,
        "versions": {**versions(torch=bool(choice.method.network)), "python": python_version()},
        "notices": [f"{s.name}: {text}" for s in stack.sources for text in s.notices],
    }
    store.keep_picture(key, made.image, made.labels, k=stack.k, record=record)
    return _as_scored((made.image, made.labels), stack, store, key, seconds, ran=True)


def _as_scored(
    made: tuple[ImageF32, LabelArray | None],
    stack: SourceStack,
    store: Store,
    key: str,
    seconds: float | None,
    *,
    ran: bool,
) -> _Fused:
    image, labels = made
    path = None if labels is None else store.map_path(key)
    pixels = from_float(image, stack.depth)
    return _Fused(pixels, labels, store.picture_path(key), path, seconds, ran)


@cache
def _load(
    method: str, explicit: tuple[tuple[str, str], ...], device: str, depth: Depth, channels: int
) -> None:
    """Run a method once on a small picture, so that loading it is not part of its time."""
    rng = np.random.default_rng(0)
    sharp = rng.random((_WARM_SIDE, _WARM_SIDE, channels), np.float32)
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 2), np.float32).reshape(sharp.shape)
    left = np.arange(_WARM_SIDE)[None, :, None] < _WARM_SIDE // 2
    pair = [np.where(left, a, b) for a, b in ((sharp, soft), (soft, sharp))]
    with suppress(Exception):  # what is wrong is told by the cell itself
        choice = choose(registry.load(), method, dict(explicit))
        images = [from_float(image, depth) for image in pair]
        carry_out(choice, images, compute=Compute(threads=1, device=device))


def _elsewhere(job: Job, stack: SourceStack) -> _Fused:
    assert job.picture is not None
    size = probe(job.picture).size
    if size != stack.size:
        raise InputError(
            f"the result is {size}, but the sources are {stack.size}",
            path=job.picture,
            hint="name the result of this set",
        )
    pixels = read_ground_truth(job.picture, stack).pixels
    labels = None
    if job.labels is not None:
        labels = read_map(job.labels, k=stack.k, size=stack.size)
    return _Fused(pixels, labels, job.picture, job.labels)


def _subject(job: Job, stack: SourceStack, fused: _Fused) -> Subject:
    given = job.sources
    truth = None if given.truth is None else read_ground_truth(given.truth, stack).pixels
    true_map = None
    if given.labels is not None:
        true_map = read_map(given.labels, k=stack.k, size=stack.size)
    return Subject(
        fused.pixels,
        [stack.pixels(index) for index in range(stack.k)],
        truth=truth,
        labels=true_map,
        own_map=fused.labels,
        true_map=true_map,
    )
