"""Sharp pictures that training pairs are made of, and photographed pairs without truth.

Three sources of sharp pictures: a folder of photographs (meant for the Kodak suite), the free
photographs that scikit-image carries, and the sharp windows of a folder of photographed
multi-focus pairs ``bg-A-N.jpg``, ``bg-B-N.jpg`` (EDMF). Some are held out by name, so that what a
network has learned is measured on pictures it has never seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageU8
from mfgui.core.errors import InputError, UsageError
from mfgui.synth import photographs
from mfgui.synth.pairs import Pairs, read_picture

__all__ = ["HELD_OUT", "SHARES", "Material", "Pairs", "Picture", "sharp_windows"]

# Hats before a smooth sky, a street of timbered houses, a person before foliage.
HELD_OUT_KODAK = ("kodak_03", "kodak_08", "kodak_18")
HELD_OUT_PHOTOGRAPHS = ("coffee", "chelsea", "gravel")
HELD_OUT = (*HELD_OUT_KODAK, *HELD_OUT_PHOTOGRAPHS)

SHARES: Mapping[str, float] = {"kodak": 0.5, "photographs": 0.15, "edmf": 0.35}
WINDOW = 128  # side of the sharp windows taken from pairs
_MOST_WINDOWS = 4000
_STRIDE = 32
_SHARPER = 3.0  # times the other frame's local energy
_BORDER = 8  # the suite's scans have dark or doubled lines at the border
_TRIES = 4
_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")


@dataclass(frozen=True, eq=False)
class Picture:
    """A sharp picture.

    Attributes
    ----------
    name : str
        Of the picture; sharp windows of one photographed pair have one name.
    pixels : (H, W, 3) uint8
    detail : (H + 1, W + 1) int32, or None
        Integral of the absolute Laplacian; None where every crop will do.
    """

    name: str
    pixels: ImageU8 = field(repr=False)
    detail: npt.NDArray[np.int32] | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Material:
    """Sharp pictures by source ("kodak", "photographs", "edmf"); sources without any are absent."""

    pictures: Mapping[str, tuple[Picture, ...]]

    @staticmethod
    def of_folders(
        kodak: Path | None,
        edmf: Path | None,
        *,
        photographs: bool = True,
        held_out: bool = False,
    ) -> Material:
        """Read the pictures; takes some seconds.

        Parameters
        ----------
        kodak : Path, optional
            Folder of sharp photographs (PNG, JPEG, TIFF).
        edmf : Path, optional
            Folder of photographed pairs, whose sharp windows are taken (at most 4000 of
            128 x 128 pixels, 197 MB). Not read when `held_out`.
        photographs : bool
            Take scikit-image's photographs, too.
        held_out : bool
            False: all but `HELD_OUT`; True: exactly those.

        Raises
        ------
        InputError
            When a folder or a file in it cannot be read or no picture remains.
        """
        found: dict[str, tuple[Picture, ...]] = {}
        if kodak is not None:
            found["kodak"] = _folder(kodak, held_out=held_out)
        if photographs:
            found["photographs"] = _carried(held_out=held_out)
        if edmf is not None and not held_out:
            found["edmf"] = sharp_windows(Pairs.of_folder(edmf))
        found = {source: pictures for source, pictures in found.items() if pictures}
        if not found:
            place = kodak if kodak is not None else edmf
            what = "held-out pictures" if held_out else "sharp pictures"
            raise InputError(f"has no {what}", path=place, hint="name a folder of photographs")
        return Material(found)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all pictures, sorted, each once."""
        return tuple(sorted({p.name for pictures in self.pictures.values() for p in pictures}))

    def crop(self, rng: np.random.Generator, side: int) -> ImageU8:
        """A random sharp crop, (side, side, 3) uint8; see `draw`."""
        return self.draw(rng, side)[0]

    def draw(
        self, rng: np.random.Generator, side: int, *, other_than: str = ""
    ) -> tuple[ImageU8, str]:
        """A random sharp crop and the name of its picture.

        The source is drawn by `SHARES`, again while its picture is too small. Three crops in
        ten of large pictures are reduced by an area filter, to a scale from 0.5 to 1; all are
        turned by a multiple of 90 degrees and mirrored at random. Crops with less than half of
        their picture's mean detail are drawn again, up to three times.

        Parameters
        ----------
        rng : numpy.random.Generator
        side : int
            Height and width in pixels.
        other_than : str
            Avoid the picture of this name, unless there is no other.

        Raises
        ------
        UsageError
            When no picture is as large as that.
        """
        sources = list(self.pictures)
        shares = np.array([SHARES.get(name, 0.1) for name in sources])
        for _ in range(50):
            source = sources[int(rng.choice(len(sources), p=shares / shares.sum()))]
            pictures = self.pictures[source]
            picture = pictures[int(rng.integers(len(pictures)))]
            fits = min(picture.pixels.shape[:2]) >= side
            if fits and (picture.name != other_than or len(self.names) == 1):
                return _turned(_crop(picture, rng, side), rng), picture.name
        raise UsageError(
            f"no sharp picture is {side} pixels high and wide", hint="use smaller crops"
        )


