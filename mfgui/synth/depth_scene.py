"""Random scenes of sloped, curved, thin and fuzzy surfaces at two focus distances.

Unlike `mfgui.synth.constant_depth`, the blur changes from pixel to pixel, more than two surfaces
may overlap, and the lens is not always round. See `mfgui.synth.depth_render` for the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, Size
from mfgui.core.errors import UsageError
from mfgui.core.light import to_srgb
from mfgui.synth import near_things, shapes, textures
from mfgui.synth.capture import Capture
from mfgui.synth.depth_render import Surface, rendered, visible
from mfgui.synth.focus_pair import FocusPair, check_size
from mfgui.synth.psf import Psf

Kind: TypeAlias = Literal["layers", "curved", "ground", "fence", "hair", "slope"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SIZE = Size(640, 480)
SURROUNDINGS = 16  # pixels kept around the frame, for frames that are moved afterwards
NEARER = 1.0  # pixels of blur in the far frame from which on a surface counts as near
MAX_RADIUS = 20.0

_Plane: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Canvas:
    """Frame with margin, and the blur radius between both focus positions."""

    size: Size
    margin: int
    radius: float

    @property
    def drawn(self) -> Size:
        return Size(self.size.width + 2 * self.margin, self.size.height + 2 * self.margin)

    def grid(self) -> tuple[_Plane, _Plane]:
        """x and y in the frame's pixels, (1, W) and (H, 1)."""
        x = np.arange(self.drawn.width, dtype=np.float32) + np.float32(0.5 - self.margin)
        y = np.arange(self.drawn.height, dtype=np.float32) + np.float32(0.5 - self.margin)
        return x[None, :], y[:, None]

    def flat(self, value: float) -> _Plane:
        return np.full((self.drawn.height, self.drawn.width), value, np.float32)


def random_depth_scene(
    size: Size = SIZE,
    *,
    seed: int,
    kind: Kind | Literal["auto"] = "auto",
    radius: float | None = None,
) -> FocusPair:
    """A scene drawn at random, rendered at both focus distances.

    Parameters
    ----------
    size : Size
        Of the frames, 64 to 8000 pixels a side.
    seed : int
        Decides everything that is not given.
    kind : "auto" or one of KINDS
        "layers": two to four things, tilted or not; "curved": balls and bent cards; "ground":
        things that stand on the ground; "fence"; "hair": fur, hair and twigs; "slope": one
        continuous surface through both focus distances, without occlusion.
    radius : float, optional
        Blur radius in pixels between both focus positions, at most 20; by default drawn, 2 to 14.

    Returns
    -------
    FocusPair
        `matte`: visible share of what is blurred by more than a pixel in the far frame and lies
        before its focus. `radius`: blur in the far frame of the surface that shows most.
    """
    check_size(size)
    if kind != "auto" and kind not in KINDS:
        raise UsageError(f"unknown kind {kind}", hint=f"choose from: auto, {', '.join(KINDS)}")
    if radius is not None and not 0 < radius <= MAX_RADIUS:
        hint = f"use more than 0 and at most {MAX_RADIUS:g}"
        raise UsageError(f"blur radius {radius:g}: not allowed", hint=hint)
    rng = np.random.default_rng(seed)
    drawn_kind = cast(Kind, str(rng.choice(KINDS, p=(0.25, 0.2, 0.15, 0.15, 0.15, 0.1))))
    chosen: Kind = drawn_kind if kind == "auto" else kind
    drawn_radius = float(np.exp(rng.uniform(np.log(2), np.log(14))))
    radius = drawn_radius if radius is None else radius
    # Surfaces lie up to half a radius beyond either focus; a Gaussian reaches 1.5 radii.
    canvas = _Canvas(size, SURROUNDINGS + int(np.ceil(2.3 * radius)) + 3, radius)
    surfaces, names = _surfaces(chosen, canvas, rng)
    psf = _random_psf(rng)
    description = f"{chosen}, r={radius:.2f}, {psf.shape}: {', '.join(names)}"
    return _pair(surfaces, canvas, psf, seed=seed, description=description)


