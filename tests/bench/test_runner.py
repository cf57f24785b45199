"""Cells of a table: computed once, kept, gone on with; one that fails stops nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import pytest

from mfgui.bench import cells, store
from mfgui.bench.cells import Job, Outcome
from mfgui.bench.columns import columns
from mfgui.bench.datasets import SourceSet, find
from mfgui.bench.entries import Entry, elsewhere, parsed
from mfgui.bench.pool import Inline, Lost
from mfgui.bench.runner import Plan, Progress, Table, run
from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, from_float, to_float
from mfgui.core.compute import Compute
from mfgui.files.images import read_image
from mfgui.methods import registry
from mfgui.methods.choice import carry_out
from mfgui.methods.metrics.measures import Subject, score
from mfgui.methods.registry import Kind, Parameter, Registry, method
from tests.bench import folders

Runs = list[tuple[str, float]]


@pytest.fixture
def runs() -> Runs:
    """Name and parameter of every run on a picture of a set."""
    return []


@pytest.fixture
def known(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Methods that count: `mixed` gives a mean, `broken` fails on the first set, `dark` always."""

    def note(name: str, share: float, images: Sequence[PixelArray]) -> None:
        if images[0].shape[:2] == (folders.HEIGHT, folders.WIDTH):
            runs.append((name, share))

    @method("mixed", kind=Kind.FUSER, title="Mixed", summary="")
    def mixed(
        images: Sequence[PixelArray],
        _labels: LabelArray | None,
        *,
        compute: Compute,
        share: Annotated[float, Parameter("of source 1", minimum=0, maximum=1)] = 0.5,
    ) -> ImageF32:
        assert compute.threads == 1
        assert cv2.getNumThreads() == 1
        note("mixed", share, images)
        first, second = (to_float(image) for image in images)
        return np.float32(share) * first + np.float32(1 - share) * second

    @method("broken", kind=Kind.FUSER, title="Broken", summary="")
    def broken(images: Sequence[PixelArray], _labels: Any, *, compute: Compute) -> ImageF32:
        note("broken", 0.0, images)
        if int(images[0][0, 0, 0]) == int(folders.pair(1)[1][0, 0, 0]):
            raise ZeroDivisionError("of two\nlines")
        return to_float(images[0])

    made = {f.method.name: f.method for f in (mixed, broken)}  # type: ignore[attr-defined]
    found = Registry({**registry.load().methods, **made})
    monkeypatch.setattr(registry, "load", lambda: found)
    return found


class Bench:
    """Tables of one folder."""

    def __init__(self, folder: Path, known: Registry) -> None:
        self.sets = find(folders.lytro(folder / "lytro")).sets
        self.folder, self.known = folder / "out", known
        self.seen: list[Progress] = []

    def table(
        self,
        methods: str = "mixed",
        metrics: str = "en,q-g",
        *,
        sets: Sequence[SourceSet] = (),
        more: Sequence[Any] = (),
        **options: Any,
    ) -> Table:
        entries = tuple(parsed(text, self.known) for text in methods.split(",") if text)
        plan = Plan(
            tuple(sets) or self.sets,
            (*entries, *more),
            columns(metrics, band=options.pop("band", None)),
            self.folder,
        )
        engine = options.pop("engine", Inline())
        return run(plan, engine, known=self.known, observe=self.seen.append, **options)


@pytest.fixture
def bench(tmp_path: Path, known: Registry) -> Bench:
    return Bench(tmp_path, known)


def numbers(table: Table) -> dict[tuple[str, str, str], float | None]:
    return {
        (*place, key): entry.value
        for place, cell in table.cells.items()
        for key, entry in cell.scores.items()
    }


def test_that_scores_are_those_of_the_rounded_picture(bench: Bench) -> None:
    table = bench.table("mixed:share=0.3", "en,psnr-sources", band=3)
    for number, source_set in enumerate(bench.sets, start=1):
        _, *images = folders.pair(number)
        first, second = (to_float(image) for image in images)
        fused = from_float(np.float32(0.3) * first + np.float32(1 - 0.3) * second, "uint8")
        subject = Subject(fused, images)
        found = table.cells[source_set.key, "mixed:share=0.3"]
        assert len(found.scores) == 3
        for column in table.plan.columns:
            expected = score(column.measure, subject, band=column.band)
            assert found.scores[column.key] == expected
            assert expected.value is not None
        assert found.picture is not None
        stored = read_image(found.picture)
        assert stored.dtype == np.float32
        assert np.array_equal(from_float(stored, "uint8"), fused)
        assert not np.array_equal(stored, to_float(fused))  # nothing was rounded


