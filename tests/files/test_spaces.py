from __future__ import annotations

import io
import itertools
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms

from mfgui.core.errors import UsageError
from mfgui.files import profiles, spaces
from tests.files.pictures import bytes8, grey_profile, smooth, wide_profile

Array = npt.NDArray[np.float64]
# Linear light to XYZ under D50 as published: B. Lindbloom (sRGB, Adobe RGB), Apple's profile
# (Display P3) and ISO 22028-2 (ROMM RGB).
TO_XYZ: dict[spaces.SpaceName, Array] = {
    "srgb": np.array(
        ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410))
    ),
    "adobe-rgb": np.array(
        ((0.60974, 0.20528, 0.14919), (0.31111, 0.62567, 0.06322), (0.01947, 0.06087, 0.74457))
    ),
    "display-p3": np.array(
        ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407))
    ),
    "prophoto": np.array(
        ((0.79767, 0.13519, 0.03134), (0.28804, 0.71188, 0.00009), (0.0, 0.0, 0.82491))
    ),
}
# Linear light to XYZ under D65, the white that these have: IEC 61966-2-1 and the like, computed
# by B. Lindbloom and for SMPTE EG 432-1. No white is adapted here.
UNDER_D65: dict[spaces.SpaceName, Array] = {
    "srgb": np.array(
        (
            (0.4123908, 0.3575843, 0.1804808),
            (0.2126390, 0.7151687, 0.0721923),
            (0.0193308, 0.1191948, 0.9505322),
        )
    ),
    "adobe-rgb": np.array(
        (
            (0.5766690, 0.1855582, 0.1882286),
            (0.2973450, 0.6273636, 0.0752915),
            (0.0270314, 0.0706889, 0.9913375),
        )
    ),
    "display-p3": np.array(
        (
            (0.4865709, 0.2656677, 0.1982173),
            (0.2289746, 0.6917385, 0.0792869),
            (0.0, 0.0451134, 1.0439444),
        )
    ),
}


def srgb_stored(light: Array) -> Array:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


STORED: dict[spaces.SpaceName, Callable[[Array], Array]] = {
    "srgb": srgb_stored,
    "display-p3": srgb_stored,
    "adobe-rgb": lambda light: light ** (256 / 563),
    "prophoto": lambda light: np.where(light < 1 / 512, 16 * light, light ** (1 / 1.8)),
}


def light_in_all() -> Array:
    """(H, W, 3) linear sRGB of colours that every space holds, dark ones among them."""
    return 0.0005 + 0.9 * smooth(height=64, width=64).astype(np.float64) ** 3


def stored_in(
    name: spaces.SpaceName, light: Array, matrices: dict[spaces.SpaceName, Array]
) -> Array:
    xyz = light @ matrices["srgb"].T
    found = xyz @ np.linalg.inv(matrices[name]).T
    assert found.min() >= 0
    return STORED[name](found)


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(spaces.SPACES, 2)))
def test_that_colours_follow_the_formulas_at_full_precision(
    source: spaces.SpaceName, target: spaces.SpaceName
) -> None:
    adapted = "prophoto" in (source, target)
    matrices, light = TO_XYZ if adapted else UNDER_D65, light_in_all()
    given = stored_in(source, light, matrices).astype(np.float32)
    found, icc = spaces.to_space(given, spaces.profile(source), target)
    assert icc == spaces.profile(target)
    assert found.dtype == np.float32
    expected = stored_in(target, light, matrices)
    # Of ROMM RGB the published matrix has five digits, and curves are steep in the dark.
    assert np.abs(found - expected)[found > 0.1].max() < (4e-4 if adapted else 1.5e-4)
    assert np.abs(found - expected).max() < 1.5e-3
    assert np.abs(given - expected).max() > 0.02


@pytest.mark.parametrize("name", spaces.SPACES)
def test_that_greys_are_neutral_and_right_into_the_dark(name: spaces.SpaceName) -> None:
    # Half of the levels lie where the curves of sRGB and ROMM RGB are straight.
    light = np.concatenate([np.linspace(0, 1 / 512, 64), np.linspace(1 / 512, 1, 64)])
    given = np.repeat(srgb_stored(light)[np.newaxis, :, np.newaxis], 3, axis=2).astype(np.float32)
    found, _ = spaces.to_space(given, None, name)
    np.testing.assert_allclose(
        found, np.broadcast_to(STORED[name](light)[:, np.newaxis], found.shape), atol=8e-4
    )


