"""Boundary finding: where focus changes is a line, and lines cut the picture into regions."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, PixelArray, Rect
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers, Scratch
from mfgui.methods.decide import boundary_steps
from mfgui.methods.decide.boundary_measure import (
    REACH,
    cut,
    edge_strength,
    focus_measure,
    measured,
    size_of,
)
from mfgui.methods.decision import Decision, in_sequence
from mfgui.methods.planes import Plane, blend, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

_WINDOW = 7  # px
_ALIKE = 0.8  # share of the differences in a window that point the same way
_LEAST = np.float32(49.0)  # total difference in a window, in steps of 255
_LONGEST = 0.2  # share of the lines that sets how long a line must be
_SMALL = 1 / 40  # of the picture
_MARGIN = 20  # px, radius: how far the refined border may move
_BLEND = 3  # px on both sides of the border
_SIDE = 256  # px, of tiles where most need no work
_NEAR = 16  # px: lines lie nearer than that to the regions on both sides

Labels: TypeAlias = npt.NDArray[np.integer[Any]]  # (H, W): 1 or 2, 0 where open


@method(
    "bf",
    kind=Kind.DECISION,
    title="Boundary finding",
    summary="Finds the lines where focus changes, and decides for the whole regions between them.",
    reference="Zhang, Bai and Wang, Information Fusion 35, 2017",
    family=Family.LITERATURE,
    notes=Notes(
        idea="A multi-scale morphological gradient says where neither source is sharper all "
        "around; thinned to lines, that cuts the picture into regions. The borders of the "
        "regions are moved onto edges of the gradient by a watershed.",
        complexity="O(H W (K - 1)), and n log n for the n pixels near borders; that comes to "
        "about 10 s for 24 megapixels",
        memory="28 bytes per pixel, for K > 2 an image more",
        strengths="Large sharp regions come out whole, with clean borders.",
        failures="Regions below a fortieth of the picture, and parts narrower than 40 pixels "
        "that nothing leads to, are lost; a gap in a line costs the whole region.",
    ),
)
def bf(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    per_channel: Annotated[
        bool, Parameter("Every channel by a map of its own; else all by that of grey")
    ] = False,
) -> Decision:
    """Labels and weights by `decide`; more than two sources one after another.

    Zhang, Bai and Wang 2017 with the constants of the algorithm notes, section 8. What these
    leave open was chosen by what comes nearest to the published images: homogeneous regions
    below a fortieth of the picture join the boundary zone before it is thinned; regions that
    the lines make smaller than that are left to the watershed; of its two results the one is
    kept whose unblended composite is sharper; weights rise in equal steps over the watershed
    line and 3 pixels on both sides of it.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    per_channel : bool
        As the published images were made, at the price of false colours.

    Returns
    -------
    Decision
        With the weights of source 1 when there are two, of several channels their mean. Time
        and memory: see the notes of the method.
    """

    def pair(first: PixelArray, second: PixelArray) -> Decision:
        channels = range(first.shape[2]) if per_channel else [slice(None)]
        parts = [(_channel(first, c), _channel(second, c)) for c in channels]
        found = [decide(*(_grey(p, compute) for p in part), compute=compute) for part in parts]
        weights = [share for share, _ in found]
        weight: Plane = weights[0] if len(weights) == 1 else np.mean(weights, axis=0)
        labels = np.empty(weight.shape, np.uint8)

        def work(_wide: Rect, inner: Rect) -> None:
            # On the line itself the weights are equal: there the sharper one gives the label.
            lead = np.sign(sum(gap[inner.slices] for _, gap in found))
            first_leads = weight[inner.slices] + np.float32(1e-4) * lead >= 0.5
            labels[inner.slices] = np.where(first_leads, np.uint8(1), np.uint8(2))

        in_tiles(size_of(weight), work, reach=0, compute=compute)

        def fuse() -> ImageF32:
            done = [
                blend(one, two, share, compute=compute)
                for (one, two), share in zip(parts, weights, strict=True)
            ]
            return done[0] if len(done) == 1 else np.concatenate(done, axis=2)

        return Decision(labels, fuse, weight)

    return in_sequence(pair, images, compute=compute)


def decide(first: Plane, second: Plane, *, compute: Compute) -> tuple[Plane, Plane]:
    """Weight of `first`, and by how much its focus measure is larger, of planes in [0, 1].

    Returns
    -------
    weight : (H, W) float32
        1 in the regions of `first`, 0 in those of `second`, rising over 6 pixels between.
    gap : (H, W) float32
        Focus measure of `first` less that of `second`, in steps of 255.
    """
    measures = [focus_measure(plane, compute=compute) for plane in (first, second)]
    gap = _difference(measures[0], measures[1], compute)
    lines = boundary_lines(boundary_zone(gap, compute=compute), compute=compute)
    regions = label_regions(lines, gap, compute=compute)
    del lines
    markers, present = _markers(regions, compute)
    if present == {1, 2}:
        del regions
        strengths = [edge_strength(measures.pop(0), compute=compute) for _ in range(2)]
        one, two = _both_flooded(strengths, markers, compute)
        best = two if _gain(first, second, one, two, compute) > 0 else one
    else:  # tiny or undivided pictures: there is nothing to flood
        best = _nearest(regions, gap, compute)
    return soften(best, compute=compute), gap


def boundary_zone(gap: Plane, *, compute: Compute) -> BoolMask:
    """Where neither source has the larger focus measure all around, of their difference.

    With 7 x 7 sums (nothing beyond the borders) a pixel is homogeneous if
    D1 = abs(sum(gap)) >= 0.8 sum(abs(gap)) = 0.8 D2 and D1 >= 49; the rest is the zone, and
    so are homogeneous regions, connected by edges, below a fortieth of the picture.
    """
    alike: BoolMask = np.empty(gap.shape, np.bool_)

    def work(wide: Rect, inner: Rect) -> None:
        part = gap[wide.slices]
        one_way = np.abs(_sums(part))
        homogeneous = (one_way >= _ALIKE * _sums(np.abs(part))) & (one_way >= _LEAST)
        alike[inner.slices] = cut(homogeneous, wide, inner)

    in_tiles(size_of(gap), work, reach=_WINDOW // 2, compute=compute)
    found = boundary_steps.find_regions(alike, corners=False, compute=compute)
    found.paint(alike, found.areas >= _SMALL * alike.size, compute=compute)
    return np.logical_not(alike, out=alike)


def boundary_lines(zone: BoolMask, *, compute: Compute) -> BoolMask:
    """`zone` thinned to lines one pixel wide, of which the long ones stay.

    As long as the mean of the longest fifth (rounded up) of all lines, counted in pixels;
    a line is what hangs together by edges or corners. Before thinning, the zone is continued
    beyond the borders, so that lines reach them.
    """
    thin = np.ascontiguousarray(boundary_steps.thinned(zone, margin=_MARGIN, compute=compute))
    found = boundary_steps.find_regions(thin, corners=True, compute=compute)
    lengths = found.areas[found.areas > 0]
    if len(lengths):
        longest = np.sort(lengths)[::-1][: math.ceil(_LONGEST * len(lengths))]
        found.paint(thin, found.areas >= longest.mean(), compute=compute)
    return thin


def label_regions(lines: BoolMask, gap: Plane, *, compute: Compute) -> Labels:
    """Which source has the larger total focus measure in each region between `lines`.

    0 on the lines and in regions, connected by edges, below a fortieth of the picture.
    """
    found = boundary_steps.find_regions(~lines, corners=False, compute=compute)
    labels = np.where(found.totals(gap, compute=compute) >= 0, np.uint8(1), np.uint8(2))
    labels[found.areas < _SMALL * lines.size] = 0
    regions = np.zeros(lines.shape, np.uint8)
    found.paint(regions, labels, compute=compute)
    return regions


def soften(regions: Labels, *, compute: Compute) -> Plane:
    """Weight of source 1: 1/2 on the border, 1/6 more for each pixel from it on its side.

    The border is the line of zeros between the regions of 1 and 2, or where they touch the
    pixels that do.
    """
    weight: Plane = np.empty(regions.shape, np.float32)

    def work(wide: Rect, inner: Rect) -> None:
        part = regions[wide.slices]
        if (part == part[0, 0]).all():
            weight[inner.slices] = (0.5, 1.0, 0.0)[int(part[0, 0])]
            return
        to_first, to_second = (_distance_to(part == label) for label in (1, 2))
        signed = to_second - to_first
        # From a pixel of a region: its distance to the other one, less the half way to the line.
        signed[part == 0] *= 0.5
        signed[part == 1] -= 1
        signed[part == 2] += 1
        rising = np.clip(0.5 + signed / (2 * _BLEND), 0.0, 1.0)
        weight[inner.slices] = cut(rising, wide, inner)

    in_tiles(size_of(regions), work, reach=_NEAR, compute=compute, side=_SIDE)
    return weight


def _channel(image: PixelArray, channel: int | slice) -> PixelArray:
    return image if isinstance(channel, slice) else image[:, :, channel : channel + 1]


def _grey(image: PixelArray, compute: Compute) -> Plane:
    found: Plane = np.empty(image.shape[:2], np.float32)

    def work(_wide: Rect, inner: Rect) -> None:
        found[inner.slices] = grey(image[inner.slices])

    in_tiles(size_of(found), work, reach=0, compute=compute)
    return found


def _difference(one: Plane, two: Plane, compute: Compute) -> Plane:
    found = np.empty_like(one)

    def work(_wide: Rect, inner: Rect) -> None:
        np.subtract(one[inner.slices], two[inner.slices], out=found[inner.slices])

    in_tiles(size_of(one), work, reach=0, compute=compute)
    return found


def _markers(regions: Labels, compute: Compute) -> tuple[boundary_steps.Bytes, set[int]]:
    """What is left of each region when everything within 20 pixels of others is taken off.

    With the rim that `boundary_steps.flood` asks for; and which labels are left.
    """
    height, width = regions.shape
    state = np.full((height + 2, width + 2), boundary_steps.OUTSIDE, np.uint8)
    markers = state[1:-1, 1:-1]
    present: set[int] = set()

    def work(wide: Rect, inner: Rect) -> None:
        part = regions[wide.slices]
        found = part
        # Whatever is nearest outside a region is open: regions do not share an edge.
        if not part.all():
            found = np.where(_distance_to(part == 0) > _MARGIN, part, np.uint8(0))
        markers[inner.slices] = cut(found, wide, inner)
        present.update({1, 2}.intersection(np.unique(markers[inner.slices]).tolist()))

    in_tiles(size_of(regions), work, reach=_MARGIN + 1, compute=compute, side=_SIDE)
    return state, present


def _both_flooded(
    strengths: Sequence[Plane], markers: boundary_steps.Bytes, compute: Compute
) -> list[Labels]:
    """The floods of both sources, at the same time where there are threads for it."""
    states = [markers.copy(), markers]

    def work(_scratch: Scratch, start: int, stop: int) -> list[Labels]:
        return [_flooded(strengths[i], states[i], compute) for i in range(start, stop)]

    with RowWorkers(compute) as workers:
        return [found for share in workers.run(work, 2) for found in share]


def _flooded(strength: Plane, markers: boundary_steps.Bytes, compute: Compute) -> Labels:
    return boundary_steps.flood(strength, markers, compute=compute)


def _nearest(regions: Labels, gap: Plane, compute: Compute) -> Labels:
    """Open pixels as the nearest region is; without any, as the picture altogether is."""
    labels = [label for label in (1, 2) if (regions == label).any()]
    if not labels:
        labels = [1 if float(gap.sum(dtype=np.float64)) >= 0 else 2]
    if len(labels) == 1:
        return np.full(regions.shape, labels[0], np.uint8)
    compute.checkpoint()
    to_first = _distance_to(regions == 1)
    compute.checkpoint()
    nearer = to_first <= _distance_to(regions == 2)
    return np.where(regions > 0, regions, np.where(nearer, np.uint8(1), np.uint8(2)))


def _gain(first: Plane, second: Plane, one: Labels, two: Labels, compute: Compute) -> float:
    """How much larger the total focus measure of the composite by `two` is than that by `one`.

    Lines of zeros take the mean of the sources. Tiles where the two agree are left out.
    """
    gains: dict[tuple[int, int], float] = {}
    lock = threading.Lock()

    def work(wide: Rect, inner: Rect) -> None:
        parts = [found[wide.slices] for found in (one, two)]
        if np.array_equal(parts[0], parts[1]):
            return
        a, b = first[wide.slices], second[wide.slices]
        measures = []
        for regions in parts:
            composite = np.where(regions == 1, a, b)
            np.copyto(composite, 0.5 * (a + b), where=regions == 0)
            measures.append(cut(measured(composite), wide, inner).sum(dtype=np.float64))
        with lock:
            gains[inner.y, inner.x] = float(measures[1] - measures[0])

    in_tiles(size_of(first), work, reach=REACH, compute=compute, side=_SIDE)
    return math.fsum(gains.values())


def _distance_to(mask: BoolMask) -> Plane:
    """Of each pixel, how far the nearest of `mask` is; much more than anything without one."""
    return np.asarray(
        cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE),
        np.float32,
    )


def _sums(plane: Plane) -> npt.NDArray[np.float64]:
    return np.asarray(
        cv2.boxFilter(
            plane,
            cv2.CV_64F,
            (_WINDOW, _WINDOW),
            normalize=False,
            borderType=cv2.BORDER_CONSTANT,
        ),
        np.float64,
    )
