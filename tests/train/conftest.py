"""Photographed pairs, generated: each image is sharp in one half."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mfgui.synth.pairs import Pairs


def _pair(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    texture = cv2.GaussianBlur(rng.random((80, 96, 3), np.float32), (0, 0), 1.2)
    sharp = np.clip((texture - 0.5) * 2 + 0.5, 0, 1)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 2.5)
    left = (np.arange(96) < 48)[None, :, None]
    first, second = np.where(left, sharp, blurred), np.where(left, blurred, sharp)
    return tuple(np.rint(255 * image).astype(np.uint8) for image in (first, second))


@pytest.fixture(scope="session")
def pairs() -> Pairs:
    return Pairs((1, 2, 3), tuple(_pair(seed) for seed in (1, 2, 3)))


@pytest.fixture(scope="session")
def pairs_kept_out() -> Pairs:
    return Pairs((16,), (_pair(16),))
