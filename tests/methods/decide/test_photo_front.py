"""The photo preset where near things stand before far ones, out of focus by many pixels."""

from __future__ import annotations

import importlib

import cv2
import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.arrays import Rect, from_float, to_float
from mfgui.core.compute import Compute
from mfgui.core.light import to_linear, to_srgb
from mfgui.methods.decide import photo_front, photo_kernels, photo_merge, spill, spreads
from mfgui.methods.decide.photo import photo
from mfgui.methods.decide.photo_focus import focus
from mfgui.methods.decide.photo_noise import noise_of

photo_module = importlib.import_module("mfgui.methods.decide.photo")

ONE = Compute()
COUNT, STEP = 10, 2.0  # frames, and pixels of blur, sigma, from one to the next
HEIGHT, WIDTH = 300, 400


def soft(image: np.ndarray, sigma: float) -> np.ndarray:
    if sigma <= 0:
        return image
    blurred = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    return blurred.reshape(image.shape)


def texture(seed: int, least: float, most: float, strength: float = 1.0) -> np.ndarray:
    """Shades of all sizes around the middle of a range."""
    rng = np.random.default_rng(seed)
    total = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for sigma in (0.8, 3.0, 10.0):
        layer = soft(rng.standard_normal((HEIGHT, WIDTH, 1)).astype(np.float32), sigma)
        total += layer / layer.std()
    shade = (least + most) / 2 + strength * (most - least) / 8 * total
    return np.clip(shade * np.float32([1.0, 0.95, 0.9]), least, most)


class Scene:
    """A dark thing with a round outline and weak detail before bright ground of strong detail;
    turned, a bright thing before dark ground."""

    def __init__(self, *, noise: float = 1.0, turned: bool = False) -> None:
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        around = np.hypot((x - 150) / 95, (y - 150) / 80)
        self.matte = soft((around < 1).astype(np.float32)[:, :, None], 0.7)
        near, ground = texture(1, 0.05, 0.35, 0.6), texture(2, 0.3, 0.95)
        if turned:
            near, ground = 1 - near, 1 - ground
        lit = to_linear(near), to_linear(ground)
        self.truth = to_srgb(self.matte * lit[0] + (1 - self.matte) * lit[1])
        self.labels = np.where(self.matte[:, :, 0] >= 0.5, 1, COUNT).astype(np.uint8)
        self.frames = []
        rng = np.random.default_rng(3)
        for k in range(COUNT):
            veil = soft(np.dstack((self.matte * lit[0], self.matte)), k * STEP)
            light = veil[:, :, :3] + (1 - veil[:, :, 3:]) * soft(lit[1], (COUNT - 1 - k) * STEP)
            grain = noise / 255 * rng.standard_normal(light.shape).astype(np.float32)
            self.frames.append(np.asarray(from_float(to_srgb(light) + grain, "uint8")))
        inside = cv2.distanceTransform((self.labels == 1).astype(np.uint8), cv2.DIST_L2, 5)
        outside = cv2.distanceTransform((self.labels != 1).astype(np.uint8), cv2.DIST_L2, 5)
        self.rim = (inside > 0) & (inside <= 20)
        self.beside = (outside > 3) & (outside <= 30)

    def by(self, labels: np.ndarray) -> np.ndarray:
        """Every pixel from the frame that a map names."""
        picked = np.take_along_axis(np.stack(self.frames), labels[None, :, :, None] - 1, 0)[0]
        return to_float(picked)


def rms(difference: np.ndarray) -> float:
    return squares(difference) ** 0.5


def squares(difference: np.ndarray) -> float:
    return float(np.mean(np.square(difference.astype(np.float64))))


@pytest.fixture(scope="module")
def scene():
    return Scene()


@pytest.fixture(scope="module")
def found(scene):
    return photo(scene.frames, compute=ONE)


def test_that_the_map_has_the_outline_of_the_near_thing(scene, found):
    wrong = np.abs(found.labels.astype(int) - scene.labels) > 1
    assert wrong[scene.rim].mean() < 0.02  # ground is seen through the blur of the thing there
    assert wrong[scene.beside].mean() < 0.02


