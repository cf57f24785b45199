"""The photo preset on generated stacks with known truth."""

from __future__ import annotations

import importlib
import subprocess
import sys

import cv2
import numpy as np
import pytest

from mfgui.app.requests import build_request
from mfgui.core.arrays import Size, from_float, to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.stack import SourceStack
from mfgui.jobs.events import Failed, Finished
from mfgui.jobs.gate import Gate
from mfgui.jobs.runner import execute
from mfgui.methods import registry
from mfgui.methods.decide.photo import photo
from mfgui.methods.decide.photo_front import nearest_first
from mfgui.methods.decide.photo_noise import bands, chroma, noise_of
from mfgui.methods.decide.photo_order import focus_order
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.ms_lap import ms_lap
from mfgui.synth.layered import random_scene, render

ONE = Compute()
NOISE = 2.0  # of 255


def soft(image: np.ndarray, sigma: float) -> np.ndarray:
    if sigma <= 0:
        return image
    side = 2 * int(np.ceil(3 * sigma)) + 1
    blurred = cv2.GaussianBlur(image, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101)
    return blurred.reshape(image.shape)


def texture(height: int, width: int, seed: int, channels: int = 3) -> np.ndarray:
    """Detail of all sizes in [0.1, 0.9]."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, channels), np.float32)
    for sigma in (0.8, 2.0, 6.0):
        layer = soft(rng.standard_normal(total.shape).astype(np.float32), sigma)
        total += layer / layer.std()
    return np.clip(0.5 + 0.11 * total, 0.1, 0.9)


def stack_of(
    truth: np.ndarray, depth: np.ndarray, count: int, *, step: float = 1.5, noise: float = 0.0
) -> list[np.ndarray]:
    """Frames focused at 1 ... count of a scene without edges of depth; float32, unclipped noise.

    Between whole differences of depth the blurred pictures are interpolated.
    """
    sigmas = np.arange(0, count + 1) * step
    blurs = np.stack([soft(truth, sigma) for sigma in sigmas])
    rng = np.random.default_rng(5)
    frames = []
    for k in range(1, count + 1):
        away = np.abs(depth - k)
        low = np.minimum(away.astype(int), count - 1)
        share = (away - low).astype(np.float32)[None, :, :, None]
        picked = np.take_along_axis(blurs, low[None, :, :, None], 0) * (1 - share)
        picked = (picked + np.take_along_axis(blurs, low[None, :, :, None] + 1, 0) * share)[0]
        frames.append(picked + noise / 255 * rng.standard_normal(picked.shape).astype(np.float32))
    return frames


def stored(frames: list[np.ndarray]) -> list[np.ndarray]:
    return [from_float(frame, "uint8") for frame in frames]


def strips(count: int, height: int = 160, width: int = 240) -> np.ndarray:
    """Depths 1 ... count from the left to the right."""
    return np.minimum(np.arange(width) * count // width + 1, count)[None].repeat(height, 0)


def rms(difference: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(difference.astype(np.float64)))))


def psnr(image: np.ndarray, truth: np.ndarray) -> float:
    return float(-20 * np.log10(rms(image - truth) + 1e-9))


@pytest.fixture(scope="module")
def noisy():
    """Truth whose lower half is smooth, depths, and six frames with noise."""
    truth = texture(200, 300, 1)
    ramp = np.linspace(0.2, 0.8, 300, dtype=np.float32)[None, :, None]
    truth[100:] = ramp * np.float32([1.0, 0.8, 0.6])
    depth = strips(6, 200, 300)
    return truth, depth, stored(stack_of(truth, depth, 6, noise=NOISE))


def test_that_noise_falls_in_flat_areas_and_detail_stays(noisy):
    truth, _, frames = noisy
    image = photo(frames, compute=ONE).fuse()
    plain = photo(frames, compute=ONE, quiet=False).fuse()
    flat = np.s_[120:190, 10:290]
    assert rms(to_float(frames[0])[flat] - truth[flat]) == pytest.approx(NOISE / 255, rel=0.1)
    assert rms(plain[flat] - truth[flat]) > 0.9 * NOISE / 255
    assert rms(image[flat] - truth[flat]) < 0.5 * NOISE / 255
    detailed = np.s_[10:80, 10:290]
    assert rms(image[detailed] - truth[detailed]) <= 1.02 * rms(plain[detailed] - truth[detailed])


def test_that_averaging_leaves_what_one_frame_alone_holds(noisy):
    """A speck in the smooth area of one frame is that frame's detail, and no ghost of it stays
    where the frames disagree by a wide soft shape."""
    truth, _, frames = noisy
    frames = [frame.copy() for frame in frames]
    frames[3][150:152, 150:152] = 255
    image = photo(frames, compute=ONE).fuse()
    assert image[150:152, 150:152].min() > 0.95
    ghost = np.zeros((200, 300, 1), np.float32)
    ghost[140:170, 60:90] = 0.3
    frames = [frame.copy() for frame in noisy[2]]
    frames[5] = from_float(to_float(frames[5]) + soft(ghost, 8.0), "uint8")
    labels = np.full(truth.shape[:2], 2, np.uint8)
    image = photo(frames, compute=ONE, labels=labels).fuse()
    part = np.s_[125:185, 45:105]
    assert abs(float(np.mean(image[part] - truth[part]))) < 0.5 / 255
    assert np.abs(soft(image - truth, 3.0)[part]).max() < 1.5 / 255


def test_that_every_value_lies_in_the_range_of_the_frames(noisy):
    frames = noisy[2]
    image = photo(frames, compute=ONE).fuse()
    assert (image >= to_float(np.min(frames, axis=0))).all()
    assert (image <= to_float(np.max(frames, axis=0))).all()


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [3, 0, 5, 1, 4, 2], [5, 4, 3, 2, 1, 0]])
def test_that_frames_may_come_in_any_order(noisy, order):
    truth, depth, frames = noisy
    given = [frames[index] for index in order]
    found = photo(given, compute=ONE)
    known = np.s_[8:92]
    names = np.argsort(order)[depth - 1] + 1
    assert np.mean((found.labels == names)[known]) > 0.93
    assert psnr(found.fuse()[known], truth[known]) > 39.0
    ranks = np.asarray(focus_order(given, compute=ONE))
    true_ranks = np.asarray(order)[ranks]
    assert list(true_ranks) in ([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0])
    for way in (ranks, np.asarray(focus_order(given[::-1], compute=ONE))):
        assert np.corrcoef(np.argsort(way), np.arange(6))[0, 1] > 0  # as the files run


def test_that_a_given_map_is_obeyed_where_it_is_assigned(noisy):
    frames = noisy[2]
    alone = photo(frames, compute=ONE)
    labels = np.zeros(alone.labels.shape, np.uint8)
    labels[20:80, 100:200] = 6
    found = photo(frames, compute=ONE, labels=labels)
    assert (found.labels[labels == 6] == 6).all()
    assert np.array_equal(found.labels[labels == 0], alone.labels[labels == 0])
    changed = found.labels != alone.labels
    assert (found.aspects["depth"][changed] == 6).all()
    assert np.array_equal(found.aspects["depth"][~changed], alone.aspects["depth"][~changed])
    turned = photo(frames, compute=ONE, labels=labels, nearest="last")
    assert (turned.aspects["depth"][changed] == 6).all()
    inner = np.s_[30:70, 110:190]
    assert psnr(found.fuse()[inner], to_float(frames[5])[inner]) > 44.0
    outside = np.s_[:, :60]
    assert np.allclose(found.fuse()[outside], alone.fuse()[outside], atol=1e-6)
    unchanged = photo(frames, compute=ONE, labels=alone.labels)
    assert np.array_equal(unchanged.fuse(), alone.fuse())


@pytest.mark.parametrize(("memory", "threads"), [(None, 16), (10**10, 16), (10**9, 12), (1, 1)])
def test_that_threads_have_room_for_their_tiles(noisy, monkeypatch, memory, threads):
    """Six frames take 78 MB a thread, the picture 2 MB."""
    module = importlib.import_module("mfgui.methods.decide.photo")
    used = []
    monkeypatch.setattr(module, "focus", lambda *given, compute: used.append(compute) or given[9])
    with pytest.raises(IndexError):
        photo(noisy[2], compute=Compute(threads=16, memory=memory))
    assert [one.threads for one in used] == [threads]


def test_that_a_run_gives_the_map_and_what_is_known_of_each_pixel(noisy):
    frames = noisy[2]
    labels = np.full(frames[0].shape[:2], 3, np.uint8)
    stack = SourceStack.from_arrays(frames)
    request = build_request(registry.load(), stack, method="photo", labels=labels)
    events = []
    execute(request, emit=events.append, gate=Gate())
    assert not [event for event in events if isinstance(event, Failed)]
    result = next(event for event in events if isinstance(event, Finished)).result
    assert (result.labels == 3).all()
    assert set(result.aspects) == {"depth", "confidence"}
    assert result.provenance.method == "photo"


def test_that_depth_follows_a_slope():
    height, width, count = 160, 400, 6
    depth = np.linspace(1.2, 5.8, width)[None].repeat(height, 0)
    frames = stored(stack_of(texture(height, width, 2), depth, count, step=1.2, noise=1.0))
    found = photo(frames, compute=ONE).aspects["depth"]
    assert found.shape == depth.shape
    assert found.min() >= 0.5
    assert found.max() <= count + 0.5
    middle = np.median(found[10:-10], axis=0)
    means = middle[: width // 20 * 20].reshape(-1, 20).mean(axis=1)
    truth = depth[0, : width // 20 * 20].reshape(-1, 20).mean(axis=1)
    assert (np.diff(means) > 0).all()
    assert np.abs(means - truth)[1:-1].max() < 0.15  # nothing lies beyond the first and the last


def test_that_confidence_is_low_without_detail(noisy):
    _, _, frames = noisy
    found = photo(frames, compute=ONE).aspects["confidence"]
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    assert np.median(found[8:92]) > 0.5
    assert np.median(found[120:190]) < 0.15


def test_that_the_noise_of_the_frames_is_measured():
    rng = np.random.default_rng(3)
    light = texture(240, 320, 4)
    frames = [light + NOISE / 255 * rng.standard_normal(light.shape) for _ in range(4)]
    found = noise_of([frame.astype(np.float32) for frame in frames], compute=ONE)
    alone = (NOISE / 255 * rng.standard_normal((400, 400, 3))).astype(np.float32) + np.float32(0.5)
    true = [float(np.mean(np.square(plane))) for plane in bands(alone).fine]
    true.append(float(np.mean(np.square(chroma(alone)).sum(axis=2))))
    measured = [float(np.median(table)) for table in (*found.energies, found.chroma)]
    for value, expected in zip(measured, true, strict=True):
        assert 0.6 * expected < value < 1.1 * expected


def test_that_clipped_light_is_not_taken_for_a_camera_without_noise():
    """The glow of a lamp in blurred frames would be detail beside that."""
    rng = np.random.default_rng(11)
    truth = np.tile(np.linspace(0.1, 0.7, 384, dtype=np.float32)[None, :, None], (288, 1, 3))
    truth[:, 192:] = 1.4
    shape = (288, 384, 3)
    frames = [truth + 3 / 255 * rng.standard_normal(shape).astype(np.float32) for _ in range(3)]
    found = noise_of(stored(frames), compute=ONE)
    for table in (*found.energies, found.chroma):
        assert table[15] > 0.09 * np.median(table[2:10])


def test_that_texture_of_a_few_frames_is_not_taken_for_noise():
    """Every place is detailed in one of three frames, and differs from its neighbours there."""
    frames = stack_of(texture(240, 360, 12), strips(3, 240, 360), 3, step=3.0, noise=1.0)
    found = noise_of(stored(frames), compute=ONE)
    rng = np.random.default_rng(13)
    alone = (rng.standard_normal((400, 400, 3)) / 255).astype(np.float32) + np.float32(0.5)
    true = float(np.mean(np.square(bands(alone).fine[0])))
    assert found.energies.max() < 6.0 * true  # the texture has 50 to 90 times as much


def test_that_texture_of_one_lightness_is_not_taken_for_its_noise():
    ramp = np.tile(np.linspace(0.1, 0.5, 360, dtype=np.float32)[None, :, None], (480, 1, 3))
    frames = []
    for seed in (15, 16, 17):
        frame = ramp.copy()
        frame[240:] = 0.8 + 0.3 * (texture(240, 360, seed) - 0.5)
        noise = np.random.default_rng(seed).standard_normal(frame.shape).astype(np.float32)
        frames.append(frame + noise / 255)
    found = noise_of(stored(frames), compute=ONE).energies[0]
    assert found[12] < 12.0 * np.median(found[2:8])  # the texture has 24 times as much


def test_that_weak_detail_beside_a_contour_stays():
    """A hair 25 pixels from a bright bar, focused in another frame."""
    truth = np.full((160, 240, 3), 0.3, np.float32)
    truth[:, 110:130] = 0.95
    truth[60:100, 155:157] = 0.24
    depth = np.ones((160, 240), int)
    depth[:, 140:] = 4
    frames = stored(stack_of(truth, depth, 5, step=3.0, noise=1.0))
    image = photo(frames, compute=ONE).fuse()
    assert np.abs(image[65:95, 155:157].mean(axis=(0, 2)) - 0.24).max() < 3 / 255


def test_that_the_blur_of_a_contour_decides_nothing_beside_it():
    """A bright bar, sharp in the first frame, on a ground without detail."""
    truth = np.full((160, 240, 3), 0.15, np.float32)
    truth[:, 110:130] = 0.9
    depth = np.ones((160, 240), int)
    frames = stored(stack_of(truth, depth, 5, step=3.0, noise=1.0))
    image = photo(frames, compute=ONE).fuse()
    beside = np.r_[80:106, 134:160]
    assert np.abs(soft(image - truth, 1.5)[10:-10, beside]).max() < 3 / 255
    assert psnr(frames[0][:, beside] / 255, truth[:, beside]) < psnr(
        image[:, beside], truth[:, beside]
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_that_depths_and_channels_agree(channels):
    depth = strips(4, 96, 128)
    frames = stored(stack_of(texture(96, 128, 6, channels), depth, 4, noise=1.0))
    deep = [frame.astype(np.uint16) * 257 for frame in frames]
    real = [to_float(frame) for frame in frames]
    image = photo(frames, compute=ONE).fuse()
    assert image.shape == (96, 128, channels)
    for other in (deep, real):
        assert np.mean(np.abs(photo(other, compute=ONE).fuse() - image) > 1e-3) < 2e-3


def test_that_a_hundred_frames_are_fused():
    depth = np.linspace(1, 100, 200)[None].repeat(64, 0)
    truth = texture(64, 200, 7)
    sharp = [np.exp(-(((depth - k) / 12.0) ** 2))[:, :, None] for k in range(1, 101)]
    blurred = soft(truth, 2.5)
    frames = stored([share * truth + (1 - share) * blurred for share in sharp])
    found = photo(frames, compute=ONE)
    assert np.abs(found.labels[8:-8, 8:-8].astype(int) - depth[8:-8, 8:-8]).mean() < 4.0
    assert psnr(found.fuse(), truth) > psnr(to_float(frames[50]), truth) + 8.0


def test_that_a_pair_is_the_ascent_from_a_cleaned_map(tiny_pair):
    images = list(tiny_pair.images)
    labels = laplacian(images, clean=0.001, compute=ONE)
    *_, last = ms_lap(images, labels, compute=ONE)
    found = photo(images, compute=ONE)
    assert np.array_equal(found.labels, labels)
    assert np.array_equal(found.fuse(), last.image)
    given = np.zeros_like(labels)
    given[:40] = 2
    assert (photo(images, compute=ONE, labels=given).labels[:40] == 2).all()


def test_that_what_a_near_layer_spills_in_a_pair_is_computed_unless_a_map_is_given():
    made = render(random_scene(Size(320, 240), layers=2, radius=6.0, seed=33))
    frames = stored(list(made.frames))
    found = photo(frames, compute=ONE)
    labels = laplacian(frames, clean=0.001, compute=ONE)
    *_, ascent = ms_lap(frames, labels, compute=ONE)
    assert psnr(found.fuse(), made.truth) > psnr(ascent.image, made.truth) + 3.0
    assert found.front == 1
    assert found.aspects["confidence"].shape == labels.shape
    given = photo(frames, compute=ONE, labels=labels)
    assert np.array_equal(given.fuse(), ascent.image)
    assert given.aspects == {}


@pytest.mark.parametrize("radius", [2.0, 4.0])
def test_that_the_nearest_end_of_a_stack_is_found(radius):
    made = render(random_scene(Size(448, 336), layers=4, radius=radius, seed=5))
    frames = stored(list(made.frames))
    places = tuple(0.55 * radius * k for k in range(4))
    assert nearest_first(frames, made.labels, places, compute=ONE) is True
    labels = (5 - made.labels).astype(np.uint8)
    assert nearest_first(frames[::-1], labels, places, compute=ONE) is False
    flat = np.ones_like(labels)
    assert nearest_first(frames, flat, places, compute=ONE) is None


def test_that_the_nearest_end_may_be_given():
    made = render(random_scene(Size(448, 336), layers=4, radius=4.0, seed=5))
    frames = stored(list(made.frames))
    ways = ("first", "last", "none")
    quality = [psnr(photo(frames, compute=ONE, nearest=way).fuse(), made.truth) for way in ways]
    assert quality[0] > max(quality[1:]) + 0.5
    turned = photo(frames[::-1], compute=ONE, nearest="last").fuse()
    assert psnr(turned, made.truth) > quality[2] + 0.5


def test_that_a_deep_stack_may_use_few_of_its_values():
    """As a microscope's, whose white is not known: 255 of 65535 values."""
    depth = strips(4, 96, 160)
    frames = stored(stack_of(texture(96, 160, 14, 1), depth, 4, noise=1.0))
    labels = photo([frame.astype(np.uint16) for frame in frames], compute=ONE).labels
    assert np.mean((labels == depth)[4:-4]) > 0.95


