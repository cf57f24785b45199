from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mfgui.core.errors import OutputError
from mfgui.files.reports import json_text, write_json


def test_that_reports_keep_order_text_and_numbers(tmp_path: Path) -> None:
    content = {
        "q": np.float32(0.5),
        "k": np.int64(3),
        "a": np.arange(3),
        "name": "Fliege ñ 图",
        "path": Path("x/y.png"),
        "nested": {"list": (1, [2.0, None, True])},
    }
    write_json(tmp_path / "r.json", content)
    text = (tmp_path / "r.json").read_text(encoding="utf-8")
    assert list(json.loads(text)) == list(content)
    assert json.loads(text) == {
        "q": 0.5,
        "k": 3,
        "a": [0, 1, 2],
        "name": "Fliege ñ 图",
        "path": str(Path("x/y.png")),
        "nested": {"list": [1, [2.0, None, True]]},
    }
    assert "Fliege ñ 图" in text


def test_that_numbers_json_does_not_know_become_null() -> None:
    values = [float("nan"), float("inf"), np.float64("-inf"), np.array([1.0, np.nan])]
    assert json.loads(json_text({"v": values})) == {"v": [None, None, None, [1.0, None]]}


def test_that_values_without_a_json_form_are_an_error_before_writing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_json(tmp_path / "r.json", {"v": object()})
    assert not (tmp_path / "r.json").exists()


def test_that_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="folder does not exist"):
        write_json(tmp_path / "nowhere" / "r.json", {})
