from pathlib import Path

import pytest

from mfgui.app import machine


def test_that_memory_is_read_from_the_kernel(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9000 kB\nMemAvailable:    2048 kB\nHugePages_Total: 0\n")
    assert machine.memory(meminfo=meminfo).available == 2048 * 1024


def test_that_memory_without_the_kernel_file_has_a_total_at_most(tmp_path: Path) -> None:
    assert machine.memory(meminfo=tmp_path / "none").available is None


@pytest.mark.parametrize(("text", "limited"), [("1048576\n", True), ("max\n", False)])
def test_that_the_limit_of_a_container_counts(
    text: str, limited: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(text)
    monkeypatch.setattr(machine, "_CGROUP_LIMITS", (limit,))
    assert (machine.memory().total == 1 << 20) is limited


def test_that_free_space_is_told_for_a_folder_to_come(tmp_path: Path) -> None:
    assert machine.free_disk(tmp_path / "not" / "yet") > 0


def test_that_the_processor_has_a_name() -> None:
    assert machine.processor_name().strip()
