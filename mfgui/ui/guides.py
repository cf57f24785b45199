"""The edges that Snap keeps to, made when a tool first asks for them."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from mfgui.app.controller import Controller
from mfgui.app.view_control import COMPOSITE
from mfgui.core.arrays import PixelArray, Rect
from mfgui.core.events import (
    ActiveSourceChanged,
    Change,
    HistoryChanged,
    PictureReady,
    ResultAdded,
    ResultMoved,
    SetClosed,
    SetOpened,
    ShownChanged,
)
from mfgui.core.session import Session
from mfgui.core.snapping import FusedGuide, Guide, GuideKind, LuminanceGuide, SharpnessGuide
from mfgui.core.snapping.guide import TILE, tiles_of
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Report, Task

Maker = Callable[[Controller], Guide | None]
_OTHER_FUSED = (ShownChanged, PictureReady, ResultAdded, ResultMoved, HistoryChanged)


class Frames(Sequence[PixelArray]):
    """The sources of a stack, each read when it is asked for."""

    def __init__(self, stack: SourceStack) -> None:
        self._stack = stack

    def __len__(self) -> int:
        return self._stack.k

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._stack.pixels(place) for place in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._stack.pixels(index % len(self))


def sharpness(controller: Controller) -> Guide | None:
    """Which of the sources is sharper."""
    stack = controller.session.stack
    return None if stack is None else SharpnessGuide(Frames(stack))


def luminance(controller: Controller) -> Guide | None:
    """The active source."""
    session = controller.session
    if session.stack is None:
        return None
    return LuminanceGuide(session.stack.pixels(session.active_source - 1))


def fused(controller: Controller) -> Guide | None:
    """The shown result, else the newest one, else what the present map chooses."""
    session = controller.session
    if session.stack is None:
        return None
    shown = controller.view.shown_image()
    if shown is not None:
        return FusedGuide(shown)
    if session.shown != COMPOSITE and session.results:
        return FusedGuide(next(reversed(session.results.values())).image)
    return FusedGuide(partial(_chosen, session), size=session.stack.size)


def _chosen(session: Session, rect: Rect) -> PixelArray:
    """The pixels that the map takes; the active source where it is unassigned."""
    assert session.stack is not None
    pixels = session.stack.pixels(session.active_source - 1)[rect.slices].copy()
    if session.focus_map is not None:
        labels = session.focus_map.labels[rect.slices]
        for label in np.unique(labels):
            if 1 <= label <= session.stack.k:
                where = labels == label
                pixels[where] = session.stack.pixels(int(label) - 1)[rect.slices][where]
    return pixels


GUIDE_MAKERS: Mapping[GuideKind, Maker] = {
    GuideKind.SHARPNESS: sharpness,
    GuideKind.LUMINANCE: luminance,
    GuideKind.FUSED: fused,
}


class Guides:
    """One guide of each kind for the open set, kept until what it is made of changes.

    Parameters
    ----------
    makers : mapping
        How each kind is made; None when there is nothing to make it of.
    """

    def __init__(self, controller: Controller, makers: Mapping[GuideKind, Maker]) -> None:
        self._controller = controller
        self._makers = makers
        self._kept: dict[GuideKind, Guide | None] = {}
        self._warmed: tuple[Guide, Rect] | None = None
        self._stop = threading.Event()
        controller.notifier.connect(self._take)

    def of(self, kind: GuideKind) -> Guide | None:
        """The guide of this kind, None while there is none."""
        if kind not in self._kept:
            self._kept[kind] = self._makers[kind](self._controller)
        return self._kept[kind]

    def warm(self, kind: GuideKind, rect: Rect, at: tuple[float, float]) -> None:
        """Have the pool make what of a guide lies in `rect`, from the place `at` outwards: an
        edge that is first asked for under the brush would hold it up."""
        guide = self.of(kind)
        if guide is None or rect.empty or self._warmed == (guide, rect):
            return
        self._stop.set()
        self._stop, self._warmed = threading.Event(), (guide, rect)
        self._controller.ask(_warming(guide, rect, at, self._stop), lambda _nothing: None)

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpened | SetClosed):
            self._kept.clear()
            self._stop.set()
            self._warmed = None
        elif isinstance(change, ActiveSourceChanged):
            self._forget(GuideKind.LUMINANCE)
        elif isinstance(change, _OTHER_FUSED):
            self._forget(GuideKind.FUSED)

    def _forget(self, kind: GuideKind) -> None:
        """Hold nothing of a guide that is no longer true, or whose picture lies elsewhere."""
        guide = self._kept.pop(kind, None)
        if self._warmed is not None and self._warmed[0] is guide:
            self._warmed = None


def _warming(guide: Guide, rect: Rect, at: tuple[float, float], stop: threading.Event) -> Task:
    """Reads the tiles of a rectangle, the nearest ones first."""

    def distance(tile: Rect) -> float:
        return math.hypot(tile.x + TILE / 2 - at[0], tile.y + TILE / 2 - at[1])

    def task(_report: Report) -> None:
        whole = Rect(0, 0, guide.size.width, guide.size.height)
        for tile in sorted(tiles_of(rect), key=distance):
            if stop.is_set():
                return
            part = tile.intersected(whole)
            if not guide.ready(part):
                guide.read(part)

    return task
