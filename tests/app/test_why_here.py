"""What there is to know of a pixel, against independent computations."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from mfgui.app.why_here import MOST_SOURCES, By, why_here
from mfgui.core.compute import Compute
from mfgui.core.session import MapOrigin, Truth
from mfgui.core.stack import SourceStack
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.mffssim.local_q import local_q
from mfgui.methods.optimise.mffssim.window import window_size

CORNERS = [(0, 0), (63, 47), (1, 46), (31, 20), (32, 24), (10, 40)]


@pytest.fixture
def compared(desk, tiny_pair, tiny_pair_files):
    controller = desk.controller
    controller.sets.open(tiny_pair_files)
    desk.settle()
    controller.sets.set_map(tiny_pair.labels, MapOrigin(path="map.png"))
    for method in ("gfdf", "average"):
        controller.runs.run(method, {})
    desk.settle()
    truth = np.rint(tiny_pair.truth * 255).astype(np.uint8)
    controller.session.truth = Truth("truth.png", "", "", truth)
    return desk


def look(desk, x, y):
    controller = desk.controller
    task = why_here(controller.session, controller.registry, x, y, compute=Compute())
    return task(lambda part: None)


def picture(found, key):
    return next(entry for entry in found.pictures if entry.key == key)


def literal_energy(plane, window):
    """The Laplacian energy straight from its definition, in float64."""
    kernel = np.ones((3, 3))
    kernel[1, 1] = -8
    response = ndimage.correlate(plane, kernel / 16, mode="mirror")
    return ndimage.uniform_filter(response**2, window, mode="nearest")


def stored_images(session):
    return [session.stack.pixels(index) for index in range(session.stack.k)]


@pytest.mark.parametrize(("x", "y"), CORNERS)
def test_that_the_focus_measure_is_that_of_the_default_detector(compared, x, y) -> None:
    session = compared.controller.session
    images = stored_images(session)
    found = look(compared, x, y)
    for number, image in enumerate(images, start=1):
        planes = np.moveaxis(image / 255, 2, 0)
        expected = np.mean([literal_energy(plane, found.window)[y, x] for plane in planes])
        assert picture(found, f"source:{number}").focus == pytest.approx(expected, rel=1e-4)
    decided = laplacian(images, compute=Compute())
    assert f"source:{decided[y, x]}" in found.sharpest


@pytest.mark.parametrize(("x", "y"), CORNERS)
def test_that_values_errors_and_local_q_are_exact(compared, x, y) -> None:
    session = compared.controller.session
    images, labels = stored_images(session), session.focus_map.labels
    found = look(compared, x, y)
    assert (found.x, found.y, found.label) == (x, y, labels[y, x])
    pictures = {
        "source:1": images[0] / np.float32(255),
        "result:1": session.results[1].image,
        "result:2": session.results[2].image,
    }
    window = window_size("released", session.stack.size)
    truth = session.truth.pixels[y, x] / 255
    for key, image in pictures.items():
        entry = picture(found, key)
        assert entry.values == tuple(np.rint(image[y, x] * 255).astype(int))
        error = 255 * math.sqrt(np.mean((image[y, x].astype(np.float64) - truth) ** 2))
        assert entry.error == pytest.approx(error, abs=1e-4)
        q = local_q(images, labels, image, window=window, compute=Compute())[y, x]
        if math.isnan(q):
            assert entry.q is None
        else:
            assert entry.q == pytest.approx(q, abs=1e-6)
    assert picture(found, "truth").values == tuple(session.truth.pixels[y, x])
    assert picture(found, "truth").error is None


def test_that_a_result_took_what_its_own_map_names(compared) -> None:
    session = compared.controller.session
    own = session.results[1].labels
    for x, y in CORNERS:
        entry = picture(look(compared, x, y), "result:1")
        assert entry.taken == (own[y, x],)
        assert entry.by in (By.MAP, By.WEIGHT)
    x, y = 40, 20
    holes = own.copy()
    holes[y, x], holes[y, x + 1] = 0, 255
    session.results[1] = replace(session.results[1], labels=holes, soft=None)
    assert picture(look(compared, x, y), "result:1").taken == ()
    assert picture(look(compared, x + 1, y), "result:1").taken == ()


def test_that_weights_are_those_of_the_source_it_took(compared) -> None:
    session = compared.controller.session
    labels = np.ones((48, 64), np.uint8)
    labels[:, 32:] = 2
    soft = np.full((48, 64), 0.25, np.float32)
    session.results[1] = replace(session.results[1], labels=labels, soft=soft)
    assert picture(look(compared, 3, 3), "result:1").weight == 0.25
    second = picture(look(compared, 50, 3), "result:1")
    assert (second.taken, second.by, second.weight) == ((2,), By.WEIGHT, 0.75)


def test_that_without_an_own_map_the_nearest_source_is_told(compared) -> None:
    session = compared.controller.session
    images = stored_images(session)
    assert session.results[2].labels is not None, "it was given the present map to be scored by"
    for x, y in CORNERS:
        entry = picture(look(compared, x, y), "result:2")
        assert entry.by is By.NEAREST
        assert entry.taken == (1, 2), "the mean lies in the middle"
    for number, image in enumerate(images, start=1):
        near = (image / np.float32(255) * 0.9 + session.results[2].image * 0.1).astype(np.float32)
        session.results[2] = replace(session.results[2], image=near)
        assert picture(look(compared, 31, 20), "result:2").taken == (number,)


def test_that_the_best_are_told_of_results_only(compared) -> None:
    session = compared.controller.session
    found = look(compared, 20, 20)
    results = {key: picture(found, key) for key in ("result:1", "result:2")}
    assert found.best_q == {max(results, key=lambda key: results[key].q)}
    assert found.nearest == {min(results, key=lambda key: results[key].error)}
    session.results[2] = session.results[1]
    found = look(compared, 20, 20)
    assert found.best_q == found.nearest == frozenset(), "all are the same"


def test_that_missing_things_are_none(compared) -> None:
    session = compared.controller.session
    labels = session.focus_map.labels.copy()
    labels[5, 5], labels[5, 6] = 0, 255
    compared.controller.sets.set_map(labels, MapOrigin())
    assert picture(look(compared, 5, 5), "result:1").q is None
    found = look(compared, 6, 5)
    assert found.ignored
    assert picture(found, "result:1").q is None
    session.focus_map = session.truth = None
    found = look(compared, 20, 20)
    assert found.label is None
    assert not found.ignored
    assert [entry.key for entry in found.pictures] == [
        "source:1",
        "source:2",
        "result:1",
        "result:2",
    ]
    assert all(entry.q is None and entry.error is None for entry in found.pictures)
    assert found.nearest == frozenset()


def test_that_of_many_sources_those_near_the_named_one_are_looked_at(desk) -> None:
    generator = np.random.default_rng(2)
    frames = [generator.integers(0, 256, (9, 8, 1), np.uint8) for _ in range(30)]
    session = desk.controller.session
    session.stack = SourceStack.from_arrays(frames)
    desk.controller.sets.set_map(np.full((9, 8), 20, np.uint8), MapOrigin())
    found = look(desk, 4, 4)
    assert len(found.pictures) == MOST_SOURCES
    assert found.left_out == 18
    assert "source:20" in {entry.key for entry in found.pictures}
    assert picture(found, "source:20").by is By.MAP


def test_that_pictures_smaller_than_a_window_have_values(desk) -> None:
    frames = [np.full((2, 2, 1), value, np.uint16) for value in (100, 40000)]
    desk.controller.session.stack = SourceStack.from_arrays(frames)
    found = look(desk, 1, 1)
    assert found.window is None
    assert [entry.values for entry in found.pictures] == [(100,), (40000,)]
    assert found.pictures[0].focus is None


@pytest.mark.parametrize("pair", [((231, 198, 174), (231, 197, 169)), ((9, 9, 9), (9, 9, 10))])
def test_that_the_mean_of_two_sources_is_as_near_to_either(desk, pair) -> None:
    controller = desk.controller
    frames = [np.full((48, 64, 3), pixel, np.uint8) for pixel in pair]
    controller.session.stack = SourceStack.from_arrays(frames, names=["a", "b"])
    controller.runs.run("average", {})
    desk.settle()
    found = look(desk, 20, 20)
    assert picture(found, "result:1").taken == (1, 2), "whatever float32 has rounded"
    assert picture(found, "result:1").by is By.NEAREST
