"""Real files beside the project, against Pillow and tifffile; skipped where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from mfgui.core.arrays import Size, to_float
from mfgui.files.grouping import images_in
from mfgui.files.images import read_proxy, read_stack
from mfgui.files.maps import read_map


def check(paths: list[Path]) -> None:
    stack = read_stack(paths)
    assert stack.k == len(paths)
    for index, path in enumerate(paths):
        if path.suffix == ".tif":
            expected = tifffile.imread(path)
        else:
            with Image.open(path) as picture:
                expected = np.asarray(picture.convert("RGB"))
        np.testing.assert_array_equal(np.squeeze(stack.pixels(index)), expected)
    assert all(source.notices == () for source in stack.sources)


def test_that_every_pair_reads_as_other_readers_read_it(shared_data: Path) -> None:
    pairs = shared_data / "pairs"
    sets = [
        [folder / "image1.tif", folder / "image2.tif"] for folder in sorted(pairs.glob("mffw2/*"))
    ]
    sets += [
        [path, path.with_name(path.name.replace("-A", "-B"))]
        for path in sorted(pairs.glob("*/*-A*.jpg"))
    ]
    assert len(sets) == 7 + 8 + 12 + 2
    for paths in sets:
        check(paths)


@pytest.mark.parametrize(
    ("name", "count"),
    [("mffw3/1", 3), ("mffw3/2", 6), ("mffw3/4", 3), ("amber_flies", 9), ("microtubules_16bit", 8)],
)
def test_that_every_stack_reads_as_other_readers_read_it(
    name: str, count: int, shared_data: Path
) -> None:
    paths = images_in([shared_data / "stacks" / name])
    assert len(paths) == count
    check(paths)


def test_that_the_low_range_stack_fills_the_range_with_its_white(shared_data: Path) -> None:
    paths = images_in([shared_data / "stacks" / "microtubules_16bit"])
    plain, stretched = read_stack(paths), read_stack(paths, white=689)
    assert (plain.depth, stretched.depth) == ("uint16", "uint16")
    stacks = (plain, stretched)
    frames = [[to_float(stack.pixels(index)) for index in range(stack.k)] for stack in stacks]
    largest = [max(frame.max() for frame in stack) for stack in frames]
    brightest = max(int(tifffile.imread(path).max()) for path in paths)
    assert largest == pytest.approx([brightest / 65535, brightest / 689], abs=1e-5)
    assert all(source.notices == () for source in stretched.sources)


def test_that_the_hand_made_map_and_published_maps_are_read(shared_data: Path) -> None:
    label = read_map(shared_data / "pairs/mffw2/6/label.png", k=2, size=Size(568, 868))
    with Image.open(shared_data / "pairs/mffw2/6/label.png") as picture:
        white = np.asarray(picture.convert("L")) == 255
    np.testing.assert_array_equal(label, np.where(white, 1, 2))
    maps = sorted((shared_data / "results/mffw2/MS_ResNet").glob("*_map.png"))
    assert len(maps) == 7
    for path in maps:
        with Image.open(path) as picture:
            size = Size(*picture.size)
        assert set(np.unique(read_map(path, k=2, size=size))) == {1, 2}


def test_that_proxies_show_the_same_scene(shared_data: Path) -> None:
    path = shared_data / "pairs/edmf/bg-A-497.jpg"
    proxy = read_proxy(path, max_side=400)
    with Image.open(path) as picture:
        picture.draft("RGB", (247, 329))
        small = np.asarray(picture, np.int16)
    assert small.shape == proxy.shape == (330, 247, 3)
    assert np.abs(proxy - small).max() <= 2
