from __future__ import annotations

import json
from pathlib import Path

import pytest

from mfgui.__main__ import main
from tests.files.odd_cases import CASES, Case, Setup
from tests.files.test_odd_input import files_below

# A folder stands for the images in it, so an empty one is refused in other words.
WORDS = {"a folder": ("holiday.png", "no images in this folder")}


def arguments(setup: Setup) -> list[str]:
    words = ["fuse", *map(str, setup.sources), "-o", str(setup.output), "-p", "iterations=1"]
    if setup.map is not None:
        words += ["--map", str(setup.map)]
    if setup.white is not None:
        words += ["--white", str(setup.white)]
    return words


@pytest.mark.parametrize("case", [c for c in CASES if c.error or c.run_error], ids=str)
def test_that_wrong_input_is_one_line_with_its_exit_code(
    case: Case, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    setup = case.build(folder)
    before = files_below(folder)
    error = case.error or case.run_error
    assert error is not None
    with case.fault(setup):
        code = main(arguments(setup))
    shown = capfd.readouterr()
    assert code == error.exit_code, shown.err
    lines = shown.err.splitlines()
    assert len(lines) == 1, shown.err
    assert lines[0].startswith("mfgui: ")
    words = WORDS.get(case.name, case.words or case.run_words)
    assert [word for word in words if word not in lines[0]] == [], lines[0]
    assert shown.out == ""
    assert files_below(folder) == before


@pytest.mark.parametrize("case", [c for c in CASES if not (c.error or c.run_error)], ids=str)
def test_that_odd_input_is_fused_with_a_note(
    case: Case, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    setup = case.build(tmp_path)
    with case.fault(setup):
        code = main([*arguments(setup), "--json"])
    shown = capfd.readouterr()
    assert code == 0, shown.err
    assert all(line.startswith("mfgui: note: ") for line in shown.err.splitlines())
    assert [word for word in case.words if word not in shown.err] == [], shown.err
    assert json.loads(shown.out)["k"] == 2
    assert setup.output.stat().st_size > 100
