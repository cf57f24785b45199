"""Previews on reduced frames: the last wish wins, and nothing but the canvas changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfgui.app.preview_control import PIXELS, PREVIEW
from mfgui.core.arrays import Size
from mfgui.files.images import write_image
from mfgui.synth.constant_depth import constant_depth
from tests.app.conftest import Desk

METHOD = "defocus-inversion"


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    """A pair that is larger than previews are; its second frame has the front sharp."""
    pair = constant_depth(Size(400, 300), radius=5, seed=3)
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, frame in zip(paths, (pair.far, pair.near), strict=True):
        write_image(path, frame, depth="uint8")
    desk.controller.sets.open(paths)
    desk.settle()
    return desk


def test_that_a_preview_is_small_and_leaves_no_result(opened: Desk) -> None:
    controller, session = opened.controller, opened.controller.session
    controller.previews.want(METHOD, {})
    assert controller.previews.words == "computing…"
    opened.settle()
    assert session.shown == PREVIEW
    picture = controller.view.picture(PREVIEW)
    assert picture is not None
    assert picture.size.pixels <= 1.02 * PIXELS
    assert controller.previews.words == "front in frame 2"
    assert not session.results
    assert not controller.sessions.modified
    controller.previews.end()
    opened.settle()
    assert session.shown == "source:1"
    assert controller.view.picture(PREVIEW) is None
    assert controller.previews.words == ""


def test_that_the_last_wish_wins(opened: Desk) -> None:
    previews = opened.controller.previews
    for near in ("2", "1", "auto"):  # only what is found out is said
        previews.want(METHOD, {"near": near})
    opened.settle()
    assert previews.words == "front in frame 2"


def test_that_what_was_stopped_is_not_shown(opened: Desk) -> None:
    previews = opened.controller.previews
    previews.want(METHOD, {})
    previews.stop()
    opened.settle()
    assert opened.controller.session.shown == "source:1"
    previews.want(METHOD, {})
    opened.controller.sets.close()
    opened.settle()
    assert opened.controller.session.shown == ""
    assert previews.words == ""


def test_that_it_goes_back_to_what_was_shown_before(opened: Desk) -> None:
    controller = opened.controller
    controller.runs.run("average", {})
    opened.settle()
    assert controller.session.shown == "result:1"
    controller.previews.want(METHOD, {})
    opened.settle()
    controller.previews.end()
    opened.settle()
    assert controller.session.shown == "result:1"
    controller.previews.want(METHOD, {})
    opened.settle()
    controller.runs.delete_result(1)
    opened.settle()
    controller.previews.end()
    assert controller.session.shown == "source:1"


def test_that_only_methods_with_previews_and_right_values_have_one(opened: Desk) -> None:
    previews = opened.controller.previews
    previews.want("average", {})
    assert not previews.busy
    previews.want(METHOD, {"halo": 7})
    assert not previews.busy
    assert "halo=7" in previews.words


def test_that_a_session_opens_with_the_result_of_a_background(opened: Desk, tmp_path: Path) -> None:
    controller = opened.controller
    controller.runs.run(METHOD, {"near": "2"})
    opened.settle()
    image = controller.session.results[1].image
    controller.view.show("result:1:background")
    opened.settle()
    controller.sessions.save_as(tmp_path / "work.mfgui")
    opened.settle()
    other = Desk()
    other.controller.sessions.open(tmp_path / "work.mfgui")
    other.settle()
    session = other.controller.session
    assert session.shown == "result:1"
    assert (session.results[1].image == image).all()
    assert not session.results[1].aspects
    assert other.controller.view.background_key() == ""
