"""Q against its objective, and agreement of maps against counting."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.agreement import agreement
from mfgui.core.arrays import LabelArray, Rect, Size, to_float
from mfgui.core.bands import boundary_band
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.methods.metrics import METRICS, measures
from mfgui.methods.metrics.focus_maps import accuracy, accuracy_map, boundary_f, iou
from mfgui.methods.metrics.measures import Measure, Score, Subject, score
from mfgui.methods.metrics.mff_ssim import q, q_map
from mfgui.methods.metrics.undefined import Undefined
from mfgui.methods.optimise.mffssim.objective import q_box
from mfgui.methods.optimise.mffssim.window import window_size
from tests.methods.metrics.pictures import generated

PICTURES = generated(40, 46, seed=3, channels=3)
SOURCES = PICTURES.a, PICTURES.b
LABELS = np.where(np.arange(46) < 23, 2, 1).astype(np.uint8) + np.zeros((40, 1), np.uint8)
Q, ACCURACY = Measure.parse("q"), Measure.parse("map-accuracy")


def literal_q(fused, labels, sources, side: int) -> np.ndarray:
    """SSIM window by window, NaN where there is none."""
    f, *xs = (np.asarray(to_float(picture), np.float64) for picture in (fused, *sources))
    reach, found = side // 2, np.full(labels.shape, np.nan)
    for row in range(reach, labels.shape[0] - reach):
        for column in range(reach, labels.shape[1] - reach):
            if not 1 <= labels[row, column] <= len(xs):
                continue
            place = np.s_[row - reach : row + reach + 1, column - reach : column + reach + 1]
            x, y = xs[labels[row, column] - 1][place], f[place]
            mean_x, mean_y, both = x.mean(), y.mean(), (x * y).mean()
            first = (2 * mean_x * mean_y + 1e-4) / (mean_x**2 + mean_y**2 + 1e-4)
            second = 2 * (both - mean_x * mean_y) + 9e-4
            found[row, column] = first * second / (x.var() + y.var() + 9e-4)
    return found


def test_that_q_is_the_mean_similarity_to_the_source_of_the_label() -> None:
    labels = LABELS.copy()
    labels[10:14, 10:30], labels[:9, :9] = 255, 0
    expected = literal_q(PICTURES.fused, labels, SOURCES, 3)
    found = q_map(PICTURES.fused, labels, *SOURCES)
    known = np.isfinite(expected)
    np.testing.assert_array_equal(found.weights, known)
    np.testing.assert_allclose(found.values[known], expected[known], atol=2e-6)
    assert q(PICTURES.fused, labels, *SOURCES) == found.score()
    assert found.score() == pytest.approx(expected[known].mean(), abs=1e-6)


@pytest.mark.parametrize("kind", ["colour", "grey", "deep", "float", "three", "large"])
def test_that_q_is_the_objective_at_the_released_window(kind: str) -> None:
    pictures, labels = (PICTURES.fused, *SOURCES), LABELS
    if kind == "grey":
        pictures = tuple(picture[:, :, :1] for picture in pictures)
    elif kind == "deep":
        pictures = tuple(picture.astype(np.uint16) * 257 for picture in pictures)
    elif kind == "float":
        pictures = (to_float(pictures[0]), *pictures[1:])
    elif kind == "three":
        pictures, labels = (*pictures, pictures[0]), np.where(LABELS == 2, 3, 1).astype(np.uint8)
    elif kind == "large":
        pictures = tuple(np.tile(picture[:, :, :1], (18, 16, 1)) for picture in pictures)
        labels = np.tile(LABELS, (18, 16))
    height, width = labels.shape
    window = window_size("released", Size(width, height))
    assert window == (25 if kind == "large" else 3)
    expected = q_box(pictures[1:], labels, to_float(pictures[0]), window=window, compute=Compute())
    found = score(Q, Subject(pictures[0], pictures[1:], labels=labels))
    assert found.value == pytest.approx(expected, abs=1e-6)
    assert found.why == ""
    assert METRICS["q"](pictures[0], labels, *pictures[1:]) == found.value


def test_that_q_of_a_band_and_a_region_is_of_the_windows_in_the_middle_of_which_they_are() -> None:
    subject = Subject(PICTURES.fused, SOURCES, labels=LABELS)
    values = literal_q(PICTURES.fused, LABELS, SOURCES, 3)
    band = boundary_band(LABELS, 4)
    rect = Rect(0, 5, 30, 20)
    assert score(Q, subject, band=4).value == pytest.approx(np.nanmean(values[band]), abs=1e-6)
    expected = np.nanmean(values[rect.slices])
    assert score(Q, subject, area=rect).value == pytest.approx(expected, abs=1e-6)


def test_that_without_a_map_q_is_of_the_detected_one_and_says_so() -> None:
    labels, maker = measures.detected(SOURCES)
    expected = q(PICTURES.fused, labels, *SOURCES)
    found = score(Q, Subject(PICTURES.fused, SOURCES))
    assert found == Score(expected, f"with the map of {maker}")
    assert expected != q(PICTURES.fused, LABELS, *SOURCES)


def test_that_q_of_equal_pictures_is_1_and_pictures_without_windows_have_none() -> None:
    flat = np.full((20, 20, 1), 9, np.uint8)
    ones = np.ones((20, 20), np.uint8)
    assert q(flat, ones, flat, flat) == 1.0
    assert q(PICTURES.a, np.ones_like(LABELS), *SOURCES) == pytest.approx(1.0, abs=1e-6)
    with pytest.raises(Undefined, match="names no source"):
        q(flat, 255 * ones, flat, flat)
    tiny = flat[:2]
    told = score(Q, Subject(tiny, (tiny, tiny), labels=ones[:2]))
    assert told == Score(None, "the window of 3 pixels is larger than the image, 20 x 2")


def maps() -> tuple[LabelArray, LabelArray]:
    rng = np.random.default_rng(5)
    true = np.where(np.arange(46) < 20, 3, 1).astype(np.uint8) + np.zeros((40, 1), np.uint8)
    true[25:] = 2
    own = np.roll(true, 3, axis=1)
    own[rng.random(own.shape) < 0.03] = 0
    own[5:8, 5:8], true[6:10, 6:12], true[30, :9] = 255, 255, 0
    return own, true


def test_that_agreement_of_maps_is_what_counting_gives() -> None:
    own, true = maps()
    counted = (own != 255) & (true != 255) & ~((own == 0) & (true == 0))
    assert accuracy(own, true) == pytest.approx((own == true)[counted].mean(), rel=1e-14)
    valid = (own != 255) & (true != 255)
    shares = []
    for label in (1, 2, 3):
        first, second = (own == label) & valid, (true == label) & valid
        shares.append((first & second).sum() / (first | second).sum())
    assert iou(own, true) == pytest.approx(np.mean(shares), rel=1e-14)
    whole = agreement(own, true, k=3)
    assert accuracy(own, true) == pytest.approx(whole.accuracy, rel=1e-14)
    assert boundary_f(own, true) == whole.mean_boundary_f
    assert 0.2 < boundary_f(own, true) < 1.0
    found = accuracy_map(own, true)
    np.testing.assert_array_equal(found.weights, counted)


def test_that_equal_maps_agree_and_disjoint_ones_do_not() -> None:
    _, true = maps()
    assert (accuracy(true, true), iou(true, true), boundary_f(true, true)) == (1.0, 1.0, 1.0)
    other = (true % 3 + 1).astype(np.uint8)
    other[true == 255] = 255
    assert (accuracy(other, true), iou(other, true)) == (0.0, 0.0)


def test_that_maps_without_anything_to_compare_have_no_agreement() -> None:
    ones = np.ones((9, 9), np.uint8)
    for metric in (accuracy, iou):
        for empty in (0 * ones, 255 * ones):
            with pytest.raises(Undefined, match="no pixel has a label in both maps"):
                metric(empty, empty)
    with pytest.raises(Undefined, match="neither map has a boundary"):
        boundary_f(ones, ones)
    for metric in (accuracy, iou, boundary_f):
        with pytest.raises(UsageError, match="one size"):
            metric(ones, ones[1:])
    assert iou(ones, ones) == accuracy(ones, ones) == 1.0


def test_that_maps_are_compared_in_a_band_and_in_a_region() -> None:
    own, true = maps()
    subject = Subject(PICTURES.fused, SOURCES, labels=LABELS, own_map=own, true_map=true)
    counted = (own != 255) & (true != 255) & ~((own == 0) & (true == 0))
    same, rect = own == true, Rect(12, 11, 30, 25)
    band = boundary_band(LABELS, 6) & counted
    assert score(ACCURACY, subject, band=6).value == pytest.approx(same[band].mean())
    inside = same[rect.slices][counted[rect.slices]]
    assert score(ACCURACY, subject, area=rect).value == pytest.approx(inside.mean())
    part = own[rect.slices], true[rect.slices]
    for name, metric in (("map-iou", iou), ("map-boundary-f", boundary_f)):
        measure = Measure.parse(name)
        assert score(measure, subject).value == metric(own, true)
        assert score(measure, subject, area=rect).value == metric(*part) != metric(own, true)
        assert score(measure, subject, band=6) == Score(None, measures.NO_PIXELS)


def test_that_the_second_map_is_the_true_one() -> None:
    own, true = maps()
    np.testing.assert_array_equal(
        METRICS["map-accuracy"].map(own, true).values, accuracy_map(own, true).values
    )
    assert METRICS["map-iou"](own, true) == iou(own, true)
