from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from mfgui.core.arrays import to_float
from mfgui.files import profiles
from mfgui.files.images import read_image, read_proxy, read_stack
from tests.files.pictures import (
    bytes8,
    grey_profile,
    ink_profile,
    png16,
    save8,
    save_tiff,
    smooth,
    srgb_profile,
    wide_profile,
    words16,
)

TO_XYZ = np.array([[0.6097, 0.2053, 0.1492], [0.3111, 0.6257, 0.0632], [0.0195, 0.0609, 0.7446]])
SRGB_TO_XYZ = np.array(
    [[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]]
)


def by_hand(image: np.ndarray) -> np.ndarray:
    """`wide_profile` to sRGB in float64 from the definitions."""
    linear = image.astype(np.float64) ** (round(2.2 * 256) / 256)
    light = np.clip(linear @ TO_XYZ.T @ np.linalg.inv(SRGB_TO_XYZ).T, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def by_pillow(pixels: np.ndarray, icc: bytes, mode: str) -> np.ndarray:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    picture = Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())
    target = ImageCms.createProfile("sRGB")
    shown = ImageCms.profileToProfile(
        picture,
        profile,
        target,
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
    )
    return np.asarray(shown)


def test_that_eight_bits_are_converted_as_pillow_does() -> None:
    found = profiles.convert(bytes8(), wide_profile(), profiles.srgb())
    np.testing.assert_allclose(found, by_pillow(bytes8(), wide_profile(), "RGB"), atol=1)


def test_that_sixteen_bits_and_floats_keep_their_precision() -> None:
    words = words16()
    expected = by_hand(words / 65535)
    inside = (expected > 0.02) & (expected < 0.98)
    found = profiles.convert(words, wide_profile(), profiles.srgb())
    assert found.dtype == np.uint16
    assert np.abs(found / 65535 - expected)[inside].max() < 5e-4
    floats = profiles.convert(smooth(), wide_profile(), profiles.srgb())
    assert floats.dtype == np.float32
    assert np.abs(floats - by_hand(smooth()))[inside].max() < 5e-4
    assert (floats.min(), floats.max()) >= (0, 0)
    assert floats.max() <= 1
    # More values than 8 bits have: the way does not lead through them.
    ramp = np.repeat(np.arange(20_000, 21_000, dtype=np.uint16)[None, :, None], 3, axis=2)
    assert len(np.unique(profiles.convert(ramp, wide_profile(), profiles.srgb()))) > 900


def test_that_a_second_profile_is_converted_to_the_first(tmp_path: Path) -> None:
    plain, wide = save8(tmp_path / "plain.png"), tmp_path / "wide.png"
    save8(wide, icc_profile=wide_profile())
    stack = read_stack([plain, wide])
    assert stack.sources[1].icc is None
    np.testing.assert_array_equal(
        stack.pixels(1), profiles.convert(bytes8(), wide_profile(), srgb_profile())
    )
    turned = read_stack([wide, plain])
    np.testing.assert_array_equal(turned.pixels(0), bytes8())
    np.testing.assert_array_equal(turned.pixels(1), bytes8())
    assert turned.sources[0].icc == turned.sources[1].icc == wide_profile()
    assert "no colour profile, taken to be Test profile" in turned.sources[1].notices[0]


def test_that_sixteen_bit_sources_are_converted_in_sixteen(tmp_path: Path) -> None:
    plain = tmp_path / "plain.png"
    plain.write_bytes(png16(words16()))
    wide = save_tiff(tmp_path / "wide.tif", words16(), iccprofile=wide_profile())
    stack = read_stack([plain, wide])
    expected = by_hand(words16() / 65535)
    inside = (expected > 0.02) & (expected < 0.98)
    assert np.abs(to_float(stack.pixels(1)) - expected)[inside].max() < 5e-4


def test_that_a_wide_profile_is_shown_in_srgb() -> None:
    expected = by_hand(bytes8() / 255)
    inside = (expected > 0.02) & (expected < 0.98)
    shown = profiles.for_display(bytes8(), wide_profile())
    assert np.abs(shown / 255 - expected)[inside].max() < 0.02
    assert np.abs(shown.astype(int) - bytes8()).max() > 5


@pytest.mark.parametrize(
    "icc", [None, b"no profile", srgb_profile(), wide_profile()[:140], grey_profile()]
)
def test_that_pixels_are_shown_as_they_are_without_another_usable_profile(icc) -> None:
    pixels = bytes8()
    assert profiles.for_display(pixels, icc) is pixels


