from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mfgui.core.arrays import Rect, Size
from mfgui.core.errors import InputError, OutputError
from mfgui.core.labels import label_dtype
from mfgui.core.stack import SourceStack
from mfgui.files import atomic
from mfgui.files.annotations import (
    Annotation,
    SetState,
    SourceMark,
    SourcesChanged,
    SpotMark,
    annotation_files,
    read_annotation,
    read_description,
    read_other,
    sources_of,
    write_annotation,
)

SIZE = Size(6, 4)


def stack_of(k: int = 2, *, seed: int = 0, order: tuple[int, ...] = ()) -> SourceStack:
    generator = np.random.default_rng(seed)
    frames = [
        generator.integers(0, 256, (SIZE.height, SIZE.width, 3)).astype(np.uint8) for _ in range(k)
    ]
    names = [f"{n}.png" for n in range(1, k + 1)]
    if order:
        frames, names = [frames[n] for n in order], [names[n] for n in order]
    return SourceStack.from_arrays(frames, names=names)


def labels_of(k: int = 2) -> Any:
    labels = np.arange(SIZE.pixels).reshape(SIZE.height, SIZE.width) % (k + 1)
    return labels.astype(label_dtype(k))


def annotation_of(stack: SourceStack, base: Path, **changes: Any) -> Annotation:
    colours = [f"#{n:06x}" for n in range(1, stack.k + 1)]
    return Annotation(stack.size, sources_of(stack, base, colours), **changes)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "set" / "set"


texts = st.text(st.characters(codec="utf-8"), max_size=20)
annotations = st.builds(
    Annotation,
    size=st.just(SIZE),
    sources=st.just(tuple(SourceMark(f"{n}", "", "", "#000000") for n in (1, 2, 3))),
    state=st.sampled_from([SetState.IN_PROGRESS, SetState.DONE, SetState.FLAGGED]),
    note=texts,
    annotator=texts,
    tools=st.dictionaries(texts, st.integers(0, 10**6).map(lambda ms: ms / 1000), max_size=4),
    spots=st.lists(
        st.builds(SpotMark, texts, st.builds(Rect, *[st.integers(0, 10**5)] * 4)), max_size=3
    ).map(tuple),
    origin=st.just({"detector": "variance", "parameters": {"window": 9}}),
)


@given(
    annotation=annotations,
    labels=hnp.arrays(
        np.uint8, (SIZE.height, SIZE.width), elements=st.sampled_from([0, 1, 2, 3, 255])
    ),
)
def test_that_reading_both_files_gives_back_the_same_state(
    annotation: Annotation, labels: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.getbasetemp() / "same"
    write_annotation(base, labels, annotation)
    found = read_annotation(base, stack_of(3))
    assert found is not None
    np.testing.assert_array_equal(found[0], labels)
    read = found[1]
    for name in ("size", "sources", "state", "note", "annotator", "tools", "spots", "origin"):
        assert getattr(read, name) == getattr(annotation, name), name
    assert read.unassigned == float((labels == 0).mean())
    assert read.seconds == pytest.approx(sum(annotation.tools.values()))


def test_that_the_json_holds_what_the_specification_names(base: Path) -> None:
    stack = stack_of()
    work = annotation_of(
        stack,
        base,
        annotator="Ada",
        tools={"brush": 12.5},
        spots=(SpotMark("speck", Rect(1, 2, 3, 4)),),
    )
    labels = labels_of()
    write_annotation(base, labels, work)
    content = json.loads(annotation_files(base)[1].read_text("utf-8"))
    assert content["schema"] == 1
    assert (content["width"], content["height"]) == (6, 4)
    first = content["labels"][0]
    assert first["number"] == 1
    assert first["name"] == "1.png"
    assert first["sha256"] == stack.sources[0].sha256
    assert first["colour"] == "#000001"
    assert first["share"] == float((labels == 1).mean())
    assert content["unassigned"]["value"] == 0
    assert content["unassigned"]["share"] == float((labels == 0).mean())
    assert content["ignore"]["value"] == 255
    assert content["alignment"] == "none"
    assert content["annotation"]["spots_checked"] == [{"kind": "speck", "rect": [1, 2, 3, 4]}]
    assert content["annotation"]["tools"] == {"brush": 12.5}
    assert content["annotation"]["seconds"] == 12.5
    assert content["annotation"]["annotator"] == "Ada"
    assert content["application"].startswith("mfgui ")
    assert content["created"]


@pytest.mark.parametrize("k", [2, 254, 255, 300])
def test_that_maps_of_many_sources_come_back(base: Path, k: int) -> None:
    sources = tuple(SourceMark(f"{n}", f"{n:064x}") for n in range(1, k + 1))
    labels = labels_of(k)
    write_annotation(base, labels, Annotation(SIZE, sources))
    assert read_description(annotation_files(base)[1]).sources == sources
    found = read_annotation(base, stack_of(k), anyway=True)
    assert found is not None
    np.testing.assert_array_equal(found[0], labels)


def test_that_without_files_there_is_nothing_to_read(base: Path) -> None:
    assert read_annotation(base, stack_of()) is None


def test_that_a_map_without_description_is_taken(base: Path) -> None:
    write_annotation(base, labels_of(), annotation_of(stack_of(), base))
    annotation_files(base)[1].unlink()
    found = read_annotation(base, stack_of())
    assert found is not None
    np.testing.assert_array_equal(found[0], labels_of())
    assert found[1].state is SetState.IN_PROGRESS


def test_that_labels_follow_sources_that_were_ordered_anew(base: Path) -> None:
    write_annotation(base, labels_of(3), annotation_of(stack_of(3), base))
    found = read_annotation(base, stack_of(3, order=(2, 0, 1)))
    assert found is not None
    before = labels_of(3)
    for old, new in ((0, 0), (1, 2), (2, 3), (3, 1)):
        assert (found[0][before == old] == new).all()


def test_that_changed_sources_are_said_and_the_map_can_still_be_had(base: Path) -> None:
    write_annotation(base, labels_of(), annotation_of(stack_of(), base))
    changed = stack_of(seed=1)
    with pytest.raises(SourcesChanged, match=r"1\.png has changed since the map was drawn"):
        read_annotation(base, changed)
    found = read_annotation(base, changed, anyway=True)
    assert found is not None
    np.testing.assert_array_equal(found[0], labels_of())


def edited_json(base: Path, **changes: Any) -> None:
    path = annotation_files(base)[1]
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**content, **changes}), "utf-8")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 2}, "written by a newer mfgui"),
        ({"width": 7}, "the map is 7 x 4, but the sources are 6 x 4"),
        ({"width": "wide"}, "not the description of a drawn map"),
        ({"width": None}, "not the description of a drawn map"),
        ({"labels": []}, "not the description of a drawn map"),
        ({"labels": [{"number": 2, "name": "x"}]}, "not the description of a drawn map"),
        ({"labels": [{"number": 1, "name": "x"}]}, "the map is of 1 sources, but there are 2"),
        ({"labels": "none"}, "not the description of a drawn map"),
        ({"annotation": {"state": "finished"}}, "not the description of a drawn map"),
        ({"annotation": {"tools": {"brush": -1}}}, "not the description of a drawn map"),
        ({"annotation": {"spots_checked": [{"kind": "x"}]}}, "not the description"),
        ({"annotation": 3}, "not the description of a drawn map"),
        ({"unassigned": {}}, "not the description of a drawn map"),
    ],
)
def test_that_a_description_that_does_not_fit_is_one_clear_line(
    base: Path, changes: dict[str, Any], words: str
) -> None:
    write_annotation(base, labels_of(), annotation_of(stack_of(), base))
    edited_json(base, **changes)
    with pytest.raises(InputError, match=words) as caught:
        read_annotation(base, stack_of())
    assert "\n" not in str(caught.value)
    assert caught.value.path in annotation_files(base)
    assert caught.value.hint


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1]", b"\xff\xfe\x00", b"[" * 100_000, b'{"schema": 1}', b" " * (17 << 20)],
)
def test_that_a_file_that_is_no_description_is_refused(base: Path, data: bytes) -> None:
    write_annotation(base, labels_of(), annotation_of(stack_of(), base))
    annotation_files(base)[1].write_bytes(data)
    with pytest.raises(InputError):
        read_annotation(base, stack_of())


