"""Which pictures of a folder are frames of its stack: not what was made of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mfgui.core.errors import InputError
from mfgui.files import exif
from mfgui.files.camera_notes import tells_of_fusion
from mfgui.files.grouping import Selection, ordered_by_capture, select
from mfgui.files.headers import ImageInfo, read_headers
from mfgui.files.layers import is_map

_SERIES = 3  # files of one kind among which another one is a stranger
_NAMED = 3  # files in one clause
_DIGITS = re.compile(r"\d+")
_SIGNED = b"mfgui "
# Formats in which a picture written here can be told from others.
_SIGNED_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"})


def frames_in(paths: Sequence[Path]) -> Selection:
    """The images that are fused when files and folders are named.

    Files that are named are all taken, in their order. Of a folder, in order of capture, all
    images are taken that `select` finds, but pictures that this program made of frames, where
    there are others, and single files of another kind of name and another ending than a series.

    Returns
    -------
    Selection
        `skipped` names the pictures that might have been meant.

    Raises
    ------
    InputError
        As `select`.
    """
    images: list[Path] = []
    skipped: list[tuple[Path, str]] = []
    for path in paths:
        found = select([path]).images
        if path in found:
            images.append(path)
            continue
        chosen = without_made(found)
        series = _without_strangers(chosen.images)
        images.extend(ordered_by_capture(series.images))
        skipped.extend((*chosen.skipped, *series.skipped))
    return Selection(tuple(images), tuple(skipped))


def without_made(images: Sequence[Path]) -> Selection:
    """Images but those that this program made of others; all where there are only such, as when
    parts of a stack were fused one by one."""
    made = {path: reason for path in images if (reason := _made(path))}
    if len(made) == len(images):
        return Selection(tuple(images))
    return Selection(tuple(path for path in images if path not in made), tuple(made.items()))


def remarks(found: Selection) -> tuple[str, ...]:
    """What a person should know about pictures that were passed over, a clause for each reason."""
    names: dict[str, list[str]] = {}
    for path, why in found.skipped:
        names.setdefault(why, []).append(path.name)
    return tuple(f"not taken as a frame: {_listed(many)} ({why})" for why, many in names.items())


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return ", ".join(names[:_NAMED]) + more


def _without_strangers(images: Sequence[Path]) -> Selection:
    kinds = {path: (_pattern(path), path.suffix.lower()) for path in images}
    counts = Counter(kinds.values())
    (pattern, suffix), most = counts.most_common(1)[0] if counts else (("", ""), 0)
    strangers = {
        path
        for path, kind in kinds.items()
        if counts[kind] == 1 and kind[0] != pattern and kind[1] != suffix
    }
    if most < _SERIES or most <= len(strangers):
        return Selection(tuple(images))
    why = f"another name and type than {most} others"
    kept = tuple(path for path in images if path not in strangers)
    return Selection(kept, tuple((path, why) for path in images if path in strangers))


def _pattern(path: Path) -> str:
    return _DIGITS.sub("#", path.stem.casefold())


def _made(path: Path) -> str:
    """What this program made of frames here; empty for any other picture."""
    if path.suffix.lower() not in _SIGNED_SUFFIXES:
        return ""
    try:
        infos = read_headers(path)
    except InputError:  # is told when it is opened
        return ""
    camera = exif.parse(infos[0].exif)
    signature = camera.main.get(exif.SOFTWARE)
    if tells_of_fusion(camera):
        return "fused by mfgui"
    if signature is not None and signature.data.startswith(_SIGNED) and len(infos) > 1:
        return "layers written by mfgui"
    return "a map written by mfgui" if _may_be_map(infos[0]) and is_map(path) else ""


def _may_be_map(info: ImageInfo) -> bool:
    return info.kind == "grey" and info.bits >= 16
