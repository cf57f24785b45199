"""Every view of a comparison against arrays computed here, in plain whole numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtGui import QFont

from mfgui import resources
from mfgui.core import difference_kernels
from mfgui.core.arrays import ImageU8, PixelArray, Rect, Size
from mfgui.core.comparison import GAINS, CompareView
from mfgui.core.heat import HeatKind, levels_of
from mfgui.core.pyramid import Picture, display_pixels
from mfgui.ui.canvas import differences
from mfgui.ui.canvas.compositor import Compositor
from mfgui.ui.canvas.dimming import HATCH
from mfgui.ui.canvas.overlays import Overlay, OverlayMode, Palette
from mfgui.ui.canvas.pixelgrid import PixelGrid
from mfgui.ui.canvas.scene import Band, Compared, Map, Plane, Scene
from mfgui.ui.canvas.viewport import Viewport

IMAGE, SCREEN = Size(120, 90), Size(101, 83)
SURROUND = 0xFF6B6B6B
PALETTE = Palette.load(accent=0xFF0000FF)
OF_PIXELS = [view for view in CompareView if view.of_pixels]
OF_Q = [view for view in CompareView if view.of_q]
DRAWN = OF_PIXELS + OF_Q
KINDS = ["colour", "grey", "16 bit", "16 bit grey", "float"]

Wide = npt.NDArray[np.int64]

pytestmark = pytest.mark.usefixtures("qapp")


class Always:
    """Loops that have been loaded, or never are."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def get(self) -> Any:
        return self._module


@pytest.fixture(autouse=True, params=["compiled", "plain"])
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    module = difference_kernels if request.param == "compiled" else None
    monkeypatch.setattr(differences, "LOOPS", Always(module))


# What is expected


def along(anchors: list[str], count: int) -> Wide:
    """(count, 3) red, green, blue, rounded half up."""
    known = [[int(anchor[n : n + 2], 16) for n in (1, 3, 5)] for anchor in anchors]
    colours = []
    for number in range(count):
        place = Fraction(number * (len(known) - 1), count - 1)
        first = min(int(place), len(known) - 2)
        share = place - first
        pairs = zip(known[first], known[first + 1], strict=True)
        colours.append([int(a + (b - a) * share + Fraction(1, 2)) for a, b in pairs])
    return np.array(colours)


STORED = json.loads(resources.path("palettes.json").read_text("utf-8"))
DIVERGING = along(STORED["diverging"], 511)
RAMP = along(STORED["ramp"]["anchors"], 256)
Q_RAMP = along(STORED["ramp"]["anchors"], 255)


def brightness(pixels: Wide) -> Wide:
    if pixels.shape[2] == 1:
        return pixels[..., 0]
    red, green, blue = np.moveaxis(pixels, 2, 0)
    return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16


def whole(pixels: PixelArray) -> tuple[Wide, int]:
    """Whole numbers, and how many of them are a grey level of 255."""
    if pixels.dtype == np.float32:
        return np.rint(pixels.astype(np.float64) * 65535).astype(np.int64), 257
    return pixels.astype(np.int64), 257 if pixels.dtype == np.uint16 else 1


