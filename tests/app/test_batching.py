from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.events import (
    CurveExtended,
    Notice,
    PictureReady,
    QueueChanged,
    ResultAdded,
    RunChanged,
    RunState,
    ShownChanged,
    ThumbnailReady,
)
from mfgui.jobs import events as jobs


@dataclass(frozen=True)
class Choice:
    method: str
    explicit: dict = field(default_factory=dict)


SHORT = Choice("ms-lap", {"iterations": 2, "tolerance": 0})
IMPOSSIBLE = Choice("ms-lap", {"window": 101})  # larger than the pictures: fails as it runs
WRONG = Choice("ms-lap", {"iterations": -5})  # cannot even begin


@pytest.fixture
def opened(desk, tiny_pair_files):
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.changes.clear()
    return desk


def queue(desk, *choices: Choice) -> None:
    desk.controller.runs.run_all(choices)
    desk.settle()


def test_that_all_are_queued_and_run_in_their_order(opened) -> None:
    runs = opened.controller.runs
    runs.run_all([Choice("average"), SHORT, Choice("gff")])
    assert [status.state for status in runs.listed] == [RunState.QUEUED] * 3
    opened.settle()
    methods = [r.provenance.method for r in opened.controller.session.results.values()]
    assert methods == ["average", "ms-lap", "gff"]
    assert runs.listed == []


@pytest.mark.parametrize("broken", [IMPOSSIBLE, WRONG, Choice("no-such-method")])
def test_that_one_that_fails_does_not_stop_the_rest(opened, broken) -> None:
    queue(opened, Choice("average"), broken, Choice("gff"))
    runs, session = opened.controller.runs, opened.controller.session
    assert [r.provenance.method for r in session.results.values()] == ["average", "gff"]
    (failed,) = runs.listed
    assert failed.state is RunState.FAILED
    assert failed.reason
    (notice,) = opened.seen(Notice)
    assert failed.reason in notice.what
    assert notice.what.startswith(f"{failed.name}: ")
    assert "go on" in notice.kept


def test_that_each_failure_is_told_and_named(opened) -> None:
    queue(opened, WRONG, Choice("gff", {"radius": "x"}), Choice("average"))
    assert len({notice.what for notice in opened.seen(Notice)}) == 2
    assert list(opened.controller.session.results) == [1]  # no number was used up


def test_that_a_failed_one_can_be_run_again_or_cleared(opened) -> None:
    queue(opened, IMPOSSIBLE, WRONG)
    runs = opened.controller.runs
    wrong, impossible = runs.listed  # that one failed before the other had begun
    before = len(opened.seen(QueueChanged))
    runs.retry(impossible.run_id)
    assert [s.state for s in runs.listed] == [RunState.QUEUED, RunState.FAILED]
    opened.settle()
    assert runs.listed[0] == wrong
    assert runs.listed[1].run_id != impossible.run_id
    assert runs.listed[1].reason == impossible.reason
    runs.retry(wrong.run_id)  # it still cannot begin, and is still listed
    assert [status.reason for status in runs.listed] == [impossible.reason, wrong.reason]
    runs.dismiss(runs.listed[0].run_id)
    assert [status.reason for status in runs.listed] == [wrong.reason]
    runs.dismiss()
    assert runs.listed == []
    assert len(opened.seen(QueueChanged)) > before


def test_that_a_failed_run_on_its_own_stays_in_the_queue_too(opened) -> None:
    opened.controller.runs.run(IMPOSSIBLE.method, IMPOSSIBLE.explicit)
    opened.settle()
    (failed,) = opened.controller.runs.listed
    assert "window" in failed.reason
    opened.controller.sets.close()
    assert opened.controller.runs.listed == []


def test_that_the_canvas_shows_the_first_result_and_no_other(opened) -> None:
    queue(opened, Choice("average"), SHORT, Choice("gff"))
    assert opened.controller.session.shown == "result:1"
    assert [change.key for change in opened.seen(ShownChanged)] == ["result:1"]
    pictures = {change.key for change in opened.seen(PictureReady)}
    small = {change.key for change in opened.seen(ThumbnailReady)}
    assert pictures & {"result:1", "result:2", "result:3"} == {"result:1"}
    assert {"result:2", "result:3"} <= small


