"""The commands score and metrics."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mfgui.__main__ import main
from mfgui.app.score_export import labels_sha256
from mfgui.core.arrays import Rect
from mfgui.core.labels import UNASSIGNED
from mfgui.files.maps import write_map
from mfgui.methods import choice
from mfgui.methods.metrics import METRICS, Metric, Needs, measures
from mfgui.methods.metrics.measures import Measure, Subject
from mfgui.methods.metrics.tables import TABLES


def save(path: Path, pixels: np.ndarray) -> str:
    path.write_bytes(cv2.imencode(".png", pixels[..., ::-1])[1].tobytes())
    return str(path)


def pixels_of(path: str | Path) -> np.ndarray:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return found[:, :, np.newaxis] if found.ndim == 2 else np.ascontiguousarray(found[..., ::-1])


@pytest.fixture
def sources(tiny_pair_files: tuple[Path, Path]) -> list[str]:
    return [str(path) for path in tiny_pair_files]


@pytest.fixture
def fused(tiny_pair: Any, tmp_path: Path) -> list[str]:
    """A good picture, its mean with the worse one, and the truth."""
    truth = np.rint(tiny_pair.truth * 255).astype(np.uint8)
    soft = cv2.GaussianBlur(truth, (0, 0), 1.0)
    good = cv2.addWeighted(truth, 0.8, soft, 0.2, 0)
    names = "good.png", "soft.png", "truth.png"
    return [
        save(tmp_path / name, image) for name, image in zip(names, (good, soft, truth), strict=True)
    ]


@pytest.fixture
def map_file(tiny_pair: Any, tmp_path: Path) -> str:
    path = tmp_path / "map.png"
    write_map(path, tiny_pair.labels, k=2, names=("a", "b"))
    return str(path)


class Scored:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)

    def rows(self) -> dict[str, list[str]]:
        """Words of each line of the table by the first one."""
        lines = self.out.split("\n\n")[0].splitlines()[1:]
        return {line.split()[0]: line.split() for line in lines}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def scored(*arguments: object) -> Scored:
        code = main(["score", *map(str, arguments)])
        shown = capsys.readouterr()
        return Scored(code, shown.out, shown.err)

    return scored


def subject(fused: str, sources: list[str], **more: Any) -> Subject:
    return Subject(pixels_of(fused), [pixels_of(path) for path in sources], **more)


def names(found: Scored) -> list[str]:
    return [column["name"] for column in found.json["columns"]]


def one_line(text: str) -> str:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("mfgui: ")
    return lines[0]


# Values


def test_that_the_table_holds_the_values_with_variant_and_direction(
    run: Any, fused: list[str], sources: list[str]
) -> None:
    found = run(fused[0], "--sources", *sources, "--metrics", "q-g:zliu,nmi@pooled,lif,q-sf")
    assert (found.code, found.err) == (0, "")
    lines = found.out.splitlines()
    assert lines[0].split() == ["metric", "variant", "good.png"]
    pair = subject(fused[0], sources)
    for name, variant, arrow in (
        ("q-g:zliu", "zliu", "↑"),
        ("nmi@pooled", "pooled", "↑"),
        ("lif", "-", "↓"),
        ("q-sf", "-", "→0"),
    ):
        value = measures.score(Measure.parse(name), pair).value
        expected = [name.split(":")[0].split("@")[0], variant, arrow, f"{value:.5f}"]
        assert found.rows()[expected[0]] == expected
    assert len({line.rstrip()[-4] for line in lines[1:5]}) > 1
    assert len({len(line) for line in lines[:5]}) == 1  # values stand under each other


def test_that_json_has_every_digit_and_how_it_came_about(
    run: Any, fused: list[str], sources: list[str]
) -> None:
    asked = "te:cvejic,psnr,en@luma,q"
    arguments = ["--sources", *sources, "--reference", fused[2], "--metrics", asked, "--json"]
    found = run(*fused[:2], *arguments)
    assert (found.code, found.err) == (0, "")
    content = found.json
    first, second = content["results"]
    truth = pixels_of(fused[2])
    for row, path in ((first, fused[0]), (second, fused[1])):
        assert row["path"] == path
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        assert row["inputs"] == [{"name": Path(path).name, "sha256": digest}]
        for name in asked.split(","):
            expected = measures.score(Measure.parse(name), subject(path, sources, truth=truth))
            assert row["scores"][f"{name}_whole"]["value"] == expected.value
            assert row["scores"][f"{name}_whole"].get("note", "") == expected.why
    assert first["scores"]["q_whole"]["note"] == "with the map of laplacian"
    te, psnr, en, q = content["columns"]
    assert (te["metric"], te["variant"], te["view"], te["direction"]) == (
        "te", "cvejic", "grey", "higher",
    )  # fmt: skip
    assert (psnr["variant"], psnr["view"], psnr["lowest"]) == (None, "colours", 0.0)
    assert (en["variant"], en["view"]) == (None, "luma")
    assert (q["view"], q["area"], q["lowest"], q["highest"]) == (None, "whole", -1.0, 1.0)
    assert {"mfgui", "python", "numpy", "scipy", "opencv-python-headless"} <= content[
        "versions"
    ].keys()
    hashes = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in sources]
    assert [entry["sha256"] for entry in content["sources"]] == hashes
    truth_hash = hashlib.sha256(Path(fused[2]).read_bytes()).hexdigest()
    assert content["ground_truth"] == {"name": "truth.png", "sha256": truth_hash}
    assert (content["map_from"], len(content["map_sha256"])) == ("laplacian", 64)
    assert (content["width"], content["height"]) == (64, 48)


def test_that_all_is_what_can_be_computed_from_what_is_given(
    run: Any, fused: list[str], sources: list[str], map_file: str
) -> None:
    def needing(*needs: Needs) -> list[str]:
        return [f"{m.name}_whole" for m in METRICS.values() if m.needs in needs]

    plain = (Needs.NOTHING, Needs.SOURCES, Needs.MAP)
    assert names(run(fused[0], "--sources", *sources, "--json")) == needing(*plain)
    found = run(fused[0], "--sources", *sources, "--reference", fused[2], "--json")
    assert names(found) == needing(*plain, Needs.TRUTH)
    maps = ["--own-map", map_file, "--true-map", map_file]
    assert names(run(fused[0], "--sources", *sources, *maps, "--json")) == needing(
        *plain, Needs.MAPS
    )
    three = run(fused[0], "--sources", *sources, fused[1], "--json")
    pairs = {f"{m.name}_whole" for m in METRICS.values() if m.needs is Needs.SOURCES and not m.many}
    assert set(names(three)) == set(needing(*plain)) - pairs
    band = run(fused[0], "--sources", *sources, "--band", "3", "--json")
    with_pixels = [f"{m.name}_band" for m in METRICS.values() if m.needs in plain and m.pixels]
    assert [name for name in names(band) if name.endswith("_band")] == with_pixels


def test_that_a_band_and_a_region_have_their_own_rows(
    run: Any, fused: list[str], sources: list[str], map_file: str, tiny_pair: Any
) -> None:
    options = ["--band", "5", "--region", "8,4,40,30", "--map", map_file]
    asked = ["--metrics", "q,en", "--sources", *sources]
    content = run(fused[0], *options, *asked, "--json").json
    pair, rect = subject(fused[0], sources, labels=tiny_pair.labels), Rect(8, 4, 40, 30)
    q, en = Measure.parse("q"), Measure.parse("en")
    scores = content["results"][0]["scores"]
    assert list(scores) == [f"{m}_{a}" for m in ("q", "en") for a in ("whole", "band", "region")]
    assert scores["q_whole"] == {"value": measures.score(q, pair).value}
    assert scores["q_band"] == {"value": measures.score(q, pair, band=5).value}
    assert scores["q_region"] == {"value": measures.score(q, pair, area=rect).value}
    assert scores["en_region"] == {"value": measures.score(en, pair, area=rect).value}
    assert scores["en_band"] == {"value": None, "note": measures.NO_PIXELS}
    assert (content["band_width"], content["region"]) == (5, [8, 4, 40, 30])
    assert content["map_from"] == "a file"
    assert content["map_sha256"] == labels_sha256(tiny_pair.labels)
    assert content["map"]["sha256"] == hashlib.sha256(Path(map_file).read_bytes()).hexdigest()
    lines = run(fused[0], *options, *asked).out.splitlines()
    assert lines[0].split() == ["metric", "variant", "area", "good.png"]
    assert [line.split()[2] for line in lines[1:7]] == ["whole", "band", "region"] * 2
    assert lines[5].endswith(f"-  {measures.NO_PIXELS}")


def test_that_maps_of_several_pictures_are_compared_with_the_true_one(
    run: Any, fused: list[str], sources: list[str], map_file: str, tiny_pair: Any, tmp_path: Path
) -> None:
    other, labels = tmp_path / "other.png", tiny_pair.labels.copy()
    labels[:, 26:32] = 2
    labels[:3] = UNASSIGNED
    write_map(other, labels, k=2, names=("a", "b"))
    maps = ["--own-map", map_file, other, "--true-map", map_file]
    asked = ["--metrics", "map-accuracy,map-iou,map-boundary-f", "--sources", *sources]
    found = run(*fused[:2], *maps, *asked, "--json")
    first, second = found.json["results"]
    assert {entry["value"] for entry in first["scores"].values()} == {1.0}
    share = float((labels == tiny_pair.labels).mean())
    assert second["scores"]["map-accuracy_whole"]["value"] == pytest.approx(share)
    assert second["scores"]["map-boundary-f_whole"]["value"] < 0.9
    assert second["map_sha256"] == labels_sha256(labels)
    assert found.json["true_map"]["name"] == "map.png"
    wrong = run(fused[0], *maps, *asked)
    assert wrong.code == 2
    assert "--own-map names 2, FUSED 1; give one for each" in one_line(wrong.err)


# Several pictures


def test_that_several_pictures_have_columns_and_the_best_is_marked(
    run: Any, fused: list[str], sources: list[str]
) -> None:
    asked = ["--sources", *sources, "--reference", fused[2], "--metrics", "psnr,lif,q-sf,scd"]
    found = run(*fused, *asked)
    assert found.code == 0
    head, *lines = found.out.split("\n\n")[0].splitlines()
    assert head.split() == ["metric", "variant", "good.png", "soft.png", "truth.png"]
    for line in lines:
        name, _, arrow, *shown = line.split()
        reference = pixels_of(fused[2])
        values = [
            measures.score(Measure.parse(name), subject(path, sources, truth=reference)).value
            for path in fused
        ]
        rank = {"↑": max, "↓": min, "→0": lambda them: min(them, key=abs)}[arrow]
        best = [value == rank(values) for value in values]
        assert [text.endswith("*") for text in shown] == best
    assert lines[0].split()[-1] == "∞*"
    assert found.out.splitlines()[-1].endswith("* the best")


def test_that_pictures_of_one_name_are_told_apart(
    run: Any, fused: list[str], sources: list[str], tmp_path: Path
) -> None:
    twin = tmp_path / "deeper" / "good.png"
    twin.parent.mkdir()
    save(twin, pixels_of(fused[1]))
    head = run(fused[0], twin, "--sources", *sources, "--metrics", "en").out.splitlines()[0]
    assert head.split()[2:] == [fused[0], str(twin)]


def test_that_a_folder_stands_for_its_pictures(
    run: Any, fused: list[str], sources: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    for path in fused:
        save(folder / Path(path).name, pixels_of(path))
    found = run(folder, "--sources", *sources, "--metrics", "en", "--json")
    assert [row["name"] for row in found.json["results"]] == ["good.png", "soft.png", "truth.png"]


def test_that_what_cannot_be_read_does_not_stop_the_others(
    run: Any, fused: list[str], sources: list[str], tmp_path: Path
) -> None:
    small = save(tmp_path / "small.png", pixels_of(fused[0])[:20])
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    asked = ["--sources", *sources, "--metrics", "en", "--json"]
    found = run(tmp_path / "gone.png", fused[0], small, broken, *asked)
    assert found.code == 1
    lines = found.err.splitlines()
    assert len(lines) == 3
    assert lines[0] == f"mfgui: {tmp_path / 'gone.png'}: no such file; check the name"
    assert lines[1] == (
        f"mfgui: {small}: it is 64 x 20, but the sources are 64 x 48; give a picture that was "
        "fused from these sources"
    )
    assert str(broken) in lines[2]
    assert [row["name"] for row in found.json["results"]] == ["good.png"]
    told = [f"mfgui: {entry['reason']}" for entry in found.json["left_out"]]
    assert told == lines


def test_that_with_no_picture_left_the_code_is_that_of_the_first_error(
    run: Any, fused: list[str], sources: list[str], tmp_path: Path
) -> None:
    output = tmp_path / "scores.csv"
    found = run(tmp_path / "gone.png", "--sources", *sources, "-o", output)
    assert (found.code, found.out) == (3, "")
    assert "gone.png: no such file" in one_line(found.err)
    assert not output.exists()


def test_that_what_was_adapted_is_told(
    run: Any, fused: list[str], sources: list[str], tmp_path: Path
) -> None:
    grey = tmp_path / "grey.png"
    grey.write_bytes(cv2.imencode(".png", pixels_of(fused[0])[:, :, 0])[1].tobytes())
    found = run(grey, "--sources", *sources, "--metrics", "en")
    assert found.code == 0
    assert found.err == "mfgui: note: grey.png: grey converted to RGB like the sources\n"


# Reasons


def test_that_degenerate_pictures_show_the_reason_and_never_nan(
    run: Any, sources: list[str], tmp_path: Path
) -> None:
    flat = np.full((48, 64, 3), 90, np.uint8)
    path = save(tmp_path / "flat.png", flat)
    maps = tmp_path / "ones.png"
    write_map(maps, np.ones((48, 64), np.uint8), k=2, names=("a", "b"))
    given = ["--reference", path, "--map", maps, "--own-map", maps, "--true-map", maps]
    options = ["--band", "4", "--region", "1,1,30,30"]
    for pair in ([path, path], sources):
        found = run(path, "--sources", *pair, *given, *options, "--json")
        assert found.code == 0
        scores = found.json["results"][0]["scores"]
        reasons = {name: entry["note"] for name, entry in scores.items() if entry["value"] is None}
        assert all(reasons.values())
        assert reasons["map-boundary-f_whole"] == "neither map has a boundary"
        assert reasons["q_band"] == "no pixel of the area counts"
        shown = run(path, "--sources", *pair, *given, *options)
        assert not re.search(r"\bnan\b", found.out + shown.out, re.IGNORECASE)
        assert f"-  {reasons['map-boundary-f_whole']}" in shown.out
    assert scores["psnr_whole"] == {"value": "infinity"}
    assert "∞" in shown.out


def test_that_a_named_metric_without_what_it_needs_has_the_reason(
    run: Any, fused: list[str], sources: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run(fused[0], "--sources", *sources, "--metrics", "psnr,map-iou,en")
    assert found.code == 0
    assert "-  needs a ground truth" in found.out
    assert "-  needs a focus map of the fused picture and a true one" in found.out
    metric = METRICS["cc"]
    alone = Metric("cc", metric.title, metric.function, metric.about, metric.family)
    monkeypatch.setattr(measures, "METRICS", {**METRICS, "cc": alone})
    found = run(fused[0], "--sources", *sources, fused[1], "--metrics", "cc")
    assert found.rows()["cc"][-5:] == ["is", "defined", "for", "pairs", "only"]


def test_that_reasons_of_several_pictures_are_told_with_their_names(
    run: Any, fused: list[str], sources: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = measures.score

    def odd(measure, subject, **options):
        if subject.fused.max() == 90:
            return measures.Score(None, "the picture is flat")
        return real(measure, subject, **options)

    monkeypatch.setattr(measures, "score", odd)
    flat = save(tmp_path / "flat.png", np.full((48, 64, 3), 90, np.uint8))
    found = run(fused[0], flat, "--sources", *sources, "--metrics", "en")
    assert found.out.splitlines()[1].endswith("-   flat.png: the picture is flat")


def test_that_pictures_too_small_for_a_map_have_their_other_scores(
    run: Any, fused: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "DEFAULT_DETECTOR", "tenengrad")
    small = save(tmp_path / "small.png", pixels_of(fused[0])[:9, :8])
    found = run(small, "--sources", small, small, "--metrics", "en,q", "--band", "2", "--json")
    assert (found.code, found.json["map_from"]) == (0, None)
    scores = found.json["results"][0]["scores"]
    assert scores["en_whole"]["value"] > 0
    for name in ("q_whole", "q_band"):
        note = "tenengrad: pictures of 8 x 9 are too small"
        assert scores[name] == {"value": None, "note": note}


# Files


def test_that_files_of_all_kinds_are_written(
    run: Any, fused: list[str], sources: list[str], tmp_path: Path
) -> None:
    asked = ["--sources", *sources, "--metrics", "mfif-gan"]
    shown = {}
    for ending in ("csv", "json", "md", "tex"):
        path = tmp_path / f"scores.{ending}"
        shown[ending] = run(*fused[:2], *asked, "-o", path, "--json")
        assert shown[ending].code == 0
    assert (tmp_path / "scores.json").read_text(encoding="utf-8") == shown["json"].out
    text = (tmp_path / "scores.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO("".join(
        line for line in text.splitlines(keepends=True) if not line.startswith("#")
    ))))  # fmt: skip
    first = shown["json"].json["results"][0]
    for column in TABLES["mfif-gan"]:
        name = f"{column.measure.name}_whole"
        assert float(rows[0][name]) == first["scores"][name]["value"]
    assert "# left_out" not in text
    head = (tmp_path / "scores.md").read_text(encoding="utf-8").splitlines()[0]
    assert head.startswith("| Result | MI (pooled) ↑ | TE (nava, pooled) ↑ | NCIE (pooled) ↑ |")
    latex = (tmp_path / "scores.tex").read_text(encoding="utf-8")
    assert r"QG (zliu) $\uparrow$" in latex
    assert "the nearest known definition, printed numbers differ" in latex


def test_that_a_profile_shows_headings_and_metrics(
    run: Any, fused: list[str], sources: list[str]
) -> None:
    found = run(fused[0], "--sources", *sources, "--metrics", "mff-ssim")
    lines = found.out.splitlines()[1:4]
    assert [line.split("  ")[0] for line in lines] == [
        "NMI (nmi)", "Xydeas (q-g)", "Chen-Blum (q-cb)",
    ]  # fmt: skip


# Wrong use


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--metrics", "q-g,none"], 2, "unknown metric none; mfgui metrics lists them"),
        (["--metrics", "q-g:none"], 2, "Q_G has no variant none; there are yliu"),
        (["--band", "0"], 2, "'0' is not a whole number of at least 1"),
        (["--region", "1,2,3"], 2, "'1,2,3' is not X,Y,W,H, for example 40,30,200,100"),
        (["--region=-1,2,3,4"], 2, "is not X,Y,W,H"),
        (["--region", "60,0,5,5"], 2, "--region 60,0,5,5 does not lie in the pictures, 64 x 48"),
        (["--region", "6,0,0,5"], 2, "--region 6,0,0,5 does not lie in the pictures"),
        (["-o", "scores.txt"], 2, "scores.txt: another ending is needed; use .csv, .json, .md"),
        (["-o", "none/scores.csv"], 5, "none/scores.csv: the folder does not exist"),
        (["--reference", "gone.png"], 3, "gone.png: no such file"),
        (["--map", "gone.png"], 3, "gone.png: no such file"),
        (["--true-map", "left.png"], 3, "left.png: the map is coloured"),
    ],
)
def test_that_wrong_use_is_one_line(
    run: Any,
    fused: list[str],
    sources: list[str],
    more: list[str],
    code: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    found = run(fused[0], "--sources", *sources, *more)
    assert (found.code, found.out) == (code, "")
    assert words in one_line(found.err)


def test_that_sizes_that_differ_are_one_clear_line(
    run: Any, fused: list[str], sources: list[str], tmp_path: Path
) -> None:
    small = save(tmp_path / "small.png", pixels_of(sources[1])[:20])
    found = run(fused[0], "--sources", sources[0], small)
    assert found.code == 3
    assert "small.png is 64 x 20, but left.png is 64 x 48" in one_line(found.err)
    found = run(fused[0], "--sources", *sources, "--reference", small)
    assert found.code == 3
    assert "it is 64 x 20, but the sources are 64 x 48; give the ground" in one_line(found.err)
    assert run(fused[0], "--sources", sources[0]).code == 2


def test_that_an_input_is_never_overwritten(
    run: Any, fused: list[str], sources: list[str], tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("kept")
    found = run(table, "--sources", *sources, "-o", table)
    assert found.code == 2
    assert "the output is the input" in one_line(found.err)
    assert table.read_text() == "kept"


# The command metrics


def listing(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["metrics", *arguments]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    return shown.out


def test_that_metrics_lists_all_and_the_profiles(capsys: pytest.CaptureFixture[str]) -> None:
    lines = listing(capsys).splitlines()
    rows = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert rows.keys() == {*METRICS, *TABLES}
    assert "→0" in rows["q-sf"]
    assert METRICS["q-sf"].about in rows["q-sf"]
    assert "NMI, Xydeas, Chen-Blum" in rows["mff-ssim"]
    content = json.loads(listing(capsys, "--json"))
    by_name = {entry["name"]: entry for entry in content["metrics"]}
    assert by_name.keys() == METRICS.keys()
    assert [profile["name"] for profile in content["profiles"]] == list(TABLES)
    entry = by_name["q-g"]
    assert entry["variants"] == list(METRICS["q-g"].variants)
    assert (entry["lowest"], entry["highest"], entry["direction"]) == (0.0, 1.0, "higher")
    assert entry["views"] == ["grey", "luma", "pooled"]
    assert by_name["psnr"]["views"][0] == "colours"
    assert by_name["map-iou"]["views"] == []
    assert by_name["mi"]["highest"] is None
    assert by_name["en"]["more_than_two_sources"] is None
    assert by_name["q"]["pixel_map"] is True


def test_that_one_metric_or_profile_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    text = listing(capsys, "q-g")
    assert text.startswith("q-g: Q_G (Edges)\n")
    for words in ("higher", "0 to 1", "the sources", "yliu, zliu, lft", "mfif-gan (QG)"):
        assert words in text
    assert json.loads(listing(capsys, "q-g", "--json"))["name"] == "q-g"
    for metric in METRICS:
        assert all(len(line) <= 100 for line in listing(capsys, metric).splitlines())
    lines = listing(capsys, "mff-ssim").splitlines()
    assert lines[1].split() == ["Xydeas", "q-g:yliu", "not", "met"]
    assert json.loads(listing(capsys, "mff-ssim", "--json"))["columns"][1] == {
        "heading": "Xydeas",
        "measure": "q-g:yliu",
        "evidence": "not met",
    }
