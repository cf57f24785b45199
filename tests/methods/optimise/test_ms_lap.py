import functools
import itertools
import threading

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import to_float
from mfgui.core.compose import compose
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.core.light import to_linear
from mfgui.methods import registry
from mfgui.methods.optimise.mffssim import torch_backend
from mfgui.methods.optimise.mffssim.objective import q_box
from mfgui.methods.optimise.mffssim.spread import side_length
from mfgui.methods.optimise.ms_lap import ms_lap


def run(pair, *, compute=None, start_image=None, labels=None, images=None, **explicit):
    values = registry.load().get("ms-lap").resolve(explicit)
    return ms_lap(
        list(pair.images) if images is None else images,
        pair.labels if labels is None else labels,
        compute=compute or Compute(threads=2),
        start_image=start_image,
        **values,
    )


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("paper", ("gradient", "box-joint", "average", "paper", 1000, 0.0, "full")),
        ("released", ("adam", "gaussian", "average", "released", 1000, 0.0, "full")),
        ("ours", ("preconditioned", "box-joint", "composite", "auto", 60, 1e-6, "band")),
    ],
)
def test_that_a_variant_sets_its_defaults(variant, expected):
    values = registry.load().get("ms-lap").resolve({"variant": variant})
    names = ("solver", "objective", "start", "window", "iterations", "tolerance", "active")
    assert tuple(values[name] for name in names) == expected
    assert (values["beta"], values["lr"]) == (1e-3, 1e-3)


def test_that_ours_is_the_default_and_explicit_values_win():
    method = registry.load().get("ms-lap")
    assert method.resolve({}) == method.resolve({"variant": "ours"})
    assert method.resolve({"variant": "paper", "window": "9"})["window"] == 9


def test_that_what_comes_later_is_absent():
    names = {p.name for p in registry.load().get("ms-lap").parameters}
    assert "detector" not in names


@pytest.mark.parametrize("value", ["4", "1", "2.5", "wide"])
def test_that_a_wrong_window_is_refused(value):
    with pytest.raises(UsageError, match=r"window=.*an odd whole number of at least 3"):
        registry.load().get("ms-lap").resolve({"window": value})


@pytest.mark.parametrize("variant", ["ours", "paper", "released"])
def test_that_every_variant_raises_q_towards_the_truth(tiny_pair, variant):
    states = run(tiny_pair, variant=variant, active="full", iterations=12, tolerance=0, change=0)
    found = [(s.iteration, s.q, s.evaluations) for s in states]
    assert [iteration for iteration, _, _ in found] == list(range(13))
    assert [evaluations for _, _, evaluations in found] == list(range(1, 14))
    assert all(q > before - 1e-7 for (_, before, _), (_, q, _) in itertools.pairwise(found))
    assert found[-1][1] > found[0][1] + 1e-4


def test_that_the_reported_q_is_that_of_the_image(tiny_pair):
    for state in run(tiny_pair, iterations=3, window=7):
        assert state.objective == "box-joint"
        assert state.window == 7
        expected = q_box(
            list(tiny_pair.images), tiny_pair.labels, state.image, window=7, compute=Compute()
        )
        assert state.q == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    "explicit", [{}, {"variant": "paper", "beta": 0.05}, {"variant": "released", "lr": 0.3}]
)
def test_that_the_image_is_float32_in_range_even_after_wild_steps(tiny_pair, explicit):
    *_, last = run(tiny_pair, iterations=5, **explicit)
    assert last.image.dtype == np.float32
    assert last.image.shape == tiny_pair.truth.shape
    assert last.image.min() >= 0.0
    assert last.image.max() <= 1.0


def test_that_the_start_is_the_composite_the_average_or_a_given_image(tiny_pair):
    images = list(tiny_pair.images)
    assert np.array_equal(next(run(tiny_pair)).image, compose(images, tiny_pair.labels))
    average = next(run(tiny_pair, start="average", active="full")).image
    assert average == pytest.approx((images[0] + images[1]) / 2, abs=1e-7)
    given = np.full_like(images[0], 0.25)
    state = next(run(tiny_pair, start_image=given, start="picture.png", active="full"))
    assert np.array_equal(state.image, given)
    state.image[:] = 0.0
    assert (given == 0.25).all()


def test_that_a_start_image_of_another_size_is_refused(tiny_pair):
    with pytest.raises(UsageError, match="does not fit the sources"):
        next(run(tiny_pair, start_image=np.zeros((4, 4, 3), np.float32)))


def test_that_a_start_that_nobody_read_is_refused(tiny_pair):
    with pytest.raises(UsageError, match="was not read"):
        next(run(tiny_pair, start="picture.png"))


def test_that_a_window_larger_than_the_image_is_refused(tiny_pair):
    with pytest.raises(UsageError, match="larger than the image"):
        next(run(tiny_pair, window=49))


def test_that_unassigned_pixels_are_refused(tiny_pair):
    labels = tiny_pair.labels.copy()
    labels[3, 4] = 0
    with pytest.raises(ValueError, match="unassigned"):
        next(run(tiny_pair, labels=labels))


