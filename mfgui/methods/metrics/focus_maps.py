"""Agreement of a focus map with the true one.

Pixels that either map calls *ignore*, or both leave unassigned, are left out; see
`mfgui.core.agreement`, where the definitions are.
"""

from __future__ import annotations

import numpy as np

from mfgui.core.agreement import Agreement, agreement
from mfgui.core.arrays import BoolMask, LabelArray
from mfgui.core.errors import UsageError
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.undefined import Undefined

NOTHING = "no pixel has a label in both maps"


def accuracy(own: LabelArray, true: LabelArray) -> float:
    """Share of the pixels with the true label, 0 ... 1, higher is better.

    Parameters
    ----------
    own, true : (H, W) uint8 or uint16
        1 ... K, 0 for unassigned, the type's maximum for *ignore*. Unassigned is a wrong answer
        where the other map has a label.

    Raises
    ------
    Undefined
        When there is no pixel to compare.
    """
    return accuracy_map(own, true).score()


def accuracy_map(own: LabelArray, true: LabelArray) -> PixelMap:
    """1 where the label is the true one; see `accuracy`."""
    counted = _counted(own, true)
    if not counted.any():
        raise Undefined(NOTHING)
    return PixelMap((own == true).astype(np.float64), counted.astype(np.float64))


def iou(own: LabelArray, true: LabelArray) -> float:
    """Intersection over union of each label, mean over those that occur, 0 ... 1, higher is
    better. Raises as `accuracy` does."""
    found = _agreement(own, true).mean_iou
    if found is None:
        raise Undefined(NOTHING)
    return found


def boundary_f(own: LabelArray, true: LabelArray) -> float:
    """F-score of the labels' outlines, mean over the labels that have one, 0 ... 1, higher is
    better.

    G. Csurka, D. Larlus, F. Perronnin, What is a good evaluation measure for semantic
    segmentation?, BMVC 2013, section 3, with a tolerance of 2 pixels.

    Raises
    ------
    Undefined
        When neither map has a boundary.
    """
    found = _agreement(own, true).mean_boundary_f
    if found is None:
        raise Undefined("neither map has a boundary")
    return found


def _agreement(own: LabelArray, true: LabelArray) -> Agreement:
    _counted(own, true)
    most = (int(np.max(m, initial=0, where=m != ignore_label(m))) for m in (own, true))
    return agreement(own, true, k=max(1, *most))


def _counted(own: LabelArray, true: LabelArray) -> BoolMask:
    """Which pixels count."""
    if own.shape != true.shape:
        raise UsageError(f"maps of one size are compared, not {own.shape} and {true.shape}")
    named = (own != ignore_label(own)) & (true != ignore_label(true))
    counted: BoolMask = named & ((own != UNASSIGNED) | (true != UNASSIGNED))
    return counted
