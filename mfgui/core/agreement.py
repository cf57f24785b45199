"""How far two focus maps of one scene agree: two annotators, or a map and its truth.

Pixels that either map calls *ignore* are left out of everything. *Unassigned* is an answer like
any other where the second map gives a label (so it counts as a disagreement); where both maps are
unassigned nothing has been decided, and the pixel is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, LabelArray, Rect
from mfgui.core.labels import UNASSIGNED, check_labels, ignore_label

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LabelAgreement:
    """Agreement about one label; None where neither map has anything of it to compare.

    Attributes
    ----------
    iou : float or None
        Pixels that both give the label, divided by those that either does.
    boundary_f : float or None
        Harmonic mean of `precision` and `recall` of the label's outline.
    precision, recall : float or None
        Share of the outline in the first map that lies near that of the second, and the other
        way round.
    first, second : int
        Pixels of the label in each map, of those compared.
    """

    label: int
    iou: float | None
    boundary_f: float | None
    precision: float | None
    recall: float | None
    first: int
    second: int


@dataclass(frozen=True, eq=False)
class Agreement:
    """Agreement of two maps.

    Attributes
    ----------
    labels : tuple of LabelAgreement
        Of the sources 1 ... k, in order.
    confusion : (k + 1, k + 1) int64
        Pixels with label `row` in the first map and `column` in the second; 0 is unassigned.
    compared, ignored, undecided : int
        Pixels that were compared, that either map ignores, and that both leave unassigned.
    accuracy : float or None
        Share of the compared pixels with the same label in both.
    kappa : float or None
        Cohen's kappa; None where chance alone would agree everywhere.
    mean_iou, mean_boundary_f : float or None
        Over the labels that have a value.
    tolerance : float
        Pixels between outlines that count as matching.
    """

    labels: tuple[LabelAgreement, ...]
    confusion: Counts = field(repr=False)
    compared: int
    ignored: int
    undecided: int
    accuracy: float | None
    kappa: float | None
    mean_iou: float | None
    mean_boundary_f: float | None
    tolerance: float

    @property
    def k(self) -> int:
        return len(self.labels)

    @property
    def same(self) -> bool:
        """Whether every compared pixel has the same label in both maps."""
        return self.compared == int(np.trace(self.confusion))


def agreement(
    first: LabelArray, second: LabelArray, *, k: int, tolerance: float = 2.0
) -> Agreement:
    """Compare two maps of `k` sources.

    Parameters
    ----------
    first, second : (H, W) uint8 or uint16
        1 ... k, 0 for unassigned, the type's maximum for *ignore*. In the words precision and
        recall the second map is the truth.
    tolerance : float
        Largest Euclidean distance, in pixels, of matching outline pixels.

    Returns
    -------
    Agreement

    Raises
    ------
    ValueError
        If the shapes differ, or a label above `k` occurs.

    Notes
    -----
    Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20 (1960), equation 1. The boundary F-score is that of Csurka et al., "What is a
    good evaluation measure for semantic segmentation?", BMVC 2013, section 3: for each label,
    precision is the share of outline pixels of one map with an outline pixel of the other within
    the tolerance, recall the same with the maps exchanged (the one-to-one matching of Martin et
    al., PAMI 2004, is not enforced). An outline pixel has the label, and one of its four
    neighbours has another one; the edge of the image and *ignored* pixels make no outline.
    Time grows with the pixels of the rectangles around the labels.
    """
    if first.shape != second.shape:
        raise ValueError(f"maps of {first.shape} and {second.shape} pixels")
    for labels in (first, second):
        check_labels(labels, k=k)
    valid = (first != ignore_label(first)) & (second != ignore_label(second))
    confusion = _confusion(first, second, valid, k)
    undecided = int(confusion[UNASSIGNED, UNASSIGNED])
    confusion[UNASSIGNED, UNASSIGNED] = 0
    each = tuple(
        _of_label(first, second, valid, confusion, label, tolerance) for label in range(1, k + 1)
    )
    compared = int(confusion.sum())
    return Agreement(
        labels=each,
        confusion=confusion,
        compared=compared,
        ignored=int(valid.size - np.count_nonzero(valid)),
        undecided=undecided,
        accuracy=int(np.trace(confusion)) / compared if compared else None,
        kappa=cohens_kappa(confusion),
        mean_iou=_mean(entry.iou for entry in each),
        mean_boundary_f=_mean(entry.boundary_f for entry in each),
        tolerance=tolerance,
    )


def cohens_kappa(confusion: Counts) -> float | None:
    """Agreement beyond chance of a square matrix of counts, at most 1; None where chance alone
    would agree everywhere, or nothing was counted.

    >>> cohens_kappa(np.array([[20, 5], [10, 15]]))
    0.4
    """
    total = int(confusion.sum())
    if total == 0:
        return None
    # In whole numbers, which do not round: at 24 megapixels the products reach 2 ** 60.
    rows = [int(count) for count in confusion.sum(axis=1)]
    columns = [int(count) for count in confusion.sum(axis=0)]
    chance = sum(row * column for row, column in zip(rows, columns, strict=True))
    if chance == total * total:
        return None
    return (total * int(np.trace(confusion)) - chance) / (total * total - chance)


def outline(mask: BoolMask, *, beside: BoolMask | None = None) -> BoolMask:
    """Pixels of a region that have a neighbour (of four) outside of it.

    Parameters
    ----------
    mask : (H, W) bool
        The region.
    beside : (H, W) bool, optional
        Pixels that count as neighbours; the edge of the image never does.
    """
    outside = ~mask if beside is None else ~mask & beside
    near = np.zeros_like(mask)
    near[1:] |= outside[:-1]
    near[:-1] |= outside[1:]
    near[:, 1:] |= outside[:, :-1]
    near[:, :-1] |= outside[:, 1:]
    found: BoolMask = near & mask
    return found


def _confusion(first: LabelArray, second: LabelArray, valid: BoolMask, k: int) -> Counts:
    side = k + 1
    counts = np.zeros(side * side, np.int64)
    for top in range(0, first.shape[0], 256):
        # In strips, so that the pairs of numbers stay small.
        rows = slice(top, top + 256)
        kept = valid[rows]
        pairs = first[rows][kept].astype(np.int64) * side + second[rows][kept]
        counts += np.bincount(pairs, minlength=side * side)
    return counts.reshape(side, side)


def _of_label(
    first: LabelArray,
    second: LabelArray,
    valid: BoolMask,
    confusion: Counts,
    label: int,
    tolerance: float,
) -> LabelAgreement:
    ones, twos = int(confusion[label].sum()), int(confusion[:, label].sum())
    both = int(confusion[label, label])
    union = ones + twos - both
    if union == 0:
        return LabelAgreement(label, None, None, None, None, ones, twos)
    either = (first == label) | (second == label)
    slices = _around(either, margin=1).slices
    inside = valid[slices]
    outlines = [outline((m[slices] == label) & inside, beside=inside) for m in (first, second)]
    precision = _share_near(outlines[0], outlines[1], tolerance)
    recall = _share_near(outlines[1], outlines[0], tolerance)
    return LabelAgreement(
        label, both / union, _harmonic(precision, recall), precision, recall, ones, twos
    )


def _around(mask: BoolMask, *, margin: int) -> Rect:
    """The rectangle around a region, grown by `margin` inside the image."""
    height, width = mask.shape
    x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
    return Rect(x, y, w, h).grown(margin).intersected(Rect(0, 0, width, height))


def _share_near(outlines: BoolMask, others: BoolMask, tolerance: float) -> float | None:
    """Share of `outlines` within `tolerance` of `others`; None when there are none."""
    total = int(np.count_nonzero(outlines))
    if total == 0:
        return None
    if not others.any():
        return 0.0
    away = (~others).view(np.uint8)
    distances = cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Distances are roots of whole numbers in single precision.
    return int(np.count_nonzero(distances[outlines] <= tolerance + 1e-3)) / total


def _harmonic(precision: float | None, recall: float | None) -> float | None:
    """Of the two shares; an outline in one of the maps only is a full disagreement."""
    if precision is None and recall is None:
        return None
    if not precision or not recall:
        return 0.0
    return 2 * precision * recall / (precision + recall)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
