"""Focus stacks as a hand-held camera takes them: every frame with its own known geometry.

Things at several depths before a background are rendered once for each frame in the geometry of
the reference frame, the first one, on a canvas that is larger than the frames; then the frame is
cut out of it by the frame's own transform. There is no parallax: a transform holds in the whole
frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core import disks
from mfgui.core.arrays import ImageF32, ImageU8, PixelArray, Rect, Size, from_float
from mfgui.core.errors import UsageError
from mfgui.core.light import encoded, to_linear
from mfgui.core.transforms import Transform
from mfgui.synth import photographs, shapes, textures

MAX_FRAMES = 99
MAX_PIXELS = 50_000_000  # of a frame; rendering takes about 60 bytes per pixel
MAX_SIDE = 16_000  # OpenCV warps pictures of at most 32,766 pixels a side
MAX_SPREAD = 100.0  # pixels: blur radius of the last depth in the first frame
_DEPTHS = 6  # at most
_THINGS = 2  # at every depth but the last
_TILE = 768
_REACH = 6  # pixels: of Lanczos' weights, and of rounding
_SHARP = 0.5  # pixels
_SOFTNESS = 0.7  # pixels, standard deviation: of what is in focus
_STEPS = 32  # OpenCV reads between pixels at multiples of 1/32
_GROUNDS = ("brick", "chelsea", "coffee", "grass", "gravel")  # with detail everywhere
_SPREAD = np.array([0.7549, 0.5698])  # steps that spread any number of places evenly in a square
_BRIGHTEST = 0.8  # of the scene's light, so that gains clip little


@dataclass(frozen=True)
class MovingStack:
    """A generated stack; the same values give the same pixels.

    Attributes
    ----------
    size : Size
        Of the frames, at least 32 x 32.
    frames : int
        2 to 99. The first is focused on the nearest depth, the last on the background.
    seed : int
        Decides everything drawn.
    radius : float
        Blur radius in pixels between one frame's focus and the next one's.
    breathing : float
        Percent by which the last frame shows everything larger than the first; in between the
        scale grows linearly. -20 to 20.
    shift : float
        Longest shift of a hand in pixels; directions and lengths are drawn.
    rotation : float
        Largest turn of a frame in degrees, at most 20, either way.
    gain : float
        Largest change of a frame's light in percent, at most 50, either way.
    noise : float
        Standard deviation of Gaussian noise in steps of 1/255 of the encoded values.
    jpeg : int or None
        Quality, 1 to 100; None is no JPEG.
    bits : 8 or 16
    """

    size: Size
    frames: int = 6
    seed: int = 0
    radius: float = 3.0
    breathing: float = 0.0
    shift: float = 0.0
    rotation: float = 0.0
    gain: float = 0.0
    noise: float = 0.0
    jpeg: int | None = None
    bits: Literal[8, 16] = 8

    def __post_init__(self) -> None:
        width, height = self.size.width, self.size.height
        if min(width, height) < 32 or max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
            raise UsageError(
                f"size {self.size}: not allowed",
                hint=f"use at least 32 x 32, at most {MAX_SIDE} a side and "
                f"{MAX_PIXELS // 10**6} megapixels",
            )
        if not 2 <= self.frames <= MAX_FRAMES:
            raise UsageError(f"{self.frames} frames: not allowed", hint=f"use 2 to {MAX_FRAMES}")
        if not 0 < self.radius * (self.frames - 1) <= MAX_SPREAD:
            raise UsageError(
                f"a blur radius of {self.radius:g} pixels: not allowed with {self.frames} frames",
                hint=f"use more than 0 and at most {MAX_SPREAD:g} between the first and the last",
            )
        ranges = {
            "breathing": (-20.0, 20.0),
            "shift": (0.0, min(width, height) / 4),
            "rotation": (0.0, 20.0),
            "gain": (0.0, 50.0),
            "noise": (0.0, 255.0),
        }
        for name, (low, high) in ranges.items():
            if not low <= (value := getattr(self, name)) <= high:
                hint = f"use {low:g} to {high:g}"
                raise UsageError(f"{name} {value:g}: not allowed", hint=hint)
        if self.jpeg is not None and not 1 <= self.jpeg <= 100:
            raise UsageError(f"jpeg {self.jpeg}: not allowed", hint="use 1 to 100")
        if self.bits not in (8, 16) or (self.bits == 16 and self.jpeg is not None):
            raise UsageError(
                f"{self.bits} bits: not allowed", hint="use 8, or 16 without JPEG compression"
            )

    def transforms(self) -> tuple[Transform, ...]:
        """Of every frame, from places in the reference frame, the first one: the identity.

        Shifts are multiples of 1/32 pixel, which OpenCV's warp hits exactly.
        """
        return tuple(pose.transform for pose in _poses(self))


@dataclass(frozen=True, eq=False)
class MovingFrame:
    """One frame of a stack.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 or uint16
        sRGB-encoded; with JPEG as decoded again.
    transform : Transform
        From places in the reference frame to places in this one.
    gain : float
        Factor of this frame's light against that of the reference frame.
    jpeg : bytes or None
        The JPEG file that `pixels` were decoded from.
    """

    pixels: PixelArray = field(repr=False)
    transform: Transform
    gain: float
    jpeg: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Pose:
    transform: Transform
    gain: float


@dataclass(frozen=True, eq=False)
class _Thing:
    """A flat thing in a rectangle of the canvas; `focus` is the number of the frame it is
    sharp in, counted from 0.
    """

    colour: ImageU8  # (h, w, 3), encoded
    matte: ImageU8  # (h, w), 255 is opaque
    place: Rect
    focus: int


@dataclass(frozen=True, eq=False)
class Rendered:
    """A stack's scene, drawn and ready to be photographed.

    The things take about 5 bytes for each pixel of a frame; a frame is made when it is asked for
    and not kept.
    """

    stack: MovingStack
    _things: list[_Thing] = field(repr=False)  # nearest first
    _canvas: Size = field(repr=False)
    _margin: int = field(repr=False)  # pixels of the canvas to the left of the frame and above it

    def frames(self) -> Iterator[MovingFrame]:
        """The frames, nearest focus first, one at a time."""
        for index, pose in enumerate(_poses(self.stack)):
            light = self._light([self.stack.radius * abs(index - t.focus) for t in self._things])
            yield self._captured(light, pose, index)

    def truth(self) -> PixelArray:
        """Everything in focus, in the reference frame's geometry and exposure.

        Returns
        -------
        (H, W, 3) uint8 or uint16
            Without noise and compression.
        """
        light = self._light([0.0] * len(self._things))
        size, margin = self.stack.size, self._margin
        inner = Rect(margin, margin, size.width, size.height)
        return from_float(encoded(light[inner.slices]), _depth(self.stack))

    def _light(self, radii: list[float]) -> ImageF32:
        """The canvas in linear light, tile by tile, with the blur radius of every thing."""
        canvas = np.empty((self._canvas.height, self._canvas.width, 3), np.float32)
        reach = math.ceil(max(radii)) + 1
        whole = Rect(0, 0, self._canvas.width, self._canvas.height)
        for y in range(0, whole.height, _TILE):
            for x in range(0, whole.width, _TILE):
                tile = Rect(x, y, _TILE, _TILE).intersected(whole)
                around = tile.grown(reach).intersected(whole)
                near = [
                    (thing, radius)
                    for thing, radius in zip(self._things, radii, strict=True)
                    if not thing.place.intersected(around).empty
                ]
                light = np.zeros((around.height, around.width, 3), np.float32)
                for thing, radius in reversed(near):
                    _lay_over(light, _part(thing, around), radius)
                inner = Rect(tile.x - around.x, tile.y - around.y, tile.width, tile.height)
                canvas[tile.slices] = light[inner.slices]
        return canvas

    def _captured(self, light: ImageF32, pose: _Pose, index: int) -> MovingFrame:
        """The frame that is cut out of the canvas, exposed and stored."""
        stack, margin = self.stack, float(self._margin)
        onto_frame = Transform.translation(-margin, -margin).then(pose.transform).matrix
        # OpenCV's cubic weights move detail by up to 0.03 pixels, these by 0.001.
        warped = cv2.warpAffine(
            light,
            onto_frame[:2],
            (stack.size.width, stack.size.height),
            flags=cv2.INTER_LANCZOS4,
        )
        code = encoded(np.multiply(warped, np.float32(pose.gain), out=warped))
        if stack.noise > 0:
            _add_noise(code, stack.noise / 255, np.random.default_rng((stack.seed, 2, index)))
        pixels = from_float(code, _depth(stack))
        if stack.jpeg is None:
            return MovingFrame(pixels, pose.transform, pose.gain)
        quality = [cv2.IMWRITE_JPEG_QUALITY, stack.jpeg]
        data = cv2.imencode(".jpg", pixels[:, :, ::-1], quality)[1]
        decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[:, :, ::-1]
        return MovingFrame(np.ascontiguousarray(decoded), pose.transform, pose.gain, data.tobytes())


def rendered(stack: MovingStack) -> Rendered:
    """The stack's scene, drawn on a canvas that holds what any frame shows."""
    reach = math.ceil(stack.radius * (stack.frames - 1)) + _REACH
    margin = _excess(stack) + reach
    width, height = stack.size.width + 2 * margin, stack.size.height + 2 * margin
    canvas = Size(width, height)
    rng = np.random.default_rng((stack.seed, 0))
    ground = str(rng.choice(_GROUNDS))
    photos = [str(name) for name in rng.permutation(photographs.NAMES) if name != ground]
    offset = rng.random(2)
    depths = min(stack.frames, _DEPTHS)
    things: list[_Thing] = []
    for depth in range(depths - 1):
        focus = round(depth * (stack.frames - 1) / (depths - 1))
        for _ in range(_THINGS):
            photo = photos[len(things) % len(photos)]
            at = 0.05 + 0.9 * ((offset + len(things) * _SPREAD) % 1.0)
            centre = (margin + at[0] * stack.size.width, margin + at[1] * stack.size.height)
            things.append(_thing(photo, centre, stack.size, focus, rng))
    opaque = np.full((height, width), 255, np.uint8)
    colour = _surface(ground, stack.size, rng)
    # Mirrored beyond the reference frame, so that the scene is the same however the frames move.
    wide = cv2.copyMakeBorder(colour, margin, margin, margin, margin, cv2.BORDER_REFLECT_101)
    colour = np.asarray(wide, np.uint8)
    things.append(_Thing(colour, opaque, Rect(0, 0, width, height), stack.frames - 1))
    return Rendered(stack, things, canvas, margin)


