"""Metrics of local windows and of whole pictures, against loops over window positions and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d
from skimage.metrics import structural_similarity

from mfgui.methods.metrics import METRICS, psnr, ssim, vif
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import Trio, generated

TRIO = generated(27, 34, seed=8)
LARGE = generated(45, 52, seed=9)
FLAT = np.full((45, 52), 120, np.uint8)


def hard():
    """Flat and inverted parts of the sources, each wider than the largest window."""
    fused, a, b = generated(45, 76, seed=9)
    a, b = a.copy(), b.copy()
    a[:, 48:] = 120
    a[:, :22] = 255 - fused[:, :22]
    b[:, :22] = 77
    fused[20:, 28:48] = 33
    return Trio(fused, a, b)


def window(side, sigma):
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    weights = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    return weights / weights.sum()


def local(x, y, weights):
    """Means, variances and the covariance of whole windows, each from centred values."""
    side = len(weights)
    for top in range(x.shape[0] - side + 1):
        # (N, side, side): the windows of a row.
        own, other = (sliding_window_view(p[top : top + side], (side, side))[0] for p in (x, y))
        mx, my = ((weights * p).sum(axis=(1, 2)) for p in (own, other))
        dx, dy = own - mx[:, None, None], other - my[:, None, None]
        found = (mx, my, *((weights * p).sum(axis=(1, 2)) for p in (dx * dx, dy * dy, dx * dy)))
        yield from zip(*(values.tolist() for values in found), strict=True)


def literal_ssim(x, y, extent, *, border=0):
    c1, c2 = (0.01 * extent) ** 2, (0.03 * extent) ** 2
    x, y = (np.pad(plane.astype(float), border, mode="edge") for plane in (x, y))
    found = [
        (2 * mx * my + c1) * (2 * vxy + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
        for mx, my, vx, vy, vxy in local(x, y, window(11, 1.5))
    ]
    return sum(found) / len(found)


def test_that_ssim_is_the_mean_of_both_sources_and_equals_its_definition() -> None:
    for variant, extent, border in (("wang", 255, 0), ("toolbox", 255, 5), ("lft", 1, 5)):
        parts = [literal_ssim(s, TRIO.fused, extent, border=border) for s in (TRIO.a, TRIO.b)]
        measured = METRICS["ssim-sources"](*TRIO, variant=variant)
        assert measured == pytest.approx(sum(parts) / 2, rel=1e-9), variant
        assert ssim.ssim(TRIO.fused, TRIO.b, variant=variant) == pytest.approx(parts[1])


def test_that_ssim_equals_that_of_scikit_image() -> None:
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = structural_similarity(*LARGE[:2], data_range=255, **options)
    assert ssim.ssim(*LARGE[:2]) == pytest.approx(expected, rel=1e-10)


def literal_index(mx, my, vx, vy, vxy):
    """Similarity of a window, exactly 1 for two flat or two black ones."""
    brightness = 2 * mx * my / (mx * mx + my * my) if mx or my else 1.0
    return brightness * (2 * vxy / (vx + vy) if vx + vy > 1e-8 else 1.0)


def literal_q_y(f, a, b, *, bounded):
    weights, total, count = window(7, 1.5), 0.0, 0
    for both, one, other in zip(
        local(a, b, weights), local(a, f, weights), local(b, f, weights), strict=True
    ):
        va, vb = both[2], both[3]
        share = va / (va + vb) if va + vb > 1e-8 else 0.5
        first, second = literal_index(*one), literal_index(*other)
        alike = literal_index(*both) >= 0.75
        value = share * first + (1 - share) * second if alike else max(first, second)
        total += min(1, max(0, value)) if bounded else value
        count += 1
    return total / count


@pytest.mark.parametrize("seed", [8, 9, 10])
def test_that_q_y_equals_its_definition_in_flat_areas_too(seed: int) -> None:
    trio = generated(33, 38, seed=seed)
    bounded = literal_q_y(*trio.floats, bounded=True)
    assert METRICS["q-y"](*trio, variant="bounded") == pytest.approx(bounded, rel=1e-9)
    guarded = literal_q_y(*trio.floats, bounded=False)
    assert METRICS["q-y"](*trio) == pytest.approx(guarded, rel=1e-9)


def test_that_q_y_of_equal_pictures_is_1() -> None:
    for plane in (TRIO.a, FLAT, np.zeros_like(FLAT)):
        assert METRICS["q-y"](plane, plane, plane) == pytest.approx(1.0, rel=1e-12)


def centred_frequencies(count):
    return 2 * (np.arange(count) - count // 2) / count


def literal_contrast(plane):
    """With full transforms, a centred filter, and two-dimensional windows."""
    low, high = plane.min(), plane.max()
    stretched = np.floor(255 * (plane - low) / (high - low) + 0.5)
    height, width = plane.shape
    u, v = np.meshgrid(
        width / 30 * centred_frequencies(width), height / 30 * centred_frequencies(height)
    )
    r = np.hypot(u, v)
    sensitivity = np.exp(-((r / 15.3870) ** 2)) - 0.7622 * np.exp(-((r / 1.3456) ** 2))
    spectrum = np.fft.fftshift(np.fft.fft2(stretched)) * sensitivity
    seen = np.fft.ifft2(np.fft.ifftshift(spectrum)).real
    y, x = np.mgrid[-15:16, -15:16]
    near, far = (
        convolve2d(seen, np.exp(-(x**2 + y**2) / (2 * s * s)) / (2 * np.pi * s * s), "same")
        for s in (2, 4)
    )
    contrast = abs(near / far - 1)
    return contrast**3 / (contrast**2 + 1e-4)


def literal_q_cb(f, a, b):
    f, a, b = map(literal_contrast, (f, a, b))
    kept = [np.minimum(f, s) / np.maximum(f, s) for s in (a, b)]
    return ((a * a * kept[0] + b * b * kept[1]) / (a * a + b * b)).mean()


@pytest.mark.parametrize("size", [(45, 52), (40, 41)])
def test_that_q_cb_equals_its_definition_at_even_and_odd_sizes(size: tuple[int, int]) -> None:
    trio = generated(*size, seed=11)
    assert METRICS["q-cb"](*trio) == pytest.approx(literal_q_cb(*trio.floats), rel=1e-9)


def test_that_q_cb_has_a_value_without_contrast() -> None:
    assert METRICS["q-cb"](FLAT, FLAT, FLAT) == 1.0
    assert METRICS["q-cb"](*LARGE[:2], FLAT) < 1.0
    assert METRICS["q-cb"](FLAT, *LARGE[1:]) == 0.0


def test_that_wide_black_areas_do_not_make_q_cb_a_matter_of_rounding() -> None:
    trio = [np.zeros((90, 600), np.uint8) for _ in range(3)]
    for plane, part in zip(trio, LARGE, strict=True):
        plane[20:65, :52] = part
    # Equal but for the rounding of another order of rows.
    upright, turned = (METRICS["q-cb"](*(p[::s] for p in trio)) for s in (1, -1))
    assert upright == pytest.approx(turned, rel=1e-6)


def literal_terms(source, picture, noise):
    """Of each scale, of every window: gain, kept and whole information."""
    for scale in range(4):
        weights = window(2 ** (4 - scale) + 1, (2 ** (4 - scale) + 1) / 5)
        if scale:
            source, picture = (
                convolve2d(plane, weights, "valid")[::2, ::2] for plane in (source, picture)
            )
        terms = []
        for _, _, vx, vy, vxy in local(source, picture, weights):
            if vx < 1e-10:
                gain, own, rest = 0.0, 0.0, vy
            elif vy < 1e-10:
                gain, own, rest = 0.0, vx, 0.0
            else:
                gain, own = vxy / (vx + 1e-10), vx
                rest = vy - gain * vxy
                if gain < 0:
                    gain, rest = 0.0, vy
            kept = math.log10(1 + gain * gain * own / (max(rest, 1e-10) + noise))
            terms.append((gain, kept, math.log10(1 + own / noise)))
        yield terms


def literal_vif(source, picture):
    terms = [term for scale in literal_terms(source, picture, 2.0) for term in scale]
    return sum(kept for _, kept, _ in terms) / sum(whole for _, _, whole in terms)


@pytest.mark.parametrize("trio", [LARGE, hard()], ids=["plain", "hard"])
def test_that_vif_is_the_sum_over_the_sources_and_equals_its_definition(trio: Trio) -> None:
    f, a, b = trio.floats
    parts = literal_vif(a, f), literal_vif(b, f)
    assert METRICS["vif"](*trio) == pytest.approx(sum(parts), rel=1e-9)
    assert vif.vif(trio.fused, trio.a) == pytest.approx(parts[0], rel=1e-9)


def test_that_vif_of_a_picture_towards_itself_is_1_and_of_its_negative_0() -> None:
    assert vif.vif(LARGE.a, LARGE.a) == pytest.approx(1.0, rel=1e-6)
    assert vif.vif(255 - LARGE.a, LARGE.a) == 0.0


def literal_viff(f, a, b):
    noise = 0.005 * 255 * 255
    ratios = []
    for of_a, of_b in zip(literal_terms(a, f, noise), literal_terms(b, f, noise), strict=True):
        chosen = [x if x[0] < y[0] else y for x, y in zip(of_a, of_b, strict=True)]
        kept, whole = (sum(term[n] + 1e-7 for term in chosen) for n in (1, 2))
        ratios.append(kept / whole)
    return (ratios[0] + 0.15 * ratios[2] + ratios[3]) / 2.15


@pytest.mark.parametrize("trio", [LARGE, hard()], ids=["plain", "hard"])
def test_that_viff_equals_its_definition(trio: Trio) -> None:
    assert METRICS["viff"](*trio) == pytest.approx(literal_viff(*trio.floats), rel=1e-9)


@pytest.mark.parametrize("level", [0, 1, 77, 254, 255])
def test_that_constant_sources_have_no_vif(level: int) -> None:
    flat = np.full_like(FLAT, level)
    with pytest.raises(Undefined, match="no information"):
        METRICS["vif"](LARGE.fused, LARGE.a, flat)
    assert METRICS["viff"](flat, flat, flat) == pytest.approx(1.0, rel=1e-6)
    assert METRICS["vif"](flat, LARGE.a, LARGE.b) == 0.0


def literal_correlations(f, a, b):
    """SCD and CC."""
    f, a, b = (plane.ravel() for plane in (f, a, b))
    corr = lambda x, y: np.corrcoef(x, y)[0, 1]  # noqa: E731
    return corr(f - b, a) + corr(f - a, b), (corr(a, f) + corr(b, f)) / 2


def test_that_correlations_equal_those_of_numpy() -> None:
    scd, cc = literal_correlations(*TRIO.floats)
    assert METRICS["scd"](*TRIO) == pytest.approx(scd, rel=1e-9)
    assert METRICS["cc"](*TRIO) == pytest.approx(cc, rel=1e-9)


def test_that_correlations_with_a_constant_have_a_value_or_a_reason() -> None:
    f, a, b = TRIO.floats
    expected = np.corrcoef((b - a).ravel(), b.ravel())[0, 1]
    assert METRICS["scd"](b, a, b) == pytest.approx(expected, rel=1e-9)
    assert METRICS["scd"](a, a, a) == 0.0
    with pytest.raises(Undefined, match="constant"):
        METRICS["cc"](f, a, np.zeros_like(b))


def squares_of(f, a, b):
    f, a, b = (plane.ravel().tolist() for plane in (f, a, b))
    return [sum((x - y) ** 2 for x, y in zip(f, s, strict=True)) for s in (a, b)]


def literal_psnr(f, a, b):
    """By variant."""
    size, squares = f.size, squares_of(f, a, b)
    error = sum(squares) / 2 / size
    channels, pixels = f[0, 0].size, math.prod(f.shape[:2])
    of_vifb = [math.sqrt(s / channels) / pixels for s in squares]
    return {
        "mean-error": 10 * math.log10(255**2 / error),
        "lft": 20 * math.log10(255 / math.sqrt(error / 255**2)),
        "vifb": 10 * math.log10(255**2 / (sum(of_vifb) / 2)),
    }


def test_that_psnr_equals_its_definitions() -> None:
    for variant, value in literal_psnr(*TRIO.floats).items():
        assert METRICS["psnr-sources"](*TRIO, variant=variant) == pytest.approx(value, rel=1e-12), (
            variant
        )
    error = squares_of(*TRIO.floats)[0] / TRIO.a.size
    assert psnr.psnr(*TRIO[:2]) == pytest.approx(10 * math.log10(255**2 / error))


@pytest.mark.parametrize("variant", ["mean-error", "lft", "vifb"])
def test_that_psnr_of_equal_pictures_is_infinite(variant: str) -> None:
    assert METRICS["psnr-sources"](FLAT, FLAT, FLAT, variant=variant) == math.inf


@pytest.mark.parametrize(("name", "side"), [("ssim", 10), ("q-y", 6), ("vif", 40), ("viff", 40)])
def test_that_pictures_below_the_windows_are_told(name: str, side: int) -> None:
    planes = [plane[:side, :50] for plane in LARGE]
    with pytest.raises(Undefined, match="does not fit"):
        METRICS[name](*planes)
    assert math.isfinite(METRICS[name](*(plane[: side + 1, :50] for plane in LARGE)))


def test_that_the_toolbox_ssim_needs_no_whole_window() -> None:
    small = [plane[20:23, 20:24] for plane in LARGE]
    assert math.isfinite(METRICS["ssim-sources"](*small, variant="toolbox"))
