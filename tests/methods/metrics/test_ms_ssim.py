"""MS-SSIM, against windows that are written out and a step-by-step pyramid."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import correlate

from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.ms_ssim import ms_ssim
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import Trio, generated

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
C1, C2 = 6.5025, 58.5225
TRIO = generated(176, 190, seed=8)


def halved(plane):
    """The published way: a mean of 2 x 2 pixels with mirrored borders, then every other one."""
    # SciPy's origin puts the pixel itself at the upper left.
    smooth = correlate(plane, np.full((2, 2), 0.25), mode="reflect", origin=-1)
    return smooth[::2, ::2]


def terms(x, y):
    """Brightness, and contrast with structure, of all windows, from centred values."""
    rows, columns = np.mgrid[:11, :11] - 5
    weights = np.exp(-(rows**2 + columns**2) / 4.5)
    weights /= weights.sum()
    x, y = (sliding_window_view(plane, (11, 11)) for plane in (x, y))
    mx, my = (np.einsum("ij,yxij->yx", weights, part) for part in (x, y))
    dx, dy = x - mx[..., None, None], y - my[..., None, None]
    vx, vy, vxy = (
        np.einsum("ij,yxij,yxij->yx", weights, one, two)
        for one, two in ((dx, dx), (dy, dy), (dx, dy))
    )
    bright = (2 * mx * my + C1) / (mx**2 + my**2 + C1)
    return bright, (2 * vxy + C2) / (vx + vy + C2)


def literal(x, y):
    x, y = x.astype(float), y.astype(float)
    score = 1.0
    for scale, weight in enumerate(WEIGHTS):
        bright, structure = terms(x, y)
        score *= (structure if scale < 4 else bright * structure).mean() ** weight
        x, y = halved(x), halved(y)
    return score


@pytest.mark.parametrize("cut", [(0, 0), (0, 1), (0, 13)], ids=["even", "odd", "later odd"])
def test_that_ms_ssim_equals_its_definition(cut) -> None:
    trio = Trio(*(plane[cut[0] :, cut[1] :] for plane in TRIO))
    parts = [literal(trio.fused, source) for source in trio[1:]]
    assert 0.5 < min(parts) < 0.99
    assert METRICS["ms-ssim"](trio.fused, trio.a) == pytest.approx(parts[0], rel=1e-10)
    assert METRICS["ms-ssim-sources"](*trio) == pytest.approx(sum(parts) / 2, rel=1e-10)
    third = METRICS["ms-ssim-sources"](*trio, trio.a)
    assert third == pytest.approx((2 * parts[0] + parts[1]) / 3, rel=1e-10)


def test_that_brightness_counts_on_the_coarsest_scale_only() -> None:
    darker = TRIO.a * 0.5 + 20.0
    assert ms_ssim(TRIO.a, darker) == pytest.approx(literal(TRIO.a, darker), rel=1e-10)
    flat, other = np.full((180, 180), 90, np.uint8), np.full((180, 180), 60, np.uint8)
    index = (2 * 90 * 60 + C1) / (90**2 + 60**2 + C1)
    assert ms_ssim(flat, other) == pytest.approx(index ** WEIGHTS[-1], rel=1e-9)


def test_that_equal_pictures_have_1_and_inverted_ones_0() -> None:
    assert ms_ssim(TRIO.a, TRIO.a) == pytest.approx(1.0, rel=1e-12)
    assert ms_ssim(np.zeros((200, 200)), np.zeros((200, 200))) == pytest.approx(1.0)
    rng = np.random.default_rng(3)
    noise = cv2.GaussianBlur(rng.normal(0, 300, (200, 200)), (0, 0), 2.0)
    noise = np.clip(noise + 128, 0, 255)
    assert ms_ssim(noise, 255 - noise) == 0.0
    assert ms_ssim(TRIO.a, TRIO.b) < ms_ssim(TRIO.fused, TRIO.b) < 1.0


def test_that_five_scales_must_fit() -> None:
    for shape in ((175, 200), (200, 175), (48, 56), (1, 1)):
        with pytest.raises(Undefined, match="176 x 176"):
            ms_ssim(*[np.full(shape, 7, np.uint8)] * 2)
    assert ms_ssim(TRIO.fused[:, :176], TRIO.a[:, :176]) < 1.0
