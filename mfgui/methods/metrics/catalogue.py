"""What metrics there are. Imports none of them: each is imported when it is first called."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mfgui.core.errors import UsageError

if TYPE_CHECKING:
    from mfgui.methods.metrics.pixel_map import PixelMap
    from mfgui.methods.metrics.planes import Planes


class Direction(StrEnum):
    """Which values are better."""

    HIGHER = "higher"
    LOWER = "lower"
    ZERO = "near 0"


class Needs(StrEnum):
    """What a metric compares the fused picture with."""

    NOTHING = "nothing"
    SOURCES = "the sources"
    TRUTH = "a ground truth"
    MAP = "the sources and a focus map"
    MAPS = "a true focus map"  # to compare that of the fused picture with


class View(StrEnum):
    """What of a picture a metric is computed on; see `planes.seen`."""

    GREY = "grey"  # rounded to 8 bits
    LUMA = "luma"  # not rounded
    POOLED = "pooled"  # the channels side by side, as one plane
    COLOURS = "colours"  # (H, W, C)


class Family(StrEnum):
    """As lists group them."""

    INFORMATION = "Information"
    EDGES = "Edges"
    STRUCTURE = "Structure"
    VISION = "Vision"
    STATISTICS = "Statistics of the fused picture"
    TRUTH = "Against a ground truth"
    MAPS = "With a focus map"


@dataclass(frozen=True)
class Metric:
    """What a metric is.

    Attributes
    ----------
    name, title : str
        Of the command line, and in tables.
    function : str
        Module in this package and name of the function, "module.function".
    about : str
        What it says, in one sentence.
    family : Family
    needs : Needs
    direction : Direction
    low, high : float
        Between which its values lie, with the default variant.
    variants : tuple of str
        Its definitions, the default first; empty when there is one.
    channels : bool
        Whether it also takes colours, (H, W, C).
    view : View
        What of a picture it is computed on, unless something else is asked for.
    many : str
        What it is for more than two sources; empty where it is defined for pairs only.
    pixels : str
        Where there is a `PixelMap` of it: "module.function", called as the function.
    """

    name: str
    title: str
    function: str
    about: str
    family: Family
    needs: Needs = Needs.SOURCES
    direction: Direction = Direction.HIGHER
    low: float = -math.inf
    high: float = math.inf
    variants: tuple[str, ...] = ()
    channels: bool = False
    view: View = View.GREY
    many: str = ""
    pixels: str = ""

    def __call__(self, fused: Planes, *others: Planes, variant: str | None = None) -> float:
        """The metric of planes, 0 ... 255; others that it does not need are ignored.

        Raises
        ------
        Undefined
            When it has no value for these.
        UsageError
            When it needs others than there are, or the variant or the planes are wrong.
        """
        arguments, options = self._checked(fused, others, variant)
        found: Callable[..., float] = _loaded(self.function)
        return found(*arguments, **options)

    def map(self, fused: Planes, *others: Planes, variant: str | None = None) -> PixelMap:
        """The metric pixel by pixel; raises as the metric does, and where it has no such map."""
        if not self.pixels:
            raise UsageError(f"{self.title} has no value for a single pixel")
        arguments, options = self._checked(fused, others, variant)
        found: Callable[..., PixelMap] = _loaded(self.pixels)
        return found(*arguments, **options)

    def _checked(
        self, fused: Planes, others: tuple[Planes, ...], variant: str | None
    ) -> tuple[tuple[Planes, ...], dict[str, str]]:
        if variant is not None and variant not in self.variants:
            hint = f"there are {', '.join(self.variants)}" if self.variants else "it has none"
            raise UsageError(f"{self.title} has no variant {variant}", hint=hint)
        options = {} if variant is None else {"variant": variant}
        if self.needs is Needs.NOTHING:
            return (fused,), options
        least = 2 if self.needs is Needs.SOURCES else 1
        if len(others) < least:
            raise UsageError(f"{self.title} needs {self.needs.value}")
        if len(others) > 2 and not self.many:
            raise UsageError(f"{self.title} is defined for pairs only")
        return (fused, *others), options


def _loaded(target: str) -> Callable[..., Any]:
    module, _, function = target.partition(".")
    found: Callable[..., Any] = getattr(import_module(f"{__package__}.{module}"), function)
    return found


ALL = (
    # Information
    Metric(
        "nmi",
        "NMI",
        "nmi.nmi",
        "Mutual information of the fused picture with each source, over the entropies (Hossny).",
        Family.INFORMATION,
        low=0.0,
        high=2.0,
    ),
    Metric(
        "mi",
        "MI",
        "mutual_information.mutual_information",
        "Mutual information of the fused picture with each source, summed.",
        Family.INFORMATION,
        low=0.0,
        variants=("bits", "lft", "vifb"),
    ),
    Metric(
        "te",
        "TE",
        "tsallis.tsallis",
        "Mutual information with the sources by Tsallis entropy.",
        Family.INFORMATION,
        variants=("nava", "nava-corrected", "cvejic", "cvejic-corrected"),
    ),
    Metric(
        "ncie",
        "NCIE",
        "ncie.ncie",
        "Nonlinear correlation of the fused picture and its sources, from joint histograms.",
        Family.INFORMATION,
        low=0.0,
        high=1.0,
    ),
    # Edges
    Metric(
        "q-g",
        "Q_G",
        "q_g.q_g",
        "How much of strength and orientation of the sources' edges is kept (Q^AB/F).",
        Family.EDGES,
        low=0.0,
        high=1.0,
        variants=("yliu", "zliu", "lft", "shreyamsha"),
    ),
    Metric(
        "q-m",
        "Q_M",
        "q_m.q_m",
        "How well Haar coefficients of the sources are kept, on two scales.",
        Family.EDGES,
        low=0.0,
        high=3.0,
    ),
    Metric(
        "q-sf",
        "Q_SF",
        "q_sf.q_sf",
        "How far the spatial frequency is from that of the sources together, as a ratio.",
        Family.EDGES,
        direction=Direction.ZERO,
        low=-1.0,
        channels=True,
    ),
    # Structure
    Metric(
        "q-y",
        "Q_Y",
        "q_y.q_y",
        "Structural similarity to the sources, or to the nearer one where they differ (Yang).",
        Family.STRUCTURE,
        variants=("guarded", "bounded"),
    ),
    Metric(
        "ssim-sources",
        "SSIM of the sources",
        "ssim.ssim",
        "Structural similarity to the sources, mean.",
        Family.STRUCTURE,
        low=-1.0,
        high=1.0,
        variants=("wang", "toolbox", "lft"),
        many="mean over the sources",
    ),
    Metric(
        "scd",
        "SCD",
        "scd.scd",
        "Correlation of what a source gave with what it has, summed.",
        Family.STRUCTURE,
        low=-2.0,
        high=2.0,
    ),
    Metric(
        "cc",
        "CC",
        "cc.cc",
        "Correlation with the sources, mean.",
        Family.STRUCTURE,
        low=-1.0,
        high=1.0,
    ),
    Metric(
        "psnr-sources",
        "PSNR of the sources",
        "psnr.psnr",
        "Mean squared error towards the sources, in dB. Blur between two sources is rewarded.",
        Family.STRUCTURE,
        variants=("mean-error", "lft", "vifb"),
        many="of the mean error",
        channels=True,
    ),
    # Vision
    Metric(
        "q-cb",
        "Q_CB",
        "q_cb.q_cb",
        "How well contrasts that people see are kept (Chen, Blum).",
        Family.VISION,
        low=0.0,
        high=1.0,
    ),
    Metric(
        "vif",
        "VIF",
        "vif.vif",
        "Information of the sources that is still in the fused picture, pixel domain, summed.",
        Family.VISION,
        low=0.0,
        many="sum over the sources",
    ),
    Metric(
        "viff",
        "VIFF",
        "viff.viff",
        "Visual information fidelity for fusion: of the locally more informative source.",
        Family.VISION,
        low=0.0,
    ),
    # Statistics
    Metric(
        "en",
        "EN",
        "entropy.entropy",
        "Entropy of the grey levels in bits.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        high=8.0,
    ),
    Metric(
        "sd",
        "SD",
        "standard_deviation.standard_deviation",
        "Standard deviation of the grey levels.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        variants=("population", "mff-gan", "columns"),
    ),
    Metric(
        "sf",
        "SF",
        "spatial_frequency.spatial_frequency",
        "Spatial frequency: root of the mean squared differences of neighbours.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        variants=("mean", "mff-gan", "pixels"),
    ),
    Metric(
        "ag",
        "AG",
        "average_gradient.average_gradient",
        "Average gradient.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        variants=("central", "forward", "mfif-gan"),
        channels=True,
    ),
    Metric(
        "lif",
        "LIF",
        "lif.lif",
        "Linear index of fuzziness.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        direction=Direction.LOWER,
        low=0.0,
        high=1.0,
        channels=True,
    ),
    Metric(
        "msd",
        "MSD",
        "msd.msd",
        "Mean square deviation; depends on the size of the picture.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        channels=True,
    ),
    Metric(
        "gld",
        "GLD",
        "gld.gld",
        "Grey level differences of neighbours.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        channels=True,
    ),
    # Against a ground truth
    Metric(
        "ssim",
        "SSIM",
        "ssim.ssim",
        "Structural similarity to the ground truth.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        low=-1.0,
        high=1.0,
        variants=("wang", "toolbox", "lft"),
    ),
    Metric(
        "psnr",
        "PSNR",
        "psnr.psnr",
        "Mean squared error towards the ground truth, in dB, over all channels.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        channels=True,
        view=View.COLOURS,
    ),
    Metric(
        "vifp",
        "VIFP",
        "vif.vif",
        "Information of the ground truth that is still in the fused picture, pixel domain.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        low=0.0,
    ),
)
"""All metrics, those of a family together."""
