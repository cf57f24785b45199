"""Strokes as a hand draws them, the same ones in every run: the recording that is replayed.

Nobody's hand was recorded: a stroke is a chain of arcs drawn with the bell-shaped speed of human
reaching (minimum jerk; Flash and Hogan, J. Neurosci. 5, 1985) and a tremor of a third of a pixel,
sampled at 125 Hz as a mouse reports, two points to a frame of the screen.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

RATE = 125  # points per second
_ARC_S = 0.5  # of one reach


def strokes(seed: int, *, width: int, height: int) -> Iterator[list[tuple[float, float]]]:
    """Endless strokes of 60 to 250 points inside a widget of this size, in its coordinates."""
    generator = np.random.default_rng(seed)
    while True:
        at = generator.uniform((0.15, 0.15), (0.85, 0.85)) * (width, height)
        heading = generator.uniform(0, 2 * np.pi)
        points: list[tuple[float, float]] = []
        for _ in range(int(generator.integers(1, 5))):
            heading += generator.normal(0, 0.8)
            length = generator.uniform(60, 420)
            goal = at + length * np.array([np.cos(heading), np.sin(heading)])
            goal = np.clip(goal, (8, 8), (width - 8, height - 8))
            points += _reach(generator, at, goal)
            at = goal
        yield points


def _reach(
    generator: np.random.Generator, start: np.ndarray, goal: np.ndarray
) -> list[tuple[float, float]]:
    """One arc from start to goal with minimum jerk."""
    time = np.linspace(0, 1, round(RATE * _ARC_S))[1:]
    along = 10 * time**3 - 15 * time**4 + 6 * time**5
    line = start + along[:, None] * (goal - start)
    across = np.array([start[1] - goal[1], goal[0] - start[0]])
    bend = generator.normal(0, 0.12) * np.sin(np.pi * along)[:, None] * across
    tremor = generator.normal(0, 0.33, line.shape)
    return [(float(x), float(y)) for x, y in line + bend + tremor]
