from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.errors import InputError, UsageError
from mfgui.synth import material, photographs
from mfgui.synth.material import Material, Picture
from mfgui.synth.pairs import Pairs

NUMBERS = (1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 14, 16, 17, 18, 19, 21, 22, 24)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def suite(folder: Path, side: int = 60) -> Path:
    """A folder like the suite of photographs: all names, other pictures."""
    folder.mkdir()
    for number in NUMBERS:
        picture = noise(side, side + 20, 3, seed=number)
        assert cv2.imwrite(str(folder / f"kodak_{number:02d}.png"), picture)
    return folder


def half_sharp(
    seed: int, *, gain: float, blur: float = 2.0, faint: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """A pair of 200 x 400 pixels: the left half is sharp in a, the right half in b, b is brighter.

    Red marks the left half and blue the right one; `faint`: hardly any contrast at the upper left.
    """
    texture = np.random.default_rng(seed).integers(30, 110, (200, 400)).astype(np.float32)
    if faint:
        texture[:110, :90] = 70 + 0.1 * (texture[:110, :90] - 70)
    soft = cv2.GaussianBlur(texture, (0, 0), blur)
    left = np.arange(400) < 200
    frames = []
    for values, factor in (
        (np.where(left, texture, soft), 1.0),
        (np.where(left, soft, texture), gain),
    ):
        grey = values * factor
        frame = np.stack([grey * np.where(left, 1.0, 0.5)] * 3, axis=2)
        frame[..., 2] = grey * np.where(left, 0.5, 1.0)
        frame[..., 1] = grey
        frames.append(np.clip(np.rint(frame), 0, 255).astype(np.uint8))
    return frames[0], frames[1]


def test_that_held_out_pictures_are_exactly_those_that_are_not_trained_on(tmp_path: Path) -> None:
    folder = suite(tmp_path / "kodak")
    training = Material.of_folders(folder, None)
    kept = Material.of_folders(folder, None, held_out=True)
    assert kept.names == tuple(sorted(material.HELD_OUT))
    assert len(material.HELD_OUT) == 6
    everything = {f"kodak_{number:02d}" for number in NUMBERS} | set(photographs.NAMES)
    assert set(training.names) == everything - set(material.HELD_OUT)
    assert len(training.pictures["kodak"]) == 15
    only = Material.of_folders(folder, None, photographs=False)
    assert set(only.pictures) == {"kodak"}


def test_that_held_out_material_has_no_windows_of_pairs(tmp_path: Path) -> None:
    # The folder of pairs does not even exist.
    kept = Material.of_folders(None, tmp_path / "none", held_out=True)
    assert set(kept.pictures) == {"photographs"}


def test_that_sharp_windows_come_from_the_frame_in_focus_only(tmp_path: Path) -> None:
    for number in (3, 4):
        for name, frame in zip("AB", half_sharp(number, gain=2.0), strict=True):
            assert cv2.imwrite(str(tmp_path / f"bg-{name}-{number}.png"), frame[..., ::-1])
    found = Material.of_folders(None, tmp_path, photographs=False).pictures["edmf"]
    assert {picture.name for picture in found} == {"bg-3", "bg-4"}
    brightness = []
    for picture in found:
        assert picture.pixels.shape == (128, 128, 3)
        assert picture.pixels.flags.owndata
        left = (picture.pixels[..., 0] > picture.pixels[..., 2]).mean()
        mean = picture.pixels[..., 1].mean()
        brightness.append(mean)
        # The darker frame is sharp on the left, the one of twice the brightness on the right.
        assert (left >= 0.75) if mean < 105 else (left <= 0.25)
    assert 0.3 < np.mean(np.array(brightness) < 105) < 0.7


@pytest.mark.parametrize("faint", [False, True])
@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_that_the_rule_of_sharp_windows_is_the_stated_one(gain: float, faint: bool) -> None:
    # So little blur that a gain of 2, four times the energy, would outweigh it.
    a, b = half_sharp(7, gain=gain, blur=0.6, faint=faint)
    greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(float) for frame in (a, b)]
    energy = [ndimage.uniform_filter(ndimage.laplace(g, mode="mirror") ** 2, 15, mode="mirror")
              for g in greys]  # fmt: skip
    mean = [ndimage.uniform_filter(g, 15, mode="mirror") for g in greys]
    expected = []
    inside = [energy[0][20:-20, 20:180], energy[1][20:-20, 20:180]]
    assert 3 < np.median(inside[0] * gain**2 / inside[1]) < 3 * 4
    for k, frame in enumerate((a, b)):
        relative = [energy[j] / (mean[j] + 8) ** 2 for j in (k, 1 - k)]
        mask = (relative[0] > 3 * relative[1]) & (energy[k] > np.median(energy[k]))
        for y in range(0, 200 - 128 + 1, 32):
            for x in range(0, 400 - 128 + 1, 32):
                if mask[y : y + 128, x : x + 128].mean() >= 0.8:
                    expected.append(frame[y : y + 128, x : x + 128])
    found = material.sharp_windows(Pairs((9,), ((a, b),)))
    assert len(found) == len(expected) > 10
    for picture, pixels in zip(found, expected, strict=True):
        np.testing.assert_array_equal(picture.pixels, pixels)


