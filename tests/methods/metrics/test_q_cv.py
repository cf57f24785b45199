"""Q_CV, against loops over blocks with full transforms, and the published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.planes import by_channel
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated, gold_grey, gold_pictures, gold_values

Q_CV = METRICS["q-cv"]
TRIO = generated(27, 35, seed=41)  # blocks of 16 stick out on both sides
THIRD = generated(27, 35, seed=42).a
FLAT = np.full((27, 35), 120, np.uint8)


def stretched(plane):
    low, high = int(plane.min()), int(plane.max())
    return np.floor(255 * (plane.astype(float) - low) / (high - low) + 0.5)


def strengths(plane):
    wide = np.pad(plane, 1)
    found = np.zeros(plane.shape)
    weights = np.array([1, 2, 1])
    for y, x in np.ndindex(plane.shape):
        near = wide[y : y + 3, x : x + 3]
        across = (weights * (near[:, 2] - near[:, 0])).sum()
        down = (weights * (near[2] - near[0])).sum()
        found[y, x] = math.hypot(across, down)
    return found


def seen(difference):
    height, width = difference.shape
    down, across = (2 * (np.arange(n) - n // 2) / n * n / 8 for n in (height, width))
    r = 0.144 * np.hypot(down[:, None], across)
    sensitivity = 2.6 * (0.0192 + r) * np.exp(-(r**1.1))
    spectrum = np.fft.fftshift(np.fft.fft2(difference)) * sensitivity
    return np.fft.ifft2(np.fft.ifftshift(spectrum)).real


def literal_q_cv(fused, *sources):
    over = under = 0.0
    for source in sources:
        strength = strengths(stretched(source))
        error = seen(stretched(source) - stretched(fused))
        for top in range(0, fused.shape[0], 16):
            for left in range(0, fused.shape[1], 16):
                place = np.s_[top : top + 16, left : left + 16]
                saliency = (strength[place] ** 5).sum()
                over += saliency * (error[place] ** 2).sum() / 256
                under += saliency
    return over / under


@pytest.mark.parametrize("size", [(27, 35), (32, 16), (16, 33), (9, 7)])
def test_that_q_cv_equals_its_definition(size: tuple[int, int]) -> None:
    planes = [plane[: size[0], : size[1]] for plane in generated(32, 35, seed=41)]
    # Of even sides the frequency of most changes has one sign in one form of the transform.
    assert Q_CV(*planes) == pytest.approx(literal_q_cv(*planes), rel=1e-10)


def test_that_more_sources_count_with_their_saliencies() -> None:
    expected = literal_q_cv(*TRIO, THIRD)
    assert Q_CV(*TRIO, THIRD) == pytest.approx(expected, rel=1e-10)


def test_that_equal_pictures_have_0_and_worse_ones_more() -> None:
    assert Q_CV(TRIO.a, TRIO.a, TRIO.a) == pytest.approx(0.0, abs=1e-12)
    assert Q_CV(*TRIO) < Q_CV(255 - TRIO.fused, *TRIO[1:])


def test_that_levels_are_stretched_so_that_contrast_alone_does_not_count() -> None:
    dim = np.rint(np.linspace(0, 100, 101))[TRIO.fused % 101]
    assert Q_CV(dim, dim, dim + 20) == pytest.approx(0.0, abs=1e-12)


def test_that_constant_sources_are_told_and_a_constant_result_is_not() -> None:
    with pytest.raises(Undefined, match="constant"):
        Q_CV(TRIO.fused, FLAT, FLAT // 2)
    assert Q_CV(FLAT, TRIO.a, TRIO.b) > Q_CV(*TRIO)
    # Without an edge a source does not count.
    assert Q_CV(TRIO.fused, TRIO.a, FLAT) == pytest.approx(Q_CV(TRIO.fused, TRIO.a, TRIO.a))


def test_that_the_map_has_the_score_of_the_metric() -> None:
    found = Q_CV.map(*TRIO)
    assert found.values.shape == found.weights.shape == TRIO.fused.shape
    assert found.score() == pytest.approx(literal_q_cv(*TRIO), rel=1e-10)
    # In a whole block it is the weighted square itself.
    strength = [(strengths(stretched(s))[:16, :16] ** 5).sum() for s in TRIO[1:]]
    squares = [seen(stretched(s) - stretched(TRIO.fused))[5, 6] ** 2 for s in TRIO[1:]]
    expected = np.average(squares, weights=strength)
    assert found.values[5, 6] == pytest.approx(expected, rel=1e-9)
    assert found.weights[5, 6] == pytest.approx(sum(strength), rel=1e-12)


def test_that_pixels_of_a_block_without_edges_do_not_count() -> None:
    a = np.zeros((32, 32), np.uint8)
    a[4:9, 4:9] = 200
    found = Q_CV.map(np.roll(a, 1, axis=1), a, a)
    assert found.weights[:16, :16].all()
    assert not found.weights[:, 16:].any()
    assert np.isfinite(found.values).all()


def test_that_it_equals_the_published_programs() -> None:
    published = gold_values()
    expected = published["Q_CV", "zliu_gray8"]
    assert len(expected) == 7
    measured = {trio: Q_CV(*gold_grey(trio)) for trio in expected}
    assert measured == pytest.approx(expected, rel=1e-9)
    expected = published["Q_CV", "vifb"]
    assert len(expected) == 5
    measured = {trio: by_channel(Q_CV, *gold_pictures(trio)) for trio in expected}
    assert measured == pytest.approx(expected, rel=1e-9)
