"""Torch files in the authors' layouts."""

import os
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from mfgui.core.errors import InputError
from mfgui.nets import checkpoints, inputs, mff_gan
from mfgui.nets.ms_resnet import MSResNet
from mfgui.nets.weights import loaded, read
from tests.nets import literal, published

PUBLISHED = [
    ("ms-resnet", {"blocks": 2, "width": 4}, published.ms_resnet(2, 4)),
    ("ms-resnet", {"blocks": 11, "width": 1}, published.ms_resnet(11, 1)),
    ("mfif-gan", {"blocks": 3, "width": 4}, published.mfif_gan(3, 4)),
    ("mufusion", {"width": 32}, published.mufusion(32)),
    ("edmf", {"width": 16}, published.mufusion(16)),
    ("edmf", {"width": 5}, published.mufusion(5)),
]
FORMATS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before 1.6"])


def save(path: Path, content: object, *, zipped: bool = True) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


@FORMATS
@pytest.mark.parametrize(("name", "sizes", "state"), PUBLISHED)
def test_that_the_authors_files_are_read(tmp_path, zipped, name, sizes, state):
    found = read(save(tmp_path / "published.pth", state, zipped=zipped))
    assert (found.network, found.sizes, found.facts) == (name, sizes, {})
    assert found.origin == "authors"
    wanted = {key for key in state if not key.endswith("num_batches_tracked")}
    assert set(found.tensors) == wanted
    assert all(torch.equal(found.tensors[key], state[key]) for key in wanted)


@FORMATS
@pytest.mark.parametrize("wrapper", ["net", "state_dict"])
def test_that_a_file_of_a_training_is_read(tmp_path, zipped, wrapper):
    state = published.ms_resnet(1, 4)
    network = MSResNet(blocks=1, width=4)
    network.load_state_dict(state)
    optimiser = torch.optim.Adam(network.parameters(), 1e-4)
    network(torch.rand(1, 1, 4, 4), torch.rand(1, 1, 4, 4)).mean().backward()
    optimiser.step()
    content = {wrapper: state, "optimizer": optimiser.state_dict(), "epoch": 49, "loss": 0.02}
    found = checkpoints.read(save(tmp_path / "last.pth", content, zipped=zipped))
    assert found.sizes == {"blocks": 1, "width": 4}
    name = "main.0.conv2.conv2d.weight"
    assert torch.equal(found.tensors[name], state[name])


def test_that_names_of_a_parallel_training_are_read(tmp_path):
    state = {f"module.{key}": value for key, value in published.mfif_gan(1, 4).items()}
    found = checkpoints.read(save(tmp_path / "G.ckpt", state))
    assert found.network == "mfif-gan"


def test_that_parameters_and_other_precisions_are_read(tmp_path):
    state = published.mufusion(16)
    odd = {key: value.double() for key, value in state.items()}
    odd["conv1.1.bias"] = torch.nn.Parameter(state["conv1.1.bias"])
    odd["conv2.1.bias"] = state["conv2.1.bias"].half()
    found = checkpoints.read(save(tmp_path / "Final.model", odd)).tensors
    assert {tensor.dtype for tensor in found.values()} == {torch.float32}
    assert torch.equal(found["conv1.1.weight"], state["conv1.1.weight"])
    np.testing.assert_array_equal(found["conv2.1.bias"], state["conv2.1.bias"].half().float())


def test_that_tensors_that_share_numbers_are_read(tmp_path):
    state = published.mufusion(16)
    joined = torch.cat([state["conv1.1.bias"], state["conv2.1.bias"]])
    shared = state | {"conv1.1.bias": joined[:16], "conv2.1.bias": joined[16:]}
    for zipped in (True, False):
        found = checkpoints.read(save(tmp_path / "Final.model", shared, zipped=zipped)).tensors
        assert torch.equal(found["conv2.1.bias"], state["conv2.1.bias"])


def test_that_the_same_layouts_are_read_from_safetensors(tmp_path):
    state = published.mufusion(32)
    safetensors.torch.save_file(state, tmp_path / "w.safetensors", metadata={"format": "pt"})
    found = read(tmp_path / "w.safetensors")
    assert (found.network, found.origin) == ("mufusion", "authors")


def test_that_a_state_of_our_mff_gan_is_read(tmp_path):
    state = mff_gan.Generator(width=3).state_dict()
    found = checkpoints.read(save(tmp_path / "w.pth", state))
    assert (found.network, found.sizes) == ("mff-gan", {"width": 3})


