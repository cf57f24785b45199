"""How far two focus maps of one scene agree: two annotators, or a map and its truth.

Pixels that either map calls *ignore* are left out of everything. *Unassigned* is an answer like
any other where the second map gives a label (so it counts as a disagreement); where both maps are
unassigned nothing has been decided, and the pixel is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, LabelArray
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
    Time O(n + b t^2) for n pixels, b outline pixels and the tolerance t, whatever k is.
    """
    if first.shape != second.shape:
        raise ValueError(f"maps of {first.shape} and {second.shape} pixels")
    for labels in (first, second):
        check_labels(labels, k=k)
    valid = (first != ignore_label(first)) & (second != ignore_label(second))
    confusion = _confusion(first, second, valid, k)
    undecided = int(confusion[UNASSIGNED, UNASSIGNED])
    confusion[UNASSIGNED, UNASSIGNED] = 0
    reach = _Reach(tolerance)
    outlines = [outlines_of(labels, valid=valid) for labels in (first, second)]
    precision = _shares_near(first, outlines[0], second, outlines[1], reach, k)
    recall = _shares_near(second, outlines[1], first, outlines[0], reach, k)
    each = tuple(_of_label(confusion, n, precision[n], recall[n]) for n in range(1, k + 1))
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


def outlines_of(labels: LabelArray, *, valid: BoolMask) -> BoolMask:
    """Pixels with a neighbour (of four) that has another label; only `valid` ones count."""
    found = np.zeros(labels.shape, np.bool_)
    for one, other in (
        ((slice(1, None), slice(None)), (slice(None, -1), slice(None))),
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
    ):
        differ = (labels[one] != labels[other]) & valid[one] & valid[other]
        found[one] |= differ
        found[other] |= differ
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
    confusion: Counts, label: int, precision: float | None, recall: float | None
) -> LabelAgreement:
    ones, twos = int(confusion[label].sum()), int(confusion[:, label].sum())
    both = int(confusion[label, label])
    union = ones + twos - both
    if union == 0:
        return LabelAgreement(label, None, None, None, None, ones, twos)
    return LabelAgreement(
        label, both / union, _harmonic(precision, recall), precision, recall, ones, twos
    )


class _Reach:
    """Steps to all pixels within a distance, the near ones first."""

    def __init__(self, tolerance: float) -> None:
        self.margin = int(tolerance)
        side = range(-self.margin, self.margin + 1)
        squares = sorted((y * y + x * x, y, x) for y in side for x in side)
        self.steps = [(y, x) for square, y, x in squares if square <= tolerance * tolerance]


def _shares_near(
    labels: LabelArray,
    outlines: BoolMask,
    others: LabelArray,
    other_outlines: BoolMask,
    reach: _Reach,
    k: int,
) -> list[float | None]:
    """Of each label, 0 ... k: the share of its outline that lies within reach of its outline in
    the other map; None where it has none."""
    margin = reach.margin
    marks = np.pad(np.where(other_outlines, others, UNASSIGNED), margin)
    across = marks.shape[1]
    rows, columns = np.nonzero(outlines & (labels != UNASSIGNED))
    names = labels[rows, columns]
    places = (rows + margin) * across + columns + margin
    total = np.bincount(names, minlength=k + 1)
    flat = marks.ravel()
    for down, right in reach.steps:
        missed = flat[places + (down * across + right)] != names
        places, names = places[missed], names[missed]
    far = np.bincount(names, minlength=k + 1)
    return [
        int(count - left) / int(count) if count else None
        for count, left in zip(total, far, strict=True)
    ]


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
