"""Colour profiles and camera data from source to output, seen by other readers than ours."""

from __future__ import annotations

import itertools
import json
import shutil
import struct
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import ExifTags, Image

from mfgui import __version__
from mfgui.core.arrays import Depth, from_float, to_float
from mfgui.files import spaces
from mfgui.files.camera_notes import annotated
from mfgui.files.images import read_stack, write_image
from tests.files.pictures import camera_block, matrix_profile, png16, save_tiff, smooth

EXIF_IFD, GPS_IFD = 0x8769, 0x8825
ORIENTATION, SOFTWARE, WIDTH, HEIGHT = 274, 305, 40962, 40963


@dataclass(frozen=True)
class Space:
    """A colour space by its definition: primaries as columns, XYZ under D50, and gamma."""

    to_xyz: tuple[tuple[float, float, float], ...]
    gamma: float | None

    @property
    def icc(self) -> bytes:
        return matrix_profile(self.to_xyz, self.gamma)

    def encoded(self, xyz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Values in [0, 1] of colours (H, W, 3) that lie inside the space."""
        linear = xyz @ np.linalg.inv(np.array(self.to_xyz)).T
        assert linear.min() > 0
        assert linear.max() < 1
        if self.gamma is not None:
            return linear ** (1 / self.gamma)
        return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


SPACES = {
    "srgb": Space(
        ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410)),
        None,
    ),
    "adobe": Space(
        ((0.60974, 0.20528, 0.14919), (0.31111, 0.62567, 0.06322), (0.01947, 0.06087, 0.74457)),
        563 / 256,
    ),
    "p3": Space(
        ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407)),
        None,
    ),
    "prophoto": Space(
        ((0.79767, 0.13519, 0.03134), (0.28804, 0.71188, 0.00009), (0.0, 0.0, 0.82491)),
        461 / 256,
    ),
}
KINDS: list[tuple[str, Depth]] = [
    ("a.jpg", "uint8"),
    ("a.png", "uint8"),
    ("a.png", "uint16"),
    ("a.tif", "uint8"),
    ("a.tif", "uint16"),
    ("a.tif", "float32"),
    ("a.webp", "uint8"),
]


def colours() -> npt.NDArray[np.float64]:
    """(H, W, 3) XYZ of a picture whose colours all of the spaces hold."""
    linear = 0.05 + 0.85 * smooth().astype(np.float64) ** 2.2
    return linear @ np.array(SPACES["srgb"].to_xyz).T


def seen_by_others(path: Path) -> tuple[npt.NDArray[Any], bytes | None]:
    """Pixels (H, W, 3) at full depth and profile, by tifffile, libtiff, libpng and Pillow."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            (page,) = file.pages
            icc, pixels = page.iccprofile, page.asarray()
        assert tags_in(path)[0].get(34675) == icc
        by_libtiff = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert by_libtiff is not None
        np.testing.assert_array_equal(by_libtiff[..., ::-1], pixels)
        return pixels, icc
    with Image.open(path) as picture:
        picture.load()
        icc = picture.info.get("icc_profile")
        pixels = np.asarray(picture)
    if path.suffix == ".png":
        # Pillow has no 16-bit colour.
        whole = imagecodecs.png_decode(path.read_bytes())
        np.testing.assert_array_equal(pixels, whole if whole.itemsize == 1 else whole >> 8)
        return whole, icc
    return pixels, icc


def tags_of(exif: Image.Exif) -> dict[int, dict[int, Any]]:
    """By directory: 0, that of the exposure and that of the place."""
    inner = {pointer: dict(exif.get_ifd(pointer)) for pointer in (EXIF_IFD, GPS_IFD)}
    return {0: {tag: value for tag, value in exif.items() if tag not in inner}, **inner}


def tags_in(path: Path) -> dict[int, dict[int, Any]]:
    """Camera data of a file by Pillow."""
    if path.suffix != ".tif":
        with Image.open(path) as picture:
            return tags_of(picture.getexif())
    found = Image.Exif()  # which also reads the tags of pixels that Pillow has no kind for
    found.load(path.read_bytes())
    return tags_of(found)


def check_camera_data(path: Path, block: bytes, *, width: int, height: int) -> None:
    """All tags of the block are there as they were, but those that say what the file is now."""
    given = Image.Exif()
    given.load(b"Exif\0\0" + block)
    expected = tags_of(given)
    expected[0] |= {ORIENTATION: 1, SOFTWARE: f"mfgui {__version__}"}
    expected[EXIF_IFD] |= {WIDTH: width, HEIGHT: height}
    found = tags_in(path)
    if path.suffix == ".tif":  # its main directory describes the pixels, too
        layout = {ExifTags.Base(tag).name for tag in set(found[0]) - set(expected[0])}
        assert layout >= {"ImageWidth", "StripOffsets"}
        assert layout.isdisjoint({"JpegIFOffset", "ExifVersion", "Copyright"})
        found[0] = {tag: found[0][tag] for tag in expected[0]}
    assert found == expected


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(("name", "depth"), KINDS)
def test_that_others_read_what_was_written(
    name: str, depth: Depth, space: str, tmp_path: Path
) -> None:
    path, block, icc = tmp_path / name, camera_block(orientation=6), SPACES[space].icc
    image = smooth()
    assert write_image(path, image, depth=depth, icc=icc, exif=block) == ()
    pixels, carried = seen_by_others(path)
    assert carried == icc
    expected = from_float(image, depth)
    assert (pixels.dtype, pixels.shape) == (expected.dtype, expected.shape)
    if path.suffix == ".jpg":
        assert np.abs(pixels - expected.astype(float)).max() < 12
        assert np.abs(pixels - expected.astype(float)).mean() < 2
    else:
        np.testing.assert_array_equal(pixels, expected)
    check_camera_data(path, block, width=image.shape[1], height=image.shape[0])


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def save_by_others(path: Path, values: npt.NDArray[Any], *, icc: bytes, block: bytes) -> Path:
    """A source with profile and camera data that another program wrote."""
    if values.dtype == np.uint8:
        exif = b"Exif\0\0" + block
        Image.fromarray(values).save(path, exif=exif, icc_profile=icc, quality=95)
    elif path.suffix == ".png":
        plain = png16(values)
        extra = chunk(b"iCCP", b"of others\0\0" + zlib.compress(icc)) + chunk(b"eXIf", block)
        path.write_bytes(plain[:33] + extra + plain[33:])
    else:
        make = [(271, 2, 0, "Canon", True), (272, 2, 0, "EOS 5D2", True)]
        save_tiff(path, values, iccprofile=icc, extratags=make)
    return path


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(("name", "depth"), KINDS)
def test_that_source_one_comes_through_reading_and_writing(
    name: str, depth: Depth, space: str, tmp_path: Path
) -> None:
    values, icc, block = from_float(smooth(), depth), SPACES[space].icc, camera_block()
    path = save_by_others(tmp_path / name, values, icc=icc, block=block)
    given, _ = seen_by_others(path)
    stack = read_stack([path, path])
    source = stack.sources[0]
    assert source.notices == ()
    # A JPEG would change the pixels once more.
    out = tmp_path / ("out.png" if path.suffix == ".jpg" else f"out{path.suffix}")
    image = to_float(stack.pixels(0))
    write_image(out, image, depth=depth, icc=source.icc, exif=source.exif)
    pixels, carried = seen_by_others(out)
    assert carried == icc
    np.testing.assert_array_equal(pixels, given)
    found = tags_in(out)
    assert (found[0][271], found[0][272]) == ("Canon", "EOS 5D2")
    if depth == "uint8" or path.suffix == ".png":
        assert source.exif is not None
        check_camera_data(out, block, width=values.shape[1], height=values.shape[0])


@pytest.mark.parametrize(
    ("depth", "tolerance"), [("uint8", 3 / 255), ("uint16", 3e-4), ("float32", 3e-4)]
)
@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(SPACES, 2)))
def test_that_other_sources_get_the_colours_of_source_one(
    first: str, second: str, depth: Depth, tolerance: float, tmp_path: Path
) -> None:
    expected = SPACES[first].encoded(colours())
    paths = []
    for name in (first, second):
        values = from_float(SPACES[name].encoded(colours()).astype(np.float32), depth)
        paths.append(save_tiff(tmp_path / f"{name}.tif", values, iccprofile=SPACES[name].icc))
    stack = read_stack(paths)
    assert [source.icc for source in stack.sources] == [SPACES[first].icc] * 2
    assert stack.sources[0].notices == ()
    assert stack.sources[1].notices == ("colours converted from Test profile to Test profile",)
    np.testing.assert_array_equal(stack.pixels(0), tifffile.imread(paths[0]))
    out = tmp_path / "out.tif"
    write_image(out, to_float(stack.pixels(1)), depth=depth, icc=stack.sources[0].icc)
    pixels, carried = seen_by_others(out)
    assert carried == SPACES[first].icc
    assert np.abs(to_float(pixels) - expected).max() < tolerance
    # Without the conversion it would be another picture.
    assert np.abs(to_float(tifffile.imread(paths[1])) - expected).max() > 3 * tolerance


