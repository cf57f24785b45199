"""A small motion between pictures of equal blur, by Gauss-Newton steps on their logarithms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, Size
from mfgui.methods.inversion.views import brightest, brightness, mean
from mfgui.methods.inversion.warping import Matrix
from mfgui.methods.planes import Plane

_DARK = np.float32(0.02)
_OPEN = (0.01, 0.85)  # light that is neither noise nor clipped
_BLOCKS = (12, 16)  # rows and columns of blocks that pixels are chosen in
_CHOSEN = 40_000
_ROUNDS = 8
_SMOOTHED = 12.0  # pixels that share their noise after smoothing

# Expected size, in pixels at the corners, of: two shifts, scale, turn, two unequal stretches;
# and of the log gain: constant, along x and y, and of one pair against the other.
_EXPECTED = np.array([30.0, 30.0, 12.0, 8.0, 0.6, 0.6, 0.5, 0.1, 0.1, 0.1])

Pair = tuple[ImageF32, ImageF32, BoolMask]


@dataclass(frozen=True, eq=False)
class Motion:
    """Attributes
    ----------
    warp : (2, 3) float64
        From places in the still to places in the moving picture.
    spread : float
        Largest standard deviation of its six parts, pixels at the corners.
    """

    warp: Matrix
    spread: float


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Pixels of one pair that are compared: their places, values, and the picture moved."""

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32]
    values: npt.NDArray[np.float32]
    moving: Plane
    gx: Plane
    gy: Plane
    side: float


def motion_between(pairs: Sequence[Pair], *, start: Matrix | None = None) -> Motion | None:
    """Affine motion of the moving picture of each pair against the still one.

    Parameters
    ----------
    pairs : sequence of (still, moving, mask)
        (H, W, 3) float32 in linear light, and (H, W) bool where they are compared.
    start : (2, 3) float64
        First guess.

    Returns
    -------
    Motion or None
        None if there are too few pixels. The most probable one, by Geman and McClure's weights and
        small expected stretches; a smooth difference of brightness is allowed for.
    """
    chosen = [
        found
        for side, pair in zip((1.0, -1.0), pairs, strict=False)
        if (found := _chosen(pair, side, len(pairs))) is not None
    ]
    if sum(len(part.x) for part in chosen) < 400:
        return None
    height, width = pairs[0][2].shape
    size = Size(width, height)
    state = np.zeros(10)
    if start is not None:
        state[:6] = _state_of(start, size)
    spread = np.inf
    for _ in range(_ROUNDS):
        made = _step(chosen, state, size, both=len(pairs) > 1)
        if made is None:
            return None
        step, spread = made
        state += step
        if np.abs(step[:6]).max() < 0.004:
            break
    return Motion(_warp_of(state, size), spread)


def logarithm(light: ImageF32) -> Plane:
    """log(mean + 0.02) of the channels' mean, smoothed by 1 pixel."""
    smooth = mean(brightness(light), 1.0)
    return np.log(np.maximum(smooth, 0) + _DARK)


