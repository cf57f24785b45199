from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mfgui.app import run_control
from mfgui.app.devices import Device
from mfgui.app.fused_files import Finish
from mfgui.core import events as changes
from mfgui.core.events import RunState, Severity
from mfgui.files import spaces
from mfgui.files.images import read_image, read_stack
from mfgui.files.maps import write_map
from mfgui.jobs import events as jobs


@pytest.fixture
def opened(desk, tiny_pair_files):
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    return desk


def _run(desk, **explicit) -> int:
    desk.controller.runs.run("ms-lap", {"iterations": 3, "tolerance": 0, **explicit})
    desk.settle()
    return max(desk.controller.session.results)


def test_that_opening_shows_a_preview_then_every_source(desk, tiny_pair_files) -> None:
    desk.controller.sets.open(tiny_pair_files)
    assert desk.controller.state.opening
    desk.settle()
    kinds = [type(change) for change in desk.changes]
    assert kinds.index(changes.SetOpening) < kinds.index(changes.SetOpened)
    keys = [change.key for change in desk.seen(changes.PictureReady)]
    assert keys == ["source:1", "source:2"]
    assert desk.controller.session.shown == "source:1"
    assert not desk.controller.state.opening
    assert desk.controller.settings.values.recent == (tuple(str(p) for p in tiny_pair_files),)


def test_that_a_set_that_cannot_be_read_leaves_the_open_one(opened, tmp_path) -> None:
    stack = opened.controller.session.stack
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"this is not a picture")
    opened.controller.sets.open([broken, broken])
    opened.settle()
    assert opened.controller.session.stack is stack
    assert opened.seen(changes.OpeningFailed)
    notice = opened.seen(changes.Notice)[-1]
    assert notice.severity is Severity.ERROR
    assert "broken.png" in notice.what
    assert notice.kept == "the open set is unchanged"


def test_that_files_that_do_not_fit_are_refused_before_any_picture(
    opened, tiny_pair_files, tmp_path
) -> None:
    small = tmp_path / "small.png"
    small.write_bytes(cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes())
    opened.changes.clear()
    opened.controller.sets.open([tiny_pair_files[0], small])
    opened.settle()
    assert opened.seen(changes.OpeningFailed)
    assert not opened.seen(changes.SetOpening)


def test_that_the_last_of_two_openings_wins(desk, tiny_pair_files) -> None:
    desk.controller.sets.open([Path("/nowhere/a.png"), Path("/nowhere/b.png")])
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    assert desk.controller.session.stack is not None
    assert not desk.seen(changes.Notice)


def test_that_detect_sets_the_map(opened, tiny_pair) -> None:
    opened.controller.runs.detect("laplacian", {"window": 5})
    opened.settle()
    found = opened.controller.session.focus_map
    assert found is not None
    assert np.mean(found.labels == tiny_pair.labels) > 0.95
    assert opened.seen(changes.MapChanged)
    assert opened.seen(changes.RunChanged)[-1].status.state is RunState.DONE


def test_that_a_run_leaves_a_result_its_curve_and_its_pictures(opened) -> None:
    run_id = _run(opened)
    result = opened.controller.session.results[run_id]
    assert result.curve.iterations == 3
    assert opened.controller.runs.curve(run_id) is result.curve
    assert f"result:{run_id}" in {change.key for change in opened.seen(changes.PictureReady)}
    assert opened.controller.session.shown == f"result:{run_id}"
    assert opened.controller.session.focus_map is not None
    assert len(opened.seen(changes.CurveExtended)) == 4


def test_that_a_run_uses_the_detected_map_only_while_the_detector_settings_fit(opened) -> None:
    _run(opened, window=5)
    _run(opened, window=5)
    assert opened.backend.requests[-1].labels is not None
    _run(opened, window=7)
    assert opened.backend.requests[-1].labels is None
    _run(opened, window=7, detector="variance")
    assert opened.backend.requests[-1].labels is None
    assert opened.controller.session.map_origin.detector == "variance"


def test_that_a_cleaned_map_is_used_until_a_run_asks_for_another(opened) -> None:
    opened.controller.runs.detect("laplacian", {"window": 5, "clean": 0.05})
    opened.settle()
    _run(opened, window=5)
    assert opened.backend.requests[-1].labels is not None
    _run(opened, window=5, clean=0.02)
    assert opened.backend.requests[-1].labels is None
    assert dict(opened.controller.session.map_origin.parameters)["clean"] == 0.02


