"""Metrics of edges and fine detail."""

from __future__ import annotations

from mfgui.methods.metrics.metric import Direction, Family, Metric

EDGES = (
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
)
