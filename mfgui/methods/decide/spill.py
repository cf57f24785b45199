"""What a blurred near object spills over the background, subtracted again."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, to_float
from mfgui.core.compute import Compute
from mfgui.core.light import to_linear, to_srgb
from mfgui.methods.decide import spreads

_VEILED = np.float32(0.25)  # of the background at most is seen where nothing can be told of it
_LEAST = np.float32(0.004)  # cover that is worth a correction
_DECISIVE = 1.5  # times more pixels one way than the other
_CODES = to_linear(np.arange(256, dtype=np.float32) / np.float32(255))


def nearest_first(sharpest: LabelArray, steady: LabelArray) -> bool | None:
    """Whether source 1 is focused nearest; None when the maps do not tell.

    Steady borders leave out the spill of near objects: they lie outside of them. So the labels
    of near frames are those that grew from the one map to the other.
    """
    lower = cv2.countNonZero((steady < sharpest).view(np.uint8))
    higher = cv2.countNonZero((steady > sharpest).view(np.uint8))
    if max(lower, higher) <= _DECISIVE * min(lower, higher):
        return None
    return lower > higher


def light(pixels: PixelArray) -> ImageF32:
    """Stored pixels as linear light."""
    if pixels.dtype == np.uint8:
        return np.asarray(cv2.LUT(pixels, _CODES), np.float32).reshape(pixels.shape)
    return to_linear(to_float(pixels))


def without_spill(
    images: Sequence[PixelArray],
    labels: LabelArray,
    composed: ImageF32,
    rect: Rect,
    core: Rect,
    places: Sequence[float],
    *,
    nearest_first: bool,
    compute: Compute,
) -> dict[int, tuple[int, Rect]]:
    """Subtract the spill of nearer labels from a composition, in place.

    In linear light the frame c of the background, behind nearer objects of labels n with mattes
    a_n = [labels = n] and colours F, is X_c = V + (1 - A) B, where from far to near
    V <- h_n * (a_n F) + (1 - h_n * a_n) V and 1 - A <- (1 - h_n * a_n) (1 - A), h_n the blur of
    n in frame c. X_c + w (B - X_c) replaces the pixels of label c, w = (1 - A) / 0.25 - 1 in
    [0, 1]: where hardly anything is seen past near objects, a pixel may as well be theirs.

    Parameters
    ----------
    composed : (h, w, C) float32
        Pixels of `rect` by `labels`.
    core : Rect
        What is wanted, in pixels of `rect`; no other pixels are changed.
    places : sequence of K float
        See `mfgui.methods.decide.spreads.positions`.

    Returns
    -------
    dict
        Labels of which pixels were changed; for each, the label that covers most of these, and
        where they lie, in pixels of `rect`.
    """
    own = labels[rect.slices]
    names = [int(name) for name in np.unique(own)]
    if not nearest_first:
        names.reverse()
    away = {name: spreads.distance_to(own == name) for name in names[:-1]}
    lit: ImageF32 | None = None
    changed: dict[int, tuple[int, Rect]] = {}
    for index, name in enumerate(names[1:], start=1):
        compute.checkpoint()
        zone = np.zeros(own.shape, bool)
        wanted = own[core.slices] == name
        sigmas: dict[int, float] = {}
        for near in names[:index]:
            sigma = abs(places[name - 1] - places[near - 1])
            reached = wanted & (away[near][core.slices] <= 2.0 * sigma)
            if sigma > 0.0 and reached.any():
                sigmas[near] = sigma
                zone[core.slices] |= reached
        if not sigmas:
            continue
        box = spreads.box_of(zone, int(np.ceil(3.0 * max(sigmas.values()))) + 2)
        if box is None:
            continue
        if lit is None:
            colours = _stored(composed) if images[0].dtype == np.uint8 else composed
            lit = np.dstack((light(colours), np.ones(own.shape, np.float32)))
        spilt, clear, most = _spilt(
            lit[box.slices], own[box.slices], zone[box.slices], sigmas, compute
        )
        inside = zone[box.slices] & (clear < 1.0 - _LEAST) & (clear > _VEILED)
        if not inside.any():
            continue
        frame = images[name - 1][rect.slices][box.slices][inside]
        seen = light(np.ascontiguousarray(frame)[None])[0]
        share = np.clip(clear[inside] / _VEILED - 1, 0, 1)[:, None]
        behind = (seen - spilt[inside]) / np.maximum(clear[inside], _VEILED)[:, None]
        behind = seen + share * (behind - seen)
        composed[box.slices][inside] = to_srgb(behind)
        changed[name] = most, box.intersected(core)
    return changed


def _stored(composed: ImageF32) -> PixelArray:
    """8-bit pixels that were made float32."""
    return np.asarray(np.rint(composed * np.float32(255)), np.uint8)


def _spilt(
    lit: ImageF32,
    labels: LabelArray,
    zone: npt.NDArray[np.bool_],
    sigmas: dict[int, float],
    compute: Compute,
) -> tuple[ImageF32, npt.NDArray[np.float32], int]:
    """Light of blurred nearer objects, (h, w, C), how clearly one sees past them, (h, w), and the
    label that covers most of `zone`.

    `lit` carries a channel of ones behind its colours, which becomes the mattes.
    """
    total: ImageF32 | None = None
    covers: dict[int, float] = {}
    for near in sorted(sigmas, key=lambda name: sigmas[name]):
        compute.checkpoint()
        alone = np.zeros(lit.shape, np.float32)
        cv2.copyTo(lit, (labels == near).view(np.uint8), alone)
        soft = spreads.smooth(alone, sigmas[near])
        covers[near] = float(soft[:, :, -1][zone].sum())
        if total is None:
            total = soft
        else:
            total *= 1.0 - soft[:, :, -1:]
            total += soft
    assert total is not None  # there is at least one nearer label
    most = max(covers, key=lambda near: covers[near])
    return total[:, :, :-1], 1.0 - total[:, :, -1], most
