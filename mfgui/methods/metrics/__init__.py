"""Metrics of fused pictures, one pure function each, as the published tables have them.

A metric of the fused picture and its two sources is called ``f(fused, a, b)``, one of the fused
picture alone ``f(fused)``, on planes (H, W) of 0 ... 255 (`metrics.planes`); `variant` chooses
among definitions that go by one name. Pictures for which a metric has no value raise `Undefined`;
none gives NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from mfgui.core.errors import UsageError

if TYPE_CHECKING:
    from mfgui.methods.metrics.planes import Planes


class Direction(StrEnum):
    """Which values are better."""

    HIGHER = "higher"
    LOWER = "lower"
    ZERO = "near 0"


@dataclass(frozen=True)
class Metric:
    """What a metric is; its module is imported when it is first called.

    Attributes
    ----------
    name, title : str
        Of the command line, and in tables.
    function : str
        Module in this package and name of the function, "module.function".
    direction : Direction
    sources : bool
        Whether it compares with the sources; others look at the fused picture alone.
    variants : tuple of str
        Its definitions, the default first; empty when there is one.
    channels : bool
        Whether it also takes colours, (H, W, C).
    """

    name: str
    title: str
    function: str
    direction: Direction = Direction.HIGHER
    sources: bool = True
    variants: tuple[str, ...] = ()
    channels: bool = False

    def load(self) -> Callable[..., float]:
        """The function itself."""
        module, _, function = self.function.partition(".")
        found: Callable[..., float] = getattr(import_module(f"{__name__}.{module}"), function)
        return found

    def __call__(
        self,
        fused: Planes,
        a: Planes | None = None,
        b: Planes | None = None,
        *,
        variant: str | None = None,
    ) -> float:
        """The metric of planes (H, W), 0 ... 255; sources that it does not need are ignored.

        Raises
        ------
        Undefined
            When it has no value for these.
        UsageError
            When it needs the sources, or the variant or the planes are wrong.
        """
        if self.sources and (a is None or b is None):
            raise UsageError(f"{self.title} needs both sources")
        options = {} if variant is None else {"variant": variant}
        if options and not self.variants:
            raise UsageError(f"{self.title} has no variants")
        return self.load()(*((fused, a, b) if self.sources else (fused,)), **options)


_ALL = (
    Metric("nmi", "NMI", "nmi.nmi"),
    Metric("mi", "MI", "mutual_information.mutual_information", variants=("bits", "lft", "vifb")),
    Metric(
        "te",
        "TE",
        "tsallis.tsallis",
        variants=("nava", "nava-corrected", "cvejic", "cvejic-corrected"),
    ),
    Metric("ncie", "NCIE", "ncie.ncie"),
    Metric("q-g", "Q_G", "q_g.q_g", variants=("yliu", "zliu", "lft", "shreyamsha")),
    Metric("q-m", "Q_M", "q_m.q_m"),
    Metric("q-sf", "Q_SF", "q_sf.q_sf", direction=Direction.ZERO, channels=True),
    Metric("q-y", "Q_Y", "q_y.q_y", variants=("guarded", "bounded")),
    Metric("q-cb", "Q_CB", "q_cb.q_cb"),
    Metric("vif", "VIF", "vif.vif"),
    Metric("viff", "VIFF", "viff.viff"),
    Metric("scd", "SCD", "scd.scd"),
    Metric("cc", "CC", "cc.cc"),
    Metric("ssim", "SSIM", "ssim.ssim", variants=("wang", "toolbox", "lft")),
    Metric("psnr", "PSNR", "psnr.psnr", variants=("mean-error", "lft", "vifb")),
    Metric("en", "EN", "entropy.entropy", sources=False),
    Metric(
        "sd",
        "SD",
        "standard_deviation.standard_deviation",
        sources=False,
        variants=("population", "mff-gan", "columns"),
    ),
    Metric(
        "sf",
        "SF",
        "spatial_frequency.spatial_frequency",
        sources=False,
        variants=("mean", "mff-gan", "pixels"),
    ),
    Metric(
        "ag",
        "AG",
        "average_gradient.average_gradient",
        sources=False,
        variants=("central", "forward", "mfif-gan"),
        channels=True,
    ),
    Metric("lif", "LIF", "lif.lif", Direction.LOWER, sources=False, channels=True),
    Metric("msd", "MSD", "msd.msd", sources=False, channels=True),
    Metric("gld", "GLD", "gld.gld", sources=False, channels=True),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
"""All metrics by name, those with sources first."""
