import itertools

import numpy as np
import pytest

from mfgui.app.requests import build_request
from mfgui.core.compute import Compute
from mfgui.core.stack import SourceStack
from mfgui.methods import registry
from mfgui.methods.optimise.ms_lap import ms_lap
from mfgui.methods.optimise.photo import photo


@pytest.mark.parametrize("explicit", [{}, {"light": "linear", "window": 5, "iterations": 2}])
def test_that_photo_is_ours_with_its_own_defaults(tiny_pair, explicit):
    values = registry.load().get("photo").resolve(explicit)
    images, labels = list(tiny_pair.images), tiny_pair.labels
    found = photo(images, labels, compute=Compute(), **values)
    del values["clean"]
    ours = registry.load().get("ms-lap").resolve(values)
    expected = ms_lap(images, labels, compute=Compute(), **ours)
    for state, other in itertools.zip_longest(found, expected):
        assert (state.q, state.window, state.objective) == (other.q, other.window, other.objective)
        assert np.array_equal(state.image, other.image)


def test_that_the_map_of_photo_is_cleaned():
    noise = [np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8) for seed in (1, 2)]
    stack = SourceStack.from_arrays(noise)
    request = build_request(registry.load(), stack, method="photo")
    settings = dict(request.detector_parameters)
    assert (settings["window"], settings["clean"]) == ("released", 0.001)
    request = build_request(registry.load(), stack, method="photo", explicit={"clean": "0.05"})
    assert dict(request.detector_parameters)["clean"] == 0.05
