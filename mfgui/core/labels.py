"""The focus map: one label per pixel says which source is used there."""

from __future__ import annotations

import weakref

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, Rect, Size

UNASSIGNED = 0


def label_dtype(k: int) -> type[np.uint8] | type[np.uint16]:
    """uint8 up to 254 sources, else uint16 (the largest value is *ignore*)."""
    return np.uint8 if k <= 254 else np.uint16


def ignore_label(labels: LabelArray) -> int:
    """The reserved label *ignore* of this array's type: 255 or 65535."""
    return int(np.iinfo(labels.dtype).max)


class FocusMap:
    """Labels 1 ... K name the source used at each pixel, 0 is *unassigned*, the type's
    maximum is *ignore*.

    Parameters
    ----------
    labels : (H, W) integer array
        Copied into one contiguous uint8 or uint16 array.
    k : int
        Number of sources.
    revision : int
        Another one for every other content, so that results can say which map they were made
        from; what is undone has the revision again that it had.
    newest : int, optional
        The largest revision that was ever given, where it is not `revision`.

    Raises
    ------
    ValueError
        If a label above `k` occurs that is not *ignore*.
    """

    def __init__(
        self, labels: LabelArray, *, k: int, revision: int = 0, newest: int | None = None
    ) -> None:
        dtype = label_dtype(k)
        if labels.size and (labels.min() < 0 or labels.max() > np.iinfo(dtype).max):
            raise ValueError(f"label {int(labels.max())} is above the {k} sources")
        self._labels = np.array(labels, dtype=dtype, order="C", copy=True)
        self.k = k
        self.revision = revision
        self._newest = revision if newest is None else newest
        check_labels(self._labels, k=k)
        self._counts: npt.NDArray[np.int64] | None = None
        self._snapshot: tuple[int, weakref.ref[LabelArray] | None] = (revision, None)

    @property
    def labels(self) -> LabelArray:
        """The live (H, W) array; change it through `write` only."""
        view = self._labels.view()
        view.flags.writeable = False
        return view

    @property
    def size(self) -> Size:
        height, width = self._labels.shape
        return Size(width, height)

    def snapshot(self) -> LabelArray:
        """A read-only copy for a run (0.8 ms at 24 megapixels); the same one for the same
        revision, as long as somebody has it."""
        revision, kept = self._snapshot
        copy = kept() if revision == self.revision and kept is not None else None
        if copy is None:
            copy = self._labels.copy()
            copy.flags.writeable = False
            self._snapshot = self.revision, weakref.ref(copy)
        return copy

    def write(self, rect: Rect, labels: LabelArray, *, count: bool = True) -> None:
        """Replace the labels inside `rect` (clipped by the caller); the revision is a new one.

        Without `count` the caller says with `add_counts` what that did to the counts.
        """
        check_labels(labels, k=self.k)
        part = self._labels[rect.slices]
        counts = self._counts if count else None
        if counts is not None:
            counts -= _counted(part)
        part[...] = labels
        if counts is not None:
            counts += _counted(part)
        self._newest += 1
        self.revision = self._newest

    def counts(self) -> npt.NDArray[np.int64]:
        """Pixels of every value that the type can hold, (256,) or (65536,).

        Counted once, from then on kept in step by `write`.
        """
        if self._counts is None:
            self._counts = _counted(self._labels)
        return self._counts.copy()

    def add_counts(self, change: npt.NDArray[np.int64]) -> None:
        """Counts after writing without counting: `change` is what they grew by."""
        if self._counts is not None:
            self._counts += change

    def shares(self) -> dict[int, float]:
        """Share of the pixels of each label that occurs, unassigned and ignore included."""
        counts = self.counts()
        total = self._labels.size
        return {int(label): float(counts[label] / total) for label in np.flatnonzero(counts)}


def _counted(labels: LabelArray) -> npt.NDArray[np.int64]:
    values = int(np.iinfo(labels.dtype).max) + 1
    if labels.dtype == np.uint8:
        # Three times as fast as NumPy, which makes whole words of the bytes first; the floats
        # that it counts in are exact up to 16 million, so large maps are counted in parts.
        parts = [labels[row : row + 1024] for row in range(0, labels.shape[0], 1024)]
        counts = [cv2.calcHist([part], [0], None, [256], [0, 256]).ravel() for part in parts]
        total: npt.NDArray[np.int64] = np.stack(counts).astype(np.int64).sum(axis=0)
        return total
    return np.bincount(labels.ravel(), minlength=values).astype(np.int64)


def check_labels(labels: LabelArray, *, k: int) -> None:
    """Raise ValueError when a label above `k` other than *ignore* occurs."""
    if not labels.size or labels.max() <= k:
        return  # the common case, 2 ms at 24 megapixels, where the masks below take 30
    wrong = (labels > k) & (labels != ignore_label(labels))
    if wrong.any():
        raise ValueError(f"label {int(labels[wrong].max())} is above the {k} sources")
