"""Focus maps as COCO run-length encodings: one annotation for each source, or each region.

COCO counts pixels down the columns. The counts are the lengths of the runs outside and inside
of a mask by turns, beginning outside (with 0 if the first pixel is inside); compressed, each
count is the difference to the last but one, in groups of five bits, as text (`maskApi.c` of the
COCO API, Lin et al., "Microsoft COCO: common objects in context", ECCV 2014).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mfgui import __version__
from mfgui.core.arrays import LabelArray
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.regions import find_regions

Integers = npt.NDArray[np.int64]
_GROUPS = 7  # of five bits: 2 ** 34 with its sign, above any count of pixels


@dataclass(frozen=True, eq=False)
class Area:
    """One mask: its label and the runs of it, down the columns."""

    label: int
    starts: Integers
    lengths: Integers
    height: int

    @property
    def pixels(self) -> int:
        return int(self.lengths.sum())

    @property
    def box(self) -> list[int]:
        """Left, top, width and height."""
        last = self.starts + self.lengths - 1
        left, right = int(self.starts[0]) // self.height, int(last[-1]) // self.height
        # A run that goes on in the next column touches the bottom and the top.
        over = self.starts // self.height != last // self.height
        top = int(np.where(over, 0, self.starts % self.height).min())
        bottom = int(np.where(over, self.height - 1, last % self.height).max())
        return [left, top, right - left + 1, bottom - top + 1]

    def counts(self, total: int) -> Integers:
        """COCO's uncompressed counts, for an image of `total` pixels."""
        ends = self.starts + self.lengths
        outside = self.starts - np.concatenate(([0], ends[:-1]))
        found = np.stack([outside, self.lengths], axis=1).ravel()
        rest = total - int(ends[-1])
        return np.append(found, rest) if rest else found


def areas(labels: LabelArray, *, by_region: bool = False) -> Iterator[Area]:
    """The pixels of every source that occurs in an (H, W) map, by label and then by place.

    Parameters
    ----------
    by_region : bool
        Each connected region by itself; pixels that only touch at a corner are not connected.

    Notes
    -----
    Time grows with the pixels.
    """
    ignored, height = ignore_label(labels), labels.shape[0]
    starts, lengths = _runs(labels, cut=by_region)
    rows, columns = starts % height, starts // height
    found = labels[rows, columns].astype(np.int64)
    keys = found
    if by_region:
        keys = find_regions(labels).of_places(rows * labels.shape[1] + columns)
    kept = (found != UNASSIGNED) & (found != ignored)
    starts, lengths, found, keys = starts[kept], lengths[kept], found[kept], keys[kept]
    order = np.lexsort((keys, found))
    cuts = np.flatnonzero(np.diff(keys[order]) != 0) + 1
    for part in np.split(order, cuts):
        if part.size:
            yield Area(int(found[part[0]]), *_joined(starts[part], lengths[part]), height)


def compressed(counts: Integers) -> str:
    """COCO's text of uncompressed counts.

    >>> compressed(np.array([2, 3, 1]))
    '231'
    """
    left = counts.astype(np.int64)
    left[3:] -= counts[1:-2]
    codes = np.zeros((left.size, _GROUPS), np.uint8)
    more = np.ones(left.size, np.bool_)
    used = np.zeros((left.size, _GROUPS), np.bool_)
    for group in range(_GROUPS):
        used[:, group] = more
        bits = left & 0x1F
        left = left >> 5
        more = more & np.where(bits & 0x10, left != -1, left != 0)
        codes[:, group] = bits + 48 + np.where(more, 0x20, 0)
    return codes[used].tobytes().decode("ascii")


def coco_document(
    labels: LabelArray,
    *,
    names: Sequence[str],
    hashes: Sequence[str] = (),
    by_region: bool = False,
    as_text: bool = True,
) -> dict[str, object]:
    """A COCO data set of one image, whose categories are the sources.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        Pixels that are unassigned or ignored belong to no annotation.
    names, hashes : sequence of str
        Of the sources.
    by_region : bool
        One annotation for each connected region instead of one for each source.
    as_text : bool
        Counts as compressed text, as pycocotools writes them, instead of a list of numbers.
    """
    height, width = labels.shape
    annotations = []
    for number, area in enumerate(areas(labels, by_region=by_region), start=1):
        counts = area.counts(labels.size)
        annotations.append(
            {
                "id": number,
                "image_id": 1,
                "category_id": area.label,
                "segmentation": {
                    "size": [height, width],
                    "counts": compressed(counts) if as_text else counts.tolist(),
                },
                "area": area.pixels,
                "bbox": area.box,
                "iscrowd": 0,
            }
        )
    sources = [
        {"category_id": n, "file_name": name, "sha256": hashes[n - 1] if hashes else None}
        for n, name in enumerate(names, start=1)
    ]
    return {
        "info": {
            "description": "focus map: which source is used for each pixel; pixels in no "
            "annotation are unassigned or ignored",
            "contributor": f"mfgui {__version__}",
            "sources": sources,
        },
        "images": [{"id": 1, "width": width, "height": height, "file_name": names[0]}],
        "categories": [
            {"id": n, "name": name, "supercategory": "source"}
            for n, name in enumerate(names, start=1)
        ],
        "annotations": annotations,
    }


def _runs(labels: LabelArray, *, cut: bool) -> tuple[Integers, Integers]:
    """Starts and lengths of runs of one label, down the columns; `cut` where a column ends, since
    the next pixel is not beside it."""
    flat = np.ascontiguousarray(labels.T).ravel()
    begins = np.ones(flat.size, np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    if cut:
        begins[:: labels.shape[0]] = True
    starts = np.flatnonzero(begins).astype(np.int64)
    return starts, np.diff(starts, append=flat.size)


def _joined(starts: Integers, lengths: Integers) -> tuple[Integers, Integers]:
    """Runs that follow each other without a gap as one."""
    ends = starts + lengths
    first = np.concatenate(([True], starts[1:] != ends[:-1]))
    last = np.concatenate((first[1:], [True]))
    return starts[first], ends[last] - starts[first]
