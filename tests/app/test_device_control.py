from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from mfgui.app import device_control, devices
from mfgui.app.devices import Device
from mfgui.app.diagnostics import Answer
from mfgui.core.errors import UsageError
from mfgui.core.events import DevicesChanged, Notice

CPU = Device("cpu", "cpu", "Processor")
CARD = Device("cuda:0", "cuda", "Card")
TAKEN = Device("cuda:0", "cuda", "Card", usable=False, reason="in exclusive use")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Device]:
    """What the other process finds; the system shows signs of a graphics processor."""
    found: list[Device] = [CPU, CARD]

    def ask(*arguments: str) -> Answer:
        assert arguments == ("-m", "mfgui", "devices", "--json")
        entries = [asdict(device) for device in found]
        return Answer(0, json.dumps({"devices": entries, "torch": "2.9"}), "")

    monkeypatch.setattr(devices, "may_have_graphics", lambda: True)
    monkeypatch.setattr(device_control, "ask_python", ask)
    return found


def test_that_only_the_processor_is_known_at_first(desk, answers) -> None:
    assert [device.id for device in desk.controller.devices.known] == ["cpu"]
    assert desk.controller.devices.current == "cpu"


def test_that_a_device_that_is_found_is_used_at_once(desk, answers) -> None:
    desk.controller.devices.look()
    desk.settle()
    control = desk.controller.devices
    assert control.known == (CPU, CARD)
    assert (control.choice, control.current, control.best) == ("auto", "cuda:0", "cuda:0")
    assert desk.seen(DevicesChanged)
    assert not desk.seen(Notice)


def test_that_the_choice_is_remembered(desk, answers) -> None:
    desk.controller.devices.look()
    desk.settle()
    desk.controller.devices.choose("cpu")
    assert desk.controller.settings.values.device == "cpu"
    assert desk.controller.devices.current == "cpu"
    desk.controller.devices.look()
    desk.settle()
    assert desk.controller.devices.choice == "cpu"
    with pytest.raises(UsageError):
        desk.controller.devices.choose("cuda:3")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([CPU], "the device cuda:0 is not there any more"),
        ([CPU, TAKEN], "the device cuda:0 cannot be used: in exclusive use"),
    ],
)
def test_that_a_remembered_device_that_is_gone_is_told(desk, answers, found, words) -> None:
    desk.controller.settings.change(device="cuda:0")
    assert desk.controller.devices.choice == "auto"
    answers[:] = found
    desk.controller.devices.look()
    desk.settle()
    (notice,) = desk.seen(Notice)
    assert notice.what == words
    assert notice.kept == "runs use the device cpu; see Run > Device"
    assert desk.controller.settings.values.device == "auto"


def test_that_nothing_is_started_where_there_is_no_sign_of_a_card(
    desk, answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "may_have_graphics", lambda: False)
    desk.controller.settings.change(device="cuda:0")
    desk.controller.devices.look()
    assert desk.controller.devices.choice == "auto"
    assert "cuda:0 is not there" in desk.seen(Notice)[0].what


def test_that_an_answer_of_no_use_leaves_the_processor(
    desk, answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_control, "ask_python", lambda *_: Answer(1, "", "broken"))
    desk.controller.devices.look()
    desk.settle()
    assert [device.id for device in desk.controller.devices.known] == ["cpu"]
