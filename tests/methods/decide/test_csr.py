import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.arrays import Size
from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide.csr import activity, csr, filters, split
from mfgui.methods.decide.sparse_coding import Coder
from tests.methods import published

COMPUTE = Compute(threads=2)


def circular(kernel, shape):
    """The matrix of a circular convolution whose kernel begins at its first pixel."""
    height, width = shape
    matrix = np.zeros((height * width, height * width))
    for y in range(height):
        for x in range(width):
            for v in range(kernel.shape[0]):
                for u in range(kernel.shape[1]):
                    row = (y + v) % height * width + (x + u) % width
                    matrix[row, y * width + x] += kernel[v, u]
    return matrix


def proximal_gradient(matrix, plane, sparsity, steps):
    """ISTA with momentum, in float64: slow and plain."""
    rate = 1 / np.linalg.norm(matrix, 2) ** 2
    found = ahead = np.zeros(matrix.shape[1])
    weight = 1.0
    for _ in range(steps):
        moved = ahead - rate * matrix.T @ (matrix @ ahead - plane)
        new = np.sign(moved) * np.maximum(np.abs(moved) - rate * sparsity, 0)
        following = (1 + np.sqrt(1 + 4 * weight**2)) / 2
        ahead = new + (weight - 1) / following * (new - found)
        found, weight = new, following
    return found


def objective(matrix, code, plane, sparsity):
    return 0.5 * np.sum((matrix @ code - plane) ** 2) + sparsity * np.abs(code).sum()


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    shape = (12, 10)
    bank = rng.standard_normal((3, 4, 4)).astype(np.float32)
    bank /= np.sqrt(np.square(bank).sum(axis=(1, 2), keepdims=True))
    plane = 0.3 * rng.standard_normal(shape).astype(np.float32)
    matrix = np.hstack([circular(kernel, shape) for kernel in bank])
    return bank, plane, matrix


