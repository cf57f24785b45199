"""Writing: pixels of every format and depth, camera data and profile read back by others."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from mfgui import __version__
from mfgui.core.arrays import Depth, from_float
from mfgui.core.errors import MfguiError, OutOfMemoryError, OutputError, UsageError
from mfgui.files import tiff
from mfgui.files.images import (
    WRITE_SUFFIXES,
    output_format,
    probe,
    read_image,
    read_stack,
    write_image,
)
from tests.files.pictures import camera_block, grey_profile, smooth, wide_profile

EXIF_IFD, GPS_IFD = 0x8769, 0x8825


def stored(path: Path) -> Any:
    """Pixels by another reader, (H, W, C) in RGB order."""
    if path.suffix == ".tif":
        pixels = tifffile.imread(path)
    else:
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        pixels = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    return pixels.reshape(*pixels.shape[:2], -1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("name", "depth"),
    [
        ("a.png", "uint8"),
        ("a.png", "uint16"),
        ("a.tif", "uint8"),
        ("a.tif", "uint16"),
        ("a.tif", "float32"),
        ("a.bmp", "uint8"),
        ("a.pnm", "uint8"),
        ("a.pnm", "uint16"),
    ],
)
def test_that_lossless_formats_keep_every_value(
    name: str, depth: Depth, channels: int, tmp_path: Path
) -> None:
    image = smooth(channels=channels)
    assert write_image(tmp_path / name, image, depth=depth) == ()
    expected = from_float(image, depth)
    found = stored(tmp_path / name)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    again = read_stack([tmp_path / name] * 2).pixels(0)
    np.testing.assert_array_equal(again, expected)


def test_that_webp_keeps_every_value(tmp_path: Path) -> None:
    write_image(tmp_path / "a.webp", smooth(), depth="uint8")
    np.testing.assert_array_equal(stored(tmp_path / "a.webp"), from_float(smooth(), "uint8"))
    write_image(tmp_path / "g.webp", smooth(channels=1), depth="uint8")
    np.testing.assert_array_equal(
        stored(tmp_path / "g.webp")[..., :1], from_float(smooth(channels=1), "uint8")
    )


def test_that_jpeg_is_close_and_keeps_full_colour_resolution(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    stripes = np.zeros((32, 32, 3), np.float32)
    stripes[:, ::2, 0], stripes[:, 1::2, 2] = 1, 1
    write_image(path, stripes, depth="uint8")
    with Image.open(path) as picture:
        assert [layer[1:3] for layer in picture.layer] == [(1, 1)] * 3
    assert np.abs(read_image(path) - stripes).max() < 0.1


@pytest.mark.parametrize(
    ("name", "depth", "found", "words"),
    [
        ("a.jpg", "uint16", "uint8", "cannot hold 16 bits, written with 8 bits"),
        ("a.webp", "uint16", "uint8", "cannot hold 16 bits"),
        ("a.bmp", "float32", "uint8", "cannot hold float"),
        ("a.png", "float32", "uint16", "written with 16 bits"),
        ("a.ppm", "float32", "uint16", "written with 16 bits"),
    ],
)
def test_that_a_depth_a_format_cannot_hold_is_said(
    name: str, depth: Depth, found: str, words: str, tmp_path: Path
) -> None:
    (notice,) = write_image(tmp_path / name, smooth(), depth=depth)
    assert words in notice
    assert probe(tmp_path / name).depth == found


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("name", "depth"),
    [("a.jpg", "uint8"), ("a.png", "uint8"), ("a.png", "uint16")]
    + [("a.tif", depth) for depth in ("uint8", "uint16")],
)
def test_that_camera_data_and_profile_are_carried(
    name: str, depth: Depth, order: str, tmp_path: Path
) -> None:
    path, block = tmp_path / name, camera_block(orientation=6, order=order)
    assert write_image(path, smooth(), depth=depth, icc=wide_profile(), exif=block) == ()
    with Image.open(path) as picture:
        picture.load()
        assert picture.info["icc_profile"] == wide_profile()
        data = picture.getexif()
        assert (data[271], data[272]) == ("Canon", "EOS 5D2")
        assert data[274] == 1
        assert data[305] == f"mfgui {__version__}"
        photo, place = data.get_ifd(EXIF_IFD), data.get_ifd(GPS_IFD)
        assert float(photo[33434]) == pytest.approx(1 / 125)
        assert photo[36867] == "2024:05:06 07:08:09"
        assert photo[37500] == b"maker's note"
        assert (photo[40962], photo[40963]) == (36, 24)
        assert [float(value) for value in place[2]] == [48, 8, 30]
        assert 513 not in data
        if path.suffix != ".tif":
            assert not data.get_ifd(1)


@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_that_tifffile_reads_the_camera_data_of_a_tiff(depth: Depth, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_image(path, smooth(), depth=depth, icc=wide_profile(), exif=camera_block())
    with tifffile.TiffFile(path) as file:
        (page,) = file.pages
        assert page.tags["Make"].value == "Canon"
        assert page.tags["Orientation"].value == 1
        assert page.tags["Software"].value == f"mfgui {__version__}"
        assert page.tags["ExifTag"].value["ExposureTime"] == (1, 125)
        assert page.tags["GPSTag"].value["GPSLatitude"] == (48, 1, 8, 1, 30, 1)
        assert page.iccprofile == wide_profile()
        codes = [tag.code for tag in page.tags]
        assert codes == sorted(set(codes))
        np.testing.assert_array_equal(page.asarray(), from_float(smooth(), depth))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_that_our_own_output_carries_on(name: str, tmp_path: Path) -> None:
    write_image(tmp_path / name, smooth(), depth="uint8", icc=wide_profile(), exif=camera_block())
    source = read_stack([tmp_path / name] * 2).sources[0]
    second = tmp_path / f"second{Path(name).suffix}"
    write_image(second, smooth(), depth="uint8", icc=source.icc, exif=source.exif)
    again = probe(second)
    assert (again.icc, again.exif) == (source.icc, source.exif)
    assert again.exif is not None
    assert b"EOS 5D2" in again.exif


@pytest.mark.parametrize("height", [24, 25])
def test_that_webp_carries_profile_and_camera_data(height: int, tmp_path: Path) -> None:
    path, image = tmp_path / "a.webp", smooth(height=height)
    for icc in (None, wide_profile(), wide_profile() + b"\0"):
        assert write_image(path, image, depth="uint8", icc=icc, exif=camera_block()) == ()
        with Image.open(path) as picture:
            picture.load()
            assert picture.info.get("icc_profile") == icc
            assert picture.getexif()[272] == "EOS 5D2"
            np.testing.assert_array_equal(np.asarray(picture), from_float(image, "uint8"))
        assert probe(path).icc == icc
    (notice,) = write_image(path, smooth(channels=1), depth="uint8", icc=grey_profile())
    assert "grey profile left out" in notice


@pytest.mark.parametrize("name", ["a.bmp", "a.ppm"])
def test_that_formats_without_metadata_say_so(name: str, tmp_path: Path) -> None:
    (notice,) = write_image(tmp_path / name, smooth(), depth="uint8", exif=camera_block())
    assert "pixels only" in notice
    assert write_image(tmp_path / name, smooth(), depth="uint8") == ()


def test_that_a_profile_of_another_space_is_not_written(tmp_path: Path) -> None:
    (notice,) = write_image(tmp_path / "a.png", smooth(), depth="uint8", icc=grey_profile())
    assert "does not fit" in notice
    assert probe(tmp_path / "a.png").icc is None
    grey = smooth(channels=1)
    assert write_image(tmp_path / "g.png", grey, depth="uint8", icc=grey_profile()) == ()
    assert probe(tmp_path / "g.png").icc == grey_profile()


def test_that_a_long_profile_is_carried_in_parts(tmp_path: Path) -> None:
    long = wide_profile() + bytes(200_000)
    profile = struct.pack(">I", len(long)) + long[4:]
    for name in ("a.jpg", "a.png", "a.tif"):
        write_image(tmp_path / name, smooth(), depth="uint8", icc=profile)
        with Image.open(tmp_path / name) as picture:
            assert picture.info["icc_profile"] == profile
        assert probe(tmp_path / name).icc == profile


def _block_with_note(length: int) -> bytes:
    """An EXIF block whose maker's note has `length` bytes."""
    head = b"II*\0" + struct.pack("<IHHHII", 8, 1, 34665, 4, 1, 26) + bytes(4)
    return head + struct.pack("<HHHII", 1, 37500, 7, length, 44) + bytes(4 + length)


