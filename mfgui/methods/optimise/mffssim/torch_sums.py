"""Sums over windows on a torch device: boxes whose cost does not depend on W, and Gaussians."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as nn

from mfgui.methods.optimise.mffssim.torch_device import DeviceScratch


class BoxSums:
    """Valid sums over W x W windows of one plane at a time.

    Each line is cut into blocks of W pixels with prefix sums P inside each block and totals T.
    The window that starts at pixel i + 1, pixel j of block b, is ``T_b - P_bj + P_(b+1)j``: the
    rest of one block and the head of the next. No sum ever runs over more than W pixels, so
    that float32 stays as accurate at the far end of a large picture as at its start.

    A sum takes 14 reads or writes of the plane, whatever W. The adjoint is the same sum of a
    plane with W - 1 zeros on every side.
    """

    def __init__(self, window: int, scratch: DeviceScratch) -> None:
        self._window, self._scratch = window, scratch

    def plane(self, name: str, height: int, width: int, dtype: torch.dtype) -> torch.Tensor:
        """A work plane (height, width) to be filled and then summed; by name, see scratch."""
        return self._whole(name, height, width, dtype)[:height, :width]

    def sum(self, name: str, height: int, width: int, dtype: torch.dtype) -> torch.Tensor:
        """Sums of the plane `name`, (height - W + 1, width - W + 1), in its place.

        What is beyond the plane in its last blocks has an effect on sums beyond the result only.
        """
        window = self._window
        full = self._whole(name, height, width, dtype)
        columns = full.shape[1]
        prefix = self._scratch.take("prefix", tuple(full.shape), dtype)
        blocks = prefix.view(-1, window, columns)
        torch.cumsum(full.view(-1, window, columns), dim=1, out=blocks)
        full[0].copy_(blocks[0, -1])
        if len(blocks) > 1:
            rest = full[1 : 1 + (len(blocks) - 1) * window].view(-1, window, columns)
            torch.sub(blocks[1:], blocks[:-1], out=rest)
            rest += blocks[:-1, -1:]
        rows = height - window + 1
        shape = (rows, columns // window, window)
        across = prefix.view(-1)[: rows * columns].view(shape)
        torch.cumsum(full[:rows].view(shape), dim=2, out=across)
        full[:rows, 0].copy_(across[:, 0, -1])
        if shape[1] > 1:
            line = full[:rows, 1 : 1 + columns - window].view(rows, -1, window)
            torch.sub(across[:, 1:], across[:, :-1], out=line)
            line += across[:, :-1, -1:]
        return full[:rows, : width - window + 1]

    def _whole(self, name: str, height: int, width: int, dtype: torch.dtype) -> torch.Tensor:
        window = self._window
        rows, columns = -(-height // window) * window, -(-width // window) * window
        return self._scratch.take(f"sums.{name}", (rows, columns), dtype)


class MirrorFilter:
    """Separable filter of symmetric taps with mirrored borders, and its exact adjoint.

    Both work on planes (N, h, w) that hold a part of the picture: results of columns and rows
    ``low ... high - 1`` are made from ``max(0, low - reach) ... min(size, high + reach) - 1``.
    """

    def __init__(
        self, taps: npt.NDArray[np.generic], device: torch.device, dtype: torch.dtype
    ) -> None:
        self.reach = len(taps) // 2
        self.taps = torch.from_numpy(np.asarray(taps, np.float64)).to(dtype).to(device)

    def apply(
        self, planes: torch.Tensor, rows: tuple[int, int, int], columns: tuple[int, int, int]
    ) -> torch.Tensor:
        """Filtered planes of ``(low, high, size)`` rows and columns."""
        for dim, (low, high, size) in ((-1, columns), (-2, rows)):
            before, after = max(0, self.reach - low), max(0, high + self.reach - size)
            padding = [before, after, 0, 0] if dim == -1 else [0, 0, before, after]
            if before or after:
                planes = nn.pad(planes, padding, mode="reflect")
            planes = self._across(planes, dim)
        return planes

    def adjoint(
        self, planes: torch.Tensor, rows: tuple[int, int, int], columns: tuple[int, int, int]
    ) -> torch.Tensor:
        """The adjoint applied to planes, of ``(low, high, size)`` rows and columns."""
        for dim, part in ((-1, columns), (-2, rows)):
            planes = self._adjoint_along(planes, dim, *part)
        return planes

    def _adjoint_along(
        self, planes: torch.Tensor, dim: int, low: int, high: int, size: int
    ) -> torch.Tensor:
        # The transpose of mirroring: what falls beyond an edge is folded back onto the pixels
        # it was mirrored from. `first ... last - 1` are the places computed before that.
        reach = self.reach
        first = -reach if low <= reach else low
        last = size + reach if high >= size - reach else high
        start, stop = max(0, low - reach), min(size, high + reach)
        before, after = start - first + reach, last + reach - stop
        padding = [before, after, 0, 0] if dim == -1 else [0, 0, before, after]
        spread = self._across(nn.pad(planes, padding), dim)
        length = spread.shape[dim]
        inside = min(reach, length - reach - 1)
        if first < 0:
            beyond = spread.narrow(dim, reach - inside, inside).flip(dim)
            spread.narrow(dim, reach + 1, inside).add_(beyond)
        if last > size:
            beyond = spread.narrow(dim, length - reach, inside).flip(dim)
            spread.narrow(dim, length - reach - 1 - inside, inside).add_(beyond)
        return spread.narrow(dim, low - first, high - low)

    def _across(self, planes: torch.Tensor, dim: int) -> torch.Tensor:
        count = planes.shape[0]
        shape = (count, 1, 1, -1) if dim == -1 else (count, 1, -1, 1)
        taps = self.taps.view(1, 1, 1, -1).expand(count, 1, 1, -1).reshape(shape)
        # One group per plane; without the flag some cards would round to 10 bits.
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            return nn.conv2d(planes[None], taps, groups=count)[0]