def test_that_windows_are_bounded_and_spread_over_the_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = tuple(half_sharp(seed, gain=1.0) for seed in range(4))
    monkeypatch.setattr(material, "_MOST_WINDOWS", 8)
    found = material.sharp_windows(Pairs((1, 2, 3, 4), frames))
    assert len(found) == 8
    assert {picture.name for picture in found} == {"bg-1", "bg-2", "bg-3", "bg-4"}


def test_that_small_frames_give_no_windows() -> None:
    a, b = (frame[:100] for frame in half_sharp(1, gain=1.0))
    assert material.sharp_windows(Pairs((1,), ((a, b),))) == ()


def test_that_crops_are_taken_turned_and_mirrored_in_all_ways() -> None:
    pixels = noise(40, 40, 3, seed=1)
    found = Material({"kodak": (Picture("one", pixels),)})
    rng = np.random.default_rng(0)
    turned = [np.rot90(pixels, k)[:, ::s] for k in range(4) for s in (1, -1)]
    seen = Counter()
    for _ in range(200):
        crop = found.crop(rng, 40)
        assert (crop.shape, crop.dtype, crop.flags.c_contiguous) == ((40, 40, 3), np.uint8, True)
        (index,) = [i for i, picture in enumerate(turned) if (picture == crop).all()]
        seen[index] += 1
    assert len(seen) == 8
    assert min(seen.values()) > 8


def test_that_some_crops_of_large_pictures_are_reduced() -> None:
    # A grid of single bright pixels: reduced crops have no pixel as bright.
    pixels = np.zeros((300, 300, 3), np.uint8)
    pixels[::5, ::5] = 255
    found = Material({"kodak": (Picture("grid", pixels),)})
    rng = np.random.default_rng(0)
    reduced = np.mean([found.crop(rng, 64).max() < 255 for _ in range(300)])
    assert 0.2 < reduced < 0.4
    small = Material({"kodak": (Picture("grid", pixels[:64, :64]),)})
    assert all(small.crop(rng, 64).max() == 255 for _ in range(50))


def test_that_flat_crops_are_rare(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    picture = np.full((300, 300, 3), 128, np.uint8)
    picture[:, 150:] = noise(300, 150, 3)
    assert cv2.imwrite(str(folder / "half.png"), picture)
    found = Material.of_folders(folder, None, photographs=False)
    rng = np.random.default_rng(0)
    flat = np.mean([found.crop(rng, 40).std() < 1 for _ in range(300)])
    assert flat < 0.1


def test_that_sources_are_drawn_by_their_shares() -> None:
    def picture(value: int) -> tuple[Picture, ...]:
        return tuple(
            Picture(f"{value}-{k}", np.full((128, 128, 3), value, np.uint8)) for k in range(3)
        )

    found = Material({"kodak": picture(1), "photographs": picture(2), "edmf": picture(3)})
    rng = np.random.default_rng(0)
    drawn = Counter(int(found.crop(rng, 32)[0, 0, 0]) for _ in range(2000))
    shares = [drawn[k] / 2000 for k in (1, 2, 3)]
    np.testing.assert_allclose(shares, [0.5, 0.15, 0.35], atol=0.05)
    large = Material({"kodak": (Picture("k", np.ones((200, 200, 3), np.uint8)),),
                      "edmf": picture(3)})  # fmt: skip
    assert all(large.crop(rng, 160)[0, 0, 0] == 1 for _ in range(30))
    with pytest.raises(UsageError, match="no sharp picture is 129 pixels high and wide"):
        found.crop(rng, 129)


def test_that_another_picture_is_drawn_when_there_is_one() -> None:
    pictures = tuple(Picture(n, np.full((20, 20, 3), k, np.uint8)) for k, n in enumerate("ab"))
    found = Material({"kodak": pictures})
    rng = np.random.default_rng(0)
    assert {found.draw(rng, 20, other_than="a")[1] for _ in range(50)} == {"b"}
    single = Material({"kodak": pictures[:1]})
    assert single.draw(rng, 20, other_than="a")[1] == "a"


def test_that_faults_of_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none: cannot be read .*; name a folder of photographs"):
        Material.of_folders(tmp_path / "none", None)
    with pytest.raises(InputError, match="has no photographs; PNG, JPEG and TIFF are read"):
        Material.of_folders(tmp_path, None)
    with pytest.raises(InputError, match="has no sharp pictures"):
        Material.of_folders(None, None, photographs=False)
    (tmp_path / "a.png").write_bytes(b"not a picture")
    with pytest.raises(InputError, match=r"a\.png"):
        Material.of_folders(tmp_path, None)
