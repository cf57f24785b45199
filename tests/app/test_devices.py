from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mfgui import _startup
from mfgui.app import devices
from mfgui.app.devices import Device
from mfgui.core.errors import UsageError

CPU = Device("cpu", "cpu", "Processor", cores=4)
CUDA = Device("cuda:0", "cuda", "First card")
SECOND = Device("cuda:1", "cuda", "Second card")
BUSY = Device("cuda:0", "cuda", "First card", usable=False, reason="in exclusive use")
MPS = Device("mps", "mps", "M")


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("auto", [CPU], "cpu"),
        ("auto", [CPU, CUDA, SECOND], "cuda:0"),
        ("auto", [CPU, BUSY, SECOND], "cuda:1"),
        ("auto", [CPU, BUSY], "cpu"),
        ("auto", [CPU, MPS], "mps"),
        ("cpu", [CPU, CUDA], "cpu"),
        ("cuda", [CPU, CUDA, SECOND], "cuda:0"),
        ("cuda", [CPU, BUSY, SECOND], "cuda:1"),
        ("cuda:1", [CPU, CUDA, SECOND], "cuda:1"),
        ("mps", [CPU, MPS], "mps"),
    ],
)
def test_that_a_name_means_the_first_usable_device(
    name: str, found: list[Device], expected: str
) -> None:
    assert devices.chosen(name, look=lambda: found).id == expected


@pytest.mark.parametrize(
    ("name", "found", "words"),
    [
        ("cuda", [CPU], "there is no device cuda; the devices here are: cpu"),
        ("cuda:7", [CPU, CUDA], "there is no device cuda:7; the devices here are: cpu, cuda:0"),
        (
            "cuda",
            [CPU, BUSY, MPS],
            "the device cuda cannot be used: in exclusive use; the devices here are: cpu, mps",
        ),
    ],
)
def test_that_an_absent_device_is_refused_with_those_there_are(
    name: str, found: list[Device], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        devices.chosen(name, look=lambda: found)
    assert str(caught.value) == words


def test_that_the_processor_is_chosen_without_looking() -> None:
    def look() -> list[Device]:
        raise AssertionError("nobody needs the list")

    assert devices.chosen("cpu", look=look).id == "cpu"


def test_that_the_processor_is_listed_first_with_its_cores() -> None:
    first, *others = devices.all_devices()
    assert (first.id, first.kind, first.cores) == ("cpu", "cpu", _startup.cores())
    assert first.usable
    assert all(other.reason for other in others if not other.usable)


def test_that_signs_of_a_graphics_processor_are_seen(tmp_path: Path) -> None:
    (tmp_path / "null").touch()
    assert not devices.may_have_graphics(folder=tmp_path, platform="linux")
    (tmp_path / "nvidia0").touch()
    assert devices.may_have_graphics(folder=tmp_path, platform="linux")
    assert devices.may_have_graphics(folder=tmp_path, platform="darwin")


def test_that_auto_loads_no_torch_where_nothing_shows_a_graphics_processor() -> None:
    code = (
        "import sys; from mfgui.app import devices;"
        "devices.may_have_graphics = lambda: False;"
        "assert devices.chosen('auto').id == 'cpu';"
        "\ntry: devices.chosen('cuda')\nexcept Exception as error: print(error)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    first, second = done.stdout.splitlines()
    assert first == "there is no device cuda; the devices here are: cpu"
    assert second == "False"


class _Torch:
    """torch as far as devices are concerned, with two cards of which the second is taken."""

    version = SimpleNamespace(cuda="12.6", hip=None)
    backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False))

    class cuda:
        @staticmethod
        def is_available() -> bool:
            return True

        @staticmethod
        def device_count() -> int:
            return 2

        @staticmethod
        def get_device_properties(index: int) -> Any:
            return SimpleNamespace(name=f"Card {index}", total_memory=8 << 30)

        @staticmethod
        def mem_get_info(index: int) -> tuple[int, int]:
            if index == 1:
                raise RuntimeError("CUDA-capable device(s) is/are busy\nand more lines")
            return 6 << 30, 8 << 30


def test_that_cards_are_listed_with_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", _Torch)  # type: ignore[arg-type]
    free, taken = devices._graphics_processors()
    assert (free.id, free.name, free.usable) == ("cuda:0", "Card 0", True)
    assert (free.memory_bytes, free.memory_free_bytes) == (8 << 30, 6 << 30)
    assert (taken.id, taken.usable) == ("cuda:1", False)
    assert taken.reason == "CUDA-capable device(s) is/are busy"


def test_that_a_card_without_a_fitting_torch_says_why(tmp_path: Path) -> None:
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0" / "information").write_text("Model: \t Card X\nIRQ: 1\n")
    (card,) = devices._unused("torch is not installed", drivers=tmp_path)
    assert (card.id, card.name, card.usable) == ("cuda:0", "Card X", False)
    assert card.reason == "torch is not installed"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"devices": [1]}', '{"devices": [{"id": "x"}]}'])
def test_that_anything_else_is_no_list_of_devices(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's and ours
        devices.parsed(text)
