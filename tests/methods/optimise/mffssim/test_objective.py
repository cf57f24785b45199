import cv2
import numpy as np
import pytest
import torch
from scipy.ndimage import uniform_filter

from mfgui.core.arrays import to_float
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import region
from mfgui.methods.optimise.mffssim.objective import BoxJoint, gradient, q_box

C1, C2 = 0.01**2, 0.03**2


def literal(images, labels, image, window):
    """Q and its gradient from explicit patches, one at a time, by automatic differentiation."""
    sources = [torch.from_numpy(x.astype(np.float64)) for x in images]
    y_all = torch.from_numpy(image.astype(np.float64)).requires_grad_()
    height, width, _ = image.shape
    half = window // 2
    scores = []
    for row in range(height - window + 1):
        for column in range(width - window + 1):
            label = int(labels[row + half, column + half])
            if not 1 <= label <= len(images):
                continue
            cut = (slice(row, row + window), slice(column, column + window))
            x, y = sources[label - 1][cut].reshape(-1), y_all[cut].reshape(-1)
            mean_x, mean_y = x.mean(), y.mean()
            variance_x, variance_y = ((x - mean_x) ** 2).mean(), ((y - mean_y) ** 2).mean()
            covariance = ((x - mean_x) * (y - mean_y)).mean()
            luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
            structure = (2 * covariance + C2) / (variance_x + variance_y + C2)
            scores.append(luminance * structure)
    q = torch.stack(scores).mean()
    q.backward()
    return q.item(), y_all.grad.numpy()


def scene(k, channels, *, height=19, width=23, seed=0):
    rng = np.random.default_rng(seed)
    images = [rng.random((height, width, channels), np.float32) for _ in range(k)]
    labels = rng.integers(1, k + 1, (height, width)).astype(np.uint8)
    return images, labels, rng.random((height, width, channels), np.float32)


def assert_equal(q, slope, expected_q, expected):
    """Up to the rounding of float32 terms."""
    assert abs(q - expected_q) <= 2e-7
    assert np.abs(slope - expected).max() <= 2e-6 * np.abs(expected).max()


def closed_form(images, labels, image, window, threads=1):
    with RowWorkers(Compute(threads=threads)) as workers:
        return gradient(BoxJoint(images, labels, window=window, workers=workers), image)


@pytest.mark.parametrize("window", [3, 7, 13])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_that_q_and_gradient_equal_the_literal_definition(k, channels, window):
    images, labels, image = scene(k, channels)
    q, slope = closed_form(images, labels, image, window)
    expected_q, expected = literal(images, labels, image, window)
    assert_equal(q, slope, expected_q, expected)


@pytest.mark.parametrize(("strip", "panel", "threads"), [(1, 8, 1), (600, 16, 3), (1, 99, 4)])
def test_that_strips_panels_and_threads_do_not_change_the_result(
    monkeypatch, strip, panel, threads
):
    monkeypatch.setattr(region, "_STRIP_PIXELS", strip)
    monkeypatch.setattr(region, "_PANEL", panel)
    images, labels, image = scene(3, 3, height=31, width=57)
    q, slope = closed_form(images, labels, image, 7, threads)
    expected_q, expected = literal(images, labels, image, 7)
    assert_equal(q, slope, expected_q, expected)


def test_that_a_window_as_large_as_the_picture_is_one_patch():
    images, labels, image = scene(2, 3, height=9, width=9)
    q, slope = closed_form(images, labels, image, 9, threads=2)
    expected_q, expected = literal(images, labels, image, 9)
    assert_equal(q, slope, expected_q, expected)


def test_that_ignored_patches_are_left_out_of_q_and_gradient():
    images, labels, image = scene(2, 3)
    labels[:, 12:] = 255
    labels[4, 4] = 255
    q, slope = closed_form(images, labels, image, 5, threads=2)
    expected_q, expected = literal(images, labels, image, 5)
    assert_equal(q, slope, expected_q, expected)
    assert not slope[:, 15:].any()


def test_that_a_map_of_nothing_but_ignore_scores_zero_without_a_gradient():
    images, labels, image = scene(2, 1)
    q, slope = closed_form(images, np.full_like(labels, 255), image, 5)
    assert q == 0.0
    assert not slope.any()


def test_that_a_source_scores_one_against_itself():
    images, labels, _ = scene(2, 3)
    assert q_box(images, np.full_like(labels, 2), images[1], window=5, compute=Compute()) == (
        pytest.approx(1.0, abs=1e-7)
    )


