import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods import planes
from mfgui.methods.decide.mwgf import LARGE, SMALL, decide, integrate, mwgf, saliency

ALONE = Compute()


def pair(height=90, width=100, *, seed=0, channels=1):
    """A sharp left and a sharp right half of one noisy picture, and the picture."""
    rng = np.random.default_rng(seed)
    truth = ndimage.gaussian_filter(rng.random((height, width, channels)), (0.7, 0.7, 0))
    truth = np.clip(40 + 350 * (truth - 0.25), 0, 255)
    blurred = ndimage.gaussian_filter(truth, (3, 3, 0))
    left = (np.arange(width) < width // 2)[None, :, None]
    one, two = np.where(left, truth, blurred), np.where(left, blurred, truth)
    return [np.rint(source).astype(np.uint8) for source in (one, two)], truth


@pytest.mark.parametrize("sigma", [LARGE, SMALL])
def test_that_saliency_is_that_of_the_eigenvalues(sigma):
    plane = np.random.default_rng(1).random((33, 29)).astype(np.float32)
    down, right = np.gradient(plane.astype(np.float64))
    taps = int(np.ceil(3 * sigma))

    def smooth(values):
        return ndimage.gaussian_filter(values, sigma, mode="nearest", radius=taps)

    xx, xy, yy = smooth(right * right), smooth(right * down), smooth(down * down)
    tensors = np.moveaxis(np.array([[xx, xy], [xy, yy]]), (0, 1), (2, 3))
    small, large = np.moveaxis(np.sqrt(np.maximum(np.linalg.eigvalsh(tensors), 0)), -1, 0)
    expected = np.sqrt((large + small) ** 2 + 0.5 * (large - small) ** 2)
    assert np.allclose(saliency(plane, sigma), expected, rtol=2e-4, atol=1e-5)


def differences(height, width):
    """Matrix of all first differences of a picture, row by row, and the two pixels of each."""
    index = np.arange(height * width).reshape(height, width)
    ends = np.concatenate(
        [
            np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()]),
            np.stack([index[:-1].ravel(), index[1:].ravel()]),
        ],
        axis=1,
    )
    matrix = np.zeros((ends.shape[1], height * width))
    matrix[np.arange(ends.shape[1]), ends[0]] = -1
    matrix[np.arange(ends.shape[1]), ends[1]] = 1
    return matrix, ends


def weighted(first, second, weight):
    """Matrix, weighted differences of the sources, and the weighted mean, flattened."""
    matrix, ends = differences(*weight.shape)
    between = weight.ravel()[ends].mean(axis=0)
    flow = between * (matrix @ first.ravel()) + (1 - between) * (matrix @ second.ravel())
    mean = (weight * first + (1 - weight) * second).ravel()
    return matrix, flow, mean


@pytest.mark.parametrize("iterations", [0, 1, 7, 60])
def test_that_iterations_are_those_of_jacobi(iterations):
    rng = np.random.default_rng(2)
    first, second, weight = 0.4 + 0.1 * rng.random((3, 11, 9))
    matrix, flow, found = weighted(first, second, weight)
    divergence = -(matrix.T @ flow)
    # Inside, u = (sum of the neighbours - divergence) / 4; a neighbour beyond the border is
    # the pixel itself.
    for _ in range(iterations):
        found = found + (-(matrix.T @ (matrix @ found)) - divergence) / 4
    sources = [source[:, :, None].astype(np.float32) for source in (first, second)]
    fused = integrate(*sources, weight.astype(np.float32), iterations=iterations, compute=ALONE)
    assert np.allclose(fused[:, :, 0].ravel(), found, atol=2e-6)


def test_that_many_iterations_give_the_solution_of_the_equation():
    rng = np.random.default_rng(3)
    first, second, weight = 0.4 + 0.1 * rng.random((3, 8, 10))
    matrix, flow, mean = weighted(first, second, weight)
    solved = np.linalg.lstsq(matrix, flow, rcond=None)[0]
    solved += mean.mean() - solved.mean()  # gradients do not tell the mean
    sources = [source[:, :, None].astype(np.float32) for source in (first, second)]
    fused = integrate(*sources, weight.astype(np.float32), iterations=2000, compute=ALONE)
    assert np.allclose(fused[:, :, 0].ravel(), solved, atol=1e-5)
    assert np.abs(mean - solved).max() > 1e-3


def test_that_a_picture_is_recovered_from_its_own_gradients():
    rng = np.random.default_rng(4)
    first = 0.4 + 0.2 * rng.random((20, 30, 3), dtype=np.float32)
    weight = rng.random((20, 30), dtype=np.float32)
    brighter = first + np.float32(0.1)  # the same gradients
    fused = integrate(first, brighter, weight, iterations=2000, compute=ALONE)
    gap = fused - first
    assert np.ptp(gap) < 1e-3
    assert gap.mean() == pytest.approx(0.1 * (1 - weight.mean()), abs=1e-4)


def test_that_weights_are_hard_but_for_a_band():
    images, _ = pair()
    weight = decide(*images, holes=0.05, single=False, compute=ALONE)
    columns = np.arange(100)
    assert (weight[:, columns < 35] == 1).all()
    assert (weight[:, columns > 64] == 0).all()
    soft = ((weight > 0) & (weight < 1)).sum(axis=1)
    assert soft.min() >= 10
    assert soft.max() <= 14  # six pixels on both sides; more where the border is slanted


