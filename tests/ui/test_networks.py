"""Methods by networks in the whole window, with temporary weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mfgui.nets import shipped
from mfgui.nets.weights import write
from mfgui.ui.application import Application
from tests.methods.learned.conftest import random_weights
from tests.ui.hands import WAIT_MS, click


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the window finds its weights; before the window is made."""
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    for name in ("ms-resnet", "mff-gan"):
        write(tmp_path / f"{name}.safetensors", random_weights(name))
    return tmp_path


def test_that_ms_resnet_runs_over_the_map_that_the_dock_shows(
    opened: Application, qtbot: Any
) -> None:
    panel, session = opened.window.parts.method, opened.controller.session
    panel.choose_method("ms-resnet")
    assert panel.detector_box.currentText() == "MS-ResNet focus map"
    click(panel.run_button)
    qtbot.waitUntil(lambda: len(session.results) == 1, timeout=WAIT_MS)
    made = session.results[1].provenance
    assert (made.method, made.detector) == ("ms-resnet", "ms-resnet-map")
    assert made.versions["ms-resnet weights"].startswith("sha256:")


def test_that_damaged_weights_are_told_in_the_window(
    opened: Application, qtbot: Any, weights: Path
) -> None:
    parts = opened.window.parts
    panel = parts.method
    (weights / "mff-gan.safetensors").write_bytes(b"damaged")
    panel.choose_method("mff-gan")
    assert not panel.detector_box.isVisible()
    click(panel.run_button)
    qtbot.waitUntil(
        lambda: any("mff-gan.safetensors" in notice.what for notice in parts.banners.notices),
        timeout=WAIT_MS,
    )
    assert not opened.controller.session.results
