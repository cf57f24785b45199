"""Focus map from phase congruency."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.core.stripes import RowWorkers, Scratch
from mfgui.methods.detect.consistency import Consistency, MeasureWindow, settle
from mfgui.methods.detect.measures import box_mean
from mfgui.methods.detect.regions import Clean
from mfgui.methods.optimise.mffssim.window import window_size
from mfgui.methods.planes import Plane, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, method

SCALES, ORIENTATIONS = 4, 6
_SHORTEST, _RATIO = 3.0, 2.1  # wavelength of the finest filters in pixels, and from one to the next
_BANDWIDTH = 0.55  # width of the filters on the logarithmic scale, over their frequency
_NOISE_FACTOR = 2.0  # deviations of the noise energy above its mean that are taken away
_CUT, _STEEPNESS = 0.5, 10.0  # of the weight for the spread over the scales
_LEAST = np.float32(2e-6)  # energy of the rounding of single precision, times 10
_TINY = np.float32(1e-12)  # against division by zero
_SIDE = 384  # pixels of a transform: its planes fit the cache
_MARGIN = 64  # of them on each side, 2.3 times the longest wavelength, that are not used
_INNER = _SIDE - 2 * _MARGIN
_SAMPLES = 16  # tiles from which the noise of a source is told

Waves = npt.NDArray[np.complex64]
Bank = tuple[tuple[Plane, ...], ...]  # by orientation, then by scale from the finest
Thresholds = tuple[float, ...]  # of the noise, by orientation


@method(
    "phase-congruency",
    kind=Kind.DETECTOR,
    title="Phase congruency",
    summary="The source in which the waves of an edge or line are most in step.",
    reference="Kovesi, Videre: Journal of Computer Vision Research 1(3), 1999",
    family=Family.MEASURE,
    smallest=16,
    notes=Notes(
        idea="Where an edge or line is, waves of all lengths have the same phase; blur takes the "
        "short ones away. How far they are in step is measured with filters of 4 scales and 6 "
        "orientations, whatever the contrast.",
        complexity="O(H W C K), 25 Fourier transforms of 2.25 times the pixels of every source",
        memory="12 MB per thread, and 14 MB for the filters",
        strengths="Does not look at contrast: faint detail counts as much as strong edges, 81 % "
        "on a real pair with wide blur and 95 % after consistency=guided and "
        "clean=0.01.",
        failures="Waves stay in step in gently blurred edges too, so that on generated scenes it "
        "is behind most other measures, 86 % of the pixels, and takes over six times as "
        "long as any.",
    ),
)
def phase_congruency(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    window: MeasureWindow = 9,
    consistency: Consistency = "none",
    clean: Clean = 0.0,
) -> LabelArray:
    """Arg max over the sources of the mean phase congruency in W x W; ties take the lowest label.

    Transforms are of 384 x 384 pixels each, of which the inner 256 x 256 are used, so that
    memory does not grow with the picture; what lies beyond its borders is its mirror image. The
    noise of a source is told once from up to 16 tiles all over it, and the lowest of the sources
    holds for all: with thresholds of their own, blurred sources win.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more sources, as stored; their grey values are measured.
    window : int
        Odd side length W of the window; it repeats what lies beyond the border.
    consistency, clean : str, float
        What follows, see `mfgui.methods.detect.consistency.settle`.

    Returns
    -------
    (H, W) uint8 or uint16
        Labels 1 ... K. Time O(H W C K); memory: the labels and some tiles.

    Raises
    ------
    UsageError
        When the window is larger than the image.
    """
    height, width = images[0].shape[:2]
    size = Size(width, height)
    radius = window_size(window, size) // 2
    # The camera's noise is that of all sources; texture only adds to what is told of it.
    noise = tuple(
        min(found) for found in zip(*(noise_thresholds(i, compute) for i in images), strict=True)
    )
    labels: LabelArray = np.empty((height, width), label_dtype(len(images)))

    def work(wide: Rect, inner: Rect) -> None:
        y, x = inner.y - wide.y, inner.x - wide.x
        cut = (slice(y, y + inner.height), slice(x, x + inner.width))
        part = labels[inner.slices]
        part[...] = 1
        best: Plane | None = None
        for index, image in enumerate(images):
            values = congruency(_surrounded(image, wide), noise, compute)
            found = box_mean(values[: wide.height, : wide.width], 2 * radius + 1)[cut]
            if best is None:
                best = np.ascontiguousarray(found)
                continue
            part[found > best] = index + 1
            np.maximum(best, found, out=best)

    side = _INNER - 2 * radius
    in_tiles(size, work, reach=radius, compute=compute, side=side)
    return settle(labels, images, consistency=consistency, clean=clean, compute=compute)


def congruency(square: Plane, thresholds: Thresholds, compute: Compute) -> Plane:
    """Phase congruency of the inside of a square of grey values.

    P. Kovesi, Image features from phase congruency, Videre 1(3), 1999, its measure PC2 with noise
    compensation and weights for the spread over the scales, over all orientations together: the
    sum of weight * max(energy - threshold, 0), divided by the sum of all amplitudes.

    Parameters
    ----------
    square : (384, 384) float32
        Its outer 64 pixels are around what is measured.
    thresholds : tuple of float
        Noise energy of each orientation, see `noise_thresholds`.

    Returns
    -------
    (256, 256) float32
        0 to 1.
    """
    spectrum = _transformed(square)
    above: Plane = np.zeros((_INNER, _INNER), np.float32)
    amplitudes = np.full_like(above, _TINY)
    for filters, threshold in zip(_bank(), thresholds, strict=True):
        compute.checkpoint()
        _add_orientation(
            [_response(spectrum, one) for one in filters], threshold, above, amplitudes
        )
    above /= amplitudes
    return above


def noise_thresholds(image: PixelArray, compute: Compute) -> Thresholds:
    """Noise energy of one source that is taken away, by orientation.

    The finest filters see mostly noise, whose amplitudes are distributed after Rayleigh: their
    median gives its parameter, and that of the other scales falls as their filters narrow. The
    noise energy is the mean of the sum and two deviations more. Kovesi (see `congruency`), section
    on noise compensation; the median is that of his later program.

    Parameters
    ----------
    image : (H, W, C) uint8, uint16 or float32
        Up to 16 tiles all over it are looked at.

    Returns
    -------
    tuple of 6 float
        At least 2e-6, the energy of what single precision rounds.
    """
    height, width = image.shape[:2]
    corners = [(x, y) for y in range(0, height, _INNER) for x in range(0, width, _INNER)]
    chosen = np.unique(np.linspace(0, len(corners) - 1, min(len(corners), _SAMPLES)).round())
    frame = Rect(0, 0, width, height)

    def sample(_scratch: Scratch, start: int, stop: int) -> list[list[Plane]]:
        found = []
        for which in chosen[start:stop]:
            compute.checkpoint()
            inner = Rect(*corners[int(which)], _INNER, _INNER).intersected(frame)
            spectrum = _transformed(_surrounded(image, inner))
            planes = [np.abs(_response(spectrum, filters[0])) for filters in _bank()]
            found.append([plane[: inner.height, : inner.width].ravel() for plane in planes])
        return found

    with RowWorkers(compute) as workers:
        samples = [one for part in workers.run(sample, len(chosen)) for one in part]
    shares = (1.0 - 1.0 / _RATIO**SCALES) / (1.0 - 1.0 / _RATIO)
    mean_and_deviations = math.sqrt(math.pi / 2) + _NOISE_FACTOR * math.sqrt((4 - math.pi) / 2)
    factor = shares * mean_and_deviations / math.sqrt(math.log(4))
    medians = [np.median(np.concatenate(planes)) for planes in zip(*samples, strict=True)]
    return tuple(max(float(_LEAST), factor * float(median)) for median in medians)


def _add_orientation(
    responses: Sequence[Waves],
    threshold: float,
    above: Plane,
    amplitudes: Plane,
) -> None:
    """Weighted energy above the noise, and amplitudes, of the scales of one orientation."""
    sizes = [np.abs(response) for response in responses]
    together = sum(responses[1:], start=responses[0])
    energy = np.abs(together)
    direction = together / np.maximum(energy, _TINY)
    turned = np.conj(direction, out=direction)
    for response in responses:
        energy -= np.abs((response * turned).imag)
    energy -= np.float32(threshold)
    np.maximum(energy, 0.0, out=energy)
    total = sum(sizes[1:], start=sizes[0])
    largest = functools.reduce(np.maximum, sizes) + _TINY
    spread = (total / largest - np.float32(1.0)) / np.float32(SCALES - 1)
    energy /= np.float32(1.0) + np.exp(np.float32(_STEEPNESS) * (np.float32(_CUT) - spread))
    above += energy
    amplitudes += total


def _surrounded(image: PixelArray, inner: Rect) -> Plane:
    """Grey values of `inner` at (64, 64) of a square of 384, with what lies around it.

    Beyond its borders the picture is mirrored.
    """
    height, width = image.shape[:2]
    wanted = Rect(inner.x - _MARGIN, inner.y - _MARGIN, _SIDE, _SIDE)
    kept = wanted.intersected(Rect(0, 0, width, height))
    square = cv2.copyMakeBorder(
        grey(image[kept.slices]),
        kept.y - wanted.y,
        wanted.bottom - kept.bottom,
        kept.x - wanted.x,
        wanted.right - kept.right,
        borderType=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(square, np.float32)


def _transformed(square: Plane) -> Waves:
    """Spectrum, (384, 384)."""
    found = cv2.dft(square, flags=cv2.DFT_COMPLEX_OUTPUT)
    return np.asarray(found, np.float32).view(np.complex64)[:, :, 0]


def _response(spectrum: Waves, one: Plane) -> Waves:
    """Even (real) and odd (imaginary) response inside the square, (256, 256)."""
    product = (spectrum * one).view(np.float32).reshape(*one.shape, 2)
    waves = np.asarray(cv2.dft(product, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE), np.float32)
    return waves.view(np.complex64)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN, 0]


@functools.lru_cache(maxsize=1)
def _bank() -> Bank:
    """Log-Gabor filters of one side of the plane of frequencies."""
    steps = np.fft.fftfreq(_SIDE)
    across, down = np.meshgrid(steps, -steps)
    radius = np.hypot(across, down)
    angle = np.arctan2(down, across)
    low_pass = 1.0 / (1.0 + (radius / 0.45) ** 30)  # no corners: they belong to no orientation
    radius[0, 0] = 1.0
    bank = []
    for orientation in range(ORIENTATIONS):
        turn = angle - orientation * math.pi / ORIENTATIONS
        away = np.abs(np.arctan2(np.sin(turn), np.cos(turn)))
        sector = (1.0 + np.cos(np.minimum(away * ORIENTATIONS / 2, math.pi))) / 2
        filters = []
        for scale in range(SCALES):
            ratio = np.log(radius * _SHORTEST * _RATIO**scale)
            ring = np.exp(-(ratio**2) / (2 * math.log(_BANDWIDTH) ** 2)) * low_pass
            ring[0, 0] = 0.0
            filters.append((ring * sector).astype(np.float32))
        bank.append(tuple(filters))
    return tuple(bank)
