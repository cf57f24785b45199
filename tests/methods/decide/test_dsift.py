import cv2
import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide import dense_descriptors as descriptors
from mfgui.methods.decide import dsift as module
from mfgui.methods.decide.areas import without_small_areas
from mfgui.methods.decide.dsift import dsift, spatial_frequency


def literal_gradients(plane):
    place = np.arange(-3, 4)
    smooth = np.exp(-(place**2) / 2.0)
    smooth /= smooth.sum()
    slope = place * smooth / np.sum(place**2 * smooth)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(plane, 3, mode="edge"), (7, 7))
    return (around * np.outer(smooth, slope)).sum((2, 3)), (around * np.outer(slope, smooth)).sum(
        (2, 3)
    )


def literal_descriptor(x_slope, y_slope, row, column):
    """Histograms of 4 x 4 cells, gradient by gradient."""
    cells = np.zeros((4, 4, 8))
    size, angle = np.hypot(x_slope, y_slope), np.arctan2(y_slope, x_slope)
    share = np.maximum(np.cos(angle[..., None] - np.arange(8) * np.pi / 4), 0) ** 9
    share *= size[..., None]
    ys, xs = np.arange(size.shape[0]), np.arange(size.shape[1])
    for i, j in np.ndindex(4, 4):
        near_y = np.maximum(1 - np.abs(ys - row - (6 * i - 9)) / 6, 0)
        near_x = np.maximum(1 - np.abs(xs - column - (6 * j - 9)) / 6, 0)
        cells[i, j] = np.einsum("y,x,yxk->k", near_y, near_x, share)
    return cells.ravel()


@pytest.fixture(scope="module")
def small():
    """Two pictures of 21 x 26 px, with their slopes and all descriptors written out."""
    rng = np.random.default_rng(2)
    sharp = cv2.GaussianBlur(rng.random((21, 26)), (0, 0), 0.8)
    planes = [sharp, cv2.GaussianBlur(sharp, (0, 0), 1.2)]
    planes[1][:, 16:], planes[0][:, 16:] = planes[0][:, 16:].copy(), planes[1][:, 16:].copy()
    planes = [plane.astype(np.float32) for plane in planes]
    slopes = [literal_gradients(plane.astype(np.float64)) for plane in planes]
    full = [
        np.array([[literal_descriptor(*s, y, x) for x in range(26)] for y in range(21)])
        for s in slopes
    ]
    return planes, slopes, full


def literal_matches(own, other, radius, row, column):
    """Products of the normalised descriptor of a pixel with all in the window of the other."""
    height, width, _ = own.shape
    products = np.full((2 * radius + 1, 2 * radius + 1), -np.inf)
    for dy, dx in np.ndindex(products.shape):
        y, x = row + dy - radius, column + dx - radius
        if 0 <= y < height and 0 <= x < width:
            a, b = own[row, column], other[y, x]
            products[dy, dx] = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return products


def literal_frequency(plane, radius):
    squares = np.zeros(plane.shape)
    for y, x in np.ndindex(plane.shape):
        if x > 0:
            squares[y, x] += (plane[y, x] - plane[y, x - 1]) ** 2
        if y > 0:
            squares[y, x] += (plane[y, x] - plane[y - 1, x]) ** 2
    padded = np.pad(squares, radius)
    side = 2 * radius + 1
    return np.lib.stride_tricks.sliding_window_view(padded, (side, side)).sum((2, 3))


def test_that_activity_is_the_sum_of_the_written_out_descriptor(small):
    planes, slopes, full = small
    for plane, literal, expected in zip(planes, slopes, full, strict=True):
        found = descriptors.gradients(plane)
        assert np.allclose(found.x, literal[0], atol=1e-6)
        assert np.allclose(found.y, literal[1], atol=1e-6)
        assert np.allclose(descriptors.activity(found), expected.sum(axis=2), rtol=2e-5)


