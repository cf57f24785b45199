"""The command align."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from mfgui.app import prepare_frames
from mfgui.app.fused_files import Finish
from mfgui.app.prepare_frames import AlignJob
from mfgui.app.prepare_job import Preparing
from mfgui.cli.fusion import DEPTHS, stopped_by_interrupt, watched
from mfgui.files.reports import json_text


def align(options: Namespace) -> int:
    """`mfgui align`."""
    job = AlignJob(
        sources=tuple(options.sources),
        folder=options.output,
        prepare=Preparing(
            align=options.method,
            exposure=options.exposure,
            reference=options.align_reference,
            crop=options.crop,
            exclude=tuple(options.exclude),
            cache=options.cache,
            memory=options.memory,
        ),
        suffix=f".{options.format}",
        depth=DEPTHS[options.depth],
        white=options.white,
        finish=Finish(options.space, options.drop_location),
        layers=options.layers,
    )
    with watched() as watch, stopped_by_interrupt() as gate:
        outcome = prepare_frames.align(job, observe=watch, gate=gate)
    watch.tell(outcome.notices)
    report: Mapping[str, Any] = outcome.report
    print(json_text(report).rstrip() if options.json else _table(report))
    return 0


def _table(report: Mapping[str, Any]) -> str:
    """One line per frame, and one for the whole."""
    fit = report["alignment"]
    rows = [("frame", "residual", "overlap", "scale", "")]
    for entry in fit["frames"]:
        residual = entry["residual"]
        number = entry["number"]
        remarks = ["reference"] if number == fit["reference"] else []
        remarks += [entry["warning"]] if entry["warning"] else []
        remarks += [] if entry["used"] else ["left out"]
        rows.append(
            (
                f"{number} {entry['name']}",
                "-" if residual is None else f"{residual:.2f} px",
                f"{100 * entry['overlap']:.1f} %",
                f"{entry['scale']:.4f}",
                ", ".join(remarks),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(row[c].rjust(widths[c]) for c in (1, 2, 3)), row[4]]
        ).rstrip()
        for row in rows
    ]
    size = f"{report['width']} x {report['height']}"
    lines.append(f"{report['folder']}: {report['k']} frames of {size}, {fit['model']}")
    return "\n".join(lines)
