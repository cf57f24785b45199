from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mfgui.core.arrays import Size
from mfgui.files import exif
from tests.files.pictures import camera_block


def as_pillow(block: bytes) -> dict[int, dict[int, object]]:
    found = Image.Exif()
    found.load(b"Exif\0\0" + block)
    places = {pointer: dict(found.get_ifd(pointer)) for pointer in (0x8769, 0x8825)}
    main = {tag: value for tag, value in found.items() if tag not in places}
    return {0: main, **places}


@pytest.mark.parametrize("order", ["<", ">"])
def test_that_parsing_and_writing_keep_every_tag(order: str) -> None:
    block = camera_block(order=order, orientation=3)
    again = exif.serialise(exif.parse(block))
    assert as_pillow(again) == as_pillow(block)
    assert exif.serialise(exif.parse(again)) == again


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_that_the_orientation_is_found(order: str, orientation: int) -> None:
    block = camera_block(order=order, orientation=orientation)
    assert exif.parse(block).orientation == orientation


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_that_nonsense_orientations_mean_upright(orientation: int) -> None:
    assert exif.parse(camera_block(orientation=orientation)).orientation == 1


def test_that_outputs_are_upright_of_their_own_size_and_signed() -> None:
    data = exif.parse(camera_block(orientation=8))
    cleaned = exif.cleaned(data, size=Size(30, 40), software="mfgui 9")
    found = as_pillow(exif.serialise(cleaned))
    assert (found[0][274], found[0][305], found[0][271]) == (1, "mfgui 9", "Canon")
    assert (found[0x8769][40962], found[0x8769][40963]) == (30, 40)


def test_that_descriptions_of_pages_that_are_gone_are_dropped() -> None:
    for text, kept in ((b"ImageJ=1.53\nimages=9\0", False), (b"Fly on a leaf\0", True)):
        data = exif.CameraData({0: {270: exif.Entry(2, len(text), text)}})
        cleaned = exif.cleaned(data, size=Size(1, 1), software="mfgui")
        assert (270 in cleaned.main) is kept


def test_that_the_layout_of_the_old_file_is_dropped() -> None:
    layout = {256: 9, 273: 8, 330: 8, 513: 8, 34675: 8}
    entries = {tag: exif.Entry(4, 1, struct.pack("<I", value)) for tag, value in layout.items()}
    cleaned = exif.cleaned(exif.CameraData({0: entries}), size=Size(1, 1), software="mfgui")
    assert sorted(cleaned.main) == [274, 305]


@given(noise=st.binary(max_size=40), at=st.integers(0, 300), order=st.sampled_from("<>"))
def test_that_damaged_blocks_never_raise(noise: bytes, at: int, order: str) -> None:
    block = camera_block(order=order)
    damaged = block[:at] + noise + block[at + len(noise) :]
    data = exif.parse(damaged)
    assert 1 <= data.orientation <= 8
    cleaned = exif.cleaned(data, size=Size(3, 4), software="mfgui")
    assert exif.parse(exif.serialise(cleaned)).main[305].data == b"mfgui\0"


def test_that_a_directory_pointing_at_itself_ends() -> None:
    block = b"II*\0" + struct.pack("<IHHHII", 8, 1, 34665, 4, 1, 8) + bytes(4)
    assert exif.parse(block).orientation == 1
