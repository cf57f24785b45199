import numpy as np
import pytest

from mfgui.core.arrays import Size
from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide.block_tree import BlockTree
from mfgui.methods.decide.quadtree import quadtree


def literal_measure(plane, threshold=5.0, window=17):
    """Weighted sums of the modified Laplacian of (H, W) values of 0 to 255, written out."""
    mirrored = np.pad(plane.astype(np.float64), 1, mode="symmetric")
    laplacian = np.zeros(plane.shape)
    for y, x in np.ndindex(plane.shape):
        around = mirrored[y : y + 3, x : x + 3]
        across = abs(2 * around[1, 1] - around[1, 0] - around[1, 2])
        along = abs(2 * around[1, 1] - around[0, 1] - around[2, 1])
        laplacian[y, x] = across + along if across + along >= threshold else 0.0
    half = window // 2
    place = np.arange(window) - half
    weights = 1 / (1 + np.sqrt(place[:, None] ** 2 + place**2))
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(laplacian, half, mode="symmetric"), (window, window)
    )
    return (around * weights / weights.sum()).sum(axis=(2, 3))


def literal_tree(measures, dominance):
    """Recursive, on the mirrored square."""
    height, width = measures[0].shape
    side = 1
    while side < max(height, width):
        side *= 2
    top, left = (side - height) // 2, (side - width) // 2
    margins = ((top, side - height - top), (left, side - width - left))
    square = np.stack([np.pad(m.astype(np.float64), margins, "symmetric") for m in measures])
    labels = np.zeros((side, side), int)

    def decide(y, x, length):
        part = square[:, y : y + length, x : x + length]
        sums = part.sum(axis=(1, 2))
        spread = (part.max(axis=0) - part.min(axis=0)).sum()
        if spread > 0 and sums.max() - sums.min() >= dominance * spread - 1e-9 * (length == 1):
            labels[y : y + length, x : x + length] = np.argmax(sums) + 1
        elif length > 1:
            half = length // 2
            for dy, dx in np.ndindex(2, 2):
                decide(y + dy * half, x + dx * half, half)

    decide(0, 0, side)
    return labels[top : top + height, left : left + width]


def patches(shape, seed, sources=2):
    """Measures where one source is ahead in most of each of some random boxes."""
    rng = np.random.default_rng(seed)
    measures = rng.random((sources, *shape)).astype(np.float32)
    for _ in range(6):
        y, x = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        measures[rng.integers(sources), y : y + 20, x : x + 25] += 3
    measures[:, : shape[0] // 3, : shape[1] // 4] = 0
    return measures


@pytest.mark.parametrize("sources", [2, 3])
@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (37, 52), (20, 69)])
def test_that_blocks_are_those_of_the_recursive_tree(shape, sources):
    for dominance in (0.6, 0.95):
        measures = patches(shape, sum(shape), sources)
        tree = BlockTree(Size(shape[1], shape[0]), sources, compute=Compute())
        for measure in measures:
            tree.add(measure)
        assert np.array_equal(tree.labels(dominance), literal_tree(measures, dominance))


def picture(seed, shape=(61, 84), channels=1):
    """Two sources, one sharp on the left, the other on the right, in 8 bit."""
    rng = np.random.default_rng(seed)
    sharp = rng.integers(0, 256, (*shape, channels), dtype=np.uint8)
    flat = np.full_like(sharp, 128)
    half = np.arange(shape[1])[None, :, None] < shape[1] // 2
    return [np.where(half, sharp, flat), np.where(half, flat, sharp)], sharp


def test_that_the_map_is_that_of_the_written_out_measure():
    rng = np.random.default_rng(3)
    images = [rng.integers(0, spread, (45, 66, 1)).astype(np.uint8) for spread in (40, 42)]
    images[1][:20, :30] //= 4
    images[0][25:, 40:] //= 6
    expected = literal_tree([literal_measure(image[:, :, 0]) for image in images], 0.98)
    assert len(np.unique(expected)) == 2
    found = quadtree(images, compute=Compute(), clean=0.0)
    tree = BlockTree(Size(66, 45), 2, compute=Compute())
    from mfgui.methods.decide.quadtree import _Measure

    measure = _Measure(5 / 255, 17, None)
    for image in images:
        plane = measure(image, Compute(threads=2))
        literal = literal_measure(image[:, :, 0])
        assert np.allclose(plane * 255, literal, rtol=1e-3)
        tree.add(plane)
    labels = tree.labels(0.98)
    assert np.mean(labels != expected) < 0.002
    assert np.mean(found.labels != labels) < 0.1


