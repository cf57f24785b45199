"""How the files of the wrong and odd cases are made."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from tests.files.pictures import (
    HEIGHT,
    WIDTH,
    bytes8,
    pillow_bytes,
    save8,
    save_tiff,
    smooth,
    wide_profile,
)

HUGE = 200_000


@dataclass(frozen=True)
class Setup:
    """Files of one case. The output of most cases exists already and must survive a refusal."""

    sources: tuple[Path, ...]
    output: Path
    map: Path | None = None
    white: float | None = None


def good(folder: Path, name: str = "good.png", *, seed: int = 1) -> Path:
    """A source nothing is wrong with."""
    return save8(folder / name, seed=seed)


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


def missing(folder: Path) -> Setup:
    return Setup((good(folder), folder / "nowhere.png"), old_output(folder))


def one_image(folder: Path) -> Setup:
    return Setup((good(folder),), old_output(folder))


def folder_as_image(folder: Path) -> Setup:
    (folder / "holiday.png").mkdir()
    return Setup((good(folder), folder / "holiday.png"), old_output(folder))


def pipe(folder: Path) -> Setup:
    os.mkfifo(folder / "pipe.png")
    return Setup((good(folder), folder / "pipe.png"), old_output(folder))


def link_loop(folder: Path) -> Setup:
    (folder / "loop.png").symlink_to(folder / "loop.png")
    return Setup((good(folder), folder / "loop.png"), old_output(folder))


def long_input_name(folder: Path) -> Setup:
    return Setup((good(folder), folder / ("n" * 300 + ".png")), old_output(folder))


def two_sizes(folder: Path) -> Setup:
    Image.fromarray(bytes8(height=10, width=12)).save(folder / "small.png")
    return Setup((good(folder), folder / "small.png"), old_output(folder))


def cut(data: bytes, share: float = 0.6) -> bytes:
    return data[: int(len(data) * share)]


def encoded(kind: str, **options: Any) -> bytes:
    return pillow_bytes(Image.fromarray(bytes8()), kind, **options)


def jpeg_with_thumbnail_cut() -> bytes:
    """Cut within the picture, after a whole thumbnail with an end marker of its own."""
    thumbnail = encoded("JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 8) + b"Exif\0\0" + thumbnail
    return cut(thumbnail[:2] + segment + thumbnail[2:], 0.9)


def png_with_wrong_data() -> bytes:
    data = bytearray(encoded("PNG"))
    data[len(data) // 2] ^= 0x55
    return bytes(data)


# --- sizes ------------------------------------------------------------------------------------


def sized(height: int, width: int) -> Callable[[Path], Setup]:
    return twice(
        "tiny.png", lambda path: Image.fromarray(bytes8(height=height, width=width)).save(path)
    )


def huge_png() -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", HUGE, HUGE, 8, 2, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, b"IDAT" + zlib.compress(bytes(1000)), b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


def huge_tiff() -> bytes:
    tags = [(256, HUGE), (257, HUGE), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1)]
    tags += [(278, HUGE), (279, 100)]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + table + bytes(4 + 200)


def huge_bmp() -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, HUGE, HUGE, 1, 24, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 154, 0, 0, 54) + info + bytes(100)


def huge_jpeg() -> bytes:
    data = encoded("JPEG")
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", 65500, 65500) + data[at + 9 :]


def huge_webp() -> bytes:
    sides = (HUGE - 1).to_bytes(3, "little") * 2
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sides
    return b"RIFF" + struct.pack("<I", len(body)) + body


# --- kinds of pixels --------------------------------------------------------------------------


def save_mode(mode: str, **options: Any) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        Image.fromarray(bytes8()).convert(mode).save(path, **options)

    return save


def save_alpha_tiff(path: Path) -> None:
    with_alpha = np.concatenate([bytes8(), bytes8(seed=3)[..., :1]], axis=2)
    tifffile.imwrite(path, with_alpha, photometric="rgb", extrasamples=["unassalpha"])


def save_alpha_webp(path: Path) -> None:
    with_alpha = np.concatenate([bytes8(), bytes8(seed=3)[..., :1]], axis=2)
    path.write_bytes(imagecodecs.webp_encode(with_alpha, lossless=True))


def save_cmyk_tiff(path: Path) -> None:
    inks = np.concatenate([bytes8(), bytes8(seed=3)[..., :1] // 4], axis=2)
    tifffile.imwrite(path, inks, photometric="separated", metadata=None)


def save_palette_tiff(path: Path) -> None:
    table = np.random.default_rng(5).integers(0, 65536, (3, 256), np.uint16)
    tifffile.imwrite(path, bytes8()[..., 0], photometric="palette", colormap=table)


def save_bit_tiff(path: Path) -> None:
    tifffile.imwrite(path, bytes8()[..., 0] > 127, photometric="minisblack")


def float_with(value: float) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        pixels = smooth(channels=1)[..., 0]
        pixels[7, 11] = value
        save_tiff(path, pixels)

    return save


def save_tagged(path: Path) -> None:
    save8(path, icc_profile=wide_profile())


# --- outputs ----------------------------------------------------------------------------------


def output_folder_missing(folder: Path) -> Setup:
    return good_pair(folder, output=folder / "nowhere" / "fused.png")


def output_is_folder(folder: Path) -> Setup:
    (folder / "fused.png").mkdir()
    return good_pair(folder, output=folder / "fused.png")


def output_is_device(folder: Path) -> Setup:
    os.mkfifo(folder / "fused.png")
    return good_pair(folder, output=folder / "fused.png")


def output_name_too_long(folder: Path) -> Setup:
    return good_pair(folder, output=folder / ("n" * 300 + ".png"))


def output_unknown_suffix(folder: Path) -> Setup:
    return good_pair(folder, output=old_output(folder, "fused.gif"))


def output_is_input(folder: Path) -> Setup:
    return good_pair(folder, output=folder / "b.png")


def output_is_input_respelled(folder: Path) -> Setup:
    (folder / "sub").mkdir()
    return good_pair(folder, output=folder / "sub" / ".." / "b.png")


def output_links_to_input(folder: Path) -> Setup:
    (folder / "fused.png").symlink_to(folder / "b.png")
    return good_pair(folder, output=folder / "fused.png")


def output_is_hard_link_of_input(folder: Path) -> Setup:
    setup = good_pair(folder, output=folder / "fused.png")
    os.link(setup.sources[1], setup.output)
    return setup


# --- maps -------------------------------------------------------------------------------------


def with_map(name: str, save: Callable[[Path], object]) -> Callable[[Path], Setup]:
    def build(folder: Path) -> Setup:
        save(folder / name)
        return good_pair(folder, map_path=folder / name)

    return build


def save_labels(*values: int, height: int = HEIGHT, width: int = WIDTH) -> Callable[[Path], object]:
    labels = np.resize(np.array(values, np.uint8), (height, width))
    return lambda path: Image.fromarray(labels).save(path)


# --- paths ------------------------------------------------------------------------------------


def unicode(folder: Path) -> Setup:
    place = folder / "Грибы и ягоды 图像 – ñ ö 🪰"
    place.mkdir()
    return Setup(
        (good(place, "ä 1.png"), good(place, "ä 2.png", seed=2)), place / "résultat 合成.png"
    )


def long_path(folder: Path) -> Setup:
    place = folder
    while len(str(place)) < 2000:
        place = place / ("d" * 100)
    place.mkdir(parents=True)
    return Setup((good(place, "a" * 251 + ".png"), good(place)), place / ("f" * 251 + ".png"))
