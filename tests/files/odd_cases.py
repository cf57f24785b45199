"""Wrong and odd input: how to make each case, and the answer a person gets.

Used by the tests of the readers and writers, of the command line and of the window.
"""

from __future__ import annotations

import errno
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from mfgui.core.errors import InputError, MfguiError, OutputError, UsageError
from tests.files.pictures import (
    HEIGHT,
    WIDTH,
    bytes8,
    ink_profile,
    pillow_bytes,
    png16,
    save8,
    save_tiff,
    smooth,
    wide_profile,
    words16,
)

HUGE = 200_000


@dataclass(frozen=True)
class Setup:
    """Files of one case. The output of most cases exists already and must survive a refusal."""

    sources: tuple[Path, ...]
    output: Path
    map: Path | None = None
    white: float | None = None


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes
    ----------
    build : callable
        Makes the files in an empty folder.
    error : error class or None
        What reading, checking or writing raises; None where the files are accepted.
    words : tuple of str
        Each occurs in the error line, or in one of the sources' notices.
    run_error, run_words
        What running an MFF-SSIM method on the accepted files raises, and words of its line.
    fault : callable
        A context in which the case happens: a full disk, a missing right.
    """

    name: str
    build: Callable[[Path], Setup]
    error: type[MfguiError] | None = None
    words: tuple[str, ...] = ()
    run_error: type[MfguiError] | None = None
    run_words: tuple[str, ...] = ()
    fault: Callable[[Setup], AbstractContextManager[object]] = lambda _setup: nullcontext()

    def __str__(self) -> str:
        return self.name


def good(folder: Path, name: str = "good.png") -> Path:
    """A source nothing is wrong with."""
    return save8(folder / name, seed=1)


def old_output(folder: Path, name: str = "fused.png") -> Path:
    """An output that is there already."""
    path = folder / name
    path.write_bytes(b"what was there before")
    return path


def pair_with(name: str, data: bytes) -> Callable[[Path], Setup]:
    """A good source and a second one of these bytes."""

    def build(folder: Path) -> Setup:
        (folder / name).write_bytes(data)
        return Setup((good(folder), folder / name), old_output(folder))

    return build


def twice(name: str, save: Callable[[Path], object], **setup: Any) -> Callable[[Path], Setup]:
    """Two equal sources made by `save`."""

    def build(folder: Path) -> Setup:
        paths = tuple(folder / f"{number}-{name}" for number in (1, 2))
        for path in paths:
            save(path)
        return Setup(paths, old_output(folder), **setup)

    return build


def beside_good(name: str, save: Callable[[Path], object], **setup: Any) -> Callable[[Path], Setup]:
    """A good source and a second one made by `save`."""

    def build(folder: Path) -> Setup:
        save(folder / name)
        return Setup((good(folder), folder / name), old_output(folder), **setup)

    return build


def good_pair(folder: Path, *, output: Path | None = None, map_path: Path | None = None) -> Setup:
    sources = good(folder, "a.png"), good(folder, "b.png")
    return Setup(sources, output if output is not None else old_output(folder), map_path)


# --- files that are no pictures ---------------------------------------------------------------


def _missing(folder: Path) -> Setup:
    return Setup((good(folder), folder / "nowhere.png"), old_output(folder))


def _one_image(folder: Path) -> Setup:
    return Setup((good(folder),), old_output(folder))


def _folder_as_image(folder: Path) -> Setup:
    (folder / "holiday.png").mkdir()
    return Setup((good(folder), folder / "holiday.png"), old_output(folder))


def _pipe(folder: Path) -> Setup:
    os.mkfifo(folder / "pipe.png")
    return Setup((good(folder), folder / "pipe.png"), old_output(folder))


def _link_loop(folder: Path) -> Setup:
    (folder / "loop.png").symlink_to(folder / "loop.png")
    return Setup((good(folder), folder / "loop.png"), old_output(folder))


def _long_input_name(folder: Path) -> Setup:
    return Setup((good(folder), folder / ("n" * 300 + ".png")), old_output(folder))


def _two_sizes(folder: Path) -> Setup:
    Image.fromarray(bytes8(height=10, width=12)).save(folder / "small.png")
    return Setup((good(folder), folder / "small.png"), old_output(folder))


def _cut(data: bytes, share: float = 0.6) -> bytes:
    return data[: int(len(data) * share)]


def _encoded(kind: str, **options: Any) -> bytes:
    return pillow_bytes(Image.fromarray(bytes8()), kind, **options)


def _jpeg_with_thumbnail_cut() -> bytes:
    """Cut within the picture, after a whole thumbnail with an end marker of its own."""
    thumbnail = _encoded("JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 8) + b"Exif\0\0" + thumbnail
    return _cut(thumbnail[:2] + segment + thumbnail[2:], 0.9)


def _png_with_wrong_data() -> bytes:
    data = bytearray(_encoded("PNG"))
    data[len(data) // 2] ^= 0x55
    return bytes(data)


# --- sizes ------------------------------------------------------------------------------------


def _sized(height: int, width: int) -> Callable[[Path], Setup]:
    return twice(
        "tiny.png", lambda path: Image.fromarray(bytes8(height=height, width=width)).save(path)
    )


def _huge_png() -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", HUGE, HUGE, 8, 2, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, b"IDAT" + zlib.compress(bytes(1000)), b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


def _huge_tiff() -> bytes:
    tags = [(256, HUGE), (257, HUGE), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1)]
    tags += [(278, HUGE), (279, 100)]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + table + bytes(4 + 200)


def _huge_bmp() -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, HUGE, HUGE, 1, 24, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 154, 0, 0, 54) + info + bytes(100)


def _huge_jpeg() -> bytes:
    data = _encoded("JPEG")
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", 65500, 65500) + data[at + 9 :]


def _huge_webp() -> bytes:
    sides = (HUGE - 1).to_bytes(3, "little") * 2
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sides
    return b"RIFF" + struct.pack("<I", len(body)) + body


# --- kinds of pixels --------------------------------------------------------------------------


def _save_mode(mode: str, **options: Any) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        Image.fromarray(bytes8()).convert(mode).save(path, **options)

    return save


def _save_alpha_tiff(path: Path) -> None:
    with_alpha = np.concatenate([bytes8(), bytes8(seed=3)[..., :1]], axis=2)
    tifffile.imwrite(path, with_alpha, photometric="rgb", extrasamples=["unassalpha"])


def _save_cmyk_tiff(path: Path) -> None:
    inks = np.concatenate([bytes8(), bytes8(seed=3)[..., :1] // 4], axis=2)
    tifffile.imwrite(path, inks, photometric="separated", metadata=None)


def _save_palette_tiff(path: Path) -> None:
    table = np.random.default_rng(5).integers(0, 65536, (3, 256), np.uint16)
    tifffile.imwrite(path, bytes8()[..., 0], photometric="palette", colormap=table)


def _save_bit_tiff(path: Path) -> None:
    tifffile.imwrite(path, bytes8()[..., 0] > 127, photometric="minisblack")


def _float_with(value: float) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        pixels = smooth(channels=1)[..., 0]
        pixels[7, 11] = value
        save_tiff(path, pixels)

    return save


def _save_tagged(path: Path) -> None:
    save8(path, icc_profile=wide_profile())


# --- outputs ----------------------------------------------------------------------------------


def _output_folder_missing(folder: Path) -> Setup:
    return good_pair(folder, output=folder / "nowhere" / "fused.png")


def _output_is_folder(folder: Path) -> Setup:
    (folder / "fused.png").mkdir()
    return good_pair(folder, output=folder / "fused.png")


def _output_is_device(folder: Path) -> Setup:
    os.mkfifo(folder / "fused.png")
    return good_pair(folder, output=folder / "fused.png")


def _output_name_too_long(folder: Path) -> Setup:
    return good_pair(folder, output=folder / ("n" * 300 + ".png"))


def _output_unknown_suffix(folder: Path) -> Setup:
    return good_pair(folder, output=old_output(folder, "fused.gif"))


def _output_is_input(folder: Path) -> Setup:
    return good_pair(folder, output=folder / "b.png")


def _output_is_input_respelled(folder: Path) -> Setup:
    (folder / "sub").mkdir()
    return good_pair(folder, output=folder / "sub" / ".." / "b.png")


def _output_links_to_input(folder: Path) -> Setup:
    (folder / "fused.png").symlink_to(folder / "b.png")
    return good_pair(folder, output=folder / "fused.png")


def _output_is_hard_link_of_input(folder: Path) -> Setup:
    setup = good_pair(folder, output=folder / "fused.png")
    os.link(setup.sources[1], setup.output)
    return setup


# --- maps -------------------------------------------------------------------------------------


def _with_map(name: str, save: Callable[[Path], object]) -> Callable[[Path], Setup]:
    def build(folder: Path) -> Setup:
        save(folder / name)
        return good_pair(folder, map_path=folder / name)

    return build


def _save_labels(
    *values: int, height: int = HEIGHT, width: int = WIDTH
) -> Callable[[Path], object]:
    labels = np.resize(np.array(values, np.uint8), (height, width))
    return lambda path: Image.fromarray(labels).save(path)


# --- paths ------------------------------------------------------------------------------------


def _unicode(folder: Path) -> Setup:
    place = folder / "Грибы и ягоды 图像 – ñ ö 🪰"
    place.mkdir()
    return Setup((good(place, "ä 1.png"), good(place, "ä 2.png")), place / "résultat 合成.png")


def _long_path(folder: Path) -> Setup:
    place = folder
    while len(str(place)) < 2000:
        place = place / ("d" * 100)
    place.mkdir(parents=True)
    return Setup((good(place, "a" * 251 + ".png"), good(place)), place / ("f" * 251 + ".png"))


# --- faults -----------------------------------------------------------------------------------


@contextmanager
def _unreadable_second(setup: Setup) -> Iterator[None]:
    """Rights do not stop the superuser, so the system's answer is given by hand."""
    real = Path.open

    def refuse(self: Path, *args: Any, **options: Any) -> Any:
        if self.name == setup.sources[1].name:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self, *args, **options)

    with patch.object(Path, "open", refuse):
        yield


