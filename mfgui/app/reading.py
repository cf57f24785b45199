"""The pixels behind a picture key, in the exact numbers that are scored and exported."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from mfgui.core.arrays import ImageF32, Rect, to_float
from mfgui.core.comparison import TRUTH
from mfgui.core.session import Session

Reader = Callable[[Rect], ImageF32]


def reader_of(session: Session, key: str) -> Reader | None:
    """What gives the pixels of a source, a result in any state, or the ground truth.

    Returns
    -------
    callable or None
        Takes a rectangle inside the picture, gives a copy (h, w, C) float32 in [0, 1]; may be
        called from any thread, also after the session has changed. None for other keys and for
        what the session does not have.
    """
    kind, _, rest = key.partition(":")
    if kind == TRUTH and session.truth is not None:
        pixels = session.truth.pixels
        return lambda rect: to_float(pixels[rect.slices])
    if kind == "source" and session.stack is not None:
        stack, index = session.stack, int(rest) - 1
        if 0 <= index < stack.k:
            return lambda rect: to_float(stack.pixels(index)[rect.slices])
    if kind == "result":
        number, _, state = rest.partition(":")
        result = session.results.get(int(number))
        if result is not None:
            image, guard = result.picture(state), result.guard

            def read(rect: Rect) -> ImageF32:
                with guard or nullcontext():
                    return image[rect.slices].copy()

            return read
    return None
