"""Figures of the open set: what can be in them, their preview, and writing them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

import mfgui.resources as resources
from mfgui.app.naming import result_name
from mfgui.app.reading import Reader, reader_of
from mfgui.core.arrays import ImageU8, PixelArray, Rect, Size, from_float
from mfgui.core.comparison import TRUTH
from mfgui.core.errors import MfguiError
from mfgui.core.figures import FigurePicture, FigureRecipe, Input
from mfgui.core.result import Result
from mfgui.core.score_table import ScoreTable, shown_number
from mfgui.core.session import Session
from mfgui.core.stack import SourceStack
from mfgui.files.figure_layout import lay_out
from mfgui.files.figure_panels import reduced
from mfgui.files.figure_recipes import check
from mfgui.files.figure_saving import Written, draw_again, save_figure
from mfgui.files.figures import Style, compose
from mfgui.files.profiles import usable
from mfgui.files.session_fields import plain_value
from mfgui.jobs.pool import Report, Task

_PREVIEW_SIDE = 1400  # pixels of the longer side that a preview keeps of a picture
_FINER = 3
_ROWS = 512
_SCORES = {"local_q_whole": "local Q {}", "psnr_whole": "PSNR {} dB"}
_MM_PER_INCH = 25.4


@lru_cache(maxsize=1)
def style() -> Style:
    """Fonts and colours of the program's figures."""
    palettes = json.loads(resources.path("palettes.json").read_text("utf-8"))
    return Style.of(
        resources.path("fonts/Inter-Regular.otf"),
        resources.path("fonts/Inter-SemiBold.otf"),
        tuple(palettes["diverging"]),
    )


def offered(session: Session) -> tuple[FigurePicture, ...]:
    """Every picture of the open set that can be in a figure: sources, results, ground truth.

    Results and ground truth are ticked, sources are not. Results of one name have their numbers.
    """
    if session.stack is None:
        return ()
    found = [
        FigurePicture(f"source:{number}", f"Source {number}", column=False)
        for number in range(1, session.stack.k + 1)
    ]
    names = Counter(result_name(session, number) for number in session.results)
    for number, result in session.results.items():
        name, origin = result_name(session, number), _provenance(result)
        title = f"{name} ({number})" if names[name] > 1 else name
        found.append(FigurePicture(f"result:{number}", title, provenance=origin))
    if session.truth is not None:
        found.append(FigurePicture(TRUTH, "Ground truth"))
    return tuple(found)


def notes_of(table: ScoreTable) -> dict[str, str]:
    """Scores of the whole picture by picture key, in words for a figure.

    Only measures that every result has: what stands side by side is read as comparable.
    """
    parts: dict[str, list[str]] = {row.key: [] for row in table.rows}
    for place, column in enumerate(table.columns):
        words = _SCORES.get(column.name)
        values = table.values(place)
        if words is None or None in values:
            continue
        for row, value in zip(table.rows, values, strict=True):
            assert value is not None
            parts[row.key].append(words.format(shown_number(value, column.digits)))
    return {key: " · ".join(words) for key, words in parts.items()}


def inputs_of(session: Session) -> tuple[Input, ...]:
    """The files behind the set, with their hashes."""
    stack, truth = session.stack, session.truth
    if stack is None:
        return ()
    found = [
        Input(source.name, "" if source.path is None else str(source.path), source.sha256)
        for source in stack.sources
    ]
    if truth is not None:
        found.append(Input(truth.name, truth.path, truth.sha256))
    return tuple(found)


def size_of(recipe: FigureRecipe) -> Size:
    """Dots of the figure.

    Raises
    ------
    UsageError
        If a value is out of its range or the content does not fit the page.
    """
    check(recipe)
    page = lay_out(recipe, style().fonts)
    return Size(page.width, page.height)


class Stopped(MfguiError):
    """The person stopped the export."""

    def __init__(self) -> None:
        super().__init__("stopped")


