"""What lies below the pointer: position, true values of every picture, label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mfgui.core.arrays import LabelArray, Rect, Size
from mfgui.core.pyramid import Picture

Values = tuple[int, ...] | tuple[float, ...]


@dataclass(frozen=True)
class Readout:
    """Image column and row with all that is stored there.

    Attributes
    ----------
    x, y : int
        Image pixel.
    shown : str
        Key of the picture on the canvas; empty when there is none.
    values : mapping
        Per picture key the stored channel values: whole numbers of integer files, else floats.
        Pictures whose values are not at hand are left out.
    label : int or None
        Of the focus map, None without one.
    """

    x: int
    y: int
    shown: str
    values: Mapping[str, Values]
    label: int | None


def read(
    position: tuple[int, int],
    *,
    shown: str,
    pictures: Mapping[str, Picture],
    labels: LabelArray | None,
    frame: Size,
) -> Readout:
    """The readout at an image pixel of a set of size `frame`."""
    x, y = position
    values: dict[str, Values] = {}
    for key, picture in pictures.items():
        stored = picture.stored(Rect(x, y, 1, 1), frame=frame)
        if stored is not None:
            values[key] = tuple(stored[0, 0].tolist())
    return Readout(x, y, shown, values, None if labels is None else int(labels[y, x]))
