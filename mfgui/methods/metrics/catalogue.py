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
    MAPS = "a focus map of the fused picture and a true one"


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

    @property
    def on_planes(self) -> bool:
        """Whether it is computed on planes, 0 ... 255. One that needs `Needs.MAP` takes pixels as
        they are stored and labels, ``f(fused, labels, *sources)``, one that needs `Needs.MAPS`
        labels alone, ``f(own, true)``."""
        return self.needs not in (Needs.MAP, Needs.MAPS)

    def __call__(self, fused: Planes, *others: Planes, variant: str | None = None) -> float:
        """The metric of what it takes (`on_planes`); others that it does not need are ignored.

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

    def options(self, variant: str | None) -> dict[str, str]:
        """What the function is called with for a variant; UsageError for one that it lacks."""
        if variant is not None and variant not in self.variants:
            hint = f"there are {', '.join(self.variants)}" if self.variants else "it has none"
            raise UsageError(f"{self.title} has no variant {variant}", hint=hint)
        return {} if variant is None else {"variant": variant}

    def _checked(
        self, fused: Planes, others: tuple[Planes, ...], variant: str | None
    ) -> tuple[tuple[Planes, ...], dict[str, str]]:
        options = self.options(variant)
        if not self.on_planes:
            return (fused, *others), options
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
        "Information shared with each source, over the entropies of the two (Hossny).",
        Family.INFORMATION,
        low=0.0,
        high=2.0,
        many="twice the mean over the sources",
    ),
    Metric(
        "mi",
        "MI",
        "mutual_information.mutual_information",
        "Information shared with each source, in bits, summed.",
        Family.INFORMATION,
        low=0.0,
        variants=("bits", "lft", "vifb"),
        many="sum over the sources",
    ),
    Metric(
        "te",
        "TE",
        "tsallis.tsallis",
        "Information of Tsallis entropy shared with the sources, over that of the sources.",
        Family.INFORMATION,
        variants=("nava", "nava-corrected", "cvejic", "cvejic-corrected"),
    ),
    Metric(
        "ncie",
        "NCIE",
        "ncie.ncie",
        "Nonlinear correlation of the fused picture and its sources; 0.8, of two sources, is none.",
        Family.INFORMATION,
        low=0.0,
        high=1.0,
        many="of all sources and the fused picture",
    ),
    Metric(
        "ce",
        "CE",
        "cross_entropy.cross_entropy",
        "Divergence of the sources' grey levels from the fused picture's, wherever these are.",
        Family.INFORMATION,
        direction=Direction.LOWER,
        many="mean over the sources",
    ),
    Metric(
        "fmi",
        "FMI",
        "fmi.fmi",
        "Mutual information of features in windows of 3 x 3 pixels (Haghighat).",
        Family.INFORMATION,
        low=0.0,
        variants=("edge", "gradient", "none", "dct", "wavelet"),
        many="mean over the sources",
        pixels="fmi.fmi_map",
    ),
    # Edges
    Metric(
        "q-g",
        "Q_G",
        "q_g.q_g",
        "Share of strength and orientation of the sources' edges that is kept (Q^AB/F).",
        Family.EDGES,
        low=0.0,
        high=1.0,
        variants=("yliu", "zliu", "lft", "shreyamsha"),
        many="sources weighted by their edges",
        pixels="q_g.q_g_map",
    ),
    Metric(
        "q-m",
        "Q_M",
        "q_m.q_m",
        "How well Haar coefficients of the sources are kept on two scales, in grey levels.",
        Family.EDGES,
        low=0.0,
        high=3.0,
        many="sources weighted by their coefficients",
    ),
    Metric(
        "q-sf",
        "Q_SF",
        "q_sf.q_sf",
        "Detail lost (below 0) or added (above 0), towards the sharper source at every pixel.",
        Family.EDGES,
        direction=Direction.ZERO,
        low=-1.0,
        channels=True,
        many="the largest difference of the sources",
    ),
    Metric(
        "l-abf",
        "L_ABF",
        "artefacts.l_abf",
        "Share of the sources' edges that was lost.",
        Family.EDGES,
        direction=Direction.LOWER,
        low=0.0,
        high=1.0,
        many="sources weighted by their edges",
        pixels="artefacts.l_abf_map",
    ),
    Metric(
        "n-abf",
        "N_ABF",
        "artefacts.n_abf",
        "Edges of the fused picture that no source has: artefacts, and noise that was added.",
        Family.EDGES,
        direction=Direction.LOWER,
        low=0.0,
        high=1.0,
        variants=("modified", "unmodified"),
        many="sources weighted by their edges",
        pixels="artefacts.n_abf_map",
    ),
    # Structure
    Metric(
        "q-y",
        "Q_Y",
        "q_y.q_y",
        "Similarity of structure to the sources, to the nearer one where they differ (Yang).",
        Family.STRUCTURE,
        low=-1.0,
        high=1.0,
        variants=("guarded", "bounded"),
        pixels="q_y.q_y_map",
    ),
    Metric(
        "ssim-sources",
        "SSIM of the sources",
        "ssim.ssim",
        "Structural similarity to the sources, mean. Blur between two sources is rewarded.",
        Family.STRUCTURE,
        low=-1.0,
        high=1.0,
        variants=("wang", "toolbox", "lft"),
        many="mean over the sources",
        pixels="ssim.ssim_map",
    ),
    Metric(
        "scd",
        "SCD",
        "scd.scd",
        "Correlation of what each source gave to the fused picture with that source, summed.",
        Family.STRUCTURE,
        low=-2.0,
        high=2.0,
    ),
    Metric(
        "cc",
        "CC",
        "cc.cc",
        "Correlation of grey levels with those of the sources, mean.",
        Family.STRUCTURE,
        low=-1.0,
        high=1.0,
        many="mean over the sources",
    ),
    Metric(
        "psnr-sources",
        "PSNR of the sources",
        "psnr.psnr",
        "Mean squared error towards the sources, in dB. Blur between two sources is rewarded.",
        Family.STRUCTURE,
        low=0.0,
        variants=("mean-error", "lft", "vifb"),
        channels=True,
        many="of the mean error",
        pixels="psnr.psnr_map",
    ),
    Metric(
        "q-s",
        "Q_S",
        "piella.q_s",
        "Similarity to the sources in windows, each weighted by its variance there (Piella).",
        Family.STRUCTURE,
        low=-1.0,
        high=1.0,
        variants=("uiqi8x8", "zliu"),
        many="sources weighted by their variances",
        pixels="piella.q_s_map",
    ),
    Metric(
        "q-w",
        "Q_W",
        "piella.q_w",
        "As Q_S, with windows that vary more counting more (Piella).",
        Family.STRUCTURE,
        low=-1.0,
        high=1.0,
        variants=("uiqi8x8", "zliu"),
        many="sources weighted by their variances",
        pixels="piella.q_w_map",
    ),
    Metric(
        "q-e",
        "Q_E",
        "piella.q_e",
        "Q_W of the pictures times Q_W of their edges (Piella).",
        Family.STRUCTURE,
        low=-1.0,
        high=1.0,
        many="sources weighted by their variances",
    ),
    Metric(
        "q-c",
        "Q_C",
        "q_c.q_c",
        "Similarity to the sources in boxes, each weighted by its covariance there (Cvejic).",
        Family.STRUCTURE,
        low=-1.0,
        high=1.0,
        many="sources weighted by their covariances",
        pixels="q_c.q_c_map",
    ),
    Metric(
        "mse-sources",
        "MSE of the sources",
        "squared_error.mse",
        "Mean squared error towards the sources. Blur between two sources is rewarded.",
        Family.STRUCTURE,
        direction=Direction.LOWER,
        low=0.0,
        high=255.0**2,
        variants=("levels", "lft"),
        channels=True,
        many="mean over the sources",
        pixels="squared_error.mse_map",
    ),
    Metric(
        "rmse-sources",
        "RMSE of the sources",
        "squared_error.rmse",
        "Root of the mean squared error towards the sources. Blur between two is rewarded.",
        Family.STRUCTURE,
        direction=Direction.LOWER,
        low=0.0,
        high=255.0,
        variants=("levels", "vifb"),
        channels=True,
        many="of the mean error",
        pixels="squared_error.rmse_map",
    ),
    Metric(
        "fsim-sources",
        "FSIM of the sources",
        "fsim.fsim",
        "Similarity of features and gradients to the sources, mean; blur of both is rewarded.",
        Family.STRUCTURE,
        low=0.0,
        high=1.0,
        many="mean over the sources",
        pixels="fsim.fsim_map",
    ),
    Metric(
        "gmsd-sources",
        "GMSD of the sources",
        "gmsd.gmsd",
        "How unevenly gradients differ from those of the sources, mean.",
        Family.STRUCTURE,
        direction=Direction.LOWER,
        low=0.0,
        high=1.0,
        many="mean over the sources",
    ),
    Metric(
        "ms-ssim-sources",
        "MS-SSIM of the sources",
        "ms_ssim.ms_ssim",
        "Structural similarity to the sources on five scales, mean.",
        Family.STRUCTURE,
        low=0.0,
        high=1.0,
        many="mean over the sources",
    ),
    # Vision
    Metric(
        "q-cb",
        "Q_CB",
        "q_cb.q_cb",
        "How well contrasts that people see are kept, more where they are strong (Chen, Blum).",
        Family.VISION,
        low=0.0,
        high=1.0,
        many="sources weighted by their contrasts",
        pixels="q_cb.q_cb_map",
    ),
    Metric(
        "vif",
        "VIF",
        "vif.vif",
        "Share of each source's visible information that is kept, summed.",
        Family.VISION,
        low=0.0,
        many="sum over the sources",
    ),
    Metric(
        "viff",
        "VIFF",
        "viff.viff",
        "Share of visible information that is kept, of the source of the smaller gain (Han).",
        Family.VISION,
        low=0.0,
        many="of the source with the smallest gain",
    ),
    Metric(
        "q-cv",
        "Q_CV",
        "q_cv.q_cv",
        "Differences to the sources that people see, more where edges are strong (Chen, Varshney).",
        Family.VISION,
        direction=Direction.LOWER,
        low=0.0,
        many="sources weighted by their edges",
        pixels="q_cv.q_cv_map",
    ),
    Metric(
        "q-p",
        "Q_P",
        "q_p.q_p",
        "How well edges and corners of any contrast are kept, by phase congruency (Zhao).",
        Family.VISION,
        low=-1.0,
        high=1.0,
        many="the best correlated source, or the strongest",
    ),
    # Statistics
    Metric(
        "en",
        "EN",
        "entropy.entropy",
        "Entropy of the grey levels in bits. Noise raises it, too.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        high=8.0,
    ),
    Metric(
        "sd",
        "SD",
        "standard_deviation.standard_deviation",
        "Standard deviation of the grey levels: contrast of the whole picture.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        high=127.5,
        variants=("population", "mff-gan", "columns"),
    ),
    Metric(
        "sf",
        "SF",
        "spatial_frequency.spatial_frequency",
        "Root of the mean squared differences of neighbours: detail, but noise as well.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        high=255.0 * math.sqrt(2.0),
        variants=("mean", "mff-gan", "pixels"),
        pixels="spatial_frequency.spatial_frequency_map",
    ),
    Metric(
        "ag",
        "AG",
        "average_gradient.average_gradient",
        "Mean length of the gradient: detail, but noise as well.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        variants=("central", "forward", "mfif-gan"),
        channels=True,
        pixels="average_gradient.average_gradient_map",
    ),
    Metric(
        "lif",
        "LIF",
        "lif.lif",
        "How far the grey levels are from black and white: 0 where all are one of these.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        direction=Direction.LOWER,
        low=0.0,
        high=1.0,
        channels=True,
        pixels="lif.lif_map",
    ),
    Metric(
        "msd",
        "MSD",
        "msd.msd",
        "Standard deviation over the root of the number of values; depends on the size.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        high=127.5,
        channels=True,
    ),
    Metric(
        "gld",
        "GLD",
        "gld.gld",
        "Mean difference of grey levels to the right and to the lower neighbour, added.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        high=510.0,
        channels=True,
        pixels="gld.gld_map",
    ),
    Metric(
        "ei",
        "EI",
        "edge_intensity.edge_intensity",
        "Mean strength of edges: detail, but noise as well.",
        Family.STATISTICS,
        needs=Needs.NOTHING,
        low=0.0,
        channels=True,
        pixels="edge_intensity.edge_intensity_map",
    ),
    # Against a ground truth
    Metric(
        "ssim",
        "SSIM",
        "ssim.ssim",
        "Structural similarity to the ground truth in windows of 11 x 11 pixels; 1 when equal.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        low=-1.0,
        high=1.0,
        variants=("wang", "toolbox", "lft"),
        pixels="ssim.ssim_map",
    ),
    Metric(
        "psnr",
        "PSNR",
        "psnr.psnr",
        "Mean squared error of all channels towards the ground truth, in dB; infinite when equal.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        low=0.0,
        channels=True,
        view=View.COLOURS,
        pixels="psnr.psnr_map",
    ),
    Metric(
        "vifp",
        "VIFP",
        "vif.vif",
        "Share of the ground truth's visible information; above 1 where contrast was added.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        low=0.0,
    ),
    Metric(
        "fsim",
        "FSIM",
        "fsim.fsim",
        "Similarity of features and gradients to the ground truth, more at strong features.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        low=0.0,
        high=1.0,
        pixels="fsim.fsim_map",
    ),
    Metric(
        "fsimc",
        "FSIMc",
        "fsim.fsimc",
        "FSIM with the similarity of colours; of grey pictures it is FSIM.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        low=0.0,
        high=1.0,
        channels=True,
        view=View.COLOURS,
        pixels="fsim.fsimc_map",
    ),
    Metric(
        "gmsd",
        "GMSD",
        "gmsd.gmsd",
        "How unevenly gradients differ from those of the ground truth; 0 when equal.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        direction=Direction.LOWER,
        low=0.0,
        high=1.0,
    ),
    Metric(
        "ms-ssim",
        "MS-SSIM",
        "ms_ssim.ms_ssim",
        "Structural similarity to the ground truth on five scales; from 176 x 176 pixels.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        low=0.0,
        high=1.0,
    ),
    Metric(
        "mse",
        "MSE",
        "squared_error.mse",
        "Mean squared error of all channels towards the ground truth, in levels of 0 to 255.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        direction=Direction.LOWER,
        low=0.0,
        high=255.0**2,
        channels=True,
        view=View.COLOURS,
        pixels="squared_error.mse_map",
    ),
    Metric(
        "rmse",
        "RMSE",
        "squared_error.rmse",
        "Root of the mean squared error of all channels towards the ground truth, in levels.",
        Family.TRUTH,
        needs=Needs.TRUTH,
        direction=Direction.LOWER,
        low=0.0,
        high=255.0,
        channels=True,
        view=View.COLOURS,
        pixels="squared_error.rmse_map",
    ),
    # With a focus map
    Metric(
        "q",
        "Q",
        "mff_ssim.q",
        "Similarity of each window to the source that the focus map names there (MFF-SSIM).",
        Family.MAPS,
        needs=Needs.MAP,
        low=-1.0,
        high=1.0,
        channels=True,
        view=View.COLOURS,
        many="of the source that the map names",
        pixels="mff_ssim.q_map",
    ),
    Metric(
        "map-accuracy",
        "Map accuracy",
        "focus_maps.accuracy",
        "Share of the pixels whose label in the map is the true one.",
        Family.MAPS,
        needs=Needs.MAPS,
        low=0.0,
        high=1.0,
        many="any number of labels",
        pixels="focus_maps.accuracy_map",
    ),
    Metric(
        "map-iou",
        "Map IoU",
        "focus_maps.iou",
        "Pixels of a label in both maps over those in either, mean over the labels.",
        Family.MAPS,
        needs=Needs.MAPS,
        low=0.0,
        high=1.0,
        many="mean over the labels",
    ),
    Metric(
        "map-boundary-f",
        "Map boundary F",
        "focus_maps.boundary_f",
        "How far the labels' outlines agree to 2 pixels, mean over the labels (Csurka).",
        Family.MAPS,
        needs=Needs.MAPS,
        low=0.0,
        high=1.0,
        many="mean over the labels",
    ),
)
"""All metrics, those of a family together."""
