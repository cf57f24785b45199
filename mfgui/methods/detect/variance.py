"""Focus map from the local variance."""

from __future__ import annotations

from collections.abc import Sequence

from mfgui.core.arrays import LabelArray, PixelArray, Size
from mfgui.core.compute import Compute
from mfgui.methods.detect.consistency import Consistency, settle
from mfgui.methods.detect.energy import Energy, strongest
from mfgui.methods.detect.regions import Clean
from mfgui.methods.optimise.mffssim.window import Window, window_size
from mfgui.methods.registry import Kind, Notes, method


@method(
    "variance",
    kind=Kind.DETECTOR,
    title="Local variance",
    summary="The source with the largest variance around each pixel.",
    reference="released program of Xu et al., IEEE Trans. Computational Imaging 6, 2020",
    notes=Notes(
        idea="Defocus averages over its disk, which lowers the variance of what is seen in a "
        "window. The source of the largest variance around a pixel is taken.",
        complexity="O(H W C K), whatever the window",
        memory="1.6 MB per thread",
        strengths="Sees coarse contrast, where there is no fine detail to compare.",
        failures="Strong edges of the other source reach a whole window far; the least reliable "
        "of the measures on scenes with wide blur (67 % right on a pair of the literature).",
    ),
)
def variance(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    window: Window = "released",
    consistency: Consistency = "none",
    clean: Clean = 0.0,
) -> LabelArray:
    """Arg max over the sources of the variance in a W x W window, channels jointly.

    Borders are replicated, ties take the lowest label.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more sources, as stored.
    window : int or {"paper", "released"}
        Odd side length, or the rule that gives it.
    consistency, clean : str, float
        What follows, see `mfgui.methods.detect.consistency.settle`; the defaults leave the map
        as it is defined above.

    Returns
    -------
    (H, W) uint8 or uint16
        Labels 1 ... K. Time O(H W C K); memory: the labels and some stripes.

    Raises
    ------
    UsageError
        When the window is larger than the image.
    """
    height, width, channels = images[0].shape
    side = window_size(window, Size(width, height))
    energy = Energy.variance(side, channels=channels)
    labels = strongest(images, energy, window=side, compute=compute)
    return settle(labels, images, consistency=consistency, clean=clean, compute=compute)
