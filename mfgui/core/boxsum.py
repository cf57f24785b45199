"""Running box sums over square windows, and their adjoint, stripe by stripe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.stripes import Scratch, stripe_rows, stripes

Planes: TypeAlias = npt.NDArray[np.float64]  # (N, rows, width)
Fetch: TypeAlias = Callable[[int, int, npt.NDArray[Any]], None]


class WindowSums:
    """Sums of N planes over W x W windows, delivered for consecutive row stripes.

    Two sums are possible. Of a picture of H x w pixels, the *valid* one gives the
    (H - W + 1) x (w - W + 1) windows that lie inside; window (r, c) covers the rows
    r ... r + W - 1. The *adjoint* one takes a value per window and gives, for each of the H x w
    pixels, the sum over the windows that cover it.

    From one stripe to the next only the change of the column sums is needed (rows that enter
    minus rows that leave), so the cost per pixel does not depend on W, and no more than three
    stripes per plane are held. All sums are float64.

    Parameters
    ----------
    count : int
        Number of planes N.
    rows, width : int
        Size of the planes that are summed: H x w, or for the adjoint H - W + 1 x w - W + 1.
    window : int
        W >= 1.
    adjoint : bool
        Which of the two sums.
    scratch : Scratch
        Work arrays of the calling thread.
    """

    def __init__(
        self, count: int, *, rows: int, width: int, window: int, adjoint: bool, scratch: Scratch
    ) -> None:
        self._count, self._rows, self._width, self._window = count, rows, width, window
        self._adjoint, self._scratch = adjoint, scratch
        self._width_out = width + window - 1 if adjoint else width - window + 1
        # Result row r covers the rows r + first ... r + last of the planes.
        self._first, self._last = (1 - window, 0) if adjoint else (0, window - 1)
        self._start = 0
        self._carry = np.zeros((count, self._width_out))

    def start(self, row: int, fetch: Fetch, checkpoint: Callable[[], None]) -> None:
        """Get ready to deliver result rows from `row` on.

        ``fetch(low, high, out)`` writes rows low ... high - 1 of all planes to `out`
        (N, high - low, width).
        """
        self._start = row
        low = max(0, row + self._first)
        high = min(self._rows, row + self._last)
        columns = np.zeros((self._count, 1, self._width))
        for a, b in stripes(low, high, stripe_rows(self._width)):
            checkpoint()
            part = self._scratch.take("sums.leave", (self._count, b - a, self._width))
            fetch(a, b, part)
            columns[:, 0] += part.sum(axis=1)
        self._carry[:] = 0.0
        self._sum_across(columns)

    def advance(self, low: int, high: int, fetch: Fetch) -> Planes:
        """Result rows low ... high - 1, (N, high - low, width_out); valid until the next call."""
        change = self._scratch.take("sums.change", (self._count, high - low, self._width))
        a, b = max(0, low + self._last), min(self._rows, high + self._last)
        offset = a - low - self._last
        if b <= a:
            change[:] = 0.0
        else:
            change[:, :offset] = 0.0
            change[:, offset + b - a :] = 0.0
            fetch(a, b, change[:, offset : offset + b - a])
        # Rows above the first window of this run were never added.
        floor = max(0, self._start + self._first)
        a, b = max(floor, low + self._first - 1), min(self._rows, high + self._first - 1)
        if b > a:
            offset = a - low - self._first + 1
            leave = self._scratch.take("sums.leave", (self._count, b - a, self._width))
            fetch(a, b, leave)
            change[:, offset : offset + b - a] -= leave
        return self._sum_across(change)

    def _sum_across(self, change: Planes) -> Planes:
        """Window sums from the change of the column sums, (N, R, width) -> (N, R, width_out)."""
        count, rows, width = change.shape
        shape = (count, rows + 1, width + 1)
        integral = self._scratch.take("sums.integral", shape)
        for plane in range(count):
            cv2.integral(change[plane], integral[plane], cv2.CV_64F)
        out = self._scratch.take("sums.out", (count, rows, self._width_out))
        inner = integral[:, 1:]
        if self._adjoint:
            out[:, :, :width] = inner[:, :, 1:]
            out[:, :, width:] = inner[:, :, width:]
            out[:, :, self._window - 1 :] -= inner[:, :, :width]
        else:
            np.subtract(inner[:, :, self._window :], inner[:, :, : self._width_out], out=out)
        out += self._carry[:, np.newaxis]
        self._carry[:] = out[:, -1]
        return out
