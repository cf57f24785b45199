"""Training of the two map networks, on generated pictures."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from mfgui.core.errors import InputError, UsageError
from mfgui.nets.mfif_gan import Discriminator
from mfgui.synth import samples
from mfgui.synth.material import Material, Picture
from mfgui.train import tasks
from mfgui.train.data import Data
from mfgui.train.mfif_gan import MFIFGAN, critic_loss, gradient_penalty
from mfgui.train.ms_resnet import MSResNetTask, grey
from mfgui.train.supervised import Pictures, as_batch
from mfgui.train.task import Setting

CPU = torch.device("cpu")
SETTING = Setting(CPU, half=False, seed=1)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    rng = np.random.default_rng(0)

    def noise(name: str) -> Picture:
        return Picture(name, rng.integers(0, 256, (96, 96, 3), dtype=np.uint8))

    return Pictures(
        Material({"photographs": (noise("one"), noise("two"))}),
        Material({"photographs": (noise("three"), noise("four"))}),
        side=32,
        validation=6,
    )


def test_that_ms_resnet_learns(pictures: Pictures) -> None:
    task = MSResNetTask(SETTING, pictures, blocks=2, width=8, batch=8)
    task.optimisers["generator"].param_groups[0]["lr"] = 3e-3
    before = task.validation()
    rng = np.random.default_rng(2)
    for _ in range(60):
        task.train_step(rng)
    after = task.validation()
    assert after["loss"] < 0.75 * before["loss"]
    assert after["accuracy"] > 0.8


def test_that_mfif_gan_learns(pictures: Pictures) -> None:
    task = MFIFGAN(SETTING, pictures, blocks=1, width=4, batch=8, critic=1)
    for optimiser in task.optimisers.values():
        optimiser.param_groups[0]["lr"] = 2e-3
    before = task.validation()
    rng = np.random.default_rng(2)
    critic = [p.clone() for p in task.modules["discriminator"].parameters()]
    for _ in range(60):
        losses = task.train_step(rng)
    after = task.validation()
    assert after["loss"] < 0.75 * before["loss"]
    assert set(losses) == {"loss", "l1", "critic"}
    assert not torch.equal(critic[0], next(task.modules["discriminator"].parameters()))


def test_that_the_loss_of_ms_resnet_is_mean_cross_entropy(pictures: Pictures) -> None:
    task = MSResNetTask(SETTING, pictures, blocks=1, width=8, batch=2)
    task.optimisers["generator"].param_groups[0]["lr"] = 0.0
    rng, same = np.random.default_rng(4), np.random.default_rng(4)
    told = task.train_step(rng)["loss"]
    batch = pictures.draw(same, 2, CPU)
    with torch.no_grad():
        found = task.modules["generator"](grey(batch.a), grey(batch.b)).double()
    truth = batch.truth.double()
    literal = -(truth * found.log() + (1 - truth) * (1 - found).log()).mean()
    assert told == pytest.approx(float(literal), rel=1e-4)


def test_that_the_generator_of_mfif_gan_pays_ten_times_the_l1_norm(pictures: Pictures) -> None:
    task = MFIFGAN(SETTING, pictures, blocks=1, width=4, batch=2, critic=1)
    for optimiser in task.optimisers.values():
        optimiser.param_groups[0]["lr"] = 0.0
    losses = task.train_step(np.random.default_rng(4))
    batch = pictures.draw(np.random.default_rng(4), 2, CPU)
    a, b = batch.a * 2 - 1, batch.b * 2 - 1
    with torch.no_grad():
        made = task.modules["generator"](a, b)
        score = task.modules["discriminator"](a, b, made).mean()
    l1 = (batch.truth - made).abs().mean()
    assert losses["l1"] == pytest.approx(float(l1), rel=1e-4)
    assert losses["loss"] == pytest.approx(float(10 * l1 - score), rel=1e-4)


def test_that_the_released_truth_of_mfif_gan_is_signed(pictures: Pictures) -> None:
    losses = {}
    for variant in ("paper", "released"):
        task = MFIFGAN(SETTING, pictures, blocks=1, width=4, batch=2, critic=1, variant=variant)
        losses[variant] = task.train_step(np.random.default_rng(4))["l1"]
        assert isinstance(task.modules["discriminator"].main[-1], nn.Sigmoid) == (
            variant == "released"
        )
    assert losses["released"] > losses["paper"] + 0.1


def test_that_the_critic_is_trained_as_often_as_asked(pictures: Pictures) -> None:
    task = MFIFGAN(SETTING, pictures, blocks=1, width=4, batch=2, critic=3)
    steps = dict.fromkeys(task.optimisers, 0)
    for name, optimiser in task.optimisers.items():

        def counted(*_: object, name: str = name) -> None:
            steps[name] += 1

        optimiser.register_step_post_hook(counted)
    task.train_step(np.random.default_rng(0))
    assert steps == {"generator": 1, "discriminator": 3}


def test_that_the_critic_of_mfif_gan_pays_as_in_the_paper() -> None:
    rng = np.random.default_rng(0)
    made, true, slope = rng.random((3, 2, 1, 4, 5))
    share = np.array([0.2, 0.7]).reshape(2, 1, 1, 1)

    def scores(maps: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(slope) * maps + maps**2 / 2

    told = critic_loss(scores, *(torch.from_numpy(x) for x in (made, true, share)))
    # The gradient of these scores is slope + maps.
    between = share * true + (1 - share) * made
    norms = np.sqrt(((slope + between) ** 2).sum(axis=(1, 2, 3)))
    distance = (slope * made + made**2 / 2).mean() - (slope * true + true**2 / 2).mean()
    assert abs(distance) > 0.01
    assert told.item() == pytest.approx(distance + 10 * ((norms - 1) ** 2).mean(), rel=1e-9)


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_that_the_critic_of_mfif_gan_sees_made_and_true_maps(
    pictures: Pictures, variant: str
) -> None:
    task = MFIFGAN(SETTING, pictures, blocks=1, width=4, batch=2, critic=1, variant=variant)
    for optimiser in task.optimisers.values():
        optimiser.param_groups[0]["lr"] = 0.0
    told = task.train_step(np.random.default_rng(4))["critic"]
    rng = np.random.default_rng(4)
    batch = pictures.draw(rng, 2, CPU)
    share = torch.from_numpy(rng.random((2, 1, 1, 1), np.float32))
    a, b = batch.a * 2 - 1, batch.b * 2 - 1
    true = batch.truth * 2 - 1 if variant == "released" else batch.truth
    made = task.modules["generator"](a, b).detach()
    critic = task.modules["discriminator"]
    expected = critic_loss(lambda maps: critic(a, b, maps), made, true, share)
    assert told == pytest.approx(expected.item(), rel=1e-5)


def test_that_mfif_gan_is_optimised_as_in_the_paper(pictures: Pictures) -> None:
    task = MFIFGAN(SETTING, pictures, blocks=1, width=4)
    assert set(task.optimisers) == {"generator", "discriminator"}
    for name, optimiser in task.optimisers.items():
        assert isinstance(optimiser, torch.optim.Adam)
        (group,) = optimiser.param_groups
        assert (group["lr"], group["betas"], group["weight_decay"]) == (1e-4, (0.5, 0.999), 0)
        assert len(group["params"]) == len(list(task.modules[name].parameters()))


def test_that_the_gradient_penalty_is_that_of_a_known_critic() -> None:
    maps = torch.rand(3, 1, 4, 5, dtype=torch.float64, requires_grad=True)
    factors = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)[:, None, None, None]
    found = gradient_penalty((factors * maps).sum(dim=(2, 3)), maps)
    norms = factors.flatten() * np.sqrt(20.0)
    assert float(found) == pytest.approx(float(((norms - 1) ** 2).mean()))


def test_that_the_gradient_penalty_agrees_with_differences() -> None:
    torch.manual_seed(0)
    critic = Discriminator(width=2, variant="paper").double().eval()
    a, b = torch.rand(2, 2, 3, 16, 16, dtype=torch.float64)
    maps = torch.rand(2, 1, 16, 16, dtype=torch.float64)
    given = maps.clone().requires_grad_()
    found = float(gradient_penalty(critic(a, b, given), given).detach())
    slopes = torch.zeros_like(maps)
    for place in np.ndindex(2, 16, 16):
        moved = maps.clone()
        moved[place[0], 0, place[1], place[2]] += 1e-6
        with torch.no_grad():
            rise = critic(a, b, moved).sum() - critic(a, b, maps).sum()
        slopes[place[0], 0, place[1], place[2]] = rise / 1e-6
    literal = ((slopes.flatten(1).norm(dim=1) - 1) ** 2).mean()
    assert found == pytest.approx(float(literal), rel=1e-4)


def test_that_validation_repeats_and_changes_nothing(pictures: Pictures) -> None:
    task = MSResNetTask(SETTING, pictures, blocks=1, width=8, batch=2)
    before = [value.clone() for value in task.modules["generator"].state_dict().values()]
    assert task.validation() == task.validation()
    assert task.modules["generator"].training
    after = task.modules["generator"].state_dict().values()
    assert all(torch.equal(x, y) for x, y in zip(before, after, strict=True))


def energy(images: torch.Tensor) -> torch.Tensor:
    """Square of the Laplacian: the sharper source has more."""
    kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).reshape(1, 1, 3, 3)
    return nn.functional.conv2d(grey(images), kernel, padding=1).square()


def test_that_either_source_is_the_near_one(
    pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = np.zeros((32, 32), np.float32)
    near[:, :16] = 1
    monkeypatch.setattr(samples, "random_matte", lambda rng, side: near)
    drawn = pictures.draw(np.random.default_rng(0), 32, CPU)
    (kept_out,) = replace(pictures, validation=16).fixed(CPU)
    for batch in (drawn, kept_out):
        shares = (energy(batch.a) > energy(batch.b)).float()[:, 0, :, :16].mean(dim=(1, 2))
        ordered = shares > 0.5
        assert 0.3 < ordered.float().mean() < 0.7
        for truth, first in zip(batch.truth[:, 0].numpy(), ordered, strict=True):
            np.testing.assert_array_equal(truth, near if first else 1 - near)


def test_that_the_truth_of_pairs_says_which_is_sharp(pictures: Pictures) -> None:
    batch = pictures.draw(np.random.default_rng(0), 64, CPU)
    right = ((energy(batch.a) > energy(batch.b)) == (batch.truth > 0.5)).float().mean()
    assert right > 0.7
    other = np.random.default_rng(0)
    assert torch.equal(pictures.draw(other, 64, CPU).truth, batch.truth)


def test_that_grey_is_luma() -> None:
    red = torch.zeros(1, 3, 1, 1)
    red[0, 0] = 1
    assert float(grey(red)) == pytest.approx(0.299)


def test_that_the_parameters_of_tasks_are_checked() -> None:
    assert tasks.resolved("ms-resnet", {"width": "16"})["width"] == 16
    with pytest.raises(UsageError, match="has no parameter depth"):
        tasks.resolved("ms-resnet", {"depth": "3"})
    with pytest.raises(UsageError, match="critic=0"):
        tasks.resolved("mfif-gan", {"critic": "0"})


def test_that_folders_are_told_apart(tmp_path: Path) -> None:
    sharp, pairs = tmp_path / "sharp", tmp_path / "pairs"
    for folder in (sharp, pairs):
        folder.mkdir()
    picture = np.zeros((8, 8, 3), np.uint8)
    cv2.imwrite(str(sharp / "one.png"), picture)
    cv2.imwrite(str(pairs / "bg-A-1.png"), picture)
    found = Data.of_folders([pairs, sharp])
    assert (found.sharp, found.unlabelled) == (sharp, pairs)
    with pytest.raises(UsageError, match="two folders of photographs"):
        Data.of_folders([sharp, sharp])
    with pytest.raises(InputError, match="is no folder"):
        Data.of_folders([tmp_path / "none"])
    with pytest.raises(UsageError, match="trained on pairs"):
        Data.of_folders([sharp]).pairs()


def test_that_batches_keep_the_layout_of_channels() -> None:
    from mfgui.synth.samples import Sample

    rng = np.random.default_rng(0)
    a, b = rng.random((2, 4, 4, 3), np.float32)
    batch = as_batch([Sample(a, b, np.ones((4, 4), np.float32))], CPU)
    assert batch.a.shape == (1, 3, 4, 4)
    assert batch.truth.shape == (1, 1, 4, 4)
    np.testing.assert_array_equal(batch.a[0].permute(1, 2, 0).numpy(), a)
