from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.core import disks
from mfgui.core.arrays import Size
from mfgui.core.errors import InputError, MfguiError, UsageError
from mfgui.synth import alpha_matte, matte_scene, photographs
from mfgui.synth.matte_scene import Ingredients, MatteScene


def scene(**changes: object) -> MatteScene:
    plain = MatteScene(Size(90, 60), "paper", "gaussian", 1.5, "coffee", "coffee")
    return replace(plain, **changes)


def rendered(described: MatteScene) -> matte_scene.MattePair:
    return matte_scene.render(described, Ingredients.of(described))


def is_part_of(part: np.ndarray, whole: np.ndarray) -> bool:
    """Whether a uint8 picture occurs in another one, pixel for pixel."""
    found = cv2.matchTemplate(whole[..., 1], part[..., 1], cv2.TM_SQDIFF)
    y, x = np.unravel_index(np.argmin(found), found.shape)
    return bool((whole[y : y + part.shape[0], x : x + part.shape[1]] == part).all())


@pytest.mark.parametrize("variant", alpha_matte.VARIANTS)
@pytest.mark.parametrize(("blur", "amount"), [("gaussian", 1.5), ("disk", 2.5)])
def test_that_a_pair_is_made_from_a_place_of_the_photograph(
    variant: str, blur: str, amount: float
) -> None:
    pair = rendered(scene(variant=variant, blur=blur, amount=amount))
    truth = np.rint(pair.truth * 255).astype(np.uint8)
    assert truth.shape == (60, 90, 3)
    assert is_part_of(truth, photographs.load("coffee"))
    kernel = alpha_matte.gaussian(1.5) if blur == "gaussian" else disks.disk(2.5)
    expected = alpha_matte.pair(pair.truth, pair.truth, pair.matte, kernel=kernel, variant=variant)
    np.testing.assert_allclose(pair.a, expected[0], atol=1e-6)
    np.testing.assert_allclose(pair.b, expected[1], atol=1e-6)
    np.testing.assert_array_equal(pair.labels == 1, pair.matte > 0.5)
    assert pair.labels.dtype == np.uint8


def test_that_two_pictures_meet_at_the_matte(tmp_path: Path) -> None:
    mask = np.zeros((60, 90), np.uint8)
    mask[20:50, 10:40] = 255
    assert cv2.imwrite(str(tmp_path / "mask.png"), mask)
    pair = rendered(scene(background="gravel", mask=str(tmp_path / "mask.png")))
    truth = np.rint(pair.truth * 255).astype(np.uint8)
    assert is_part_of(truth[20:50, 10:40], photographs.load("coffee"))
    assert is_part_of(truth[:20], photographs.load("gravel"))
    np.testing.assert_array_equal(pair.matte, mask / np.float32(255))


def test_that_seed_and_number_decide() -> None:
    first, again = rendered(scene(seed=3)), rendered(scene(seed=3))
    np.testing.assert_array_equal(first.a, again.a)
    for other in (scene(seed=4), scene(seed=3, number=2)):
        assert (rendered(other).matte != first.matte).any()


def test_that_drawn_mattes_fit_any_shape() -> None:
    for size in (Size(400, 16), Size(16, 300), Size(70, 70)):
        for number in range(1, 12):
            drawn = matte_scene._drawn(size, np.random.default_rng(number))
            assert drawn.shape == (size.height, size.width)
            assert 0.02 <= drawn.mean(dtype=float) <= 0.98


def test_that_large_mattes_are_enlarged_with_sharp_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matte_scene, "_DRAWN", 64)
    drawn = matte_scene._drawn(Size(640, 320), np.random.default_rng(1))
    assert drawn.shape == (320, 640)
    between = (drawn > 0.02) & (drawn < 0.98)
    edge = cv2.morphologyEx((drawn > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    assert 0 < between.sum() < 2.5 * (edge > 0).sum()


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.array([[0, 255], [51, 255]], np.uint8), [[0.0, 1.0], [0.2, 1.0]]),
        (np.array([[0, 65535], [13107, 0]], np.uint16), [[0.0, 1.0], [0.2, 0.0]]),
        (np.array([[0, 1], [1, 0]], np.uint8), [[0.0, 1.0], [1.0, 0.0]]),
        # Coloured labels: everything but black is foreground.
        (np.array([[[0, 0, 0], [0, 0, 128]], [[1, 0, 0], [0, 0, 0]]], np.uint8), [[0, 1], [1, 0]]),
    ],
    ids=["grey", "deep", "labels", "coloured"],
)
def test_that_masks_of_all_kinds_are_read(
    pixels: np.ndarray, expected: list[list[float]], tmp_path: Path
) -> None:
    assert cv2.imwrite(str(tmp_path / "mask.png"), pixels)
    mask = matte_scene.read_mask(tmp_path / "mask.png", Size(2, 2))
    assert mask.dtype == np.float32
    np.testing.assert_allclose(mask, expected, atol=1e-6)


def test_that_masks_of_one_side_or_another_size_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    assert cv2.imwrite(str(path), np.full((4, 5), 255, np.uint8))
    with pytest.raises(InputError, match=r"mask\.png: shows one side only; white is foreground"):
        matte_scene.read_mask(path, Size(5, 4))
    with pytest.raises(InputError, match=r"mask\.png: is 5 x 4, the frames are 4 x 5; without"):
        matte_scene.read_mask(path, Size(4, 5))


def test_that_a_scene_file_says_it_all(tmp_path: Path) -> None:
    path = tmp_path / "scene.json"
    for described in (
        scene(variant="released", blur="disk", amount=0.1, seed=12345678901, number=77),
        scene(foreground="/a/ü.png", background="grass", mask="m.png"),
    ):
        path.write_text(matte_scene.to_json(described), encoding="utf-8")
        assert matte_scene.read_matte_scene(path) == described


def test_that_the_files_of_a_scene_are_named() -> None:
    described = scene(foreground="/a/x.png", background="grass", mask="m.png")
    assert described.files == (Path("/a/x.png"), Path("m.png"))
    assert scene().files == ()


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"format": "mfgui layered scene"}, InputError, "is not an alpha-matte pair"),
        ({"version": 9}, InputError, "is a pair of version 9, this program reads 1"),
        ({"size": [4]}, InputError, "is damaged"),
        ({"size": None}, InputError, "is damaged"),
        ({"size": [8, 8]}, UsageError, "size 8 x 8: not allowed"),
        ({"size": [16000, 16000]}, UsageError, "size 16000 x 16000: not allowed"),
        ({"size": [1e999, 60]}, InputError, "is damaged"),
        ({"amount": float("nan")}, InputError, "is damaged"),
        ({"amount": -1}, UsageError, "gaussian blur of -1 pixels: not allowed"),
        ({"amount": 51}, UsageError, "use more than 0 and at most 50"),
        ({"blur": "box"}, UsageError, "unknown blur box; choose from: gaussian, disk"),
        ({"variant": "x"}, UsageError, "unknown variant x; choose from: paper, released, no-alpha"),
        ({"seed": -1}, UsageError, "seed and number"),
        ({"number": 0}, UsageError, "seed and number"),
    ],
    ids=str,
)
def test_that_faults_of_scene_files_are_named(
    changes: dict[str, object], error: type[MfguiError], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "scene.json"
    path.write_text(json.dumps({**json.loads(matte_scene.to_json(scene())), **changes}))
    with pytest.raises(error) as caught:
        matte_scene.read_matte_scene(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
