"""Moving stacks of known truth brought together, within memory, with what a person may choose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.app.prepare import PrepareOptions, in_parallel, prepare
from mfgui.app.prepare_memory import PROGRAM, plan_memory
from mfgui.app.prepare_time import Forecast, Rates, expected, remember, remembered
from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import Rect, Size
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import OutOfMemoryError, OutputError, UsageError
from mfgui.core.stack import SourceStack
from mfgui.core.transforms import Transform
from mfgui.files.frame_cache import FrameCache

SIZE = Size(420, 300)
WHOLE = Rect(0, 0, SIZE.width, SIZE.height)
TRUE = [
    Transform.similarity(SIZE, scale=1 + 0.006 * i, degrees=0.15 * i, shift=(1.3 * i, -0.9 * i))
    for i in range(4)
]
ONE = Compute()


def _scene() -> np.ndarray:
    """A large textured picture, so that every frame shows something everywhere."""
    rng = np.random.default_rng(8)
    noise = rng.random((500, 640, 3)).astype(np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), 2.0)
    coarse = cv2.GaussianBlur(noise, (0, 0), 12.0)
    mixed = (fine - fine.mean()) / fine.std() + (coarse - coarse.mean()) / coarse.std()
    return np.clip(0.5 + 0.1 * mixed, 0, 1)


def _frames() -> list[np.ndarray]:
    """Frame i shows at TRUE[i](x) what frame 0 shows at x."""
    scene, frames = _scene(), []
    place = Transform.translation(110, 100)
    for transform in TRUE:
        matrix = (transform.inverse().then(place)).matrix[:2]
        picture = cv2.warpAffine(
            scene, matrix, (SIZE.width, SIZE.height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        )
        frames.append(np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8))
    return frames


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    return _frames()


@pytest.fixture
def stack(frames: list[np.ndarray]) -> SourceStack:
    found = SourceStack.from_arrays(frames, names=["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    sources = tuple(replace(s, exif=s.name.encode()) for s in found.sources)
    return replace(found, sources=sources)


@pytest.fixture
def known() -> StackAlignment:
    crop = Rect(20, 20, 370, 250)
    return StackAlignment(SIZE, 0, "similarity", tuple(FrameFit(t) for t in TRUE), crop)


@pytest.mark.parametrize("limit", [None, PROGRAM + 420 * 300 * 3 * 12])
def test_that_frames_are_brought_together(stack: SourceStack, tmp_path: Path, limit) -> None:
    told: list[tuple[str, int, int]] = []
    found = prepare(
        stack,
        PrepareOptions(reference=0, exposure="off"),
        compute=Compute(threads=2, memory=limit),
        cache=FrameCache(tmp_path),
        progress=lambda *state: told.append(state),
    )
    fit = found.alignment
    assert fit is not None
    assert found.origin is stack
    assert found.size == Size(fit.crop.width, fit.crop.height)
    assert (found.k, found.reference, found.depth) == (4, 0, "uint8")
    reference = found.pixels(0).astype(float)
    np.testing.assert_array_equal(reference, stack.pixels(0)[fit.crop.slices])
    for index in range(1, 4):
        apart = np.abs(found.pixels(index) - reference)[8:-8, 8:-8]
        before = np.abs(stack.pixels(index)[fit.crop.slices].astype(float) - reference)
        assert apart.mean() < 2.0 < before[8:-8, 8:-8].mean() / 4
    assert isinstance(found.pixels(1), np.memmap) == (limit is not None)
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == ["aligning", "moving frames"]
    assert told[-1] == ("moving frames", 4, 4)


def test_that_light_is_equalised(frames: list[np.ndarray]) -> None:
    darker = [frames[0], *(np.rint(f * 0.93).astype(np.uint8) for f in frames[1:])]
    found = prepare(
        SourceStack.from_arrays(darker),
        PrepareOptions(align="translation", exposure="gain", reference=0, crop="reference"),
        compute=ONE,
    )
    assert found.exposure is not None
    assert found.size == SIZE
    means = [found.pixels(i)[80:220, 100:300].mean() for i in range(4)]
    assert max(means) - min(means) < 1.0
    raw = [frame[80:220, 100:300].mean() for frame in darker]
    assert max(raw) - min(raw) > 4.0


def test_that_a_given_alignment_is_used_again(stack: SourceStack, known: StackAlignment) -> None:
    options = PrepareOptions(exposure="off", alignment=known)
    found = prepare(stack, options, compute=ONE)
    assert found.alignment == known
    assert found.size == Size(370, 250)
    for index in range(1, 4):
        apart = np.abs(found.pixels(index).astype(float) - found.pixels(0))[8:-8, 8:-8]
        assert apart.mean() < 1.2


def test_that_excluded_frames_take_no_part(stack: SourceStack, known: StackAlignment) -> None:
    for options in (
        PrepareOptions(exposure="off", alignment=known, excluded=(1,)),
        PrepareOptions(exposure="off", reference=2, excluded=(1,)),
        PrepareOptions(align="off", exposure="off", excluded=(1,)),
    ):
        found = prepare(stack, options, compute=ONE)
        assert [source.name for source in found.sources] == ["a.jpg", "c.jpg", "d.jpg"]
        assert found.alignment is not None
        assert [fit.used for fit in found.alignment.frames] == [True, False, True, True]
    np.testing.assert_array_equal(found.pixels(2), stack.pixels(3))


def test_that_metadata_is_that_of_the_reference(stack: SourceStack) -> None:
    found = prepare(stack, PrepareOptions(exposure="off", reference=3, excluded=(0,)), compute=ONE)
    assert found.reference == 2
    assert found.sources[found.reference].exif == b"d.jpg"
    np.testing.assert_array_equal(
        found.pixels(2),
        stack.pixels(3)[found.alignment.crop.slices],  # type: ignore[union-attr]
    )


def test_that_nothing_is_done_where_nothing_is_asked_for(stack: SourceStack) -> None:
    assert prepare(stack, PrepareOptions("off", "off"), compute=ONE) is stack


def test_that_frames_that_lie_on_each_other_are_not_copied(frames: list[np.ndarray]) -> None:
    rng = np.random.default_rng(5)
    shaken = [frames[0] ^ rng.integers(0, 2, frames[0].shape, np.uint8) for _ in range(3)]
    still = SourceStack.from_arrays(shaken)
    found = prepare(still, PrepareOptions(exposure="off", reference=0), compute=ONE)
    assert found.alignment is not None
    assert found.alignment.still
    assert found.store is still.store


def test_that_a_frame_that_shows_less_is_filled_from_the_reference(stack: SourceStack) -> None:
    shifted = StackAlignment(
        SIZE,
        0,
        "translation",
        (FrameFit(Transform()), *[FrameFit(Transform.translation(60.0, 0.0))] * 3),
        WHOLE,
    )
    options = PrepareOptions(exposure="off", alignment=shifted, crop="reference")
    found = prepare(stack, options, compute=ONE)
    right = np.s_[:, SIZE.width - 60 :]
    np.testing.assert_array_equal(found.pixels(1)[right], stack.pixels(0)[right])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (PrepareOptions(reference=4), "frame 5: there is no such frame; use 1 to 4"),
        (PrepareOptions(excluded=(7,)), "frame 8: there is no such frame"),
        (PrepareOptions(reference=1, excluded=(1,)), "the reference is among the excluded"),
        (PrepareOptions(excluded=(0, 1, 2)), "fewer than two frames"),
        (PrepareOptions("off", "off", excluded=(0, 1, 2)), "fewer than two frames"),
        (PrepareOptions("off", "off", excluded=(0, 1, 2, 3)), "fewer than two frames"),
    ],
)
def test_that_wrong_options_are_refused(
    stack: SourceStack, options: PrepareOptions, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        prepare(stack, options, compute=ONE)


def test_that_a_stop_while_moving_keeps_the_decoded_frames(
    stack: SourceStack, known: StackAlignment, tmp_path: Path
) -> None:
    stopped: list[str] = []

    def tell(stage: str, done: int, _total: int) -> None:
        if stage == "moving frames" and done == 1:
            stopped.append(stage)

    def checkpoint() -> None:
        if stopped:
            raise StopRequested

    options = PrepareOptions(exposure="off", alignment=known)
    small = Compute(checkpoint=checkpoint, memory=PROGRAM + 420 * 300 * 3 * 12)
    with pytest.raises(StopRequested):
        prepare(stack, options, compute=small, cache=FrameCache(tmp_path), progress=tell)
    assert stack.store.complete
    assert list(tmp_path.iterdir()) == []
    assert prepare(stack, options, compute=ONE).k == 4


def test_that_a_cache_without_room_is_said_before_anything_is_moved(
    stack: SourceStack, known: StackAlignment, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    told: list[str] = []
    with pytest.raises(OutputError, match="file"):
        prepare(
            stack,
            PrepareOptions(exposure="off", alignment=known),
            compute=Compute(memory=PROGRAM + 420 * 300 * 3 * 12),
            cache=FrameCache(tmp_path / "file"),
            progress=lambda stage, _done, _total: told.append(stage),
        )
    assert told == []


def test_that_the_first_failure_of_work_in_parallel_is_raised_and_the_rest_not_begun() -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 2:
            raise ValueError("two")
        time.sleep(0.005)  # a thousand of them outlast any pause of the thread that collects
        return item * item

    assert in_parallel(lambda item: item * item, range(20), workers=3) == [i * i for i in range(20)]
    with pytest.raises(ValueError, match="two"):
        in_parallel(work, range(1000), workers=2)
    assert len(begun) < 1000


# Memory

BIG = Size(6000, 4000)


def _plan(limit: float | None, *, k: int = 30, threads: int = 8, moving: bool = True):
    bytes_ = None if limit is None else round(limit * 1e9)
    return plan_memory(BIG, 3, "uint8", k, limit=bytes_, threads=threads, moving=moving)


def test_that_large_stacks_go_to_files_and_small_ones_stay() -> None:
    assert not _plan(3).in_memory
    assert _plan(3, k=5).in_memory
    assert not _plan(3, k=10).in_memory
    assert _plan(3, k=10, moving=False).in_memory
    assert _plan(64).in_memory


def test_that_a_smaller_limit_does_less_at_once() -> None:
    assert _plan(16, k=100).decoders == 8
    assert 1 <= _plan(1.5).decoders < 8
    assert _plan(1.2, threads=8).movers < 8
    for limit in (1.2, 2, 3, 8):
        plan = _plan(limit)
        taken = PROGRAM + plan.decoders * 3 * BIG.pixels * 3
        assert taken <= limit * 1e9 or plan.decoders == 1


def test_that_too_small_a_limit_is_one_line_and_the_default_never_is() -> None:
    with pytest.raises(OutOfMemoryError) as caught:
        _plan(0.5)
    assert str(caught.value) == (
        "0.5 GB of memory are too little for frames of 6000 x 4000; "
        "allow 1.2 GB or more with --memory"
    )
    _plan(1.2)
    huge = plan_memory(Size(20000, 20000), 3, "uint16", 2, limit=None, threads=2, moving=True)
    assert not huge.in_memory


_FUSE = """
import os, sys, threading, time
sys.path.insert(0, sys.argv[1])
from peak import resident
from mfgui.cli.main import run
peak, ended = 0, threading.Event()
def watch():
    global peak
    while not ended.wait(0.005):
        peak = max(peak, resident(os.getpid()))
