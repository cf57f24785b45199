"""The values along a line with all that is needed to make them again, as a table for a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mfgui import __version__
from mfgui.app.line_control import Read
from mfgui.app.naming import title_of
from mfgui.core.arrays import LabelArray
from mfgui.core.line_profile import Interpolation, points, positions
from mfgui.core.result import Provenance
from mfgui.core.session import Line, Session
from mfgui.files.line_profiles import LineTable

WHITES = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
"""The largest value of each depth, by which people count."""


def line_table(
    session: Session, line: Line, interpolation: Interpolation, values: Read
) -> LineTable:
    """The table of what was read along `line`."""
    stack = session.stack
    assert stack is not None
    places = points(line)
    labels = None if session.focus_map is None else _labels(session.focus_map.labels, places)
    return LineTable(
        notes=(
            f"mfgui {__version__}, line profile from ({line.x0:g}, {line.y0:g}) to "
            f"({line.x1:g}, {line.y1:g}) in pixels, pixel i spans i to i + 1",
            f"mean over {line.width} px across the line, interpolation: {interpolation}",
            f"values 0 to {WHITES[stack.depth]:g}",
            *(() if labels is None else (f"label: of the map from {session.map_origin.words}",)),
            *(f"input {source.name}, SHA-256 {source.sha256}" for source in stack.sources),
            *_truth_notes(session, values),
            *_result_notes(session, tuple(values)),
        ),
        positions=positions(line),
        points=places,
        labels=labels,
        curves=tuple((title_of(session, key), found) for key, found in values.items()),
        white=WHITES[stack.depth],
    )


def _labels(labels: LabelArray, places: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    height, width = labels.shape
    columns = np.clip(np.floor(places[:, 0]), 0, width - 1).astype(np.int64)
    rows = np.clip(np.floor(places[:, 1]), 0, height - 1).astype(np.int64)
    return labels[rows, columns].astype(np.int64)


def _truth_notes(session: Session, values: Read) -> Sequence[str]:
    truth = session.truth
    if truth is None or "truth" not in values:
        return ()
    return (f"ground truth {truth.name}, SHA-256 {truth.sha256}",)


def _result_notes(session: Session, keys: Sequence[str]) -> list[str]:
    numbers = dict.fromkeys(int(key.split(":")[1]) for key in keys if key.startswith("result:"))
    return [
        f"{title_of(session, f'result:{number}')}: {_made_by(session.results[number].provenance)}"
        for number in numbers
        if number in session.results
    ]


def _made_by(provenance: Provenance) -> str:
    parts = [f"method {provenance.method}"]
    parts += [f"{name} {value}" for name, value in provenance.parameters.items()]
    if provenance.detector is not None:
        parts.append(f"detector {provenance.detector}")
    if provenance.map_from:
        parts.append(f"map from {provenance.map_from}")
    if provenance.start_from:
        parts.append(f"start from {provenance.start_from}")
    if provenance.follows is not None:
        parts.append(f"follows result {provenance.follows}")
    if provenance.seed is not None:
        parts.append(f"seed {provenance.seed}")
    parts.append(f"device {provenance.device}")
    return ", ".join([*parts, *(f"{n} {v}" for n, v in provenance.versions.items())])
