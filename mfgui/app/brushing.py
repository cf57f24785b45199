"""What a changed label looks like at once, in display pixels: chosen again, or moved along."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, ImageU8, LabelArray, Rect
from mfgui.core.pyramid import Picture


def shown_pixels(picture: Picture, rect: Rect) -> ImageU8:
    """The display pixels of a rectangle, (h, w, C) uint8, red first; a copy."""
    return as_channels(picture.shown(rect), picture.channels)


def as_channels(pixels: ImageU8, channels: int) -> ImageU8:
    """(h, w, 4) display pixels of a level as (h, w, C), red first."""
    if channels == 1:
        return np.ascontiguousarray(pixels[..., :1])
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_BGRA2RGB), np.uint8)


def chosen(
    sources: Sequence[Picture], labels: LabelArray, rect: Rect, *, out: ImageU8 | None = None
) -> ImageU8:
    """Hard composite of display pixels in a rectangle: (h, w, C) uint8, red first.

    Parameters
    ----------
    sources : sequence of Picture
        Source 1 first.
    labels : (rect.height, rect.width)
        Where they name no source the pixels stay those of `out`, or black.
    """
    found: ImageU8 = np.zeros((rect.height, rect.width, 4), np.uint8)
    for label in _occurring(labels, len(sources)):
        mask = (labels == label).view(np.uint8)
        cv2.copyTo(np.ascontiguousarray(sources[label - 1].shown(rect)), mask, found)
    pixels = as_channels(found, sources[0].channels)
    if out is not None:
        unnamed = (labels == 0) | (labels > len(sources))
        pixels[unnamed] = out[unnamed]
    return pixels


def moved(
    pixels: ImageU8,
    sources: Sequence[Picture],
    rect: Rect,
    *,
    before: LabelArray,
    after: LabelArray,
    where: BoolMask,
) -> ImageU8:
    """Display pixels moved by the difference of the two sources where the label has changed.

    Away from boundaries an optimum is its source, so there this is exact; near them it is what
    the local solution starts from.

    Parameters
    ----------
    pixels : (rect.height, rect.width, C) uint8
        What is shown for the labels `before`.
    before, after : (rect.height, rect.width)
    where : (rect.height, rect.width) bool
        Only these pixels; both labels name sources there.
    """
    shift = np.zeros(pixels.shape, np.int16)
    for label in _occurring(np.concatenate((before[where], after[where])), len(sources)):
        source = shown_pixels(sources[label - 1], rect)
        for sign, labels in ((1, after), (-1, before)):
            mask = where & (labels == label)
            if mask.any():
                shift[mask] += np.int16(sign) * source[mask].astype(np.int16)
    result: ImageU8 = np.clip(pixels.astype(np.int16) + shift, 0, 255).astype(np.uint8)
    return result


def _occurring(labels: LabelArray, k: int) -> list[int]:
    counts = np.bincount(labels.ravel(), minlength=k + 1)[1 : k + 1]
    return [int(n) + 1 for n in np.flatnonzero(counts)]