def test_that_the_network_of_an_authors_file_computes_what_they_publish(tmp_path):
    state = published.mfif_gan(2, 4)
    network = loaded(save(tmp_path / "110000-G.ckpt", state)).network
    a, b = torch.rand(1, 3, 8, 12) * 2 - 1, torch.rand(1, 3, 8, 12) * 2 - 1
    with torch.inference_mode():
        expected = literal.mfif_gan(state, a, b, blocks=2)
        torch.testing.assert_close(network(a, b), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (published.mfif_gan_discriminator(2), "MFIF-GAN"),
        (mff_gan.Discriminator(width=2).state_dict(), "MFF-GAN"),
    ],
)
def test_that_a_discriminator_is_named_as_such(tmp_path, state, name):
    with pytest.raises(InputError) as caught:
        checkpoints.read(save(tmp_path / "110000-D.ckpt", state))
    assert f"the discriminator of {name}" in str(caught.value)
    assert "choose the file of the generator" in str(caught.value)


def without(state, name):
    return {key: value for key, value in state.items() if key != name}


ODD = [
    ({"features.0.weight": torch.zeros(64, 3, 3, 3)}, "weights of no network that mfgui has"),
    ({}, "no tensors by name"),
    ([torch.zeros(3)], "no tensors by name"),
    (torch.zeros(3), "no tensors by name"),
    ({3: torch.zeros(3)}, "no tensors by name"),
    ({"conv0.conv.conv2d.weight": 3}, "no tensors by name"),
    (without(published.ms_resnet(2, 4), "main.0.norm1.bias"), "main.0.norm1.bias is missing"),
    (without(published.ms_resnet(2, 4), "main.0.conv1.conv2d.weight"), "blocks is 0"),
    (published.mufusion(16) | {"conv7.1.bias": torch.zeros(1)}, "it also holds 'conv7.1.bias'"),
    (published.mufusion(16) | {"conv1.1.weight": torch.zeros(16)}, "width is 0"),
    (published.mufusion(16) | {"conv1.1.weight": torch.zeros(9, 2, 3, 3)}, "has the shape"),
    (published.mufusion(16) | {"conv1.1.bias": torch.full((16,), torch.nan)}, "not finite"),
    (published.mufusion(16) | {"conv1.1.bias": torch.zeros(1).expand(1 << 40)}, "has the shape"),
    (
        published.mufusion(16) | {"conv1.1.weight": torch.zeros(1).expand(1 << 30, 2, 3, 3)},
        "width is 1073741824",
    ),
    (published.mufusion(16) | {"conv1.1.bias": torch.zeros(16, dtype=torch.long)}, "plain"),
]


@FORMATS
@pytest.mark.parametrize(("content", "said"), ODD, ids=[said for _, said in ODD])
def test_that_other_contents_are_refused_in_one_line(tmp_path, zipped, content, said):
    path = save(tmp_path / "w.pth", content, zipped=zipped)
    with pytest.raises(InputError) as caught:
        read(path)
    text = str(caught.value)
    assert said in text
    assert text.startswith(str(path))
    assert "\n" not in text
    assert ";" in text  # what to do


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"conv1 = 3\n" * 50, "not a file of weights"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "not a file of weights"),
        (b"\x89HDF\r\n\x1a\n" + bytes(200), "not a file of weights"),
        (b"\x80\x04\x95", "not a file of weights"),
        (b"PK\5\6" + bytes(18), "not a file of weights"),
        (b"PK\3\4" + bytes(200), "damaged"),
    ],
)
def test_that_other_files_are_refused_in_one_line(tmp_path, data, said):
    path = tmp_path / "w.pth"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_that_folders_pipes_and_names_that_cannot_be_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, said in [
        (tmp_path, "is a folder"),
        (tmp_path / "pipe", "not a regular file"),
        (tmp_path / ("x" * 300), "too long"),
        (tmp_path / "a\0b", "null"),
    ]:
        with pytest.raises(InputError, match=said):
            read(path)


def test_that_a_file_larger_than_any_weights_is_not_opened(tmp_path, monkeypatch):
    path = tmp_path / "w.pth"
    with path.open("wb") as file:
        file.truncate(inputs.FILE_MOST + 1)  # takes no room on the disk
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("opened"))
    with pytest.raises(InputError, match="larger than any file of weights"):
        read(path)
