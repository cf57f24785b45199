"""Focus map from the energy of the cosine transform of blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.core.stripes import stripes
from mfgui.methods.detect.consistency import Consistency, settle
from mfgui.methods.detect.regions import Clean
from mfgui.methods.planes import Plane, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, method

BLOCK = 8  # pixels a side
_UNITS = 2.0**22  # of a grey value of 1: sums of 64 squares are exact in float64
_TILE = 64 * BLOCK


@method(
    "dct-energy",
    kind=Kind.DETECTOR,
    title="DCT energy",
    summary="The source with the most energy in the cosine transform of 8 x 8 blocks.",
    reference="Haghighat, Aghagolzadeh and Seyedarabi, Computers & Electrical Engineering 37, 2011",
    family=Family.MEASURE,
    smallest=16,
    notes=Notes(
        idea="Each block of 8 x 8 pixels goes to the source whose cosine transform has the most "
        "energy without the constant term. Then each takes the label of most of the 3 x 3 blocks "
        "around it.",
        complexity="O(H W C K)",
        memory="3 MB per thread",
        strengths="The least work of all detectors, without a running window.",
        failures="Boundaries follow blocks of 8 pixels, which consistency=guided only partly "
        "undoes: 90 % of the pixels of generated scenes, 93 % with it.",
    ),
)
def dct_energy(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    consistency: Consistency = "none",
    clean: Clean = 0.0,
) -> LabelArray:
    """Arg max over the sources of the energy of the 63 varying terms, then a majority of blocks.

    Blocks begin at the top left corner; the last ones are filled up by repeating the border. Ties
    take the lowest label, ties of the majority keep theirs where it is among them.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more sources, as stored; their grey values are measured.
    consistency, clean : str, float
        What follows, see `mfgui.methods.detect.consistency.settle`.

    Returns
    -------
    (H, W) uint8 or uint16
        Labels 1 ... K. Time O(H W C K); memory: the labels and some tiles.
    """
    height, width = images[0].shape[:2]
    rows, columns = math.ceil(height / BLOCK), math.ceil(width / BLOCK)
    blocks: LabelArray = np.empty((rows, columns), label_dtype(len(images)))

    def work(_wide: Rect, inner: Rect) -> None:
        y, x = inner.y // BLOCK, inner.x // BLOCK
        best: npt.NDArray[np.float64] | None = None
        for index, image in enumerate(images):
            compute.checkpoint()
            energy = block_energy(grey(image[inner.slices]))
            part = blocks[y : y + energy.shape[0], x : x + energy.shape[1]]
            if best is None:
                best = energy
                part[...] = 1
                continue
            part[energy > best] = index + 1
            np.maximum(best, energy, out=best)

    in_tiles(Size(width, height), work, reach=0, compute=compute, side=_TILE)
    blocks = _majority(blocks, len(images), compute)
    labels: LabelArray = np.empty((height, width), blocks.dtype)
    for low, high in stripes(0, rows, 16):
        compute.checkpoint()
        part = np.repeat(np.repeat(blocks[low:high], BLOCK, axis=1), BLOCK, axis=0)
        end = min(high * BLOCK, height)
        labels[low * BLOCK : end] = part[: end - low * BLOCK, :width]
    return settle(labels, images, consistency=consistency, clean=clean, compute=compute)


def block_energy(plane: Plane) -> npt.NDArray[np.float64]:
    """Energy of each block's orthonormal cosine transform without its constant term.

    By Parseval it is the sum of the squared deviations from the block's mean, 64 times its
    variance, and no transform is needed. The sums are exact for values rounded to 2^-22, so
    that flat blocks have 0.

    Parameters
    ----------
    plane : (H, W) float32 in [0, 1]

    Returns
    -------
    (ceil(H / 8), ceil(W / 8)) float64
        0 to 16.
    """
    height, width = plane.shape
    whole = cv2.copyMakeBorder(
        plane, 0, -height % BLOCK, 0, -width % BLOCK, borderType=cv2.BORDER_REPLICATE
    )
    values = np.rint(np.multiply(whole, _UNITS, dtype=np.float64))
    total = _block_sum(values)
    np.multiply(values, values, out=values)
    energy = _block_sum(values)
    energy -= total * total / BLOCK**2
    energy /= _UNITS * _UNITS
    return energy


def _block_sum(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    height, width = values.shape
    columns = values.reshape(height // BLOCK, BLOCK, width).sum(axis=1)
    total: npt.NDArray[np.float64] = columns.reshape(-1, width // BLOCK, BLOCK).sum(axis=2)
    return total


def _majority(blocks: LabelArray, k: int, compute: Compute) -> LabelArray:
    """The label of most of the 3 x 3 blocks around each; ties keep theirs, else the lowest."""
    found = blocks.copy()
    most = np.zeros(blocks.shape, np.uint8)
    own = np.zeros(blocks.shape, np.uint8)
    for label in range(1, k + 1):
        compute.checkpoint()
        mask = blocks == label
        votes = np.asarray(
            cv2.boxFilter(
                mask.view(np.uint8), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT
            )
        )
        own[mask] = votes[mask]
        better = votes > most
        most[better] = votes[better]
        found[better] = label
    stays = own == most
    found[stays] = blocks[stays]
    return found
