"""Scenes of one flat near layer before a flat background, at two focus distances.

With near matte a, near colour F, background B in linear light and blur disk h::

    near = a F + (1 - a) (h * B)      far = h * (a F) + (1 - h * a) B      truth = a F + (1 - a) B

Every scene holds larger near shapes and thin lines of 2 to 6 pixels; in some, parts are flat or
both layers have the same colours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, Size
from mfgui.core.disks import disk
from mfgui.core.errors import UsageError
from mfgui.core.light import to_linear, to_srgb
from mfgui.synth import shapes, strokes, textures
from mfgui.synth.focus_pair import FocusPair, check_size
from mfgui.synth.layered import composed
from mfgui.synth.psf import Psf

__all__ = ["SIZE", "FocusPair", "constant_depth"]

SIZE = Size(640, 480)
SURROUNDINGS = 16  # pixels kept around the frame, for frames that are moved afterwards
_FLAT = 0.3  # share of layers that lose their detail in a part
_ALIKE = 0.25  # share of scenes whose layers have the same colours

_Plane: TypeAlias = npt.NDArray[np.float32]


def constant_depth(
    size: Size = SIZE,
    *,
    radius: float,
    seed: int,
    psf: Psf | None = None,
    contrast: float = 1.0,
) -> FocusPair:
    """A scene of two flat layers.

    Parameters
    ----------
    size : Size
        Of the frames, 64 to 8000 pixels a side.
    radius : float
        Blur radius in pixels of either layer in the frame that is not focused on it, 0 to 60.
    seed : int
        Decides everything else.
    psf : Psf, optional
        Blur of the lens; without it a disk.
    contrast : float
        1 to 8: factor of the logits of the sRGB values of both layers. Above 1 texture and the
        difference of the layers grow, nothing is clipped, and shapes stay the same. 2 costs a
        Laplacian pyramid about 4 dB.

    Raises
    ------
    UsageError
        For sizes, radii or contrasts that are not allowed.
    """
    check_size(size)
    if not 0 <= radius <= 60:
        raise UsageError(f"blur radius {radius:g}: not allowed", hint="use 0 to 60 pixels")
    if not 1 <= contrast <= 8:
        raise UsageError(f"contrast {contrast:g}: not allowed", hint="use 1 to 8")
    rng = np.random.default_rng(seed)
    margin = SURROUNDINGS + int(np.ceil(radius)) + 2
    drawn = Size(size.width + 2 * margin, size.height + 2 * margin)
    palette = textures.random_palette(rng) if rng.random() < _ALIKE else None
    behind = _surface(drawn, rng, palette)
    front, matte, objects = _near_layer(size, rng, margin=margin, palette=palette)
    if contrast != 1:
        behind, front = (_contrasted(light, contrast) for light in (behind, front))
    solid = (behind, np.ones_like(matte))
    layers = [(front, matte), solid]
    keep = margin - SURROUNDINGS
    inner = (slice(keep, -keep), slice(keep, -keep))
    kernel_of = disk if psf is None or psf.shape == "disk" else psf.kernel
    near, far = (
        composed(layers, radii, kernel_of=kernel_of)[inner]
        for radii in ([0.0, radius], [radius, 0.0])
    )
    frame = (slice(margin, -margin), slice(margin, -margin))
    truth = composed([(front[frame], matte[frame]), (behind[frame], solid[1][frame])], [0.0, 0.0])
    border = (slice(SURROUNDINGS, -SURROUNDINGS),) * 2
    notes = ", same colours" if palette is not None else ""
    notes += f", contrast {contrast:g}" if contrast != 1 else ""
    return FocusPair(
        near=to_srgb(near[border]),
        far=to_srgb(far[border]),
        truth=to_srgb(truth),
        matte=np.ascontiguousarray(matte[frame]),
        radius=np.full((size.height, size.width), radius, np.float32),
        near_radius=np.where(matte[frame] > 0.5, 0.0, radius).astype(np.float32),
        seed=seed,
        description=f"constant depth, r={radius:g}, near: {objects}{notes}",
        margin=SURROUNDINGS,
        wide=(near, far),
    )


def _near_layer(
    size: Size, rng: np.random.Generator, *, margin: int, palette: _Plane | None
) -> tuple[ImageF32, _Plane, str]:
    """Colour (not premultiplied), matte, and the names of what was drawn."""
    drawn = Size(size.width + 2 * margin, size.height + 2 * margin)
    base = _surface(drawn, rng, palette)
    things: list[tuple[_Plane, ImageF32 | _Plane]] = []
    names = []
    for index in range(int(rng.integers(1, 4))):
        shape = shapes.SHAPES[int(rng.integers(len(shapes.SHAPES)))]
        names.append(shape.__name__)
        again = index == 0 or rng.random() < 0.5
        colour = base if again else _surface(drawn, rng, palette)
        things.append((_outlined(shape, size, rng, margin=margin), colour))
    lines = int(rng.integers(2, 6))
    for index in range(lines):
        # A straight one, a bent one, then any.
        kind = index if index < 2 else int(rng.integers(3))
        curve = strokes.stalk(rng, size) if kind == 2 else strokes.line(rng, size, bent=kind == 1)
        cover = strokes.coverage([(curve, float(rng.uniform(2, 6)))], size, margin=margin)
        plain = rng.random() < 0.6
        colours = textures.random_palette(rng) if palette is None else palette
        things.append((cover, colours[int(rng.integers(len(colours)))] if plain else base))
    names.append(f"{lines} lines")
    light = np.zeros_like(base)
    matte = np.zeros(base.shape[:2], np.float32)
    for cover, colour in things:
        share = cover[:, :, None]
        light += share * (colour - light)
        matte += cover * (1 - matte)
    # Where nothing is drawn any colour will do.
    front = np.where(matte[:, :, None] > 1e-3, light / np.maximum(matte, 1e-3)[:, :, None], base)
    return np.asarray(np.clip(front, 0, 1), np.float32), matte, ", ".join(names)


def _outlined(
    shape: Callable[[np.random.Generator], npt.NDArray[np.float64]],
    size: Size,
    rng: np.random.Generator,
    *,
    margin: int,
) -> _Plane:
    short = min(size.width, size.height)
    outline = shapes.placed(
        shape(rng),
        centre=(
            float(rng.uniform(0.1, 0.9)) * size.width,
            float(rng.uniform(0.2, 0.95)) * size.height,
        ),
        radius=float(rng.uniform(0.18, 0.42)) * short,
        angle=float(rng.uniform(0, 2 * np.pi)),
    )
    return shapes.matte(outline, size, margin=margin, softness=float(rng.uniform(0.3, 0.9)))


def _surface(size: Size, rng: np.random.Generator, palette: _Plane | None) -> ImageF32:
    picture = textures.surface(size, rng, palette=palette)
    return textures.partly_flat(picture, rng) if rng.random() < _FLAT else picture


def _contrasted(light: ImageF32, factor: float) -> ImageF32:
    """Linear light whose sRGB values v became v^c / (v^c + (1 - v)^c)."""
    code = to_srgb(light)
    bright, dark = code ** np.float32(factor), (1 - code) ** np.float32(factor)
    return to_linear(np.asarray(bright / (bright + dark), np.float32))
