"""Metrics of histograms and of what they share."""

from __future__ import annotations

from mfgui.methods.metrics.metric import Direction, Family, Metric

INFORMATION = (
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
)
