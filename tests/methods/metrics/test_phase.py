"""Phase congruency and Q_P, against sums over frequencies and loops over pixels."""

from __future__ import annotations

import cmath
import itertools
import math
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from mfgui.methods.metrics.phase_congruency import OF_FSIM, OF_Q_P, congruency
from mfgui.methods.metrics.q_p import q_p
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated, gold_grey, gold_values

SETTINGS = pytest.mark.parametrize("settings", [OF_FSIM, OF_Q_P], ids=["fsim", "q-p"])
TRIO = generated(27, 34, seed=8)


def frequency(place, side):
    """Cycles per pixel, and those of the low pass that lies one off for odd sides."""
    signed = place - side if place >= (side + side % 2) // 2 else place
    shifted = (place + 1 + side // 2) % side - side // 2 if side % 2 else signed
    return signed / (side - side % 2 or 1), shifted / side


@cache
def filters(shape, settings):
    """By orientation and scale, (H, W)."""
    found = np.zeros((settings.orientations, 4, *shape))
    for v, u in np.ndindex(shape):
        if v == u == 0:
            continue
        (fy, ly), (fx, lx) = frequency(v, shape[0]), frequency(u, shape[1])
        radius = math.hypot(fx, fy)
        low = math.hypot(lx, ly) if settings.corner_shifted else radius
        for o, n in np.ndindex(found.shape[:2]):
            wavelength = settings.shortest * settings.factor**n
            value = math.exp(-((math.log(radius * wavelength) / math.log(0.55)) ** 2) / 2)
            value /= 1 + (low / 0.45) ** 30
            along = cmath.exp(1j * (math.atan2(-fy, fx) - o * math.pi / settings.orientations))
            deviation = math.pi / settings.orientations / 1.2
            value *= math.exp(-((abs(cmath.phase(along)) / deviation) ** 2) / 2)
            found[o, n, v, u] = value
    return found


def waves(side):
    places = np.arange(side)
    return np.exp(2j * np.pi * np.outer(places, places) / side)


def picture_of(spectrum):
    """By the sum over frequencies."""
    down, across = map(waves, spectrum.shape)
    return down @ spectrum @ across / spectrum.size


def literal(plane, settings):
    """Total congruency, and the largest and the smallest moment."""
    plane = plane.astype(float)
    height, width = plane.shape
    spectrum = waves(height).conj() @ plane @ waves(width).conj()
    energies, amplitudes, moments = 0.0, 0.0, np.zeros((height, width, 2, 2))
    for o, bank in enumerate(filters(plane.shape, settings)):
        responses = [picture_of(spectrum * part) for part in bank]
        own = [picture_of(part).real * math.sqrt(plane.size) for part in bank]
        power = np.median(abs(responses[0]) ** 2) / math.log(2) / (bank[0] ** 2).sum()
        noise = 2 * power * sum((part**2).sum() for part in own)
        noise += 4 * power * sum((p * q).sum() for p, q in itertools.combinations(own, 2))
        tau = math.sqrt(noise / 2)
        threshold = tau * math.sqrt(math.pi / 2) + 2 * math.sqrt((2 - math.pi / 2) * tau**2)
        angle = o * math.pi / settings.orientations
        energy, amplitude = np.zeros(plane.shape), sum(abs(part) for part in responses)
        for y in range(height):
            here = [part[y] for part in responses]
            mean = sum(here) / (abs(sum(here)) + 1e-4)
            for part in here:
                product = part * mean.conjugate()
                energy[y] += product.real - abs(product.imag)
            energy[y] = np.maximum(energy[y] - threshold / 1.7, 0)
            if settings.spread:
                wide = amplitude[y] / (np.max(np.abs(here), axis=0) + 1e-4) / 4
                energy[y] /= 1 + np.exp(10 * (0.5 - wide))
            along = np.outer(energy[y] / amplitude[y], [math.cos(angle), math.sin(angle)])
            moments[y] += along[:, :, None] * along[:, None, :] * 2 / settings.orientations
        energies, amplitudes = energies + energy, amplitudes + amplitude
    moments[..., 0, 1] *= settings.mixed_share / 2
    moments[..., 1, 0] *= settings.mixed_share / 2
    values = np.linalg.eigvalsh(moments)
    return energies / (amplitudes + 1e-4), values[..., 1] + 5e-5, values[..., 0] - 5e-5


literal_once = cache(lambda n: literal(TRIO[n], OF_Q_P))


@SETTINGS
@pytest.mark.parametrize("shape", [(27, 34), (16, 18), (9, 7)], ids=str)
def test_that_congruency_equals_its_definition(settings, shape) -> None:
    plane = TRIO.a[-shape[0] :, -shape[1] :]
    (found,) = congruency([plane.astype(float)], settings)
    for values, expected in zip(found, literal(plane, settings), strict=True):
        np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-11)
    assert 0.2 < found.total.max() <= 1.0


@SETTINGS
def test_that_planes_do_not_change_each_other(settings) -> None:
    planes = [plane.astype(float) for plane in TRIO]
    for together, plane in zip(congruency(planes, settings), planes, strict=True):
        (alone,) = congruency([plane], settings)
        for values, expected in zip(together, alone, strict=True):
            np.testing.assert_array_equal(values, expected)


