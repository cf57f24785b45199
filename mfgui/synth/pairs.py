"""Photographed multi-focus pairs without truth, for unsupervised training."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageU8
from mfgui.core.errors import InputError, UsageError
from mfgui.files import images
from mfgui.files.decode import decode_frame

_NAME = re.compile(r"bg-A-(\d+)\.(jpg|jpeg|png)", re.IGNORECASE)
_HELD_OUT_STEP = 16
_BLACK = 8  # JPEG does not keep the black that registration fills in exactly
_TRIM = 1 / 3  # of a side, at most


def held_out(number: int) -> bool:
    """Whether the pair of this number is kept out of training: every sixteenth number.

    >>> [number for number in range(40) if held_out(number)]
    [0, 16, 32]
    """
    return number % _HELD_OUT_STEP == 0


@dataclass(frozen=True, eq=False)
class Pairs:
    """Photographed pairs in memory: 6 bytes per pixel of a pair (0.8 GB for 320 of 0.4 megapixels).

    Attributes
    ----------
    numbers : tuple of int
        N of the files ``bg-A-N.jpg`` and ``bg-B-N.jpg``.
    frames : tuple of (a, b)
        (H, W, 3) uint8 each, of equal size, without the black borders of registration.
    """

    numbers: tuple[int, ...]
    frames: tuple[tuple[ImageU8, ImageU8], ...] = field(repr=False)

    @staticmethod
    def of_folder(edmf: Path, *, kept_out: bool = False) -> Pairs:
        """Read the pairs of a folder.

        Parameters
        ----------
        edmf : Path
            Folder with ``bg-A-N.jpg`` and ``bg-B-N.jpg``; files without a partner are ignored.
        kept_out : bool
            False: the pairs to train on; True: those kept out (see `held_out`).

        Raises
        ------
        InputError
            When the folder has no such pairs, or a file cannot be read or does not fit.
        """
        found = [entry for entry in _listed(edmf) if held_out(entry[0]) == kept_out]
        if not found:
            kind = "pairs kept out of training" if kept_out else "pairs"
            raise InputError(
                f"has no {kind}", path=edmf, hint="the files are called bg-A-1.jpg and bg-B-1.jpg"
            )
        return Pairs(
            tuple(number for number, _, _ in found),
            tuple(_frames(first, second) for _, first, second in found),
        )

    @property
    def bytes(self) -> int:
        """Memory that the frames take."""
        return sum(a.nbytes + b.nbytes for a, b in self.frames)

    def patch(self, rng: np.random.Generator, side: int) -> tuple[ImageU8, ImageU8]:
        """The same place of both frames of a random pair, turned and mirrored alike.

        Returns
        -------
        a, b : (side, side, 3) uint8

        Raises
        ------
        UsageError
            When no pair is as large as that.
        """
        for _ in range(100):
            frames = self.frames[int(rng.integers(len(self.frames)))]
            height, width = frames[0].shape[:2]
            if min(height, width) >= side:
                break
        else:
            raise UsageError(f"no pair is {side} pixels high and wide", hint="use smaller patches")
        y, x = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
        turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
        a, b = (np.rot90(frame[y : y + side, x : x + side], turns) for frame in frames)
        if mirrored:
            a, b = a[:, ::-1], b[:, ::-1]
        return np.ascontiguousarray(a), np.ascontiguousarray(b)


def read_picture(path: Path) -> ImageU8:
    """Pixels of an 8-bit file, (H, W, 3) uint8; grey ones with three equal channels.

    Raises
    ------
    InputError
        When it cannot be read or is not an 8-bit picture.
    """
    pixels, _ = decode_frame(images.probe(path))
    if pixels.dtype != np.uint8:
        raise InputError("is not an 8-bit picture", path=path, hint="convert it to 8 bits")
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def inner_rectangle(*frames: ImageU8) -> tuple[slice, slice]:
    """Rows and columns that remain without black borders, by the worst side first.

    A side is cut while more than 2 % of its outermost line are black in one of the frames, up to
    a third of the height or width, so that night scenes are not used up.
    """
    height, width = frames[0].shape[:2]
    black = np.zeros((height, width), np.uint8)
    for frame in frames:
        black |= _brightest(frame) <= _BLACK
    total = np.asarray(cv2.integral(black), np.int32)
    low, high = [0, 0], [height, width]
    while True:
        top, left, bottom, right = low[0], low[1], high[0], high[1]
        lines = {
            (0, 0): _share(total, top, top + 1, left, right),
            (0, 1): _share(total, bottom - 1, bottom, left, right),
            (1, 0): _share(total, top, bottom, left, left + 1),
            (1, 1): _share(total, top, bottom, right - 1, right),
        }
        for axis, length in enumerate((height, width)):
            if low[axis] >= _TRIM * length:
                del lines[axis, 0]
            if length - high[axis] >= _TRIM * length:
                del lines[axis, 1]
        side = max(lines, key=lambda key: lines[key], default=None)
        if side is None or lines[side] <= 0.02:
            return slice(top, bottom), slice(left, right)
        if side[1] == 0:
            low[side[0]] += 1
        else:
            high[side[0]] -= 1


def _share(total: npt.NDArray[np.int32], top: int, bottom: int, left: int, right: int) -> float:
    inside = int(total[bottom, right]) - int(total[top, right])
    inside += int(total[top, left]) - int(total[bottom, left])
    return inside / ((bottom - top) * (right - left))


def _brightest(frame: ImageU8) -> ImageU8:
    red, green, blue = cv2.split(frame)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def _listed(folder: Path) -> list[tuple[int, Path, Path]]:
    """(number, a, b) of every complete pair of a folder, in the order of the numbers."""
    try:
        names = {path.name: path for path in folder.iterdir()}
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})",
            path=folder,
            hint="name a folder with files bg-A-1.jpg and bg-B-1.jpg",
        ) from error
    found = []
    for name, path in names.items():
        match = _NAME.fullmatch(name)
        other = name[:3] + "B" + name[4:]
        if match and other in names:
            found.append((int(match.group(1)), path, names[other]))
    return sorted(found)


def _frames(first: Path, second: Path) -> tuple[ImageU8, ImageU8]:
    a, b = read_picture(first), read_picture(second)
    if a.shape != b.shape:
        raise InputError(
            f"has not the size of {first.name}", path=second, hint="pairs are registered"
        )
    rows, columns = inner_rectangle(a, b)
    # Copies, so that the borders are given up.
    return np.ascontiguousarray(a[rows, columns]), np.ascontiguousarray(b[rows, columns])
