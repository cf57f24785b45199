from __future__ import annotations

import numpy as np

from mfgui.jobs.frames import LiveFrames


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _image(value: float, shape: tuple[int, int, int] = (6, 8, 3)) -> np.ndarray:
    return np.full(shape, value, np.float32)


def test_that_values_are_clamped_scaled_and_rounded() -> None:
    frames = LiveFrames(clock=_Clock())
    image = np.array([[[-1.0], [0.0], [0.5], [1.0], [2.0]]], np.float32)
    frames.offer(lambda: image, run_id=1, iteration=0)
    frame = frames.take()
    assert frame is not None
    assert frame.pixels.ravel().tolist() == [0, 0, 128, 255, 255]


def test_that_the_image_offered_is_not_changed() -> None:
    image = _image(0.5)
    LiveFrames(clock=_Clock()).offer(lambda: image, run_id=1, iteration=0)
    np.testing.assert_array_equal(image, _image(0.5))


def test_that_pictures_come_at_most_ten_times_a_second() -> None:
    clock = _Clock()
    frames = LiveFrames(clock=clock)
    taken = 0
    for _ in range(1000):
        taken += frames.offer(lambda: _image(0.5), run_id=1, iteration=0)
        clock.now += 0.002
    assert taken == 20


def test_that_slow_pictures_take_no_more_than_their_share_of_the_time() -> None:
    clock = _Clock()
    frames = LiveFrames(share=0.05, clock=clock)

    class _Slow(np.ndarray):
        def copy(self, order: str = "C") -> np.ndarray:
            clock.now += 0.1  # making one picture takes 100 ms
            return np.array(self)

    slow = _image(0.5).view(_Slow)
    taken = 0
    while clock.now < 20.0:
        taken += frames.offer(lambda: slow, run_id=1, iteration=0)
        clock.now += 0.05
    assert taken <= 11


def test_that_the_reader_keeps_its_picture_while_the_worker_goes_on() -> None:
    clock = _Clock()
    frames = LiveFrames(clock=clock)
    frames.offer(lambda: _image(0.2), run_id=1, iteration=0)
    held = frames.take()
    assert held is not None
    for step in range(5):
        clock.now += 1.0
        frames.offer(lambda: _image(0.9), run_id=1, iteration=step)
    assert (held.pixels == 51).all()
    newest = frames.take()
    assert newest is not None
    assert newest.iteration == 4
    assert frames.take() is None


def test_that_large_images_are_reduced_to_preview_scale() -> None:
    frames = LiveFrames(max_pixels=100, clock=_Clock())
    frames.offer(lambda: _image(0.5, (40, 60, 1)), run_id=1, iteration=0)
    frame = frames.take()
    assert frame is not None
    height, width, channels = frame.pixels.shape
    assert height * width <= 110
    assert channels == 1
    assert abs(width / height - 1.5) < 0.1
