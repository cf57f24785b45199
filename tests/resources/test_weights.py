"""The weights that ship: small, of half precision, each with a card that tells where it is from."""

import re
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from mfgui import resources
from mfgui.methods import registry
from mfgui.nets import shipped, weights

FILES = sorted(resources.path("weights").glob("*.safetensors"))
METHODS = {
    "ms-resnet": ("ms-resnet-map", "ms-resnet"),
    "mfif-gan": ("mfif-gan",),
    "mff-gan": ("mff-gan",),
    "edmf": ("edmf",),
}
LARGEST, ALL = 30_000_000, 60_000_000
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_that_every_network_has_its_weights() -> None:
    assert {path.stem for path in FILES} == set(METHODS)


def test_that_the_weights_are_small() -> None:
    sizes = [path.stat().st_size for path in FILES]
    assert max(sizes) <= LARGEST
    assert sum(sizes) <= ALL


@each
def test_that_weights_are_of_half_precision_and_finite(path: Path) -> None:
    with safe_open(path, "pt") as file:
        names = file.keys()
        tensors = [file.get_tensor(name) for name in names]
    assert {tensor.dtype for tensor in tensors} == {torch.float16}
    assert all(bool(tensor.isfinite().all()) for tensor in tensors)


@each
def test_that_weights_make_their_network(path: Path) -> None:
    found = weights.read(path)
    assert (found.network, found.origin) == (path.stem, "mfgui")
    assert not weights.network(found).training


@each
def test_that_the_card_tells_of_the_training(path: Path) -> None:
    card = path.with_suffix(".md").read_text("utf-8")
    facts = weights.read(path).facts
    for name in ("data", "seed", "steps", "seconds", "device", "best validation loss", "end"):
        assert facts[name] in card, name
    for heading in ("Data", "Licence", "Validation", "Limits"):
        assert re.search(rf"^(## |\| ){heading}", card, re.MULTILINE), heading
    assert "not ended" not in facts["end"]


@each
def test_that_no_restricted_pictures_were_trained_on(path: Path) -> None:
    facts = " ".join(weights.read(path).facts.values()).lower()
    assert "kept out" in facts
    assert not re.search(r"bsds|lytro|mffw|voc", facts)


def test_that_methods_are_listed_for_shipped_weights_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = registry.load().methods
    for name, methods in METHODS.items():
        there = shipped.shipped(name) is not None
        assert [method in found for method in methods] == [there] * len(methods)
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    none = registry.load().methods
    assert not [m for methods in METHODS.values() for m in methods if m in none]
