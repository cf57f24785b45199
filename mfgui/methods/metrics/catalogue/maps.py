"""Metrics that need a focus map."""

from __future__ import annotations

from mfgui.methods.metrics.metric import Family, Metric, Needs, View

MAPS = (
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
