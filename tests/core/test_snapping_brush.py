"""Snap and the smart brush: what of a footprint and what beyond a stroke lies before the edge."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mfgui.core.arrays import BoolMask, ImageF32, Rect, Size
from mfgui.core.snapping import (
    Guide,
    GuideKind,
    LuminanceGuide,
    SharpnessGuide,
    grow,
    live_wire,
    side_at,
    snapped,
)
from mfgui.core.snapping.sides import kept
from tests.core.pairs import disc, focused


@dataclass
class Drawn:
    """A guide that is given."""

    values: ImageF32
    kind: GuideKind = GuideKind.LUMINANCE
    size: Size = field(init=False)

    def __post_init__(self) -> None:
        self.size = Size(self.values.shape[1], self.values.shape[0])

    def read(self, rect: Rect) -> ImageF32:
        inside = rect.intersected(Rect(0, 0, self.size.width, self.size.height))
        assert inside == rect
        return self.values[rect.slices]

    def ready(self, _rect: Rect) -> bool:
        return True


def step(width: int = 200, height: int = 160, *, edge: int = 100, noise: float = 0.0) -> Drawn:
    rng = np.random.default_rng(0)
    values = np.where(np.arange(width)[None, :] < edge, 0.2, 0.7) + np.zeros((height, 1))
    return Drawn((values + noise * rng.standard_normal(values.shape)).astype(np.float32))


def dab(guide: Guide, x: float, y: float, diameter: int) -> tuple[Rect, BoolMask]:
    whole = Rect(0, 0, guide.size.width, guide.size.height)
    reach = diameter // 2 + 1
    rect = Rect(int(x), int(y), 1, 1).grown(reach).intersected(whole)
    full = disc(guide.size.width, guide.size.height, centre=(x, y), radius=diameter / 2)
    return rect, full[rect.slices]


def test_strength_0_is_an_ordinary_brush() -> None:
    guide = step()
    rect, mask = dab(guide, 95, 80, 64)
    assert snapped(guide, rect, mask, (95, 80), strength=0) is mask


@pytest.mark.parametrize("strength", [10, 50, 80, 100])
@pytest.mark.parametrize("x", [90.5, 98.5, 101.5, 112.5])
def test_an_ideal_edge_is_followed(strength: int, x: float) -> None:
    guide = step()
    rect, mask = dab(guide, x, 80, 48)
    left = snapped(guide, rect, mask, (x, 80), strength=strength)
    columns = np.arange(rect.x, rect.right)[None, :]
    np.testing.assert_array_equal(left, mask & ((columns < 100) == (x < 100)))


def test_a_weak_edge_counts_for_a_high_strength_only() -> None:
    values = np.where(np.arange(200)[None, :] < 100, 0.2, 0.3) + np.zeros((160, 1))
    guide = Drawn(values.astype(np.float32))
    rect, mask = dab(guide, 95, 80, 48)
    np.testing.assert_array_equal(snapped(guide, rect, mask, (95, 80), strength=10), mask)
    cut = snapped(guide, rect, mask, (95, 80), strength=100)
    np.testing.assert_array_equal(cut, mask & (np.arange(rect.x, rect.right)[None, :] < 100))


@pytest.mark.parametrize("strength", [80, 100])
def test_noise_nibbles_at_nothing(strength: int) -> None:
    """Flat pictures with the noise of a camera at 8 bits: the whole footprint stays."""
    rng = np.random.default_rng(1)
    frames = [
        np.clip(128 + 2 * rng.standard_normal((300, 400, 3)), 0, 255).astype(np.uint8)
        for _ in range(2)
    ]
    for guide in (SharpnessGuide(frames), LuminanceGuide(frames[0])):
        for x, y, diameter in ((60, 60, 24), (200, 150, 256), (330, 90, 128), (3, 3, 40)):
            rect, mask = dab(guide, x, y, diameter)
            left = snapped(guide, rect, mask, (x, y), strength=strength)
            assert float(left.sum()) >= 0.995 * mask.sum(), (guide.kind, diameter)


@pytest.mark.parametrize("near", [True, False])
def test_snap_follows_a_defocused_object(near: bool) -> None:
    """On either side of its edge, with a brush that overlaps it by half."""
    frames = focused([disc(400, 300, centre=(200, 150), radius=80)], seed=7)
    truth = disc(400, 300, centre=(200, 150), radius=80)
    guide = SharpnessGuide(frames)
    wrong = painted = 0
    for angle in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        away = 74 if near else 86
        x, y = 200 + away * np.cos(angle), 150 + away * np.sin(angle)
        rect, mask = dab(guide, x, y, 24)
        left = snapped(guide, rect, mask, (x, y), strength=100)
        assert not (left & ~mask).any()
        wrong += int((left & (truth[rect.slices] != near)).sum())
        painted += int((left & (truth[rect.slices] == near)).sum())
    assert wrong < 0.05 * painted
    assert painted > 24 * 0.5 * np.pi * 12**2


def test_the_side_of_a_stroke_is_held_within_one_diameter() -> None:
    guide = step()
    first = side_at(guide, (90.5, 80.5), diameter=24)
    strayed = side_at(guide, (106.5, 80.5), diameter=24, held=first)
    assert strayed == first
    rect, mask = dab(guide, 106.5, 80.5, 24)
    left = snapped(guide, rect, mask, (106.5, 80.5), strength=100, side=strayed)
    columns = np.arange(rect.x, rect.right)[None, :]
    np.testing.assert_array_equal(left, mask & (columns < 100))
    beyond = side_at(guide, (118.5, 80.5), diameter=24, held=first)
    assert beyond == first
    rect, mask = dab(guide, 118.5, 80.5, 24)
    assert not snapped(guide, rect, mask, (118.5, 80.5), strength=100, side=beyond).any()
    gone = side_at(guide, (130.5, 80.5), diameter=24, held=first)
    assert gone == pytest.approx(0.7)
    assert side_at(guide, (-50, -50), diameter=24, held=first) == first
    assert side_at(guide, (-50, -50), diameter=24) is None


def test_only_the_piece_around_the_centre_stays() -> None:
    """The same side goes on behind a bar, but not to the brush."""
    values = np.full((80, 120), 0.2, np.float32)
    values[:, 60:70] = 0.8
    guide = Drawn(values)
    rect, mask = dab(guide, 50, 40, 50)
    left = snapped(guide, rect, mask, (50, 40), strength=100)
    columns = np.arange(rect.x, rect.right)[None, :]
    np.testing.assert_array_equal(left, mask & (columns < 60))


@pytest.mark.parametrize("centre", [(0, 0), (199.5, 159.5), (-6, 80), (203, 20), (100, 163)])
def test_brush_over_the_border_of_the_picture(centre: tuple[float, float]) -> None:
    guide = step()
    rect, mask = dab(guide, *centre, 30)
    left = snapped(guide, rect, mask, centre, strength=100)
    assert left.shape == mask.shape
    assert left.any()
    assert not (left & ~mask).any()


def test_a_part_is_cut_to_the_edge_or_not_at_all() -> None:
    sure = np.float32([[0.5, -0.1, -0.4, -0.1, 0.4, -0.15, 0.3]])
    mask = np.ones((1, 7), np.bool_)
    expected = [[True, False, False, False, True, True, True]]
    np.testing.assert_array_equal(kept(sure, mask, percent=50), expected)
    np.testing.assert_array_equal(kept(sure, mask, percent=0), mask)


def test_a_stroke_grows_to_the_edge_and_stops() -> None:
    frames = focused([disc(400, 300, centre=(200, 150), radius=80)], seed=8)
    truth = disc(400, 300, centre=(200, 150), radius=80)
    guide = SharpnessGuide(frames)
    rect, mask = dab(guide, 190, 160, 30)
    grown, region = grow(guide, rect, mask, reach=120, sensitivity=50)
    painted = np.zeros_like(truth)
    painted[grown.slices] = region
    assert float((painted & truth).sum() / (painted | truth).sum()) > 0.97
    near, inner = grow(guide, rect, mask, reach=20, sensitivity=50)
    y, x = np.nonzero(inner)
    away = np.hypot(x + near.x + 0.5 - 190, y + near.y + 0.5 - 160)
    assert away.max() <= 15 + 20 + 1
    assert inner.sum() == pytest.approx(np.pi * 35**2, rel=0.03)


def test_the_stroke_always_belongs_to_the_region() -> None:
    guide = step()
    mask = np.zeros((20, 120), np.bool_)
    mask[8:12, 2:118] = True  # two thirds of it before the edge
    rect, region = grow(guide, Rect(20, 60, 120, 20), mask, reach=15, sensitivity=50)
    assert rect == Rect(5, 45, 150, 50)
    inner = region[15:35, 15:135]
    assert (inner | ~mask).all()
    assert not region[:22, 96:].any()
    assert region[20, 40:90].all()


def test_nothing_grows_without_reach_or_stroke() -> None:
    guide = step()
    mask = np.ones((4, 5), np.bool_)
    rect = Rect(10, 10, 5, 4)
    assert grow(guide, rect, mask, reach=0, sensitivity=50) == (rect, mask)
    empty = np.zeros((4, 5), np.bool_)
    assert grow(guide, rect, empty, reach=9, sensitivity=50)[1] is empty


def test_large_regions_are_grown_coarsely_and_end_at_the_edge() -> None:
    guide = step(2600, 300, edge=1301)
    mask = np.ones((20, 900), np.bool_)
    rect, region = grow(guide, Rect(101, 150, 900, 20), mask, reach=700, sensitivity=50)
    assert rect == Rect(0, 0, 1701, 300)
    ends = region.shape[1] - np.argmax(region[:, ::-1], axis=1)
    assert np.abs(ends[160] - 1301) <= 2


def test_large_regions_reach_no_farther_than_asked() -> None:
    flat = Drawn(np.full((1500, 2400), 0.4, np.float32))
    mask = np.ones((10, 10), np.bool_)
    rect, region = grow(flat, Rect(1203, 701, 10, 10), mask, reach=601, sensitivity=50)
    y, x = np.nonzero(region)
    away = np.hypot(x + rect.x - 1207.5, y + rect.y - 705.5)
    assert away.max() <= 601 + 12
    assert region.sum() == pytest.approx(np.pi * 606**2, rel=0.02)


def test_an_unknown_place_is_crossed_and_not_nibbled() -> None:
    """Where neither source shows anything the region goes on: there is no edge."""
    frames = focused([disc(400, 300, centre=(200, 150), radius=90)], seed=9)
    for pixels in frames:
        pixels[130:160, 190:220] = 90
    guide = SharpnessGuide(frames)
    rect, mask = dab(guide, 160, 150, 30)
    grown, region = grow(guide, rect, mask, reach=120, sensitivity=30)
    hole = region[138 - grown.y : 152 - grown.y, 198 - grown.x : 212 - grown.x]
    assert float(hole.mean()) > 0.9


def test_live_wire_follows_an_arc() -> None:
    values = cv2.GaussianBlur(
        disc(200, 200, centre=(100, 100), radius=60).astype(np.float32), (0, 0), 1.0
    )
    path = live_wire(Drawn(values), (160.0, 100.0), (100.0, 160.0))
    assert path[0] == (160.0, 100.0)
    assert path[-1] == (100.0, 160.0)
    away = np.abs(np.hypot(*(np.asarray(path) - 100).T) - 60)
    assert len(path) > 40
    assert float(np.max(away)) < 3.5
    assert float(np.mean(away)) < 1.2


def test_live_wire_is_straight_where_there_is_no_edge() -> None:
    flat: npt.NDArray[np.float32] = np.full((50, 60), 0.4, np.float32)
    ends = (3.5, 4.5), (50.0, 40.0)
    assert live_wire(Drawn(flat), *ends) == ends
    assert live_wire(Drawn(flat[:2, :2]), (0.5, 0.5), (1.5, 1.5)) == ((0.5, 0.5), (1.5, 1.5))


def test_live_wire_over_a_long_way_and_outside() -> None:
    guide = step(300, 1500, edge=150)
    path = live_wire(guide, (150.0, 5.0), (150.0, 1490.0))
    away = np.abs(np.asarray(path)[:, 0] - 150)
    assert float(away.max()) < 8
    beyond = live_wire(guide, (150.0, -9.0), (150.0, 80.0))
    assert beyond[0] == (150.0, -9.0)
    assert beyond[-1] == (150.0, 80.0)


def test_one_pixel_of_a_stroke_is_not_lost_in_the_reduction() -> None:
    """Blocks, not samples: a thin stroke between the samples grows too."""
    flat = Drawn(np.full((1500, 2400), 0.4, np.float32))
    mask = np.ones((1, 1), np.bool_)
    for x, y in ((1201, 701), (1202, 702), (1203, 703)):
        rect, region = grow(flat, Rect(x, y, 1, 1), mask, reach=601, sensitivity=50)
        rows, columns = np.nonzero(region)
        middle = (
            (columns.min() + columns.max()) / 2 + rect.x,
            (rows.min() + rows.max()) / 2 + rect.y,
        )
        assert middle == pytest.approx((x, y), abs=2)
