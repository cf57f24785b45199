"""What the methods should give, step by step on whole pictures in double precision."""

from __future__ import annotations

import numpy as np
import torch

GREY = np.array([0.299, 0.587, 0.114])


def values(image):
    """[0, 1], (H, W, C) float64."""
    whites = {"uint8": 255, "uint16": 65535}
    return image.astype(float) / whites.get(image.dtype.name, 1)


def grey(image):
    found = values(image)
    return found @ GREY if image.shape[2] == 3 else found[:, :, 0]


def through(network, first, second, multiple=1):
    """A network on two arrays (C, H, W), padded at the end by the last pixels; (H, W)."""
    _, height, width = first.shape
    pads = ((0, 0), (0, -height % multiple), (0, -width % multiple))
    tensors = [torch.from_numpy(np.pad(x, pads, mode="edge"))[None] for x in (first, second)]
    return network.double()(*tensors)[0, 0, :height, :width].numpy()


def ms_resnet(network, images):
    return through(network, *(grey(image)[None] for image in images))


def mfif_gan(network, images):
    three = [np.repeat(x, 3, axis=2) if x.shape[2] == 1 else x for x in map(values, images)]
    return through(network, *(x.transpose(2, 0, 1) * 2 - 1 for x in three), multiple=4)


def mff_gan(network, images):
    """Fused luminance on 0 to 255."""
    planes = [(studio(image)[0] - 127.5) / 127.5 for image in images]
    return through(network, *(plane[None] for plane in planes)) * 127.5 + 127.5


def edmf(network, images):
    """Fused luminance on 0 to 255."""
    planes = [full(image)[0] / 255 for image in images]
    return through(network, *(plane[None] for plane in planes), multiple=2).clip(0, 1) * 255


def studio(image):
    r, g, b = np.moveaxis(values(image) * 255 * np.ones(3), 2, 0)
    y = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    cb = 128 - 0.148 * r - 0.291 * g + 0.439 * b
    return y, cb, 128 + 0.439 * r - 0.368 * g - 0.071 * b


def full(image):
    r, g, b = np.moveaxis(values(image) * 255 * np.ones(3), 2, 0)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    cb = 128 - 0.169 * r - 0.331 * g + 0.5 * b
    return y, cb, 128 + 0.5 * r - 0.419 * g - 0.081 * b


def traditional(first, second):
    """Chroma planes on 0 to 255 by the rule of both papers."""
    one, other = abs(first - 128), abs(second - 128)
    total = one + other
    safe = np.where(total < 1e-9, 1, total)
    return np.where(total < 1e-9, 128, (first * one + second * other) / safe)


def coloured(y, images, planes, inverse):
    """(H, W, 3) in [0, 1] from fused luminance on 0 to 255 and the chroma of the sources."""
    cb, cr = (traditional(planes(images[0])[i], planes(images[1])[i]) for i in (1, 2))
    return np.clip(np.dstack(inverse(y, cb - 128, cr - 128)) / 255, 0, 1)


def of_studio(y, cb, cr):
    luma = 1.164 * (y - 16)
    return luma + 1.596 * cr, luma - 0.392 * cb - 0.813 * cr, luma + 2.017 * cb


def of_full(y, cb, cr):
    return y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb
