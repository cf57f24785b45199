"""Luminance of patches of unlabelled pairs, as the two unsupervised networks see it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mfgui.core.ycbcr import FULL, STUDIO, Swing
from mfgui.synth.pairs import Pairs


def studio(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Luminance of studio swing as MFF-GAN takes it: (Y - 127.5) / 127.5, of (..., 3) uint8.

    Black becomes -0.875, white 0.843.
    """
    return _luminance(pixels, STUDIO) / np.float32(127.5) - np.float32(1)


def full(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Luminance of full range, rounded to 0 ... 255, of (..., 3) uint8."""
    levels: npt.NDArray[np.uint8] = np.rint(_luminance(pixels, FULL)).astype(np.uint8)
    return levels


def _luminance(pixels: npt.NDArray[np.uint8], swing: Swing) -> npt.NDArray[np.float32]:
    """Y of 0 ... 255."""
    levels: npt.NDArray[np.float32] = pixels.astype(np.float32) @ swing.forward[0]
    return levels + swing.black * np.float32(255)


def draw(
    pairs: Pairs, rng: np.random.Generator, *, count: int, side: int, swap: bool
) -> npt.NDArray[np.uint8]:
    """(2, count, side, side, 3) patches of both images of pairs.

    With `swap` every second one on average has its images exchanged: in the photographs either
    image may be the one that is focused near.
    """
    patches = np.empty((2, count, side, side, 3), np.uint8)
    for index in range(count):
        order = (1, 0) if swap and rng.random() < 0.5 else (0, 1)
        for place, patch in zip(order, pairs.patch(rng, side), strict=True):
            patches[place, index] = patch
    return patches


def planes(values: npt.NDArray[np.float32], device: torch.device) -> tuple[Tensor, Tensor]:
    """(N, 1, H, W) of both images on the device, of (2, N, H, W)."""
    first, second = torch.from_numpy(values).to(device).unsqueeze(2)
    return first, second


def data(pairs: Pairs, validation: Pairs) -> str:
    """What a training sees, and what it does not, in words."""
    kept = ", ".join(map(str, validation.numbers))
    return f"{len(pairs.numbers)} photographed pairs (EDMF); kept out: the pairs {kept}"