def _chosen(pair: Pair, side: float, pairs: int) -> _Chosen | None:
    still, moving, mask = pair
    values, other = logarithm(still), logarithm(moving)
    low, high = np.log(np.float32(_OPEN[0]) + _DARK), np.log(np.float32(_OPEN[1]) + _DARK)
    gx = cv2.Sobel(values, cv2.CV_32F, 1, 0, scale=1 / 8)
    gy = cv2.Sobel(values, cv2.CV_32F, 0, 1, scale=1 / 8)
    strength = np.hypot(gx, gy)
    clipped = np.maximum(brightest(still), brightest(moving)) > 0.95
    # Clipped light spreads as far as the smoothing.
    clear = cv2.dilate(clipped.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    usable = mask & clear & (values > low) & (values < high)
    strength[~usable] = 0
    strength[:3], strength[-3:], strength[:, :3], strength[:, -3:] = 0, 0, 0, 0
    places = _strongest(strength, _CHOSEN // pairs)
    if len(places) < 100:
        return None
    y, x = np.unravel_index(places, strength.shape)
    return _Chosen(
        x.astype(np.float32),
        y.astype(np.float32),
        values[y, x],
        other,
        np.asarray(cv2.Sobel(other, cv2.CV_32F, 1, 0, scale=1 / 8), np.float32),
        np.asarray(cv2.Sobel(other, cv2.CV_32F, 0, 1, scale=1 / 8), np.float32),
        side,
    )


def _strongest(strength: Plane, count: int) -> npt.NDArray[np.intp]:
    """Flat places of the largest values, as many from each block of the picture."""
    height, width = strength.shape
    per_block = count // (_BLOCKS[0] * _BLOCKS[1])
    found = []
    for rows in np.array_split(np.arange(height), _BLOCKS[0]):
        for columns in np.array_split(np.arange(width), _BLOCKS[1]):
            if not (len(rows) and len(columns)):
                continue
            block = strength[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            flat = block.ravel()
            take = min(per_block, int(np.count_nonzero(flat)))
            if take:
                best = np.argpartition(flat, len(flat) - take)[len(flat) - take :]
                y, x = np.unravel_index(best, block.shape)
                found.append((y + rows[0]) * width + x + columns[0])
    return np.concatenate(found) if found else np.empty(0, np.intp)


def _step(
    chosen: Sequence[_Chosen], state: npt.NDArray[np.float64], size: Size, *, both: bool
) -> tuple[npt.NDArray[np.float64], float] | None:
    """One Gauss-Newton step, and the standard deviation of the most uncertain of the motion; None
    if too little of one frame is seen in the other."""
    warp = _warp_of(state, size)
    rows, residuals = [], []
    for part in chosen:
        u = (warp[0, 0] * part.x + warp[0, 1] * part.y + warp[0, 2]).astype(np.float32)
        v = (warp[1, 0] * part.x + warp[1, 1] * part.y + warp[1, 2]).astype(np.float32)
        inside = (u > 2) & (v > 2) & (u < size.width - 3) & (v < size.height - 3)
        u, v = u[inside], v[inside]
        if len(u) < 50:
            return None
        x, y = _centred(part.x[inside], part.y[inside], size)
        gx, gy, there = (_sampled(image, u, v) for image in (part.gx, part.gy, part.moving))
        one = np.ones_like(x)
        side = part.side * one if both else 0 * one
        jacobian = (gx, gy, gx * x + gy * y, gy * x - gx * y, gx * x - gy * y, gy * x + gx * y)
        rows.append(np.stack([*jacobian, one, x, y, side], axis=1))
        gain = state[6] + state[7] * x + state[8] * y + state[9] * side
        residuals.append(part.values[inside] - there - gain)
    jac, res = np.concatenate(rows).astype(np.float64), np.concatenate(residuals)
    scale = max(2e-3, 1.4826 * float(np.median(np.abs(res))))
    weight = 1 / (1 + (res / (2.385 * scale)) ** 2) ** 2
    variance = float((weight * res * res).sum() / weight.sum()) * _SMOOTHED
    variance = max(variance, 1e-12)  # equal frames leave nothing
    normal = (jac * weight[:, None]).T @ jac / variance
    right = (jac * weight[:, None]).T @ res / variance
    prior = 1 / _EXPECTED**2
    normal[np.diag_indices(10)] += prior
    covariance = np.linalg.inv(normal)
    return covariance @ (right - prior * state), float(np.sqrt(np.diag(covariance)[:6].max()))


def _sampled(
    image: Plane, u: npt.NDArray[np.float32], v: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    # remap takes pictures of fewer than 32768 columns: the list is folded.
    count = len(u)
    side = int(np.ceil(np.sqrt(count)))
    folded = [np.resize(part, (side, side)) for part in (u, v)]
    found = cv2.remap(image, folded[0], folded[1], cv2.INTER_CUBIC)
    return np.asarray(found, np.float32).ravel()[:count]


def _centred(
    x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], size: Size
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Places from the middle, corners at a distance of 1."""
    half = np.float32(np.hypot(size.width, size.height) / 2)
    return (x - np.float32((size.width - 1) / 2)) / half, (
        y - np.float32((size.height - 1) / 2)
    ) / half


def _warp_of(state: npt.NDArray[np.float64], size: Size) -> Matrix:
    half = np.hypot(size.width, size.height) / 2
    tx, ty, scale, turn, wide, skew = state[:6]
    away = np.array([[scale + wide, skew - turn], [skew + turn, scale - wide]]) / half
    centre = np.array([(size.width - 1) / 2, (size.height - 1) / 2])
    shift = np.array([tx, ty]) - away @ centre
    return np.column_stack([np.eye(2) + away, shift])


def _state_of(warp: Matrix, size: Size) -> npt.NDArray[np.float64]:
    half = np.hypot(size.width, size.height) / 2
    away = (warp[:, :2] - np.eye(2)) * half
    centre = np.array([(size.width - 1) / 2, (size.height - 1) / 2])
    shift = warp[:, 2] + away @ centre / half
    scale, wide = (away[0, 0] + away[1, 1]) / 2, (away[0, 0] - away[1, 1]) / 2
    skew, turn = (away[0, 1] + away[1, 0]) / 2, (away[1, 0] - away[0, 1]) / 2
    return np.array([shift[0], shift[1], scale, turn, wide, skew])