def test_that_camera_data_too_long_for_jpeg_lose_the_makers_notes(tmp_path: Path) -> None:
    block = _block_with_note(70_000)
    (notice,) = write_image(tmp_path / "a.jpg", smooth(), depth="uint8", exif=block)
    assert "maker's notes left out" in notice
    with Image.open(tmp_path / "a.jpg") as picture:
        assert picture.getexif()[305] == f"mfgui {__version__}"
    assert write_image(tmp_path / "a.png", smooth(), depth="uint8", exif=block) == ()
    with Image.open(tmp_path / "a.png") as picture:
        assert len(picture.getexif().get_ifd(EXIF_IFD)[37500]) == 70_000


def test_that_damaged_camera_data_do_not_stop_the_writing(tmp_path: Path) -> None:
    for block in (b"", b"II", b"nonsense", camera_block()[:50], b"II*\0\xff\xff\xff\xff"):
        write_image(tmp_path / "a.jpg", smooth(), depth="uint8", exif=block)
        with Image.open(tmp_path / "a.jpg") as picture:
            assert picture.getexif()[305] == f"mfgui {__version__}"


def test_that_values_are_clamped_not_stretched(tmp_path: Path) -> None:
    image = np.array([[[-0.5], [0.25], [1.5]]], np.float32)
    write_image(tmp_path / "a.tif", image, depth="float32")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif").ravel(), [0, 0.25, 1])