def _failing(target: str, code: int) -> Callable[[Setup], AbstractContextManager[object]]:
    return lambda _setup: patch(target, side_effect=OSError(code, os.strerror(code)))


def _full_while_writing(_setup: Setup) -> AbstractContextManager[object]:
    """The disk takes half of the bytes."""

    def write(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(bytes(data)[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    return patch.object(Path, "write_bytes", write)


def _tiff_output(folder: Path) -> Setup:
    return good_pair(folder, output=old_output(folder, "fused.tif"))


_FULL = ("fused", "disk is full", "free some space")
_TOO_LARGE = ("200000 x 200000", "40000 megapixels", "400 allowed")

CASES: tuple[Case, ...] = (
    Case("missing", _missing, InputError, ("nowhere.png", "no such file")),
    Case("empty", pair_with("e.png", b""), InputError, ("e.png", "the file is empty")),
    Case("one image only", _one_image, UsageError, ("good.png", "at least two images")),
    Case("two sizes", _two_sizes, InputError, ("small.png is 12 x 10", "good.png is 36 x 24")),
    Case(
        "text named PNG",
        pair_with("notes.png", b"dear diary\n"),
        InputError,
        ("notes.png", "not an image"),
    ),
    Case("a folder", _folder_as_image, InputError, ("holiday.png", "is a folder")),
    Case("a pipe", _pipe, InputError, ("pipe.png", "not a regular file")),
    Case("link to itself", _link_loop, InputError, ("loop.png", "leads back to itself")),
    Case("input name too long", _long_input_name, InputError, ("longer than the system",)),
    Case(
        "no permission to read",
        good_pair,
        InputError,
        ("b.png", "no permission"),
        fault=_unreadable_second,
    ),
    Case(
        "JPEG cut off", pair_with("c.jpg", _cut(_encoded("JPEG"))), InputError, ("c.jpg", "cut off")
    ),
    Case(
        "JPEG cut off in its header",
        pair_with("c.jpg", _encoded("JPEG")[:60]),
        InputError,
        ("c.jpg", "cut off"),
    ),
    Case(
        "JPEG cut off after its thumbnail",
        pair_with("c.jpg", _jpeg_with_thumbnail_cut()),
        InputError,
        ("c.jpg", "cut off"),
    ),
    Case(
        "PNG cut off", pair_with("c.png", _cut(_encoded("PNG"))), InputError, ("c.png", "cut off")
    ),
    Case(
        "PNG with wrong data",
        pair_with("c.png", _png_with_wrong_data()),
        InputError,
        ("c.png", "damaged"),
    ),
    Case(
        "TIFF cut off", pair_with("c.tif", _cut(_encoded("TIFF"))), InputError, ("c.tif", "cut off")
    ),
    Case(
        "TIFF cut off in its header",
        pair_with("c.tif", _encoded("TIFF")[:30]),
        InputError,
        ("c.tif",),
    ),
    Case(
        "packed TIFF cut off",
        pair_with("c.tif", _cut(_encoded("TIFF", compression="tiff_lzw"))),
        InputError,
        ("c.tif",),
    ),
    Case(
        "WebP cut off",
        pair_with("c.webp", _cut(_encoded("WEBP"))),
        InputError,
        ("c.webp", "cut off"),
    ),
    Case(
        "BMP cut off", pair_with("c.bmp", _cut(_encoded("BMP"))), InputError, ("c.bmp", "damaged")
    ),
    Case(
        "PNM cut off", pair_with("c.ppm", _cut(_encoded("PPM"))), InputError, ("c.ppm", "cut off")
    ),
    Case("200,000 x 200,000 PNG", pair_with("h.png", _huge_png()), InputError, _TOO_LARGE),
    Case("200,000 x 200,000 TIFF", pair_with("h.tif", _huge_tiff()), InputError, _TOO_LARGE),
    Case("200,000 x 200,000 BMP", pair_with("h.bmp", _huge_bmp()), InputError, _TOO_LARGE),
    Case(
        "200,000 x 200,000 PNM",
        pair_with("h.ppm", b"P6\n200000 200000\n255\n"),
        InputError,
        _TOO_LARGE,
    ),
    Case("200,000 x 200,000 WebP", pair_with("h.webp", _huge_webp()), InputError, _TOO_LARGE),
    Case(
        "65,500 x 65,500 JPEG",
        pair_with("h.jpg", _huge_jpeg()),
        InputError,
        ("65500 x 65500", "400 allowed"),
    ),
    Case("1 x 1", _sized(1, 1), run_error=UsageError, run_words=("window",)),
    Case("2 x 2", _sized(2, 2), run_error=UsageError, run_words=("window",)),
    Case("1 x 5000", _sized(5000, 1), run_error=UsageError, run_words=("window",)),
    Case("grey and RGB", beside_good("g.png", _save_mode("L")), words=("grey converted to RGB",)),
    Case(
        "grey with alpha",
        beside_good("g.png", _save_mode("LA")),
        words=("alpha", "grey converted to RGB"),
    ),
    Case(
        "CMYK JPEG",
        beside_good("i.jpg", _save_mode("CMYK")),
        words=("CMYK converted to sRGB", "without a profile"),
    ),
    Case(
        "CMYK JPEG with profile",
        beside_good("i.jpg", _save_mode("CMYK", icc_profile=ink_profile())),
        words=("CMYK converted to sRGB", "with its profile"),
    ),
    Case("CMYK TIFF", beside_good("i.tif", _save_cmyk_tiff), words=("CMYK converted to sRGB",)),
    Case("1-bit PNG", beside_good("b.png", _save_mode("1")), words=("1-bit picture converted",)),
    Case("1-bit TIFF", beside_good("b.tif", _save_bit_tiff), words=("1-bit picture converted",)),
    Case("palette PNG", beside_good("p.png", _save_mode("P")), words=("palette converted",)),
    Case("palette TIFF", beside_good("p.tif", _save_palette_tiff), words=("palette converted",)),
    Case("palette BMP", beside_good("p.bmp", _save_mode("P")), words=("palette converted",)),
    Case("alpha PNG", beside_good("t.png", _save_mode("RGBA")), words=("alpha",)),
    Case("alpha TIFF", beside_good("t.tif", _save_alpha_tiff), words=("alpha",)),
    Case(
        "alpha WebP",
        beside_good(
            "t.webp",
            lambda path: path.write_bytes(
                imagecodecs.webp_encode(
                    np.concatenate([bytes8(), bytes8(seed=3)[..., :1]], 2), lossless=True
                )
            ),
        ),
        words=("alpha",),
    ),
    Case(
        "16 and 8 bit",
        beside_good("w.png", lambda path: path.write_bytes(png16(words16()))),
        words=("8-bit converted to 16-bit",),
    ),
    Case(
        "float and 8 bit",
        beside_good("f.tif", lambda path: save_tiff(path, smooth())),
        words=("8-bit converted to float",),
    ),
    Case(
        "another colour profile",
        beside_good("c.png", _save_tagged),
        words=("colours converted from Test profile to sRGB",),
    ),
    Case(
        "damaged colour profile",
        beside_good("c.png", lambda path: save8(path, icc_profile=wide_profile()[:200])),
        words=("colour profile damaged",),
    ),
    Case(
        "NaN in a float TIFF",
        twice("n.tif", _float_with(np.nan)),
        InputError,
        ("1-n.tif", "x 11, y 7", "NaN", "replace"),
    ),
    Case(
        "infinity in a float TIFF",
        twice("n.tif", _float_with(np.inf)),
        InputError,
        ("1-n.tif", "infinite", "replace"),
    ),
    Case(
        "float TIFF above 1",
        twice("n.tif", _float_with(2.5)),
        InputError,
        ("1-n.tif", "up to 2.5", "--white 2.5"),
    ),
    Case(
        "float TIFF below 0",
        twice("n.tif", _float_with(-0.5)),
        InputError,
        ("1-n.tif", "down to -0.5"),
    ),
    Case("float TIFF above 1 with its white", twice("n.tif", _float_with(2.5), white=2.5)),
    Case(
        "float TIFF above the white given",
        twice("n.tif", _float_with(2.5), white=1.0),
        words=("above white 1 and were clipped",),
    ),
    Case(
        "white above the file's range",
        twice("n.png", save8, white=300.0),
        InputError,
        ("white 300 is above 255",),
    ),
    Case(
        "white of nothing",
        twice("n.png", save8, white=0.0),
        UsageError,
        ("white must be a number above 0",),
    ),
    Case(
        "signed TIFF",
        twice("s.tif", lambda path: save_tiff(path, words16().astype(np.int32))),
        InputError,
        ("32-bit signed integers", "--white"),
    ),
    Case(
        "output folder missing",
        _output_folder_missing,
        OutputError,
        ("fused.png", "folder does not exist", "create it"),
    ),
    Case("output is a folder", _output_is_folder, OutputError, ("fused.png", "is a folder")),
    Case("output is a pipe", _output_is_device, OutputError, ("fused.png", "not a regular file")),
    Case("output name too long", _output_name_too_long, OutputError, ("longer than the system",)),
    Case("output of an unknown format", _output_unknown_suffix, UsageError, ("fused.gif", ".png")),
    Case(
        "output equal to an input",
        _output_is_input,
        UsageError,
        ("b.png", "the output is the input"),
    ),
    Case(
        "output equal to an input, spelled otherwise",
        _output_is_input_respelled,
        UsageError,
        ("b.png", "the output is the input"),
    ),
    Case(
        "output a link to an input",
        _output_links_to_input,
        UsageError,
        ("fused.png", "the output is the input"),
    ),
    Case(
        "output a second name of an input",
        _output_is_hard_link_of_input,
        UsageError,
        ("fused.png", "the output is the input"),
    ),
    Case(
        "no permission to write",
        good_pair,
        OutputError,
        ("fused.png", "no permission to write"),
        fault=lambda _setup: patch("mfgui.files.atomic.os.access", return_value=False),
    ),
    Case("disk full while writing", good_pair, OutputError, _FULL, fault=_full_while_writing),
    Case(
        "disk full while syncing",
        good_pair,
        OutputError,
        _FULL,
        fault=_failing("mfgui.files.atomic.os.fsync", errno.ENOSPC),
    ),
    Case(
        "disk full while renaming",
        good_pair,
        OutputError,
        _FULL,
        fault=_failing("mfgui.files.atomic.os.replace", errno.ENOSPC),
    ),
    Case(
        "disk full before the first byte",
        good_pair,
        OutputError,
        _FULL,
        fault=_failing("mfgui.files.atomic.os.open", errno.ENOSPC),
    ),
    Case(
        "disk full while writing TIFF",
        _tiff_output,
        OutputError,
        _FULL,
        fault=_failing("mfgui.files.tiff.tifffile.imwrite", errno.ENOSPC),
    ),
    Case(
        "map of another size",
        _with_map("m.png", _save_labels(1, 2, height=10)),
        InputError,
        ("m.png", "36 x 10", "36 x 24"),
    ),
    Case(
        "map with labels above K",
        _with_map("m.png", _save_labels(1, 2, 3)),
        InputError,
        ("m.png", "value 3", "2 sources"),
    ),
    Case(
        "map with stray values",
        _with_map("m.png", _save_labels(0, 128, 255)),
        InputError,
        ("m.png", "value 128", "white and black"),
    ),
    Case("coloured map", _with_map("m.png", save8), InputError, ("m.png", "coloured")),
    Case(
        "map of floats",
        _with_map("m.tif", lambda path: save_tiff(path, smooth(channels=1)[..., 0])),
        InputError,
        ("m.tif", "floats"),
    ),
    Case(
        "map missing", _with_map("m.png", lambda _path: None), InputError, ("m.png", "no such file")
    ),
    Case("unicode path", _unicode),
    Case("very long path", _long_path),
)
