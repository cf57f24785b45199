from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from mfgui import __version__
from mfgui.core.arrays import Size
from mfgui.core.errors import InputError, OutputError, UsageError
from mfgui.core.labels import label_dtype
from mfgui.files import atomic
from mfgui.files.maps import companions, preview_of, read_map, write_map

SIZE = Size(4, 3)


def labels_for(k: int) -> st.SearchStrategy[npt.NDArray[Any]]:
    dtype = label_dtype(k)
    ignore = int(np.iinfo(dtype).max)
    shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)
    values = st.one_of(st.integers(0, k), st.just(ignore), st.just(0))
    return hnp.arrays(dtype, shapes, elements=values)


@given(data=st.data(), k=st.sampled_from([2, 3, 7, 254, 255, 300]))
def test_that_a_map_written_is_the_map_read(
    data: st.DataObject, k: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    labels = data.draw(labels_for(k))
    path = tmp_path_factory.getbasetemp() / "identity.png"
    height, width = labels.shape
    write_map(path, labels, k=k, names=["a"])
    found = read_map(path, k=k, size=Size(width, height))
    assert found.dtype == labels.dtype
    np.testing.assert_array_equal(found, labels)


def saved(folder: Path, values: npt.NDArray[Any], name: str = "map.png") -> Path:
    path = folder / name
    if path.suffix == ".tif":
        tifffile.imwrite(path, values)
    else:
        path.write_bytes(cv2.imencode(path.suffix, values)[1].tobytes())
    return path


def grid(*values: int, dtype: str = "uint8") -> npt.NDArray[Any]:
    return np.resize(np.array(values, dtype), (SIZE.height, SIZE.width))


@pytest.mark.parametrize("name", ["map.png", "map.tif", "map.bmp", "map.pgm"])
def test_that_white_is_the_first_source_of_a_pair(name: str, tmp_path: Path) -> None:
    path = saved(tmp_path, grid(0, 255), name)
    np.testing.assert_array_equal(read_map(path, k=2, size=SIZE), grid(2, 1))


def test_that_sixteen_bit_white_is_the_first_source(tmp_path: Path) -> None:
    path = saved(tmp_path, grid(0, 65535, dtype="uint16"))
    found = read_map(path, k=2, size=SIZE)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, grid(2, 1))


def test_that_one_bit_maps_are_white_and_black(tmp_path: Path) -> None:
    for name in ("map.png", "map.tif"):
        Image.fromarray(grid(0, 1) > 0).save(tmp_path / name)
        np.testing.assert_array_equal(read_map(tmp_path / name, k=2, size=SIZE), grid(2, 1))


def test_that_an_all_black_map_is_the_second_source(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_map(saved(tmp_path, grid(0)), k=2, size=SIZE), grid(2))


def test_that_other_values_of_a_pair_are_labels(tmp_path: Path) -> None:
    path = saved(tmp_path, grid(0, 1, 2, 255))
    np.testing.assert_array_equal(read_map(path, k=2, size=SIZE), grid(0, 1, 2, 255))


def test_that_with_three_sources_black_and_white_are_unassigned_and_ignore(tmp_path: Path) -> None:
    path = saved(tmp_path, grid(0, 255))
    np.testing.assert_array_equal(read_map(path, k=3, size=SIZE), grid(0, 255))


def test_that_ignore_changes_with_the_type(tmp_path: Path) -> None:
    path = saved(tmp_path, grid(1, 2, 3, 65535, dtype="uint16"))
    np.testing.assert_array_equal(read_map(path, k=3, size=SIZE), grid(1, 2, 3, 255))
    path = saved(tmp_path, grid(1, 2, 254, 255))
    expected = grid(1, 2, 254, 65535, dtype="uint16")
    np.testing.assert_array_equal(read_map(path, k=300, size=SIZE), expected)


@pytest.mark.parametrize(("k", "value"), [(2, 3), (3, 4), (3, 254)])
def test_that_labels_above_the_sources_are_refused(k: int, value: int, tmp_path: Path) -> None:
    path = saved(tmp_path, grid(1, 2, value))
    with pytest.raises(InputError, match=f"value {value}, but there are {k} sources"):
        read_map(path, k=k, size=SIZE)


def test_that_another_size_is_refused_with_both(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="4 x 3, but the sources are 5 x 3"):
        read_map(saved(tmp_path, grid(1, 2)), k=2, size=Size(5, 3))


