from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Rect, to_float
from mfgui.core.compose import compose
from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.optimise.mffssim import local_q as module
from mfgui.methods.optimise.mffssim.local_q import local_q
from mfgui.methods.optimise.mffssim.objective import q_box

C1, C2 = 0.01**2, 0.03**2


def case(seed: int = 1, k: int = 3, channels: int = 3, depth: str = "uint8", shape=(23, 31)):
    """Sources, a map with unassigned and ignored pixels, and an image that is unlike them."""
    generator = np.random.default_rng(seed)
    white = 1.0 if depth == "float32" else np.iinfo(depth).max
    images = [(generator.random((*shape, channels)) * white).astype(depth) for _ in range(k)]
    labels = generator.integers(0, k + 1, shape).astype(np.uint8)
    labels[:6, :9] = 1
    labels[3, 3] = 255
    image = (0.5 * to_float(images[0]) + 0.5 * generator.random((*shape, channels))).astype("f4")
    return images, labels, image


def literal(images, labels, image, window):
    """The definition, window by window."""
    height, width = labels.shape
    reach = window // 2
    scores = np.full(labels.shape, np.nan)
    for y in range(reach, height - reach):
        for x in range(reach, width - reach):
            label = int(labels[y, x])
            if not 1 <= label <= len(images):
                continue
            rows, columns = slice(y - reach, y + reach + 1), slice(x - reach, x + reach + 1)
            a = to_float(images[label - 1])[rows, columns].astype(np.float64).ravel()
            b = image[rows, columns].astype(np.float64).ravel()
            cross = np.mean((a - a.mean()) * (b - b.mean()))
            top = (2 * a.mean() * b.mean() + C1) * (2 * cross + C2)
            below = (a.mean() ** 2 + b.mean() ** 2 + C1) * (a.var() + b.var() + C2)
            scores[y, x] = top / below
    return scores


@pytest.mark.parametrize("window", [3, 7])
@pytest.mark.parametrize(
    ("channels", "depth"), [(3, "uint8"), (1, "uint8"), (3, "uint16"), (3, "float32")]
)
def test_that_it_is_the_score_of_the_window_around_each_pixel(window, channels, depth) -> None:
    images, labels, image = case(channels=channels, depth=depth)
    found = local_q(images, labels, image, window=window, compute=Compute())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, literal(images, labels, image, window), atol=2e-6)


@pytest.mark.parametrize("window", [3, 9])
def test_that_its_mean_is_the_objective(window) -> None:
    images, labels, image = case(shape=(40, 60))
    found = local_q(images, labels, image, window=window, compute=Compute())
    q = q_box(images, labels, image, window=window, compute=Compute())
    assert np.nanmean(found, dtype=np.float64) == pytest.approx(q, abs=1e-6)


def test_that_tiles_and_threads_do_not_show(monkeypatch) -> None:
    images, labels, image = case(shape=(40, 60))
    whole = local_q(images, labels, image, window=5, compute=Compute())
    monkeypatch.setattr(module, "_ROWS", 7)
    monkeypatch.setattr(module, "_COLUMNS", 11)
    cut = local_q(images, labels, image, window=5, compute=Compute(threads=3))
    np.testing.assert_allclose(cut, whole, atol=1e-6)


@pytest.mark.parametrize("rect", [Rect(0, 0, 5, 5), Rect(10, 3, 21, 20), Rect(0, 0, 1, 1)])
def test_that_a_part_is_the_part_of_the_whole(rect) -> None:
    images, labels, image = case()
    whole = local_q(images, labels, image, window=5, compute=Compute())
    part = local_q(images, labels, image, window=5, rect=rect, compute=Compute())
    np.testing.assert_allclose(part, whole[rect.slices], atol=1e-6)


def test_that_a_source_shown_unchanged_scores_1(tiny_pair) -> None:
    fused = compose(tiny_pair.images, tiny_pair.labels)
    found = local_q(tiny_pair.images, tiny_pair.labels, fused, window=5, compute=Compute())
    far = np.abs(np.arange(64) - 31.5) > 3
    assert np.nanmin(found[:, far]) > 1 - 1e-6
    assert np.nanmin(found[:, ~far]) < 0.9


def test_that_labels_of_large_stacks_are_scored_too() -> None:
    generator = np.random.default_rng(5)
    images = [generator.integers(0, 256, (12, 40, 1), np.uint8) for _ in range(300)]
    labels = np.repeat(np.array([1, 150, 255, 300], np.uint16), 10)[None].repeat(12, axis=0)
    image = compose(images, labels)
    found = local_q(images, labels, image, window=3, compute=Compute())
    np.testing.assert_allclose(found, literal(images, labels, image, 3), atol=2e-6)


def test_that_a_picture_smaller_than_the_window_has_no_score() -> None:
    images, labels, image = case(shape=(5, 5))
    found = local_q(images, labels, image, window=7, compute=Compute())
    assert np.isnan(found).all()


def test_that_it_stops_where_it_is_asked_to() -> None:
    calls = []

    def stop() -> None:
        calls.append(1)
        raise StopRequested

    images, labels, image = case()
    with pytest.raises(StopRequested):
        local_q(images, labels, image, window=3, compute=Compute(checkpoint=stop))
    assert len(calls) == 1
