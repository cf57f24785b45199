"""Live pictures of a run: three buffers, newest only, never slowing the run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from mfgui.core.arrays import ImageF32, ImageU8


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """A display picture (h, w, C) uint8, at preview scale for large images."""

    run_id: int
    iteration: int
    pixels: ImageU8 = field(repr=False)


class LiveFrames:
    """Hands the newest picture of a run from the worker to the window.

    The worker fills one buffer, the reader holds one, the third carries the newest finished
    picture between them, so that neither ever waits for the other.

    Parameters
    ----------
    max_pixels : int
        Larger images are reduced by area to at most this many pixels.
    per_second : float
        Pictures per second at most.
    share : float
        Share of the run's time that making pictures may take.
    """

    def __init__(
        self,
        *,
        max_pixels: int = 2_000_000,
        per_second: float = 10.0,
        share: float = 0.05,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._max_pixels = max_pixels
        self._pause = 1.0 / per_second
        self._share = share
        self._clock = clock
        self._next_time = 0.0
        self._lock = threading.Lock()
        self._buffers: list[ImageU8] = []
        self._back, self._newest, self._front = 0, 1, 2
        self._fresh: tuple[int, int] | None = None

    def reset(self) -> None:
        """Forget pictures of an earlier run; the first offer of the next is always taken."""
        with self._lock:
            self._fresh = None
            self._next_time = 0.0

    def offer(self, read: Callable[[], ImageF32], *, run_id: int, iteration: int) -> bool:
        """Worker side: take the picture if it is due; returns whether it was.

        `read` gives it, (H, W, C) float32, and is called only then; values are clamped to
        [0, 1].
        """
        began = self._clock()
        if began < self._next_time:
            return False
        preview = self._reduced(read())
        self._fit_buffers(preview.shape)
        target = self._buffers[self._back]
        # Flat views: OpenCV drops a channel axis of length one. convertScaleAbs scales, rounds
        # and saturates in one pass, where clip, rint and astype take three.
        np.maximum(preview, 0, out=preview)
        flat = (preview.shape[0], -1)
        cv2.convertScaleAbs(preview.reshape(flat), dst=target.reshape(flat), alpha=255.0)
        with self._lock:
            self._back, self._newest = self._newest, self._back
            self._fresh = (run_id, iteration)
        spent = self._clock() - began
        self._next_time = began + max(self._pause, spent / self._share)
        return True

    def take(self) -> LiveFrame | None:
        """Reader side: the newest picture, None when it was taken already.

        Its pixels stay untouched until the next successful `take`.
        """
        with self._lock:
            if self._fresh is None:
                return None
            self._newest, self._front = self._front, self._newest
            run_id, iteration = self._fresh
            self._fresh = None
            return LiveFrame(run_id, iteration, self._buffers[self._front])

    def _reduced(self, image: ImageF32) -> ImageF32:
        height, width, channels = image.shape
        factor = (height * width / self._max_pixels) ** 0.5
        if factor <= 1.0:
            return image.copy()
        size = (max(1, round(width / factor)), max(1, round(height / factor)))
        reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return np.asarray(reduced, np.float32).reshape(size[1], size[0], channels)

    def _fit_buffers(self, shape: tuple[int, ...]) -> None:
        if not self._buffers or self._buffers[self._back].shape != shape:
            with self._lock:
                self._buffers = [np.empty(shape, np.uint8) for _ in range(3)]
                self._fresh = None