def test_that_a_damaged_or_missing_map_is_refused(base: Path) -> None:
    write_annotation(base, labels_of(), annotation_of(stack_of(), base))
    path = annotation_files(base)[0]
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError):
        read_annotation(base, stack_of())
    path.unlink()
    with pytest.raises(InputError, match="is missing"):
        read_annotation(base, stack_of())


def test_that_old_files_are_kept_under_other_names(base: Path) -> None:
    work = annotation_of(stack_of(), base)
    write_annotation(base, labels_of(), work)
    before = [path.read_bytes() for path in annotation_files(base)]
    first = write_annotation(base, np.ones_like(labels_of()), work, keep_old=True)
    second = write_annotation(base, labels_of(), work, keep_old=True)
    assert [path.name for path in first] == ["set_map.png.kept1", "set_map.json.kept1"]
    assert [path.read_bytes() for path in first] == before
    assert [path.name for path in second] == ["set_map.png.kept2", "set_map.json.kept2"]


def test_that_a_failure_leaves_both_old_files(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = annotation_of(stack_of(), base)
    write_annotation(base, labels_of(), work)
    before = [path.read_bytes() for path in annotation_files(base)]

    def refuse(_from: Path, _to: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "replace", refuse)
    with pytest.raises(OutputError, match="the disk is full"):
        write_annotation(base, np.ones_like(labels_of()), work)
    assert [path.read_bytes() for path in annotation_files(base)] == before
    assert len(list(base.parent.iterdir())) == 2


def test_that_a_map_of_somebody_else_is_read_in_the_order_of_ones_own_sources(base: Path) -> None:
    own = stack_of(3)
    hashes = [source.sha256 for source in own.sources]
    theirs = stack_of(3, order=(2, 0, 1))
    write_annotation(base, labels_of(3), annotation_of(theirs, base))
    found, note = read_other(annotation_files(base)[0], size=SIZE, hashes=hashes)
    assert note == ""
    for old, new in ((0, 0), (1, 3), (2, 1), (3, 2)):
        assert (found[labels_of(3) == old] == new).all()


@pytest.mark.parametrize(
    ("k", "seed", "words"),
    [(3, 5, "drawn for other sources"), (2, 0, "drawn for 2 sources"), (0, 0, "not used")],
)
def test_that_what_is_odd_about_somebodys_map_is_said(
    base: Path, k: int, seed: int, words: str
) -> None:
    write_annotation(base, labels_of(2), annotation_of(stack_of(k or 2, seed=seed), base))
    path, description = annotation_files(base)
    if k == 0:
        description.write_text("{", "utf-8")
    hashes = [source.sha256 for source in stack_of(3).sources]
    found, note = read_other(path, size=SIZE, hashes=hashes)
    assert words in note
    np.testing.assert_array_equal(found, labels_of(2))
