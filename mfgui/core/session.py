"""Everything in the window. Written by the controller only, on one thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mfgui.core.arrays import PixelArray, Rect
from mfgui.core.labels import FocusMap
from mfgui.core.result import Result
from mfgui.core.seams import HARD, Seam
from mfgui.core.stack import SourceStack


@dataclass(frozen=True)
class MapOrigin:
    """Where the current map comes from: a detector with its settings, or a file; and whether it
    has been edited since."""

    detector: str = ""
    parameters: tuple[tuple[str, object], ...] = ()
    path: str = ""
    edited: bool = False

    @property
    def kept(self) -> bool:
        """Whether no run may exchange it for one of its own."""
        return bool(self.path) or self.edited

    @property
    def words(self) -> str:
        """As files of scores and figures say it.

        >>> MapOrigin("laplacian", (("clean", 0.0),), edited=True).words
        'detector laplacian (clean=0.0), edited'
        """
        settings = ", ".join(f"{name}={value}" for name, value in self.parameters)
        made = f"detector {self.detector}" + (f" ({settings})" if settings else "")
        if not self.detector:
            made = Path(self.path).name if self.path else "drawn"
        return f"{made}, edited" if self.edited and made != "drawn" else made


@dataclass(frozen=True)
class Mark:
    """What a person says of a result: another name, a star, a note."""

    name: str = ""
    star: bool = False
    note: str = ""


@dataclass(frozen=True, eq=False)
class Truth:
    """The ground truth of the open set.

    Attributes
    ----------
    pixels : (H, W, C) uint8, uint16 or float32
        Of the size and the channels of the sources, as stored in its file, read-only.
    """

    name: str
    path: str
    sha256: str
    pixels: PixelArray = field(repr=False)


@dataclass(frozen=True)
class Line:
    """A line on the picture; pixel i spans i ... i + 1. `width` in pixels is averaged over."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: int = 1


@dataclass
class Session:
    """The open set, its focus map and its results.

    Attributes
    ----------
    results : dict
        By run number, oldest first.
    active_source : int
        From 1; the source that *hold S* and *only active* show.
    active_label : int
        What brushes paint: 1 ... K, or 0 for *unassigned*.
    shown : str
        Key of the picture on the canvas: ``source:1``, ``result:3``, ``result:3:start``,
        ``result:3:background``, ``composite``, ``live``, ``truth``, or empty.
    reference : str
        Key of the picture that the reference key shows, or empty.
    seam : Seam
        Of the composite of the map.
    region : Rect or None
        Refiners and other changes of the map keep to it; inside the picture.
    truth : Truth or None
        The ground truth; its picture key is ``truth``.
    marks : dict
        Of results, by run number; those without one have none.
    line : Line or None
        The line of the profile.
    """

    stack: SourceStack | None = None
    focus_map: FocusMap | None = None
    map_origin: MapOrigin = field(default_factory=MapOrigin)
    results: dict[int, Result] = field(default_factory=dict)
    active_source: int = 1
    active_label: int = 1
    shown: str = ""
    reference: str = ""
    seam: Seam = HARD
    region: Rect | None = None
    truth: Truth | None = None
    marks: dict[int, Mark] = field(default_factory=dict)
    line: Line | None = None
