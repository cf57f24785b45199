"""Batches without a window and without processes: sets, plans, runs, reports."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.app import batch, batch_plan, batch_report, batch_rule, batch_workers
from mfgui.app.batch import Changed
from mfgui.app.batch_plan import Plan
from mfgui.app.batch_report import Record, State
from mfgui.app.batch_rule import Rule
from mfgui.app.batch_sets import find
from mfgui.app.batch_workers import Inline, Stage
from mfgui.app.prepare_job import Preparing
from mfgui.core.errors import InputError, OutputError, UsageError
from mfgui.files import headers, images, spaces
from mfgui.jobs.gate import Gate
from mfgui.methods.registry import load
from tests.bench import folders
from tests.files.camera_heads import main_tags, shot_tags, tiff

KNOWN = load()


def card(folder: Path, *names: str) -> Path:
    """A folder with a pair in a folder for each name."""
    for number, name in enumerate(names, 1):
        _, near, far = folders.pair(number)
        folders.write(folder / name / "img1.png", near)
        folders.write(folder / name / "img2.png", far)
    return folder


class Batch:
    """A rule and its runs."""

    def __init__(self, place: Path, **changes: object) -> None:
        self.place, self.out = place, place / "out"
        usual = Rule(
            folder=str(place / "card"), output=str(self.out), methods=("average",), format="png"
        )
        self.rule = replace(usual, **changes)
        self.path = place / "rule.toml"
        self.seen: list[Changed] = []

    @property
    def reports(self) -> tuple[Path, Path]:
        return batch_report.report_paths(self.path, self.out)

    def plan(self, **options: bool) -> Plan:
        before = batch_report.read(self.reports[0])
        return batch_plan.make(self.rule, KNOWN, before=before, **options)

    def run(
        self,
        watch: Callable[[Changed], None] = lambda _: None,
        gate: Gate | None = None,
        **options: bool,
    ) -> list[Record]:
        self.seen.clear()

        def observe(changed: Changed) -> None:
            self.seen.append(changed)
            watch(changed)

        return batch.run(
            self.plan(**options), Inline(), self.path, observe=observe, gate=gate or Gate()
        )

    def table(self) -> list[dict[str, str]]:
        with self.reports[1].open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def hidden(self) -> list[str]:
        return [path.name for path in self.out.iterdir() if path.name.startswith(".")]


def states(records: list[Record]) -> list[str]:
    return [record.state.value for record in records]


def names(rule: Rule) -> list[tuple[str, list[str]]]:
    return [(stack.name, [path.name for path in stack.sources]) for stack in find(rule).stacks]


# Sets


def test_that_each_folder_with_two_images_is_a_set_and_outputs_are_none(tmp_path: Path) -> None:
    folders.touched(
        tmp_path / "card",
        *("s10/b2.jpg", "s10/b10.jpg", "s2/a.png", "s2/b.png", "s2/notes.txt", "deep/er/x1.tif"),
        *("deep/er/x2.tif", "one/only.jpg", "pages/stack.tif", ".hidden/a.png", ".hidden/b.png"),
        *("out/s2.png", "out/s10.png", "out/old/1.png", "out/old/2.png", "empty/notes.txt"),
    )
    rule = Rule(folder=str(tmp_path / "card"), output=str(tmp_path / "card/out"))
    assert names(rule) == [
        ("deep/er", ["x1.tif", "x2.tif"]),
        ("pages", ["stack.tif"]),
        ("s2", ["a.png", "b.png"]),
        ("s10", ["b2.jpg", "b10.jpg"]),
    ]
    assert find(rule).left_out == ("one holds one image only",)


def test_that_images_directly_in_the_folder_are_a_set(tmp_path: Path) -> None:
    folders.touched(tmp_path / "card", "1.png", "2.png", "out/3.png", "out/4.png")
    rule = Rule(folder=str(tmp_path / "card"), output=str(tmp_path / "card/out"))
    assert names(rule) == [("card", ["1.png", "2.png"])]


def test_that_a_pattern_groups_files_by_their_names(tmp_path: Path) -> None:
    folders.touched(
        tmp_path / "card",
        "c-10-2.jpg",
        "c-10-11.jpg",
        "c-9-1.jpg",
        "c-9-2.jpg",
        "c-8-1.jpg",
        "x.md",
    )
    rule = Rule(
        folder=str(tmp_path / "card"), sort="pattern", pattern="c-{set}-{source}.jpg", output="/out"
    )
    assert names(rule) == [
        ("9", ["c-9-1.jpg", "c-9-2.jpg"]),
        ("10", ["c-10-2.jpg", "c-10-11.jpg"]),
    ]
    assert find(rule).left_out == ("c-8-1.jpg belongs to no set",)
    with pytest.raises(UsageError, match="does not tell sets apart"):
        find(replace(rule, pattern="{source}.jpg"))
    with pytest.raises(UsageError, match="no field of a rule"):
        find(replace(rule, pattern="{set}-{sauce}.jpg"))
    with pytest.raises(InputError, match="no sets of images were found"):
        find(replace(rule, pattern="{set}-{source}.tif"))


def test_that_a_list_names_folders_files_and_names(tmp_path: Path) -> None:
    folders.touched(tmp_path, "s1/a.png", "s1/b.png", "x/1.jpg", "y/2.jpg", "stack.tif")
    listed = tmp_path / "sets.txt"
    listed.write_text(
        "# a remark\n\ns1\nx/1.jpg\ty/2.jpg\nthird = stack.tif\nout of town = gone\n", "utf-8"
    )
    rule = Rule(sort="list", list_file=str(listed), output="/out")
    assert names(rule) == [
        ("s1", ["a.png", "b.png"]),
        ("1", ["1.jpg", "2.jpg"]),
        ("third", ["stack.tif"]),
        ("out of town", ["gone"]),
    ]
    assert find(rule).stacks[1].sources == (tmp_path / "x/1.jpg", tmp_path / "y/2.jpg")
    listed.write_text("s1\ns1 = stack.tif\n", "utf-8")
    with pytest.raises(InputError, match="line 2: a second set is called 's1'"):
        find(rule)
    listed.write_text("# nothing\n", "utf-8")
    with pytest.raises(InputError, match="no sets of images were found"):
        find(rule)
    listed.write_bytes(b"\xff\xff")
    with pytest.raises(InputError, match="no text in UTF-8"):
        find(rule)


def shot(path: Path, moment: str) -> Path:
    """The head of a raw file with its time of capture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tiff(main_tags(), shot_tags(moment, size=(60, 40))))
    return path


