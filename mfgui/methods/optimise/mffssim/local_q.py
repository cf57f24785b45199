"""The box score of every window by itself: where a fused image is unlike its sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, to_float
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers, Scratch, stripes

_ROWS, _COLUMNS = 128, 512  # of a tile: its planes stay in the cache


def local_q(
    images: Sequence[PixelArray],
    labels: LabelArray,
    image: ImageF32,
    *,
    window: int,
    rect: Rect | None = None,
    compute: Compute,
) -> npt.NDArray[np.float32]:
    """SSIM of the window around each pixel with the source that the pixel's label names.

    These are the terms of the objective `BoxJoint` (section 1.1 of the algorithm notes): all
    channels jointly, windows inside the picture. Their mean is `q_box`.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Sources as stored.
    labels : (H, W) uint8 or uint16
        Focus map.
    image : (H, W, C) float32
        The image that is scored.
    window : int
        Odd side length W in pixels, at most the shorter side.
    rect : Rect, optional
        Only the windows around these pixels, inside the picture; all of them by default.

    Returns
    -------
    (H, W) or (rect.height, rect.width) float32
        -1 ... 1, and NaN where there is no window: nearer than W // 2 to the border, and where
        the label is *ignore*, unassigned or above K. Time O(H W C (1 + n)) for n labels per
        tile of 128 x 512 pixels, whatever W and K; beside the result each thread holds some
        planes of a tile grown by W.

    Raises
    ------
    StopRequested
        From the checkpoint, which is called for every tile.
    """
    height, width = labels.shape
    whole = Rect(0, 0, width, height)
    wanted = whole if rect is None else rect
    reach = window // 2
    inner = Rect(reach, reach, width - 2 * reach, height - 2 * reach).intersected(wanted)
    scores: npt.NDArray[np.float32] = np.full((wanted.height, wanted.width), np.nan, np.float32)

    def fill(_scratch: Scratch, start: int, stop: int) -> None:
        for tile in _tiles(Rect(inner.x, inner.y + start, inner.width, stop - start)):
            compute.checkpoint()
            place = Rect(tile.x - wanted.x, tile.y - wanted.y, tile.width, tile.height)
            _score(images, labels, image, tile, reach, scores[place.slices])

    if not inner.empty:
        with RowWorkers(compute) as workers:
            workers.run(fill, inner.height)
    return scores


def _tiles(area: Rect) -> Iterator[Rect]:
    for top, bottom in stripes(area.y, area.bottom, _ROWS):
        for left, right in stripes(area.x, area.right, _COLUMNS):
            yield Rect(left, top, right - left, bottom - top)


def _score(
    images: Sequence[PixelArray],
    labels: LabelArray,
    image: ImageF32,
    tile: Rect,
    reach: int,
    out: npt.NDArray[np.float32],
) -> None:
    """Scores of the windows around the pixels of `tile`, which all lie in the picture."""
    named = labels[tile.slices]
    present = [int(label) for label in np.unique(named) if 1 <= label <= len(images)]
    if not present:
        return
    # Imported here: who measures nothing does without the compiled loops.
    from mfgui.methods.optimise.mffssim import local_q_kernels as kernels

    for label in present:
        mask = named == label
        part = _bounds(mask) if len(present) > 1 else Rect(0, 0, tile.width, tile.height)
        place = Rect(tile.x + part.x, tile.y + part.y, part.width, part.height).grown(reach)
        source = to_float(images[label - 1][place.slices])
        sums = np.empty((kernels.SUMS, place.width))
        windows = np.empty((kernels.SUMS, part.width))
        fused = np.ascontiguousarray(image[place.slices])
        kernels.score(
            np.ascontiguousarray(source), fused, named[part.slices], label, reach,
            sums, windows, out[part.slices],
        )  # fmt: skip


def _bounds(mask: npt.NDArray[np.bool_]) -> Rect:
    """The smallest rectangle around what is set; something is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    return Rect(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)
