import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfgui.nets.tiles import averaged_spans, spans


@given(
    length=st.integers(1, 900),
    side=st.integers(1, 400),
    margin=st.integers(0, 90),
    blend=st.sampled_from([0, 1, 8, 32]),
    multiple=st.sampled_from([1, 2, 4]),
)
def test_that_tiles_cover_everything_and_their_weights_sum_to_one(
    length, side, margin, blend, multiple
):
    found = spans(length, side, margin=margin, blend=blend, multiple=multiple)
    total = np.zeros(length, np.float64)
    for span in found:
        assert 0 <= span.low <= span.start < span.stop <= span.high <= length
        assert span.low % multiple == 0
        assert span.high % multiple == 0 or span.high == length
        # Seen beyond what counts, but for the ends of the picture.
        assert span.low <= max(0, span.start - margin)
        assert span.high >= min(length, span.stop + margin)
        assert span.weights.shape == (span.stop - span.start,)
        assert span.weights.min() >= 0
        total[span.start : span.stop] += span.weights
    assert total == pytest.approx(1.0, abs=1e-6)
    if length <= side:
        assert len(found) == 1


@given(length=st.integers(129, 2000))
def test_that_tiles_are_as_large_as_was_asked(length):
    for span in spans(length, 256, margin=20, blend=8, multiple=4):
        assert span.high - span.low <= 256


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (100, [(0, 100)]),
        (128, [(0, 128)]),
        (129, [(0, 128), (1, 129)]),
        (252, [(0, 128), (124, 252)]),
        (253, [(0, 128), (124, 252), (125, 253)]),
    ],
)
def test_that_averaged_tiles_are_those_of_the_released_program(length, expected):
    found = averaged_spans(length, side=128, stride=124)
    assert [(span.start, span.stop) for span in found] == expected
    assert [(span.low, span.high) for span in found] == expected
    total = np.zeros(length)
    for span in found:
        total[span.start : span.stop] += span.weights
    assert total == pytest.approx(1.0, abs=1e-6)
