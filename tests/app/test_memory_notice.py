"""Which runs are told to take more memory than is free, and what is offered in their place."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from mfgui.app import machine
from mfgui.core.events import Notice


@dataclass(frozen=True)
class Choice:
    method: str
    explicit: dict = field(default_factory=dict)


@pytest.fixture
def opened(desk, tiny_pair_files, monkeypatch: pytest.MonkeyPatch):
    """A set on a machine that has nothing left."""
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.changes.clear()
    monkeypatch.setattr(machine, "memory", lambda: machine.Memory(8_000_000_000, 1_000_000))
    return desk


def test_that_a_run_that_still_goes_gives_way_to_photo(opened) -> None:
    opened.controller.runs.run("average", {})
    (notice,) = opened.seen(Notice)
    notice.remedy.act()
    opened.settle()
    methods = [r.provenance.method for r in opened.controller.session.results.values()]
    assert methods == ["photo"]
    assert opened.seen(Notice) == [notice]


def test_that_photo_is_offered_for_a_single_picture_only(opened) -> None:
    opened.controller.runs.run_all([Choice("average"), Choice("gff")])
    opened.controller.runs.detect("gfdf", {})
    notices = opened.seen(Notice)
    assert [notice.what.split()[0] for notice in notices] == ["average", "gff", "gfdf"]
    assert [notice.remedy for notice in notices] == [None] * 3


def test_that_the_offer_does_nothing_to_another_set(opened, tiny_pair_files) -> None:
    opened.controller.runs.run("average", {})
    (notice,) = opened.seen(Notice)
    opened.settle()
    opened.controller.sets.open(tiny_pair_files)
    opened.settle()
    notice.remedy.act()
    opened.settle()
    assert not opened.controller.session.results
