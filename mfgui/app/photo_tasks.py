"""What goes with a fused picture, written by the pool: its frames, its depth, its confidence."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mfgui.core.result import Result
from mfgui.core.stack import SourceStack
from mfgui.files.atomic import check_output
from mfgui.files.layers import write_confidence, write_depth, write_layers
from mfgui.jobs.pool import Report, Task

DEPTH, CONFIDENCE = "depth", "confidence"  # aspects of a result


def export_layers(stack: SourceStack, path: Path) -> Task:
    """Write the frames as they are open, one layer each; returns the writer's notices."""

    def task(_report: Report) -> tuple[str, ...]:
        source = stack.sources[stack.reference]
        _check(stack, path)
        names = [one.name for one in stack.sources]
        return write_layers(path, stack.frames, names, icc=source.icc, camera=source.exif)

    return task


def export_aspect(stack: SourceStack, result: Result, name: str, path: Path) -> Task:
    """Write the depth (in numbers of sources) or the confidence of a result."""

    def task(_report: Report) -> None:
        _check(stack, path)
        if name == DEPTH:
            # Between frames a method may well go a little beyond the first and the last.
            depth = np.clip(result.aspects[DEPTH], 1, stack.k)
            write_depth(path, depth, low=1, high=stack.k)
        else:
            write_confidence(path, result.aspects[CONFIDENCE])

    return task


def _check(stack: SourceStack, path: Path) -> None:
    check_output(path, inputs=[one.path for one in stack.sources if one.path is not None])
