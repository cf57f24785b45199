"""Convolutional sparse representation: the source whose details need the larger codes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui import resources
from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.decide.sparse_coding import Coder, Filters
from mfgui.methods.decision import Decision
from mfgui.methods.planes import Plane, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

_PENALTY, _PADDING = 5.0, 16  # of the low-pass
_SPARSITY = 0.01
_LIMIT = 140  # steps
_RADIUS = 9  # px, of the mean of the activity
_TILE, _MARGIN = 104, 12  # 128 px together, a fast length for the Fourier transform


@method(
    "csr",
    kind=Kind.DECISION,
    title="Convolutional sparse representation",
    summary="The source whose details have the larger convolutional sparse codes.",
    reference="Liu, Chen, Ward and Wang, IEEE Signal Processing Letters 23, 2016",
    family=Family.LITERATURE,
    smallest=16,
    notes=Notes(
        idea=(
            "The details of every source are written as a sum of few shifted copies of 32 learned "
            "filters. Where the coefficients around a pixel are larger, the source is sharper."
        ),
        complexity="O(H W K M) a step for M = 32 filters, some 30 to 140 steps",
        memory="32 bytes per pixel, and about 20 MB per thread",
        strengths="Faint texture counts, for the codes tell it from noise.",
        failures=(
            "Borders lie only as exactly as a window of 19 px allows, and flat parts are speckled."
        ),
    ),
)
def csr(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    tolerance: Annotated[
        float,
        Parameter(
            "Relative residual at which coding ends; the paper has 0.001",
            minimum=1e-4,
            maximum=0.1,
            logarithmic=True,
            advanced=True,
        ),
    ] = 0.01,
) -> Decision:
    """Arg max over the sources of the local L1 norm of their convolutional sparse codes.

    Each grey source is split by a low-pass that minimises the squared error plus 5 times the
    squared gradient (section II.B); what is left is coded with 32 filters of 8 x 8 pixels,
    lambda = 0.01 and rho = 100 lambda + 0.5. Activity is the sum of absolute coefficients,
    averaged in windows of 19 x 19 pixels; ties take the lowest label. As this decision selects
    base and coefficients alike, the fused image is the composite of the sources by it, for all
    channels at once: writing it from the codes would only lose what they leave out.

    Coding is done in tiles of 104 pixels with mirrored surroundings of 12, not on the whole
    frame at once, and ends at a larger residual than in the paper. The filters were learned
    from the photographs named in ``resources/weights/csr_filters.md``, as those of the authors
    are not public.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more sources, as stored.
    tolerance : float
        Of the primal and the dual residual of ADMM, which makes at most 140 steps.

    Returns
    -------
    Decision
        Hard labels. Time O(H W K) with a large constant; memory some planes of float32.
    """
    height, width, _ = images[0].shape
    labels: LabelArray = np.ones((height, width), label_dtype(len(images)))
    best: Plane | None = None
    for index, image in enumerate(images, start=1):
        share = replace(compute, progress=partial(_report, compute, index - 1, len(images)))
        energy = activity(grey(image), filters(), tolerance, share)
        if best is None:
            best = energy
        else:
            better = energy > best
            labels[better] = index
            best[better] = energy[better]
    return Decision(labels, lambda: compose(images, labels, compute=compute))


def _report(compute: Compute, sources: int, count: int, done: int, total: int) -> None:
    compute.progress(sources * total + done, count * total)


@cache
def filters() -> Filters:
    """The 32 filters, (32, 8, 8) float32 of mean 0 and norm 1."""
    text = resources.path("weights/csr_filters.json").read_text(encoding="utf-8")
    found: Filters = np.array(json.loads(text), np.float32)
    found.flags.writeable = False
    return found


def activity(plane: Plane, filters: Filters, tolerance: float, compute: Compute) -> Plane:
    """Mean over 19 x 19 pixels of the L1 norm of the codes of the details of `plane`."""
    from scipy.fft import next_fast_len

    height, width = plane.shape
    _, details = split(plane)
    side = int(next_fast_len(min(_TILE, max(height, width)) + 2 * _MARGIN, real=True))
    tile = side - 2 * _MARGIN
    # Every tile has full surroundings, at the borders of the frame mirrored ones.
    after = [-length % tile + _MARGIN for length in (height, width)]
    wide = np.pad(details, ((_MARGIN, after[0]), (_MARGIN, after[1])), mode="symmetric")
    coder = Coder(filters, Size(side, side), sparsity=_SPARSITY)
    norms: Plane = np.empty((height, width), np.float32)

    def work(_wide: Rect, inner: Rect) -> None:
        part = np.ascontiguousarray(wide[Rect(inner.x, inner.y, side, side).slices])
        maps = coder(part, tolerance=tolerance, limit=_LIMIT, checkpoint=compute.checkpoint)
        total = np.abs(maps, out=maps).sum(axis=0)
        norms[inner.slices] = total[
            _MARGIN : _MARGIN + inner.height, _MARGIN : _MARGIN + inner.width
        ]

    in_tiles(Size(width, height), work, reach=0, compute=compute, side=tile)
    window = (2 * _RADIUS + 1,) * 2
    mean = cv2.boxFilter(norms, cv2.CV_32F, window, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(mean, np.float32)


def split(plane: npt.NDArray[Any]) -> tuple[Plane, Plane]:
    """Base and details of a plane, (H, W) float32 each.

    The base minimises || base - plane ||^2 + 5 || gradient of base ||^2, with forward
    differences on the plane mirrored by 16 pixels and then repeated.
    """
    from scipy.fft import irfft2, rfft2

    wide = np.pad(plane, _PADDING, mode="symmetric")
    height, width = wide.shape
    down = 2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(height) / height)
    across = 2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(width // 2 + 1) / width)
    weight = 1.0 + _PENALTY * (down[:, None] + across[None, :])
    smooth = irfft2(rfft2(wide) / weight.astype(np.float32), s=wide.shape)
    base = smooth[_PADDING:-_PADDING, _PADDING:-_PADDING]
    return np.asarray(base, np.float32), np.asarray(plane - base, np.float32)