def _poses(stack: MovingStack) -> list[_Pose]:
    rng = np.random.default_rng((stack.seed, 1))
    poses = [_Pose(Transform.identity(), 1.0)]
    for index in range(1, stack.frames):
        length, angle = stack.shift * math.sqrt(rng.random()), 2 * math.pi * rng.random()
        turn, change = rng.uniform(-1, 1, 2).tolist()
        x, y = (
            math.trunc(length * part * _STEPS) / _STEPS
            for part in (math.cos(angle), math.sin(angle))
        )
        transform = Transform.similarity(
            stack.size,
            scale=1 + stack.breathing / 100 * index / (stack.frames - 1),
            degrees=turn * stack.rotation,
            shift=(x, y),
        )
        poses.append(_Pose(transform, 1 + change * stack.gain / 100))
    return poses


def _excess(stack: MovingStack) -> int:
    """Pixels beyond the reference frame that any frame shows."""
    width, height = stack.size.width, stack.size.height
    corners = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
    seen = np.concatenate([t.inverse().apply(corners) for t in stack.transforms()])
    beyond = [-seen.min(), *(seen.max(axis=0) - (width - 1, height - 1))]
    return math.ceil(max(0.0, *map(float, beyond)))


def _thing(
    photo: str,
    centre: tuple[float, float],
    size: Size,
    focus: int,
    rng: np.random.Generator,
) -> _Thing:
    """A shape at a place of the canvas, with a photograph on it."""
    outline = shapes.placed(
        shapes.SHAPES[int(rng.integers(len(shapes.SHAPES)))](rng),
        centre=centre,
        radius=float(rng.uniform(0.15, 0.32)) * min(size.width, size.height),
        angle=float(rng.uniform(0, 2 * math.pi)),
    )
    (left, top), (right, bottom) = np.min(outline, axis=0), np.max(outline, axis=0)
    place = Rect(int(left) - 4, int(top) - 4, int(right - left) + 9, int(bottom - top) + 9)
    moved = tuple((x - place.x, y - place.y) for x, y in outline)
    extent = Size(place.width, place.height)
    matte = shapes.matte(moved, extent, margin=0, softness=_SOFTNESS)
    stored = np.asarray(from_float(matte, "uint8"), np.uint8)
    return _Thing(_surface(photo, extent, rng), stored, place, focus)


