"""From paths to a SourceStack in three steps: headers, small pictures, full pixels."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from mfgui.core.arrays import ImageU8, PixelArray, Size, from_float, to_float
from mfgui.core.compute import Compute
from mfgui.core.errors import OutputError, UsageError
from mfgui.core.stack import PixelStore, Source, SourceStack
from mfgui.files.decode import decode_frame, decode_reduced, sha256_of
from mfgui.files.frame_cache import FrameCache
from mfgui.files.harmonise import Plan, adapt, notices_for, plan_for
from mfgui.files.headers import ImageInfo, read_headers
from mfgui.files.inputs import reading
from mfgui.files.misfits import duplicates, odd_ones
from mfgui.files.raw import white_balance

_DEFAULT_BUDGET = 2 << 30
_MAX_WORKERS = 4
_ALL_CORES = Compute(threads=max(1, min(_MAX_WORKERS, os.cpu_count() or 1)))
_T = TypeVar("_T")


@dataclass(frozen=True)
class OpenedSet:
    """Sources whose headers were read and fit each other; pixels are not decoded yet.

    Attributes
    ----------
    infos : tuple of ImageInfo
        One per source.
    plan : Plan
        Channels, depth and profile that all frames will have.
    notices : tuple of tuple of str
        Per source, what reading it adapts as far as the headers tell.
    """

    infos: tuple[ImageInfo, ...]
    plan: Plan
    notices: tuple[tuple[str, ...], ...]
    white: float | None = None

    @property
    def size(self) -> Size:
        return self.infos[0].size

    def preview(self, *, max_side: int = 1600) -> ImageU8:
        """A small picture of source 1 for the first display, as `read_proxy`."""
        return _proxy(self.infos[0], max_side=max_side, white=self.white)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one decoded frame."""
        return self.size.pixels * self.plan.channels * np.dtype(self.plan.depth).itemsize

    def load(
        self,
        *,
        byte_budget: int = _DEFAULT_BUDGET,
        cache: FrameCache | None = None,
        compute: Compute = _ALL_CORES,
    ) -> SourceStack:
        """Decode every frame once, some at the same time.

        Parameters
        ----------
        byte_budget : int
            Bytes of frames kept in memory.
        cache : FrameCache, optional
            Takes all frames when together they exceed the budget: each is written there once it
            is decoded. By default the one of this person; where that has no room, frames beyond
            the budget are decoded again when asked for.
        compute : Compute
            `threads` files are decoded at the same time; `progress` counts the frames.

        Raises
        ------
        InputError, OutOfMemoryError
            For the first source that cannot be read.
        OutputError
            When a cache that is given has no room for all of them; before anything is decoded.
        """
        infos = _one_development(self.infos)
        needed = len(infos) * self.frame_bytes
        keep = _keeper(cache, needed) if needed > byte_budget else _as_it_is
        loaders = [partial(_load, info, self.plan, self.white, keep) for info in infos]
        store = PixelStore([_pixels_only(loader) for loader in loaders], byte_budget=byte_budget)
        done = itertools.count(1)

        def decode(index: int) -> str:
            compute.checkpoint()
            pixels, notice = loaders[index]()
            store.put(index, pixels)
            compute.progress(next(done), len(infos))
            return notice

        paths = list(dict.fromkeys(info.path for info in self.infos))
        found = _in_parallel(
            [partial(decode, index) for index in range(len(loaders))]
            + [partial(sha256_of, path) for path in paths],
            workers=compute.threads,
        )
        hashes = dict(zip(paths, found[len(loaders) :], strict=True))
        repeated = duplicates([(hashes[info.path], info.page) for info in self.infos])
        sources = tuple(
            self._source(index, hashes[info.path], (found[index], repeated[index]))
            for index, info in enumerate(self.infos)
        )
        return SourceStack(sources, store)

    def _source(self, index: int, digest: str, late_notices: tuple[str, ...]) -> Source:
        info = self.infos[index]
        notices = dict.fromkeys((*self.notices[index], *filter(None, late_notices)))
        return Source(
            info.name,
            info.path,
            digest,
            info.size,
            self.plan.channels,
            self.plan.depth,
            page=info.page,
            icc=self.plan.icc,
            exif=info.exif,
            xmp=info.xmp,
            iptc=info.iptc,
            notices=tuple(notices),
        )


def open_set(
    paths: Sequence[Path], *, white: float | None = None, remarks: Sequence[str] = ()
) -> OpenedSet:
    """Read the headers of all sources and check that they fit each other.

    Parameters
    ----------
    paths : sequence of Path
        Two or more files, or one TIFF file with two or more pages. Of a TIFF file among
        others the first page is taken, with a notice.
    white : float, optional
        The stored value that is white, for files that do not use their whole range.
    remarks : sequence of str
        What to tell beside the first source, about what was not taken.

    Raises
    ------
    UsageError
        If there are fewer than two pictures, or `white` is not a positive number.
    InputError
        If a file cannot be read, or sizes differ.
    """
    if white is not None and not 0 < white < float("inf"):
        raise UsageError(f"white must be a number above 0, not {white:g}")
    files = [read_headers(Path(path)) for path in paths]
    infos = list(files[0]) if len(files) == 1 else [pages[0] for pages in files]
    if len(infos) < 2:
        raise UsageError(
            "at least two images are needed",
            path=paths[0] if paths else None,
            hint="add another picture of the same scene, focused elsewhere",
        )
    plan = plan_for(infos)
    notices = tuple(
        (*_page_notice(info, alone=len(files) == 1), *notices_for(info, plan), *odd)
        for info, odd in zip(infos, odd_ones(infos), strict=True)
    )
    notices = ((*remarks, *notices[0]), *notices[1:])
    return OpenedSet(tuple(infos), plan, notices, white)


