"""Dense SIFT fusion: descriptors tell where a source is sharp, and where it matches the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, LabelArray, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.decide import dense_descriptors as descriptors
from mfgui.methods.decide.areas import without_small_areas
from mfgui.methods.decision import Decision, in_sequence
from mfgui.methods.planes import Plane, blend, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

Code = npt.NDArray[np.uint8]  # (H, W): _OPEN, _FIRST or _SECOND
_OPEN, _FIRST, _SECOND = 0, 1, 2
_SIDE = 512  # of tiles of the activity
_FINE_SIDE = 256  # of tiles of the matching: only parts around open pixels are worked on


@method(
    "dsift",
    kind=Kind.DECISION,
    title="Dense SIFT (DSIFT)",
    summary="The source with stronger SIFT descriptors; borders by matching them.",
    reference="Liu, Liu and Wang, Information Fusion 23, 2015",
    family=Family.LITERATURE,
    smallest=16,
    notes=Notes(
        idea="A source is sharp where all small blocks around a pixel have the larger sum of "
        "SIFT descriptors. Pixels left open are compared with their best match in the other "
        "source, and averaged where the two comparisons contradict each other.",
        complexity="O(H W K), and the square of the search window for pixels left open",
        memory="About 8 bytes per pixel and 20 MB for each thread; two float images from three "
        "sources on",
        strengths="Tolerates small misalignment at borders, which are averaged where in doubt.",
        failures="A band of averaged, half blurred pixels runs along strong borders, and smooth "
        "parts left open become patchy.",
    ),
)
def dsift(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    block: Annotated[
        int,
        Parameter(
            "Side of the blocks whose activity is compared", unit="px", minimum=1, maximum=32
        ),
    ] = 8,
    area: Annotated[
        int,
        Parameter(
            "Smaller regions and holes of the sure parts do not count",
            unit="px",
            minimum=0,
            maximum=1_000_000,
        ),
    ] = 3600,
    search: Annotated[
        int,
        Parameter(
            "Window of matching, and of the spatial frequency that decides then",
            unit="px",
            minimum=1,
            maximum=15,
            odd=True,
        ),
    ] = 7,
) -> Decision:
    """Decision of Y. Liu, S. Liu and Z. Wang, Multi-focus image fusion with dense SIFT, 2015.

    Activity of a pixel: the sum of the entries of its unnormalised descriptor (4 x 4 cells of
    6 px, 8 orientations, see `dense_descriptors`). Every block x block window gives one vote to
    its pixels, for the source with the larger sum of activity; a pixel with all votes for one
    source is sure (share above 0.99). Of the sure parts of each source regions, then holes,
    below `area` pixels (connected also by corners) are taken away. Every other pixel is
    compared with the pixel of the other source within the search window whose normalised
    descriptor is nearest: is its spatial frequency, in a window of the same size, larger? When
    the comparisons of both sources with one another name the same source it is taken, else the
    mean of both. (Published images show that the authors' program takes the border of the
    picture for an edge against black; here it is none.) More than two sources are fused one
    after another.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    block, area, search : int
        Pixels, square pixels, pixels.

    Returns
    -------
    Decision
        `soft` is 1, 0 or 0.5. Labels of pixels that are averaged name the source of the larger
        activity, the lower one of equals. Time O(H W K) and O(search^2) per open pixel.
    """

    def pair(first: PixelArray, second: PixelArray) -> Decision:
        return _pair(first, second, block, area, search // 2, compute)

    return in_sequence(pair, images, compute=compute)


def _pair(
    first: PixelArray, second: PixelArray, block: int, area: int, radius: int, compute: Compute
) -> Decision:
    size = Size(first.shape[1], first.shape[0])
    labels: LabelArray = np.empty(first.shape[:2], label_dtype(2))
    sure: Code = np.empty(first.shape[:2], np.uint8)

    def vote(wide: Rect, inner: Rect) -> None:
        ahead = _activity(first, wide) - _activity(second, wide)
        within = _within(wide, inner)
        labels[inner.slices] = np.where(ahead[within] >= 0, 1, 2)
        sure[inner.slices] = _unanimous(ahead, block)[within]

    in_tiles(size, vote, reach=descriptors.REACH + 2 * block, compute=compute, side=_SIDE)
    _only_large(sure, area, compute)
    weight: Plane = np.full(sure.shape, 0.5, np.float32)
    weight[sure == _FIRST] = 1.0
    weight[sure == _SECOND] = 0.0

    def match(wide: Rect, inner: Rect) -> None:
        undecided = sure[inner.slices] == _OPEN
        if undecided.any():
            _match(first, second, wide, inner, undecided, weight, radius, compute)

    reach = descriptors.REACH + 2 * radius + 1
    in_tiles(size, match, reach=reach, compute=compute, side=_FINE_SIDE)
    labels[weight > 0.5] = 1
    labels[weight < 0.5] = 2
    return Decision(labels, lambda: blend(first, second, weight, compute=compute), soft=weight)


def _within(wide: Rect, inner: Rect) -> tuple[slice, slice]:
    return Rect(inner.x - wide.x, inner.y - wide.y, inner.width, inner.height).slices


def _activity(image: PixelArray, part: Rect) -> Plane:
    return descriptors.activity(descriptors.gradients(grey(image[part.slices])))


def _unanimous(ahead: Plane, block: int) -> Code:
    """Where all blocks around a pixel are for one source, by the sign of the sums of `ahead`."""
    code: Code = np.zeros(ahead.shape, np.uint8)
    ones = np.ones(block)
    # Of the block that begins at a pixel, to the right of it and below.
    sums = cv2.sepFilter2D(
        ahead, cv2.CV_64F, ones, ones, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT
    )
    height, width = (max(0, side - block + 1) for side in ahead.shape)
    for name, sign in ((_FIRST, 1.0), (_SECOND, -1.0)):
        against = np.zeros(ahead.shape, np.uint8)
        against[:height, :width] = sums[:height, :width] * sign <= 0
        # Of the blocks that contain a pixel: those that begin up to block - 1 px before it.
        spread = cv2.dilate(
            against,
            np.ones((block, block), np.uint8),
            anchor=(block - 1, block - 1),
            borderType=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
        code[spread == 0] = name
    return code


def _only_large(sure: Code, area: int, compute: Compute) -> None:
    """Regions, then holes, below `area` pixels leave the sure parts of each source, in place."""
    parts: list[BoolMask] = []
    for name in (_FIRST, _SECOND):
        large = without_small_areas(sure == name, area, compute)
        parts.append(~without_small_areas(~large, area, compute))
    sure[:] = _OPEN
    sure[parts[0] & ~parts[1]] = _FIRST
    sure[parts[1] & ~parts[0]] = _SECOND


def _match(
    first: PixelArray,
    second: PixelArray,
    wide: Rect,
    inner: Rect,
    undecided: BoolMask,
    weight: Plane,
    radius: int,
    compute: Compute,
) -> None:
    """Decide the open pixels of a tile by their matches in the other source."""
    left, top, width, height = cv2.boundingRect(undecided.view(np.uint8))
    core = Rect(inner.x + left, inner.y + top, width, height)
    part = core.grown(descriptors.REACH + 2 * radius + 1).intersected(wide)
    greys = [grey(image[part.slices]) for image in (first, second)]
    found = descriptors.best_matches(
        [descriptors.orientations(descriptors.gradients(plane)) for plane in greys],
        radius,
        compute,
    )
    frequency = [spatial_frequency(plane, radius) for plane in greys]
    rows, columns = np.nonzero(undecided[top : top + height, left : left + width])
    rows, columns = rows + core.y - part.y, columns + core.x - part.x
    ahead = []
    for own, other, offsets in zip(frequency, frequency[::-1], found, strict=True):
        dy, dx = offsets[:, rows, columns]
        ahead.append(np.sign(own[rows, columns] - other[rows + dy, columns + dx]))
    value = np.full(len(rows), 0.5, np.float32)
    value[(ahead[0] > 0) & (ahead[1] < 0)] = 1.0
    value[(ahead[0] < 0) & (ahead[1] > 0)] = 0.0
    weight[rows + part.y, columns + part.x] = value


def spatial_frequency(plane: Plane, radius: int) -> Plane:
    """Squared spatial frequency in windows of side 2 radius + 1: squared first differences.

    The mean over rows plus that over columns, up to a factor; windows end at the borders.
    """
    squares: npt.NDArray[Any] = np.zeros_like(plane)
    squares[:, 1:] += np.square(np.diff(plane, axis=1))
    squares[1:] += np.square(np.diff(plane, axis=0))
    ones = np.ones(2 * radius + 1)
    return np.asarray(
        cv2.sepFilter2D(squares, cv2.CV_32F, ones, ones, borderType=cv2.BORDER_CONSTANT),
        np.float32,
    )
