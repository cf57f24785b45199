"""Sources of one scene and where their pixels come from."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

import numpy as np

from mfgui.core.alignment import StackAlignment
from mfgui.core.arrays import Depth, PixelArray, Size, depth_of
from mfgui.core.exposure import StackExposure

Loader = Callable[[], PixelArray]


@dataclass(frozen=True)
class Source:
    """One input frame: what is known about it without its pixels.

    Attributes
    ----------
    name : str
        File name (with page number for a multi-page file), shown to people.
    path : Path or None
        None for generated frames.
    sha256 : str
        Hash of the file's bytes, or of the pixels of a generated frame.
    size, channels, depth
        Of the pixels that the stack delivers, after conversion and rotation.
    icc, exif, xmp, iptc : bytes or None
        Colour profile, camera data and descriptions, carried to outputs.
    notices : tuple of str
        What was adapted on reading, one clause each.
    """

    name: str
    path: Path | None
    sha256: str
    size: Size
    channels: int
    depth: Depth
    page: int = 0
    icc: bytes | None = field(default=None, repr=False)
    exif: bytes | None = field(default=None, repr=False)
    xmp: bytes | None = field(default=None, repr=False)
    iptc: bytes | None = field(default=None, repr=False)
    notices: tuple[str, ...] = ()


class PixelStore:
    """Pixels of several frames under one byte budget; frames over it are loaded again.

    Parameters
    ----------
    loaders : sequence of callables
        Each returns one frame, (H, W, C) uint8, uint16 or float32. May be called again.
    byte_budget : int
        Upper bound for the frames kept; the least recently used go first. The frame asked
        for is always kept, so one frame may exceed the budget. Frames that lie in files
        (numpy.memmap) cost nothing and are never dropped.

    Notes
    -----
    Safe to use from several threads; a frame is decoded by one of them at a time.
    """

    def __init__(self, loaders: Sequence[Loader], *, byte_budget: int = 2 << 30) -> None:
        self._loaders = tuple(loaders)
        self._budget = byte_budget
        self._kept: OrderedDict[int, PixelArray] = OrderedDict()
        self._lock = threading.Lock()
        self._decoding = [threading.Lock() for _ in self._loaders]

    def __len__(self) -> int:
        return len(self._loaders)

    @property
    def kept_bytes(self) -> int:
        """Bytes held in memory now."""
        with self._lock:
            return sum(_weight(frame) for frame in self._kept.values())

    @property
    def complete(self) -> bool:
        """Whether every frame is at hand, in memory or in a file."""
        with self._lock:
            return len(self._kept) == len(self._loaders)

    def put(self, index: int, pixels: PixelArray) -> None:
        """Hand over a frame that is already decoded; it becomes read-only."""
        pixels.flags.writeable = False
        with self._lock:
            self._kept[index] = pixels
            self._kept.move_to_end(index)
            self._evict()

    def get(self, index: int) -> PixelArray:
        """The frame, (H, W, C), read-only; decoded again when it had been dropped."""
        with self._decoding[index]:
            with self._lock:
                frame = self._kept.get(index)
                if frame is not None:
                    self._kept.move_to_end(index)
                    return frame
            frame = self._loaders[index]()
            self.put(index, frame)
            return frame

    def _evict(self) -> None:
        heavy = [index for index, frame in self._kept.items() if _weight(frame)]
        total = sum(self._kept[index].nbytes for index in heavy)
        for index in heavy[:-1]:
            if total <= self._budget:
                break
            total -= self._kept.pop(index).nbytes


def _weight(frame: PixelArray) -> int:
    """Bytes of memory; what lies in a file is the system's to keep or to drop."""
    return 0 if isinstance(frame, np.memmap) else frame.nbytes


class Frames(Sequence[PixelArray]):
    """The frames of a store, each read when it is looked at."""

    def __init__(self, store: PixelStore) -> None:
        self._store = store

    def __len__(self) -> int:
        return len(self._store)

    @overload
    def __getitem__(self, index: int) -> PixelArray: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[PixelArray]: ...

    def __getitem__(self, index: int | slice) -> PixelArray | Sequence[PixelArray]:
        if isinstance(index, slice):
            return [self._store.get(i) for i in range(*index.indices(len(self)))]
        return self._store.get(range(len(self))[index])


@dataclass(frozen=True, eq=False)
class SourceStack:
    """Ordered sources of one scene, all of one size, channel count and depth. Immutable.

    Attributes
    ----------
    reference : int
        Index of the frame whose profile and metadata outputs carry.
    alignment, exposure : StackAlignment or None
        How the frames of `origin` were moved and equalised to become these; None where they were
        not. Both speak of every frame of `origin`, whose frames ``alignment.used`` are the
        sources here, in order.
    origin : SourceStack or None
        The stack as the camera gave it; None where this is it.
    """

    sources: tuple[Source, ...]
    store: PixelStore = field(repr=False)
    reference: int = 0
    alignment: StackAlignment | None = field(default=None, repr=False)
    exposure: StackExposure | None = field(default=None, repr=False)
    origin: SourceStack | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if len(self.sources) != len(self.store):
            raise ValueError("one loader per source is needed")
        first = self.sources[0]
        for other in self.sources[1:]:
            same = (first.size, first.channels, first.depth)
            if (other.size, other.channels, other.depth) != same:
                raise ValueError(f"{other.name} differs from {first.name} in size or kind")

    @classmethod
    def from_arrays(
        cls, arrays: Sequence[PixelArray], *, names: Sequence[str] | None = None
    ) -> SourceStack:
        """A stack of frames that are in memory, each (H, W, C) uint8, uint16 or float32."""
        sources = []
        for index, pixels in enumerate(arrays):
            height, width, channels = pixels.shape
            digest = hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
            name = names[index] if names is not None else f"source {index + 1}"
            sources.append(
                Source(name, None, digest, Size(width, height), channels, depth_of(pixels))
            )

        def loader(pixels: PixelArray) -> Loader:
            return lambda: pixels

        store = PixelStore([loader(pixels) for pixels in arrays])
        for index, pixels in enumerate(arrays):
            store.put(index, pixels)
        return cls(tuple(sources), store)

    @property
    def k(self) -> int:
        """Number of sources."""
        return len(self.sources)

    @property
    def size(self) -> Size:
        return self.sources[0].size

    @property
    def channels(self) -> int:
        return self.sources[0].channels

    @property
    def depth(self) -> Depth:
        return self.sources[0].depth

    @property
    def frame_bytes(self) -> int:
        """Bytes of the pixels of one frame."""
        return self.size.pixels * self.channels * np.dtype(self.depth).itemsize

    @property
    def frames(self) -> Sequence[PixelArray]:
        """All frames in order, each read when it is looked at (see `pixels`)."""
        return Frames(self.store)

    def pixels(self, index: int) -> PixelArray:
        """Frame `index` (from 0) as stored: (H, W, C) uint8, uint16 or float32, read-only."""
        return self.store.get(index)
