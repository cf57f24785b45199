"""What panes share, and what each of them sees of a change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from mfgui.core.arrays import ImageU8, Rect, Size
from mfgui.core.comparison import CompareView
from mfgui.core.heat import HeatKind
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas.layers import Layers
from mfgui.ui.canvas.overlays import Overlay, OverlayMode, Palette
from mfgui.ui.canvas.shelf import NO_SET, NOWHERE, Shelf

SIZE = Size(40, 30)
RECT = Rect(3, 4, 6, 5)
PALETTE = Palette.load(accent=0xFF0000FF)


def pixels(value: int, size: Size = SIZE) -> ImageU8:
    return np.full((size.height, size.width, 3), value, np.uint8)


def plane(value: int = 1, kind: type = np.uint8) -> np.ndarray:
    return np.full((SIZE.height, SIZE.width), value, kind)


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.begin_set(SIZE)
    for number, key in enumerate(("a", "b", "c")):
        shelf.set_picture(key, Picture(pixels(10 * number)))
    shelf.set_labels(plane(), 3)
    return shelf


def pane(shelf: Shelf, key: str, **fields: object) -> Layers:
    layers = Layers(PALETTE, shelf)
    layers.shown = key
    for name, value in fields.items():
        setattr(layers, name, value)
    return layers


def seen(layers: Layers, change: Callable[[], Rect]) -> Rect:
    """The rectangle of a change where a pane shows it, else nowhere."""
    before = layers.scene().content
    rect = change()
    return NOWHERE if layers.scene().content == before else rect


def update(layers: Layers, key: str, value: int) -> Rect:
    new = pixels(value)[RECT.slices]
    return seen(layers, lambda: layers.shelf.update_picture(key, new, RECT, None))


def test_that_a_change_in_one_pane_is_seen_by_those_that_show_it(shelf: Shelf) -> None:
    one, two, other = pane(shelf, "a"), pane(shelf, "a"), pane(shelf, "b")
    before = [layers.scene().content for layers in (one, two, other)]
    assert update(one, "a", 200) == RECT
    after = [layers.scene().content for layers in (one, two, other)]
    assert [a != b for a, b in zip(after, before, strict=True)] == [True, True, False]
    assert two.scene().picture is one.scene().picture


def test_that_every_content_has_a_stamp_of_its_own(shelf: Shelf) -> None:
    layers = pane(shelf, "a")
    contents = {layers.scene().content}
    for value in range(5):
        update(layers, "a", value)
        contents.add(layers.scene().content)
    shelf.remove_picture("a")
    contents.add(layers.scene().content)
    shelf.set_picture("a", Picture(pixels(4)))
    contents.add(layers.scene().content)
    assert len(contents) == 8
    shelf.begin_set(SIZE)
    shelf.set_picture("a", Picture(pixels(4)))
    assert layers.scene().content not in contents, "nor is one given again in the next set"


@pytest.mark.parametrize("view", [view for view in CompareView if view.of_pixels])
def test_that_what_it_is_compared_with_changes_a_difference(
    shelf: Shelf, view: CompareView
) -> None:
    different = pane(shelf, "a", view=view, against="b")
    plain = pane(shelf, "a", against="b")
    assert update(different, "b", 200) == RECT
    assert update(plain, "b", 100) == NOWHERE
    assert seen(different, lambda: shelf.remove_picture("b")) == shelf.whole
    compared = different.scene().compared
    assert compared is not None
    assert compared.against is None


def test_that_planes_change_the_views_that_show_them(shelf: Shelf) -> None:
    q = pane(shelf, "a", view=CompareView.LOCAL_Q)
    apart = pane(shelf, "a", view=CompareView.LOCAL_Q_DIFFERENCE, against="b")
    plain = pane(shelf, "a")
    for key, expected in (("a", (RECT, RECT, NOWHERE)), ("b", (NOWHERE, RECT, NOWHERE))):
        put = partial(shelf.set_plane, key, plane(5, np.uint16), RECT)
        assert tuple(seen(layers, put) for layers in (q, apart, plain)) == expected
    forget = partial(shelf.set_plane, "a", None)
    assert seen(q, forget) == shelf.whole
    assert seen(q, forget) == NOWHERE
    assert dict(shelf.planes).keys() == {"b"}


def test_that_planes_and_maps_outlive_a_dropped_picture(shelf: Shelf) -> None:
    shelf.set_plane("a", plane(5, np.uint16))
    shelf.set_map("a", plane(2))
    shelf.remove_picture("a")
    assert "a" in shelf.planes
    assert "a" in shelf.maps
    shelf.begin_set(SIZE)
    assert not shelf.planes
    assert not shelf.maps


def test_that_the_map_of_a_result_is_drawn_or_its_picture_alone(shelf: Shelf) -> None:
    layers = pane(shelf, "a", view=CompareView.MAP)
    assert layers.scene().compared is None
    assert seen(layers, lambda: shelf.set_map("b", plane(2))) == NOWHERE
    assert seen(layers, lambda: shelf.set_map("a", plane(2))) == shelf.whole
    compared = layers.scene().compared
    assert compared is not None
    assert compared.map is not None
    assert (compared.map.labels == 2).all()
    expected = PALETTE.table(plane(), k=3, active=1)
    np.testing.assert_array_equal(compared.map.table, expected)


def test_that_distances_change_panes_with_a_band(shelf: Shelf) -> None:
    with_band, without = pane(shelf, "a", band=5), pane(shelf, "a")
    assert with_band.scene().band is None, "nothing is known yet"
    assert seen(with_band, lambda: shelf.set_distance(plane(3))) == shelf.whole
    assert seen(without, lambda: shelf.set_distance(plane(3), RECT)) == NOWHERE
    assert seen(with_band, lambda: shelf.set_distance(plane(3), RECT)) == RECT
    with_band.band = 0
    assert with_band.scene().band is None


def test_that_another_picture_is_drawn_with_all_that_lies_over_the_visible_one(
    shelf: Shelf,
) -> None:
    layers = pane(shelf, "a", view=CompareView.SIGNED, gain=4, against="c", active=2)
    layers.overlay = Overlay(OverlayMode.TINT, 40)
    one, two = layers.scene(ratio=2.0), layers.scene("b", ratio=2.0)
    assert two.picture is shelf.pictures["b"]
    assert two.stamp == shelf.stamp_of("b")
    assert two.compared is not None
    assert two.compared.against is shelf.pictures["c"]
    assert (one.overlay, one.active, one.ratio) == (two.overlay, two.active, two.ratio)
    assert one.content != two.content
    assert layers.scene("none").picture is None


def test_that_nothing_lies_over_a_picture_that_is_peeked_at(shelf: Shelf) -> None:
    layers = pane(shelf, "a", view=CompareView.SIGNED, against="c", band=4)
    layers.overlay = Overlay(OverlayMode.TINT)
    shelf.set_distance(plane(3))
    layers.peeked = "b"
    peeked = layers.scene()
    assert (peeked.compared, peeked.band, peeked.mode) == (None, None, OverlayMode.OFF)
    assert peeked.picture is shelf.pictures["b"]


def test_that_gain_and_strength_count_only_where_they_show(shelf: Shelf) -> None:
    shelf.set_map("a", plane(2))
    for view in CompareView:
        layers = pane(shelf, "a", view=view, against="b")
        before = layers.scene().content
        layers.gain = 8
        assert (layers.scene().content != before) == view.has_gain, view
        before = layers.scene().content
        layers.overlay = Overlay(OverlayMode.OFF, 90)
        assert (layers.scene().content != before) == (view is CompareView.MAP), view


def test_that_each_pane_has_its_own_active_label_and_all_the_same_map(shelf: Shelf) -> None:
    shelf.set_labels(plane(), 20)
    one, two = pane(shelf, "a", active=3), pane(shelf, "a", active=4)
    first, second = one.map, two.map
    assert first is not None
    assert second is not None
    assert first.labels is second.labels
    assert first.stamp != second.stamp
    accent = np.int64(PALETTE.accent)
    assert np.flatnonzero(first.table.view(np.uint32) == accent).tolist() == [3]
    assert np.flatnonzero(second.table.view(np.uint32) == accent).tolist() == [4]


def test_that_planes_must_fit_the_set(shelf: Shelf) -> None:
    wrong = np.zeros((SIZE.height, SIZE.width - 1), np.uint16)
    with pytest.raises(ValueError, match="39 x 30"):
        shelf.set_plane("a", wrong)
    with pytest.raises(ValueError, match="39 x 30"):
        shelf.set_map("a", wrong)
    with pytest.raises(ValueError, match="39 x 30"):
        shelf.set_distance(wrong.astype(np.uint8))


def test_that_heat_is_held_once_for_all_panes(shelf: Shelf) -> None:
    one, two = pane(shelf, "a"), pane(shelf, "b")
    for layers in (one, two):
        layers.overlay = Overlay(OverlayMode.LOCAL_Q)
    values = np.ones((SIZE.height, SIZE.width), np.float32)
    assert seen(one, lambda: shelf.set_heat(HeatKind.LOCAL_Q, values, None)) == shelf.whole
    first, second = one.scene().levels, two.scene().levels
    assert first is not None
    assert second is not None
    assert first.values is second.values


def test_that_the_first_picture_without_a_set_says_how_large_it_is() -> None:
    shelf = Shelf()
    assert shelf.size == NO_SET
    shelf.set_picture("a", Picture(pixels(1)))
    assert shelf.size == SIZE


def test_that_a_change_of_a_preview_is_told_in_pixels_of_the_set(shelf: Shelf) -> None:
    shelf.set_picture("small", Picture(pixels(1, Size(10, 8))))
    changed = shelf.update_picture("small", pixels(9, Size(2, 2)), Rect(3, 2, 2, 2), None)
    # 30 rows are 3.75 times 8.
    assert changed == Rect(12, 7, 8, 8)
