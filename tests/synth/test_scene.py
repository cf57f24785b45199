from __future__ import annotations

import json
from pathlib import Path

import pytest

from mfgui.core.arrays import Size
from mfgui.core.errors import InputError, MfguiError, UsageError
from mfgui.synth import photographs
from mfgui.synth.scene import Layer, Scene, read_scene, to_json

TRIANGLE = ((10.0, 10.0), (50.5, 12.0), (30.0, 40.0))


def scene() -> Scene:
    near = Layer(
        "chelsea", 6.5, scale=0.5, angle=10.0, centre=(30.0, 20.0), outline=TRIANGLE, softness=1.0
    )
    return Scene(Size(64, 48), (near, Layer("brick", 0.0, tint=(1.0, 0.5, 0.25))), seed=3)


def changed(**values: object) -> str:
    return json.dumps({**json.loads(to_json(scene())), **values})


def test_that_a_scene_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "scene.json"
    path.write_text(to_json(scene()), encoding="utf-8")
    assert read_scene(path) == scene()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", InputError),
        ("[]", InputError),
        ("{}", InputError),
        ("[" * 100_000, InputError),
        (changed(version=2), InputError),
        (changed(size=[64]), InputError),
        (changed(size=["a", 3]), InputError),
        (changed(layers=7), InputError),
        (changed(layers=[{"photo": "brick"}] * 2), InputError),
        (changed(layers=[{"photo": "brick", "position": 1, "what": 2}] * 2), InputError),
        (changed(layers=[{"photo": "brick", "position": float("nan")}] * 2), InputError),
        (changed(layers=[{"photo": "brick", "position": 1}]), UsageError),
        (changed(layers=[{"photo": "brick", "position": 1, "scale": 1.5}] * 2), UsageError),
        (changed(layers=[{"photo": "brick", "position": p} for p in (0, 5000)]), UsageError),
        (changed(size=[4, 4]), UsageError),
        (changed(size=[20, 30000]), UsageError),
        (changed(layers=[{"photo": "lena", "position": 1}] * 2), UsageError),
        (changed(layers=[{"photo": "brick", "position": 1, "tint": [2, 0, 0]}] * 2), UsageError),
        (changed(layers=[{"photo": "brick", "position": 1, "centre": [1e30, 0]}] * 2), UsageError),
        (changed(layers=[{"photo": "brick", "position": 1, "softness": 99}] * 2), UsageError),
        (changed(layers=[{"photo": "brick", "position": 1, "outline": [[0, 0]]}] * 2), UsageError),
        (changed(size=[300000, 300000]), UsageError),
    ],
)
def test_that_a_wrong_scene_file_is_refused_by_name(
    tmp_path: Path, text: str, error: type[MfguiError]
) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=r"odd\.json") as caught:
        read_scene(path)
    assert type(caught.value) is error


def test_that_a_missing_scene_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_scene(tmp_path / "none.json")


def test_that_every_photograph_is_there_in_colour_with_its_terms() -> None:
    for entry in photographs.PHOTOGRAPHS:
        pixels = photographs.load(entry.name)
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        assert min(pixels.shape[:2]) >= 300
        assert entry.terms in ("CC0", "public domain")
        assert entry.credit


def test_that_an_unknown_photograph_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown photograph lena.*astronaut, brick"):
        photographs.load("lena")
