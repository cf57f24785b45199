"""Which definition, on which planes, the columns of published tables have.

Found by recomputing published columns from published pictures where that was possible, else from
the equations and the scale of the printed numbers; `Column.evidence` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from mfgui.core.arrays import PixelArray
from mfgui.methods.metrics import METRICS, Metric, View
from mfgui.methods.metrics.planes import seen


class Evidence(StrEnum):
    """How it is known that a column is defined so."""

    RECOMPUTED = "recomputed"  # the printed digits come out
    INFERRED = "inferred"  # from the equations and the scale
    NOT_MET = "not met"  # the nearest known definition, which gives other digits


@dataclass(frozen=True)
class Column:
    """One column of a published table.

    Attributes
    ----------
    heading : str
        As it is printed.
    metric : str
        Name in `METRICS`.
    view : View
    variant : str, optional
        Of the metric; its default without.
    """

    heading: str
    metric: str
    view: View
    variant: str | None = None
    evidence: Evidence = Evidence.RECOMPUTED

    @property
    def definition(self) -> Metric:
        return METRICS[self.metric]

    def __call__(self, fused: PixelArray, a: PixelArray, b: PixelArray) -> float:
        """The number of a fused picture and its sources, as stored, (H, W, C).

        Raises
        ------
        Undefined
            When the metric has no value for them.
        """
        planes = [seen(pixels, self.view) for pixels in (fused, a, b)]
        return self.definition(*planes, variant=self.variant)


MFF_SSIM = (
    Column("NMI", "nmi", View.POOLED),
    Column("Xydeas", "q-g", View.GREY, "yliu", Evidence.NOT_MET),
    Column("Chen-Blum", "q-cb", View.LUMA),
)
"""The columns of table I that compare with the sources; in it the rows MS-ResNet and MS-Lap of NMI
and Chen-Blum are exchanged. The others compare with fused pictures made by hand."""

MFIF_GAN = (
    Column("MI", "nmi", View.POOLED),
    Column("TE", "te", View.POOLED, "nava"),
    Column("NCIE", "ncie", View.POOLED),
    Column("QG", "q-g", View.GREY, "zliu", Evidence.NOT_MET),
    Column("QM", "q-m", View.POOLED),
    Column("SF", "q-sf", View.COLOURS),
    Column("QY", "q-y", View.GREY, "guarded", Evidence.NOT_MET),
    Column("QCB", "q-cb", View.LUMA),
    Column("LIF", "lif", View.COLOURS),
    Column("AG", "ag", View.COLOURS, "mfif-gan"),
    Column("MSD", "msd", View.COLOURS),
    Column("GLD", "gld", View.COLOURS),
)
"""Table 1 of MFIF-GAN. QG is off by up to 0.009, QY by 0.003."""

MFF_GAN = (
    Column("SD", "sd", View.GREY, "mff-gan", Evidence.INFERRED),
    Column("EN", "en", View.GREY, None, Evidence.INFERRED),
    Column("Qabf", "q-g", View.GREY, "yliu", Evidence.INFERRED),
    Column("SF", "sf", View.GREY, "mff-gan", Evidence.INFERRED),
    Column("VIF", "vif", View.GREY, None, Evidence.INFERRED),
    Column("SCD", "scd", View.GREY, None, Evidence.INFERRED),
)
"""Table 2 of MFF-GAN."""

EDMF = (
    Column("EN", "en", View.GREY, None, Evidence.INFERRED),
    Column("MI", "mi", View.GREY, "lft", Evidence.INFERRED),
    Column("SF", "sf", View.GREY, "mean", Evidence.INFERRED),
    Column("VIF", "vif", View.GREY, None, Evidence.INFERRED),
    Column("Qabf", "q-g", View.GREY, "lft", Evidence.INFERRED),
    Column("SSIM", "ssim-sources", View.GREY, "lft", Evidence.INFERRED),
    Column("AG", "ag", View.GREY, "central", Evidence.INFERRED),
    Column("PSNR", "psnr-sources", View.GREY, "lft", Evidence.INFERRED),
)
"""Tables 2 and 3 of EDMF, whose fused pictures are not published."""

TABLES: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {"mff-ssim": MFF_SSIM, "mfif-gan": MFIF_GAN, "mff-gan": MFF_GAN, "edmf": EDMF}
)
"""By the name of the paper's method."""
