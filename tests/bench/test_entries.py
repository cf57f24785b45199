"""Rows: methods with parameters, and results made elsewhere."""

from pathlib import Path

import pytest

from mfgui.bench.datasets import Dataset, find
from mfgui.bench.entries import distinct, elsewhere, parsed, published
from mfgui.core.errors import InputError, MfguiError, UsageError
from mfgui.methods.registry import load
from tests.bench.folders import touched


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return find(
        touched(tmp_path / "lytro", *(f"lytro-{n:02d}-{s}.jpg" for n in (1, 11) for s in "AB"))
    )


def test_that_a_method_has_its_parameters() -> None:
    entry = parsed("fast=ms-lap:iterations=7;detector=variance;window=5", load())
    assert (entry.label, entry.method) == ("fast", "ms-lap")
    assert entry.resolved["method parameters"]["iterations"] == 7  # type: ignore[index]
    assert entry.resolved["detector"] == "variance"
    assert entry.resolved["detector parameters"]["window"] == 5  # type: ignore[index]
    assert parsed("gff", load()).label == "gff"
    assert "detector" not in parsed("gff", load()).resolved


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("nothing", "unknown method nothing"),
        ("gff:radius", "'radius' is no KEY=VALUE"),
        ("ms-lap:window=5;window=7", "is no KEY=VALUE"),
        ("ms-lap:iterations=0.5", "not allowed"),
        ("ms-lap:start=picture.png", "one picture cannot begin all sets"),
        ("graph-cut", "makes no image"),
        ("=gff", "is no method"),
        ("gff:", "is no method"),
    ],
)
def test_that_a_wrong_method_is_told_in_one_line(text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        parsed(text, load())


@pytest.mark.parametrize(
    "name",
    ["lytro-{:02d}.png", "{}.png", "{}_fusion.jpg", "{:02d}_fused.png", "CNN-lytro-{:02d}.png"],
)
def test_that_usual_names_of_results_are_known(dataset: Dataset, tmp_path: Path, name: str) -> None:
    touched(tmp_path / "cnn", name.format(1), name.format(11), "1_map.png", "11_map.png")
    (entry,) = elsewhere(f"CNN={tmp_path / 'cnn'}", [dataset])
    assert entry.elsewhere
    assert entry.label == "CNN"
    assert {key: path.name for key, path in entry.pictures.items()} == {
        "lytro/lytro-01": name.format(1),
        "lytro/lytro-11": name.format(11),
    }
    assert {path.name for path in entry.maps.values()} == {"1_map.png", "11_map.png"}


def test_that_a_template_names_results(dataset: Dataset, tmp_path: Path) -> None:
    touched(tmp_path, "r/x1y/out.png", "r/x11y/out.png", "m/1.png")
    (entry,) = elsewhere(
        f"net={tmp_path}/r/x{{number}}y/out.png", [dataset], maps=f"{tmp_path}/m/{{number}}.*"
    )
    assert len(entry.pictures) == 2
    assert [path.name for path in entry.maps.values()] == ["1.png"]


def test_that_a_template_with_methods_gives_a_row_for_each(
    dataset: Dataset, tmp_path: Path
) -> None:
    touched(tmp_path / "all", *(f"{m}/lytro-{n:02d}.png" for m in ("GFF", "CNN") for n in (1, 11)))
    found = elsewhere(f"{tmp_path}/all/{{method}}/{{set}}.png", [dataset])
    assert [(entry.label, len(entry.pictures)) for entry in found] == [("CNN", 2), ("GFF", 2)]


def test_that_sources_are_no_results(dataset: Dataset) -> None:
    touched(dataset.folder, "lytro-01-NSCT.jpg")
    found = elsewhere(f"{dataset.folder}/{{set}}-{{method}}.jpg", [dataset])
    assert [entry.label for entry in found] == ["NSCT"]


def test_that_published_results_come_with_their_layout(tmp_path: Path) -> None:
    names = ("A", "B", "CNN", "MST_SR")
    dataset = find(touched(tmp_path / "p", *(f"s{n}/s{n}_{m}.jpg" for n in (1, 2) for m in names)))
    found = published([dataset])
    assert [entry.label for entry in found] == ["CNN", "MST_SR"]
    assert found[0].pictures["p/s2"] == tmp_path / "p/s2/s2_CNN.jpg"


@pytest.mark.parametrize(
    ("text", "error", "what"),
    [
        ("{folder}", UsageError, "names no results"),
        ("x={folder}/none", InputError, "is no folder"),
        ("x={folder}", InputError, "no result fits the name of a set"),
        ("x={folder}/{{sot}}.png", UsageError, "is no field"),
    ],
)
def test_that_wrong_results_are_told(
    dataset: Dataset, tmp_path: Path, text: str, error: type[MfguiError], what: str
) -> None:
    folder = touched(tmp_path / "empty", "flower.png")
    with pytest.raises(error, match=what):
        elsewhere(text.format(folder=folder), [dataset])


def test_that_labels_are_distinct() -> None:
    gff = parsed("gff", load())
    with pytest.raises(UsageError, match="gff is named twice"):
        distinct([gff, gff])
    other = gff.__class__("gff", pictures={"a": Path("b")})
    assert [entry.label for entry in distinct([gff, other])] == ["gff", "gff (elsewhere)"]
