"""Description of an alpha-matte pair: complete, so that the same file gives the same pictures.

Places of crops and random mattes are drawn from the seed and the number of the pair.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core import disks
from mfgui.core.arrays import ImageF32, LabelArray, Size
from mfgui.core.errors import InputError, UsageError
from mfgui.files import images
from mfgui.files.decode import decode_frame
from mfgui.synth import alpha_matte, photographs
from mfgui.synth.alpha_matte import VARIANTS, Variant
from mfgui.synth.mattes import LEAST, MOST, random_matte

FORMAT = "mfgui alpha-matte pair"
VERSION = 1
BLURS: Mapping[str, float] = {"gaussian": 50.0, "disk": 100.0}  # largest sigma, radius in pixels
MAX_SIDE = 16_000
MAX_PIXELS = 50_000_000
_DRAWN = 2048  # random mattes are drawn at most so large, and enlarged
_SMALLEST = 16


@dataclass(frozen=True)
class MatteScene:
    """What a pair is made of.

    Attributes
    ----------
    size : Size
        Of the frames.
    variant : str
        Model, see `mfgui.synth.alpha_matte`.
    blur, amount : str, float
        "gaussian" with its standard deviation, or "disk" with its radius, in pixels.
    foreground, background : str
        Photograph or image file; when they are the same, both show the same place.
    mask : str or None
        Image file of the size of the frames: white is foreground, grey a share of it; in a
        coloured one everything but black is foreground. None draws a matte.
    seed, number : int
        What places and a drawn matte depend on.
    """

    size: Size
    variant: Variant
    blur: str
    amount: float
    foreground: str
    background: str
    mask: str | None = None
    seed: int = 0
    number: int = 1

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise UsageError(
                f"unknown variant {self.variant}", hint=f"choose from: {', '.join(VARIANTS)}"
            )
        most = BLURS.get(self.blur)
        if most is None:
            raise UsageError(f"unknown blur {self.blur}", hint=f"choose from: {', '.join(BLURS)}")
        if not 0 < self.amount <= most:
            raise UsageError(
                f"{self.blur} blur of {self.amount:g} pixels: not allowed",
                hint=f"use more than 0 and at most {most:g}",
            )
        smallest, largest = sorted((self.size.width, self.size.height))
        if smallest < _SMALLEST or largest > MAX_SIDE or self.size.pixels > MAX_PIXELS:
            raise UsageError(
                f"size {self.size}: not allowed",
                hint=f"use at least {_SMALLEST} x {_SMALLEST}, at most {MAX_SIDE} a side and "
                f"{MAX_PIXELS // 10**6} megapixels",
            )
        if self.seed < 0 or self.number < 1:
            raise UsageError("seed and number: at least 0 and 1")

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the pair is made from."""
        pictures = [n for n in (self.foreground, self.background) if n not in photographs.NAMES]
        return tuple(Path(name) for name in (*pictures, *([self.mask] if self.mask else [])))


@dataclass(frozen=True, eq=False)
class MattePair:
    """What a scene gives: sources a (foreground sharp) and b, all in focus, and the matte.

    Pictures are (H, W, 3) float32 in [0, 1], the matte is (H, W) float32, 1 for foreground.
    """

    a: ImageF32 = field(repr=False)
    b: ImageF32 = field(repr=False)
    truth: ImageF32 = field(repr=False)
    matte: npt.NDArray[np.float32] = field(repr=False)

    @property
    def labels(self) -> LabelArray:
        """1 where a is in focus, 2 where b is; (H, W) uint8."""
        return np.where(self.matte > 0.5, 1, 2).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Ingredients:
    """Pictures and mask of scenes, read once for any number of pairs."""

    foreground: ImageF32 = field(repr=False)
    background: ImageF32 = field(repr=False)
    mask: npt.NDArray[np.float32] | None = field(repr=False)

    @staticmethod
    def of(scene: MatteScene) -> Ingredients:
        """What the scene names.

        Raises
        ------
        InputError, UsageError
            When a file cannot be read, a picture is smaller than the frames, or the mask has
            another size or shows one side only.
        """
        foreground = _picture(scene.foreground, scene.size)
        same = scene.background == scene.foreground
        background = foreground if same else _picture(scene.background, scene.size)
        mask = None if scene.mask is None else read_mask(Path(scene.mask), scene.size)
        return Ingredients(foreground, background, mask)


def render(scene: MatteScene, ingredients: Ingredients) -> MattePair:
    """The pair of a scene; depends on nothing but its arguments."""
    rng = np.random.default_rng([scene.seed, scene.number])
    front = _placed(ingredients.foreground, scene.size, rng)
    behind = front
    if ingredients.background is not ingredients.foreground:
        behind = _placed(ingredients.background, scene.size, rng)
    matte = ingredients.mask if ingredients.mask is not None else _drawn(scene.size, rng)
    make = alpha_matte.gaussian if scene.blur == "gaussian" else disks.disk
    kernel = make(scene.amount)
    a, b = alpha_matte.pair(front, behind, matte, kernel=kernel, variant=scene.variant)
    cover = matte[:, :, None]
    return MattePair(a, b, cover * front + (1 - cover) * behind, matte)


