from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mfgui.app import bench_desk
from mfgui.app.bench_desk import Wish, arguments, as_text, command, from_text, problem
from mfgui.app.bench_progress import Told
from mfgui.app.bench_sets import Folder, Found, Looked, Results, looked
from mfgui.app.metric_columns import STANDARD, of_paper
from mfgui.app.process_told import End
from mfgui.bench.datasets import AUTO, RULES
from mfgui.cli.main import run
from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.measures import chosen
from mfgui.methods.registry import load
from tests.bench import folders

KNOWN = load()


@pytest.fixture
def lytro(tmp_path: Path) -> Path:
    return folders.lytro(tmp_path / "lytro")


def wish_for(*paths: Path, **changes: object) -> Wish:
    usual = Wish(tuple(Folder(str(path)) for path in paths), ("average",), metrics=("en",))
    return replace(usual, **changes)


def test_that_the_presets_are_the_rules_with_a_name() -> None:
    assert [rule for rule, _ in bench_desk.PRESETS] == [AUTO, *RULES]


def test_that_all_offered_metrics_are_understood() -> None:
    assert set(METRICS) >= set(STANDARD) - bench_desk.NOT_OFFERED
    for name in bench_desk.NOT_OFFERED:
        with pytest.raises(Exception, match="unknown metric"):
            chosen(name)
    assert chosen(",".join(bench_desk.USUAL_METRICS))


def test_that_the_line_says_everything_that_is_set(tmp_path: Path) -> None:
    wish = Wish(
        (Folder("/data/a b"), Folder("/data/c", "{set}-{source}.png")),
        ("gff", "average"),
        "paper=ms-lap:variant=paper;iterations=20, ",
        (Results("CNN", "/cnn"), Results("", "/p/{set}_{method}.jpg")),
        published=False,
        metrics=("q-g:zliu", "nmi@pooled"),
        baseline="gff",
        band=8,
        workers=3,
        output="/out",
    )
    assert shlex.split(command(wish)) == [
        *("mfgui", "bench", "/data/a b", "/data/c"),
        *("--rule", "auto", "--rule", "{set}-{source}.png"),
        *("--methods", "gff,average,paper=ms-lap:variant=paper;iterations=20"),
        *("--results", "CNN=/cnn", "--results", "/p/{set}_{method}.jpg", "--no-published"),
        *("--metrics", "q-g:zliu,nmi@pooled", "--baseline", "gff", "--band", "8"),
        *("--workers", "3", "-o", "/out"),
    ]
    program, words = bench_desk.process(wish)
    assert program == sys.executable
    assert words[:2] == ["-m", "mfgui"]
    assert words[2:-2] == arguments(wish)
    assert words[-2:] == ["--progress", "json"]


def test_that_a_whole_profile_is_written_by_its_name() -> None:
    columns = of_paper("mfif-gan")
    assert bench_desk.metrics_text(columns[::-1]) == "mfif-gan"
    assert bench_desk.metrics_words(columns) == "MFIF-GAN table 1 (12 metrics)"
    assert bench_desk.metrics_text(columns[1:]) == ",".join(columns[1:])
    assert bench_desk.metrics_words(("en",)) == "1 metric"


def test_that_a_wish_outlives_the_session_and_damage_does_not_hurt() -> None:
    wish = Wish(
        (Folder("/a", "lytro"),),
        ("average",),
        results=(Results("CNN", "/cnn"),),
        metrics=("en", "q-g:zliu"),
        baseline="average",
        band=5,
        output="/out",
        published=False,
    )
    assert from_text(as_text(wish), ["average"]) == wish
    assert from_text(as_text(wish), ["gff"]).methods == ()
    odd = json.loads(as_text(wish)) | {"metrics": ["en", "gone", "local_q"], "band": -4}
    assert from_text(json.dumps(odd), []).metrics == ("en",)
    assert from_text(json.dumps(odd), []).band == 0
    usual = from_text("", [])
    assert usual.metrics == bench_desk.USUAL_METRICS
    assert usual.workers == bench_desk.usual_workers()
    for damaged in ("{", "[1]", '{"folders": [{}]}', '{"band": "x"}', "null"):
        assert from_text(damaged, []) == usual


def test_that_what_is_missing_is_said_in_one_line(lytro: Path, tmp_path: Path) -> None:
    found = Looked((Folder(str(lytro)),), (Found("2 sets"),), rows=("average",))
    good = wish_for(lytro, output=str(tmp_path / "out"))
    assert problem(good, found) == ""
    assert problem(Wish(), None) == "Add a folder of sets."
    assert problem(good, replace(found, rows=())).startswith("Tick a method")
    assert problem(good, replace(found, problem="so and so")) == "so and so"
    assert "at least one metric" in problem(replace(good, metrics=()), found)
    assert "Choose a folder" in problem(replace(good, output=" "), found)
    assert "no whole path" in problem(replace(good, output="table"), found)
    for inside in (lytro, lytro / "deep" / "table"):
        assert "among the sets of lytro" in problem(replace(good, output=str(inside)), found)
    file = folders.touched(tmp_path, "file") / "file"
    assert problem(replace(good, output=str(file)), found) == f"{file} is a file."
    assert bench_desk.suggested_output(good) == str(tmp_path / "lytro-table")