def test_that_ground_shows_through_the_near_things_blur_as_their_own_detail(scene):
    """Without the end that is nearest, the strong ground wins some of the weak thing's rim."""
    unknown = photo(scene.frames, compute=ONE, nearest="none").labels
    known = photo(scene.frames, compute=ONE, nearest="first").labels
    lost = [(labels[scene.rim] != 1).mean() for labels in (unknown, known)]
    assert lost[1] < 0.5 * lost[0]


@pytest.mark.parametrize("turned", [False, True])
def test_that_the_halo_of_the_near_thing_is_taken_from_the_ground(turned):
    """Beyond what the true map, and the range of the frames at each pixel, would allow."""
    scene = Scene(turned=turned)
    image = photo(scene.frames, compute=ONE).fuse()[scene.beside]
    truth = scene.truth[scene.beside]
    frames = to_float(np.stack(scene.frames)[:, scene.beside])
    ideal = np.clip(truth, frames.min(axis=0), frames.max(axis=0))
    assert squares(image - truth) < 0.1 * squares(scene.by(scene.labels)[scene.beside] - truth)
    assert squares(image - truth) < 0.5 * squares(ideal - truth)
    assert abs(float((image - truth).mean())) < 5 / 255


def test_that_frames_from_far_to_near_give_the_same(scene, found):
    turned = photo(scene.frames[::-1], compute=ONE)
    assert (turned.labels == COUNT + 1 - found.labels).mean() > 0.995
    assert squares(turned.fuse() - found.fuse()) < (0.5 / 255) ** 2
    depth = turned.aspects["depth"] + found.aspects["depth"]
    assert np.median(np.abs(depth - (COUNT + 1))) < 1e-4


def test_that_means_stay_in_the_range_of_the_frames():
    """A map that is wrong makes no spots: the mean of what it finds is bounded, its detail not."""
    detail = np.random.default_rng(6).standard_normal((60, 80, 3)).astype(np.float32) / 20
    limits = np.full_like(detail, 0.4), np.full_like(detail, 0.6)
    own = np.zeros((60, 80), bool)
    own[:, 20:] = True
    image = np.where(own[:, :, None], 0.8 + detail, np.float32(0.1))
    photo_merge._bound(image, own, limits, 8.0)
    assert (image[:, :20] == np.float32(0.1)).all()
    assert abs(image[:, 20:].mean() - 0.6) < 0.002
    assert rms(image[:, 20:] - detail[:, 20:] - 0.6) < 0.01


def test_that_nothing_is_told_of_ground_that_is_hardly_seen():
    """A hole of the map in the middle of a near thing keeps the pixels of its frame."""
    scene = Scene(noise=0.0)
    labels = scene.labels.copy()
    labels[145:150, 145:150] = COUNT
    composed = scene.by(labels)
    before = composed.copy()
    places = tuple(STEP * k for k in range(COUNT))
    whole = Rect(0, 0, WIDTH, HEIGHT)
    changed = spill.without_spill(
        scene.frames, labels, composed, whole, whole, places, nearest_first=True, compute=ONE
    )
    assert changed[COUNT][0] == 1
    assert np.array_equal(composed[145:150, 145:150], before[145:150, 145:150])
    assert np.abs(composed - before)[scene.beside].max() > 0.1


def test_that_too_much_blur_makes_no_dark_line():
    """Bright rims that are less blurred than their label says; the last frame has no say."""
    scene = Scene(noise=0.0, turned=True)
    frames = [*scene.frames, np.zeros_like(scene.frames[0])]
    places = tuple(1.6 * STEP * k for k in range(COUNT + 1))
    noise = noise_of(frames, compute=ONE)
    made = focus(frames, noise, places, compute=ONE)
    given = (frames, scene.labels, places, made, noise)
    image = photo_merge.merged(*given, averaged=False, compute=ONE)
    own = (scene.labels == COUNT).astype(np.float32)[:, :, None]
    share = np.maximum(soft(own, 15.0), 1e-3)
    least = to_float(np.stack(frames[:COUNT])).min(axis=0)
    low, least = (soft(plane * own, 15.0) / share for plane in (image, least))
    assert (low - least)[scene.beside].min() > -0.06


