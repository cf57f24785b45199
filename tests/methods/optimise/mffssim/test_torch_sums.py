"""Window sums, mirrored filters and the choice of parts of the torch backend."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mfgui.methods.optimise.mffssim import torch_plan
from mfgui.methods.optimise.mffssim.torch_device import DeviceMemory, DeviceScratch
from mfgui.methods.optimise.mffssim.torch_plan import CELL, cells_of, cover, grown_cells, tiles
from mfgui.methods.optimise.mffssim.torch_sums import BoxSums, MirrorFilter


def box(plane, window, dtype):
    sums = BoxSums(window, DeviceScratch(DeviceMemory(torch.device("cpu"))))
    # Something is left in the work tensors.
    sums.plane("p", 3 * window, 5 * window, dtype).fill_(np.nan)
    sums.plane("p", 9 * window, 9 * window, dtype).fill_(np.nan)
    sums.plane("p", *plane.shape, dtype).copy_(torch.from_numpy(plane))
    return sums.sum("p", *plane.shape, dtype).numpy()


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (7, 11), (12, 30), (31, 29)])
@pytest.mark.parametrize("window", [1, 3, 7])
def test_that_box_sums_are_those_of_all_windows(window, shape):
    if min(shape) < window:
        return
    plane = np.random.default_rng(0).random(shape)
    expected = np.lib.stride_tricks.sliding_window_view(plane, (window, window)).sum((2, 3))
    assert np.abs(box(plane, window, torch.float64) - expected).max() <= 1e-12


@pytest.mark.parametrize("window", [3, 25, 201])
def test_that_box_sums_in_float32_have_the_accuracy_of_a_short_sum(window):
    plane = np.random.default_rng(1).random((640, 700)).astype(np.float32)
    plane[:, 350:] += 100.0  # must not spoil the sums beside it
    expected = box(plane.astype(np.float64), window, torch.float64)
    error = np.abs(box(plane, window, torch.float32) - expected) / expected
    assert error.max() <= 1e-6
    assert error[:, : 350 - 2 * window].max(initial=0.0) <= 1e-6


@pytest.mark.parametrize("reach", [1, 4, 8])
@pytest.mark.parametrize("shape", [(17, 40), (30, 17), (33, 70)])
def test_that_the_mirrored_filter_and_its_adjoint_agree(reach, shape):
    """<F y, z> = <y, F' z> over the whole picture, and parts are parts of the whole."""
    rng = np.random.default_rng(2)
    taps = rng.random(reach + 1)
    taps = np.concatenate([taps[:0:-1], taps])
    mirror = MirrorFilter(taps, torch.device("cpu"), torch.float64)
    y, z = (torch.from_numpy(rng.random((2, *shape))) for _ in range(2))
    whole = ((0, shape[0], shape[0]), (0, shape[1], shape[1]))
    ahead, back = mirror.apply(y, *whole), mirror.adjoint(z, *whole)
    assert float((ahead * z).sum()) == pytest.approx(float((y * back).sum()), rel=1e-13)
    padded = np.pad(y[0].numpy(), reach, mode="reflect")
    views = np.lib.stride_tricks.sliding_window_view(padded, (len(taps), len(taps)))
    expected = np.einsum("hwij,i,j->hw", views, taps, taps)
    assert np.abs(ahead[0].numpy() - expected).max() <= 1e-12
    for low, high in [(0, 1), (0, 5), (2, 9), (9, shape[0]), (shape[0] - 1, shape[0])]:
        for left, right in [(0, shape[1]), (1, 4), (shape[1] - 3, shape[1])]:
            rows = slice(max(0, low - reach), high + reach)
            columns = slice(max(0, left - reach), right + reach)
            ranges = ((low, high, shape[0]), (left, right, shape[1]))
            for of, work, result in ((y, mirror.apply, ahead), (z, mirror.adjoint, back)):
                part = work(of[:, rows, columns], *ranges)
                assert torch.allclose(part, result[:, low:high, left:right], rtol=0, atol=1e-12)


@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 6 * CELL),
    width=st.integers(1, 9 * CELL),
    share=st.sampled_from([0.0, 0.05, 0.3, 1.0]),
    overhead=st.sampled_from([0, 1 << 18]),
)
def test_that_the_parts_cover_the_cells_once(seed, height, width, share, overhead):
    rng = np.random.default_rng(seed)
    shape = (-(-height // CELL), -(-width // CELL))
    cells = rng.random(shape) < share
    before = torch_plan._OVERHEAD
    torch_plan._OVERHEAD = overhead
    try:
        parts = list(tiles(cover(cells, (height, width), 24), 50))
    finally:
        torch_plan._OVERHEAD = before
    seen = np.zeros((height, width), int)
    for part in parts:
        assert not part.empty
        assert part.bottom <= height
        assert part.right <= width
        assert part.height <= 50
        seen[part.slices] += 1
    wanted = np.kron(cells, np.ones((CELL, CELL), bool))[:height, :width]
    assert (seen[wanted] == 1).all()
    assert seen.max(initial=0) <= 1


@pytest.mark.parametrize("shape", [(1, 1), (64, 64), (65, 130), (200, 63)])
def test_that_cells_show_where_a_value_occurs(shape):
    mask = np.random.default_rng(4).integers(0, 400, shape)
    padded = np.zeros((-(-shape[0] // CELL) * CELL, -(-shape[1] // CELL) * CELL), bool)
    padded[: shape[0], : shape[1]] = mask == 5
    blocks = padded.reshape(padded.shape[0] // CELL, CELL, -1, CELL)
    found = cells_of(torch.from_numpy(mask), 5)
    assert np.array_equal(found, blocks.any(axis=(1, 3)))


def test_that_grown_cells_reach_as_far_as_windows_do():
    cells = np.zeros((8, 8), bool)
    cells[3, 4] = True
    found = grown_cells(cells, 0, 0, (512, 512))
    assert np.array_equal(found, cells)
    found = grown_cells(cells, CELL + 1, 1, (312, 512))
    assert np.argwhere(found).min(axis=0).tolist() == [1, 2]
    assert np.argwhere(found).max(axis=0).tolist() == [4, 5]
    assert found.shape == (5, 8)
