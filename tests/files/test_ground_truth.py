"""The ground truth in the channels and colours of the sources, with every digit of its file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mfgui.core.errors import InputError
from mfgui.core.stack import SourceStack
from mfgui.files.ground_truth import read_ground_truth
from tests.files.pictures import bytes8, pillow_bytes, png16, save8, words16


def stack_of(pixels: Any) -> SourceStack:
    return SourceStack.from_arrays([pixels, pixels.copy()])


@pytest.fixture
def colour() -> SourceStack:
    return stack_of(bytes8(seed=1))


@pytest.fixture
def grey() -> SourceStack:
    return stack_of(bytes8(seed=1, channels=1))


def test_that_its_pixels_are_those_of_the_file(colour: SourceStack, tmp_path: Path) -> None:
    path = save8(tmp_path / "truth.png", seed=7)
    found = read_ground_truth(path, colour)
    assert np.array_equal(found.pixels, bytes8(seed=7))
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.notices == ()
    with pytest.raises(ValueError, match="read-only"):
        found.pixels[0, 0] = 0


def test_that_another_size_is_refused_in_one_line(colour: SourceStack, tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "small.png"
    Image.fromarray(bytes8(height=10, width=12)).save(path)
    with pytest.raises(InputError) as refused:
        read_ground_truth(path, colour)
    assert str(refused.value) == (
        f"{path}: it is 12 x 10, but the sources are 36 x 24; give the ground truth of this set"
    )


def test_that_the_advice_on_another_size_can_be_chosen(colour: SourceStack, tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    path.write_bytes(png16(words16(seed=3)[:, :20]))
    with pytest.raises(InputError, match="the sources are 36 x 24; take another"):
        read_ground_truth(path, colour, hint="take another")


def test_that_sixteen_bits_are_kept_beside_eight(colour: SourceStack, tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    path.write_bytes(png16(words16(seed=3)))
    found = read_ground_truth(path, colour)
    assert found.pixels.dtype == np.uint16
    assert np.array_equal(found.pixels, words16(seed=3))
    assert found.notices == ("16-bit, but the sources are 8-bit: compared as shares of white",)


def test_that_grey_becomes_colour_like_the_sources(colour: SourceStack, tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "grey.png"
    pixels = bytes8(seed=4, channels=1)
    path.write_bytes(pillow_bytes(Image.fromarray(pixels[..., 0]), "PNG"))
    found = read_ground_truth(path, colour)
    assert np.array_equal(found.pixels, np.repeat(pixels, 3, axis=2))
    assert found.notices == ("grey converted to RGB like the sources",)


def test_that_colour_becomes_grey_like_the_sources(grey: SourceStack, tmp_path: Path) -> None:
    path = save8(tmp_path / "truth.png", seed=5)
    found = read_ground_truth(path, grey)
    assert found.pixels.shape == (24, 36, 1)
    weights = np.array([0.299, 0.587, 0.114])
    assert np.abs(found.pixels[..., 0] - bytes8(seed=5) @ weights).max() <= 0.51
    assert found.notices == ("colours converted to grey like the sources",)


def test_that_a_damaged_file_is_an_input_error(colour: SourceStack, tmp_path: Path) -> None:
    path = tmp_path / "truth.png"
    path.write_bytes(save8(tmp_path / "whole.png").read_bytes()[:300])
    with pytest.raises(InputError):
        read_ground_truth(path, colour)
