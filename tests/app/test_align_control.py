"""Frames of the open set are exchanged for aligned ones, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.app import align_tasks
from mfgui.app.align_choice import AlignChoice
from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import ImageU8, Rect, Size
from mfgui.core.events import FirstLook, Notice, PictureReady, RunChanged, RunState, Severity
from mfgui.core.pyramid import Picture
from mfgui.core.session import MapOrigin
from mfgui.core.transforms import Transform
from mfgui.jobs.gate import Gate
from mfgui.methods.align import recropped, with_reference
from mfgui.synth.moving_stack import MovingStack, rendered

SIZE = (420, 300)
FRAMES = 4
WRONG = "shows another scene"


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], list[ImageU8]]:
    """A moving stack of four frames and one of another scene after the second."""
    folder = tmp_path_factory.mktemp("moving")
    stack = stack_of(31)
    pictures = [frame.pixels for frame in rendered(stack).frames()]
    other = next(iter(rendered(stack_of(77)).frames())).pixels
    pictures.insert(2, other)
    paths = []
    for number, pixels in enumerate(pictures, start=1):
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), pixels[..., ::-1])
        paths.append(path)
    return paths, pictures


def stack_of(seed: int) -> MovingStack:
    return MovingStack(
        Size(*SIZE), frames=FRAMES, seed=seed, breathing=3, shift=6, rotation=0.4, noise=1
    )


def true_fit(proxies, *, model, reference, crop, compute) -> StackAlignment:
    """What aligning would find if it were perfect: the third frame shows another scene."""
    compute.progress(1, 1)
    true = list(stack_of(31).transforms())
    true.insert(2, Transform.identity())
    frames = [FrameFit(transform, 0.1, 0.97) for transform in true]
    frames[2] = replace(frames[2], warning=WRONG, used=False)
    model = "similarity" if model == "auto" else model
    fit = StackAlignment(Size(*SIZE), 0, model, tuple(frames), Rect(0, 0, *SIZE))
    fit = recropped(fit, crop)
    return fit if reference is None else with_reference(fit, reference)


@pytest.fixture
def unmeasured(desk, moving, monkeypatch: pytest.MonkeyPatch):
    """The set, which nothing of this process measures: that takes seconds."""
    monkeypatch.setattr(align_tasks, "align_proxies", true_fit)
    desk.controller.align.choose(exposure="off")
    return desk


@pytest.fixture
def opened(unmeasured, moving):
    unmeasured.controller.sets.open(moving[0])
    unmeasured.settle()
    return unmeasured


@pytest.fixture
def aligned(opened):
    opened.controller.align.align()
    opened.settle()
    return opened


def notices(desk) -> list[Notice]:
    return [notice for notice in desk.seen(Notice) if notice.severity is not Severity.INFO]


def moved(frame: ImageU8, transform: Transform, crop: Rect) -> ImageU8:
    """A frame in the geometry of the reference, by OpenCV."""
    how = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(frame, transform.matrix, SIZE, flags=how)[crop.slices]


def test_that_frames_lie_on_each_other_afterwards(aligned, moving) -> None:
    session, align = aligned.controller.session, aligned.controller.align
    assert session.stack.origin is align.camera
    assert session.stack.k == FRAMES
    assert align.alignment.used == (0, 1, 3, 4)
    for place, frame in enumerate((0, 1, 3, 4)):
        transform, crop = align.alignment.frames[frame].transform, align.alignment.crop
        expected = moved(moving[1][frame], transform, crop).astype(float)
        assert np.abs(session.stack.pixels(place) - expected).mean() < 0.5
    assert not align.stale


def test_that_frames_are_measured_where_nobody_says_how_they_lie(desk, moving) -> None:
    controller = desk.controller
    controller.sets.open(moving[0])
    desk.settle()
    controller.align.align()
    desk.settle()
    fit = controller.align.alignment
    assert fit.used == (0, 1, 3, 4)
    corners = [[0.0, 0.0], [SIZE[0] - 1.0, 0.0], [0.0, SIZE[1] - 1.0], [200.0, 150.0]]
    true = list(stack_of(31).transforms())
    true.insert(2, Transform.identity())
    back = true[fit.reference].inverse()
    for frame in fit.used:
        found = fit.frames[frame].transform.apply(corners)
        np.testing.assert_allclose(found, back.then(true[frame]).apply(corners), atol=1.0)
    stages = list(dict.fromkeys(c.status.stage for c in desk.seen(RunChanged) if c.status.stage))
    expected = ["aligning", "matching the light", "moving frames", "making small pictures"]
    assert stages == expected
    shares = [c.status.share for c in desk.seen(RunChanged) if c.status.stage == "aligning"]
    known = [share for share in shares if share is not None]
    assert known == sorted(known)
    assert known[-1] == 1.0


def test_that_the_frame_that_does_not_fit_is_told_of(aligned) -> None:
    align = aligned.controller.align
    assert not align.alignment.frames[2].used
    assert [align.number_of(frame) for frame in range(5)] == [1, 2, 0, 3, 4]
    (notice,) = notices(aligned)
    assert notice.severity is Severity.WARNING
    assert notice.what == f"3.png: {align.alignment.frames[2].warning}"
    assert notice.kept.startswith("1 of 5 frames left out")


def test_that_the_exchange_shows_the_new_frames(aligned) -> None:
    shown = {change.key: change.picture for change in aligned.seen(PictureReady)}
    stack = aligned.controller.session.stack
    for number in range(1, FRAMES + 1):
        picture = shown[f"source:{number}"]
        assert picture.size == stack.size
        pixels = stack.pixels(number - 1)
        np.testing.assert_array_equal(picture.levels[0][..., 2::-1], pixels)
    mean = np.mean([stack.pixels(n) for n in range(FRAMES)], axis=0)
    np.testing.assert_allclose(shown["average"].levels[0][..., 2::-1], mean, atol=0.51)


def test_that_undo_brings_the_frames_of_the_camera_back(aligned, moving) -> None:
    controller = aligned.controller
    controller.align.undo()
    aligned.settle()
    assert controller.session.stack is controller.align.camera
    assert controller.align.alignment is None
    for index, pixels in enumerate(moving[1]):
        np.testing.assert_array_equal(controller.session.stack.pixels(index), pixels)


def test_that_nothing_is_lost_without_an_answer(opened, moving) -> None:
    controller = opened.controller
    labels = np.ones(SIZE[::-1], np.uint8)
    controller.sets.set_map(labels, MapOrigin(edited=True))
    asked: list[Callable[[], None]] = []
    controller.align.leaving = asked.append
    controller.align.align()
    opened.settle()
    assert controller.session.focus_map is not None
    assert controller.session.stack.alignment is None
    asked.pop()()
    opened.settle()
    assert not asked  # the same work is not asked about twice
    assert controller.session.stack.alignment is not None
    assert controller.session.focus_map is None


def test_that_work_begun_meanwhile_is_asked_about(opened) -> None:
    controller = opened.controller
    asked: list[Callable[[], None]] = []
    controller.align.align()
    controller.align.leaving = asked.append
    controller.sets.set_map(np.ones(SIZE[::-1], np.uint8), MapOrigin(edited=True))
    opened.settle()
    assert controller.session.stack.alignment is None
    asked.pop()()
    assert controller.session.stack.alignment is not None


def test_that_a_stopped_alignment_leaves_everything(opened) -> None:
    controller, stack = opened.controller, opened.controller.session.stack
    controller.align.align()
    assert controller.state.running
    controller.runs.stop()
    opened.settle()
    assert controller.session.stack is stack
    assert not controller.align.busy
    assert not controller.state.running
    assert opened.seen(RunChanged)[-1].status.state is RunState.STOPPED


def test_that_stop_holds_also_where_the_frames_are_nearly_there(opened) -> None:
    controller, stack = opened.controller, opened.controller.session.stack
    controller.align.align()
    opened.backend.work()
    controller.runs.stop()
    opened.settle()
    assert controller.session.stack is stack
    assert opened.seen(RunChanged)[-1].status.state is RunState.STOPPED


def test_that_a_paused_alignment_says_so_and_goes_on(opened) -> None:
    controller = opened.controller
    controller.align.align()
    controller.runs.pause_or_resume()
    assert opened.seen(RunChanged)[-1].status.state is RunState.PAUSED
    controller.runs.pause_or_resume()
    assert opened.seen(RunChanged)[-1].status.state is RunState.RUNNING
    opened.settle()
    assert controller.align.alignment is not None


def test_that_a_set_that_is_left_ends_its_alignment(opened, tiny_pair_files) -> None:
    opened.controller.align.align()
    opened.controller.sets.open(tiny_pair_files)
    opened.settle()
    assert opened.controller.session.stack.k == 2
    assert opened.controller.session.stack.alignment is None
    assert not opened.controller.align.busy


def test_that_settings_are_used_and_make_the_frames_stale(opened) -> None:
    align = opened.controller.align
    align.choose(model="translation", crop="reference")
    align.align()
    opened.settle()
    assert align.alignment.model == "translation"
    assert opened.controller.session.stack.size == Size(*SIZE)
    assert not align.stale
    align.choose(exposure="gain")
    assert align.stale
    assert opened.controller.settings.values.alignment["model"] == "translation"


def test_that_unknown_settings_are_left_out() -> None:
    known = AlignChoice.known({"model": "elastic", "exposure": "gain", "size": 3})
    assert known == AlignChoice(exposure="gain")


def test_that_a_frame_is_excluded_and_used_again(aligned, moving) -> None:
    align, session = aligned.controller.align, lambda: aligned.controller.session
    before = align.alignment
    align.exclude(1)
    aligned.settle()
    assert align.alignment.used == (0, 3, 4)
    assert [source.name for source in session().stack.sources] == ["1.png", "4.png", "5.png"]
    align.use_again(1)
    aligned.settle()
    assert align.alignment.used == (0, 1, 3, 4)
    assert align.alignment.frames[1].transform == before.frames[1].transform


def test_that_a_frame_excluded_before_is_left_out_later(opened) -> None:
    align = opened.controller.align
    align.exclude(4)
    align.exclude(0)
    align.use_again(0)
    align.align()
    opened.settle()
    assert align.alignment.used == (0, 1, 3)
    assert align.left_out == frozenset()


def test_that_an_excluded_reference_gives_way(opened) -> None:
    align, reference = opened.controller.align, 0
    align.exclude(reference)
    align.align()
    opened.settle()
    assert align.alignment.reference != reference
    assert reference not in align.alignment.used
    assert align.alignment.frames[align.alignment.reference].transform.matrix.tolist() == [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
    ]


def test_that_a_wrong_transform_is_repaired_from_the_neighbours(aligned, tmp_path: Path) -> None:
    align = aligned.controller.align
    good = align.alignment
    middle = next(frame for frame in good.used[1:-1] if frame != good.reference)
    points = [[0.0, 0.0], [SIZE[0] - 1.0, SIZE[1] - 1.0]]
    align.repair(middle)
    aligned.settle()
    place = good.used.index(middle)
    pair = [good.frames[good.used[place + step]].transform for step in (-1, 1)]
    share = (middle - good.used[place - 1]) / (good.used[place + 1] - good.used[place - 1])
    between = (1 - share) * pair[0].apply(points) + share * pair[1].apply(points)
    repaired = align.alignment.frames[middle].transform.apply(points)
    np.testing.assert_allclose(repaired, between, atol=0.02)


def test_that_another_frame_becomes_the_reference(aligned) -> None:
    align = aligned.controller.align
    other = next(frame for frame in align.alignment.used if frame != align.alignment.reference)
    align.make_reference(other)
    aligned.settle()
    assert align.alignment.reference == other
    assert aligned.controller.session.stack.reference == align.alignment.used.index(other)
    assert align.choice.reference == other + 1


def test_that_an_impossible_change_says_why(aligned) -> None:
    align = aligned.controller.align
    aligned.changes.clear()
    align.exclude(align.alignment.reference)
    (notice,) = notices(aligned)
    assert "is the reference" in notice.what
    assert notice.kept == "the frames are as they were"


def test_that_an_alignment_is_saved_and_used_again(aligned, tmp_path: Path) -> None:
    align = aligned.controller.align
    fit, path = align.alignment, tmp_path / "fit.json"
    align.save(path)
    aligned.settle()
    assert StackAlignment.from_json(json.loads(path.read_text())).to_json() == fit.to_json()
    align.undo()
    aligned.settle()
    align.load(path)
    aligned.settle()
    assert align.alignment.to_json() == fit.to_json()


@pytest.mark.parametrize("content", ["[]", "{", '{"schema": 1}', ""])
def test_that_a_file_of_something_else_is_refused(opened, tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    opened.controller.align.load(path)
    opened.settle()
    (notice,) = notices(opened)
    assert "odd.json" in notice.what
    assert opened.controller.session.stack.alignment is None


def test_that_frames_that_do_not_fit_at_all_stay_as_they_are(desk, moving) -> None:
    paths = [moving[0][0], moving[0][2]]
    desk.controller.sets.open(paths)
    desk.settle()
    desk.controller.align.align()
    desk.settle()
    assert desk.controller.session.stack.alignment is None
    (notice,) = notices(desk)
    assert notice.severity is Severity.ERROR
    assert notice.kept == "the frames are as they were"


def test_that_a_session_brings_the_aligned_frames_back(aligned, desk, tmp_path: Path) -> None:
    controller, path = aligned.controller, tmp_path / "s.mfgui"
    controller.align.choose(crop="reference")
    controller.align.align()
    aligned.settle()
    stack = controller.session.stack
    frames, fit = [stack.pixels(n).copy() for n in range(stack.k)], stack.alignment
    controller.runs.run("average", {})
    aligned.settle()
    result = next(iter(controller.session.results.values())).image
    controller.sessions.save_as(path)
    aligned.settle()
    controller.sets.close()
    controller.sessions.open(path)
    aligned.settle()
    again = controller.session.stack
    assert again.alignment.to_json() == fit.to_json()
    assert again.origin.k == 5
    assert again.exposure.to_json() == stack.exposure.to_json()
    for index, pixels in enumerate(frames):
        np.testing.assert_array_equal(again.pixels(index), pixels)
    np.testing.assert_array_equal(next(iter(controller.session.results.values())).image, result)
    assert controller.align.choice.crop == "reference"
    assert not controller.align.stale
    assert not controller.sessions.modified


def test_that_aligning_a_saved_set_marks_it_and_keeps_its_file(opened, tmp_path: Path) -> None:
    controller, path = opened.controller, tmp_path / "s.mfgui"
    controller.sessions.save_as(path)
    opened.settle()
    controller.align.align()
    opened.settle()
    assert controller.sessions.path == path
    assert controller.sessions.modified


# Fuse


def test_that_fuse_aligns_and_runs_the_photographers_method(opened) -> None:
    controller = opened.controller
    controller.photo.fuse()
    opened.settle()
    (result,) = controller.session.results.values()
    stack = controller.session.stack
    assert stack.alignment is not None
    assert result.provenance.method == align_tasks.PHOTO
    assert result.image.shape[:2] == (stack.size.height, stack.size.width)


def test_that_the_first_look_comes_before_the_frames(opened) -> None:
    controller, backend = opened.controller, opened.backend
    controller.photo.fuse()
    backend.work()
    *before, last = backend.events
    backend.events.clear()
    for event in before:
        controller.handle(event)
    backend.work()
    opened.changes.clear()
    while backend.events:
        controller.handle(backend.events.popleft())
    (look,) = opened.seen(FirstLook)
    assert look.run_id < 0
    assert look.pixels.shape == (SIZE[1], SIZE[0], 3)
    assert controller.session.shown == "live"
    controller.handle(last)
    crop = controller.align.alignment.crop
    again = opened.seen(FirstLook)[-1]
    assert again.run_id > 0
    np.testing.assert_array_equal(again.pixels, look.pixels[crop.slices])
    assert controller.session.shown == "live"
    opened.settle()
    assert controller.session.shown == "result:1"


def test_that_the_first_look_is_the_fused_picture_in_its_place(aligned, moving) -> None:
    controller = aligned.controller
    stack, pictures = controller.session.stack, [Picture(frame) for frame in moving[1]]
    task = align_tasks.looking(
        controller.registry, pictures, stack.origin, stack.alignment, gate=Gate()
    )
    look = task(lambda _part: None)
    assert look.in_place.shape == (SIZE[1], SIZE[0], 3)
    crop = stack.alignment.crop
    np.testing.assert_array_equal(look.in_place[crop.slices], look.aligned)
    outside = np.ones(SIZE[::-1], bool)
    outside[crop.slices] = False
    np.testing.assert_array_equal(look.in_place[outside], moving[1][0][outside])
    controller.photo.fuse()
    aligned.settle()
    (result,) = controller.session.results.values()
    error = np.abs(look.aligned / 255.0 - result.image).mean()
    assert error < 0.01
    assert error < 0.3 * np.abs(stack.pixels(0) / 255.0 - result.image).mean()


def test_that_a_look_ends_with_its_alignment(aligned, moving) -> None:
    stack, gate = aligned.controller.session.stack, Gate()
    gate.stop()
    pictures = [Picture(frame) for frame in moving[1]]
    registry = aligned.controller.registry
    task = align_tasks.looking(registry, pictures, stack.origin, stack.alignment, gate=gate)
    assert task(lambda _part: None) is None


def test_that_fuse_takes_frames_as_they_are_when_asked_to(desk, tiny_pair_files) -> None:
    controller = desk.controller
    controller.sets.open(tiny_pair_files)
    desk.settle()
    stack = controller.session.stack
    controller.align.choose(model="off", exposure="off")
    controller.photo.fuse()
    desk.settle()
    assert controller.session.stack is stack
    assert len(controller.session.results) == 1


def test_that_fuse_does_not_align_twice(aligned) -> None:
    stack = aligned.controller.session.stack
    aligned.controller.photo.fuse()
    aligned.settle()
    assert aligned.controller.session.stack is stack
    assert len(aligned.controller.session.results) == 1