def sharp_windows(pairs: Pairs) -> tuple[Picture, ...]:
    """Windows of photographed pairs in which one frame is clearly in focus.

    In at least 80 % of a window's pixels the frame's local Laplacian energy, relative to the
    local brightness, is above 3 times the other frame's, and its energy is above the frame's
    median.

    Returns
    -------
    tuple of Picture
        128 x 128 pixels, at most 4000, evenly over the pairs. Windows of one frame overlap by at
        most three quarters.
    """
    found = []
    for number, frames in zip(pairs.numbers, pairs.frames, strict=True):
        for frame, masks in zip(frames, _focused(*frames), strict=True):
            for y, x in _windows(masks):
                found.append((f"bg-{number}", frame[y : y + WINDOW, x : x + WINDOW]))
    if len(found) > _MOST_WINDOWS:
        kept = np.linspace(0, len(found) - 1, _MOST_WINDOWS).astype(int)
        found = [found[index] for index in kept]
    # Copies, so that the frames can be given up.
    return tuple(Picture(name, np.ascontiguousarray(pixels)) for name, pixels in found)


def _focused(a: ImageU8, b: ImageU8) -> list[npt.NDArray[np.bool_]]:
    """Where the first and where the second frame is clearly in focus."""
    energies, relative = [], []
    for frame in (a, b):
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
        energy = cv2.boxFilter(cv2.Laplacian(grey, cv2.CV_32F) ** 2, -1, (15, 15))
        brightness = cv2.boxFilter(grey, -1, (15, 15))
        energies.append(energy)
        # The frames may differ in exposure; 8 keeps the noise of black areas down.
        relative.append(energy / (brightness + 8) ** 2)
    return [
        np.asarray(
            (relative[k] > _SHARPER * relative[1 - k]) & (energies[k] > np.median(energies[k]))
        )
        for k in (0, 1)
    ]


def _windows(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Upper left corners, on a grid of 32 pixels, of windows with 80 % of the mask."""
    height, width = mask.shape
    if min(height, width) < WINDOW:
        return []
    total = cv2.integral(mask.astype(np.uint8))
    top, left = np.mgrid[0 : height - WINDOW + 1 : _STRIDE, 0 : width - WINDOW + 1 : _STRIDE]
    inside = (
        total[top + WINDOW, left + WINDOW]
        - total[top, left + WINDOW]
        - total[top + WINDOW, left]
        + total[top, left]
    )
    return [(int(y) * _STRIDE, int(x) * _STRIDE) for y, x in np.argwhere(inside >= 0.8 * WINDOW**2)]


def _folder(folder: Path, *, held_out: bool) -> tuple[Picture, ...]:
    try:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES)
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})",
            path=folder,
            hint="name a folder of photographs",
        ) from error
    if not paths:
        raise InputError("has no photographs", path=folder, hint="PNG, JPEG and TIFF are read")
    chosen = [path for path in paths if (path.stem in HELD_OUT_KODAK) == held_out]
    inner = slice(_BORDER, -_BORDER)
    return tuple(_picture(path.stem, read_picture(path)[inner, inner]) for path in chosen)


def _carried(*, held_out: bool) -> tuple[Picture, ...]:
    chosen = [name for name in photographs.NAMES if (name in HELD_OUT_PHOTOGRAPHS) == held_out]
    return tuple(_picture(name, photographs.load(name)) for name in chosen)


def _picture(name: str, pixels: ImageU8) -> Picture:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    detail = cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S))
    return Picture(name, np.ascontiguousarray(pixels), np.asarray(cv2.integral(detail), np.int32))


def _crop(picture: Picture, rng: np.random.Generator, side: int) -> ImageU8:
    height, width = picture.pixels.shape[:2]
    scale = float(rng.uniform(0.5, 1.0)) if rng.random() < 0.3 else 1.0
    window = min(int(np.ceil(side / scale)), height, width)
    for _ in range(_TRIES):
        y = int(rng.integers(height - window + 1))
        x = int(rng.integers(width - window + 1))
        if _detailed(picture, y, x, window):
            break
    pixels = picture.pixels[y : y + window, x : x + window]
    if window > side:
        pixels = np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA))
    return pixels


def _detailed(picture: Picture, y: int, x: int, window: int) -> bool:
    total = picture.detail
    if total is None:
        return True
    bottom, right = y + window, x + window
    inside = int(total[bottom, right]) - int(total[y, right])
    inside += int(total[y, x]) - int(total[bottom, x])
    height, width = picture.pixels.shape[:2]
    return bool(inside / window**2 >= 0.5 * int(total[-1, -1]) / (height * width))


def _turned(pixels: ImageU8, rng: np.random.Generator) -> ImageU8:
    turned = np.rot90(pixels, int(rng.integers(4)))
    return np.ascontiguousarray(turned[:, ::-1] if rng.random() < 0.5 else turned)
