"""Mattes of things with thin or fuzzy parts: fences, twigs, hair and fur."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size
from mfgui.synth import shapes, strokes
from mfgui.synth.scene import Point

_Plane: TypeAlias = npt.NDArray[np.float32]
_Points: TypeAlias = npt.NDArray[np.float64]
_Curve: TypeAlias = tuple[_Points, npt.NDArray[np.float64] | float]


def fence(rng: np.random.Generator, size: Size, *, margin: int) -> _Plane:
    """A fence over the whole frame or a part of it: upright bars with rails, or a mesh."""
    reach = float(np.hypot(size.width, size.height))
    middle = np.array([size.width, size.height]) / 2
    mesh = rng.random() < 0.5
    lean = rng.normal(0, 0.06)
    angles = [np.pi / 4 + lean, -np.pi / 4 + lean] if mesh else [lean, np.pi / 2 + lean]
    period = float(rng.uniform(0.08, 0.22)) * min(size.width, size.height)
    width = float(rng.uniform(2, 4)) if mesh else float(rng.uniform(3, 8))
    curves: list[_Curve] = []
    for index, angle in enumerate(angles):
        direction = np.array([np.sin(angle), np.cos(angle)])
        across = np.array([direction[1], -direction[0]])
        rails = index == 1 and not mesh
        apart = 0.45 * size.height if rails else period
        offsets = np.arange(-reach / 2, reach / 2, apart) + rng.uniform(0, apart)
        for offset in offsets:
            centre = middle + offset * across
            ends = np.array([centre - reach * direction, centre + reach * direction])
            curves.append((ends, width * (1.4 if rails else 1.0)))
    return strokes.coverage(curves, size, margin=margin)


def twig(rng: np.random.Generator, size: Size, *, margin: int) -> _Plane:
    """A branch from beyond a side with side twigs, all of them tapering, and some leaves."""
    side, place = rng.integers(4), rng.uniform(0.1, 0.9)
    feet = ((-0.1, place), (1.1, place), (place, -0.1), (place, 1.1))
    foot = np.array(feet[int(side)]) * (size.width, size.height)
    aim = rng.uniform(0.3, 0.7, 2) * (size.width, size.height)
    length = float(rng.uniform(0.8, 1.4)) * float(np.hypot(*(aim - foot)))
    angle = float(np.arctan2(*(aim - foot)[::-1]))
    main = _wandering(rng, foot, angle, length, 40)
    thick = float(rng.uniform(4, 9))
    curves: list[_Curve] = [(main, np.linspace(thick, 1.2, 40))]
    cover = np.zeros((size.height + 2 * margin, size.width + 2 * margin), np.float32)
    leafy = rng.random() < 0.6
    for at in rng.integers(6, 38, int(rng.integers(4, 12))):
        turn = float(rng.choice((-1, 1)) * rng.uniform(0.4, 1.1))
        shoot = _wandering(rng, main[at], angle + turn, length * rng.uniform(0.1, 0.35), 14)
        curves.append((shoot, np.linspace(max(1.2, thick * (1 - at / 40) * 0.7), 0.8, 14)))
        if leafy:
            radius = float(rng.uniform(0.03, 0.07)) * size.width
            heading = np.array([np.cos(angle + turn), np.sin(angle + turn)])
            x, y = shoot[-1] + radius * heading
            outline = shapes.placed(
                shapes.leaf(rng), centre=(x, y), radius=radius, angle=angle + turn
            )
            leaf = shapes.matte(outline, size, margin=margin, softness=0.4)
            cover = np.maximum(cover, leaf)
    return np.maximum(cover, strokes.coverage(curves, size, margin=margin))


def hairs(rng: np.random.Generator, size: Size, *, margin: int) -> _Plane:
    """A lock of fine hairs that grow from beyond a side, 0.6 to 1.8 pixels wide."""
    foot = np.array([rng.uniform(0, 1), rng.choice((-0.08, 1.08))]) * (size.width, size.height)
    aim = rng.uniform(0.25, 0.75, 2) * (size.width, size.height)
    angle, reach = float(np.arctan2(*(aim - foot)[::-1])), float(np.hypot(*(aim - foot)))
    curves: list[_Curve] = []
    for _ in range(int(rng.integers(25, 90))):
        root = foot + rng.normal(0, 0.06, 2) * size.width
        heading, length = angle + rng.normal(0, 0.22), reach * rng.uniform(0.6, 1.5)
        hair = _wandering(rng, root, float(heading), float(length), 24, bend=0.03)
        curves.append((hair, np.linspace(rng.uniform(1.0, 1.8), 0.6, 24)))
    return strokes.coverage(curves, size, margin=margin)


def fur(
    rng: np.random.Generator, size: Size, *, centre: Point, radius: float, margin: int
) -> _Plane:
    """A round body whose edge is soft and carries hairs."""
    outline = shapes.placed(shapes.blob(rng), centre=centre, radius=radius, angle=0.0)
    body = shapes.matte(outline, size, margin=margin, softness=float(rng.uniform(1.5, 4)))
    points = np.asarray(outline)
    curves: list[_Curve] = []
    swirl = float(rng.normal(0, 0.5))
    for _ in range(int(6 * radius)):
        index, share = int(rng.integers(len(points))), rng.random()
        edge = share * points[index] + (1 - share) * points[(index + 1) % len(points)]
        inward = np.asarray(centre) - edge
        angle = float(np.arctan2(-inward[1], -inward[0])) + swirl + rng.normal(0, 0.25)
        root = edge + rng.uniform(0.02, 0.1) * inward
        length = float(rng.uniform(0.06, 0.22)) * radius + 4
        hair = _wandering(rng, root, float(angle), length, 6, bend=0.12)
        curves.append((hair, np.linspace(rng.uniform(1.0, 1.6), 0.5, 6)))
    edge_hairs = strokes.coverage(curves, size, margin=margin) * np.float32(0.9)
    return np.asarray(np.maximum(body, edge_hairs), np.float32)


def highlights(rng: np.random.Generator, size: Size) -> _Plane:
    """Factors of light, 1 and more: small bright points, such as lamps and reflections."""
    factors = np.zeros((size.height, size.width), np.float32)
    for _ in range(int(rng.integers(8, 30))):
        x, y = (int(rng.integers(side)) for side in (size.width, size.height))
        cv2.circle(factors, (x, y), int(rng.integers(1, 4)), float(rng.uniform(2, 8)), -1)
    return np.asarray(cv2.GaussianBlur(factors, (0, 0), 0.7), np.float32)


def _wandering(
    rng: np.random.Generator,
    start: _Points,
    angle: float,
    length: float,
    count: int,
    *,
    bend: float = 0.06,
) -> _Points:
    """A curve of `count` points whose direction changes a little at each of them."""
    headings = angle + np.cumsum(rng.normal(rng.normal(0, bend / 2), bend, count - 1))
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=1) * (length / (count - 1))
    return np.concatenate([start[None], start + np.cumsum(steps, axis=0)])
