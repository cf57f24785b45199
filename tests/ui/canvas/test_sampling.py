from __future__ import annotations

import numpy as np
import pytest

from mfgui.ui.canvas.sampling import gather

SHAPES = [
    ((50, 60), (200, 100)),
    ((300, 200), (40, 33)),
    ((200, 200), (200, 100)),
    ((7, 5), (3, 2)),
    ((1, 9), (4, 30)),
    ((6, 1), (9, 5)),
]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32])
@pytest.mark.parametrize(("size", "wanted"), SHAPES)
def test_that_gathering_takes_every_pair_of_row_and_column(
    kind: type, size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    generator = np.random.default_rng(4)
    values = generator.integers(0, 250, size).astype(kind)
    rows = np.sort(generator.integers(0, size[0], wanted[0]))
    columns = np.sort(generator.integers(0, size[1], wanted[1]))
    expected = values[np.ix_(rows, columns)]
    np.testing.assert_array_equal(gather(values, columns=columns, rows=rows), expected)
    around = np.full((wanted[0] + 3, wanted[1] + 5), 251, kind)
    gather(values, columns=columns, rows=rows, out=around[1:-2, 2:-3])
    np.testing.assert_array_equal(around[1:-2, 2:-3], expected)
    around[1:-2, 2:-3] = 251
    assert (around == 251).all()
