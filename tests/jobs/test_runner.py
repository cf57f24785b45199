from __future__ import annotations

import importlib.metadata
from dataclasses import replace
from typing import Annotated

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import to_float
from mfgui.core.errors import UsageError
from mfgui.core.stack import SourceStack
from mfgui.jobs import events
from mfgui.jobs.frames import LiveFrames
from mfgui.jobs.gate import Gate
from mfgui.jobs.request import RunRequest
from mfgui.jobs.runner import execute, versions
from mfgui.methods.decision import Decision
from mfgui.methods.registry import Iterate, Kind, Parameter, method


@method("left-right", kind=Kind.DETECTOR, title="Left/right", summary="halves")
def _halves(images, *, compute):
    labels = np.ones(images[0].shape[:2], np.uint8)
    labels[:, labels.shape[1] // 2 :] = 2
    return labels


@method("climb", kind=Kind.OPTIMISER, title="Climb", summary="goes up, then down")
def _climb(
    images,
    labels,
    *,
    compute,
    start_image=None,
    iterations: Annotated[int, Parameter("steps", minimum=1)] = 5,
    peak: Annotated[int, Parameter("where Q is largest")] = 99,
    fail_at: Annotated[int, Parameter("step that fails")] = 99,
):
    image = np.zeros(images[0].shape, np.float32) if start_image is None else start_image.copy()
    for step in range(iterations + 1):
        if step == fail_at:
            raise RuntimeError("broke")
        if step:
            compute.checkpoint()
            image += 0.01
        q = 0.5 + 0.01 * (step if step <= peak else 2 * peak - step)
        yield Iterate(step, image.view, q, 0.01, 1.0, step + 1, "box-joint", 3)


@method("mean", kind=Kind.FUSER, title="Mean", summary="mean")
def _mean(images, labels, *, compute):
    return np.mean(images, axis=0, dtype=np.float32) / np.float32(255)


@method("adapting", kind=Kind.FUSER, title="Adapting", summary="says what it adapted")
def _adapting(images, labels, *, compute):
    compute.notice("computed in tiles, for the memory did not suffice")
    return np.zeros(images[0].shape, np.float32)


@method("memory", kind=Kind.FUSER, title="Memory", summary="fails")
def _memory(images, labels, *, compute):
    raise MemoryError


@method("opencv-memory", kind=Kind.FUSER, title="OpenCV memory", summary="fails")
def _opencv_memory(images, labels, *, compute):
    failure = cv2.error("Insufficient memory")
    failure.code = -4
    raise failure


@method("window", kind=Kind.FUSER, title="Window", summary="fails")
def _window(images, labels, *, compute):
    raise UsageError("window 9 is larger than the image", hint="use a smaller window")


@pytest.fixture
def stack() -> SourceStack:
    rng = np.random.default_rng(1)
    return SourceStack.from_arrays([rng.integers(0, 255, (12, 16, 3), np.uint8) for _ in "ab"])


@method("thirds", kind=Kind.DECISION, title="Thirds", summary="a third of source 2")
def _thirds(
    images,
    *,
    compute,
    weight: Annotated[float, Parameter("weight of source 1", minimum=0, maximum=1)] = 0.75,
    parts: Annotated[int, Parameter("parts that are told of", minimum=1)] = 12,
):
    labels = np.ones(images[0].shape[:2], np.uint8)
    labels[:, labels.shape[1] * 2 // 3 :] = 2
    for part in range(parts):
        compute.progress(part + 1, parts)
    soft = np.full(labels.shape, weight, np.float32)
    return Decision(labels, lambda: to_float(images[0]) * np.float32(weight), soft)


def _request(
    stack: SourceStack, function, *, labels=None, start_image=None, map_only=False, **explicit
):
    own = function.method
    return RunRequest(
        run_id=7,
        name="run",
        stack=stack,
        method=function.method,
        parameters=tuple(function.method.resolve(explicit).items()),
        detector=own if own.makes_map else _halves.method,
        detector_parameters=tuple(own.resolve(explicit).items()) if own.makes_map else (),
        labels=labels,
        start_image=start_image,
        map_only=map_only,
    )


def _execute(request: RunRequest, *, stop_after: int | None = None) -> list[events.Event]:
    seen: list[events.Event] = []
    gate = Gate()

    def emit(event: events.Event) -> None:
        seen.append(event)
        if isinstance(event, events.Iterated) and event.iteration == stop_after:
            gate.stop()

    execute(request, emit=emit, gate=gate, frames=LiveFrames())
    assert all(event.run_id == 7 for event in seen)
    return seen


def test_that_a_run_starts_detects_iterates_and_finishes_in_order(stack) -> None:
    seen = _execute(_request(stack, _climb))
    assert isinstance(seen[0], events.Started)
    assert isinstance(seen[-1], events.Finished)
    kinds = [type(event) for event in seen]
    assert kinds.index(events.MapDetected) < kinds.index(events.Iterated)
    steps = [event.iteration for event in seen if isinstance(event, events.Iterated)]
    assert steps == [0, 1, 2, 3, 4, 5]


def test_that_the_curve_has_one_value_more_than_steps(stack) -> None:
    result = _execute(_request(stack, _climb))[-1].result
    assert result.curve.iterations == 5
    assert len(result.curve.q) == len(result.curve.seconds) == 6
    assert result.q == result.curve.q[-1]
    assert result.evaluations == 6


def test_that_start_best_and_last_are_three_different_states(stack) -> None:
    result = _execute(_request(stack, _climb, peak=2))[-1].result
    assert result.curve.best == 2
    np.testing.assert_allclose(result.start, 0.0)
    np.testing.assert_allclose(result.best, 0.02, atol=1e-6)
    np.testing.assert_allclose(result.image, 0.05, atol=1e-6)


def test_that_a_stopped_run_keeps_the_best_image_so_far(stack) -> None:
    seen = _execute(_request(stack, _climb, iterations=50, peak=2), stop_after=4)
    assert isinstance(seen[-1], events.Stopped)
    result = seen[-1].result
    assert result.state == "stopped"
    np.testing.assert_allclose(result.image, 0.02, atol=1e-6)
    assert result.q == max(result.curve.q)


def test_that_a_given_map_is_used_and_its_holes_are_filled(stack) -> None:
    labels = np.full((12, 16), 2, np.uint8)
    labels[:6] = 0
    seen = _execute(_request(stack, _climb, labels=labels))
    used = seen[-1].result.labels
    assert (used[6:] == 2).all()
    assert (used[:6, :8] == 1).all()
    warned = [event for event in seen if isinstance(event, events.Warned)]
    assert len(warned) == 1
    assert "50.0 %" in warned[0].text


def test_that_a_start_image_reaches_the_optimiser(stack) -> None:
    start = np.full((12, 16, 3), 0.25, np.float32)
    result = _execute(_request(stack, _climb, start_image=start))[-1].result
    np.testing.assert_allclose(result.start, 0.25)


def test_that_a_method_without_a_map_detects_none(stack) -> None:
    seen = _execute(_request(stack, _mean))
    assert not any(isinstance(event, events.MapDetected) for event in seen)
    result = seen[-1].result
    assert result.labels is None
    assert result.curve is None
    floats = [to_float(stack.pixels(index)) for index in range(stack.k)]
    np.testing.assert_allclose(result.image, np.mean(floats, axis=0), atol=1e-6)


def test_that_a_detector_gives_its_map_and_no_result(stack) -> None:
    seen = _execute(_request(stack, _halves, map_only=True))
    assert isinstance(seen[-1], events.Finished)
    assert seen[-1].result is None
    assert any(isinstance(event, events.MapDetected) for event in seen)


def test_that_a_decision_gives_its_map_its_weights_and_its_image(stack) -> None:
    seen = _execute(_request(stack, _thirds, weight=0.25))
    detected = next(event for event in seen if isinstance(event, events.MapDetected))
    result = seen[-1].result
    assert np.array_equal(result.labels, detected.labels)
    assert np.count_nonzero(result.labels == 2) == 12 * 6
    np.testing.assert_allclose(result.image, to_float(stack.pixels(0)) * 0.25, atol=1e-6)
    assert (result.soft == 0.25).all()
    assert not result.soft.flags.writeable
    assert result.provenance.detector == "thirds"
    assert result.provenance.parameters == {"weight": 0.25, "parts": 12}
    assert result.q_box is not None


def test_that_a_decision_can_be_asked_for_its_map_alone(stack) -> None:
    seen = _execute(_request(stack, _thirds, map_only=True))
    assert seen[-1].result is None
    assert any(isinstance(event, events.MapDetected) for event in seen)


def test_that_a_method_without_iterations_tells_how_far_it_is(stack) -> None:
    seen = _execute(_request(stack, _thirds))
    parts = [e for e in seen if isinstance(e, events.Progress) and e.total == 12]
    assert [(e.done, e.stage) for e in parts] == [(n, "detecting") for n in range(1, 13)]
    seen = _execute(_request(stack, _thirds, parts=5000))
    assert 50 < sum(isinstance(event, events.Progress) for event in seen) < 110


def test_that_settings_of_the_detector_are_kept_with_the_result(stack) -> None:
    request = _request(stack, _climb)
    settings = tuple(_thirds.method.resolve({"weight": 0.5}).items())
    request = replace(request, detector=_thirds.method, detector_parameters=settings)
    parameters = _execute(request)[-1].result.provenance.parameters
    assert parameters["detector.weight"] == 0.5
    assert "detector.parts" not in parameters


@pytest.mark.parametrize(
    ("function", "explicit", "code", "words"),
    [
        (_window, {}, 2, "larger than the image"),
        (_memory, {}, 4, "not enough memory"),
        (_opencv_memory, {}, 4, "not enough memory"),
        (_climb, {"fail_at": 2}, 1, "broke"),
    ],
)
def test_that_failures_travel_with_words_and_exit_code(stack, function, explicit, code, words):
    seen = _execute(_request(stack, function, **explicit))
    assert isinstance(seen[-1], events.Failed)
    assert seen[-1].exit_code == code
    assert words in seen[-1].what
    assert seen[-1].hint


def test_that_a_run_stopped_before_its_first_image_has_no_result(stack) -> None:
    gate = Gate()
    gate.stop()
    seen: list[events.Event] = []
    execute(_request(stack, _climb), emit=seen.append, gate=gate)
    assert isinstance(seen[-1], events.Stopped)
    assert seen[-1].result is None


def test_that_results_cannot_be_changed(stack) -> None:
    result = _execute(_request(stack, _climb, peak=2))[-1].result
    for image in (result.image, result.start, result.best, result.labels):
        with pytest.raises(ValueError, match="read-only"):
            image[0, 0] = 0


def test_that_what_a_method_adapts_becomes_a_warning(stack) -> None:
    seen = _execute(_request(stack, _adapting))
    warned = [event.text for event in seen if isinstance(event, events.Warned)]
    assert warned == ["computed in tiles, for the memory did not suffice"]
    assert isinstance(seen[-1], events.Finished)


def test_that_seconds_leave_out_pauses(stack) -> None:
    now = [0.0]
    gate = Gate(clock=lambda: now[0])
    seen: list[events.Event] = []

    def emit(event: events.Event) -> None:
        seen.append(event)
        match event:
            case events.Iterated():
                now[0] += 1.0  # each step takes a second
                if event.iteration == 2:
                    gate.close()
            case events.Paused():
                now[0] += 100.0
                gate.open()

    execute(_request(stack, _climb), emit=emit, gate=gate)
    result = seen[-1].result
    assert result.curve.seconds == (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    assert result.seconds["fuse"] == 6.0
    kinds = [type(event) for event in seen]
    assert kinds.count(events.Paused) == kinds.count(events.Resumed) == 1
    assert kinds.index(events.Paused) + 1 == kinds.index(events.Resumed)


def test_that_the_versions_of_a_device_are_those_that_compute_there() -> None:
    here, card = versions(), versions("cuda:0")
    assert here["numba"] == importlib.metadata.version("numba")
    assert "torch" not in here  # which the processor does without
    assert card == {**here, "torch": importlib.metadata.version("torch")}
