import threading

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size
from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.planes import blend, clamp_to_sources, grey, in_tiles


def noise(*shape, seed=1):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_that_grey_is_luma_in_the_unit_range():
    image = noise(9, 7, 3)
    literal = image.astype(np.float64) @ (0.299, 0.587, 0.114) / 255
    assert np.abs(grey(image) - literal).max() < 1e-6
    assert np.array_equal(grey(image[:, :, :1]), np.float32(image[:, :, 0]) / np.float32(255))
    deep = image.astype(np.uint16) * 257
    assert np.abs(grey(deep) - literal).max() < 1e-6


@pytest.mark.parametrize("threads", [1, 3])
def test_that_blending_weighs_the_first_source(threads):
    first, second = noise(70, 30, 3), noise(70, 30, 3, seed=2)
    weight = np.random.default_rng(3).random((70, 30)).astype(np.float32)
    literal = (weight[..., None] * first.astype(float) + (1 - weight[..., None]) * second) / 255
    fused = blend(first, second, weight, compute=Compute(threads=threads))
    assert np.abs(fused - literal).max() < 1e-6
    same = blend(first, first, weight, compute=Compute(threads=threads))
    assert np.array_equal(same, np.float32(first) / np.float32(255))


def test_that_clamping_keeps_to_the_sources():
    sources = [noise(50, 20, 3, seed=seed) for seed in (1, 2, 3)]
    image = np.random.default_rng(4).normal(0.5, 0.5, (50, 20, 3)).astype(np.float32)
    given = image.copy()
    clamp_to_sources(image, sources, compute=Compute(threads=2))
    values = np.stack(sources) / np.float32(255)
    literal = np.minimum(np.maximum(given, values.min(axis=0)), values.max(axis=0))
    assert np.array_equal(image, literal)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("size", [Size(100, 37), Size(16, 16), Size(65, 64)])
def test_that_tiles_cover_every_pixel_once_and_reach_far_enough(size, threads):
    counted = np.zeros((size.height, size.width), int)
    frame = Rect(0, 0, size.width, size.height)
    lock, told = threading.Lock(), []

    def work(wide, inner):
        assert wide == inner.grown(5).intersected(frame)
        with lock:
            counted[inner.slices] += 1

    compute = Compute(threads=threads, progress=lambda done, total: told.append((done, total)))
    in_tiles(size, work, reach=5, compute=compute, side=32)
    assert (counted == 1).all()
    assert [done for done, _ in told] == list(range(1, told[0][1] + 1))


def test_that_tiles_end_when_told_to():
    calls = []

    def stop():
        if len(calls) == 2:
            raise StopRequested

    with pytest.raises(StopRequested):
        in_tiles(
            Size(200, 200),
            lambda wide, inner: calls.append(inner),
            reach=0,
            compute=Compute(checkpoint=stop),
            side=32,
        )
    assert len(calls) == 2


def test_that_a_filter_in_tiles_is_the_filter_of_the_whole():
    plane = np.random.default_rng(5).random((90, 120)).astype(np.float32)
    parts = np.empty_like(plane)

    def work(wide, inner):
        smooth = cv2.GaussianBlur(plane[wide.slices], (9, 9), 2, borderType=cv2.BORDER_REFLECT_101)
        x, y = inner.x - wide.x, inner.y - wide.y
        parts[inner.slices] = smooth[y : y + inner.height, x : x + inner.width]

    in_tiles(Size(120, 90), work, reach=4, compute=Compute(threads=2), side=25)
    whole = cv2.GaussianBlur(plane, (9, 9), 2, borderType=cv2.BORDER_REFLECT_101)
    assert np.abs(parts - whole).max() < 1e-6
