"""Generated focus stacks of textured layers, without photographs."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, from_float
from mfgui.synth.layered import composed


def disc(width: int, height: int, *, centre: tuple[float, float], radius: float) -> BoolMask:
    y, x = np.mgrid[:height, :width]
    return (x + 0.5 - centre[0]) ** 2 + (y + 0.5 - centre[1]) ** 2 <= radius**2


def focused(
    shapes: Sequence[BoolMask], *, seed: int, radius: float = 5.0
) -> list[npt.NDArray[np.uint8]]:
    """Frames of near shapes, nearest first, before a background; frame k is focused on layer k.

    Neighbouring layers are `radius` pixels of blur apart.
    """
    rng = np.random.default_rng(seed)
    height, width = shapes[0].shape
    layers = []
    for index in range(len(shapes) + 1):
        texture = rng.random((height, width, 3)).astype(np.float32)
        texture = cv2.GaussianBlur(texture, (0, 0), 1.2)
        texture = 0.5 + 2.0 * (texture - texture.mean())
        tint = np.roll(np.float32([0.9, 0.5, 0.3]), index)
        matte = shapes[index] if index < len(shapes) else np.ones((height, width))
        layers.append((np.clip(texture * tint, 0, 1), matte.astype(np.float32)))
    frames = []
    for sharp in range(len(layers)):
        radii = [radius * abs(sharp - other) for other in range(len(layers))]
        frames.append(from_float(composed(layers, radii), "uint8"))
    return frames
