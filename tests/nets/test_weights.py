"""Our files of weights: what is in them, what is refused, and that they are written whole."""

import errno
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mfgui.core.errors import InputError, OutputError
from mfgui.nets import shipped as shipping
from mfgui.nets import weights
from mfgui.nets.weights import Weights, loaded, network, read, shipped, write
from tests.nets import literal, published

SIZES = {"blocks": 1, "width": 4}


def small() -> Weights:
    facts = {"seed": "3", "data": "photographs, é"}
    return Weights("ms-resnet", SIZES, published.ms_resnet(1, 4), facts)


def changed(name: str, tensor: torch.Tensor | None) -> Weights:
    state = published.ms_resnet(1, 4)
    if tensor is None:
        del state[name]
    else:
        state[name] = tensor
    return Weights("ms-resnet", SIZES, state)


def header(path: Path) -> dict:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length])


def one_line(error: Exception) -> bool:
    return "\n" not in str(error)


ALL = [
    ("ms-resnet", {"blocks": 2, "width": 4}, published.ms_resnet(2, 4)),
    ("mfif-gan", {"blocks": 2, "width": 4}, published.mfif_gan(2, 4)),
    ("edmf", {"width": 16}, published.mufusion(16)),
    ("mufusion", {"width": 32}, published.mufusion(32)),
]


@pytest.mark.parametrize(("name", "sizes", "state"), ALL, ids=[name for name, *_ in ALL])
def test_that_what_is_written_is_read_again_in_half_precision(tmp_path, name, sizes, state):
    path = tmp_path / "w.safetensors"
    write(path, Weights(name, sizes, state, {"seed": "3"}))
    again = read(path)
    assert (again.network, again.sizes, again.origin) == (name, sizes, "mfgui")
    assert again.facts == {"seed": "3"}
    counters = {key for key in state if key.endswith("num_batches_tracked")}
    assert set(again.tensors) == set(state) - counters
    for key, tensor in again.tensors.items():
        assert tensor.dtype == torch.float32
        np.testing.assert_array_equal(tensor.numpy(), state[key].numpy().astype(np.float16))


def test_what_the_file_says_of_itself(tmp_path):
    write(tmp_path / "w.safetensors", small())
    found = header(tmp_path / "w.safetensors")
    about = found.pop("__metadata__")
    assert (about["format"], about["version"]) == ("mfgui weights", "1")
    assert about["network"] == "ms-resnet"
    assert json.loads(about["sizes"]) == SIZES
    assert json.loads(about["facts"]) == {"seed": "3", "data": "photographs, é"}
    assert {tensor["dtype"] for tensor in found.values()} == {"F16"}


def test_that_the_same_weights_make_the_same_file(tmp_path):
    write(tmp_path / "one", small())
    reordered = dict(reversed(list(small().tensors.items())))
    write(tmp_path / "two", Weights("ms-resnet", SIZES, reordered, small().facts))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_that_a_network_computes_with_its_weights_and_does_not_learn():
    made = network(small())
    assert not made.training
    assert not any(parameter.requires_grad for parameter in made.parameters())
    a, b = torch.rand(1, 1, 6, 8), torch.rand(1, 1, 6, 8)
    expected = literal.ms_resnet(published.ms_resnet(1, 4), a, b, blocks=1)
    with torch.inference_mode():
        torch.testing.assert_close(made(a, b), expected, rtol=1e-5, atol=1e-6)


def test_that_a_network_is_made_without_random_numbers():
    before = torch.get_rng_state()
    network(small())
    assert torch.equal(torch.get_rng_state(), before)


def test_that_a_network_does_not_share_its_tensors():
    given = small()
    made = network(given)
    given.tensors["conv1.conv.conv2d.weight"].fill_(0)
    assert float(made.conv1.conv.conv2d.weight.abs().sum()) > 0


ODD = [
    (changed("conv1.conv.conv2d.weight", None), "conv1.conv.conv2d.weight is missing"),
    (changed("main.0.norm2.running_var", None), "main.0.norm2.running_var is missing"),
    (changed("extra", torch.zeros(1)), "it also holds 'extra'"),
    (
        changed("conv1.conv.conv2d.weight", torch.zeros(1, 8, 3, 1)),
        "has the shape (1, 8, 3, 1) instead of (1, 8, 3, 3)",
    ),
    (changed("conv0.norm.bias", torch.full((4,), torch.nan)), "not finite"),
    (changed("conv0.norm.bias", torch.tensor([0, 0, 0, -torch.inf])), "not finite"),
    (changed("conv0.norm.bias", torch.zeros(4, dtype=torch.int32)), "plain numbers"),
    (changed("conv0.norm.bias", torch.zeros(4).to_sparse()), "plain numbers"),
    (Weights("unet", SIZES, {}), "there is no network 'unet'"),
    (Weights("ms-resnet", {"width": 4}, {}), "ms-resnet has the sizes blocks and width"),
    (Weights("ms-resnet", {"blocks": 0, "width": 4}, {}), "blocks is 0"),
    (Weights("ms-resnet", {"blocks": True, "width": 4}, {}), "blocks is True"),
    (Weights("ms-resnet", {"blocks": 1, "width": 10**9}, {}), "width is 1000000000"),
    (Weights("edmf", {"width": 16.0}, {}), "width is 16.0"),
]


