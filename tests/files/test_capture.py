from __future__ import annotations

import json
import shutil
import subprocess
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from mfgui.core.arrays import Size
from mfgui.files import bursts, exif, grouping
from mfgui.files.camera_files import read_camera_data
from mfgui.files.capture import Capture, instants, read_capture
from tests.files.camera_heads import Tag, cr3, jpeg_with, main_tags, raf, shot_tags, tiff
from tests.files.pictures import bytes8

TAKEN = "2026:05:03 14:07:09"
WHEN = datetime(2026, 5, 3, 14, 7, 9, 250_000)
exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")


def photo(**options: Any) -> list[Tag]:
    return shot_tags(
        TAKEN,
        **{"fraction": "25", "offset": "+02:00", "serial": "0123", "size": (8192, 5464)} | options,
    )


def heads() -> dict[str, bytes]:
    """Raw files by suffix."""
    olympus = tiff(main_tags(), photo(), magic=b"IIRO")
    return {
        ".cr2": tiff(main_tags(), photo()),
        ".nef": tiff(main_tags(), photo(), order=">"),
        ".orf": olympus,
        ".rw2": tiff(main_tags(), photo(), magic=b"IIU\0"),
        ".raf": raf(tiff(main_tags(), photo())),
        ".cr3": cr3(main_tags(), photo()),
        ".dng": tiff(main_tags(), photo()),
    }


@pytest.mark.parametrize("suffix", heads())
def test_that_the_heads_of_raw_files_are_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(heads()[suffix])
    expected = Capture(
        path, WHEN, timedelta(hours=2), "Canon EOS R5 0123", Size(8192, 5464), 1, 100.0, 0.01
    )
    assert read_capture(path) == expected


@exiftool
@pytest.mark.parametrize("suffix", heads())
def test_that_exiftool_reads_the_same(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(heads()[suffix])
    names = [
        "DateTimeOriginal",
        "SubSecTimeOriginal",
        "Model",
        "FocalLength#",
        "OffsetTimeOriginal",
    ]
    call = ["exiftool", "-json", "-q", *(f"-{name}" for name in names), str(path)]
    answer = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)[0]
    found = read_capture(path)
    assert found.taken is not None
    assert answer["DateTimeOriginal"] == f"{found.taken:%Y:%m:%d %H:%M:%S}"
    assert float(f"0.{answer['SubSecTimeOriginal']}") == found.taken.microsecond / 1e6
    assert found.camera == f"Canon {answer['Model']} 0123"
    assert answer["FocalLength"] == found.focal_length


def test_that_portrait_pictures_have_portrait_size(tmp_path: Path) -> None:
    path = tmp_path / "a.cr3"
    path.write_bytes(cr3(main_tags(orientation=8), photo()))
    assert (read_capture(path).size, read_capture(path).orientation) == (Size(5464, 8192), 8)


def test_that_pictures_tell_the_same(tmp_path: Path) -> None:
    block = b"Exif\0\0" + tiff(main_tags(orientation=6), photo())
    from PIL import Image

    for name in ("a.jpg", "a.png", "a.webp", "a.tif"):
        Image.fromarray(bytes8()).save(tmp_path / name, exif=block)
        found = read_capture(tmp_path / name)
        assert (found.taken, found.camera) == (WHEN, "Canon EOS R5 0123")
        assert found.size == Size(24, 36)  # of the picture, not what the camera data claim


def test_that_heif_files_tell_the_same_without_a_decoder(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="no encoder (pillow-heif) is installed")
    block = tiff(main_tags(), photo())
    made = heif.from_bytes(mode="RGB", size=(36, 24), data=bytes8().tobytes())
    made.save(tmp_path / "a.heic", exif=b"Exif\0\0" + block)
    found = read_capture(tmp_path / "a.heic")
    assert (found.taken, found.camera, found.focal_length) == (WHEN, "Canon EOS R5 0123", 100.0)


def test_that_missing_data_are_said_to_be_missing(tmp_path: Path) -> None:
    plain = tmp_path / "a.tif"
    tifffile.imwrite(plain, bytes8(), photometric="rgb", metadata=None)
    found = read_capture(plain)
    assert (found.taken, found.offset, found.camera, found.focal_length) == (None, None, "", None)
    bad = [(36867, 2, "0000:00:00 00:00:00"), (37386, 5, (0, 0)), (33434, 5, (1, 0))]
    (tmp_path / "b.cr2").write_bytes(tiff([], bad))
    assert read_capture(tmp_path / "b.cr2") == Capture(tmp_path / "b.cr2")
    for name in ("missing.jpg", "empty.cr3"):
        if name.startswith("empty"):
            (tmp_path / name).write_bytes(b"")
        assert read_capture(tmp_path / name) == Capture(tmp_path / name)


