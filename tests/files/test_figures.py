from __future__ import annotations

import io
import re
import zlib
from dataclasses import replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import (
    booleans,
    composite,
    floats,
    integers,
    lists,
    sampled_from,
    text,
)
from PIL import Image

from mfgui.core.arrays import Rect
from mfgui.core.errors import UsageError
from mfgui.core.figures import (
    Bars,
    Crop,
    Difference,
    DifferenceKind,
    Enlargement,
    FigurePicture,
    FigureRecipe,
    Layout,
    Names,
    PageSetup,
    Place,
    ScaleBar,
)
from mfgui.files.figure_layout import lay_out
from mfgui.files.figure_page import ColourBar, Fill, Panel, Words
from mfgui.files.figure_panels import StoredPicture, fitted
from mfgui.files.figure_recipes import check
from mfgui.files.figures import Figure, compose
from tests.files.figures_made import ANCHORS, CROP, INSET, SIZE, drawn, pictures, recipe, style

WHOLE = Rect(0, 0, SIZE.width, SIZE.height)


def panels(figure: Figure, key: str, *, difference: bool = False) -> list[Panel]:
    items = (item for item in figure.page.items if isinstance(item, Panel))
    return [i for i in items if i.key == key and (i.difference is not None) is difference]


def words(figure: Figure) -> list[str]:
    return [item.text for item in figure.page.items if isinstance(item, Words)]


