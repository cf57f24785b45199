"""Metrics that model what people see."""

from __future__ import annotations

from mfgui.methods.metrics.metric import Direction, Family, Metric

VISION = (
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
)