def to_json(scene: MatteScene) -> str:
    """Text of a scene file."""
    size = [scene.size.width, scene.size.height]
    data = {"format": FORMAT, "version": VERSION, **vars(scene), "size": size}
    return json.dumps(data, indent=2) + "\n"


def read_matte_scene(path: Path) -> MatteScene:
    """The pair described by a JSON file.

    Raises
    ------
    InputError
        When the file is not readable or not such a scene.
    UsageError
        When a value in it is not allowed.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", path=path) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON ({error})", path=path) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(
            "is not an alpha-matte pair",
            path=path,
            hint="use a scene.json that mfgui synth alpha-matte wrote",
        )
    if data.get("version") != VERSION:
        raise InputError(
            f"is a pair of version {data.get('version')}, this program reads {VERSION}", path=path
        )
    try:
        return _scene_from(data)
    except UsageError as error:
        raise UsageError(error.what, path=path, hint=error.hint) from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"is damaged ({type(error).__name__}: {error})", path=path) from error


def _scene_from(data: Mapping[str, Any]) -> MatteScene:
    width, height = (int(value) for value in data["size"])
    mask, amount = data.get("mask"), float(data["amount"])
    if not math.isfinite(amount):
        raise ValueError("amount is not a finite number")
    return MatteScene(
        size=Size(width, height),
        variant=cast(Variant, str(data["variant"])),
        blur=str(data["blur"]),
        amount=amount,
        foreground=str(data["foreground"]),
        background=str(data["background"]),
        mask=None if mask is None else str(mask),
        seed=int(data["seed"]),
        number=int(data["number"]),
    )


def picture_size(name: str) -> Size:
    """Size of a photograph or of an image file."""
    if name in photographs.NAMES:
        height, width = photographs.load(name).shape[:2]
        return Size(width, height)
    return images.probe(Path(name)).size


def read_mask(path: Path, size: Size) -> npt.NDArray[np.float32]:
    """Matte from an image file, (H, W) float32 in [0, 1]; see `MatteScene.mask`.

    Raises
    ------
    InputError
        When it cannot be read, has another size, or shows one side only.
    """
    info = images.probe(path)
    if info.size != size:
        raise InputError(
            f"is {info.size}, the frames are {size}",
            path=path,
            hint="without --size the frames are as large as the mask",
        )
    pixels, _ = decode_frame(info)
    values = np.asarray(pixels[:, :, 0], np.float32)
    if pixels.shape[2] == 3 and (pixels != pixels[:, :, :1]).any():
        values = np.asarray(pixels.any(axis=2), np.float32)
    elif pixels.dtype.kind == "u" and values.max() > 1:
        # Integers with no value above 1 are labels: 1 is foreground.
        values = values / np.float32(np.iinfo(pixels.dtype).max)
    if values.min() == values.max():
        raise InputError(
            "shows one side only", path=path, hint="white is foreground, black is background"
        )
    return np.ascontiguousarray(values)


def _picture(name: str, size: Size) -> ImageF32:
    """(H, W, 3) float32 picture, at least as large as the frames."""
    if name in photographs.NAMES:
        pixels = photographs.load(name).astype(np.float32) / np.float32(255)
    elif not Path(name).suffix and not Path(name).exists():
        known = ", ".join(photographs.NAMES)
        raise UsageError(
            f"{name} is neither a photograph nor a file", hint=f"the photographs are: {known}"
        )
    else:
        pixels = images.read_image(Path(name))
    height, width = pixels.shape[:2]
    if width < size.width or height < size.height:
        raise UsageError(
            f"{name} is {Size(width, height)}, smaller than the frames of {size}",
            hint="choose a smaller --size or another picture",
        )
    return pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2)


def _placed(picture: ImageF32, size: Size, rng: np.random.Generator) -> ImageF32:
    """A random place of a picture, as large as the frames."""
    y = int(rng.integers(picture.shape[0] - size.height + 1))
    x = int(rng.integers(picture.shape[1] - size.width + 1))
    return picture[y : y + size.height, x : x + size.width]


def _drawn(size: Size, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """The middle of a random matte, drawn again while it shows almost one side only."""
    longest = max(size.width, size.height)
    side = min(longest, _DRAWN)
    height, width = (max(1, side * length // longest) for length in (size.height, size.width))
    y, x = (side - height) // 2, (side - width) // 2
    for _ in range(1000):
        matte = random_matte(rng, side)[y : y + height, x : x + width]
        if LEAST <= float(matte.mean()) <= MOST:
            break
    if (width, height) != (size.width, size.height):
        enlarged = cv2.resize(matte, (size.width, size.height), interpolation=cv2.INTER_LINEAR)
        # Enlarging widens the edge, too: make it as steep as it was.
        steeper = (np.asarray(enlarged, np.float32) - 0.5) * np.float32(longest / side) + 0.5
        matte = np.clip(steeper, 0.0, 1.0)
    return np.ascontiguousarray(matte, np.float32)
