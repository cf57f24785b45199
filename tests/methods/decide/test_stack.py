"""The stack method: against a literal implementation, and what must hold for any picture."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.arrays import Rect, to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.light import to_linear, to_srgb
from mfgui.methods.decide import spill, spreads
from mfgui.methods.decide import stack as module
from mfgui.methods.decide.stack import stack

RNG = np.random.default_rng
ONE = Compute()


def noise(seed: int, shape: tuple[int, ...] = (24, 31, 3)) -> np.ndarray:
    return RNG(seed).integers(0, 256, shape).astype(np.uint8)


def blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    soft = ndimage.gaussian_filter(image.astype(float), (sigma, sigma, 0)) if sigma else image
    return np.clip(np.rint(soft), 0, 255).astype(np.uint8)


def sides(sigma: float, *, size: int = 96, seed: int = 3) -> tuple[list[np.ndarray], np.ndarray]:
    """A scene whose left half is in focus in source 1, the right one in source 2."""
    sharp = noise(seed, (size, 2 * size, 3))
    sharp = blurred(sharp, 0.6)
    left = np.arange(2 * size)[None, :, None] < size
    soft = blurred(sharp, sigma)
    return [np.where(left, sharp, soft), np.where(left, soft, sharp)], sharp


def literal_labels(images: list[np.ndarray], penalty: float) -> np.ndarray:
    """Steps 1 and 2 of `stack`, pixel by pixel, in float64."""
    grey = [to_float(image).astype(float) @ [0.299, 0.587, 0.114] for image in images]

    def smooth(plane: np.ndarray, sigma: float) -> np.ndarray:
        return ndimage.gaussian_filter(plane, sigma, mode="mirror", truncate=3.0)

    energy = np.stack([smooth((g - smooth(g, 1.0)) ** 2, 1.5) for g in grey])
    guide = np.take_along_axis(np.stack(grey), energy.argmax(0)[None], 0)[0]
    cost = -energy / (energy.max(0) + (2 / 255) ** 2)
    count, height, width = cost.shape
    total = np.zeros_like(cost)
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        path = np.zeros_like(cost)
        rows = range(height) if dy >= 0 else range(height - 1, -1, -1)
        columns = range(width) if dx >= 0 else range(width - 1, -1, -1)
        for y, x in itertools.product(rows, columns):
            v, u = y - dy, x - dx
            for k in range(count):
                before = 0.0
                if 0 <= v < height and 0 <= u < width:
                    price = penalty / (1 + abs(guide[y, x] - guide[v, u]) / (8 / 255))
                    least = min(path[j, v, u] for j in range(count))
                    before = min(path[k, v, u] - least, price)
                path[k, y, x] = cost[k, y, x] + before
        total += path
    return total.argmin(0) + 1


@pytest.mark.parametrize("penalty", [0.5, 6.0])
def test_that_labels_are_those_of_the_definition(penalty: float) -> None:
    sharp = noise(1, (17, 22, 3))
    images = [np.roll(blurred(sharp, sigma), 1, axis=1) for sigma in (0.0, 0.5, 1.0)]
    images = [
        np.where(np.arange(22)[None, :, None] < 11, a, b)
        for a, b in zip(images, images[::-1], strict=True)
    ]
    images = [
        np.clip(image + noise(9 + i, image.shape) % 5, 0, 255).astype(np.uint8)
        for i, image in enumerate(images)
    ]
    found = stack(images, compute=ONE, penalty=penalty, borders=False).labels
    wanted = literal_labels(images, penalty)
    assert len(np.unique(wanted)) > 1
    assert (found != wanted).mean() < 0.01  # float32 may break ties another way


def test_that_without_a_price_the_largest_energy_is_taken() -> None:
    images = [noise(1), noise(2), noise(3)]
    found = stack(images, compute=ONE, penalty=0.0, borders=False).labels
    energies = [
        module.energy((to_float(image) @ np.float32([0.299, 0.587, 0.114])).astype(np.float32))
        for image in images
    ]
    assert (found == np.argmax(energies, axis=0) + 1).mean() > 0.99


@pytest.mark.parametrize("sigma", [1.5, 3.0])
def test_that_the_blur_between_frames_is_found(sigma: float) -> None:
    images, _ = sides(sigma, size=192)
    labels = np.where(np.arange(384) < 192, 1, 2).astype(np.uint8) * np.ones((192, 1), np.uint8)
    first, second = spreads.positions(images, labels, compute=ONE)
    assert first == 0.0
    assert second == pytest.approx(sigma, rel=0.12)


def test_that_frames_no_blur_explains_have_no_places() -> None:
    labels = np.ones((96, 96), np.uint8)
    images = [noise(1, (96, 96, 1)), noise(2, (96, 96, 1))]
    assert spreads.positions(images, labels, compute=ONE) == (0.0, 0.0)


def test_that_borders_take_the_frame_that_explains_the_other() -> None:
    images = [noise(5, (40, 60, 1)), blurred(noise(6, (40, 60, 1)), 1.0)]
    labels = np.where(np.arange(60) < 30, 1, 2).astype(np.uint8) * np.ones((40, 1), np.uint8)
    places, sigma = (0.0, 2.0), 0.8 * 2.0
    planes = [image[:, :, 0] / 255 for image in images]

    def smooth(plane: np.ndarray, width: float) -> np.ndarray:
        radius = int(np.ceil(3 * width))
        return ndimage.gaussian_filter(plane, width, mode="nearest", radius=radius)

    one = smooth((smooth(planes[0], sigma) - planes[1]) ** 2, 1.5)
    other = smooth((smooth(planes[1], sigma) - planes[0]) ** 2, 1.5)
    away = np.where(np.arange(60) < 30, 30 - np.arange(60), np.arange(60) - 29)
    wanted = np.where(away <= 2 * 2.0 + 4, np.where(one <= other, 1, 2), labels)
    found = spreads.explained(images, labels, Rect(0, 0, 60, 40), places, compute=ONE)
    assert found is not None
    middle = (slice(None), slice(18, 42))  # the box ends where nothing can change
    np.testing.assert_array_equal(found[middle], wanted[middle])
    assert (found != labels).any()


def test_that_a_scene_of_two_halves_is_put_together() -> None:
    images, sharp = sides(2.0)
    decision = stack(images, compute=ONE)
    right = np.where(np.arange(192) < 96, 1, 2)
    assert (decision.labels == right).mean() > 0.97
    error = np.abs(decision.fuse() - to_float(sharp))
    assert error[:, :90].max() < 1e-6
    assert error[:, 102:].max() < 1e-6


@pytest.mark.parametrize("shape", [(16, 16, 3), (17, 33, 1), (31, 16, 3)])
@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_that_identical_sources_come_back(shape: tuple[int, ...], depth: str) -> None:
    values = RNG(4).random(shape)
    image = values.astype(np.float32)
    if depth != "float32":
        image = np.rint(values * np.iinfo(depth).max).astype(depth)
    fused = stack([image, image.copy(), image.copy()], compute=ONE).fuse()
    assert fused.dtype == np.float32
    np.testing.assert_array_equal(fused, to_float(image))


def test_that_grey_and_equal_channels_agree() -> None:
    images = [noise(1, (40, 37, 1)), blurred(noise(1, (40, 37, 1)), 1.5), noise(2, (40, 37, 1))]
    grey = stack(images, compute=ONE)
    colour = stack([np.repeat(image, 3, axis=2) for image in images], compute=ONE)
    assert (grey.labels != colour.labels).mean() < 0.01
    same = (grey.labels == colour.labels).all()
    if same:
        np.testing.assert_allclose(colour.fuse(), np.repeat(grey.fuse(), 3, axis=2), atol=1e-5)


def test_that_depth_of_storage_does_not_matter() -> None:
    images, _ = sides(2.0, size=40)
    wide = [image.astype(np.uint16) * 257 for image in images]
    np.testing.assert_allclose(
        stack(images, compute=ONE).fuse(), stack(wide, compute=ONE).fuse(), atol=1e-5
    )


def test_that_threads_and_calls_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SIDE", 40)
    images, _ = sides(2.0, size=70)
    one, two = stack(images, compute=ONE), stack(images, compute=Compute(threads=2))
    np.testing.assert_array_equal(one.labels, two.labels)
    np.testing.assert_array_equal(one.fuse(), two.fuse())


def test_that_values_lie_between_the_sources() -> None:
    images = [blurred(noise(seed, (40, 50, 3)), seed / 2) for seed in range(3)]
    fused = stack(images, compute=ONE).fuse()
    values = np.stack([to_float(image) for image in images])
    assert (fused >= values.min(axis=0)).all()
    assert (fused <= values.max(axis=0)).all()


def behind_a_near_object(sigmas: tuple[float, ...]) -> tuple[list[np.ndarray], np.ndarray, Any]:
    """Frames of columns of labels 1, 2, ... in order; source k shows label k behind the others."""
    width, count = 30, len(sigmas) + 1
    truth = RNG(8).random((20, width * count, 3)).astype(np.float32)
    labels = np.repeat(np.arange(1, count + 1), width).astype(np.uint8) * np.ones((20, 1), np.uint8)
    places = np.concatenate([[0.0], np.cumsum(sigmas)])
    light = to_linear(truth).astype(float)
    frames = []
    for focused in range(count):
        frame = light.copy()
        for near in range(focused - 1, -1, -1):
            matte = (labels == near + 1).astype(float)[:, :, None]
            sigma = places[focused] - places[near]
            width_of = (int(np.ceil(3 * sigma)), int(np.ceil(3 * sigma)), 0)
            parts = [
                ndimage.gaussian_filter(part, (sigma, sigma, 0), mode="nearest", radius=width_of)
                for part in (matte * light, matte)
            ]
            frame = parts[0] + (1 - parts[1]) * frame
        frames.append(to_srgb(frame.astype(np.float32)))
    return frames, truth, (labels, tuple(places))


@pytest.mark.parametrize("sigmas", [(1.5,), (1.0, 1.5)])
@pytest.mark.parametrize("nearest_first", [True, False])
def test_that_known_spill_is_subtracted(sigmas: tuple[float, ...], nearest_first: bool) -> None:
    frames, truth, (labels, places) = behind_a_near_object(sigmas)
    if not nearest_first:
        frames, labels = frames[::-1], (len(frames) + 1 - labels).astype(np.uint8)
        places = tuple(places[-1] - place for place in reversed(places))
    whole = Rect(0, 0, truth.shape[1], truth.shape[0])
    composed = np.take_along_axis(np.stack(frames), labels[None, :, :, None] - 1, 0)[0]
    before = np.abs(composed - truth).max()
    spill.without_spill(
        frames, labels, composed, whole, whole, places, nearest_first=nearest_first, compute=ONE
    )
    # Two sigmas far; behind that is what is left of the Gaussian.
    assert before > 0.1
    assert np.abs(composed - truth)[:, :32].max() < 1e-3
    assert np.abs(composed - truth)[:, 32:58].max() < 0.04


def test_that_the_nearest_frame_is_told_from_what_grew() -> None:
    sharpest = np.repeat([1, 2], 20).astype(np.uint8) * np.ones((9, 1), np.uint8)
    assert spill.nearest_first(sharpest, np.ones_like(sharpest)) is True
    assert spill.nearest_first(sharpest, np.full_like(sharpest, 2)) is False
    assert spill.nearest_first(sharpest, sharpest) is None


def test_that_it_can_be_stopped_anywhere() -> None:
    images, _ = sides(2.0, size=40)
    calls: list[int] = []

    def run(stop_at: int) -> Any:
        calls.clear()

        def checkpoint() -> None:
            calls.append(1)
            if len(calls) == stop_at:
                raise StopRequested

        return stack(images, compute=Compute(checkpoint=checkpoint)).fuse()

    run(-1)
    assert len(calls) > 10
    for stop_at in range(1, len(calls) + 1, 5):
        with pytest.raises(StopRequested):
            run(stop_at)
