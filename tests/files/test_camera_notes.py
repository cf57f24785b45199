from __future__ import annotations

import json
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from mfgui import __version__
from mfgui.files import exif, images, spaces
from mfgui.files.camera_notes import annotated, note_of
from tests.files.camera_heads import main_tags, shot_tags, tiff
from tests.files.pictures import camera_block, smooth, wide_profile

NOTE = "mfgui: 12 frames fused with photo (iterations=60)"
COMMENT, DESCRIPTION, GPS = 37510, 270, 0x8825
exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")


def with_entry(pointer: int, tag: int, entry: exif.Entry, block: bytes | None = None) -> bytes:
    data = exif.parse(block or camera_block())
    directories = dict(data.directories)
    directories[pointer] = {**directories.get(pointer, {}), tag: entry}
    return exif.serialise(exif.CameraData(directories))


def commented(code: bytes, text: bytes) -> bytes:
    data = code + text
    return with_entry(exif.EXIF_IFD, COMMENT, exif.Entry(7, len(data), data))


def read(block: bytes | None) -> Image.Exif:
    found = Image.Exif()
    found.load(b"Exif\0\0" + (block or b""))
    return found


def comment_in(block: bytes | None) -> str:
    data = read(block).get_ifd(0x8769).get(COMMENT, b"")
    code, text = data[:8], data[8:]
    return text.decode("utf-16-le" if code == b"UNICODE\0" else "ascii")


def test_that_the_method_and_its_parameters_are_noted() -> None:
    assert note_of("photo", {"iterations": 60}, frames=12) == NOTE
    assert note_of("average", {}, frames=2) == "mfgui: 2 frames fused with average"
    assert len(note_of("m", {"text": "x\ny" * 1000}, frames=2)) == 1000


@pytest.mark.parametrize(
    ("block", "comment"),
    [
        (None, NOTE),
        (camera_block(), NOTE),
        (commented(b"ASCII\0\0\0", b"   "), NOTE),
        (commented(bytes(8), bytes(30)), NOTE),
        (commented(b"ASCII\0\0\0", b"Fly, Kew\0"), f"Fly, Kew; {NOTE}"),
        (commented(b"UNICODE\0", "Fliege, süß".encode("utf-16-le")), f"Fliege, süß; {NOTE}"),
        (commented(b"UNICODE\0", "Fliege, süß".encode("utf-16-be")), f"Fliege, süß; {NOTE}"),
        (commented(b"ASCII\0\0\0", NOTE.encode()), NOTE),
    ],
)
def test_that_the_note_stands_behind_the_persons_own(block: bytes | None, comment: str) -> None:
    assert comment_in(annotated(block, note=NOTE)) == comment


def test_that_what_cannot_be_read_is_left_alone() -> None:
    block = commented(b"JIS\0\0\0\0\0", b"\x1b$B")
    found = read(annotated(block, note=NOTE))
    assert found.get_ifd(0x8769)[COMMENT] == b"JIS\0\0\0\0\0\x1b$B"
    assert found[DESCRIPTION] == NOTE
    own = with_entry(0, DESCRIPTION, exif.Entry(2, 4, b"Fly\0"), block)
    found = read(annotated(own, note=NOTE))
    assert (found[DESCRIPTION], found.get_ifd(0x8769)[COMMENT][:3]) == ("Fly", b"JIS")


def test_that_nothing_else_changes() -> None:
    block = camera_block(orientation=6)
    before, after = read(block), read(annotated(block, note=NOTE))
    assert dict(after.get_ifd(GPS)) == dict(before.get_ifd(GPS))
    kept = {tag: value for tag, value in after.get_ifd(0x8769).items() if tag != COMMENT}
    assert kept == dict(before.get_ifd(0x8769))
    assert (after[271], after[274]) == (before[271], 6)
    assert annotated(None) is None
    assert annotated(b"nonsense", drop_location=True) is None


def test_that_the_place_can_be_left_out() -> None:
    block = annotated(camera_block(), drop_location=True)
    assert dict(read(block).get_ifd(GPS)) == {}
    assert GPS not in read(block)
    assert read(block)[272] == "EOS 5D2"


@exiftool
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_that_exiftool_reads_note_software_and_no_place(name: str, tmp_path: Path) -> None:
    block = commented(b"ASCII\0\0\0", b"Fly, Kew\0")
    written = annotated(block, note=NOTE, drop_location=True)
    assert images.write_image(tmp_path / name, smooth(), depth="uint8", exif=written) == ()
    call = ["exiftool", "-json", "-a", "-G1", "-n", str(tmp_path / name)]
    found = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)[0]
    assert found["ExifIFD:UserComment"] == f"Fly, Kew; {NOTE}"
    assert found["IFD0:Software"] == f"mfgui {__version__}"
    assert found["IFD0:Orientation"] == 1
    assert not [key for key in found if key.startswith(("GPS", "IFD1"))]


def adobe_block(index: bytes = b"R03\0", space: int = 65535) -> bytes:
    """Camera data as cameras write them in Adobe RGB mode."""
    photo = {40961: exif.Entry(3, 1, struct.pack("<H", space))}
    interop = {1: exif.Entry(2, 4, index)} if index else {}
    main = exif.parse(camera_block()).main
    return exif.serialise(
        exif.CameraData({0: main, exif.EXIF_IFD: photo, exif.INTEROP_IFD: interop})
    )


@pytest.mark.parametrize(
    ("block", "space"),
    [
        (adobe_block(), "adobe-rgb"),
        (adobe_block(b"", 2), "adobe-rgb"),
        (adobe_block(b"R98\0", 1), None),
        (adobe_block(b"", 65535), None),
        (camera_block(), None),
    ],
)
def test_that_cameras_need_no_profile_to_say_adobe_rgb(
    block: bytes, space: spaces.SpaceName | None, tmp_path: Path
) -> None:
    path = tmp_path / "a.jpg"
    picture = Image.new("RGB", (8, 6))
    picture.save(path, exif=b"Exif\0\0" + block)
    assert images.probe(path).icc == (spaces.profile(space) if space else None)
    picture.save(path, exif=b"Exif\0\0" + block, icc_profile=wide_profile())
    assert images.probe(path).icc == wide_profile()
    grey = tmp_path / "grey.jpg"
    picture.convert("L").save(grey, exif=b"Exif\0\0" + block)
    assert images.probe(grey).icc is None


@pytest.mark.parametrize(
    ("space", "number", "index"), [("srgb", 1, "R98"), ("prophoto", 65535, None)]
)
def test_that_tags_of_colours_follow_the_profile(
    space: spaces.SpaceName, number: int, index: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "a.jpg"
    images.write_image(path, smooth(), depth="uint8", icc=spaces.profile(space), exif=adobe_block())
    with Image.open(path) as picture:
        found = picture.getexif()
        assert found.get_ifd(0x8769)[40961] == number
        assert found.get_ifd(0xA005).get(1) == index
        assert picture.info["icc_profile"] == spaces.profile(space)


def test_that_raw_files_are_not_called_adobe_rgb() -> None:
    from mfgui.files.raw import _carried

    block = _carried(exif.parse(adobe_block()))
    assert not exif.says_adobe_rgb(exif.parse(block))
    assert read(block).get_ifd(0x8769)[40961] == 1
    plain = tiff(main_tags(), shot_tags("2026:05:03 14:07:09"))
    assert 40961 not in read(_carried(exif.parse(plain))).get_ifd(0x8769)
