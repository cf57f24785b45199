from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mfgui
from mfgui.__main__ import main
from mfgui.cli import facts
from mfgui.cli.options import COMMANDS


def one_line(text: str) -> str:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("mfgui: ")
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["align", "a.png", "b.png"], 2, "required: -o/--output; see mfgui align --help"),
        (["align", "a.png", "b.png", "-o", "out"], 3, "a.png: no such file"),
        (["refine", "a.png", "b.png"], 2, "refine is neither a command nor a file"),
        (["nothing.png"], 3, "nothing.png: does not exist"),
        (["fuse"], 2, "required: -o/--output; see mfgui fuse --help"),
        (["fuse", "a.png", "b.png"], 2, "required: -o/--output"),
        (["fuse", "a.png", "b.png", "-o"], 2, "expected one argument"),
        (["fuse", "a", "b", "-o", "c.png", "--device", "gpu"], 2, "'gpu' is not auto, cpu"),
        (["fuse", "a", "b", "-o", "c.png", "--device", "cuda:x"], 2, "'cuda:x' is not auto"),
        (["fuse", "a", "b", "-o", "c.png", "--device", "cuda:99"], 2, "devices here are: cpu"),
        (["map", "a", "b", "-o", "c.png", "--device", "cuda:99"], 2, "devices here are: cpu"),
        (["demo", "--headless", "--device", "cuda:99"], 2, "devices here are: cpu"),
        (["demo", "--device", "cpu"], 2, "--device goes with --headless"),
        (["fuse", "a", "b", "-o", "c.png", "--align", "ecc"], 2, "--align ecc: not known; use"),
        (["fuse", "a", "b", "-o", "c.png", "--reference", "gt"], 2, "unrecognized arguments"),
        (["fuse", "a", "b", "-o", "c.png", "--exposure", "x"], 2, "--exposure x: not known"),
        (["fuse", "a", "b", "-o", "c.png", "-p", "iterations"], 2, "'iterations' is not KEY=VALUE"),
        (["fuse", "a", "b", "-o", "c.png", "-p", "=3"], 2, "'=3' is not KEY=VALUE"),
        (
            ["fuse", "a", "b", "-o", "c.png", "--white", "0"],
            2,
            "white must be a number above 0, not '0'",
        ),
        (["fuse", "a", "b", "-o", "c.png", "--white", "nan"], 2, "white must be a number above 0"),
        (["fuse", "a", "b", "-o", "c.png", "--meth", "x"], 2, "unrecognized arguments: --meth"),
        (["methods", "magic"], 2, "unknown method magic; choose from: "),
        (["synth", "matte", "-o", "x"], 2, "invalid choice: 'matte'"),
        (["synth", "layered", "-o", "x", "--size", "600"], 2, "'600' is not WxH"),
        (["synth", "layered", "-o", "x", "--layers", "-3"], 2, "--layers"),
        (["demo", "--out", "x"], 2, "--out goes with --headless"),
        (["--reference", "gt.png"], 2, "--reference goes with images"),
        ([".", "--reference", "gt.png"], 3, "gt.png: is no file; name the picture of the"),
        (["--reference"], 2, "--reference: expected one argument"),
        (["score", "a.png"], 2, "required: --sources; see mfgui score --help"),
        (["score", "--sources", "a.png", "b.png"], 2, "required: FUSED"),
        (["metrics", "magic"], 2, "unknown metric magic; mfgui metrics lists them"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_that_wrong_use_is_one_line(
    arguments: list[str],
    code: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    shown = capsys.readouterr()
    assert words in one_line(shown.err)
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


def test_that_version_and_help_succeed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mfgui {mfgui.__version__}\n"
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for command in COMMANDS:
        assert f"  {command.name} " in text
        assert command.summary in text
        assert main([command.name, "--help"]) == 0
        shown = capsys.readouterr()
        assert f"usage: mfgui {command.name}" in shown.out
        assert shown.err == ""


def failing(error: BaseException) -> object:
    def fail(_options: object) -> int:
        raise error

    return fail


def test_that_an_unexpected_fault_is_one_line_and_its_traceback_is_in_the_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, own_folders: Path
) -> None:
    monkeypatch.setattr(facts, "methods", failing(ValueError("two\nlines")))
    assert main(["methods"]) == 1
    log = own_folders / "mfgui.log"
    line = one_line(capsys.readouterr().err)
    assert line == f"mfgui: unexpected fault (ValueError: two lines); details in {log}"
    assert "Traceback (most recent call last)" in log.read_text(encoding="utf-8")


def test_that_a_log_that_cannot_be_written_is_still_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("MFGUI_HOME", str(blocked))
    monkeypatch.setattr(facts, "methods", failing(ValueError("odd")))
    assert main(["methods"]) == 1
    assert "the log cannot be written" in one_line(capsys.readouterr().err)


def test_that_a_developer_sees_the_traceback_on_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MFGUI_DEBUG", "1")
    monkeypatch.setattr(facts, "methods", failing(ValueError("odd")))
    assert main(["methods"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (MemoryError(), 4, "not enough memory"),
        (KeyboardInterrupt(), 130, "interrupted; nothing was written"),
    ],
    ids=["memory", "interrupt"],
)
def test_that_memory_and_interrupts_have_their_codes(
    error: BaseException,
    code: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(facts, "methods", failing(error))
    assert main(["methods"]) == code
    assert words in one_line(capsys.readouterr().err)


def test_that_a_reader_who_leaves_early_is_no_error() -> None:
    program = "import sys; from mfgui.__main__ import main; sys.exit(main(['methods', '--json']))"
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_that_python_m_mfgui_is_the_command() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "mfgui", "fuse"], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2
    one_line(ended.stderr)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can tell")
@pytest.mark.parametrize("arguments", [[], ["demo"]], ids=["plain", "demo"])
def test_that_a_machine_without_display_is_told_what_to_do(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main(arguments) == 2
    line = one_line(capsys.readouterr().err)
    assert "there is no display" in line
    assert "mfgui demo --headless" in line


def test_that_an_impossible_name_is_missing_not_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["x" * 300 + ".png"]) == 3
    assert "does not exist" in one_line(capsys.readouterr().err)
