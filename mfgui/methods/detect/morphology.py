"""Focus map from the multi-scale morphological gradient."""

from __future__ import annotations

from collections.abc import Sequence

from mfgui.core.arrays import LabelArray, PixelArray, Size
from mfgui.core.compute import Compute
from mfgui.methods.detect.consistency import Consistency, MeasureWindow, settle
from mfgui.methods.detect.measures import box_sum, morphological_gradient, reach_of, sharpest
from mfgui.methods.detect.regions import Clean
from mfgui.methods.optimise.mffssim.window import window_size
from mfgui.methods.planes import Plane
from mfgui.methods.registry import Family, Kind, Notes, method


@method(
    "morphology",
    kind=Kind.DETECTOR,
    title="Morphological gradient",
    summary="The source with the largest difference of maxima and minima in discs of five sizes.",
    reference="Zhang, Bai and Wang, Information Fusion 35, 2017 (boundary finding)",
    family=Family.MEASURE,
    smallest=16,
    notes=Notes(
        idea="In discs of radius 3 to 11 the darkest value is taken from the brightest, small "
        "discs counting more. The source with the largest sum in the window wins.",
        complexity="O(H W K (C + log W)) for windows of W x W, about 200 comparisons a pixel",
        memory="20 MB per thread",
        strengths="Bears noise well: 91 % of the pixels of generated scenes without it and 88 % "
        "with noise of 2 % of white.",
        failures="The large discs smear strong edges 11 pixels wide, so that the boundaries of "
        "the map are the coarsest of the measures: 94 % at best on generated scenes, 88 "
        "% on a real pair with wide blur.",
    ),
)
def morphology(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    window: MeasureWindow = 7,
    consistency: Consistency = "none",
    clean: Clean = 0.0,
) -> LabelArray:
    """Arg max over the sources of `measures.morphological_gradient`, summed over W x W.

    The window of 7 pixels is that in which boundary finding compares the measure. Ties take the
    lowest label.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more sources, as stored; their grey values are measured.
    window : int
        Odd side length W of the window.
    consistency, clean : str, float
        What follows, see `mfgui.methods.detect.consistency.settle`.

    Returns
    -------
    (H, W) uint8 or uint16
        Labels 1 ... K. Time O(H W K (C + log W)); memory: the labels and some tiles.

    Raises
    ------
    UsageError
        When the window is larger than the image.
    """
    height, width = images[0].shape[:2]
    side = window_size(window, Size(width, height))

    def measure(plane: Plane) -> Plane:
        return box_sum(morphological_gradient(plane), side)

    reach = reach_of(morphological_gradient, window=side)
    labels = sharpest(images, measure, reach=reach, compute=compute)
    return settle(labels, images, consistency=consistency, clean=clean, compute=compute)