def test_that_grey_and_colour_keep_to_their_netpbm_suffix(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"use \.ppm"):
        write_image(tmp_path / "a.pgm", smooth(), depth="uint8")
    write_image(tmp_path / "a.ppm", smooth(channels=1), depth="uint8")
    assert probe(tmp_path / "a.ppm").channels == 3


def test_that_sides_a_format_cannot_hold_are_refused(tmp_path: Path) -> None:
    image = np.zeros((1, 20_000, 1), np.float32)
    with pytest.raises(OutputError, match="WebP cannot hold 20000 x 1 pixels"):
        write_image(tmp_path / "a.webp", image, depth="uint8")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "a.gif", "a.psd", ".png"])
def test_that_unknown_suffixes_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"end the name with \.png"):
        output_format(Path(name))


def test_that_suffixes_may_be_upper_case(tmp_path: Path) -> None:
    assert {output_format(Path("a" + suffix.upper())) for suffix in WRITE_SUFFIXES} == {
        "JPEG",
        "PNG",
        "TIFF",
        "WebP",
        "BMP",
        "PNM",
    }
    write_image(tmp_path / "A.PNG", smooth(), depth="uint8")
    assert probe(tmp_path / "A.PNG").format == "PNG"


@pytest.mark.parametrize(
    ("failure", "error", "words"),
    [
        (MemoryError(), OutOfMemoryError, "not enough memory to write"),
        (cv2.error("too large"), OutputError, "PNG encoder refused"),
    ],
)
def test_that_encoders_that_fail_leave_the_old_file(
    failure: Exception,
    error: type[MfguiError],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: object) -> None:
        raise failure

    (tmp_path / "a.png").write_bytes(b"old")
    monkeypatch.setattr("mfgui.files.encode.cv2.imencode", fail)
    with pytest.raises(error, match=words):
        write_image(tmp_path / "a.png", smooth(), depth="uint8")
    assert (tmp_path / "a.png").read_bytes() == b"old"


def test_that_tiff_beyond_four_gigabytes_says_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tifffile.imwrite
    monkeypatch.setattr(
        tiff.tifffile, "imwrite", lambda *args, **options: real(*args, bigtiff=True, **options)
    )
    (notice,) = write_image(tmp_path / "a.tif", smooth(), depth="uint8", exif=camera_block())
    assert "above 4 GB" in notice
    np.testing.assert_array_equal(stored(tmp_path / "a.tif"), from_float(smooth(), "uint8"))
