import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfgui.core.arrays import Rect
from mfgui.core.compose import compose, compose_rect
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.seams import Seam, seam_reach

SEAMS = [
    Seam(kind, radius, tone)
    for kind in ("hard", "feather", "multi-band")
    for radius in (1, 3, 8)
    for tone in (False, True)
]


def blobs(height, width, k, *, seed, ignore=False):
    """A map of smooth regions, labels 1 ... k, some of it ignored."""
    rng = np.random.default_rng(seed)
    fields = [
        cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), 9) for _ in range(k + 1)
    ]
    labels = np.argmax(fields[:k], axis=0).astype(np.uint8) + 1
    if ignore:
        labels[fields[k] > 1.2 * fields[k].std()] = 255
    return labels


def pictures(k, shape, *, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    images = rng.random((k, *shape), dtype=np.float32)
    if dtype == np.float32:
        return list(images)
    return list((images * np.iinfo(dtype).max).astype(dtype))


def spread(mask, radius):
    """Counts under the pyramid of two square windows, pixel by pixel of the windows."""
    counted = mask.astype(np.float64)
    for half in (radius // 2, radius - radius // 2):
        padded = np.pad(counted, half)
        side = 2 * half + 1
        windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
        counted = windows.sum(axis=(2, 3))
    return counted


@pytest.mark.parametrize("seam", SEAMS)
@pytest.mark.parametrize("channels", [1, 3])
def test_that_a_rectangle_is_that_part_of_the_whole(seam, channels):
    images = pictures(3, (211, 307, channels))
    labels = blobs(211, 307, 3, seed=1, ignore=True)
    whole = compose(images, labels, seam=seam)
    for rect in (Rect(0, 0, 40, 30), Rect(101, 57, 83, 61), Rect(190, 130, 117, 81)):
        part = compose_rect(images, labels, rect, seam=seam)
        assert part.shape == (rect.height, rect.width, channels)
        if seam.kind == "multi-band" or seam.tone_match:
            assert np.abs(part - whole[rect.slices]).max() < 1e-6
        else:
            assert np.array_equal(part, whole[rect.slices])


@settings(max_examples=40, deadline=None)
@given(
    x=st.integers(0, 140), y=st.integers(0, 90), width=st.integers(1, 60),
    height=st.integers(1, 40), radius=st.integers(1, 20),
    kind=st.sampled_from(["feather", "multi-band"]), tone=st.booleans(),
)  # fmt: skip
def test_that_any_rectangle_is_that_part_of_the_whole(x, y, width, height, radius, kind, tone):
    images = pictures(2, (131, 201, 1), dtype=np.uint8)
    labels = blobs(131, 201, 2, seed=2, ignore=True)
    rect = Rect(x, y, width, height).intersected(Rect(0, 0, 201, 131))
    seam = Seam(kind, radius, tone)
    part = compose_rect(images, labels, rect, seam=seam)
    assert np.abs(part - compose(images, labels, seam=seam)[rect.slices]).max() < 1e-6


@pytest.mark.parametrize("seam", SEAMS)
def test_that_pixels_beyond_the_reach_stay_and_some_within_it_change(seam):
    images = pictures(2, (150, 300, 3))
    labels = np.ones((150, 300), np.uint8)
    labels[60:90, 140:160] = 2
    hard, soft = compose(images, labels), compose(images, labels, seam=seam)
    reach = seam_reach(seam)
    inside = np.zeros(labels.shape, bool)
    inside[60 - reach : 90 + reach, 140 - reach : 160 + reach] = True
    assert np.array_equal(soft[~inside], hard[~inside])
    assert np.array_equal(soft, hard) == (reach == 0)
    # A change of the map one pixel beyond the reach leaves a pixel alone.
    other = labels.copy()
    other[75, 250] = 2
    again = compose(images, other, seam=seam)
    near = np.zeros(labels.shape, bool)
    near[75 - min(75, reach) : 76 + reach, 250 - reach : min(300, 251 + reach)] = True
    assert np.abs(again - soft)[~near].max() < 1e-6


def test_that_a_feathered_seam_has_the_weights_of_its_definition():
    images = pictures(3, (40, 50, 3))
    labels = blobs(40, 50, 3, seed=3, ignore=True)
    counts = np.stack([spread(labels == name, 5) for name in (1, 2, 3)])
    weights = counts / np.maximum(counts.sum(axis=0), 1)
    expected = sum(w[..., None] * image for w, image in zip(weights, images, strict=True))
    expected[labels == 255] = np.mean(images, axis=0)[labels == 255]
    assert (labels == 255).any()
    assert compose(images, labels, seam=Seam("feather", 5)) == pytest.approx(expected, abs=1e-6)


def reduced(image):
    """Burt and Adelson's REDUCE, tap by tap."""
    taps = np.array([1, 4, 6, 4, 1]) / 16
    for axis in (0, 1):
        image = np.moveaxis(image, axis, 0)
        padded = np.pad(image, [(2, 2), *[(0, 0)] * (image.ndim - 1)], mode="reflect")
        image = sum(tap * padded[i : i + len(image)] for i, tap in enumerate(taps))[::2]
        image = np.moveaxis(image, 0, axis)
    return image


def expanded(image):
    """EXPAND to twice the size, tap by tap; borders as OpenCV has them are left out of tests."""
    taps = np.array([1, 4, 6, 4, 1]) / 8
    for axis in (0, 1):
        image = np.moveaxis(image, axis, 0)
        apart = np.zeros((2 * len(image), *image.shape[1:]))
        apart[::2] = image
        padded = np.pad(apart, [(2, 2), *[(0, 0)] * (image.ndim - 1)])
        image = sum(tap * padded[i : i + len(apart)] for i, tap in enumerate(taps))
        image = np.moveaxis(image, 0, axis)
    return image


def test_that_a_multi_band_seam_is_laplacian_pyramids_weighted_by_gaussian_ones():
    images = pictures(2, (96, 96, 1))
    labels = np.ones((96, 96), np.uint8)
    labels[40:55, 44:] = 2
    labels[40:50, 60:] = 1
    bands = 0.0
    for name, image in enumerate(images, start=1):
        weights, levels = [(labels == name).astype(float)[..., None]], [image.astype(float)]
        for _ in range(2):
            weights.append(reduced(weights[-1]))
            levels.append(reduced(levels[-1]))
        details = [levels[0] - expanded(levels[1]), levels[1] - expanded(levels[2]), levels[2]]
        first, second, third = (w * d for w, d in zip(weights, details, strict=True))
        bands = bands + first + expanded(second + expanded(third))
    fused = compose(images, labels, seam=Seam("multi-band", 4))
    middle = (slice(20, 76), slice(20, 76))
    assert fused[middle] == pytest.approx(np.clip(bands[middle], 0, 1), abs=2e-6)
    assert np.abs(fused - compose(images, labels)).max() > 0.05


@pytest.mark.parametrize("kind", ["feather", "multi-band"])
def test_that_equal_sources_have_no_seam(kind):
    images = pictures(1, (90, 120, 3)) * 4
    labels = blobs(90, 120, 4, seed=5)
    for tone in (False, True):
        fused = compose(images, labels, seam=Seam(kind, 6, tone))
        assert fused == pytest.approx(images[0], abs=1e-6)


@pytest.mark.parametrize("kind", ["hard", "feather", "multi-band"])
def test_that_tone_match_takes_away_the_step_of_a_brighter_source_and_keeps_detail(kind):
    rng = np.random.default_rng(6)
    scene = 0.4 + 0.05 * rng.standard_normal((200, 240, 3)).astype(np.float32)
    brighter = scene.copy()
    brighter[20:180, 40:200] *= 1.2  # locally, around what is taken from it
    labels = np.ones((200, 240), np.uint8)
    labels[70:130, 90:150] = 2
    images = [scene, brighter]

    def step(fused):
        """Mean brightness, relative to the scene's, just inside the seam less just outside."""
        gain = fused.mean(axis=2) / scene.mean(axis=2)
        return gain[80:120, 90:92].mean() - gain[80:120, 88:90].mean()

    plain, matched = (compose(images, labels, seam=Seam("hard", 12, on)) for on in (False, True))
    assert step(plain) == pytest.approx(0.2, abs=0.01)
    # Two pixels to either side of the seam: what remains is mostly the slope of the fading.
    assert abs(step(matched)) < 0.2 * step(plain)
    fused = compose(images, labels, seam=Seam(kind, 12, True))
    for part in (slice(80, 120), slice(90, 100)), (slice(80, 120), slice(78, 90)):
        detail, kept = (x[part] - cv2.blur(x, (9, 9))[part] for x in (scene, fused))
        slope = (detail * kept).sum() / (detail * detail).sum()
        assert slope == pytest.approx(1.1, abs=0.1)
        assert np.corrcoef(detail.ravel(), kept.ravel())[0, 1] > 0.99


def test_that_the_gains_of_tone_match_have_bounds():
    dark, light = np.full((60, 60, 1), 0.02, np.float32), np.full((60, 60, 1), 0.9, np.float32)
    labels = np.ones((60, 60), np.uint8)
    labels[:, 30:] = 2
    fused = compose([dark, light], labels, seam=Seam("hard", 8, True))[30, :, 0]
    assert fused[:30].max() == pytest.approx(0.04, abs=1e-4)
    assert fused[30:].min() == pytest.approx(0.9 * (0.46 / 0.9), abs=0.06)


@pytest.mark.parametrize("seam", [Seam("feather", 9), Seam("multi-band", 16, True)])
def test_that_threads_and_depths_change_nothing(seam):
    images = pictures(3, (530, 280, 3), dtype=np.uint16)
    labels = blobs(530, 280, 3, seed=7).astype(np.uint16)
    one = compose(images, labels, seam=seam)
    assert np.array_equal(compose(images, labels, seam=seam, compute=Compute(threads=3)), one)
    floats = [image / np.float32(65535) for image in images]
    assert compose(floats, labels, seam=seam) == pytest.approx(one, abs=1e-6)


def test_that_ignored_pixels_take_the_mean_and_have_no_part_in_their_surroundings():
    images = [np.full((80, 80, 1), value, np.float32) for value in (0.2, 0.2, 1.0)]
    labels = np.ones((80, 80), np.uint8)
    labels[:, 40:] = 2
    labels[20:60, 20:60] = 255
    for kind in ("feather", "multi-band"):
        fused = compose(images, labels, seam=Seam(kind, 4))
        assert fused[labels == 255] == pytest.approx(1.4 / 3, abs=1e-6)
        assert fused[labels != 255] == pytest.approx(
            0.2, abs=1e-2 if kind == "multi-band" else 1e-6
        )


def test_that_many_labels_cost_no_more_than_those_that_meet():
    images = [np.full((64, 600, 1), name / 255, np.float32) for name in range(1, 201)]
    labels = np.repeat(np.arange(1, 201, dtype=np.uint8), 3)[None].repeat(64, axis=0)
    fused = compose(images, labels, seam=Seam("feather", 6))[32, :, 0]
    # A window of 13 pixels around a pixel holds labels that lie evenly around its own.
    middle = labels[32, 31:-31:3] / 255
    assert fused[31:-31:3] == pytest.approx(middle, abs=1e-5)


def test_that_unassigned_pixels_are_refused_inside_and_have_no_part_outside():
    images = pictures(2, (40, 40, 1))
    labels = np.ones((40, 40), np.uint8)
    labels[:, 20:] = 2
    labels[:, 30:] = 0
    seam = Seam("feather", 8)
    with pytest.raises(ValueError, match="label 0 names none"):
        compose(images, labels, seam=seam)
    fused = compose_rect(images, labels, Rect(22, 5, 8, 20), seam=seam)
    ignored = np.where(labels == 0, 255, labels).astype(np.uint8)
    assert np.array_equal(fused, compose(images, ignored, seam=seam)[5:25, 22:30])


def test_that_blending_can_be_stopped():
    images = pictures(2, (300, 300, 1))
    labels = blobs(300, 300, 2, seed=9)
    asked = []

    def stop_late():
        asked.append(None)
        if len(asked) > 6:
            raise StopRequested

    with pytest.raises(StopRequested):
        compose(images, labels, seam=Seam("multi-band"), compute=Compute(checkpoint=stop_late))


@pytest.mark.parametrize("radius", [0, 65])
def test_that_a_radius_out_of_range_is_refused(radius):
    with pytest.raises(ValueError, match="not from 1 to 64"):
        Seam("feather", radius)
