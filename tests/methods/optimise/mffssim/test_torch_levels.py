"""Coarse to fine on the torch backend."""

import cv2
import numpy as np
import pytest
import torch

from mfgui.core.arrays import Rect
from mfgui.core.compute import Compute
from mfgui.methods.optimise.mffssim.levels import reduction
from mfgui.methods.optimise.mffssim.solvers import Limits
from mfgui.methods.optimise.mffssim.torch_backend import ascend, objective_on
from mfgui.methods.optimise.mffssim.torch_device import DeviceMemory
from mfgui.methods.optimise.mffssim.torch_levels import _enlarged, coarse_image

PROCESSOR = DeviceMemory(torch.device("cpu"))


def scene(height=330, width=270, count=2):
    """Sharp and soft texture, in stripes of labels; sizes that no factor divides."""
    rng = np.random.default_rng(1)
    sharp = rng.random((height, width, 3), np.float32)
    sharp = np.clip(0.5 + 3 * (cv2.GaussianBlur(sharp, (0, 0), 1.2) - 0.5), 0, 1)
    blurred = [cv2.GaussianBlur(sharp, (0, 0), 3.0 + k) for k in range(count)]
    labels = (np.arange(width) * count // width + 1).astype(np.uint8)[np.newaxis]
    labels = np.repeat(labels, height, axis=0)
    labels[100:140, :90] = count
    mine = [(labels == k + 1)[:, :, np.newaxis] for k in range(count)]
    images = [np.where(m, sharp, soft) for m, soft in zip(mine, blurred, strict=True)]
    images = [np.rint(255 * image).astype(np.uint8) for image in images]
    start = sum(np.where(m, x, np.uint8(0)) for m, x in zip(mine, images, strict=True))
    return images, labels, start.astype(np.float32) / np.float32(255)


def q_after(steps, images, labels, start, window, **more):
    options = {"device": "cpu", "objective": "box-joint", "solver": "preconditioned"}
    options |= {"window": window, "limits": Limits(steps), "beta": 0, "lr": 0}
    return [
        state.q for state in ascend(images, labels, start, compute=Compute(), **options, **more)
    ]


@pytest.mark.parametrize("window", [25, 51])
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_that_the_reduced_solution_is_better_than_a_step(window, count, dtype):
    images, labels, start = scene(count=count)
    slow = q_after(40, images, labels, start, window, dtype=dtype)
    fast = q_after(4, images, labels, start, window, coarse=True, dtype=dtype)
    gap = [slow[-1] - q for q in fast]
    assert gap[1] < 0.06 * gap[0]
    assert fast[1] > slow[1]
    assert fast[4] > slow[4] - 1e-8


def test_that_the_free_pixels_alone_are_written():
    images, labels, _ = scene()
    free = np.zeros(labels.shape, bool)
    free[:, 90:180] = True
    options = {"objective": "box-joint", "window": 25, "compute": Compute(), "free": free}
    score = objective_on(PROCESSOR, images, labels, **options)
    out = torch.full((3, *labels.shape), -1.0)
    coarse_image(score, PROCESSOR, out)
    written = (out >= 0.0).all(dim=0).numpy()
    assert np.array_equal(written, free)


def test_that_where_sources_agree_the_image_is_theirs():
    """The votes of equal sources add up to one, whatever the reduced solution is."""
    images, labels, _ = scene()
    options = {"objective": "box-joint", "window": 25, "compute": Compute()}
    score = objective_on(PROCESSOR, [images[0], images[0]], labels, **options)
    out = torch.zeros((3, *labels.shape))
    coarse_image(score, PROCESSOR, out)
    expected = images[0].transpose(2, 0, 1) / np.float32(255)
    assert np.abs(out.numpy() - expected).max() <= 2e-4


def test_that_ignored_pixels_do_not_disturb_the_reduced_solution():
    images, labels, start = scene()
    labels[200:, 200:] = 255
    fast = q_after(3, images, labels, start, 25, coarse=True)
    assert fast[1] > fast[0]
    assert np.isfinite(fast).all()


def test_that_a_worse_reduced_solution_is_not_taken(monkeypatch):
    images, labels, start = scene()
    expected = q_after(3, images, labels, start, 25)
    monkeypatch.setattr(
        "mfgui.methods.optimise.mffssim.torch_backend.coarse_image",
        lambda score, memory, out: out.fill_(0.5),
    )
    assert q_after(3, images, labels, start, 25, coarse=True) == expected


@pytest.mark.parametrize(("window", "factor"), [(13, 1), (23, 1), (25, 2), (49, 4), (175, 8)])
def test_that_the_reduced_window_keeps_at_least_twelve_pixels(window, factor):
    assert reduction(window) == factor


def test_that_a_ramp_is_enlarged_to_the_ramp_it_was_reduced_from():
    rows, columns = (torch.arange(n, dtype=torch.float64) for n in (80, 120))
    ramp = 3.0 * rows[:, None] - 2.0 * columns
    small = ramp.view(10, 8, 15, 8).mean(dim=(1, 3))
    part = Rect(9, 13, 90, 50)
    found = _enlarged(small, part, 8, torch.float64)
    assert torch.allclose(found, ramp[part.slices], rtol=0, atol=1e-4)
