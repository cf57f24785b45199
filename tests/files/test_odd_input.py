from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from mfgui.core.arrays import to_float
from mfgui.files.atomic import check_output
from mfgui.files.images import output_format, read_image, read_stack, write_image
from mfgui.files.maps import read_map
from tests.files.odd_cases import CASES, Case, Setup


def files_below(folder: Path) -> dict[str, bytes]:
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            regular = stat.S_ISREG(path.lstat().st_mode)
            found[str(path)] = path.read_bytes() if regular else b"link or pipe"
    return found


def main_job(setup: Setup) -> tuple[str, ...]:
    """What every program around the files does: check, read, read a map, write."""
    check_output(setup.output, inputs=setup.sources)
    output_format(setup.output)
    stack = read_stack(setup.sources, white=setup.white)
    if setup.map is not None:
        read_map(setup.map, k=stack.k, size=stack.size)
    first = stack.sources[0]
    write_image(
        setup.output, to_float(stack.pixels(0)), depth=first.depth, icc=first.icc, exif=first.exif
    )
    return tuple(notice for source in stack.sources for notice in source.notices)


@pytest.mark.parametrize("case", [case for case in CASES if case.error], ids=str)
def test_that_wrong_input_gives_one_line_and_changes_nothing(
    case: Case, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert case.error is not None
    setup = case.build(tmp_path)
    before = files_below(tmp_path)
    with case.fault(setup), pytest.raises(case.error) as caught:
        main_job(setup)
    line = str(caught.value)
    assert type(caught.value) is case.error
    assert "\n" not in line
    assert [word for word in case.words if word not in line] == [], line
    assert files_below(tmp_path) == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("case", [case for case in CASES if not case.error], ids=str)
def test_that_odd_input_is_accepted_with_its_notice(
    case: Case, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    setup = case.build(tmp_path)
    before = files_below(tmp_path)
    with case.fault(setup):
        notices = " | ".join(main_job(setup))
    assert [word for word in case.words if word not in notices] == [], notices
    assert np.isfinite(read_image(setup.output)).all()
    after = files_below(tmp_path)
    after.pop(str(setup.output))
    before.pop(str(setup.output), None)
    assert after == before
    assert capfd.readouterr() == ("", "")


def test_that_accepted_plain_input_gives_no_notice(tmp_path: Path) -> None:
    unicode_path = next(case for case in CASES if case.name == "unicode path")
    assert main_job(unicode_path.build(tmp_path)) == ()


def test_that_the_table_has_each_name_once() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert len(names) >= 25
