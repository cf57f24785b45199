"""Session files: what is saved is what is read, and nothing else is."""

from __future__ import annotations

import errno
import json
import os
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import Rect, Size
from mfgui.core.errors import InputError, OutputError
from mfgui.core.exposure import FrameExposure, StackExposure
from mfgui.core.result import Curve, InputRecord, Provenance, Result
from mfgui.core.session import MapOrigin
from mfgui.core.transforms import Transform
from mfgui.files.session_blocks import Written, read_blocks, write_blocks
from mfgui.files.session_fields import Fields, WrongField, plain_value
from mfgui.files.session_manifest import Frame, SourceRecord, StoredSession
from mfgui.files.session_migrations import SCHEMA
from mfgui.files.sessions import extract_sources, keep_copy, read_session, write_session
from tests.files.sessions_made import (
    BAD_SESSIONS,
    BadSession,
    image,
    labels,
    members_of,
    packed,
    saved,
    schema_0,
    session,
    with_manifest,
)


def same(one: object, other: object) -> bool:
    """Equality to the bit; NaN equals NaN."""
    if isinstance(one, np.ndarray):
        return (
            isinstance(other, np.ndarray)
            and one.dtype == other.dtype
            and one.shape == other.shape
            and one.tobytes() == other.tobytes()
        )
    if isinstance(one, Result | StoredSession | Curve | Provenance):
        return type(one) is type(other) and same(vars(one), vars(other))
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and list(one) == list(other)
            and all(same(one[name], other[name]) for name in one)
        )
    if isinstance(one, list | tuple):
        return (
            type(one) is type(other)
            and len(one) == len(other)
            and all(same(a, b) for a, b in zip(one, other, strict=True))
        )
    return type(one) is type(other) and repr(one) == repr(other)


# Saving and loading is identity

NAMES = st.text(max_size=12).filter(lambda text: "\0" not in text)
NUMBERS = st.floats(width=64)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.one_of(st.booleans(), st.integers(-(2**40), 2**40), FINITE, NAMES, st.none())
PLAIN = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    size = Size(draw(st.integers(1, 9)), draw(st.integers(1, 9)))
    depth = draw(st.sampled_from(["uint8", "uint16", "float32"]))
    return Frame(size, draw(st.sampled_from([1, 3])), depth)


@st.composite
def maps(draw: st.DrawFn, frame: Frame, k: int) -> np.ndarray:
    dtype = np.uint8 if k <= 254 else np.uint16
    values = st.one_of(st.integers(0, k), st.just(int(np.iinfo(dtype).max)))
    return draw(arrays.arrays(dtype, (frame.size.height, frame.size.width), elements=values))


@st.composite
def images(draw: st.DrawFn, frame: Frame) -> np.ndarray:
    shape = (frame.size.height, frame.size.width, frame.channels)
    unit = st.floats(0, 1, width=32)
    return draw(arrays.arrays(np.float32, shape, elements=unit))


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    length = draw(st.integers(0, 4))
    column = st.lists(NUMBERS, min_size=length, max_size=length).map(tuple)
    return Curve(draw(NAMES), draw(column), draw(column), draw(column), draw(column))


@st.composite
def results(draw: st.DrawFn, frame: Frame, k: int) -> Result:
    final = draw(images(frame))
    other = draw(images(frame))
    inputs = st.lists(st.builds(InputRecord, NAMES, NAMES, NAMES), max_size=2).map(tuple)
    small = st.integers(0, 2**20)
    return Result(
        name=draw(NAMES),
        image=final,
        depth=frame.depth,
        labels=draw(st.none() | maps(frame, k)),
        map_revision=draw(st.integers(-1, 2**40)),
        provenance=Provenance(
            draw(NAMES),
            draw(st.dictionaries(NAMES, VALUES, max_size=3)),
            draw(inputs),
            draw(NAMES),
            draw(st.dictionaries(NAMES, NAMES, max_size=2)),
            draw(st.none() | NAMES),
            draw(st.none() | small),
            draw(st.none() | small),
            draw(NAMES),
            draw(NAMES),
        ),
        state=draw(st.sampled_from(["done", "stopped"])),
        seconds=draw(st.dictionaries(NAMES, NUMBERS, max_size=2)),
        start=draw(st.sampled_from([final, other])),
        best=draw(st.sampled_from([final, other])),
        curve=draw(st.none() | curves()),
        evaluations=draw(small),
        q=draw(st.none() | NUMBERS),
        q_box=draw(st.none() | NUMBERS),
        window=draw(st.none() | small),
    )


