"""Image matting: sure parts by morphology, the rest by what its colours share with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, Size, to_float
from mfgui.core.compute import Compute
from mfgui.methods.decide.areas import without_small_areas
from mfgui.methods.decide.matting import matte
from mfgui.methods.decision import Decision, in_sequence
from mfgui.methods.planes import Plane, blend, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

Mask = npt.NDArray[np.bool_]

_MOST = 2_000_000  # pixels that the matte is solved on
_DISK = 3  # px, of the morphological filters
_WINDOWS = (2.0, 6.0)  # px, standard deviations
_LEAST_PART = 0.002  # of the picture
_EPSILON = 1e-5
# Ends early on purpose: solved out, mattes leak through like colours (2 to 4 dB farther from the
# middle of the published methods on the four pairs at hand).
_TOLERANCE = 1e-2
_GUIDED_RADIUS = 4  # px of the reduced picture


@method(
    "image-matting",
    kind=Kind.DECISION,
    title="Image matting",
    summary="Closed-form matting between parts that are surely sharp in one source.",
    reference="Li, Kang, Hu and Yang, Information Fusion 14, 2013",
    family=Family.LITERATURE,
    smallest=16,
    notes=Notes(
        idea=(
            "Where one source has clearly more morphological detail than the other it is taken. "
            "In between, closed-form matting says how much each pixel shares with both sides."
        ),
        complexity="O(H W C^2 K) a step of conjugate gradients, of which some 30 to 60 are done",
        memory="340 bytes per pixel up to two million pixels, 700 MB and 16 per pixel above",
        strengths="Borders follow the outlines and colours of objects, hair and twigs included.",
        failures=(
            "Outlines between like colours are missed; the matte is that of the first source, so "
            "the order of the sources matters; above two million pixels a reduced copy is solved."
        ),
    ),
)
def image_matting(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    contrast: Annotated[
        float,
        Parameter(
            "How far a source must lead to be sure, relative to where it leads most",
            minimum=0.0,
            maximum=0.95,
        ),
    ] = 0.6,
) -> Decision:
    """Decide by a trimap of sure parts and the matte between them.

    The detail of a grey source is the larger of its white and its black top-hat, with a disk
    of radius 3 px. Averaged by Gaussians of sigma 2 and 6 px, a and b, it gives the source a
    lead of (a - b) / (a + b). A source is sure where in both windows its lead is above
    `contrast` times what it is where the source leads most (the 95 % quantile of its positive
    values, but a quarter of that of the other source at least); parts below 0.2 % of the
    picture are left out. Everywhere else alpha is the closed-form matte of the first source,
    and it is the weight of that source. It begins at the decision of the large window and is
    followed to a relative residual of 0.01 only, so that what no sure part reaches by colour
    stays near that decision. Two steps are not those of the authors' program, which
    is not public: how the focus measures become a trimap, and closed-form in place of robust
    matting.

    Where only one source is sure of anything it is taken as a whole, where none is the sources
    are averaged. More than two sources are fused one after another. Pictures of more than two
    million pixels are decided on a reduced copy; the weight is enlarged by affine functions of
    the full picture in windows (guided upsampling).

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more sources, as stored.
    contrast : float
        0 leaves no pixel between but small parts and those where the windows differ.

    Returns
    -------
    Decision
        With the weight of source 1.
    """

    def pair(first: PixelArray, second: PixelArray) -> Decision:
        weight = _weight(first, second, contrast, compute)
        labels: LabelArray = np.where(weight >= 0.5, np.uint8(1), np.uint8(2))
        return Decision(labels, lambda: blend(first, second, weight, compute=compute), weight)

    return in_sequence(pair, images, compute=compute)


def _weight(first: PixelArray, second: PixelArray, contrast: float, compute: Compute) -> Plane:
    height, width, _ = first.shape
    shrink = math.sqrt(max(1.0, height * width / _MOST))
    one, two = (_reduced(image, shrink) for image in (first, second))
    compute.checkpoint()
    sure_one, sure_two, rough = trimap(one, two, contrast, compute=compute)
    if not (sure_one.any() and sure_two.any()):
        share = 0.5 * (1.0 + float(sure_one.any()) - float(sure_two.any()))
        return np.full((height, width), share, np.float32)
    start = np.where(sure_one, 1.0, np.where(sure_two, 0.0, rough)).astype(np.float32)
    compute.checkpoint()
    alpha = matte(
        one,
        sure_one | sure_two,
        start,
        epsilon=_EPSILON,
        tolerance=_TOLERANCE,
        checkpoint=compute.checkpoint,
    )
    if shrink == 1.0:
        return alpha
    return enlarged(alpha, grey(one), first, compute)


def _reduced(image: PixelArray, shrink: float) -> ImageF32:
    height, width, channels = image.shape
    if shrink > 1.0:
        size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        image = small.reshape(size[1], size[0], channels)
    return to_float(image)


def trimap(
    one: ImageF32, two: ImageF32, contrast: float, *, compute: Compute
) -> tuple[Mask, Mask, Mask]:
    """Where the first source is surely sharper, where the second is, and a guess everywhere."""
    details = []
    for image in (one, two):
        compute.checkpoint()
        details.append(detail(grey(image)))
    first = second = guess = np.ones(details[0].shape, np.bool_)
    for sigma in _WINDOWS:
        a, b = (
            cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
            for plane in details
        )
        total = a + b
        lead = np.divide(a - b, total, out=np.zeros_like(total), where=total > 0.0)
        compute.checkpoint()
        tops = _top(lead), _top(-lead)
        compute.checkpoint()
        first = first & (lead > contrast * max(tops[0], tops[1] / 4))
        second = second & (-lead > contrast * max(tops[1], tops[0] / 4))
        guess = lead > 0.0
    area = _LEAST_PART * first.size
    large = partial(without_small_areas, least=area, compute=compute, corners=False)
    return large(first), large(second), guess


def _top(lead: Plane) -> float:
    positive = lead[lead > 0.0]
    return float(np.quantile(positive, 0.95)) if positive.size else 0.0


def detail(plane: Plane) -> Plane:
    """The larger of the white and the black top-hat with a disk."""
    place = np.arange(-_DISK, _DISK + 1)
    disk = (place[:, None] ** 2 + place[None, :] ** 2 <= _DISK**2).astype(np.uint8)
    white = plane - cv2.morphologyEx(plane, cv2.MORPH_OPEN, disk)
    black = cv2.morphologyEx(plane, cv2.MORPH_CLOSE, disk) - plane
    return np.asarray(np.maximum(white, black), np.float32)


def enlarged(alpha: Plane, guide: Plane, first: PixelArray, compute: Compute) -> Plane:
    """`alpha` of a reduced picture in full size.

    In windows of the reduced `guide` alpha is fitted by an affine function, whose coefficients
    are enlarged and applied to the full source. K. He, J. Sun, Fast guided
    filter, 2015, algorithm 2.
    """
    side = (2 * _GUIDED_RADIUS + 1,) * 2

    def mean(plane: Plane) -> Plane:
        return np.asarray(cv2.boxFilter(plane, cv2.CV_32F, side, borderType=cv2.BORDER_REFLECT))

    centre, level = mean(guide), mean(alpha)
    slope = mean(guide * alpha) - centre * level
    slope /= np.maximum(mean(guide * guide) - centre * centre, 0.0) + np.float32(_EPSILON)
    slope, offset = mean(slope), mean(level - slope * centre)
    height, width, _ = first.shape
    weight: Plane = np.empty((height, width), np.float32)
    whole = (width, height)
    slopes = cv2.resize(slope, whole, interpolation=cv2.INTER_LINEAR)
    offsets = cv2.resize(offset, whole, interpolation=cv2.INTER_LINEAR)

    def work(_wide: Rect, inner: Rect) -> None:
        part = inner.slices
        np.clip(slopes[part] * grey(first[part]) + offsets[part], 0.0, 1.0, out=weight[part])

    in_tiles(Size(width, height), work, reach=0, compute=compute)
    return weight
