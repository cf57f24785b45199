"""Methods found by name, and their parameters declared once, in the signature.

A method is a plain function (optimisers: a generator) whose keyword-only parameters carry
``Annotated[type, Parameter(...)]``. The form, the command-line option, validation, provenance
and the documentation table are all made from that one declaration.

Calling conventions (images: list of (H, W, C) uint8, uint16 or float32 as the frames are stored,
source 1 first; `mfgui.core.arrays.to_float` gives [0, 1], part by part for large frames):

=========  ======================================================================
kind       function
=========  ======================================================================
detector   ``f(images, *, compute, ...) -> labels`` (H, W), values 1 ... K
refiner    ``f(images, labels, *, compute, ...) -> labels`` (H, W), unassigned and *ignore* kept
fuser      ``f(images, labels, *, compute, ...) -> image`` (H, W, C) float32
decision   ``f(images, *, compute, ...) -> Decision``: a map of its own and the image by it
optimiser  ``f(images, labels, *, compute, start_image, ...) -> Iterator[Iterate]``
=========  ======================================================================

A decision is a detector, too, whose labels any other method can be given; asked to fuse it uses
what the labels do not hold, such as continuous weights. One that obeys has the keyword ``labels``
without an annotated parameter: None, or a map whose assigned pixels it keeps to.

A refiner with a ``reach`` may be given any part of the picture: its answer for a pixel depends on
what lies at most so many pixels away (`mfgui.methods.refine.parts.refined` cuts and joins). One
without needs the whole.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import entry_points
from typing import Any

import numpy as np

from mfgui.core.arrays import ImageF32, Size
from mfgui.core.errors import UsageError
from mfgui.methods.parameters import BoundParameter, Parameter, Value, bind_parameters

# With `Parameter` all that the file of a method needs comes from here.
__all__ = [
    "FUSING",
    "MAPPING",
    "BoundParameter",
    "Family",
    "Iterate",
    "Kind",
    "Method",
    "Notes",
    "Parameter",
    "Registry",
    "Value",
    "bind_parameters",
    "built_in",
    "copy_image",
    "load",
    "method",
]


class Kind(StrEnum):
    """What a method takes and gives."""

    DETECTOR = "detector"
    REFINER = "refiner"
    FUSER = "fuser"
    OPTIMISER = "optimiser"
    DECISION = "decision"


MAPPING = (Kind.DETECTOR, Kind.DECISION)  # make a focus map
FUSING = (Kind.OPTIMISER, Kind.FUSER, Kind.DECISION)  # make an image


class Family(StrEnum):
    """Where a method comes from, as lists are grouped."""

    OBJECTIVE = "MFF-SSIM"
    PHOTOGRAPHS = "For photographs"
    LITERATURE = "From the literature"
    LEARNED = "Learned"
    PLAIN = "Plain"
    MEASURE = "Focus measures"
    REFINEMENT = "Refinement of maps"


@dataclass(frozen=True)
class Notes:
    """What a person should know before choosing a method.

    Attributes
    ----------
    idea : str
        Two sentences.
    complexity : str
        Time, for K sources of H x W pixels with C channels.
    memory : str
        Peak, beside the sources and the result.
    strengths, failures : str
        One sentence each.
    """

    idea: str
    complexity: str
    memory: str
    strengths: str
    failures: str


@dataclass(frozen=True)
class Iterate:
    """State of an optimiser after `iteration` accepted steps (0 is the start).

    `read` gives the image, (H, W, C) float32 in [0, 1], as the optimiser's own buffer or as a
    copy made on the call (from a GPU); it may be called until the generator is resumed, and what
    it gives must be copied to be kept. Solvers whose Q never falls yield `lasting` states:
    theirs may be called until the next state is yielded, even when the step in between was
    interrupted.
    `q` is measured in `objective`; `window` is the side length in pixels that it uses.
    """

    iteration: int
    read: Callable[[], ImageF32] = field(repr=False)
    q: float
    step: float
    gradient_norm: float
    evaluations: int
    objective: str
    window: int
    lasting: bool = False

    @property
    def image(self) -> ImageF32:
        return self.read()


@dataclass(frozen=True, eq=False)
class Method:
    """A registered method.

    `variants` maps each value of the parameter ``variant`` to the defaults it sets; explicit
    values override them. `reach` gives, from the values of all parameters, how many pixels
    around a pixel a refiner looks at; None means at the whole picture. `smallest` is the
    shortest side in pixels that it takes. `detector` makes the map when none is asked for, the
    usual one where it is empty. `network` names the shipped weights without which the method is
    not there. `pairs_only` methods take two frames; `previewed` ones, which are decisions, are
    quick enough for a preview on reduced frames.
    """

    name: str
    kind: Kind
    title: str
    summary: str
    function: Callable[..., Any] = field(repr=False)
    parameters: tuple[BoundParameter, ...]
    needs_map: bool = False
    reference: str = ""
    variants: Mapping[str, Mapping[str, Value]] = field(default_factory=dict, repr=False)
    reach: Callable[[Mapping[str, Value]], int] | None = field(default=None, repr=False)
    family: Family = Family.PLAIN
    smallest: int = 1
    notes: Notes | None = field(default=None, repr=False)
    detector: str = ""
    network: str = ""
    pairs_only: bool = False
    previewed: bool = False
    obeys: bool = False

    @property
    def on_devices(self) -> bool:
        """Whether it computes on graphics processors, too."""
        return self.kind is Kind.OPTIMISER or bool(self.network)

    @property
    def makes_map(self) -> bool:
        return self.kind in MAPPING

    @property
    def has_map(self) -> bool:
        """Whether there is a focus map beside what it gives, a given one or its own."""
        return self.needs_map or self.makes_map

    def check_size(self, size: Size) -> None:
        """Refuse pictures that are too small.

        Raises
        ------
        UsageError
            With the shortest side that is allowed.
        """
        if min(size.width, size.height) < self.smallest:
            raise UsageError(
                f"{self.name}: pictures of {size} are too small",
                hint=f"use pictures of at least {self.smallest} x {self.smallest} pixels",
            )

    def parameter(self, name: str) -> BoundParameter:
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        known = ", ".join(parameter.name for parameter in self.parameters) or "none"
        raise UsageError(f"{self.name} has no parameter {name}", hint=f"it has: {known}")

    def defaults(self, *, variant: str | None = None) -> dict[str, Value]:
        """Default of every parameter, as the (default) variant sets them."""
        values = {parameter.name: parameter.default for parameter in self.parameters}
        if "variant" in values:
            chosen = variant if variant is not None else str(values["variant"])
            values.update(self.variants.get(chosen, {}))
            values["variant"] = chosen
        return values

    def resolve(self, explicit: Mapping[str, Value]) -> dict[str, Value]:
        """All parameter values: variant defaults overridden by the checked `explicit` ones.

        Raises
        ------
        UsageError
            For an unknown name or a value outside its range.
        """
        checked = {name: self.parameter(name).parse(value) for name, value in explicit.items()}
        variant = checked.get("variant")
        return {**self.defaults(variant=None if variant is None else str(variant)), **checked}


_FAMILIES = {
    Kind.DETECTOR: Family.MEASURE,
    Kind.REFINER: Family.REFINEMENT,
    Kind.OPTIMISER: Family.OBJECTIVE,
    Kind.DECISION: Family.LITERATURE,
}


def method(
    name: str,
    *,
    kind: Kind,
    title: str,
    summary: str,
    needs_map: bool = False,
    reference: str = "",
    variants: Mapping[str, Mapping[str, Value]] | None = None,
    reach: Callable[[Mapping[str, Value]], int] | None = None,
    family: Family | None = None,
    smallest: int = 1,
    notes: Notes | None = None,
    detector: str = "",
    network: str = "",
    pairs_only: bool = False,
    previewed: bool = False,
    obeys: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function as a method; it stays callable as it is.

    The declaration is kept on the function (``function.method``); `load` collects it.
    """

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        function.method = Method(  # type: ignore[attr-defined]
            name=name,
            kind=kind,
            title=title,
            summary=summary,
            function=function,
            parameters=bind_parameters(function),
            needs_map=needs_map or kind in (Kind.OPTIMISER, Kind.REFINER),
            reference=reference,
            variants=variants or {},
            reach=reach,
            family=family or _FAMILIES.get(kind, Family.PLAIN),
            smallest=smallest,
            notes=notes,
            detector=detector,
            network=network,
            pairs_only=pairs_only,
            previewed=previewed,
            obeys=obeys,
        )
        return function

    return declare


