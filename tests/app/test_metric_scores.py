"""Metrics of the results in the table: their values, when they are computed anew, reasons."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from mfgui.app import metric_scores
from mfgui.app.metric_columns import (
    STANDARD,
    column_of,
    entries,
    extra,
    known,
    of_paper,
    papers_of,
)
from mfgui.core.arrays import Rect, from_float
from mfgui.core.edits import Edit
from mfgui.core.events import (
    MapChanged,
    Notice,
    ResultAdded,
    ScoresChanged,
    SetOpened,
    Severity,
    TruthChanged,
)
from mfgui.core.score_table import Area, Better
from mfgui.core.session import MapOrigin, Truth
from mfgui.methods.metrics import METRICS, Family, View
from mfgui.methods.metrics.measures import Measure, Subject, score
from mfgui.methods.metrics.tables import TABLES

ALL = (Area.WHOLE, Area.BAND, Area.REGION)
REGION = Rect(12, 8, 40, 30)
SOME = ("q-cb", "nmi@pooled", "q-g:zliu", "q", "ssim", "ag", "map-accuracy", "q-sf")


@pytest.fixture
def scored(desk, tiny_pair, tiny_pair_files):
    """Two results of a pair with a map, a ground truth and a region; metrics are wanted."""
    controller = desk.controller
    controller.sets.open(tiny_pair_files)
    desk.settle()
    labels = tiny_pair.labels.copy()
    labels[:3, :3] = 255
    controller.sets.set_map(labels, MapOrigin(path="/there/map.png"))
    desk.settle()
    for method in ("average", "gfdf"):
        controller.runs.run(method, {})
        desk.settle()
    pixels = np.rint(tiny_pair.truth * 255).astype(np.uint8)
    controller.session.truth = Truth("truth.png", "/there/truth.png", "abc", pixels)
    controller.notifier.emit(TruthChanged())
    controller.region.set(REGION)
    desk.changes.clear()
    return desk


def show(desk, names, areas=(Area.WHOLE,)):
    """Choose columns, and have them computed."""
    scores = desk.controller.scores
    scores.choose((*STANDARD, *names))
    scores.want(True, areas=areas, metrics=True)
    desk.settle()


def cell(desk, run_id, name, areas=ALL):
    table = desk.controller.scores.table(areas)
    place = [column.name for column in table.columns].index(name)
    return next(row for row in table.rows if row.key == f"result:{run_id}").cells[place]


def subject(desk, run_id):
    """What `mfgui score` would be given."""
    session = desk.controller.session
    result = session.results[run_id]
    return Subject(
        from_float(result.image, result.depth),
        [session.stack.pixels(index) for index in range(session.stack.k)],
        truth=session.truth.pixels,
        labels=session.focus_map.labels,
        own_map=result.labels,
        true_map=session.focus_map.labels,
    )


def paint(desk, rect, label):
    edit = Edit(rect, np.ones((rect.height, rect.width), bool), label)
    assert desk.controller.edit.apply("Brush", [edit])


@pytest.mark.parametrize("run_id", [1, 2])
def test_that_values_and_reasons_are_those_of_measures(scored, run_id) -> None:
    show(scored, SOME, ALL)
    places = {
        Area.WHOLE: {},
        Area.BAND: {"band": scored.controller.scores.band},
        Area.REGION: {"area": REGION},
    }
    for name in SOME:
        for area, place in places.items():
            if (run_id, name) == (1, "map-accuracy"):
                continue  # average has no map
            found = cell(scored, run_id, f"{name}_{area}")
            expected = score(Measure.parse(name), subject(scored, run_id), **place)
            assert found.value == expected.value, (name, area)
            assert expected.why in found.note


def test_that_every_metric_gives_a_value_or_a_reason_in_every_area(scored) -> None:
    show(scored, METRICS, ALL)
    table = scored.controller.scores.table(ALL)
    keys = {column.key for column in table.columns}
    assert keys >= set(METRICS)
    for row in table.rows:
        for column, found in zip(table.columns, row.cells, strict=True):
            assert not found.coming, column.name
            assert found.value is not None or found.note, column.name
    assert not scored.seen(Notice)


def test_that_nothing_is_computed_for_a_view_without_metrics(scored) -> None:
    scores = scored.controller.scores
    scores.choose((*STANDARD, "q-cb"))
    scores.want(True, by="panes")
    scored.settle()
    assert cell(scored, 1, "q-cb_whole").note == "not computed yet"
    assert scores.q_of(1) is not None
    scores.want(True, by="metrics", metrics=True)
    assert cell(scored, 1, "q-cb_whole").coming
    scored.settle()
    assert cell(scored, 1, "q-cb_whole").value is not None


def test_that_columns_come_and_go_with_the_choice_which_is_remembered(scored) -> None:
    scores = scored.controller.scores
    assert scores.chosen == STANDARD
    show(scored, ["q-m", "no-such", "q-g:yliu", "q-m"])
    assert scores.chosen == (*STANDARD, "q-m", "q-g")
    assert [column.key for column in scores.table((Area.WHOLE,)).columns] == [
        *STANDARD,
        *("q-g", "q-m"),  # as in the list
        *("q", "seconds", "iterations"),
    ]
    assert scored.controller.settings.values.metrics == scores.chosen
    before = cell(scored, 1, "q-m_whole")
    scored.changes.clear()
    scores.choose(["psnr"])
    assert scored.seen(ScoresChanged)
    keys = [column.key for column in scores.table((Area.WHOLE,)).columns]
    assert keys == ["psnr", "q", "seconds", "iterations"]
    assert [column.key for column in scores.table((Area.WHOLE,), chosen=False).columns] == [
        *STANDARD,
        *("q", "seconds", "iterations"),
    ]
    assert scores.q_of(1) is not None, "panes show it"
    scores.choose(["q-m"])
    assert not scores.busy
    assert cell(scored, 1, "q-m_whole") == before


def test_that_edits_of_the_map_touch_what_depends_on_it(scored) -> None:
    show(scored, ["q-cb", "q"], (Area.WHOLE, Area.BAND))
    scores = scored.controller.scores
    whole, band = cell(scored, 2, "q-cb_whole"), cell(scored, 2, "q-cb_band")
    paint(scored, Rect(10, 20, 9, 9), 2)
    scored.settle()
    assert cell(scored, 2, "q-cb_whole") == whole
    for name in ("q-cb_band", "q_whole"):
        assert cell(scored, 2, name).coming
    assert scores.stale
    scores.renew()
    scored.settle()
    expected = score(Measure.parse("q-cb"), subject(scored, 2), band=scores.band)
    assert cell(scored, 2, "q-cb_band").value == expected.value != band.value
    expected = score(Measure.parse("q"), subject(scored, 2))
    assert cell(scored, 2, "q_whole").value == expected.value
    scored.controller.edit.undo()
    assert cell(scored, 2, "q-cb_band") == band
    assert not scores.stale


def test_that_other_regions_bands_and_truths_are_other_scores(scored) -> None:
    controller = scored.controller
    show(scored, ["q-cb", "ssim"], ALL)
    before = {name: cell(scored, 2, name) for name in ("q-cb_region", "q-cb_band", "ssim_whole")}
    controller.region.set(Rect(0, 0, 30, 30))
    controller.compare.change(band=3)
    controller.session.truth = Truth("1.png", "", "", controller.session.stack.pixels(0))
    controller.notifier.emit(TruthChanged())
    scored.settle()
    area = {"area": Rect(0, 0, 30, 30)}
    for name, place in (("q-cb_region", area), ("q-cb_band", {"band": 3}), ("ssim_whole", {})):
        found = cell(scored, 2, name)
        expected = score(Measure.parse(name.split("_")[0]), subject(scored, 2), **place)
        assert found.value == expected.value != before[name].value
    controller.region.set(REGION)
    assert cell(scored, 2, "q-cb_region") == before["q-cb_region"]


def test_that_other_pixels_of_a_result_are_scored_again(scored) -> None:
    show(scored, ["q-cb"])
    controller = scored.controller
    results = controller.session.results
    before = cell(scored, 1, "q-cb_whole").value
    results[1] = replace(results[1], image=results[2].image)
    controller.notifier.emit(ResultAdded(1))
    assert cell(scored, 1, "q-cb_whole").coming
    scored.settle()
    assert cell(scored, 1, "q-cb_whole").value == cell(scored, 2, "q-cb_whole").value != before


def test_that_missing_values_say_why(scored) -> None:
    controller = scored.controller
    show(scored, ["q-cb", "ssim", "q-m", "map-iou", "ms-ssim", "q"], ALL)
    assert cell(scored, 2, "q-m_band").note == (
        "the metric has no value for single pixels, so none for a band"
    )
    assert cell(scored, 1, "map-iou_whole").note == "the method makes no focus map"
    assert cell(scored, 2, "map-iou_whole").value is not None
    assert "176" in cell(scored, 2, "ms-ssim_whole").note
    controller.region.set(None)
    assert cell(scored, 2, "q-cb_region").note == "no region is set"
    controller.session.truth = None
    controller.notifier.emit(TruthChanged())
    assert cell(scored, 2, "ssim_whole").note == "no ground truth is loaded"


def test_that_without_a_map_none_is_detected(scored) -> None:
    scored.controller.session.focus_map = None
    scored.controller.notifier.emit(MapChanged())
    show(scored, ["q-cb", "q", "map-iou"], ALL)
    for name in ("q-cb_band", "q_whole", "map-iou_whole"):
        assert cell(scored, 2, name).note == "there is no focus map"
    assert cell(scored, 2, "q-cb_whole").value is not None
    assert cell(scored, 2, "q-cb_region").value is not None


def test_that_pair_metrics_say_so_for_a_stack(desk, tiny_pair, tiny_pair_files, tmp_path) -> None:
    third = tmp_path / "third.png"
    cv2.imwrite(str(third), np.rint(tiny_pair.truth * 255)[..., ::-1])
    desk.controller.sets.open([*tiny_pair_files, third])
    desk.settle()
    desk.controller.runs.run("average", {})
    desk.settle()
    show(desk, ["q-y", "q-cb"])
    assert cell(desk, 1, "q-y_whole").note == "the metric is defined for pairs only"
    assert cell(desk, 1, "q-cb_whole").value is not None


def test_that_large_pictures_are_scored_in_regions_alone(scored, monkeypatch) -> None:
    size = scored.controller.session.stack.size
    monkeypatch.setattr(metric_scores, "MOST_PIXELS", size.width * size.height * 3 - 1)
    show(scored, ["q-cb", "q"], ALL)
    for name in ("q-cb_whole", "q-cb_band", "q_whole"):
        found = cell(scored, 2, name)
        assert found.note.startswith("larger than")
        assert found.note.endswith("set a region, or use mfgui score")
    whole = subject(scored, 2)
    for name in ("q-cb", "q"):
        found = cell(scored, 2, f"{name}_region")
        expected = score(Measure.parse(name), whole.part(REGION))
        assert found.value == expected.value
        assert "as if it were the picture" in found.note
    assert cell(scored, 2, "local_q_whole").value is not None
    monkeypatch.setattr(metric_scores, "MOST_PIXELS", 12)
    assert "set a smaller region" in cell(scored, 2, "q-cb_region").note


def test_that_the_limit_is_told_for_one_picture(scored, monkeypatch) -> None:
    monkeypatch.setattr(metric_scores.MetricScores, "_pixels", lambda *_: 10**9)
    show(scored, ["q-cb"])
    assert "larger than 4 megapixels" in cell(scored, 2, "q-cb_whole").note


def test_that_one_task_computes_one_score_and_others_are_dropped_between(
    scored, monkeypatch
) -> None:
    calls = []

    def counted(measure, *rest, **more):
        calls.append(measure.name)
        return score(measure, *rest, **more)

    monkeypatch.setattr(metric_scores, "score", counted)
    controller, backend = scored.controller, scored.backend
    controller.scores.want(True)
    scored.settle()
    controller.scores.choose(("q-m", "q-cb", "ag"))
    controller.scores.want(True, metrics=True)
    backend.work()
    assert len(calls) == 1
    controller.scores.choose(("ag",))  # what has just been computed is not wanted any more
    scored.settle()
    assert calls[1:] == ["ag", "ag"]
    assert not controller.scores.busy


def test_that_an_unwanted_metric_ends_before_the_next_begins(scored, monkeypatch) -> None:
    """At most one is computed at any time, however often the map is changed."""
    show(scored, [])
    controller, backend = scored.controller, scored.backend
    submitted = []
    real = backend.submit_task

    def submit(task, **_more):
        if "scoring" in task.__qualname__:  # settings are saved by a task, too
            submitted.append(task)
        return real(task)

    monkeypatch.setattr(backend, "submit_task", submit)
    controller.scores.choose(("q",))
    assert len(submitted) == 1
    for _ in range(5):
        controller.scores.choose(("q-cb",))
        controller.scores.choose(("q",))
    assert len(submitted) == 1
    scored.settle()
    assert cell(scored, 1, "q_whole").value is not None
    assert cell(scored, 2, "q_whole").value is not None


def test_that_a_failure_is_told_and_the_others_are_computed(scored, monkeypatch) -> None:
    def fails(measure, *rest, **more):
        if measure.name == "q-cb":
            raise MemoryError
        return score(measure, *rest, **more)

    monkeypatch.setattr(metric_scores, "score", fails)
    show(scored, ["q-cb", "ag"])
    assert cell(scored, 1, "q-cb_whole").note == "it could not be computed"
    assert cell(scored, 1, "ag_whole").value is not None
    errors = [notice for notice in scored.seen(Notice) if notice.severity is Severity.ERROR]
    assert len(errors) == 2, "one for each result"
    assert not scored.controller.scores.busy


def test_that_pictures_are_let_go_of(scored) -> None:
    show(scored, ["q-cb"])
    metrics = scored.controller.scores._metrics
    assert metrics._subject is None
    assert metrics._scores
    scored.controller.sets.close()
    assert not metrics._scores


def test_that_another_set_begins_anew(scored, tiny_pair_files) -> None:
    show(scored, ["q-cb"])
    scored.controller.sets.open(tiny_pair_files)
    scored.settle()
    assert scored.seen(SetOpened)
    scored.controller.runs.run("average", {})
    scored.settle()
    run_id = max(scored.controller.session.results)
    assert cell(scored, run_id, "q-cb_whole").value is not None


@pytest.mark.parametrize("suffix", [".csv", ".json", ".md", ".tex"])
def test_that_exports_hold_the_columns_with_their_variants(scored, tmp_path, suffix) -> None:
    show(scored, ["q-g:zliu", "nmi@pooled"], (Area.WHOLE, Area.BAND))
    path = tmp_path / f"scores{suffix}"
    scored.controller.ask(scored.controller.scores.export(path), lambda value: None)
    scored.settle()
    text = path.read_text()
    assert "zliu" in text
    assert "pooled" in text
    assert "scipy" in text
    if suffix == ".json":
        found = json.loads(text)
        result = found["results"][1]["scores"]
        assert result["q-g:zliu_whole"] == {"value": cell(scored, 2, "q-g:zliu_whole").value}
        assert "band" in str(result["nmi@pooled_band"]["note"])
        column = next(c for c in found["columns"] if c["name"] == "q-g:zliu_whole")
        assert (column["variant"], column["view"], column["title"]) == (
            "zliu",
            "grey",
            "Q_G (zliu)",
        )


def test_that_a_region_alone_is_exported_without_any_other_score(scored) -> None:
    controller = scored.controller
    controller.session.focus_map = controller.session.truth = None
    controller.notifier.emit(MapChanged())
    show(scored, ["q-cb"], (Area.REGION,))
    areas = {column.area for column in controller.scores.table().columns}
    assert areas == {Area.WHOLE, Area.REGION, None}


def test_that_the_list_holds_every_metric_variant_and_published_column() -> None:
    names = [entry.name for entry in entries()]
    assert len(names) == len(set(names))
    assert set(names) >= {*METRICS, *STANDARD}
    for metric in METRICS.values():
        for variant in metric.variants[1:]:
            assert f"{metric.name}:{variant}" in names
    for profile, columns in TABLES.items():
        assert set(of_paper(profile)) <= set(names)
        assert len(of_paper(profile)) == len(columns)
        for name in of_paper(profile):
            assert papers_of(name)
    families = [entry.family for entry in entries()]
    assert list(dict.fromkeys(families)) == list(Family)
    for before, entry in zip(entries(), entries()[1:], strict=False):
        assert not entry.definition or entry.title == before.title


def test_that_names_are_read_as_they_are_written() -> None:
    assert known(["ag", "psnr@colours", "local_q", "ag", "", "q-g:"]) == ("local_q", "psnr", "ag")
    assert extra(["psnr", "q-m", "nmi"]) == (
        Measure("nmi", View.GREY),
        Measure("q-m", View.GREY),
    )


def test_that_heads_tell_definition_range_and_direction() -> None:
    column = column_of(Measure.parse("q-g"), Area.BAND)
    assert (column.title, column.better) == ("Q_G (yliu)", Better.HIGHER)
    for words in ("edges", "variant yliu", "on grey", "0 to 1"):
        assert words in column.explained
    assert column_of(Measure.parse("q-sf"), Area.WHOLE).better is Better.ZERO
    assert column_of(Measure.parse("nmi@pooled"), Area.WHOLE).title == "NMI (pooled)"
    assert "true one" in column_of(Measure.parse("map-iou"), Area.WHOLE).explained
    limits = {metric.bounds for metric in METRICS.values()}
    assert "any number" in limits
    assert not any(math.isinf(entry.better.rank(0)) for entry in entries())


def test_that_scores_come_from_the_pool(scored) -> None:
    threads = []
    show(scored, [])
    real = metric_scores.score

    def told(*rest, **more):
        threads.append(threading.current_thread())
        return real(*rest, **more)

    metric_scores.score, before = told, metric_scores.score
    try:
        scored.controller.scores.choose(("ag",))
        assert not threads, "the interface thread goes on"
        scored.settle()
    finally:
        metric_scores.score = before
    assert threads
