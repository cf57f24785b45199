"""Sets of images by rule, told and found out."""

from pathlib import Path

import pytest

from mfgui.bench.datasets import RULES, all_of, find
from mfgui.core.errors import InputError, UsageError
from tests.bench.folders import touched

PUBLISHED = {
    "lytro": [f"lytro-{n:02d}-{s}.jpg" for n in (10, 2, 1) for s in "AB"],
    "mffw": [f"{n}/image{s}.tif" for n in (12, 2) for s in (1, 2)] + ["2/label.png"],
    "edmf": [f"bg-{s}-{n}.jpg" for s in "AB" for n in (100, 9)] + ["index.tsv"],
    "mfifb": [f"m_{n}/m_{n}_{s}.jpg" for n in (1, 2) for s in ("A", "B", "CNN", "MST_SR")],
}
ORDER = {
    "lytro": ["lytro-01", "lytro-02", "lytro-10"],
    "mffw": ["2", "12"],
    "edmf": ["9", "100"],
    "mfifb": ["m_1", "m_2"],
}


@pytest.mark.parametrize("layout", RULES)
@pytest.mark.parametrize("named", [True, False])
def test_that_published_layouts_are_known(tmp_path: Path, layout: str, named: bool) -> None:
    touched(tmp_path, *PUBLISHED[layout])
    found = find(tmp_path, layout if named else "auto")
    assert [entry.name for entry in found.sets] == ORDER[layout]
    assert {len(entry.sources) for entry in found.sets} == {2}
    assert all(entry.sources[0] < entry.sources[1] for entry in found.sets)
    assert found.left_out == ()


def test_that_what_lies_beside_the_sources_is_found(tmp_path: Path) -> None:
    touched(tmp_path / "mffw", *PUBLISHED["mffw"])
    labels = [entry.labels for entry in find(tmp_path / "mffw").sets]
    assert labels == [tmp_path / "mffw/2/label.png", None]
    touched(tmp_path / "mfifb", *PUBLISHED["mfifb"])
    results = find(tmp_path / "mfifb").results
    assert {method: sorted(by) for method, by in results.items()} == {
        "CNN": ["m_1", "m_2"],
        "MST_SR": ["m_1", "m_2"],
    }


def test_that_each_folder_is_a_set(tmp_path: Path) -> None:
    touched(tmp_path, *(f"flies/{n:04d}.jpg" for n in range(3)), "near/2/a.png", "near/2/b.png")
    touched(tmp_path, "flies/truth.png", "near/2/labels.png", "near/2/map.png", "flies/readme.txt")
    found = find(tmp_path)
    assert [(s.name, len(s.sources)) for s in found.sets] == [("flies", 3), ("near/2", 2)]
    assert found.sets[0].truth == tmp_path / "flies/truth.png"
    assert found.sets[1].labels == tmp_path / "near/2/labels.png"
    assert found.rule == "a folder for each set"


def test_that_names_that_share_a_stem_are_sets(tmp_path: Path) -> None:
    touched(tmp_path, "tree_near.png", "tree_far.png", "tree_gt.png", "cat_near.png", "cat_far.png")
    found = find(tmp_path)
    assert [entry.name for entry in found.sets] == ["cat", "tree"]
    assert [entry.truth for entry in found.sets] == [None, tmp_path / "tree_gt.png"]
    assert found.rule == "names that share a stem"


def test_that_a_folder_for_each_source_is_known(tmp_path: Path) -> None:
    touched(tmp_path, *(f"{side}/{n:03d}.png" for side in ("near", "far", "GT") for n in (1, 2)))
    found = find(tmp_path)
    assert [entry.name for entry in found.sets] == ["001", "002"]
    assert [path.parent.name for path in found.sets[0].sources] == ["far", "near"]


def test_that_one_stack_is_one_set(tmp_path: Path) -> None:
    touched(tmp_path, *(f"pcb_{n:03d}.jpg" for n in range(10)))
    assert [len(entry.sources) for entry in find(tmp_path).sets] == [10]


def test_that_frames_are_in_natural_order(tmp_path: Path) -> None:
    touched(tmp_path, *(f"s/f{n}.png" for n in (1, 10, 2)))
    names = [path.name for path in find(tmp_path, "{set}/{source}.png").sets[0].sources]
    assert names == ["f1.png", "f2.png", "f10.png"]


def test_that_templates_name_truth_and_labels(tmp_path: Path) -> None:
    touched(tmp_path, "1/x1.png", "1/x2.png", "clean/1.png", "m/m-1.png")
    found = find(tmp_path, "{set}/x{source}.png", truth="clean/{set}.png", labels="m/m-{set}.*")
    assert found.sets[0].truth == tmp_path / "clean/1.png"
    assert found.sets[0].labels == tmp_path / "m/m-1.png"
    assert found.left_out == ()


def test_that_images_of_no_set_are_told(tmp_path: Path) -> None:
    touched(tmp_path, "1/x1.png", "1/x2.png", "other.png")
    assert find(tmp_path, "{set}/x{source}.png").left_out == ("other.png",)


@pytest.mark.parametrize(
    ("rule", "error", "text"),
    [
        ("auto", InputError, "no sets of images were found; name their layout with --rule"),
        ("{set}-{source}.jpg", InputError, "no images fit the rule"),
        ("lytros", UsageError, "lytros is no rule"),
        ("{set}.jpg", UsageError, "is no rule"),
        ("{set}_{method}_{source}.jpg", UsageError, "sources are told by"),
    ],
)
def test_that_one_line_says_what_is_wrong(
    tmp_path: Path, rule: str, error: type[Exception], text: str
) -> None:
    touched(tmp_path, "only.png", "notes.txt")
    with pytest.raises(error, match=text.replace("{", r"\{")) as caught:
        find(tmp_path, rule)
    assert "\n" not in str(caught.value)


def test_that_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folders = [tmp_path / "a/pairs", tmp_path / "b/pairs"]
    for folder in folders:
        touched(folder, "1_near.png", "1_far.png")
    names = [dataset.name for dataset in all_of(folders, [])]
    assert names[0].endswith("a/pairs")
    assert names[1].endswith("b/pairs")
    keys = {entry.key for dataset in all_of(folders, []) for entry in dataset.sets}
    assert len(keys) == 2
    with pytest.raises(UsageError, match="named twice"):
        all_of([folders[0], folders[0]], [])
    with pytest.raises(UsageError, match="3 rules for 2 folders"):
        all_of(folders, ["auto"] * 3)
