"""The photo preset where near things stand before far ones, out of focus by many pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Rect, from_float, to_float
from mfgui.core.compute import Compute
from mfgui.core.light import to_linear, to_srgb
from mfgui.methods.decide import photo_front, photo_merge, spill
from mfgui.methods.decide.photo import photo

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
    """A dark thing with a round outline and weak detail before bright ground of strong detail."""

    def __init__(self, *, noise: float = 1.0) -> None:
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        around = np.hypot((x - 150) / 95, (y - 150) / 80)
        self.matte = soft((around < 1).astype(np.float32)[:, :, None], 0.7)
        near, ground = texture(1, 0.05, 0.35, 0.6), texture(2, 0.3, 0.95)
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


def test_that_the_halo_of_the_near_thing_is_taken_from_the_ground(scene, found):
    """Beyond what the true map, and the range of the frames at each pixel, would allow."""
    image = found.fuse()[scene.beside]
    truth = scene.truth[scene.beside]
    frames = to_float(np.stack(scene.frames)[:, scene.beside])
    ideal = np.clip(truth, frames.min(axis=0), frames.max(axis=0))
    assert squares(image - truth) < 0.1 * squares(scene.by(scene.labels)[scene.beside] - truth)
    assert squares(image - truth) < 0.5 * squares(ideal - truth)
    assert abs(float((image - truth).mean())) < 1.5 / 255


def test_that_frames_from_far_to_near_give_the_same(scene, found):
    turned = photo(scene.frames[::-1], compute=ONE)
    assert (turned.labels == COUNT + 1 - found.labels).mean() > 0.995
    assert squares(turned.fuse() - found.fuse()) < (0.5 / 255) ** 2
    depth = turned.aspects["depth"] + found.aspects["depth"]
    assert np.median(np.abs(depth - (COUNT + 1))) < 1e-4


@pytest.mark.parametrize(("gain", "kept"), [(3.0, 3.0), (8.0, 4.0), (-2.0, 0.0)])
def test_that_only_detail_leaves_the_range_of_the_frames(gain, kept):
    """A map that is wrong makes no spots: means stay in the range, and detail is the frame's."""
    detail = np.random.default_rng(6).standard_normal((60, 80, 3)).astype(np.float32)
    detail -= soft(detail, 8.0)
    plain = 0.5 + 0.01 * detail
    limits = np.full_like(plain, 0.4), np.full_like(plain, 0.6)
    own = np.zeros((60, 80), bool)
    own[:, 20:] = True
    image = np.where(own[:, :, None], 0.8 + 0.01 * gain * detail, np.float32(0.1))
    photo_merge._bound(image, plain, own, limits, 8.0)
    assert (image[:, :20] == np.float32(0.1)).all()
    part = np.s_[:, 44:]  # farther from the other side than its means reach
    assert abs(image[part].mean() - 0.6) < 0.002
    slope = np.polyfit(detail[part].ravel(), image[part].ravel(), 1)[0]
    assert slope == pytest.approx(0.01 * kept, abs=0.001)


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
    assert changed == {COUNT: 1}
    assert np.array_equal(composed[145:150, 145:150], before[145:150, 145:150])
    assert np.abs(composed - before)[scene.beside].max() > 0.1


def test_that_small_copies_tell_the_places_of_the_frames(scene, monkeypatch):
    monkeypatch.setattr(photo_front, "_PIXELS", HEIGHT * WIDTH // 4)
    places, near = photo_front.survey(scene.frames, compute=ONE)
    assert near is True
    assert places[-1] == pytest.approx(STEP * (COUNT - 1), rel=0.3)
    turned = photo_front.survey(scene.frames[::-1], compute=ONE)
    assert turned[1] is False
