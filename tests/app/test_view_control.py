"""Pictures of results are kept while there is room for them."""

from __future__ import annotations

from dataclasses import replace

from mfgui.app.view_control import MOST_PICTURES
from mfgui.core.events import PictureDropped, PictureReady, ResultAdded


def test_that_no_picture_is_dropped_while_there_is_room(desk, tiny_pair_files) -> None:
    controller = desk.controller
    controller.sets.open(tiny_pair_files)
    desk.settle()
    controller.runs.run("average", {})
    desk.settle()
    first = controller.session.results[1]
    for number in range(2, MOST_PICTURES + 1):
        controller.session.results[number] = replace(first, image=first.image.copy())
        controller.notifier.emit(ResultAdded(number))
        controller.view.show(f"result:{number}")
        desk.settle()
    assert not desk.seen(PictureDropped)
    desk.changes.clear()
    for number in range(1, MOST_PICTURES + 1):
        controller.view.show(f"result:{number}")
        desk.settle()
    assert not desk.seen(PictureReady)
