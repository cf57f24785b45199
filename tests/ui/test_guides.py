from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.snapping import GuideKind
from mfgui.ui.application import Application
from mfgui.ui.guides import GUIDE_MAKERS, Frames, Guides

PLACE = Rect(200, 150, 40, 30)


@pytest.fixture
def guides(opened: Application) -> Guides:
    return Guides(opened.controller, GUIDE_MAKERS)


def read(guides: Guides, kind: GuideKind) -> np.ndarray:
    guide = guides.of(kind)
    assert guide is not None
    return guide.read(PLACE).copy()


def test_that_there_is_no_guide_without_a_set(application: Application) -> None:
    guides = Guides(application.controller, GUIDE_MAKERS)
    assert [guides.of(kind) for kind in GuideKind] == [None, None, None]


def test_that_guides_are_kept_until_the_set_goes(guides: Guides, opened: Application) -> None:
    kept = [guides.of(kind) for kind in GuideKind]
    assert [guides.of(kind) for kind in GuideKind] == kept
    assert all(
        guide is not None and guide.size == opened.controller.session.stack.size for guide in kept
    )
    opened.controller.sets.close()
    assert [guides.of(kind) for kind in GuideKind] == [None, None, None]


def test_that_luminance_is_that_of_the_active_source(guides: Guides, opened: Application) -> None:
    first = read(guides, GuideKind.LUMINANCE)
    sharpness = guides.of(GuideKind.SHARPNESS)
    opened.controller.view.choose_label(2)
    assert not np.array_equal(read(guides, GuideKind.LUMINANCE), first)
    assert guides.of(GuideKind.SHARPNESS) is sharpness


def test_that_fused_is_what_the_map_takes(guides: Guides, opened: Application) -> None:
    controller = opened.controller
    nothing = read(guides, GuideKind.FUSED)
    assert np.array_equal(nothing, read(guides, GuideKind.LUMINANCE))
    whole = Rect(0, 0, 600, 400)
    controller.edit.apply("All", [Edit(whole, np.ones((400, 600), np.bool_), 2)])
    second = read(guides, GuideKind.FUSED)
    controller.view.choose_label(2)
    assert np.array_equal(second, read(guides, GuideKind.LUMINANCE))
    assert not np.array_equal(second, nothing)


def test_that_frames_are_read_one_by_one(opened: Application) -> None:
    stack = opened.controller.session.stack
    assert stack is not None
    frames = Frames(stack)
    assert len(frames) == 2
    assert frames[-1] is stack.pixels(1)
    assert [frame.shape for frame in frames[:1]] == [(400, 600, 3)]
    with pytest.raises(IndexError):
        frames[2]
    assert len(list(frames)) == 2


def test_that_the_region_is_clipped_and_one_step(opened: Application, qtbot: Any) -> None:
    region, session = opened.controller.region, opened.controller.session
    assert region.set(Rect(-20, 350, 100, 100))
    assert session.region == Rect(0, 350, 80, 50)
    assert not region.set(Rect(-50, 350, 130, 100))
    assert region.set(Rect(700, 10, 20, 20))  # beside the picture: none
    assert session.region is None
    history = opened.controller.edit.history
    assert history.names == ("Region", "Clear region")
    opened.controller.edit.undo()
    assert session.region == Rect(0, 350, 80, 50)
    opened.controller.edit.undo()
    assert session.region is None
    opened.controller.edit.redo()
    assert session.region == Rect(0, 350, 80, 50)
