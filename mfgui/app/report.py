"""What the report of a run says; JSON types only."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from mfgui.core.arrays import LabelArray
from mfgui.core.result import Result
from mfgui.core.stack import Source, SourceStack


def fuse_report(
    stack: SourceStack, result: Result, *, seconds: Mapping[str, float]
) -> dict[str, object]:
    """The report of a run; JSON types only, finite numbers only.

    A method without iterations has no objective: `objective` and `q` are null, `q_history` is
    empty, and `q_box` scores its image.
    """
    curve, origin = result.curve, result.provenance
    head = _head(stack, method=origin.method, parameters=origin.parameters, device=origin.device)
    return {
        **head,
        "detector": origin.detector,
        "state": result.state,
        "seconds": dict(seconds),
        "iterations": curve.iterations if curve is not None else 0,
        "evaluations": result.evaluations,
        "objective": curve.objective if curve is not None else None,
        "q_history": list(curve.q) if curve is not None else [],
        "q": result.q,
        "q_box": result.q_box,
        "window": result.window,
        "peak_rss_mb": peak_rss_mb(),
        "metrics": {},
        "versions": dict(origin.versions),
    }


def map_report(
    stack: SourceStack,
    labels: LabelArray,
    *,
    method: str,
    parameters: Mapping[str, object],
    seconds: Mapping[str, float],
    device: str,
    versions: Mapping[str, str],
) -> dict[str, object]:
    """The report of a detection; `shares` is the part of the picture of each source."""
    return {
        **_head(stack, method=method, parameters=parameters, device=device),
        "seconds": dict(seconds),
        "shares": [float((labels == k + 1).mean()) for k in range(stack.k)],
        "peak_rss_mb": peak_rss_mb(),
        "versions": dict(versions),
    }


def timings(seconds: Mapping[str, float], began: float) -> dict[str, float]:
    """All stages in order (0 where a stage was not needed) and the total, in seconds."""
    total = time.perf_counter() - began
    stages = {stage: seconds.get(stage, 0.0) for stage in ("load", "align", "map", "fuse", "save")}
    return {stage: round(value, 4) for stage, value in {**stages, "total": total}.items()}


def peak_rss_mb() -> float | None:
    """Largest resident memory of this process so far in MB; None where the system hides it."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


def _head(
    stack: SourceStack, *, method: str, parameters: Mapping[str, object], device: str
) -> dict[str, object]:
    size = stack.size
    return {
        "method": method,
        "parameters": dict(parameters),
        "device": device,
        "sources": [_source_entry(source) for source in stack.sources],
        "width": size.width,
        "height": size.height,
        "k": stack.k,
    }


def _source_entry(source: Source) -> dict[str, object]:
    return {
        "name": source.name,
        "path": None if source.path is None else str(source.path),
        "page": source.page,
        "sha256": source.sha256,
        "channels": source.channels,
        "depth": source.depth,
        "notices": list(source.notices),
    }
