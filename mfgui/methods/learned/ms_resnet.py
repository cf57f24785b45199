"""MS-ResNet: a focus map by a network of features shared by both sources, and MFF-SSIM over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.decision import Decision
from mfgui.methods.detect.regions import Clean
from mfgui.methods.learned.focus_maps import (
    OCTAVES,
    MapNetwork,
    Octaves,
    Refine,
    Resolution,
    Threshold,
    Treatment,
    decide_by,
)
from mfgui.methods.learned.options import SHIPPED, Precision, Weights, network_of
from mfgui.methods.optimise import ms_lap as ascent
from mfgui.methods.optimise.mffssim.window import AscentWindow
from mfgui.methods.planes import grey
from mfgui.methods.registry import Family, Iterate, Kind, Notes, method

_REFERENCE = "Xu et al., IEEE Trans. Computational Imaging 6, 2020"

# As released it starts from the composite, unlike MS-Lap.
VARIANTS = {**ascent.VARIANTS, "released": {**ascent.VARIANTS["released"], "start": "composite"}}


@method(
    "ms-resnet-map",
    kind=Kind.DECISION,
    title="MS-ResNet focus map",
    summary="A network compares features of both sources, pixel by pixel; composite by its map.",
    reference=_REFERENCE,
    family=Family.LEARNED,
    network="ms-resnet",
    notes=Notes(
        idea="Residual blocks with the same weights for both sources turn grey into "
        "features, and a last layer compares them: where it gives more than a half source 1 is "
        "the sharp one. It was trained on generated pairs whose blurred near things spill over "
        "the background, as in real defocus.",
        complexity="O(H W K b n^2) for b blocks of n filters; octaves add a third",
        memory="17 bytes per pixel (6 of one octave), at most 1 GiB for a tile, an image of floats "
        "for three or more sources",
        strengths="Follows outlines that measures of contrast dilate; smooth areas are decided by "
        "what lies around them.",
        failures="Sees two pixels far with each block, 18 with eight, so that large smooth areas "
        "stay undecided; above a megapixel the pictures are reduced on the processor. The result "
        "depends on the order of the sources.",
    ),
)
def ms_resnet_map(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    resolution: Resolution = "auto",
    octaves: Octaves = OCTAVES,
    refine: Refine = 0,
    clean: Clean = 0.0,
    threshold: Threshold = 0.5,
    weights: Weights = SHIPPED,
    precision: Precision = "auto",
) -> Decision:
    """Focus map of S. Xu et al., Towards reducing severe defocus spread effects, 2020 (MS-ResNet).

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Of any size; more than two are fused one after another, the result in the first's place.
    resolution, octaves, refine, clean, threshold
        What the network sees, and what becomes of its map. As published: all of the picture, once
        (octaves=1), the map above 0.5, nothing else.
    weights, precision
        Of the network.

    Returns
    -------
    Decision
        `soft` is the probability that source 1 is the sharp one.

    Raises
    ------
    InputError
        If the weights cannot be used.
    """
    found, path = network_of(weights, "ms-resnet")
    network = MapNetwork(found.network, path, lambda part: grey(part)[None])
    treatment = Treatment(precision, resolution, octaves, refine, threshold, clean)
    return decide_by(network, images, treatment, compute=compute)


@method(
    "ms-resnet",
    kind=Kind.OPTIMISER,
    title="MFF-SSIM (MS-ResNet)",
    summary="Raises the structural similarity to the source that the network's map names.",
    reference=_REFERENCE,
    variants=VARIANTS,
    detector="ms-resnet-map",
    notes=Notes(
        idea="The ascent of MFF-SSIM over the focus map of MS-ResNet instead of that of local "
        "contrast: the second method of its paper. Everything else is as in MS-Lap.",
        complexity="that of MS-ResNet focus map, and O(n C) per step for n free pixels",
        memory="24 bytes per pixel and 40 per free pixel, in colour (ours); 108 (released)",
        strengths="Starts from outlines that keep closer to things than those of contrast.",
        failures="As good as its map: what the network takes for sharp in large smooth areas is "
        "kept.",
    ),
)
def ms_resnet(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    start_image: ImageF32 | None = None,
    variant: ascent.Variant = "ours",
    solver: ascent.Solver = "preconditioned",
    objective: ascent.ObjectiveName = "box-joint",
    start: ascent.Start = "composite",
    window: AscentWindow = "auto",
    light: ascent.Light = "encoded",
    iterations: ascent.Iterations = 60,
    tolerance: ascent.Tolerance = 1e-6,
    change: ascent.Change = 1e-3,
    active: ascent.Active = "band",
    half_width: ascent.HalfWidth = "auto",
    coarse: ascent.Coarse = True,
    accelerated: ascent.Accelerated = True,
    beta: ascent.Beta = 1e-3,
    lr: ascent.LearningRate = 1e-3,
) -> Iterator[Iterate]:
    """`ms_lap` over the map of `ms_resnet_map`; "released" starts from its composite, too."""
    yield from ascent.ms_lap(
        images,
        labels,
        compute=compute,
        start_image=start_image,
        variant=variant,
        solver=solver,
        objective=objective,
        start=start,
        window=window,
        light=light,
        iterations=iterations,
        tolerance=tolerance,
        change=change,
        active=active,
        half_width=half_width,
        coarse=coarse,
        accelerated=accelerated,
        beta=beta,
        lr=lr,
    )
