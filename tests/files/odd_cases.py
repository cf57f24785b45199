"""Wrong and odd input, and the answer a person gets to each.

Used by the tests of the readers and writers, of the command line and of the window.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from mfgui.core.errors import InputError, MfguiError, OutputError, UsageError
from tests.files.odd_files import (
    Setup,
    beside_good,
    cut,
    encoded,
    float_with,
    folder_as_image,
    good_pair,
    huge_bmp,
    huge_jpeg,
    huge_png,
    huge_tiff,
    huge_webp,
    jpeg_with_thumbnail_cut,
    link_loop,
    long_input_name,
    long_path,
    missing,
    old_output,
    one_image,
    output_folder_missing,
    output_is_device,
    output_is_folder,
    output_is_hard_link_of_input,
    output_is_input,
    output_is_input_respelled,
    output_links_to_input,
    output_name_too_long,
    output_unknown_suffix,
    pair_with,
    pipe,
    png_with_wrong_data,
    save_alpha_tiff,
    save_alpha_webp,
    save_bit_tiff,
    save_cmyk_tiff,
    save_labels,
    save_mode,
    save_palette_tiff,
    save_tagged,
    sized,
    twice,
    two_sizes,
    unicode,
    with_map,
)
from tests.files.pictures import (
    ink_profile,
    png16,
    save8,
    save_tiff,
    smooth,
    wide_profile,
    words16,
)

Build = Callable[[Path], Setup]
Fault = Callable[[Setup], AbstractContextManager[object]]


def _no_fault(_setup: Setup) -> AbstractContextManager[object]:
    return nullcontext()


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
    build: Build
    error: type[MfguiError] | None = None
    words: tuple[str, ...] = ()
    run_error: type[MfguiError] | None = None
    run_words: tuple[str, ...] = ()
    fault: Fault = _no_fault

    def __str__(self) -> str:
        return self.name


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


def unreadable(name: str, build: Build, *words: str, fault: Fault = _no_fault) -> Case:
    return Case(name, build, InputError, words, fault=fault)


def unwritable(name: str, build: Build, *words: str, fault: Fault = _no_fault) -> Case:
    return Case(name, build, OutputError, words, fault=fault)


def misused(name: str, build: Build, *words: str) -> Case:
    return Case(name, build, UsageError, words)


def accepted(name: str, build: Build, *words: str) -> Case:
    return Case(name, build, words=words)


_FULL = ("fused", "disk is full", "free some space")
_TOO_LARGE = ("200000 x 200000", "40000 megapixels", "400 allowed")

CASES: tuple[Case, ...] = (
    unreadable("missing", missing, "nowhere.png", "no such file"),
    unreadable("empty", pair_with("e.png", b""), "e.png", "the file is empty"),
    misused("one image only", one_image, "good.png", "at least two images"),
    unreadable("two sizes", two_sizes, "small.png is 12 x 10", "good.png is 36 x 24"),
    unreadable(
        "text named PNG", pair_with("notes.png", b"dear diary\n"), "notes.png", "not an image"
    ),
    unreadable("a folder", folder_as_image, "holiday.png", "is a folder"),
    unreadable("a pipe", pipe, "pipe.png", "not a regular file"),
    unreadable("link to itself", link_loop, "loop.png", "leads back to itself"),
    unreadable("input name too long", long_input_name, "longer than the system"),
    unreadable(
        "no permission to read", good_pair, "b.png", "no permission", fault=_unreadable_second
    ),
    unreadable("JPEG cut off", pair_with("c.jpg", cut(encoded("JPEG"))), "c.jpg", "cut off"),
    unreadable(
        "JPEG cut off in its header", pair_with("c.jpg", encoded("JPEG")[:60]), "c.jpg", "cut off"
    ),
    unreadable(
        "JPEG cut off after its thumbnail",
        pair_with("c.jpg", jpeg_with_thumbnail_cut()),
        "c.jpg",
        "cut off",
    ),
    unreadable("PNG cut off", pair_with("c.png", cut(encoded("PNG"))), "c.png", "cut off"),
    unreadable(
        "PNG with wrong data", pair_with("c.png", png_with_wrong_data()), "c.png", "damaged"
    ),
    unreadable("TIFF cut off", pair_with("c.tif", cut(encoded("TIFF"))), "c.tif", "cut off"),
    unreadable("TIFF cut off in its header", pair_with("c.tif", encoded("TIFF")[:30]), "c.tif"),
    unreadable(
        "packed TIFF cut off",
        pair_with("c.tif", cut(encoded("TIFF", compression="tiff_lzw"))),
        "c.tif",
    ),
    unreadable("WebP cut off", pair_with("c.webp", cut(encoded("WEBP"))), "c.webp", "cut off"),
    unreadable("BMP cut off", pair_with("c.bmp", cut(encoded("BMP"))), "c.bmp", "damaged"),
    unreadable("PNM cut off", pair_with("c.ppm", cut(encoded("PPM"))), "c.ppm", "cut off"),
    unreadable("200,000 x 200,000 PNG", pair_with("h.png", huge_png()), *_TOO_LARGE),
    unreadable("200,000 x 200,000 TIFF", pair_with("h.tif", huge_tiff()), *_TOO_LARGE),
    unreadable("200,000 x 200,000 BMP", pair_with("h.bmp", huge_bmp()), *_TOO_LARGE),
    unreadable(
        "200,000 x 200,000 PNM", pair_with("h.ppm", b"P6\n200000 200000\n255\n"), *_TOO_LARGE
    ),
    unreadable("200,000 x 200,000 WebP", pair_with("h.webp", huge_webp()), *_TOO_LARGE),
    unreadable(
        "65,500 x 65,500 JPEG", pair_with("h.jpg", huge_jpeg()), "65500 x 65500", "400 allowed"
    ),
    Case("1 x 1", sized(1, 1), run_error=UsageError, run_words=("window",)),
    Case("2 x 2", sized(2, 2), run_error=UsageError, run_words=("window",)),
    Case("1 x 5000", sized(5000, 1), run_error=UsageError, run_words=("window",)),
    accepted("grey and RGB", beside_good("g.png", save_mode("L")), "grey converted to RGB"),
    accepted(
        "grey with alpha", beside_good("g.png", save_mode("LA")), "alpha", "grey converted to RGB"
    ),
    accepted(
        "CMYK JPEG",
        beside_good("i.jpg", save_mode("CMYK")),
        "CMYK converted to sRGB",
        "without a profile",
    ),
    accepted(
        "CMYK JPEG with profile",
        beside_good("i.jpg", save_mode("CMYK", icc_profile=ink_profile())),
        "CMYK converted to sRGB",
        "with its profile",
    ),
    accepted("CMYK TIFF", beside_good("i.tif", save_cmyk_tiff), "CMYK converted to sRGB"),
    accepted("1-bit PNG", beside_good("b.png", save_mode("1")), "1-bit picture converted"),
    accepted("1-bit TIFF", beside_good("b.tif", save_bit_tiff), "1-bit picture converted"),
    accepted("palette PNG", beside_good("p.png", save_mode("P")), "palette converted"),
    accepted("palette TIFF", beside_good("p.tif", save_palette_tiff), "palette converted"),
    accepted("palette BMP", beside_good("p.bmp", save_mode("P")), "palette converted"),
    accepted("alpha PNG", beside_good("t.png", save_mode("RGBA")), "alpha"),
    accepted("alpha TIFF", beside_good("t.tif", save_alpha_tiff), "alpha"),
    accepted("alpha WebP", beside_good("t.webp", save_alpha_webp), "alpha"),
    accepted(
        "16 and 8 bit",
        beside_good("w.png", lambda path: path.write_bytes(png16(words16()))),
        "8-bit converted to 16-bit",
    ),
    accepted(
        "float and 8 bit",
        beside_good("f.tif", lambda path: save_tiff(path, smooth())),
        "8-bit converted to float",
    ),
    accepted(
        "another colour profile",
        beside_good("c.png", save_tagged),
        "colours converted from Test profile to sRGB",
    ),
    accepted(
        "damaged colour profile",
        beside_good("c.png", lambda path: save8(path, icc_profile=wide_profile()[:200])),
        "colour profile damaged",
    ),
    unreadable(
        "NaN in a float TIFF",
        twice("n.tif", float_with(np.nan)),
        "1-n.tif",
        "x 11, y 7",
        "NaN",
        "replace",
    ),
    unreadable(
        "infinity in a float TIFF",
        twice("n.tif", float_with(np.inf)),
        "1-n.tif",
        "infinite",
        "replace",
    ),
    unreadable(
        "float TIFF above 1", twice("n.tif", float_with(2.5)), "1-n.tif", "up to 2.5", "--white 2.5"
    ),
    unreadable("float TIFF below 0", twice("n.tif", float_with(-0.5)), "1-n.tif", "down to -0.5"),
    accepted("float TIFF above 1 with its white", twice("n.tif", float_with(2.5), white=2.5)),
    accepted(
        "float TIFF above the white given",
        twice("n.tif", float_with(2.5), white=1.0),
        "above white 1 and were clipped",
    ),
    unreadable(
        "white above the file's range", twice("n.png", save8, white=300.0), "white 300 is above 255"
    ),
    misused("white of nothing", twice("n.png", save8, white=0.0), "white must be a number above 0"),
    unreadable(
        "signed TIFF",
        twice("s.tif", lambda path: save_tiff(path, words16().astype(np.int32))),
        "32-bit signed integers",
        "--white",
    ),
    unwritable(
        "output folder missing",
        output_folder_missing,
        "fused.png",
        "folder does not exist",
        "create it",
    ),
    unwritable("output is a folder", output_is_folder, "fused.png", "is a folder"),
    unwritable("output is a pipe", output_is_device, "fused.png", "not a regular file"),
    unwritable("output name too long", output_name_too_long, "longer than the system"),
    misused("output of an unknown format", output_unknown_suffix, "fused.gif", ".png"),
    misused("output equal to an input", output_is_input, "b.png", "the output is the input"),
    misused(
        "output equal to an input, spelled otherwise",
        output_is_input_respelled,
        "b.png",
        "the output is the input",
    ),
    misused(
        "output a link to an input", output_links_to_input, "fused.png", "the output is the input"
    ),
    misused(
        "output a second name of an input",
        output_is_hard_link_of_input,
        "fused.png",
        "the output is the input",
    ),
    unwritable(
        "no permission to write",
        good_pair,
        "fused.png",
        "no permission to write",
        fault=lambda _setup: patch("mfgui.files.atomic.os.access", return_value=False),
    ),
    unwritable("disk full while writing", good_pair, *_FULL, fault=_full_while_writing),
    unwritable(
        "disk full while syncing",
        good_pair,
        *_FULL,
        fault=_failing("mfgui.files.atomic.os.fsync", errno.ENOSPC),
    ),
    unwritable(
        "disk full while renaming",
        good_pair,
        *_FULL,
        fault=_failing("mfgui.files.atomic.os.replace", errno.ENOSPC),
    ),
    unwritable(
        "disk full before the first byte",
        good_pair,
        *_FULL,
        fault=_failing("mfgui.files.atomic.os.open", errno.ENOSPC),
    ),
    unwritable(
        "disk full while writing TIFF",
        _tiff_output,
        *_FULL,
        fault=_failing("mfgui.files.tiff.tifffile.imwrite", errno.ENOSPC),
    ),
    unreadable(
        "map of another size",
        with_map("m.png", save_labels(1, 2, height=10)),
        "m.png",
        "36 x 10",
        "36 x 24",
    ),
    unreadable(
        "map with labels above K",
        with_map("m.png", save_labels(1, 2, 3)),
        "m.png",
        "value 3",
        "2 sources",
    ),
    unreadable(
        "map with stray values",
        with_map("m.png", save_labels(0, 128, 255)),
        "m.png",
        "value 128",
        "white and black",
    ),
    unreadable("coloured map", with_map("m.png", save8), "m.png", "coloured"),
    unreadable(
        "map of floats",
        with_map("m.tif", lambda path: save_tiff(path, smooth(channels=1)[..., 0])),
        "m.tif",
        "floats",
    ),
    unreadable("map missing", with_map("m.png", lambda _path: None), "m.png", "no such file"),
    accepted("unicode path", unicode),
    accepted("very long path", long_path),
)