def _surface(photo: str, size: Size, rng: np.random.Generator) -> ImageU8:
    """A part of a photograph, enlarged to cover `size`, with grain as fine as the pixels.

    An enlarged photograph has no detail of its own, and a repeated one looks alike in several
    places.
    """
    pixels = photographs.load(photo)
    factor = max(size.width / pixels.shape[1], size.height / pixels.shape[0], 0.5)
    # Rounding of the division may ask for one pixel more than there is.
    width = min(math.ceil(size.width / factor), pixels.shape[1])
    height = min(math.ceil(size.height / factor), pixels.shape[0])
    x = int(rng.integers(pixels.shape[1] - width + 1))
    y = int(rng.integers(pixels.shape[0] - height + 1))
    part = pixels[y : y + height, x : x + width]
    large = cv2.resize(part, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
    grain = textures.noise(size, rng, coarsest=48.0, octaves=6)
    tint = rng.uniform(0.7, 1.0, 3).astype(np.float32)
    surface = np.empty((size.height, size.width, 3), np.uint8)
    for top in range(0, size.height, 256):
        rows = slice(top, top + 256)
        light = (
            _decoded(np.asarray(large[rows], np.uint8)) * tint * (0.35 + 1.3 * grain[rows, :, None])
        )
        code = encoded(np.asarray(0.02 + (_BRIGHTEST - 0.02) * light, np.float32))
        surface[rows] = from_float(code, "uint8")
    # As a lens and pixels of some extent show it: without this, warps would overshoot.
    return np.asarray(cv2.GaussianBlur(surface, (0, 0), _SOFTNESS), np.uint8)


def _part(thing: _Thing, area: Rect) -> ImageF32:
    """What a thing has in an area of the canvas: linear light times matte, and the matte.

    Returns
    -------
    (h, w, 4) float32
    """
    part = np.zeros((area.height, area.width, 4), np.float32)
    shared = thing.place.intersected(area)
    inside = Rect(shared.x - area.x, shared.y - area.y, shared.width, shared.height).slices
    own = Rect(
        shared.x - thing.place.x, shared.y - thing.place.y, shared.width, shared.height
    ).slices
    matte = thing.matte[own][:, :, None] / np.float32(255)
    part[inside] = np.concatenate([_decoded(thing.colour[own]) * matte, matte], axis=2)
    return part


def _lay_over(light: ImageF32, part: ImageF32, radius: float) -> None:
    """A blurred thing before what lies behind it, as `layered.composed` does, only faster."""
    # Within half a pixel a disk lies within a pixel: sharp.
    if radius > _SHARP:
        part = disks.blurred(part, radius)
    light *= 1 - part[:, :, 3:]
    light += part[:, :, :3]


def _decoded(pixels: ImageU8) -> ImageF32:
    return np.asarray(_decoding()[pixels], np.float32)


@lru_cache(maxsize=1)
def _decoding() -> npt.NDArray[np.float32]:
    return to_linear(np.arange(256, dtype=np.float32) / np.float32(255))


def _add_noise(code: ImageF32, sigma: float, rng: np.random.Generator) -> None:
    for top in range(0, len(code), 256):
        rows = code[top : top + 256]
        rows += np.float32(sigma) * rng.standard_normal(rows.shape, dtype=np.float32)


def _depth(stack: MovingStack) -> Literal["uint8", "uint16"]:
    return "uint8" if stack.bits == 8 else "uint16"
