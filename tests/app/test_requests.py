from typing import Annotated

import numpy as np
import pytest

from mfgui.app.requests import build_request
from mfgui.core.errors import UsageError
from mfgui.core.stack import SourceStack
from mfgui.methods import registry
from mfgui.methods.decision import Decision
from mfgui.methods.registry import Kind, Parameter, Registry, method


@method("own", kind=Kind.DECISION, title="Own", summary="source 1", smallest=16)
def _own(
    images,
    *,
    compute,
    iterations: Annotated[int, Parameter("rounds", minimum=1)] = 7,
    depth: Annotated[int, Parameter("levels", minimum=1)] = 3,
):
    return Decision(np.ones(images[0].shape[:2], np.uint8), lambda: images[0])


@pytest.fixture
def known() -> Registry:
    return Registry({**registry.load().methods, "own": _own.method})


def stack(width: int = 20, height: int = 20) -> SourceStack:
    rng = np.random.default_rng(2)
    frames = rng.integers(0, 255, (2, height, width, 3), np.uint8)
    return SourceStack.from_arrays(list(frames))


def test_that_a_decision_is_its_own_detector(known) -> None:
    request = build_request(known, stack(), method="own", explicit={"depth": "5"})
    assert request.detector is request.method
    assert dict(request.detector_parameters) == {"iterations": 7, "depth": 5}
    assert not request.map_only
    assert build_request(known, stack(), method="own", map_only=True).map_only
    assert build_request(known, stack(), method="laplacian", explicit={"window": 3}).map_only


def test_that_any_maker_of_maps_serves_the_ascent(known) -> None:
    request = build_request(known, stack(), explicit={"detector": "own", "depth": "5"})
    assert request.detector.name == "own"
    assert dict(request.detector_parameters)["depth"] == 5


def test_that_equal_names_of_method_and_detector_are_kept_apart(known) -> None:
    explicit = {"detector": "own", "iterations": "30", "detector.iterations": "2"}
    request = build_request(known, stack(), explicit=explicit)
    assert dict(request.parameters)["iterations"] == 30
    assert dict(request.detector_parameters)["iterations"] == 2
    plain = build_request(known, stack(), explicit={"detector": "own"})
    assert dict(plain.detector_parameters)["iterations"] == 7


def test_that_a_focus_measure_takes_the_window_of_the_objective_and_a_decision_its_own(
    known,
) -> None:
    for name, window in (("laplacian", 11), ("weighted-average", 7)):
        request = build_request(known, stack(), explicit={"detector": name, "window": "11"})
        assert dict(request.detector_parameters)["window"] == window


def test_that_an_unknown_parameter_of_the_detector_is_named(known) -> None:
    with pytest.raises(UsageError, match="own has no parameter colour"):
        build_request(known, stack(), explicit={"detector": "own", "detector.colour": "2"})


def test_that_a_map_for_a_method_that_makes_its_own_is_refused(known) -> None:
    labels = np.ones((20, 20), np.uint8)
    with pytest.raises(UsageError, match="own makes a map of its own; leave out the map"):
        build_request(known, stack(), method="own", labels=labels)


@pytest.mark.parametrize("explicit", [{"detector": "own", "window": "3"}, {}])
def test_that_pictures_below_the_smallest_size_are_refused(known, explicit) -> None:
    name = "ms-lap" if explicit else "own"
    with pytest.raises(UsageError, match="own: pictures of 15 x 40 are too small; use pictures of"):
        build_request(known, stack(15, 40), method=name, explicit=explicit)
