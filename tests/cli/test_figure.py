from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mfgui.__main__ import main
from mfgui.files.figure_saving import picture_folder, recipe_path, save_figure
from tests.files.figures_made import pictures, recipe, style


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A figure as the window writes it."""
    output = tmp_path / "a.pdf"
    known = pictures()
    save_figure(output, recipe(), lambda key: known[key], style())
    return output


def test_that_figure_draws_the_same_file_again(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = made.read_bytes()
    made.unlink()
    assert main(["figure", str(recipe_path(made))]) == 0
    assert made.read_bytes() == before
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{made}: 60.0 x ")
    assert "dots at 200 dpi" in shown.out
    assert shown.err == ""


def test_that_it_needs_no_window_system(made: Path) -> None:
    out = made.with_name("b.png")
    code = (
        "import sys; sys.modules['PySide6'] = None; from mfgui.__main__ import main; "
        f"sys.exit(main(['figure', {str(recipe_path(made))!r}, '-o', {str(out)!r}]))"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        timeout=120,
        env={"PATH": "", "HOME": str(made.parent)},
    )
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["none.json"], 3, "no such file"),
        (["a.pdf"], 3, "no recipe of a figure"),
        (["a.pdf.figure.json", "-o", "b.jpg"], 2, "no figure of format '.jpg'"),
        (["a.pdf.figure.json", "-o", "none/b.png"], 5, "folder does not exist"),
        (["a.pdf.figure.json", "-o", "a.pdf.figure.json"], 2, "no figure of format '.json'"),
        ([], 2, "RECIPE.json"),
    ],
)
def test_that_every_failure_is_one_line(
    made: Path,
    arguments: list[str],
    code: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(made.parent)
    assert main(["figure", *arguments]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert words in shown.err
    assert shown.err.count("\n") == 1


def test_that_a_missing_picture_ends_with_3(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in picture_folder(made).iterdir():
        path.unlink()
    before = made.read_bytes()
    assert main(["figure", str(recipe_path(made))]) == 3
    shown = capsys.readouterr()
    assert "no such file" in shown.err
    assert shown.err.count("\n") == 1
    assert made.read_bytes() == before
