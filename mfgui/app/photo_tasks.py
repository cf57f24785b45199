"""What goes with a fused picture, written by the pool: its frames, its depth, its confidence."""

from __future__ import annotations

from pathlib import Path

from mfgui.app.fused_files import CONFIDENCE, DEPTH, Finish, write_depth, write_frames
from mfgui.core.result import Result
from mfgui.core.stack import SourceStack
from mfgui.files.atomic import check_output
from mfgui.files.layers import write_confidence
from mfgui.jobs.pool import Report, Task


def export_layers(stack: SourceStack, path: Path, finish: Finish) -> Task:
    """Write the frames as they are open, one layer each; returns the writer's notices."""

    def task(_report: Report) -> tuple[str, ...]:
        _check(stack, path)
        return write_frames(path, stack, finish)

    return task


def export_aspect(stack: SourceStack, result: Result, name: str, path: Path) -> Task:
    """Write the depth (in the order of focus) or the confidence of a result."""

    def task(_report: Report) -> None:
        _check(stack, path)
        if name == DEPTH:
            write_depth(path, stack, result)
        else:
            write_confidence(path, result.aspects[CONFIDENCE])

    return task


def _check(stack: SourceStack, path: Path) -> None:
    check_output(path, inputs=[one.path for one in stack.sources if one.path is not None])