def test_that_nothing_is_computed_twice(bench: Bench, runs: Runs) -> None:
    first = bench.table()
    assert len(runs) == 2
    assert all(cell.ran for cell in first.cells.values())
    again = bench.table()
    assert len(runs) == 2
    assert not any(cell.ran for cell in again.cells.values())
    assert numbers(again) == numbers(first)
    seconds = [cell.seconds for cell in first.cells.values()]
    assert [cell.seconds for cell in again.cells.values()] == seconds
    assert bench.seen[-1].done == bench.seen[-1].total == 2


def test_that_notices_of_the_sources_are_kept(bench: Bench) -> None:
    path, pixels = bench.sets[0].sources[0], folders.pair(1)[1]
    folders.write(path, np.dstack([np.full(pixels.shape[:2], 128, np.uint8), pixels]))  # alpha
    place = bench.sets[0].key, "mixed"
    first, again = (bench.table(sets=bench.sets[:1]).cells[place] for _ in range(2))
    assert not again.ran
    assert again.notices == first.notices == ("lytro-01-A.png: transparency (alpha) left out",)


def test_that_another_metric_runs_no_method(
    bench: Bench, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.table(metrics="en")
    asked: list[str] = []

    def counted(measure: Any, *args: Any, **options: Any) -> Any:
        asked.append(measure.name)
        return score(measure, *args, **options)

    monkeypatch.setattr(cells, "score", counted)
    table = bench.table(metrics="en,sd")
    assert len(runs) == 2
    assert asked == ["sd", "sd"]
    assert set(table.cells[bench.sets[0].key, "mixed"].scores) == {"en", "sd"}
    bench.table(metrics="en,sd")
    assert asked == ["sd", "sd"]


def test_that_another_method_runs_alone(bench: Bench, runs: Runs) -> None:
    bench.table()
    bench.table("mixed,mixed:share=0.25")
    assert runs == [("mixed", 0.5)] * 2 + [("mixed", 0.25)] * 2


def test_that_another_label_runs_nothing(bench: Bench, runs: Runs) -> None:
    bench.table()
    bench.table("half=mixed:share=0.5")
    assert len(runs) == 2


def test_that_another_set_is_computed_alone(bench: Bench, runs: Runs) -> None:
    bench.table(sets=bench.sets[:1])
    bench.table()
    assert len(runs) == 2


def test_that_a_changed_picture_is_computed_again(bench: Bench, runs: Runs) -> None:
    bench.table()
    folders.write(bench.sets[1].sources[0], folders.pair(9)[1])
    bench.table()
    assert len(runs) == 3


def test_that_another_version_computes_again(
    bench: Bench, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.table()
    monkeypatch.setattr(store, "__version__", "99")
    bench.table()
    assert len(runs) == 4


def test_that_another_truth_only_scores_again(bench: Bench, runs: Runs, tmp_path: Path) -> None:
    def with_truth(seed: int) -> list[SourceSet]:
        path = folders.write(tmp_path / "truth.png", folders.pair(seed)[0])
        return [replace(bench.sets[0], truth=path)]

    values = [
        numbers(bench.table(metrics="psnr", sets=with_truth(seed))).popitem()[1] for seed in (1, 2)
    ]
    assert len(runs) == 1
    assert values[0] is not None
    assert values[1] is not None
    assert values[0] > values[1] + 3


def test_that_everything_is_computed_again_when_asked(bench: Bench, runs: Runs) -> None:
    bench.table()
    bench.table(again=True)
    assert len(runs) == 4


@pytest.mark.parametrize("pattern", ["pictures/*.tif", "pictures/*.json", "scores/*.json"])
def test_that_damage_of_the_cache_is_mended(bench: Bench, runs: Runs, pattern: str) -> None:
    first = numbers(bench.table())
    for path in (bench.folder / "cache").glob(pattern):
        path.write_bytes(path.read_bytes()[:40])
    for path in (bench.folder / "cache/scores").glob("*.json" if "tif" in pattern else "-"):
        path.unlink()
    again = bench.table()
    assert numbers(again) == first
    assert len(runs) == (2 if "scores" in pattern else 4)


def test_that_device_and_torch_decide_only_where_they_are_used(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[Job] = []

    class Noting(Inline):
        def run(self, function: Any, given: Any, done: Any) -> None:
            jobs.extend(given)
            for number in range(len(given)):
                done(number, Outcome())

    entries = tuple(parsed(name, bench.known) for name in ("average", "ms-lap", "mff-gan"))

    def keys(device: str) -> list[str]:
        jobs.clear()
        plan = Plan(bench.sets[:1], entries, columns("en"), bench.folder, device)
        run(plan, Noting(), known=bench.known, observe=bench.seen.append)
        return [job.picture_key for job in jobs]

    on_processor, on_card = keys("cpu"), keys("cuda:0")
    assert [job.device for job in jobs] == ["cpu", "cuda:0", "cuda:0"]
    assert [a == b for a, b in zip(on_processor, on_card, strict=True)] == [True, False, False]
    version = store.importlib.metadata.version
    monkeypatch.setattr(
        store.importlib.metadata, "version", lambda name: "99" if name == "torch" else version(name)
    )
    other = keys("cpu")
    assert [a == b for a, b in zip(on_processor, other, strict=True)] == [True, True, False]


def test_that_a_killed_table_goes_on(bench: Bench, runs: Runs) -> None:
    class Killed(Inline):
        def run(self, function: Any, jobs: Any, done: Any) -> None:
            done(0, function(jobs[0]))
            function(jobs[1])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.table("mixed,mixed:share=0.25", engine=Killed())
    assert len(runs) == 2
    table = bench.table("mixed,mixed:share=0.25")
    assert len(runs) == 4
    assert [cell.ran for cell in table.cells.values()] == [False, False, True, True]


def test_that_a_failing_cell_stops_nothing_and_is_tried_again(bench: Bench, runs: Runs) -> None:
    table = bench.table("broken,mixed")
    assert table.failures == [((bench.sets[0].key, "broken"), "ZeroDivisionError: of two lines")]
    assert table.value(bench.sets[0], table.plan.entries[0], table.plan.columns[0]) is None
    assert table.cells[bench.sets[1].key, "broken"].scores
    assert bench.seen[-1].failed == 1
    count = len(runs)
    bench.table("broken,mixed")
    assert runs[count:] == [("broken", 0.0)]


def test_that_a_lack_of_memory_is_told_as_such(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise MemoryError("Unable to allocate 9 GiB")

    monkeypatch.setattr(cells, "carry_out", refuse)
    assert {reason for _, reason in bench.table().failures} == {"not enough memory"}


def test_that_loading_a_method_is_not_part_of_its_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[tuple[int, ...]] = []

    def noted(choice: Any, images: Sequence[PixelArray], **options: Any) -> Any:
        shapes.append(images[0].shape)
        return carry_out(choice, images, **options)

    monkeypatch.setattr(cells, "carry_out", noted)
    bench.table("mixed:share=0.625")  # which no other test loads
    assert shapes == [(160, 160, 3), *[(folders.HEIGHT, folders.WIDTH, 3)] * 2]


def test_that_sets_that_cannot_be_read_fail_as_cells(bench: Bench, tmp_path: Path) -> None:
    small = folders.write(tmp_path / "small.png", folders.pair(3, width=40)[1])
    torn = folders.write(tmp_path / "torn.png", folders.pair(3)[1])
    torn.write_bytes(torn.read_bytes()[:300])
    good = bench.sets[0].sources[0]
    sets = [
        SourceSet("d", "small", (good, small)),
        SourceSet("d", "torn", (good, torn)),
        SourceSet("d", "gone", (good, tmp_path / "gone.png")),
        SourceSet("d", "alone", (good,)),
        replace(bench.sets[0], name="truth", truth=small),
        bench.sets[0],
    ]
    table = bench.table(sets=sets)
    reasons = {place[0]: reason for place, reason in table.failures}
    assert list(reasons) == ["d/small", "d/torn", "d/gone", "d/alone", "lytro/truth"]
    assert "40 x 56" in reasons["d/small"]
    assert "torn.png" in reasons["d/torn"]
    assert "no such file" in reasons["d/gone"]
    assert "at least two images" in reasons["d/alone"]
    assert "40 x 56" in reasons["lytro/truth"]
    assert not any("\n" in reason for reason in reasons.values())


def test_that_results_made_elsewhere_are_scored_as_they_are(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "results"
    shown = folders.write(results / "1_fused.png", folders.pair(1)[0])
    labels = np.where(np.arange(folders.WIDTH) < folders.WIDTH // 2, 255, 0).astype(np.uint8)
    rows = np.repeat(labels[None], folders.HEIGHT, axis=0)
    folders.write(results / "1_map.png", rows)
    folders.write(results / "2_fused.png", folders.pair(2, width=40)[0])
    dataset = find(tmp_path / "lytro")
    entries = elsewhere(f"CNN={results}", [dataset])
    sets = [*bench.sets, replace(bench.sets[0], name="lytro-03")]
    table = bench.table("", "en,sd", sets=sets, more=entries)
    cell = table.cells["lytro/lytro-01", "CNN"]
    images = folders.pair(1)
    for column in table.plan.columns:
        assert cell.scores[column.key] == score(column.measure, Subject(images[0], images[1:]))
    assert cell.picture == shown
    assert cell.labels == results / "1_map.png"
    assert cell.seconds is None
    ((place, reason),) = table.failures
    assert place == ("lytro/lytro-02", "CNN")
    assert "the result is 40 x 56, but the sources are 64 x 56" in reason
    assert table.cells["lytro/lytro-03", "CNN"].missing
    folders.write(shown, folders.pair(5)[0])
    changed = bench.table("", "en,sd", sets=sets, more=entries).cells["lytro/lytro-01", "CNN"]
    assert changed.scores != cell.scores
    kept = bench.table("", "en,sd", sets=sets, more=entries).cells["lytro/lytro-01", "CNN"]
    assert kept.scores == changed.scores
    assert kept.spent == 0.0
    monkeypatch.setattr(store, "__version__", "99")
    assert bench.table("", "en,sd", sets=sets, more=entries).cells["lytro/lytro-01", "CNN"].spent


def test_that_maps_are_scored_and_scored_again_when_one_changes(
    bench: Bench, tmp_path: Path
) -> None:
    _, *images = folders.pair(1)
    true, own = tmp_path / "true.png", tmp_path / "own.png"
    made = replace(bench.sets[0], labels=true)
    shown = folders.write(tmp_path / "fused.png", images[0])
    entry = Entry("CNN", "", pictures={made.key: shown}, maps={made.key: own})
    for halves in ((32, 30), (40, 30), (40, 20)):
        shares = [np.arange(folders.WIDTH) < half for half in halves]
        for path, share in zip((own, true), shares, strict=True):
            row = np.where(share, 255, 0).astype(np.uint8)
            folders.write(path, np.repeat(row[None], folders.HEIGHT, axis=0))
        labels = [
            np.repeat(np.where(share, 1, 2).astype(np.uint8)[None], folders.HEIGHT, axis=0)
            for share in shares
        ]
        subject = Subject(
            images[0], images, labels=labels[1], own_map=labels[0], true_map=labels[1]
        )
        table = bench.table("", "q,map-accuracy", sets=[made], more=[entry])
        for column in table.plan.columns:
            expected = score(column.measure, subject)
            assert expected.value is not None
            assert table.cells[made.key, "CNN"].scores[column.key] == expected


def test_that_a_lost_cell_has_its_reason(bench: Bench) -> None:
    class Losing(Inline):
        def run(self, function: Any, jobs: Any, done: Callable[[int, Any], None]) -> None:
            done(1, Lost("the process ended"))
            done(0, function(jobs[0]))

    table = bench.table(engine=Losing())
    assert [reason for _, reason in table.failures] == ["the process ended"]
    assert list(table.cells) == [(s.key, "mixed") for s in bench.sets]


def test_that_the_time_left_goes_by_method(bench: Bench) -> None:
    class Timed(Inline):
        def run(self, function: Any, jobs: Any, done: Any) -> None:
            for number, job in enumerate(jobs):
                slow = 10.0 if job.label == "slow" else 1.0
                done(number, replace(function(job), spent=slow))

    for workers in (1, 2):
        bench.seen.clear()
        engine = Timed(workers=workers)
        bench.table("slow=mixed,quick=mixed:share=0.1", engine=engine, again=True)
        left = [progress.left for progress in bench.seen]
        assert left == [None, *(seconds / workers for seconds in (30.0, 11.0, 1.0, 0.0))]


def test_that_what_methods_need_is_prepared_only_before_one_runs(bench: Bench) -> None:
    asked: list[str] = []

    def prepare() -> None:
        asked.append("")

    results = folders.write(bench.folder.parent / "results/1_fused.png", folders.pair(1)[0])
    entries = elsewhere(f"CNN={results.parent}", [find(bench.folder.parent / "lytro")])
    bench.table("", more=entries, prepare=prepare)
    assert asked == []
    for _ in range(2):
        bench.table(prepare=prepare)
        assert asked == [""]


def test_that_the_record_says_how_a_picture_was_made(bench: Bench) -> None:
    table = bench.table("mixed:share=0.2")
    picture = table.cells[bench.sets[0].key, "mixed:share=0.2"].picture
    assert picture is not None
    record = json.loads(picture.with_suffix(".json").read_text("utf-8"))
    assert record["method"] == "mixed"
    assert record["method parameters"] == {"share": 0.2}
    assert {"numpy", "mfgui", "python"} <= record["versions"].keys()
    assert list(record["inputs"]) == ["lytro-01-A.png", "lytro-01-B.png"]
    assert record["method source"].startswith("sha256:")


def test_that_a_detector_gives_the_composite_by_its_map(bench: Bench) -> None:
    table = bench.table("laplacian,composite", sets=bench.sets[:1])
    by_detector, by_composite = (
        table.cells[bench.sets[0].key, e.label] for e in table.plan.entries
    )
    assert by_detector.scores == by_composite.scores
    assert by_detector.labels is not None
    assert by_composite.labels is not None
    assert by_detector.labels.read_bytes() == by_composite.labels.read_bytes()
