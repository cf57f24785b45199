"""Camera raw files: colours, one development for a stack, small pictures, damage, no rawpy."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

from mfgui.core.arrays import Size
from mfgui.core.errors import InputError, MfguiError, UsageError
from mfgui.core.stack import SourceStack
from mfgui.files import headers
from mfgui.files.grouping import select
from mfgui.files.images import open_set, probe, read_image, read_proxy, read_stack, write_image
from tests.files.pictures import save8
from tests.files.raw_files import write_dng, write_grey_dng

pytest.importorskip("rawpy")

WIDTH = 16
# Linear sRGB; none is so bright that a multiplier of white balance would clip it.
COLOURS = ((0.7, 0.7, 0.7), (0.2, 0.2, 0.2), (0.6, 0.2, 0.1), (0.1, 0.5, 0.2), (0.1, 0.2, 0.6))


def scene() -> npt.NDArray[np.float64]:
    """(32, 80, 3) upright fields of one colour each, the left half of the first nearly black."""
    light = np.repeat(np.array(COLOURS), WIDTH, axis=0)[np.newaxis].repeat(32, axis=0)
    light[:16, :8] = 0.001
    return light


def encoded(light: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The curve of IEC 61966-2-1."""
    values = np.asarray(light, np.float64)
    return np.where(values <= 0.0031308, 12.92 * values, 1.055 * values ** (1 / 2.4) - 0.055)