@dataclass(frozen=True, eq=False)
class Registry:
    """The methods of this installation, and why some of them are unavailable."""

    methods: Mapping[str, Method]
    unavailable: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, *kinds: Kind) -> Method:
        """The method called `name`, of one of `kinds` (any, when none is given).

        Raises
        ------
        UsageError
            With the known names.
        """
        found = self.methods.get(name)
        if found is not None and (not kinds or found.kind in kinds):
            return found
        if name in self.unavailable:
            raise UsageError(f"method {name} is unavailable: {self.unavailable[name]}")
        known = ", ".join(m.name for m in self.of_kind(*(kinds or tuple(Kind))))
        raise UsageError(f"unknown method {name}", hint=f"choose from: {known}")

    def of_kind(self, *kinds: Kind) -> list[Method]:
        return [m for m in self.methods.values() if m.kind in kinds]


_BUILT_IN = (
    "mfgui.methods.detect.laplacian:laplacian",
    "mfgui.methods.detect.variance:variance",
    "mfgui.methods.detect.sum_modified_laplacian:sum_modified_laplacian",
    "mfgui.methods.detect.tenengrad:tenengrad",
    "mfgui.methods.detect.spatial_frequency:spatial_frequency",
    "mfgui.methods.detect.repeated_blur:repeated_blur",
    "mfgui.methods.detect.morphology:morphology",
    "mfgui.methods.detect.dct_energy:dct_energy",
    "mfgui.methods.detect.phase_congruency:phase_congruency",
    "mfgui.methods.refine.guided:guided_filter",
    "mfgui.methods.refine.cut:graph_cut",
    "mfgui.methods.refine.smooth:smooth",
    "mfgui.methods.refine.specks:remove_specks",
    "mfgui.methods.refine.holes:fill_holes",
    "mfgui.methods.refine.growth:grow",
    "mfgui.methods.refine.prefer:prefer_end",
    "mfgui.methods.refine.unassigned:fill_unassigned",
    "mfgui.methods.decide.photo:photo",
    "mfgui.methods.decide.stack:stack",
    "mfgui.methods.decide.defocus_inversion:defocus_inversion",
    "mfgui.methods.fuse.average:average",
    "mfgui.methods.fuse.composite:composite",
    "mfgui.methods.fuse.laplacian_pyramid:laplacian_pyramid",
    "mfgui.methods.fuse.enfuse_style:enfuse_style",
    "mfgui.methods.fuse.complex_wavelet:complex_wavelet",
    "mfgui.methods.fuse.stationary_wavelet:stationary_wavelet",
    "mfgui.methods.fuse.gff:gff",
    "mfgui.methods.decide.weighted_average:weighted_average",
    "mfgui.methods.decide.boosted_random_walks:brw",
    "mfgui.methods.decide.depth_map:depth_map",
    "mfgui.methods.decide.gfdf:gfdf",
    "mfgui.methods.decide.cbf:cbf",
    "mfgui.methods.decide.structure_aware:structure_aware",
    "mfgui.methods.decide.dct_variance:dct_variance",
    "mfgui.methods.decide.dsift:dsift",
    "mfgui.methods.decide.quadtree:quadtree",
    "mfgui.methods.decide.image_matting:image_matting",
    "mfgui.methods.decide.boundary_finding:bf",
    "mfgui.methods.decide.mwgf:mwgf",
    "mfgui.methods.decide.csr:csr",
    "mfgui.methods.learned.ms_resnet:ms_resnet_map",
    "mfgui.methods.learned.mfif_gan:mfif_gan",
    "mfgui.methods.learned.mff_gan:mff_gan",
    "mfgui.methods.learned.edmf:edmf",
    "mfgui.methods.optimise.ms_lap:ms_lap",
    "mfgui.methods.learned.ms_resnet:ms_resnet",
)


