"""The command synth."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.synth import layered, matte_scene, output, photographs
from mfgui.synth.matte_scene import Ingredients, MatteScene
from mfgui.synth.scene import Scene, read_scene

_LAYERED = {"layers": 2, "radius": 8.0, "seed": 0, "size": (600, 400), "photos": ()}
_MATTE = ("variant", "sigma", "disk", "count", "foreground", "background", "mask", "seed", "size")
_MATTE_SIZE = Size(400, 300)  # fits into every photograph
_MOST_PAIRS = 9999  # folders have four digits


def synth(options: Namespace) -> int:
    """`mfgui synth layered` and `mfgui synth alpha-matte`."""
    if options.kind == "alpha-matte":
        return _alpha_matte(options)
    scene = _layered_scene(_given(options, _LAYERED, others=_MATTE), options.scene)
    inputs = [] if options.scene is None else [options.scene]
    output.check(options.output, output.names(scene), inputs=inputs)
    written = output.write(options.output, scene, layered.render(scene))
    layers = ", ".join(layer.photo for layer in scene.layers)
    print(f"{options.output}: {len(written)} files, {scene.size}, layers: {layers}")
    return 0


def _layered_scene(given: dict[str, Any], file: Path | None) -> Scene:
    if file is not None:
        return read_scene(file)
    chosen = {**_LAYERED, **given}
    width, height = chosen["size"]
    return layered.random_scene(
        Size(width, height),
        layers=chosen["layers"],
        radius=chosen["radius"],
        seed=chosen["seed"],
        photos=chosen["photos"],
    )


def _given(options: Namespace, known: Iterable[str], *, others: Iterable[str]) -> dict[str, Any]:
    """Options that were given; UsageError for those that go with another kind or not together."""
    known = tuple(known)
    for name in others:
        if name not in known and getattr(options, name) is not None:
            other = "layered" if options.kind == "alpha-matte" else "alpha-matte"
            raise UsageError(
                f"--{name} goes with {other}, not with {options.kind}",
                hint="see mfgui synth --help",
            )
    given = {name: value for name in known if (value := getattr(options, name)) is not None}
    if options.scene is not None and given:
        raise UsageError(
            f"--{next(iter(given))} does not go with --scene",
            hint="the scene file says it all; change it there",
        )
    return given


def _alpha_matte(options: Namespace) -> int:
    given = _given(options, _MATTE, others=_LAYERED)
    if options.scene is not None:
        scenes = [matte_scene.read_matte_scene(options.scene)]
    else:
        scenes = _matte_scenes(given)
    read = _ingredients(scenes)
    folders = [options.output]
    if len(scenes) > 1:
        folders = [options.output / f"{scene.number:04d}" for scene in scenes]
    inputs = [*scenes[0].files, *([options.scene] if options.scene is not None else [])]
    for folder in folders:
        output.check(folder, output.PAIR_NAMES, inputs=inputs)
    for folder, scene in zip(folders, scenes, strict=True):
        pair = matte_scene.render(scene, read[_pictures_of(scene)])
        output.write_pair(folder, scene, pair)
    files = len(output.PAIR_NAMES)
    many = f"{len(scenes)} pairs, each of {files}" if len(scenes) > 1 else f"{files}"
    print(f"{options.output}: {many} files, {scenes[0].size}, variant: {scenes[0].variant}")
    return 0


def _ingredients(scenes: list[MatteScene]) -> dict[tuple[str, str], Ingredients]:
    """What the scenes are made of, each read once."""
    read: dict[tuple[str, str], Ingredients] = {}
    for scene in scenes:
        if _pictures_of(scene) not in read:
            read[_pictures_of(scene)] = Ingredients.of(scene)
    return read


def _pictures_of(scene: MatteScene) -> tuple[str, str]:
    return scene.foreground, scene.background


def _matte_scenes(given: dict[str, Any]) -> list[MatteScene]:
    """One scene for each pair that is asked for; blurs are used in turn."""
    if "sigma" in given and "disk" in given:
        raise UsageError("--sigma does not go with --disk", hint="use one kind of blur")
    blur, amounts = ("disk", given["disk"]) if "disk" in given else ("gaussian", [1.0])
    amounts = given.get("sigma", amounts)
    count = given.get("count", len(amounts))
    if not 1 <= count <= _MOST_PAIRS:
        raise UsageError(f"--count {count}: not allowed", hint=f"use 1 to {_MOST_PAIRS}")
    named = {key: _named(given.get(key)) for key in ("foreground", "background")}
    mask = None if "mask" not in given else str(given["mask"].absolute())
    size = _matte_size(given, mask, named["foreground"])
    seed = given.get("seed", 0)
    drawn = np.random.default_rng(seed).choice(photographs.NAMES, count)
    scenes = []
    for index in range(count):
        foreground = named["foreground"] or str(drawn[index])
        scene = MatteScene(
            size=size,
            variant=given.get("variant", "paper"),
            blur=blur,
            amount=amounts[index % len(amounts)],
            foreground=foreground,
            background=named["background"] or foreground,
            mask=mask,
            seed=seed,
            number=index + 1,
        )
        scenes.append(scene)
    return scenes


def _named(picture: str | None) -> str | None:
    """A photograph's name as it is, a file's with its folder, so that scene files work anywhere."""
    if picture is None or picture in photographs.NAMES:
        return picture
    path = Path(picture)
    # A name without suffix that is no file is a misspelt photograph.
    return str(path.absolute()) if path.suffix or path.exists() else picture


def _matte_size(given: dict[str, Any], mask: str | None, foreground: str | None) -> Size:
    if "size" in given:
        return Size(*given["size"])
    if mask is not None:
        return matte_scene.picture_size(mask)
    if foreground is not None and foreground not in photographs.NAMES and Path(foreground).suffix:
        return matte_scene.picture_size(foreground)
    return _MATTE_SIZE