def test_that_pictures_of_a_card_are_sets_by_their_times(tmp_path: Path) -> None:
    place = tmp_path / "card"
    for folder, number, moment in (
        *(("100", n, f"2026:05:03 14:00:0{n}") for n in (1, 2, 3)),
        *(("100", n, f"2026:05:03 14:05:0{n}") for n in (4, 5)),
        ("101", 6, "2026:05:03 18:00:00"),
    ):
        shot(place / folder / f"IMG_000{number}.cr2", moment)
    rule = Rule(folder=str(place), sort="time", output=str(place / "out"))
    assert [[p.name[7] for p in stack.sources] for stack in find(rule).stacks] == [
        ["1", "2", "3"],
        ["4", "5"],
    ]
    assert len({stack.name for stack in find(rule).stacks}) == 2
    assert find(rule).left_out == ("101/IMG_0006.cr2 stands alone",)
    dated = replace(rule, name="{date}_{first}")
    assert batch_plan.examples(dated, KNOWN, find(rule))[0] == "2026-05-03_IMG_0001.tif"


def test_that_no_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        find(Rule(folder=str(tmp_path / "gone"), output="/out"))


# Plans


def test_that_a_plan_has_every_method_on_every_set_with_its_name(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1", "trip/s2")
    work = Batch(tmp_path, methods=("average", "soft=ms-lap:iterations=7"), name="{name}_{method}")
    plan = work.plan()
    assert [(i.record.name, i.record.label, i.job.output.name) for i in plan.items] == [
        ("s1", "average", "s1_average.png"),
        ("s1", "soft", "s1_soft.png"),
        ("trip/s2", "average", "trip_s2_average.png"),
        ("trip/s2", "soft", "trip_s2_soft.png"),
    ]
    assert plan.items[1].job.parameters == (("iterations", "7"),)
    assert not work.out.exists()
    single = Batch(tmp_path, methods=("soft=ms-lap:iterations=7",), name="{method}-{iterations}")
    assert single.plan().items[0].job.output.name == "ms-lap-7.png"
    assert single.plan().items[1].job.output.name == "ms-lap-7-2.png"  # never one name twice


def test_that_frames_are_brought_together_and_memory_is_divided(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1")
    usual = Batch(tmp_path).plan().items[0].job
    assert (usual.prepare, usual.depth) == (Preparing(), None)
    wish = {"align": "affine", "exposure": "gain", "crop": "reference", "depth": "16"}
    job = Batch(tmp_path, **wish, memory=6.0, parallel=4).plan().items[0].job
    assert job.prepare == Preparing("affine", "gain", crop="reference", memory=1.5)
    assert job.depth == "uint16"


def test_that_a_shifted_stack_is_aligned_and_written_in_16_bits(tmp_path: Path) -> None:
    truth, near, far = folders.pair(1, height=240, width=320)
    folders.write(tmp_path / "card/s1/1.png", near)
    folders.write(tmp_path / "card/s1/2.png", np.roll(far, (3, 5), (0, 1)))
    loss = {}
    for align in ("off", "translation"):
        work = Batch(tmp_path, align=align, depth="16", crop="reference", existing="replace")
        record = work.run()[0]
        assert record.state is State.DONE
        made = cv2.imread(record.output, cv2.IMREAD_UNCHANGED)[:, :, ::-1]
        assert made.dtype == np.uint16
        # The method is the mean, so what an aligned pair gives is known.
        wanted = (near.astype(float) + far) / 2
        inside = slice(20, -20), slice(20, -20)
        reference = 0 if align == "off" else record.report["alignment"]["reference"] - 1
        if reference:
            wanted = np.roll(wanted, (3, 5), (0, 1))
        loss[align] = np.abs(made[inside] / 257 - wanted[inside]).mean()
    assert loss["translation"] < loss["off"] / 4
    assert truth.shape == near.shape


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"methods": ("nothing",)}, "unknown method nothing"),
        ({"methods": ("average", "average")}, "named twice"),
        ({"methods": ("ms-lap:no=1",)}, "no parameter no"),
        ({"methods": ("graph-cut",)}, "makes no image"),
        ({"name": "{nmae}"}, r"no field \{nmae\}"),
        ({"name": "a/{name}"}, "cannot hold a folder"),
    ],
)
def test_that_a_wrong_wish_is_refused_before_anything(
    tmp_path: Path, changes: dict[str, object], what: str
) -> None:
    card(tmp_path / "card", "s1")
    if changes.get("methods") == ("guided",):
        changes = {
            "methods": (next(m.name for m in KNOWN.methods.values() if m.kind == "refiner"),)
        }
    with pytest.raises(UsageError, match=what):
        Batch(tmp_path, **changes).plan()


