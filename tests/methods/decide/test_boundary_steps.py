import numpy as np
import pytest
from scipy import ndimage
from skimage.morphology import skeletonize
from skimage.segmentation import watershed

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide import boundary_steps
from mfgui.methods.decide.boundary_steps import OUTSIDE, find_regions, flood, thinned

ALONE = Compute()
SQUARE = np.ones((3, 3), bool)


@pytest.fixture(params=[1 << 17, 64])
def _parts(request, monkeypatch):
    """All at once, and in many parts."""
    monkeypatch.setattr(boundary_steps, "PART", request.param)


def blobs(rng, *, blur):
    noise = ndimage.gaussian_filter(rng.normal(size=rng.integers(1, 90, 2)), blur)
    return noise > 0.1 * rng.normal() * noise.std()


def scene(rng, *, levels, distinct):
    """Values, and separate markers of 1 and 2 in them."""
    shape = rng.integers(8, 60, 2)
    values = ndimage.gaussian_filter(rng.random(shape), rng.choice([0, 1, 2]))
    values = (values - values.min()) / np.ptp(values)
    if levels:
        values = np.rint(values * levels)
    markers = np.zeros(shape, np.uint8)
    for label in rng.integers(1, 3, rng.integers(2, 9)):
        y, x = rng.integers(0, shape)
        place = np.zeros(shape, bool)
        place[y : y + rng.integers(1, 5), x : x + rng.integers(1, 5)] = True
        if not (markers[ndimage.binary_dilation(place, SQUARE)] == 3 - label).any():
            markers[place] = label
    if distinct:
        at = markers > 0
        values[at] = rng.permutation(at.sum()) * (1.3 * values.max() / at.sum())
    return values.astype(np.float32), markers


def flooded(values, markers, compute=ALONE):
    state = np.pad(markers, 1, constant_values=OUTSIDE)
    return flood(np.pad(values, 1), state, compute=compute)


def slowly_flooded(values, markers):
    """What `flood` says it does, with one list that is searched for the next pixel."""
    found = np.pad(markers.astype(int), 1)
    usual = np.pad(np.ones(values.shape, bool), 1)  # neither outside nor a line
    waiting = [(values[y, x], i, y + 1, x + 1) for i, (y, x) in enumerate(np.argwhere(markers))]
    label_of = {(y, x): found[y, x] for _, _, y, x in waiting}
    age = len(waiting)
    offsets = [(-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)]
    while waiting:
        level, _, y, x = waiting.pop(waiting.index(min(waiting)))
        around = [(y + dy, x + dx) for dy, dx in offsets if usual[y + dy, x + dx]]
        if {found[near] for near in around} <= {0, label_of[y, x]}:
            found[y, x] = label_of[y, x]
        else:
            usual[y, x] = False
        for near in around:
            if near not in label_of:
                label_of[near] = label_of[y, x]
                value = values[near[0] - 1, near[1] - 1]
                waiting.append((max(level, value), age, *near))
                age += 1
    return found[1:-1, 1:-1]


@pytest.mark.usefixtures("_parts")
@pytest.mark.parametrize("blur", [0, 0.5, 1, 2, 4])
def test_that_lines_are_those_of_scikit_image(blur):
    rng = np.random.default_rng(int(10 * blur))
    for _ in range(25):
        mask = blobs(rng, blur=blur)
        assert np.array_equal(thinned(mask, compute=ALONE), skeletonize(mask))


def test_that_borders_are_repeated_before_thinning():
    rng = np.random.default_rng(6)
    for _ in range(10):
        mask = blobs(rng, blur=2)
        expected = skeletonize(np.pad(mask, 7, mode="edge"))[7:-7, 7:-7]
        assert np.array_equal(thinned(mask, margin=7, compute=ALONE), expected)


