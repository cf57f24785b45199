"""How the frames of a stack lie on each other, and what was found out about each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mfgui.core.arrays import Rect, Size
from mfgui.core.errors import InputError, UsageError
from mfgui.core.transforms import Transform

_SCHEMA = 1
_ENTRIES = {"transform", "residual", "overlap", "warning", "used"}


@dataclass(frozen=True)
class FrameFit:
    """How one frame fits the reference frame.

    Attributes
    ----------
    transform : Transform
        Maps places in the reference frame to places in this one.
    residual : float
        Pixels of the full frame: median distance that is left between structures that both this
        frame and its neighbours resolve. 0 for the reference, NaN where nothing could be measured.
    overlap : float
        Share of the reference frame that this one shows, 0 to 1.
    warning : str
        Why this frame does not fit, in one clause; empty where it does.
    used : bool
        Whether it takes part: a frame that does not fit, or that a person excluded, does not.
    """

    transform: Transform
    residual: float = 0.0
    overlap: float = 1.0
    warning: str = ""
    used: bool = True


@dataclass(frozen=True)
class StackAlignment:
    """The fit of every frame of a stack, the reference among them.

    Attributes
    ----------
    size : Size
        Of the frames as the camera gave them.
    reference : int
        Index of the frame whose geometry all others are brought to.
    model : str
        What the transforms may be: "off", "translation", "similarity", "affine", "homography".
    frames : tuple of FrameFit
        One per frame, in order.
    crop : Rect
        Of the reference frame: what is kept.

    Raises
    ------
    UsageError
        If the reference or the crop lies outside, or fewer than two frames are used.
    """

    size: Size
    reference: int
    model: str
    frames: tuple[FrameFit, ...]
    crop: Rect

    def __post_init__(self) -> None:
        if not 0 <= self.reference < len(self.frames):
            raise UsageError("the reference of an alignment is none of its frames")
        whole = Rect(0, 0, self.size.width, self.size.height)
        if self.crop.empty or self.crop.intersected(whole) != self.crop:
            raise UsageError("the crop of an alignment lies outside its reference frame")
        if len(self.used) < 2 or not self.frames[self.reference].used:
            raise UsageError(
                "fewer than two frames fit each other",
                hint="use frames of one scene, or leave out those that do not fit",
            )

    @property
    def used(self) -> tuple[int, ...]:
        """Indices of the frames that take part."""
        return tuple(index for index, fit in enumerate(self.frames) if fit.used)

    @property
    def still(self) -> bool:
        """Whether no frame that is used has to be moved."""
        return all(self.frames[index].transform == Transform.identity() for index in self.used)

    def with_frame(self, index: int, fit: FrameFit) -> StackAlignment:
        """The same with another fit of one frame."""
        frames = list(self.frames)
        frames[index] = fit
        return replace(self, frames=tuple(frames))

    def to_json(self) -> dict[str, object]:
        """What `from_json` reads."""
        crop = self.crop
        return {
            "schema": _SCHEMA,
            "size": [self.size.width, self.size.height],
            "reference": self.reference + 1,
            "model": self.model,
            "crop": [crop.x, crop.y, crop.width, crop.height],
            "frames": [
                {
                    "transform": fit.transform.to_json(),
                    "residual": None if math.isnan(fit.residual) else fit.residual,
                    "overlap": fit.overlap,
                    "warning": fit.warning,
                    "used": fit.used,
                }
                for fit in self.frames
            ],
        }

    @classmethod
    def from_json(cls, data: object) -> StackAlignment:
        """The alignment that `to_json` described.

        Raises
        ------
        InputError
            For anything else.
        """
        try:
            return _read(data)
        except UsageError as error:
            raise InputError(error.what, hint=error.hint) from error
        except (KeyError, TypeError, ValueError) as error:
            raise InputError("the description of an alignment has a wrong shape") from error


def _read(data: Any) -> StackAlignment:
    if not isinstance(data, Mapping) or data["schema"] != _SCHEMA:
        raise InputError("not a description of an alignment that this version reads")
    width, height = (int(side) for side in data["size"])
    x, y, crop_width, crop_height = (int(value) for value in data["crop"])
    return StackAlignment(
        Size(width, height),
        int(data["reference"]) - 1,
        str(data["model"]),
        tuple(_frame(entry) for entry in data["frames"]),
        Rect(x, y, crop_width, crop_height),
    )


def _frame(entry: Any) -> FrameFit:
    if not isinstance(entry, Mapping) or set(entry) != _ENTRIES:
        raise InputError("a frame of an alignment has missing or unknown entries")
    residual = entry["residual"]
    if not isinstance(entry["used"], bool) or not isinstance(entry["warning"], str):
        raise InputError("a frame of an alignment has a wrong entry")
    return FrameFit(
        Transform.from_json(entry["transform"]),
        math.nan if residual is None else float(residual),
        float(entry["overlap"]),
        entry["warning"],
        entry["used"],
    )
