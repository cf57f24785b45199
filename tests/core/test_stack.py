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


def test_that_the_frames_of_a_stack_are_read_one_by_one() -> None:
    loads: list[int] = []

    def loader(index: int):
        def load() -> np.ndarray:
            loads.append(index)
            return _frame(index)

        return load

    sources = SourceStack.from_arrays([_frame(0), _frame(1), _frame(2)]).sources
    stack = SourceStack(sources, PixelStore([loader(0), loader(1), loader(2)]))
    frames = stack.frames
    assert len(frames) == 3
    assert loads == []
    assert frames[-1][0, 0, 0] == 2
    assert loads == [2]
    assert [int(frame[0, 0, 0]) for frame in frames[:2]] == [0, 1]
    assert [int(frame[0, 0, 0]) for frame in frames] == [0, 1, 2]
    with pytest.raises(IndexError):
        frames[3]


def test_that_frames_in_files_cost_nothing_and_are_never_dropped(tmp_path) -> None:
    def mapped(value: int) -> np.ndarray:
        path = tmp_path / f"{value}.raw"
        path.write_bytes(_frame(value).tobytes())
        return np.memmap(path, np.uint8, "r", shape=(4, 5, 3))

    def never() -> np.ndarray:
        raise AssertionError("a frame was dropped")

    store = PixelStore([never] * 4, byte_budget=2 * _frame(0).nbytes)
    store.put(0, mapped(0))
    store.put(1, mapped(1))
    store.put(2, _frame(2))
    store.put(3, _frame(3))
    assert store.kept_bytes == 2 * _frame(0).nbytes
    assert [int(store.get(index)[0, 0, 0]) for index in range(4)] == [0, 1, 2, 3]