def test_that_a_look_says_what_is_there(lytro: Path, tmp_path: Path) -> None:
    folders.write(tmp_path / "cnn/1_fused.png", folders.pair(1)[0])
    folders.touched(tmp_path / "photos", "notes.txt")
    wish = wish_for(
        lytro,
        tmp_path / "photos",
        tmp_path / "gone",
        results=(Results("CNN", str(tmp_path / "cnn")), Results("none", str(tmp_path / "photos"))),
        more="quick=average",
    )
    seen = looked(wish, KNOWN)
    good, empty, gone = seen.folders
    assert good.words == "2 sets of 2 images · lytro: {set}-{source:A|B|C|D}.*"
    assert not good.wrong
    assert empty.wrong
    assert empty.words.startswith("no sets of images were found; name their layout as the rule")
    assert "is no folder" in gone.words
    assert seen.results[0].words == "results for 1 of 2 sets"
    assert seen.results[1].wrong
    assert seen.rows == ("average", "quick", "CNN")
    assert seen.sets == 2
    assert seen.problem.startswith("photos: no sets of images were found")
    again = looked(wish_for(lytro), KNOWN, seen)
    assert again.folders[0] is good
    assert not again.problem


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"more": "nothing"}, "unknown method nothing"),
        ({"more": "average"}, "average is named twice; give one of them another name"),
        ({"results": (Results("", "/here"),)}, "give these results a name"),
        ({"results": (Results("a=b", "/here"),)}, "a name has no ="),
        ({"results": (Results("a", "/nowhere at all"),)}, "is no folder"),
    ],
)
def test_that_wrong_rows_are_said(lytro: Path, changes: dict[str, object], words: str) -> None:
    line = looked(wish_for(lytro, **changes), KNOWN).problem
    assert words in line
    assert "\n" not in line
    assert "--" not in line


def test_that_a_rule_of_ones_own_and_results_beside_the_sources_are_seen(tmp_path: Path) -> None:
    data = folders.touched(
        tmp_path / "data", *(f"s1/s1_{name}.jpg" for name in ("A", "B", "GFF", "CNN"))
    )
    seen = looked(wish_for(data), KNOWN)
    assert seen.published == 2
    assert seen.rows == ("average", "CNN", "GFF")
    assert "results of 2 methods beside them" in seen.folders[0].words
    assert looked(wish_for(data, published=False), KNOWN).rows == ("average",)
    own = replace(wish_for(data), folders=(Folder(str(data), "{set}/*_{source:A|B}.jpg"),))
    assert looked(own, KNOWN).folders[0].words.startswith("1 set of 2 images")
    wrong = replace(wish_for(data), folders=(Folder(str(data), "{set}/{sauce}"),))
    assert "is no field of a rule" in looked(wrong, KNOWN).problem


def test_that_the_command_tells_what_the_window_understands(
    lytro: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Pictures of two sizes: the second set fails.
    folders.write(lytro / "lytro-02-B.png", folders.pair(2, width=30)[1])
    wish = wish_for(lytro, output=str(tmp_path / "out"))
    assert run([*arguments(wish), "--progress", "json", "--no-report"]) == 1
    told = Told()
    for line in capsys.readouterr().err.splitlines():
        told.take(line)
    assert (told.done, told.total, told.failed, told.scored) == (2, 2, 1, True)
    assert len(told.failures) == 1
    assert told.failures[0].startswith("lytro/lytro-02, average: ")
    assert told.end(1, stopping=False) is End.DONE


def test_that_lines_are_told_apart() -> None:
    told = Told()
    told.take("/data/lytro: 2 sets (lytro)")
    assert told.note == "/data/lytro: 2 sets (lytro)"
    first = {"done": 1, "total": 3, "failed": 1, "elapsed": 2.5, "left": 4.0}
    told.take(json.dumps({**first, "text": "lytro/1 gff: why"}))
    assert told.failures == ["lytro/1 gff: why"]
    assert (told.done, told.left, told.note) == (1, 4.0, "")
    told.take("{not json")
    told.take("[1]")
    assert told.done == 1
    assert told.end(130, stopping=False) is End.STOPPED
    assert told.end(None, stopping=True) is End.STOPPED
    assert told.end(None, stopping=False) is End.FAILED
    assert "unexpectedly" in told.error
    told.take("mfgui: the disk is full")
    assert told.end(5, stopping=False) is End.FAILED
    assert told.error == "the disk is full"