def test_that_a_loaded_map_is_used_whatever_the_detector(opened, tiny_pair, tmp_path) -> None:
    path = tmp_path / "map.png"
    write_map(path, tiny_pair.labels, k=2, names=["a", "b"], provenance=None)
    opened.controller.sets.load_map(path)
    opened.settle()
    np.testing.assert_array_equal(opened.controller.session.focus_map.labels, tiny_pair.labels)
    run_id = _run(opened, detector="variance")
    result = opened.controller.session.results[run_id]
    np.testing.assert_array_equal(result.labels, tiny_pair.labels)
    assert result.map_revision == opened.controller.session.focus_map.revision


def test_that_a_map_that_does_not_fit_is_refused_and_the_map_kept(opened, tmp_path) -> None:
    opened.controller.runs.detect("laplacian", {})
    opened.settle()
    before = opened.controller.session.focus_map
    path = tmp_path / "map.png"
    write_map(path, np.ones((4, 4), np.uint8), k=2, names=["a", "b"], provenance=None)
    opened.controller.sets.load_map(path)
    opened.settle()
    assert opened.controller.session.focus_map is before
    assert opened.seen(changes.Notice)[-1].kept == "the focus map is unchanged"


def test_that_stop_answers_at_once_and_drops_what_is_queued(opened) -> None:
    runs = opened.controller.runs
    for _ in range(2):
        runs.run("ms-lap", {"iterations": 3})
    runs.handle(jobs.Started(1, "run"))
    runs.stop()
    states = [change.status.state for change in opened.seen(changes.RunChanged)]
    assert states[-2:] == [RunState.STOPPING, RunState.STOPPED]
    assert [status.run_id for status in runs.listed] == [1]
    assert opened.controller.state.stopping
    opened.settle()
    assert not opened.controller.session.results
    assert not opened.controller.state.running


def test_that_run_again_starts_from_the_image_that_is_shown(opened) -> None:
    first = _run(opened)
    image = opened.controller.session.results[first].image
    opened.controller.runs.run_again("ms-lap", {"iterations": 2, "tolerance": 0})
    opened.settle()
    second = max(opened.controller.session.results)
    result = opened.controller.session.results[second]
    np.testing.assert_array_equal(result.start, image)
    q_first = opened.controller.runs.curve(first).q[-1]
    assert opened.controller.runs.curve(second).q[0] == pytest.approx(q_first, abs=1e-6)


def test_that_a_wrong_value_is_told_and_nothing_starts(opened) -> None:
    opened.controller.runs.run("ms-lap", {"iterations": -5})
    assert not opened.backend.requests
    notice = opened.seen(changes.Notice)[-1]
    assert "iterations=-5" in notice.what
    assert notice.kept == "nothing was started"


def test_that_a_failed_run_is_told_and_all_results_stay(opened) -> None:
    run_id = _run(opened)
    opened.controller.runs.run("ms-lap", {"window": 101})
    opened.settle()
    assert list(opened.controller.session.results) == [run_id]
    notice = opened.seen(changes.Notice)[-1]
    assert "window" in notice.what
    assert opened.seen(changes.RunChanged)[-1].status.state is RunState.FAILED


def test_that_export_writes_the_result_and_a_failure_overwrites_nothing(opened, tmp_path) -> None:
    run_id = _run(opened)
    path = tmp_path / "out.png"
    opened.controller.sets.export(run_id, path, depth="uint8")
    opened.settle()
    written = read_image(path)
    image = opened.controller.session.results[run_id].image
    np.testing.assert_allclose(written, image, atol=0.5 / 255 + 1e-6)
    source = opened.controller.session.stack.sources[0].path
    before = source.read_bytes()
    opened.controller.sets.export(run_id, source, depth="uint8")
    opened.settle()
    assert source.read_bytes() == before
    assert opened.seen(changes.Notice)[-1].kept == "nothing was overwritten"


