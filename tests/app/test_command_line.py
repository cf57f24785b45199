from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.app.command_line import fuse_command
from mfgui.cli.main import run
from mfgui.core.stack import SourceStack


def stack_of(*paths: Path) -> SourceStack:
    frames = [np.zeros((8, 8, 3), np.uint8) for _ in paths]
    stack = SourceStack.from_arrays(frames)
    sources = tuple(
        replace(source, path=path) for source, path in zip(stack.sources, paths, strict=True)
    )
    return SourceStack(sources, stack.store)


def test_that_the_line_names_sources_output_method_and_changes() -> None:
    line = fuse_command(
        stack_of(Path("/p/near one.jpg"), Path("/p/far's.jpg")),
        method="ms-lap",
        explicit={"variant": "paper", "tolerance": 1e-7, "detector": "variance"},
        output=Path("/p/near one_fused.tif"),
        map_path="/p/my map.png",
    )
    assert shlex.split(line) == [
        "mfgui",
        "fuse",
        "/p/near one.jpg",
        "/p/far's.jpg",
        "-o",
        "/p/near one_fused.tif",
        "--method",
        "ms-lap",
        "--map",
        "/p/my map.png",
        "-p",
        "variant=paper",
        "-p",
        "tolerance=1e-07",
        "-p",
        "detector=variance",
    ]


def test_that_a_chosen_device_is_named() -> None:
    stack = stack_of(Path("/p/1.tif"), Path("/p/2.tif"))
    line = fuse_command(stack, method="m", explicit={}, output=Path("o.png"), device="cuda:1")
    assert line == "mfgui fuse /p/1.tif /p/2.tif -o o.png --method m --device cuda:1"


def test_that_a_multi_page_file_is_named_once() -> None:
    line = fuse_command(
        stack_of(Path("/p/stack.tif"), Path("/p/stack.tif")),
        method="average",
        explicit={},
        output=Path("/p/o.tif"),
    )
    assert line == "mfgui fuse /p/stack.tif -o /p/o.tif --method average"


def test_that_the_line_runs(
    tiny_pair_files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "a fused picture.png"
    line = fuse_command(
        stack_of(*tiny_pair_files),
        method="ms-lap",
        explicit={"iterations": 2, "window": 7, "detector": "variance"},
        output=output,
    )
    assert run(shlex.split(line)[1:]) == 0, capsys.readouterr().err
    assert output.is_file()


def test_that_braces_in_the_name_of_the_output_stay_braces(tmp_path: Path) -> None:
    paths = [tmp_path / "a{1}.png", tmp_path / "b{2}.png"]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((20, 30, 3), 60 * number, np.uint8))
    output = tmp_path / "a{1}_fused.png"
    line = fuse_command(stack_of(*paths), method="average", explicit={}, output=output)
    assert run(shlex.split(line)[1:]) == 0
    assert output.exists()