def test_that_a_corner_of_ground_is_unveiled_as_far_as_it_is_seen():
    """Against Gaussians of scipy: X + w (B - X), w = clear / 0.25 - 1 in [0, 1]."""
    sigma = 4.0
    labels = np.ones((60, 60), np.uint8)
    labels[30:, 30:] = 2
    rng = np.random.default_rng(2)
    light = 0.2 + 0.6 * rng.random((60, 60, 1))
    near = (labels == 1).astype(float)[:, :, None]
    wide = {"sigma": (sigma, sigma, 0), "mode": "nearest", "radius": (12, 12, 0)}
    veil, matte = (ndimage.gaussian_filter(plane, **wide) for plane in (near * light, near))
    frames = [to_srgb(np.float32(p)) for p in (light, veil + (1 - matte) * light)]
    composed = np.where(near > 0, frames[0], frames[1])
    whole = Rect(0, 0, 60, 60)
    given = (frames, labels, composed, whole, whole, (0.0, sigma))
    changed = spill.without_spill(*given, nearest_first=True, compute=ONE)
    assert {name: near for name, (near, _) in changed.items()} == {2: 1}
    clear = 1 - matte
    assert ((clear > 0.27) & (clear < 0.48) & (near == 0)).sum() > 10  # where there is a choice
    share = np.clip(clear / 0.25 - 1, 0, 1)
    seen = to_linear(np.float32(frames[1])).astype(float)
    wanted = seen + share * (light - seen)
    part = np.s_[30:38, 30:38]  # within two sigmas
    np.testing.assert_allclose(to_linear(composed)[part], wanted[part], atol=0.02)


def test_that_the_label_that_covers_most_is_told():
    labels = np.full((80, 120), 3, np.uint8)
    labels[:, :40] = 2
    labels[40:43, 52:55] = 1  # a crumb, nearer
    frames = [np.full((80, 120, 1), 0.2 * k, np.float32) for k in (1, 2, 3)]
    composed = np.take_along_axis(np.stack(frames), labels[None, :, :, None] - 1, 0)[0]
    whole = Rect(0, 0, 120, 80)
    given = (frames, labels, composed, whole, whole, (0.0, 6.0, 12.0))
    assert spill.without_spill(*given, nearest_first=True, compute=ONE)[3][0] == 2


