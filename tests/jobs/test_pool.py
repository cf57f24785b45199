from __future__ import annotations

from mfgui.core.errors import InputError
from mfgui.jobs.pool import TaskDone, TaskEvent, TaskFailed, TaskPool, TaskProgress


def _run(*tasks) -> list[TaskEvent]:
    seen: list[TaskEvent] = []
    pool = TaskPool(emit=seen.append)
    for task in tasks:
        pool.submit(task)
    pool.close(1)
    pool.loop()
    return seen


def test_that_parts_come_before_the_value() -> None:
    def task(report) -> str:
        report("proxy")
        return "picture"

    events = _run(task)
    assert [type(event) for event in events] == [TaskProgress, TaskDone]
    assert [event.value for event in events] == ["proxy", "picture"]


def test_that_a_failed_task_does_not_stop_the_next() -> None:
    def broken(_report) -> None:
        raise InputError("truncated", path="a.jpg", hint="copy it again")

    def odd(_report) -> None:
        raise ZeroDivisionError("oops")

    def full(_report) -> None:
        raise MemoryError

    events = _run(broken, odd, full, lambda _report: 5)
    assert [type(event) for event in events] == [TaskFailed] * 3 + [TaskDone]
    assert str(events[0].error) == "a.jpg: truncated; copy it again"
    assert events[0].details == ""
    assert "ZeroDivisionError" in events[1].details
    assert events[2].error.exit_code == 4
