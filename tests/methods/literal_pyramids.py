"""Pyramids and windows written out in float64, to compare with. Slow; pictures (H, W, C)."""

import itertools

import numpy as np

TAPS = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16


def mirrored(picture, margin):
    pads = ((margin, margin), (margin, margin)) + ((0, 0),) * (picture.ndim - 2)
    return np.pad(picture.astype(np.float64), pads, mode="reflect")


def window_mean(picture, side, *, mode="reflect"):
    """Mean of side x side windows around each pixel of (H, W) or (H, W, C)."""
    pads = ((side // 2, side // 2),) * 2 + ((0, 0),) * (picture.ndim - 2)
    padded = np.pad(picture.astype(np.float64), pads, mode=mode)
    cuts = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))
    return cuts.mean(axis=(-2, -1))


def reduce(picture):
    height, width = picture.shape[:2]
    padded = mirrored(picture, 2)
    total = np.zeros(((height + 1) // 2, (width + 1) // 2, *picture.shape[2:]))
    for i, down in enumerate(TAPS):
        for j, across in enumerate(TAPS):
            total += down * across * padded[i : i + height : 2, j : j + width : 2]
    return total


def expand(coarse, shape):
    return _expand_rows(_expand_rows(coarse, shape[0]).swapaxes(0, 1), shape[1]).swapaxes(0, 1)


def _expand_rows(coarse, count):
    rows, last = [], len(coarse) - 1
    for row in range(count):
        here, below = coarse[row // 2], coarse[min(row // 2 + 1, last)]
        above = coarse[row // 2 - 1] if row >= 2 else coarse[1]
        rows.append((here + below) / 2 if row % 2 else (above + 6 * here + below) / 8)
    return np.stack(rows)


def gaussian(picture, levels):
    pyramid = [picture.astype(np.float64)]
    for _ in range(levels):
        pyramid.append(reduce(pyramid[-1]))
    return pyramid


def laplacian(picture, levels):
    pyramid = gaussian(picture, levels)
    pairs = itertools.pairwise(pyramid)
    return [*(fine - expand(coarse, fine.shape) for fine, coarse in pairs), pyramid[-1]]


def collapse(bands):
    picture = bands[-1]
    for band in bands[-2::-1]:
        picture = band + expand(picture, band.shape)
    return picture


def majority(choice, k):
    """Most frequent of 0 ... K - 1 in 3 x 3, nothing beyond the border; ties: own, else lowest."""
    height, width = choice.shape
    voted = choice.copy()
    for y in range(height):
        for x in range(width):
            around = choice[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
            counts = np.bincount(around.ravel(), minlength=k)
            if counts[choice[y, x]] < counts.max():
                voted[y, x] = np.argmax(counts)
    return voted


def chosen(planes, choice):
    return np.take_along_axis(np.stack(planes), choice[None, :, :, None], axis=0)[0]
