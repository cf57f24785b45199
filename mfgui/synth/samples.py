"""Training samples with truth: two sources and which of them is in focus, drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core import disks
from mfgui.core.arrays import ImageF32, ImageU8
from mfgui.core.errors import UsageError
from mfgui.core.light import to_linear, to_srgb
from mfgui.synth import alpha_matte, layered
from mfgui.synth.material import Material
from mfgui.synth.mattes import random_matte

Model: TypeAlias = Literal["paper", "released", "no-alpha", "layered"]
MODELS: tuple[Model, ...] = get_args(Model)

SAME_PICTURE = 0.25  # share of samples whose foreground and background are one picture
_DISK, _NOISE, _JPEG, _GAIN = 0.5, 0.75, 0.25, 0.25  # shares of samples with such a property
_LIGHT = to_linear(np.arange(256, dtype=np.float32) / np.float32(255))


@dataclass(frozen=True, eq=False)
class Sample:
    """Two sources and their truth.

    Attributes
    ----------
    a, b : (side, side, 3) float32
        Encoded, in [0, 1].
    matte : (side, side) float32
        1 where a is in focus (the foreground, unless exchanged), else 0.
    """

    a: ImageF32 = field(repr=False)
    b: ImageF32 = field(repr=False)
    matte: npt.NDArray[np.float32] = field(repr=False)


def sample(
    material: Material,
    rng: np.random.Generator,
    *,
    side: int,
    models: Sequence[Model] = ("paper", "released", "layered"),
    exchanged: float = 0.0,
    degraded: bool = True,
) -> Sample:
    """One training sample.

    Foreground and background are crops of different pictures, a quarter of the time of one and
    the same place, as in the papers. The blur is a Gaussian of standard deviation 0.5 to 5 or a
    disk of radius 1 to 6 pixels; small ones are as likely as large ones, on a logarithmic scale.

    Parameters
    ----------
    material : Material
    rng : numpy.random.Generator
        Decides everything: the same state gives the same sample.
    side : int
        Height and width in pixels.
    models : sequence of str
        One is drawn, all with equal chance: a variant of `alpha_matte`, or "layered": two layers
        blurred by disks in linear light, as a lens of finite aperture sees them.
    exchanged : float
        Share of samples with a and b (and their truth) exchanged, for networks that must not
        rely on the order near, far.
    degraded : bool
        As cameras store pictures: rounded to 8 bits, most with noise (standard deviation 0.0007
        to 0.028, not the same in both, three in four), some with JPEG's losses (quality 60 to 95)
        or a gain of b (0.75 to 1.33, one in four each). A blurred picture without noise of its
        own would give itself away where there is nothing to see.

    Raises
    ------
    UsageError
        For an unknown model, or when the material has no crops of that size.
    """
    unknown = [model for model in models if model not in MODELS]
    if unknown or not models:
        named = f"unknown model {unknown[0]}" if unknown else "no model"
        raise UsageError(named, hint=f"choose from: {', '.join(MODELS)}")
    foreground, name = material.draw(rng, side)
    background = foreground
    if rng.random() >= SAME_PICTURE:
        background = material.draw(rng, side, other_than=name)[0]
    matte = random_matte(rng, side)
    model = models[int(rng.integers(len(models)))]
    a, b = _rendered(model, foreground, background, matte, rng)
    if degraded:
        a, b = _degraded(a, b, rng)
    truth = np.asarray(matte > 0.5, np.float32)
    if rng.random() < exchanged:
        a, b, truth = b, a, 1 - truth
    return Sample(a, b, truth)


def fixed_set(
    material: Material,
    seed: int,
    count: int,
    side: int,
    *,
    models: Sequence[Model] = ("paper", "released", "layered"),
    exchanged: float = 0.0,
    degraded: bool = True,
) -> tuple[Sample, ...]:
    """`count` samples that depend on the material and the arguments only, for validation.

    The first samples do not depend on `count`.
    """
    rng = np.random.default_rng(seed)
    return tuple(
        sample(material, rng, side=side, models=models, exchanged=exchanged, degraded=degraded)
        for _ in range(count)
    )


def random_kernel(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A Gaussian of standard deviation 0.5 to 5 or a disk of radius 1 to 6 pixels."""
    if rng.random() < _DISK:
        return disks.disk(_log_uniform(rng, 1.0, 6.0))
    return alpha_matte.gaussian(_log_uniform(rng, 0.5, 5.0))


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _rendered(
    model: Model,
    foreground: ImageU8,
    background: ImageU8,
    matte: npt.NDArray[np.float32],
    rng: np.random.Generator,
) -> tuple[ImageF32, ImageF32]:
    if model != "layered":
        front = np.asarray(foreground, np.float32) / np.float32(255)
        behind = front
        if background is not foreground:
            behind = np.asarray(background, np.float32) / np.float32(255)
        return alpha_matte.pair(front, behind, matte, kernel=random_kernel(rng), variant=model)
    radius = _log_uniform(rng, 1.0, 6.0)
    layers = [(_LIGHT[foreground], matte), (_LIGHT[background], np.ones_like(matte))]
    near, far = (layered.composed(layers, radii) for radii in ([0.0, radius], [radius, 0.0]))
    return to_srgb(near), to_srgb(far)


def _degraded(a: ImageF32, b: ImageF32, rng: np.random.Generator) -> tuple[ImageF32, ImageF32]:
    if rng.random() < _GAIN:
        b = b * np.float32(_log_uniform(rng, 0.75, 4 / 3))
    if rng.random() < _NOISE:
        sigma = _log_uniform(rng, 0.001, 0.02)
        grain = float(rng.uniform(0.3, 0.8)) if rng.random() < 0.5 else 0.0
        a, b = (x + _noise(x.shape, sigma, grain, rng) for x in (a, b))
    if rng.random() < _JPEG:
        quality = int(rng.integers(60, 96))
        return _through_jpeg(a, quality), _through_jpeg(b, quality)
    a, b = (_levels(x).astype(np.float32) / np.float32(255) for x in (a, b))
    return a, b


def _noise(
    shape: tuple[int, ...], sigma: float, grain: float, rng: np.random.Generator
) -> ImageF32:
    """Gaussian noise of about `sigma`; that of cameras is smoothed over about `grain` pixels."""
    sigma *= _log_uniform(rng, 0.7, 1.4)
    noise = rng.standard_normal(shape, dtype=np.float32)
    if grain > 0:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), grain), np.float32)
        noise /= noise.std()
    return noise * np.float32(sigma)


def _levels(picture: ImageF32) -> ImageU8:
    return np.rint(np.clip(picture, 0.0, 1.0) * 255).astype(np.uint8)


def _through_jpeg(picture: ImageF32, quality: int) -> ImageF32:
    # JPEG treats the channels differently, so that their order matters: OpenCV's is BGR.
    stored = _levels(picture)[:, :, ::-1]
    code = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.float32)
    return np.ascontiguousarray(decoded[:, :, ::-1]) / np.float32(255)
