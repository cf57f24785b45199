"""Slow literal versions of all metrics that need no ground truth, from the tests of each.

A function of a `Trio` gives the values by metric and variant; `GREY` has those of planes (H, W),
`COLOURS` those of pictures (H, W, 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.phase_congruency import OF_Q_P
from tests.methods.metrics import (
    test_artefacts,
    test_cross_entropy,
    test_edge_intensity,
    test_edges,
    test_fmi,
    test_fsim,
    test_gmsd,
    test_information,
    test_ms_ssim,
    test_phase,
    test_piella,
    test_q_c,
    test_q_cv,
    test_squared_error,
    test_structure,
)
from tests.methods.metrics.pictures import Trio

Found: TypeAlias = dict[tuple[str, str | None], float]
Literal: TypeAlias = Callable[[Trio], Found]

_BAND = 40  # rows of windows at a time


def information(trio: Trio) -> Found:
    f, a, b = (plane.ravel().tolist() for plane in trio)
    of_levels = {
        ("mi", "bits"): test_information.mutual(a, f) + test_information.mutual(b, f),
        ("mi", "lft"): test_information.literal_mi_of_lft(f, a, b),
        ("ce", None): test_cross_entropy.literal_ce(*trio),
        ("en", None): test_information.bits(f),
    }
    return test_information.literal_stretched(*trio) | of_levels


def fmi(trio: Trio) -> Found:
    found: Found = {}
    for feature in test_fmi.FEATURES:
        planes = [np.round(test_fmi.LITERAL[feature](plane), 8) for plane in trio]
        values = [
            test_fmi.literal_values(*(plane[top : top + _BAND + 2] for plane in planes))
            for top in range(0, len(planes[0]) - 2, _BAND)
        ]
        found["fmi", feature] = np.concatenate(values).mean()
    return found


def edges(trio: Trio) -> Found:
    q_g = test_edges.literal_q_g
    _, lost, added, unmodified = test_artefacts.literal(*trio)
    return {
        ("q-g", "yliu"): q_g(*trio, test_edges.literal_yliu),
        ("q-g", "zliu"): q_g(*trio, test_edges.literal_zliu, by_pixel=True),
        ("q-g", "lft"): q_g(*trio, test_edges.literal_lft),
        ("q-g", "shreyamsha"): q_g(*trio, test_edges.literal_shreyamsha, "mirror"),
        ("q-m", None): test_edges.literal_q_m(*trio),
        ("q-sf", None): test_edges.literal_q_sf(*trio),
        ("l-abf", None): lost,
        ("n-abf", "modified"): added,
        ("n-abf", "unmodified"): unmodified,
    }


def ssim(trio: Trio) -> Found:
    found: Found = {}
    for variant, extent, border in (("wang", 255, 0), ("toolbox", 255, 5), ("lft", 1, 5)):
        parts = [
            test_structure.literal_ssim(s, trio.fused, extent, border=border) for s in trio[1:]
        ]
        found["ssim-sources", variant] = sum(parts) / 2
    for bounded in (False, True):
        variant = "bounded" if bounded else "guarded"
        found["q-y", variant] = test_structure.literal_q_y(*trio, bounded=bounded)
    return found


def errors(trio: Trio) -> Found:
    psnr = test_structure.literal_psnr(*trio)
    found = test_squared_error.literal_errors(*trio)
    return found | {("psnr-sources", variant): value for variant, value in psnr.items()}


def correlations(trio: Trio) -> Found:
    scd, cc = test_structure.literal_correlations(*trio)
    return {("scd", None): scd, ("cc", None): cc}


def piella(trio: Trio) -> Found:
    found: Found = {}
    for variant in test_piella.WINDOWS:
        pairs = list(test_piella.windows(*trio, variant=variant))
        found["q-s", variant] = sum(q for q, _ in pairs) / len(pairs)
        found["q-w", variant] = test_piella.weighted_mean(pairs)
    of_edges = test_piella.windows(*map(test_piella.edges, trio), variant="uiqi8x8")
    found["q-e", None] = found["q-w", "uiqi8x8"] * test_piella.weighted_mean(of_edges)
    return found


def q_c(trio: Trio) -> Found:
    return {("q-c", None): test_q_c.literal_q_c(*trio)[0]}


def averaged(plane: np.ndarray) -> np.ndarray:
    """Means of the blocks that FSIM is computed on."""
    side = max(1, math.floor(min(plane.shape) / 256 + 0.5))
    found = np.zeros((plane.shape[0] // side, plane.shape[1] // side))
    for y, x in np.ndindex(found.shape):
        found[y, x] = plane[side * y : side * y + side, side * x : side * x + side].mean()
    return found


def fsim(trio: Trio) -> Found:
    f, *sources = map(averaged, trio)
    return {("fsim-sources", None): sum(test_fsim.literal_fsim(f, s) for s in sources) / 2}


def gmsd(trio: Trio) -> Found:
    parts = [test_gmsd.literal(trio.fused, source) for source in trio[1:]]
    return {("gmsd-sources", None): sum(parts) / 2}


def ms_ssim(trio: Trio) -> Found:
    parts = [test_ms_ssim.literal(trio.fused, source) for source in trio[1:]]
    return {("ms-ssim-sources", None): sum(parts) / 2}


def vision(trio: Trio) -> Found:
    return {
        ("q-cb", None): test_structure.literal_q_cb(*trio),
        ("q-cv", None): test_q_cv.literal_q_cv(*trio),
        ("vif", None): sum(test_structure.literal_vif(s, trio.fused) for s in trio[1:]),
        ("viff", None): test_structure.literal_viff(*trio),
    }


def q_p(trio: Trio) -> Found:
    parts = [test_phase.literal(plane, OF_Q_P) for plane in trio]
    return {("q-p", None): test_phase.literal_q_p(*parts)}


def statistics(trio: Trio) -> Found:
    return test_edges.literal_deviation_and_frequency(trio.fused)


def gradients(trio: Trio) -> Found:
    """Of a plane, or of colours: then what is of single planes is the mean over the channels."""
    planes = np.atleast_3d(trio.fused)
    channels = [planes[:, :, n] for n in range(planes.shape[2])]
    strengths = [test_edge_intensity.literal(plane).mean() for plane in channels]
    central = [test_edges.literal_central(plane) for plane in channels]
    of_planes = {
        ("ei", None): sum(strengths) / len(channels),
        ("ag", "central"): sum(central) / len(channels),
    }
    return test_edges.literal_statistics(trio.fused) | of_planes


def q_sf_of_colours(trio: Trio) -> Found:
    return {("q-sf", None): test_edges.literal_q_sf_of_colours(*trio)}


GREY: Mapping[str, Literal] = {
    "nmi mi te ncie ce en": information,
    "fmi": fmi,
    "q-g q-m q-sf l-abf n-abf": edges,
    "ssim-sources q-y": ssim,
    "scd cc": correlations,
    "psnr-sources mse-sources rmse-sources": errors,
    "q-s q-w q-e": piella,
    "q-c": q_c,
    "fsim-sources": fsim,
    "gmsd-sources": gmsd,
    "ms-ssim-sources": ms_ssim,
    "q-cb q-cv vif viff": vision,
    "q-p": q_p,
    "sd sf": statistics,
    "ag lif msd gld ei": gradients,
}
COLOURS: Mapping[str, Literal] = {
    "q-sf": q_sf_of_colours,
    "psnr-sources mse-sources rmse-sources": errors,
    "ag lif msd gld ei": gradients,
}


def values(names: str, literal: Literal, trio: Trio) -> Found:
    """What is found of a trio in float64, by metric and all of its variants."""
    found: Found = {}
    for (name, variant), value in literal(trio.floats).items():
        found[name, variant or next(iter(METRICS[name].variants), None)] = value
    assert set(found) == {(n, v) for n in names.split() for v in METRICS[n].variants or (None,)}
    return found
