"""Metrics as they are written, and their values for a picture, a rectangle and a band."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.bands import boundary_band
from mfgui.core.errors import UsageError
from mfgui.methods import choice
from mfgui.methods.metrics import METRICS, Family, Metric, Needs, View, measures
from mfgui.methods.metrics.measures import Measure, Score, Subject, chosen, score
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import grey, levels, luma, seen, side_by_side
from mfgui.methods.metrics.tables import TABLES
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated

PICTURES = generated(44, 50, seed=13, channels=3)
LABELS = np.where(np.arange(50) < 25, 2, 1).astype(np.uint8) + np.zeros((44, 1), np.uint8)
RECT = Rect(5, 3, 30, 24)


def subject(**more) -> Subject:
    return Subject(PICTURES.fused, (PICTURES.a, PICTURES.b), labels=LABELS, **more)


def squares(f, *others):
    """A map whose mean is the metric, as far as the tests are concerned."""
    found = np.mean([np.square(other - f) for other in others], axis=0)
    return PixelMap(found if found.ndim == 2 else found.mean(axis=2), finish=math.sqrt)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Adds metrics with known values; the shapes of what they are called with."""
    calls: list[tuple[int, ...]] = []

    def root(f, *others, variant="plain"):
        calls.append(f.shape)
        factor = 2.0 if variant == "double" else 1.0
        return factor * squares(f, *others).score()

    def root_map(f, *others, variant="plain"):
        if variant == "double":
            raise UsageError("the variant double is no mean over pixels")
        return squares(f, *others)

    def odd(f, *others):
        calls.append(f.shape)
        if f.min() == f.max():
            raise Undefined("the fused picture is constant")
        return math.nan if f.size == 6 else float(f.mean())

    functions = {"m.root": root, "m.root_map": root_map, "m.odd": odd}
    monkeypatch.setattr("mfgui.methods.metrics.metric._loaded", functions.__getitem__)
    common = {"title": "Title", "about": "", "family": Family.STRUCTURE, "channels": True}
    own = [
        Metric("root", function="m.root", pixels="m.root_map", many="mean",
               variants=("plain", "double"), **common),
        Metric("truth", function="m.root", pixels="m.root_map", needs=Needs.TRUTH, **common),
        Metric("odd", function="m.odd", needs=Needs.NOTHING, **common),
        Metric("pair", function="m.odd", **common),
    ]  # fmt: skip
    monkeypatch.setattr(measures, "METRICS", {metric.name: metric for metric in own})
    return calls


# As they are written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("q-g", Measure("q-g", View.GREY)),
        ("q-g:zliu", Measure("q-g", View.GREY, "zliu")),
        ("nmi@pooled", Measure("nmi", View.POOLED)),
        ("te:nava@luma", Measure("te", View.LUMA, "nava")),
        ("psnr", Measure("psnr", View.COLOURS)),
        ("psnr@grey", Measure("psnr", View.GREY)),
        ("q", Measure("q", View.COLOURS)),
    ],
)
def test_that_a_measure_is_read_as_it_is_written(text: str, expected: Measure) -> None:
    assert Measure.parse(text) == expected
    assert expected.name == text
    assert expected.definition is METRICS[expected.metric]


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_that_every_measure_is_read_back(metric: Metric) -> None:
    views = [view for view in View if view is not View.COLOURS or metric.channels]
    for variant in (None, *metric.variants):
        for view in views if metric.on_planes else [metric.view]:
            measure = Measure(metric.name, view, variant)
            assert Measure.parse(measure.name) == measure
    assert Measure(metric.name, metric.view).name == metric.name
    assert Measure(metric.name, metric.view).defined_as == (metric.variants or ("",))[0]
    # Files name the variant, too, where nobody chose it.
    assert Measure(metric.name, metric.view).record["variant"] == (metric.variants or (None,))[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing", "unknown metric nothing; mfgui metrics lists them"),
        ("", "unknown metric ; mfgui metrics lists them"),
        ("q-g:other", "Q_G has no variant other; there are yliu, zliu"),
        ("q-g:", "Q_G has no variant ; there are yliu, zliu"),
        ("en:wang", "EN has no variant wang; it has none"),
        ("en@colours", "EN is not computed on colours; there are grey, luma, pooled"),
        ("psnr@red", "PSNR is not computed on red; there are grey, luma, pooled, colours"),
        ("psnr@", "PSNR is not computed on nothing; there are"),
        ("q@grey", "Q is computed on nothing else; leave out @grey"),
        ("map-iou@grey", "Map IoU is computed on nothing else; leave out @grey"),
    ],
)
def test_that_a_wrong_measure_is_told(text: str, words: str) -> None:
    with pytest.raises(UsageError) as told:
        Measure.parse(text)
    assert words in str(told.value)


