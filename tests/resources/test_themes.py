import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from mfgui import resources

THEMES = ("light", "dark")
SURFACES = ("window", "panel", "raised", "input")


def theme(name: str) -> dict[str, Any]:
    tokens: dict[str, Any] = json.loads(resources.path(f"themes/{name}.json").read_text("utf-8"))
    return tokens


def luminance(color: str) -> float:
    channels = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def text_pairs(tokens: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for surface in (*SURFACES, "hover", "pressed", "selected"):
        yield tokens["text"], tokens[surface]
    for surface in SURFACES:
        yield tokens["text_dim"], tokens[surface]
        yield tokens["accent"], tokens[surface]
    yield tokens["on_accent"], tokens["accent"]
    yield tokens["on_accent"], tokens["accent_hover"]
    yield tokens["on_tooltip"], tokens["tooltip"]
    yield tokens["plot_axis"], tokens["plot"]
    for banner in tokens["banner"].values():
        yield banner["text"], banner["background"]


def control_pairs(tokens: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for surface in SURFACES:
        yield tokens["border"], tokens[surface]
        yield tokens["focus"], tokens[surface]
        yield tokens["icon"], tokens[surface]
    for surface in ("hover", "pressed", "selected"):
        yield tokens["icon"], tokens[surface]
    for banner in tokens["banner"].values():
        yield banner["border"], banner["background"]


@pytest.mark.parametrize("name", THEMES)
def test_that_text_has_a_contrast_of_4_5(name: str) -> None:
    for front, back in text_pairs(theme(name)):
        assert contrast(front, back) >= 4.5, (front, back)


@pytest.mark.parametrize("name", THEMES)
def test_that_controls_and_focus_ring_have_a_contrast_of_3(name: str) -> None:
    for front, back in control_pairs(theme(name)):
        assert contrast(front, back) >= 3.0, (front, back)


@pytest.mark.parametrize("name", THEMES)
def test_that_the_canvas_surround_is_a_neutral_mid_grey(name: str) -> None:
    canvas = theme(name)["canvas"]
    assert canvas[1:3] == canvas[3:5] == canvas[5:7]
    assert 0.12 <= luminance(canvas) <= 0.25


def test_that_both_themes_have_the_same_tokens() -> None:
    light, dark = theme("light"), theme("dark")
    assert light.keys() == dark.keys()
    for level in ("info", "warning", "error"):
        assert light["banner"][level].keys() == dark["banner"][level].keys()


@pytest.mark.parametrize("name", THEMES)
def test_that_curve_colours_stand_out_from_the_plot(name: str) -> None:
    palettes = json.loads(resources.path("palettes.json").read_text("utf-8"))
    curves = palettes["curves"]
    assert len(set(curves[name])) == len(curves["dashes"]) == len(curves[name])
    assert len({tuple(dash) for dash in curves["dashes"]}) == len(curves["dashes"])
    for color in curves[name]:
        assert re.fullmatch("#[0-9a-f]{6}", color)
        assert contrast(color, theme(name)["plot"]) >= 3.0, color