def rounded(numerator: Wide, denominator: int) -> Wide:
    """Half up, limited to 255, of numbers that are not negative."""
    return np.minimum((2 * numerator + denominator) // (2 * denominator), 255)


def of_pixels(view: CompareView, one: PixelArray, two: PixelArray, gain: int) -> Wide:
    """(h, w, 3) colours that the view has."""
    (first, step), (second, _) = whole(one), whole(two)
    if view is CompareView.SIGNED:
        apart = brightness(first) - brightness(second)
        return DIVERGING[255 + np.sign(apart) * rounded(np.abs(apart) * gain, step)]
    if view is CompareView.ABSOLUTE:
        levels = rounded(np.abs(first - second) * gain, step)
        return levels.repeat(4 - levels.shape[2], axis=2)[..., :3]
    # The mean over the channels, of which 255 is (255 / gain)^2.
    total = ((first - second) ** 2).sum(axis=2)
    return RAMP[rounded(total * gain**2, 255 * first.shape[2] * step**2)]


def of_q(view: CompareView, one: npt.NDArray[Any], two: npt.NDArray[Any], gain: int) -> Wide:
    """Colours, -1 where nothing is known."""
    first, second = one.astype(np.int64), two.astype(np.int64)
    if view is CompareView.LOCAL_Q:
        q = np.where(first == 0, np.nan, (first - 1) / 32767 - 1).astype(np.float32)
        levels = levels_of(q, HeatKind.LOCAL_Q).astype(int)
        return np.where((levels == 0)[..., None], -1, Q_RAMP[np.maximum(levels, 1) - 1])
    level = rounded(np.abs(first - second) * 255 * gain, 32767)
    colours = DIVERGING[255 + np.sign(first - second) * level]
    return np.where(((first == 0) | (second == 0))[..., None], -1, colours)


def below(viewport: Viewport) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Image row and column below each screen pixel's centre, and whether there is any."""
    x, y = np.meshgrid(np.arange(SCREEN.width), np.arange(SCREEN.height))
    column = np.floor((x + 0.5 - viewport.left) / viewport.scale).astype(int)
    row = np.floor((y + 0.5 - viewport.top) / viewport.scale).astype(int)
    inside = (column >= 0) & (column < IMAGE.width) & (row >= 0) & (row < IMAGE.height)
    return row.clip(0, IMAGE.height - 1), column.clip(0, IMAGE.width - 1), inside


def on_screen(colours: Wide, viewport: Viewport) -> Wide:
    row, column, inside = below(viewport)
    return np.where(inside[..., None], colours[row, column], 0x6B)


# What is drawn


def shape_of(kind: str) -> tuple[int, int, int]:
    return (IMAGE.height, IMAGE.width, 1 if "grey" in kind else 3)


def stepped(pixels: PixelArray) -> PixelArray:
    return np.rint(pixels.astype(np.float64) * 65535).astype(np.uint16)


def pixels_of(kind: str, seed: int, near: PixelArray | None = None) -> PixelArray:
    """Noise; with `near` within a few levels of it, so that high gains do not clip all."""
    rng = np.random.default_rng(seed)
    if kind == "float":  # at steps of 16 bits, so that no rounding is a matter of taste
        steps = pixels_of("16 bit", seed, None if near is None else stepped(near))
        return (steps / np.float32(65535)).astype(np.float32)
    most, depth = (65535, np.uint16) if "16" in kind else (255, np.uint8)
    if near is None:
        return rng.integers(0, most + 1, shape_of(kind)).astype(depth)
    moved = near.astype(int) + rng.integers(-most // 16, most // 16 + 1, shape_of(kind))
    return moved.clip(0, most).astype(depth)


def picture_of(pixels: PixelArray) -> Picture:
    return Picture(display_pixels(pixels), stored=pixels)


def q_plane(seed: int, *, holes: bool = True) -> npt.NDArray[np.uint16]:
    rng = np.random.default_rng(seed)
    levels = rng.integers(1, 65536, (IMAGE.height, IMAGE.width)).astype(np.uint16)
    if holes:
        levels[rng.random(levels.shape) < 0.1] = 0
    return levels


def at_scale(scale: float) -> Viewport:
    if scale >= 1:
        return Viewport.fit(IMAGE, screen=SCREEN).zoomed(scale, at=(31, 57))
    return replace(Viewport.fit(IMAGE, screen=SCREEN), scale=scale, x=13.0, y=-4.0)


def scene_of(
    view: CompareView, one: PixelArray, two: PixelArray, *, gain: int = 1, **more: Any
) -> Scene:
    compared = Compared(
        view,
        gain,
        picture_of(two),
        2,
        q=Plane(q_plane(5), 3),
        against_q=Plane(q_plane(6), 4),
        ramp=PALETTE.ramp,
        diverging=PALETTE.diverging,
    )
    return Scene(picture_of(one), 1, surround=SURROUND, **{"compared": compared, **more})


def composed(scene: Scene, viewport: Viewport) -> ImageU8:
    pixels = Compositor(PixelGrid(QFont())).frame(scene, viewport).pixels
    assert (pixels[..., 3] == 255).all()
    return pixels[..., 2::-1].copy()


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("view", OF_PIXELS)
def test_that_differences_are_those_of_the_stored_pixels(
    view: CompareView, kind: str, scale: float
) -> None:
    one = pixels_of(kind, 1)
    for gain, two in ((1, pixels_of(kind, 2)), (4, pixels_of(kind, 3, near=one))):
        viewport = at_scale(scale)
        shown = composed(scene_of(view, one, two, gain=gain), viewport)
        expected = on_screen(of_pixels(view, one, two, gain), viewport)
        np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("kind", ["colour", "16 bit"])
@pytest.mark.parametrize("view", OF_PIXELS)
def test_that_every_gain_is_exact(view: CompareView, kind: str, gain: int) -> None:
    one = pixels_of(kind, 1)
    two = pixels_of(kind, 2, near=one)
    shown = composed(scene_of(view, one, two, gain=gain), at_scale(1.0))
    expected = on_screen(of_pixels(view, one, two, gain), at_scale(1.0))
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize("view", OF_PIXELS)
def test_that_the_extremes_have_the_ends_of_the_scale(view: CompareView) -> None:
    one, two = np.zeros(shape_of("colour"), np.uint8), np.full(shape_of("colour"), 255, np.uint8)
    ends = {
        CompareView.SIGNED: ("#1f5fae", "#a85a00"),
        CompareView.ABSOLUTE: ("#ffffff", "#ffffff"),
        CompareView.SQUARED_ERROR: (STORED["ramp"]["anchors"][-1],) * 2,
    }[view]
    for end, pair in zip(ends, ((one, two), (two, one)), strict=True):
        shown = composed(scene_of(view, *pair), at_scale(2.0))
        assert {tuple(pixel) for pixel in shown.reshape(-1, 3)} == {tuple(bytes.fromhex(end[1:]))}


def test_that_equal_pictures_are_white_black_and_dark() -> None:
    one = pixels_of("colour", 1)
    middles = {
        CompareView.SIGNED: STORED["diverging"][len(STORED["diverging"]) // 2],
        CompareView.ABSOLUTE: "#000000",
        CompareView.SQUARED_ERROR: STORED["ramp"]["anchors"][0],
    }
    for view, middle in middles.items():
        shown = composed(scene_of(view, one, one, gain=64), at_scale(1.0))
        assert (shown == list(bytes.fromhex(middle[1:]))).all()


def test_that_16_bit_pictures_differ_by_less_than_a_display_level() -> None:
    one = np.full(shape_of("16 bit"), 30000, np.uint16)
    scene = scene_of(CompareView.SIGNED, one + np.uint16(40), one, gain=64)
    np.testing.assert_array_equal(scene.picture.levels[0], scene.compared.against.levels[0])  # type: ignore[union-attr]
    # 40 / 257 levels, 64 times.
    assert (composed(scene, at_scale(1.0)) == DIVERGING[255 + 10]).all()


def test_that_stored_pixels_out_of_reach_leave_those_displayed() -> None:
    one, two = pixels_of("16 bit", 1), pixels_of("16 bit", 2)
    scene = scene_of(CompareView.SIGNED, one, two, gain=2)
    hidden = Picture(display_pixels(two), stored=lambda rect: None)
    scene = replace(scene, compared=replace(scene.compared, against=hidden))  # type: ignore[type-var]
    expected = of_pixels(CompareView.SIGNED, display_pixels(one), display_pixels(two), 2)
    shown = composed(scene, at_scale(1.0))
    np.testing.assert_array_equal(shown, on_screen(expected, at_scale(1.0)))


def test_that_pictures_of_two_depths_are_compared_at_the_greater() -> None:
    one, two = pixels_of("16 bit", 1), pixels_of("grey", 2)
    expected = of_pixels(CompareView.ABSOLUTE, one, two.astype(np.uint16) * np.uint16(257), 1)
    shown = composed(scene_of(CompareView.ABSOLUTE, one, two), at_scale(1.0))
    np.testing.assert_array_equal(shown, on_screen(expected, at_scale(1.0)))


@pytest.mark.parametrize("scale", [0.3, 0.5, 0.93])
@pytest.mark.parametrize("view", OF_PIXELS)
def test_that_below_100_percent_what_is_drawn_is_compared(view: CompareView, scale: float) -> None:
    one = pixels_of("colour", 1)
    two = pixels_of("colour", 2, near=one)
    viewport = at_scale(scale)
    drawn = [composed(Scene(picture_of(each), surround=SURROUND), viewport) for each in (one, two)]
    shown = composed(scene_of(view, one, two, gain=8), viewport)
    inside = below(viewport)[2][..., None]
    expected = np.where(inside, of_pixels(view, *drawn, 8), 0x6B)
    np.testing.assert_array_equal(shown, expected)


def test_that_a_preview_is_compared_as_it_is_drawn() -> None:
    small = np.random.default_rng(1).integers(0, 256, (45, 60, 3), np.uint8)
    two, viewport = pixels_of("colour", 2), at_scale(2.0)
    drawn = [composed(Scene(picture_of(each)), viewport) for each in (small, two)]
    shown = composed(scene_of(CompareView.ABSOLUTE, small, two, gain=2), viewport)
    expected = of_pixels(CompareView.ABSOLUTE, *drawn, 2)
    np.testing.assert_array_equal(shown, expected)


# Planes of local Q


@pytest.mark.parametrize("scale", [0.5, 0.93, 1.0, 2.0, 3.0])
@pytest.mark.parametrize(
    ("view", "gain"),
    [(CompareView.LOCAL_Q, 1), *((CompareView.LOCAL_Q_DIFFERENCE, gain) for gain in GAINS)],
)
def test_that_local_q_is_drawn_on_its_scale_and_hatched_where_it_is_unknown(
    view: CompareView, gain: int, scale: float
) -> None:
    viewport = at_scale(scale)
    one = pixels_of("colour", 1)
    shown = composed(scene_of(view, one, one, gain=gain), viewport).astype(int)
    colours = of_q(view, q_plane(5), q_plane(6), gain)
    row, column, inside = below(viewport)
    expected = np.where(inside[..., None], colours[row, column], 0x6B)
    unknown = (expected < 0).all(axis=2)
    np.testing.assert_array_equal(shown[~unknown], expected[~unknown])
    greys = {tuple(word >> shift & 255 for shift in (16, 8, 0)) for word in HATCH}
    assert unknown.any()
    assert {tuple(pixel) for pixel in shown[unknown].tolist()} <= greys


@pytest.mark.parametrize("view", OF_Q)
def test_that_the_extremes_of_local_q_are_drawn(view: CompareView) -> None:
    one = pixels_of("colour", 1)
    scene = scene_of(view, one, one)
    levels = np.full((IMAGE.height, IMAGE.width), 1, np.uint16)
    levels[:, ::2] = 65535
    compared = replace(scene.compared, q=Plane(levels, 1), against_q=Plane(levels[:, ::-1], 2))  # type: ignore[type-var]
    shown = composed(replace(scene, compared=compared), at_scale(1.0))
    expected = on_screen(of_q(view, levels, levels[:, ::-1], 1), at_scale(1.0))
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize("view", DRAWN)
@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_that_what_is_missing_is_hatched_evenly(view: CompareView, scale: float) -> None:
    scene, viewport = (
        scene_of(view, pixels_of("colour", 1), pixels_of("colour", 2)),
        at_scale(scale),
    )
    compared = replace(scene.compared, against=None, q=None)  # type: ignore[type-var]
    shown = composed(replace(scene, compared=compared), viewport)[below(viewport)[2]][:, 0]
    values, counts = np.unique(shown, return_counts=True)
    assert values.tolist() == sorted(word & 255 for word in HATCH)
    assert counts.min() > 0.2 * counts.sum()


def test_that_the_hatch_moves_with_the_image() -> None:
    one = pixels_of("colour", 1)
    scene = scene_of(CompareView.LOCAL_Q, one, one)
    scene = replace(scene, compared=replace(scene.compared, q=None))  # type: ignore[type-var]
    viewport = at_scale(2.0)
    moved = viewport.panned(-7, -5)
    first, second = composed(scene, viewport), composed(scene, moved)
    np.testing.assert_array_equal(second[:-5, :-7], first[5:, 7:])


# The map of a result, overlays, and the band


def labels_of(seed: int = 2) -> npt.NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(1, 4, (9, 12)).astype(np.uint8)
    return coarse.repeat(10, axis=0).repeat(10, axis=1)


def focus(labels: npt.NDArray[np.uint8], stamp: int = 1) -> Map:
    return Map(labels, PALETTE.table(labels, k=3, active=1), stamp)


@pytest.mark.parametrize("scale", [0.6, 1.0, 3.0])
def test_that_the_own_map_is_a_tint_with_contours_over_the_picture(scale: float) -> None:
    one = pixels_of("colour", 1)
    bare, viewport = Scene(picture_of(one), 1, surround=SURROUND), at_scale(scale)
    own = focus(labels_of())
    compared = Compared(CompareView.MAP, map=own, strength=50)
    shown = composed(replace(bare, compared=compared), viewport)
    tinted = composed(replace(bare, map=own, overlay=Overlay(OverlayMode.TINT, 50)), viewport)
    lines = composed(replace(bare, map=own, overlay=Overlay(OverlayMode.CONTOUR)), viewport)
    on_line = (lines != composed(bare, viewport)).any(axis=2)
    assert on_line.any()
    np.testing.assert_array_equal(shown[on_line], lines[on_line])
    np.testing.assert_array_equal(shown[~on_line], tinted[~on_line])


@pytest.mark.parametrize("scale", [0.6, 3.0])
def test_that_an_overlay_lies_over_the_own_map(scale: float) -> None:
    own, viewport = focus(labels_of()), at_scale(scale)
    scene = Scene(
        picture_of(pixels_of("colour", 1)),
        1,
        surround=SURROUND,
        map=focus(labels_of(8)),
        overlay=Overlay(OverlayMode.ACTIVE, 100),
        active=2,
        compared=Compared(CompareView.MAP, map=own, strength=50),
    )
    shown = composed(scene, viewport)
    below_it = composed(replace(scene, overlay=Overlay()), viewport)
    row, column, inside = below(viewport)
    active = inside & (labels_of(8)[row, column] == 2)
    np.testing.assert_array_equal(shown[active], below_it[active])
    assert (shown[inside & ~active] == 48).all()


@pytest.mark.parametrize("view", DRAWN)
def test_that_overlays_lie_over_what_is_compared(view: CompareView) -> None:
    one, viewport = pixels_of("colour", 1), at_scale(2.0)
    scene = scene_of(view, one, pixels_of("colour", 2, near=one), gain=4)
    over = replace(scene, map=focus(labels_of()), overlay=Overlay(OverlayMode.CONTOUR))
    plain, shown = composed(scene, viewport), composed(over, viewport)
    lines = composed(replace(over, compared=None), viewport)
    on_line = (lines != composed(replace(scene, compared=None), viewport)).any(axis=2)
    assert on_line.any()
    np.testing.assert_array_equal(shown[on_line], lines[on_line])
    off = ~on_line & (shown == plain).all(axis=2)
    assert off.sum() > 0.99 * (~on_line).sum(), "but for line pixels of the colour of the picture"


@pytest.mark.parametrize("width", [1, 5, 64])
@pytest.mark.parametrize("view", [None, *DRAWN])
@pytest.mark.parametrize("scale", [0.6, 1.0, 3.0])
def test_that_only_the_band_is_left_as_it_is(
    view: CompareView | None, width: int, scale: float
) -> None:
    one, viewport = pixels_of("colour", 1), at_scale(scale)
    scene = scene_of(view or CompareView.SIGNED, one, pixels_of("colour", 2))
    scene = scene if view else replace(scene, compared=None)
    distance = (
        np.random.default_rng(3).integers(1, 70, (IMAGE.height, IMAGE.width)).astype(np.uint8)
    )
    distance[distance > 64] = 255
    plain = composed(scene, viewport).astype(int)
    shown = composed(replace(scene, band=Band(Plane(distance, 1), width)), viewport)
    row, column, inside = below(viewport)
    kept = ~inside | (distance[row, column] <= width)
    assert not kept.all()
    np.testing.assert_array_equal(shown[kept], plain[kept])
    dimmed = (2 * (plain + 4 * 0x6B) + 5) // 10
    np.testing.assert_array_equal(shown[~kept], dimmed[~kept])


# Renewing what has changed


def in_sight(viewport: Viewport) -> Rect:
    return Rect(*(viewport.pixel_at(40, 30) or (0, 0)), 9, 7)


# Between halves and 100 % the filter's steps depend on the part that is drawn.
@pytest.mark.parametrize("scale", [0.5, 1.0, 2.7])
@pytest.mark.parametrize("changed", ["picture", "against"])
@pytest.mark.parametrize("view", OF_PIXELS)
def test_that_a_patch_of_either_picture_looks_as_drawn_anew(
    view: CompareView, changed: str, scale: float
) -> None:
    one, viewport = pixels_of("colour", 1), at_scale(scale)
    scene = scene_of(view, one, pixels_of("colour", 2), gain=2)
    assert scene.compared is not None
    kept = Compositor(PixelGrid(QFont()))
    kept.frame(scene, viewport)
    rect = in_sight(viewport)
    picture = scene.picture if changed == "picture" else scene.compared.against
    assert picture is not None
    patch = np.random.default_rng(9).integers(0, 256, (7, 9, 3), np.uint8)
    picture.repair(rect, patch)
    picture.set_stored(None)
    after = replace(scene, stamp=7) if changed == "picture" else scene
    after = replace(after, compared=replace(scene.compared, stamp=8))
    before = kept.composed_pixels
    dirty = kept.repair(after, viewport, rect, before=scene)
    assert 0 < kept.composed_pixels - before < 0.5 * SCREEN.pixels
    assert not dirty.empty
    shown = kept.frame(after, viewport).pixels[..., 2::-1]
    np.testing.assert_array_equal(shown, composed(after, viewport))


@pytest.mark.parametrize("changed", ["picture", "against"])
def test_that_a_patch_of_an_enlarged_preview_reaches_as_far_as_its_filter(changed: str) -> None:
    small = np.random.default_rng(1).integers(0, 256, (45, 60, 3)).astype(np.uint8)
    pair = (small, pixels_of("colour", 2))
    one, two = pair if changed == "picture" else pair[::-1]
    scene, viewport = scene_of(CompareView.ABSOLUTE, one, two), at_scale(4.0)
    assert scene.compared is not None
    picture = scene.picture if changed == "picture" else scene.compared.against
    assert picture is not None
    kept = Compositor(PixelGrid(QFont()))
    kept.frame(scene, viewport)
    x, y = viewport.pixel_at(40, 30) or (0, 0)
    picture.repair(Rect(x // 2, y // 2, 1, 1), np.full((1, 1, 3), 255 - small[y // 2, x // 2]))
    after = replace(scene, stamp=7, compared=replace(scene.compared, stamp=8))
    kept.repair(after, viewport, Rect(x // 2 * 2, y // 2 * 2, 2, 2), before=scene)
    shown = kept.frame(after, viewport).pixels[..., 2::-1].astype(int)
    assert np.abs(shown - composed(after, viewport)).max() <= 2, "but for the filter's steps"


@pytest.mark.parametrize("scale", [0.6, 1.0, 2.7])
def test_that_another_map_of_a_result_looks_as_drawn_anew(scale: float) -> None:
    labels, viewport = labels_of(), at_scale(scale)
    scene = Scene(
        picture_of(pixels_of("colour", 1)),
        1,
        surround=SURROUND,
        compared=Compared(CompareView.MAP, map=focus(labels), strength=50),
    )
    assert scene.compared is not None
    kept = Compositor(PixelGrid(QFont()))
    kept.frame(scene, viewport)
    rect = in_sight(viewport)
    labels[rect.slices] = labels[rect.slices] % 3 + 1
    after = replace(scene, compared=replace(scene.compared, map=focus(labels, 9)))
    kept.repair(after, viewport, rect, before=scene)
    shown = kept.frame(after, viewport).pixels[..., 2::-1].astype(int)
    difference = np.abs(shown - composed(after, viewport))
    assert difference.max() <= (0 if scale >= 1 else 6)


@pytest.mark.parametrize("scale", [0.6, 1.0, 2.7])
@pytest.mark.parametrize("view", OF_Q)
def test_that_new_tiles_of_local_q_look_as_drawn_anew(view: CompareView, scale: float) -> None:
    one, viewport = pixels_of("colour", 1), at_scale(scale)
    scene = scene_of(view, one, one, gain=2)
    assert scene.compared is not None
    assert scene.compared.q is not None
    kept = Compositor(PixelGrid(QFont()))
    kept.frame(scene, viewport)
    rect = in_sight(viewport)
    scene.compared.q.values[rect.slices] = 40000
    after = replace(scene, compared=replace(scene.compared, q=Plane(scene.compared.q.values, 99)))
    kept.repair(after, viewport, rect, before=scene)
    shown = kept.frame(after, viewport).pixels[..., 2::-1]
    np.testing.assert_array_equal(shown, composed(after, viewport))


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.7, 20.0, 40.0])
@pytest.mark.parametrize("view", [*DRAWN, CompareView.MAP])
def test_that_panning_composes_strips_that_fit(view: CompareView, scale: float) -> None:
    one, viewport = pixels_of("colour", 1), at_scale(scale)
    scene = scene_of(view, one, pixels_of("colour", 2), gain=2)
    assert scene.compared is not None
    scene = replace(scene, compared=replace(scene.compared, map=focus(labels_of())))
    distance = (
        np.random.default_rng(3).integers(1, 70, (IMAGE.height, IMAGE.width)).astype(np.uint8)
    )
    scene = replace(scene, band=Band(Plane(distance, 1), 30))
    kept = Compositor(PixelGrid(QFont()))
    kept.frame(scene, viewport)
    moved = replace(viewport, x=viewport.x - 13, y=viewport.y + 9)
    shown = kept.frame(scene, moved).pixels[..., 2::-1]
    np.testing.assert_array_equal(shown, composed(scene, moved))


@pytest.mark.parametrize("kind", ["grey", "16 bit"])
@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
def test_that_each_screen_pixel_of_a_picture_is_its_source_pixel(kind: str, scale: float) -> None:
    one = pixels_of(kind, 1)
    shown = composed(Scene(picture_of(one), 1, surround=SURROUND), at_scale(scale))
    plain = display_pixels(one).repeat(4 - one.shape[2], axis=2)[..., :3]
    np.testing.assert_array_equal(shown, on_screen(plain.astype(np.int64), at_scale(scale)))


# The numbers behind the colours

CELLS = Rect(20, 10, 30, 20)


@pytest.mark.parametrize("kind", KINDS)
def test_that_printed_differences_are_those_of_stored_values(kind: str) -> None:
    one, two = pixels_of(kind, 1), pixels_of(kind, 2)
    (first, step), (second, _) = whole(one), whole(two)
    found = {}
    for view in OF_PIXELS:
        values = differences.values_in(scene_of(view, one, two, gain=8), CELLS, IMAGE)
        assert values is not None
        found[view] = values
    apart = brightness(first) - brightness(second)
    signed = found[CompareView.SIGNED]
    np.testing.assert_array_equal(signed[..., 0], apart[CELLS.slices])
    assert signed.dtype == (np.int16 if step == 1 else np.int32)
    each = np.abs(first - second)[CELLS.slices]
    absolute = found[CompareView.ABSOLUTE]
    np.testing.assert_array_equal(absolute, np.broadcast_to(each, absolute.shape))
    squared = (each / step) ** 2
    mean = squared.mean(axis=2)
    np.testing.assert_allclose(found[CompareView.SQUARED_ERROR][..., 0], mean, atol=0.5001)


def test_that_printed_local_q_is_blank_where_it_is_unknown() -> None:
    one, levels, other = pixels_of("colour", 1), q_plane(5), q_plane(6)
    q = np.where(levels == 0, np.nan, (levels.astype(float) - 1) / 32767 - 1)[CELLS.slices]
    against = np.where(other == 0, np.nan, (other.astype(float) - 1) / 32767 - 1)[CELLS.slices]
    for view, expected in (
        (CompareView.LOCAL_Q, q),
        (CompareView.LOCAL_Q_DIFFERENCE, q - against),
    ):
        values = differences.values_in(scene_of(view, one, one), CELLS, IMAGE)
        assert values is not None
        assert values.dtype == np.float64
        np.testing.assert_allclose(values[..., 0], expected, atol=1e-6)


def test_that_a_picture_and_its_map_print_the_stored_values() -> None:
    one = pixels_of("16 bit", 1)
    plain = scene_of(CompareView.SIGNED, one, one, compared=None)
    with_map = scene_of(CompareView.MAP, one, one)
    for scene in (plain, with_map):
        values = differences.values_in(scene, CELLS, IMAGE)
        np.testing.assert_array_equal(values, one[CELLS.slices])


def test_that_nothing_is_printed_of_what_is_missing() -> None:
    one = pixels_of("colour", 1)
    for view in DRAWN:
        scene = scene_of(view, one, one)
        scene = replace(scene, compared=replace(scene.compared, against=None, q=None))  # type: ignore[type-var]
        assert differences.values_in(scene, CELLS, IMAGE) is None


def test_that_the_grid_prints_differences() -> None:
    one, viewport = pixels_of("colour", 1), at_scale(40.0)
    scene = scene_of(CompareView.SIGNED, one, one)
    shown = composed(scene, viewport)
    assert (shown < 25).all(axis=2).any(), "zeros with black edges on white"
    other = pixels_of("colour", 2)
    assert (composed(scene_of(CompareView.ABSOLUTE, other, one), viewport) != shown).any()


# Loading the loops


def test_that_numpy_draws_until_the_loops_are_loaded() -> None:
    loops = differences.Loops()
    first = loops.get()
    assert loops._loading is not None
    loops._loading.join(60)
    assert first in (None, difference_kernels)
    assert loops.get() is difference_kernels
    assert loops._loading.daemon
