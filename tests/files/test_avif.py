from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageOps

from mfgui.core.arrays import Size
from mfgui.core.errors import InputError
from mfgui.files import images
from mfgui.files.capture import read_capture
from mfgui.files.decode import decode_frame
from tests.files.pictures import bytes8, camera_block, wide_profile, words16


def saved(path: Path, *, orientation: int = 1) -> Path:
    Image.fromarray(bytes8()).save(
        path,
        quality=100,
        subsampling="4:4:4",
        exif=b"Exif\0\0" + camera_block(orientation=orientation),
        icc_profile=wide_profile(),
    )
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
def test_that_pictures_profile_and_camera_data_are_read(orientation: int, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.avif", orientation=orientation)
    with Image.open(path) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture))
    info = images.probe(path)
    assert (info.format, info.depth, info.icc) == ("AVIF", "uint8", wide_profile())
    assert info.size == Size(expected.shape[1], expected.shape[0])
    np.testing.assert_array_equal(decode_frame(info)[0], expected)
    upright = ImageOps.exif_transpose(with_orientation(orientation))
    assert np.abs(expected.astype(int) - np.asarray(upright)).max() < 8
    found = read_capture(path)
    assert (found.camera, found.orientation) == ("Canon EOS 5D2", orientation)


def with_orientation(orientation: int) -> Image.Image:
    picture = Image.fromarray(bytes8())
    picture.getexif()[274] = orientation
    return picture


@pytest.mark.parametrize("bits", [10, 12])
def test_that_more_bits_fill_sixteen(bits: int, tmp_path: Path) -> None:
    values = words16() >> (16 - bits)
    data = imagecodecs.avif_encode(values, level=100, bitspersample=bits, pixelformat="444")
    (tmp_path / "a.avif").write_bytes(data)
    info = images.probe(tmp_path / "a.avif")
    assert (info.bits, info.depth) == (bits, "uint16")
    pixels, _ = decode_frame(info)
    np.testing.assert_array_equal(pixels, np.rint(values * (65535 / ((1 << bits) - 1))))


def test_that_grey_and_alpha_are_known(tmp_path: Path) -> None:
    Image.fromarray(bytes8(channels=1)[..., 0]).save(tmp_path / "g.avif", quality=100)
    assert decode_frame(images.probe(tmp_path / "g.avif"))[0].shape == (24, 36, 1)
    Image.fromarray(bytes8(channels=4)).save(tmp_path / "a.avif", quality=100)
    info = images.probe(tmp_path / "a.avif")
    assert (info.alpha, decode_frame(info)[0].shape) == (True, (24, 36, 3))


def test_that_damage_is_an_input_error_or_a_picture(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.avif")
    whole, random, refused = path.read_bytes(), np.random.default_rng(5), 0
    for _ in range(80):
        data = bytearray(whole)
        at = int(random.integers(0, len(data) - 8))
        data[at : at + 8] = random.bytes(8)
        path.write_bytes(data)
        try:
            info = images.probe(path)
            pixels, _ = decode_frame(info)
            assert pixels.shape[:2] == (info.size.height, info.size.width)
        except InputError:
            refused += 1
    assert refused > 5
    for part in (0.05, 0.5, 0.97):
        path.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(InputError, match=r"cut off|damaged"):
            decode_frame(images.probe(path))


def test_that_animations_and_large_pictures_are_refused(tmp_path: Path, monkeypatch: Any) -> None:
    frames = [Image.fromarray(bytes8(seed=seed)) for seed in range(2)]
    frames[0].save(tmp_path / "m.avif", save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match=r"an animation|known format"):
        images.probe(tmp_path / "m.avif")
    monkeypatch.setattr("mfgui.files.headers.MAX_PIXELS", 100)
    with pytest.raises(InputError, match="more than the"):
        images.probe(saved(tmp_path / "a.avif"))
