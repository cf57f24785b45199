"""The networks once more, layer by layer from the tables of the papers, as plain functions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

State = Mapping[str, Tensor]


def norm(x: Tensor, state: State, name: str, *, batch: bool = False) -> Tensor:
    """Normalisation by the kept statistics, or by those of the batch."""
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    if batch:
        mean = x.mean(dim=(0, 2, 3))
        variance = ((x - mean[:, None, None]) ** 2).mean(dim=(0, 2, 3))
    mean, variance, scale, shift = (
        values[:, None, None]
        for values in (mean, variance, state[f"{name}.weight"], state[f"{name}.bias"])
    )
    return (x - mean) / torch.sqrt(variance + 1e-5) * scale + shift


def mirrored(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1) -> Tensor:
    """A 3 x 3 convolution over borders that mirror without repeating the edge."""
    rows = [1, *range(x.shape[2]), x.shape[2] - 2]
    columns = [1, *range(x.shape[3]), x.shape[3] - 2]
    return F.conv2d(x[:, :, rows][:, :, :, columns], weight, bias, stride)


def ms_resnet(state: State, a: Tensor, b: Tensor, *, blocks: int) -> Tensor:
    features = []
    for image in (a, b):
        x = mirrored(image, state["conv0.conv.conv2d.weight"])
        x = norm(x, state, "conv0.norm").clamp(min=0)
        for block in range(blocks):
            name = f"main.{block}"
            inner = mirrored(x, state[f"{name}.conv1.conv2d.weight"])
            inner = norm(inner, state, f"{name}.norm1").clamp(min=0)
            inner = mirrored(inner, state[f"{name}.conv2.conv2d.weight"])
            x = (x + norm(inner, state, f"{name}.norm2")).clamp(min=0)
        features.append(x)
    return 1 / (1 + torch.exp(-mirrored(torch.cat(features, 1), state["conv1.conv.conv2d.weight"])))


def mfif_gan(state: State, a: Tensor, b: Tensor, *, blocks: int, batch: bool = False) -> Tensor:
    """With `batch`, statistics are those of all six planes of both images of all samples."""
    planes = torch.cat([image[:, c : c + 1] for image in (a, b) for c in range(3)])
    x = planes
    for at, stride, padding in ((0, 1, 3), (3, 2, 1), (6, 2, 1)):
        x = F.conv2d(x, state[f"line1.0.line.{at}.weight"], None, stride, padding)
        x = norm(x, state, f"line1.0.line.{at + 1}", batch=batch).clamp(min=0)
    for at in range(9, 9 + blocks):
        name = f"line1.0.line.{at}"
        inner = F.conv2d(x, state[f"{name}.conv1.weight"], None, 1, 1)
        inner = norm(inner, state, f"{name}.bn1", batch=batch).clamp(min=0)
        inner = F.conv2d(inner, state[f"{name}.conv2.weight"], None, 1, 1)
        inner = norm(inner, state, f"{name}.bn2", batch=batch)
        squeezed = inner.mean(dim=(2, 3)) @ state[f"{name}.se.fc.0.weight"].T
        excited = torch.sigmoid(squeezed.clamp(min=0) @ state[f"{name}.se.fc.2.weight"].T)
        x = (x + inner * excited[:, :, None, None]).clamp(min=0)
    count = len(a)
    parts = x.split(count)
    x = torch.cat([sum(parts[:3]) / 3, sum(parts[3:]) / 3], dim=1)
    for at in (0, 3):
        x = F.conv_transpose2d(x, state[f"decode.{at}.weight"], None, 2, 1)
        x = norm(x, state, f"decode.{at + 1}", batch=batch).clamp(min=0)
    return torch.sigmoid(F.conv2d(x, state["decode.6.weight"], None, 1, 3))


def mfif_gan_discriminator(state: State, joined: Tensor) -> Tensor:
    """Without the sigmoid."""
    x = F.conv2d(joined, state["main.0.weight"], state["main.0.bias"], 2, 2)
    x = F.leaky_relu(x, 0.01)
    for at in (2, 5):
        x = F.conv2d(x, state[f"main.{at}.weight"], state[f"main.{at}.bias"], 2, 1)
        x = F.leaky_relu(norm(x, state, f"main.{at + 1}"), 0.01)
    for at in (8, 11, 14):
        x = F.conv2d(x, state[f"main.{at}.weight"], None, 2, 2)
        x = norm(x, state, f"main.{at + 1}").clamp(min=0)
    return F.conv2d(x, state["main.17.weight"], state["main.17.bias"], 1, 2)


def mff_gan(arrays: Mapping[str, np.ndarray], near: Tensor, far: Tensor) -> Tensor:
    """Of TensorFlow's arrays, kernels as height, width, inputs, outputs."""

    def layer(number: str, x: list[Tensor], *, active: bool = True) -> Tensor:
        name = f"fusion_model/layer{number}"
        weight = torch.from_numpy(arrays[f"{name}/w{number}"]).double().permute(3, 2, 0, 1)
        bias = torch.from_numpy(arrays[f"{name}/b{number}"]).double()
        y = F.conv2d(torch.cat(x, dim=1), weight, bias, 1, weight.shape[-1] // 2)
        return torch.where(y > 0, y, 0.2 * y) if active else y

    n1, f1 = layer("1", [near]), layer("1_far", [far])
    n2, f2 = layer("2", [n1]), layer("2_far", [f1])
    en, ef = layer("2_3", [n2, f2]), layer("2_3_far", [n2, f2])
    n3, f3 = layer("3", [n1, n2, en]), layer("3_far", [f1, f2, ef])
    en, ef = layer("3_4", [n3, f3]), layer("3_4_far", [n3, f3])
    n4, f4 = layer("4", [n1, n2, n3, en]), layer("4_far", [f1, f2, f3, ef])
    return torch.tanh(layer("5", [n1, f1, n2, f2, n3, f3, n4, f4], active=False))


def mff_gan_discriminator(arrays: Mapping[str, np.ndarray], x: Tensor) -> np.ndarray:
    """Of TensorFlow's arrays; the statistics are those of the batch."""
    for number in (1, 2, 3, 4):
        name = f"discriminator/layer_{number}"
        weight = torch.from_numpy(arrays[f"{name}/w_{number}"]).double().permute(3, 2, 0, 1)
        bias = torch.from_numpy(arrays[f"{name}/b_{number}"]).double()
        x = F.conv2d(x, weight, bias, stride=2)
        if number > 1:
            mean = x.mean(dim=(0, 2, 3), keepdim=True)
            variance = ((x - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
            scale, shift = (
                torch.from_numpy(arrays[f"{name}/BatchNorm/{entry}"]).double()[:, None, None]
                for entry in ("gamma", "beta")
            )
            x = (x - mean) / torch.sqrt(variance + 1e-5) * scale + shift
        x = torch.where(x > 0, x, 0.2 * x)
    last = x.permute(0, 2, 3, 1).numpy()  # samples, rows, columns, channels
    weight = arrays["discriminator/line_5/w_5"][:, 0].astype(np.float64)
    rows, columns, channels = last.shape[1:]
    scores = np.zeros(len(last))
    for row in range(rows):
        for column in range(columns):
            for channel in range(channels):
                index = (row * columns + column) * channels + channel
                scores += last[:, row, column, channel] * weight[index]
    return scores + arrays["discriminator/line_5/b_5"][0]


def doubled(length: int) -> Tensor:
    """Matrix of bicubic magnification by 2 without corner alignment, edges repeated."""
    matrix = np.zeros((2 * length, length))
    for target in range(2 * length):
        place = (target + 0.5) / 2 - 0.5
        first = int(np.floor(place))
        for tap in range(first - 1, first + 3):
            far = abs(place - tap)
            near_part = 1.25 * far**3 - 2.25 * far**2 + 1
            far_part = -0.75 * (far**3 - 5 * far**2 + 8 * far - 4)
            matrix[target, min(max(tap, 0), length - 1)] += near_part if far <= 1 else far_part
    return torch.from_numpy(matrix)


def mufusion(state: State, a: Tensor, b: Tensor) -> Tensor:
    def layer(name: str, *x: Tensor, stride: int = 1) -> Tensor:
        weight, bias = state[f"{name}.1.weight"], state[f"{name}.1.bias"]
        return mirrored(torch.cat(x, dim=1), weight, bias, stride)

    c1 = layer("conv1", a, b).clamp(min=0)
    c2 = layer("conv2", c1).clamp(min=0)
    c3 = layer("conv3", c1, c2, stride=2).clamp(min=0)
    c4 = layer("conv4", c3).clamp(min=0)
    c5 = layer("conv5", c3, c4).clamp(min=0)
    c6 = layer("conv6", c3, c4, c5).clamp(min=0)
    c66 = layer("conv66", c6).clamp(min=0)
    c55 = layer("conv55", c5, c66).clamp(min=0)
    c44 = layer("conv44", c4, c55).clamp(min=0)
    c33 = layer("conv33", c3, c44).clamp(min=0)
    up = doubled(c33.shape[2]) @ c33 @ doubled(c33.shape[3]).T
    c22 = layer("conv22", c2, up).clamp(min=0)
    return torch.tanh(layer("conv11", c1, c22))
