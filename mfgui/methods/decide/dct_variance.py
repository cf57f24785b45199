"""Variance of DCT blocks: the energy of a block's AC coefficients decides for all its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.decision import Decision
from mfgui.methods.planes import Plane, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

_BLOCK = 8
_SIDE = 1024  # of tiles; whole blocks
_VOTERS = 3  # blocks on each side whose votes count

Blocks = npt.NDArray[Any]  # (K, rows, columns) of blocks


@method(
    "dct-variance",
    kind=Kind.DECISION,
    title="DCT variance (dctVar)",
    summary="Of every block of 8 x 8 pixels the source with the largest variance.",
    reference="Haghighat, Aghagolzadeh and Seyedarabi, Computers and Electrical Engineering 37, "
    "2011",
    family=Family.LITERATURE,
    smallest=16,
    notes=Notes(
        idea="The energy of the AC coefficients of an 8 x 8 cosine transform, which is the "
        "variance of the block, tells how sharp it is, and the largest one wins. Consistency lets "
        "the blocks around vote, twice.",
        complexity="O(H W C K)",
        memory="1 byte per pixel, 1/8 byte per pixel and source, and 30 MB for each thread",
        strengths="Fast at any size, made for JPEG blocks; takes any number of sources at once.",
        failures="Borders of regions are steps of 8 pixels; blocks of the wrong source remain "
        "where nothing has texture.",
    ),
)
def dct_variance(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    consistency: Annotated[
        bool, Parameter("Blocks follow the votes of those around them, DCT+Var+CV")
    ] = True,
) -> Decision:
    """Decision of M. B. A. Haghighat et al., Multi-focus image fusion in the DCT domain, 2011.

    The variance of a block is its AC energy / 64 (equation 8), and that is the variance of its
    pixels (Parseval), so that no transform is taken. Blocks at the right and at the bottom may be
    narrower. With `consistency` each block's vote is averaged over 7 x 7 blocks, borders
    mirrored, twice, and the source with the most votes wins (for two sources: the sign of the
    mean of +1 and -1). Votes are counted in whole numbers; of equal ones the larger variance
    decides, of equal variances the lowest label.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    consistency : bool

    Returns
    -------
    Decision
        Composite by hard labels. Time O(H W C K).
    """
    height, width, _ = images[0].shape
    shape = (len(images), -(-height // _BLOCK), -(-width // _BLOCK))
    variances: Blocks = np.empty(shape, np.float64)

    def work(_wide: Rect, inner: Rect) -> None:
        top, left = inner.y // _BLOCK, inner.x // _BLOCK
        for index, image in enumerate(images):
            compute.checkpoint()
            found = block_variance(grey(image[inner.slices]))
            rows, columns = found.shape
            variances[index, top : top + rows, left : left + columns] = found

    in_tiles(Size(width, height), work, reach=0, compute=compute, side=_SIDE)
    winners = _elected(variances, compute) if consistency else variances.argmax(axis=0)
    small = (winners + 1).astype(label_dtype(len(images)))
    labels: LabelArray = small.repeat(_BLOCK, axis=0)[:height].repeat(_BLOCK, axis=1)
    labels = np.ascontiguousarray(labels[:, :width])
    return Decision(labels, lambda: compose(images, labels, compute=compute))


def block_variance(plane: Plane) -> npt.NDArray[np.float64]:
    """Variance of the pixels of each block of 8 x 8, which is its AC energy / 64.

    Parameters
    ----------
    plane : (H, W) float32
        Blocks start at the top left; the last ones may be narrower.

    Returns
    -------
    (ceil(H / 8), ceil(W / 8)) float64
    """
    values = plane.astype(np.float64)
    means = _block_means(values)
    values -= means.repeat(_BLOCK, axis=0)[: len(plane)].repeat(_BLOCK, axis=1)[:, : plane.shape[1]]
    values *= values
    return _block_means(values)


def _block_means(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    height, width = values.shape
    tops, lefts = np.arange(0, height, _BLOCK), np.arange(0, width, _BLOCK)
    sums = np.add.reduceat(np.add.reduceat(values, tops, axis=0), lefts, axis=1)
    counts = np.outer(np.diff([*tops, height]), np.diff([*lefts, width]))
    return np.asarray(sums / counts)


def _elected(variances: Blocks, compute: Compute) -> npt.NDArray[np.intp]:
    """Index of the source with the most votes around each block."""
    first = variances.argmax(axis=0)
    most = np.full(first.shape, -1.0)
    of_most = np.full(first.shape, -1.0)
    winners: npt.NDArray[np.intp] = np.zeros(first.shape, np.intp)
    for index, variance in enumerate(variances):
        compute.checkpoint()
        votes = _around(_around((first == index).astype(np.float64)))
        better = (votes > most) | ((votes == most) & (variance > of_most))
        winners[better] = index
        most[better] = votes[better]
        of_most[better] = variance[better]
    return winners


def _around(votes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sum over 7 x 7 blocks; whole numbers, and so exact."""
    side = 2 * _VOTERS + 1
    wide = np.pad(votes, _VOTERS, mode="symmetric")
    total = cv2.boxFilter(wide, cv2.CV_64F, (side, side), normalize=False)
    inside = slice(_VOTERS, -_VOTERS)
    return np.ascontiguousarray(total[inside, inside])
