"""What the rows of the Sources dock say of the fit of each frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.exposure import FrameExposure, StackExposure
from mfgui.core.stack import SourceStack

_MODELS = {
    "off": "as they are",
    "translation": "shift",
    "similarity": "shift, turn, scale",
    "affine": "affine",
    "homography": "homography",
}
_SEEN = 0.005  # stops: a difference in light that two decimals show


@dataclass(frozen=True, eq=False)
class Fits:
    """What is known of the frames of the camera.

    Attributes
    ----------
    camera : SourceStack
        The frames as the camera gave them.
    left_out : frozenset of int
        Frames, from 0, that a person excluded before anything was measured.
    """

    camera: SourceStack
    alignment: StackAlignment | None = None
    exposure: StackExposure | None = None
    left_out: frozenset[int] = frozenset()
    busy: bool = False
    stale: bool = False

    def used(self, frame: int) -> bool:
        """Whether a frame takes part."""
        if self.alignment is None:
            return frame not in self.left_out
        return self.alignment.frames[frame].used

    @property
    def status(self) -> str:
        """One line about all of them; empty while nothing was aligned."""
        if self.alignment is None:
            return "Aligning…" if self.busy else ""
        used, k = len(self.alignment.used), self.camera.k
        how = _MODELS.get(self.alignment.model, self.alignment.model)
        if self.busy:
            return f"Moving {used} of {k} frames…" if used < k else f"Moving {k} frames…"
        words = f"{used} of {k} frames fit" if used < k else f"All {k} frames fit"
        return f"Settings changed · {words}" if self.stale else f"{words} · {how}"

    def lines(self, frame: int) -> tuple[str, str, str]:
        """Two short lines about a frame, and what is to be warned of."""
        if self.alignment is None:
            return "", "Left out when aligned" if frame in self.left_out else "", ""
        fit = self.alignment.frames[frame]
        light = None if self.exposure is None else self.exposure.frames[frame]
        warnings = [fit.warning, light.warning if light is not None and fit.used else ""]
        warning = "; ".join(text for text in warnings if text)
        if not fit.used:
            return "Left out", fit.warning[:1].upper() + fit.warning[1:], warning
        if frame == self.alignment.reference:
            return "Reference", "Others are brought to it", warning
        return _measured(fit), _shown(fit, light), warning

    def brief(self, frame: int) -> str:
        """The numbers of a frame in one short line; empty where there are none."""
        if self.alignment is None or not self.used(frame):
            return ""
        if frame == self.alignment.reference:
            return "Reference"
        fit = self.alignment.frames[frame]
        light = None if self.exposure is None else self.exposure.frames[frame]
        residual = "not measured" if math.isnan(fit.residual) else f"{fit.residual:.2f} px"
        parts = [residual, f"{100 * fit.overlap:.0f} %"]
        if light is not None and abs(light.stops) >= _SEEN:
            parts.append(f"{-light.stops:+.2f} EV")
        return " · ".join(parts)


def _measured(fit: FrameFit) -> str:
    """How well a frame lies on the reference."""
    if math.isnan(fit.residual):
        return "Not measured"
    return f"Aligned · {fit.residual:.2f} px"


def _shown(fit: FrameFit, light: FrameExposure | None) -> str:
    """How much of the reference a frame shows, and by how much its light differs."""
    shown = f"{100 * fit.overlap:.0f} %"
    if light is None:
        return shown
    # What the light is multiplied with makes up for the difference.
    stops = -light.stops
    return f"{shown} · {stops:+.2f} stops" if abs(stops) >= _SEEN else f"{shown} · same light"
