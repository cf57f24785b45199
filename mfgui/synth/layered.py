"""Scenes of flat layers as a lens of finite aperture sees them, with their all-in-focus truth.

A frame focused on position p images the layers from the farthest to the nearest one; with the
blur disk h of the layer's own radius, matte a and colour F (linear light)::

    frame <- h * (a F) + (1 - h * a) frame

The mattes are blurred with the colours, so a defocused near layer spreads over what lies behind
it, and lets it shine through inside its own edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, Size
from mfgui.core.disks import disk
from mfgui.core.errors import UsageError
from mfgui.core.labels import label_dtype
from mfgui.core.light import to_linear, to_srgb
from mfgui.synth import photographs, shapes
from mfgui.synth.scene import Layer, Scene


@dataclass(frozen=True, eq=False)
class Rendering:
    """What a scene gives.

    Attributes
    ----------
    frames : list of (H, W, 3) float32
        One per layer, sRGB-encoded in [0, 1]; frame k is focused on layer k.
    truth : (H, W, 3) float32
        Everything in focus.
    labels : (H, W) integer
        The source (1 ... K) focused on the layer that shows most in the pixel.
    """

    frames: list[ImageF32] = field(repr=False)
    truth: ImageF32 = field(repr=False)
    labels: LabelArray = field(repr=False)


def render(scene: Scene) -> Rendering:
    """Frames, truth and labels of a scene; uses no random numbers.

    The layers are drawn beyond the frame by the largest blur radius, so that light from
    outside comes in at the borders as it does in a camera.
    """
    margin = int(np.ceil(scene.largest_radius)) + 2
    drawn = [_drawn(layer, scene.size, margin=margin) for layer in scene.layers]
    inner = (slice(margin, -margin), slice(margin, -margin))
    frames = []
    for focused in scene.layers:
        radii = [abs(focused.position - layer.position) for layer in scene.layers]
        frames.append(to_srgb(composed(drawn, radii)[inner]))
    truth = to_srgb(composed(drawn, [0.0] * len(drawn))[inner])
    return Rendering(frames, truth, _labels([matte[inner] for _, matte in drawn]))


def composed(
    layers: Sequence[tuple[ImageF32, npt.NDArray[np.float32]]],
    radii: Sequence[float],
    *,
    kernel_of: Callable[[float], npt.NDArray[np.float32]] = disk,
) -> ImageF32:
    """Back-to-front composition of blurred layers in linear light.

    Parameters
    ----------
    layers : sequence of (colour, matte)
        Nearest first; colour (H, W, 3), not premultiplied, matte (H, W) in [0, 1].
    radii : sequence of float
        Radius of each layer's blur disk in pixels; 0 is in focus.
    kernel_of : callable
        What the lens makes of a point, by radius.
    """
    result = np.zeros_like(layers[0][0])
    for (colour, matte), radius in reversed(list(zip(layers, radii, strict=True))):
        alpha = matte[:, :, None]
        kernel = kernel_of(radius)
        light = _filtered(colour * alpha, kernel)
        cover = _filtered(matte, kernel)[:, :, None]
        result = light + (1.0 - cover) * result
    return result


def random_scene(
    size: Size, *, layers: int, radius: float, seed: int, photos: Sequence[str] = ()
) -> Scene:
    """A scene of generated shapes before a photograph that fills the frame.

    Parameters
    ----------
    layers : int
        Number of layers and sources.
    radius : float
        Blur radius between neighbouring layers in pixels.
    photos : sequence of str
        Photographs, nearest layer first; used in turn. Empty: drawn at random.
    """
    if not 2 <= layers <= 16:
        raise UsageError(f"{layers} layers: not allowed", hint="use 2 to 16")
    rng = np.random.default_rng(seed)
    names = [photographs.photograph(name).name for name in photos]
    if not names:
        names = [str(name) for name in rng.permutation(photographs.NAMES)]
    chosen = [names[index % len(names)] for index in range(layers)]
    built = [_random_layer(chosen[i], size, rng=rng) for i in range(layers - 1)]
    built.append(Layer(photo=chosen[-1], position=0.0))
    placed = [
        Layer(**{**vars(layer), "position": round(radius * (layers - 1 - index), 3)})
        for index, layer in enumerate(built)
    ]
    return Scene(size, tuple(placed), seed)


def _random_layer(photo: str, size: Size, *, rng: np.random.Generator) -> Layer:
    short = min(size.width, size.height)
    centre = (
        round(float(rng.uniform(0.15, 0.85)) * size.width, 1),
        round(float(rng.uniform(0.25, 0.9)) * size.height, 1),
    )
    shape = shapes.SHAPES[int(rng.integers(len(shapes.SHAPES)))]
    outline = shapes.placed(
        shape(rng),
        centre=centre,
        radius=float(rng.uniform(0.25, 0.42)) * short,
        angle=float(rng.uniform(0, 2 * np.pi)),
    )
    return Layer(photo=photo, position=0.0, centre=centre, outline=outline)


def _drawn(layer: Layer, size: Size, *, margin: int) -> tuple[ImageF32, npt.NDArray[np.float32]]:
    """Colour in linear light and matte of one layer, with the margin around the frame."""
    photo = to_linear(photographs.load(layer.photo).astype(np.float32) / np.float32(255))
    if layer.scale < 1:
        height, width = (max(1, round(side * layer.scale)) for side in photo.shape[:2])
        shrunk = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA)
        photo = np.asarray(shrunk, np.float32)
    height, width = photo.shape[:2]
    x, y = layer.centre if layer.centre is not None else (size.width / 2, size.height / 2)
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), layer.angle, 1.0)
    turn[:, 2] += (x - width / 2 + margin, y - height / 2 + margin)
    shape = (size.width + 2 * margin, size.height + 2 * margin)
    turned = cv2.warpAffine(
        photo, turn, shape, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    tint = np.asarray(layer.tint, np.float32)
    colour = np.asarray(np.clip(turned, 0.0, 1.0) * tint, np.float32)
    if layer.outline is None:
        return colour, np.full(colour.shape[:2], 1.0, np.float32)
    drawn = shapes.matte(layer.outline, size, margin=margin, softness=layer.softness)
    return colour, drawn


def _filtered(plane: npt.NDArray[np.float32], kernel: npt.NDArray[np.float32]) -> ImageF32:
    if kernel.size == 1:
        return plane
    blurred = cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32)


def _labels(mattes: Sequence[npt.NDArray[np.float32]]) -> LabelArray:
    """Index (from 1, nearest first) of the layer with the largest visible share."""
    shares, left = [], np.ones_like(mattes[0])
    for matte in mattes:
        shares.append(matte * left)
        left = left * (1 - matte)
    return np.asarray(np.argmax(np.stack(shares), axis=0) + 1, label_dtype(len(mattes)))
