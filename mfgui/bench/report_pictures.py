"""Small pictures of a report: every fused picture, and the same busy place of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from mfgui.bench.datasets import SourceSet
from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, from_float, to_float
from mfgui.core.bands import BAND, boundary_band
from mfgui.core.errors import InputError, MfguiError
from mfgui.core.stack import SourceStack
from mfgui.files.atomic import writing
from mfgui.files.images import read_image, read_stack
from mfgui.files.maps import read_map
from mfgui.methods.metrics.measures import detected

THUMB = 220  # pixels of the longer side
_CROP_SHARE, _CROP_LEAST, _CROP_MOST = 4, 48, 160
_DARK = 0.5  # pictures that stay below are shown brighter
_QUALITY = 88


@dataclass(frozen=True)
class PictureJob:
    """The pictures of one set.

    Attributes
    ----------
    number : int
        Of the set, for the names of files.
    fused : tuple of (label, path or None)
        None where there is no picture.
    folder : Path
        Where small pictures are written.
    full : Path or None
        Folder for fused pictures in full size, 8-bit PNG; None for none.
    """

    number: int
    sources: SourceSet
    fused: tuple[tuple[str, Path | None], ...]
    folder: Path
    full: Path | None = None


@dataclass(frozen=True)
class Shown:
    """Names of the files of one picture; empty where there is none."""

    title: str
    thumb: str = ""
    crop: str = ""
    full: str = ""


@dataclass(frozen=True)
class Drawn:
    """What was drawn of a set, or why nothing was.

    Attributes
    ----------
    rect : Rect or None
        The place of the crops.
    gain : float
        Factor by which pictures were brightened to be seen.
    """

    sources: tuple[Shown, ...] = ()
    fused: tuple[Shown, ...] = ()
    rect: Rect | None = None
    gain: float = 1.0
    reason: str = ""


@dataclass
class _Writer:
    job: PictureJob
    rect: Rect
    gain: float
    written: int = field(default=0)

    def show(self, title: str, name: str, image: ImageF32) -> Shown:
        """Write thumbnail and crop of a picture in [0, 1]."""
        stem = f"{self.job.number:04d}-{name}"
        pixels = from_float(image * np.float32(self.gain), "uint8")
        thumb, crop = f"{stem}.jpg", f"{stem}-crop.png"
        height, width = pixels.shape[:2]
        scale = min(1.0, THUMB / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        _write(self.job.folder / thumb, small)
        _write(self.job.folder / crop, pixels[self.rect.slices])
        return Shown(title, thumb, crop)

    def write_full(self, number: int, image: ImageF32) -> str:
        if self.job.full is None:
            return ""
        name = f"{self.job.number:04d}-{number:02d}.png"
        _write(self.job.full / name, from_float(image, "uint8"))
        return name


def draw(job: PictureJob) -> Drawn:
    """Write the pictures of a set; never raises for what is wrong with them."""
    cv2.setNumThreads(1)
    try:
        stack = read_stack(job.sources.sources)
        frames = [stack.pixels(index) for index in range(stack.k)]
        rect = busiest(_focus_map(job.sources, stack, frames), frames)
    except MfguiError as error:
        return Drawn(reason=str(error))
    gain = _gain(frames)
    writer = _Writer(job, rect, gain)
    shown = [
        writer.show(f"source {n}", f"source{n}", to_float(frame))
        for n, frame in enumerate(frames, start=1)
    ]
    truth = job.sources.truth
    if truth is not None:
        shown.append(_one(writer, "ground truth", "truth", truth, 0, full=False))
    fused = tuple(
        Shown(label) if path is None else _one(writer, label, f"{n:02d}", path, n, full=True)
        for n, (label, path) in enumerate(job.fused)
    )
    return Drawn(tuple(shown), fused, rect, gain)


def _one(writer: _Writer, title: str, name: str, path: Path, number: int, *, full: bool) -> Shown:
    """One picture of a file, which may be damaged or of another size."""
    try:
        image = read_image(path)
        _check_holds(path, image, writer.rect)
    except MfguiError:
        return Shown(title)
    shown = writer.show(title, name, image)
    whole = writer.write_full(number, image) if full else ""
    return Shown(shown.title, shown.thumb, shown.crop, whole)


def _check_holds(path: Path, image: ImageF32, rect: Rect) -> None:
    if rect.bottom > image.shape[0] or rect.right > image.shape[1]:
        raise InputError("is smaller than the sources", path=path)


def busiest(labels: LabelArray, frames: Sequence[PixelArray]) -> Rect:
    """The square in which the boundary band of a map crosses most detail.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        The focus map; without a boundary all pixels count.
    frames : sequence of (H, W, C)
        The sources, whose strongest gradient is the detail.
    """
    height, width = labels.shape
    side = min(height, width) // _CROP_SHARE
    side = min(height, width, max(_CROP_LEAST, min(_CROP_MOST, side)))
    detail = np.zeros(labels.shape, np.float32)
    for frame in frames:
        grey = np.ascontiguousarray(to_float(frame).mean(axis=2))
        across, down = (cv2.Sobel(grey, cv2.CV_32F, x, y) for x, y in ((1, 0), (0, 1)))
        np.maximum(detail, cv2.magnitude(across, down), out=detail)
    band = boundary_band(labels, BAND)
    if band.any():
        detail *= band
    # Weighted towards the middle, so that the boundary runs through the middle of the square.
    sums = cv2.GaussianBlur(detail, (0, 0), side / 4, borderType=cv2.BORDER_CONSTANT)
    y, x = np.unravel_index(int(np.argmax(sums)), sums.shape)
    left, top = (int(np.clip(c - side // 2, 0, n - side)) for c, n in ((x, width), (y, height)))
    return Rect(left, top, side, side)


def _focus_map(given: SourceSet, stack: SourceStack, frames: Sequence[PixelArray]) -> LabelArray:
    """The true map, else that of the default detector: the same for all methods."""
    if given.labels is not None:
        return read_map(given.labels, k=stack.k, size=stack.size)
    return detected(frames)[0]


def _gain(frames: Sequence[PixelArray]) -> float:
    brightest = max(float(np.percentile(to_float(frame), 99.9)) for frame in frames)
    return 1.0 / brightest if 0.0 < brightest < _DARK else 1.0


def _write(path: Path, pixels: PixelArray) -> None:
    """Without waiting for the disk: what is made again by every report may be lost with it."""
    stored = pixels if pixels.ndim == 2 or pixels.shape[2] == 1 else pixels[:, :, ::-1]
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY] if path.suffix == ".jpg" else []
    good, data = cv2.imencode(path.suffix, np.ascontiguousarray(stored), options)
    assert good
    with writing(path):
        path.write_bytes(data.tobytes())