def landscape(height=300, width=420):
    """A bright flat sky over textured ground, sharp on the left or right: two sources."""
    rng = np.random.default_rng(5)
    ground = rng.random((height, width, 3)).astype(np.float32)
    ground[: height // 2] = np.float32(0.95)
    ground[25:40, 70:150] = 0.1
    soft = ground.copy()
    soft[:, 1:] = (ground[:, 1:] + ground[:, :-1]) / 2
    labels = np.ones((height, width), np.uint8)
    labels[:, width // 2 :] = 2
    return [ground, soft], labels


def by_box_filter(images, labels, image, window):
    """Q in float64 from box means of centred values."""
    half = window // 2
    inside = (slice(half, labels.shape[0] - half), slice(half, labels.shape[1] - half))

    def mean(values):
        filtered = uniform_filter(values.mean(axis=2), window, mode="nearest")
        return filtered[inside]

    y = image.astype(np.float64) - 0.5
    mean_y = mean(y)
    total = np.zeros_like(mean_y)
    for k, source in enumerate(images):
        x = source.astype(np.float64) - 0.5
        mean_x = mean(x)
        variances = mean(x * x) - mean_x**2 + mean(y * y) - mean_y**2
        covariance = mean(x * y) - mean_x * mean_y
        mx, my = mean_x + 0.5, mean_y + 0.5
        score = (2 * mx * my + C1) * (2 * covariance + C2)
        score /= (mx * mx + my * my + C1) * (variances + C2)
        total += np.where(labels[inside] == k + 1, score, 0.0)
    return total.mean()


@pytest.mark.parametrize("window", [25, 201])
def test_that_float32_is_accurate_under_a_bright_flat_sky(window):
    images, labels = landscape()
    image = (images[0] + images[1]) / 2
    image += np.float32(1e-3) * np.sin(np.arange(image.size, dtype=np.float32)).reshape(image.shape)
    q, slope = closed_form(images, labels, image, window, threads=2)
    assert slope.dtype == np.float32
    assert abs(q - by_box_filter(images, labels, image, window)) <= 1e-7


def test_that_the_gradient_is_the_change_of_q():
    images, labels = landscape()
    rng = np.random.default_rng(1)
    image = np.clip((images[0] + images[1]) / 2, 0.01, 0.99)
    direction = rng.standard_normal(image.shape).astype(np.float32)
    _, slope = closed_form(images, labels, image, 101, threads=2)
    ahead, behind = (
        by_box_filter(images, labels, image + np.float32(step) * direction, 101)
        for step in (1e-3, -1e-3)
    )
    assert (ahead - behind) / 2e-3 == pytest.approx(np.vdot(slope, direction), rel=1e-3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_stored_integers_count_as_the_values_they_stand_for(dtype):
    rng = np.random.default_rng(4)
    stored = [rng.integers(0, np.iinfo(dtype).max, (40, 50, 3), dtype) for _ in range(2)]
    _, labels, image = scene(2, 3, height=40, width=50)
    found = closed_form(stored, labels, image, 7)
    expected = closed_form([to_float(x) for x in stored], labels, image, 7)
    assert_equal(*found, *expected)


def blobs(height, width, k=2, seed=2):
    rng = np.random.default_rng(seed)
    smooth = cv2.resize(rng.random((4, 5)).astype(np.float32), (width, height))
    return (1 + np.floor(smooth * k * 0.999)).astype(np.uint8)


@pytest.mark.parametrize("window", [5, 15])
def test_that_a_band_has_the_q_and_gradient_of_the_whole(window):
    images, _, _ = scene(3, 3, height=410, width=530)
    labels = blobs(410, 530, k=3)
    image = compose(images, labels)
    rng = np.random.default_rng(0)
    with RowWorkers(Compute(threads=2)) as workers:
        whole = BoxJoint(images, labels, window=window, workers=workers)
        band = BoxJoint(images, labels, window=window, workers=workers, half_width=window - 1)
        free = band.region.free
        assert 0.1 < free.mean() < 0.9
        change = rng.normal(0, 0.05, image.shape).astype(np.float32)
        image = np.clip(image + np.where(free[:, :, np.newaxis], change, 0), 0, 1)
        q, slope = gradient(band, image)
        expected_q, expected = gradient(whole, image)
    assert q == pytest.approx(expected_q, abs=1e-8)
    assert np.abs((slope - expected)[free]).max() <= 2e-6 * np.abs(expected).max()
    assert not slope[~free].any()


def test_that_memory_left_by_others_does_not_matter(monkeypatch):
    images, labels, image = scene(2, 3, height=120, width=160)
    labels = blobs(120, 160)
    empty = np.empty

    def poisoned(shape, dtype=np.float64):
        memory = empty(shape, dtype)
        memory.fill(np.nan if memory.dtype.kind == "f" else 0)
        return memory

    with RowWorkers(Compute(threads=2)) as workers:
        expected = gradient(
            BoxJoint(images, labels, window=9, workers=workers, half_width=4), image
        )
    monkeypatch.setattr(np, "empty", poisoned)
    with RowWorkers(Compute(threads=2)) as workers:
        found = gradient(BoxJoint(images, labels, window=9, workers=workers, half_width=4), image)
    monkeypatch.setattr(np, "empty", empty)
    assert found[0] == expected[0]
    assert np.array_equal(found[1], expected[1])