def test_that_equal_profiles_change_nothing(tmp_path: Path) -> None:
    other = bytearray(wide_profile())
    other[24:26] = b"\x07\xd0"  # another date
    first = save8(tmp_path / "a.png", icc_profile=wide_profile())
    second = save8(tmp_path / "b.png", icc_profile=bytes(other), seed=1)
    third = save8(tmp_path / "c.png", seed=1, icc_profile=srgb_profile())
    plain = save8(tmp_path / "d.png")
    for paths in ([first, second], [plain, third]):
        stack = read_stack(paths)
        np.testing.assert_array_equal(stack.pixels(1), bytes8(seed=1))
        assert stack.sources[1].notices == ()


def test_that_grey_with_a_profile_joins_colour_through_it(tmp_path: Path) -> None:
    grey = tmp_path / "grey.png"
    Image.fromarray(bytes8(channels=1)[..., 0]).save(grey, icc_profile=grey_profile(1.8))
    stack = read_stack([save8(tmp_path / "a.png"), grey])
    found = to_float(stack.pixels(1))
    linear = (bytes8(channels=1) / 255) ** (round(1.8 * 256) / 256)
    expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(found, np.repeat(expected, 3, axis=2), atol=0.012)


def test_that_grey_profiles_of_grey_sets_are_brought_together(tmp_path: Path) -> None:
    paths = []
    for name, gamma in (("a", 1.8), ("b", 2.2), ("c", 1.8)):
        paths.append(tmp_path / f"{name}.png")
        picture = Image.fromarray(bytes8(channels=1)[..., 0])
        picture.save(paths[-1], icc_profile=grey_profile(gamma))
    stack = read_stack(paths)
    values = bytes8(channels=1) / 255
    np.testing.assert_array_equal(stack.pixels(0), stack.pixels(2))
    np.testing.assert_allclose(to_float(stack.pixels(1)), values ** (2.2 / 1.8), atol=0.012)


def test_that_inks_with_a_profile_are_converted_as_pillow_does(tmp_path: Path) -> None:
    inks = np.concatenate([bytes8(), bytes8(seed=3)[..., :1] // 4], axis=2)
    path = save_tiff(tmp_path / "inks.tif", inks, photometric="separated", iccprofile=ink_profile())
    expected = by_pillow(inks, ink_profile(), "CMYK")
    assert np.ptp(expected) > 100
    np.testing.assert_allclose(read_image(path) * 255, expected, atol=2)
    np.testing.assert_allclose(read_proxy(path), expected, atol=2)


def test_that_sixteen_bit_inks_stay_sixteen_bit(tmp_path: Path) -> None:
    inks = np.concatenate([words16(), words16(seed=3)[..., :1] // 4], axis=2)
    for name, icc in (("plain.tif", None), ("tagged.tif", ink_profile())):
        path = save_tiff(tmp_path / name, inks, photometric="separated", iccprofile=icc)
        stack = read_stack([path, path])
        assert stack.depth == "uint16"
        assert len(np.unique(stack.pixels(0))) > 1500
    plain = to_float(read_stack([tmp_path / "plain.tif"] * 2).pixels(0))
    expected = (1 - inks[..., :3] / 65535) * (1 - inks[..., 3:] / 65535)
    np.testing.assert_allclose(plain, expected, atol=1e-4)


def test_that_proxies_are_in_srgb(tmp_path: Path) -> None:
    for name in ("wide.png", "wide.jpg"):
        path = save8(tmp_path / name, icc_profile=wide_profile())
        shown = by_hand(read_image(path))
        assert np.abs(read_proxy(path) / 255 - shown).mean() < 0.01


@pytest.mark.parametrize(
    "icc", [None, b"", b"x" * 500, wide_profile()[:300], wide_profile()[:131]], ids=repr
)
def test_that_damaged_profiles_are_not_usable(icc: bytes | None) -> None:
    assert not profiles.usable(icc, channels=3)


def test_that_a_profile_must_fit_the_channels() -> None:
    assert profiles.usable(wide_profile(), channels=3)
    assert profiles.usable(grey_profile(), channels=1)
    assert profiles.usable(ink_profile(), channels=4)
    assert not profiles.usable(wide_profile(), channels=1)
    assert not profiles.usable(ink_profile(), channels=3)


def test_that_names_come_from_the_profile() -> None:
    assert profiles.profile_name(wide_profile()) == "Test profile"
    assert profiles.profile_name(None) == "sRGB"
    assert profiles.profile_name(b"nonsense") == "unnamed"
