"""Q_C, against loops over boxes and the published numbers."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import Trio, generated, gold_grey, gold_values

Q_C = METRICS["q-c"]
SIDE = 8
TRIO = generated(27, 34, seed=31)
THIRD = generated(27, 34, seed=32).b
FLAT = np.full((27, 34), 120, np.uint8)


def hard() -> Trio:
    """With areas in which a source is inverted, and some in which all are flat."""
    fused, a, b = generated(34, 60, seed=33)
    a, b = a.copy(), b.copy()
    a[:, :14] = 255 - fused[:, :14]
    b[:, 20:34] = 255 - b[:, 20:34]
    a[14:, 40:] = 255 - fused[14:, 40:]
    b[14:, 40:] = 128 - fused[14:, 40:] // 2
    a[:12, 40:], b[:12, 40:], fused[:12, 40:] = 100, 50, 60
    return Trio(fused, a, b)


def index(x, y):
    mx, my = x.mean(), y.mean()
    vx, vy, vxy = x.var(), y.var(), ((x - mx) * (y - my)).mean()
    brightness = 2 * mx * my / (mx * mx + my * my) if mx or my else 1.0
    return brightness * (2 * vxy / (vx + vy) if vx + vy > 1e-9 else 1.0), vxy


def boxes(*planes):
    height, width = planes[0].shape
    for top in range(height - SIDE + 1):
        for left in range(width - SIDE + 1):
            place = np.s_[top : top + SIDE, left : left + SIDE]
            yield [plane[place].astype(float) for plane in planes]


def literal_q_c(*planes):
    """Of a pair, as published; says as well how often the share was limited."""
    total = count = limited = 0.0
    for f, a, b in boxes(*planes):
        (qa, ca), (qb, cb) = index(a, f), index(b, f)
        if abs(ca) < 1e-9 and abs(cb) < 1e-9:
            share = 0.5
        else:
            share = ca / (ca + cb) if abs(ca + cb) > 1e-9 else float(ca > 0)
            limited += not 0 <= share <= 1
            share = min(1.0, max(0.0, share))
        total += share * qa + (1 - share) * qb
        count += 1
    return total / count, limited / count


@pytest.mark.parametrize("trio", [TRIO, hard()], ids=["plain", "hard"])
def test_that_q_c_equals_its_definition(trio: Trio) -> None:
    expected, limited = literal_q_c(*trio)
    assert Q_C(*trio) == pytest.approx(expected, rel=1e-10)
    assert limited > 0.2 or trio is TRIO


def test_that_more_sources_share_by_the_covariances_of_the_sign_of_their_sum() -> None:
    fused, a, b = hard()
    third = generated(*fused.shape, seed=34).a
    total, signs = [], set()
    for f, *sources in boxes(fused, a, b, third):
        found = [index(s, f) for s in sources]
        whole = sum(c for _, c in found)
        kept = [c if c * whole > 0 else 0.0 for _, c in found]
        signs.add(np.sign(whole) if any(kept) else 0)
        shares = [c / sum(kept) for c in kept] if any(kept) else [1 / 3] * 3
        total.append(sum(share * q for share, (q, _) in zip(shares, found, strict=True)))
    assert signs == {-1, 0, 1}
    assert Q_C(fused, a, b, third) == pytest.approx(np.mean(total), rel=1e-10)


def test_that_covariances_that_cancel_leave_the_source_that_agrees() -> None:
    fused = TRIO.a[:12, :12].astype(float)
    assert fused.std() > 10
    against = 255 - fused
    assert Q_C(fused, fused, against) == pytest.approx(1.0, rel=1e-12)
    assert Q_C(fused, against, fused) == pytest.approx(1.0, rel=1e-12)


def test_that_flat_boxes_compare_by_brightness_and_count_the_sources_the_same() -> None:
    assert Q_C(FLAT, FLAT, FLAT) == 1.0
    assert Q_C(0 * FLAT, 0 * FLAT, 0 * FLAT) == 1.0
    alike = 2 * 120 * 60 / (120**2 + 60**2)
    assert Q_C(FLAT, FLAT, FLAT // 2) == pytest.approx((1 + alike) / 2)
    thirds = np.full((20, 20), 100 / 3)
    # Rounding must not decide.
    assert Q_C(thirds, thirds, thirds + 0.1) == pytest.approx(1.0, abs=1e-4)


def test_that_the_map_is_that_of_the_boxes_in_the_middle() -> None:
    found = Q_C.map(*TRIO)
    assert found.score() == Q_C(*TRIO)
    first = next(boxes(*TRIO))
    assert found.values[3, 3] == pytest.approx(literal_q_c(*first)[0])
    assert found.weights is not None
    assert found.weights.sum() == (27 - 7) * (34 - 7)
    assert not found.weights[:3].any()


def test_that_pictures_smaller_than_a_box_are_told() -> None:
    plane = np.zeros((7, 30))
    with pytest.raises(Undefined, match="does not fit"):
        Q_C(plane, plane, plane)


def test_that_it_equals_the_published_program() -> None:
    expected = gold_values()["Q_C", "yliu_8x8_gray8"]
    assert len(expected) == 7
    measured = {trio: Q_C(*gold_grey(trio)) for trio in expected}
    assert measured == pytest.approx(expected, abs=1e-10)
