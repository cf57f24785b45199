"""Pictures through networks: what tiles, padding, precision and stopping do to the result."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from mfgui.core.arrays import Size
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import InputError, OutOfMemoryError
from mfgui.nets import inference
from mfgui.nets.memory_unit import MemoryUnitNetwork
from mfgui.nets.mff_gan import Generator as MffGan
from mfgui.nets.mfif_gan import Generator as MfifGan
from mfgui.nets.ms_resnet import MSResNet
from mfgui.nets.tiles import averaged_spans

MAKERS = {
    "ms-resnet": (lambda: MSResNet(blocks=4, width=6), 1),
    "mfif-gan": (lambda: MfifGan(blocks=1, width=4), 3),
    "mff-gan": (lambda: MffGan(width=4), 1),
    "memory-unit": (lambda: MemoryUnitNetwork(width=4), 1),
}
LOCAL = ["ms-resnet", "mff-gan", "memory-unit"]
# Sides are multiples of the one, and at least the other.
SIDES = {"ms-resnet": (1, 2), "mfif-gan": (4, 4), "mff-gan": (1, 1), "memory-unit": (2, 4)}


def made(name: str) -> tuple[nn.Module, int]:
    torch.manual_seed(3)
    make, channels = MAKERS[name]
    network = make()
    for part in network.modules():
        # Statistics that are not neutral, and values that do not vanish in the depth.
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.2, 0.2)
            part.running_var.uniform_(0.3, 1.5)
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            part.weight.data *= 1.7
    return network.eval().requires_grad_(False), channels


def pictures(channels: int, height: int, width: int, seed: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.random((channels, height, width), np.float32) for _ in range(2)]


def reader(planes):
    return lambda rect: tuple(plane[(slice(None), *rect.slices)] for plane in planes)


def through(network, planes, **options):
    size = Size(planes[0].shape[2], planes[0].shape[1])
    return inference.run(network, reader(planes), size, compute=Compute(), **options)


def directly(network, planes, multiple=1, least=1):
    """What the network gives for the padded whole."""
    _, height, width = planes[0].shape

    def longer(length):
        return -(-max(length, least) // multiple) * multiple - length

    pads = ((0, 0), (0, longer(height)), (0, longer(width)))
    tensors = [torch.from_numpy(np.pad(plane, pads, mode="edge"))[None] for plane in planes]
    return network(*tensors)[0, 0, :height, :width].numpy()


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("size", [(61, 47), (64, 80), (1, 1), (2, 5), (3, 40)])
def test_that_any_size_is_padded_at_the_end_and_cut_there(name, size):
    network, channels = made(name)
    planes = pictures(channels, *size)
    found = through(network, planes)
    assert found.dtype == np.float32
    assert found == pytest.approx(directly(network, planes, *SIDES[name]), abs=1e-5)


@pytest.mark.parametrize("name", LOCAL)
def test_that_tiles_are_the_whole(name):
    network, channels = made(name)
    planes = pictures(channels, 203, 167)
    whole = directly(network, planes, *SIDES[name])
    assert whole.std() > 0.01
    tiled = through(network, planes, side=110)
    assert tiled == pytest.approx(whole, abs=2e-5)


@pytest.mark.parametrize("name", LOCAL)
def test_that_the_reach_is_how_far_a_network_looks(name):
    # A pixel at the reach has a part in the result, one beyond it (and beyond the stride) none.
    network, channels = made(name)
    network.double()
    wanted = inference.demands(network)
    planes = [torch.rand(1, channels, 8, 200, dtype=torch.float64) for _ in range(2)]
    before = network(*planes)[0, 0]
    planes[0][..., 100] += 0.5
    changed = (network(*planes)[0, 0] != before).any(dim=0).nonzero().ravel()
    farthest = int((changed - 100).abs().max())
    assert farthest <= wanted.reach
    assert farthest >= wanted.reach - 2


class _Means(MfifGan):
    """Gives the mean of what it sees everywhere."""

    def forward(self, a, b):
        return a.mean() + 0 * a[:, :1]


def test_that_tiles_of_means_are_blended_without_steps():
    ramp = np.linspace(0.0, 1.0, 400, dtype=np.float32)
    planes = [np.broadcast_to(ramp, (1, 64, 400))] * 2
    found = through(_Means(blocks=1, width=4).eval(), planes, side=200)[32]
    steps = np.diff(found)
    blended = steps > 1e-6
    seams = (np.diff(blended.astype(int)) == 1).sum() + blended[0]
    assert seams >= 2
    # Means of neighbours lie less than half a picture apart; a seam is 33 steps of equal size.
    assert blended.sum() == 33 * seams
    assert steps.min() > -1e-6
    assert steps.max() < 0.5 / 30


def test_that_the_reach_with_means_holds_but_for_the_means():
    network, channels = made("mfif-gan")
    for part in network.modules():
        if isinstance(part, nn.Linear):
            part.weight.data.zero_()  # every channel by a half, whatever the means
    planes = pictures(channels, 60, 300)
    whole, tiled = through(network, planes), through(network, planes, side=150)
    assert tiled == pytest.approx(whole, abs=2e-5)


@pytest.mark.parametrize("name", MAKERS)
def test_that_large_pictures_are_cut_and_memory_is_bounded(name):
    network, _ = made(name)
    wanted = inference.demands(network)
    device = torch.device("cpu")
    side = inference._side(wanted, Size(6000, 4000), device)
    assert side * side <= inference.WHOLE
    assert side * side * wanted.numbers * 4 <= 1 << 30
    wide = inference.demands(MSResNet(blocks=8, width=128))
    assert inference._side(wide, Size(6000, 4000), device) < 300


@pytest.mark.parametrize(
    ("name", "reach", "side"),
    [("mff-gan", 5, 195), ("ms-resnet", 10, 230), ("memory-unit", 24, 328)],
)
def test_that_tiles_on_the_processor_grow_with_how_far_a_network_looks(name, reach, side):
    wanted, device = inference.demands(made(name)[0]), torch.device("cpu")
    assert wanted.reach == reach
    assert inference._side(wanted, Size(6000, 4000), device) == side
    assert inference._side(wanted, Size(side, side), device) == side
    assert inference._side(wanted, Size(side + 1, side), device) == side  # no more a whole
    # A graphics processor has no such caches.
    assert inference._side(wanted, Size(6000, 4000), torch.device("cuda")) == 1024


def test_that_a_megapixel_is_seen_as_a_whole_by_a_network_of_means():
    wanted = inference.demands(MfifGan(blocks=9, width=16))
    assert inference._side(wanted, Size(1024, 1024), torch.device("cpu")) == 1024
    assert wanted.reach == 15 + 8 * 9


@pytest.mark.parametrize("name", MAKERS)
def test_that_half_precision_is_near(name):
    network, channels = made(name)
    planes = pictures(channels, 40, 44)
    exact, half = through(network, planes), through(network, planes, precision="half")
    assert half.dtype == np.float32
    assert not np.array_equal(half, exact)
    assert np.abs(half - exact).max() < 0.1
    assert np.array_equal(through(network, planes, precision="float32"), exact)


def test_that_grey_given_once_is_grey_given_three_times():
    network, _ = made("mfif-gan")
    once = pictures(1, 40, 44)
    thrice = [np.repeat(plane, 3, axis=0) for plane in once]
    assert through(network, once) == pytest.approx(through(network, thrice), abs=1e-5)


def test_that_a_run_leaves_network_and_threads_as_they_were():
    network, channels = made("ms-resnet")
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    planes = pictures(channels, 30, 30)
    before, seen = torch.get_num_threads(), []

    def read(rect):
        seen.append(torch.get_num_threads())
        return reader(planes)(rect)

    inference.run(network, read, Size(30, 30), compute=Compute(threads=before + 1))
    assert seen == [before + 1]
    assert torch.get_num_threads() == before
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    assert not any(part._forward_pre_hooks for part in network.modules())
    assert network.conv0.conv.conv2d.weight.is_contiguous()


def test_that_a_run_stops_between_layers():
    network, channels = made("ms-resnet")
    planes, calls = pictures(channels, 30, 30), 0

    def checkpoint():
        nonlocal calls
        calls += 1
        if calls == 5:
            raise StopRequested

    before = torch.get_num_threads()
    compute = Compute(threads=before + 1, checkpoint=checkpoint)
    with pytest.raises(StopRequested):
        inference.run(network, reader(planes), Size(30, 30), compute=compute)
    assert calls == 5  # a tile alone asks once
    assert torch.get_num_threads() == before


def test_that_every_tile_is_told():
    network, channels = made("mff-gan")
    planes, told = pictures(channels, 250, 130), []
    compute = Compute(progress=lambda done, total: told.append((done, total)))
    inference.run(network, reader(planes), Size(130, 250), compute=compute, side=130)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_that_values_that_are_not_finite_are_refused(tmp_path):
    network, channels = made("mff-gan")
    network.out.bias.data[:] = float("nan")
    with pytest.raises(InputError, match=r"w\.pth: the network gives values that are not finite"):
        through(network, pictures(channels, 9, 9), path=tmp_path / "w.pth")


class _Greedy(MffGan):
    """Runs out of memory above so many pixels."""

    most = 0

    def forward(self, near, far):
        if near[0, 0].numel() > self.most:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")
        return super().forward(near, far)


def test_that_smaller_tiles_are_taken_when_memory_runs_out():
    network = _Greedy(width=4).eval()
    planes = pictures(1, 300, 300)
    _Greedy.most = 10**6
    whole = through(network, planes)
    _Greedy.most = 160 * 160
    assert through(network, planes) == pytest.approx(whole, abs=1e-5)
    _Greedy.most = 10
    with pytest.raises(OutOfMemoryError, match="not enough memory on cpu for the network"):
        through(network, planes)


def test_that_other_errors_are_not_taken_for_a_lack_of_memory():
    network, _ = made("mff-gan")
    with pytest.raises(RuntimeError, match="channels"):
        through(network, pictures(2, 20, 20))


def test_that_tiles_can_be_given():
    network, channels = made("memory-unit")
    planes = pictures(channels, 14, 40)

    def cut(length):
        return averaged_spans(length, side=16, stride=12)

    found = through(network, planes, cut=cut)
    total, count = np.zeros((14, 40)), np.zeros((14, 40))
    for start in (0, 12, 24):
        part = (slice(None), slice(start, start + 16))
        total[part] += directly(network, [plane[:, :, start : start + 16] for plane in planes])
        count[part] += 1
    assert found == pytest.approx(total / count, abs=1e-5)