@st.composite
def sessions(draw: st.DrawFn) -> StoredSession:
    frame, k = draw(frames()), draw(st.sampled_from([2, 3, 254, 255]))
    numbers = draw(st.lists(st.integers(1, 99), unique=True, max_size=2))
    source = st.builds(
        SourceRecord, NAMES, st.just(""), st.just(""), st.just("0" * 64), st.integers(0, 9)
    )
    found = tuple(draw(source) for _ in range(min(k, 3)))
    found += tuple(SourceRecord("x", "", "", "1" * 64) for _ in range(k - len(found)))
    parameters = draw(st.dictionaries(NAMES, VALUES, max_size=2))
    has_map = draw(st.booleans())
    return StoredSession(
        frame=frame,
        sources=found,
        labels=draw(maps(frame, k)) if has_map else None,
        map_revision=draw(st.integers(0, 2**40)) if has_map else 0,
        origin=MapOrigin(draw(NAMES), tuple(parameters.items()), draw(NAMES), draw(st.booleans()))
        if has_map
        else MapOrigin(),
        results={number: draw(results(frame, k)) for number in numbers},
        active_source=draw(st.integers(1, k)),
        active_label=draw(st.integers(0, k)),
        shown=draw(NAMES),
        reference=draw(NAMES),
        parts=draw(st.dictionaries(NAMES, PLAIN, max_size=3)),
    )


@given(stored=sessions())
def test_that_saving_and_loading_is_identity(
    tmp_path_factory: pytest.TempPathFactory, stored: StoredSession
) -> None:
    folder = tmp_path_factory.mktemp("identity")
    write_session(folder / "s.mfgui", stored)
    read = read_session(folder / "s.mfgui")
    assert same(read, stored)
    for number, result in read.results.items():
        before = stored.results[number]
        assert (result.best is result.image) == (before.best is before.image)
    write_blocks(folder / "blocks", stored, saved="", more={})
    assert same(read_blocks(folder / "blocks"), stored)


def test_that_the_same_session_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = saved(tmp_path / "1.mfgui"), saved(tmp_path / "2.mfgui")
    assert one.read_bytes() == other.read_bytes()


def test_that_an_image_is_written_once(tmp_path: Path) -> None:
    names = set(members_of(saved(tmp_path / "s.mfgui")))
    assert "results/3/image.tif" in names
    assert "results/3/start.tif" in names
    assert "results/3/best.tif" not in names


def test_that_the_way_from_the_session_to_its_sources_is_kept(tmp_path: Path) -> None:
    place = str(tmp_path / "photos" / "a.png")
    stored = session()
    sources = tuple(replace(source, path=place) for source in stored.sources)
    (tmp_path / "sessions").mkdir()
    write_session(tmp_path / "sessions" / "s.mfgui", replace(stored, sources=sources))
    read = read_session(tmp_path / "sessions" / "s.mfgui")
    assert read.sources[0].relative == "../photos/a.png"
    assert read.sources[0].path == place


# Wrong files


@pytest.mark.parametrize("bad", BAD_SESSIONS, ids=str)
def test_that_a_wrong_file_is_refused_in_one_line(bad: BadSession, tmp_path: Path) -> None:
    path = bad.make(tmp_path)
    with pytest.raises(InputError) as caught:
        read_session(path)
    line = str(caught.value)
    assert str(path) in line
    assert "\n" not in line
    assert ";" in line, "it says what to do"
    for words in bad.words:
        assert words in line


