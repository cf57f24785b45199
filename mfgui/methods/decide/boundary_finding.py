"""Boundary finding: where focus changes is a line, and lines cut the picture into regions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray, PixelArray, Rect, Size
from mfgui.core.compute import Compute
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
_REACH = 10  # px, of the largest octagon

Labels: TypeAlias = npt.NDArray[np.int32]  # (H, W): 1 or 2, 0 where open


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
        complexity="O(H W (K - 1)) and a sort of the pixels near borders",
        memory="70 bytes per pixel, for K > 2 an image more",
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
        and memory: see the notes of the method. Thinning and the watershed, most of the time
        of large pictures, cannot be stopped.
    """

    def pair(first: PixelArray, second: PixelArray) -> Decision:
        channels = range(first.shape[2]) if per_channel else [slice(None)]
        parts = [(_channel(first, c), _channel(second, c)) for c in channels]
        found = [decide(grey(one), grey(two), compute=compute) for one, two in parts]
        weights = [share for share, _ in found]
        weight: Plane = weights[0] if len(weights) == 1 else np.mean(weights, axis=0)
        # On the line itself the weights are equal: there the sharper one gives the label.
        leads = weight + np.float32(1e-4) * np.sign(sum(gap for _, gap in found)) >= 0.5

        def fuse() -> ImageF32:
            done = [
                blend(one, two, share, compute=compute)
                for (one, two), share in zip(parts, weights, strict=True)
            ]
            return done[0] if len(done) == 1 else np.concatenate(done, axis=2)

        return Decision(np.where(leads, np.uint8(1), np.uint8(2)), fuse, weight)

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
    gap = measures[0] - measures[1]
    compute.checkpoint()
    lines = boundary_lines(boundary_zone(gap, compute=compute))
    compute.checkpoint()
    regions = label_regions(lines, gap)
    compute.checkpoint()
    markers = _markers(regions)
    # Without both markers (tiny or undivided pictures) there is nothing to flood.
    candidates = [_nearest(regions, gap)]
    if {1, 2} <= set(np.unique(markers)):
        candidates = [_flooded(measure, markers, compute) for measure in measures]
    del measures, markers
    best = candidates[0]
    if len(candidates) > 1:
        one, two = (_sharpness(first, second, found, compute) for found in candidates)
        best = candidates[int(two > one)]
    return soften(best), gap


def focus_measure(plane: Plane, *, compute: Compute) -> Plane:
    """The multi-scale morphological gradient of a plane in [0, 1], in steps of 255.

    Sum over i = 1 ... 5 of (dilated - eroded by a disc of radius 2i + 1) / (2i + 1), the discs
    approximated by octagons of width 4i + 1, see `octagons`; what lies beyond the borders does
    not take part. With exact discs (`mfgui.methods.detect.measures.morphological_gradient`) the
    map comes out further from the published ones, as lines close elsewhere.

    Parameters
    ----------
    plane : (H, W) float32

    Returns
    -------
    (H, W) float32
        Time O(H W) with about 110 comparisons a pixel.
    """
    found = np.empty_like(plane)

    def work(wide: Rect, inner: Rect) -> None:
        compute.checkpoint()
        # A repeated border is none: of an octagon that reaches over it, the nearest pixels
        # inside are part, too.
        part = np.pad(plane[wide.slices], _REACH, mode="edge")
        total = np.zeros_like(part)
        for i, high, low in zip(
            range(1, 6), octagons(part, cv2.dilate), octagons(part, cv2.erode), strict=True
        ):
            total += (high - low) * np.float32(255 / (2 * i + 1))
        total = total[_REACH:-_REACH, _REACH:-_REACH]
        found[inner.slices] = _cut(total, wide, inner)

    in_tiles(_size(plane), work, reach=_REACH, compute=compute)
    return found


def octagons(plane: Plane, spread: Callable[..., Any]) -> Iterator[Plane]:
    """`plane` dilated (or eroded, as `spread` does) by five growing octagons.

    An octagon is a square with `d` steps of both diagonals added: what discs of radius
    r = 3, 5, 7, 9, 11 become when they are put together from lines in four directions
    (Adams, CVGIP Graphical Models and Image Processing 55, 1993) and reach r - 1. In turn
    that takes a square of 5, d = 1, a square of 9, d = 1, 2, 3, each from one before.
    """
    square = np.ones((5, 5), np.uint8)
    # Two diagonals of three pixels, one spread by the other.
    diagonals = np.zeros((5, 5), np.uint8)
    diagonals[[0, 1, 1, 2, 2, 2, 3, 3, 4], [2, 1, 3, 0, 2, 4, 1, 3, 2]] = 1
    five = spread(plane, square)
    yield five
    yield spread(five, diagonals)
    grown = spread(five, square)
    for _ in range(3):
        grown = spread(grown, diagonals)
        yield grown


