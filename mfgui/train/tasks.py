"""The trainings by name, with what can be set declared once, in their signatures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from mfgui.core.errors import UsageError
from mfgui.methods.parameters import Parameter, Value, bind_parameters
from mfgui.nets import memory_unit, mff_gan, mfif_gan
from mfgui.nets import ms_resnet as resnet
from mfgui.train.data import Data
from mfgui.train.edmf import EDMF
from mfgui.train.mff_gan import MFFGAN
from mfgui.train.mfif_gan import MFIFGAN
from mfgui.train.ms_resnet import MSResNetTask
from mfgui.train.supervised import Pictures
from mfgui.train.task import Setting, Task

Batch = Annotated[int, Parameter("Pairs of a step", minimum=1, maximum=512)]
Side = Annotated[int, Parameter("Side length of the pairs", unit="px", minimum=32, maximum=512)]
Width = Annotated[int, Parameter("Filters of the first layer", minimum=2, maximum=256)]
Blocks = Annotated[int, Parameter("Residual blocks", minimum=1, maximum=32)]


def ms_resnet(
    setting: Setting,
    data: Data,
    *,
    blocks: Blocks = resnet.BLOCKS,
    width: Width = resnet.WIDTH,
    batch: Batch = 6,
    side: Side = 128,
) -> Task:
    """Focus maps by cross entropy; see `MSResNetTask`."""
    pictures = Pictures(*data.photographs(), side=side)
    return MSResNetTask(setting, pictures, blocks=blocks, width=width, batch=batch)


def mfif_gan_task(
    setting: Setting,
    data: Data,
    *,
    blocks: Blocks = mfif_gan.BLOCKS,
    width: Width = mfif_gan.WIDTH,
    batch: Batch = 2,
    side: Side = 128,
    critic: Annotated[
        int, Parameter("Steps of the critic for one of the generator", minimum=1, maximum=20)
    ] = 5,
    variant: Annotated[
        Literal["paper", "released"],
        Parameter("Critic and range of the true maps", choices=("paper", "released")),
    ] = "paper",
) -> Task:
    """Focus maps against a critic; see `MFIFGAN`."""
    pictures = Pictures(*data.photographs(), side=side)
    return MFIFGAN(
        setting,
        pictures,
        blocks=blocks,
        width=width,
        batch=batch,
        critic=critic,
        variant=variant,
    )


def mff_gan_task(
    setting: Setting,
    data: Data,
    *,
    width: Width = mff_gan.WIDTH,
    batch: Batch = 32,
    decision_block: Annotated[
        bool, Parameter("The losses ask each pixel of the sharper source alone")
    ] = True,
    adversarial: Annotated[bool, Parameter("With the discriminator")] = True,
) -> Task:
    """Fused luminance without truth; see `MFFGAN`."""
    return MFFGAN(
        setting,
        *data.pairs(),
        width=width,
        batch=batch,
        decision_block=decision_block,
        adversarial=adversarial,
    )


def edmf(
    setting: Setting,
    data: Data,
    *,
    width: Width = memory_unit.EDMF_WIDTH,
    batch: Batch = 8,
    side: Side = 128,
    memory: Annotated[
        Literal["four-best", "last", "off"],
        Parameter(
            "Earlier results that the network is held to", choices=("four-best", "last", "off")
        ),
    ] = "four-best",
    count: Annotated[int, Parameter("Patches of an epoch", minimum=64, maximum=100_000)] = 2048,
    preset: Annotated[
        Literal["paper", "mufusion"],
        Parameter(
            "Weights of the losses of pixels, gradients and similarity: 1, 1, 1 or 1, 10, 10",
            choices=("paper", "mufusion"),
        ),
    ] = "paper",
) -> Task:
    """Fused luminance with adaptive memory; see `EDMF`."""
    return EDMF(
        setting,
        *data.pairs(),
        width=width,
        batch=batch,
        side=side,
        memory=memory,
        preset=preset,
        count=count,
    )


TASKS: Mapping[str, Callable[..., Task]] = {
    "ms-resnet": ms_resnet,
    "mfif-gan": mfif_gan_task,
    "mff-gan": mff_gan_task,
    "edmf": edmf,
}


def make(name: str, setting: Setting, data: Data, given: Mapping[str, Value]) -> Task:
    """The task `name` with the parameters in `given`.

    Raises
    ------
    UsageError
        For an unknown parameter or a value that is not allowed.
    """
    return TASKS[name](setting, data, **resolved(name, given))


def resolved(name: str, given: Mapping[str, Value]) -> dict[str, Any]:
    """All parameters of the task `name`, checked."""
    known = {parameter.name: parameter for parameter in bind_parameters(TASKS[name])}
    values: dict[str, Any] = {key: parameter.default for key, parameter in known.items()}
    for key, value in given.items():
        if key not in known:
            raise UsageError(
                f"training {name} has no parameter {key}", hint=f"it has: {', '.join(known)}"
            )
        values[key] = known[key].parse(value)
    return values
