import itertools
import json

import numpy as np
import numpy.typing as npt
import pytest

from mfgui import resources

Matrix = npt.NDArray[np.float64]

# Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.01182, 0.04294, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.3039],
        ]
    ),
}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
)


def linear_rgb(colors: list[str]) -> Matrix:
    values = np.array([[int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] for color in colors])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(linear: Matrix) -> Matrix:
    relative = np.clip(linear, 0, 1) @ XYZ.T / (0.95047, 1.0, 1.08883)
    f = np.where(relative > 216 / 24389, np.cbrt(relative), (24389 / 27 * relative + 16) / 116)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )


def seen_by(vision: str, colors: list[str]) -> Matrix:
    return lab(linear_rgb(colors) @ VISION[vision].T)


def drawn(anchors: list[str], count: int) -> list[str]:
    """As many colours between the anchors, linear in sRGB, as a screen has them."""
    values = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in anchors])
    places = np.linspace(0, len(anchors) - 1, count)
    channels = [np.rint(np.interp(places, np.arange(len(anchors)), v)) for v in values.T]
    return ["#{:02x}{:02x}{:02x}".format(*np.array(c, int)) for c in zip(*channels, strict=True)]


@pytest.fixture(scope="module")
def palettes() -> dict[str, object]:
    loaded: dict[str, object] = json.loads(resources.path("palettes.json").read_text("utf-8"))
    return loaded


def label_colors(palettes: dict[str, object]) -> list[str]:
    return [entry["color"] for entry in palettes["labels"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("vision", VISION)
def test_that_label_colours_differ_for_every_eye(palettes: dict[str, object], vision: str) -> None:
    seen = lab(linear_rgb(label_colors(palettes)) @ VISION[vision].T)
    assert len(seen) == 7
    assert np.abs(np.diff(seen[:, 0])).min() >= 15
    distance = min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))
    assert distance >= 25


def test_that_label_hues_are_distinct(palettes: dict[str, object]) -> None:
    seen = lab(linear_rgb(label_colors(palettes)))
    hue = np.degrees(np.arctan2(seen[:, 2], seen[:, 1]))
    gaps = [abs((a - b + 180) % 360 - 180) for a, b in itertools.combinations(hue, 2)]
    assert min(gaps) >= 30


@pytest.mark.parametrize("vision", VISION)
def test_that_the_ramp_gets_evenly_lighter(palettes: dict[str, object], vision: str) -> None:
    anchors = palettes["ramp"]["anchors"]  # type: ignore[index]
    steps = np.diff(seen_by(vision, anchors)[:, 0])
    assert steps.min() >= 15
    assert steps.max() <= 1.3 * steps.mean()
    assert np.diff(seen_by(vision, drawn(anchors, 52))[:, 0]).min() > 0


@pytest.mark.parametrize("vision", VISION)
def test_that_both_arms_of_the_diverging_map_get_darker(
    palettes: dict[str, object], vision: str
) -> None:
    colors: list[str] = palettes["diverging"]  # type: ignore[assignment]
    middle = len(colors) // 2
    steps = np.diff(seen_by(vision, colors)[:, 0])
    assert steps[:middle].min() >= 15
    assert steps[middle:].max() <= -15
    # The arms are alike, so that neither looks the larger difference.
    lightness = seen_by(vision, colors)[:, 0]
    assert np.abs(lightness - lightness[::-1]).max() <= 12
    fine = np.diff(seen_by(vision, drawn(colors, 103))[:, 0])
    assert fine[:51].min() > 0
    assert fine[51:].max() < 0


@pytest.mark.parametrize("vision", VISION)
def test_that_the_arms_of_the_diverging_map_are_told_apart(
    palettes: dict[str, object], vision: str
) -> None:
    seen = seen_by(vision, drawn(palettes["diverging"], 511))  # type: ignore[arg-type]
    apart = np.linalg.norm(seen - seen[::-1], axis=1)
    assert apart[:192].min() >= 25, "from a quarter of the scale on"
    assert (np.diff(apart[128:256:8]) < 0).all(), "more with the distance from the middle"


def test_that_the_diverging_map_is_lightest_and_neutral_in_the_middle(
    palettes: dict[str, object],
) -> None:
    colors: list[str] = palettes["diverging"]  # type: ignore[assignment]
    lightness, a, b = lab(linear_rgb(colors)).T
    middle = len(colors) // 2
    assert np.hypot(a[middle], b[middle]) < 2
    assert lightness[middle] > 95
    assert b[0] < -30, "blue"
    assert b[-1] > 30, "orange"