def drawn(size: Size = SIZE, *, seed: int) -> tuple[FocusPair, Capture]:
    """A random scene and a random camera for it; apply it by `mfgui.synth.capture.captured`."""
    return random_depth_scene(size, seed=seed), camera_of(seed)


def camera_of(seed: int) -> Capture:
    """The random camera that goes with the scene of a seed."""
    return random_capture(np.random.default_rng((seed, 1)))


def random_capture(rng: np.random.Generator) -> Capture:
    """A camera with the common faults of photographed pairs; each is absent now and then."""

    def perhaps(share: float, value: float, otherwise: float) -> float:
        return value if rng.random() < share else otherwise

    bits: Literal[8, 16] = 16 if rng.random() < 0.15 else 8
    quality = int(rng.integers(85, 98))
    return Capture(
        noise=perhaps(0.6, float(np.exp(rng.uniform(np.log(0.3), np.log(3)))), 0.0),
        jpeg=quality if bits == 8 and rng.random() < 0.4 else None,
        shift=(perhaps(0.5, rng.normal(0, 0.8), 0.0), perhaps(0.5, rng.normal(0, 0.8), 0.0)),
        breathing=perhaps(0.4, 1 + float(np.clip(rng.normal(0, 0.005), -0.015, 0.015)), 1.0),
        rotation=perhaps(0.25, float(rng.normal(0, 0.1)), 0.0),
        gain=perhaps(0.3, float(np.exp(rng.uniform(np.log(0.7), np.log(1.4)))), 1.0),
        tone=perhaps(0.15, float(rng.uniform(0.1, 0.5)), 0.0),
        bits=bits,
        clip=perhaps(0.1, float(rng.uniform(0.75, 0.95)), 1.0),
    )


def _pair(
    surfaces: Sequence[Surface], canvas: _Canvas, psf: Psf, *, seed: int, description: str
) -> FocusPair:
    keep = canvas.margin - SURROUNDINGS
    inner = (slice(keep, -keep),) * 2
    frame = (slice(SURROUNDINGS, -SURROUNDINGS),) * 2
    near, far, truth = (
        rendered(surfaces, focus=focus, psf=psf)[inner] for focus in (canvas.radius, 0.0, None)
    )
    shares = [share[inner][frame] for share in visible(surfaces)]
    positions = [surface.position[inner][frame] for surface in surfaces]
    pairs = list(zip(shares, positions, strict=True))
    matte = sum((share * (place > NEARER) for share, place in pairs), np.zeros_like(shares[0]))
    most = np.argmax(np.stack(shares), axis=0)
    position = np.take_along_axis(np.stack(positions), most[None], axis=0)[0]
    return FocusPair(
        near=to_srgb(near[frame]),
        far=to_srgb(far[frame]),
        truth=to_srgb(truth[frame]),
        matte=np.asarray(np.clip(matte, 0, 1), np.float32),
        radius=np.abs(position).astype(np.float32),
        near_radius=np.abs(position - np.float32(canvas.radius)),
        seed=seed,
        description=description,
        margin=SURROUNDINGS,
        wide=(near, far),
    )


def _random_psf(rng: np.random.Generator) -> Psf:
    shape = rng.choice(["disk", "gaussian", "polygon"], p=(0.45, 0.2, 0.35))
    blades, angle = int(rng.integers(5, 9)), float(rng.uniform(0, 2 * np.pi))
    return Psf(cast(Literal["disk", "gaussian", "polygon"], str(shape)), blades, angle)


