"""What follows the arg max of every detector: neighbours made to agree, small regions removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.methods.detect.measures import reach_of, sharpest
from mfgui.methods.detect.regions import remove_small_regions
from mfgui.methods.optimise.mffssim.window import window_size
from mfgui.methods.planes import Plane
from mfgui.methods.refine.guided import guided_filter
from mfgui.methods.refine.parts import refined
from mfgui.methods.refine.smooth import smooth
from mfgui.methods.registry import Method, Parameter

Consistency = Annotated[
    Literal["none", "majority", "guided"],
    Parameter(
        "How neighbours are made to agree: not at all, by the majority of the disc around a "
        "pixel, or by the guided filter along the edges of the picture",
        choices=("none", "majority", "guided"),
    ),
]
MeasureWindow = Annotated[
    int,
    Parameter("Side length of the window that is measured", unit="px", minimum=3, maximum=99,
              odd=True),
]  # fmt: skip

_REFINERS: Mapping[str, Any] = {"majority": smooth, "guided": guided_filter}


def settle(
    labels: LabelArray,
    images: Sequence[PixelArray],
    *,
    consistency: str,
    clean: float,
    compute: Compute,
) -> LabelArray:
    """The map of a detector after its consistency step, then without small regions.

    In this order, because either step joins specks into regions or cuts regions apart. The
    steps are the refiners *smooth* and *guided-filter* with their defaults.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        Labels 1 ... K of `images`; may be changed.
    consistency : {"none", "majority", "guided"}
    clean : float
        Regions below this share of the picture are given to the label around them; 0: none.

    Returns
    -------
    (H, W)
        `labels` itself where there is nothing to do.
    """
    if consistency in _REFINERS:
        refiner: Method = _REFINERS[consistency].method
        height, width = labels.shape
        frame = Rect(0, 0, width, height)
        values = refiner.resolve({})
        labels = refined(refiner, images, labels, frame, values=values, compute=compute)
    if clean > 0.0:
        remove_small_regions(labels, share=clean, compute=compute)
    return labels


def by_measure(
    images: Sequence[PixelArray],
    measure: Callable[..., Plane],
    *,
    window: int,
    consistency: str,
    clean: float,
    compute: Compute,
) -> LabelArray:
    """The settled map of the sources with the largest `measure`, one of `measures` with a window.

    Raises
    ------
    UsageError
        When the window is larger than the image.
    """
    height, width = images[0].shape[:2]
    side = window_size(window, Size(width, height))
    labels = sharpest(
        images,
        partial(measure, window=side),
        reach=reach_of(measure, window=side),
        compute=compute,
    )
    return settle(labels, images, consistency=consistency, clean=clean, compute=compute)
