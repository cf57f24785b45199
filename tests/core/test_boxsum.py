import numpy as np
import pytest

from mfgui.core.boxsum import WindowSums
from mfgui.core.stripes import Scratch


def run(planes, window, *, adjoint, start, stripes):
    count, rows, width = planes.shape
    sums = WindowSums(
        count, rows=rows, width=width, window=window, adjoint=adjoint, scratch=Scratch()
    )

    def fetch(low, high, out):
        assert 0 <= low < high <= rows
        out[:] = planes[:, low:high]

    sums.start(start, fetch, lambda: None)
    parts, low = [], start
    for rows_now in stripes:
        parts.append(sums.advance(low, low + rows_now, fetch).copy())
        low += rows_now
    return np.concatenate(parts, axis=1)


def valid_sums(planes, window):
    windows = np.lib.stride_tricks.sliding_window_view(planes, (window, window), axis=(1, 2))
    return windows.sum(axis=(3, 4))


@pytest.mark.parametrize("window", [1, 2, 3, 8, 13])
@pytest.mark.parametrize("stripes", [[13], [1] * 13, [4, 6, 3]])
def test_that_valid_sums_equal_those_of_every_window(window, stripes):
    planes = np.random.default_rng(0).random((2, 12 + window, 14))
    expected = valid_sums(planes, window)
    assert run(planes, window, adjoint=False, start=0, stripes=stripes) == pytest.approx(
        expected, rel=1e-13
    )


@pytest.mark.parametrize("window", [1, 2, 3, 8, 13])
def test_that_adjoint_sums_give_every_pixel_the_windows_that_cover_it(window):
    planes = np.random.default_rng(1).random((2, 9, 6))
    padded = np.pad(planes, ((0, 0), (window - 1,) * 2, (window - 1,) * 2))
    expected = valid_sums(padded, window)
    height = 9 + window - 1
    result = run(planes, window, adjoint=True, start=0, stripes=[4, height - 4])
    assert result == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("start", [1, 3, 7, 10])
def test_that_sums_may_start_at_any_row(adjoint, start):
    planes = np.random.default_rng(2).random((1, 20, 15))
    rows = 16 if not adjoint else 24
    whole = run(planes, 5, adjoint=adjoint, start=0, stripes=[rows])
    part = run(planes, 5, adjoint=adjoint, start=start, stripes=[2, rows - start - 2])
    assert part == pytest.approx(whole[:, start:], rel=1e-13)


def test_that_a_long_run_keeps_the_accuracy_of_flat_areas():
    planes = np.full((1, 3000, 40), 0.95)
    planes[0, 100:900] = 1e3
    result = run(planes, 9, adjoint=False, start=0, stripes=[64] * 46)
    assert result[0, 2000:] == pytest.approx(81 * 0.95, rel=1e-9)
