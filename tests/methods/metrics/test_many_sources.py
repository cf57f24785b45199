"""Metrics of more than two sources, against formulas written out for three."""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
import pytest

from mfgui.core.errors import UsageError
from mfgui.methods.metrics import METRICS, Metric, Needs
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated
from tests.methods.metrics.test_edges import (
    haar,
    literal_lft,
    literal_shreyamsha,
    literal_yliu,
    literal_zliu,
    slopes,
)
from tests.methods.metrics.test_information import bits, mutual, stretch
from tests.methods.metrics.test_structure import (
    hard,
    literal_contrast,
    literal_ssim,
    literal_terms,
    literal_vif,
)


def four(height: int, width: int, seed: int) -> tuple[np.ndarray, ...]:
    """The fused picture and three sources, each sharp elsewhere."""
    fused, a, b = generated(height, width, seed=seed)
    c = cv2.GaussianBlur(b, (0, 0), 1.0)
    c[height // 3 : 2 * height // 3] = fused[height // 3 : 2 * height // 3]
    return fused, a, b, c


PICTURES = four(27, 34, seed=21)
LARGE = four(45, 52, seed=22)
LARGEST = four(176, 180, seed=22)  # for five scales
F, A, B, C = PICTURES
MANY = {m.name: m for m in METRICS.values() if m.needs is Needs.SOURCES and m.many}
each = pytest.mark.parametrize("metric", MANY.values(), ids=MANY)


def test_that_information_of_three_sources_equals_its_definitions() -> None:
    f, *sources = map(stretch, PICTURES)
    parts = [mutual(s, f) / (bits(s) + bits(f)) for s in sources]
    plain = [picture.ravel().tolist() for picture in PICTURES]
    planes = (f, *sources)
    matrix = np.array([[1 if x is y else mutual(x, y) / 8 for y in planes] for x in planes])
    shares = np.linalg.eigvals(matrix).real / 4
    expected = {
        # Twice the mean, so that it is 2 at most.
        ("nmi", None): 2 * sum(2 * part for part in parts) / 3,
        ("mi", None): sum(mutual(s, plain[0]) for s in plain[1:]),
        ("mi", "vifb"): math.log(2) * sum(mutual(s, f) for s in sources),
        ("ncie", None): 1 + sum(share * math.log(share, 256) for share in shares),
    }
    for (name, variant), value in expected.items():
        measured = METRICS[name](*PICTURES, variant=variant)
        assert measured == pytest.approx(value, rel=1e-9), (name, variant)


@pytest.mark.parametrize(
    ("variant", "rule", "border"),
    [
        ("yliu", literal_yliu, "zero"),
        ("zliu", literal_zliu, "zero"),
        ("lft", literal_lft, "zero"),
        ("shreyamsha", literal_shreyamsha, "mirror"),
    ],
)
def test_that_q_g_weights_three_sources_by_their_edges(variant, rule, border) -> None:
    over = under = ratios = 0.0
    for y, x in np.ndindex(F.shape):
        own, *edges = (slopes(plane, y, x, border) for plane in PICTURES)
        terms = [rule(edge, own) for edge in edges]
        kept, weight = (sum(q * w for q, w in terms), sum(w for _, w in terms))
        over, under = over + kept, under + weight
        ratios += kept / weight if variant == "zliu" else 0.0
    expected = ratios / F.size if variant == "zliu" else over / under
    measured = METRICS["q-g"](*PICTURES, variant=variant)
    assert measured == pytest.approx(expected, rel=1e-12)


def test_that_q_m_and_q_sf_of_three_sources_equal_their_definitions() -> None:
    score, parts = 1.0, PICTURES
    for power in (2 / 3, 1 / 3):
        f, *details = parts = [haar(part.astype(float)) for part in parts]
        over = under = 0.0
        for detail in details:
            weights = (detail[1:] ** 2).sum(axis=0)
            over += (np.exp(-abs(detail[1:] - f[1:])).sum(axis=0) * weights).sum()
            under += weights.sum()
        score *= (over / under) ** power
        parts = [part[0] for part in parts]
    assert METRICS["q-m"](*PICTURES) == pytest.approx(score, rel=1e-12)

    own = most = 0.0
    for dy, dx, weight in ((0, 1, 1), (1, 0, 1), (1, 1, math.sqrt(0.5)), (1, -1, math.sqrt(0.5))):
        for y in range(27 - dy):
            for x in range(max(0, -dx), 34 - max(0, dx)):
                f, *sources = (float(p[y + dy, x + dx]) - float(p[y, x]) for p in PICTURES)
                own += weight * f**2
                most += weight * max(abs(change) for change in sources) ** 2
    expected = math.sqrt(own) / math.sqrt(most) - 1
    assert METRICS["q-sf"](*PICTURES) == pytest.approx(expected, rel=1e-10)


def test_that_means_over_three_sources_equal_their_definitions() -> None:
    squares = [((F.astype(float) - s.astype(float)) ** 2).mean() for s in (A, B, C)]
    sizes = [math.sqrt(square * F.size) / F.size for square in squares]
    expected = {
        ("cc", None): sum(np.corrcoef(F.ravel(), s.ravel())[0, 1] for s in (A, B, C)) / 3,
        ("ssim-sources", None): sum(literal_ssim(s, F, 255) for s in (A, B, C)) / 3,
        ("psnr-sources", None): 10 * math.log10(255**2 / (sum(squares) / 3)),
        ("psnr-sources", "vifb"): 10 * math.log10(255**2 / (sum(sizes) / 3)),
    }
    for (name, variant), value in expected.items():
        measured = METRICS[name](*PICTURES, variant=variant)
        assert measured == pytest.approx(value, rel=1e-9), (name, variant)


def test_that_q_cb_weights_three_sources_by_their_contrasts() -> None:
    f, *contrasts = (literal_contrast(picture.astype(float)) for picture in LARGE)
    kept = [np.minimum(f, c) / np.maximum(f, c) for c in contrasts]
    squares = [c * c for c in contrasts]
    expected = (sum(s * k for s, k in zip(squares, kept, strict=True)) / sum(squares)).mean()
    assert METRICS["q-cb"](*LARGE) == pytest.approx(expected, rel=1e-9)
    # Without contrast anywhere the three count the same.
    flat = np.full_like(LARGE[0], 50)
    assert METRICS["q-cb"](flat, flat, flat, flat) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    "pictures", [LARGE, (*hard(), generated(45, 76, seed=9).a)], ids=["plain", "hard"]
)
def test_that_visual_information_of_three_sources_equals_its_definitions(pictures) -> None:
    f, *sources = (picture.astype(float) for picture in pictures)
    expected = sum(literal_vif(source, f) for source in sources)
    assert METRICS["vif"](*pictures) == pytest.approx(expected, rel=1e-9)
    ratios = []
    scales = (literal_terms(source, f, 0.005 * 255 * 255) for source in sources)
    for terms in zip(*scales, strict=True):
        # The least gain; of equal ones the last.
        chosen = [
            min(reversed(window), key=lambda term: term[0]) for window in zip(*terms, strict=True)
        ]
        kept, whole = (sum(term[n] + 1e-7 for term in chosen) for n in (1, 2))
        ratios.append(kept / whole)
    expected = (ratios[0] + 0.15 * ratios[2] + ratios[3]) / 2.15
    assert METRICS["viff"](*pictures) == pytest.approx(expected, rel=1e-9)