def test_that_an_ignored_area_keeps_its_start(tiny_pair):
    labels = tiny_pair.labels.copy()
    labels[:, :24] = 255
    states = run(tiny_pair, labels=labels, window=3, iterations=3)
    start = next(states).image.copy()
    *_, last = states
    mean = tiny_pair.images.mean(axis=0)
    assert start[:, :24] == pytest.approx(mean[:, :24], abs=1e-6)
    assert np.array_equal(last.image[:, :22], start[:, :22])
    assert not np.array_equal(last.image[:, 26:40], start[:, 26:40])


@pytest.mark.parametrize("variant", ["ours", "paper", "released"])
def test_that_a_run_can_be_stopped_at_any_point(tiny_pair, variant):
    for point in (0, 1, 3, 9):
        calls = itertools.count()

        def checkpoint(point=point, calls=calls):
            if next(calls) >= point:
                raise StopRequested

        states = run(tiny_pair, variant=variant, compute=Compute(2, checkpoint=checkpoint))
        with pytest.raises(StopRequested):
            list(states)
    assert not [t for t in threading.enumerate() if t.name.startswith("rows")]


def test_that_closing_a_run_ends_its_threads(tiny_pair):
    states = run(tiny_pair)
    next(states)
    assert [t for t in threading.enumerate() if t.name.startswith("rows")]
    states.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("rows")]


def test_that_sources_without_a_label_change_nothing(tiny_pair):
    images = list(tiny_pair.images)
    values = registry.load().get("ms-lap").resolve({"iterations": 3})
    results = []
    for stack in (images, [*images, np.random.default_rng(0).random(images[0].shape, np.float32)]):
        *_, last = ms_lap(stack, tiny_pair.labels, compute=Compute(), **values)
        results.append((last.q, last.image.copy()))
    assert results[0][0] == results[1][0]
    assert np.array_equal(results[0][1], results[1][1])


def enlarged(pair, times=5):
    """The pair with room for a boundary band between areas that are not free."""
    images = [np.kron(x, np.ones((times, times, 1), np.float32)) for x in pair.images]
    return images, np.kron(pair.labels, np.ones((times, times), np.uint8))


@pytest.mark.parametrize("objective", ["box-joint", "gaussian"])
def test_that_the_band_ends_where_the_whole_does(tiny_pair, objective):
    images, labels = enlarged(tiny_pair)
    labels = np.sort(labels, axis=1)  # one boundary
    values = {"objective": objective, "window": 9, "iterations": 10, "tolerance": 0, "change": 0}
    ends = []
    for active in ("full", "band"):
        resolved = registry.load().get("ms-lap").resolve({**values, "active": active})
        *_, last = ms_lap(images, labels, compute=Compute(threads=2), **resolved)
        ends.append((last.q, last.image))
    (q, whole), (q_band, band) = ends
    assert abs(q - q_band) <= 1e-5
    assert np.sqrt(((whole - band) ** 2).mean()) < 1e-3


def test_that_pixels_far_from_boundaries_have_their_source_from_the_start(tiny_pair):
    images, labels = enlarged(tiny_pair)
    labels = np.sort(labels, axis=1)
    values = registry.load().get("ms-lap").resolve({"start": "average", "window": 5})
    composite = compose(images, labels)
    average = (images[0] + images[1]) / 2
    state = next(ms_lap(images, labels, compute=Compute(), **values))
    free = (state.image != composite).any(axis=2)
    assert 0.0 < free.mean() < 0.6
    assert np.abs(state.image - average)[free].max() < 1e-6


def test_that_a_wider_band_frees_more(tiny_pair):
    images, labels = enlarged(tiny_pair)
    labels = np.sort(labels, axis=1)
    changed = []
    for half_width in (1, 60):
        values = {"window": 5, "iterations": 3, "half_width": half_width}
        resolved = registry.load().get("ms-lap").resolve(values)
        *_, last = ms_lap(images, labels, compute=Compute(), **resolved)
        changed.append((last.image != compose(images, labels)).any(axis=2).mean())
    assert changed[1] > 1.5 * changed[0]


def test_that_large_windows_start_from_the_reduced_picture(tiny_pair):
    images, labels = enlarged(tiny_pair)
    q = {}
    for coarse in (True, False):
        values = {"window": 49, "iterations": 2, "coarse": coarse, "tolerance": 0, "change": 0}
        resolved = registry.load().get("ms-lap").resolve(values)
        q[coarse] = [s.q for s in ms_lap(images, labels, compute=Compute(threads=2), **resolved)]
    assert len(q[True]) == len(q[False]) == 3
    assert q[True][0] == q[False][0]
    assert q[True][1] > q[False][1]


@pytest.mark.parametrize(
    "explicit",
    [
        {},
        {"objective": "gaussian"},
        {"window": 25, "active": "full"},
        {"variant": "paper"},
        {"variant": "released"},
    ],
)
def test_that_a_device_takes_the_steps_of_the_processor(tiny_pair, monkeypatch, explicit):
    values = {**explicit, "iterations": 4, "tolerance": 0, "change": 0}
    expected = [(s.q, s.image.copy()) for s in run(tiny_pair, **values)]
    here = functools.partial(_on_the_processor, torch_backend.ascend)
    monkeypatch.setattr(torch_backend, "ascend", here)
    found = run(tiny_pair, compute=Compute(threads=2, device="cuda:1"), **values)
    for state, (q, image) in itertools.zip_longest(found, expected):
        assert state.q == pytest.approx(q, abs=3e-6)
        assert np.sqrt(((state.image - image) ** 2).mean()) < 1e-3


