"""Focus maps in files: label numbers, a description beside them, and a picture to look at.

`write_map` makes three files. `NAME.png` holds the label numbers (8 bits; 16 bits above 254
sources), `NAME.json` says what they mean, `NAME_preview.png` shows them. For two sources the
preview is white where source 1 is used and black for source 2, as maps are drawn in this field,
and can itself be read as a map; for more it is a perceptually even ramp in stack order.
Unassigned is mid grey there, *ignore* magenta.

A pair's map file of only 0 and 255 could mean labels or white and black. Files written here
carry a PNG text that says labels; without it they mean white and black.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from mfgui import __version__
from mfgui.core.arrays import ImageU8, LabelArray, Size
from mfgui.core.errors import InputError, UsageError
from mfgui.core.labels import UNASSIGNED, FocusMap, check_labels, ignore_label, label_dtype
from mfgui.files.atomic import atomic_file
from mfgui.files.decode import decode_frame, decode_indices
from mfgui.files.encode import encode_png
from mfgui.files.headers import ImageInfo, read_headers
from mfgui.files.inputs import open_input, reading
from mfgui.files.reports import json_text

SCHEMA = 1
_TEXT_KEY = "mfgui map"
_UNASSIGNED_COLOUR, _IGNORE_COLOUR = (128, 128, 128), (255, 0, 255)
_HINT = "labels are 1 ... {k}, 0 is unassigned, {ignore} is ignored; or white and black for a pair"


def companions(path: Path) -> tuple[Path, Path]:
    """The description and the preview that `write_map` puts beside a map.

    >>> [part.name for part in companions(Path("a/map.png"))]
    ['map.json', 'map_preview.png']
    """
    return path.with_suffix(".json"), path.with_name(f"{path.stem}_preview.png")


def write_map(
    path: Path,
    labels: LabelArray,
    *,
    k: int,
    names: Sequence[str],
    provenance: Mapping[str, object] | None = None,
    hashes: Sequence[str] = (),
    colours: Sequence[tuple[int, int, int]] = (),
) -> tuple[Path, Path, Path]:
    """Write a map, its description and its preview; all three or none.

    Parameters
    ----------
    path : Path
        Ends with .png.
    labels : (H, W) uint8 or uint16
        1 ... k, 0 for unassigned, the type's maximum for *ignore*.
    names, hashes : sequence of str
        File name and (if known) SHA-256 of each source.
    provenance : mapping, optional
        How the map was made; stored as it is.
    colours : sequence of (red, green, blue), optional
        Per source, for the preview.

    Returns
    -------
    tuple of Path
        Map, description, preview.

    Raises
    ------
    UsageError
        If `path` does not end with .png.
    OutputError
        If one cannot be written; old files are then untouched.
    ValueError
        If a label above `k` occurs.
    """
    if path.suffix.lower() != ".png":
        raise UsageError("a map is written as PNG", path=path, hint="end its name with .png")
    stored = _as_type(labels, k)
    check_labels(stored, k=k)
    description, preview = companions(path)
    shown = preview_of(stored, k=k, colours=colours)
    text = json_text(describe(stored, k=k, names=names, hashes=hashes, provenance=provenance))
    contents = {
        description: text.encode(),
        preview: encode_png(shown),
        path: encoded_map(stored, k=k),
    }
    write_together(contents)
    return path, description, preview


def encoded_map(labels: LabelArray, *, k: int) -> bytes:
    """The bytes of a PNG of label numbers that says so."""
    stored = _as_type(labels, k)
    return encode_png(stored[..., np.newaxis], text=[(_TEXT_KEY, f"labels 1 to {k}")])


def read_map(path: Path, *, k: int, size: Size) -> LabelArray:
    """A focus map for `k` sources of `size`.

    For k = 2 a file (not marked as labels, see above) with values all within {0, 255} or
    {0, 65535} means white = source 1, black = source 2. Otherwise the values are the labels. Of
    a palette PNG with colours the palette index is the value.

    Returns
    -------
    (H, W) uint8, or uint16 above 254 sources
        1 ... k, 0 for unassigned, the type's maximum for *ignore*.

    Raises
    ------
    InputError
        If the file cannot be read, has another size, is coloured, holds floats, a label above
        `k`, or other values.
    """
    info = read_headers(Path(path))[0]
    if info.size != size:
        raise InputError(
            f"the map is {info.size}, but the sources are {size}",
            path=path,
            hint="use the map made for these sources",
        )
    values = _grey_values(info)
    white = int(np.iinfo(values.dtype).max)
    if k == 2 and not _is_marked(info) and np.isin(values, (0, white)).all():
        return np.where(values == white, 1, 2).astype(np.uint8)
    wrong = (values > k) & (values != white)
    if wrong.any():
        raise InputError(
            f"the map holds the value {int(values[wrong].max())}, but there are {k} sources",
            path=path,
            hint=_HINT.format(k=k, ignore=white),
        )
    return _as_type(values, k)


def preview_of(
    labels: LabelArray, *, k: int, colours: Sequence[tuple[int, int, int]] = ()
) -> ImageU8:
    """A picture of the map, (H, W, 1) uint8 for a pair without marks, else (H, W, 3).

    White and black for two sources, for more a ramp from dark blue to yellow in stack order,
    unless `colours` are given.
    """
    ignored = ignore_label(labels)
    if k == 2 and not colours and not ((labels == UNASSIGNED) | (labels == ignored)).any():
        return np.where(labels == 1, 255, 0).astype(np.uint8)[..., np.newaxis]
    table = np.zeros((ignored + 1, 3), np.uint8)
    table[1 : k + 1] = np.array(colours or _ramp(k), np.uint8)[:k]
    table[UNASSIGNED], table[ignored] = _UNASSIGNED_COLOUR, _IGNORE_COLOUR
    return table[labels]


def _ramp(k: int) -> list[tuple[int, int, int]]:
    if k == 2:
        return [(255, 255, 255), (0, 0, 0)]
    steps = np.linspace(0, 255, k).astype(np.uint8)[:, np.newaxis]
    colours = cv2.applyColorMap(steps, cv2.COLORMAP_VIRIDIS)[:, 0, ::-1]
    return [(int(red), int(green), int(blue)) for red, green, blue in colours]


def _as_type(labels: LabelArray, k: int) -> LabelArray:
    """Labels in the type for `k` sources; *ignore* keeps its meaning."""
    dtype = label_dtype(k)
    if labels.dtype == dtype:
        return np.ascontiguousarray(labels)
    stored = labels.astype(dtype)
    stored[labels == ignore_label(labels)] = np.iinfo(dtype).max
    return stored


def describe(
    labels: LabelArray,
    *,
    k: int,
    names: Sequence[str],
    hashes: Sequence[str] = (),
    provenance: Mapping[str, object] | None = None,
    files: Sequence[str] = (),
    colours: Sequence[str] = (),
) -> dict[str, object]:
    """What a map's JSON says: its size, what each number means, and the share of each.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        In the type for `k` sources.
    names, hashes : sequence of str
        File name and (if known) SHA-256 of each source.
    files, colours : sequence of str
        Path of each source as seen from the map, and its colour (``#rrggbb``); where they are
        given, the label table holds them, too.
    """
    height, width = labels.shape
    ignored = ignore_label(labels)
    counts = FocusMap(labels, k=k).counts()
    extra = {"file": files, "colour": colours}
    table = [
        {
            "number": number,
            "name": names[number - 1] if number <= len(names) else f"source {number}",
            "sha256": hashes[number - 1] if number <= len(hashes) else None,
            "share": float(counts[number] / labels.size),
            **{key: values[number - 1] for key, values in extra.items() if values},
        }
        for number in range(1, k + 1)
    ]
    return {
        "schema": SCHEMA,
        "width": width,
        "height": height,
        "bits": labels.dtype.itemsize * 8,
        "labels": table,
        "unassigned": {
            "value": UNASSIGNED,
            "meaning": "no source has been chosen",
            "share": float(counts[UNASSIGNED] / labels.size),
        },
        "ignore": {
            "value": ignored,
            "meaning": "left out of scores",
            "share": float(counts[ignored] / labels.size),
        },
        "provenance": provenance,
        "application": f"mfgui {__version__}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files: every one complete on the disk before the first old one is replaced.

    Raises
    ------
    OutputError
        If one cannot be written; old files are then untouched.
    """
    (path, data), *others = contents.items()
    with atomic_file(path) as temporary:
        temporary.write_bytes(data)
        if others:
            write_together(dict(others))


def _grey_values(info: ImageInfo) -> LabelArray:
    if info.depth == "float32":
        raise InputError(
            "a map of floats", path=info.path, hint="save label numbers as 8-bit or 16-bit PNG"
        )
    values = decode_indices(info) if info.kind == "palette" else None
    if values is not None:
        return values
    pixels, _ = decode_frame(info)
    if (pixels != pixels[..., :1]).any():
        raise InputError(
            "the map is coloured, which does not say which label a colour is",
            path=info.path,
            hint="save label numbers as a grey PNG",
        )
    return np.ascontiguousarray(pixels[..., 0])


def _is_marked(info: ImageInfo) -> bool:
    """Whether a PNG file carries the text that its values are labels."""
    if info.format != "PNG":
        return False
    with open_input(info.path) as file, reading(info.path):
        # Our text stands right behind the header, before any pixel data.
        return b"tEXt" + _TEXT_KEY.encode() + b"\0" in file.read(4096)
