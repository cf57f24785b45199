"""Published fused images of four pairs, and how near one of ours is to its namesake.

The images are JPEG files, so that even the authors' own program would not reach them exactly.
Distances are PSNR over 8-bit RGB values. On `mffw_06` no two published methods lie nearer than
34.7 dB, so that being nearest to the namesake there tells methods apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from mfgui.core.arrays import from_float
from mfgui.files.images import read_image

PAIRS = ("lytro_01", "lytro_06", "lytro_15", "mffw_06")


@dataclass(frozen=True)
class PublishedPair:
    """Sources A and B (H, W, 3) uint8, and the published fused images by method (GFF, ...)."""

    name: str
    sources: list
    fused: Mapping[str, np.ndarray]


class Ranking(NamedTuple):
    """How near an image is to its namesake, and the nearest of the other published images.

    Attributes
    ----------
    own : float
        PSNR of ours and the namesake.
    rival, rival_psnr : str, float
        Which other published image is nearest to the namesake, and how near.
    lure, lure_psnr : str, float
        To which other published image ours is nearest, and how near.
    """

    own: float
    rival: str
    rival_psnr: float
    lure: str
    lure_psnr: float

    @property
    def first(self) -> bool:
        """Nearer to the namesake than any other is to it, and than ours is to any other."""
        return self.own > self.rival_psnr and self.own > self.lure_psnr


def load_pair(shared_data: Path, name: str) -> PublishedPair:
    """Pair `name` of `PAIRS`; the test is skipped where it is not at hand. Read once."""
    folder = shared_data / "results_published" / name
    if not folder.is_dir():
        pytest.skip(f"the published fused images are not beside the project ({folder})")
    return _load(folder)


def stored(image: np.ndarray) -> np.ndarray:
    """Any image as 8-bit values, as a program would have saved it."""
    image = np.asarray(image)
    return image if image.dtype == np.uint8 else from_float(image, "uint8")


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB, of 8-bit values over all channels; inf when equal."""
    gap = stored(first).astype(np.float64) - stored(second)
    error = float(np.mean(gap * gap))
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))


def decision(pair: PublishedPair, image: np.ndarray) -> np.ndarray:
    """True where source A is nearer, by mean absolute difference over the channels."""
    near = [
        np.abs(stored(image).astype(np.float64) - source).mean(axis=2) for source in pair.sources
    ]
    return near[0] <= near[1]


def agreement(
    pair: PublishedPair, first: np.ndarray, second: np.ndarray, *, gap: float = 15
) -> float:
    """Share of pixels with the same decision, among those where |A - B| is above `gap`.

    |A - B| is the mean over the channels, in 8-bit steps: where the sources are nearly equal,
    an image does not tell which one it was taken from.
    """
    apart = np.abs(pair.sources[0].astype(np.float64) - pair.sources[1]).mean(axis=2) > gap
    return float(np.mean((decision(pair, first) == decision(pair, second))[apart]))


def ranking(pair: PublishedPair, image: np.ndarray, namesake: str) -> Ranking:
    """`image` among the published ones, as seen from `namesake`."""
    others = [name for name in pair.fused if name != namesake]
    rivals = {name: psnr(pair.fused[name], pair.fused[namesake]) for name in others}
    lures = {name: psnr(pair.fused[name], image) for name in others}
    rival, lure = max(rivals, key=rivals.__getitem__), max(lures, key=lures.__getitem__)
    own = psnr(image, pair.fused[namesake])
    return Ranking(own, rival, rivals[rival], lure, lures[lure])


@cache
def _load(folder: Path) -> PublishedPair:
    found = {
        path.stem.removeprefix(f"{folder.name}_"): _bytes(path)
        for path in sorted(folder.glob("*.jpg"))
    }
    sources = [found.pop("A"), found.pop("B")]
    assert all(image.shape == sources[0].shape for image in found.values())
    return PublishedPair(folder.name, sources, found)


def _bytes(path: Path) -> np.ndarray:
    image = stored(read_image(path))
    image.flags.writeable = False
    return image
