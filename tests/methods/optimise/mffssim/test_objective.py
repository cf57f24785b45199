import numpy as np
import pytest
import torch

from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import objective
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
    images = [rng.random((height, width, channels)) for _ in range(k)]
    labels = rng.integers(1, k + 1, (height, width)).astype(np.uint8)
    return images, labels, rng.random((height, width, channels))


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
    assert abs(q - expected_q) <= 1e-12
    assert np.abs(slope - expected).max() <= 1e-12


@pytest.mark.parametrize(("rows", "threads"), [(1, 1), (2, 3), (5, 2), (256, 4)])
def test_that_stripes_and_threads_do_not_change_the_result(monkeypatch, rows, threads):
    monkeypatch.setattr(objective, "stripe_rows", lambda width: rows)
    images, labels, image = scene(3, 3, height=31, width=17)
    q, slope = closed_form(images, labels, image, 7, threads)
    expected_q, expected = literal(images, labels, image, 7)
    assert abs(q - expected_q) <= 1e-12
    assert np.abs(slope - expected).max() <= 1e-12


def test_that_a_window_as_large_as_the_picture_is_one_patch():
    images, labels, image = scene(2, 3, height=9, width=9)
    q, slope = closed_form(images, labels, image, 9, threads=2)
    expected_q, expected = literal(images, labels, image, 9)
    assert abs(q - expected_q) <= 1e-12
    assert np.abs(slope - expected).max() <= 1e-12


def test_that_ignored_patches_are_left_out_of_q_and_gradient():
    images, labels, image = scene(2, 3)
    labels[:, 12:] = 255
    labels[4, 4] = 255
    q, slope = closed_form(images, labels, image, 5, threads=2)
    expected_q, expected = literal(images, labels, image, 5)
    assert abs(q - expected_q) <= 1e-12
    assert np.abs(slope - expected).max() <= 1e-12
    assert not slope[:, 15:].any()


def test_that_a_map_of_nothing_but_ignore_scores_zero_without_a_gradient():
    images, labels, image = scene(2, 1)
    q, slope = closed_form(images, np.full_like(labels, 255), image, 5)
    assert q == 0.0
    assert not slope.any()


def test_that_a_source_scores_one_against_itself():
    images, labels, _ = scene(2, 3)
    assert q_box(images, np.full_like(labels, 2), images[1], window=5, compute=Compute()) == (
        pytest.approx(1.0, abs=1e-12)
    )


def landscape(height=1200, width=1700):
    """A bright flat sky over textured ground, sharp below or above: two sources, float32."""
    rng = np.random.default_rng(5)
    ground = rng.random((height, width, 3)).astype(np.float32)
    ground[: height // 2] = np.float32(0.95)
    ground[100:140, 300:600] = 0.1
    soft = ground.copy()
    soft[:, 1:] = (ground[:, 1:] + ground[:, :-1]) / 2
    labels = np.ones((height, width), np.uint8)
    labels[:, width // 2 :] = 2
    return [ground, soft], labels


def test_that_float32_is_accurate_under_a_bright_flat_sky():
    images, labels = landscape()
    image = (images[0] + images[1]) / 2
    image += np.float32(1e-3) * np.sin(np.arange(image.size, dtype=np.float32)).reshape(image.shape)
    q, slope = closed_form(images, labels, image, 101, threads=2)
    exact = [x.astype(np.float64) for x in images]
    expected_q, expected = closed_form(exact, labels, image.astype(np.float64), 101, threads=2)
    assert slope.dtype == np.float32
    assert abs(q - expected_q) <= 1e-7
    assert np.abs(slope - expected).max() / np.abs(expected).max() <= 2e-6
