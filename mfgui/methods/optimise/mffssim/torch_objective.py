"""What the objectives on a torch device share: parts, memory, and the two passes of a step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mfgui.core.arrays import BoolMask, ImageF32, Rect
from mfgui.core.compute import Compute
from mfgui.methods.optimise.mffssim.torch_device import (
    DeviceMemory,
    DeviceOutOfMemory,
    DeviceScratch,
    StoredFrame,
    has_float64,
    is_out_of_memory,
    upload_image,
    upload_mask,
)
from mfgui.methods.optimise.mffssim.torch_plan import (
    cells_of,
    cover,
    grown_cells,
    held_by,
    tiles,
)

LEAST_ROWS = 16  # of a part; below, most of the work would be on the pixels around it

Tensor = torch.Tensor
# step(part, y, gradient, curvature, out) writes the stepped y to out; all (C, h, w), the
# curvature (1, h, w) for joint channels; `part` are the slices of the whole planes. Gradient and
# curvature lack the factor `unit` and may be overwritten. It must not allocate: it runs once per
# part, also when memory is short.
Step = Callable[[tuple[slice, slice], Tensor, Tensor, Tensor, Tensor], None]


@dataclass(frozen=True)
class Scores:
    """Q of an image, and what was measured on the way to it.

    Attributes
    ----------
    gradient_norm : float
        Euclidean norm of the sum gradient of the last update.
    change : float
        Of `measure_change`.
    """

    q: float
    gradient_norm: float
    change: float = 0.0


class TorchObjective(ABC):
    """A score of an image on a device; the interface follows the one of the CPU.

    Everything that lasts is allocated at the start; work tensors are as large as the part of
    the picture that is worked on at a time, the whole of it where memory allows. When an
    allocation fails parts get half as many rows, down to 16.

    Parameters
    ----------
    frames : sequence of StoredFrame
        Sources on the device.
    labels : (H, W) tensor
        Focus map, 1 ... K; patches with 0 at their centre are left out of Q.
    window : int
        Odd side length W, at most the shorter side.
    memory : DeviceMemory
        Where tensors come from.
    compute : Compute
        Stop flag, and who hears that memory is short.
    free : (H, W) bool, optional
        Pixels that may change; all of them by default. The others must show the source that
        their label names: patches without a free pixel are taken to have an SSIM of 1.
    dtype : torch.dtype
        float32, or float64 for reference.
    rows_per_tile : int, optional
        Largest height of a part; by default that of the picture.
    """

    name: str
    unit: float  # what sum gradient and curvature are without, when a step gets them
    _labels: Tensor  # (rows, columns): 1 ... K, or 0, per place of the grid of terms
    planes_kept: int  # numbers per pixel that last, images left out
    planes_kept_per_channel: int
    per_pixel: int  # bytes of work tensors per pixel of a part, float32

    def __init__(
        self,
        frames: Sequence[StoredFrame],
        labels: Tensor,
        *,
        window: int,
        memory: DeviceMemory,
        compute: Compute,
        free: BoolMask | None = None,
        dtype: torch.dtype = torch.float32,
        rows_per_tile: int | None = None,
    ) -> None:
        self.window, self.compute, self.dtype = window, compute, dtype
        self.channels, self.height, self.width = frames[0].planes.shape
        self._memory, self._scratch = memory, DeviceScratch(memory)
        self.rows_per_tile = rows_per_tile or self.height
        self.frames, self.labels = tuple(frames), labels
        self._configure(labels)
        self._held = None if free is None else upload_mask(~free, memory, compute)
        self._free_count = self.height * self.width if free is None else np.count_nonzero(free)
        self._stats = memory.zeros((3, self.height), dtype)
        self._find_parts()
        count = int(torch.count_nonzero(self._labels))
        self._all_counted = count == self._labels.numel()
        self.terms = count * self._terms_per_place()
        self.run_parts(self._prepare, self._terms_parts)

    @abstractmethod
    def _configure(self, labels: Tensor) -> None:
        """Allocate what is kept; set `_labels` (one per place of the grid of terms)."""

    @abstractmethod
    def _terms_per_place(self) -> int:
        """Terms of Q at one place of the grid."""

    @abstractmethod
    def _prepare(self, part: Rect) -> None:
        """Moments of the sources at the places of `part`."""

    @abstractmethod
    def _evaluate(self, image: Tensor, part: Rect) -> Tensor:
        """Keep the terms of the places of `part`; returns 1 - SSIM summed per row."""

    @abstractmethod
    def _gradient(self, image: Tensor, part: Rect, curvature: bool) -> tuple[Tensor, Tensor]:
        """Sum gradient and curvature of the pixels of `part`, both divided by `unit`."""

    @property
    def free(self) -> list[Rect]:
        """Parts that hold all free pixels."""
        return self._pixel_parts

    def held(self, part: Rect) -> Tensor | None:
        """Mask of the pixels of `part` that may not change; None where all may."""
        return None if self._held is None else self._held[part.slices]

    @property
    @abstractmethod
    def reach(self) -> tuple[int, int]:
        """Pixels before and after its place that a term is made from."""

    def evaluate(self, image: Tensor) -> Scores:
        """Q of `image`, (C, H, W), in [-1, 1]; keeps what `update` needs."""
        losses = self._stats[0].zero_()

        def work(part: Rect) -> None:
            losses[part.y : part.bottom] += self._evaluate(image, part)

        self.run_parts(work, self._terms_parts)
        # Summed in float64 here, on the processor, as the only transfer of a step.
        loss, slope, change = self._stats.cpu().numpy().sum(axis=1, dtype=np.float64).tolist()
        q = 1.0 - loss / self.terms if self.terms else 0.0
        change /= max(1, self._free_count * self.channels)
        return Scores(q, self.unit * math.sqrt(slope), math.sqrt(change))

    def update(self, image: Tensor, out: Tensor, step: Step, *, curvature: bool = False) -> None:
        """Run `step` over the free pixels of `image`, which was evaluated last.

        `out`, which may be `image`, is written where there are free pixels only. Does not wait
        for the device; the norm of the gradient is in the scores of the next evaluation.
        """
        norms = self._stats[1].zero_()

        def work(part: Rect) -> None:
            cut = part.slices
            g, d = self._gradient(image, part, curvature)
            if self._held is not None:
                g.masked_fill_(self._held[cut], 0.0)
            squares = self._take("squares", g.shape[1:])
            for channel in range(self.channels):
                torch.mul(g[channel], g[channel], out=squares)
                norms[cut[0]] += squares.sum(dim=1)
            inner = (slice(None), *cut)
            step(cut, image[inner], g, d, out[inner])

        self.run_parts(work, self._pixel_parts)

    def keep(self, image: Tensor | ImageF32) -> Tensor:
        """A new picture on the device with the content of `image`, planes or (H, W, C).

        Parts are made smaller where that makes room for it.
        """
        while True:
            try:
                if not isinstance(image, Tensor):
                    return upload_image(image, self._memory, self.dtype, self.compute)
                return self._memory.empty(tuple(image.shape), self.dtype).copy_(image)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            self._halve_rows(self.height)

    def measure_change(self, image: Tensor, other: Tensor) -> None:
        """Root mean square difference over the free pixels, for the next scores."""
        changes = self._stats[2].zero_()

        def work(part: Rect) -> None:
            for channel in range(self.channels):
                cut = (channel, *part.slices)
                squares = self._take("squares", (part.height, part.width))
                torch.sub(image[cut], other[cut], out=squares).square_()
                changes[part.y : part.bottom] += squares.sum(dim=1)

        self.run_parts(work, self._pixel_parts)

    def run_parts(self, work: Callable[[Rect], None], parts: list[Rect]) -> None:
        """`work` on all parts; on smaller ones when memory runs out."""
        pending = list(tiles(parts, self.rows_per_tile))[::-1]
        while pending:
            self.compute.checkpoint()
            part = pending.pop()
            try:
                work(part)
                continue
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # Outside of the handler: the error keeps the work tensors of `work` alive.
            pending = list(tiles([part, *pending[::-1]], self._halve_rows(part.height)))[::-1]

    def _halve_rows(self, height: int) -> int:
        self._scratch.clear()
        rows = min(self.rows_per_tile, height) // 2
        if rows < LEAST_ROWS:
            raise DeviceOutOfMemory(f"{self._memory.device} has too little memory for this picture")
        self.rows_per_tile = rows
        self.compute.notice(
            f"Graphics memory ran out; continued on {self._memory.device} in parts of {rows} rows."
        )
        return rows

    def _find_parts(self) -> None:
        """Where labels occur and, with held pixels, which terms can change at all."""
        grid = (self._labels.shape[0], self._labels.shape[1])
        self._cells = []
        for k in range(len(self.frames)):
            self.compute.checkpoint()
            self._cells.append(cells_of(self._labels, k + 1))
        self._grid = Rect(0, 0, grid[1], grid[0])
        self._terms_parts = [self._grid]
        self._pixel_parts = [Rect(0, 0, self.width, self.height)]
        if self._held is None:
            return
        before, after = self.reach
        free = cells_of(self._held, 0)
        self._pixel_parts = cover(free, (self.height, self.width), before + after)
        moving = grown_cells(free, after, before, grid)
        self._terms_parts = cover(moving, grid, before + after)

    def _present(self, part: Rect) -> list[tuple[int, Rect]]:
        """Sources that places of `part` name, from 0, each with the part that holds them."""
        found = ((k, held_by(cells, part)) for k, cells in enumerate(self._cells))
        return [(k, rect) for k, rect in found if not rect.empty]

    def _pixels_of(self, part: Rect) -> Rect:
        """Pixels that the terms of `part` are made from."""
        before, after = self.reach
        grown = Rect(
            part.x - before,
            part.y - before,
            part.width + before + after,
            part.height + before + after,
        )
        return grown.intersected(Rect(0, 0, self.width, self.height))

    def _terms_of(self, part: Rect) -> Rect:
        """Terms that the pixels of `part` belong to."""
        before, after = self.reach
        grown = Rect(
            part.x - after,
            part.y - after,
            part.width + before + after,
            part.height + before + after,
        )
        return grown.intersected(self._grid)

    def _take(self, name: str, shape: Sequence[int], dtype: torch.dtype | None = None) -> Tensor:
        return self._scratch.take(name, tuple(shape), dtype or self.dtype)

    def _load(self, k: int, channel: int, part: Rect) -> Tensor:
        """One channel of a part of source k."""
        x = self._take("x", (part.height, part.width), torch.float32)
        self.frames[k].load(channel, part.slices, x)
        return x if self.dtype == torch.float32 else x.to(self.dtype)

    def _other(self, k: int, part: Rect) -> Tensor | None:
        """Mask of the places of `part` that do not name source k; None where all do."""
        if len(self.frames) == 1 and self._all_counted:
            return None
        mask = self._take("mask", (part.height, part.width), torch.bool)
        return torch.ne(self._labels[part.slices], k + 1, out=mask)

    def _exact_planes(self, k: int, channel: int, part: Rect) -> Tensor:
        """One channel of a part of source k in float64, on the processor where need be."""
        x = self._load(k, channel, part)
        return (x if has_float64(self._memory.device) else x.cpu()).to(torch.float64)

    def _exact_scratch(self) -> DeviceScratch:
        if has_float64(self._memory.device):
            return self._scratch
        return DeviceScratch(DeviceMemory(torch.device("cpu")))


def inside(part: Rect, whole: Rect) -> tuple[slice, slice]:
    """Slices of `part` in an array that holds `whole`."""
    return (
        slice(part.y - whole.y, part.bottom - whole.y),
        slice(part.x - whole.x, part.right - whole.x),
    )
