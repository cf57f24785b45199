from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mfgui.app.recalled import differing, recalled
from mfgui.core.errors import UsageError
from mfgui.methods.registry import FUSING, load
from tests.app.conftest import Desk

REGISTRY = load()


@pytest.fixture
def opened(desk: Desk, tiny_pair_files: tuple[Path, Path]) -> Desk:
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    return desk


def run(desk: Desk, method: str, explicit: dict):
    desk.controller.runs.run(method, explicit)
    desk.settle()
    return desk.controller.session.results[max(desk.controller.session.results)]


@pytest.mark.parametrize(
    ("method", "explicit"),
    [
        ("ms-lap", {"iterations": 2, "tolerance": 0.0}),
        ("ms-lap", {"variant": "paper", "iterations": 2}),
        ("ms-lap", {"window": 9, "iterations": 1, "detector": "tenengrad"}),
        ("composite", {"detector": "gfdf", "detector.radius": 3}),
        ("composite", {"detector": "variance", "detector.window": 5}),
        ("gff", {}),
        ("quadtree", {}),
    ],
)
def test_that_the_recalled_settings_make_the_same_result_again(
    opened: Desk, method: str, explicit: dict
) -> None:
    first = run(opened, method, explicit)
    found = recalled(REGISTRY, first.provenance)
    assert found.method == method
    assert found.lost == ()
    again = dict(found.explicit)
    if found.detector:
        again["detector"] = found.detector
        again.update({f"detector.{name}": v for name, v in found.detector_explicit.items()})
    second = run(opened, method, again)
    # The first has made its map, the second is given it.
    assert replace(second.provenance, map_from=first.provenance.map_from) == first.provenance
    np.testing.assert_array_equal(second.image, first.image)


@pytest.mark.parametrize("method", REGISTRY.of_kind(*FUSING), ids=lambda method: method.name)
def test_that_defaults_are_recalled_as_nothing(method) -> None:
    for variant in (None, *method.variants):
        given = method.defaults(variant=variant)
        changed, lost = differing(method, given)
        plain = method.defaults().get("variant")
        assert changed == ({} if variant in (None, plain) else {"variant": variant})
        assert lost == ()


def test_that_values_of_a_variant_differ_from_its_own_defaults() -> None:
    method = REGISTRY.get("ms-lap")
    explicit = {"variant": "paper", "iterations": 41}
    assert differing(method, method.resolve(explicit)) == (explicit, ())


def test_that_what_this_installation_does_not_know_is_named(opened: Desk) -> None:
    provenance = run(opened, "ms-lap", {"iterations": 1}).provenance
    given = {**provenance.parameters, "fancy": 3, "solver": "none", "detector.odd": 1}
    found = recalled(REGISTRY, replace(provenance, parameters=given))
    assert set(found.lost) == {"fancy", "solver", "detector.odd"}
    assert found.explicit == {"iterations": 1}
    gone = recalled(REGISTRY, replace(provenance, detector="lost-one"))
    assert gone.detector == ""
    assert "detector" in gone.lost
    with pytest.raises(UsageError, match="no-such"):
        recalled(REGISTRY, replace(provenance, method="no-such"))
