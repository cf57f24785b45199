"""Writing a rendered scene: frames, truth, labels and the scene file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2

from mfgui.core.errors import OutputError
from mfgui.files import atomic, images
from mfgui.synth import scene as scenes
from mfgui.synth.layered import Rendering
from mfgui.synth.scene import Scene


def names(scene: Scene) -> tuple[str, ...]:
    """File names that `write` makes, in its order."""
    frames = [f"{k}.png" for k in range(1, len(scene.layers) + 1)]
    return (*frames, "truth.png", "labels.png", "scene.json")


def check(folder: Path, scene: Scene, *, inputs: Sequence[Path] = ()) -> None:
    """Make the folder when it is missing and check that every file can be written.

    Raises
    ------
    OutputError, UsageError
        Before anything is rendered.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"the folder cannot be made ({reason})", path=folder, hint="name another one"
        ) from error
    for name in names(scene):
        atomic.check_output(folder / name, inputs=inputs)


def write(folder: Path, scene: Scene, rendering: Rendering) -> list[Path]:
    """Write 8-bit sRGB frames, truth, labels (1 ... K) and the scene; the paths written."""
    paths = [folder / name for name in names(scene)]
    pictures = [*rendering.frames, rendering.truth]
    for path, picture in zip(paths, pictures, strict=False):
        images.write_image(path, picture, depth="uint8")
    encoded = cv2.imencode(".png", rendering.labels)[1].tobytes()
    with atomic.atomic_file(paths[-2]) as temporary:
        temporary.write_bytes(encoded)
    with atomic.atomic_file(paths[-1]) as temporary:
        temporary.write_text(scenes.to_json(scene), encoding="utf-8")
    return paths
