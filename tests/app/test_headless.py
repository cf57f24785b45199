from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mfgui.app import headless
from mfgui.app.headless import Job
from mfgui.app.report import peak_rss_mb
from mfgui.core.errors import OutOfMemoryError, OutputError, UsageError
from mfgui.jobs.events import Event, Finished, Iterated, MapDetected, Started, Stopped
from mfgui.jobs.gate import Gate
from mfgui.methods.registry import Registry, load


def job(pair: tuple[Path, Path], folder: Path, **changes: object) -> Job:
    return Job(**{"sources": pair, "output": folder / "fused.png", **changes})


def ignore(_event: Event) -> None:
    pass


def test_that_every_event_is_passed_on_in_order(
    tiny_pair_files: tuple[Path, Path], tmp_path: Path
) -> None:
    events: list[Event] = []
    work = job(tiny_pair_files, tmp_path, parameters=(("iterations", "3"), ("tolerance", "0")))
    outcome = headless.fuse(work, observe=events.append, gate=Gate())
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert sum(isinstance(event, MapDetected) for event in events) == 1
    steps = [event.q for event in events if isinstance(event, Iterated)]
    assert outcome.report["q_history"] == steps
    assert outcome.report["iterations"] == 3
    assert not outcome.stopped


def test_that_stop_keeps_the_best_image(tiny_pair_files: tuple[Path, Path], tmp_path: Path) -> None:
    gate = Gate()

    def stop_after_two(event: Event) -> None:
        if isinstance(event, Iterated) and event.iteration == 2:
            gate.stop()

    work = job(tiny_pair_files, tmp_path, parameters=(("tolerance", "0"),))
    outcome = headless.fuse(work, observe=stop_after_two, gate=gate)
    assert outcome.stopped
    assert outcome.report["state"] == "stopped"
    assert outcome.report["iterations"] == 2
    assert work.output.exists()


def test_that_a_stop_before_the_first_image_interrupts_and_writes_nothing(
    tiny_pair_files: tuple[Path, Path], tmp_path: Path
) -> None:
    gate = Gate()
    gate.stop()
    seen: list[Event] = []
    out = tmp_path / "out"
    out.mkdir()
    for work in (headless.fuse, headless.detect):
        method = {} if work is headless.fuse else {"method": "laplacian"}
        with pytest.raises(KeyboardInterrupt):
            work(job(tiny_pair_files, out, **method), observe=seen.append, gate=gate)
    assert any(isinstance(event, Stopped) for event in seen)
    assert list(out.iterdir()) == []


def test_that_memory_that_runs_out_in_a_run_keeps_its_code(
    tiny_pair_files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_arguments: object, **_options: object) -> None:
        raise MemoryError

    known = load()
    average = headless.Method(**{**vars(known.get("average")), "function": exhausted})
    changed = Registry({**known.methods, "average": average})
    monkeypatch.setattr(headless.registry, "load", lambda: changed)
    with pytest.raises(OutOfMemoryError, match="not enough memory"):
        headless.fuse(
            job(tiny_pair_files, tmp_path, method="average"),
            observe=ignore,
            gate=Gate(),
        )
    assert not (tmp_path / "fused.png").exists()


def test_that_outputs_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    sources = (tmp_path / "none1.png", tmp_path / "none2.png")
    gate = Gate()
    with pytest.raises(OutputError, match="folder does not exist"):
        headless.fuse(job(sources, tmp_path / "nowhere"), observe=ignore, gate=gate)
    same = job(sources, tmp_path, report=tmp_path / "fused.png")
    with pytest.raises(UsageError, match="two outputs have the same name"):
        headless.fuse(same, observe=ignore, gate=gate)
    start = job(sources, tmp_path, parameters=(("start", str(tmp_path / "fused.png")),))
    with pytest.raises(UsageError, match="the output is the input"):
        headless.fuse(start, observe=ignore, gate=gate)


def test_that_a_format_that_cannot_hold_the_picture_is_refused_before_the_run(
    tiny_pair_files: tuple[Path, Path], tmp_path: Path
) -> None:
    seen: list[Event] = []
    wanted = job(tiny_pair_files, tmp_path, output=tmp_path / "fused.pgm")
    with pytest.raises(UsageError, match="grey pictures only"):
        headless.fuse(wanted, observe=seen.append, gate=Gate())
    assert seen == []


def test_that_the_total_counts_from_the_moment_given(
    tiny_pair_files: tuple[Path, Path], tmp_path: Path
) -> None:
    work = job(tiny_pair_files, tmp_path, method="composite", began=time.perf_counter() - 100)
    outcome = headless.fuse(work, observe=ignore, gate=Gate())
    assert 100 < outcome.report["seconds"]["total"] < 160


def test_that_peak_memory_is_told_in_megabytes() -> None:
    peak = peak_rss_mb()
    assert peak is not None
    ballast = bytearray(os.urandom(1024) * 200_000)
    grown = peak_rss_mb()
    assert len(ballast) > 200_000_000
    assert 30 < peak < 20_000
    assert grown is not None
    assert grown > 200
