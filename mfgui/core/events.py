"""Changes of the session and of runs, as views are told of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from mfgui.core.arrays import ImageU8, Rect, Size
from mfgui.core.heat import HeatKind
from mfgui.core.pyramid import Picture
from mfgui.core.result import Result


@dataclass(frozen=True, eq=False)
class SetOpening:
    """A set is being read; `preview` is a small picture of its first frame."""

    name: str
    size: Size
    preview: Picture = field(repr=False)


@dataclass(frozen=True)
class SetOpened:
    """The session's stack is a new one; map and results are empty."""


@dataclass(frozen=True)
class OpeningFailed:
    """The set asked for could not be read; the session is as before."""


@dataclass(frozen=True)
class SetClosed:
    """No set is open."""


@dataclass(frozen=True, eq=False)
class PictureReady:
    """The picture of `key` can be shown."""

    key: str
    picture: Picture = field(repr=False)


@dataclass(frozen=True, eq=False)
class ThumbnailReady:
    """A small picture of `key`, whose own picture is made when it is asked for."""

    key: str
    picture: Picture = field(repr=False)


@dataclass(frozen=True)
class PictureDropped:
    """The picture of `key` is no longer needed."""

    key: str


@dataclass(frozen=True)
class ShownChanged:
    """The canvas should show `key`."""

    key: str


@dataclass(frozen=True)
class ActiveSourceChanged:
    """The active source is `number`, from 1."""

    number: int


@dataclass(frozen=True)
class ActiveLabelChanged:
    """Brushes paint `label` from here on; 0 is *unassigned*."""

    label: int


@dataclass(frozen=True)
class AlignmentChanged:
    """Fits of the frames, or settings for them, are others (read them from the controller)."""


@dataclass(frozen=True)
class MapChanged:
    """The session's focus map was replaced (or removed, when the session has none)."""


@dataclass(frozen=True)
class MapPatched:
    """Labels inside `rect` of the session's focus map were changed in place."""

    rect: Rect


@dataclass(frozen=True)
class RegionChanged:
    """The region that changes of the map keep to is `rect`, None when there is none."""

    rect: Rect | None


@dataclass(frozen=True)
class HistoryChanged:
    """Steps were added, undone or redone (read them from the controller), or a gesture began."""


@dataclass(frozen=True, eq=False)
class PicturePatched:
    """The picture of `key` has new pixels, (rect.height, rect.width, C) uint8, inside `rect`."""

    key: str
    rect: Rect
    pixels: ImageU8 = field(repr=False)


@dataclass(frozen=True)
class ResultAdded:
    """A run left a result, or the result of this number was replaced by its successor."""

    run_id: int


@dataclass(frozen=True)
class ResultRemoved:
    """A result was deleted."""

    run_id: int


@dataclass(frozen=True, eq=False)
class ResultMoved:
    """The images of a result lie elsewhere now, with the same values: `after` is it from here
    on."""

    run_id: int
    before: Result = field(repr=False)
    after: Result = field(repr=False)


@dataclass(frozen=True)
class ReferenceChanged:
    """Another picture is the reference (read it from the session)."""


@dataclass(frozen=True)
class PreviewChanged:
    """Something has become of the preview of a method (read it from the controller)."""


@dataclass(frozen=True)
class TruthChanged:
    """A ground truth was loaded, or there is none any more (read it from the session)."""


@dataclass(frozen=True)
class MarkChanged:
    """A result has another name, star or note."""

    run_id: int


@dataclass(frozen=True)
class LineChanged:
    """The line of the profile is another one, or there is none any more."""


@dataclass(frozen=True)
class CompareChanged:
    """Panes, view or scale of the comparison changed (read them from the controller)."""


@dataclass(frozen=True)
class PlaneChanged:
    """The plane of local Q of the picture `key` is new inside `rect`; of all pictures, and
    without any values, for an empty key."""

    key: str
    rect: Rect


@dataclass(frozen=True)
class BandChanged:
    """The distances from label changes are new inside `rect`; None when there are none."""

    rect: Rect | None


@dataclass(frozen=True)
class ScoresChanged:
    """Scores of results were computed, became stale, or are being computed."""


