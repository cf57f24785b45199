"""What a run is asked to do: frozen, so that a worker sees one state for its whole life."""

from __future__ import annotations

from dataclasses import dataclass, field

from mfgui.core.arrays import ImageF32, LabelArray
from mfgui.core.stack import SourceStack
from mfgui.methods.registry import Method, Value


@dataclass(frozen=True, eq=False)
class RunRequest:
    """One execution of one method with fixed parameters; equal and hashed by identity.

    Attributes
    ----------
    run_id : int
        Unique within the process; every event of the run carries it.
    method : Method
        Detector, fuser, optimiser or decision.
    map_only : bool
        Only the focus map is wanted, of a detector or a decision.
    parameters : tuple of (name, value)
        All of them, as `Method.resolve` gives.
    labels : (H, W) or None
        Read-only snapshot of a given map; None lets `detector` make one where needed.
        Unassigned pixels are filled from the detector.
    detector : Method
        Makes or completes the map.
    start_image : (H, W, C) float32 or None
        Overrides the start of an optimiser (run again from this image, or a file).
    memory : int or None
        Bytes that the method may take, see `Compute`.
    map_from, start_from : str
        Where `labels` and `start_image` come from, see `Provenance`.
    """

    run_id: int
    name: str
    stack: SourceStack = field(repr=False)
    method: Method
    parameters: tuple[tuple[str, Value], ...]
    detector: Method
    detector_parameters: tuple[tuple[str, Value], ...] = ()
    labels: LabelArray | None = field(default=None, repr=False)
    map_revision: int = -1
    start_image: ImageF32 | None = field(default=None, repr=False)
    map_from: str = ""
    start_from: str = ""
    device: str = "cpu"
    threads: int = 1
    memory: int | None = None
    map_only: bool = False