def test_that_all_a_profile_and_names_can_be_chosen() -> None:
    everything = chosen("all")
    assert [column.measure.name for column in everything] == list(METRICS)
    assert {column.heading for column in everything} == {m.title for m in METRICS.values()}
    for name, columns in TABLES.items():
        assert chosen(name) == columns
    few = chosen(" q-g:zliu, nmi ,q-g:zliu,mff-ssim")
    assert [c.measure.name for c in few] == [
        "q-g:zliu",
        "nmi",
        "nmi@pooled",
        "q-g:yliu",
        "q-cb@luma",
    ]
    assert [c.heading for c in few] == ["Q_G", "NMI", "NMI", "Xydeas", "Chen-Blum"]
    assert [c.heading for c in chosen("q-cb@luma,mff-ssim")] == ["Q_CB", "NMI", "Xydeas"]
    assert few[0].evidence is None
    assert few[3].evidence is not None
    for wrong in ("", "nmi,", "mfif"):
        with pytest.raises(UsageError, match="unknown metric"):
            chosen(wrong)


# Values


def test_that_a_measure_is_of_its_view_and_variant() -> None:
    planes = [grey(picture) for picture in PICTURES]
    assert score(Measure.parse("q-g:zliu"), subject()).value == METRICS["q-g"](
        *planes, variant="zliu"
    )
    pooled = [side_by_side(levels(picture)) for picture in PICTURES]
    assert score(Measure.parse("nmi@pooled"), subject()).value == METRICS["nmi"](*pooled)
    assert Measure.parse("nmi@pooled")(*PICTURES) == METRICS["nmi"](*pooled)
    assert score(Measure.parse("en@luma"), subject()) == Score(METRICS["en"](luma(PICTURES.fused)))
    truth = Subject(PICTURES.fused, (), truth=PICTURES.a)
    colours = levels(PICTURES.fused), levels(PICTURES.a)
    assert score(Measure.parse("psnr"), truth).value == METRICS["psnr"](*colours)


@pytest.mark.parametrize("view", View)
def test_that_a_rectangle_and_a_band_are_means_over_their_pixels(
    view: View, made_up: list[tuple[int, ...]]
) -> None:
    measure, trio = Measure("root", view), subject()
    f, *others = (seen(picture, view) for picture in PICTURES)
    errors = np.mean([np.square(other - f) for other in others], axis=0)
    if view is View.POOLED:
        errors = errors.reshape(44, 3, 50).mean(axis=1)
    elif view is View.COLOURS:
        errors = errors.mean(axis=2)

    def root(where) -> float:
        return math.sqrt(errors[where].mean())

    band = boundary_band(LABELS, 4)
    assert band.sum() == 44 * 8
    both = np.zeros_like(band)
    both[RECT.slices] = band[RECT.slices]
    close = {"rel": 1e-12}
    assert score(measure, trio).value == pytest.approx(root(...), **close)
    assert score(measure, trio, area=RECT).value == pytest.approx(root(RECT.slices), **close)
    assert score(measure, trio, band=4).value == pytest.approx(root(band), **close)
    assert score(measure, trio, area=RECT, band=4).value == pytest.approx(root(both), **close)
    assert len({root(...), root(RECT.slices), root(band), root(both)}) == 4
    assert len(made_up) == 1  # the others are of the map


def test_that_what_the_map_ignores_is_not_in_the_band(made_up: object) -> None:
    labels = LABELS.copy()
    labels[:20] = 255
    band = boundary_band(labels, 3) & (labels != 255)
    f, *others = (grey(picture) for picture in PICTURES)
    expected = math.sqrt(np.mean([np.square(other - f)[band] for other in others]))
    found = score(Measure("root", View.GREY), replace(subject(), labels=labels), band=3)
    assert found.value == pytest.approx(expected, rel=1e-12)


def test_that_a_metric_without_pixels_is_of_the_part_as_a_picture(
    made_up: list[tuple[int, ...]],
) -> None:
    measure = Measure("odd", View.GREY)
    assert score(measure, subject(), area=RECT).value == grey(PICTURES.fused)[RECT.slices].mean()
    assert score(measure, subject(), area=RECT, band=3) == Score(None, measures.NO_PIXELS)
    assert score(measure, subject(), band=3) == Score(
        None, "has no value for single pixels, so none for a band"
    )
    assert made_up == [(24, 30)]
    double = Measure("root", View.GREY, "double")
    part = [grey(picture)[RECT.slices] for picture in PICTURES]
    expected = 2 * squares(*part).score()
    assert score(double, subject(), area=RECT).value == pytest.approx(expected)
    told = score(double, subject(), band=3)
    assert told == Score(None, "the variant double is no mean over pixels")


