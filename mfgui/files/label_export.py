"""Focus maps for other programs: label numbers, white and black, weights, COCO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import tifffile

from mfgui import __version__
from mfgui.core.arrays import LabelArray
from mfgui.core.errors import UsageError
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.files.atomic import atomic_file, write_bytes
from mfgui.files.coco import coco_document
from mfgui.files.encode import encode_png
from mfgui.files.maps import encoded_map
from mfgui.files.reports import json_text

MAX_RADIUS = 64
_CLASSIC_BYTES = 4 << 30  # what a TIFF without 64-bit offsets can hold


class MapFormat(StrEnum):
    """What a map can be exported as."""

    LABELS = "labels"
    PAIR = "pair"
    SOFT = "soft"
    COCO = "coco"

    @property
    def suffix(self) -> str:
        return {"soft": ".tif", "coco": ".json"}.get(self.value, ".png")


@dataclass(frozen=True)
class MapExport:
    """Where a map goes, and as what.

    Attributes
    ----------
    radius : int
        Of SOFT: pixels over which a weight falls on either side of a boundary, 0 for a step.
    by_region, as_text : bool
        Of COCO: each connected region by itself; counts as compressed text.
    """

    path: Path
    format: MapFormat
    radius: int = 8
    by_region: bool = False
    as_text: bool = True


def export_map(
    wish: MapExport,
    labels: LabelArray,
    *,
    k: int,
    names: Sequence[str],
    hashes: Sequence[str] = (),
) -> None:
    """Write an (H, W) map of `k` sources atomically.

    Raises
    ------
    UsageError
        If the name has not the ending of the format, or the map cannot be in this format.
    OutputError
        If it cannot be written; an old file is then untouched.
    """
    path = wish.path
    endings = (".tif", ".tiff") if wish.format is MapFormat.SOFT else (wish.format.suffix,)
    if path.suffix.lower() not in endings:
        raise UsageError("another ending is needed", path=path, hint=f"use {wish.format.suffix}")
    match wish.format:
        case MapFormat.LABELS:
            write_bytes(path, encoded_map(labels, k=k))
        case MapFormat.PAIR:
            _check_pair(labels, k, path)
            white = np.where(labels == 1, 255, 0).astype(np.uint8)
            write_bytes(path, encode_png(white[..., np.newaxis]))
        case MapFormat.SOFT:
            write_weights(path, labels, k=k, names=names, radius=wish.radius)
        case MapFormat.COCO:
            document = coco_document(
                labels,
                names=names,
                hashes=hashes,
                by_region=wish.by_region,
                as_text=wish.as_text,
            )
            write_bytes(path, json_text(document).encode())


def pair_problem(labels: LabelArray, *, k: int) -> str:
    """Why a map cannot be white and black, one clause; empty when it can."""
    if k != 2:
        return f"white and black tell two sources apart, not {k}"
    open_pixels = (labels == UNASSIGNED) | (labels == ignore_label(labels))
    count = int(np.count_nonzero(open_pixels))
    return f"{count} pixels have no source, which neither white nor black says" if count else ""


def write_weights(
    path: Path, labels: LabelArray, *, k: int, names: Sequence[str], radius: int
) -> None:
    """Write one float32 page for each source: its weight, the hard map feathered by `radius`.

    Weights of a pixel add up to 1; where it is unassigned or ignored all are 0. They are those
    of a feathered seam of this radius.

    Raises
    ------
    OutputError
        If it cannot be written; an old file is then untouched.
    """
    size = k * labels.size * 4
    total = feathered((labels != UNASSIGNED) & (labels != ignore_label(labels)), radius)
    with (
        atomic_file(path) as temporary,
        tifffile.TiffWriter(temporary, bigtiff=size > _CLASSIC_BYTES * 9 // 10) as writer,
    ):
        for label in range(1, k + 1):
            writer.write(
                weights(labels, label, radius=radius, total=total),
                photometric="minisblack",
                compression="zlib",
                predictor=True,
                metadata=None,
                software=f"mfgui {__version__}",
                description=_page_words(label, k, names, radius),
            )


def weights(
    labels: LabelArray, label: int, *, radius: int, total: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """The weight of one label, (H, W) float32 in [0, 1]; `total` is that of all together."""
    known = (labels != UNASSIGNED) & (labels != ignore_label(labels))
    count = feathered(labels == label, radius)
    weight: npt.NDArray[np.float32] = np.where(known, count / np.maximum(total, 1), 0)
    return weight.astype(np.float32, copy=False)


def feathered(mask: npt.NDArray[np.bool_], radius: int) -> npt.NDArray[np.float32]:
    """How much of a mask lies around each pixel, under a square pyramid that reaches `radius`."""
    counted: npt.NDArray[Any] = mask.astype(np.float32)
    for half in (radius // 2, radius - radius // 2):
        side = (2 * half + 1, 2 * half + 1)
        counted = cv2.boxFilter(
            counted, cv2.CV_32F, side, normalize=False, borderType=cv2.BORDER_CONSTANT
        )
    return counted


def _page_words(label: int, k: int, names: Sequence[str], radius: int) -> str:
    made = f"hard map feathered by {radius} pixels" if radius else "hard map"
    words = f"weight of source {label} of {k} ({names[label - 1]}); {made}"
    return words.encode("ascii", "replace").decode()


def _check_pair(labels: LabelArray, k: int, path: Path) -> None:
    problem = pair_problem(labels, k=k)
    if problem:
        hint = "export label numbers, or fill the unassigned pixels first"
        raise UsageError(problem, path=path, hint=hint)
