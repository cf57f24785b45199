"""The page on the methods, made from their declarations, and its pictures.

Each picture shows views of one part of a generated scene: the fused image, what differs from the
truth, five times enlarged, and the map over the image where the method makes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from mfgui.core.arrays import ImageU8, Rect, Size, from_float
from mfgui.core.compute import Compute
from mfgui.methods.decision import decide
from mfgui.methods.registry import BoundParameter, Family, Kind, Method
from mfgui.synth.layered import Rendering, random_scene, render

SCENE = {"size": Size(360, 240), "layers": 2, "radius": 7.0, "seed": 7}
PART = Rect(0, 84, 224, 156)
GAIN = 5.0
_COLOURS = np.float32([[0.0, 0.45, 0.70], [0.90, 0.62, 0.0]])  # of sources 1 and 2
_GAP = 8

INTRODUCTION = """# Methods

Every method runs from the window (Method dock), from the command line
(`mfgui fuse SRC SRC... -o OUT --method NAME -p KEY=VALUE`), on two sources and, defocus inversion
apart, on stacks, in 8 and 16 bit, in grey and colour. `mfgui methods NAME` prints what stands here.

A **detector** makes a focus map; a **fuser** an image; a **decision** makes a map of its own and
fuses by it; an **optimiser** improves an image step by step. Whatever makes a map can be given to
MFF-SSIM, `composite` and the refiners with `-p detector=NAME`, its own parameters with
`-p detector.KEY=VALUE`. What each costs is in [speed-of-methods.md](speed-of-methods.md), how near
the classical methods come to what their authors published in
[published-images.md](published-images.md).

The pictures show a part of a generated scene with a blur radius of 7 pixels between near and far:
the fused image; the difference from the truth, five times enlarged; and where the method makes
a map this over the image (blue: source 1, the near one; orange: source 2). Beside a near edge no
source has the background undisturbed, which is what most of the differences are.
"""


def page(methods: Sequence[Method]) -> str:
    """The text of the page in Markdown."""
    parts = [INTRODUCTION]
    groups = {family: [m for m in methods if m.family == family] for family in Family}
    for family, members in groups.items():
        if members:
            parts.append(f"## {family}\n")
            parts += [_section(method) for method in members]
    return "\n".join(parts)


def _section(method: Method) -> str:
    notes = method.notes
    assert notes is not None
    lines = [f"### {method.title}", "", f"`{method.name}`, {method.kind}. {method.summary}", ""]
    lines += [f"![{method.title} on the generated scene](pictures/methods/{method.name}.jpg)", ""]
    lines += [notes.idea, ""]
    lines += [f"* **Source**: {method.reference}"] * bool(method.reference)
    lines += [
        f"* **Time**: {notes.complexity}",
        f"* **Memory**: {notes.memory}",
        f"* **Good**: {notes.strengths}",
        f"* **Bad**: {notes.failures}",
        "",
    ]
    if method.parameters:
        lines += ["| parameter | default | allowed | |", "|---|---|---|---|"]
        defaults = method.defaults()
        lines += [_row(parameter, defaults[parameter.name]) for parameter in method.parameters]
        lines.append("")
    return "\n".join(lines)


def _row(parameter: BoundParameter, default: object) -> str:
    unit = f" {parameter.declared.unit}" if parameter.declared.unit else ""
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    cells = (f"`{parameter.name}`", shown, parameter.allowed() + unit, parameter.declared.help)
    return f"| {' | '.join(cells)} |"


@cache
def scene() -> Rendering:
    return render(random_scene(**SCENE))


def strip(method: Method) -> ImageU8:
    """The picture of a method, (h, w, 3) uint8."""
    made = scene()
    frames = [from_float(frame, "uint8") for frame in made.frames]
    labels, image = _fused(method, frames)
    views = [image, np.abs(image - made.truth) * GAIN]
    if labels is not None:
        views.append(0.5 * image + 0.5 * _COLOURS[labels - 1])
    views = [np.clip(view[PART.slices], 0, 1) for view in views]
    gap = np.ones((PART.height, _GAP, 3), np.float32)
    row = [views[0]]
    for view in views[1:]:
        row += [gap, view]
    return np.rint(np.hstack(row) * 255).astype(np.uint8)


def _fused(method: Method, frames: list[ImageU8]):
    """Labels, None where the method has none of its own, and image."""
    from mfgui.methods import registry

    compute, values, known = Compute(), method.defaults(), registry.load()
    if method.kind is Kind.DECISION:
        decision = decide(method, frames, compute=compute, **values)
        return decision.labels, decision.fuse()
    if method.kind is Kind.DETECTOR:
        labels = decide(method, frames, compute=compute, **values).labels
        return labels, known.get("composite").function(frames, labels, compute=compute)
    labels = known.get("laplacian").function(frames, compute=compute)
    made = method.function(frames, labels, compute=compute, **values)
    if method.kind is Kind.OPTIMISER:
        *_, state = made
        made = state.image.copy()
    return None, cv2.merge(cv2.split(made))