def fields(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The middle of the lower half of each field, (5, 3)."""
    return image[24, WIDTH // 2 :: WIDTH]


def test_that_known_light_gives_its_srgb_values(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", scene())
    info = probe(path)
    assert (info.format, info.size, info.depth, info.channels) == ("raw", Size(80, 32), "uint16", 3)
    image = read_image(path)
    # A matrix of four digits and 12 bits of the sensor.
    np.testing.assert_allclose(fields(image), encoded(COLOURS), atol=1e-3)
    # On the straight part of the curve.
    np.testing.assert_allclose(image[4, 3], encoded(0.001), atol=1e-3)
    assert image[4, 3].min() > 0.01


def test_that_nothing_is_brightened(tmp_path: Path) -> None:
    dark = read_image(write_dng(tmp_path / "dark.dng", 0.1 * scene()))
    np.testing.assert_allclose(fields(dark), encoded(0.1 * np.array(COLOURS)), atol=4e-3)
    # Near the white level LibRaw would take the brightest value of the file for white.
    bright = np.full((32, 32, 3), 0.95)
    image = read_image(write_dng(tmp_path / "bright.dng", bright, neutral=(1, 1, 1)))
    np.testing.assert_allclose(image, encoded(bright), atol=1e-3)


def test_that_a_sensor_without_colours_gives_grey(tmp_path: Path) -> None:
    light = np.repeat([[0.02, 0.3, 0.8]], 16, axis=1).repeat(32, axis=0)
    path = write_grey_dng(tmp_path / "a.dng", light)
    info = probe(path)
    assert (info.channels, info.depth, info.size) == (1, "uint16", Size(48, 32))
    np.testing.assert_allclose(read_image(path)[..., 0], encoded(light), atol=1e-3)
    assert read_proxy(path).shape[2] == 1
    assert read_stack([path, path]).sources[0].notices == ()


def two(folder: Path) -> list[Path]:
    """The same light on the sensor; the files say other things of what was white."""
    light, under = scene(), (0.5, 1.0, 0.8)
    first = write_dng(folder / "1.dng", light, neutral=under)
    return [first, write_dng(folder / "2.dng", light, neutral=(0.9, 1.0, 0.4), seen_under=under)]


def test_that_a_stack_has_one_development(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    alone = [read_image(path) for path in (first, second)]
    assert np.abs(alone[0] - alone[1]).max() > 0.1
    stack = read_stack([first, second])
    np.testing.assert_array_equal(stack.pixels(0), stack.pixels(1))
    np.testing.assert_array_equal(stack.pixels(0), np.rint(alone[0] * 65535))
    assert stack.sources[0].notices == ()
    assert stack.sources[1].notices == ("developed with the white balance of the first raw file",)


def test_that_the_first_raw_file_decides_wherever_it_stands(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    picture = save8(tmp_path / "0.png", seed=1)
    with pytest.raises(InputError, match="is 80 x 32"):
        read_stack([picture, first])
    write_image(picture, read_image(first), depth="uint16")
    stack = read_stack([picture, second, first])
    np.testing.assert_array_equal(stack.pixels(1), stack.pixels(2))
    assert np.abs(stack.pixels(0) - stack.pixels(1).astype(float)).max() > 5000
    turned = read_stack([picture, first, second])
    np.testing.assert_array_equal(turned.pixels(0), turned.pixels(1))


def test_that_frames_decoded_again_are_the_same(tmp_path: Path) -> None:
    paths = two(tmp_path)
    small = open_set(paths).load(byte_budget=1)
    whole: SourceStack = read_stack(paths)
    for index in (0, 1, 0, 1):
        np.testing.assert_array_equal(small.pixels(index), whole.pixels(index))


# As cameras write it: upright, upside down, and held upright on either side.
@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_that_the_orientation_is_applied_once(orientation: int, turns: int, tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", scene(), orientation=orientation)
    upright = np.rot90(encoded(scene()), turns)
    assert probe(path).size == Size(upright.shape[1], upright.shape[0])
    image = read_image(path)
    assert image.shape == upright.shape
    assert np.median(np.abs(image - upright)) < 1e-3
    small = read_proxy(path)
    assert small.shape == (upright.shape[0] // 2, upright.shape[1] // 2, 3)
    assert np.median(np.abs(small / 255 - upright[::2, ::2])) < 5e-3
    write_image(tmp_path / "out.tif", image, depth="uint16", exif=probe(path).exif)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        tags = file.pages[0].tags
        assert (tags["Make"].value, tags["Model"].value) == ("Testcam", "T1")
        assert tags["Orientation"].value == 1
        # What describes the raw data does not describe the result.
        assert {"DNGVersion", "ColorMatrix1", "CFAPattern"}.isdisjoint(tag.name for tag in tags)


@pytest.mark.parametrize("orientation", [1, 6])
def test_that_the_embedded_picture_is_shown_first(orientation: int, tmp_path: Path) -> None:
    thumbnail = np.zeros((16, 40, 3), np.uint8)
    thumbnail[:, :20], thumbnail[:, 20:] = (200, 40, 40), (40, 40, 200)
    path = tmp_path / "a.dng"
    write_dng(path, scene(), orientation=orientation, thumbnail=thumbnail)
    assert probe(path).size == (Size(80, 32) if orientation == 1 else Size(32, 80))
    small = read_proxy(path)
    expected = thumbnail if orientation == 1 else np.rot90(thumbnail, 3)
    assert small.shape == expected.shape
    np.testing.assert_allclose(small[2, 2], expected[2, 2], atol=8)
    np.testing.assert_allclose(small[-3, -3], expected[-3, -3], atol=8)
    preview = open_set([path, path]).preview(max_side=20)
    assert preview.shape == ((8, 20, 3) if orientation == 1 else (20, 8, 3))


def test_that_an_embedded_picture_of_another_shape_is_not_shown(tmp_path: Path) -> None:
    thumbnail = np.full((30, 40, 3), 99, np.uint8)
    path = write_dng(tmp_path / "a.dng", scene(), thumbnail=thumbnail)
    assert read_proxy(path).shape == (16, 40, 3)


def test_that_a_damaged_embedded_picture_is_not_shown(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", scene(), thumbnail=np.full((16, 40, 3), 99, np.uint8))
    with tifffile.TiffFile(path) as file:
        start, length = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
    data = bytearray(path.read_bytes())
    data[start + 2 : start + length] = bytes(length - 2)
    path.write_bytes(data)
    small = read_proxy(path)
    np.testing.assert_allclose(small[12, 4::8] / 255, encoded(COLOURS), atol=0.01)


def test_that_headers_are_read_without_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_dng(tmp_path / "a.dng", scene())
    whole = path.read_bytes()
    # Not a DNG by its tags any more, so that nobody looks for the end of the data.
    path.write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr("mfgui.files.raw.data_end", lambda file: 0)
    assert probe(path).size == Size(80, 32)
    with pytest.raises(InputError, match="cut off"):
        read_image(path)
    capfd.readouterr()


def test_that_files_cut_off_give_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = write_dng(tmp_path / "whole.dng", scene()).read_bytes()
    path = tmp_path / "a.dng"
    for length in (1, 7, 60, 300, 500, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError) as caught:
            read_image(path)
        text = str(caught.value)
        assert text.startswith(f"{path}: the file is ")
        assert "\n" not in text
        assert "b'" not in text
    # LibRaw would print lines of its own.
    assert capfd.readouterr() == ("", "")


def test_that_damaged_files_give_one_line_or_a_picture(tmp_path: Path) -> None:
    whole = write_dng(tmp_path / "whole.dng", scene()).read_bytes()
    random = np.random.default_rng(0)
    path, failures = tmp_path / "a.dng", []
    for _ in range(60):
        data = bytearray(whole)
        for at in random.integers(0, 480, 4):
            data[at] = random.integers(256)
        path.write_bytes(data)
        try:
            read_image(path)
        except MfguiError as error:
            failures.append(str(error))
    assert len(failures) > 5
    assert not any("\n" in failure for failure in failures)


@pytest.mark.parametrize("name", ["a.dng", "a.CR2", "a.raf"])
def test_that_what_is_no_raw_file_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"some text\n" * 100)
    with pytest.raises(InputError, match="damaged or of an unsupported kind"):
        probe(tmp_path / name)


def test_that_the_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_dng(tmp_path / "a.dng", scene())
    monkeypatch.setattr(headers, "MAX_PIXELS", 80 * 32 - 1)
    with pytest.raises(InputError, match="megapixels, more than"):
        probe(path)


def test_that_white_is_not_given_for_raw_files(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", scene())
    with pytest.raises(UsageError, match="leave --white out"):
        read_stack([path, path], white=4095)


def test_that_without_rawpy_the_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_dng(tmp_path / "a.dng", scene())
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(InputError) as caught:
        open_set([path, path])
    assert str(caught.value) == (
        f"{path}: mfgui needs rawpy to read raw files;"
        f" install it with {sys.executable} -m pip install rawpy"
    )
    # Everything else is read as before.
    assert probe(save8(tmp_path / "a.png")).format == "PNG"


def test_that_of_a_folder_pictures_go_before_raw_files_of_their_name(tmp_path: Path) -> None:
    for name in ("1.dng", "1.JPG", "2.dng", "2.jpg", "3.dng"):
        (tmp_path / name).touch()
    chosen = select([tmp_path])
    assert [path.name for path in chosen.images] == ["1.JPG", "2.jpg", "3.dng"]
    assert [path.name for path, _ in chosen.skipped] == ["1.dng", "2.dng"]
    # Named files are never passed over.
    assert len(select([tmp_path / "1.dng", tmp_path / "1.JPG"]).images) == 2
