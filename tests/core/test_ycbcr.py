"""Luminance and chroma against the published formulas, written out for values of 0 to 255."""

import numpy as np
import pytest

from mfgui.core.ycbcr import FULL, STUDIO, chroma, fused_chroma, luminance, to_rgb

CODES = np.random.default_rng(4).integers(0, 256, (7, 9, 3), np.uint8)


def studio(code):
    r, g, b = (code[..., channel].astype(float) for channel in range(3))
    y = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    cb = 128 - 0.148 * r - 0.291 * g + 0.439 * b
    cr = 128 + 0.439 * r - 0.368 * g - 0.071 * b
    return y, cb, cr


def full(code):
    r, g, b = (code[..., channel].astype(float) for channel in range(3))
    y = 0.299 * r + 0.587 * g + 0.114 * b
    cb = 128 - 0.169 * r - 0.331 * g + 0.5 * b
    cr = 128 + 0.5 * r - 0.419 * g - 0.081 * b
    return y, cb, cr


@pytest.mark.parametrize(("swing", "formula"), [(STUDIO, studio), (FULL, full)])
@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_that_luminance_and_chroma_are_the_published_formulas(swing, formula, depth):
    stored = {
        "uint8": CODES,
        "uint16": CODES.astype(np.uint16) * 257,
        "float32": (CODES / 255).astype(np.float32),
    }[depth]
    y, cb, cr = formula(CODES)
    assert luminance(stored, swing) * 255 == pytest.approx(y, abs=1e-3)
    assert chroma(stored, swing)[..., 0] * 255 + 128 == pytest.approx(cb, abs=1e-3)
    assert chroma(stored, swing)[..., 1] * 255 + 128 == pytest.approx(cr, abs=1e-3)


def test_that_colours_come_back_by_the_published_inverse():
    y, cb, cr = studio(CODES)
    red = 1.164 * (y - 16) + 1.596 * (cr - 128)
    green = 1.164 * (y - 16) - 0.392 * (cb - 128) - 0.813 * (cr - 128)
    blue = 1.164 * (y - 16) + 2.017 * (cb - 128)
    expected = np.clip(np.dstack([red, green, blue]) / 255, 0, 1)
    found = to_rgb(luminance(CODES, STUDIO), chroma(CODES, STUDIO), STUDIO)
    assert found == pytest.approx(expected, abs=1e-5)
    y, cb, cr = (plane - middle for plane, middle in zip(full(CODES), (0, 128, 128), strict=True))
    expected = np.dstack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb])
    found = to_rgb(luminance(CODES, FULL), chroma(CODES, FULL), FULL)
    assert found == pytest.approx(np.clip(expected / 255, 0, 1), abs=1e-5)


@pytest.mark.parametrize("swing", [STUDIO, FULL])
def test_that_a_colour_comes_back_nearly_unchanged(swing):
    found = to_rgb(luminance(CODES, swing), chroma(CODES, swing), swing)
    assert np.abs(found - CODES / 255).max() < 0.002


@pytest.mark.parametrize("swing", [STUDIO, FULL])
def test_that_grey_is_a_colour_with_equal_channels(swing):
    grey = CODES[..., :1]
    colour = np.repeat(grey, 3, axis=2)
    assert luminance(grey, swing) == pytest.approx(luminance(colour, swing), abs=1e-6)
    assert np.abs(chroma(colour, swing)).max() < 1e-6
    found = to_rgb(luminance(grey, swing), None, swing)
    assert found.shape == grey.shape
    assert found == pytest.approx(grey / 255, abs=5e-4)


@pytest.mark.parametrize(("swing", "formula"), [(STUDIO, studio), (FULL, full)])
def test_that_the_chroma_farther_from_grey_counts_more(swing, formula):
    sources = [CODES, CODES[::-1], np.full_like(CODES, 90)]
    for count in (2, 3):
        planes = [formula(source)[1] for source in sources[:count]]
        over = sum(plane * abs(plane - 128) for plane in planes)
        under = sum(abs(plane - 128) for plane in planes)
        found = fused_chroma(sources[:count], swing)[..., 0] * 255 + 128
        assert found == pytest.approx(over / under, abs=1e-2)


def test_that_the_chroma_of_grey_sources_is_that_of_grey():
    grey = np.full((3, 4, 3), 0, np.uint8)
    assert (fused_chroma([grey, grey], FULL) == 0).all()