NAMES: dict[spaces.SpaceName, str] = {
    "srgb": "srgb",
    "adobe-rgb": "adobe",
    "display-p3": "p3",
    "prophoto": "prophoto",
}
PRECISION = {"uint8": 1.5 / 255, "uint16": 3e-4, "float32": 3e-4}


def by_exiftool(path: Path) -> dict[str, Any]:
    call = ["exiftool", "-json", "-a", "-G1", "-n", "-validate", "-warning", "-all", str(path)]
    answer = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)
    return dict(answer[0])


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("space", NAMES)
@pytest.mark.parametrize(("name", "depth"), KINDS)
def test_that_a_chosen_space_is_in_pixels_profile_and_tags(
    name: str, depth: Depth, space: spaces.SpaceName, tmp_path: Path
) -> None:
    path, block = tmp_path / name, annotated(camera_block(orientation=6), note="how it was made")
    given = SPACES["adobe"].encoded(colours()).astype(np.float32)
    notices = write_image(
        path, given, depth=depth, icc=SPACES["adobe"].icc, exif=block, space=space
    )
    assert notices == ()
    pixels, carried = seen_by_others(path)
    expected = SPACES[NAMES[space]].encoded(colours())
    tolerance = PRECISION[depth] + (10 / 255 if path.suffix == ".jpg" else 0)
    assert np.abs(to_float(pixels) - expected).max() < tolerance
    assert carried == spaces.profile(space)
    found = by_exiftool(path)
    assert found["ICC_Profile:ProfileDescription"] == spaces.SPACES[space].title
    assert found["IFD0:Orientation"] == 1
    assert found["IFD0:Software"] == f"mfgui {__version__}"
    assert found["ExifIFD:UserComment"] == "how it was made"
    assert found["ExifIFD:DateTimeOriginal"] == "2024:05:06 07:08:09"
    assert (found["ExifIFD:ExifImageWidth"], found["ExifIFD:ExifImageHeight"]) == (36, 24)
    assert found["GPS:GPSLatitude"] == pytest.approx(48 + 8 / 60 + 30 / 3600)
    assert "ExifTool:Error" not in found