def test_that_cells_are_those_of_the_written_out_descriptor(small):
    planes, _, full = small
    cells = descriptors.orientations(descriptors.gradients(planes[0]))
    for y, x in ((10, 12), (0, 25)):
        around = cells[:, y : y + 19 : 6, x : x + 19 : 6]
        assert np.allclose(around.transpose(1, 2, 0).ravel(), full[0][y, x], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("radius", [1, 3])
def test_that_matches_have_the_nearest_of_the_written_out_descriptors(small, radius):
    planes, _, full = small
    cells = [descriptors.orientations(descriptors.gradients(plane)) for plane in planes]
    found = descriptors.best_matches(cells, radius, Compute())
    moved = 0
    for own, (dy, dx) in enumerate(found):
        for y, x in np.ndindex(planes[0].shape):
            products = literal_matches(full[own], full[1 - own], radius, y, x)
            assert products[dy[y, x] + radius, dx[y, x] + radius] >= products.max() - 1e-6
            moved += bool(dy[y, x] or dx[y, x])
    assert moved > 20


def test_that_spatial_frequency_is_what_is_written_out(small):
    plane = small[0][0]
    for radius in (0, 3):
        expected = literal_frequency(plane.astype(np.float64), radius)
        assert np.allclose(spatial_frequency(plane, radius), expected, rtol=1e-5)


def literal_votes(ahead, block):
    votes = np.zeros((2, *ahead.shape))
    count = np.zeros(ahead.shape)
    for y in range(ahead.shape[0] - block + 1):
        for x in range(ahead.shape[1] - block + 1):
            part = np.s_[y : y + block, x : x + block]
            total = ahead[part].sum()
            votes[0][part] += total > 0
            votes[1][part] += total < 0
            count[part] += 1
    return np.where(votes[0] / count > 0.99, 1, np.where(votes[1] / count > 0.99, 2, 0))


@pytest.mark.parametrize("block", [1, 3, 8])
def test_that_sure_pixels_have_all_votes(block):
    rng = np.random.default_rng(block)
    ahead = cv2.GaussianBlur(rng.standard_normal((37, 41)), (0, 0), 4).astype(np.float32)
    ahead[:12, :14] = 0
    found = module._unanimous(ahead, block)
    assert set(np.unique(found)) == {0, 1, 2}
    assert np.array_equal(found, literal_votes(ahead.astype(np.float64), block))


def test_that_areas_are_counted_with_corners():
    mask = np.zeros((9, 9), bool)
    mask[0, 0] = mask[1, 1] = mask[2, 2] = mask[6, 5] = mask[6, 6] = True
    kept = without_small_areas(mask, 3, Compute())
    assert kept.sum() == 3
    assert kept[1, 1]
    assert not without_small_areas(mask, 4, Compute()).any()
    assert np.array_equal(without_small_areas(mask, 0, Compute()), mask)


def test_that_open_pixels_are_decided_as_written_out(small):
    planes, _, full = small
    decision = dsift(
        [plane[:, :, None] for plane in planes], compute=Compute(), area=10**6, search=5
    )
    frequency = [literal_frequency(plane.astype(np.float64), 2) for plane in planes]
    clear = 0
    for y, x in np.ndindex(planes[0].shape):
        ahead = []
        for own in (0, 1):
            products = literal_matches(full[own], full[1 - own], 2, y, x)
            if np.sort(products.ravel())[-2] > products.max() - 1e-5:
                break
            dy, dx = np.unravel_index(np.argmax(products), products.shape)
            ahead.append(frequency[own][y, x] - frequency[1 - own][y + dy - 2, x + dx - 2])
        if len(ahead) == 2 and min(np.abs(ahead)) > 1e-6:
            clear += 1
            both = ahead[0] > 0 > ahead[1], ahead[0] < 0 < ahead[1]
            assert decision.soft[y, x] == (1.0 if both[0] else 0.0 if both[1] else 0.5)
    assert clear > 300
    assert {0.0, 0.5, 1.0} == set(np.unique(decision.soft))


def halves(seed, shape=(100, 160), channels=3):
    rng = np.random.default_rng(seed)
    sharp = rng.integers(0, 256, (*shape, channels), dtype=np.uint8)
    soft = cv2.GaussianBlur(sharp, (0, 0), 2.0).reshape(sharp.shape)
    left = np.arange(shape[1])[None, :, None] < shape[1] // 2
    return [np.where(left, sharp, soft), np.where(left, soft, sharp)], sharp


def test_that_sharp_halves_are_put_together():
    images, sharp = halves(4)
    decision = dsift(images, compute=Compute(threads=2), area=500)
    fused = decision.fuse()
    assert np.allclose(fused[:, :50], sharp[:, :50] / 255, atol=1e-6)
    assert np.allclose(fused[:, 110:], sharp[:, 110:] / 255, atol=1e-6)
    assert (decision.labels[:, :50] == 1).all()
    assert (decision.labels[:, 110:] == 2).all()


def test_that_the_order_of_the_sources_is_nothing():
    images, _ = halves(5)
    first = dsift(images, compute=Compute(), area=300)
    second = dsift(images[::-1], compute=Compute(), area=300)
    assert np.array_equal(first.soft, 1 - second.soft)
    assert np.allclose(first.fuse(), second.fuse(), atol=1e-6)


def test_that_tiles_and_threads_change_nothing(monkeypatch):
    images, _ = halves(6)
    whole = dsift(images, compute=Compute(), area=10**5)
    assert np.mean(whole.soft == 0.5) > 0.01
    monkeypatch.setattr(module, "_SIDE", 37)
    monkeypatch.setattr(module, "_FINE_SIDE", 23)
    tiled = dsift(images, compute=Compute(threads=3), area=10**5)
    assert np.array_equal(tiled.soft, whole.soft)
    assert np.array_equal(tiled.labels, whole.labels)


def test_that_depth_and_channels_change_nothing():
    images, _ = halves(7, (50, 70), 1)
    expected = dsift(images, compute=Compute(), area=200)
    deep = [image.astype(np.uint16) * 257 for image in images]
    colour = [np.repeat(image, 3, axis=2) for image in images]
    for variant in (deep, colour):
        found = dsift(variant, compute=Compute(), area=200)
        assert np.mean(found.soft == expected.soft) > 0.995
        assert found.fuse().shape == variant[0].shape


@pytest.mark.parametrize("shape", [(16, 16, 1), (17, 40, 3)])
def test_that_equal_sources_stay_as_they_are(shape):
    image = np.random.default_rng(8).integers(0, 65536, shape).astype(np.uint16)
    for count in (2, 3):
        decision = dsift([image] * count, compute=Compute(threads=2))
        assert np.array_equal(decision.fuse(), image / np.float32(65535))
        assert decision.labels.dtype == np.uint8


def test_that_more_sources_are_fused_one_after_another():
    images, _ = halves(9, (60, 90))
    third = cv2.GaussianBlur(images[0], (0, 0), 3.0)
    three = dsift([*images, third], compute=Compute(), area=200)
    pair = dsift(images, compute=Compute(), area=200)
    floats = [pair.fuse(), third / np.float32(255)]
    assert np.array_equal(three.fuse(), dsift(floats, compute=Compute(), area=200).fuse())
    assert three.soft is None


def test_that_it_can_be_stopped_and_tells_how_far_it_is():
    def stop():
        raise StopRequested

    images, _ = halves(10, (40, 40))
    seen = []
    dsift(images, compute=Compute(progress=lambda done, total: seen.append(done / total)))
    assert seen[-1] == 1
    with pytest.raises(StopRequested):
        dsift(images, compute=Compute(threads=2, checkpoint=stop))