def test_that_export_tells_how_it_was_made_and_obeys_the_finish(opened, tmp_path) -> None:
    run_id = _run(opened)
    path = tmp_path / "out.png"
    sets = opened.controller.sets
    sets.export(run_id, path, depth="uint8", finish=Finish("prophoto"))
    composite = tmp_path / "composite.tif"
    sets.export_image(opened.controller.composite.image(), composite, depth="uint8")
    opened.settle()
    with Image.open(path) as picture:
        assert picture.info["icc_profile"] == spaces.profile("prophoto")
        comment = picture.getexif().get_ifd(0x8769)[0x9286]
    assert comment.startswith(b"ASCII\0\0\0mfgui: 2 frames fused with ms-lap (")
    image = opened.controller.session.results[run_id].image
    expected, _ = spaces.to_space(image, None, "prophoto")
    np.testing.assert_allclose(read_image(path), expected, atol=0.5 / 255 + 1e-6)
    assert np.abs(read_image(path) - image).max() > 0.02
    with Image.open(composite) as picture:
        comment = picture.getexif().get_ifd(0x8769)[0x9286]
    assert comment.endswith(b"mfgui: composite of the focus map")


def test_that_export_writes_the_state_that_is_shown(opened, tmp_path) -> None:
    run_id = _run(opened, start="average")
    opened.controller.view.show_state(run_id, "start")
    path = tmp_path / "start.png"
    opened.controller.sets.export(run_id, path, depth="uint8")
    opened.settle()
    start = opened.controller.session.results[run_id].start
    np.testing.assert_allclose(read_image(path), start, atol=0.5 / 255 + 1e-6)


def test_that_detections_leave_no_gap_in_the_numbers_of_results(opened) -> None:
    opened.controller.runs.detect("laplacian", {})
    opened.settle()
    assert _run(opened) == 1
    opened.controller.runs.detect("variance", {})
    opened.settle()
    _run(opened)
    assert list(opened.controller.session.results) == [1, 2, 3]  # the second follows the map


def test_that_deleting_the_shown_result_shows_another_picture(opened) -> None:
    first, second = _run(opened), _run(opened)
    assert opened.controller.session.shown == f"result:{second}"
    opened.controller.runs.delete_result(second)
    assert opened.controller.session.shown == f"result:{first}"
    opened.controller.runs.delete_result(first)
    assert opened.controller.session.shown == "composite"
    dropped = {change.key for change in opened.seen(changes.PictureDropped)}
    assert {f"result:{first}", f"result:{second}"} <= dropped


def test_that_scrubbing_makes_each_state_once_and_shows_it(opened) -> None:
    run_id = _run(opened)
    view = opened.controller.view
    result = opened.controller.session.results[run_id]
    for _ in range(2):
        view.show_state(run_id, "start")
        opened.settle()
        assert opened.seen(changes.ShownChanged)[-1].key == f"result:{run_id}:start"
        assert view.shown_image() is result.start
        view.show_state(run_id, "last")
        opened.settle()
        assert view.shown_image() is result.image
    made = [change.key for change in opened.seen(changes.PictureReady)]
    assert made.count(f"result:{run_id}:start") == 1
    # The guarded ascent ends at its best image: one picture serves both.
    view.show_state(run_id, "best")
    assert opened.controller.session.shown == f"result:{run_id}"


def test_that_a_new_set_abandons_the_runs_of_the_old_one(opened, tiny_pair_files) -> None:
    opened.controller.runs.run("ms-lap", {"iterations": 3})
    opened.controller.sets.open(tiny_pair_files[::-1])
    opened.settle()
    session = opened.controller.session
    names = [source.name for source in session.stack.sources]
    assert names == [path.name for path in read_names(tiny_pair_files[::-1])]
    assert not opened.controller.state.running


def read_names(paths):
    """Sources in the order in which the files module orders them."""
    return [source.path for source in read_stack(paths).sources]


def test_that_events_of_a_run_whose_set_was_closed_are_dropped(opened) -> None:
    opened.controller.runs.run("ms-lap", {"iterations": 2})
    opened.controller.sets.close()
    assert opened.seen(changes.RunChanged)[-1].status.state is RunState.STOPPED
    opened.settle()
    assert not opened.controller.session.results
    assert not opened.controller.state.running


def test_that_opening_another_set_drops_the_pictures_of_the_first(opened, tiny_pair_files) -> None:
    run_id = _run(opened)
    opened.controller.sets.open(tiny_pair_files)
    opened.settle()
    dropped = {change.key for change in opened.seen(changes.PictureDropped)}
    assert {"source:1", "source:2", f"result:{run_id}"} <= dropped


