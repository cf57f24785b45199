import threading

import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes


@pytest.mark.parametrize(("start", "stop", "rows"), [(0, 10, 3), (5, 6, 4), (3, 3, 2), (0, 4, 4)])
def test_that_stripes_cover_every_row_once(start, stop, rows):
    covered = [row for low, high in stripes(start, stop, rows) for row in range(low, high)]
    assert covered == list(range(start, stop))
    assert all(high - low <= rows for low, high in stripes(start, stop, rows))


@pytest.mark.parametrize("width", [1, 600, 6000, 1_000_000])
def test_that_a_stripe_has_a_sane_height_at_any_width(width):
    assert 4 <= stripe_rows(width) <= 256


def test_that_scratch_hands_out_the_same_memory_by_name():
    scratch = Scratch()
    first = scratch.take("a", (4, 5))
    again = scratch.take("a", (2, 3))
    other = scratch.take("b", (2, 3))
    assert np.shares_memory(first, again)
    assert not np.shares_memory(first, other)
    assert again.flags.c_contiguous
    assert scratch.take("a", (2, 3), np.float32).dtype == np.float32


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("rows", [1, 3, 100])
def test_that_the_threads_together_get_every_row_once(threads, rows):
    with RowWorkers(Compute(threads=threads)) as workers:
        parts = workers.run(lambda scratch, start, stop: list(range(start, stop)), rows)
    assert [row for part in parts for row in part] == list(range(rows))


def test_that_two_threads_never_share_scratch():
    with RowWorkers(Compute(threads=3)) as workers:
        owners = workers.run(lambda scratch, start, stop: id(scratch), 30)
    assert len(set(owners)) == 3


def test_that_a_failure_waits_for_the_others_and_comes_through():
    ended = []

    def work(scratch, start, stop):
        if start == 0:
            raise StopRequested
        threading.Event().wait(0.05)
        ended.append(start)

    with RowWorkers(Compute(threads=2)) as workers, pytest.raises(StopRequested):
        workers.run(work, 10)
    assert ended == [5]


def test_that_the_threads_end_with_the_context():
    with RowWorkers(Compute(threads=2)) as workers:
        workers.run(lambda scratch, start, stop: None, 10)
    assert not [t for t in threading.enumerate() if t.name.startswith("rows")]
