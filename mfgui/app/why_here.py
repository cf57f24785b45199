"""Why the methods give what they give at a pixel: sources, chosen sources, sharpness, local Q."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from mfgui.app.naming import title_of
from mfgui.app.plane_tasks import local_q_of
from mfgui.app.reading import Reader, reader_of
from mfgui.app.score_tasks import has_own_map
from mfgui.core.arrays import PixelArray, Rect, from_float, to_float
from mfgui.core.comparison import TRUTH
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.result import Result
from mfgui.core.session import Session
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Report, Task
from mfgui.methods.optimise.mffssim.window import window_size
from mfgui.methods.registry import Registry

MOST_SOURCES = 12  # that are looked at: those of a large stack may have to be decoded again
MEASURE = "Laplacian energy"
_ALIKE = 1e-6  # of white: above what float32 rounds, below a fifteenth of a level of 16 bits

Values = npt.NDArray[np.float32]  # (C,), in [0, 1]


class By(StrEnum):
    """How it is known which source a picture took."""

    NOTHING = ""
    MAP = "map"  # its own map says so
    WEIGHT = "weight"  # its own map and the weight that it mixed by
    NEAREST = "nearest"  # it has none: the source whose value is nearest to its own


@dataclass(frozen=True)
class PictureHere:
    """One picture at the pixel.

    Attributes
    ----------
    values : tuple of int or float
        Its channels in the depth of the sources.
    taken, by : tuple of int, By
        Numbers of the source it took, several where they are equally near, none where its map
        is unassigned or ignored; for a source its own number if the present map names it.
    weight : float or None
        Of the taken source, where the method mixes two.
    focus : float or None
        Focus measure of a source.
    q : float or None
        Local Q by the present map.
    error : float or None
        Root of the mean squared error over the channels against the ground truth, white being
        255.
    """

    key: str
    title: str
    values: tuple[int | float, ...]
    taken: tuple[int, ...] = ()
    by: By = By.NOTHING
    weight: float | None = None
    focus: float | None = None
    q: float | None = None
    error: float | None = None


@dataclass(frozen=True)
class WhyHere:
    """All pictures at the pixel (x, y): sources, results, ground truth.

    Attributes
    ----------
    label : int or None
        Of the present map; None without one.
    ignored : bool
        The present map ignores the pixel.
    window : int or None
        Side of the window of focus measure and local Q; None for pictures smaller than one.
    left_out : int
        Sources of a large stack that were not looked at.
    """

    x: int
    y: int
    label: int | None
    ignored: bool
    window: int | None
    left_out: int
    pictures: tuple[PictureHere, ...] = field(repr=False)

    @property
    def sharpest(self) -> frozenset[str]:
        """Keys of the sources with the largest focus measure."""
        return _top({p.key: p.focus for p in self.pictures})

    @property
    def best_q(self) -> frozenset[str]:
        """Keys of the results with the largest local Q, unless all have it."""
        return self._best({p.key: p.q for p in self.pictures})

    @property
    def nearest(self) -> frozenset[str]:
        """Keys of the results with the smallest error, unless all have it."""
        errors = {p.key: None if p.error is None else -p.error for p in self.pictures}
        return self._best(errors)

    def _best(self, values: Mapping[str, float | None]) -> frozenset[str]:
        known = {k: v for k, v in values.items() if k.startswith("result:") and v is not None}
        best = _top(known)
        return best if len(best) < len(known) else frozenset()


@dataclass(frozen=True, eq=False)
class _Place:
    """The pixel with what is known of it before any picture is read."""

    stack: SourceStack
    rect: Rect
    label: int | None
    window: int | None
    labels: PixelArray = field(repr=False)
    truth: Reader | None = field(repr=False)


def why_here(session: Session, registry: Registry, x: int, y: int, *, compute: Compute) -> Task:
    """What there is to know of a pixel inside the picture, as `WhyHere`."""
    stack = session.stack
    assert stack is not None
    rect = Rect(x, y, 1, 1)
    labels = np.zeros((1, 1), np.uint8)
    if session.focus_map is not None:
        labels = session.focus_map.labels[rect.slices].copy()
    label = None if session.focus_map is None else int(labels[0, 0])
    place = _Place(stack, rect, label, _window(stack), labels, reader_of(session, TRUTH))
    results = [
        (f"result:{run_id}", title_of(session, f"result:{run_id}"), result)
        for run_id, result in sorted(session.results.items())
    ]
    mapped = {key: result for key, _, result in results if has_own_map(registry, result)}
    readers = {key: reader_of(session, key) for key, _, _ in results}

    def task(_report: Report) -> WhyHere:
        own = {key: _own_label(result, x, y) for key, result in mapped.items()}
        numbers = _looked_at(stack.k, [label, *(entry[0] for entry in own.values())])
        found = [_source_here(place, number, compute) for number in numbers]
        values = {number: _values(_source_reader(stack, number), place) for number in numbers}
        for key, title, _ in results:
            reader = readers[key]
            assert reader is not None
            picture = _picture(key, title, reader, place, compute)
            taken, by, weight = _taken(own.get(key), _values(reader, place), values, stack.k)
            found.append(replace(picture, taken=taken, by=by, weight=weight))
        if place.truth is not None:
            picture = _picture(TRUTH, title_of(session, TRUTH), place.truth, place, compute)
            taken = _nearest(_values(place.truth, place), values)
            found.append(replace(picture, taken=taken, by=By.NEAREST, error=None))
        ignored = label is not None and label == ignore_label(labels)
        left = stack.k - len(numbers)
        return WhyHere(x, y, label, ignored, place.window, left, tuple(found))

    return task


def _window(stack: SourceStack) -> int | None:
    try:
        return window_size("released", stack.size)
    except UsageError:
        return None


def _looked_at(k: int, named: Sequence[int | None]) -> list[int]:
    """Numbers of the sources that are read: all of a small stack, else those that a map names
    and the ones around them."""
    if k <= MOST_SOURCES:
        return list(range(1, k + 1))
    chosen = sorted({number for number in named if number is not None and 1 <= number <= k})
    near = sorted(
        range(1, k + 1), key=lambda n: min((abs(n - c) for c in chosen or [1]), default=0)
    )
    return sorted(near[:MOST_SOURCES])


def _source_here(place: _Place, number: int, compute: Compute) -> PictureHere:
    """A source, which takes itself where the present map names it."""
    stack = place.stack
    title = f"Source {number} · {stack.sources[number - 1].name}"
    reader = _source_reader(stack, number)
    picture = _picture(f"source:{number}", title, reader, place, compute)
    focus = _focus(stack, number, place)
    if number != place.label:
        return replace(picture, focus=focus)
    return replace(picture, focus=focus, taken=(number,), by=By.MAP)


def _source_reader(stack: SourceStack, number: int) -> Reader:
    return lambda rect: to_float(stack.pixels(number - 1)[rect.slices])


def _values(reader: Reader, place: _Place) -> Values:
    values: Values = reader(place.rect)[0, 0].astype(np.float32)
    return values


def _picture(key: str, title: str, reader: Reader, place: _Place, compute: Compute) -> PictureHere:
    """Values, local Q and error of a picture."""
    pixel = reader(place.rect)
    stored = from_float(pixel, place.stack.depth)[0, 0]
    error = None
    if place.truth is not None:
        difference = pixel.astype(np.float64) - place.truth(place.rect)
        error = 255 * math.sqrt(float(np.mean(difference * difference)))
    return PictureHere(
        key, title, tuple(stored.tolist()), q=_q(reader, place, compute), error=error
    )


def _q(reader: Reader, place: _Place, compute: Compute) -> float | None:
    if place.window is None or place.label is None or place.label == UNASSIGNED:
        return None
    found = local_q_of(
        place.stack, place.labels, reader, place.rect, window=place.window, compute=compute
    )
    value = float(found[0, 0])
    return None if math.isnan(value) else value


def _focus(stack: SourceStack, number: int, place: _Place) -> float | None:
    """The measure by which the default detector decides, of one source at the pixel."""
    from mfgui.methods.detect.measures import laplacian_energy, reach_of

    if place.window is None:
        return None
    reach = reach_of(laplacian_energy, window=place.window)
    whole = Rect(0, 0, stack.size.width, stack.size.height)
    around = place.rect.grown(reach).intersected(whole)
    pixels = to_float(stack.pixels(number - 1)[around.slices])
    row, column = place.rect.y - around.y, place.rect.x - around.x
    found = [
        float(laplacian_energy(np.ascontiguousarray(pixels[..., c]), place.window)[row, column])
        for c in range(pixels.shape[2])
    ]
    return sum(found) / len(found)


def _own_label(result: Result, x: int, y: int) -> tuple[int | None, float | None]:
    """Label of a result's own map, None where it ignores the pixel, and the weight of source 1."""
    assert result.labels is not None
    with result.guard or nullcontext():
        label = int(result.labels[y, x])
    soft = None if result.soft is None else float(result.soft[y, x])
    return (None if label == ignore_label(result.labels) else label), soft


def _taken(
    own: tuple[int | None, float | None] | None,
    values: Values,
    sources: Mapping[int, Values],
    k: int,
) -> tuple[tuple[int, ...], By, float | None]:
    """Which source a result took, how that is known, and its weight."""
    if own is None:
        return _nearest(values, sources), By.NEAREST, None
    label, soft = own
    if label is None or not 1 <= label <= k:
        return (), By.MAP, None
    if soft is None:
        return (label,), By.MAP, None
    return (label,), By.WEIGHT, soft if label == 1 else 1 - soft


def _nearest(values: Values, sources: Mapping[int, Values]) -> tuple[int, ...]:
    """Numbers of the sources whose value is nearest, by the Euclidean distance of the channels;
    what differs by rounding only is equally near."""
    distances = {
        number: math.dist(other.tolist(), values.tolist()) for number, other in sources.items()
    }
    most = min(distances.values()) + _ALIKE
    return tuple(number for number, distance in distances.items() if distance <= most)


def _top(values: Mapping[str, float | None]) -> frozenset[str]:
    known = {key: value for key, value in values.items() if value is not None}
    if not known:
        return frozenset()
    largest = max(known.values())
    return frozenset(key for key, value in known.items() if value == largest)