@pytest.mark.parametrize("space", NAMES)
@pytest.mark.parametrize("bits", [8, 10])
def test_that_pictures_of_phones_come_through(
    bits: int, space: spaces.SpaceName, tmp_path: Path
) -> None:
    heif = pytest.importorskip("pillow_heif", reason="no encoder (pillow-heif) is installed")
    dtype, mode, depth = {8: (np.uint8, "RGB", "uint8"), 10: (np.uint16, "RGB;16", "uint16")}[bits]
    top = (1 << bits) - 1
    stored = np.rint(smooth() * top).astype(dtype)
    data = (stored << 6 if bits == 10 else stored).astype(dtype).tobytes()
    made = heif.from_bytes(mode=mode, size=(36, 24), data=data)
    lossless = {"quality": -1, "chroma": 444, "matrix_coefficients": 0}
    block = camera_block()
    path = tmp_path / "a.heic"
    made.save(path, exif=b"Exif\0\0" + block, icc_profile=spaces.profile(space), **lossless)
    source = (stack := read_stack([path, path])).sources[0]
    out = tmp_path / "out.tif"
    write_image(
        out, to_float(stack.pixels(0)), depth=source.depth, icc=source.icc, exif=source.exif
    )
    pixels, carried = seen_by_others(out)
    assert pixels.dtype.name == depth
    white = np.iinfo(pixels.dtype).max
    np.testing.assert_array_equal(pixels, np.rint(stored * (white / top)))
    assert carried == spaces.profile(space)
    check_camera_data(out, block, width=36, height=24)