@SETTINGS
def test_that_features_are_found_whatever_their_contrast(settings) -> None:
    y, x = np.indices((64, 80))
    step = np.where((x >= 20) & (x < 60), 200.0, 40.0)
    disc = np.where((x - 40) ** 2 + (y - 32) ** 2 < 300, 200.0, 40.0)
    high, low, around = congruency([step, 100.0 + step / 20.0, disc], settings)
    np.testing.assert_allclose(low.total, high.total, atol=2e-3)
    # In the middle there is a feature, too: of the symmetry of the two edges.
    columns = high.total.mean(axis=0)
    assert columns[[19, 20, 59, 60]].min() > 0.5 > 0.15 > columns[[30, 49]].max()
    assert around.total[32, 22:24].max() > max(0.5, 1.5 * around.total[32, 29:31].max())
    assert (high.largest > high.smallest).all()


@SETTINGS
def test_that_a_shifted_picture_has_shifted_features(settings) -> None:
    plane = TRIO.a.astype(float)
    found, shifted = congruency([plane, np.roll(plane, (5, -8), (0, 1))], settings)
    for values, moved in zip(found, shifted, strict=True):
        np.testing.assert_allclose(np.roll(values, (5, -8), (0, 1)), moved, atol=1e-10)


@SETTINGS
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 2), (37, 53), (64, 64)], ids=str)
def test_that_flat_pictures_have_no_features(settings, shape) -> None:
    for level in (0.0, 1.0 / 3.0, 100.0, 255.0):
        (found,) = congruency([np.full(shape, level)], settings)
        assert not found.total.any()
        np.testing.assert_array_equal(found.largest, 5e-5)
        np.testing.assert_array_equal(found.smallest, -5e-5)


def windows():
    y, x = np.mgrid[-5:6, -5:6]
    weights = np.exp(-(x**2 + y**2) / 4.5)
    return weights / weights.sum()


def correlation(x, f):
    """In windows around all pixels, from centred values; 0 beyond the border."""
    weights, found = windows(), np.zeros(x.shape)
    x, f = np.pad(x, 5), np.pad(f, 5)
    for top in range(len(found)):
        rows = (sliding_window_view(plane[top : top + 11], (11, 11))[0] for plane in (x, f))
        dx, df = (row - (weights * row).sum(axis=(1, 2))[:, None, None] for row in rows)
        vx, vf, vxf = ((weights * p).sum(axis=(1, 2)) for p in (dx * dx, df * df, dx * df))
        found[top] = (vxf + 1e-4) / (np.sqrt(vx * vf) + 1e-4)
    return found


def literal_q_p(fused, *sources):
    count = len(sources)
    masks = np.zeros((count + 1, *fused[0].shape), bool)
    maps = np.zeros((3, count + 1, *fused[0].shape))
    for y, x in np.ndindex(fused[0].shape):
        best = max(range(count), key=lambda n: sources[n][0][y, x])
        for n, source in enumerate([*sources, sources[best]]):
            masks[n, y, x] = source[0][y, x] > 0.1
            maps[:, n, y, x] = [part[y, x] * masks[n, y, x] for part in source]
    assert all(0.1 < mask.mean() < 0.95 for mask in masks)
    score = 1.0
    for own, sets in zip(fused, maps, strict=True):
        found = [correlation(part, own) * mask for part, mask in zip(sets, masks, strict=True)]
        score *= np.max(found, axis=0).sum() / masks[-1].sum()
    return score


def test_that_q_p_equals_its_definition() -> None:
    expected = literal_q_p(*(literal_once(n) for n in range(3)))
    assert q_p(*TRIO) == pytest.approx(expected, rel=1e-8)
    assert q_p(TRIO.fused, TRIO.b, TRIO.a) == pytest.approx(expected, rel=1e-8)


def test_that_q_p_of_three_sources_equals_its_definition() -> None:
    third = cv2.GaussianBlur(TRIO.b, (0, 0), 1.0)
    third[9:18] = TRIO.fused[9:18]
    parts = [literal_once(n) for n in range(3)]
    expected = literal_q_p(*parts, literal(third, OF_Q_P))
    assert q_p(*TRIO, third) == pytest.approx(expected, rel=1e-8)
    assert q_p(*TRIO, TRIO.b) == pytest.approx(q_p(*TRIO), rel=1e-12)


def test_that_q_p_of_equal_pictures_is_1_and_falls_with_blur() -> None:
    # Sources have no features outside of their masks; with features everywhere they are F.
    fused, a, b = generated(120, 140, seed=3)
    worse = cv2.GaussianBlur(fused, (0, 0), 2.0)
    noisy = fused + np.random.default_rng(1).normal(0, 12, fused.shape)
    equal, good = q_p(a, a, a), q_p(fused, a, b)
    assert 1.0 >= equal > 0.85 > good > 0.5
    assert q_p(worse, a, b) < good - 0.1
    assert q_p(np.clip(noisy, 0, 255), a, b) < good - 0.1


def test_that_q_p_tells_what_has_no_features() -> None:
    flat = np.full((40, 50), 90, np.uint8)
    fused, a, b = generated(40, 50, seed=3)
    with pytest.raises(Undefined, match="sources have no features"):
        q_p(fused, flat, flat)
    with pytest.raises(Undefined, match="fused picture has no features"):
        q_p(flat, a, b)
    assert -1.0 <= q_p(fused, a, flat) <= 1.0
    with pytest.raises(Undefined, match="no features"):
        q_p(*[np.full((1, 1), 5, np.uint8)] * 3)


def test_that_q_p_equals_the_published_program() -> None:
    published = gold_values()["Q_P", "zliu_gray8"]
    # One of the two large trios does.
    expected = {name: value for name, value in published.items() if name != "lytro11_CNN"}
    assert any(name.endswith("@odd") for name in expected)
    assert len(expected) >= 6
    measured = {name: q_p(*gold_grey(name)) for name in expected}
    assert measured == pytest.approx(expected, abs=1e-9)