@pytest.mark.parametrize("code", range(0, 256, 15))
def test_that_every_neighbourhood_is_thinned_alike(code):
    around = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    for other in range(256):
        mask = np.zeros((5, 6), bool)
        for part, centre in ((code, (1, 1)), (other, (1, 2))):
            for bit, (y, x) in enumerate(around):
                mask[centre[0] + y, centre[1] + x - 1] |= bool(part >> bit & 1)
            mask[centre[0] + 1, centre[1]] = True
        assert np.array_equal(thinned(mask, compute=ALONE), skeletonize(mask))


@pytest.mark.usefixtures("_parts")
@pytest.mark.parametrize("levels", [0, 2, 5, 40])
def test_that_floods_are_those_of_scikit_image(levels):
    """All ties but those of markers, which scikit-image takes in no order of its own."""
    rng = np.random.default_rng(levels)
    lines = 0
    for _ in range(25):
        values, markers = scene(rng, levels=levels, distinct=True)
        assert len(np.unique(values[markers > 0])) == np.sum(markers > 0)
        expected = watershed(values, markers.astype(np.int32), connectivity=2, watershed_line=True)
        assert np.array_equal(flooded(values, markers), expected)
        lines += (expected == 0).sum()
    assert lines > 100


@pytest.mark.usefixtures("_parts")
@pytest.mark.parametrize("levels", [0, 1, 3])
def test_that_ties_of_markers_go_row_by_row(levels):
    rng = np.random.default_rng(50 + levels)
    for _ in range(12):
        values, markers = scene(rng, levels=levels, distinct=False)
        assert np.array_equal(flooded(values, markers), slowly_flooded(values, markers))


@pytest.mark.usefixtures("_parts")
@pytest.mark.parametrize("corners", [False, True])
def test_that_regions_are_those_of_scipy(corners):
    rng = np.random.default_rng(3)
    for blur in (0, 0.5, 1, 2) * 5:
        mask = blobs(rng, blur=blur)
        names, count = ndimage.label(mask, SQUARE if corners else None)
        plane = rng.normal(size=mask.shape).astype(np.float32)
        found = find_regions(mask, corners=corners, compute=ALONE)
        first = found.areas > 0
        sizes, totals = (np.bincount(names.ravel(), w)[1:] for w in (None, plane.ravel()))
        assert np.array_equal(np.sort(found.areas[first]), np.sort(sizes))
        assert np.array_equal(np.sort(found.totals(plane, compute=ALONE)[first]), np.sort(totals))
        chosen = rng.random(len(first)) < 0.5
        painted = np.zeros(mask.shape, bool)
        found.paint(painted, chosen, compute=ALONE)
        assert not painted[~mask].any()
        shares = ndimage.mean(painted, names, range(1, count + 1)) if count else []
        assert set(shares) <= {0, 1}
        assert painted.sum() == found.areas[first & chosen].sum()


def test_that_stops_are_heard_within_each_step(monkeypatch):
    monkeypatch.setattr(boundary_steps, "PART", 256)
    monkeypatch.setattr(boundary_steps, "_LEAST", 16)
    rng = np.random.default_rng(4)
    values, markers = np.zeros((70, 90), np.float32), np.zeros((70, 90), np.uint8)
    values[:] = rng.random(values.shape)
    markers[3, 3], markers[60, 80] = 1, 2
    steps = [
        (lambda compute: thinned(values > 0.05, compute=compute), 40),
        (lambda compute: thinned(np.ones((300, 300), bool), compute=compute), 600),
        (lambda compute: flooded(values, markers, compute), 48),
        (lambda compute: find_regions(values > 0.5, corners=True, compute=compute), 5),
    ]
    for step, least in steps:
        heard = []
        step(Compute(checkpoint=lambda heard=heard: heard.append(0)))
        assert len(heard) >= least
        left = iter(range(len(heard) // 2))

        def checkpoint(left=left):
            if next(left, None) is None:
                raise StopRequested

        with pytest.raises(StopRequested):
            step(Compute(checkpoint=checkpoint))
