"""Folders of generated sets, as data sets are laid out."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

HEIGHT, WIDTH = 56, 64


def pair(seed: int, *, height: int = HEIGHT, width: int = WIDTH) -> list[np.ndarray]:
    """The truth, sharp everywhere, and two pictures of it that are each sharp in one half."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (height, width, 3)), (0, 0), 0.8)
    truth = np.clip(noise * 70 + 120, 0, 255).astype(np.uint8)
    soft = cv2.GaussianBlur(truth, (0, 0), 2)
    near = np.arange(width)[None, :, None] < width // 2
    return [truth, np.where(near, truth, soft), np.where(near, soft, truth)]


def write(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = cv2.imencode(path.suffix, pixels if pixels.ndim == 2 else pixels[:, :, ::-1])[1]
    path.write_bytes(data.tobytes())
    return path


def lytro(folder: Path, count: int = 2) -> Path:
    """``lytro-01-A.png``, ``lytro-01-B.png``, ... in a folder."""
    for number in range(1, count + 1):
        _, first, second = pair(number)
        write(folder / f"lytro-{number:02d}-A.png", first)
        write(folder / f"lytro-{number:02d}-B.png", second)
    return folder


def touched(folder: Path, *names: str) -> Path:
    """Empty files: rules look at names alone."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder
