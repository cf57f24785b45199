"""While a set is being read: how far it is, and what waits for it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.app.actions import command
from mfgui.app.tasks import Reading
from mfgui.core.events import Notice, SetOpening
from mfgui.jobs.pool import TaskEvent, TaskProgress

FRAMES = 3


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Frames that need no alignment."""
    folder = tmp_path_factory.mktemp("still")
    rng = np.random.default_rng(5)
    scene = cv2.GaussianBlur(rng.random((96, 128, 3)).astype(np.float32), (0, 0), 1.5)
    paths = []
    for number in range(FRAMES):
        blurred = cv2.GaussianBlur(scene, (0, 0), 0.5 + number)
        paths.append(folder / f"{number}.png")
        cv2.imwrite(str(paths[-1]), np.rint(blurred * 255).astype(np.uint8))
    return paths


def deliver_until(desk, kind: type) -> None:
    """Hand over events up to the first that told of `kind`."""
    desk.backend.work()
    while not desk.seen(kind):
        desk.controller.handle(desk.backend.events.popleft())


def test_that_frames_are_counted_while_they_are_read(desk, still) -> None:
    told = []
    desk.controller.sets.reading = lambda done, total: told.append((done, total))
    desk.controller.sets.open(still)
    assert desk.controller.sets.opening
    deliver_until(desk, SetOpening)
    assert told == []  # the first picture comes before
    desk.settle()
    assert told == [(1, FRAMES), (2, FRAMES), (3, FRAMES)]


def test_that_nothing_is_being_read_once_a_set_is_open(desk, still, tiny_pair_files) -> None:
    sets = desk.controller.sets
    sets.open(still)
    desk.settle()
    assert not sets.opening
    assert not desk.controller.state.opening
    assert command("align").blocked(desk.controller.state) == ""
    sets.open([still[0].with_name("missing.png")])
    desk.settle()
    assert not sets.opening
    sets.open(tiny_pair_files)
    sets.close()
    assert not sets.opening


@pytest.mark.parametrize("leave", ["close", "open another", "end"])
def test_that_a_set_that_is_given_up_is_not_read_to_its_end(
    desk, still, tiny_pair_files, leave: str
) -> None:
    controller, events = desk.controller, desk.backend.events
    many = still * 20  # the same files again and again
    leaving = {
        "close": controller.sets.close,
        "open another": lambda: controller.sets.open(tiny_pair_files),
        "end": controller.abandon,
    }
    readings = []

    def take(event: TaskEvent) -> None:
        events.append(event)
        if isinstance(event, TaskProgress) and isinstance(event.value, Reading):
            if not readings:
                leaving[leave]()
            if event.value.total == len(many):
                readings.append(event.value)

    desk.backend._pool._emit = take
    controller.sets.open(many)
    desk.settle()
    assert 1 <= len(readings) < len(many) / 2
    assert (controller.session.stack is not None) == (leave == "open another")
    assert not desk.seen(Notice)


def test_that_fuse_waits_for_the_frames(desk, still) -> None:
    controller = desk.controller
    controller.align.choose(model="off", exposure="off")
    controller.sets.open(still)
    deliver_until(desk, SetOpening)
    assert command("fuse").blocked(controller.state) == ""
    assert command("align").blocked(controller.state) == "the frames are still being read"
    controller.photo.fuse()
    assert not controller.session.results
    assert command("fuse").blocked(controller.state) == "begins when the frames are read"
    desk.settle()
    assert [result.provenance.method for result in controller.session.results.values()] == ["photo"]
    assert controller.session.shown == "result:1"
    assert not controller.sets.awaited


def test_that_what_waits_is_forgotten_with_its_set(desk, still, tiny_pair_files) -> None:
    controller = desk.controller
    controller.align.choose(model="off", exposure="off")
    for leave in (
        lambda: controller.sets.open(tiny_pair_files),
        controller.sets.close,
        controller.sets.stay,
    ):
        controller.sets.open(still)
        controller.photo.fuse()
        leave()
        assert not controller.sets.awaited
    desk.settle()
    controller.sets.open([still[0].with_name("missing.png")])
    controller.photo.fuse()
    desk.settle()
    controller.sets.open(tiny_pair_files)
    desk.settle()
    assert not controller.session.results


@pytest.fixture
def with_odd(still, tmp_path: Path) -> list[Path]:
    """Three frames of one size, between them two of others."""
    odd = [tmp_path / "odd 1.png", tmp_path / "odd 2.png"]
    for path, shape in zip(odd, ((80, 128, 3), (128, 96, 3)), strict=True):
        cv2.imwrite(str(path), np.full(shape, 99, np.uint8))
    return [odd[0], *still[:2], odd[1], still[2]]


@pytest.mark.parametrize("chosen", [(0, 1, 2, 4), (0, 1, 2, 3, 4)])
def test_that_frames_of_another_size_are_left_out_where_the_person_wants_it(
    desk, still, with_odd, chosen: tuple[int, ...]
) -> None:
    controller = desk.controller
    controller.sets.open([with_odd[n] for n in chosen])
    desk.settle()
    assert controller.session.stack is None
    (notice,) = desk.seen(Notice)
    names = [with_odd[n].name for n in chosen if n in (0, 3)]
    assert all(name in notice.what for name in names)
    assert "128 x 96" in notice.what
    assert notice.remedy.words == "Open the other 3"
    notice.remedy.act()
    desk.settle()
    assert [source.path for source in controller.session.stack.sources] == still
    assert desk.seen(Notice) == [notice]


def test_that_nothing_is_offered_where_no_size_is_that_of_most(desk, with_odd) -> None:
    desk.controller.sets.open([with_odd[n] for n in (0, 1, 2, 3)])
    desk.settle()
    (notice,) = desk.seen(Notice)
    assert notice.remedy is None
    assert "but" in notice.what