def export(
    session: Session,
    recipe: FigureRecipe,
    path: Path,
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> Task:
    """Write a figure with recipe and pictures as they are now.

    The task returns `Written`, reports (pictures written, of how many), and raises `Stopped`
    between two pictures once `stopped` says so; what was there before is then there again.
    """
    stack = session.stack
    assert stack is not None
    keys = [picture.key for picture in recipe.pictures]
    pixels = {key: _stored(session, stack, key) for key in keys}
    results = {key: _result(session, key) for key in keys}
    files = inputs_of(session)
    inputs = [Path(entry.path) for entry in files if entry.path]
    icc = _icc(stack)

    def task(report: Report) -> Written:
        def told(done: int, of: int) -> None:
            if stopped():
                raise Stopped
            report((done, of))

        named = tuple(_with_map(picture, results[picture.key]) for picture in recipe.pictures)
        return save_figure(
            path,
            replace(recipe, pictures=named, inputs=files),
            lambda key: pixels[key](),
            style(),
            icc=icc,
            inputs=inputs,
            told=told,
        )

    return task


def again(recipe: Path, output: Path | None = None) -> Task:
    """Draw a figure again from its recipe; returns `Written`."""
    return lambda _report: draw_again(recipe, output, style())


class PreviewPictures:
    """Reduced pictures of the open set as it is now, each made when it is first needed; one task
    at a time."""

    def __init__(self, session: Session) -> None:
        assert session.stack is not None
        self._stack = session.stack
        found = {picture.key: reader_of(session, picture.key) for picture in offered(session)}
        self._readers = {key: reader for key, reader in found.items() if reader is not None}
        self._kept: dict[str, _Reduced] = {}

    def opened(self, key: str) -> _Reduced:
        """The picture of a key; in the pool."""
        if key not in self._kept:
            self._kept[key] = _Reduced.of(self._readers[key], self._stack)
        return self._kept[key]


def preview(recipe: FigureRecipe, pictures: PreviewPictures, *, width: int) -> Task:
    """The figure in `width` dots, (H, W, 3) uint8.

    Drawn finer and then reduced: lines thinner than a dot of the screen look as in print.
    """
    dpi = _FINER * width / recipe.page.width_mm * _MM_PER_INCH
    fine = replace(recipe, page=replace(recipe.page, dpi=dpi))

    def task(_report: Report) -> ImageU8:
        canvas = compose(fine, pictures.opened, style()).raster()
        height = max(1, round(canvas.shape[0] / _FINER))
        return reduced(canvas, width, height)

    return task


@dataclass(frozen=True, eq=False)
class _Reduced:
    """A picture of which all is kept at a fraction of its size, and parts are read when asked."""

    icc: bytes | None
    _read: Callable[[Rect], PixelArray] = field(repr=False)
    _small: PixelArray = field(repr=False)
    _step: int

    @classmethod
    def of(cls, reader: Reader, stack: SourceStack) -> _Reduced:
        size, depth = stack.size, stack.depth
        step = max(1, -(-max(size.width, size.height) // _PREVIEW_SIDE))
        width, height = max(1, size.width // step), max(1, size.height // step)
        small = np.empty((height, width, stack.channels), depth)
        rows = max(1, _ROWS // step)
        for top in range(0, height, rows):
            count = min(rows, height - top)
            part = reader(Rect(0, top * step, width * step, count * step))
            reduced = np.asarray(
                cv2.resize(part, (width, count), interpolation=cv2.INTER_AREA), np.float32
            )
            small[top : top + count] = from_float(reduced.reshape(count, width, -1), depth)
        return cls(_icc(stack), lambda rect: from_float(reader(rect), depth), small, step)

    def part(self, rect: Rect, width: int, height: int) -> PixelArray:
        """See `mfgui.files.figure_panels.Reader`."""
        step = self._step
        if rect.width < step * width or rect.height < step * height:
            return self._read(rect)
        left, top = rect.x // step, rect.y // step
        right = max(left + 1, rect.right // step)
        return self._small[top : max(top + 1, rect.bottom // step), left:right]


def _stored(session: Session, stack: SourceStack, key: str) -> Callable[[], PixelArray]:
    """What reads a picture whole in the depth of the sources, in any thread."""
    result, reader = _result(session, key), reader_of(session, key)
    assert reader is not None
    size, depth = stack.size, stack.depth

    def read() -> PixelArray:
        if result is not None:
            return from_float(result.frozen().image, depth)
        pixels: PixelArray = np.empty((size.height, size.width, stack.channels), depth)
        for top in range(0, size.height, _ROWS):
            count = min(_ROWS, size.height - top)
            pixels[top : top + count] = from_float(reader(Rect(0, top, size.width, count)), depth)
        return pixels

    return read


def _result(session: Session, key: str) -> Result | None:
    """The result whose last image a key names."""
    kind, _, number = key.partition(":")
    return session.results.get(int(number)) if kind == "result" and number.isdigit() else None


def _icc(stack: SourceStack) -> bytes | None:
    icc = stack.sources[stack.reference].icc
    return icc if usable(icc, channels=stack.channels) else None


def _provenance(result: Result) -> dict[str, object]:
    """How a result was made, as JSON carries it."""
    origin = result.provenance
    plain = plain_value(
        {
            "method": origin.method,
            "parameters": origin.parameters,
            "detector": origin.detector,
            "map_from": origin.map_from,
            "start_from": origin.start_from,
            "follows": origin.follows,
            "seed": origin.seed,
            "device": origin.device,
            "versions": origin.versions,
            "state": result.state,
            "q": result.q,
            "q_box": result.q_box,
            "window": result.window,
        }
    )
    assert isinstance(plain, dict)
    return plain


def _with_map(picture: FigurePicture, result: Result | None) -> FigurePicture:
    """With the hash of the map that a result was made by: one without a detector may have been
    given a map to be scored by alone."""
    if result is None or result.labels is None or result.provenance.detector is None:
        return picture
    labels = np.ascontiguousarray(result.frozen().labels)
    digest = hashlib.sha256(labels.tobytes()).hexdigest()
    return replace(picture, provenance={**picture.provenance, "map_sha256": digest})
