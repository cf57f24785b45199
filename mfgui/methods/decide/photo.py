"""The photographer's preset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.core.labels import UNASSIGNED
from mfgui.methods.decide import spreads
from mfgui.methods.decide.photo_focus import focus
from mfgui.methods.decide.photo_front import small_copies, survey
from mfgui.methods.decide.photo_merge import merged
from mfgui.methods.decide.photo_noise import noise_of
from mfgui.methods.decide.photo_order import focus_order
from mfgui.methods.decide.photo_pair import pair
from mfgui.methods.decision import Decision
from mfgui.methods.planes import Plane
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

_TAKEN = 35  # bytes per pixel of the picture
# Bytes of a thread's tiles, and of one frame in them; of more frames tiles are smaller.
_TILE, _TILE_OF_FRAME, _FRAMES = 40_000_000, 6_300_000, 32


@method(
    "photo",
    kind=Kind.DECISION,
    title="Photo",
    summary="For photographs: the way that came nearest to the truth, with nothing to choose.",
    family=Family.PHOTOGRAPHS,
    smallest=16,
    obeys=True,
    notes=Notes(
        idea="Three bands of detail, measured against the noise of the frames, are smoothed along "
        "paths to a map that follows the outlines of near things; what their blur spills over the "
        "ground is subtracted. Detail that is no more than noise is averaged over the frames. "
        "Pairs: the ascent of MFF-SSIM on a cleaned map, and defocus inversion where it is sure.",
        complexity="O(H W C K)",
        memory="35 bytes per pixel, and 2.25 per source and pixel of a tile per thread; of pairs "
        "75",
        strengths="On stacks with noise 4 to 7 dB above the best of the option sets of enfuse; "
        "frames may come in any order.",
        failures="Where a near thing has no detail along its outline, it loses pieces of its rim; "
        "texture weaker than the noise is averaged away. What moves between frames shows several "
        "times.",
    ),
)
def photo(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    labels: LabelArray | None = None,
    quiet: Annotated[bool, Parameter("Averages frames where there is no detail but noise")] = True,
    nearest: Annotated[
        Literal["auto", "first", "last", "none"],
        Parameter(
            "End of the stack that is nearest; what its blur spills over is subtracted",
            choices=("auto", "first", "last", "none"),
        ),
    ] = "auto",
) -> Decision:
    """Focus map, depth, confidence and fused image.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        In any order.
    labels : (H, W) or None
        A given map: what is assigned in it is kept.
    quiet : bool
        See `mfgui.methods.decide.photo_merge.merged`; not of pairs.
    nearest : {"auto", "first", "last", "none"}
        "auto": what the frames tell, see `mfgui.methods.decide.photo_front.nearest_first`; "none":
        nothing is subtracted. Not of pairs.

    Returns
    -------
    Decision
        For three frames and more with the aspects "depth" and "confidence".
    """
    if len(images) == 2:
        return pair(images, labels, compute=compute)
    compute = _within_memory(compute, len(images), images[0].shape[0] * images[0].shape[1])
    small = small_copies(images, compute=compute)
    order = list(focus_order(small, compute=compute))
    frames = [images[index] for index in order]
    near, places = None, None
    if nearest != "none":
        factor = images[0].shape[1] / small[0].shape[1]
        places, near = survey([small[index] for index in order], factor, compute=compute)
        near = {"first": True, "last": False}.get(nearest, near)
    backwards = near is False
    if backwards and places is not None:
        order, frames = order[::-1], frames[::-1]
        places = tuple(places[-1] - place for place in places[::-1])
    if near is None:
        places = None
    noise = noise_of(frames, compute=compute)
    found = focus(frames, noise, places, compute=compute)
    if near is not None:
        places = spreads.positions(frames, found.labels, nearest_first=True, compute=compute)
    offset = _enlarged(found.offset, found.labels.shape)
    if labels is not None:
        offset[_obey(labels, order, found.labels)] = 0
    depth = found.labels + offset
    aspects = {
        "depth": np.float32(len(order) + 1) - depth if backwards else depth,
        "confidence": _enlarged(found.sure, found.labels.shape),
    }

    def fuse() -> ImageF32:
        return merged(frames, found.labels, places, found, noise, averaged=quiet, compute=compute)

    return Decision(_named(found.labels, order), fuse, aspects=aspects)


def _within_memory(compute: Compute, frames: int, pixels: int) -> Compute:
    """With as many threads as have room for their tiles beside what the picture takes."""
    if compute.memory is None:
        return compute
    room = compute.memory - _TAKEN * pixels
    threads = room // (_TILE + _TILE_OF_FRAME * min(frames, _FRAMES))
    return replace(compute, threads=max(1, min(compute.threads, threads)))


def _obey(given: LabelArray, order: Sequence[int], labels: LabelArray) -> npt.NDArray[np.bool_]:
    """Exchange what a given map has otherwise; returns where that is."""
    ranks = np.zeros(int(np.iinfo(given.dtype).max) + 1, labels.dtype)
    ranks[np.asarray(order) + 1] = np.arange(1, len(order) + 1)
    wanted = ranks[given]
    otherwise = np.asarray((wanted != UNASSIGNED) & (wanted != labels))
    labels[otherwise] = wanted[otherwise]
    return otherwise


def _named(labels: LabelArray, order: Sequence[int]) -> LabelArray:
    """Numbers of frames for places in the order of focus."""
    if list(order) == sorted(order):
        return labels
    names = np.array([0, *(index + 1 for index in order)], labels.dtype)
    return names[labels]


def _enlarged(plane: Plane, shape: tuple[int, ...]) -> Plane:
    large = cv2.resize(plane, (2 * plane.shape[1], 2 * plane.shape[0]))
    return np.ascontiguousarray(large[: shape[0], : shape[1]])
