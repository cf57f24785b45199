"""Metrics of gradients, frequencies and statistics, against loops over pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated

TRIO = generated(21, 26, seed=5)
COLOURS = generated(12, 15, seed=6, channels=3)
FLAT = np.full((21, 26), 120, np.uint8)


def at(plane, y, x, border):
    height, width = plane.shape
    if border == "mirror":
        y, x = (
            abs(y) if y < height else 2 * height - 2 - y,
            abs(x) if x < width else 2 * width - 2 - x,
        )
    if not (0 <= y < height and 0 <= x < width):
        return 0.0
    return float(plane[y, x])


def slopes(plane, y, x, border):
    weights = {-1: 1, 0: 2, 1: 1}
    across = down = 0.0
    for step, weight in weights.items():
        across += weight * (at(plane, y + step, x + 1, border) - at(plane, y + step, x - 1, border))
        down += weight * (at(plane, y + 1, x + step, border) - at(plane, y - 1, x + step, border))
    return across, down


def strong(value, gain, slope, centre):
    return gain / (1 + math.exp(slope * (value - centre)))


def literal_yliu(x, f):
    angles, lengths = [], []
    for across, down in (x, f):
        angles.append(math.atan(down / (across or 1e-5)))
        lengths.append(math.hypot(across, down) or 1e-5)
    ratio = min(lengths) / max(lengths)
    agree = 1 - abs(angles[0] - angles[1]) * 2 / math.pi
    return strong(ratio, 0.9994, -15, 0.5) * strong(agree, 0.9879, -22, 0.8), lengths[0]


def literal_zliu(x, f):
    angles, lengths = [], []
    for across, down in (x, f):
        angles.append(math.atan(down / (across or 1e-5)))
        lengths.append(math.hypot(across, down) or 1e-5)
    ratio = min(lengths) / max(lengths)
    agree = abs(abs(angles[0] - angles[1]) - math.pi / 2) * 2 / math.pi
    return strong(ratio, 1, -10, 0.5) * strong(agree, 1, -20, 0.75), lengths[0]


def literal_lft(x, f):
    # y upwards; an upright orientation is +pi / 2.
    angles = [math.pi / 2 if across == 0 else math.atan(-down / across) for across, down in (x, f)]
    own, other = math.hypot(*x), math.hypot(*f)
    ratio = other if own == other else min(own, other) / max(own, other)
    agree = 1 - abs(angles[0] - angles[1]) / (math.pi / 2)
    return strong(ratio, 0.9994, -15, 0.5) * strong(agree, 0.9879, -22, 0.8), own


def literal_shreyamsha(x, f):
    x, f = ((across / 8, down / 8) for across, down in (x, f))
    own, other = math.hypot(*x), math.hypot(*f)
    ratio = min(own, other) / max(own, other) if own and other else 0.0
    angles = []
    for across, down in (x, f):
        steep = math.copysign(math.pi / 2, across) if across else 0.0
        angles.append(math.atan(across / down) if down else steep)
    agree = abs(abs(angles[0] - angles[1]) - math.pi / 2) * 2 / math.pi
    kept = strong(ratio, 0.9999, -19, 0.5) * strong(agree, 0.9995, -22, 0.5)
    return math.sqrt(kept), own**1.5 if own >= 2 else 0.001


def literal_q_g(f, a, b, rule, border="zero", *, by_pixel=False):
    over = under = ratios = 0.0
    for y in range(f.shape[0]):
        for x in range(f.shape[1]):
            own = slopes(f, y, x, border)
            (qa, wa), (qb, wb) = (rule(slopes(s, y, x, border), own) for s in (a, b))
            over += qa * wa + qb * wb
            under += wa + wb
            ratios += (qa * wa + qb * wb) / (wa + wb) if by_pixel else 0.0
    return ratios / f.size if by_pixel else over / under


def test_that_each_published_q_g_equals_its_definition() -> None:
    expected = {
        "yliu": literal_q_g(*TRIO, literal_yliu),
        "zliu": literal_q_g(*TRIO, literal_zliu, by_pixel=True),
        "lft": literal_q_g(*TRIO, literal_lft),
        "shreyamsha": literal_q_g(*TRIO, literal_shreyamsha, "mirror"),
    }
    for variant, value in expected.items():
        assert METRICS["q-g"](*TRIO, variant=variant) == pytest.approx(value, rel=1e-12), variant
    assert METRICS["q-g"](*TRIO) == METRICS["q-g"](*TRIO, variant="yliu")
    assert len({round(value, 4) for value in expected.values()}) == 4


def haar(plane):
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    bands = np.zeros((4, height, width))
    for y in range(height):
        for x in range(width):
            p, q, r, s = plane[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].ravel()
            bands[:, y, x] = p + q + r + s, r + s - p - q, q + s - p - r, p + s - q - r
    return bands / 2


def literal_q_m(f, a, b):
    score = 1.0
    for power in (2 / 3, 1 / 3):
        f, a, b = map(haar, (f, a, b))
        over = under = 0.0
        for source in (a, b):
            for y in range(f.shape[1]):
                for x in range(f.shape[2]):
                    weight = sum(source[1:, y, x] ** 2)
                    kept = sum(math.exp(-abs(d)) for d in source[1:, y, x] - f[1:, y, x])
                    over, under = over + kept * weight, under + weight
        score *= (over / under) ** power
        f, a, b = f[0], a[0], b[0]
    return score


@pytest.mark.parametrize("size", [(21, 26), (20, 24), (23, 27)])
def test_that_q_m_equals_its_definition_at_odd_sizes_too(size: tuple[int, int]) -> None:
    trio = generated(*size, seed=7)
    assert METRICS["q-m"](*trio) == pytest.approx(literal_q_m(*trio.floats), rel=1e-12)


def test_that_the_haar_transform_is_orthonormal() -> None:
    plane = TRIO.a[:20].astype(float)
    assert (haar(plane) ** 2).sum() == pytest.approx((plane**2).sum())


def literal_q_sf(f, a, b):
    height, width = f.shape
    own = most = 0.0
    diagonal = math.sqrt(2) / 2
    for dy, dx, weight in ((0, 1, 1), (1, 0, 1), (1, 1, diagonal), (1, -1, diagonal)):
        for y in range(height - dy):
            for x in range(max(0, -dx), width - max(0, dx)):
                change = [p[y + dy, x + dx] - p[y, x] for p in (f, a, b)]
                own += weight * change[0] ** 2
                most += weight * max(abs(change[1]), abs(change[2])) ** 2
    return math.sqrt(own / f.size) / math.sqrt(most / f.size) - 1


def test_that_q_sf_equals_its_definition() -> None:
    assert METRICS["q-sf"](*TRIO) == pytest.approx(literal_q_sf(*TRIO.floats), rel=1e-10)


def literal_q_sf_of_colours(f, a, b):
    height, width, channels = f.shape
    own = most = 0.0

    def add(weight, change):
        nonlocal own, most
        own += weight * change[0] ** 2
        most += weight * max(abs(change[1]), abs(change[2])) ** 2

    for c in range(channels):
        for y in range(height):
            for x in range(width):
                if (c, x) != (channels - 1, width - 1):
                    add(1, [p[y, (x + 1) % width, c] - p[y, x, c] for p in (f, a, b)])
                if y + 1 < height:
                    add(1, [p[y + 1, x, c] - p[y, x, c] for p in (f, a, b)])
    beside = [np.concatenate([p[..., c] for c in range(channels)], axis=1) for p in (f, a, b)]
    for y in range(height - 1):
        for x in range(width * channels - 1):
            add(math.sqrt(0.5), [p[y + 1, x + 1] - p[y, x] for p in beside])
            add(math.sqrt(0.5), [p[y + 1, x] - p[y, x + 1] for p in beside])
    return math.sqrt(own) / math.sqrt(most) - 1


def test_that_q_sf_of_colours_runs_around_each_channel() -> None:
    expected = literal_q_sf_of_colours(*COLOURS.floats)
    assert METRICS["q-sf"](*COLOURS) == pytest.approx(expected, rel=1e-10)


def literal_gradients(values, beyond):
    """dx, dy of every value; `beyond` gives the neighbour past the border from the value."""
    height, width, channels = values.shape
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                here = values[y, x, c]
                right = values[y, x + 1, c] if x + 1 < width else beyond(here)
                below = values[y + 1, x, c] if y + 1 < height else beyond(here)
                yield right - here, below - here


def literal_statistics(picture):
    """By metric and variant, of a plane or of colours."""
    values = picture.reshape(*picture.shape[:2], -1).astype(float)
    flat = values.ravel().tolist()
    mean = sum(flat) / len(flat)
    to_zero = list(literal_gradients(values, lambda _value: 0.0))
    to_itself = list(literal_gradients(values, lambda value: value))
    fuzzy = [math.sin(math.pi / 2 * (1 - value / 255)) for value in flat]
    return {
        ("ag", "mfif-gan"): sum(math.hypot(*d) for d in to_zero) / len(flat) / 4,
        ("ag", "forward"): sum(math.hypot(*d) for d in to_itself) / math.sqrt(2) / len(flat),
        ("gld", None): sum(abs(dx) + abs(dy) for dx, dy in to_zero) / len(flat),
        ("lif", None): 2 * sum(min(p, 1 - p) for p in fuzzy) / len(flat),
        ("msd", None): math.sqrt(sum((value - mean) ** 2 for value in flat)) / len(flat),
    }


@pytest.mark.parametrize("picture", [TRIO.fused, COLOURS.fused], ids=["plane", "colours"])
def test_that_statistics_of_the_fused_picture_equal_their_definitions(picture) -> None:
    for (name, variant), value in literal_statistics(picture).items():
        measured = METRICS[name](picture, variant=variant)
        assert measured == pytest.approx(value, rel=1e-11), (name, variant)


def literal_central(plane):
    plane = plane.astype(float)
    height, width = plane.shape
    total = 0.0
    for y in range(height):
        for x in range(width):
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            above, below = max(y - 1, 0), min(y + 1, height - 1)
            dx = (plane[y, right] - plane[y, left]) / (right - left)
            dy = (plane[below, x] - plane[above, x]) / (below - above)
            total += math.sqrt((dx**2 + dy**2) / 2)
    return total / ((height - 1) * (width - 1))


def test_that_the_central_gradient_is_one_sided_at_the_border() -> None:
    assert METRICS["ag"](TRIO.fused) == pytest.approx(literal_central(TRIO.fused), rel=1e-12)


def literal_deviation_and_frequency(plane):
    """By metric and variant."""
    plane = plane.astype(float)
    height, width = plane.shape
    mean = plane.sum() / plane.size
    population = math.sqrt(sum((value - mean) ** 2 for value in plane.ravel()) / plane.size)
    columns = 0.0
    for x in range(width):
        middle = sum(plane[:, x]) / height
        columns += math.sqrt(sum((v - middle) ** 2 for v in plane[:, x]) / (height - 1)) / width
    row = [(plane[y, x + 1] - plane[y, x]) ** 2 for y in range(height) for x in range(width - 1)]
    column = [(plane[y + 1, x] - plane[y, x]) ** 2 for y in range(height - 1) for x in range(width)]
    frequency = math.sqrt(sum(row) / len(row) + sum(column) / len(column))
    return {
        ("sd", None): population,
        ("sd", "mff-gan"): population / 255,
        ("sd", "columns"): columns,
        ("sf", None): frequency,
        ("sf", "mff-gan"): frequency / 255,
        ("sf", "pixels"): math.sqrt((sum(row) + sum(column)) / plane.size),
    }


def test_that_deviation_and_frequency_equal_their_definitions() -> None:
    expected = literal_deviation_and_frequency(TRIO.fused)
    for (name, variant), value in expected.items():
        measured = METRICS[name](TRIO.fused, variant=variant)
        assert measured == pytest.approx(value, rel=1e-11), (name, variant)


def test_that_flat_sources_have_no_q_m_and_no_q_sf() -> None:
    with pytest.raises(Undefined, match="level 1"):
        METRICS["q-m"](TRIO.fused, FLAT, FLAT)
    with pytest.raises(Undefined, match="constant"):
        METRICS["q-sf"](TRIO.fused, FLAT, FLAT)
    # Detail that cancels in every block of 2 x 2.
    fine = np.indices((8, 8)).sum(axis=0) % 2 * 100.0
    with pytest.raises(Undefined, match="level 2"):
        METRICS["q-m"](fine, fine, fine)


def test_that_black_sources_have_no_q_g_only_where_nothing_stands_for_zero() -> None:
    black = np.zeros_like(FLAT)
    with pytest.raises(Undefined, match="no source has an edge"):
        METRICS["q-g"](TRIO.fused, black, black, variant="lft")
    assert METRICS["q-g"](black, black, black, variant="yliu") == pytest.approx(
        strong(1, 0.9994, -15, 0.5) * strong(1, 0.9879, -22, 0.8)
    )


def test_that_constant_pictures_have_no_gradient_inside() -> None:
    assert METRICS["ag"](FLAT) == METRICS["sd"](FLAT) == METRICS["sf"](FLAT) == 0.0
    assert METRICS["msd"](FLAT) == 0.0
    # 120 to 0 beyond the border, once in every row and column.
    assert METRICS["gld"](FLAT) == pytest.approx(120 * (21 + 26) / (21 * 26))


@pytest.mark.parametrize(
    ("name", "variant", "shape"),
    [
        ("q-m", None, (3, 9)),
        ("ag", "central", (1, 9)),
        ("sf", None, (9, 1)),
        ("sd", "columns", (1, 9)),
    ],
)
def test_that_pictures_of_too_few_pixels_are_told(name: str, variant: str, shape: tuple) -> None:
    plane = np.arange(np.prod(shape)).reshape(shape)
    with pytest.raises(Undefined, match="at least"):
        METRICS[name](plane, plane, plane, variant=variant)
