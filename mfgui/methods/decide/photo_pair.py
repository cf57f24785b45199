"""The photo preset on two frames: the ascent, and defocus inversion where it is sure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.core.labels import UNASSIGNED
from mfgui.methods.decision import Decision
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.inversion import recover
from mfgui.methods.optimise.ms_lap import ms_lap
from mfgui.methods.registry import Iterate

_CLEAN = 0.001  # share of the picture below which a region of the map is removed
_LARGEST = 16_000_000  # pixels that are inverted: above, it would take more than 1.2 GB
_HALO = 0.5  # strictness of the gate


def pair(images: Sequence[PixelArray], labels: LabelArray | None, *, compute: Compute) -> Decision:
    """Map and image of two frames.

    Without a given map, and where two layers explain the frames, what the near one spills over is
    computed as in `mfgui.methods.decide.defocus_inversion`; its gate leaves the ascent elsewhere.
    """
    height, width, channels = images[0].shape
    found = laplacian(images, clean=_CLEAN, compute=compute)
    if labels is not None:
        found = np.where(labels == UNASSIGNED, found, labels).astype(found.dtype)
    elif height * width <= _LARGEST:
        both = [np.repeat(image, 3, axis=2) if channels == 1 else image for image in images]
        known = recover.estimate(both, near="auto", compute=compute)
        if not known.why_not:
            usual = np.broadcast_to(_ascent(images, found, compute), both[0].shape)
            return _inverted(both, known, np.ascontiguousarray(usual), channels, compute)
    return Decision(found, lambda: _ascent(images, found, compute))


def _inverted(
    frames: Sequence[PixelArray],
    known: recover.Estimate,
    usual: ImageF32,
    channels: int,
    compute: Compute,
) -> Decision:
    made = recover.recover(frames, known, usual, halo=_HALO, compute=compute)
    weight = made.matte if known.near == 0 else 1 - made.matte
    image = made.image if channels == 3 else made.image.mean(axis=2, keepdims=True)
    aspects = {
        "confidence": made.confidence,
        "radius": recover.radius_of(known, made.matte),
        "background": made.background[:, :, :channels],
    }
    labels = np.where(weight >= 0.5, np.uint8(1), np.uint8(2))
    return Decision(labels, lambda: image, weight, known.near + 1, aspects)


def _ascent(images: Sequence[PixelArray], labels: LabelArray, compute: Compute) -> ImageF32:
    """The optimum of the objective that came nearest to the truth, see ``docs/quality.md``."""
    for state in ms_lap(images, labels, compute=compute):
        last: Iterate = state
    return last.image.copy()
