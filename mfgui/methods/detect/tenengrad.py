"""Focus map from the energy of the gradient."""

from __future__ import annotations

from collections.abc import Sequence

from mfgui.core.arrays import LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.detect import measures
from mfgui.methods.detect.consistency import Consistency, MeasureWindow, by_measure
from mfgui.methods.detect.regions import Clean
from mfgui.methods.registry import Family, Kind, Notes, method


@method(
    "tenengrad",
    kind=Kind.DETECTOR,
    title="Tenengrad",
    summary="The source with the largest energy of the Sobel gradient around each pixel.",
    reference="Tenenbaum, Accommodation in computer vision, Stanford University, 1970",
    family=Family.MEASURE,
    smallest=16,
    notes=Notes(
        idea="The squared length of the Sobel gradient is added up in a window. The source with "
        "the largest sum wins.",
        complexity="O(H W K (C + log W)) for windows of W x W",
        memory="12 MB per thread",
        strengths="Bears noise well: 87 % of the pixels of generated scenes without it and 85 % "
        "with noise of 2 % of white.",
        failures="The blurred rim of a strong edge outweighs weak detail beside it: 87 % where "
        "the sum-modified Laplacian has 96 %, and 77 % on a real pair with wide blur.",
    ),
)
def tenengrad(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    window: MeasureWindow = 9,
    consistency: Consistency = "none",
    clean: Clean = 0.0,
) -> LabelArray:
    """Arg max over the sources of `measures.tenengrad`.

    Ties take the lowest label.

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
    return by_measure(
        images,
        measures.tenengrad,
        window=window,
        consistency=consistency,
        clean=clean,
        compute=compute,
    )
