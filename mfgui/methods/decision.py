"""What a method gives that makes a focus map of its own and fuses by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, to_float
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.registry import Method, Value


@dataclass(frozen=True, eq=False)
class Decision:
    """A focus map, and the fused image that belongs to it.

    Attributes
    ----------
    labels : (H, W) uint8 or uint16
        1 ... K: the source that has the most part in each pixel.
    fuse : callable
        Makes the fused image, (H, W, C) float32 in [0, 1], when it is wanted.
    soft : (H, W) float32 or None
        Of two sources with continuous weights, that of source 1.
    front : int
        1 or 2: the source focused on what is nearer, of a method that found that out; else 0.
    aspects : mapping of str to array
        What else the method knows of each pixel, by names of `mfgui.core.result.ASPECTS`.
    """

    labels: LabelArray
    fuse: Callable[[], ImageF32] = field(repr=False)
    soft: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    front: int = 0
    aspects: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict, repr=False)


def decide(
    method: Method, images: Sequence[PixelArray], *, compute: Compute, **values: Value
) -> Decision:
    """What a detector or a decision gives for the sources.

    Raises
    ------
    RuntimeError
        From `fuse` of what a detector gives, which makes no image.
    """
    made = method.function(images, compute=compute, **values)
    if isinstance(made, Decision):
        return made
    return Decision(made, _no_image)


def _no_image() -> ImageF32:
    raise RuntimeError("a detector makes no image")


def in_sequence(
    pair: Callable[[PixelArray, PixelArray], Decision],
    images: Sequence[PixelArray],
    *,
    compute: Compute,
) -> Decision:
    """Fuse the first two sources, the result with the third, and so on.

    Parameters
    ----------
    pair : callable
        Decides between two sources, (H, W, C) of the same type. What it is given first is the
        result so far, a float32 image from the third source on; then so is the other.
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more.

    Returns
    -------
    Decision
        Labels name the source that was chosen last at each pixel. Time K - 1 times that of
        `pair`; memory that of `pair` and one image.
    """
    decision = pair(images[0], images[1])
    labels = decision.labels.astype(label_dtype(len(images)))
    for index, image in enumerate(images[2:], start=3):
        compute.checkpoint()
        compute.progress(index - 2, len(images) - 1)
        decision = pair(decision.fuse(), to_float(image))
        labels[decision.labels == 2] = index
    if len(images) == 2:
        return decision
    return replace(decision, labels=labels, soft=None)
