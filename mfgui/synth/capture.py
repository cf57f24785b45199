"""What a camera does to the two frames of a rendered scene."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, Size
from mfgui.core.errors import UsageError
from mfgui.core.light import to_linear, to_srgb
from mfgui.synth.focus_pair import FocusPair


@dataclass(frozen=True)
class Capture:
    """Faults of a pair of photographs; the default is two perfect 8-bit frames.

    Attributes
    ----------
    noise : float
        Standard deviation of Gaussian noise in steps of 1/255 of the encoded values.
    jpeg : int or None
        Quality of JPEG files, 1 to 100; None is no JPEG.
    shift : (dx, dy)
        Pixels by which the picture in the moved frame lies to the right and below.
    breathing : float
        Scale of the moved frame's picture about the middle of the frame.
    rotation : float
        Counter-clockwise turn of the moved frame's picture in degrees.
    gain : float
        Factor of the moved frame's light.
    tone : float
        Strength of an S curve on encoded values, 0 (none) to 1. The truth has it, too.
    bits : 8 or 16
        Of the stored frames.
    clip : float
        Light at which the sensor is full, above 0 and at most 1: brighter parts are cut off there.
    moved : "far" or "near"
        The frame that is moved and gets the gain. Truth, matte and radius stay in the geometry
        and exposure of the other one.
    """

    noise: float = 0.0
    jpeg: int | None = None
    shift: tuple[float, float] = (0.0, 0.0)
    breathing: float = 1.0
    rotation: float = 0.0
    gain: float = 1.0
    tone: float = 0.0
    bits: Literal[8, 16] = 8
    clip: float = 1.0
    moved: Literal["far", "near"] = "far"

    def __post_init__(self) -> None:
        allowed = {
            "noise": 0 <= self.noise <= 255,
            "jpeg": self.jpeg is None or (1 <= self.jpeg <= 100 and self.bits == 8),
            "breathing": 0.5 <= self.breathing <= 2,
            "gain": 0 < self.gain <= 16,
            "tone": 0 <= self.tone <= 1,
            "bits": self.bits in (8, 16),
            "clip": 0 < self.clip <= 1,
            "moved": self.moved in ("far", "near"),
        }
        for name, fits in allowed.items():
            if not fits:
                raise UsageError(f"{name} {getattr(self, name)}: not allowed in a capture")

    @property
    def still(self) -> bool:
        """Whether both frames have the same geometry."""
        return (self.shift, self.breathing, self.rotation) == ((0.0, 0.0), 1.0, 0.0)


def captured(pair: FocusPair, capture: Capture, *, seed: int) -> FocusPair:
    """The pair as a camera stores it.

    Parameters
    ----------
    pair : FocusPair
        As rendered. With `wide`, what a moved frame shows at its borders is right; without,
        the frame is continued by reflection.
    capture : Capture
    seed : int
        Decides the noise.

    Returns
    -------
    FocusPair
        Frames uint8 or uint16, without `wide`; the truth float32 with the tone curve.
    """
    if pair.near.dtype != np.float32 or pair.far.dtype != np.float32:
        raise UsageError("the frames of this pair are captured already")
    rng = np.random.default_rng(seed)
    frames = {}
    for index, name in enumerate(("near", "far")):
        frame: ImageF32 = getattr(pair, name)
        wide = to_linear(frame) if pair.wide is None else pair.wide[index]
        margin = 0 if pair.wide is None else pair.margin
        moved = name == capture.moved
        if moved and not capture.still:
            light = _moved(wide, capture, pair.size, margin=margin)
        else:
            light = wide[margin : wide.shape[0] - margin, margin : wide.shape[1] - margin]
        gain = np.float32(capture.gain if moved else 1.0)
        code = _toned(to_srgb(np.minimum(light * gain, np.float32(capture.clip))), capture.tone)
        if capture.noise > 0:
            grain = rng.standard_normal(code.shape, dtype=np.float32)
            code = code + np.float32(capture.noise / 255) * grain
        frames[name] = _stored(code, capture)
    return replace(
        pair,
        near=frames["near"],
        far=frames["far"],
        truth=_toned(pair.truth, capture.tone),
        margin=0,
        wide=None,
    )


def motion(capture: Capture, size: Size) -> npt.NDArray[np.float64]:
    """(2, 3) matrix from places in the frame that stays to places in the moved frame.

    Places count from the centre of the upper left pixel.
    """
    x, y = (size.width - 1) / 2, (size.height - 1) / 2
    matrix = cv2.getRotationMatrix2D((x, y), capture.rotation, capture.breathing)
    matrix[:, 2] += np.asarray(capture.shift)
    return np.asarray(matrix, np.float64)


def _moved(wide: ImageF32, capture: Capture, size: Size, *, margin: int) -> ImageF32:
    matrix = motion(capture, size)
    # The source has its origin `margin` pixels to the upper left.
    matrix[:, 2] -= matrix[:, :2] @ np.array([margin, margin])
    warped = cv2.warpAffine(
        wide,
        matrix,
        (size.width, size.height),
        flags=cv2.INTER_LANCZOS4,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(np.maximum(warped, 0.0), np.float32)


def _toned(code: ImageF32, strength: float) -> ImageF32:
    """An S curve through 0, 1/2 and 1."""
    if strength == 0:
        return code
    steep = code * code * (3 - 2 * code)
    return np.asarray(code + np.float32(strength) * (steep - code), np.float32)


def _stored(code: ImageF32, capture: Capture) -> PixelArray:
    top, kind = (255, np.uint8) if capture.bits == 8 else (65535, np.uint16)
    pixels: PixelArray = np.rint(np.clip(code, 0.0, 1.0) * np.float32(top)).astype(kind)
    if capture.jpeg is None:
        return pixels
    data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, capture.jpeg])[1]
    decoded: PixelArray = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(decoded[:, :, ::-1])
