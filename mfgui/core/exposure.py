"""By how much the light of each frame of a stack differs from that of the reference frame."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mfgui.core.errors import UsageError


@dataclass(frozen=True, eq=False)
class FrameExposure:
    """What the linear light of a frame is multiplied with to agree with the reference frame.

    Attributes
    ----------
    gains : tuple of float
        One per channel, above 0.
    field : (h, w) or (h, w, C) float32 or None
        Natural logarithm of a further gain that changes slowly over the picture, on a coarse grid
        that spans the whole reference frame: its outer edges are the edges of the picture.
    warning : str
        Why the frame's light does not fit, in one clause; empty where it does.
    """

    gains: tuple[float, ...]
    field: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    warning: str = ""

    def __post_init__(self) -> None:
        if not self.gains or not all(0 < gain < float("inf") for gain in self.gains):
            raise UsageError("gains must be above 0")

    @property
    def neutral(self) -> bool:
        """Whether nothing is changed."""
        return self.field is None and all(gain == 1.0 for gain in self.gains)

    @property
    def stops(self) -> float:
        """The mean gain in stops: 1 doubles the light."""
        return float(np.mean(np.log2(self.gains)))


@dataclass(frozen=True, eq=False)
class StackExposure:
    """The exposure of every frame of a stack; that of the reference is neutral."""

    mode: str
    frames: tuple[FrameExposure, ...]
