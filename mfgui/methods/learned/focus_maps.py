"""From a network that says where source 1 is the sharp one to a decision between sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.methods.decision import Decision, in_sequence
from mfgui.methods.detect.regions import remove_small_regions
from mfgui.methods.filters.guided import guided
from mfgui.methods.filters.guided_enlargement import enlarged_along
from mfgui.methods.learned.options import Pairs
from mfgui.methods.planes import Plane, grey, in_tiles
from mfgui.methods.registry import Parameter

if TYPE_CHECKING:
    from torch import nn

MEGAPIXEL = 1_000_000
_SHARES = {"half": 0.5, "quarter": 0.25}
# Of the guided enlargement: windows in small pixels, and what variance of grey counts as an edge.
# Of maps whose edges are off by one small pixel it makes a third fewer errors than interpolation,
# of exact ones more: there is nothing to gain then.
_RADIUS, _EPSILON = 4, 1e-2
_LEAST_SIDE = 32  # of an octave
_SURE = 1e-4  # what a map of 0 or 1 is taken for
_REFINING_EPSILON = 1e-3

Resolution = Annotated[
    str,
    Parameter(
        "Of the pictures that the network sees, its map is enlarged along the edges; auto: on the "
        "processor at most 1 megapixel",
        choices=("auto", "full", "half", "quarter"),
    ),
]
Octaves = Annotated[
    int,
    Parameter(
        "How often the network looks, each time at pictures of half the size; 1 as published",
        minimum=1,
        maximum=5,
    ),
]
OCTAVES = 3
Refine = Annotated[
    int,
    Parameter(
        "Radius of a guided filter that moves the map onto the edges of the picture; 0 does not",
        unit="px",
        minimum=0,
        maximum=64,
    ),
]
Threshold = Annotated[
    float,
    Parameter(
        "Source 1 is taken where the network gives more", minimum=0.0, maximum=1.0, advanced=True
    ),
]


@dataclass(frozen=True, eq=False)
class MapNetwork:
    """A network of focus maps with what it is run with.

    Attributes
    ----------
    network : nn.Module
    path : Path
        Of its weights.
    planes : callable
        From stored pixels (h, w, C) to what the network takes, (C', h, w) float32.
    """

    network: nn.Module
    path: Path
    planes: Callable[[PixelArray], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Treatment:
    """How the map of a network is made and what becomes of it; see the parameters."""

    precision: str
    resolution: str
    octaves: int
    refine: int
    threshold: float
    clean: float


def decide_by(
    network: MapNetwork, images: Sequence[PixelArray], treatment: Treatment, *, compute: Compute
) -> Decision:
    """Composite of the sources by the network's map; more than two one after another.

    The map is that of the network, enlarged, moved onto the edges, and made binary; then small
    regions go. `soft` is what it is before it is made binary.
    """
    size = Size(images[0].shape[1], images[0].shape[0])
    small = _reduced(size, treatment.resolution, compute.device)
    if small != size:
        compute.notice(f"the network saw the pictures reduced to {small}; resolution=full does not")
    pairs = Pairs(compute, len(images))

    def pair(first: PixelArray, second: PixelArray) -> Decision:
        inner = pairs.next()
        soft = _map(network, first, second, small, treatment, inner)
        if treatment.refine:
            soft = _refined(soft, first, second, treatment.refine, compute)
        labels: LabelArray = np.where(soft > treatment.threshold, np.uint8(1), np.uint8(2))
        if treatment.clean > 0.0:
            remove_small_regions(labels, share=treatment.clean, compute=compute)
        return Decision(labels, lambda: compose([first, second], labels, compute=compute), soft)

    return in_sequence(pair, images, compute=pairs.whole)


def _reduced(size: Size, resolution: str, device: str) -> Size:
    """Size of the pictures that the network sees."""
    share = _SHARES.get(resolution, 1.0)
    if resolution == "auto" and device == "cpu" and size.pixels > MEGAPIXEL:
        share = (MEGAPIXEL / size.pixels) ** 0.5
    # Downwards, so that a megapixel is not exceeded.
    return Size(max(1, int(size.width * share)), max(1, int(size.height * share)))


def _map(
    network: MapNetwork,
    first: PixelArray,
    second: PixelArray,
    small: Size,
    treatment: Treatment,
    compute: Compute,
) -> Plane:
    """The network's map, (H, W) float32 in [0, 1], of pictures that it sees at the size `small`."""
    size = Size(first.shape[1], first.shape[0])
    seen = (first, second)
    if small != size:
        seen = _shrunk(first, small, compute), _shrunk(second, small, compute)
    soft = _of_octaves(network, seen, treatment, compute)
    if small == size:
        return soft
    return enlarged_along(
        soft,
        _composite_grey(*seen, soft),
        lambda rect, weight: _composite_grey(first[rect.slices], second[rect.slices], weight),
        size,
        radius=_RADIUS,
        epsilon=_EPSILON,
        compute=compute,
    )


def _of_octaves(
    network: MapNetwork,
    seen: tuple[PixelArray, PixelArray],
    treatment: Treatment,
    compute: Compute,
) -> Plane:
    """The logistic function of the mean of the maps' log odds, over octaves of the pictures.

    At half the size a network looks twice as far, and a blur that it has never seen is one of
    those that it was trained on.
    """
    height, width = seen[0].shape[:2]
    sizes = [Size(width >> octave, height >> octave) for octave in range(treatment.octaves)]
    sizes = [s for s in sizes if min(s.width, s.height) >= _LEAST_SIDE] or sizes[:1]
    if len(sizes) == 1:
        return _run(network, seen, treatment.precision, compute)
    total = np.zeros((height, width), np.float32)
    for octave, small in enumerate(sizes):
        part = replace(compute, progress=partial(_report, compute, octave, len(sizes)))
        reduced = seen
        if octave:
            reduced = _shrunk(seen[0], small, compute), _shrunk(seen[1], small, compute)
        soft = np.clip(_run(network, reduced, treatment.precision, part), _SURE, 1 - _SURE)
        odds = np.log(soft / (1 - soft))
        if octave:
            odds = cv2.resize(odds, (width, height), interpolation=cv2.INTER_LINEAR)
        total += odds
    total /= len(sizes)
    return np.asarray(1 / (1 + np.exp(-total)), np.float32)


def _report(compute: Compute, octave: int, count: int, done: int, parts: int) -> None:
    compute.progress(octave * parts + done, count * parts)


def _run(
    network: MapNetwork,
    seen: tuple[PixelArray, PixelArray],
    precision: str,
    compute: Compute,
) -> Plane:
    from mfgui.nets import inference

    def read(rect: Rect) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        return network.planes(seen[0][rect.slices]), network.planes(seen[1][rect.slices])

    size = Size(seen[0].shape[1], seen[0].shape[0])
    return inference.run(
        network.network, read, size, compute=compute, precision=precision, path=network.path
    )


def _shrunk(image: PixelArray, small: Size, compute: Compute) -> PixelArray:
    compute.checkpoint()
    made = cv2.resize(image, (small.width, small.height), interpolation=cv2.INTER_AREA)
    return made.reshape(small.height, small.width, -1)


def _composite_grey(first: PixelArray, second: PixelArray, weight: Plane) -> Plane:
    """Grey of `weight` of the first and the rest of the second."""
    below = grey(second)
    return np.asarray(below + weight * (grey(first) - below), np.float32)


def _refined(
    soft: Plane, first: PixelArray, second: PixelArray, radius: int, compute: Compute
) -> Plane:
    """The map filtered by the grey of its own composite."""
    height, width = soft.shape
    result: Plane = np.empty_like(soft)

    def work(wide: Rect, inner: Rect) -> None:
        part = soft[wide.slices]
        guide = _composite_grey(first[wide.slices], second[wide.slices], part)
        found = guided(part, guide, radius=radius, epsilon=_REFINING_EPSILON)
        local = Rect(inner.x - wide.x, inner.y - wide.y, inner.width, inner.height)
        np.clip(found[local.slices], 0.0, 1.0, out=result[inner.slices])

    in_tiles(Size(width, height), work, reach=2 * radius, compute=compute, side=512)
    return result
