from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mfgui.core.errors import InputError
from mfgui.files.images import read_image
from mfgui.files.pnm import encode_pnm


def read(folder: Path, data: bytes) -> np.ndarray:
    (folder / "a.pnm").write_bytes(data)
    return read_image(folder / "a.pnm")


@given(
    pixels=st.sampled_from(["uint8", "uint16"]).flatmap(
        lambda dtype: hnp.arrays(
            dtype, st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3]))
        )
    )
)
def test_that_what_is_written_is_read(
    pixels: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = read(tmp_path_factory.getbasetemp(), encode_pnm(pixels))
    np.testing.assert_array_equal(np.rint(found * np.iinfo(pixels.dtype).max), pixels)


def test_that_plain_files_and_comments_are_read(tmp_path: Path) -> None:
    grey = b"P2\n# one\n3 # two\n 2\n10\n0 5 10\n10 # three\n5 0\n"
    np.testing.assert_allclose(read(tmp_path, grey)[..., 0], [[0, 0.5, 1], [1, 0.5, 0]], atol=2e-3)
    colour = b"P3 1 2 255 255 0 0 0 0 255"
    np.testing.assert_array_equal(read(tmp_path, colour), [[[1, 0, 0]], [[0, 0, 1]]])
    bits = b"P1\n3 2\n1 0 1\n010"
    np.testing.assert_array_equal(read(tmp_path, bits)[..., 0], [[0, 1, 0], [1, 0, 1]])


def test_that_packed_bits_are_read_row_by_row(tmp_path: Path) -> None:
    found = read(tmp_path, b"P4\n9 2\n" + bytes([0b10000000, 0b10000000, 0, 0]))
    np.testing.assert_array_equal(found[0, :, 0], [0, 1, 1, 1, 1, 1, 1, 1, 0])
    np.testing.assert_array_equal(found[1, :, 0], np.ones(9))


def test_that_the_stated_maximum_is_white(tmp_path: Path) -> None:
    data = b"P5\n2 1\n1000\n" + np.array([500, 1000], ">u2").tobytes()
    np.testing.assert_allclose(read(tmp_path, data).ravel(), [0.5, 1], atol=1e-5)


@pytest.mark.parametrize(
    "data",
    [
        b"P5\n2 2\n",
        b"P5\n2 2\n0\n" + bytes(4),
        b"P5\n2 2\n70000\n" + bytes(8),
        b"P2\n2 2\n255\n1 2 3",
        b"P2\n2 1\n9\n1 77",
        b"P2\n2 1\n9\n1 x",
        b"P6\n2 -2\n255\n" + bytes(12),
        b"P5\n0 3\n255\n",
    ],
)
def test_that_wrong_files_are_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.pnm"):
        read(tmp_path, data)