@pytest.mark.parametrize(("odd", "said"), ODD, ids=[said for _, said in ODD])
def test_that_weights_that_do_not_fit_are_refused_in_one_line(tmp_path, odd, said):
    with pytest.raises(InputError) as caught:
        network(odd, path=tmp_path / "w.pth")
    assert said in str(caught.value)
    assert str(tmp_path / "w.pth") in str(caught.value)
    assert one_line(caught.value)
    with pytest.raises(InputError):
        write(tmp_path / "w.safetensors", odd)
    assert list(tmp_path.iterdir()) == []


def test_that_an_absurd_shape_takes_no_memory():
    absurd = torch.zeros(1).expand(1 << 40)
    with pytest.raises(InputError, match="has the shape"):
        network(changed("conv0.norm.bias", absurd))


def test_that_numbers_beyond_half_precision_are_refused(tmp_path):
    with pytest.raises(OutputError, match="too large for half precision"):
        write(tmp_path / "w", changed("conv0.norm.bias", torch.full((4,), 7e4)))


def rewritten(path: Path, change) -> None:
    """The header changed, the numbers as they were."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    found = json.loads(data[8 : 8 + length])
    change(found)
    text = json.dumps(found).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda h: h["__metadata__"].update(version="2"), "newer mfgui; update mfgui"),
        (lambda h: h["__metadata__"].update(network="unet"), "there is no network 'unet'"),
        (lambda h: h["__metadata__"].update(sizes='{"blocks": 2, "width": 4}'), "is missing"),
        (lambda h: h["__metadata__"].update(sizes="[1"), "damaged"),
        (lambda h: h["__metadata__"].update(sizes="[1]"), "sizes blocks and width"),
        (lambda h: h["__metadata__"].update(facts="3"), "damaged"),
        (lambda h: h["__metadata__"].pop("sizes"), "damaged"),
        (lambda h: h.update(__metadata__=[]), "damaged"),
        (lambda h: h["conv0.norm.bias"].update(shape=[1 << 40]), "damaged"),
        (lambda h: h["conv0.norm.bias"].update(data_offsets=[0, 1 << 40]), "damaged"),
        (lambda h: h["conv0.norm.bias"].update(data_offsets=[0, 8]), "damaged"),
        (lambda h: h["conv0.norm.bias"].update(dtype="F77"), "damaged"),
    ],
)
def test_that_a_file_with_another_header_is_refused_in_one_line(tmp_path, change, said):
    path = tmp_path / "w.safetensors"
    write(path, small())
    rewritten(path, change)
    with pytest.raises(InputError) as caught:
        read(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert one_line(caught.value)


def test_that_the_old_file_stays_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    write(path, small())
    before = path.read_bytes()

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OutputError, match="the disk is full; free some space"):
        write(path, Weights("edmf", {"width": 16}, published.mufusion(16)))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_that_a_missing_folder_is_said(tmp_path):
    with pytest.raises(OutputError, match="no such file or directory"):
        write(tmp_path / "no" / "w.safetensors", small())


def test_that_a_loaded_network_is_kept_until_its_file_changes(tmp_path):
    path = tmp_path / "w.safetensors"
    write(path, small())
    first = loaded(path)
    assert loaded(path).network is first.network
    assert first.weights.sizes == SIZES
    write(path, Weights("edmf", {"width": 16}, published.mufusion(16)))
    second = loaded(path)
    assert second.weights.network == "edmf"
    assert type(second.network).__name__ == "MemoryUnitNetwork"


def test_that_only_a_few_networks_are_kept(tmp_path):
    for index in range(12):
        write(tmp_path / f"{index}", small())
        loaded(tmp_path / f"{index}")
    assert weights._loaded.cache_info().currsize <= 4


def test_that_a_changed_file_of_tensorflow_is_read_again(tmp_path):
    prefix = published.bundle(tmp_path, published.mff_gan(2))
    first = loaded(prefix)
    assert loaded(prefix) is first
    published.bundle(tmp_path, published.mff_gan(3, seed=8))
    assert loaded(prefix).weights.sizes == {"width": 3}


def test_that_a_file_that_is_gone_is_said(tmp_path):
    for ask in (read, loaded):
        with pytest.raises(InputError, match="no such file or directory"):
            ask(tmp_path / "w.safetensors")


def test_that_shipped_weights_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(shipping, "folder", lambda: tmp_path)
    assert shipped("ms-resnet") is None
    write(tmp_path / "ms-resnet.safetensors", small())
    assert shipped("ms-resnet") == tmp_path / "ms-resnet.safetensors"


def test_that_shipped_weights_lie_among_the_resources():
    assert (shipping.folder() / "csr_filters.json").is_file()


def test_that_asking_for_shipped_weights_does_not_load_torch():
    code = "import sys, mfgui.nets.shipped as s; s.shipped('edmf'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
