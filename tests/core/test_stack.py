from __future__ import annotations

import threading

import numpy as np
import pytest

from mfgui.core.stack import PixelStore, SourceStack


def _frame(value: int, dtype: str = "uint8") -> np.ndarray:
    return np.full((4, 5, 3), value, dtype)


def test_that_a_store_drops_the_least_recently_used_frame_and_loads_it_again() -> None:
    loads: list[int] = []

    def loader(index: int):
        def load() -> np.ndarray:
            loads.append(index)
            return _frame(index)

        return load

    store = PixelStore([loader(0), loader(1), loader(2)], byte_budget=2 * _frame(0).nbytes)
    store.get(0)
    store.get(1)
    store.get(0)
    store.get(2)  # over the budget: frame 1 is the oldest
    assert store.kept_bytes == 2 * _frame(0).nbytes
    assert store.get(0)[0, 0, 0] == 0
    assert loads == [0, 1, 2]
    assert store.get(1)[0, 0, 0] == 1
    assert loads == [0, 1, 2, 1]


def test_that_a_frame_larger_than_the_budget_is_still_delivered() -> None:
    store = PixelStore([lambda: _frame(7)], byte_budget=1)
    assert store.get(0)[0, 0, 0] == 7


def test_that_frames_from_the_store_are_read_only() -> None:
    store = PixelStore([lambda: _frame(7)])
    with pytest.raises(ValueError, match="read-only"):
        store.get(0)[0, 0, 0] = 1


def test_that_two_threads_asking_for_one_frame_decode_it_once() -> None:
    loads: list[int] = []
    gate = threading.Barrier(2)

    def load() -> np.ndarray:
        loads.append(1)
        return _frame(1)

    store = PixelStore([load])

    def ask() -> None:
        gate.wait()
        store.get(0)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == [1]


def test_that_sources_of_different_size_are_refused() -> None:
    with pytest.raises(ValueError, match="differs"):
        SourceStack.from_arrays([_frame(1), np.zeros((4, 6, 3), np.uint8)])