def scene(height=70, width=96, channels=3, dtype=np.float32):
    rng = np.random.default_rng(3)
    sharp = 0.3 + 0.4 * rng.random((height, width, channels))
    soft = ndimage.gaussian_filter(sharp, (2, 2, 0))
    left = (np.arange(width) < width // 2)[None, :, None]
    pair = [np.where(left, sharp, soft), np.where(left, soft, sharp)]
    if dtype != np.float32:
        top = np.iinfo(dtype).max
        return [np.rint(image * top).astype(dtype) for image in pair]
    return [image.astype(np.float32) for image in pair]


def test_that_codes_are_those_of_a_proximal_gradient(problem):
    bank, plane, matrix = problem
    coder = Coder(bank, Size(10, 12), sparsity=0.1)
    found = coder(plane, tolerance=1e-6, limit=3000).astype(np.float64).ravel()
    expected = proximal_gradient(matrix, plane.ravel().astype(np.float64), 0.1, 4000)
    best = objective(matrix, expected, plane.ravel(), 0.1)
    assert objective(matrix, found, plane.ravel(), 0.1) == pytest.approx(best, rel=1e-5)
    # There are more unknowns than pixels; here the least value has one place only.
    assert found == pytest.approx(expected, abs=2e-3)
    assert np.mean(found != 0) < 0.5


def test_that_steps_come_nearer_to_the_least_objective(problem):
    bank, plane, matrix = problem
    coder = Coder(bank, Size(10, 12), sparsity=0.1)
    values = [
        objective(
            matrix,
            coder(plane, tolerance=0.0, limit=limit).astype(np.float64).ravel(),
            plane.ravel(),
            0.1,
        )
        for limit in (5, 20, 80, 320)
    ]
    assert values == sorted(values, reverse=True)
    assert values[-2] - values[-1] < 0.05 * (values[0] - values[-1])


def test_that_residuals_are_measured_as_defined(problem):
    bank, plane, matrix = problem
    sparsity, rho = 0.1, 10.5
    coder = Coder(bank, Size(10, 12), sparsity=sparsity)
    maps, dual = coder.start()
    target = coder.correlate(plane)
    y = u = np.zeros(matrix.shape[1])
    system = matrix.T @ matrix + rho * np.eye(matrix.shape[1])
    for _ in range(7):
        progress = coder.step(target, maps, dual)
        x = np.linalg.solve(system, matrix.T @ plane.ravel() + rho * (y - u))
        relaxed = 1.8 * x - 0.8 * y + u
        before, y = y, np.sign(relaxed) * np.maximum(np.abs(relaxed) - sparsity / rho, 0)
        u = relaxed - y
    assert maps.ravel() == pytest.approx(y, abs=1e-5)
    assert dual.ravel() == pytest.approx(u, abs=1e-5)
    norm = np.linalg.norm
    assert progress.primal == pytest.approx(norm(x - y) / max(norm(x), norm(y)), rel=1e-3)
    assert progress.dual == pytest.approx(norm(before - y) / norm(u), rel=1e-3)


def test_that_nothing_is_coded_by_nothing(problem):
    coder = Coder(problem[0], Size(10, 12), sparsity=0.1)
    assert (coder(np.zeros((12, 10), np.float32), tolerance=1e-3, limit=50) == 0).all()


def test_that_the_base_solves_the_penalised_system():
    plane = np.random.default_rng(5).random((3, 4)).astype(np.float32)
    base, details = split(plane)
    wide = np.pad(plane, 16, mode="symmetric").astype(np.float64)
    rows, columns = (np.eye(n) - np.roll(np.eye(n), 1, axis=1) for n in wide.shape)
    across = np.kron(np.eye(wide.shape[0]), columns)
    down = np.kron(rows, np.eye(wide.shape[1]))
    system = np.eye(wide.size) + 5 * (across.T @ across + down.T @ down)
    expected = np.linalg.solve(system, wide.ravel()).reshape(wide.shape)[16:-16, 16:-16]
    assert base == pytest.approx(expected, abs=1e-6)
    assert base + details == pytest.approx(plane, abs=1e-6)


def test_that_the_filters_are_of_norm_one_and_mean_zero():
    bank = filters().astype(np.float64)
    assert bank.shape == (32, 8, 8)
    assert np.sqrt(np.square(bank).sum(axis=(1, 2))) == pytest.approx(np.ones(32), abs=1e-3)
    assert bank.mean(axis=(1, 2)) == pytest.approx(np.zeros(32), abs=1e-4)
    likeness = np.abs(np.einsum("mij,nij->mn", bank, bank)) - np.eye(32)
    assert likeness.max() < 0.98


def test_that_activity_is_the_mean_l1_norm_of_the_codes():
    plane = scene(40, 50)[0][:, :, 0]
    found = activity(plane, filters(), 1e-3, COMPUTE)
    _, details = split(plane)
    wide = np.pad(details, ((12, 23), (12, 13)), mode="symmetric")
    maps = Coder(filters(), Size(75, 75), sparsity=0.01)(wide, tolerance=1e-3, limit=140)
    norms = np.abs(maps).sum(axis=0)[12:52, 12:62]
    padded = np.pad(norms, 9)
    cuts = np.lib.stride_tricks.sliding_window_view(padded, (19, 19))
    assert found == pytest.approx(cuts.mean(axis=(2, 3)), rel=1e-4)


def test_that_each_half_comes_from_its_sharp_source_also_across_tiles():
    images = scene(24, 230)
    decision = csr(images, compute=COMPUTE, tolerance=0.05)
    assert decision.labels.dtype == np.uint8
    assert (decision.labels[:, :108] == 1).all()
    assert (decision.labels[:, 122:] == 2).all()
    assert np.array_equal(decision.fuse()[:, :108], images[0][:, :108])
    assert np.array_equal(decision.fuse()[:, 122:], images[1][:, 122:])


def test_that_the_order_of_three_sources_does_not_matter():
    first, second = scene(40, 60)
    soft = ndimage.gaussian_filter(first, (3, 3, 0))
    fused = csr([first, second, soft], compute=COMPUTE, tolerance=0.05).fuse()
    turned = csr([soft, second, first], compute=COMPUTE, tolerance=0.05)
    assert np.array_equal(turned.fuse(), fused)
    assert set(np.unique(turned.labels)) == {2, 3}


def test_that_equal_sources_give_that_source():
    image = scene(30, 33)[0]
    decision = csr([image, image.copy()], compute=COMPUTE, tolerance=0.05)
    assert (decision.labels == 1).all()
    assert np.array_equal(decision.fuse(), image)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_grey_and_colour_of_equal_channels_agree(dtype):
    pair = scene(16, 17, channels=1, dtype=dtype)
    grey = csr(pair, compute=COMPUTE)
    colour = csr([np.repeat(image, 3, axis=2) for image in pair], compute=COMPUTE)
    assert grey.fuse().shape == (16, 17, 1)
    assert np.array_equal(colour.fuse(), np.repeat(grey.fuse(), 3, axis=2))


def test_that_progress_counts_the_tiles_of_all_sources():
    heard = []
    compute = Compute(progress=lambda done, total: heard.append((done, total)))
    csr(scene(20, 120), compute=compute, tolerance=0.1)
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_that_it_stops_when_asked():
    calls = []

    def stop():
        calls.append(1)
        if len(calls) > 6:
            raise StopRequested

    with pytest.raises(StopRequested):
        csr(scene(30, 30), compute=Compute(checkpoint=stop))


def test_that_it_agrees_with_what_its_authors_published(shared_data):
    pair = published.load_pair(shared_data, "lytro_06")
    part = (slice(130, 286), slice(150, 306))
    labels = csr([image[part] for image in pair.sources], compute=COMPUTE).labels
    apart = np.abs(pair.sources[0].astype(float) - pair.sources[1]).mean(axis=2)[part] > 15
    first = published.decision(pair, pair.fused["CSR"])[part]
    assert np.mean(((labels == 1) == first)[apart]) > 0.97
