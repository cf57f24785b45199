"""The command synth."""

from __future__ import annotations

from argparse import Namespace

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.synth import layered, output
from mfgui.synth.scene import Scene, read_scene

_DEFAULTS = {"layers": 2, "radius": 8.0, "seed": 0, "size": (600, 400), "photos": ()}


def synth(options: Namespace) -> int:
    """`mfgui synth layered`."""
    scene = _scene(options)
    inputs = [] if options.scene is None else [options.scene]
    output.check(options.output, scene, inputs=inputs)
    written = output.write(options.output, scene, layered.render(scene))
    layers = ", ".join(layer.photo for layer in scene.layers)
    print(f"{options.output}: {len(written)} files, {scene.size}, layers: {layers}")
    return 0


def _scene(options: Namespace) -> Scene:
    given = {name: value for name in _DEFAULTS if (value := getattr(options, name)) is not None}
    if options.scene is not None:
        if given:
            raise UsageError(
                f"--{next(iter(given))} does not go with --scene",
                hint="the scene file says it all; change it there",
            )
        return read_scene(options.scene)
    chosen = {**_DEFAULTS, **given}
    width, height = chosen["size"]
    return layered.random_scene(
        Size(width, height),
        layers=chosen["layers"],
        radius=chosen["radius"],
        seed=chosen["seed"],
        photos=chosen["photos"],
    )