@pytest.mark.parametrize("suffix", heads())
def test_that_damage_never_raises_and_never_hangs(suffix: str, tmp_path: Path) -> None:
    whole, path = heads()[suffix], tmp_path / f"a{suffix}"
    random = np.random.default_rng(3)
    for _ in range(60):
        data = bytearray(whole)
        at = int(random.integers(0, len(data) - 6))
        data[at : at + 6] = random.bytes(6) if random.random() < 0.7 else b"\xff" * 6
        path.write_bytes(bytes(data[: int(random.integers(at, len(data)))]))
        began = time.process_time()
        found = read_capture(path)
        assert time.process_time() - began < 0.5
        assert found.path == path


def test_that_boxes_without_end_are_left(tmp_path: Path) -> None:
    endless = b"\0\0\0\x10ftypcrx \0\0\0\1" + b"\0\0\0\x08free" * 100_000
    (tmp_path / "a.cr3").write_bytes(endless)
    began = time.process_time()
    with (tmp_path / "a.cr3").open("rb") as file:
        assert read_camera_data(file) is None
    assert time.process_time() - began < 0.5


def test_that_offsets_count_where_all_know_theirs() -> None:
    def at(hour: int, offset: int | None) -> Capture:
        zone = None if offset is None else timedelta(hours=offset)
        return Capture(Path("a"), datetime(2026, 1, 1, hour), zone)

    one, two = instants([at(10, 1), at(11, 2)])
    assert one == two
    one, two = instants([at(10, 1), at(11, None)])
    assert (one, two) == (pytest.approx(two - 3600 if two else None), two)
    assert instants([Capture(Path("b"))]) == [None]


def shoot(
    folder: Path, name: str, seconds: float, *, main: dict[str, Any] | None = None, **options: Any
) -> Path:
    """A picture of a camera, taken so many seconds after the first."""
    moment = datetime(2026, 5, 3, 14, 0, 0) + timedelta(seconds=seconds)
    tags = shot_tags(
        f"{moment:%Y:%m:%d %H:%M:%S}",
        **{"fraction": f"{moment.microsecond // 10_000:02}", "size": (60, 40)} | options,
    )
    path = folder / name
    path.write_bytes(tiff(main_tags(**(main or {})), tags))
    return path


def names_of(found: bursts.Sorting) -> list[list[str]]:
    return [[path.stem for path in group.images] for group in found.stacks]


def test_that_pauses_part_stacks_and_singles_stay_apart(tmp_path: Path) -> None:
    number = 0
    expected: list[list[str]] = []
    clock = 0.0
    for count, interval in ((8, 0.2), (1, 0), (5, 1.0), (12, 5.0), (1, 0), (3, 0.5)):
        stems = []
        for _ in range(count):
            number += 1
            stems.append(f"IMG_{number:04}")
            shoot(tmp_path, f"{stems[-1]}.cr2", clock)
            clock += interval
        clock += 40
        expected.append(stems)
    found = bursts.sort_out([tmp_path])
    assert names_of(found) == [stems for stems in expected if len(stems) > 1]
    assert [path.stem for path in found.singles] == ["IMG_0009", "IMG_0027"]
    assert bursts.stacks_in([tmp_path]) == found.stacks
    assert [group.name for group in found.stacks][:2] == ["IMG_0001-0008", "IMG_0010-0014"]


def test_that_a_short_pause_parts_quick_stacks_but_not_slow_ones(tmp_path: Path) -> None:
    for index, at in enumerate([0, 0.1, 0.2, 0.3, 5.0, 5.1, 5.2]):
        shoot(tmp_path, f"A{index:03}.arw", at)
    assert [len(names) for names in names_of(bursts.sort_out([tmp_path]))] == [4, 3]
    slow = tmp_path / "slow"
    slow.mkdir()
    for index, at in enumerate([0, 4, 8, 18, 22, 26]):
        shoot(slow, f"A{index:03}.arw", at)
    assert [len(names) for names in names_of(bursts.sort_out([slow]))] == [6]


def test_that_long_exposures_are_no_pauses(tmp_path: Path) -> None:
    for index in range(4):
        shoot(tmp_path, f"A{index}.nef", 40 * index, exposure=(38, 1))
    assert [len(names) for names in names_of(bursts.sort_out([tmp_path]))] == [4]


