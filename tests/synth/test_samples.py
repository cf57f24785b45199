from __future__ import annotations

import cv2
import numpy as np
import pytest

from mfgui import resources
from mfgui.core.arrays import from_float
from mfgui.synth import layered
from mfgui.synth.scene import read_scene

FOLDERS = {"pair": 2, "stack": 3}


@pytest.mark.parametrize("folder", FOLDERS)
def test_that_a_committed_scene_renders_to_the_committed_pictures(folder: str) -> None:
    place = resources.path(f"samples/{folder}")
    rendering = layered.render(read_scene(place / "scene.json"))
    names = [str(k) for k in range(1, FOLDERS[folder] + 1)]
    pictures = [*rendering.frames, rendering.truth]
    for name, picture in zip([*names, "truth"], pictures, strict=True):
        stored = cv2.imread(str(place / f"{name}.png"), cv2.IMREAD_UNCHANGED)[..., ::-1]
        drawn = from_float(picture, "uint8")
        assert stored.shape == drawn.shape
        # Convolutions may differ in the last bit between processors.
        assert np.abs(stored.astype(int) - drawn).max() <= 1
    labels = cv2.imread(str(place / "labels.png"), cv2.IMREAD_UNCHANGED)
    assert labels.dtype == np.uint8
    assert (labels != rendering.labels).mean() <= 1e-4
    assert set(np.unique(labels)) == set(range(1, FOLDERS[folder] + 1))


@pytest.mark.parametrize("folder", FOLDERS)
def test_that_samples_are_small_and_free(folder: str) -> None:
    place = resources.path(f"samples/{folder}")
    scene = read_scene(place / "scene.json")
    assert (scene.size.width, scene.size.height) == (600, 400)
    assert sum(path.stat().st_size for path in place.iterdir()) < 1_500_000
    credits_text = resources.path("samples/README.md").read_text(encoding="utf-8")
    for layer in scene.layers:
        assert f"| {layer.photo} |" in credits_text