def boundary_zone(gap: Plane, *, compute: Compute) -> BoolMask:
    """Where neither source has the larger focus measure all around, of their difference.

    With 7 x 7 sums (nothing beyond the borders) a pixel is homogeneous if
    D1 = abs(sum(gap)) >= 0.8 sum(abs(gap)) = 0.8 D2 and D1 >= 49; the rest is the zone, and
    so are homogeneous regions, connected by edges, below a fortieth of the picture.
    """
    zone: BoolMask = np.empty(gap.shape, np.bool_)

    def work(wide: Rect, inner: Rect) -> None:
        part = gap[wide.slices]
        one_way = np.abs(_sums(part))
        homogeneous = (one_way >= _ALIKE * _sums(np.abs(part))) & (one_way >= _LEAST)
        zone[inner.slices] = ~_cut(homogeneous, wide, inner)

    in_tiles(_size(gap), work, reach=_WINDOW // 2, compute=compute)
    names, areas = _components(~zone, connectivity=4)
    joins = areas < _SMALL * zone.size
    joins[0] = True
    return np.asarray(joins[names], np.bool_)


def boundary_lines(zone: BoolMask) -> BoolMask:
    """`zone` thinned to lines one pixel wide, of which the long ones stay.

    As long as the mean of the longest fifth (rounded up) of all lines, counted in pixels;
    a line is what hangs together by edges or corners. Before thinning, the zone is continued
    beyond the borders, so that lines reach them.
    """
    from skimage import morphology

    thinned: Callable[..., BoolMask] = morphology.skeletonize
    thin = thinned(np.pad(zone, _MARGIN, mode="edge"))[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    names, lengths = _components(thin, connectivity=8)
    if len(lengths) == 1:
        return np.asarray(thin, np.bool_)
    longest = np.sort(lengths[1:])[::-1][: math.ceil(_LONGEST * (len(lengths) - 1))]
    stays = lengths >= longest.mean()
    stays[0] = False
    return np.asarray(stays[names], np.bool_)


def label_regions(lines: BoolMask, gap: Plane) -> Labels:
    """Which source has the larger total focus measure in each region between `lines`.

    0 on the lines and in regions, connected by edges, below a fortieth of the picture.
    """
    names, areas = _components(~lines, connectivity=4)
    totals = np.bincount(names.ravel(), gap.ravel(), minlength=len(areas))
    found = np.where(totals >= 0, np.int32(1), np.int32(2))
    found[areas < _SMALL * lines.size] = 0
    found[0] = 0
    return np.asarray(found[names], np.int32)


def soften(regions: Labels) -> Plane:
    """Weight of source 1: 1/2 on the border, 1/6 more for each pixel from it on its side.

    The border is the line of zeros between the regions of 1 and 2, or where they touch the
    pixels that do.
    """
    to_first, to_second = (_distance_to(regions == label) for label in (1, 2))
    signed = to_second - to_first
    # From a pixel of a region: its distance to the other one, less the half way to the line.
    signed[regions == 0] *= 0.5
    signed[regions == 1] -= 1
    signed[regions == 2] += 1
    weight: Plane = np.clip(0.5 + signed / (2 * _BLEND), 0.0, 1.0)
    return weight


def edge_strength(plane: Plane) -> Plane:
    """Length of the Prewitt gradient; borders repeated."""
    steps = np.array([-1, 0, 1], np.float32)
    ones = np.ones(3, np.float32)
    across = cv2.sepFilter2D(plane, -1, steps, ones, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(plane, -1, ones, steps, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.hypot(across, down), np.float32)


def _channel(image: PixelArray, channel: int | slice) -> PixelArray:
    return image if isinstance(channel, slice) else image[:, :, channel : channel + 1]


def _flooded(measure: Plane, markers: Labels, compute: Compute) -> Labels:
    """Watershed of the measure's gradient from the markers, with lines of zeros between."""
    from skimage import segmentation

    compute.checkpoint()
    watershed: Callable[..., Labels] = segmentation.watershed
    strength = edge_strength(measure)
    # Markers deeper inside than their rims flood nothing; without them it costs what is open.
    active = cv2.dilate((markers == 0).view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_)
    found = watershed(strength, markers, connectivity=2, watershed_line=True, mask=active)
    np.copyto(found, markers, where=~active)
    return np.asarray(found, np.int32)


def _markers(regions: Labels) -> Labels:
    """What is left of each region when everything within 20 pixels of others is taken off."""
    markers = np.zeros_like(regions)
    for label in (1, 2):
        inside = (regions == label).astype(np.uint8)
        deep = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        markers[deep > _MARGIN] = label
    return markers


def _nearest(regions: Labels, gap: Plane) -> Labels:
    """Open pixels as the nearest region is; without any, as the picture altogether is."""
    if not regions.any():
        return np.full_like(regions, 1 if float(gap.sum(dtype=np.float64)) >= 0 else 2)
    to_first, to_second = (_distance_to(regions == label) for label in (1, 2))
    found = np.where(to_first <= to_second, np.int32(1), np.int32(2))
    return np.asarray(np.where(regions > 0, regions, found), np.int32)


def _sharpness(first: Plane, second: Plane, regions: Labels, compute: Compute) -> float:
    """Mean focus measure of the composite; lines of zeros take the mean of the sources."""
    composite = np.where(regions == 1, first, second)
    np.copyto(composite, 0.5 * (first + second), where=regions == 0)
    return float(focus_measure(composite, compute=compute).mean(dtype=np.float64))


def _components(mask: BoolMask, *, connectivity: int) -> tuple[Labels, npt.NDArray[np.int64]]:
    """Number of the component of each pixel, 0 outside the mask, and how many have each."""
    _, names, figures, _ = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=connectivity
    )
    return np.asarray(names, np.int32), figures[:, cv2.CC_STAT_AREA].astype(np.int64)


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


def _cut(values: npt.NDArray[Any], wide: Rect, inner: Rect) -> npt.NDArray[Any]:
    """Of what was computed for `wide`, the part that lies in `inner`."""
    top, left = inner.y - wide.y, inner.x - wide.x
    return values[top : top + inner.height, left : left + inner.width]


def _size(plane: npt.NDArray[Any] | LabelArray) -> Size:
    return Size(plane.shape[1], plane.shape[0])
