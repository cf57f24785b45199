"""Figures of one focus map: shares, regions, lengths of boundaries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mfgui.core.arrays import LabelArray
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.regions import find_regions


@dataclass(frozen=True)
class LabelStatistics:
    """Figures of one label.

    Attributes
    ----------
    pixels, share : int, float
        How many pixels have it, and of all pixels.
    regions : int
        Connected areas; pixels that only touch at a corner are not connected.
    boundary : int
        Sides of pixels between this label and any other; the edge of the image is none.
    """

    label: int
    pixels: int
    share: float
    regions: int
    boundary: int


@dataclass(frozen=True)
class MapStatistics:
    """Figures of a map: each source's, in order, then *unassigned* and *ignore*.

    `boundary` is the number of pixel sides between different labels, each counted once.
    """

    labels: tuple[LabelStatistics, ...]
    unassigned: LabelStatistics
    ignored: LabelStatistics
    boundary: int

    @property
    def regions(self) -> int:
        """Regions of the sources."""
        return sum(entry.regions for entry in self.labels)


def map_statistics(labels: LabelArray, *, k: int) -> MapStatistics:
    """Figures of an (H, W) map of `k` sources.

    Time grows with the pixels, whatever `k` is.
    """
    ignored = ignore_label(labels)
    counts = np.bincount(labels.ravel(), minlength=ignored + 1)
    sides, total = _sides(labels, ignored + 1)
    regions = np.bincount(find_regions(labels).labels, minlength=ignored + 1)

    def figures(label: int) -> LabelStatistics:
        pixels = int(counts[label])
        share = pixels / labels.size
        return LabelStatistics(label, pixels, share, int(regions[label]), int(sides[label]))

    return MapStatistics(
        labels=tuple(figures(label) for label in range(1, k + 1)),
        unassigned=figures(UNASSIGNED),
        ignored=figures(ignored),
        boundary=total,
    )


def _sides(labels: LabelArray, values: int) -> tuple[np.ndarray, int]:
    """Sides of each label towards others, and of all labels together."""
    sides, total = np.zeros(values, np.int64), 0
    for one, other in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        differ = one != other
        sides += np.bincount(one[differ], minlength=values)
        sides += np.bincount(other[differ], minlength=values)
        total += int(np.count_nonzero(differ))
    return sides, total
