from __future__ import annotations

import json

import pytest

from mfgui.__main__ import main
from mfgui.methods import registry


def test_that_methods_lists_every_method_with_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    for name, kind in [
        ("laplacian", "detector"),
        ("variance", "detector"),
        ("average", "fuser"),
        ("composite", "fuser"),
        ("ms-lap", "optimiser"),
    ]:
        assert kind in rows[name]


def test_that_methods_as_json_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods", "--json"]) == 0
    listing = json.loads(capsys.readouterr().out)
    assert listing["unavailable"] == {}
    by_name = {entry["name"]: entry for entry in listing["methods"]}
    assert by_name.keys() == registry.load().methods.keys()
    parameters = {entry["name"]: entry for entry in by_name["ms-lap"]["parameters"]}
    assert parameters["variant"]["choices"] == ["ours", "paper", "released"]
    assert parameters["iterations"]["default"] == 60
    assert by_name["ms-lap"]["detectors"] == ["laplacian", "variance"]
    assert by_name["average"]["detectors"] == by_name["laplacian"]["detectors"] == []
    assert by_name["ms-lap"]["variants"]["paper"]["iterations"] == 1000


def test_that_one_method_is_explained_with_ranges_and_variants(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["methods", "ms-lap"]) == 0
    text = capsys.readouterr().out
    method = registry.load().get("ms-lap")
    for parameter in method.parameters:
        assert f"  {parameter.name} " in text
        assert parameter.allowed() in text
    assert "laplacian or variance; default laplacian" in text
    assert "variant=paper sets solver=gradient" in text
    assert main(["methods", "ms-lap", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "ms-lap"
