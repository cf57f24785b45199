"""The photographer's preset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.detect.regions import Clean
from mfgui.methods.optimise.mffssim.window import AscentWindow
from mfgui.methods.optimise.ms_lap import Iterations, Light, ObjectiveName, ms_lap
from mfgui.methods.registry import Iterate, Kind, Notes, method


@method(
    "photo",
    kind=Kind.OPTIMISER,
    title="Photo",
    summary="For photographs: the objective that came nearest to the truth, on a cleaned map.",
    notes=Notes(
        idea="The ascent of MFF-SSIM with the defaults that did best on scenes with known truth, "
        "from a map whose small regions are removed. Window and end are found by themselves.",
        complexity="O(H W C K) for the map and the start, O(n C) per step for n free pixels",
        memory="24 bytes per pixel and 40 per free pixel, in colour",
        strengths="Good seams without a decision to make.",
        failures="Cleaning removes true islands below a thousandth of the picture.",
    ),
)
def photo(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    start_image: ImageF32 | None = None,
    clean: Clean = 0.001,
    window: AscentWindow = "auto",
    objective: ObjectiveName = "box-joint",
    light: Light = "encoded",
    iterations: Iterations = 60,
) -> Iterator[Iterate]:
    """`ms_lap` in its variant "ours" with the defaults that did best on scenes with known truth.

    What they were chosen from is in ``docs/quality.md``. `clean` is for the detector, which has
    a parameter of this name; a given map stays as it is. For the rest see `ms_lap`.
    """
    yield from ms_lap(
        images,
        labels,
        compute=compute,
        start_image=start_image,
        window=window,
        objective=objective,
        light=light,
        iterations=iterations,
    )