def _surfaces(
    kind: Kind, canvas: _Canvas, rng: np.random.Generator
) -> tuple[list[Surface], list[str]]:
    """Surfaces, nearest first, and the names of the things among them."""
    if kind == "slope":
        name, surface = _slope(canvas, rng)
        return [surface], [name]
    behind = _ground(canvas, rng) if kind == "ground" else _wall(canvas, rng)
    near = float(rng.uniform(0.95, 1.05))
    kinds: dict[Kind, tuple[str, ...]] = {
        "layers": ("body", "body", "twig"),
        "curved": ("ball", "ball", "body"),
        "ground": ("body", "fur", "ball"),
        "fence": ("fence",),
        "hair": ("fur", "hairs", "twig"),
    }
    choice = kinds[kind]
    count = 1 if kind == "fence" else int(rng.integers(2, 5))
    # Every other one lies between both focus positions, where no frame is sharp.
    between = rng.random(count - 1) < 0.5
    places = [near, *np.where(between, rng.uniform(0.25, 0.9, count - 1), near)]
    if rng.random() < 0.2:
        places[-1] = float(rng.uniform(1.1, 1.4)) if count > 1 else places[-1]
    things = [(float(place), str(rng.choice(choice))) for place in places]
    if kind == "fence" and rng.random() < 0.6:
        things.append((float(rng.uniform(0.2, 0.6)), "body"))
    if rng.random() < 0.6:
        things.append((near, str(rng.choice(("twig", "hairs")))))
    things.sort(key=lambda thing: -thing[0])
    built = [_thing(name, place, canvas, rng, kind=kind) for place, name in things]
    return [*built, behind], [name for _, name in things]


def _thing(
    name: str, place: float, canvas: _Canvas, rng: np.random.Generator, *, kind: Kind
) -> Surface:
    """One thing at `place` (1 is the near focus), upright, tilted or bulging."""
    size, margin = canvas.size, canvas.margin
    short = min(size.width, size.height)
    span = float(rng.uniform(0.15, 0.36)) * short
    centre = (
        float(rng.uniform(0.1, 0.9)) * size.width,
        float(rng.uniform(0.25, 0.9)) * size.height,
    )
    if kind == "ground":
        # What stands nearer stands lower: the ground's position grows linearly below the horizon.
        centre = (centre[0], size.height * (0.45 + 0.5 * place) - 0.8 * span)
    x, y = canvas.grid()
    square = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / span**2
    lean = rng.normal(0, 0.15, 2) * canvas.radius if rng.random() < 0.6 else np.zeros(2)
    tilt = lean[0] * (x - centre[0]) / size.width + lean[1] * (y - centre[1]) / size.height
    position = canvas.flat(place * canvas.radius) + tilt.astype(np.float32)
    if name in ("twig", "hairs", "fence"):
        draw = {"twig": near_things.twig, "hairs": near_things.hairs, "fence": near_things.fence}
        matte = draw[name](rng, size, margin=margin)
        return Surface(_thin_colour(canvas, rng), matte, _bounded(position, canvas))
    colour = textures.surface(canvas.drawn, rng)
    if name == "fur":
        matte = near_things.fur(rng, size, centre=centre, radius=span, margin=margin)
    elif name == "ball":
        matte = _ball(canvas, centre, span)
        # A paraboloid, and light from above and one side.
        bulge = min(0.25 * canvas.radius, 0.08 * span)
        position = position + np.float32(bulge) * np.maximum(1 - square, -0.2)
        height = np.sqrt(np.maximum(1 - square, 0.02))
        lit = 0.45 + 0.55 * height - 0.25 * (y - centre[1]) / span + 0.15 * (x - centre[0]) / span
        colour = np.clip(colour * np.clip(lit, 0.15, 1.3)[:, :, None], 0, 1)
    else:
        shape = shapes.SHAPES[int(rng.integers(len(shapes.SHAPES)))]
        angle = float(rng.uniform(0, 2 * np.pi))
        outline = shapes.placed(shape(rng), centre=centre, radius=span, angle=angle)
        softness = float(rng.choice((0.4, 0.7, 1.5, 3.0), p=(0.4, 0.3, 0.2, 0.1)))
        matte = shapes.matte(outline, size, margin=margin, softness=softness)
    return Surface(np.asarray(colour, np.float32), matte, _bounded(position, canvas))


def _ball(canvas: _Canvas, centre: tuple[float, float], radius: float) -> _Plane:
    x, y = canvas.grid()
    distance = np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2)
    return np.asarray(np.clip(radius + 0.5 - distance, 0, 1), np.float32)


def _bounded(position: _Plane, canvas: _Canvas) -> _Plane:
    """Positions within half a radius of both focus positions, as the margin allows."""
    low, high = -0.5 * canvas.radius, 1.5 * canvas.radius
    return np.asarray(np.clip(position, low, high), np.float32)