def test_that_a_first_optimiser_is_shown_live_and_then_its_result(opened) -> None:
    queue(opened, SHORT, SHORT)
    assert [change.key for change in opened.seen(ShownChanged)] == ["live", "result:1"]


def test_that_a_first_failure_leaves_the_canvas_to_the_next(opened) -> None:
    queue(opened, IMPOSSIBLE, Choice("average"), Choice("gff"))
    assert opened.controller.session.shown == "result:2"


def test_that_the_canvas_stays_where_a_person_looks(opened) -> None:
    view = opened.controller.view
    opened.controller.runs.run_all([SHORT, Choice("gff")])
    view.show("source:2")
    opened.settle()
    assert opened.controller.session.shown == "source:2"
    assert len(opened.controller.session.results) == 2


def test_that_another_picture_chosen_during_the_queue_stays(opened) -> None:
    def look_away(change: object) -> None:
        if change == ResultAdded(2):
            opened.controller.view.show("source:2")

    opened.controller.notifier.connect(look_away)
    queue(opened, Choice("average"), Choice("gff"), SHORT, Choice("average"))
    assert opened.controller.session.shown == "source:2"


def test_that_the_canvas_is_taken_once_also_from_who_went_back(opened) -> None:
    def go_back(change: object) -> None:
        if change == ResultAdded(2):
            opened.controller.view.show("source:1")  # what was shown at the beginning

    opened.controller.notifier.connect(go_back)
    queue(opened, Choice("average"), Choice("gff"), SHORT)
    assert opened.controller.session.shown == "source:1"


def test_that_the_live_picture_is_left_when_the_last_run_ends(opened) -> None:
    def look(change: object) -> None:
        if change == CurveExtended(2):
            opened.controller.view.show("live")

    opened.controller.notifier.connect(look)
    queue(opened, Choice("average"), SHORT)
    assert opened.controller.session.shown == "result:2"


def test_that_the_map_is_the_one_there_was_when_they_were_queued(opened) -> None:
    controller = opened.controller
    controller.runs.detect("laplacian", {})
    opened.settle()
    before = controller.session.focus_map.labels.copy()
    controller.runs.run_all([SHORT, Choice("composite"), SHORT])
    square = Edit(Rect(2, 2, 9, 9), np.ones((9, 9), np.bool_), 2)
    controller.edit.apply("Brush", [square])
    opened.settle()
    results = controller.session.results
    for run_id in (2, 3, 4):
        result = results.get(run_id)
        if result is not None and result.provenance.follows is None:
            np.testing.assert_array_equal(result.labels, before)
    given = [request.labels for request in opened.backend.requests[-3:]]
    assert given[0] is given[1] is given[2]  # one copy for all


def test_that_no_run_of_a_queue_exchanges_the_map_of_the_first(opened) -> None:
    queue(opened, Choice("ms-lap", {"detector": "variance", "iterations": 1}), SHORT)
    controller = opened.controller
    assert controller.session.map_origin.detector == "variance"
    first, second = controller.session.results.values()
    assert (first.provenance.detector, second.provenance.detector) == ("variance", "laplacian")
    assert first.map_revision == controller.session.focus_map.revision
    assert second.map_revision == -1


def test_that_a_waiting_run_that_is_cancelled_is_gone_at_once(opened) -> None:
    runs = opened.controller.runs
    runs.run_all([SHORT, Choice("gff"), Choice("average")])
    waiting = runs.listed[1].run_id
    runs.handle(jobs.Started(runs.listed[0].run_id, "run"))
    runs.stop(waiting)
    assert [status.run_id for status in runs.listed] == [1, 3]
    assert opened.seen(RunChanged)[-1].status.state is RunState.STOPPED
    opened.settle()
    methods = [r.provenance.method for r in opened.controller.session.results.values()]
    assert methods == ["ms-lap", "average"]


def test_that_an_unreadable_start_image_fails_alone(opened, tmp_path) -> None:
    missing = str(tmp_path / "gone.png")
    queue(opened, Choice("ms-lap", {"start": missing}), Choice("average"))
    (failed,) = opened.controller.runs.listed
    assert "gone.png" in failed.reason
    assert [r.name for r in opened.controller.session.results.values()] == ["Average"]