def test_that_it_can_be_stopped_while_fusing(noisy):
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls > limit:
            raise StopRequested

    limit = 10**9
    decision = photo(noisy[2], compute=Compute(checkpoint=check))
    limit = calls + 1
    with pytest.raises(StopRequested):
        decision.fuse()


_STREAMED = """
import sys, threading, time
import numpy as np
from mfgui.core.compute import Compute
from mfgui.methods.decide.photo import photo
from mfgui.methods.decide.photo_front import nearest_first

def resident():
    with open("/proc/self/status") as text:
        lines = [line.split() for line in text if line.startswith(("RssAnon", "RssShmem"))]
    return sum(int(line[1]) for line in lines)

folder, count = sys.argv[1], int(sys.argv[2])
images = [np.load(f"{folder}/{k % 4}.npy", mmap_mode="r") for k in range(count)]
small = [image[:64, :80] for image in images[:3]]
photo(small, compute=Compute()).fuse()
before, peak, ended = resident(), 0, False

def watch():
    global peak
    while not ended:
        peak = max(peak, resident())
        time.sleep(0.005)

thread = threading.Thread(target=watch)
thread.start()
photo(images, compute=Compute(threads=2)).fuse()
ended = True
thread.join()
print((peak - before) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_that_memory_does_not_grow_with_the_number_of_frames(tmp_path):
    height, width = 900, 1400
    base = np.tile(texture(180, 280, 8), (5, 5, 1))
    for k in range(4):
        np.save(tmp_path / f"{k}.npy", from_float(soft(base, 0.8 * k), "uint8"))
    peaks = []
    for count in (4, 16):
        command = [sys.executable, "-c", _STREAMED, str(tmp_path), str(count)]
        made = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(made.stdout))
    pixels = height * width
    # 12 more frames as float32 would take 12 * 12 bytes a pixel.
    assert peaks[1] - peaks[0] < 40 * pixels
    assert peaks[1] < 130 * pixels
