"""Generated pictures, and those of the reference values beside the project."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

GOLD = Path(__file__).resolve().parents[4] / "shared" / "metrics_gold"


class Trio(NamedTuple):
    """Fused picture and sources, all (H, W) or (H, W, C) uint8."""

    fused: np.ndarray
    a: np.ndarray
    b: np.ndarray

    @property
    def floats(self) -> Trio:
        return Trio(*(picture.astype(np.float64) for picture in self))


def generated(height: int, width: int, *, seed: int = 0, channels: int = 0) -> Trio:
    """A texture with flat, black and overexposed areas, blurred right (A) and left (B), and a
    fused picture with a part of the blur and some noise."""
    rng = np.random.default_rng(seed)
    shape = (height, width, channels) if channels else (height, width)
    sharp = cv2.GaussianBlur(rng.normal(0, 1, shape), (0, 0), 0.8) * 70 + 110
    sharp[: height // 4, : width // 4] = 90
    sharp[-height // 4 :, : width // 4] = 0
    sharp[-height // 4 :, -width // 4 :] = 255
    sharp = np.clip(sharp, 0, 255).reshape(shape)
    soft = cv2.GaussianBlur(sharp, (0, 0), 1.5).reshape(shape)
    near = (np.arange(width) < width // 2).reshape((1, -1) + (1,) * bool(channels))
    fused = 0.9 * sharp + 0.1 * soft + rng.normal(0, 1, shape) * (sharp % 255 > 0)
    pictures = fused, np.where(near, sharp, soft), np.where(near, soft, sharp)
    return Trio(*(np.clip(np.rint(picture), 0, 255).astype(np.uint8) for picture in pictures))


@cache
def gold_values() -> dict[tuple[str, str], dict[str, float]]:
    """By metric and variant, then by the name of the trio. Skips where there are none."""
    table = GOLD / "gold.csv"
    if not table.is_file():
        pytest.skip(f"the reference values are not beside the project ({table})")
    found: dict[tuple[str, str], dict[str, float]] = {}
    with table.open(newline="") as lines:
        for row in csv.DictReader(lines):
            values = found.setdefault((row["metric"], row["variant"]), {})
            values[row["triplet"]] = float(row["value"])
    return found


@cache
def gold_pictures(name: str) -> Trio:
    """(H, W, C) uint8; a name that ends in "@odd" leaves out the last row and column."""
    odd = name.endswith("@odd")
    pictures = []
    for part in "FAB":
        (path,) = (GOLD / "images").glob(f"{name.removesuffix('@odd')}_{part}.*")
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        picture = picture[:, :, np.newaxis] if picture.ndim == 2 else picture[:, :, ::-1]
        pictures.append(np.ascontiguousarray(picture[:-1, :-1] if odd else picture))
    return Trio(*pictures)


@cache
def gold_grey(name: str) -> Trio:
    """(H, W) float64: the planes that the reference programs were given."""
    from mfgui.methods.metrics.planes import grey

    return Trio(*(grey(picture) for picture in gold_pictures(name)))
