"""The page on the metrics is true, see `tests.methods.metrics.page`.

With ``MFGUI_WRITE_PICTURES=1`` in the environment it is written anew.
"""

from __future__ import annotations

import os
from pathlib import Path

from mfgui.methods.metrics import METRICS
from tests.methods.metrics.page import HEADS, page

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
WRITING = bool(os.environ.get("MFGUI_WRITE_PICTURES"))


def test_that_the_page_says_what_the_catalogue_says() -> None:
    text = page()
    if WRITING:
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text


def test_that_every_metric_has_one_row_of_the_table() -> None:
    rows = [line.split("|") for line in page().splitlines() if line.startswith("| `")]
    assert [row[1].strip(" `") for row in rows] == list(METRICS)
    assert {len(row) - 2 for row in rows} == {len(HEADS)}
