"""Geometry and exposure of one frame brought to those of the other, whose sharpness differs.

What is out of focus is compared only after the sharp frame was blurred as much: plain
registration and plain low-pass gains are led astray by light that spreads over contours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, Size
from mfgui.core.compute import Compute
from mfgui.core.disks import blurred
from mfgui.methods.inversion.motions import Pair, logarithm, motion_between
from mfgui.methods.inversion.radii import reblur
from mfgui.methods.inversion.views import (
    View,
    brightest,
    brightness,
    decoded,
    detail,
    difference,
    encoded,
    mean,
    noise_of,
)
from mfgui.methods.inversion.warping import (
    Alignment,
    Matrix,
    applied,
    corner_shift,
    log_gain,
    moved,
    outside,
    scaled,
    terms,
)
from mfgui.methods.planes import Plane

__all__ = ["Alignment", "align", "applied", "outside"]

_COARSEST = 110  # pixels, long side of the smallest level at least
_SEARCHED = 400  # pixels, long side of the largest level whose radii are all tried
_DROP = float(np.log(0.9))  # of the error that a correction has to bring
_LEAST_WARP = 0.15  # pixels at the corners
_LEAST_GAIN = 0.006
_LARGEST_WARP = 0.04  # of the long side
_ENERGY = 0.03
_BLURRED = 6.0  # pixels of a level: a larger disk leaves nothing to be seen more exactly
_ROUNDS = 3
_BORDER = 0.2  # radii of a core that may hold spilled light
_ALIKE = 2.0  # pixels, sigma by which frames are blurred whose radii are not known
_CALM = np.float32(0.01)  # variance of log light that halves a pixel's weight for the gain
_SCALE = 0.04  # of log gains
_RIDGE = 2.0  # pixels whose gain is 0


@dataclass(frozen=True, eq=False)
class _Level:
    """Both frames at one scale, linear light, and what is known of them."""

    still: ImageF32 = field(repr=False)
    moving: ImageF32 = field(repr=False)
    noise: float  # 3 times the variance of a channel, sRGB

    @property
    def size(self) -> Size:
        return Size(self.still.shape[1], self.still.shape[0])


@dataclass(frozen=True, eq=False)
class _Blur:
    """How much wider one frame is blurred than the other, and where.

    Attributes
    ----------
    radii : (2,) float
        Pixels of the finest level.
    cores : pair of (h, w) bool
        Where the reference, the moving frame is surely the sharp one; of any level.
    """

    radii: tuple[float, float]
    cores: tuple[BoolMask, BoolMask] = field(repr=False)

    def cores_at(self, size: Size, *, eroded: int) -> tuple[BoolMask, BoolMask]:
        side = (size.width, size.height)
        found = []
        for core in self.cores:
            wide = cv2.resize(core.astype(np.uint8), side, interpolation=cv2.INTER_NEAREST)
            found.append(cv2.erode(wide, np.ones((eroded, eroded), np.uint8)).view(bool))
        return found[0], found[1]


def align(
    frames: Sequence[ImageF32], *, moving: int = 1, compute: Compute | None = None
) -> Alignment:
    """Find how a frame has to be moved and brightened to agree with the other.

    Parameters
    ----------
    frames : two (H, W, 3) float32
        sRGB-encoded, [0, 1]; up to a megapixel, 0.3 megapixels are enough.
    moving : 0 or 1
        The frame to be changed; the other is the reference.

    Returns
    -------
    Alignment
        The identity unless a change makes re-blurred frames agree better by 10 %.
    """
    compute = compute or Compute()
    still, other = decoded(frames[1 - moving]), decoded(frames[moving])
    noise = 3.0 * float(np.mean([noise_of(frame) ** 2 for frame in frames]))
    size = Size(still.shape[1], still.shape[0])
    start = Alignment(size, gain=energy_gain(still, other))
    levels = _levels(_Level(still, other, noise))
    found, blur = start.with_warp(_first_warp(levels[0], start)), None
    used = levels[0]
    for index, level in enumerate(levels):
        share = level.size.width / size.width
        if index and blur is not None and share * min(blur.radii) > _BLURRED:
            break
        used = level
        for _ in range(_ROUNDS if index == 0 else 1):
            compute.checkpoint()
            found, blur = _refined(level, found, blur, compute)
    # Averaged noise hides less of what is left.
    judge = _judge(used, found, blur)
    found = _judged_gain(judge, _judged_warp(judge, start, found))
    plain = judge.score(Alignment(size))
    errors = tuple(float(np.sqrt(np.exp(s) / 3)) for s in (plain, judge.score(found)))
    return replace(found, radii=None if blur is None else blur.radii, errors=(errors[0], errors[1]))


def energy_gain(still: ImageF32, moving: ImageF32) -> Matrix:
    """Logarithm of the gain of each channel, (3, 6) with the constant term alone.

    Defocus moves light but keeps its amount: the median ratio of means of 24 x 24 blocks. 0 if
    no channel differs by 3 %.
    """
    gain = np.zeros((3, 6))
    clear = (np.maximum(brightest(still), brightest(moving)) < 0.9).astype(np.float32)
    blocks = (24, 24)
    share = cv2.resize(clear, blocks, interpolation=cv2.INTER_AREA)
    means = [
        cv2.resize(frame * clear[:, :, None], blocks, interpolation=cv2.INTER_AREA)
        for frame in (still, moving)
    ]
    for channel in range(3):
        a, b = (m[:, :, channel] for m in means)
        used = (share > 0.3) & (a > 2e-3 * share) & (b > 2e-3 * share)
        if np.count_nonzero(used) >= 20:
            gain[channel, 0] = np.median(np.log(a[used] / b[used]))
    return gain if np.abs(gain).max() > _ENERGY else np.zeros((3, 6))


def _levels(finest: _Level) -> list[_Level]:
    """Halved again and again, the smallest first."""
    levels = [finest]
    while max(levels[0].size.width, levels[0].size.height) >= 2 * _COARSEST:
        last = levels[0]
        size = Size((last.size.width + 1) // 2, (last.size.height + 1) // 2)
        noise = max(last.noise / 4, 3 * (0.4 / 255) ** 2)
        levels.insert(0, _Level(scaled(last.still, size), scaled(last.moving, size), noise))
    return levels


def _first_warp(level: _Level, start: Alignment) -> Matrix:
    """A shift found by phase correlation, if frames blurred alike agree better after it."""
    planes = [logarithm(light) for light in (level.still, _changed(level, start))]
    bands = [plane - mean(plane, 8.0) for plane in planes]
    height, width = planes[0].shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(bands[0], bands[1], window)
    found = Alignment(level.size, np.array([[1.0, 0.0, x], [0.0, 1.0, y]])).warp_at(start.size)
    if not np.hypot(x, y) > 1.0 or corner_shift(found, start.size) > _LARGEST_WARP * max(
        start.size.width, start.size.height
    ):
        return start.warp
    weight = np.ones((height, width), np.float32) * ~outside(start.with_warp(found), level.size)
    judge = _Judge(level, None, (weight, weight))
    better = judge.score(start.with_warp(found)) < judge.score(start) + _DROP
    return found if better else start.warp


def _changed(level: _Level, alignment: Alignment) -> ImageF32:
    """The moving frame of a level after the alignment, linear light."""
    light = level.moving
    if alignment.moves:
        light = moved(light, alignment.warp_at(level.size), slice(0, level.size.height))
        light = np.clip(light, 0.0, None)
    if alignment.brightens:
        light = light * np.exp(log_gain(alignment.gain, level.size))
    return light


def _refined(
    level: _Level, alignment: Alignment, blur: _Blur | None, compute: Compute
) -> tuple[Alignment, _Blur | None]:
    """A better warp, and the blur if it was looked for."""
    view = _view(level, alignment)
    if max(level.size.width, level.size.height) <= _SEARCHED or blur is None:
        blur = _blur_of(view, alignment.size.width / level.size.width, compute)
    motion = None if blur is None else motion_between(_pairs(view, blur, alignment.size))
    if motion is None:
        still, other = (mean(light, _ALIKE) for light in view.light)
        motion = motion_between([(still, other, np.ones(still.shape[:2], np.bool_))])
    if motion is None:
        return alignment, blur
    before = np.vstack([alignment.warp_at(level.size), [0, 0, 1]])
    warp = (before @ np.vstack([motion.warp, [0, 0, 1]]))[:2]
    found = alignment.with_warp(Alignment(level.size, warp).warp_at(alignment.size))
    return (alignment if found.shift() > _furthest(alignment.size) else found), blur


def _furthest(size: Size) -> float:
    return _LARGEST_WARP * max(size.width, size.height)


def _view(level: _Level, alignment: Alignment) -> View:
    light = (level.still, _changed(level, alignment))
    return View(light, (encoded(light[0]), encoded(light[1])), level.noise)


def _blur_of(view: View, factor: float, compute: Compute) -> _Blur | None:
    """Radii, in pixels times `factor`, and cores; None if they are not to be believed."""
    height, width = view.light[0].shape[:2]
    largest = None if max(height, width) <= _SEARCHED else 4.0
    found = reblur(view, compute=compute, largest=largest)
    if not found.valid:
        return None
    return _Blur((found.radii[0] * factor, found.radii[1] * factor), found.cores)


def _pairs(view: View, blur: _Blur, full: Size) -> list[Pair]:
    """Pictures of equal blur, linear light, and where they are that."""
    still, other = view.light
    size = Size(still.shape[1], still.shape[0])
    share = size.width / full.width
    eroded = 2 * int(np.ceil(_BORDER * share * max(blur.radii))) + 1
    first, second = blur.cores_at(size, eroded=eroded)
    return [
        (blurred(still, share * blur.radii[0]), other, first),
        (still, blurred(other, share * blur.radii[1]), second),
    ]


def _errors(view: View, blur: _Blur | None, full: Size) -> tuple[Plane, Plane]:
    """Squared errors of re-blurring either frame; without a blur of both blurred alike."""
    if blur is None:
        soft = [mean(light, _ALIKE) for light in view.light]
        away = mean(difference(soft[0], encoded(soft[1])), 2.5)
        return away, away
    share = view.light[0].shape[1] / full.width
    return (
        mean(difference(blurred(view.light[0], share * blur.radii[0]), view.codes[1]), 2.5),
        mean(difference(blurred(view.light[1], share * blur.radii[1]), view.codes[0]), 2.5),
    )


@dataclass(frozen=True, eq=False)
class _Judge:
    """Compares alignments by what re-blurring leaves, on the same pixels for all.

    Attributes
    ----------
    level : _Level
    blur : _Blur or None
    weights : pair of (H, W)
        Detail where frame 1, frame 2 is surely the sharp one.
    """

    level: _Level
    blur: _Blur | None
    weights: tuple[Plane, Plane] = field(repr=False)

    def score(self, alignment: Alignment) -> float:
        """Mean logarithm of the squared error, of the pixels with detail."""
        view = _view(self.level, alignment)
        total = 0.0
        for weight, away in zip(
            self.weights, _errors(view, self.blur, alignment.size), strict=True
        ):
            total += float((weight * np.log(away + np.float32(3 * view.noise))).sum())
        return total / (float(sum(weight.sum() for weight in self.weights)) + 1e-9)


def _judge(level: _Level, best: Alignment, blur: _Blur | None) -> _Judge:
    view = _view(level, best)
    texture = detail(view.codes[0], 1.5, 2.5) + detail(view.codes[1], 1.5, 2.5)
    weight = texture / (texture + np.float32(10 * view.noise + 3e-4))
    weight *= ~outside(best, level.size)
    if blur is None:
        return _Judge(level, None, (weight, weight))
    first, second = blur.cores_at(level.size, eroded=1)
    return _Judge(level, blur, (weight * first, weight * second))


def _judged_warp(judge: _Judge, start: Alignment, found: Alignment) -> Alignment:
    """The warp if it is large enough and helps enough."""
    if found.shift() < _LEAST_WARP or judge.score(found) > judge.score(start) + _DROP:
        return start
    return found


def _judged_gain(judge: _Judge, alignment: Alignment) -> Alignment:
    """A smooth gain of each channel added if it is large enough and helps enough."""
    view = _view(judge.level, alignment)
    fine = fine_gain(view, judge.blur, alignment.size)
    if np.abs(log_gain(fine, Size(16, 16))).max() < _LEAST_GAIN:
        return alignment
    found = alignment.with_gain(alignment.gain + fine)
    return found if judge.score(found) < judge.score(alignment) + _DROP else alignment


def fine_gain(view: View, blur: _Blur | None, full: Size) -> Matrix:
    """Logarithm of the gain that is left of each channel, (3, 6), from re-blurred frames.

    Where there is contrast, blurring in anything but linear light changes the mean: what varies
    little counts most.
    """
    still, other = view.light
    if blur is None:
        pairs, reach = [(still, other, np.ones(still.shape[:2], np.bool_))], 2.0
    else:
        pairs, reach = _pairs(view, blur, full), max(2.0, *blur.radii) * still.shape[1] / full.width
    varied = [contrast(light, reach) for light in (still, other)]
    weight = 1 / (1 + np.maximum(*varied) / _CALM)
    height, width = weight.shape
    y, x = np.mgrid[0:height:2, 0:width:2].astype(np.float32)
    basis = np.stack(terms((2 * x + 1) / width - 1, (2 * y + 1) / height - 1), axis=-1)
    result = np.zeros((3, 6))
    for channel in range(3):
        rows, values, weights = [], [], []
        for one, two, mask in pairs:
            a, b = (mean(np.ascontiguousarray(p[:, :, channel]), 1.5)[::2, ::2] for p in (one, two))
            used = mask[::2, ::2] & (np.minimum(a, b) > 0.01) & (np.maximum(a, b) < 0.8)
            rows.append(basis[used])
            values.append(np.log(a[used] / b[used]))
            weights.append(weight[::2, ::2][used])
        result[channel] = _robust_fit(
            np.concatenate(rows), np.concatenate(values), np.concatenate(weights)
        )
    return result


def contrast(light: ImageF32, reach: float) -> Plane:
    """Variance of the logarithm of the light around each pixel."""
    logs = np.log(np.maximum(brightness(light), 0) + np.float32(0.02))
    varied: Plane = np.maximum(mean(logs * logs, reach) - mean(logs, reach) ** 2, 0)
    return varied


def _robust_fit(
    rows: npt.NDArray[np.float32], values: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Weighted least squares with Cauchy weights; 0 if there is too little."""
    found = np.zeros(rows.shape[1])
    if len(values) < 500:
        return found
    for _ in range(6):
        away = (values - rows @ found.astype(np.float32)) / np.float32(_SCALE)
        share = weights / (1 + away * away)
        weighted = rows * share[:, None]
        normal = (weighted.T @ rows).astype(np.float64)
        normal[np.diag_indices(6)] += _RIDGE
        found = np.linalg.solve(normal, (weighted.T @ values).astype(np.float64))
    return found