def test_that_filling_the_holes_of_a_loaded_map_leaves_the_map_as_loaded(
    opened, tiny_pair, tmp_path
) -> None:
    holed = tiny_pair.labels.copy()
    holed[:10] = 0
    path = tmp_path / "map.png"
    write_map(path, holed, k=2, names=["a", "b"], provenance=None)
    opened.controller.sets.load_map(path)
    opened.settle()
    run_id = _run(opened)
    np.testing.assert_array_equal(opened.controller.session.focus_map.labels, holed)
    assert opened.controller.session.results[run_id].labels.min() == 1
    assert "unassigned" in opened.seen(changes.Notice)[-1].what


def test_that_sources_can_be_stepped_through_and_end_at_both_ends(opened) -> None:
    opened.controller.view.step_source(+1)
    assert opened.controller.session.shown == "source:2"
    opened.controller.view.step_source(+1)
    assert opened.controller.session.active_source == 2
    opened.controller.view.step_source(-5)
    assert opened.controller.session.active_source == 1


def test_that_closing_leaves_nothing(opened) -> None:
    _run(opened)
    opened.controller.sets.close()
    state = opened.controller.state
    assert (state.has_set, state.has_map, state.has_result) == (False, False, False)
    assert opened.seen(changes.SetClosed)


def test_that_a_start_image_from_a_file_reaches_the_run(opened, tiny_pair_files) -> None:
    explicit = {"start": str(tiny_pair_files[1]), "iterations": 1, "active": "full"}
    opened.controller.runs.run("ms-lap", explicit)
    opened.settle()
    result = opened.controller.session.results[1]
    np.testing.assert_allclose(result.start, read_image(tiny_pair_files[1]), atol=1e-6)


def test_that_a_missing_start_image_is_told(opened) -> None:
    opened.controller.runs.run("ms-lap", {"start": "/nowhere/x.png", "iterations": 1})
    opened.settle()
    assert not opened.controller.session.results
    assert opened.seen(changes.Notice)[-1].kept == "nothing was started"


def _states(desk) -> dict[int, RunState]:
    return {status.run_id: status.state for status in desk.controller.runs.tracker.active()}


@pytest.fixture
def two_running(opened):
    """Two runs under way, as they are on two devices; a third one waits."""
    runs = opened.controller.runs
    for _ in range(3):
        runs.run("ms-lap", {"iterations": 3})
    for run_id in (1, 2):
        runs.handle(jobs.Started(run_id, "run"))
    return opened


def test_that_pause_holds_what_runs_and_then_lets_it_go_on(two_running) -> None:
    runs, asked = two_running.controller.runs, two_running.backend.asked
    runs.pause_or_resume()
    assert asked == [("pause", 1), ("pause", 2)]
    assert _states(two_running) == {
        1: RunState.PAUSING,
        2: RunState.PAUSING,
        3: RunState.QUEUED,
    }
    runs.handle(jobs.Paused(1))
    assert _states(two_running)[1] is RunState.PAUSED
    assert two_running.controller.state.held
    assert not two_running.controller.state.going
    runs.pause_or_resume()
    runs.handle(jobs.Resumed(1))
    assert asked[2:] == [("resume", 1), ("resume", 2)]
    assert set(_states(two_running).values()) == {RunState.RUNNING, RunState.QUEUED}


def test_that_one_run_is_held_and_stopped_beside_another(two_running) -> None:
    controller = two_running.controller
    controller.runs.pause_or_resume(2)
    assert two_running.backend.asked == [("pause", 2)]
    assert controller.state.going
    controller.runs.stop(2)
    assert _states(two_running) == {
        1: RunState.RUNNING,
        2: RunState.STOPPING,
        3: RunState.QUEUED,
    }
    assert not controller.state.stopping  # the others can still be stopped
    controller.runs.stop()
    assert controller.state.stopping
    controller.runs.pause_or_resume()
    assert two_running.backend.asked == [("pause", 2)]


