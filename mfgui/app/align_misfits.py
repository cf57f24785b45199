"""What a person is told of frames that do not fit the others."""

from __future__ import annotations

from mfgui.core.alignment import StackAlignment
from mfgui.core.events import Notice, Severity
from mfgui.core.exposure import StackExposure
from mfgui.core.stack import SourceStack

_OUT = " (left out)"
_TOLD = 2  # frames, each in words; of more there are too many for one line


def misfits(camera: SourceStack, fit: StackAlignment, light: StackExposure | None) -> Notice | None:
    """One notice about all frames with a warning; None where there are none."""
    lines = []
    for index, source in enumerate(camera.sources):
        frame = fit.frames[index]
        warnings = [frame.warning]
        if light is not None and frame.used:
            warnings.append(light.frames[index].warning)
        out = "" if frame.used else _OUT
        lines += [f"{source.name}: {warning}{out}" for warning in warnings if warning]
    if not lines:
        return None
    what = f"{len(lines)} frames do not fit as they should"
    if len(lines) <= _TOLD:
        what = lines[0].removesuffix(_OUT) if len(lines) == 1 else "; ".join(lines)
    left = camera.k - len(fit.used)
    kept = f"{left} of {camera.k} frames left out" if left else "all frames are used"
    return Notice(Severity.WARNING, what, f"{kept}; see Sources", details="\n".join(lines))
