"""The measures of the table of scores, and why a value may be missing."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mfgui.core.result import Result
from mfgui.core.score_table import Area, Better, Cell, Column

COMING = "being computed"
NO_REGION = "no region is set"
NO_MAP = "there is no focus map"
NO_TRUTH = "no ground truth is loaded"
NO_BAND = "no pixel of the boundary band can be scored"
NO_OWN_MAP = "the method makes no focus map"
NO_OBJECTIVE = "the method raises no objective"
NO_ITERATIONS = "the method has no iterations"
NO_WINDOW = "the pictures are smaller than a window"
NO_PIXELS = "no pixel of the area can be scored"
FAILED = "it could not be computed"
NOT_ASKED = "not computed yet"

AREAS = {
    Area.WHOLE: "whole picture",
    Area.BAND: "boundary band",
    Area.REGION: "region",
}

_LEFT_OUT = "Pixels that the focus map ignores are left out."
LOCAL_Q, PSNR, RMSE, AGREEMENT = "local_q", "psnr", "rmse", "map_agreement"


def measures(area: Area, *, window: int | None) -> tuple[Column, ...]:
    """Columns that are of pixels, for one area."""
    side = "W" if window is None else str(window)
    return (
        Column(
            LOCAL_Q,
            "Local Q",
            Better.HIGHER,
            f"Mean SSIM of all windows of {side} x {side} pixels whose centre lies in the area, "
            "channels jointly and evenly weighted, C1 = 0.01^2, C2 = 0.03^2, white being 1, with "
            "the source that the present focus map names at the centre. Map and window are the "
            "same for every method.",
            area=area,
            digits=5,
        ),
        Column(
            PSNR,
            "PSNR",
            Better.HIGHER,
            "10 log10(1 / mean squared error) against the ground truth, over all channels of the "
            f"fused picture before it is rounded, white being 1. {_LEFT_OUT}",
            unit="dB",
            area=area,
            digits=2,
        ),
        Column(
            RMSE,
            "RMSE",
            Better.LOWER,
            "Root of the mean squared error against the ground truth, over all channels of the "
            f"fused picture before it is rounded, in grey levels, white being 255. {_LEFT_OUT}",
            unit="levels",
            area=area,
            digits=3,
        ),
        Column(
            AGREEMENT,
            "Map agreement",
            Better.NEITHER,
            "Share of the pixels whose label in the result's own map is that of the present map. "
            "Pixels that either map ignores or both leave unassigned are left out.",
            area=area,
            digits=4,
        ),
    )


OWN_Q = Column(
    "q",
    "Own Q",
    Better.HIGHER,
    "What the method itself raised, at its end, with its own map. Objectives and windows differ "
    "between methods: the note of a value names them, and only values with the same ones can be "
    "compared.",
    digits=5,
    alike=True,
)
SECONDS = Column(
    "seconds",
    "Time",
    Better.LOWER,
    "Wall-clock seconds of map and fusion, without loading and saving. Runs on other devices or "
    "beside other work are not comparable.",
    unit="s",
    digits=2,
    alike=True,
)
ITERATIONS = Column(
    "iterations", "Iterations", Better.NEITHER, "Steps that an optimiser accepted.", digits=0
)


def in_unit(key: str, mean: float) -> float:
    """A mean over pixels as its column shows it."""
    if key == PSNR:
        return -10 * math.log10(mean) if mean > 0 else math.inf
    return 255 * math.sqrt(mean) if key == RMSE else mean


def missing(*, failed: bool, wanted: bool) -> Cell:
    """A value that has not been computed."""
    if failed:
        return Cell(None, FAILED)
    return Cell(None, COMING if wanted else NOT_ASKED, coming=wanted)


def own_cell(column: Column, result: Result) -> Cell:
    """What the run itself reported."""
    if column is SECONDS:
        return Cell(sum(result.seconds.values()), f"on {result.provenance.device}")
    if column is ITERATIONS:
        steps = None if result.curve is None else result.curve.iterations
        return Cell(None, NO_ITERATIONS) if steps is None else Cell(float(steps))
    if result.q is None or result.curve is None:
        return Cell(None, NO_OBJECTIVE)
    return Cell(result.q, _objective(result, result.provenance.parameters))


def _objective(result: Result, parameters: Mapping[str, object]) -> str:
    """Objective and window of a result's own Q, in words."""
    assert result.curve is not None
    parts = [result.curve.objective]
    if "variant" in parameters:
        parts.append(f"variant {parameters['variant']}")
    if result.window is not None:
        parts.append(f"window {result.window}")
    return ", ".join(parts)