@pytest.mark.parametrize("name", ["map-accuracy", "map-iou"])
def test_that_maps_are_compared_in_the_rectangle(name: str) -> None:
    own = np.roll(LABELS, 3, axis=1)
    found = score(Measure.parse(name), subject(own_map=own, true_map=LABELS), area=RECT)
    part = METRICS[name](own[RECT.slices], LABELS[RECT.slices])
    assert found.value == part != METRICS[name](own, LABELS)


def test_that_planes_and_maps_are_made_once_for_all_areas(
    made_up: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[View] = []

    def noted(pixels, view):
        made.append(view)
        return seen(pixels, view)

    monkeypatch.setattr(measures, "seen", noted)
    trio = subject(truth=PICTURES.a)
    for area in (None, RECT):
        score(Measure("root", View.GREY), trio, area=area)
    score(Measure("odd", View.GREY), trio)
    assert made == [View.GREY] * 3
    score(Measure("truth", View.GREY), trio)
    assert made == [View.GREY] * 4
    score(Measure("odd", View.LUMA), trio)
    assert made == [View.GREY] * 4 + [View.LUMA]


# Reasons


def test_that_what_is_missing_is_the_reason(made_up: object) -> None:
    root, truth, pair = (Measure(name, View.GREY) for name in ("root", "truth", "pair"))
    three = replace(subject(), sources=(PICTURES.a, PICTURES.b, PICTURES.a))
    assert score(truth, subject()) == Score(None, "needs a ground truth")
    assert score(pair, three) == Score(None, "is defined for pairs only")
    assert score(root, three).value is not None
    assert score(pair, subject()).value is not None
    for alone in ((), (PICTURES.a,)):
        assert score(root, replace(subject(), sources=alone)) == Score(None, "needs the sources")
    assert score(truth, Subject(PICTURES.fused, (), truth=PICTURES.a)).value is not None


def test_that_maps_that_are_missing_are_the_reason() -> None:
    for name in ("map-accuracy", "map-iou", "map-boundary-f"):
        for given in ({}, {"own_map": LABELS}, {"true_map": LABELS}):
            why = "needs a focus map of the fused picture and a true one"
            assert score(Measure.parse(name), subject(**given)) == Score(None, why)
    nothing = Subject(PICTURES.fused, (), labels=LABELS)
    assert score(Measure.parse("q"), nothing) == Score(None, "needs the sources")


def test_that_pictures_without_a_value_are_the_reason_and_never_nan(made_up: object) -> None:
    flat = replace(subject(), fused=np.full_like(PICTURES.fused, 7))
    odd = Measure("odd", View.GREY)
    assert score(odd, flat) == Score(None, "the fused picture is constant")
    assert score(odd, flat, area=RECT) == Score(None, "the fused picture is constant")
    assert score(odd, subject(), area=Rect(0, 0, 3, 2)) == Score(None, measures.NO_NUMBER)
    even = replace(subject(), labels=np.ones_like(LABELS))
    told = score(Measure("root", View.GREY), even, band=8)
    assert told == Score(None, "no pixel of the area counts")


@pytest.mark.parametrize("level", [0, 100, 255])
def test_that_no_metric_gives_nan_for_flat_pictures(level: int) -> None:
    flat = np.full((48, 56, 3), level, np.uint8)
    labels = np.ones((48, 56), np.uint8)
    same = Subject(flat, (flat, flat), flat, labels, own_map=labels, true_map=labels)
    for column in chosen("all"):
        for options in ({}, {"band": 4}, {"area": Rect(8, 8, 32, 32)}):
            found = score(column.measure, same, **options)
            assert (found.value is None) == bool(found.why)
            assert found.value is None or not math.isnan(found.value)


def test_that_pictures_and_maps_have_one_size() -> None:
    for wrong in (
        {"sources": (PICTURES.a, PICTURES.b[1:])},
        {"truth": PICTURES.a[:, 1:]},
        {"labels": LABELS[1:]},
        {"own_map": LABELS[1:]},
        {"true_map": LABELS[1:]},
    ):
        with pytest.raises(UsageError, match="of its size"):
            replace(subject(), **wrong)


def test_that_without_a_map_the_band_is_of_the_detected_one(made_up: object) -> None:
    free = replace(subject(), labels=None)
    labels, maker = measures.detected(free.sources)
    assert maker == choice.DEFAULT_DETECTOR
    measure = Measure("root", View.GREY)
    expected = score(measure, replace(subject(), labels=labels), band=5).value
    assert score(measure, free, band=5) == Score(expected, f"with the map of {maker}")
    assert score(measure, free).why == ""
    told = replace(subject(), labels=labels, map_from="somebody")
    assert score(measure, told, band=5).why == "with the map of somebody"


def test_that_pictures_too_small_for_the_detector_are_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choice, "DEFAULT_DETECTOR", "tenengrad")
    small = [picture[:9, :8] for picture in PICTURES]
    told = score(Measure.parse("q"), Subject(small[0], small[1:]))
    assert told == Score(None, "tenengrad: pictures of 8 x 9 are too small")