def _thin_colour(canvas: _Canvas, rng: np.random.Generator) -> ImageF32:
    palette = textures.random_palette(rng)
    return textures.clouds(canvas.drawn, rng, palette[:2] * np.float32(rng.uniform(0.3, 1)))


def _wall(canvas: _Canvas, rng: np.random.Generator) -> Surface:
    """The background: in focus in the far frame, now and then tilted or wavy."""
    colour = textures.surface(canvas.drawn, rng)
    if rng.random() < 0.2:
        bright = near_things.highlights(rng, canvas.drawn)
        colour = colour + bright[:, :, None]
    position = canvas.flat(0.0)
    if rng.random() < 0.6:
        relief = textures.noise(canvas.drawn, rng, coarsest=canvas.size.width / 2, octaves=1)
        x, _ = canvas.grid()
        amount = rng.normal(0, 0.12, 2) * canvas.radius
        tilt = np.float32(amount[0]) * (x / np.float32(canvas.size.width) - np.float32(0.5))
        position = position + tilt + np.float32(amount[1]) * (relief - np.float32(0.5))
    covering = canvas.flat(1.0)
    return Surface(np.asarray(colour, np.float32), covering, _bounded(position, canvas))


def _ground(canvas: _Canvas, rng: np.random.Generator) -> Surface:
    """Ground that runs from the near focus to a wall in the far one, seen in perspective.

    Positions are proportional to 1 / distance and so grow linearly below the horizon.
    """
    size = canvas.drawn
    _, y = canvas.grid()
    horizon = 0.45 * canvas.size.height
    below = np.maximum(y - horizon, 0) / np.float32(0.5 * canvas.size.height)
    picture = textures.surface(size, rng)
    plane = textures.surface(size, rng)
    # Full width at the lower side, shrunk 3.5 times at the horizon; heights by the square.
    scale = 1.4 / (0.4 + below)
    columns = (np.arange(size.width)[None, :] - size.width / 2) * scale + size.width / 2
    rows = np.broadcast_to(-0.56 * canvas.size.height * scale, columns.shape)
    places = columns.astype(np.float32), rows.astype(np.float32)
    # The more the texture is shrunk, the more it is smoothed before.
    level = np.clip(np.log2(np.maximum(0.8 * scale**2, 1)), 0, 3)[:, :, None]
    ground = np.zeros_like(plane)
    for index, sigma in enumerate((0.0, 0.8, 1.6, 3.2)):
        smooth = plane if sigma == 0 else cv2.GaussianBlur(plane, (0, 0), sigma)
        seen = cv2.remap(smooth, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        ground += np.maximum(1 - np.abs(level - index), 0).astype(np.float32) * seen
    share = np.clip(y - horizon + 0.5, 0, 1)[:, :, None]
    colour = picture + share * (ground - picture)
    position = canvas.flat(0.0) + (below * canvas.radius).astype(np.float32)
    covering = canvas.flat(1.0)
    return Surface(np.asarray(colour, np.float32), covering, _bounded(position, canvas))


def _slope(canvas: _Canvas, rng: np.random.Generator) -> tuple[str, Surface]:
    """One continuous surface: a plane, a bent plane or waves."""
    x, y = canvas.grid()
    angle = rng.uniform(0, 2 * np.pi)
    along = (x / canvas.size.width - 0.5) * np.cos(angle)
    along = along + (y / canvas.size.height - 0.5) * np.sin(angle)
    along = 0.5 + along / (abs(np.cos(angle)) + abs(np.sin(angle)))
    name = ("plane", "bent plane", "waves")[int(rng.integers(3))]
    if name == "bent plane":
        along = np.clip(along, 0, 1.2) ** float(rng.uniform(1.4, 2.2))
    elif name == "waves":
        turns = rng.uniform(0.7, 1.6)
        along = 0.5 + 0.5 * np.sin(2 * np.pi * (turns * along + rng.random()))
    position = ((1.4 * along - 0.2) * canvas.radius).astype(np.float32)
    covering = canvas.flat(1.0)
    colour = textures.surface(canvas.drawn, rng)
    return name, Surface(colour, covering, _bounded(position, canvas))
