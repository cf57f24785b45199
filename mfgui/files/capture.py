"""When and with what a picture was taken, from its head alone."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mfgui.core.arrays import Size
from mfgui.core.errors import InputError
from mfgui.files import exif
from mfgui.files.camera_files import read_camera_data
from mfgui.files.headers import format_of, read_headers, turned
from mfgui.files.inputs import open_input, reading

_MAKE, _MODEL, _SERIAL = 271, 272, 42033
# Date, fraction of the second and offset from UTC: as taken, as digitised, as changed.
_TIMES = ((36867, 37521, 36881), (36868, 37522, 36882), (306, 37520, 36880))
_EXPOSURE, _FOCAL_LENGTH, _WIDTH, _HEIGHT = 33434, 37386, 40962, 40963
_LONGEST_EXPOSURE = 3600.0


@dataclass(frozen=True)
class Capture:
    """What a file says about its taking; None and "" for what it does not say.

    Attributes
    ----------
    taken : datetime or None
        By the camera's clock, without time zone, with what it says of fractions of a second.
    offset : timedelta or None
        Of that clock from UTC.
    camera : str
        Maker, model and serial number.
    size : Size or None
        After the camera orientation has been applied.
    focal_length : float or None
        In millimetres.
    exposure : float
        Seconds; 0 where unknown.
    """

    path: Path
    taken: datetime | None = None
    offset: timedelta | None = None
    camera: str = ""
    size: Size | None = None
    orientation: int = 1
    focal_length: float | None = None
    exposure: float = 0.0


def read_capture(path: Path) -> Capture:
    """What the head of a file says about its taking; nothing is decoded.

    A file that cannot be read gives an empty answer: it is reported when it is opened.
    """
    try:
        with open_input(path) as file, reading(path):
            if format_of(file.read(16), path) in ("raw", "HEIF"):
                found = read_camera_data(file)
                return Capture(path) if found is None else capture_of(path, found)
        info = read_headers(path)[0]
        return capture_of(path, exif.parse(info.exif), size=info.size)
    except InputError:
        return Capture(path)


def capture_of(path: Path, data: exif.CameraData, *, size: Size | None = None) -> Capture:
    """The same from camera data that were read already.

    Parameters
    ----------
    size : Size, optional
        Of the upright picture; without it that which the camera data name.
    """
    photo = data.directories.get(exif.EXIF_IFD, {})
    taken, offset = _time_of(data.main, photo)
    camera = " ".join(
        text for text in (_text(data.main.get(_MAKE)), _text(data.main.get(_MODEL))) if text
    )
    serial = _text(photo.get(_SERIAL))
    stored = Size(_integer(photo.get(_WIDTH)), _integer(photo.get(_HEIGHT)))
    if size is None and min(stored.width, stored.height) > 0:
        size = turned(stored, data.orientation)
    exposure = _ratio(photo.get(_EXPOSURE)) or 0.0
    return Capture(
        path,
        taken,
        offset,
        f"{camera} {serial}".strip(),
        size,
        data.orientation,
        _ratio(photo.get(_FOCAL_LENGTH)),
        min(exposure, _LONGEST_EXPOSURE),
    )


def instants(captures: Sequence[Capture]) -> list[float | None]:
    """Seconds of each capture on one scale; None where the time is unknown.

    Offsets from UTC count only where all know theirs: with some, frames of one camera would be
    torn apart.
    """
    known = [capture for capture in captures if capture.taken is not None]
    zoned = all(capture.offset is not None for capture in known)
    epoch = datetime(1970, 1, 1)
    return [
        None
        if capture.taken is None
        else (
            capture.taken - epoch - ((capture.offset or timedelta()) if zoned else timedelta())
        ).total_seconds()
        for capture in captures
    ]


def _time_of(
    main: exif.Directory, photo: exif.Directory
) -> tuple[datetime | None, timedelta | None]:
    for date, fraction, zone in _TIMES:
        entry = main.get(date) if date == _TIMES[2][0] else photo.get(date)
        try:
            taken = datetime.strptime(_text(entry), "%Y:%m:%d %H:%M:%S")
        except ValueError:
            continue
        part = _text(photo.get(fraction))
        if part.isascii() and part.isdigit():
            taken += timedelta(seconds=float(f"0.{part}"))
        return taken, _zone(_text(photo.get(zone)))
    return None, None


def _zone(text: str) -> timedelta | None:
    try:
        return datetime.strptime(text, "%z").utcoffset()
    except ValueError:
        return None


def _text(entry: exif.Entry | None) -> str:
    if entry is None or entry.kind not in (2, 7):
        return ""
    return " ".join(entry.data.split(b"\0")[0].decode("ascii", "replace").split())


def _integer(entry: exif.Entry | None) -> int:
    return entry.integer if entry is not None and entry.kind in (3, 4) and entry.count else 0


def _ratio(entry: exif.Entry | None) -> float | None:
    if entry is None or entry.kind != 5 or len(entry.data) < 8:
        return None
    upper, lower = struct.unpack_from("<II", entry.data)
    return upper / lower if upper and lower else None
