"""The ground truth through the controller: reference, undo, pictures, the session file."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.app.reading import reader_of
from mfgui.core import events as changes
from mfgui.core.arrays import Rect
from mfgui.core.events import Severity
from tests.app.conftest import Desk


def write(path: Path, pixels: np.ndarray) -> Path:
    path.write_bytes(cv2.imencode(".png", pixels[..., ::-1])[1].tobytes())
    return path


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(5).integers(0, 256, (48, 64, 3), np.uint8)
    return write(tmp_path / "truth.png", pixels)


@pytest.fixture
def opened(desk: Desk, tiny_pair_files: tuple[Path, Path]) -> Desk:
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    return desk


@pytest.fixture
def loaded(opened: Desk, truth: Path) -> Desk:
    opened.changes.clear()
    opened.controller.truth.load(truth)
    opened.settle()
    return opened


def notices(desk: Desk) -> list[changes.Notice]:
    return desk.seen(changes.Notice)


def test_that_it_becomes_the_reference_and_a_picture(loaded: Desk, truth: Path) -> None:
    session = loaded.controller.session
    assert session.truth is not None
    assert (session.truth.name, session.truth.path) == ("truth.png", str(truth))
    assert session.reference == loaded.controller.view.reference_key == "truth"
    kinds = [type(change) for change in loaded.changes]
    assert kinds.index(changes.PictureReady) < kinds.index(changes.ReferenceChanged)
    assert kinds.count(changes.ReferenceChanged) == kinds.count(changes.TruthChanged) == 1
    stored = cv2.imread(str(truth))[..., ::-1]
    picture = loaded.controller.view.picture("truth")
    assert picture is not None
    assert np.array_equal(picture.levels[0][..., 2::-1], stored)
    read = reader_of(session, "truth")
    assert read is not None
    rect = Rect(3, 4, 10, 7)
    assert np.array_equal(read(rect), stored[rect.slices].astype(np.float32) / np.float32(255))


def test_that_it_can_be_shown(loaded: Desk) -> None:
    loaded.changes.clear()
    loaded.controller.view.show("truth")
    assert loaded.controller.session.shown == "truth"
    assert [change.key for change in loaded.seen(changes.ShownChanged)] == ["truth"]
    assert loaded.controller.view.shown_result() is None
    assert loaded.controller.view.shown_image() is None


def test_that_loading_can_be_undone_and_redone(loaded: Desk) -> None:
    controller, found = loaded.controller, loaded.controller.session.truth
    controller.view.show("truth")
    loaded.changes.clear()
    controller.edit.undo()
    loaded.settle()
    assert controller.session.truth is None
    assert (controller.session.reference, controller.session.shown) == ("", "source:1")
    assert [change.key for change in loaded.seen(changes.PictureDropped)] == ["truth"]
    assert loaded.seen(changes.TruthChanged)
    controller.edit.redo()
    loaded.settle()
    assert controller.session.truth is found
    assert controller.session.reference == "truth"
    assert controller.view.picture("truth") is not None


def test_that_undoing_brings_the_earlier_reference_back(opened: Desk, truth: Path) -> None:
    controller = opened.controller
    controller.view.set_reference_to("source:2")
    controller.truth.load(truth)
    opened.settle()
    assert controller.session.reference == "truth"
    controller.edit.undo()
    assert controller.session.reference == "source:2"
    controller.edit.undo()
    assert controller.session.reference == ""


def test_that_removing_it_is_a_step(loaded: Desk) -> None:
    controller = loaded.controller
    controller.truth.remove()
    assert controller.session.truth is None
    assert controller.session.reference == ""
    controller.truth.remove()
    assert controller.edit.history.names == ("Set ground truth", "Remove ground truth")
    controller.edit.undo()
    loaded.settle()
    assert controller.session.reference == "truth"
    assert controller.view.picture("truth") is not None


def test_that_another_set_reference_stays_when_it_is_removed(loaded: Desk) -> None:
    loaded.controller.view.set_reference_to("source:2")
    loaded.controller.truth.remove()
    assert loaded.controller.session.reference == "source:2"


def test_that_one_that_does_not_fit_changes_nothing(loaded: Desk, tmp_path: Path) -> None:
    before = loaded.controller.session.truth
    small = write(tmp_path / "small.png", np.zeros((9, 9, 3), np.uint8))
    loaded.controller.truth.load(small)
    loaded.settle()
    assert loaded.controller.session.truth is before
    notice = notices(loaded)[-1]
    assert notice.severity is Severity.ERROR
    assert "9 x 9, but the sources are 64 x 48" in notice.what
    assert loaded.controller.edit.history.names == ("Set ground truth",)


def test_that_the_last_of_two_wins(opened: Desk, truth: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.png", np.full((48, 64, 3), 9, np.uint8))
    opened.controller.truth.load(other)
    opened.controller.truth.load(truth)
    opened.settle()
    assert opened.controller.session.truth is not None
    assert opened.controller.session.truth.name == "truth.png"
    assert opened.controller.edit.history.names == ("Set ground truth",)


def test_that_what_is_adapted_is_told(opened: Desk, tmp_path: Path) -> None:
    grey = tmp_path / "grey.png"
    grey.write_bytes(cv2.imencode(".png", np.full((48, 64), 70, np.uint8))[1].tobytes())
    opened.controller.truth.load(grey)
    opened.settle()
    assert notices(opened)[-1].what == "grey.png: grey converted to RGB like the sources"
    assert opened.controller.session.truth.pixels.shape == (48, 64, 3)


def test_that_closing_the_set_leaves_nothing(loaded: Desk) -> None:
    loaded.changes.clear()
    loaded.controller.sets.close()
    dropped = {change.key for change in loaded.seen(changes.PictureDropped)}
    assert "truth" in dropped
    assert loaded.seen(changes.TruthChanged)
    assert loaded.seen(changes.ReferenceChanged)
    assert loaded.controller.session.truth is None
    assert loaded.controller.view.picture("truth") is None


def test_that_it_is_not_given_to_another_set(
    opened: Desk, truth: Path, tiny_pair_files: tuple[Path, Path]
) -> None:
    opened.controller.truth.load(truth)
    opened.controller.sets.open(tiny_pair_files)
    opened.controller.sets.close()
    opened.settle()
    assert opened.controller.session.truth is None


def test_that_it_comes_with_the_set_that_is_opened(
    desk: Desk, tiny_pair_files: tuple[Path, Path], truth: Path
) -> None:
    desk.controller.truth.load_with_next_set(truth)
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    assert desk.controller.session.reference == "truth"
    assert not desk.controller.sessions.unsaved_work


def test_that_it_does_not_wait_for_a_later_set(
    desk: Desk, tiny_pair_files: tuple[Path, Path], truth: Path, tmp_path: Path
) -> None:
    desk.controller.truth.load_with_next_set(truth)
    desk.controller.sets.open([tmp_path / "gone.png", tmp_path / "gone2.png"])
    desk.settle()
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    assert desk.controller.session.truth is None


def test_that_the_reference_follows_a_result_that_goes_and_comes_back(opened: Desk) -> None:
    controller = opened.controller
    controller.runs.run("ms-lap", {"iterations": 1})
    opened.settle()
    (run_id,) = controller.session.results
    controller.view.set_reference_to(f"result:{run_id}")
    opened.changes.clear()
    controller.runs.delete_result(run_id)
    assert len(opened.seen(changes.ReferenceChanged)) == 1
    controller.edit.undo()
    assert len(opened.seen(changes.ReferenceChanged)) == 2
    assert controller.session.reference == f"result:{run_id}"


# In the session file


def saved(desk: Desk, path: Path) -> Path:
    desk.controller.sessions.save_as(path)
    desk.settle()
    return path


def reopened(path: Path) -> Desk:
    other = Desk()
    other.controller.sessions.open(path)
    other.settle()
    return other


def test_that_a_session_brings_it_back(loaded: Desk, tmp_path: Path) -> None:
    other = reopened(saved(loaded, tmp_path / "work.mfgui"))
    before, after = loaded.controller.session.truth, other.controller.session.truth
    assert after is not None
    assert np.array_equal(before.pixels, after.pixels)
    assert (after.name, after.sha256) == (before.name, before.sha256)
    assert other.controller.session.reference == "truth"
    assert not other.controller.sessions.modified
    assert other.controller.edit.history.names == ()
    assert not [n for n in notices(other) if n.severity is not Severity.INFO]


def test_that_a_session_keeps_another_reference(loaded: Desk, tmp_path: Path) -> None:
    loaded.controller.view.set_reference_to("source:2")
    other = reopened(saved(loaded, tmp_path / "work.mfgui"))
    assert other.controller.session.truth is not None
    assert other.controller.session.reference == "source:2"


def test_that_it_is_found_where_the_sources_went(
    desk: Desk, tiny_pair_files: tuple[Path, Path], tmp_path: Path
) -> None:
    first = tmp_path / "first"
    (first / "gt").mkdir(parents=True)
    sources = [Path(shutil.copy(path, first)) for path in tiny_pair_files]
    truth = write(first / "gt" / "truth.png", np.full((48, 64, 3), 90, np.uint8))
    desk.controller.sets.open(sources)
    desk.settle()
    desk.controller.truth.load(truth)
    desk.settle()
    saved(desk, first / "work.mfgui")
    first.rename(tmp_path / "second")
    other = reopened(tmp_path / "second" / "work.mfgui")
    assert other.controller.session.truth is not None
    assert other.controller.session.truth.path == str(tmp_path / "second" / "gt" / "truth.png")


@pytest.mark.parametrize("what", ["missing", "changed"])
def test_that_a_session_tells_what_became_of_it(
    loaded: Desk, truth: Path, tmp_path: Path, what: str
) -> None:
    path, whole = saved(loaded, tmp_path / "work.mfgui"), truth.read_bytes()
    if what == "missing":
        truth.unlink()
    else:
        write(truth, np.zeros((48, 64, 3), np.uint8))
    other = reopened(path)
    assert other.controller.session.truth is None
    words = {"missing": "was not found", "changed": "was changed since the session was saved"}
    told = [n for n in notices(other) if n.severity is Severity.WARNING]
    assert [n.what for n in told] == [f"the ground truth truth.png {words[what]}"]
    # What it names is kept for the time when the file is back.
    saved(other, tmp_path / "again.mfgui")
    truth.write_bytes(whole)
    assert reopened(tmp_path / "again.mfgui").controller.session.reference == "truth"


@pytest.mark.parametrize("odd", [3, "truth", {"name": "a"}, [], {"name": 1, "path": 2}])
def test_that_odd_values_of_a_session_are_left_out(opened: Desk, odd: object) -> None:
    assert opened.controller.sessions.parts.restore({"truth": odd}) == ["truth"]
    assert opened.controller.session.truth is None