def squares(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Mean over each dot of pixels that are squares, in exact steps of a small fraction."""
    rows, columns = pixels.shape[:2]
    found = pixels.astype(float).repeat(height, axis=0).repeat(width, axis=1)
    found = found.reshape(height, rows, width, columns, -1)
    return found.mean(axis=(1, 3))


def shown(figure: Figure, panel: Panel) -> np.ndarray:
    """The panel in the drawn page, without a bar that may lie on it."""
    return figure.raster()[panel.rect.slices]


def test_that_the_page_has_the_width_and_resolution_that_were_asked() -> None:
    figure = drawn(recipe())
    assert figure.page.width == round(60 / 25.4 * 200)
    assert figure.raster().shape == (figure.page.height, figure.page.width, 3)
    assert figure.page.height_mm == pytest.approx(figure.page.height * 25.4 / 200, rel=1e-2)


def test_that_every_picture_has_a_column_of_one_width_on_whole_dots() -> None:
    figure = drawn(recipe())
    for row in range(2):
        found = [panels(figure, key)[row].rect for key in pictures()]
        assert len({(rect.y, rect.width, rect.height) for rect in found}) == 1
        gaps = {b.x - a.right for a, b in pairwise(found)}
        assert len(gaps) == 1
    whole, crop = panels(figure, "truth")
    assert (whole.part, crop.part) == (WHOLE, CROP.rect)
    assert whole.rect.height == round(whole.rect.width * 40 / 60)
    assert crop.rect.height == round(crop.rect.width * 9 / 12)


def test_that_enlarged_pixels_are_squares_of_equal_size() -> None:
    figure = drawn(recipe(scale_bar=None))
    panel = panels(figure, "result:1")[1]
    part = pictures()["result:1"][CROP.rect.slices]
    wanted = squares(part, panel.rect.width, panel.rect.height)
    assert np.abs(shown(figure, panel).astype(float) - wanted).max() <= 1.0


def test_that_whole_multiples_are_exact_pixels() -> None:
    part = pictures()["truth"][:4, :5]
    assert np.array_equal(
        fitted(part, 15, 12, Enlargement.PIXELS), part.repeat(3, axis=0).repeat(3, axis=1)
    )
    assert np.array_equal(fitted(part, 5, 4, Enlargement.SMOOTH), part)


def test_that_fewer_dots_than_pixels_are_means_over_areas() -> None:
    part = pictures()["truth"]
    found = fitted(part, 30, 20, Enlargement.PIXELS)
    means = part.reshape(20, 2, 30, 2, 3).mean(axis=(1, 3))
    assert np.abs(found - means).max() <= 0.5 + 1e-9


def luma(pixels: np.ndarray) -> np.ndarray:
    red, green, blue = (pixels[..., n].astype(int) for n in range(3))
    return (19595 * red + 38470 * green + 7471 * blue + 32768) // 65536


def diverging(level: int) -> list[float]:
    known = np.array([list(bytes.fromhex(anchor[1:])) for anchor in ANCHORS], float)
    place = (level + 255) / 510 * 4
    return [float(np.interp(place, np.arange(5), known[:, n])) for n in range(3)]


@pytest.mark.parametrize("gain", [1, 8, 64])
def test_that_signed_differences_are_those_of_brightness(gain: int) -> None:
    figure = drawn(recipe(difference=Difference(DifferenceKind.SIGNED, gain)))
    (panel,) = panels(figure, "result:1", difference=True)
    known = pictures()
    one, two = (luma(known[key][CROP.rect.slices]) for key in ("result:1", "truth"))
    levels = np.clip(gain * (one - two), -255, 255)
    wanted = np.array([[diverging(int(level)) for level in row] for row in levels])
    assert np.abs(figure.pixels[panel].pixels - wanted).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("gain", [1, 4])
def test_that_absolute_differences_are_those_of_each_channel(gain: int) -> None:
    figure = drawn(recipe(difference=Difference(DifferenceKind.ABSOLUTE, gain)))
    (panel,) = panels(figure, "result:1", difference=True)
    known = pictures()
    one, two = (known[key][CROP.rect.slices].astype(int) for key in ("result:1", "truth"))
    wanted = np.minimum(gain * np.abs(one - two), 255)
    assert np.array_equal(figure.pixels[panel].pixels, wanted)


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_that_small_differences_of_deep_pictures_are_not_lost(kind: type) -> None:
    known = pictures(kind)
    step = 3 if kind is np.uint16 else 3 / 65535
    known["result:1"] = (known["truth"].clip(0, 0.9 * known["truth"].max()) + 0).astype(kind)
    known["truth"] = known["result:1"].copy()
    known["result:1"][CROP.rect.slices] += kind(step)
    figure = drawn(recipe(difference=Difference(DifferenceKind.ABSOLUTE, 256)), known)
    (panel,) = panels(figure, "result:1", difference=True)
    # Three steps of 65535 are 0.0117 display levels, 3 of them with this gain.
    assert np.unique(figure.pixels[panel].pixels).tolist() == [3]


def test_that_grey_pictures_are_drawn() -> None:
    figure = drawn(recipe(), pictures(channels=1))
    panel = panels(figure, "truth")[1]
    found = figure.pixels[panel].pixels
    assert found.shape[2] == 3
    assert (found == found[..., :1]).all()


def test_that_the_reference_has_no_difference_panel_but_says_what_it_is() -> None:
    figure = drawn(recipe())
    assert panels(figure, "truth", difference=True) == []
    assert len(panels(figure, "source:1", difference=True)) == 1
    assert "reference" in words(figure)


def test_that_a_reference_need_not_be_a_column() -> None:
    known = tuple(replace(p, column=p.key != "truth") for p in recipe().pictures)
    figure = drawn(recipe(pictures=known))
    assert panels(figure, "truth") == []
    assert len(panels(figure, "result:1", difference=True)) == 1
    assert "Differences to Ground truth" in words(figure)
    assert "Differences to Ground truth" not in words(drawn(recipe()))


def test_that_the_colour_bar_says_which_difference_has_full_colour() -> None:
    figure = drawn(recipe(difference=Difference(DifferenceKind.SIGNED, 4)))
    (bar,) = (item for item in figure.page.items if isinstance(item, ColourBar))
    colours = figure.raster()[bar.rect.slices]
    assert np.abs(colours[0, 0] - np.array(diverging(255))).max() <= 3
    assert np.abs(colours[-1, 0] - np.array(diverging(-255))).max() <= 3
    assert {"+63.8", "0", "−63.8"} <= set(words(figure))
    (panel,) = panels(figure, "result:1", difference=True)
    assert (bar.rect.y - 1, bar.rect.bottom + 1) == (panel.rect.y, panel.rect.bottom)


def bars(figure: Figure) -> list[Rect]:
    fills = [item for item in figure.page.items if isinstance(item, Fill)]
    return [fill.rect for fill in fills if fill.colour == "#ffffff" and fill.rect.height > 1]


def test_that_a_scale_bar_is_as_long_as_it_says() -> None:
    bar = ScaleBar(Bars.ALL, "µm", 0.5, length=10.0, crop_length=2.0)
    figure = drawn(recipe(scale_bar=bar, layout=Layout(names=Names.NONE)))
    whole, crop = panels(figure, "source:1")
    first, second = bars(figure)
    assert first.width == round(20 / 60 * whole.rect.width)
    assert second.width == round(4 / 12 * crop.rect.width)
    assert whole.rect.intersected(first) == first
    assert crop.rect.intersected(second) == second
    assert {"10 µm", "2 µm"} <= set(words(figure))


def test_that_a_bar_without_length_takes_a_round_one() -> None:
    figure = drawn(recipe())
    assert {"10 px", "2 px"} <= set(words(figure))
    (first, second) = bars(figure)
    whole, crop = panels(figure, "source:1")
    assert first.width == round(10 / 60 * whole.rect.width)
    assert second.width == round(2 / 12 * crop.rect.width)


@pytest.mark.parametrize("rows", [Bars.WHOLE, Bars.CROPS])
def test_that_a_bar_shows_only_where_it_was_asked(rows: Bars) -> None:
    figure = drawn(recipe(scale_bar=ScaleBar(rows)))
    whole, crop = panels(figure, "source:1")
    place = whole if rows is Bars.WHOLE else crop
    (bar,) = bars(figure)
    assert place.rect.intersected(bar) == bar


def test_that_a_bar_longer_than_its_picture_is_refused() -> None:
    with pytest.raises(UsageError, match="scale bar of 70 px is longer than its picture"):
        drawn(recipe(scale_bar=ScaleBar(length=70.0)))


def test_that_a_tall_crop_is_narrower_and_in_the_middle_of_its_column() -> None:
    tall = replace(CROP, rect=Rect(3, 0, 4, 40))
    figure = drawn(recipe(crops=(tall,), difference=None, scale_bar=None))
    whole, crop = panels(figure, "result:1")
    assert crop.rect.height == pytest.approx(2 * whole.rect.width, abs=10)
    assert crop.rect.width == pytest.approx(crop.rect.height / 10, abs=1)
    middles = [rect.x + rect.width / 2 for rect in (whole.rect, crop.rect)]
    assert middles[0] == pytest.approx(middles[1], abs=1)


def test_that_the_frame_of_a_crop_lies_around_its_pixels() -> None:
    figure = drawn(recipe(difference=None, scale_bar=None, layout=Layout(names=Names.NONE)))
    whole, crop = panels(figure, "result:1")
    canvas = figure.raster()
    colour = list(bytes.fromhex(CROP.colour[1:]))
    rect = crop.rect
    line = round(0.3 * 200 / 25.4)
    for y, x in (
        (rect.y - line, rect.x + 3),
        (rect.bottom + line - 1, rect.x),
        (rect.y, rect.x - 1),
    ):
        assert canvas[y, x].tolist() == colour
    scale = whole.rect.width / 60
    left, top = (whole.rect.x + round(10 * scale), whole.rect.y + round(8 * scale))
    assert canvas[top - 1, left + 2].tolist() == colour
    assert canvas[top + 3, left - 1].tolist() == colour
    assert canvas[top, left].tolist() != colour
    assert "A" in words(figure)


def test_that_an_inset_lies_in_its_corner() -> None:
    layout = Layout(inset=0.5, names=Names.NONE)
    figure = drawn(recipe(crops=(INSET,), difference=None, layout=layout))
    whole, inset = panels(figure, "result:1")
    assert inset.part == INSET.rect
    assert whole.rect.intersected(inset.rect) == inset.rect
    assert whole.rect.right - inset.rect.right <= 3
    assert whole.rect.bottom - inset.rect.bottom <= 3
    assert inset.rect.height == inset.rect.width
    (bar,) = bars(figure)
    assert bar.intersected(inset.rect).empty


def test_that_without_crops_the_whole_picture_has_a_difference() -> None:
    figure = drawn(recipe(crops=()))
    (panel,) = panels(figure, "source:1", difference=True)
    assert panel.part == WHOLE


def test_that_more_pictures_than_fit_a_line_go_below() -> None:
    figure = drawn(recipe(layout=Layout(columns=2)))
    tops = {key: panels(figure, key)[0].rect.y for key in pictures()}
    assert tops["source:1"] == tops["result:1"] < tops["truth"]
    assert panels(figure, "truth")[0].rect.x == panels(figure, "source:1")[0].rect.x


def test_that_letters_count_the_pictures() -> None:
    figure = drawn(recipe(layout=Layout(letters=True, columns=1)))
    assert [text for text in words(figure) if text.startswith("(")] == ["(a)", "(b)", "(c)"]


def test_that_names_stand_where_they_were_asked() -> None:
    for names, above in ((Names.ABOVE, True), (Names.BELOW, False)):
        figure = drawn(recipe(layout=Layout(names=names)))
        place = next(i for i in figure.page.items if isinstance(i, Words) and i.text == "Source 1")
        panel = panels(figure, "source:1")[0]
        assert (place.y < panel.rect.y) is above
    assert "Source 1" not in words(drawn(recipe(layout=Layout(names=Names.NONE))))


def test_that_no_word_leaves_the_page_or_its_column() -> None:
    long = tuple(
        FigurePicture(p.key, "A method with a name of very many words indeed", "Q 0.1 · PSNR 30 dB")
        for p in recipe().pictures
    )
    for letters in (False, True):
        figure = drawn(recipe(pictures=long, layout=Layout(letters=letters)))
        for item in figure.page.items:
            if isinstance(item, Words) and not item.upright:
                font = style().fonts.of(bold=item.bold)
                start = item.start(font)[0]
                assert start >= 0
                assert start + font.width(item.text, item.size) <= figure.page.width


def ink(figure: Figure, text: str) -> Rect:
    """Where the dots of the only dark word on a white page are."""
    dark = np.argwhere(figure.raster().sum(axis=2) < 600)
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0)
    assert text
    return Rect(int(left), int(top), int(right - left + 1), int(bottom - top + 1))


@pytest.mark.parametrize("upright", [False, True])
def test_that_letters_are_as_large_as_their_points(upright: bool) -> None:
    page = drawn(recipe()).page
    text = Words("HHH", 200, 150, 60.0, "#000000", anchor="middle", upright=upright)
    figure = Figure(replace(page, items=(text,)), style(), {})
    found = ink(figure, "HHH")
    font = style().fonts.plain
    capital, width = font.capital / font.units * 60, font.width("HHH", 60)
    across, along = (found.width, found.height) if upright else (found.height, found.width)
    assert abs(across - capital) <= 1.5
    assert width * 0.85 <= along <= width
    middle = found.y + found.height / 2 if upright else found.x + found.width / 2
    assert abs(middle - (150 if upright else 200)) <= 2
    base = found.right if upright else found.bottom
    assert abs(base - (200 if upright else 150)) <= 1


def test_that_what_does_not_fit_is_said() -> None:
    with pytest.raises(UsageError, match="3 pictures do not fit into 20 mm"):
        drawn(recipe(page=PageSetup(width_mm=20, dpi=30, margin_mm=8)))
    with pytest.raises(UsageError, match="the figure would have"):
        lay_out(recipe(page=PageSetup(width_mm=1200, dpi=2400)), style().fonts)


def test_that_a_dark_page_has_bright_words() -> None:
    figure = drawn(recipe(page=PageSetup(width_mm=60, dpi=200, dark=True)))
    assert figure.raster()[0, 0].max() < 40
    title = next(i for i in figure.page.items if isinstance(i, Words) and i.text == "Source 1")
    assert int(title.colour[1:3], 16) > 200


# Files


def test_that_png_and_tiff_say_their_resolution_and_hold_the_same_pixels() -> None:
    figure = drawn(recipe())
    for suffix in (".png", ".tif"):
        with Image.open(io.BytesIO(figure.encoded(suffix))) as found:
            assert found.info["dpi"] == pytest.approx((200, 200), abs=0.01)
            assert np.array_equal(np.asarray(found), figure.raster())


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pdf"])
def test_that_bytes_repeat(suffix: str) -> None:
    first = drawn(recipe()).encoded(suffix, title="a")
    cv2.setNumThreads(3)
    try:
        assert drawn(recipe()).encoded(suffix, title="a") == first
    finally:
        cv2.setNumThreads(1)


def test_that_another_format_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no figure of format '\.jpg'"):
        drawn(recipe()).encoded(".jpg")


def objects(data: bytes) -> dict[int, bytes]:
    """Those that the cross-reference table of a document names."""
    start = int(re.findall(rb"startxref\n(\d+)\n", data)[-1])
    lines = data[start:].split(b"\n")
    assert lines[0] == b"xref"
    count = int(lines[1].split()[1])
    found = {}
    for number in range(1, count):
        place = int(lines[2 + number][:10])
        head = b"%d 0 obj\n" % number
        assert data[place : place + len(head)] == head
        found[number] = data[place + len(head) : data.index(b"\nendobj\n", place)]
    return found


def stream(body: bytes) -> bytes:
    head, _, rest = body.partition(b"\nstream\n")
    (length,) = re.findall(rb"/Length (\d+)", head)
    assert rest[int(length) :] == b"\nendstream"
    return zlib.decompress(rest[: int(length)])


def document(wanted: FigureRecipe) -> tuple[dict[int, bytes], bytes]:
    data = drawn(wanted).encoded(".pdf", title="Über λ")
    return objects(data), data


def test_that_a_document_has_the_physical_size_and_no_date() -> None:
    found, data = document(recipe())
    (page,) = (body for body in found.values() if b"/Type /Page " in body)
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page)
    assert box is not None
    width, height = (float(value) for value in box.groups())
    assert width == pytest.approx(60 / 25.4 * 72, abs=1e-3)
    assert height == pytest.approx(drawn(recipe()).page.height_mm / 25.4 * 72, abs=1e-3)
    (drawing,) = (stream(b) for b in found.values() if b"/Length" in b and b" cm\n" in stream(b))
    across = float(drawing.split()[0]) * drawn(recipe()).page.width
    assert across == pytest.approx(width, abs=1e-4), "the content fills the page"
    assert b"Date" not in data
    (title,) = re.findall(rb"/Title <feff([0-9a-f]+)>", data)
    assert bytes.fromhex(title.decode()).decode("utf-16-be") == "Über λ"


def test_that_pictures_in_a_document_are_the_pixels_themselves() -> None:
    found, _ = document(recipe(scale_bar=None))
    images = []
    for body in found.values():
        size = re.search(rb"/Subtype /Image .*/Width (\d+) /Height (\d+)", body)
        if size is not None:
            width, height = (int(value) for value in size.groups())
            rows = np.frombuffer(stream(body), np.uint8).reshape(height, 1 + 3 * width)
            assert (rows[:, 0] == 2).all()  # each row is stored as its difference from the last
            pixels = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
            images.append(pixels.reshape(height, width, 3))
    part = pictures()["result:1"][CROP.rect.slices]
    times = {image.shape[0] / 9 for image in images if image.shape[0] % 9 == 0}
    enlarged = [part.repeat(int(n), axis=0).repeat(int(n), axis=1) for n in times]
    assert any(np.array_equal(image, wanted) for image in images for wanted in enlarged)


def test_that_words_of_a_document_can_be_searched() -> None:
    found, _ = document(recipe())
    meanings: dict[bytes, str] = {}
    for body in found.values():
        if b"/Filter" in body and b"/Subtype" not in body:
            text = stream(body)
            for glyph, code in re.findall(rb"^<(\w{4})> <(\w+)>$", text, re.MULTILINE):
                meanings[glyph] = bytes.fromhex(code.decode()).decode("utf-16-be")
    contents = b"\n".join(
        stream(body) for body in found.values() if b"/Filter" in body and b"/Subtype" not in body
    )
    shown = [
        "".join(meanings[text[n : n + 4]] for n in range(0, len(text), 4))
        for text in re.findall(rb"Tm <(\w+)> Tj", contents)
    ]
    assert "Ground truth" in shown
    assert any("λ = 0.5" in text for text in shown)


def test_that_fonts_of_a_document_are_embedded() -> None:
    found, data = document(recipe())
    outlines = [stream(b) for b in found.values() if b"/CIDFontType0C" in b]
    fonts = style().fonts
    assert set(outlines) <= {fonts.plain.outlines, fonts.bold.outlines}
    assert len(outlines) == data.count(b"/Type /FontDescriptor") >= 1


def test_that_a_crop_can_be_smooth() -> None:
    smooth = Layout(enlargement=Enlargement.SMOOTH)
    one, two = drawn(recipe(layout=smooth)), drawn(recipe())
    panel = panels(one, "result:1")[1]
    assert not np.array_equal(shown(one, panel), shown(two, panel))
    (difference,) = panels(one, "result:1", difference=True)
    assert one.pixels[difference].enlargement is Enlargement.PIXELS


def test_that_a_crop_of_one_pixel_and_one_of_all_are_drawn() -> None:
    crops = (
        Crop("A", Rect(59, 39, 1, 1), "#e69f00"),
        Crop("B", WHOLE, "#56b4e9"),
        Crop("C", Rect(0, 0, 60, 1), "#009e73", Place.UPPER_LEFT),
    )
    figure = drawn(recipe(crops=crops, scale_bar=ScaleBar(Bars.WHOLE)))
    for item in figure.page.items:
        if isinstance(item, Panel):
            assert (
                item.rect.intersected(Rect(0, 0, figure.page.width, figure.page.height))
                == item.rect
            )
    panel = panels(figure, "truth")[-2]
    assert panel.part == crops[0].rect


names_of_places = sampled_from(list(Place))


@composite
def recipes(draw: Any) -> FigureRecipe:
    """Anything that a person could set up for pictures of 60 x 40."""
    count = draw(integers(1, 12))
    columns = draw(lists(booleans(), min_size=count, max_size=count))
    known = tuple(
        FigurePicture(f"result:{n}", draw(text(max_size=30)), draw(text(max_size=30)), column=on)
        for n, on in enumerate(columns)
    )
    crops = []
    for number in range(draw(integers(0, 4))):
        x, y = draw(integers(0, 59)), draw(integers(0, 39))
        rect = Rect(x, y, draw(integers(1, 60 - x)), draw(integers(1, 40 - y)))
        crops.append(Crop("ABCD"[number], rect, "#e69f00", draw(names_of_places)))
    kind, gain = draw(sampled_from(list(DifferenceKind))), draw(sampled_from([1, 8, 64]))
    layout = Layout(
        draw(integers(0, 5)),
        draw(booleans()),
        draw(sampled_from(list(Names))),
        draw(booleans()),
        draw(booleans()),
    )
    page = PageSetup(
        draw(floats(20, 300)), draw(floats(30, 150)), draw(floats(3, 20)), draw(floats(0, 5))
    )
    return recipe(
        pictures=known,
        reference="result:0",
        crops=tuple(crops),
        difference=Difference(kind, gain) if draw(booleans()) else None,
        scale_bar=ScaleBar(draw(sampled_from(list(Bars)))) if draw(booleans()) else None,
        layout=layout,
        page=page,
    )


@given(recipes())
@settings(max_examples=60)
def test_that_every_figure_is_drawn_or_refused(wanted: FigureRecipe) -> None:
    try:
        check(wanted)
        page = lay_out(wanted, style().fonts)
    except UsageError:
        return
    whole = Rect(0, 0, page.width, page.height)
    places = []
    for item in page.items:
        if not isinstance(item, Words):
            assert not item.rect.empty
            assert item.rect.intersected(whole) == item.rect
        if isinstance(item, Panel):
            places.append(item.rect)
    insets = sum(crop.place is not Place.ROW for crop in wanted.crops)
    if insets == 0:
        for number, one in enumerate(places):
            assert all(one.intersected(other).empty for other in places[number + 1 :])
    shade = np.full((40, 60, 1), 90, np.uint8)
    figure = compose(wanted, lambda _key: StoredPicture(shade), style())
    assert figure.raster().shape == (page.height, page.width, 3)
