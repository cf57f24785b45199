"""Processes that carry out jobs: all of them, with one thread each, whatever becomes of one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from mfgui.bench.pool import WORKER_ENVIRONMENT, Lost, Processes


def square(number: int) -> int:
    if number == 3:
        os._exit(7)
    if number == 4 and os.name == "posix":
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def surroundings(_job: int) -> tuple[int, dict[str, str | None], int]:
    import cv2

    return (
        os.getpid(),
        {name: os.environ.get(name) for name in WORKER_ENVIRONMENT},
        cv2.getNumThreads(),
    )


def slow(path: str) -> None:
    Path(path).touch()
    try:
        time.sleep(60)
    finally:
        Path(path).unlink()


def test_that_a_process_that_dies_loses_its_job_alone() -> None:
    found: dict[int, int | Lost] = {}
    Processes(2).run(square, range(8), lambda number, result: found.update({number: result}))
    lost = {number: entry.reason for number, entry in found.items() if isinstance(entry, Lost)}
    assert lost[3] == "the process ended with exit code 7"
    if os.name == "posix":
        assert lost[4].startswith("the process was ended by SIGKILL")
    assert {n: r for n, r in found.items() if n not in lost} == {
        n: n * n for n in range(8) if n not in lost
    }
    assert not multiprocessing.active_children()


def test_that_each_process_has_one_thread_and_keeps_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    found = []
    Processes(2).run(surroundings, range(2), lambda _number, result: found.append(result))
    assert os.environ["OMP_NUM_THREADS"] == "8"
    assert "NUMBA_NUM_THREADS" not in os.environ
    for process, variables, threads in found:  # type: ignore[misc]
        assert process != os.getpid()
        assert variables == WORKER_ENVIRONMENT
        assert {value for name, value in variables.items() if "THREADS" in name} == {"1"}
        assert threads == 1


@pytest.mark.skipif(os.name == "nt", reason="processes tidy up on signals of POSIX")
def test_that_an_interruption_ends_all_processes(tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in "ab"]

    def interrupt(number: int, _result: object) -> None:
        if number == 2:
            limit = time.monotonic() + 20
            while not Path(paths[0]).exists() and time.monotonic() < limit:
                time.sleep(0.01)
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        Processes(2).run(either, [paths[0], "", ""], lambda n, r: interrupt(2, r))
    assert time.monotonic() - began < 30
    assert not multiprocessing.active_children()
    assert list(tmp_path.iterdir()) == []


def either(path: str) -> None:
    if path:
        slow(path)
