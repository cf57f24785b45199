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
from mfgui.methods.metrics.measures import Measure
from mfgui.methods.metrics.metric import View


class Evidence(StrEnum):
    """How it is known that a column is defined so."""

    RECOMPUTED = "recomputed"  # the printed digits come out
    INFERRED = "inferred"  # from the equations and the scale
    NOT_MET = "not met"  # the nearest known definition, which gives other digits


@dataclass(frozen=True)
class Column:
    """One column of a published table, or of one that a person asks for.

    Attributes
    ----------
    heading : str
        As it is printed.
    measure : Measure
    evidence : Evidence, optional
        None for what is in no published table.
    """

    heading: str
    measure: Measure
    evidence: Evidence | None = Evidence.RECOMPUTED

    def __call__(self, fused: PixelArray, *sources: PixelArray) -> float:
        """The number of a fused picture and its sources, as stored, (H, W, C).

        Raises
        ------
        Undefined
            When the metric has no value for them.
        """
        return self.measure(fused, *sources)


MFF_SSIM = (
    Column("NMI", Measure("nmi", View.POOLED)),
    Column("Xydeas", Measure("q-g", View.GREY, "yliu"), Evidence.NOT_MET),
    Column("Chen-Blum", Measure("q-cb", View.LUMA)),
)
"""The columns of table I that compare with the sources; in it the rows MS-ResNet and MS-Lap of NMI
and Chen-Blum are exchanged. The others compare with fused pictures made by hand."""

MFIF_GAN = (
    Column("MI", Measure("nmi", View.POOLED)),
    Column("TE", Measure("te", View.POOLED, "nava")),
    Column("NCIE", Measure("ncie", View.POOLED)),
    Column("QG", Measure("q-g", View.GREY, "zliu"), Evidence.NOT_MET),
    Column("QM", Measure("q-m", View.POOLED)),
    Column("SF", Measure("q-sf", View.COLOURS)),
    Column("QY", Measure("q-y", View.GREY, "guarded"), Evidence.NOT_MET),
    Column("QCB", Measure("q-cb", View.LUMA)),
    Column("LIF", Measure("lif", View.COLOURS)),
    Column("AG", Measure("ag", View.COLOURS, "mfif-gan")),
    Column("MSD", Measure("msd", View.COLOURS)),
    Column("GLD", Measure("gld", View.COLOURS)),
)
"""Table 1 of MFIF-GAN. QG is off by up to 0.009, QY by 0.003."""

MFF_GAN = (
    Column("SD", Measure("sd", View.GREY, "mff-gan"), Evidence.INFERRED),
    Column("EN", Measure("en", View.GREY), Evidence.INFERRED),
    Column("Qabf", Measure("q-g", View.GREY, "yliu"), Evidence.INFERRED),
    Column("SF", Measure("sf", View.GREY, "mff-gan"), Evidence.INFERRED),
    Column("VIF", Measure("vif", View.GREY), Evidence.INFERRED),
    Column("SCD", Measure("scd", View.GREY), Evidence.INFERRED),
)
"""Table 2 of MFF-GAN."""

EDMF = (
    Column("EN", Measure("en", View.GREY), Evidence.INFERRED),
    Column("MI", Measure("mi", View.GREY, "lft"), Evidence.INFERRED),
    Column("SF", Measure("sf", View.GREY, "mean"), Evidence.INFERRED),
    Column("VIF", Measure("vif", View.GREY), Evidence.INFERRED),
    Column("Qabf", Measure("q-g", View.GREY, "lft"), Evidence.INFERRED),
    Column("SSIM", Measure("ssim-sources", View.GREY, "lft"), Evidence.INFERRED),
    Column("AG", Measure("ag", View.GREY, "central"), Evidence.INFERRED),
    Column("PSNR", Measure("psnr-sources", View.GREY, "lft"), Evidence.INFERRED),
)
"""Tables 2 and 3 of EDMF, whose fused pictures are not published."""

TABLES: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {"mff-ssim": MFF_SSIM, "mfif-gan": MFIF_GAN, "mff-gan": MFF_GAN, "edmf": EDMF}
)
"""By the name of the paper's method."""