def test_that_weights_in_the_band_are_the_soft_maximum_of_fine_structure():
    images, _ = pair()
    weight = decide(*images, holes=0.05, single=False, compute=ALONE)
    one, two = (saliency(image[:, :, 0] / np.float32(255), SMALL) for image in images)
    raised = np.exp(one * 255 / 30)
    expected = raised / (raised + np.exp(two * 255 / 30))
    band = (weight > 0) & (weight < 1)
    assert np.allclose(weight[band], expected[band], atol=1e-4)


def test_that_small_regions_go_and_single_keeps_one_of_each():
    rng = np.random.default_rng(5)
    sharp = rng.random((150, 200, 1), dtype=np.float32)
    dull = np.full_like(sharp, 0.5)
    first = np.zeros((150, 200, 1), bool)
    first[:, :60] = True
    first[50:100, 140:] = True  # a tenth of the picture
    first[:20, 100:120] = True
    images = [np.where(first, sharp, dull), np.where(first, dull, sharp)]
    weight = decide(*images, holes=0.05, single=False, compute=ALONE)
    assert weight[75, 30] == weight[75, 170] == 1
    assert weight[10, 110] == weight[30, 90] == 0
    assert decide(*images, holes=0.0, single=False, compute=ALONE)[8, 110] == 1
    assert decide(*images, holes=0.0, single=True, compute=ALONE)[75, 170] == 0


@pytest.mark.parametrize("channels", [1, 3])
def test_that_each_half_is_taken_from_its_source(channels):
    images, truth = pair(channels=channels)
    decision = mwgf(images, compute=ALONE)
    assert decision.labels.dtype == np.uint8
    assert np.mean(decision.labels == np.where(np.arange(100) < 50, 1, 2)) > 0.95
    fused = decision.fuse()
    assert fused.dtype == np.float32
    kept = np.abs(np.arange(100) - 50) > 30
    assert np.abs(255 * fused - truth)[:, kept].mean() < 1.0


def test_that_more_than_two_sources_are_fused_in_turn():
    images, truth = pair()
    blurred = ndimage.gaussian_filter(truth, (4, 4, 0)).astype(np.uint8)
    decision = mwgf([blurred, *images], compute=ALONE)
    assert np.mean(decision.labels == np.where(np.arange(100) < 50, 2, 3)) > 0.9
    assert decision.soft is None


def test_that_the_order_of_the_sources_is_nothing():
    images, _ = pair(seed=6)
    one, other = (mwgf(order, compute=ALONE) for order in (images, images[::-1]))
    assert np.allclose(one.soft, 1 - other.soft, atol=1e-6)
    assert np.allclose(one.fuse(), other.fuse(), atol=1e-6)


def test_that_identical_sources_come_back():
    image = pair(channels=3)[0][0]
    assert np.array_equal(mwgf([image, image], compute=ALONE).fuse(), image / np.float32(255))


@pytest.mark.parametrize("shape", [(16, 16), (17, 31), (61, 47)])
def test_that_small_and_odd_pictures_are_taken(shape):
    rng = np.random.default_rng(7)
    images = [rng.integers(0, 256, (*shape, 3)).astype(np.uint8) for _ in range(2)]
    decision = mwgf(images, compute=ALONE)
    assert set(np.unique(decision.labels)) <= {1, 2}
    assert np.isfinite(decision.fuse()).all()


def test_that_depth_and_channels_change_nothing():
    images, _ = pair(seed=8)
    whole = mwgf(images, compute=ALONE)
    deep = mwgf([image.astype(np.uint16) * 257 for image in images], compute=ALONE)
    colour = mwgf([np.repeat(image, 3, axis=2) for image in images], compute=ALONE)
    assert np.allclose(deep.fuse(), whole.fuse(), atol=1e-4)
    assert np.allclose(colour.fuse(), whole.fuse(), atol=1e-4)


def test_that_tiles_and_threads_change_nothing(monkeypatch):
    images, _ = pair(150, 260, seed=9)
    whole = mwgf(images, compute=ALONE)
    fused = whole.fuse()
    monkeypatch.setattr(planes, "TILE", 40)
    tiled = mwgf(images, compute=Compute(threads=3))
    assert np.array_equal(tiled.soft, whole.soft)
    assert np.allclose(tiled.fuse(), fused, atol=1e-6)


def test_that_clamped_values_lie_between_those_of_the_sources():
    images, _ = pair(seed=10)
    least, most = (pick(*images) / np.float32(255) for pick in (np.minimum, np.maximum))
    free, bound = (mwgf(images, compute=ALONE, clamp=on).fuse() for on in (False, True))
    assert (free > most + 1e-3).any()
    assert (bound <= most).all()
    assert (bound >= least).all()


def test_that_a_stop_is_heard_within_the_iterations():
    images, _ = pair()
    decision = mwgf(images, compute=ALONE)
    heard = []
    decision = mwgf(images, compute=Compute(checkpoint=lambda: heard.append(0)))
    before = len(heard)
    decision.fuse()
    assert before >= 2
    assert len(heard) - before > 40

    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        mwgf(images, compute=Compute(checkpoint=stop))
