"""Blocks of two frames: where they lie, what they tell, and motions fitted to many of them."""

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Size
from mfgui.core.transforms import Transform
from mfgui.methods.align.bands import Level
from mfgui.methods.align.blocks import Blocks, fitted, measured
from mfgui.methods.align.moves import distance, fields_of, grid_of, moved_by

SIZE = Size(960, 768)
FACTOR = 2  # of the level
SIDE = 32  # pixels of a level of this size in a block
AWAY = np.array([0.875, -0.625])  # pixels of the proxy


def texture(seed, size=SIZE):
    rng = np.random.default_rng(seed)
    grain = rng.standard_normal((size.height // FACTOR, size.width // FACTOR))
    plane = cv2.GaussianBlur(grain, (0, 0), 2.0)
    return (plane / plane.std()).astype(np.float32)


def shifted(plane, away):
    """The plane moved by pixels of the proxy, exactly; round the borders."""
    x, y = np.fft.fftfreq(plane.shape[1])[None, :], np.fft.fftfreq(plane.shape[0])[:, None]
    turn = np.exp(-2j * np.pi * (x * away[0] + y * away[1]) / FACTOR)
    return np.fft.ifft2(np.fft.fft2(plane) * turn).real.astype(np.float32)


def blocks_of(first, second, transform=None):
    transform = transform or Transform.identity()
    return measured(Level(first, FACTOR), Level(second, FACTOR), transform, SIZE)


def test_that_blocks_tell_how_far_they_moved():
    plane = texture(1)
    found = blocks_of(plane, shifted(plane, AWAY))
    each = np.linalg.solve(found.normal, found.right[:, :, None])[:, :, 0]
    assert np.abs(np.median(each, axis=0) - AWAY).max() < 0.08
    assert found.alike.min() > 0.9


def test_that_blocks_lie_in_the_proxy():
    plane = texture(1)
    found = blocks_of(plane, plane)
    steps = (found.points + 0.5) / (SIDE * FACTOR)
    # The middle of a block of n pixels of the proxy lies at n / 2 - 1 / 2.
    assert np.abs(steps % 1 - 0.5).max() < 1e-9


def test_that_displacements_are_told_from_the_map_that_was_measured_with():
    plane = texture(2)
    second = shifted(plane, AWAY)
    near = Transform.translation(AWAY[0] + 0.028, AWAY[1] + 0.025)
    found = blocks_of(plane, second, near)
    parts = fitted(found, fields_of("translation"), SIZE).parts
    exact = Transform.translation(*AWAY)
    assert distance(moved_by(found.base, parts, SIZE), exact, SIZE) < 0.02
    other = found.rebased(Transform.translation(0.5, -0.2))
    parts = fitted(other, fields_of("translation"), SIZE).parts
    assert parts[:2] == pytest.approx(AWAY - [0.5, -0.2], abs=0.03)


def test_that_places_that_are_not_alike_tell_nothing():
    plane, other = texture(3), texture(4)
    second = plane.copy()
    second[:, plane.shape[1] // 2 :] = other[:, plane.shape[1] // 2 :]
    found = blocks_of(plane, second)
    told = np.trace(found.normal, axis1=1, axis2=2)
    left = found.points[:, 0] < SIZE.width / 2 - SIDE * FACTOR
    right = found.points[:, 0] > SIZE.width / 2 + SIDE * FACTOR
    assert np.median(told[right]) < 0.01 * np.median(told[left])


def test_that_blocks_at_the_border_of_the_second_frame_are_left_out():
    plane = texture(5)
    near = Transform.translation(100, 0)
    found = blocks_of(plane, plane, near)
    assert found.points[:, 0].max() < SIZE.width - 100


def test_that_a_third_of_wrong_blocks_hardly_matters():
    points = grid_of(SIZE, 12)
    truth = np.zeros(9)
    truth[:4] = (0.4, -0.3, 0.8, 0.5)
    rng = np.random.default_rng(6)
    exact = moved_by(Transform.identity(), truth, SIZE).apply(points) - points
    away = exact + 0.05 * rng.standard_normal(exact.shape)
    away[rng.permutation(len(points))[: len(points) // 3]] += (5.0, 2.0)
    normal = np.tile(np.eye(2) * 400.0, (len(points), 1, 1))
    blocks = Blocks(
        points,
        normal,
        400.0 * away,
        np.ones(len(points)),
        np.ones(len(points), np.bool_),
        np.ones(len(points), np.intp),
        Transform.identity(),
    )
    fit = fitted(blocks, fields_of("similarity"), SIZE)
    assert fit.parts == pytest.approx(truth, abs=0.15)
    # A standard deviation that is not above the truth by much, nor below it.
    spread = np.sqrt(np.diag(np.linalg.inv(fit.information)))
    assert np.all((spread > 0.002) & (spread < 0.05))
