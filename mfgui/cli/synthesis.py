"""The command synth."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.synth import (
    constant_depth,
    depth_scene,
    layered,
    matte_scene,
    moving_stack,
    output,
    photographs,
)
from mfgui.synth.capture import Capture, captured
from mfgui.synth.focus_pair import FocusPair
from mfgui.synth.matte_scene import Ingredients, MatteScene
from mfgui.synth.scene import Scene, read_scene

_LAYERED = {"layers": 2, "radius": 8.0, "seed": 0, "size": (600, 400), "photos": ()}
_MATTE = ("variant", "sigma", "disk", "count", "foreground", "background", "mask", "seed", "size")
_DEPTH = ("content", "camera", "count", "radius", "seed", "size")
_CONSTANT = ("camera", "count", "radius", "seed", "size")
_STACK = (
    *("frames", "breathing", "shift", "rotation", "gain", "noise", "jpeg", "bits"),
    *("radius", "seed", "size"),
)
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "layered": tuple(_LAYERED),
    "alpha-matte": _MATTE,
    "depth": _DEPTH,
    "constant-depth": _CONSTANT,
    "moving-stack": _STACK,
}
# Where those that take no scene file say what they were made from.
_FACTS = {
    "depth": "meta.json names the options that give the same pair again",
    "constant-depth": "meta.json names the options that give the same pair again",
    "moving-stack": "transforms.json names the options that give the same stack again",
}
_MATTE_SIZE = Size(400, 300)  # fits into every photograph
_MOST_PAIRS = 9999  # folders have four digits


def synth(options: Namespace) -> int:
    """`mfgui synth KIND`."""
    given = _given(options)
    if options.kind == "alpha-matte":
        return _alpha_matte(options, given)
    if options.kind in ("depth", "constant-depth"):
        return _focus_pairs(options, given)
    if options.kind == "moving-stack":
        return _moving_stack(options.output, given)
    scene = _layered_scene(given, options.scene)
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


def _given(options: Namespace) -> dict[str, Any]:
    """Options that were given; UsageError for those that go with another kind or not together."""
    known = _OPTIONS[options.kind]
    for name in dict.fromkeys(name for names in _OPTIONS.values() for name in names):
        if name not in known and getattr(options, name) is not None:
            *kinds, last = [kind for kind, names in _OPTIONS.items() if name in names]
            others = f"{', '.join(kinds)} and {last}" if kinds else last
            raise UsageError(
                f"--{name} goes with {others}, not with {options.kind}",
                hint="see mfgui synth --help",
            )
    if options.scene is not None and options.kind in _FACTS:
        raise UsageError(
            f"--scene goes with layered and alpha-matte, not with {options.kind}",
            hint=_FACTS[options.kind],
        )
    given = {name: value for name in known if (value := getattr(options, name)) is not None}
    if options.scene is not None and given:
        raise UsageError(
            f"--{next(iter(given))} does not go with --scene",
            hint="the scene file says it all; change it there",
        )
    return given


def _moving_stack(folder: Path, given: dict[str, Any]) -> int:
    size = Size(*given.get("size", (600, 400)))
    stack = moving_stack.MovingStack(**{**given, "size": size})
    output.check(folder, output.stack_names(stack))
    written = output.write_moving_stack(folder, moving_stack.rendered(stack))
    print(f"{folder}: {len(written)} files, {size}, moving-stack of {stack.frames} frames")
    return 0


def _focus_pairs(options: Namespace, given: dict[str, Any]) -> int:
    count = _checked_count(given.get("count", 1))
    size, seed = Size(*given.get("size", (640, 480))), given.get("seed", 0)
    folders = _folders(options.output, range(1, count + 1))
    for number, folder in enumerate(folders):
        pair, facts = _focus_pair(options.kind, given, size, seed + number)
        if number == 0:
            # Before the first is written, so that wrong wishes make no folder.
            for every in folders:
                output.check(every, output.FOCUS_NAMES)
        output.write_focus_pair(folder, pair, facts)
    files = len(output.FOCUS_NAMES)
    many = f"{count} pairs, each of {files}" if count > 1 else f"{files}"
    print(f"{options.output}: {many} files, {size}, {options.kind}")
    return 0


def _focus_pair(
    kind: str, given: dict[str, Any], size: Size, seed: int
) -> tuple[FocusPair, dict[str, object]]:
    """A pair as it is stored, and what it was made from."""
    facts: dict[str, object] = {"kind": kind, "seed": seed, "size": [size.width, size.height]}
    if kind == "depth":
        content, radius = given.get("content", "auto"), given.get("radius")
        facts |= {"content": content, "radius": radius}
        pair = depth_scene.random_depth_scene(size, seed=seed, kind=content, radius=radius)
    else:
        radius = given.get("radius", 8.0)
        facts |= {"radius": radius}
        pair = constant_depth.constant_depth(size, radius=radius, seed=seed)
    capture = depth_scene.camera_of(seed) if "camera" in given else Capture()
    facts |= {"description": pair.description, "camera": vars(capture)}
    return captured(pair, capture, seed=seed), facts


def _checked_count(count: int) -> int:
    if not 1 <= count <= _MOST_PAIRS:
        raise UsageError(f"--count {count}: not allowed", hint=f"use 1 to {_MOST_PAIRS}")
    return count


def _folders(folder: Path, numbers: Sequence[int]) -> list[Path]:
    """The folder itself, or for several pairs one in it for each number."""
    return [folder] if len(numbers) == 1 else [folder / f"{number:04d}" for number in numbers]


def _alpha_matte(options: Namespace, given: dict[str, Any]) -> int:
    if options.scene is not None:
        scenes = [matte_scene.read_matte_scene(options.scene)]
    else:
        scenes = _matte_scenes(given)
    read = _ingredients(scenes)
    folders = _folders(options.output, [scene.number for scene in scenes])
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
    count = _checked_count(given.get("count", len(amounts)))
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
