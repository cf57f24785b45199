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
from mfgui.synth.moving_stack import MovingStack, Rendered
from mfgui.synth.scene import Scene

PAIR_NAMES = ("a.png", "b.png", "mask.png", "truth.png", "labels.png", "scene.json")
FOCUS_NAMES = ("near.png", "far.png", "truth.png", "matte.png", "meta.json")
FOCUS_FORMAT = "mfgui focus pair"
STACK_FORMAT = "mfgui moving stack"


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


def stack_names(stack: MovingStack) -> tuple[str, ...]:
    """File names that `write_moving_stack` makes, in its order."""
    suffix = "png" if stack.jpeg is None else "jpg"
    frames = [f"{k}.{suffix}" for k in range(1, stack.frames + 1)]
    return (*frames, "truth.png", "transforms.json")


def write_moving_stack(folder: Path, rendered: Rendered) -> list[Path]:
    """Write the files of `stack_names`, frame by frame; the paths written.

    transforms.json has the options of the stack and for every frame its file, gain and transform
    (as `Transform.to_json` gives it), which maps pixel centres of file 1 to those of the frame.
    """
    stack = rendered.stack
    depth: Depth = "uint8" if stack.bits == 8 else "uint16"
    paths = [folder / name for name in stack_names(stack)]
    entries = []
    for path, frame in zip(paths, rendered.frames(), strict=False):
        if frame.jpeg is not None:
            atomic.write_bytes(path, frame.jpeg)
        else:
            images.write_image(path, to_float(frame.pixels), depth=depth)
        transform = frame.transform.to_json()
        entries.append({"file": path.name, "gain": frame.gain, "transform": transform})
    images.write_image(paths[-2], to_float(rendered.truth()), depth=depth)
    size = [stack.size.width, stack.size.height]
    data = {
        "format": STACK_FORMAT,
        "version": 1,
        "program": __version__,
        "reference": entries[0]["file"],
        "truth": paths[-2].name,
        "size": size,
        "options": {key: value for key, value in vars(stack).items() if key != "size"},
        "frames": entries,
    }
    atomic.write_bytes(paths[-1], (json.dumps(data, indent=2) + "\n").encode())
    return paths


def _write_labels(path: Path, labels: LabelArray) -> None:
    atomic.write_bytes(path, cv2.imencode(".png", labels)[1].tobytes())
