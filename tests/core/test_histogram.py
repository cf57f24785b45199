"""Counts against NumPy's own."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Rect, to_float
from mfgui.core.histogram import bins_of, bounds, count


def picture(depth: str, channels: int, *, height: int = 37, width: int = 53) -> np.ndarray:
    generator = np.random.default_rng(channels)
    if depth == "float32":
        found = generator.random((height, width, channels), dtype=np.float32)
        found[3:5, 2:9] = 1.0
        found[9:12, 5] = 0.0
        return found
    return generator.integers(
        0, np.iinfo(depth).max, (height, width, channels), depth, endpoint=True
    )


def wanted(values: np.ndarray, depth: str) -> np.ndarray:
    if depth == "uint8":
        return np.bincount(values.ravel(), minlength=256)
    if depth == "uint16":
        return np.bincount(values.ravel() // 64, minlength=1024)
    return np.histogram(values, bins=1024, range=(0, 1))[0]


def exact_luma(pixels: np.ndarray) -> np.ndarray:
    if pixels.shape[2] == 1:
        return pixels[..., 0]
    if pixels.dtype == np.float32:
        weights = np.array([0.299, 0.587, 0.114], np.float32)
        return (pixels * weights).sum(axis=2, dtype=np.float32)
    red, green, blue = (pixels[..., n].astype(np.int64) for n in range(3))
    return ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16).astype(pixels.dtype)


@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_that_counts_are_exact(depth: str, channels: int) -> None:
    stored = picture(depth, channels)
    found = count(lambda rect: to_float(stored[rect.slices]), Rect(0, 0, 53, 37), depth)
    assert found.bins == bins_of(depth)
    assert found.pixels == 37 * 53
    for n in range(channels):
        assert np.array_equal(found.channels[n], wanted(stored[..., n], depth))
    if depth == "float32" and channels == 3:
        assert np.abs(found.luma - wanted(exact_luma(stored), depth)).sum() <= 8  # last bits
    else:
        assert np.array_equal(found.luma, wanted(exact_luma(stored), depth))
    largest = 1 if depth == "float32" else np.iinfo(depth).max
    assert found.black == (stored == 0).any(axis=2).sum()
    assert found.white == (stored == largest).any(axis=2).sum()


def test_that_only_the_mask_and_the_rectangle_are_counted() -> None:
    stored = picture("uint8", 3)
    mask = np.random.default_rng(8).random((37, 53)) < 0.3
    rect = Rect(5, 4, 30, 21)
    found = count(
        lambda part: to_float(stored[part.slices]),
        rect,
        "uint8",
        inside=lambda part: mask[part.slices],
    )
    inner, chosen = stored[rect.slices], mask[rect.slices]
    assert found.pixels == chosen.sum()
    assert np.array_equal(found.channels[1], wanted(inner[chosen][:, 1], "uint8"))
    assert found.white == (inner[chosen] == 255).any(axis=1).sum()
    assert found.luma.sum() == found.pixels


def test_that_large_pictures_are_counted_strip_by_strip(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = picture("uint16", 3)
    asked: list[Rect] = []

    def read(rect: Rect) -> np.ndarray:
        asked.append(rect)
        return to_float(stored[rect.slices])

    whole = count(read, Rect(0, 0, 53, 37), "uint16")
    monkeypatch.setattr("mfgui.core.histogram._STRIP", 53 * 5)
    checks: list[None] = []
    parts = count(read, Rect(0, 0, 53, 37), "uint16", checkpoint=lambda: checks.append(None))
    assert len(asked) == 1 + 8
    assert len(checks) == 8
    assert np.array_equal(whole.luma, parts.luma)
    assert np.array_equal(whole.channels, parts.channels)
    assert (whole.black, whole.white, whole.pixels) == (parts.black, parts.white, parts.pixels)


def test_that_values_between_those_of_the_depth_are_rounded() -> None:
    image = np.float32([[[0.5], [127.4 / 255], [1.5], [-0.2]]])
    found = count(lambda rect: image[rect.slices], Rect(0, 0, 4, 1), "uint8")
    assert np.flatnonzero(found.luma).tolist() == [0, 127, 128, 255]
    assert (found.black, found.white) == (1, 1)


def test_that_nothing_has_no_counts() -> None:
    found = count(lambda rect: pytest.fail("read"), Rect(0, 0, 0, 0), "uint8")
    assert found.pixels == found.luma.sum() == 0


@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_that_white_is_white_in_luma(depth: str) -> None:
    found = count(lambda rect: np.ones((1, 1, 3), np.float32), Rect(0, 0, 1, 1), depth)
    assert np.flatnonzero(found.luma).tolist() == [found.bins - 1]


def test_that_bins_name_their_values() -> None:
    assert bounds(255, "uint8") == (255, 255)
    assert bounds(1023, "uint16") == (65472, 65535)
    assert bounds(1023, "float32")[1] == 1.0
