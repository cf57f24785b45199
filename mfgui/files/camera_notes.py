"""What is added to and taken from the camera data of a picture before it is saved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from mfgui.files import exif

_USER_COMMENT, _DESCRIPTION = 37510, 270
_UNDEFINED, _ASCII = 7, 2
_CODE_BYTES = 8
_PLAIN, _WIDE, _BLANK = b"ASCII\0\0\0", b"UNICODE\0", bytes(_CODE_BYTES)
_MAX_NOTE = 1000
_NOTE = re.compile(r"mfgui: \d+ frames fused with ")


def note_of(method: str, parameters: Mapping[str, object], *, frames: int) -> str:
    """One line on how a picture was made.

    >>> note_of("photo", {"iterations": 60, "denoise": True}, frames=12)
    'mfgui: 12 frames fused with photo (iterations=60, denoise=True)'
    """
    given = ", ".join(f"{name}={value}" for name, value in parameters.items())
    text = f"mfgui: {frames} frames fused with {method}" + (f" ({given})" if given else "")
    return " ".join(text.split())[:_MAX_NOTE]


def tells_of_fusion(data: exif.CameraData) -> bool:
    """Whether the user comment or the description holds a line of `note_of`."""
    comment = _comment_of(data.directories.get(exif.EXIF_IFD, {}).get(_USER_COMMENT)) or ""
    entry = data.main.get(_DESCRIPTION)
    described = "" if entry is None else entry.data.decode("ascii", "replace")
    return any(_NOTE.search(text) is not None for text in (comment, described))


def annotated(block: bytes | None, *, note: str = "", drop_location: bool = False) -> bytes | None:
    """Camera data with a note, or without the place.

    The note goes into the user comment, behind what the person wrote there, which is never
    lost; where that cannot be read it goes into an empty description, else nowhere.

    Parameters
    ----------
    block : bytes or None
        As sources carry it.
    note : str
        How the picture was made; empty for none.
    drop_location : bool
        Leave out all that the camera's receiver wrote (GPS).

    Returns
    -------
    bytes or None
        None where there is nothing to carry.
    """
    data = exif.parse(block)
    if drop_location:
        kept = {tag: found for tag, found in data.directories.items() if tag != exif.GPS_IFD}
        data = replace(data, directories=kept)
    if note:
        data = _with_note(data, note)
    return exif.serialise(data) if any(data.directories.values()) else None


def _with_note(data: exif.CameraData, note: str) -> exif.CameraData:
    photo = data.directories.get(exif.EXIF_IFD, {})
    written = _comment_of(photo.get(_USER_COMMENT))
    if written is not None:
        if note in written:
            return data
        entry = _comment(f"{written}; {note}" if written else note)
        changed = {exif.EXIF_IFD: {**photo, _USER_COMMENT: entry}}
    elif not _described(data.main.get(_DESCRIPTION)):
        text = note.encode("ascii", "replace") + b"\0"
        changed = {0: {**data.main, _DESCRIPTION: exif.Entry(_ASCII, len(text), text)}}
    else:
        return data
    return replace(data, directories={0: {}, **data.directories, **changed})


def _comment_of(entry: exif.Entry | None) -> str | None:
    """The text of a user comment, "" for none; None for one in a code that is not known here."""
    if entry is None:
        return ""
    code, text = entry.data[:_CODE_BYTES], entry.data[_CODE_BYTES:]
    if code == _WIDE:
        # Written in the byte order of the file it came from: that which gives fewer odd letters.
        orders = ("utf-16-le", "utf-16-be")
        readings = [text[: len(text) // 2 * 2].decode(order, "replace") for order in orders]
        best = min(readings, key=lambda reading: sum(ord(letter) >= 0x0800 for letter in reading))
        return best.strip("\0\ufeff \t\r\n")
    if not entry.data.strip(b"\0 "):
        return ""
    if code not in (_PLAIN, _BLANK):
        return None
    try:
        return text.decode("ascii").strip("\0 \t\r\n")
    except UnicodeDecodeError:
        return None


def _comment(text: str) -> exif.Entry:
    coded = _PLAIN + text.encode() if text.isascii() else _WIDE + text.encode("utf-16-le")
    return exif.Entry(_UNDEFINED, len(coded), coded)


def _described(entry: exif.Entry | None) -> bool:
    return entry is not None and bool(entry.data.strip(b"\0 "))
