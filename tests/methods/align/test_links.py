"""The motion between two frames."""

import cv2
import numpy as np

from mfgui.core.compute import Compute
from mfgui.core.light import to_srgb
from mfgui.methods.align.bands import bands_of
from mfgui.methods.align.links import Shelf, linked
from mfgui.methods.align.proxies import proxy_of


def teeth():
    """Linear light that rises at once and falls slowly, from the left to the right."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:360, :480]
    phase = x + 12 * np.sin(y / 40) + 7 * np.sin(y / 17 + 2)
    uneven = phase + 6 * np.sin(phase / 61) + 9 * np.sin(phase / 37)
    light = 1 - (uneven % 43) / 43
    grain = cv2.GaussianBlur(rng.standard_normal(x.shape), (0, 0), 1.0)
    return (0.02 + 0.9 * light * np.clip(0.9 + 0.1 * grain, 0.5, 1)).astype(np.float32)


def test_that_an_edge_out_of_focus_stays_where_it_is():
    # Blur that is even to both sides moves nothing, but in code values it seems to.
    light = teeth()
    frames = [to_srgb(light), to_srgb(cv2.GaussianBlur(light, (0, 0), 3.0))]
    shelf = Shelf([proxy_of(frame[:, :, None]) for frame in frames])
    link = linked(shelf, 0, 1, model="translation", radial=False, start=None, compute=Compute())
    shift = link.transform.apply(np.array([[240.0, 180.0]])) - [240, 180]
    assert link.found
    assert np.hypot(*shift[0]) < 0.06, shift


def link_of(frames):
    shelf = Shelf([proxy_of(frame[:, :, None]) for frame in frames])
    return linked(shelf, 0, 1, model="similarity", radial=False, start=None, compute=Compute())


def test_that_a_large_turn_is_found():
    scene = teeth()
    exact = cv2.getRotationMatrix2D((240, 180), 19, 1.0)
    turned = cv2.warpAffine(scene, exact, (480, 360), flags=cv2.INTER_LANCZOS4)
    link = link_of([scene, np.clip(turned, 0, 1)])
    points = np.array([[100.0, 100.0], [380.0, 100.0], [240.0, 260.0]])
    away = link.transform.apply(points) - (points @ exact[:, :2].T + exact[:, 2])
    assert np.hypot(*away.T).max() < 0.2


def test_that_every_octave_counts():
    light = teeth()
    assert set(link_of([light, light]).blocks.factors) == {1, 2, 4}


def test_that_weak_structure_is_as_strong_as_any_other():
    rng = np.random.default_rng(8)
    grain = cv2.GaussianBlur(rng.standard_normal((360, 480)), (0, 0), 1.5)
    contrast = np.where(np.arange(480) < 240, 0.4, 1.6)
    proxy = proxy_of((0.5 + 0.1 * contrast * grain / grain.std()).astype(np.float32)[:, :, None])
    plane = bands_of(proxy).levels[0].plane
    assert 0.5 < plane[:, :220].std() / plane[:, 260:].std() < 1.1