def read_stack(
    paths: Sequence[Path],
    *,
    white: float | None = None,
    byte_budget: int = _DEFAULT_BUDGET,
    cache: FrameCache | None = None,
    compute: Compute = _ALL_CORES,
) -> SourceStack:
    """Sources of one scene with their pixels.

    All frames get the channels, depth and colour profile of the richest: grey becomes RGB and
    8 bits become 16 where another source has them, and colours are converted to the profile
    of source 1; `Source.notices` says what was adapted. Camera orientation is applied. Raw files
    are all developed with the white balance of the first.

    Parameters
    ----------
    paths, white
        As for `open_set`.
    byte_budget, cache, compute
        As for `OpenedSet.load`.

    Raises
    ------
    UsageError, InputError, OutOfMemoryError, OutputError
        As `open_set` and `OpenedSet.load` say.
    """
    opened = open_set(paths, white=white)
    return opened.load(byte_budget=byte_budget, cache=cache, compute=compute)


def read_proxy(path: Path, *, max_side: int = 1600, white: float | None = None) -> ImageU8:
    """A small picture for a first display.

    Parameters
    ----------
    max_side : int
        The longer side is at most this long; JPEG files are decoded at a fraction of their
        size, so it may be up to a quarter shorter.

    Returns
    -------
    (h, w, 1 or 3) uint8
        Upright, in sRGB.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    return _proxy(read_headers(Path(path))[0], max_side=max_side, white=white)


def _page_notice(info: ImageInfo, *, alone: bool) -> tuple[str, ...]:
    if alone or info.pages == 1:
        return ()
    return (f"first of {info.pages} pages taken; open the file alone to use all",)


def _one_development(infos: tuple[ImageInfo, ...]) -> tuple[ImageInfo, ...]:
    """All raw files with the white balance of the first of them."""
    raws = [info for info in infos if info.format == "raw"]
    if len(raws) < 2:
        return infos
    with reading(raws[0].path):
        balance = white_balance(raws[0])
    return tuple(replace(info, balance=balance) if info.format == "raw" else info for info in infos)


def _as_it_is(pixels: PixelArray) -> PixelArray:
    return pixels


def _keeper(cache: FrameCache | None, needed: int) -> Callable[[PixelArray], PixelArray]:
    """What takes `needed` bytes of frames out of memory, as `OpenedSet.load` says."""
    try:
        kept = FrameCache() if cache is None else cache
        kept.check(needed)
    except OutputError:
        if cache is not None:
            raise
        return _as_it_is
    return kept.keep


def _load(
    info: ImageInfo,
    plan: Plan,
    white: float | None,
    keep: Callable[[PixelArray], PixelArray],
) -> tuple[PixelArray, str]:
    pixels, notice = decode_frame(info, white=white)
    with reading(info.path):
        pixels = adapt(pixels, info, plan)
    return keep(pixels), notice


def _pixels_only(
    loader: Callable[[], tuple[PixelArray, str]],
) -> Callable[[], PixelArray]:
    return lambda: loader()[0]


def _proxy(info: ImageInfo, *, max_side: int, white: float | None) -> ImageU8:
    if info.format in ("JPEG", "raw") and info.kind != "cmyk" and white is None:
        pixels: PixelArray = decode_reduced(info, max_side=max_side)
    else:
        pixels, _ = decode_frame(info, white=white)
    with reading(info.path):
        small = _shrunk(pixels, max_side)
        shown = adapt(small, info, Plan(info.channels, info.depth, None))
        return shown if shown.dtype == "uint8" else from_float(to_float(shown), "uint8")


def _shrunk(pixels: PixelArray, max_side: int) -> PixelArray:
    height, width, channels = pixels.shape
    longest = max(height, width)
    if longest <= max_side:
        return pixels
    # Area averaging touches every pixel; of very large pictures every n-th is enough here.
    step = max(1, 2 * longest // (3 * max_side))
    target = [max(1, round(side * max_side / longest)) for side in (width, height)]
    small = cv2.resize(pixels[::step, ::step], target, interpolation=cv2.INTER_AREA)
    return small.reshape(target[1], target[0], channels)


def _in_parallel(tasks: Sequence[Callable[[], _T]], *, workers: int) -> list[_T]:
    """Results in order; the first failure in order is raised once running tasks have ended."""
    workers = max(1, min(workers, len(tasks)))
    with ThreadPoolExecutor(workers, thread_name_prefix="mfgui-decode") as pool:
        futures = [pool.submit(task) for task in tasks]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)
