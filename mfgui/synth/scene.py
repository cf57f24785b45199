"""Description of a layered scene: complete, so that the same file gives the same pictures."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfgui.core.arrays import Size
from mfgui.core.errors import InputError, UsageError
from mfgui.synth import photographs

FORMAT = "mfgui layered scene"
VERSION = 1
MAX_LAYERS = 16
MAX_RADIUS = 100.0
MAX_PIXELS = 50_000_000  # of a frame; rendering takes about 100 bytes per pixel
MAX_SIDE = 16_000  # OpenCV warps into at most 32,766 pixels a side
_FARTHEST = 1e5  # pixels from the frame; what lies beyond cannot be seen

Point = tuple[float, float]


@dataclass(frozen=True)
class Layer:
    """A flat picture at one depth.

    Attributes
    ----------
    photo : str
        Name of a photograph.
    position : float
        Defocus position in pixels: a lens focused on position p images this layer with a
        disk of radius ``abs(p - position)`` (proportional to the difference of 1 / distance).
    scale : float
        Size of the photograph in the frame, 0 < scale <= 1 (never enlarged). Where the frame
        is larger, the photograph is continued by reflection.
    angle : float
        Counter-clockwise turn in degrees.
    centre : (x, y) or None
        Where the photograph's centre lies, in frame pixels; None is the middle of the frame.
    tint : (r, g, b)
        Factors in linear light, 0 ... 1.
    outline : tuple of (x, y) or None
        Corners of a smooth closed curve in frame pixels; None covers everything.
    softness : float
        Standard deviation of the matte's edge in pixels.
    """

    photo: str
    position: float
    scale: float = 1.0
    angle: float = 0.0
    centre: Point | None = None
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    outline: tuple[Point, ...] | None = None
    softness: float = 0.7

    def __post_init__(self) -> None:
        photographs.photograph(self.photo)
        if not 0 < self.scale <= 1:
            raise UsageError(
                f"layer {self.photo}: scale {self.scale:g} is not allowed",
                hint="use more than 0 and at most 1; photographs are never enlarged",
            )
        if not all(0 <= factor <= 1 for factor in self.tint):
            raise UsageError(f"layer {self.photo}: tint must lie in 0 ... 1")
        if not 0 <= self.softness <= 20:
            raise UsageError(f"layer {self.photo}: softness must lie in 0 ... 20 pixels")
        if self.outline is not None and len(self.outline) < 3:
            raise UsageError(f"layer {self.photo}: an outline needs at least 3 points")
        places = [*(self.outline or ()), *([self.centre] if self.centre is not None else [])]
        if any(abs(number) > _FARTHEST for point in places for number in point):
            raise UsageError(f"layer {self.photo}: a point lies more than {_FARTHEST:g} px away")


@dataclass(frozen=True)
class Scene:
    """Layers, nearest first; source k is focused on layer k.

    `seed` records what a generated scene was drawn from; rendering uses no random numbers.
    """

    size: Size
    layers: tuple[Layer, ...]
    seed: int | None = None

    def __post_init__(self) -> None:
        if not 2 <= len(self.layers) <= MAX_LAYERS:
            raise UsageError(f"{len(self.layers)} layers: use 2 to {MAX_LAYERS}")
        smallest, largest = sorted((self.size.width, self.size.height))
        pixels = self.size.pixels
        if smallest < 16 or largest > MAX_SIDE or pixels > MAX_PIXELS:
            raise UsageError(
                f"size {self.size}: not allowed",
                hint=f"use at least 16 x 16, at most {MAX_SIDE} a side and "
                f"{MAX_PIXELS // 10**6} megapixels",
            )
        if self.layers[-1].outline is not None:
            raise UsageError("the last layer is the farthest: it must have no outline")
        if self.largest_radius > MAX_RADIUS:
            raise UsageError(
                f"a blur radius of {self.largest_radius:g} pixels is too large",
                hint=f"use at most {MAX_RADIUS:g} between the nearest and the farthest layer",
            )

    @property
    def largest_radius(self) -> float:
        """Radius of the widest blur disk of any frame, in pixels."""
        positions = [layer.position for layer in self.layers]
        return max(positions) - min(positions)


def to_json(scene: Scene) -> str:
    """Text of a scene file."""
    layers = []
    for layer in scene.layers:
        entry: dict[str, object] = dict(vars(layer))
        if layer.outline is not None:
            entry["outline"] = [list(point) for point in layer.outline]
        layers.append({key: value for key, value in entry.items() if value is not None})
    head = {"format": FORMAT, "version": VERSION, "seed": scene.seed}
    size = [scene.size.width, scene.size.height]
    lines = [f"    {json.dumps(layer)}" for layer in layers]
    text = json.dumps({**head, "size": size}, indent=2)[:-2]
    return text + ',\n  "layers": [\n' + ",\n".join(lines) + "\n  ]\n}\n"


def read_scene(path: Path) -> Scene:
    """The scene described by a JSON file.

    Raises
    ------
    InputError
        When the file is not readable or not a scene.
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
            "is not a scene file", path=path, hint="use a scene.json that mfgui synth wrote"
        )
    if data.get("version") != VERSION:
        raise InputError(
            f"is a scene of version {data.get('version')}, this program reads {VERSION}", path=path
        )
    try:
        return _scene_from(data)
    except UsageError as error:
        raise UsageError(error.what, path=path, hint=error.hint) from error
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"is damaged ({type(error).__name__}: {error})", path=path) from error


def _scene_from(data: dict[str, Any]) -> Scene:
    width, height = (int(value) for value in data["size"])
    layers = tuple(_layer_from(entry) for entry in data["layers"])
    return Scene(Size(width, height), layers, data.get("seed"))


def _layer_from(entry: dict[str, Any]) -> Layer:
    values = dict(entry)
    red, green, blue = (_finite(value) for value in values.pop("tint", (1, 1, 1)))
    outline, centre = values.pop("outline", None), values.pop("centre", None)
    return Layer(
        photo=str(values.pop("photo")),
        centre=None if centre is None else _point(centre),
        tint=(red, green, blue),
        outline=None if outline is None else tuple(_point(point) for point in outline),
        **{name: _finite(value) for name, value in values.items()},
    )


def _point(value: Any) -> Point:
    x, y = (_finite(number) for number in value)
    return x, y


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is not a finite number")
    return number
