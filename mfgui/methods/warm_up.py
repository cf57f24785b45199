"""Compiles the loops of the built-in methods ahead of their first use.

    python -m mfgui.methods.warm_up

numba keeps the machine code on disk, so this costs time once per installation and once more
after an update; afterwards it ends within seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mfgui.core.arrays import Depth, ImageF32, PixelArray, Rect, from_float
from mfgui.core.compute import Compute
from mfgui.methods import registry
from mfgui.methods.decision import decide


def warm_up() -> None:
    """Run every compiled loop once on small pictures of each depth, each sharp in one half."""
    from mfgui.methods.metrics.fmi import fmi
    from mfgui.methods.optimise.mffssim.local import solve_again
    from mfgui.methods.optimise.mffssim.local_q import local_q

    found, compute = registry.load(), Compute()
    rng = np.random.default_rng(0)
    sharp = rng.random((150, 170, 3), np.float32)
    shades: list[ImageF32] = [
        np.asarray(cv2.GaussianBlur(sharp, (0, 0), 3), np.float32) for _ in range(2)
    ]
    shades[0][:, :85], shades[1][:, 85:] = sharp[:, :85], sharp[:, 85:]
    for method in found.of_kind(registry.Kind.FUSER, registry.Kind.DECISION):
        if not method.network:  # nothing of torch is compiled here
            _carry_out(method, [from_float(shade, "uint8") for shade in shades])
    depths: tuple[Depth, ...] = ("float32", "uint16", "uint8")
    optimiser = found.get("ms-lap")
    runs: tuple[dict[str, registry.Value], ...] = (
        {"window": 5, "start": "average"},
        {"window": 25},
        {"objective": "gaussian", "window": 5},
        {"variant": "paper", "window": 5},
        {"variant": "released", "window": 5},
    )
    for depth in depths:
        images = [from_float(shade, depth) for shade in shades]
        for name in ("laplacian", "variance"):
            detector = found.get(name)
            values = detector.resolve({"window": 5, "clean": 0.01})
            labels = detector.function(images, compute=compute, **values)
        for explicit in runs:
            values = optimiser.resolve({**explicit, "iterations": 3})
            *_, state = optimiser.function(images, labels, compute=compute, **values)
    rect = Rect(8, 8, 16, 16)
    before, labels = labels[rect.slices].copy(), labels.copy()
    labels[rect.slices] = 1
    solve_again(images, labels, state.image, rect, before=before, window=5, compute=compute)
    local_q(images, labels, state.image, window=5, compute=compute)
    for depth in depths:
        _bring_together([from_float(shade, depth) for shade in shades])
    fmi(*(np.asarray(255.0 * shade[:, :, 0], np.float64) for shade in shades))


def _bring_together(frames: Sequence[PixelArray]) -> None:
    """Align, equalise and move."""
    from mfgui.core.exposure import FrameExposure
    from mfgui.core.transforms import Transform
    from mfgui.methods.align import align_frames
    from mfgui.methods.align.warp import warp_frame
    from mfgui.methods.exposure import match_exposure

    match_exposure(frames, align_frames(frames))
    height, width = frames[0].shape[:2]
    brighter = FrameExposure((1.1,), np.zeros((2, 2), np.float32))
    warp_frame(
        frames[0],
        Transform.translation(0.5, 0.5),
        rect=Rect(0, 0, width, height),
        exposure=brighter,
        reference=frames[1],
        compute=Compute(),
    )


def _carry_out(method: registry.Method, images: Sequence[PixelArray]) -> None:
    """Run a method without iterations."""
    compute, values = Compute(), method.defaults()
    if method.makes_map:
        decide(method, images, compute=compute, **values).fuse()
    else:
        labels = np.ones(images[0].shape[:2], np.uint8)
        method.function(images, labels, compute=compute, **values)


if __name__ == "__main__":
    warm_up()
