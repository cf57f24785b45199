from __future__ import annotations

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Rect, to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.detect import confidence as module
from mfgui.methods.detect.confidence import confidence
from mfgui.methods.detect.laplacian import laplacian


def sources(k: int = 3, channels: int = 3, depth: str = "uint8", shape=(40, 52)):
    generator = np.random.default_rng(9)
    images = []
    for number in range(k):
        image = generator.random((*shape, channels), np.float32)
        soft = cv2.GaussianBlur(image, (0, 0), 1.5).reshape(image.shape)
        columns = slice(number * shape[1] // k, (number + 1) * shape[1] // k)
        soft[:, columns] = image[:, columns]
        white = 1.0 if depth == "float32" else np.iinfo(depth).max
        images.append((soft * white).astype(depth))
    return images


def literal(images, window):
    kernel = np.ones((3, 3)) / 16
    kernel[1, 1] = -0.5
    energies = []
    for image in images:
        values = np.pad(to_float(image).astype(np.float64), ((1, 1), (1, 1), (0, 0)), "reflect")
        parts = np.lib.stride_tricks.sliding_window_view(values, (3, 3), axis=(0, 1))
        squares = ((parts * kernel).sum(axis=(-1, -2)) ** 2).mean(axis=2)
        wide = np.pad(squares, window // 2, "edge")
        means = np.lib.stride_tricks.sliding_window_view(wide, (window, window))
        energies.append(means.mean(axis=(-1, -2)))
    ordered = np.sort(energies, axis=0)
    return (ordered[-1] - ordered[-2]) / (ordered[-1] + ordered[-2] + 1e-6)


@pytest.mark.parametrize(
    ("k", "channels", "depth"), [(3, 3, "uint8"), (2, 1, "uint16"), (5, 3, "float32")]
)
def test_that_it_is_the_margin_of_the_best_source(k, channels, depth) -> None:
    images = sources(k, channels, depth)
    found = confidence(images, window=7, compute=Compute())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, literal(images, 7), atol=2e-5)
    assert found.min() >= 0
    assert found.max() <= 1


def test_that_tiles_threads_and_parts_do_not_show(monkeypatch) -> None:
    images = sources()
    whole = confidence(images, window=5, compute=Compute())
    monkeypatch.setattr(module, "_ROWS", 9)
    monkeypatch.setattr(module, "_COLUMNS", 13)
    found = confidence(images, window=5, compute=Compute(threads=3))
    np.testing.assert_allclose(found, whole, atol=1e-5)
    rect = Rect(20, 0, 32, 11)
    part = confidence(images, window=5, rect=rect, compute=Compute())
    np.testing.assert_allclose(part, whole[rect.slices], atol=1e-5)


def test_that_doubt_lies_where_the_detector_changes_its_mind_and_on_flat_ground() -> None:
    images = sources(2, shape=(40, 80))
    for image in images:
        image[:, :16] = 90
    found = confidence(images, window=5, compute=Compute())
    labels = laplacian(images, window=5, compute=Compute())
    assert (found[:, :12] == 0).all()
    boundary = np.flatnonzero(np.diff(labels[20].astype(int)))[-1]
    assert found[20, boundary - 1 : boundary + 3].min() < 0.3
    assert found[:, boundary + 12 :].min() > 0.5


def test_that_it_stops_where_it_is_asked_to() -> None:
    def stop() -> None:
        raise StopRequested

    with pytest.raises(StopRequested):
        confidence(sources(), window=5, compute=Compute(checkpoint=stop))