@pytest.mark.parametrize(
    "change",
    [
        {"size": (40, 60)},
        {"focal": (105, 1)},
        {"main": {"orientation": 6}},
        {"main": {"model": "EOS R6"}},
        {"serial": "77"},
    ],
)
def test_that_another_kind_of_picture_begins_a_stack(
    change: dict[str, Any], tmp_path: Path
) -> None:
    for index in range(6):
        shoot(tmp_path, f"IMG_{index}.cr2", 0.2 * index, **(change if index >= 4 else {}))
    expected = [["IMG_0", "IMG_1", "IMG_2", "IMG_3"], ["IMG_4", "IMG_5"]]
    assert names_of(bursts.sort_out([tmp_path])) == expected


def test_that_two_cameras_at_work_together_are_told_apart(tmp_path: Path) -> None:
    for index in range(4):
        shoot(tmp_path, f"A_{index}.cr2", 0.2 * index, serial="1")
        shoot(tmp_path, f"B_{index}.cr2", 0.2 * index + 0.1, serial="2")
    found = bursts.sort_out([tmp_path])
    assert [(group.name, len(group.images)) for group in found.stacks] == [("A", 4), ("B", 4)]


def test_that_names_part_stacks_of_one_time(tmp_path: Path) -> None:
    stems = [
        "bee_01",
        "bee_02",
        "bee_03",
        "moss_01",
        "moss_02",
        "set2_01",
        "set2_02",
        "set3_01",
        "set3_02",
    ]
    for index, stem in enumerate(stems):
        shoot(tmp_path, f"{stem}.cr2", 0.1 * index)
    assert names_of(bursts.sort_out([tmp_path])) == [stems[:3], stems[3:5], stems[5:7], stems[7:]]


def test_that_numbers_of_cameras_roll_over(tmp_path: Path) -> None:
    stems = ["IMG_9998", "IMG_9999", "IMG_0001", "IMG_0002"]
    for index, stem in enumerate(stems):
        shoot(tmp_path, f"{stem}.cr2", 0.1 * index)
    assert names_of(bursts.sort_out([tmp_path])) == [stems]
    paths = [tmp_path / f"{stem}.cr2" for stem in sorted(stems)]
    assert [path.stem for path in grouping.ordered_by_capture(paths)] == stems


def test_that_pictures_without_a_time_are_grouped_by_name(tmp_path: Path) -> None:
    for name in ("3_near.png", "3_far.png", "4_near.png", "4_far.png", "alone.png"):
        (tmp_path / name).write_bytes(b"")
    for index in range(3):
        shoot(tmp_path, f"IMG_{index}.cr2", index)
    found = bursts.sort_out([tmp_path])
    assert [group.name for group in found.stacks] == ["IMG_0-2", "3", "4"]
    assert [path.name for path in found.singles] == ["alone.png"]


def test_that_names_decide_where_times_do_not(tmp_path: Path) -> None:
    same = [shoot(tmp_path, f"f{index}.cr2", 0) for index in (10, 2, 1)]
    assert [path.stem for path in grouping.ordered_by_capture(same)] == ["f1", "f2", "f10"]
    later = shoot(tmp_path, "a.cr2", 5)
    assert grouping.ordered_by_capture([later, *same])[-1] == later
    (tmp_path / "z.cr2").write_bytes(b"x")
    mixed = grouping.ordered_by_capture([tmp_path / "z.cr2", *same, later])
    assert [path.stem for path in mixed] == ["a", "f1", "f2", "f10", "z"]


def test_that_a_folder_is_opened_in_order_of_capture(tmp_path: Path) -> None:
    paths = [shoot(tmp_path, f"f{index}.cr2", 10 - index) for index in range(4)]
    assert grouping.images_in([tmp_path]) == paths[::-1]
    assert grouping.images_in(paths) == paths  # named files stay as they are given


def test_that_a_thousand_heads_are_read_at_once(tmp_path: Path) -> None:
    block = tiff(main_tags(), photo())
    for index in range(1000):
        (tmp_path / f"IMG_{index:04}.raf").write_bytes(raf(block) + bytes(200_000))
    began = time.process_time()
    found = bursts.sort_out([tmp_path])
    assert time.process_time() - began < 5
    assert [len(group.images) for group in found.stacks] == [1000]


def test_that_raw_headers_carry_what_is_found(tmp_path: Path) -> None:
    for suffix in (".raf", ".cr3"):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(heads()[suffix])
        with path.open("rb") as file:
            found = read_camera_data(file)
        assert found is not None
        block = exif.serialise(exif.descriptive(found))
        assert exif.parse(block).main[272].data == b"EOS R5\0"
        assert exif.parse(block).directories[exif.EXIF_IFD][36867].data == TAKEN.encode() + b"\0"
    assert jpeg_with(b"")[:2] == b"\xff\xd8"
