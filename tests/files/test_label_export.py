from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from mfgui.core.arrays import Size
from mfgui.core.compose import compose
from mfgui.core.errors import OutputError, UsageError
from mfgui.core.seams import Seam
from mfgui.files import atomic
from mfgui.files.coco import areas, coco_document, compressed
from mfgui.files.label_export import MapExport, MapFormat, export_map, pair_problem
from mfgui.files.maps import read_map

NAMES = ("near.png", "middle.png", "far.png")
maps = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.sampled_from([0, 1, 1, 2, 3, 255]),
)


def counts_of_text(text: str) -> list[int]:
    """The decoder of maskApi.c, written down literally."""
    counts: list[int] = []
    place = 0
    while place < len(text):
        value, group, more = 0, 0, True
        while more:
            code = ord(text[place]) - 48
            value |= (code & 0x1F) << (5 * group)
            more = bool(code & 0x20)
            place += 1
            group += 1
            if not more and code & 0x10:
                value |= -1 << (5 * group)
        if len(counts) > 2:
            value += counts[-2]
        counts.append(value)
    return counts


def mask_of(segmentation: Any) -> Any:
    """The mask of an encoding, pixel by pixel down the columns."""
    height, width = segmentation["size"]
    counts = segmentation["counts"]
    counts = counts_of_text(counts) if isinstance(counts, str) else counts
    pixels: list[bool] = []
    inside = False
    for count in counts:
        pixels += [inside] * count
        inside = not inside
    assert len(pixels) == height * width
    mask = np.zeros((height, width), np.bool_)
    for place, value in enumerate(pixels):
        mask[place % height, place // height] = value
    return mask


@given(labels=maps, by_region=st.booleans(), as_text=st.booleans())
def test_that_coco_masks_decode_to_the_map(labels: Any, by_region: bool, as_text: bool) -> None:
    document = json.loads(
        json.dumps(coco_document(labels, names=NAMES, by_region=by_region, as_text=as_text))
    )
    back = np.zeros_like(labels)
    for annotation in document["annotations"]:
        mask = mask_of(annotation["segmentation"])
        assert not back[mask].any()
        back[mask] = annotation["category_id"]
        assert annotation["area"] == mask.sum()
        rows, columns = np.nonzero(mask)
        left, top = columns.min(), rows.min()
        box = [left, top, columns.max() - left + 1, rows.max() - top + 1]
        assert annotation["bbox"] == box
        counts = annotation["segmentation"]["counts"]
        assert 0 not in (counts_of_text(counts) if as_text else counts)[1:]
    np.testing.assert_array_equal(back, np.where(labels == 255, 0, labels))
    ids = [annotation["id"] for annotation in document["annotations"]]
    assert ids == list(range(1, len(ids) + 1))
    if by_region:
        assert len(ids) == sum(ndimage.label(labels == label)[1] for label in (1, 2, 3))
    if not by_region:
        categories = [annotation["category_id"] for annotation in document["annotations"]]
        assert categories == sorted(set(categories))


@given(counts=st.lists(st.integers(0, 400_000_000), min_size=1, max_size=12))
def test_that_compressed_counts_decode_to_the_same(counts: list[int]) -> None:
    assert counts_of_text(compressed(np.array(counts))) == counts


def test_that_a_known_mask_has_the_text_that_the_coco_api_gives() -> None:
    # A 3 x 3 image with its middle column set: 3 outside, 3 inside, 3 outside.
    labels = np.array([[0, 1, 0]] * 3, np.uint8)
    (area,) = areas(labels)
    assert area.counts(9).tolist() == [3, 3, 3]
    assert compressed(area.counts(9)) == "333"
    # Differences to the last but one from the fourth count on, in groups of five bits.
    assert compressed(np.array([0, 50, 1000, 48])) == "0b1Xo0N"


def test_that_regions_are_connected_by_sides_only() -> None:
    labels = np.array([[1, 2], [2, 1]], np.uint8)
    found = [(area.label, area.pixels) for area in areas(labels, by_region=True)]
    assert found == [(1, 1), (1, 1), (2, 1), (2, 1)]
    assert [area.pixels for area in areas(labels)] == [2, 2]


def test_that_coco_says_image_sources_and_categories() -> None:
    document = coco_document(np.ones((2, 3), np.uint8), names=NAMES, hashes=("a", "b", "c"))
    assert document["images"] == [{"id": 1, "width": 3, "height": 2, "file_name": "near.png"}]
    categories: Any = document["categories"]
    assert [(c["id"], c["name"]) for c in categories] == list(enumerate(NAMES, start=1))
    info: Any = document["info"]
    assert info["sources"][1] == {"category_id": 2, "file_name": "middle.png", "sha256": "b"}


@given(labels=maps)
def test_that_label_numbers_come_back(
    labels: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "numbers.png"
    export_map(MapExport(path, MapFormat.LABELS), labels, k=3, names=NAMES)
    height, width = labels.shape
    np.testing.assert_array_equal(read_map(path, k=3, size=Size(width, height)), labels)


def test_that_a_pair_is_white_where_source_1_is_used(tmp_path: Path) -> None:
    labels = np.array([[1, 2, 1]], np.uint8)
    path = tmp_path / "pair.png"
    export_map(MapExport(path, MapFormat.PAIR), labels, k=2, names=NAMES[:2])
    np.testing.assert_array_equal(read_map(path, k=2, size=Size(3, 1)), labels)
    stored = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert stored.tolist() == [[255, 0, 255]]


@pytest.mark.parametrize(
    ("values", "k", "words"),
    [((1, 2, 3), 3, "not 3"), ((1, 2, 0), 2, "1 pixels have no"), ((255, 2, 0), 2, "2 pixels")],
)
def test_that_a_map_that_white_and_black_cannot_say_is_refused(
    tmp_path: Path, values: tuple[int, ...], k: int, words: str
) -> None:
    labels = np.array([values], np.uint8)
    assert words in pair_problem(labels, k=k)
    path = tmp_path / "pair.png"
    with pytest.raises(UsageError, match=words):
        export_map(MapExport(path, MapFormat.PAIR), labels, k=k, names=NAMES[:k])
    assert not path.exists()


@pytest.mark.parametrize("radius", [0, 1, 3, 8])
def test_that_soft_weights_are_those_of_a_feathered_seam(tmp_path: Path, radius: int) -> None:
    generator = np.random.default_rng(radius)
    labels = np.repeat(np.repeat(generator.integers(1, 4, (4, 5)), 9, 0), 9, 1).astype(np.uint8)
    path = tmp_path / "soft.tif"
    export_map(MapExport(path, MapFormat.SOFT, radius=radius), labels, k=3, names=NAMES)
    pages = tifffile.imread(path)
    assert pages.shape == (3, *labels.shape)
    assert pages.dtype == np.float32
    np.testing.assert_allclose(pages.sum(axis=0), 1, atol=1e-6)
    if radius == 0:
        for label in (1, 2, 3):
            np.testing.assert_array_equal(pages[label - 1], labels == label)
        return
    for label in (1, 2, 3):
        lit = [np.full((*labels.shape, 1), n == label, np.float32) for n in (1, 2, 3)]
        seam = compose(lit, labels, seam=Seam("feather", radius))
        np.testing.assert_allclose(pages[label - 1], seam[..., 0], atol=1e-6)


def test_that_weights_are_nothing_where_no_source_is_chosen(tmp_path: Path) -> None:
    labels = np.array([[1, 0, 255, 2, 2, 2]] * 4, np.uint8)
    path = tmp_path / "soft.tif"
    export_map(MapExport(path, MapFormat.SOFT, radius=2), labels, k=2, names=("néar", "far"))
    pages = tifffile.imread(path)
    assert not pages[:, :, 1:3].any()
    np.testing.assert_allclose(pages.sum(axis=0)[:, (0, 3, 4, 5)], 1, atol=1e-6)
    with tifffile.TiffFile(path) as tiff:
        assert tiff.pages[1].description == (
            "weight of source 2 of 2 (far); hard map feathered by 2 pixels"
        )


@pytest.mark.parametrize("format", list(MapFormat))
def test_that_a_wrong_ending_or_a_full_disk_leaves_the_old_file(
    tmp_path: Path, format: MapFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.array([[1, 2]], np.uint8)
    with pytest.raises(UsageError, match="another ending"):
        export_map(MapExport(tmp_path / "a.xyz", format), labels, k=2, names=NAMES[:2])
    path = tmp_path / f"a{format.suffix}"
    path.write_bytes(b"old")

    def refuse(_from: Path, _to: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "replace", refuse)
    with pytest.raises(OutputError, match="the disk is full"):
        export_map(MapExport(path, format), labels, k=2, names=NAMES[:2])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