class RunState(StrEnum):
    """States of a run, in words that people read."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class RunStatus:
    """Where a run is. `elapsed` and `remaining` are seconds and leave out pauses; `remaining` is
    None while it is still being estimated. `share` is how much of its stage is done, 0 ... 1,
    None where nobody tells. `device` is where it computes, `reason` why it failed."""

    run_id: int
    name: str
    state: RunState
    stage: str = ""
    iteration: int = 0
    total: int = 0
    q: float | None = None
    elapsed: float = 0.0
    remaining: float | None = None
    device: str = "cpu"
    share: float | None = None
    reason: str = ""

    @property
    def active(self) -> bool:
        return self.state not in (RunState.DONE, RunState.STOPPED, RunState.FAILED)

    @property
    def held(self) -> bool:
        """Whether it is paused, or will be at its next checkpoint."""
        return self.state in (RunState.PAUSING, RunState.PAUSED)


@dataclass(frozen=True)
class RunChanged:
    """The state or progress of a run changed."""

    status: RunStatus


@dataclass(frozen=True)
class QueueChanged:
    """Other runs wait, go, or have failed (read them from the controller)."""


@dataclass(frozen=True, eq=False)
class FirstLook:
    """What a large run starts from, (h, w, C) uint8, before it has taken its first step."""

    run_id: int
    pixels: ImageU8 = field(repr=False)


@dataclass(frozen=True)
class CurveExtended:
    """Points were added to the curve of a run (read it from the controller)."""

    run_id: int


@dataclass(frozen=True)
class DevicesChanged:
    """Other compute devices are known, or another one is chosen (ask the controller)."""


@dataclass(frozen=True)
class Preparing:
    """The solver is being compiled, which happens once after installation, or no longer."""

    on: bool


@dataclass(frozen=True)
class SessionChanged:
    """Another file is open, or what is open differs from it, or no longer (ask the controller)."""


@dataclass(frozen=True)
class SessionSaved:
    """The session file was written."""


@dataclass(frozen=True)
class SourcesMissing:
    """A session waits for its sources to be located (read which from the controller)."""


@dataclass(frozen=True)
class WorklistChanged:
    """Another list of sets, set of it, or state of one is there (ask the controller)."""


@dataclass(frozen=True)
class HeatChanged:
    """Measured values of a kind are new, inside `rect` only if it is given, or begin to be stale
    or computed (read them from the controller)."""

    kind: HeatKind
    rect: Rect | None = None


@dataclass(frozen=True)
class SpotsChanged:
    """Doubtful places were found anew or checked, or the search began (ask the controller)."""


@dataclass(frozen=True)
class SpotChosen:
    """Look at a doubtful place; (x, y) is its middle."""

    rect: Rect
    x: int
    y: int


class Severity(StrEnum):
    """How much a notice matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, eq=False)
class Remedy:
    """What may help: the words of a button, and what it does."""

    words: str
    act: Callable[[], None] = field(repr=False)


@dataclass(frozen=True)
class Notice:
    """One line what happened, one line what was kept or done about it, details to copy, and what
    may help."""

    severity: Severity
    what: str
    kept: str = ""
    details: str = field(default="", repr=False)
    remedy: Remedy | None = field(default=None, repr=False, compare=False)


Change = (
    SetOpening
    | SetOpened
    | OpeningFailed
    | SetClosed
    | PictureReady
    | ThumbnailReady
    | PictureDropped
    | ShownChanged
    | ActiveSourceChanged
    | ActiveLabelChanged
    | AlignmentChanged
    | MapChanged
    | MapPatched
    | RegionChanged
    | HistoryChanged
    | PicturePatched
    | ResultAdded
    | ResultRemoved
    | RunChanged
    | QueueChanged
    | FirstLook
    | CurveExtended
    | DevicesChanged
    | Preparing
    | SessionChanged
    | SessionSaved
    | SourcesMissing
    | WorklistChanged
    | HeatChanged
    | SpotsChanged
    | SpotChosen
    | ResultMoved
    | ReferenceChanged
    | PreviewChanged
    | TruthChanged
    | MarkChanged
    | LineChanged
    | CompareChanged
    | PlaneChanged
    | BandChanged
    | ScoresChanged
    | Notice
)


class Notifier:
    """Calls every listener with every change, in the order of connection."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Change], None]] = []

    def connect(self, listener: Callable[[Change], None]) -> None:
        self._listeners.append(listener)

    def disconnect(self, listener: Callable[[Change], None]) -> None:
        self._listeners.remove(listener)

    def emit(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)
