"""Recovery folders: one for each window, locked while it lives, gone when it ends well."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mfgui.app.recovery import Slot, discard, offers, read_offer
from mfgui.core.errors import InputError
from tests.files.sessions_made import session


def kept(root: Path, *, title: str = "work", original: str = "/photos/work.mfgui") -> Slot:
    slot = Slot(root)
    assert slot.write(session(), original=original, title=title, picture=b"jpeg") > 0
    return slot


def crash(slot: Slot) -> None:
    """The process ends: the system lets go of the lock."""
    assert slot._lock is not None
    slot._lock.close()


def test_that_nothing_is_made_before_it_is_needed(tmp_path: Path) -> None:
    slot = Slot(tmp_path / "recovery")
    slot.clear()
    slot.remove()
    assert not (tmp_path / "recovery").exists()
    assert offers(tmp_path / "recovery") == []


def test_that_a_living_window_is_not_offered_and_a_dead_one_is(tmp_path: Path) -> None:
    slot = kept(tmp_path)
    assert offers(tmp_path) == []
    crash(slot)
    (offer,) = offers(tmp_path)
    assert offer.title == "work"
    assert offer.thumbnail is not None
    assert offer.thumbnail.read_bytes() == b"jpeg"
    assert abs((datetime.now(UTC) - offer.saved).total_seconds()) < 3600
    stored, original = read_offer(offer)
    assert original == "/photos/work.mfgui"
    assert list(stored.results) == [3]


def test_that_the_lock_of_another_process_is_seen(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from mfgui.app.recovery import Slot;"
        "from tests.files.sessions_made import session;"
        "s = Slot(Path(sys.argv[1]));"
        "s.write(session(), original='', title='other', picture=b'');"
        "print('kept', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "kept\n"
        assert offers(tmp_path) == []
        process.kill()
        process.wait()
        assert [offer.title for offer in offers(tmp_path)] == ["other"]


def test_that_the_newest_is_offered_first(tmp_path: Path) -> None:
    for title in ("one", "two"):
        crash(kept(tmp_path, title=title))
    first = next(offer for offer in offers(tmp_path) if offer.title == "one")
    state = first.folder / "session.json"
    text = state.read_text(encoding="utf-8")
    saved = first.saved.isoformat(timespec="seconds")
    state.write_text(text.replace(saved, "2001-01-01T00:00:00+00:00"), encoding="utf-8")
    assert [offer.title for offer in offers(tmp_path)] == ["two", "one"]


def test_that_a_clean_end_leaves_nothing_and_writes_nothing_more(tmp_path: Path) -> None:
    slot = kept(tmp_path)
    slot.new_sources_folder()
    slot.remove()
    assert list(tmp_path.iterdir()) == []
    assert slot.write(session(), original="", title="late", picture=b"") == 0
    assert list(tmp_path.iterdir()) == []


def test_that_empty_folders_of_dead_windows_go(tmp_path: Path) -> None:
    slot = kept(tmp_path)
    slot.clear()
    crash(slot)
    assert offers(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_that_sources_stay_when_the_work_is_saved(tmp_path: Path) -> None:
    slot = kept(tmp_path)
    source = slot.new_sources_folder() / "a.png"
    source.write_bytes(b"pixels")
    assert slot.holds(source)
    assert not slot.holds(tmp_path.parent / "a.png")
    slot.clear()
    assert source.exists()
    slot.clear(sources=True)
    assert not source.exists()


def test_that_a_window_goes_on_in_the_folder_it_restores(tmp_path: Path) -> None:
    crash(kept(tmp_path))
    (offer,) = offers(tmp_path)
    own = kept(tmp_path, title="own")
    own_folder = own.folder
    own.adopt(offer.folder)
    assert own_folder is not None
    assert not own_folder.exists()
    assert offers(tmp_path) == []
    with pytest.raises(InputError, match="another window"):
        Slot(tmp_path).adopt(offer.folder)
    discard(offer)  # has no effect while it is locked
    assert offer.folder.exists()
    own.write(session(), original="", title="on", picture=b"")
    own.remove()
    assert list(tmp_path.iterdir()) == []


def test_that_a_damaged_description_is_still_offered(tmp_path: Path) -> None:
    slot = kept(tmp_path)
    crash(slot)
    assert slot.folder is not None
    (slot.folder / "session.json").write_bytes(b"{")
    (offer,) = offers(tmp_path)
    assert offer.title == "a damaged session"
    with pytest.raises(InputError, match="damaged"):
        read_offer(offer)
    discard(offer)
    assert list(tmp_path.iterdir()) == []
