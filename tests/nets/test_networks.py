"""The networks against the tables of the papers: counts, shapes, every layer, every name."""

import numpy as np
import pytest
import torch
from torch import nn

from mfgui.nets import mff_gan, mfif_gan
from mfgui.nets.memory_unit import EDMF_WIDTH, MUFUSION_WIDTH, MemoryUnitNetwork
from mfgui.nets.ms_resnet import MSResNet
from tests.nets import literal, published


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def on_paper(make, **sizes):
    """The network without memory behind its tensors."""
    with torch.device("meta"):
        return make(**sizes)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def random(*shape: int, seed: int = 0, low: float = 0.0) -> torch.Tensor:
    values = np.random.default_rng(seed).uniform(low, 1, shape)
    return torch.from_numpy(values)


def with_state(network: nn.Module, state: dict[str, torch.Tensor]) -> nn.Module:
    network.load_state_dict(state)
    return network.double().eval()


def doubles(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.double() for name, tensor in state.items()}


def assert_close(one: torch.Tensor, two: torch.Tensor) -> None:
    assert one.shape == two.shape
    assert float(two.std()) > 1e-3  # something to compare
    torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("blocks", "count"),
    [
        (3, 889_984),
        (4, 1_185_408),
        (5, 1_480_832),
        (6, 1_776_256),
        (7, 2_071_680),
        (8, 2_367_104),
        (9, 2_662_528),
        (10, 2_957_952),
    ],
)
def test_parameters_of_ms_resnet_by_depth(blocks, count):
    assert parameters(on_paper(MSResNet, blocks=blocks, width=128)) == count


@pytest.mark.parametrize(
    ("width", "count"),
    [(8, 9_704), (16, 37_840), (32, 149_408), (64, 593_728), (128, 2_367_104), (256, 9_452_800)],
)
def test_parameters_of_ms_resnet_by_width(width, count):
    assert parameters(on_paper(MSResNet, blocks=8, width=width)) == count


def test_parameters_of_the_other_networks_as_published():
    generator = on_paper(mfif_gan.Generator)
    assert parameters(generator) == 13_700_928
    assert parameters(generator.line1) == 11_072_448
    assert parameters(generator.decode) == 2_628_480
    assert parameters(on_paper(mfif_gan.Discriminator)) == 3_815_105
    assert parameters(on_paper(mff_gan.Generator)) == 40_033
    critic = on_paper(mff_gan.Discriminator)
    assert parameters(critic) == 389_761
    kept = [buffer.numel() for name, buffer in critic.named_buffers() if "running" in name]
    assert sum(kept) == 896
    assert parameters(on_paper(MemoryUnitNetwork, width=MUFUSION_WIDTH)) == 554_721
    assert parameters(on_paper(MemoryUnitNetwork, width=EDMF_WIDTH)) == 139_121
    assert parameters(on_paper(MemoryUnitNetwork)) == 139_121


@pytest.mark.parametrize(
    ("network", "state"),
    [
        (on_paper(MSResNet), published.ms_resnet(8, 128)),
        (on_paper(MSResNet, blocks=3, width=16), published.ms_resnet(3, 16)),
        (on_paper(mfif_gan.Generator, width=8), published.mfif_gan(9, 8)),
        (on_paper(mfif_gan.Discriminator, width=4), published.mfif_gan_discriminator(4)),
        (on_paper(MemoryUnitNetwork, width=32), published.mufusion(32)),
        (on_paper(MemoryUnitNetwork), published.mufusion(16)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_that_names_and_shapes_are_those_of_the_published_files(network, state):
    ours = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert ours == {name: tuple(tensor.shape) for name, tensor in state.items()}


def test_that_the_published_file_of_ms_resnet_has_103_entries():
    assert len(on_paper(MSResNet).state_dict()) == 103


def test_ms_resnet_layer_by_layer():
    state = published.ms_resnet(2, 4)
    a, b = random(2, 1, 13, 10, seed=1), random(2, 1, 13, 10, seed=2)
    with torch.inference_mode():
        found = with_state(MSResNet(blocks=2, width=4), state)(a, b)
    assert_close(found, literal.ms_resnet(doubles(state), a, b, blocks=2))


def test_that_logits_of_ms_resnet_are_those_of_its_probabilities():
    network = with_state(MSResNet(blocks=1, width=4), published.ms_resnet(1, 4))
    a, b = random(1, 1, 6, 7, seed=1), random(1, 1, 6, 7, seed=2)
    with torch.inference_mode():
        probability = network(a, b)
        assert_close(network.logits(a, b), torch.log(probability / (1 - probability)))


def test_mfif_gan_layer_by_layer():
    state = published.mfif_gan(2, 4)
    a, b = random(2, 3, 12, 20, seed=1, low=-1), random(2, 3, 12, 20, seed=2, low=-1)
    with torch.inference_mode():
        found = with_state(mfif_gan.Generator(blocks=2, width=4), state)(a, b)
    assert_close(found, literal.mfif_gan(doubles(state), a, b, blocks=2))


def test_that_mfif_gan_is_trained_with_statistics_of_all_planes_together():
    state = published.mfif_gan(1, 4)
    a, b = random(2, 3, 8, 8, seed=1, low=-1), random(2, 3, 8, 8, seed=2, low=-1)
    network = with_state(mfif_gan.Generator(blocks=1, width=4), state).train()
    with torch.no_grad():
        found = network(a, b)
    assert_close(found, literal.mfif_gan(doubles(state), a, b, blocks=1, batch=True))


@pytest.mark.parametrize(("side", "scores"), [(128, 4), (178, 5), (256, 6)])
def test_sizes_of_the_scores_of_mfif_gan(side, scores):
    critic = on_paper(mfif_gan.Discriminator, width=2)
    images = torch.empty(1, 3, side, side, device="meta")
    focus = torch.empty(1, 1, side, side, device="meta")
    assert critic(images, images, focus).shape == (1, 1, scores, scores)


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_the_discriminator_of_mfif_gan_layer_by_layer(variant):
    state = published.mfif_gan_discriminator(2)
    a, b = random(2, 3, 64, 64, seed=1, low=-1), random(2, 3, 64, 64, seed=2, low=-1)
    focus = random(2, 1, 64, 64, seed=3)
    critic = with_state(mfif_gan.Discriminator(width=2, variant=variant), state)
    with torch.inference_mode():
        found = critic(a, b, focus)
    expected = literal.mfif_gan_discriminator(doubles(state), torch.cat([a, b, focus], dim=1))
    assert_close(found, torch.sigmoid(expected) if variant == "released" else expected)


@pytest.mark.parametrize("width", [16, 32])
@pytest.mark.parametrize("size", [(4, 4), (12, 18), (6, 264)])
def test_the_memory_unit_network_layer_by_layer(width, size):
    state = published.mufusion(width)
    a, b = random(2, 1, *size, seed=1), random(2, 1, *size, seed=2)
    with torch.inference_mode():
        found = with_state(MemoryUnitNetwork(width=width), state)(a, b)
    assert_close(found, literal.mufusion(doubles(state), a, b))


@pytest.mark.parametrize("size", [(1, 1), (5, 8), (31, 2)])
def test_that_mff_gan_takes_any_size(size):
    with torch.inference_mode():
        made = mff_gan.Generator(width=2)(torch.rand(1, 1, *size), torch.rand(1, 1, *size))
    assert made.shape == (1, 1, *size)
