"""Focus map from the sum-modified Laplacian."""

from __future__ import annotations

from collections.abc import Sequence

from mfgui.core.arrays import LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.detect import measures
from mfgui.methods.detect.consistency import Consistency, MeasureWindow, by_measure
from mfgui.methods.detect.regions import Clean
from mfgui.methods.registry import Family, Kind, Notes, method


@method(
    "sum-modified-laplacian",
    kind=Kind.DETECTOR,
    title="Sum-modified Laplacian",
    summary="The source with the largest sum of absolute second differences around each pixel.",
    reference="Nayar and Nakagawa, IEEE Trans. Pattern Analysis and Machine Intelligence 16, 1994",
    family=Family.MEASURE,
    smallest=16,
    notes=Notes(
        idea="Second differences along rows and along columns are made positive before they are "
        "added, so that opposite ones do not cancel. The source with the largest sum in the "
        "window wins.",
        complexity="O(H W K (C + log W)) for windows of W x W",
        memory="12 MB per thread",
        strengths="The most exact map of the measures where there is no noise: 96 % of the pixels "
        "of generated scenes, 97 % with consistency=guided.",
        failures="Noise counts as detail: with noise of 2 % of white it falls to 87 %, and to 80 "
        "% on a real pair with wide blur; consistency=guided with clean=0.01 brings 97 "
        "% and 94 %.",
    ),
)
def sum_modified_laplacian(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    window: MeasureWindow = 9,
    consistency: Consistency = "none",
    clean: Clean = 0.0,
) -> LabelArray:
    """Arg max over the sources of `measures.sum_modified_laplacian`.

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
        measures.sum_modified_laplacian,
        window=window,
        consistency=consistency,
        clean=clean,
        compute=compute,
    )
