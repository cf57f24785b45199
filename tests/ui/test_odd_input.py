"""The table of wrong and odd input, in the window: a banner, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mfgui.core.events import Severity
from mfgui.ui.application import Application
from tests.files.odd_cases import CASES, Case, Setup
from tests.files.test_odd_input import files_below
from tests.ui.hands import WAIT_MS

# A folder stands for the images in it, so an empty one is refused in other words.
WORDS = {"a folder": ("holiday.png", "no images in this folder")}


def built(case: Case, folder: Path) -> Setup:
    setup = case.build(folder)
    if setup.white is not None:
        pytest.skip("another white is chosen on the command line only")
    return setup


def carry_out(application: Application, setup: Setup, qtbot: Any) -> None:
    """Open, load the map, run and export, as far as the window lets one get."""
    controller = application.controller

    def idle() -> bool:
        return not (controller.state.opening or controller.state.running)

    controller.sets.open(setup.sources)
    qtbot.waitUntil(idle, timeout=WAIT_MS)
    if controller.session.stack is None:
        return
    notices = application.window.parts.banners
    if setup.map is not None:
        told = len(notices.notices)
        controller.sets.load_map(setup.map)
        qtbot.waitUntil(
            lambda: controller.state.has_map or len(notices.notices) > told, timeout=WAIT_MS
        )
        if not controller.state.has_map:
            return
    controller.runs.run("ms-lap", {"iterations": 1})
    qtbot.waitUntil(idle, timeout=WAIT_MS)
    if controller.session.results:
        # On a full disk the copy that is kept after a run fails, too, before or after the export.
        def others() -> int:
            return sum("copy against a crash" not in n.what for n in notices.notices)

        told = others()
        controller.sets.export(1, setup.output, depth=controller.session.stack.depth)
        qtbot.waitUntil(lambda: others() > told, timeout=WAIT_MS)


@pytest.mark.parametrize("case", [c for c in CASES if (c.error or c.run_error)], ids=str)
def test_that_wrong_input_is_a_banner_and_the_files_stay(
    case: Case, application: Application, qtbot: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    setup = built(case, folder)
    before = files_below(folder)
    with case.fault(setup):
        carry_out(application, setup, qtbot)
    errors = [
        notice
        for notice in application.window.parts.banners.notices
        if notice.severity is Severity.ERROR
    ]
    words = WORDS.get(case.name, case.words or case.run_words)
    assert [word for word in words if word not in errors[0].what] == [], errors
    assert "\n" not in errors[0].what
    assert application.window.parts.banners.shown is not None
    assert files_below(folder) == before


@pytest.mark.parametrize("case", [c for c in CASES if not (c.error or c.run_error)], ids=str)
def test_that_odd_input_opens_with_a_note(
    case: Case, application: Application, qtbot: Any, tmp_path: Path
) -> None:
    setup = built(case, tmp_path)
    controller, banners = application.controller, application.window.parts.banners
    with case.fault(setup):
        controller.sets.open(setup.sources)
        qtbot.waitUntil(lambda: not controller.state.opening, timeout=WAIT_MS)
    assert controller.session.stack is not None
    told = " ".join(f"{notice.what} {notice.details}" for notice in banners.notices)
    assert [word for word in case.words if word not in told] == [], told
    assert all(notice.severity is Severity.INFO for notice in banners.notices)
