import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods import planes
from mfgui.methods.decide import boundary_finding
from mfgui.methods.decide.boundary_finding import (
    bf,
    boundary_lines,
    boundary_zone,
    decide,
    label_regions,
    soften,
)
from mfgui.methods.decide.boundary_measure import edge_strength, focus_measure
from mfgui.methods.decide.boundary_steps import OUTSIDE

ALONE = Compute()


def pair(height=140, width=150, *, seed=0, channels=1):
    """A sharp left and a sharp right half of one noisy picture, and the picture."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 256, (height, width, channels)).astype(np.float64)
    blurred = ndimage.gaussian_filter(truth, (3, 3, 0))
    left = (np.arange(width) < width // 2)[None, :, None]
    one, two = np.where(left, truth, blurred), np.where(left, blurred, truth)
    return [np.rint(source).astype(np.uint8) for source in (one, two)], truth


def octagon(reach, steps):
    """The pixels of a square with `steps` steps of both diagonals added, one by one."""
    half = reach - 2 * steps
    found = np.zeros((2 * reach + 1, 2 * reach + 1), bool)
    for y in range(-half, half + 1):
        for x in range(-half, half + 1):
            for a in range(-steps, steps + 1):
                for b in range(-steps, steps + 1):
                    found[reach + y + a + b, reach + x + a - b] = True
    return found


@pytest.mark.parametrize("shape", [(31, 27), (16, 16), (9, 40)])
def test_that_the_gradient_is_that_of_explicit_octagons(shape, monkeypatch):
    monkeypatch.setattr(planes, "TILE", 13)
    plane = np.random.default_rng(1).random(shape, dtype=np.float32)
    expected = np.zeros(shape)
    for i, (reach, steps) in enumerate([(2, 0), (4, 1), (6, 1), (8, 2), (10, 3)], start=1):
        inside = octagon(reach, steps)
        high = np.full(shape, -np.inf)
        low = np.full(shape, np.inf)
        for y, x in np.argwhere(inside) - reach:
            for row in range(max(0, -y), min(shape[0], shape[0] - y)):
                columns = slice(max(0, -x), max(0, min(shape[1], shape[1] - x)))
                other = plane[row + y, max(0, x) : max(0, x) + columns.stop - columns.start]
                part = slice(columns.start, columns.start + len(other))
                high[row, part] = np.maximum(high[row, part], other)
                low[row, part] = np.minimum(low[row, part], other)
        expected += 255 * (high - low) / (2 * i + 1)
    assert np.allclose(focus_measure(plane, compute=ALONE), expected, rtol=1e-5, atol=1e-3)


def test_that_the_zone_is_where_windows_disagree():
    rng = np.random.default_rng(2)
    height, width = 40, 47
    lean = np.where(np.arange(width) < 20, 2.0, -2.0)
    gap = (rng.normal(0, 1.5, (height, width)) + lean).astype(np.float32)
    wide = np.pad(gap.astype(np.float64), 3)
    homogeneous = np.zeros(gap.shape, bool)
    for y in range(height):
        for x in range(width):
            window = wide[y : y + 7, x : x + 7]
            total = abs(window.sum())
            homogeneous[y, x] = total >= 0.8 * np.abs(window).sum() and total >= 49
    names, count = ndimage.label(homogeneous)
    for name in range(1, count + 1):
        if (names == name).sum() < gap.size / 40:
            homogeneous[names == name] = False
    zone = boundary_zone(gap, compute=ALONE)
    assert np.array_equal(zone, ~homogeneous)
    assert 0.02 < zone.mean() < 0.9


def test_that_lines_are_thin_reach_the_border_and_are_long():
    zone = np.zeros((60, 80), bool)
    zone[:, 38:43] = True  # from border to border
    zone[10:12, 5:9] = True
    zone[40:43, 60:70] = True
    lines = boundary_lines(zone, compute=ALONE)
    assert (lines.sum(axis=1) == 1).all()
    assert not lines[:, :38].any()
    assert not lines[:, 43:].any()


def test_that_regions_take_the_larger_total_and_small_ones_stay_open():
    lines = np.zeros((40, 40), bool)
    lines[:, 20] = True
    lines[30, :20] = True
    lines[35, :20] = True
    gap = np.full((40, 40), -1.0, np.float32)
    gap[:30, :20] = np.where(np.arange(20) < 2, 100.0, -1.0)  # few large values win
    regions = label_regions(lines, gap, compute=ALONE)
    assert (regions[:30, :20] == 1).all()
    assert (regions[:, 21:] == 2).all()
    assert (regions[36:, :20] == 2).all()
    assert (regions[31:35, :20] == 2).all()
    assert (regions[lines] == 0).all()
    lines[38, :20] = True
    assert (label_regions(lines, gap, compute=ALONE)[39, :20] == 0).all()  # 20 of 1600 pixels


def test_that_weights_rise_in_sixths_across_a_line():
    regions = np.where(np.arange(15) < 7, 1, 2) * np.ones((9, 1), int)
    regions[:, 7] = 0
    expected = np.clip(0.5 - (np.arange(15) - 7) / 6, 0, 1)
    assert np.allclose(soften(regions.astype(np.int32), compute=ALONE), expected[None], atol=1e-6)


def test_that_edges_are_those_of_prewitt():
    plane = np.random.default_rng(3).random((17, 23)).astype(np.float32)
    across = ndimage.prewitt(plane.astype(np.float64), axis=1, mode="nearest")
    down = ndimage.prewitt(plane.astype(np.float64), axis=0, mode="nearest")
    assert np.allclose(
        edge_strength(plane, compute=ALONE)[1:-1, 1:-1], np.hypot(across, down), atol=1e-5
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_that_each_half_is_taken_from_its_source(channels):
    images, truth = pair(channels=channels)
    decision = bf(images, compute=ALONE)
    expected = np.where(np.arange(150) < 75, 1, 2)
    assert decision.labels.dtype == np.uint8
    assert np.mean(decision.labels == expected) > 0.97
    fused = decision.fuse()
    assert fused.dtype == np.float32
    kept = np.abs(np.arange(150) - 75) > 15
    assert np.abs(255 * fused - truth)[:, kept].max() < 0.01
    assert decision.soft.min() == 0
    assert decision.soft.max() == 1


def test_that_more_than_two_sources_are_fused_in_turn():
    images, truth = pair()
    blurred = ndimage.gaussian_filter(truth, (4, 4, 0)).astype(np.uint8)
    decision = bf([blurred, *images], compute=ALONE)
    assert np.mean(decision.labels == np.where(np.arange(150) < 75, 2, 3)) > 0.9
    assert decision.soft is None


def test_that_the_order_of_the_sources_is_nothing():
    images, _ = pair(seed=5)
    one, other = (bf(order, compute=ALONE) for order in (images, images[::-1]))
    assert np.allclose(one.soft, 1 - other.soft, atol=1e-6)
    assert np.allclose(one.fuse(), other.fuse(), atol=1e-6)
    assert np.mean(one.labels == other.labels) < 1e-3


def test_that_identical_sources_come_back():
    image = pair(channels=3)[0][0]
    assert np.array_equal(bf([image, image], compute=ALONE).fuse(), image / np.float32(255))


@pytest.mark.parametrize("shape", [(16, 16), (17, 31), (61, 47)])
def test_that_small_and_odd_pictures_are_taken(shape):
    rng = np.random.default_rng(6)
    images = [rng.integers(0, 256, (*shape, 3)).astype(np.uint8) for _ in range(2)]
    decision = bf(images, compute=ALONE)
    assert set(np.unique(decision.labels)) <= {1, 2}
    assert np.isfinite(decision.fuse()).all()


def test_that_depth_channels_tiles_and_threads_change_nothing(monkeypatch):
    images, _ = pair(seed=7)
    whole = bf(images, compute=ALONE)
    deep = bf([image.astype(np.uint16) * 257 for image in images], compute=ALONE)
    colour = bf([np.repeat(image, 3, axis=2) for image in images], compute=ALONE)
    monkeypatch.setattr(planes, "TILE", 50)
    monkeypatch.setattr(boundary_finding, "_SIDE", 19)
    tiled = bf(images, compute=Compute(threads=3))
    assert np.mean(deep.labels != whole.labels) < 1e-3
    assert np.mean(colour.labels != whole.labels) < 1e-3
    assert np.array_equal(tiled.soft, whole.soft)


def test_that_flat_pictures_have_no_boundary():
    planes_of = [np.full((50, 60), value, np.float32) for value in (0.25, 0.75)]
    assert len(np.unique(decide(*planes_of, compute=ALONE)[0])) == 1


def test_that_a_stop_is_heard_at_every_stage():
    images, _ = pair()
    heard = []
    bf(images, compute=Compute(checkpoint=lambda: heard.append(0))).fuse()

    for last in range(len(heard)):
        left = iter(range(last))

        def checkpoint(left=left):
            if next(left, None) is None:
                raise StopRequested

        with pytest.raises(StopRequested):
            bf(images, compute=Compute(checkpoint=checkpoint)).fuse()
    assert len(heard) >= 8


def test_that_the_sharper_of_two_floods_is_kept(monkeypatch):
    rng = np.random.default_rng(8)
    truth = rng.random((140, 150)).astype(np.float32)
    flat = np.full_like(truth, 0.5)
    wrong = np.where(np.arange(150) < 75, 2, 1) * np.ones((140, 1), np.int32)
    one, two = np.where(wrong == 2, truth, flat), np.where(wrong == 2, flat, truth)
    for turn in (0, 1):
        offers = [wrong, 3 - wrong][:: 1 if turn else -1]
        left = iter(offers)
        monkeypatch.setattr(boundary_finding, "_flooded", lambda *_, left=left: next(left))
        weight, _ = decide(one, two, compute=ALONE)
        assert weight[70, 10] == 1
        assert weight[70, 140] == 0


def test_that_markers_lie_deep_in_regions(monkeypatch):
    monkeypatch.setattr(boundary_finding, "_SIDE", 16)
    rng = np.random.default_rng(11)
    rows, columns = np.indices((130, 140))
    regions = np.where(columns < 70, 1, 2)
    regions[np.abs(columns - 70 - 9 * np.sin(rows / 9)) < 2] = 0
    regions[columns < 60] = 1
    regions[columns > 80] = 2
    regions[rng.integers(0, 130, 6), rng.integers(0, 140, 6)] = 0
    regions[regions != np.where(columns < 70 + 9 * np.sin(rows / 9), 1, 2)] = 0
    state, present = boundary_finding._markers(regions.astype(np.uint8), ALONE)
    expected = np.zeros_like(regions)
    for label in (1, 2):
        expected[ndimage.distance_transform_edt(regions == label) > 20] = label
    assert present == {1, 2}
    assert 0.2 < np.mean(expected > 0) < 0.8
    assert np.array_equal(state[1:-1, 1:-1], expected)
    state[1:-1, 1:-1] = OUTSIDE
    assert (state == OUTSIDE).all()


def test_that_sharpness_is_compared_where_two_floods_differ(monkeypatch):
    monkeypatch.setattr(boundary_finding, "_SIDE", 5)
    rng = np.random.default_rng(10)
    for _ in range(8):
        one, two = rng.random((2, 40, 51), dtype=np.float32)
        regions = rng.integers(0, 3, (40, 51))
        other = regions.copy()
        y, x = rng.integers(0, 40), rng.integers(0, 51)
        other[y : y + 2, x : x + 2] = rng.integers(0, 3)
        sums = []
        for labels in (regions, other):
            composite = np.choose(labels, [0.5 * (one + two), one, two])
            sums.append(focus_measure(composite, compute=ALONE).sum(dtype=np.float64))
        gain = boundary_finding._gain(one, two, regions, other, ALONE)
        assert gain == pytest.approx(sums[1] - sums[0], abs=0.1)
        assert boundary_finding._gain(one, two, other, other, ALONE) == 0


def test_that_channels_may_have_maps_of_their_own():
    images, _ = pair(channels=3, seed=9)
    crossed = [np.dstack([images[c == 1][:, :, c] for c in range(3)])]
    crossed += [np.dstack([images[c != 1][:, :, c] for c in range(3)])]
    decision = bf(crossed, compute=ALONE, per_channel=True)
    fused = decision.fuse()
    for c in range(3):
        alone = bf([source[:, :, c : c + 1] for source in crossed], compute=ALONE)
        assert np.array_equal(fused[:, :, c : c + 1], alone.fuse())
    assert np.mean(decision.labels == np.where(np.arange(150) < 75, 1, 2)) > 0.95