@each
def test_that_the_order_of_the_sources_does_not_matter(metric: Metric) -> None:
    f, *sources = LARGEST if metric.name.startswith("ms-ssim") else LARGE
    for variant in metric.variants or (None,):
        values = [metric(f, *order, variant=variant) for order in itertools.permutations(sources)]
        assert values == pytest.approx([values[0]] * 6, rel=1e-9), variant


SUMS = {"mi", "vif"}
MEANS = {"nmi", "cc", "ssim-sources", "psnr-sources"}
WEIGHTED = {"q-g", "q-m", "q-cb"}
EXTREMES = {"q-sf", "viff"}


@pytest.mark.parametrize("name", sorted(SUMS | MEANS | WEIGHTED | EXTREMES))
def test_what_a_source_that_comes_twice_changes(name: str) -> None:
    metric, (f, a, b, _) = MANY[name], LARGE
    for variant in metric.variants or (None,):
        of = lambda *sources: metric(f, *sources, variant=variant)  # noqa: B023, E731
        once, thrice = of(a, a), of(a, a, a)
        assert thrice == pytest.approx(once * (1.5 if name in SUMS else 1.0), rel=1e-12), variant
        if name in EXTREMES:
            assert of(a, b, b) == pytest.approx(of(a, b), rel=1e-12)
        if name in SUMS | MEANS - {"psnr-sources"}:
            parts = of(a, a), of(b, b)
            assert of(a, a, b, b) == pytest.approx(
                sum(parts) if name in SUMS else sum(parts) / 2, rel=1e-12
            )


@pytest.mark.parametrize("name", sorted(MEANS | WEIGHTED | EXTREMES))
def test_that_the_best_that_can_be_is_the_same_of_two_sources_and_three(name: str) -> None:
    a = LARGE[1]
    two, three = MANY[name](a, a, a), MANY[name](a, a, a, a)
    assert three == pytest.approx(two, rel=1e-9)


def test_that_the_least_ncie_depends_on_the_number_of_sources() -> None:
    flat = np.full((9, 9), 90, np.uint8)
    for count in (2, 3, 5):
        lowest = METRICS["ncie"](flat, *[flat] * count)
        assert lowest == pytest.approx(1 - math.log(count + 1, 256))
    every = np.arange(256).reshape(16, 16)
    assert METRICS["ncie"](*[every] * 5) == pytest.approx(1.0)


def test_that_any_source_without_information_is_told() -> None:
    flat = np.full_like(LARGE[0], 120)
    f, a, b, _ = LARGE
    with pytest.raises(Undefined, match="constant"):
        METRICS["nmi"](flat, a, b, flat)
    with pytest.raises(Undefined, match="constant"):
        METRICS["cc"](f, a, b, flat)
    with pytest.raises(Undefined, match="no information"):
        METRICS["vif"](f, a, b, flat)
    # A flat source among others weighs little or nothing.
    for name in ("q-m", "q-sf"):
        assert METRICS[name](f, a, b, flat) == pytest.approx(METRICS[name](f, a, b), rel=1e-12)


def test_that_metrics_of_a_pair_say_so() -> None:
    for name in ("te", "q-y", "scd"):
        assert not METRICS[name].many
        with pytest.raises(UsageError, match="defined for pairs only"):
            METRICS[name](*PICTURES)
