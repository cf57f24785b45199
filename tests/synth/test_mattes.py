from __future__ import annotations

import cv2
import numpy as np
import pytest

from mfgui.synth import mattes


@pytest.mark.parametrize("side", [16, 60, 128])
def test_that_a_matte_shows_both_sides(side: int) -> None:
    rng = np.random.default_rng(side)
    for _ in range(150):
        matte = mattes.random_matte(rng, side)
        assert (matte.shape, matte.dtype) == ((side, side), np.float32)
        assert 0.0 <= matte.min() < 0.5 < matte.max() <= 1.0
        assert 0.02 <= matte.mean(dtype=np.float64) <= 0.98


def test_that_mattes_are_of_many_kinds() -> None:
    rng = np.random.default_rng(5)
    drawn = [mattes.random_matte(rng, 128) for _ in range(300)]
    means = np.array([matte.mean() for matte in drawn])
    assert (means < 0.25).mean() > 0.1
    assert (means > 0.75).mean() > 0.1
    soft = np.array([((matte > 0.02) & (matte < 0.98)).mean() for matte in drawn])
    assert soft.min() < 0.02
    assert np.median(soft) < 0.3  # solid inside, soft at the edge only
    shapes = [cv2.connectedComponents((matte > 0.5).astype(np.uint8), connectivity=4)[0] - 1
              for matte in drawn]  # fmt: skip
    holes = [cv2.connectedComponents((matte <= 0.5).astype(np.uint8), connectivity=4)[0] - 1
             for matte in drawn]  # fmt: skip
    assert np.mean(np.array(shapes) > 1) > 0.2
    assert np.mean(np.array(holes) > 1) > 0.2
    thin = [
        cv2.erode((matte > 0.5).astype(np.uint8), np.ones((9, 9), np.uint8)).max() == 0
        for matte in drawn
    ]
    assert np.mean(thin) > 0.03  # nothing but lines of at most 8 pixels


class OneLine:
    """A generator that draws one straight line of a given width through the middle."""

    def __init__(self, width: int) -> None:
        self._whole = iter([1, width])

    def integers(self, low: int, high: int) -> int:
        value = next(self._whole)
        assert low <= value < high
        return value

    def uniform(self, low: float, high: float, shape: object = None) -> object:
        return 0.0 if shape is None else np.array([(-0.1, 0.5), (0.5, 0.5), (1.1, 0.5)])


@pytest.mark.parametrize("pixels", [2, 5, 8])
def test_that_lines_are_as_wide_as_drawn(pixels: int) -> None:
    line = mattes._lines(OneLine(2 * pixels), 100)
    np.testing.assert_allclose(line.sum(axis=0), pixels, atol=0.51)
    for width in (3, 17):
        with pytest.raises(AssertionError):
            mattes._lines(OneLine(width), 100)


def test_that_the_seed_decides() -> None:
    first, second = (mattes.random_matte(np.random.default_rng(9), 64) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (mattes.random_matte(np.random.default_rng(10), 64) != first).any()


def test_that_a_matte_that_fails_again_and_again_is_replaced_by_blobs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mattes, "_composed", lambda rng, side: np.ones((side, side), np.float32))
    matte = mattes.random_matte(np.random.default_rng(1), 64)
    assert matte.mean() == pytest.approx(0.4, abs=0.05)
