"""Losses of MFF-GAN against their equations, written out in NumPy."""

from __future__ import annotations

import numpy as np
import torch

from mfgui.train import mff_gan_loss as losses

_LOW_PASS = np.array([[0.0947, 0.1183, 0.0947], [0.1183, 0.1478, 0.1183], [0.0947, 0.1183, 0.0947]])
_LAPLACIAN = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])


def filtered(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    padded = np.pad(x, 1)
    result = np.zeros_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = (padded[i : i + 3, j : j + 3] * kernel).sum()
    return result


def repeated_blur(x: np.ndarray) -> np.ndarray:
    return np.abs(x - filtered(filtered(x, _LOW_PASS), _LOW_PASS))


def images(count: int = 3) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(5)
    return tuple(rng.uniform(-1, 1, (9, 7)) for _ in range(count))


def tensor(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(x)[None, None]


def test_that_the_low_pass_is_the_published_kernel_twice() -> None:
    (x,) = images(1)
    wanted = filtered(filtered(x, _LOW_PASS), _LOW_PASS)
    np.testing.assert_allclose(losses.low_pass(tensor(x))[0, 0].numpy(), wanted, atol=1e-7)


def test_that_the_source_that_blurring_changes_more_is_repeated() -> None:
    near, far = images(2)
    s_near, s_far = losses.decision(tensor(near), tensor(far))
    wanted = (repeated_blur(far) > repeated_blur(near)).astype(float)
    assert 0.2 < wanted.mean() < 0.8
    np.testing.assert_array_equal(s_far[0, 0].numpy(), wanted)
    np.testing.assert_array_equal(s_near[0, 0].numpy(), 1 - wanted)


def test_that_the_near_source_is_repeated_where_blurring_changes_both_alike() -> None:
    (x,) = images(1)
    s_near, s_far = losses.decision(tensor(x), tensor(x))
    assert s_near.min() == 1
    assert s_far.max() == 0


def test_that_content_compares_each_pixel_with_the_source_that_is_repeated() -> None:
    fused, near, far = images()
    share = (np.arange(63).reshape(9, 7) % 3 == 0).astype(float)
    intensity, gradient = losses.content(
        tensor(fused), tensor(near), tensor(far), (tensor(share), tensor(1 - share))
    )
    wanted = np.mean(share * (fused - near) ** 2) + np.mean((1 - share) * (fused - far) ** 2)
    np.testing.assert_allclose(intensity.item(), wanted, rtol=1e-6)
    of_fused, of_near, of_far = (filtered(x, _LAPLACIAN) for x in (fused, near, far))
    wanted = np.mean(share * (of_fused - of_near) ** 2)
    wanted += np.mean((1 - share) * (of_fused - of_far) ** 2)
    np.testing.assert_allclose(gradient.item(), wanted, rtol=1e-6)


def test_that_the_joint_gradient_is_the_larger_one() -> None:
    near, far = images(2)
    wanted = np.maximum(np.abs(filtered(near, _LAPLACIAN)), np.abs(filtered(far, _LAPLACIAN)))
    found = losses.joint_gradient(tensor(near), tensor(far))[0, 0].numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-7)


def test_that_labels_are_soft_and_of_every_patch() -> None:
    like = torch.zeros(500)
    found = losses.labels(np.random.default_rng(0), losses.REAL_LABELS, like)
    assert found.dtype == torch.float32
    assert found.min() >= 0.7
    assert found.max() <= 1.2
    assert found.max() - found.min() > 0.48
    again = losses.labels(np.random.default_rng(0), losses.REAL_LABELS, like)
    torch.testing.assert_close(found, again, rtol=0, atol=0)


def test_that_scores_are_held_to_their_labels() -> None:
    scores, wanted = torch.tensor([0.5, -1.0]), torch.tensor([1.0, 0.2])
    assert abs(losses.adversarial(scores, wanted).item() - (0.25 + 1.44) / 2) < 1e-6
