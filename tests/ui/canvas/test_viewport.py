from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from mfgui.core.arrays import Rect, Size
from mfgui.ui.canvas.viewport import ZOOM_STEP, SharedView, View, Viewport

IMAGE = Size(6000, 4000)
SCREEN = Size(1200, 900)


def fitted() -> Viewport:
    return Viewport.fit(IMAGE, screen=SCREEN)


def test_that_fit_shows_the_whole_image_centred() -> None:
    viewport = fitted()
    assert viewport.scale == pytest.approx(0.2)
    assert viewport.extent == Rect(0, 50, 1200, 800)
    assert viewport.fitted


def test_that_fit_enlarges_a_small_image_up_to_64_times() -> None:
    assert Viewport.fit(Size(600, 400), screen=SCREEN).scale == pytest.approx(2.0)
    assert Viewport.fit(Size(1, 1), screen=SCREEN).scale == 64


@hypothesis.given(
    x=st.floats(0, 1200), y=st.floats(0, 900), steps=st.lists(st.integers(-3, 3), max_size=12)
)
def test_that_the_point_under_the_pointer_stays_there(x: float, y: float, steps: list[int]) -> None:
    viewport = fitted().zoomed(0.8, at=(600, 450))
    for step in steps:
        before = viewport.to_image(x, y)
        inside = 0 < before[0] < 6000 and 0 < before[1] < 4000
        zoomed = viewport.stepped(step, at=(x, y))
        roomy = zoomed.extent.width > 2400 and zoomed.extent.height > 1800
        if inside and roomy:
            after = zoomed.to_screen(*before)
            assert after == pytest.approx((x, y), abs=1 + zoomed.scale / viewport.scale)
        viewport = zoomed


def test_that_zooming_in_and_out_at_one_point_never_drifts() -> None:
    start = viewport = fitted().zoomed(1.5, at=(600, 450)).panned(0.45, 0.3)
    for _ in range(30):
        viewport = viewport.stepped(3, at=(311, 207)).stepped(-3, at=(311, 207))
    assert (viewport.x, viewport.y) == pytest.approx((start.x, start.y), abs=0.1)


def test_that_a_step_is_a_factor_of_1_19() -> None:
    viewport = fitted().zoomed(2.0, at=(0, 0))
    assert viewport.stepped(1, at=(5, 5)).scale == pytest.approx(2 * 1.19)
    assert viewport.stepped(-2, at=(5, 5)).scale == pytest.approx(2 / 1.19**2)


@pytest.mark.parametrize(("scale", "expected"), [(0.971, 1.0), (1.029, 1.0), (0.96, 0.96)])
def test_that_zoom_snaps_to_100_percent_within_3_percent(scale: float, expected: float) -> None:
    assert fitted().zoomed(scale, at=(0, 0)).scale == expected


def test_that_zoom_ends_at_fit_and_at_64_times() -> None:
    viewport = fitted()
    for _ in range(60):
        viewport = viewport.stepped(1, at=(10, 10))
    assert viewport.scale == 64
    for _ in range(60):
        viewport = viewport.stepped(-1, at=(10, 10))
    assert viewport == fitted()


def test_that_a_small_image_can_be_shown_at_100_percent() -> None:
    viewport = Viewport.fit(Size(600, 400), screen=SCREEN)
    for _ in range(20):
        viewport = viewport.stepped(-1, at=(10, 10))
    assert viewport.scale == 1
    assert viewport.extent == Rect(300, 250, 600, 400)


@hypothesis.given(
    moves=st.lists(st.tuples(st.floats(-9000, 9000), st.floats(-9000, 9000)), max_size=8),
    scale=st.floats(0.2, 64),
)
def test_that_the_middle_of_the_screen_stays_on_the_image(
    moves: list[tuple[float, float]], scale: float
) -> None:
    viewport = fitted().zoomed(scale, at=(600, 450))
    for move in moves:
        viewport = viewport.panned(*move)
    x, y = viewport.to_image(600, 450)
    assert -1 <= x <= 6001
    assert -1 <= y <= 4001


def test_that_a_dimension_that_fits_is_centred() -> None:
    wide = Viewport.fit(Size(4000, 100), screen=SCREEN).zoomed(1.0, at=(600, 450))
    assert wide.panned(0, 300).top == 400


def test_that_panning_by_whole_pixels_moves_by_whole_pixels() -> None:
    viewport = fitted().zoomed(0.7321, at=(17, 99))
    moved = viewport.panned(-13, 8)
    assert (moved.left - viewport.left, moved.top - viewport.top) == (-13, 8)


def test_that_a_view_gives_the_same_viewport_again() -> None:
    viewport = fitted().zoomed(0.7321, at=(17, 99)).panned(-3, 8)
    again = Viewport.of(viewport.view, image=IMAGE, screen=SCREEN)
    assert (again.left, again.top, again.scale) == (viewport.left, viewport.top, viewport.scale)


def test_that_linked_panes_of_other_sizes_share_the_centre_and_each_fit_themselves() -> None:
    viewport = fitted().zoomed(1.0, at=(600, 450)).panned(-400, -300)
    other = Viewport.of(viewport.view, image=IMAGE, screen=Size(500, 300))
    assert other.to_image(250, 150) == pytest.approx(viewport.to_image(600, 450), abs=1)
    small = Viewport.of(View(fitted=True), image=IMAGE, screen=Size(600, 450))
    assert small.scale == pytest.approx(0.1)


def test_that_pixels_beside_the_image_are_nothing() -> None:
    viewport = fitted()
    assert viewport.pixel_at(0, 50) == (0, 0)
    assert viewport.pixel_at(1199.9, 849.9) == (5999, 3999)
    assert viewport.pixel_at(0, 49.9) is None
    assert viewport.pixel_at(10, 850.1) is None


def test_that_a_screen_rectangle_covers_every_pixel_touched() -> None:
    viewport = fitted().zoomed(2.5, at=(0, 0))
    rect = viewport.to_screen_rect(Rect(10, 20, 3, 1))
    assert rect.x <= viewport.left + 25 < viewport.left + 32.5 <= rect.right
    assert rect.y <= viewport.top + 50 < viewport.top + 52.5 <= rect.bottom


def test_that_a_shared_view_tells_each_change_once() -> None:
    shared, told = SharedView(), []
    shared.changed.connect(told.append)
    view = View(2.0, 5.0, 6.0, fitted=False)
    shared.set(view)
    shared.set(View(2.0, 5.0, 6.0, fitted=False))
    assert told == [view]
    assert ZOOM_STEP == 1.19