def test_that_equal_channels_are_grey_and_others_refused(tmp_path: Path) -> None:
    equal = np.repeat(grid(1, 2)[..., None], 3, axis=2)
    np.testing.assert_array_equal(read_map(saved(tmp_path, equal), k=2, size=SIZE), grid(1, 2))
    equal[0, 0, 2] = 9
    with pytest.raises(InputError, match="coloured"):
        read_map(saved(tmp_path, equal), k=2, size=SIZE)


def test_that_a_coloured_palette_gives_its_indices(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    picture = Image.fromarray(grid(0, 1, 2, 3))
    picture.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0, 0, 0, 200])
    picture.save(path)
    np.testing.assert_array_equal(read_map(path, k=3, size=SIZE), grid(0, 1, 2, 3))


def test_that_a_grey_palette_gives_its_greys(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    picture = Image.fromarray(grid(0, 1))
    picture.putpalette([255, 255, 255, 0, 0, 0])
    picture.save(path)
    np.testing.assert_array_equal(read_map(path, k=2, size=SIZE), grid(1, 2))


def test_that_the_description_tells_everything(tmp_path: Path) -> None:
    path, description, preview = write_map(
        tmp_path / "map.png",
        grid(1, 1, 2, 0, 255, 2),
        k=2,
        names=["a.jpg", "b.jpg"],
        hashes=["aa", "bb"],
        provenance={"method": "laplacian"},
    )
    assert (description, preview) == companions(path)
    content = json.loads(description.read_text())
    assert (content["schema"], content["width"], content["height"]) == (1, 4, 3)
    assert [entry["number"] for entry in content["labels"]] == [1, 2]
    assert [entry["name"] for entry in content["labels"]] == ["a.jpg", "b.jpg"]
    assert [entry["sha256"] for entry in content["labels"]] == ["aa", "bb"]
    shares = [entry["share"] for entry in content["labels"]]
    shares += [content["unassigned"]["share"], content["ignore"]["share"]]
    np.testing.assert_allclose(shares, [4 / 12, 4 / 12, 2 / 12, 2 / 12])
    assert (content["unassigned"]["value"], content["ignore"]["value"]) == (0, 255)
    assert content["provenance"] == {"method": "laplacian"}
    assert content["application"] == f"mfgui {__version__}"
    assert content["created"].endswith("+00:00")


def test_that_the_preview_of_a_pair_is_itself_a_map(tmp_path: Path) -> None:
    labels = grid(1, 2, 2)
    _, _, preview = write_map(tmp_path / "map.png", labels, k=2, names=[])
    assert set(np.unique(cv2.imread(str(preview), cv2.IMREAD_UNCHANGED))) == {0, 255}
    np.testing.assert_array_equal(read_map(preview, k=2, size=SIZE), labels)


@pytest.mark.parametrize("k", [2, 3, 10, 254, 300])
def test_that_every_label_of_a_preview_has_its_own_colour(k: int) -> None:
    dtype = label_dtype(k)
    marks = [*range(min(k, 40) + 1), int(np.iinfo(dtype).max)]
    shown = preview_of(np.array([marks], dtype), k=k)
    assert shown.shape == (1, len(marks), 3)
    shades = len({tuple(colour) for colour in shown[0].tolist()})
    assert shades == len(marks) or k > 100


def test_that_given_colours_are_used() -> None:
    shown = preview_of(grid(1, 2), k=2, colours=[(1, 2, 3), (4, 5, 6)])
    assert shown[0, :2].tolist() == [[1, 2, 3], [4, 5, 6]]


def test_that_a_failure_leaves_all_three_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write_map(tmp_path / "map.png", grid(1, 2), k=2, names=[])
    before = [path.read_bytes() for path in paths]
    real, written = Path.write_bytes, []

    def fail_third(self: Path, data: bytes) -> int:
        written.append(self)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        return real(self, data)

    monkeypatch.setattr(atomic.Path, "write_bytes", fail_third)
    with pytest.raises(OutputError, match="disk is full"):
        write_map(tmp_path / "map.png", grid(2, 1), k=2, names=["new"])
    assert [path.read_bytes() for path in paths] == before
    assert sorted(tmp_path.glob("*")) == sorted([*paths, *tmp_path.glob("mfgui-home*")])


def test_that_maps_end_with_png(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png"):
        write_map(tmp_path / "map.tif", grid(1, 2), k=2, names=[])


def test_that_a_wrong_label_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="label 3"):
        write_map(tmp_path / "map.png", grid(1, 3), k=2, names=[])
    assert not (tmp_path / "map.png").exists()