def test_that_laplacians_below_the_threshold_do_not_count():
    ripple = np.zeros((40, 40, 1), np.uint8)
    ripple[::2] = 2  # 4 in the modified Laplacian
    images = [ripple, np.zeros_like(ripple)]
    whole = quadtree(images, compute=Compute(), threshold=4.0).fuse()
    assert (whole == ripple / np.float32(255)).all()
    halves = quadtree(images, compute=Compute(), threshold=4.1).fuse()
    assert np.allclose(halves, ripple / 510, atol=1e-7)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("channels", [1, 3])
def test_that_sharp_halves_are_put_together(order, channels):
    images, sharp = picture(5, channels=channels)
    decision = quadtree(images[::order], compute=Compute(threads=2))
    assert np.mean(decision.fuse() != sharp / np.float32(255)) < 0.08
    assert (decision.labels[:, :30] == (1 if order == 1 else 2)).all()


def test_that_small_regions_go_to_what_lies_around_them():
    rng = np.random.default_rng(6)
    sharp = rng.integers(0, 256, (64, 64, 1), dtype=np.uint8)
    other = np.full_like(sharp, 128)
    sharp[20:30, 20:30], other[20:30, 20:30] = 128, sharp[20:30, 20:30].copy()
    kept = quadtree([sharp, other], compute=Compute(), clean=0.0, window=3)
    gone = quadtree([sharp, other], compute=Compute(), clean=0.025, window=3)
    assert (kept.labels[22:28, 22:28] == 2).all()
    assert (gone.labels == 1).all()


def test_that_equal_sources_are_averaged_exactly():
    image = np.random.default_rng(7).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    for count in (2, 3):
        decision = quadtree([image] * count, compute=Compute())
        assert np.array_equal(decision.fuse(), image / np.float32(255))
        assert (decision.labels == 1).all()


def test_that_maps_of_single_channels_are_those_of_grey_pictures():
    rng = np.random.default_rng(8)
    images = [rng.integers(0, 256, (40, 60, 3), dtype=np.uint8) for _ in range(3)]
    for index, image in enumerate(images):
        image[:, index * 15 : index * 15 + 30] //= 8
        image[10:30, 20:50, index] //= 8
    together = quadtree(images, compute=Compute(), per_channel=True)
    alone = [
        quadtree([image[:, :, c, None] for image in images], compute=Compute()) for c in range(3)
    ]
    fused = np.concatenate([decision.fuse() for decision in alone], axis=2)
    assert np.array_equal(together.fuse(), fused)
    votes = [[(d.labels == k).astype(int) for d in alone] for k in (1, 2, 3)]
    assert np.array_equal(together.labels, np.argmax(np.sum(votes, axis=1), axis=0) + 1)


def test_that_depth_threads_and_channels_do_not_change_the_map():
    images, _ = picture(9, (70, 90))
    expected = quadtree(images, compute=Compute())
    deep = [image.astype(np.uint16) * 257 for image in images]
    colour = [np.repeat(image, 3, axis=2) for image in images]
    for variant, threads in ((images, 3), (deep, 1), (colour, 2)):
        found = quadtree(variant, compute=Compute(threads=threads))
        assert np.array_equal(found.labels, expected.labels)
        assert np.allclose(found.fuse(), expected.fuse(), atol=1e-6)


def test_that_three_sources_keep_their_places():
    rng = np.random.default_rng(10)
    sharp = rng.integers(0, 256, (64, 96, 1), dtype=np.uint8)
    images = [np.full_like(sharp, 128) for _ in range(3)]
    for index in range(3):
        images[index][:, 32 * index : 32 * index + 32] = sharp[:, 32 * index : 32 * index + 32]
    labels = quadtree(images, compute=Compute()).labels
    assert [int(labels[30, x]) for x in (10, 48, 85)] == [1, 2, 3]


def test_that_it_can_be_stopped_and_tells_how_far_it_is():
    def stop():
        raise StopRequested

    images, _ = picture(11)
    seen = []
    quadtree(images, compute=Compute(progress=lambda done, total: seen.append((done, total))))
    assert seen[-1] == (1, 1)
    with pytest.raises(StopRequested):
        quadtree(images, compute=Compute(threads=2, checkpoint=stop))