def test_that_the_blur_of_near_things_tells_the_places():
    """Behind and before what is in focus blur need not grow alike."""
    sharp = texture(7, 0.1, 0.9)
    left = np.zeros((HEIGHT, WIDTH, 1), np.float32)
    left[:, : WIDTH // 2] = 1
    frames = [left * sharp + (1 - left) * soft(sharp, 4.0), left * soft(sharp, 2.0)]
    frames[1] += (1 - left) * sharp
    labels = np.where(left[:, :, 0] > 0, 1, 2).astype(np.uint8)
    near = spreads.positions(frames, labels, nearest_first=True, compute=ONE)
    both = spreads.positions(frames, labels, compute=ONE)
    assert near[1] == pytest.approx(2.0, abs=0.15)
    assert both[1] > 2.3


def test_that_a_shaken_frame_moves_no_other():
    """Blurred along a line by much more than its distance in focus."""
    sharp = texture(9, 0.1, 0.9)
    labels = np.minimum(np.arange(WIDTH) * 3 // WIDTH * 3 + 1, 7)[None].repeat(HEIGHT, 0)
    frames = []
    for k in (1, 2, 3, 4, 5, 6, 7):
        blurs = [soft(sharp, 1.5 * abs(k - at)) for at in (1, 4, 7)]
        picked = [
            np.where((labels == at)[:, :, None], b, 0)
            for at, b in zip((1, 4, 7), blurs, strict=False)
        ]
        frames.append(np.float32(sum(picked)))
    frames[4] = cv2.blur(frames[4], (41, 1))
    places = spreads.positions(frames, labels.astype(np.uint8), compute=ONE)
    others = [0, 1, 2, 3, 5, 6]
    np.testing.assert_allclose([places[k] for k in others], 1.5 * np.array(others), atol=0.4)


def test_that_places_are_turned_with_the_frames(scene, monkeypatch):
    uneven = (0.0, *np.cumsum(np.arange(1.0, COUNT)))
    taken = []

    def recorded(images, noise, places, *, compute):
        taken.append(places)
        return focus(images, noise, places, compute=compute)

    monkeypatch.setattr(photo_module, "survey", lambda *given, compute: (uneven, False))
    monkeypatch.setattr(photo_module, "focus", recorded)
    photo(scene.frames[::-1], compute=ONE)
    np.testing.assert_allclose(np.diff(taken[0]), np.arange(COUNT - 1, 0, -1))


def test_that_ground_without_detail_is_left_to_the_far_frame():
    """Nothing tells where bare ground is sharp; the near thing ends where its outline is."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    away = np.hypot((x - 150) / 95, (y - 150) / 80)
    frames, rng = [], np.random.default_rng(4)
    matte = soft((away < 1).astype(np.float32)[:, :, None], 0.7)
    strong = np.float32(away > 2.2)[:, :, None]
    ground = 0.5 + strong * (texture(2, 0.1, 0.9) - 0.5)
    near = texture(1, 0.3, 0.7)
    for k in range(COUNT):
        veil = soft(np.dstack((matte * near, matte)), k * STEP)
        seen = veil[:, :, :3] + (1 - veil[:, :, 3:]) * soft(ground, (COUNT - 1 - k) * STEP)
        grain = rng.standard_normal(seen.shape).astype(np.float32) / 255
        frames.append(np.asarray(from_float(seen + grain, "uint8")))
    labels = photo(frames, compute=ONE, nearest="first").labels
    bare = (away > 1.08) & (away < 2.0)
    assert (labels[bare] == COUNT).mean() > 0.85


def test_that_costs_are_summed_along_eight_paths():
    """Against the recursion written out, with a price for each pair of labels."""
    rng = np.random.default_rng(8)
    cost = rng.random((5, 6, 4)).astype(np.float32)
    lightness = rng.integers(0, 256, cost.shape).astype(np.uint8)
    prices = (3 / (1 + np.arange(256) / 20)).astype(np.float32)
    total = np.zeros_like(cost)
    photo_kernels.add_rows(cost, lightness, prices, total)
    photo_kernels.add_columns(cost, lightness, prices, total)
    wanted = np.zeros(cost.shape)
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        paths = {}
        for y in range(5)[:: -1 if dy < 0 else 1]:
            for x in range(6)[:: -1 if dx < 0 else 1]:
                before, value = paths.get((y - dy, x - dx)), cost[y, x].astype(float)
                if before is not None:
                    step = np.abs(lightness[y, x].astype(int) - lightness[y - dy, x - dx])
                    change = [
                        [0 if j == k else prices[step[min(j, k)]] for j in range(4)]
                        for k in range(4)
                    ]
                    value = value + np.min(before + np.array(change), axis=1) - before.min()
                paths[y, x] = value
                wanted[y, x] += value
    np.testing.assert_allclose(total, wanted, rtol=1e-5)


def test_that_small_copies_tell_the_places_of_the_frames(scene, monkeypatch):
    monkeypatch.setattr(photo_front, "_PIXELS", HEIGHT * WIDTH // 4)
    small = photo_front.small_copies(scene.frames, compute=ONE)
    assert {copy.shape for copy in small} == {(HEIGHT // 2, WIDTH // 2, 3)}
    places, near = photo_front.survey(small, 2.0, compute=ONE)
    assert near is True
    assert places[-1] == pytest.approx(STEP * (COUNT - 1), rel=0.3)
    assert photo_front.survey(small[::-1], 2.0, compute=ONE)[1] is False
