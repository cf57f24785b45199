"""What a run leaves behind: image, curve, provenance.

Never changed once the run has ended, but for the one result that follows the focus map.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Depth, ImageF32, LabelArray

State = Literal["done", "stopped"]
ASPECTS = {
    "confidence": "How far the method trusts what it computed, 0 to 1, (H, W)",
    "depth": "Source that is in focus, between sources as a fraction, 1 to K, (H, W)",
    "radius": "Blur radius in pixels of the front in the frame focused behind it, (H, W)",
    "background": "What lies behind the front, sRGB-encoded in [0, 1], (H, W, C)",
}
"""Names of what a method may tell beside its picture and its map."""
BACKGROUND = "background"


@dataclass(frozen=True)
class Curve:
    """One value per accepted iterate; index 0 is the start image.

    Attributes
    ----------
    objective : str
        Name of the objective that `q` is measured in; curves of different objectives never
        share an axis.
    q, step, gradient_norm, seconds : tuple of float
        Score in [-1, 1], step factor, Euclidean norm of the ascent direction's gradient, and
        seconds since the run began, each of length iterations + 1.
    """

    objective: str
    q: tuple[float, ...] = ()
    step: tuple[float, ...] = ()
    gradient_norm: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()

    @property
    def iterations(self) -> int:
        return max(0, len(self.q) - 1)

    @property
    def best(self) -> int:
        """Index of the largest Q (the first of equals)."""
        return self.q.index(max(self.q))


@dataclass(frozen=True)
class InputRecord:
    """Which file went in."""

    name: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """How to make the same result again.

    `follows` is the number of the result that this one was brought along from when the map
    changed, in the same session. `map_from` says where the map came from that the run was given,
    so that `detector` filled its holes at most, and `start_from` which picture took the place of
    the start that the parameters name; both are empty where there was none.
    """

    method: str
    parameters: Mapping[str, object]
    inputs: tuple[InputRecord, ...]
    device: str
    versions: Mapping[str, str]
    detector: str | None = None
    seed: int | None = None
    follows: int | None = None
    map_from: str = ""
    start_from: str = ""


@dataclass(frozen=True, eq=False)
class Result:
    """A fused image with its map, curve and timings.

    Attributes
    ----------
    image : (H, W, C) float32 in [0, 1]
        The last image of a finished run; the best one of a stopped run.
    depth : str
        Depth of the sources, in which `image` is saved.
    labels : (H, W) or None
        The map the run used (read-only), None for methods without one.
    map_revision : int
        Revision of the window's map at the start; -1 when the run detected its own.
    start, best : (H, W, C) float32
        Start image and image of highest Q; `best` is the same object as `image` where they
        agree, and both are for methods without iterations.
    evaluations : int
        Objective evaluations, rejected trial steps included.
    q, q_box : float or None
        Final score in the run's own objective, and the joint-channel box Q at `window` (None
        without a map, for a stopped run of another objective, and for large pictures of
        methods that raise no objective).
    seconds : mapping
        "map" and "fuse", wall clock.
    soft : (H, W) float32 or None
        Weight of source 1 that the method used, of two sources with continuous weights.
    front : int
        1 or 2: the source focused on what is nearer, where the method found that out; else 0.
    aspects : mapping of str to (H, W) or (H, W, C) float32
        What else the method knew of each pixel, by names of `ASPECTS`. Like `soft` they are not
        written into sessions: the run makes them again.
    guard : lock or None
        Of a result that still follows the map: `image` and `labels` are written while it is held.
        Whoever needs them as they belong together takes `frozen()`.
    """

    name: str
    image: ImageF32 = field(repr=False)
    depth: Depth
    labels: LabelArray | None = field(repr=False)
    map_revision: int
    provenance: Provenance
    state: State
    seconds: Mapping[str, float]
    start: ImageF32 = field(repr=False)
    best: ImageF32 = field(repr=False)
    curve: Curve | None = None
    evaluations: int = 0
    q: float | None = None
    q_box: float | None = None
    window: int | None = None
    soft: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    front: int = 0
    aspects: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict, repr=False)
    guard: AbstractContextManager[object] | None = field(default=None, repr=False)

    def picture(self, state: str) -> ImageF32:
        """The "start" or "best" image, the recovered "background" where there is one, else the
        final image."""
        if state == BACKGROUND:
            return self.aspects.get(BACKGROUND, self.image)
        return {"start": self.start, "best": self.best}.get(state, self.image)

    def frozen(self) -> Result:
        """This result as it is now, with arrays that nobody writes any more.

        Copies them when it still follows the map, which may wait for a solution of some
        milliseconds: not for the interface thread.
        """
        if self.guard is None:
            return self
        with self.guard:
            image = self.image.copy()
            labels = None if self.labels is None else self.labels.copy()
        return replace(self, image=image, labels=labels, start=image, best=image, guard=None)
