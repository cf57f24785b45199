"""MS-Lap: MFF-SSIM ascent over a focus map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any

import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compose import compose, mean_image
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.core.labels import UNASSIGNED
from mfgui.core.light import encoded, linear_pixels, to_linear
from mfgui.methods.optimise.mffssim.window import AscentWindow
from mfgui.methods.registry import Iterate, Kind, Notes, Parameter, Value, method

VARIANTS: dict[str, dict[str, Value]] = {
    "paper": {
        "solver": "gradient",
        "objective": "box-joint",
        "start": "average",
        "window": "paper",
        "iterations": 1000,
        "tolerance": 0.0,
        "change": 0.0,
        "active": "full",
    },
    "released": {
        "solver": "adam",
        "objective": "gaussian",
        "start": "average",
        "window": "released",
        "iterations": 1000,
        "tolerance": 0.0,
        "change": 0.0,
        "active": "full",
    },
    "ours": {
        "solver": "preconditioned",
        "objective": "box-joint",
        "start": "composite",
        "window": "auto",
        "iterations": 60,
        "tolerance": 1e-6,
        "change": 1e-3,
        "active": "band",
    },
}


Variant = Annotated[
    str, Parameter("Sets the defaults of the others", choices=("ours", "paper", "released"))
]
Solver = Annotated[
    str, Parameter("Rule of each step", choices=("preconditioned", "gradient", "adam"))
]
ObjectiveName = Annotated[
    str,
    Parameter(
        "What is raised: SSIM of square windows with all channels jointly, or of Gaussian "
        "windows per channel",
        choices=("box-joint", "gaussian"),
    ),
]
Light = Annotated[
    str,
    Parameter(
        "Values that are compared: code values as stored, or amounts of light (sRGB curve)",
        choices=("encoded", "linear"),
        advanced=True,
    ),
]
Start = Annotated[
    str,
    Parameter(
        "First image: composite by the map, average of the sources, or a file",
        choices=("composite", "average"),
        path=True,
    ),
]
Iterations = Annotated[int, Parameter("Largest number of steps", minimum=1, maximum=100_000)]
Tolerance = Annotated[
    float,
    Parameter(
        "Ends when a step changes Q by less than this share of it; 0 never does",
        minimum=0.0,
        maximum=1.0,
        logarithmic=True,
    ),
]
Active = Annotated[
    str,
    Parameter(
        "Which pixels may change: those near label boundaries, or all",
        choices=("band", "full"),
        enabled_when=("solver", ("preconditioned",)),
    ),
]
HalfWidth = Annotated[
    int | str,
    Parameter(
        "How far from a label boundary pixels may change; auto is twice the reach of a window",
        unit="px",
        minimum=1,
        choices=("auto",),
        advanced=True,
        enabled_when=("active", ("band",)),
    ),
]
Coarse = Annotated[
    bool,
    Parameter(
        "Starts large windows from a solution of the reduced picture",
        advanced=True,
        enabled_when=("solver", ("preconditioned",)),
    ),
]
Accelerated = Annotated[
    bool,
    Parameter(
        "Steps with momentum",
        advanced=True,
        enabled_when=("solver", ("preconditioned",)),
    ),
]
Change = Annotated[
    float,
    Parameter(
        "Ends when a step changes the free pixels by less (rms, white = 1); 0 never does",
        minimum=0.0,
        maximum=1.0,
        logarithmic=True,
        enabled_when=("solver", ("preconditioned",)),
    ),
]
Beta = Annotated[
    float,
    Parameter(
        "Step of the gradient; Q oscillates above 2.7e-3 in colour and 0.9e-3 in grey",
        minimum=1e-7,
        maximum=1.0,
        logarithmic=True,
        advanced=True,
        enabled_when=("solver", ("gradient",)),
    ),
]
LearningRate = Annotated[
    float,
    Parameter(
        "Learning rate of Adam: the largest change of a pixel per step",
        minimum=1e-7,
        maximum=1.0,
        logarithmic=True,
        advanced=True,
        enabled_when=("solver", ("adam",)),
    ),
]


@method(
    "ms-lap",
    kind=Kind.OPTIMISER,
    title="MFF-SSIM (MS-Lap)",
    summary="Raises the structural similarity to the source that is sharp at each place.",
    reference="Xu et al., IEEE Trans. Computational Imaging 6, 2020",
    variants=VARIANTS,
    notes=Notes(
        idea="The image itself is moved uphill on MFF-SSIM, the mean structural similarity of its "
        "patches to those of the source that the focus map names. Wrong labels are outvoted by "
        "the patches around them, so that seams of the map heal.",
        complexity="O(H W C K) for the map and the start, O(n C) per step for n free pixels",
        memory="24 bytes per pixel and 40 per free pixel, in colour (ours); 108 (released)",
        strengths="Mends errors of the map near boundaries and shows by Q how far it has come.",
        failures="Wide windows leave ghosts beside thin near things; a good map gains little.",
    ),
)
def ms_lap(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    start_image: ImageF32 | None = None,
    variant: Variant = "ours",
    solver: Solver = "preconditioned",
    objective: ObjectiveName = "box-joint",
    start: Start = "composite",
    window: AscentWindow = "auto",
    light: Light = "encoded",
    iterations: Iterations = 60,
    tolerance: Tolerance = 1e-6,
    change: Change = 1e-3,
    active: Active = "band",
    half_width: HalfWidth = "auto",
    coarse: Coarse = True,
    accelerated: Accelerated = True,
    beta: Beta = 1e-3,
    lr: LearningRate = 1e-3,
) -> Iterator[Iterate]:
    """Ascent of MFF-SSIM from a start image, Q of every state included.

    The defaults of this signature are those of the variant "ours"; the defaults of another
    variant come through ``ms_lap.method.resolve({"variant": ...})``.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Sources as stored, source 1 first.
    labels : (H, W) uint8 or uint16
        Focus map, 1 ... K. Patches whose centre is *ignore* count for no source and are left
        out of Q; such pixels start from the mean of the sources.
    start_image : (H, W, C) float32, optional
        Overrides `start`; needed when `start` names a file, which the caller reads.

    Yields
    ------
    Iterate
        State 0 is the start, in which pixels that are not free have the value of their source.
        Time per step O(free pixels), whatever the window and nearly whatever K. Memory per
        pixel beside the sources, colour: 24 bytes and, where free, 40 (ours); 52 (paper);
        108 (released).

    With ``light="linear"`` the sources are decoded first (frames of 16 bit and float then take
    4 bytes per value) and every image that is read is encoded again; Q is that of the light.

    Raises
    ------
    UsageError
        When the window is larger than the image, or the start image has another size.
    ValueError
        When pixels of `labels` are unassigned.
    """
    # Imported here: the compiler of the loops takes half a second to load.
    from mfgui.methods.optimise.mffssim import ascent
    from mfgui.methods.optimise.mffssim.spread import side_length

    if (labels == UNASSIGNED).any():
        raise ValueError("the focus map has unassigned pixels")
    plan = ascent.Plan(
        objective=objective,
        solver=solver,
        window=side_length(window, images, labels),
        iterations=iterations,
        tolerance=tolerance,
        change=change,
        half_width=half_width if (active, solver) == ("band", "preconditioned") else None,
        coarse=coarse,
        accelerated=accelerated,
        beta=beta,
        lr=lr,
    )
    if light == "linear":
        images = [linear_pixels(image) for image in images]
        start_image = None if start_image is None else to_linear(start_image)
    image = _first_image(images, labels, start, start_image, compute)
    composed = start == "composite" and start_image is None
    states = ascent.ascend(images, labels, image, plan=plan, compute=compute, is_composite=composed)
    yield from states if light == "encoded" else map(_encoded, states)


def _encoded(state: Iterate) -> Iterate:
    """A state in linear light as one of code values."""
    objective = f"{state.objective}, linear light"
    return replace(state, objective=objective, read=lambda: encoded(state.read()))


def _first_image(
    images: Sequence[PixelArray],
    labels: LabelArray,
    start: str,
    given: ImageF32 | None,
    compute: Compute,
) -> np.ndarray[Any, Any]:
    """A new array with the start image."""
    if given is not None:
        if given.shape != images[0].shape:
            sizes = " and ".join(" x ".join(map(str, a.shape)) for a in (given, images[0]))
            raise UsageError(
                f"the start image does not fit the sources (height x width x channels: {sizes})",
                hint="use an image of the same size and number of channels",
            )
        return np.clip(given, 0.0, 1.0).astype(np.float32)
    if start == "average":
        return mean_image(images, compute=compute)
    if start == "composite":
        return compose(images, labels, compute=compute)
    raise UsageError(f"start={start}: the image was not read", hint="use average or composite")
