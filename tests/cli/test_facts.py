from __future__ import annotations

import json

import pytest

from mfgui import _startup
from mfgui.__main__ import main
from mfgui.app import devices, diagnostics
from mfgui.app.devices import Device
from mfgui.app.diagnostics import Check
from mfgui.methods import registry


def test_that_methods_lists_every_method_with_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert lines.index("MFF-SSIM") < lines.index("Focus measures")
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
    makers = [m.name for m in registry.load().of_kind(*registry.MAPPING)]
    assert by_name["ms-lap"]["detectors"] == makers
    assert {"laplacian", "variance"} <= set(makers)
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
    words = " ".join(text.split())
    assert "laplacian, variance" in words
    assert "default laplacian; a parameter of it is set by -p detector.KEY=VALUE" in words
    assert "variant=paper sets solver=gradient" in text
    notes = method.notes
    assert notes is not None
    assert all(" ".join(part.split()) in words for part in (notes.idea, notes.failures))
    assert main(["methods", "ms-lap", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "ms-lap"


def test_that_devices_names_the_processor_and_its_cores(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("cpu ")
    assert f"{_startup.cores()} core" in first
    assert main(["devices", "--json"]) == 0
    listing = json.loads(capsys.readouterr().out)["devices"]
    assert listing[0]["kind"] == "cpu"
    assert listing[0]["usable"] is True
    assert listing[0]["memory_bytes"] >= listing[0]["memory_free_bytes"] > 0


def test_that_devices_tell_their_memory_and_why_one_cannot_be_used(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = [
        Device("cpu", "cpu", "Processor", cores=1),
        Device("cuda:0", "cuda", "Card", memory_bytes=8 << 30, memory_free_bytes=7 << 30),
        Device("cuda:1", "cuda", "Old", memory_bytes=8 << 30, usable=False, reason="too old"),
    ]
    monkeypatch.setattr(devices, "all_devices", lambda: cards)
    monkeypatch.setattr(devices, "torch_version", lambda: "2.9")
    assert main(["devices"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "cpu     Processor, 1 core",
        "cuda:0  Card, 7.0 of 8.0 GiB free",
        "cuda:1  Old, 8.0 GiB, cannot be used: too old",
        "torch 2.9",
    ]
    assert main(["devices", "--json"]) == 0
    text = capsys.readouterr().out
    assert devices.parsed(text) == cards
    assert json.loads(text)["torch"] == "2.9"


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("warn", 0), ("fail", 1)])
def test_that_doctor_fails_only_for_a_failed_check(
    state: diagnostics.State,
    code: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = [Check("python", "ok", "3.11"), Check("disk", state, "little", "free some space")]
    monkeypatch.setattr(diagnostics, "doctor", lambda: checks)
    assert main(["doctor"]) == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ok    python  3.11"
    assert lines[1].split() == [state, "disk", "little"]
    assert lines[2].strip() == "-> free some space"
    assert main(["doctor", "--json"]) == code
    listing = json.loads(capsys.readouterr().out)["checks"]
    assert listing[1] == {
        "name": "disk",
        "state": state,
        "found": "little",
        "advice": "free some space",
    }
