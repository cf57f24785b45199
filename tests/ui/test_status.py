"""The words of the status bar."""

from __future__ import annotations

from mfgui.ui.canvas.readout import Readout
from mfgui.ui.status import readout_words


def test_that_a_pair_shows_the_values_of_both_and_of_the_fused_image() -> None:
    values = {"source:1": (1, 2, 3), "source:2": (4, 5, 6), "composite": (1, 2, 3)}
    words = readout_words(Readout(7, 8, "composite", values, 1), ["a.tif", "b.tif"])
    assert words.split("    ") == ["7, 8", "Fused 1 2 3", "1: 1 2 3", "2: 4 5 6", "label 1, a.tif"]


def test_that_a_large_stack_shows_the_sources_that_matter_here() -> None:
    values = {f"source:{n}": (n,) for n in range(1, 201)}
    names = [f"{n}.png" for n in range(1, 201)]
    words = readout_words(Readout(0, 0, "source:150", values, 42), names)
    assert words.split("    ") == ["0, 0", "42: 42", "150: 150", "label 42, 42.png"]
    words = readout_words(Readout(0, 0, "source:150", values, 0), names)
    assert words.split("    ") == ["0, 0", "150: 150", "unassigned"]