@pytest.mark.parametrize("name", spaces.SPACES)
def test_that_pillow_reads_the_profile_and_agrees_at_eight_bits(name: spaces.SpaceName) -> None:
    made = ImageCms.ImageCmsProfile(io.BytesIO(spaces.profile(name)))
    assert ImageCms.getProfileDescription(made).strip() == spaces.SPACES[name].title
    assert made.profile.is_matrix_shaper
    colorants = [getattr(made.profile, f"{c}_colorant")[0] for c in ("red", "green", "blue")]
    np.testing.assert_allclose(np.array(colorants).T, TO_XYZ[name], atol=1e-3)
    values = bytes8()
    by_pillow = ImageCms.profileToProfile(
        Image.fromarray(values), ImageCms.createProfile("sRGB"), made, renderingIntent=1
    )
    found, _ = spaces.to_space((values / 255).astype(np.float32), None, name)
    assert np.abs(found * 255 - np.asarray(by_pillow)).max() <= 1.01


@pytest.mark.parametrize("name", ["adobe-rgb", "display-p3", "prophoto"])
def test_that_sixteen_bits_come_back(name: str) -> None:
    values = np.random.default_rng(1).integers(0, 65536, (64, 64, 3))
    given = (values / 65535).astype(np.float32)
    there, icc = spaces.to_space(given, None, name)
    stored = (np.rint(there * 65535) / 65535).astype(np.float32)
    back, _ = spaces.to_space(stored, icc, "srgb")
    # Of a wider space one step is some steps of sRGB in the dark.
    error = np.abs(np.rint(back * 65535) - values)
    assert np.median(error) <= 1
    assert np.percentile(error, 99) <= 8
    assert error.max() < 256 / 2


def test_that_two_spaces_differ_and_srgb_is_the_usual_one() -> None:
    assert profiles.same_colours(spaces.profile("srgb"), None)
    for one, other in itertools.combinations(spaces.SPACES, 2):
        assert not profiles.same_colours(spaces.profile(one), spaces.profile(other))


def test_that_nothing_is_changed_where_nothing_is_to_be_done() -> None:
    image = smooth()
    found, icc = spaces.to_space(image, None, "srgb")
    assert found is image
    assert icc == spaces.profile("srgb")
    grey = smooth(channels=1)
    found, icc = spaces.to_space(grey, grey_profile(), "display-p3")
    assert found is grey
    assert icc == grey_profile()


def test_that_a_profile_of_another_kind_is_taken_for_srgb() -> None:
    image = smooth()
    for wrong in (b"nonsense", grey_profile(), wide_profile()[:200]):
        found, _ = spaces.to_space(image, wrong, "adobe-rgb")
        np.testing.assert_array_equal(found, spaces.to_space(image, None, "adobe-rgb")[0])


def test_that_large_pictures_are_converted_like_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    image = smooth()
    whole, _ = spaces.to_space(image, None, "prophoto")
    monkeypatch.setattr(spaces, "_STRIP", image.shape[1] * 5)
    np.testing.assert_array_equal(spaces.to_space(image, None, "prophoto")[0], whole)


def test_that_an_unknown_space_is_one_clear_line() -> None:
    message = "no colour space 'adobe'; use srgb, display-p3, adobe-rgb, prophoto"
    with pytest.raises(UsageError, match=message):
        spaces.to_space(smooth(), None, "adobe")


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_that_exiftool_finds_nothing_wrong(tmp_path: Path) -> None:
    for name, space in spaces.SPACES.items():
        (tmp_path / f"{name}.icc").write_bytes(spaces.profile(name))
        call = ["exiftool", "-json", "-validate", "-all", str(tmp_path / f"{name}.icc")]
        answer = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)[0]
        assert answer["ProfileDescription"] == space.title
        assert answer["Validate"] == "OK"
        assert answer["ProfileVersion"] == "4.2.0"
        red = [float(value) for value in answer["RedMatrixColumn"].split()]
        np.testing.assert_allclose(red, TO_XYZ[name][:, 0], atol=1e-3)
