"""Two layers from two frames: the matte of the near one and what lies behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32
from mfgui.core.compute import Compute
from mfgui.methods.inversion.spread import Spread
from mfgui.methods.inversion.views import View, detail, difference, mean
from mfgui.methods.planes import Plane

_STEP = np.float32(0.35)
_SLACK = np.float32(0.1)
_TINY = np.float32(1e-6)
_LEAST = np.float32(3e-3)  # weight of the blurred background where the light is divided


@dataclass(frozen=True, eq=False)
class Layers:
    """Attributes
    ----------
    matte : (H, W) float32 in [0, 1]
        Of the near layer.
    near, far : (H, W, 3) float32
        Colours of both layers, linear light; `near` only where the matte is above 0.
    spill : (H, W) float32
        The matte blurred as in the far frame.
    lit : (H, W, 3) float32
        The near layer's light, blurred as in the far frame.
    """

    matte: Plane = field(repr=False)
    near: ImageF32 = field(repr=False)
    far: ImageF32 = field(repr=False)
    spill: Plane = field(repr=False)
    lit: ImageF32 = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """Attributes
    ----------
    spreads : (near light in the far frame, far light in the near frame)
    floor : float
        What the best re-blur leaves unexplained, squared.
    weight : float
        Of the total variation.
    rounds, soft : int
        That peel the matte, with the background behind the hard one and then behind the soft
        one; without any of the latter the matte stays hard.
    """

    spreads: tuple[Spread, Spread]
    floor: float
    weight: float = 1.0
    rounds: int = 4
    soft: int = 1

    @property
    def swapped(self) -> Settings:
        """With the other frame taken for the near one."""
        first, second = self.spreads
        return replace(self, spreads=(second, first))

    def times(self, factor: float) -> Settings:
        """For pictures `factor` times as large."""
        first, second = self.spreads
        return replace(self, spreads=(first.times(factor), second.times(factor)))


class Cues:
    """What does not change while the layers are improved."""

    def __init__(self, view: View, settings: Settings) -> None:
        to_far, to_near = settings.spreads
        x1, x2 = view.light
        self.d1 = mean(difference(to_far.over(x1), view.codes[1]), 1.5)
        self.d2 = mean(difference(to_near.over(x2), view.codes[0]), 1.5)
        self.sharper, self.smooth = sharper(view), smoothness(view)


def sharper(view: View) -> Plane:
    """Which frame has more fine detail, from -1 (the second) to 1."""
    e1 = np.maximum(detail(view.codes[0], 1.2, 2.0) - np.float32(view.noise), 0)
    e2 = np.maximum(detail(view.codes[1], 1.2, 2.0) - np.float32(view.noise), 0)
    found: Plane = (e1 - e2) / (e1 + e2 + np.float32(0.5 * view.noise + 2e-5))
    return found


def smoothness(view: View) -> Plane:
    """Weight of the total variation: little where the near frame has an edge."""
    gx = cv2.Sobel(view.codes[0], cv2.CV_32F, 1, 0) / 4
    gy = cv2.Sobel(view.codes[0], cv2.CV_32F, 0, 1) / 4
    edge = np.sqrt(np.sum(gx * gx + gy * gy, axis=2))
    return np.asarray(0.03 + np.exp(-edge / 0.04), np.float32)


def solve(view: View, settings: Settings, *, compute: Compute) -> Layers:
    """Steps 4 to 6."""
    matte = hard_matte(view, settings, compute=compute)
    return refined(view, matte, settings, compute=compute)


def hard_matte(
    view: View, settings: Settings, *, compute: Compute, start: Plane | None = None
) -> Plane:
    """Steps 4 and 5: 0 or 1 for every pixel; step 5 alone where a matte is there to start from."""
    cues = Cues(view, settings)
    matte = first_matte(cues, settings) if start is None else start
    bounds = range_around(view, settings.spreads[0].radius)
    for _ in range(settings.rounds):
        compute.checkpoint()
        found = behind(view, matte, settings, steps=1, bounds=bounds)
        matte = peeled(view, cues, found, settings)
    for _ in range(settings.soft):
        compute.checkpoint()
        found = behind(view, matte, settings, steps=1)
        found = behind(view, softened(view, matte, found, settings), settings, steps=1)
        matte = peeled(view, cues, found, settings)
    return matte


def refined(
    view: View, matte: Plane, settings: Settings, *, compute: Compute, slack: int = 0
) -> Layers:
    """Layers for a hard matte whose contour may be wrong by `slack` pixels (steps 5 and 6)."""
    if not matte.any() or matte.all():
        return apart(view, matte, settings)
    bounds = range_around(view, settings.spreads[0].radius)
    if slack:
        cues = Cues(view, settings)
        found = behind(view, matte, settings, steps=1, bounds=bounds)
        fixed = _away(matte, slack)
        matte = np.where(fixed, matte, peeled(view, cues, found, settings))
    if settings.soft:
        compute.checkpoint()
        # Once: hard mattes are too wide by about 2 pixels, so that their insides are solid. A
        # second time the contour would be right, and the insides of thin things would be taken
        # for mixed pixels and worn away.
        found = behind(view, matte, settings, steps=1, bounds=bounds)
        matte = softened(view, matte, found, settings)
    return behind(view, matte, settings, bounds=bounds)


def apart(view: View, matte: Plane, settings: Settings) -> Layers:
    """Layers of a hard matte as they are farther than a radius from its contour: no spill."""
    x1, x2 = view.light
    lit = settings.spreads[0].over(x1) * matte[:, :, None] if matte.any() else np.zeros_like(x1)
    return Layers(matte, x1, x2, matte, lit)


def _away(matte: Plane, pixels: int) -> npt.NDArray[np.bool_]:
    """Farther than so many pixels from the contour."""
    square = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    hard = (matte > 0.5).astype(np.uint8)
    return np.asarray(cv2.dilate(hard, square) == cv2.erode(hard, square))


def first_matte(cues: Cues, settings: Settings) -> Plane:
    """Near where frame 1, re-blurred, explains frame 2 (step 4)."""
    d1, d2 = cues.d1, cues.d2
    evidence = 0.7 * (d2 - d1) / (d1 + d2 + np.float32(2 * settings.floor)) + 0.3 * cues.sharper
    return parted(evidence, np.full(d1.shape, 0.4, np.float32), steps=120)


def parted(evidence: Plane, weight: Plane, *, steps: int) -> Plane:
    """0 or 1 where the total variation and the evidence agree best."""
    from mfgui.methods.inversion import kernels  # compiles on its first use

    evidence = np.ascontiguousarray(evidence, np.float32)
    a = (evidence > 0).astype(np.float32)
    bar, px, py = a.copy(), np.zeros_like(a), np.zeros_like(a)
    kernels.total_variation(evidence, weight, a, bar, px, py, _STEP, _STEP, steps)
    return (a > 0.5).astype(np.float32)


def near_colours(view: View, matte: Plane, *, solid: float = 0.98) -> ImageF32:
    """Frame 1 inside the near layer, and its continuation beyond (step 5a)."""
    from mfgui.methods.inversion import kernels  # compiles on its first use

    x1 = view.light[0]
    inside = (matte > solid).astype(np.float32)
    known = _weighted(x1, inside)
    narrow, wide = mean(known, 1.2), _wide(known)
    found = np.empty_like(x1)
    kernels.continued(_flat(x1), inside.reshape(-1), _flat(narrow), _flat(wide), _flat(found))
    return found


def _wide(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Gaussian mean over 4 pixels, of a picture of half the size."""
    height, width = image.shape[:2]
    to = ((width + 1) // 2, (height + 1) // 2)
    half = np.asarray(cv2.resize(image, to, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(cv2.resize(mean(half, 2.0), (width, height)), np.float32)


def _flat(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Pixels in one row, (H W, C)."""
    return np.ascontiguousarray(image).reshape(-1, image.shape[2])


def _weighted(light: ImageF32, share: Plane) -> npt.NDArray[np.float32]:
    """(H, W, 4): light times weight, and the weight."""
    from mfgui.methods.inversion import kernels  # compiles on its first use

    found = np.empty((*share.shape, 4), np.float32)
    kernels.weighted(_flat(light), np.ascontiguousarray(share).reshape(-1), _flat(found))
    return found


def filled(image: ImageF32, known: Plane) -> ImageF32:
    """The picture where it is known, smooth in between, by pull and push over octaves."""
    from mfgui.methods.inversion import kernels  # compiles on its first use

    levels = [_weighted(image, known)]
    while min(levels[-1].shape[:2]) > 2 and len(levels) < 12:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.float32))
    last = levels[-1]
    found = np.asarray(last[:, :, :3] / np.maximum(last[:, :, 3:], _TINY), np.float32)
    for level in levels[-2::-1]:
        up = np.asarray(cv2.pyrUp(found, dstsize=(level.shape[1], level.shape[0])), np.float32)
        found = np.empty_like(up)
        kernels.pushed(_flat(level), _flat(up), _flat(found))
    return found


def behind(
    view: View,
    matte: Plane,
    settings: Settings,
    *,
    steps: int = 3,
    bounds: tuple[ImageF32, ImageF32] | None = None,
) -> Layers:
    """The background that both frames agree with (step 5b).

    `bounds` are those of `range_around`, if they are known.
    """
    from mfgui.methods.inversion import kernels  # compiles on its first use

    x1, x2 = view.light
    to_far, to_near = settings.spreads
    near = near_colours(view, matte)
    spill = to_far.over(matte)
    lit = to_far.over(matte[:, :, None] * near)
    blurry = filled(x1, (matte < 0.1).astype(np.float32))
    low, high = (_flat(bound) for bound in bounds or range_around(view, to_far.radius))
    rest, far, missed = np.empty_like(x1), np.empty_like(x1), np.empty_like(x1)
    clear, rests, fars = spill.reshape(-1), _flat(rest), _flat(far)
    kernels.divided(_flat(x2), _flat(lit), clear, _flat(blurry), low, high, _LEAST, rests, fars)
    q = np.asarray(0.5 * (1 - matte) ** 2 * np.minimum(1.0, 4 * spill), np.float32)
    scale = np.square(1 - spill) + np.float32(0.6) * to_near.over(q) + _LEAST
    for _ in range(steps):
        kernels.missed(_flat(x1), _flat(to_near.over(far)), q.reshape(-1), _flat(missed))
        tied = _flat(to_near.over(missed))
        kernels.improved(
            fars, rests, clear, _flat(blurry), tied, scale.reshape(-1), low, high, _LEAST
        )
    return Layers(matte, near, far, spill, lit)


def range_around(view: View, radius: float) -> tuple[ImageF32, ImageF32]:
    """What the background may be: the values of both frames around, and a little more."""
    side = 2 * int(np.ceil(radius)) + 3
    square = np.ones((side, side), np.uint8)
    low = cv2.erode(np.minimum(*view.light), square)
    high = cv2.dilate(np.maximum(*view.light), square)
    slack = _SLACK * (high - low)
    return np.maximum(low - slack, 0), np.minimum(high + slack, 1.05)


def peeled(view: View, cues: Cues, layers: Layers, settings: Settings) -> Plane:
    """Near where the re-blurred background does not explain frame 1 (step 5c)."""
    r1 = mean(difference(settings.spreads[1].over(layers.far), view.codes[0]), 0.8)
    d1 = cues.d1
    s2, floor = np.float32(4 * view.noise), np.float32(5 * settings.floor)
    evidence = (r1 - d1 - s2) / (r1 + d1 + floor) + 0.25 * cues.sharper
    return parted(evidence, settings.weight * cues.smooth, steps=80)


def softened(view: View, matte: Plane, layers: Layers, settings: Settings) -> Plane:
    """Continuous values within 2 pixels of the contour (step 6)."""
    hard = (matte > 0.5).astype(np.uint8)
    square = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    outer, inner = cv2.dilate(hard, square), cv2.erode(hard, square)
    strip = outer != inner
    b = settings.spreads[1].over(layers.far)
    f = near_colours(view, inner.astype(np.float32))
    span = f - b
    length = np.einsum("hwc,hwc->hw", span, span)
    along = np.einsum("hwc,hwc->hw", view.light[0] - b, span)
    found = np.clip(along / np.maximum(length, 1e-8), 0, 1)
    contour = mean(hard.astype(np.float32), 0.6)
    trust = length / (length + np.float32(3e-3))
    soft = trust * found + (1 - trust) * contour
    return np.where(strip, soft, hard).astype(np.float32)


def output(view: View, layers: Layers, settings: Settings) -> ImageF32:
    """All in focus, linear light (step 7)."""
    x1, x2 = view.light
    a, far = layers.matte, layers.far
    ramp = np.clip((layers.spill - 0.005) / 0.015, 0, 1)[:, :, None]
    result: ImageF32 = x2 + ramp * (far - x2)
    near, mixed = a > 0.98, (a >= 0.02) & (a <= 0.98)
    result[near] = x1[near]
    if mixed.any():
        lost = far[mixed] - settings.spreads[1].over(far)[mixed]
        result[mixed] = x1[mixed] + (1 - a[mixed])[:, None] * lost
    return np.clip(result, 0.0, 1.0, out=result)


def unexplained(view: View, layers: Layers, settings: Settings) -> tuple[Plane, Plane]:
    """Squared differences of both frames to those that the layers would give."""
    a = layers.matte[:, :, None]
    light = a * layers.near
    first = light + (1 - a) * settings.spreads[1].over(layers.far)
    second = layers.lit + (1 - layers.spill)[:, :, None] * layers.far
    return difference(first, view.codes[0]), difference(second, view.codes[1])
