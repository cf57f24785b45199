"""Surfaces of generated scenes: photographs and drawn textures, in linear light."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, Size
from mfgui.core.light import to_linear
from mfgui.synth import photographs

_Plane: TypeAlias = npt.NDArray[np.float32]
_Palette: TypeAlias = npt.NDArray[np.float32]  # (N, 3), linear light

PHOTOGRAPH = 0.65  # share of surfaces that are photographs


def surface(size: Size, rng: np.random.Generator, *, palette: _Palette | None = None) -> ImageF32:
    """A textured surface: a photograph or a drawn texture, tinted at random.

    Parameters
    ----------
    size : Size
    palette : (N, 3) float32, optional
        Colours in linear light: a drawn texture of these colours, no photograph.

    Returns
    -------
    (H, W, 3) float32
        Linear light in [0, 1].
    """
    if palette is None and rng.random() < PHOTOGRAPH:
        return photographed(size, rng)
    names = tuple(DRAWN)
    draw = DRAWN[names[int(rng.integers(len(names)))]]
    return draw(size, rng, random_palette(rng) if palette is None else palette)


def photographed(size: Size, rng: np.random.Generator, name: str | None = None) -> ImageF32:
    """A turned, mirrored and tinted part of a photograph, continued by reflection."""
    chosen = name or str(rng.choice(photographs.NAMES))
    pixels: npt.NDArray[Any] = photographs.load(chosen)
    if rng.random() < 0.5:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
    scale = float(rng.uniform(0.6, 1.0))
    pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-12, 12)), 1.0)
    moved = rng.uniform(-0.2, 0.2, 2)
    turn[0, 2] += (size.width - width) / 2 + moved[0] * width
    turn[1, 2] += (size.height - height) / 2 + moved[1] * height
    turned = cv2.warpAffine(
        pixels,
        turn,
        (size.width, size.height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    light = to_linear(np.arange(256, dtype=np.float32) / np.float32(255))[turned]
    tint = rng.uniform(0.6, 1.0, 3) if rng.random() < 0.7 else np.ones(3)
    return np.asarray(light * tint.astype(np.float32), np.float32)


def random_palette(rng: np.random.Generator, colours: int = 4) -> _Palette:
    """Colours of one family: dark to bright, around one hue and now and then an opposite one."""
    hue = rng.random() + rng.normal(0, 0.07, colours)
    if rng.random() < 0.4:
        hue[-1] += 0.5
    saturation = np.clip(rng.uniform(0.05, 0.5) + rng.normal(0, 0.12, colours), 0, 0.8)
    value = rng.permutation(np.linspace(rng.uniform(0.12, 0.35), rng.uniform(0.6, 0.97), colours))
    # The six-piece curve of HSV.
    wheel = np.abs(((hue[:, None] + np.array([0, 2 / 3, 1 / 3])) * 6) % 6 - 3) - 1
    encoded = value[:, None] * (1 - saturation[:, None] * (1 - np.clip(wheel, 0, 1)))
    return to_linear(encoded.astype(np.float32))


def noise(size: Size, rng: np.random.Generator, *, coarsest: float, octaves: int) -> _Plane:
    """Noise of several octaves, each half as coarse and weaker than the one before; in [0, 1]."""
    total = np.zeros((size.height, size.width), np.float32)
    persistence = float(rng.uniform(0.5, 0.8))
    for octave in range(octaves):
        period = max(coarsest / 2**octave, 1.5)
        cells = (int(size.height / period) + 3, int(size.width / period) + 3)
        grid = rng.standard_normal(cells, dtype=np.float32)
        fine = cv2.resize(grid, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
        total += np.float32(persistence**octave) * fine
    low, high = np.quantile(total[::4, ::4], [0.01, 0.99])
    return np.asarray(np.clip((total - low) / (high - low), 0, 1), np.float32)


def _coloured(plane: _Plane, palette: _Palette) -> ImageF32:
    """Values in [0, 1] as colours between those of the palette."""
    # A table of 1024 entries is faster than interpolation in each pixel, and as smooth.
    place = np.linspace(0, len(palette) - 1, 1024)
    steps = np.arange(len(palette))
    table = np.stack([np.interp(place, steps, palette[:, c]) for c in range(3)], axis=1)
    return np.asarray(table.astype(np.float32)[(plane * 1023).astype(np.intp)])


def _grain(size: Size, rng: np.random.Generator) -> _Plane:
    """Factors around 1: the faint texture of a painted or printed surface."""
    fine = noise(size, rng, coarsest=float(rng.uniform(3, 12)), octaves=3) - np.float32(0.5)
    shade = noise(size, rng, coarsest=float(max(size.width, 64)), octaves=2) - np.float32(0.5)
    strength, shading = np.float32(rng.uniform(0.02, 0.3)), np.float32(rng.uniform(0.1, 0.5))
    return np.asarray((1 + strength * fine) * (1 + shading * shade), np.float32)[:, :, None]


def clouds(size: Size, rng: np.random.Generator, palette: _Palette) -> ImageF32:
    """Noise of many octaves: stone, bark, foliage far away."""
    coarsest = float(rng.uniform(16, 120))
    octaves = int(np.log2(coarsest))  # the finest is 1.5 to 3 pixels wide
    return _coloured(noise(size, rng, coarsest=coarsest, octaves=octaves), palette)


def stripes(size: Size, rng: np.random.Generator, palette: _Palette) -> ImageF32:
    """Bent stripes of even or changing widths: cloth, boards."""
    y, x = np.mgrid[: size.height, : size.width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(8, 50)
    bend = noise(size, rng, coarsest=200.0, octaves=2) * np.float32(rng.uniform(0, 25))
    phase = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)) + bend) / period
    # Edges as wide as a pixel: what a sharp lens would show.
    soft = np.clip(np.sin(2 * np.pi * phase) * np.float32(period / 6) + 0.5, 0, 1)
    colour = palette[0] + soft[:, :, None].astype(np.float32) * (palette[1] - palette[0])
    return np.asarray(np.clip(colour * _grain(size, rng), 0, 1), np.float32)


def patches(size: Size, rng: np.random.Generator, palette: _Palette) -> ImageF32:
    """Flat areas with straight edges: walls, boxes, signs."""
    picture = np.empty((size.height * 2, size.width * 2, 3), np.float32)
    picture[:] = palette[0]
    reach = max(size.width, size.height) * 2
    for _ in range(int(rng.integers(8, 30))):
        sides = rng.uniform(0.04, 0.3, 2) * reach
        box = (tuple(rng.uniform(0, reach, 2)), tuple(sides), float(rng.normal(0, 15)))
        colour = palette[int(rng.integers(len(palette)))] * rng.uniform(0.7, 1.0)
        corners = np.rint(cv2.boxPoints(box)).astype(np.int32)
        cv2.fillConvexPoly(picture, corners, tuple(float(v) for v in colour))
    small = cv2.resize(picture, (size.width, size.height), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small * _grain(size, rng), 0, 1), np.float32)


def dots(size: Size, rng: np.random.Generator, palette: _Palette) -> ImageF32:
    """Dots on a shaken grid: print, petals, lights."""
    picture = np.empty((size.height * 2, size.width * 2, 3), np.float32)
    picture[:] = palette[0]
    period = float(rng.uniform(14, 60))
    shake = float(rng.uniform(0, 0.4)) * period
    for y in np.arange(0, picture.shape[0] + period, period):
        for x in np.arange(0, picture.shape[1] + period, period):
            px, py = np.rint((np.array([x, y]) + rng.uniform(-shake, shake, 2)) * 16).astype(int)
            radius = round(float(rng.uniform(0.18, 0.42)) * period * 16)
            colour = palette[int(rng.integers(1, len(palette)))]
            values = tuple(float(v) for v in colour)
            cv2.circle(picture, (int(px), int(py)), radius, values, -1, cv2.LINE_8, 4)
    small = cv2.resize(picture, (size.width, size.height), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small * _grain(size, rng), 0, 1), np.float32)


def plain(size: Size, rng: np.random.Generator, palette: _Palette) -> ImageF32:
    """One colour with soft shading and hardly any grain: a wall, the sky."""
    shade = noise(size, rng, coarsest=float(max(size.width, 64)), octaves=2)
    between = palette[0] + shade[:, :, None] * np.float32(0.4) * (palette[1] - palette[0])
    return np.asarray(np.clip(between * _grain(size, rng), 0, 1), np.float32)


DRAWN: Mapping[str, Callable[[Size, np.random.Generator, _Palette], ImageF32]] = {
    "clouds": clouds,
    "stripes": stripes,
    "patches": patches,
    "dots": dots,
    "plain": plain,
}


def partly_flat(picture: ImageF32, rng: np.random.Generator) -> ImageF32:
    """The picture with its detail taken away in about a third of it."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (8, 6), interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    where = noise(Size(width, height), rng, coarsest=width / 3, octaves=2)
    share = np.clip((where - 0.55) * 8, 0, 1).astype(np.float32)[:, :, None]
    return np.asarray(np.clip(picture + share * (smooth - picture), 0, 1), np.float32)