def built_in() -> list[Method]:
    """The program's own methods, but for those whose weights are not shipped."""
    from mfgui.nets.shipped import shipped

    pairs = [address.split(":") for address in _BUILT_IN]
    found = [getattr(importlib.import_module(module), name).method for module, name in pairs]
    found = [entry for entry in found if not entry.network or shipped(entry.network) is not None]
    names = {entry.name for entry in found}
    return [entry for entry in found if not entry.detector or entry.detector in names]


def load() -> Registry:
    """Built-in methods, then those of the entry-point group ``mfgui.methods``.

    One that fails to import is listed as unavailable with its reason.
    """
    found: dict[str, Method] = {}
    unavailable: dict[str, str] = {}
    for entry in built_in():
        found[entry.name] = entry
    for point in entry_points(group="mfgui.methods"):
        try:
            entry = point.load().method
            if entry.name in found:
                raise ValueError(f"the name {entry.name} is taken")
            found[entry.name] = entry
        except Exception as error:  # foreign code may fail in any way
            unavailable[point.name] = f"{type(error).__name__}: {error}"
    return Registry(found, unavailable)


def copy_image(image: ImageF32) -> ImageF32:
    """A read-only copy of an optimiser's buffer."""
    copy = np.array(image, dtype=np.float32, copy=True)
    copy.flags.writeable = False
    return copy
