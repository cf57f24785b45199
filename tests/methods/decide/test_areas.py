import numpy as np
import pytest

from mfgui.core.compute import Compute
from mfgui.methods.decide.areas import without_small_areas


@pytest.mark.parametrize("corners", [True, False])
def test_that_small_areas_are_left_out_and_corners_connect_where_asked(corners):
    mask = np.zeros((20, 20), np.bool_)
    mask[2:5, 2:5] = mask[10:14, 10:14] = True
    mask[5:7, 5:7] = True  # touches the first by a corner
    expected = np.zeros_like(mask)
    expected[10:14, 10:14] = True
    if corners:
        expected[2:7, 2:7] = mask[2:7, 2:7]
    found = without_small_areas(mask, 10, Compute(), corners=corners)
    assert np.array_equal(found, expected)
