"""Scores of results against independent computations, and when they are computed anew."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio

from mfgui.app import score_tasks
from mfgui.app.scores import Scores
from mfgui.core.agreement import agreement
from mfgui.core.arrays import Rect
from mfgui.core.bands import boundary_band
from mfgui.core.compute import Compute
from mfgui.core.edits import Edit
from mfgui.core.events import (
    MarkChanged,
    Notice,
    PicturePatched,
    ResultAdded,
    ScoresChanged,
    SetOpened,
    Severity,
    TruthChanged,
)
from mfgui.core.score_table import Area
from mfgui.core.session import MapOrigin, Mark, Truth
from mfgui.methods.optimise.mffssim.local_q import local_q
from mfgui.methods.optimise.mffssim.objective import q_box
from mfgui.methods.optimise.mffssim.window import window_size

ALL = (Area.WHOLE, Area.BAND, Area.REGION)


@pytest.fixture
def compared(desk, tiny_pair, tiny_pair_files, monkeypatch):
    """Three results and a ground truth; strips of 7 rows."""
    monkeypatch.setattr(score_tasks, "_ROWS", 7)
    controller = desk.controller
    controller.sets.open(tiny_pair_files)
    desk.settle()
    labels = tiny_pair.labels.copy()
    labels[40:, 50:] = 0
    labels[:3, :3] = 255
    controller.sets.set_map(labels, MapOrigin(path="/there/map.png"))
    desk.settle()
    controller.runs.run("ms-lap", {"window": 5, "iterations": 2})
    desk.settle()
    controller.runs.run("average", {})
    desk.settle()
    controller.runs.run("gfdf", {})
    desk.settle()
    assert sorted(controller.session.results) == [1, 2, 3]
    pixels = np.rint(tiny_pair.truth * 65535).astype(np.uint16)
    controller.session.truth = Truth("truth.png", "/there/truth.png", "abc", pixels)
    controller.notifier.emit(TruthChanged())
    desk.changes.clear()
    return desk


@pytest.fixture
def scores(compared):
    return Scores(compared.controller._desk, compared.controller.compare)


def value(scores, run_id, name, areas=ALL):
    return cell(scores, run_id, name, areas).value


def cell(scores, run_id, name, areas=ALL):
    table = scores.table(areas)
    names = [column.name for column in table.columns]
    row = next(row for row in table.rows if row.key == f"result:{run_id}")
    return row.cells[names.index(name)]


def masks(desk, band):
    """Pixels of each area, ignored ones left out."""
    session = desk.controller.session
    labels = session.focus_map.labels
    kept = labels != 255
    region = np.zeros_like(kept)
    if session.region is not None:
        region[session.region.slices] = True
    return {
        Area.WHOLE: kept,
        Area.BAND: kept & boundary_band(labels, band),
        Area.REGION: kept & region,
    }


def local(desk, run_id):
    session = desk.controller.session
    images = [session.stack.pixels(index) for index in range(2)]
    window = window_size("released", session.stack.size)
    labels, image = session.focus_map.labels, session.results[run_id].image
    return local_q(images, labels, image, window=window, compute=Compute())


def paint(desk, rect, label):
    edit = Edit(rect, np.ones((rect.height, rect.width), bool), label)
    assert desk.controller.edit.apply("Brush", [edit])


def test_that_nothing_is_computed_before_a_view_wants_it(compared, scores) -> None:
    paint(compared, Rect(3, 3, 4, 4), 2)
    scores.renew()
    compared.settle()
    assert cell(scores, 1, "local_q_whole").note == "not computed yet"
    assert not scores.busy
    assert value(scores, 1, "q") == compared.controller.session.results[1].q


@pytest.mark.parametrize("run_id", [1, 2, 3])
def test_that_scores_are_those_of_independent_computations(compared, scores, run_id) -> None:
    session = compared.controller.session
    compared.controller.region.set(Rect(20, 10, 30, 33))
    scores.want(True, areas=ALL)
    compared.settle()
    image, truth = session.results[run_id].image, session.truth.pixels / 65535
    local_scores = local(compared, run_id)
    for area, mask in masks(compared, scores.band).items():
        known = mask & np.isfinite(local_scores)
        expected = local_scores[known].mean(dtype=np.float64)
        found = value(scores, run_id, f"local_q_{area}")
        assert found == pytest.approx(expected, abs=1e-7)
        assert cell(scores, run_id, f"local_q_{area}").pixels == np.count_nonzero(known)
        assert cell(scores, run_id, f"psnr_{area}").pixels == np.count_nonzero(mask)
        error = mean_squared_error(image[mask].astype(np.float64), truth[mask])
        psnr = peak_signal_noise_ratio(truth[mask], image[mask].astype(np.float64), data_range=1)
        assert value(scores, run_id, f"psnr_{area}") == pytest.approx(psnr, abs=1e-6)
        rmse = math.sqrt(error) * 255
        assert value(scores, run_id, f"rmse_{area}") == pytest.approx(rmse, rel=1e-6)


def test_that_local_q_of_the_whole_is_the_box_objective(compared, scores) -> None:
    session = compared.controller.session
    scores.want(True)
    compared.settle()
    images = [session.stack.pixels(index) for index in range(2)]
    window = window_size("released", session.stack.size)
    labels = session.focus_map.labels
    for run_id, result in session.results.items():
        expected = q_box(images, labels, result.image, window=window, compute=Compute())
        assert value(scores, run_id, "local_q_whole") == pytest.approx(expected, abs=1e-7)
        assert scores.q_of(run_id) == value(scores, run_id, "local_q_whole")


def test_that_agreement_counts_as_two_annotators_are_compared(compared, scores) -> None:
    session = compared.controller.session
    scores.want(True)
    compared.settle()
    present = session.focus_map.labels
    for run_id in (1, 3):
        own = session.results[run_id].labels
        expected = agreement(own, present, k=2).accuracy
        assert value(scores, run_id, "map_agreement_whole") == pytest.approx(expected, abs=1e-12)
    assert cell(scores, 2, "map_agreement_whole").note == "the method makes no focus map"


def test_that_ranks_wait_for_all_results(compared, scores) -> None:
    assert scores.rank_of(1) is None
    scores.want(True)
    compared.settle()
    order = sorted((1, 2, 3), key=lambda run_id: -scores.q_of(run_id))
    assert [scores.rank_of(run_id) for run_id in order] == [1, 2, 3]
    assert scores.rank_of(9) is None
    table = scores.table()
    column = [entry.name for entry in table.columns].index("local_q_whole")
    assert table.best(column) == {order[0] - 1}


def test_that_missing_values_say_why(compared, scores) -> None:
    session = compared.controller.session
    scores.want(True, areas=ALL)
    compared.settle()
    assert cell(scores, 1, "psnr_region").note == "no region is set"
    assert cell(scores, 2, "q").note == "the method raises no objective"
    assert cell(scores, 2, "iterations").note == "the method has no iterations"
    assert "box-joint" in cell(scores, 1, "q").note
    assert "window 5" in cell(scores, 1, "q").note
    session.truth = None
    compared.controller.notifier.emit(TruthChanged())
    compared.settle()
    assert cell(scores, 1, "rmse_whole").note == "no ground truth is loaded"
    compared.controller.sets.set_map(np.ones((48, 64), np.uint8), MapOrigin())
    compared.settle()
    assert cell(scores, 1, "local_q_band").note == "no pixel of the boundary band can be scored"
    assert value(scores, 1, "local_q_whole") is not None


def test_that_without_a_map_errors_are_computed_and_the_rest_says_why(compared, scores) -> None:
    from mfgui.core.events import MapChanged

    session = compared.controller.session
    session.focus_map = None
    compared.controller.notifier.emit(MapChanged())
    scores.want(True, areas=ALL)
    compared.settle()
    image = session.results[1].image.astype(np.float64)
    psnr = peak_signal_noise_ratio(session.truth.pixels / 65535, image, data_range=1)
    assert value(scores, 1, "psnr_whole") == pytest.approx(psnr, abs=1e-6)
    for name in ("local_q_whole", "psnr_band", "map_agreement_whole", "local_q_band"):
        assert cell(scores, 1, name).note == "there is no focus map"


def test_that_another_ground_truth_is_another_score(compared, scores, tiny_pair) -> None:
    session = compared.controller.session
    scores.want(True)
    compared.settle()
    before = value(scores, 2, "local_q_whole")
    session.truth = Truth("left.png", "", "", tiny_pair.first)
    compared.controller.notifier.emit(TruthChanged())
    assert cell(scores, 2, "psnr_whole").coming
    assert value(scores, 2, "local_q_whole") == before, "which has nothing to do with it"
    compared.settle()
    mask = masks(compared, 8)[Area.WHOLE]
    image = session.results[2].image.astype(np.float64)
    error = mean_squared_error(image[mask], tiny_pair.first[mask].astype(np.float64))
    assert value(scores, 2, "rmse_whole") == pytest.approx(255 * math.sqrt(error), rel=1e-6)


def test_that_a_perfect_picture_has_an_infinite_psnr(compared, scores, tiny_pair) -> None:
    session = compared.controller.session
    session.truth = Truth("truth.tif", "", "", session.results[1].image)
    compared.controller.notifier.emit(TruthChanged())
    scores.want(True)
    compared.settle()
    assert value(scores, 1, "psnr_whole") == math.inf
    assert value(scores, 1, "rmse_whole") == 0.0


def test_that_another_band_width_needs_no_computation(compared, scores) -> None:
    scores.want(True, areas=(Area.BAND,))
    compared.settle()
    before = value(scores, 1, "local_q_band")
    compared.changes.clear()
    compared.controller.compare.change(band=3)
    assert compared.seen(ScoresChanged)
    assert not scores.busy
    known = masks(compared, 3)[Area.BAND] & np.isfinite(local(compared, 1))
    expected = local(compared, 1)[known].mean(dtype=np.float64)
    assert value(scores, 1, "local_q_band") == pytest.approx(expected, abs=1e-7)
    assert value(scores, 1, "local_q_band") != before


def test_that_edits_make_scores_stale_until_they_settle_and_undo_brings_them_back(
    compared, scores
) -> None:
    scores.want(True)
    compared.settle()
    before = scores.q_of(1)
    paint(compared, Rect(10, 20, 9, 9), 2)
    compared.settle()
    assert scores.q_of(1) is None
    assert cell(scores, 1, "local_q_whole").coming
    assert scores.stale
    scores.renew()
    assert not scores.stale
    compared.settle()
    known = np.isfinite(local(compared, 1))
    assert scores.q_of(1) == pytest.approx(local(compared, 1)[known].mean(), abs=1e-6)
    compared.controller.edit.undo()
    assert scores.q_of(1) == before
    assert not scores.stale


def test_that_a_stroke_tells_once_and_its_undo_again(compared, scores) -> None:
    scores.want(True)
    compared.settle()
    compared.changes.clear()
    for x in range(5, 15):
        paint(compared, Rect(x, 20, 9, 9), 2)
    others = 1  # those of the controller, which nobody wants
    assert len(compared.seen(ScoresChanged)) == 1 + others
    for _ in range(10):
        compared.controller.edit.undo()
    assert len(compared.seen(ScoresChanged)) == 2 + others
    assert scores.q_of(1) is not None


def test_that_an_edit_while_a_score_is_computed_is_not_mixed_in(
    compared, scores, monkeypatch
) -> None:
    monkeypatch.setattr(score_tasks, "_TURN", -1.0)
    scores.want(True)
    compared.backend.work()
    compared.controller.handle(compared.backend.events.popleft())  # the first strip only
    paint(compared, Rect(10, 20, 9, 9), 2)
    scores.renew()
    compared.settle()
    known = np.isfinite(local(compared, 1))
    assert scores.q_of(1) == pytest.approx(local(compared, 1)[known].mean(), abs=1e-6)


def test_that_other_pixels_of_a_result_are_scored_again(compared, scores) -> None:
    session, notifier = compared.controller.session, compared.controller.notifier
    scores.want(True)
    compared.settle()
    before = value(scores, 2, "rmse_whole")
    session.results[2] = replace(session.results[2], image=session.results[1].image)
    notifier.emit(ResultAdded(2))
    compared.settle()
    assert value(scores, 2, "rmse_whole") == value(scores, 1, "rmse_whole") != before
    notifier.emit(PicturePatched("result:2", Rect(0, 0, 2, 2), np.zeros((2, 2, 3), np.uint8)))
    assert scores.q_of(2) is None
    scores.renew()
    compared.settle()
    assert scores.q_of(2) == scores.q_of(1)


@pytest.mark.parametrize("seed", range(4))
def test_that_whatever_happens_the_scores_are_right_in_the_end(
    compared, scores, monkeypatch, seed
) -> None:
    """Edits, undo, other truths, runs that are undone, and events that arrive late."""
    monkeypatch.setattr(score_tasks, "_TURN", -1.0)
    generator = np.random.default_rng(seed)
    controller, backend = compared.controller, compared.backend
    session = controller.session

    def act(number):
        if number == 0:
            x, y = int(generator.integers(0, 50)), int(generator.integers(0, 40))
            edit = Edit(Rect(x, y, 9, 7), np.ones((7, 9), bool), int(generator.integers(0, 3)))
            controller.edit.apply("Brush", [edit])
        elif number == 1:
            (controller.edit.undo if generator.random() < 0.6 else controller.edit.redo)()
        elif number == 2:
            areas = generator.permutation(ALL)[: generator.integers(1, 4)].tolist()
            scores.want(bool(generator.random() < 0.8), areas=[Area(area) for area in areas])
        elif number == 3:
            backend.work()
            for _ in range(min(len(backend.events), 2)):
                controller.handle(backend.events.popleft())
        elif number == 4:
            pixels = np.clip(session.stack.pixels(0) + generator.integers(0, 9), 0, 255)
            session.truth = Truth("t.png", "", "", pixels.astype(np.uint8))
            controller.notifier.emit(TruthChanged())
        else:
            scores.renew()

    for number in generator.integers(0, 6, 60):
        act(int(number))
    scores.want(True, areas=ALL)
    compared.settle()
    mask = masks(compared, scores.band)[Area.BAND]
    for run_id, result in session.results.items():
        known = mask & np.isfinite(local(compared, run_id))
        expected = local(compared, run_id)[known].mean(dtype=np.float64)
        assert value(scores, run_id, "local_q_band") == pytest.approx(expected, abs=1e-6)
        truth = session.truth.pixels[mask] / 255
        error = mean_squared_error(result.image[mask].astype(np.float64), truth)
        found = value(scores, run_id, "rmse_band")
        assert found == pytest.approx(255 * math.sqrt(error), rel=1e-6)


def test_that_closing_the_set_forgets_and_stops(compared, scores) -> None:
    scores.want(True)
    compared.controller.sets.close()
    compared.settle()
    assert not scores.busy
    assert scores.table().rows == ()


def test_that_opening_another_set_empties_the_table(compared, scores, tiny_pair_files) -> None:
    scores.want(True)
    compared.settle()
    compared.changes.clear()
    compared.controller.sets.open(tiny_pair_files)
    compared.settle()
    assert scores.table().rows == ()
    kinds = [type(change) for change in compared.changes]
    assert ScoresChanged in kinds[kinds.index(SetOpened) :]


def test_that_a_failure_is_told_once_and_the_others_are_computed(
    compared, scores, monkeypatch
) -> None:
    def fails(*_arguments: object, **_more: object) -> None:
        raise MemoryError

    monkeypatch.setattr("mfgui.methods.optimise.mffssim.local_q.local_q", fails)
    scores.want(True)
    compared.settle()
    assert cell(scores, 1, "local_q_whole").note == "it could not be computed"
    assert value(scores, 1, "rmse_whole") is not None
    assert not scores.busy


def test_that_names_of_a_person_stand_in_the_table(compared, scores) -> None:
    compared.controller.session.marks[2] = Mark(name="mean")
    compared.changes.clear()
    compared.controller.notifier.emit(MarkChanged(2))
    assert compared.seen(ScoresChanged)
    assert scores.table().rows[1].title == "2 · mean"


@pytest.mark.parametrize("suffix", [".csv", ".json", ".md", ".tex"])
def test_that_the_export_says_how_everything_was_made(compared, scores, tmp_path, suffix) -> None:
    session = compared.controller.session
    scores.want(True, areas=(Area.WHOLE, Area.BAND))
    compared.settle()
    path = tmp_path / f"scores{suffix}"
    compared.controller.ask(scores.export(path), lambda value: None)
    compared.settle()
    assert not [n for n in compared.seen(Notice) if n.severity is Severity.ERROR]
    text = path.read_text()
    present = hashlib.sha256(session.focus_map.labels.tobytes()).hexdigest()
    own = hashlib.sha256(session.results[3].labels.tobytes()).hexdigest()
    for needle in (present, own, session.stack.sources[0].sha256, "gfdf", "abc", "numpy"):
        assert needle in text
    if suffix == ".json":
        found = json.loads(text)
        assert found["band_width"] == 8
        result = found["results"][0]
        assert result["scores"]["local_q_whole"]["value"] == scores.q_of(1)
        assert result["parameters"]["window"] == 5
        assert result["inputs"][0]["sha256"] == session.stack.sources[0].sha256
        assert "psnr_region" not in result["scores"], "there is no region"


def test_that_a_result_names_the_map_and_the_image_that_it_was_given(desk, tiny_pair_files) -> None:
    controller = desk.controller
    controller.sets.open(tiny_pair_files)
    desk.settle()
    few = {"window": 5, "iterations": 1}
    controller.runs.run("ms-lap", few)  # makes its own
    desk.settle()
    controller.runs.run("ms-lap", few)
    desk.settle()
    paint(desk, Rect(3, 3, 9, 9), 2)
    controller.runs.run("composite", {})
    controller.runs.run("gfdf", {})
    desk.settle()
    controller.view.show("result:2:best")
    controller.runs.run_again("ms-lap", few)
    desk.settle()
    rows = controller.scores.table().rows
    made = {row.key: (row.record["map_from"], row.record["start_from"]) for row in rows}
    detected = "detector laplacian (window=5, consistency=none, clean=0.0)"
    last = max(controller.session.results)
    assert made["result:1"] == ("", "")
    assert made["result:2"] == (detected, "")
    assert (f"{detected}, edited", "") in made.values()  # the composite
    assert ("", "") in [made[row.key] for row in rows if row.record["method"] == "gfdf"]
    assert made[f"result:{last}"] == (f"{detected}, edited", "result:2:best")


def test_that_no_time_is_the_best_of_runs_on_several_devices(compared, scores) -> None:
    results = compared.controller.session.results
    place = [column.name for column in scores.table().columns].index("seconds")
    assert len(scores.table().best(place)) == 1
    elsewhere = replace(results[2].provenance, device="cuda:0")
    results[2] = replace(results[2], provenance=elsewhere)
    assert not scores.table().best(place)


def test_that_an_export_never_overwrites_an_input(compared, scores, tiny_pair_files) -> None:
    failures = []
    compared.controller.ask(scores.export(tiny_pair_files[0]), lambda value: None, failures.append)
    compared.settle()
    assert "input" in failures[0]
