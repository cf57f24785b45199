from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mfgui.core.arrays import Size
from mfgui.core.errors import InputError
from mfgui.files.harmonise import plan_for
from mfgui.files.headers import ImageInfo
from mfgui.files.images import open_set, read_stack
from mfgui.files.misfits import duplicates, odd_ones
from tests.files.camera_heads import main_tags, shot_tags, tiff
from tests.files.pictures import camera_block, save8

LANDSCAPE = Size(60, 40)


def info(
    name: str,
    clock: str = "14:07:09",
    *,
    day: int = 3,
    size: Size = LANDSCAPE,
    page: int = 0,
    **options: object,
) -> ImageInfo:
    model = str(options.pop("model", "EOS R5"))
    photo = shot_tags(f"2026:05:{day:02} {clock}", **options)  # type: ignore[arg-type]
    block = tiff(main_tags(model=model), photo)
    return ImageInfo(Path(name), "JPEG", size, "rgb", 8, page=page, exif=block)


def plain(name: str) -> ImageInfo:
    return ImageInfo(Path(name), "PNG", Size(60, 40), "rgb", 8)


def test_that_frames_of_one_go_have_no_notice() -> None:
    infos = [info(f"{n}.jpg", f"14:07:{n:02}", focal=(100 + (n == 2), 1)) for n in range(4)]
    assert odd_ones(infos) == ((),) * 4
    assert odd_ones([plain("a.png"), plain("b.png"), info("c.jpg")]) == ((),) * 3


def test_that_what_sets_a_frame_apart_is_said() -> None:
    infos = [
        info("a.jpg"),
        info("b.jpg", model="EOS R6"),
        info("c.jpg", focal=(85, 1)),
        info("d.jpg", day=6),
        info("e.jpg", "11:37:09"),
        info("f.jpg"),
        plain("g.png"),
    ]
    assert odd_ones(infos) == (
        (),
        ("taken with Canon EOS R6, others with Canon EOS R5",),
        ("focal length 85 mm, of others 100 mm",),
        ("taken 3.0 days after the others",),
        ("taken 2.5 hours before the others",),
        (),
        (),
    )


def test_that_of_two_frames_the_second_is_the_odd_one() -> None:
    first, second = odd_ones([info("a.jpg"), info("b.jpg", day=9, focal=(50, 1))])
    assert first == ()
    assert second == ("focal length 50 mm, of others 100 mm", "taken 6.0 days after the others")


def test_that_a_file_given_twice_is_noticed() -> None:
    infos = [info("a.jpg"), info("b.jpg"), info("a.jpg"), info("a.jpg", page=1)]
    assert odd_ones(infos) == ((), (), ("the same picture as source 1",), ())
    digests = [("x", 0), ("y", 0), ("x", 1), ("y", 0), ("y", 0)]
    assert duplicates(digests) == ("", "", "", *["the same picture as source 2"] * 2)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            Size(60, 40),
            Size(40, 60),
            "b.jpg is a portrait picture (40 x 60), but a.jpg is landscape",
        ),
        (
            Size(40, 60),
            Size(60, 40),
            "b.jpg is a landscape picture (60 x 40), but a.jpg is portrait",
        ),
        (Size(60, 40), Size(61, 40), "b.jpg is 61 x 40, but a.jpg is 60 x 40"),
    ],
)
def test_that_orientations_are_told_from_sizes(first: Size, second: Size, message: str) -> None:
    with pytest.raises(InputError) as caught:
        plan_for([info("a.jpg", size=first), info("b.jpg", size=second)])
    assert caught.value.what == message


def test_that_notices_reach_the_sources(tmp_path: Path) -> None:
    block = b"Exif\0\0" + camera_block()
    for name, seed in (("a.png", 0), ("b.png", 1)):
        save8(tmp_path / name, seed=seed, exif=block)
    other = camera_block().replace(b"2024:05:06", b"2024:05:09")
    save8(tmp_path / "c.png", seed=2, exif=b"Exif\0\0" + other)
    shutil.copy(tmp_path / "b.png", tmp_path / "d.png")
    paths = [tmp_path / name for name in ("a.png", "b.png", "c.png", "d.png", "a.png")]
    late = "taken 3.0 days after the others"
    repeated = ["the same picture as source 2", "the same picture as source 1"]
    assert open_set(paths).notices == ((), (), (late,), (), (repeated[1],))
    sources = read_stack(paths).sources
    found = [source.notices for source in sources]
    assert found == [(), (), (late,), (repeated[0],), (repeated[1],)]


def burst(first: str, number: int, seconds: list[int], **options: object) -> list[ImageInfo]:
    """Frames at these seconds after 14:07."""
    names = (f"{first}{number + n}.jpg" for n in range(len(seconds)))
    clocks = (f"14:{7 + s // 60:02}:{s % 60:02}" for s in seconds)
    return [info(name, clock, **options) for name, clock in zip(names, clocks, strict=True)]


def test_that_the_second_of_several_stacks_is_told_once() -> None:
    infos = burst("IMG_", 1, [0, 1, 2, 60, 61, 62, 180, 181])
    notices = odd_ones(infos)
    assert [bool(found) for found in notices] == [False] * 3 + [True] + [False] * 4
    assert notices[3] == (
        "here the second of 3 stacks by their times of capture begins; fuse each alone: name "
        "its files, or use a batch with the rule time",
    )
    # The order in which they are given does not matter.
    assert odd_ones(infos[::-1])[4] == notices[3]


def test_that_stacks_of_several_days_are_told_once() -> None:
    notices = odd_ones([*burst("A", 1, [0, 1, 2]), *burst("A", 4, [0, 1, 2], day=9)])
    assert [len(found) for found in notices] == [0, 0, 0, 1, 0, 0]


@pytest.mark.parametrize(
    "seconds",
    [
        [0, 8, 15, 29, 40],  # by hand, one after the other
        [0, 1, 2, 3, 50],  # one that stands alone
        [0, 50, 120, 200],  # slowly, each alone
    ],
)
def test_that_one_stack_is_not_taken_for_two(seconds: list[int]) -> None:
    assert odd_ones(burst("IMG_", 1, seconds)) == ((),) * len(seconds)


def test_that_stacks_of_cameras_at_work_at_once_are_told_apart() -> None:
    infos = [*burst("A", 1, [0, 2, 4]), *burst("B", 1, [1, 3, 5], model="EOS R6")]
    notices = odd_ones(infos)
    assert notices[3][1].startswith("here the second of 2 stacks")
    assert [len(found) for found in notices] == [0, 0, 0, 2, 1, 1]