def test_that_an_optimiser_runs_on_the_chosen_device_and_a_fuser_on_the_processor(opened) -> None:
    controller = opened.controller
    controller.devices.known += (Device("cuda:0", "cuda", "Card"),)
    assert controller.devices.current == "cuda:0"
    controller.runs.run("ms-lap", {})
    controller.devices.choose("cpu")
    controller.runs.run("ms-lap", {})
    controller.devices.choose("auto")
    controller.runs.run("average", {})
    controller.runs.detect("laplacian", {})
    used = [request.device for request in opened.backend.requests]
    assert used == ["cuda:0", "cpu", "cpu", "cpu"]
    assert controller.runs.tracker.status(1).device == "cuda:0"


@pytest.fixture
def large(opened, monkeypatch):
    """The tiny pair counts as one that is slow to start."""
    monkeypatch.setattr(run_control, "_SLOW_TO_START", 1)
    return opened


def test_that_a_large_run_shows_its_start_before_its_first_step(large, tiny_pair) -> None:
    large.controller.runs.run("ms-lap", {})
    large.backend._pool.close(1)
    large.backend._pool.loop()  # the run itself still waits
    large.controller.handle(large.backend.events.popleft())
    (look,) = large.seen(changes.FirstLook)
    assert large.controller.session.shown == "live"
    columns = np.arange(64)
    expected = np.where((columns < 32)[:, None], tiny_pair.first, tiny_pair.second) * 255
    # Away from the boundary, where the detector is sure.
    sure = np.abs(columns - 31.5) > 12
    assert look.pixels.dtype == np.uint8
    np.testing.assert_allclose(look.pixels[:, sure], expected[:, sure], atol=1)
    large.controller.runs.stop()
    large.settle()
    assert large.controller.session.shown == "source:1"


def test_that_the_first_look_is_the_average_where_the_run_starts_there(large, tiny_pair) -> None:
    large.controller.runs.run("ms-lap", {"start": "average"})
    large.backend._pool.close(1)
    large.backend._pool.loop()
    large.controller.handle(large.backend.events.popleft())
    (look,) = large.seen(changes.FirstLook)
    np.testing.assert_allclose(look.pixels, tiny_pair.images.mean(axis=0) * 255, atol=1.5)


def test_that_no_decision_is_made_twice_for_a_first_look(large) -> None:
    explicit = {"detector": "gfdf", "iterations": 2, "start": "composite"}
    large.controller.runs.run("ms-lap", explicit)
    large.backend._pool.close(1)
    large.backend._pool.loop()  # the run itself still waits
    assert not large.backend.events


def test_that_a_first_look_never_replaces_a_later_picture(large) -> None:
    controller = large.controller
    controller.runs.run("ms-lap", {"iterations": 2})
    large.settle()  # the run first, then the pool
    assert len(controller.session.results) == 1
    assert not large.seen(changes.FirstLook)
    controller.view.show("result:1")
    controller.runs.run_again("ms-lap", {"iterations": 2})
    large.settle()
    assert not large.seen(changes.FirstLook)


@pytest.mark.parametrize("depth", ["uint8", "uint16"])
def test_that_warming_up_runs_the_default_methods_on_few_pixels(
    desk, tmp_path, monkeypatch, depth
) -> None:
    rng = np.random.default_rng(3)
    files = [tmp_path / "1.png", tmp_path / "2.png"]
    for path in files:
        frame = rng.integers(0, 255, (40, 50, 3)).astype(depth)
        cv2.imwrite(str(path), frame * (257 if depth == "uint16" else 1))
    desk.controller.warm_up()  # nothing is open
    desk.controller.sets.open(files)
    desk.settle()
    used: list[tuple] = []
    for name in ("laplacian", "ms-lap"):
        found = desk.controller.registry.get(name)

        def seen(images, *args, found=found, **keywords):
            used.append((found.name, images[0].dtype, images[0].shape[2]))
            return found.function(images, *args, **keywords)

        monkeypatch.setitem(
            desk.controller.registry.methods, name, dataclasses.replace(found, function=seen)
        )
    desk.controller.warm_up()
    desk.settle()
    assert used == [("laplacian", depth, 3), ("ms-lap", depth, 3)]
    assert not desk.seen(changes.Notice)
    assert not desk.controller.session.results


def test_that_the_window_never_waits_for_the_disk_to_keep_its_settings(desk, own_folders) -> None:
    desk.controller.settings.change(theme="dark")
    assert not (own_folders / "settings.json").exists()
    desk.settle()
    assert (own_folders / "settings.json").exists()