watcher = threading.Thread(target=watch)
watcher.start()
code = run(sys.argv[2:])
ended.set()
watcher.join()
print("PEAK", code, 1024 * peak)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_that_the_limit_holds_for_a_stack_that_exceeds_it(tmp_path: Path) -> None:
    frame = cv2.resize(_frames()[0], (3000, 2000), interpolation=cv2.INTER_LINEAR)
    cv2.imwrite(str(tmp_path / "1.jpg"), frame)
    count, limit = 16, 0.6  # 16 frames of 18 MB, as much again when moved, beside the program
    moved = [FrameFit(Transform.translation(0.2 * i, 0.0)) for i in range(count)]
    crop = Rect(10, 10, 2980, 1980)
    fit = StackAlignment(Size(3000, 2000), 0, "translation", tuple(moved), crop)
    (tmp_path / "alignment.json").write_text(json.dumps(fit.to_json()))
    names = [tmp_path / "1.jpg"]
    for number in range(2, count + 1):
        names.append(tmp_path / f"{number}.jpg")
        names[-1].symlink_to(names[0])
    ended = subprocess.run(
        [
            *(sys.executable, "-c", _FUSE, str(Path(__file__).parents[2] / "benchmarks")),
            *("fuse", *map(str, names), "-o", str(tmp_path / "f.jpg"), "--method", "average"),
            *("--alignment", str(tmp_path / "alignment.json"), "--memory", str(limit)),
            *("--cache", str(tmp_path / "cache")),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    last = ended.stdout.splitlines()[-1].split()
    assert last[:2] == ["PEAK", "0"], ended.stderr
    assert int(last[2]) < 1.15 * limit * 1e9
    assert list((tmp_path / "cache").iterdir()) == []


# Time


def test_that_expected_stages_follow_what_is_asked_for(known: StackAlignment) -> None:
    rates = Rates({"reading": (0.1,), "aligning": (0.2,), "fusing photo": (0.5,)})
    stages = expected(Size(1000, 1000), 10, PrepareOptions(), method="photo", rates=rates)
    assert list(stages) == ["reading", "aligning", "exposure", "moving frames", "fusing photo"]
    assert stages["reading"] == pytest.approx(1.0)
    assert stages["fusing photo"] == pytest.approx(5.0)
    again = PrepareOptions(exposure="off", alignment=known)
    assert list(expected(SIZE, 4, again, method=None, rates=rates)) == ["reading", "moving frames"]
    nothing = PrepareOptions("off", "off")
    assert list(expected(SIZE, 4, nothing, method=None, rates=rates)) == ["reading"]


def test_that_the_pace_of_the_first_frames_corrects_the_forecast() -> None:
    now = [0.0]
    forecast = Forecast({"reading": 10.0, "moving frames": 30.0}, clock=lambda: now[0])
    assert forecast.total == 40.0
    assert forecast.advance("reading", 0, 10) == pytest.approx(40.0)
    now[0] = 2.0  # twice as slow as expected
    assert forecast.advance("reading", 1, 10) == pytest.approx(2 * (9.0 + 30.0))
    now[0] = 20.0
    assert forecast.advance("reading", 10, 10) == pytest.approx(60.0)
    assert forecast.advance("moving frames", 0, 10) > 0
    now[0] = 35.0  # 15 s for half of it: faster again
    left = forecast.advance("moving frames", 5, 10)
    assert left == pytest.approx(15.0 * 35.0 / 25.0)
    assert forecast.seconds == {"reading": 20.0, "moving frames": 15.0}


def test_that_rates_are_remembered_for_each_number_of_threads(tmp_path: Path) -> None:
    path = tmp_path / "made" / "rates.json"
    assert remembered(threads=2, path=path).known == {}
    remember(Rates(threads=2).learned({"reading": 8.0, "exposure": 0.01}, 100.0), path=path)
    assert remembered(threads=2, path=path).known == {"reading": (0.08,)}
    assert remembered(threads=4, path=path).known == {}
    remember(remembered(threads=2, path=path).learned({"reading": 4.0}, 100.0), path=path)
    assert remembered(threads=2, path=path).seconds("reading", 100.0) == pytest.approx(4.0)
    for text in ("", "[]", "{", '{"2": {"reading": -1}}', '{"2": {"reading": ["x"]}}', '{"2": 7}'):
        path.write_text(text)
        assert remembered(threads=2, path=path).known == {}
    path.write_text('{"2": {"reading": 0.3}}')  # of an earlier version
    assert remembered(threads=2, path=path).seconds("reading", 10.0) == pytest.approx(3.0)


def test_that_runs_on_a_busy_machine_do_not_spoil_the_estimate(tmp_path: Path) -> None:
    path = tmp_path / "rates.json"
    for seconds in (10.0, 11.0, 64.0, 9.0, 83.0):
        remember(remembered(threads=2, path=path).learned({"reading": seconds}, 100.0), path=path)
    assert remembered(threads=2, path=path).seconds("reading", 100.0) == pytest.approx(11.0)
    for _ in range(3):  # another disk: it is noticed after some runs
        remember(remembered(threads=2, path=path).learned({"reading": 40.0}, 100.0), path=path)
    assert remembered(threads=2, path=path).seconds("reading", 100.0) == pytest.approx(40.0)
    assert len(remembered(threads=2, path=path).known["reading"]) == 5
