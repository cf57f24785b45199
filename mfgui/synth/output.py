"""Writing a rendered scene or pair: frames, truth, labels or matte, and what it was made from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from mfgui import __version__
from mfgui.core.arrays import Depth, LabelArray, to_float
from mfgui.core.errors import OutputError
from mfgui.files import atomic, images
from mfgui.synth import matte_scene
from mfgui.synth import scene as scenes
from mfgui.synth.focus_pair import FocusPair
from mfgui.synth.layered import Rendering
from mfgui.synth.matte_scene import MattePair, MatteScene
from mfgui.synth.scene import Scene

PAIR_NAMES = ("a.png", "b.png", "mask.png", "truth.png", "labels.png", "scene.json")
FOCUS_NAMES = ("near.png", "far.png", "truth.png", "matte.png", "meta.json")
FOCUS_FORMAT = "mfgui focus pair"


def names(scene: Scene) -> tuple[str, ...]:
    """File names that `write` makes, in its order."""
    frames = [f"{k}.png" for k in range(1, len(scene.layers) + 1)]
    return (*frames, "truth.png", "labels.png", "scene.json")


def check(folder: Path, file_names: Sequence[str], *, inputs: Sequence[Path] = ()) -> None:
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
    for name in file_names:
        atomic.check_output(folder / name, inputs=inputs)


def write(folder: Path, scene: Scene, rendering: Rendering) -> list[Path]:
    """Write 8-bit sRGB frames, truth, labels (1 ... K) and the scene; the paths written."""
    paths = [folder / name for name in names(scene)]
    pictures = [*rendering.frames, rendering.truth]
    for path, picture in zip(paths, pictures, strict=False):
        images.write_image(path, picture, depth="uint8")
    _write_labels(paths[-2], rendering.labels)
    atomic.write_bytes(paths[-1], scenes.to_json(scene).encode())
    return paths


def write_pair(folder: Path, scene: MatteScene, pair: MattePair) -> list[Path]:
    """Write the files of `PAIR_NAMES`, pictures and matte in 8 bits; the paths written."""
    paths = [folder / name for name in PAIR_NAMES]
    pictures = [pair.a, pair.b, pair.matte[:, :, None], pair.truth]
    for path, picture in zip(paths, pictures, strict=False):
        images.write_image(path, picture, depth="uint8")
    _write_labels(paths[-2], pair.labels)
    atomic.write_bytes(paths[-1], matte_scene.to_json(scene).encode())
    return paths


def write_focus_pair(folder: Path, pair: FocusPair, facts: Mapping[str, object]) -> list[Path]:
    """Write the files of `FOCUS_NAMES`; the paths written.

    Frames and truth have the bits of the frames, the matte has 8; `facts` are what the pair was
    made from.
    """
    paths = [folder / name for name in FOCUS_NAMES]
    depth: Depth = "uint16" if pair.near.dtype == np.uint16 else "uint8"
    for path, picture in zip(paths, (pair.near, pair.far, pair.truth), strict=False):
        images.write_image(path, to_float(picture), depth=depth)
    images.write_image(paths[3], pair.matte[:, :, None], depth="uint8")
    data = {"format": FOCUS_FORMAT, "version": 1, "program": __version__, **facts}
    atomic.write_bytes(paths[4], (json.dumps(data, indent=2) + "\n").encode())
    return paths


def _write_labels(path: Path, labels: LabelArray) -> None:
    atomic.write_bytes(path, cv2.imencode(".png", labels)[1].tobytes())
