"""The table that the guide reproduces, where the published images are beside the project."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mfgui.bench.pool import Inline
from mfgui.cli import benching
from mfgui.cli.main import run

GUIDE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def guide_rows() -> dict[str, list[str]]:
    """Set -> its numbers, as the guide prints them."""
    lines = GUIDE.read_text("utf-8").splitlines()
    cells = [[part.strip() for part in line.strip().strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells if row[0].startswith("lytro-") and len(row) == 13}


def test_that_the_commands_of_the_guide_give_its_numbers(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published, printed = shared_data / "results_published", guide_rows()
    assert list(printed) == ["lytro-01", "lytro-06", "lytro-15"]
    images = tmp_path / "MFIF" / "fused_images"
    images.mkdir(parents=True)
    (tmp_path / "lytro").symlink_to(shared_data / "pairs" / "lytro")
    for name in printed:
        there = name.replace("-", "_")
        image = f"{there}_DSIFT.jpg"
        (images / image).symlink_to(published / there / image)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(benching, "Processes", Inline)
    results = "DSIFT=MFIF/fused_images/lytro_{number}_DSIFT.jpg"
    assert f'--results "{results}"' in GUIDE.read_text("utf-8")
    line = ["bench", "lytro", "--results", results, "--metrics", "mfif-gan", "-o", "table1"]
    assert run([*line, "--no-report"]) == 0
    with (tmp_path / "table1/cells.csv").open(encoding="utf-8", newline="") as file:
        found = {row["set"]: row for row in csv.DictReader(file) if not row["reason"]}
    for name, numbers in printed.items():
        values = list(found[name].values())[3:15]
        assert [f"{float(text):.5f}" for text in values] == numbers
