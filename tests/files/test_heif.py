from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageOps

from mfgui.core.arrays import Size
from mfgui.core.errors import InputError
from mfgui.files import exif, images, spaces
from mfgui.files.decode import decode_frame
from tests.files.heif_files import PLAIN_10, TURNED_8, picture
from tests.files.pictures import bytes8, camera_block, save8, wide_profile, words16

LIBRARIES = [name for name in ("pi_heif", "pillow_heif") if importlib.util.find_spec(name)]
if not LIBRARIES:
    pytest.skip("neither pi-heif nor pillow-heif is installed", allow_module_level=True)
with_each_library = pytest.mark.parametrize("library", LIBRARIES)


def writer() -> Any:
    """pillow-heif, which alone can write."""
    return pytest.importorskip("pillow_heif", reason="no encoder (pillow-heif) is installed")


def stored(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def choose(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this library be the only one there."""
    for other in {"pi_heif", "pillow_heif"} - {library}:
        monkeypatch.setitem(sys.modules, other, None)


def saved(path: Path, pixels: npt.NDArray[Any], mode: str = "", **options: Any) -> Path:
    """A HEIF file without loss; 16-bit values are stored with 10 bits."""
    heif = writer()
    mode = mode or ("RGB;16" if pixels.dtype == np.uint16 else "RGB")
    height, width = pixels.shape[:2]
    made = heif.from_bytes(mode=mode, size=(width, height), data=pixels.tobytes())
    # Without the matrix of colour differences nothing is rounded.
    options = {"quality": -1, "chroma": 444, "matrix_coefficients": 0} | options
    made.save(path, **options)
    return path


@with_each_library
def test_that_a_file_of_known_values_is_read(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(library, monkeypatch)
    turned = images.probe(stored(tmp_path / "a.heic", TURNED_8))
    assert (turned.size, turned.depth, turned.orientation) == (Size(32, 48), "uint8", 1)
    # Clockwise by a quarter, once: its corner comes to the upper right.
    np.testing.assert_array_equal(decode_frame(turned)[0], np.rot90(picture(8), -1))
    assert images.read_proxy(tmp_path / "a.heic").shape == (48, 32, 3)
    assert exif.parse(turned.exif).orientation == 6
    plain = images.probe(stored(tmp_path / "b.heic", PLAIN_10))
    assert (plain.size, plain.bits, plain.depth) == (Size(48, 32), 10, "uint16")
    expected = np.rint(picture(10) * (65535 / 1023))
    np.testing.assert_array_equal(decode_frame(plain)[0], expected)


def test_that_the_library_without_an_encoder_comes_first(tmp_path: Path) -> None:
    if len(LIBRARIES) < 2:
        pytest.skip("one of pi-heif and pillow-heif is not installed")
    path = stored(tmp_path / "a.heic", TURNED_8)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from mfgui.files.images import read_image\n"
        f"read_image(Path({str(path)!r}))\n"
        "print('pi_heif' in sys.modules, 'pillow_heif' in sys.modules)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (answer.stdout.strip(), answer.stderr) == ("True False", "")


@pytest.mark.parametrize("suffix", [".heic", ".heif", ".HIF"])
def test_that_eight_bits_are_read(suffix: str, tmp_path: Path) -> None:
    path = saved(tmp_path / f"a{suffix}", bytes8())
    info = images.probe(path)
    assert (info.format, info.size, info.depth, info.channels) == ("HEIF", Size(36, 24), "uint8", 3)
    np.testing.assert_array_equal(decode_frame(info)[0], bytes8())


def test_that_ten_bits_fill_sixteen(tmp_path: Path) -> None:
    values = words16()
    values[0, :2] = ((0, 0, 0), (65535, 65535, 65535))
    info = images.probe(saved(tmp_path / "a.heic", values))
    assert (info.bits, info.depth) == (10, "uint16")
    pixels, notice = decode_frame(info)
    assert notice == ""
    np.testing.assert_array_equal(pixels, np.rint((values >> 6) * (65535 / 1023)))
    assert (pixels[0, 0].max(), pixels[0, 1].min()) == (0, 65535)


@pytest.mark.parametrize("mode", ["L", "L;16", "RGBA"])
def test_that_grey_and_alpha_are_known(mode: str, tmp_path: Path) -> None:
    channels = 4 if mode == "RGBA" else 1
    values = (words16 if "16" in mode else bytes8)(channels=channels)
    path = saved(tmp_path / "a.heic", values, mode, matrix_coefficients=1)
    info = images.probe(path)
    assert info.alpha == (mode == "RGBA")
    pixels, _ = decode_frame(info)
    assert pixels.shape == (24, 36, 3 if channels == 4 else 1)
    if mode == "L":
        np.testing.assert_array_equal(pixels, values)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_that_a_picture_is_turned_once(orientation: int, tmp_path: Path) -> None:
    # The writer stores the orientation as a property of the picture and keeps it in the EXIF.
    path = saved(
        tmp_path / "a.heic", bytes8(), exif=b"Exif\0\0" + camera_block(orientation=orientation)
    )
    plain = io.BytesIO()
    Image.fromarray(bytes8()).save(plain, "PNG")
    by_pillow = Image.open(plain)
    by_pillow.getexif()[274] = orientation
    upright = np.asarray(ImageOps.exif_transpose(by_pillow))
    info = images.probe(path)
    assert info.size == Size(upright.shape[1], upright.shape[0])
    np.testing.assert_array_equal(decode_frame(info)[0], upright)
    assert images.read_proxy(path).shape == upright.shape
    assert exif.parse(info.exif).orientation == orientation
    out = tmp_path / "out.tif"
    images.write_image(out, images.read_image(path), depth="uint8", exif=info.exif)
    again = images.probe(out)
    assert (again.size, again.orientation) == (info.size, 1)


def test_that_profile_and_camera_data_come_through(tmp_path: Path) -> None:
    block = camera_block()
    path = saved(
        tmp_path / "a.heic", bytes8(), exif=b"Exif\0\0" + block, icc_profile=wide_profile()
    )
    other = save8(tmp_path / "b.png", icc_profile=wide_profile())
    stack = images.read_stack([path, other])
    source = stack.sources[0]
    assert source.icc == wide_profile()
    assert source.notices == ()
    assert exif.serialise(exif.parse(source.exif)) == exif.serialise(exif.parse(block))


@pytest.mark.parametrize(("primaries", "curve", "space"), [(12, 13, "display-p3"), (1, 13, None)])
def test_that_colours_given_by_number_are_understood(
    primaries: int, curve: int, space: spaces.SpaceName | None, tmp_path: Path
) -> None:
    options = {"color_primaries": primaries, "transfer_characteristics": curve}
    info = images.probe(saved(tmp_path / "a.heic", bytes8(), **options))
    assert info.icc == (spaces.profile(space) if space else None)
    assert info.remarks == ()


def test_that_what_a_person_should_know_is_a_notice(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    saved(path, words16(), color_primaries=9, transfer_characteristics=16)
    several = writer().from_bytes(mode="RGB", size=(36, 24), data=bytes8().tobytes())
    several.add_frombytes(mode="RGB", size=(18, 12), data=bytes8(height=12, width=18).tobytes())
    several.save(tmp_path / "b.heic", quality=-1, chroma=444, matrix_coefficients=0)
    opened = images.open_set([path, tmp_path / "b.heic"])
    assert opened.notices[0] == ("brightness is stored for HDR screens (PQ) and taken as it is",)
    assert "main one of 2 pictures in the file taken" in opened.notices[1]
    np.testing.assert_array_equal(decode_frame(opened.infos[1])[0], bytes8())


@pytest.mark.parametrize("part", [0.05, 0.5, 0.97])
def test_that_a_cut_off_file_is_one_clear_line(part: float, tmp_path: Path) -> None:
    path = stored(tmp_path / "a.heic", TURNED_8[: int(len(TURNED_8) * part)])
    with pytest.raises(InputError, match=r"cut off|damaged") as caught:
        decode_frame(images.probe(path))
    assert caught.value.path == path
    assert "\n" not in str(caught.value)


@with_each_library
def test_that_damage_anywhere_is_an_input_error_or_a_picture(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(library, monkeypatch)
    path, whole = tmp_path / "a.heic", TURNED_8
    random = np.random.default_rng(5)
    refused = 0
    for _ in range(120):
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
    assert refused > 10


def test_that_the_size_is_checked_before_decoding(tmp_path: Path, monkeypatch: Any) -> None:
    path = stored(tmp_path / "a.heic", TURNED_8)
    monkeypatch.setattr("mfgui.files.headers.MAX_PIXELS", 100)
    with pytest.raises(InputError, match="more than the"):
        images.probe(path)


def test_that_a_missing_decoder_is_named(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.heic", TURNED_8)
    program = (
        "import sys; sys.modules |= {'pi_heif': None, 'pillow_heif': None}\n"
        "from pathlib import Path\n"
        "from mfgui.files.images import probe\n"
        f"try: probe(Path({str(path)!r}))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.stderr == ""
    expected = f"InputError {path}: mfgui needs pi-heif to read HEIF files; install it with"
    assert answer.stdout.startswith(expected)
    assert answer.stdout.strip().endswith("-m pip install pi-heif")