@pytest.mark.parametrize("name", ["bomb", "overlapping", "long list", "float bomb", "very deep"])
def test_that_a_bomb_is_refused_before_it_grows(name: str, tmp_path: Path) -> None:
    path = next(bad for bad in BAD_SESSIONS if bad.name == name).make(tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            read_session(path)
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()


@given(data=st.data())
def test_that_any_damage_is_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = saved(tmp_path_factory.mktemp("damage") / "s.mfgui")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    with suppress(InputError):  # anything else would be a fault
        read = read_session(path)
        # What the damage did not reach is as it was: the check values say so.
        assert same(read.labels, labels())
        assert same(read.results[3].image, image(1))


# Other versions


def test_that_an_older_session_is_migrated(tmp_path: Path) -> None:
    read = read_session(schema_0(tmp_path))
    assert read.schema == 0
    assert same(read.labels, labels())
    assert [source.name for source in read.sources] == ["a.png", "b.png"]
    assert (read.active_source, read.shown) == (2, "source:2")
    assert read.parts["view"] == {"scale": 2.0, "x": 1.0, "y": 1.0, "fitted": False}
    write_session(tmp_path / "now.mfgui", read)
    again = read_session(tmp_path / "now.mfgui")
    assert again.schema == SCHEMA
    assert same(replace(again, schema=0), replace(read, sources=again.sources))


def test_that_a_copy_of_an_older_session_is_kept(tmp_path: Path) -> None:
    path = schema_0(tmp_path)
    before = path.read_bytes()
    assert keep_copy(path, 0) == tmp_path / "s.mfgui.v0"
    assert keep_copy(path, 0) == tmp_path / "s.mfgui.v0-2"
    assert (tmp_path / "s.mfgui.v0").read_bytes() == before
    assert keep_copy(tmp_path / "absent.mfgui", 0) is None


def test_that_what_is_known_of_a_newer_session_is_read(tmp_path: Path) -> None:
    def newer(content: dict) -> None:
        content["schema"] = SCHEMA + 1
        content["hologram"] = {"member": "hologram.bin"}

    path = with_manifest(newer)(tmp_path)
    packed(path, {**members_of(path), "hologram.bin": b"..."})
    read = read_session(path)
    assert read.schema == SCHEMA + 1
    assert same(replace(read, schema=SCHEMA), read_session(saved(tmp_path / "now.mfgui")))


def test_that_a_session_of_the_schema_before_has_frames_as_they_are(tmp_path: Path) -> None:
    def older(content: dict) -> None:
        content["schema"] = 1
        del content["alignment"], content["exposure"]

    read = read_session(with_manifest(older)(tmp_path))
    assert (read.schema, read.alignment, read.exposure) == (1, None, None)
    assert same(replace(read, schema=SCHEMA), read_session(saved(tmp_path / "now.mfgui")))


# Aligned frames


def aligned() -> StoredSession:
    """The session of two of three frames, moved."""
    stored = session()
    third = replace(stored.sources[0], name="c.png", path="/p/c.png")
    size = Size(stored.frame.size.width + 5, stored.frame.size.height + 4)
    moved = FrameFit(Transform.translation(1.25, -0.5), 0.125, 0.975)
    wrong = FrameFit(Transform.identity(), float("nan"), 0.5, "another scene", used=False)
    crop = Rect(3, 2, stored.frame.size.width, stored.frame.size.height)
    fit = StackAlignment(
        size, 0, "translation", (FrameFit(Transform.identity()), wrong, moved), crop
    )
    light = StackExposure("gain", tuple(FrameExposure((gain,) * 3) for gain in (1.0, 1.0, 0.875)))
    sources = (stored.sources[0], third, stored.sources[1])
    return replace(stored, sources=sources, alignment=fit, exposure=light)


def test_that_alignment_and_exposure_come_back(tmp_path: Path) -> None:
    stored = aligned()
    write_session(tmp_path / "s.mfgui", stored)
    read = read_session(tmp_path / "s.mfgui")
    assert read.alignment.to_json() == stored.alignment.to_json()
    assert read.alignment.frames[2].transform == stored.alignment.frames[2].transform
    assert [frame.gains for frame in read.exposure.frames] == [(1.0,) * 3, (1.0,) * 3, (0.875,) * 3]
    assert (read.k, len(read.sources), read.camera_size) == (2, 3, stored.alignment.size)
    assert same(read.labels, stored.labels)


@pytest.mark.parametrize("name", ["alignment", "exposure"])
@pytest.mark.parametrize("change", ["cut", "text", "empty"])
def test_that_a_damaged_alignment_is_refused(tmp_path: Path, name: str, change: str) -> None:
    path = tmp_path / "s.mfgui"
    write_session(path, aligned())
    members = members_of(path)
    content = json.loads(members["manifest.json"])
    if change == "cut":
        content[name]["frames"] = content[name]["frames"][:2]
    else:
        content[name] = "similar" if change == "text" else {}
    members["manifest.json"] = json.dumps(content).encode()
    packed(path, members)
    with pytest.raises(InputError, match="session is damaged"):
        read_session(path)


# Embedded sources


@pytest.fixture
def collected(tmp_path: Path) -> tuple[Path, StoredSession]:
    import hashlib

    stored, files, sources = session(), [], []
    for source in stored.sources:
        file = tmp_path / source.name
        file.write_bytes(source.name.encode() * 1000)
        files.append(file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        sources.append(replace(source, sha256=digest, path=str(file)))
    stored = replace(stored, sources=tuple(sources))
    write_session(tmp_path / "all.mfgui", stored, embed=files)
    return tmp_path / "all.mfgui", read_session(tmp_path / "all.mfgui")


def test_that_embedded_sources_come_out_as_they_went_in(
    collected: tuple[Path, StoredSession], tmp_path: Path
) -> None:
    path, stored = collected
    out = extract_sources(path, stored, tmp_path / "out")
    assert [file.name for file in out] == ["a.png", "b.png"]
    assert out[1].read_bytes() == b"b.png" * 1000


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/evil.png", "..", "", "a\\..\\..\\b.png"])
def test_that_a_source_leads_nowhere_else(
    name: str, collected: tuple[Path, StoredSession], tmp_path: Path
) -> None:
    path, stored = collected
    sources = tuple(replace(source, path=name, name=name) for source in stored.sources)
    for file in extract_sources(path, replace(stored, sources=sources), tmp_path / "out"):
        assert file.resolve().is_relative_to(tmp_path / "out")


def test_that_a_damaged_source_is_refused(
    collected: tuple[Path, StoredSession], tmp_path: Path
) -> None:
    path, stored = collected
    members = members_of(path)
    members["sources/2.png"] = b"another picture"
    packed(path, members)
    with pytest.raises(InputError, match=r"sources/2\.png"):
        extract_sources(path, stored, tmp_path / "out")


def test_that_a_source_that_changed_is_not_collected(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"new")
    path = saved(tmp_path / "s.mfgui")
    before = path.read_bytes()
    with pytest.raises(InputError, match="changed since it was opened"):
        write_session(path, session(), embed=[tmp_path / "a.png"] * 2)
    assert path.read_bytes() == before


# Faults while writing


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only")]
)
def test_that_a_fault_leaves_the_old_file(
    code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "s.mfgui")
    before = path.read_bytes()

    def refuse(*_arguments: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match=words):
        write_session(path, session())
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["s.mfgui"]


def test_that_a_fault_keeps_the_blocks_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_blocks(tmp_path, session(), saved="", more={})
    changed = replace(session(), labels=np.zeros_like(labels()))

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(OutputError, match="disk is full"):
            write_blocks(tmp_path, changed, saved="", more={})
    assert same(read_blocks(tmp_path).labels, labels())
    assert not list((tmp_path / "blocks").glob(".*"))


# Blocks


def test_that_only_what_changed_is_written_again(tmp_path: Path) -> None:
    known, stored = Written(), session()
    first = write_blocks(tmp_path, stored, saved="", more={}, known=known)
    blocks = {file.name for file in (tmp_path / "blocks").iterdir()}
    again = write_blocks(tmp_path, stored, saved="", more={}, known=known)
    state = (tmp_path / "session.json").stat().st_size
    assert first > again == state
    changed = replace(stored, labels=np.zeros_like(labels()))
    write_blocks(tmp_path, changed, saved="", more={}, known=known)
    after = {file.name for file in (tmp_path / "blocks").iterdir()}
    assert len(after - blocks) == 1
    # The map of the result is the map of before.
    assert blocks < after
    assert same(read_blocks(tmp_path).labels, changed.labels)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "session.json").write_text("{"), "no JSON"),
        (lambda folder: next((folder / "blocks").iterdir()).unlink(), "is missing"),
        (lambda folder: next((folder / "blocks").iterdir()).write_bytes(b"x" * 50), "block"),
    ],
)
def test_that_a_damaged_recovery_is_one_clear_error(
    damage: object, words: str, tmp_path: Path
) -> None:
    write_blocks(tmp_path, session(), saved="", more={})
    damage(tmp_path)  # type: ignore[operator]
    with pytest.raises(InputError, match=words):
        read_blocks(tmp_path)


def test_that_a_block_cannot_be_named_elsewhere(tmp_path: Path) -> None:
    write_blocks(tmp_path, session(), saved="", more={})
    state = tmp_path / "session.json"
    content = json.loads(state.read_text())
    content["arrays"]["map.png"]["blocks"] = ["../../secret"]
    state.write_text(json.dumps(content))
    with pytest.raises(InputError, match="list of names"):
        read_blocks(tmp_path)


def test_that_plain_values_are_plain() -> None:
    with pytest.raises(TypeError):
        plain_value({"x": object()})


def test_that_a_text_that_older_files_do_not_have_is_empty() -> None:
    assert Fields({}).text_if_there("map_from") == ""
    assert Fields({"map_from": "map.png"}).text_if_there("map_from") == "map.png"
    with pytest.raises(WrongField):
        Fields({"map_from": 3}).text_if_there("map_from")
