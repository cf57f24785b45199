"""The motion between two frames of a stack, measured from coarse to fine."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.core.transforms import Transform
from mfgui.methods.align.bands import Bands, Level, bands_of
from mfgui.methods.align.blocks import Blocks, Fit, fitted, measured, merged
from mfgui.methods.align.moves import Numbers, distance, fields_of, half_diagonal, moved_by
from mfgui.methods.align.partings import Parting, parted
from mfgui.methods.align.proxies import Proxy
from mfgui.methods.align.starts import Features, by_features, by_phase, features_of
from mfgui.methods.planes import Plane

KEPT = 12  # frames whose bands are held at once
_SCORED = 420  # pixels, long side of the level by which first guesses are compared, at most
_CLEAR = 0.6  # share of alike blocks at which no other guess is looked for
_ALIKE = 0.15  # share of alike blocks without which frames have nothing in common
_STEPS = 8  # at the coarser levels
_FINE_STEPS = 2
_SETTLED = 0.03  # pixels of a level
_FARTHEST = 0.35  # half diagonals that a corner may move from a first guess


@dataclass(frozen=True, eq=False)
class Link:
    """What was measured between two frames.

    Attributes
    ----------
    first, second : int
        The frames.
    transform : Transform
        From the first one's proxy to the second one's.
    blocks : Blocks
        What it was fitted to, of all levels, displacements from `transform`.
    information : (F, F) float64
        Of the fields of the model, pixels of the proxy at the corners.
    alike : float
        Largest share over the levels of blocks in which the frames are alike.
    parting : Parting or None
        What lies elsewhere; None where the frames have nothing in common.
    """

    first: int
    second: int
    transform: Transform
    blocks: Blocks = field(repr=False)
    information: Numbers = field(repr=False)
    alike: float
    parting: Parting | None = None

    @property
    def found(self) -> bool:
        """Whether the frames have enough in common."""
        return self.alike >= _ALIKE


class Shelf:
    """Bands and features of frames, made when they are asked for; safe in several threads."""

    def __init__(self, proxies: Sequence[Proxy]) -> None:
        self._proxies = tuple(proxies)
        self._bands: OrderedDict[int, Bands] = OrderedDict()
        self._features: dict[int, Features] = {}
        self._slopes: dict[int, Plane] = {}
        self._lock = threading.Lock()
        self._making = [threading.Lock() for _ in self._proxies]

    def __len__(self) -> int:
        return len(self._proxies)

    @property
    def size(self) -> Size:
        """Of the proxies."""
        height, width = self._proxies[0].grey.shape
        return Size(width, height)

    def bands(self, index: int) -> Bands:
        with self._making[index]:
            with self._lock:
                if index in self._bands:
                    self._bands.move_to_end(index)
                    return self._bands[index]
            made = bands_of(self._proxies[index])
            with self._lock:
                self._bands[index] = made
                self._slopes[index] = made.slopes
                if len(self._bands) > KEPT:
                    self._bands.popitem(last=False)
            return made

    def slopes(self, index: int) -> Plane:
        """How sharp a frame is, place by place and in all directions (see `Bands`)."""
        if index not in self._slopes:
            self.bands(index)
        return self._slopes[index]

    def features(self, index: int) -> Features:
        with self._making[index]:
            if index not in self._features:
                self._features[index] = features_of(self._proxies[index])
            return self._features[index]


def linked(
    shelf: Shelf,
    first: int,
    second: int,
    *,
    model: str,
    radial: bool,
    start: Transform | None,
    compute: Compute,
) -> Link:
    """Measure the motion between two frames.

    Parameters
    ----------
    model : str
        "translation", "similarity", "affine" or "homography".
    start : Transform or None
        Of the proxies; None looks for a first guess.

    Returns
    -------
    Link
        Of what covers most of the picture, where parts of it moved differently.
    """
    one, other, size = shelf.bands(first), shelf.bands(second), shelf.size
    fields = fields_of(model, radial=radial)
    pair = _Pair(one.levels, other.levels, size, fields, compute)
    if start is None:
        coarse = fields_of("translation" if model == "translation" else "similarity")
        rough = _Pair(one.levels, other.levels, size, coarse, compute)
        start = _first_guess(rough, lambda: by_features(*map(shelf.features, (first, second))))
    link = pair.linked((first, second), start, pair.coarsest)
    if not link.found:
        return link
    parting = pair.parted(link)
    if parting.moved > parting.home:
        # What covers more of the picture is what the camera moved by.
        x, y = np.median(parting.shifts, axis=0).tolist()
        start = Transform.translation(x, y).then(link.transform)
        beside = pair.linked((first, second), start, pair.scored)
        rest = pair.parted(beside)
        if rest.home > parting.home:
            link, parting = beside, rest
    return replace(link, parting=parting)


@dataclass(frozen=True, eq=False)
class _Pair:
    still: tuple[Level, ...] = field(repr=False)
    moving: tuple[Level, ...] = field(repr=False)
    size: Size
    fields: npt.NDArray[np.intp]
    compute: Compute

    @property
    def coarsest(self) -> int:
        return len(self.still) - 1

    @property
    def scored(self) -> int:
        """Index of the level by which first guesses are compared."""
        sides = [max(level.plane.shape) for level in self.still]
        return next((i for i, side in enumerate(sides) if side <= _SCORED), self.coarsest)

    def at(self, index: int, transform: Transform) -> Blocks:
        return measured(self.still[index], self.moving[index], transform, self.size)

    def linked(self, frames: tuple[int, int], start: Transform, coarsest: int) -> Link:
        """The motion measured from a first guess on."""
        blocks, fit = self.refined(start, coarsest, 0)
        alike = max(blocks.similarity(level.factor) for level in self.still)
        return Link(*frames, blocks.base, blocks, fit.information, alike)

    def parted(self, link: Link) -> Parting:
        """What lies elsewhere than a link says."""
        return parted(self.still, self.moving, link.transform, link.blocks, self.size)

    def refined(self, transform: Transform, first: int, last: int) -> tuple[Blocks, Fit]:
        """Better and better from a coarse level to a fine one, all of which count."""
        coarser: list[Blocks] = []
        guess = transform
        for index in range(first, last - 1, -1):
            factor = self.still[index].factor
            for _ in range(_STEPS if index > 1 else _FINE_STEPS):
                self.compute.checkpoint()
                here = self.at(index, transform)
                fit = fitted(merged([*coarser, here], transform), self.fields, self.size)
                moved = self._moved(transform, fit, guess)
                if moved is None:
                    break
                transform = moved
                if np.abs(fit.parts).max() < _SETTLED * factor:
                    break
            coarser.append(here)
        blocks = merged(coarser, transform)
        return blocks, fitted(blocks, self.fields, self.size)

    def _moved(self, transform: Transform, fit: Fit, guess: Transform) -> Transform | None:
        """None where the step leaves what a stack can be."""
        try:
            found = moved_by(transform, fit.parts, self.size)
            found.check(self.size)
        except UsageError:
            return None
        linear = found.matrix[:2, :2] - guess.matrix[:2, :2]
        if not np.abs(linear).max() <= _FARTHEST:
            return None
        most = 2 * _FARTHEST * half_diagonal(self.size)
        return found if distance(found, guess, self.size) < most else None

    def score(self, transform: Transform) -> tuple[float, Transform]:
        """How alike the frames are after the coarse levels were fitted."""
        blocks, _ = self.refined(transform, self.coarsest, self.scored)
        counted = blocks.factors == self.still[self.scored].factor
        # Of all blocks of the first frame: a guess must not win by a small overlap.
        height, width = self.still[self.scored].plane.shape
        total = max(1, (width // 16) * (height // 16))
        return float(np.clip(blocks.alike[counted], 0, 1).sum()) / total, blocks.base


def _first_guess(pair: _Pair, features: Callable[[], Transform | None]) -> Transform:
    """The guess that leaves the frames most alike."""
    best, found = -1.0, Transform.identity()
    for guess in _guesses(pair, features):
        score, moved = pair.score(guess)
        if score > best:
            best, found = score, moved
        if best > _CLEAR:
            break
    return found


def _guesses(pair: _Pair, features: Callable[[], Transform | None]) -> Iterator[Transform]:
    """Cheap ones first."""
    yield Transform.identity()
    level = pair.scored
    yield by_phase(pair.still[level], pair.moving[level], pair.size)
    found = features()
    if found is not None:
        yield found
