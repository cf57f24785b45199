from __future__ import annotations

from typing import Annotated, Literal

import pytest

from mfgui.core.errors import UsageError
from mfgui.methods import registry
from mfgui.methods.registry import Kind, Parameter, bind_parameters, method


@method(
    "sample",
    kind=Kind.FUSER,
    title="Sample",
    summary="for tests",
    variants={"calm": {"steps": 3, "rate": 0.5}, "wild": {"steps": 9}},
)
def _sample(
    images,
    labels,
    *,
    compute,
    variant: Annotated[str, Parameter("which", choices=("calm", "wild"))] = "calm",
    steps: Annotated[int, Parameter("how many", minimum=1, maximum=100)] = 5,
    rate: Annotated[float, Parameter("how fast", minimum=0.0)] = 1.0,
    window: Annotated[
        int | Literal["auto"], Parameter("side", choices=("auto",), minimum=3, odd=True)
    ] = "auto",
    start: Annotated[str, Parameter("from", choices=("average",), path=True)] = "average",
    clamp: Annotated[bool, Parameter("clamp")] = True,
):
    return images[0]


def test_that_a_variant_sets_defaults_and_explicit_values_override_them() -> None:
    assert _sample.method.resolve({})["steps"] == 3
    wild = _sample.method.resolve({"variant": "wild"})
    assert (wild["steps"], wild["rate"]) == (9, 1.0)
    assert _sample.method.resolve({"variant": "wild", "steps": "7"})["steps"] == 7


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", "12", 12),
        ("rate", "1e-3", 0.001),
        ("window", "auto", "auto"),
        ("window", "25", 25),
        ("start", "average", "average"),
        ("start", "/some where/x.png", "/some where/x.png"),
        ("clamp", "false", False),
        ("clamp", "ON", True),
    ],
)
def test_that_texts_become_values(name: str, text: str, value: object) -> None:
    found = _sample.method.parameter(name).parse(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("steps", "0", "from 1 to 100"),
        ("steps", "101", "from 1 to 100"),
        ("steps", "2.5", "whole number"),
        ("steps", "many", "whole number"),
        ("rate", "nan", "at least 0"),
        ("rate", "inf", "at least 0"),
        ("window", "24", "auto or an odd whole number of at least 3"),
        ("window", "1", "odd"),
        ("variant", "tame", "calm or wild"),
        ("clamp", "perhaps", "true or false"),
        ("start", "", "path of an image"),
    ],
)
def test_that_a_wrong_value_names_itself_and_what_is_allowed(name, text, words) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        _sample.method.resolve({name: text})
    assert str(caught.value).startswith(f"{name}={text}")


def test_that_an_unknown_parameter_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="it has: variant, steps"):
        _sample.method.resolve({"stpes": 3})


def test_that_a_parameter_without_declaration_is_a_programming_error() -> None:
    def bare(images, *, compute, size: int = 3):
        return images

    with pytest.raises(TypeError, match="size lacks its declaration"):
        bind_parameters(bare)


def test_that_an_unknown_method_lists_those_of_its_kind() -> None:
    known = registry.load()
    with pytest.raises(UsageError, match="laplacian, variance"):
        known.get("ms-lap", Kind.DETECTOR)
    assert known.get("ms-lap").kind is Kind.OPTIMISER


def test_that_every_default_and_variant_is_a_value_of_its_parameter() -> None:
    for entry in registry.load().methods.values():
        for variant in entry.variants or {"": {}}:
            values = entry.defaults(variant=variant or None)
            for name, value in values.items():
                assert entry.parameter(name).parse(value) == value


class _Point:
    def __init__(self, name: str, loaded: object) -> None:
        self.name = name
        self._loaded = loaded

    def load(self) -> object:
        if isinstance(self._loaded, Exception):
            raise self._loaded
        return self._loaded


def test_that_third_party_methods_are_found_and_broken_ones_say_why(monkeypatch) -> None:
    @method("laplacian", kind=Kind.DETECTOR, title="Again", summary="same name")
    def taken(images, *, compute):
        return images

    points = [
        _Point("good", _sample),
        _Point("broken", ImportError("no module named cupy")),
        _Point("taken", taken),
        _Point("plain", object()),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda *, group: points)
    known = registry.load()
    assert known.get("sample") is _sample.method
    assert known.unavailable["broken"] == "ImportError: no module named cupy"
    assert "laplacian is taken" in known.unavailable["taken"]
    assert "plain" in known.unavailable
    with pytest.raises(UsageError, match="unavailable: ImportError"):
        known.get("broken")