def _on_the_processor(ascend, *arguments, device, **others):
    """PyTorch on its own processor device, where there is no other."""
    assert device == "cuda:1"
    return ascend(*arguments, device="cpu", **others)


@pytest.mark.parametrize("last", [-1, 0, 2])
def test_that_the_processor_goes_on_where_a_device_has_no_memory(tiny_pair, monkeypatch, last):
    values = {"iterations": 6, "tolerance": 0, "change": 0, "accelerated": False}
    expected = [s.q for s in run(tiny_pair, **values)]
    ascend, notices = torch_backend.ascend, []

    def failing(*arguments, device, **others):
        image = None
        for state in ascend(*arguments, device="cpu", **others):
            if state.iteration > last:
                text = "the GPU has too little memory"
                raise torch_backend.DeviceOutOfMemory(text, image=image, iteration=max(0, last))
            yield state
            image = state.image.copy()

    monkeypatch.setattr(torch_backend, "ascend", failing)
    compute = Compute(device="cuda:1", notice=notices.append)
    states = [(s.iteration, s.q) for s in run(tiny_pair, compute=compute, **values)]
    assert [iteration for iteration, _ in states] == [0, 1, 2, 3, 4, 5, 6]
    assert [q for _, q in states] == pytest.approx(expected, abs=3e-6)
    assert notices == ["the GPU has too little memory; the processor goes on"]


def test_that_auto_takes_the_window_the_sources_ask_for(tiny_pair):
    images = list(tiny_pair.images)
    expected = side_length("auto", images, tiny_pair.labels)
    assert next(run(tiny_pair)).window == expected
    assert next(run(tiny_pair, window="released")).window == 3


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_that_linear_light_is_the_ascent_of_decoded_sources(tiny_pair, dtype):
    white = 255 if dtype == np.uint8 else 1
    images = [(white * image).astype(dtype) for image in tiny_pair.images]
    values = {"window": 5, "iterations": 4, "tolerance": 0, "change": 0}
    resolve = registry.load().get("ms-lap").resolve
    found = ms_lap(
        images, tiny_pair.labels, compute=Compute(), **resolve({**values, "light": "linear"})
    )
    decoded = [to_linear(to_float(image)) for image in images]
    direct = ms_lap(decoded, tiny_pair.labels, compute=Compute(), **resolve(values))
    for state, expected in itertools.zip_longest(found, direct):
        assert state.objective == "box-joint, linear light"
        assert state.q == pytest.approx(expected.q, abs=2e-5)
        assert np.abs(to_linear(state.image) - expected.image).max() < 1e-3


def test_that_a_start_image_is_decoded_too(tiny_pair):
    start = np.full(tiny_pair.truth.shape, 0.5, np.float32)
    state = next(run(tiny_pair, start_image=start, light="linear", active="full"))
    assert state.image == pytest.approx(start, abs=1e-5)


@pytest.mark.parametrize("objective", ["box-joint", "gaussian"])
def test_that_the_band_widens_where_brightness_drifts(monkeypatch, objective):
    rng = np.random.default_rng(3)
    sharp = cv2.GaussianBlur(rng.random((160, 400, 3), np.float32), (0, 0), 1.2)
    images = [sharp, 0.5 * cv2.GaussianBlur(sharp, (0, 0), 2)]
    labels = np.ones((160, 400), np.uint8)
    labels[:, 200:] = 2
    values = {"objective": objective, "window": 9, "iterations": 25, "tolerance": 0, "change": 0}
    resolve = registry.load().get("ms-lap").resolve

    def end(**more):
        *_, last = ms_lap(images, labels, compute=Compute(threads=2), **resolve({**values, **more}))
        return last

    full = end(active="full")
    band = end()
    held = end(half_width=8)
    assert abs(full.q - band.q) <= 1e-5
    assert full.q - held.q > 1e-5
    assert band.evaluations > full.evaluations
    far = (band.image != compose(images, labels)).any(axis=(0, 2))
    assert 60 < np.count_nonzero(far) <= 400


def test_that_a_band_that_holds_is_not_widened():
    rng = np.random.default_rng(3)
    sharp = cv2.GaussianBlur(rng.random((160, 400, 3), np.float32), (0, 0), 0.7)
    images = [sharp, 0.5 + 0.97 * (sharp - 0.5)]
    labels = np.ones((160, 400), np.uint8)
    labels[:, 200:] = 2
    values = (
        registry.load()
        .get("ms-lap")
        .resolve({"window": 9, "iterations": 8, "tolerance": 0, "change": 0})
    )
    *_, last = ms_lap(images, labels, compute=Compute(), **values)
    assert last.iteration >= 3
    assert last.evaluations == last.iteration + 1
