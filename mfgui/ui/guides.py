"""The edges that Snap keeps to, made when a tool first asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mfgui.app.controller import Controller
from mfgui.core.events import (
    ActiveSourceChanged,
    Change,
    HistoryChanged,
    PictureReady,
    ResultAdded,
    SetClosed,
    SetOpened,
    ShownChanged,
)
from mfgui.core.snapping import Guide, GuideKind

Maker = Callable[[Controller], Guide | None]

GUIDE_MAKERS: Mapping[GuideKind, Maker] = {kind: lambda _controller: None for kind in GuideKind}


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
        controller.notifier.connect(self._take)

    def of(self, kind: GuideKind) -> Guide | None:
        """The guide of this kind, None while there is none."""
        if kind not in self._kept:
            self._kept[kind] = self._makers[kind](self._controller)
        return self._kept[kind]

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpened | SetClosed):
            self._kept.clear()
        elif isinstance(change, ActiveSourceChanged):
            self._kept.pop(GuideKind.LUMINANCE, None)
        elif isinstance(change, ShownChanged | PictureReady | ResultAdded | HistoryChanged):
            self._kept.pop(GuideKind.FUSED, None)
