"""Generated stacks with known transforms, and how far estimates are from them."""

from functools import lru_cache

import numpy as np

from mfgui.core.alignment import StackAlignment
from mfgui.core.arrays import PixelArray, Size
from mfgui.core.transforms import Transform
from mfgui.methods.align import Proxy, proxy_of
from mfgui.synth.moving_stack import MovingStack, rendered

SIZE = Size(480, 360)


@lru_cache(maxsize=8)
def frames_of(stack: MovingStack) -> tuple[PixelArray, ...]:
    return tuple(frame.pixels for frame in rendered(stack).frames())


@lru_cache(maxsize=8)
def proxies_of(stack: MovingStack) -> tuple[Proxy, ...]:
    return tuple(proxy_of(frame) for frame in frames_of(stack))


def places(size: Size) -> np.ndarray:
    x, y = np.meshgrid(np.linspace(0, size.width - 1, 9), np.linspace(0, size.height - 1, 9))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def errors(found: StackAlignment, truth: tuple[Transform, ...]) -> np.ndarray:
    """Distances of the used frames' maps from the true ones, (K, places)."""
    points = places(found.size)
    scene = truth[found.reference].apply_inverse(points)
    away = [
        found.frames[index].transform.apply(points) - truth[index].apply(scene)
        for index in found.used
    ]
    return np.hypot(*np.moveaxis(np.array(away), -1, 0))
