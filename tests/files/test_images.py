"""Reading: every route against Pillow, OpenCV or tifffile; then the pair as one stack."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from mfgui.core.arrays import Size, to_float
from mfgui.core.errors import InputError, OutOfMemoryError, UsageError
from mfgui.files.images import open_set, probe, read_image, read_proxy, read_stack
from tests.files.pictures import (
    bytes8,
    camera_block,
    pillow_bytes,
    png16,
    save8,
    save_tiff,
    smooth,
    wide_profile,
    words16,
)


def frame(path: Path) -> Any:
    """Pixels of one file as a stack of twice the file delivers them."""
    return read_stack([path, path]).pixels(0)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("jpg", {"quality": 90}),
        ("jpg", {"quality": 90, "progressive": True}),
        ("png", {}),
        ("webp", {"lossless": True}),
        ("webp", {"quality": 80}),
        ("bmp", {}),
        ("ppm", {}),
        ("tif", {}),
        ("tif", {"compression": "packbits"}),
        ("tif", {"compression": "tiff_lzw"}),
        ("tif", {"compression": "tiff_adobe_deflate"}),
        ("tif", {"compression": "jpeg"}),
    ],
)
def test_that_eight_bit_files_read_as_pillow_reads_them(
    mode: str, suffix: str, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.fromarray(bytes8()).convert(mode).save(path, **options)
    with Image.open(path) as picture:
        expected = np.asarray(picture)
    found = frame(path)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(np.squeeze(found), expected)


@pytest.mark.parametrize("shape", [(24, 36), (24, 36, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "lzw", "predictor": True},
        {"compression": "zlib", "predictor": True},
        {"compression": "zstd"},
        {"tile": (16, 16)},
        {"rowsperstrip": 5, "compression": "packbits"},
        {"byteorder": ">"},
        {"bigtiff": True},
        {"planarconfig": "separate"},
    ],
    ids=str,
)
def test_that_tiff_keeps_every_value(
    shape: tuple[int, ...], dtype: str, options: dict[str, Any], tmp_path: Path
) -> None:
    values = smooth(channels=3 if len(shape) == 3 else 1).reshape(shape)
    top = 1 if dtype == "float32" else np.iinfo(dtype).max
    stored = (values * top).astype(dtype)
    options = dict(options)
    planar = options.pop("planarconfig", None) is not None and stored.ndim == 3
    if planar:
        options["planarconfig"] = "separate"
    path = tmp_path / "picture.tif"
    written = np.moveaxis(stored, -1, 0) if planar else stored
    tifffile.imwrite(
        path, written, photometric="rgb" if stored.ndim == 3 else "minisblack", **options
    )
    found = frame(path)
    assert found.dtype == stored.dtype
    np.testing.assert_array_equal(np.squeeze(found), stored)


@pytest.mark.parametrize("channels", [1, 3])
def test_that_sixteen_bit_png_keeps_every_value(channels: int, tmp_path: Path) -> None:
    stored = words16(channels=channels)
    path = tmp_path / "picture.png"
    path.write_bytes(png16(stored))
    np.testing.assert_array_equal(frame(path), stored)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_that_other_floats_become_float32(dtype: str, tmp_path: Path) -> None:
    stored = smooth().astype(dtype)
    found = frame(save_tiff(tmp_path / "picture.tif", stored))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, stored.astype(np.float32))


@pytest.mark.parametrize(("bits", "top"), [(10, 1023), (12, 4095), (4, 15), (2, 3)])
def test_that_fewer_bits_are_stretched_to_the_full_range(
    bits: int, top: int, tmp_path: Path
) -> None:
    stored = np.rint(smooth(channels=1)[..., 0] * top).astype(np.uint16 if bits > 8 else np.uint8)
    stored[0, 0] = top
    path = save_tiff(tmp_path / "picture.tif", stored, bitspersample=bits)
    found = read_image(path)[..., 0]
    assert found[0, 0] == 1
    np.testing.assert_allclose(found, stored / top, atol=0.6 / (65535 if bits > 8 else 255))


def test_that_white_is_zero_is_turned_round(tmp_path: Path) -> None:
    grey = bytes8(channels=1)[..., 0]
    path = save_tiff(tmp_path / "picture.tif", 255 - grey, photometric="miniswhite")
    np.testing.assert_array_equal(frame(path)[..., 0], grey)


def test_that_a_one_bit_picture_is_black_and_white(tmp_path: Path) -> None:
    bits = bytes8(channels=1)[..., 0] > 127
    for name in ("bits.png", "bits.tif", "bits.pbm", "bits.bmp"):
        Image.fromarray(bits).save(tmp_path / name)
        np.testing.assert_array_equal(frame(tmp_path / name)[..., 0], np.where(bits, 255, 0))


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_that_palette_colours_are_those_of_pillow(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"palette.{suffix}"
    Image.fromarray(bytes8()).quantize(32).save(path)
    with Image.open(path) as picture:
        expected = np.asarray(picture.convert("RGB"))
    np.testing.assert_array_equal(frame(path), expected)


def test_that_alpha_is_left_out_and_colours_stay(tmp_path: Path) -> None:
    colours = bytes8()
    with_alpha = np.concatenate([colours, bytes8(seed=3)[..., :1]], axis=2)
    Image.fromarray(with_alpha).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "a.tif", with_alpha, photometric="rgb", extrasamples=["unassalpha"])
    for name in ("a.png", "a.tif"):
        np.testing.assert_array_equal(frame(tmp_path / name), colours)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_that_camera_orientation_is_applied(orientation: int, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"turned.{suffix}"
    block = b"Exif\0\0" + camera_block(orientation=orientation)
    options: dict[str, Any] = {"webp": {"lossless": True}}.get(suffix, {})
    if suffix == "tif":
        save_tiff(path, bytes8(), extratags=[(274, "H", 1, orientation, True)])
    else:
        Image.fromarray(bytes8()).save(path, exif=block, **options)
    with Image.open(path) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture))
    np.testing.assert_array_equal(frame(path), expected)
    height, width, _ = expected.shape
    assert probe(path).size == Size(width, height)
    assert read_proxy(path).shape == expected.shape


def test_that_grey_pictures_are_turned_too(tmp_path: Path) -> None:
    path = tmp_path / "grey.jpg"
    picture = Image.fromarray(bytes8(channels=1)[..., 0])
    picture.save(path, exif=b"Exif\0\0" + camera_block(orientation=6))
    assert frame(path).shape == (36, 24, 1)


def test_that_a_multi_page_tiff_alone_is_a_stack(tmp_path: Path) -> None:
    pages = [words16(seed=seed, channels=1)[..., 0] for seed in range(4)]
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.stack(pages), photometric="minisblack", compression="zlib")
    stack = read_stack([path])
    assert stack.k == 4
    assert [source.name for source in stack.sources] == [f"stack.tif page {n}" for n in range(1, 5)]
    for index, page in enumerate(pages):
        np.testing.assert_array_equal(stack.pixels(index)[..., 0], page)


def test_that_previews_inside_a_tiff_are_no_pages(tmp_path: Path) -> None:
    path = tmp_path / "preview.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(bytes8(), photometric="rgb")
        writer.write(bytes8(height=6, width=9), photometric="rgb", subfiletype=1)
    assert probe(path).pages == 1


def test_that_one_page_of_a_multi_page_tiff_is_taken_beside_others(tmp_path: Path) -> None:
    several, single = tmp_path / "several.tif", tmp_path / "single.tif"
    tifffile.imwrite(several, np.stack([bytes8(seed=s) for s in (1, 2)]), photometric="rgb")
    save_tiff(single, bytes8())
    stack = read_stack([several, single])
    assert stack.k == 2
    assert "first of 2 pages" in stack.sources[0].notices[0]
    np.testing.assert_array_equal(stack.pixels(0), bytes8(seed=1))


def test_that_pages_of_different_sizes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mixed.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(bytes8(), photometric="rgb")
        writer.write(bytes8(height=6, width=9), photometric="rgb")
    with pytest.raises(InputError, match=r"page 2 is 9 x 6, but mixed\.tif page 1 is 36 x 24"):
        read_stack([path])


def test_that_eight_and_sixteen_bit_meet_at_sixteen(tmp_path: Path) -> None:
    low, high = save8(tmp_path / "low.png"), tmp_path / "high.png"
    high.write_bytes(png16(words16()))
    stack = read_stack([low, high])
    assert stack.depth == "uint16"
    np.testing.assert_array_equal(stack.pixels(0), bytes8().astype(np.uint16) * 257)
    np.testing.assert_array_equal(stack.pixels(1), words16())


def test_that_white_scales_integers_and_keeps_their_depth(tmp_path: Path) -> None:
    stored = np.array([[36, 345], [690, 700]], np.uint16)
    path = save_tiff(tmp_path / "low.tif", stored)
    stack = read_stack([path, path], white=690)
    assert stack.depth == "uint16"
    expected = np.array([[36 / 690, 0.5], [1, 1]])
    np.testing.assert_allclose(to_float(stack.pixels(0))[..., 0], expected, atol=1 / 65535)
    assert "25.00%" in stack.sources[0].notices[0]


def test_that_white_divides_floats_and_wide_integers(tmp_path: Path) -> None:
    values = smooth(channels=1)[..., 0]
    floats = save_tiff(tmp_path / "f.tif", values * 4)
    wide = save_tiff(tmp_path / "i.tif", np.rint(values * 4e6).astype(np.uint32))
    np.testing.assert_allclose(read_image(floats, white=4)[..., 0], values, atol=1e-7)
    np.testing.assert_allclose(read_image(wide, white=4e6)[..., 0], values, atol=1e-6)


def test_that_rounding_just_outside_the_range_is_forgiven(tmp_path: Path) -> None:
    values = smooth(channels=1)[..., 0]
    values[0, :2] = -1e-7, 1 + 2e-7
    found = read_image(save_tiff(tmp_path / "f.tif", values))
    assert (found.min(), found.max()) == (0, 1)


def test_that_the_stack_tells_hash_profile_and_camera_data(tmp_path: Path) -> None:
    path = save8(tmp_path / "a.jpg", exif=b"Exif\0\0" + camera_block())
    source = read_stack([path, path]).sources[0]
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert source.exif == camera_block()
    assert source.icc is None
    assert source.notices == ()


def test_that_frames_beyond_the_budget_are_decoded_again_where_no_cache_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way of a folder")
    monkeypatch.setenv("MFGUI_CACHE", str(tmp_path / "file"))
    paths = [save8(tmp_path / f"{seed}.png", seed=seed) for seed in range(3)]
    stack = read_stack(paths, byte_budget=1)
    assert stack.store.kept_bytes == bytes8().nbytes
    for seed in range(3):
        np.testing.assert_array_equal(stack.pixels(seed), bytes8(seed=seed))


def test_that_a_file_changed_since_is_noticed(tmp_path: Path) -> None:
    paths = [save8(tmp_path / f"{seed}.png", seed=seed) for seed in range(2)]
    opened = open_set(paths)
    Image.fromarray(bytes8(height=30)).save(paths[1])
    with pytest.raises(InputError, match="changed meanwhile"):
        opened.load()


def test_that_headers_are_checked_before_pixels(tmp_path: Path) -> None:
    first, second = save8(tmp_path / "a.png"), tmp_path / "b.png"
    data = bytearray(pillow_bytes(Image.fromarray(bytes8(height=30)), "PNG"))
    data[-30] ^= 1  # decoding would fail
    second.write_bytes(data)
    with pytest.raises(InputError, match="30"):
        open_set([first, second])


@pytest.mark.parametrize("white", [-1.0, float("nan"), float("inf")])
def test_that_white_must_be_positive(white: float, tmp_path: Path) -> None:
    path = save8(tmp_path / "a.png")
    with pytest.raises(UsageError, match="white"):
        open_set([path, path], white=white)
    with pytest.raises(UsageError, match="white"):
        read_image(path, white=white)


def test_that_nothing_named_is_too_few() -> None:
    with pytest.raises(UsageError, match="at least two images"):
        open_set([])


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_that_a_proxy_is_the_picture_made_small(suffix: str, tmp_path: Path) -> None:
    large = cv2.resize(bytes8(), (720, 480), interpolation=cv2.INTER_CUBIC)
    path = tmp_path / f"large.{suffix}"
    Image.fromarray(large).save(path, **({"quality": 95} if suffix == "jpg" else {}))
    proxy = read_proxy(path, max_side=120)
    height, width, _ = proxy.shape
    assert proxy.dtype == np.uint8
    assert 90 <= width <= 120
    expected = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    assert np.abs(proxy.astype(int) - expected).mean() < 1.5


def test_that_proxies_of_all_kinds_are_eight_bit(tmp_path: Path) -> None:
    for name, pixels in (("w.tif", words16()), ("f.tif", smooth()), ("g.tif", words16(channels=1))):
        stored = np.squeeze(pixels)
        proxy = read_proxy(save_tiff(tmp_path / name, stored), max_side=18)
        assert proxy.shape == (12, 18, pixels.shape[2])
        assert proxy.dtype == np.uint8
        assert abs(proxy.mean() / 255 - read_image(tmp_path / name).mean()) < 0.01


def test_that_the_preview_of_a_set_is_its_first_source(tmp_path: Path) -> None:
    paths = [save8(tmp_path / f"{seed}.png", seed=seed) for seed in (3, 1)]
    np.testing.assert_array_equal(open_set(paths).preview(), bytes8(seed=3))


@pytest.mark.parametrize(
    "failure", [MemoryError(), cv2.error("(-4:Insufficient memory) Failed to allocate")]
)
def test_that_too_little_memory_is_said(
    failure: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_data: bytes) -> None:
        raise failure

    path = save8(tmp_path / "a.png")
    monkeypatch.setattr("mfgui.files.decode.imagecodecs.png_decode", fail)
    with pytest.raises(OutOfMemoryError, match=r"a\.png: not enough memory"):
        read_stack([path, path])


def test_that_an_animation_is_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(bytes8(seed=seed)) for seed in range(2)]
    path = tmp_path / "moving.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match="animation"):
        probe(path)


def test_that_the_format_is_told_by_content(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(pillow_bytes(Image.fromarray(bytes8()), "JPEG"))
    assert probe(path).format == "JPEG"


def test_that_an_odd_profile_in_a_png_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = save8(tmp_path / "a.png", icc_profile=wide_profile())
    data = path.read_bytes()
    start = data.index(b"iCCP")
    for at in range(start + 3, start + 90, 3):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        np.testing.assert_array_equal(frame(path), bytes8())
    assert capfd.readouterr().err == ""


def test_that_inverted_inks_are_read_as_pillow_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "inks.jpg"
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[..., 0], inks[8:, :, 3] = 255, 128
    Image.frombytes("CMYK", (16, 16), inks.tobytes()).save(path, quality=100)
    found = frame(path)
    np.testing.assert_allclose(found[2, 2], [0, 255, 255], atol=2)
    np.testing.assert_allclose(found[13, 13], [0, 127, 127], atol=3)


def test_that_every_compression_of_imagecodecs_is_there() -> None:
    needed = ("lzw", "deflate", "packbits", "zstd", "jpeg8", "png", "webp", "cms")
    assert [name for name in needed if not getattr(imagecodecs, name.upper()).available] == []