def test_that_further_files_lie_beside_each_picture(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1", "s2")
    wished = {"methods": ("composite",), "depth_map": True, "layers": True, "space": "display-p3"}
    work = Batch(tmp_path, **wished)
    work.out.mkdir()
    foreign = work.out / "s1-layers.tif"
    foreign.write_bytes(b"somebody's")
    assert states(work.run()) == ["done", "done"]
    written = {path.name for path in work.out.iterdir() if "report" not in path.name}
    pictures = {"s1.png", "s1-depth.png", "s1-layers-2.tif", "s2.png", "s2-depth.png"}
    assert written == pictures | {"s2-layers.tif", "s1-layers.tif"}
    assert foreign.read_bytes() == b"somebody's"
    profile = spaces.profile("display-p3")
    for name in ("s1.png", "s2-layers.tif"):
        assert images.probe(work.out / name).icc == profile
    assert len(headers.read_headers(work.out / "s2-layers.tif")) == 2
    # What is wanted belongs to the fingerprint, and what is there gives way when asked again.
    assert states(work.run()) == ["unchanged", "unchanged"]
    work.rule = replace(work.rule, layers=False, existing="replace")
    assert states(work.run(again=True)) == ["done", "done"]
    assert {path.name for path in work.out.iterdir() if "report" not in path.name} == written


def test_that_what_a_method_does_not_know_is_refused_before_anything(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1")
    with pytest.raises(UsageError, match="average knows no depth"):
        Batch(tmp_path, depth_map=True).plan()
    with pytest.raises(UsageError, match="gff knows no confidence"):
        Batch(tmp_path, methods=("gff",), confidence=True).plan()


def test_that_a_further_file_is_never_a_source(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1")
    (tmp_path / "card/s1/img1.png").rename(tmp_path / "card/s1/s1-depth.png")
    (tmp_path / "link").symlink_to(tmp_path / "card/s1")
    work = Batch(tmp_path, methods=("composite",), depth_map=True, output=str(tmp_path / "link"))
    with pytest.raises(UsageError, match=r"s1-depth\.png: the output is an input"):
        work.plan()


def test_that_an_output_is_never_a_source(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1")
    (tmp_path / "link").symlink_to(tmp_path / "card/s1")
    for place in ("card/s1", "link"):
        work = Batch(
            tmp_path, output=str(tmp_path / place), name="{first}", existing="replace", sort="list",
            list_file=str(tmp_path / "sets.txt"),
        )  # fmt: skip
        (tmp_path / "sets.txt").write_text(f"{tmp_path}/card/s1\n")
        with pytest.raises(UsageError, match="the output is an input"):
            work.plan()


# Runs


def test_that_a_bad_set_does_not_stop_the_others_and_the_reports_say_so(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1", "s2", "s3")
    bad = tmp_path / "card/s2/img2.png"
    bad.write_bytes(b"no picture")
    work = Batch(tmp_path)
    records = work.run()
    assert states(records) == ["done", "failed", "done"]
    assert records[1].error.startswith(f"{bad}: not an image")
    for number, name in ((1, "s1"), (3, "s3")):
        # What the method does, by other means: the mean of both pictures.
        near, far = (pixels.astype(float) for pixels in folders.pair(number)[1:])
        made = cv2.imread(str(work.out / f"{name}.png"))[:, :, ::-1]
        assert np.abs(made - (near + far) / 2).max() <= 0.51
    assert not (work.out / "s2.png").exists()
    assert work.hidden() == []

    rows = work.table()
    assert [(row["set"], row["method"], row["state"]) for row in rows] == [
        ("s1", "average", "done"),
        ("s2", "average", "failed"),
        ("s3", "average", "done"),
    ]
    assert float(rows[0]["seconds"]) > 0
    assert (rows[0]["width"], rows[0]["height"]) == ("64", "56")
    assert rows[1]["error"] == records[1].error
    assert rows[0]["sources"].split("; ")[1].endswith("s1/img2.png")
    told = json.loads(work.reports[0].read_text("utf-8"))
    assert told["counts"] == {"done": 2, "failed": 1}
    assert told["sets"][0]["report"]["sources"][0]["sha256"]
    assert told["sets"][0]["output"] == str(work.out / "s1.png")
    assert [Path(row["output"]).name for row in rows] == ["s1.png", "s2.png", "s3.png"]


def test_that_failed_ones_are_done_again_alone(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1", "s2")
    good = (tmp_path / "card/s2/img2.png").read_bytes()
    (tmp_path / "card/s2/img2.png").write_bytes(b"no picture")
    work = Batch(tmp_path)
    work.run()
    before = (work.out / "s1.png").stat().st_mtime_ns
    (tmp_path / "card/s2/img2.png").write_bytes(good)
    card(tmp_path / "card", "s0")  # is not asked for
    records = work.run(failed_only=True)
    assert [(record.name, record.state.value) for record in records] == [
        ("s0", "skipped"),
        ("s1", "done"),
        ("s2", "done"),
    ]
    assert {changed.record.name for changed in work.seen} == {"s2"}
    assert (work.out / "s1.png").stat().st_mtime_ns == before
    assert states(work.run(failed_only=True)) == ["skipped", "done", "done"]
    assert work.seen == []
    assert states(work.run()) == ["done", "unchanged", "unchanged"]


def test_that_only_what_has_changed_is_done_again(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1", "s2", "s3", "s4")
    work = Batch(tmp_path, existing="replace")
    work.run()
    assert states(work.run()) == ["unchanged"] * 4
    assert work.seen == []
    folders.write(tmp_path / "card/s1/img1.png", folders.pair(9)[1])  # another source
    (work.out / "s2.png").unlink()
    folders.write(work.out / "s3.png", folders.pair(8)[0])  # somebody painted on it
    assert states(work.run()) == ["done", "done", "done", "unchanged"]
    work.rule = replace(work.rule, methods=("average", "composite"), name="{name}_{method}")
    assert states(work.run()) == ["done"] * 8
    assert states(work.run(again=True)) == ["done"] * 8
    assert len(list(work.out.glob("*.png"))) == 4 + 8


def test_that_a_damaged_report_costs_time_only(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1")
    work = Batch(tmp_path, existing="replace")
    work.run()
    whole = json.loads(work.reports[0].read_text("utf-8"))
    wrong = {**whole["sets"][0], "state": "odd"}
    for text in ("{", "[]", "[" * 50_000, json.dumps({**whole, "sets": [wrong]}),
                 json.dumps({**whole, "sets": [{**whole["sets"][0], "size": "x"}]}),
                 json.dumps({**whole, "schema": 99})):  # fmt: skip
        work.reports[0].write_text(text, "utf-8")
        assert batch_report.read(work.reports[0]) == []
        assert states(work.run()) == ["done"]


def test_that_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1 \udce9" if os.name == "posix" else "s1")
    work = Batch(tmp_path)
    made = work.run()
    assert batch_report.read(work.reports[0])[0].key == made[0].key or "\udce9" in made[0].name
    assert [row["state"] for row in work.table()] == ["done"]


@pytest.mark.parametrize("existing", ["skip", "number", "replace", "refuse"])
def test_that_pictures_that_are_there_are_treated_as_the_rule_says(
    tmp_path: Path, existing: str
) -> None:
    card(tmp_path / "card", "s1", "s2")
    work = Batch(tmp_path, existing=existing)
    work.out.mkdir()
    there = work.out / "s1.png"
    there.write_bytes(b"of somebody else")
    if existing == "refuse":
        with pytest.raises(UsageError, match="exists already"):
            work.plan()
        assert [path.name for path in work.out.iterdir()] == ["s1.png"]
        return
    records = work.run()
    kept = there.read_bytes() == b"of somebody else"
    made = sorted(path.name for path in work.out.glob("*.png"))
    if existing == "skip":
        assert states(records) == ["skipped", "done"]
        assert records[0].error == "s1.png is there already"
        assert (kept, made) == (True, ["s1.png", "s2.png"])
    elif existing == "number":
        assert states(records) == ["done", "done"]
        assert (kept, made) == (True, ["s1-2.png", "s1.png", "s2.png"])
    else:
        assert (kept, made) == (False, ["s1.png", "s2.png"])
    again = ["skipped" if existing == "skip" else "unchanged", "unchanged"]
    assert states(work.run()) == again
    # Own pictures that nobody has touched give way when everything is asked for again.
    assert states(work.run(again=True)) == ["skipped" if existing == "skip" else "done", "done"]
    assert sorted(path.name for path in work.out.glob("*.png")) == made


def test_that_what_is_made_by_someone_else_meanwhile_is_not_lost(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1")
    work = Batch(tmp_path)

    def interfere(changed: Changed) -> None:
        if changed.stage is None and changed.record.state is State.RUNNING:
            (work.out / "s1.png").write_bytes(b"of somebody else")

    records = work.run(interfere)
    assert states(records) == ["failed"]
    assert "was made by someone else meanwhile" in records[0].error
    assert (work.out / "s1.png").read_bytes() == b"of somebody else"
    assert [row["state"] for row in work.table()] == ["failed"]


def test_that_the_report_is_whole_after_every_set(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1", "s2", "s3")
    work = Batch(tmp_path)
    told: list[list[str]] = []

    def look(changed: Changed) -> None:
        if changed.record.state is State.DONE:
            told.append([row["state"] for row in work.table()])
            assert [r.state.value for r in batch_report.read(work.reports[0])] == told[-1]

    work.run(look)
    assert told == [
        ["done", "waiting", "waiting"],
        ["done", "done", "waiting"],
        ["done", "done", "done"],
    ]


def test_that_a_stop_keeps_what_is_complete_and_the_rest_is_done_later(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1", "s2", "s3")
    work = Batch(tmp_path, methods=("ms-lap:tolerance=0",))
    gate = Gate()

    def stop_in_second(changed: Changed) -> None:
        stage = changed.stage
        if changed.number == 1 and stage is not None and stage.text == "steps":
            gate.stop()

    records = work.run(stop_in_second, gate)
    assert states(records) == ["done", "stopped", "waiting"]
    assert [path.name for path in work.out.glob("*.png")] == ["s1.png"]
    assert work.hidden() == []
    assert [row["state"] for row in work.table()] == ["done", "stopped", "waiting"]
    assert states(work.run()) == ["unchanged", "done", "done"]


def test_that_a_kill_between_report_and_picture_does_the_set_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card(tmp_path / "card", "s1")
    work = Batch(tmp_path)

    class Killed(BaseException):
        pass

    def die(*_arguments: object) -> None:
        raise Killed

    monkeypatch.setattr(batch._Run, "_put_in_place", die)
    monkeypatch.setattr(batch._Run, "tidy", lambda *_: None)
    with pytest.raises(Killed):
        work.run()
    monkeypatch.undo()
    (left,) = work.hidden()
    # As that of another process, which is not there any more.
    (work.out / left).rename(work.out / f"{left.rpartition('-')[0]}-1")
    assert not (work.out / "s1.png").exists()
    assert states(work.run()) == ["done"]
    assert sorted(path.name for path in work.out.iterdir()) == [
        "rule-report.csv",
        "rule-report.json",
        "s1.png",
    ]


def test_that_a_fault_and_memory_that_runs_out_are_one_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card(tmp_path / "card", "s1", "s2")
    faults = [MemoryError(), ValueError("of a\nkind")]

    def fail(*_arguments: object, **_options: object) -> None:
        raise faults.pop(0)

    monkeypatch.setattr(batch_workers.headless, "fuse", fail)
    records = Batch(tmp_path).run()
    assert states(records) == ["failed", "failed"]
    assert records[0].error == "not enough memory for this set"
    assert records[1].error == "unexpected fault (ValueError: of a kind)"


def test_that_stages_are_told(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1")
    work = Batch(tmp_path, methods=("ms-lap:iterations=3",))
    work.run()
    stages = [changed.stage for changed in work.seen if changed.stage is not None]
    assert any(stage.text == "steps" and stage.total == 3 for stage in stages)
    assert [c.record.state.value for c in work.seen if c.stage is None] == ["running", "done"]
    assert Stage("x") == Stage("x", 0, 0)


def test_that_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        Batch(tmp_path, output=str(tmp_path / "file/out")).run()


def test_that_the_csv_holds_what_names_may_hold() -> None:
    odd = Record('a,"b"\nc', "m", State.FAILED, error="x; y", q=0.5, notices=("n1", "n2"))
    row = next(csv.DictReader(io.StringIO(batch_report.as_csv([odd]))))
    assert (row["set"], row["q"], row["seconds"]) == ('a,"b"\nc', "0.5", "")
    assert (row["error"], row["notices"]) == ("x; y", "n1; n2")


def test_that_examples_are_the_names_that_are_given(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1", "s2")
    work = Batch(tmp_path, methods=("average", "composite"), name="{number:03}-{name}-{method}")
    shown = batch_plan.examples(work.rule, KNOWN, find(work.rule))
    assert shown == ["001-s1-average.png", "001-s1-composite.png", "002-s2-average.png"]
    assert [item.job.output.name for item in work.plan().items][:3] == shown


def test_that_rules_offer_what_can_be_written(tmp_path: Path) -> None:
    card(tmp_path / "card", "s1")
    for suffix in batch_rule.CHOICES["format"]:
        assert states(Batch(tmp_path, format=suffix).run()) == ["done"], suffix
