"""From two aligned frames to one picture: estimated on a small view, computed in tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, ImageF32, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes
from mfgui.methods.inversion import gate, layers, order, radii, registration, warping
from mfgui.methods.inversion.layers import Layers, Settings
from mfgui.methods.inversion.spread import Spread, part_of
from mfgui.methods.inversion.views import View, colours, decoded, encoded, view_of
from mfgui.methods.planes import Plane, in_tiles

Near = Literal["auto", "1", "2"]
_VIEW = 310_000  # pixels of the first view
_LARGEST = 1_000_000  # of the one that is taken instead for small radii
_FINE = 3.0  # pixels: smaller radii are measured again in the larger view
_UNDECIDED = 0.04  # margin of the order below which there may be no layers
_UNLIKE = 30.0  # of the noise
_HIDDEN = (0.9, 0.98)  # of the spill, beyond which nothing is known of the background
_SIDE = 384  # pixels of a tile
_BLOCK = 16  # pixels


@dataclass(frozen=True, eq=False)
class Estimate:
    """What the small view tells.

    Attributes
    ----------
    near : int
        0 or 1: the index of the frame focused on the near layer, not to be believed where the pair
        is left.
    margin : float
        Of the order, see `mfgui.methods.inversion.order.Order`; infinite when it was given.
    spreads : (2,) Spread
        Near light in the far frame, far light in the near frame; pixels of the full picture.
    floor, noise : float
        Squared errors in sRGB values: what the best re-blur leaves, and noise.
    matte : (h, w) float32
        Of the near layer, hard.
    scale : float
        Side of the full picture to that of the view.
    why_not : str
        Why the pair is left to the usual fusion; empty when it is not.
    layered : float
        How sure it is that there are two layers, see `mfgui.methods.inversion.gate.layered`; 1
        when the order was given.
    beside : (h, w, 3) float32 or None
        What the near frame shows beside the near layer, continued behind it, linear light; None
        where the pair is left.
    """

    near: int
    margin: float
    spreads: tuple[Spread, Spread]
    floor: float
    noise: float
    matte: Plane = field(repr=False)
    scale: float = 1.0
    why_not: str = ""
    layered: float = 1.0
    beside: ImageF32 | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Recovered:
    """Attributes
    ----------
    image : (H, W, 3) float32
        sRGB-encoded.
    matte, confidence : (H, W) float32
    background : (H, W, 3) float32
        sRGB-encoded; where nothing is known of it, a continuation.
    """

    image: ImageF32 = field(repr=False)
    matte: Plane = field(repr=False)
    confidence: Plane = field(repr=False)
    background: ImageF32 = field(repr=False)


def aligned(frames: Sequence[PixelArray], *, compute: Compute) -> list[PixelArray]:
    """Frame 1 as it is, and frame 2 in its geometry and light.

    A frame 2 that was changed is float32, sRGB-encoded.
    """
    size = Size(frames[0].shape[1], frames[0].shape[0])
    view, _ = _view(frames, size, _VIEW, compute)
    found = registration.align(view.codes, compute=compute)
    if not found.moves and not found.brightens:
        return list(frames)
    return [frames[0], encoded(warping.applied(frames[1], found, compute=compute))]


def estimate(frames: Sequence[PixelArray], *, near: Near, compute: Compute) -> Estimate:
    """Radii, order and hard matte of two aligned frames, at 0.3 megapixel or, for small radii, 1.

    Parameters
    ----------
    frames : two (H, W, C) uint8, uint16 or float32
    near : {"auto", "1", "2"}
        The frame focused on the near layer, if known.
    """
    size = Size(frames[0].shape[1], frames[0].shape[0])
    view, scale = _view(frames, size, _VIEW, compute)
    found = radii.reblur(view, compute=compute, local=True)
    if scale > 1 and min(one.radius for one in found.spreads) < _FINE:
        view, scale = _view(frames, size, _LARGEST, compute)
        found = radii.reblur(view, compute=compute, largest=2 * _FINE * scale, local=True)
    settings = Settings(found.spreads, found.floor, weight=_weight(found.floor, view.noise))
    if not found.valid:
        nothing = order.Order(0, 0.0)
        return _given_up(view, found, nothing, scale, "no blur turns one frame into the other")
    if near == "auto":
        decided = order.find(view, settings, compute=compute)
    else:
        decided = order.Order(int(near) - 1, np.inf)
    if decided.margin < _UNDECIDED:
        why = "no depth edge tells which frame has the front"
        return _given_up(view, found, decided, scale, why)
    ordered = view
    if decided.near == 1:
        ordered, settings = view.swapped(), settings.swapped
    rest = replace(settings, rounds=settings.rounds - decided.rounds)
    matte = layers.hard_matte(ordered, rest, compute=compute, start=decided.matte)
    full = settings.times(scale).spreads
    beside = layers.filled(ordered.light[0], (matte < 0.5).astype(np.float32))
    known = Estimate(decided.near, decided.margin, full, found.floor, view.noise, matte, scale)
    known = replace(known, beside=beside)
    if near != "auto":
        return known
    behind = layers.behind(ordered, matte, settings, steps=1)
    better, left = gate.evidence(ordered, behind, settings)
    layered = gate.layered(better, left, decided.margin, settings.spreads)
    if layered == 0:
        return _given_up(view, found, decided, scale, "no two layers explain the frames")
    return replace(known, layered=layered)


def _weight(floor: float, noise: float) -> float:
    """Of the total variation: more where frames differ by more than blur and noise."""
    return 3.0 if floor > _UNLIKE * noise else 1.0


def _given_up(
    view: View, found: radii.Reblur, decided: order.Order, scale: float, why: str
) -> Estimate:
    """The frame that is sharper at each pixel, for the focus map alone."""
    sharper = layers.Cues(view, Settings(found.spreads, found.floor)).sharper
    matte = ((sharper > 0) == (decided.near == 0)).astype(np.float32)
    spreads, noise = found.spreads, view.noise
    return Estimate(decided.near, decided.margin, spreads, found.floor, noise, matte, scale, why)


def _view(
    frames: Sequence[PixelArray], size: Size, pixels: int, compute: Compute
) -> tuple[View, float]:
    """Both frames with at most so many pixels, averaged in linear light."""
    scale = max(1.0, (size.pixels / pixels) ** 0.5)
    if scale == 1:
        return view_of([colours(frame) for frame in frames]), scale
    to = Size(round(size.width / scale), round(size.height / scale))
    return view_of([_smaller(frame, to, compute) for frame in frames]), scale


def _smaller(frame: PixelArray, to: Size, compute: Compute) -> ImageF32:
    """A frame averaged in linear light, sRGB-encoded; first along its rows."""
    height, width = frame.shape[:2]
    narrow = np.empty((height, to.width, 3), np.float32)

    def work(_scratch: Scratch, start: int, stop: int) -> None:
        for low, high in stripes(start, stop, stripe_rows(width)):
            compute.checkpoint()
            light = decoded(colours(frame[low:high]))
            row = (to.width, high - low)
            narrow[low:high] = cv2.resize(light, row, interpolation=cv2.INTER_AREA)

    with RowWorkers(compute) as workers:
        workers.run(work, height)
    light = cv2.resize(narrow, (to.width, to.height), interpolation=cv2.INTER_AREA)
    return encoded(np.asarray(light, np.float32))


def recover(
    frames: Sequence[PixelArray],
    known: Estimate,
    usual: ImageF32,
    *,
    halo: float,
    compute: Compute,
) -> Recovered:
    """Background, soft matte, picture and confidence at full size, in tiles.

    Parameters
    ----------
    frames : two (H, W, C)
        As given to `estimate`.
    usual : (H, W, 3) float32
        The fusion that is kept where confidence is 0, sRGB-encoded.
    halo : float
        0 ... 1, see `mfgui.methods.inversion.gate.strictness`.
    """
    near, far = frames[known.near], frames[1 - known.near]
    size = Size(near.shape[1], near.shape[0])
    weight = _weight(known.floor, known.noise)
    settings = Settings(known.spreads, known.floor, weight=weight)
    matte = known.matte
    if known.scale > 1:
        matte = _enlarged(matte, size)
    if known.why_not or halo == 0.0:
        return Recovered(usual, matte, np.zeros_like(matte), colours(far))
    strictness = gate.strictness(halo) * gate.doubt(known.layered, known.margin)
    result: ImageF32 = np.empty((size.height, size.width, 3), np.float32)
    soft, sure, behind = np.empty_like(matte), np.empty_like(matte), np.empty_like(result)
    radius = max(one.largest for one in known.spreads)
    reach = int(np.ceil(2 * radius)) + 16
    slack = round(2 * known.scale) + 2 if known.scale > 1 else 0
    touched = _near_contours(matte, reach + slack)
    whole = Rect(0, 0, size.width, size.height)

    def fill(inner: Rect, solve: Callable[[View, Plane, Settings], Layers]) -> None:
        wide = inner.grown(reach).intersected(whole)
        pair = [colours(frame[wide.slices]) for frame in (near, far)]
        view = View((decoded(pair[0]), decoded(pair[1])), (pair[0], pair[1]), known.noise)
        own = matte[wide.slices]
        first, second = known.spreads
        spreads = (first.within(wide, size), second.within(wide, size))
        here = replace(settings, spreads=spreads)
        found = solve(view, own, here)
        light = layers.output(view, found, here)
        made, other = encoded(light), usual[wide.slices]
        trust = gate.confidence(view, found, here, made, other, strictness=strictness)
        trust *= gate.seen(wide, size, here.spreads[0].radius)
        inside = Rect(inner.x - wide.x, inner.y - wide.y, inner.width, inner.height).slices
        share = trust[inside][:, :, None]
        result[inner.slices] = share * made[inside] + (1 - share) * other[inside]
        behind[inner.slices] = encoded(_unhidden(known, inner, size, found, inside))
        soft[inner.slices], sure[inner.slices] = found.matte[inside], trust[inside]

    def refined(view: View, own: Plane, here: Settings) -> Layers:
        return layers.refined(view, own, here, slack=slack, compute=compute)

    def work(_wide: Rect, tile: Rect) -> None:
        inner = _bounds(touched, tile)
        if inner != tile:
            fill(tile, layers.apart)
        if inner is not None:
            fill(inner, refined)

    half = -(-max(size.width, size.height) // 2)  # two threads share a small picture
    side = min(max(_SIDE, 16 * int(radius)), half)
    in_tiles(size, work, reach=0, compute=compute, side=side)
    return Recovered(result, soft, sure, behind)


def _unhidden(
    known: Estimate, rect: Rect, size: Size, found: Layers, inside: tuple[slice, slice]
) -> ImageF32:
    """The background, continued where the near layer hides all of it."""
    far = np.ascontiguousarray(found.far[inside])
    least, all_of_it = _HIDDEN
    hidden = np.clip((found.spill[inside] - least) / (all_of_it - least), 0, 1)[:, :, None]
    if known.beside is not None and hidden.any():
        far = far + hidden * (part_of(known.beside, rect, size) - far)
    return far


def _enlarged(matte: Plane, size: Size) -> Plane:
    large = cv2.resize(matte, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large > 0.5, np.float32)


def _near_contours(matte: Plane, reach: int) -> BoolMask:
    """Blocks of 16 x 16 pixels that have a pixel within `reach` of a contour, or nearly so."""
    hard = (matte > 0.5).view(np.uint8)
    rows, columns = (np.arange(0, length, _BLOCK) for length in hard.shape)
    low = np.minimum.reduceat(np.minimum.reduceat(hard, rows, 0), columns, 1)
    high = np.maximum.reduceat(np.maximum.reduceat(hard, rows, 0), columns, 1)
    side = 2 * -(-reach // _BLOCK) + 1
    square = np.ones((side, side), np.uint8)
    return np.asarray(cv2.dilate(high, square) != cv2.erode(low, square))


def _bounds(blocks: BoolMask, rect: Rect) -> Rect | None:
    """The smallest part of a rectangle that holds all its blocks that are set."""
    first_row, first_column = rect.y // _BLOCK, rect.x // _BLOCK
    part = blocks[first_row : -(-rect.bottom // _BLOCK), first_column : -(-rect.right // _BLOCK)]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if not len(rows):
        return None
    y, x = _BLOCK * (first_row + int(rows[0])), _BLOCK * (first_column + int(columns[0]))
    bottom = _BLOCK * (first_row + int(rows[-1]) + 1)
    right = _BLOCK * (first_column + int(columns[-1]) + 1)
    return Rect(x, y, right - x, bottom - y).intersected(rect)


def radius_of(known: Estimate, matte: Plane) -> Plane:
    """Blur in pixels, of what is sharp in one frame, in the other, (H, W) float32."""
    size = Size(matte.shape[1], matte.shape[0])
    whole = Rect(0, 0, size.width, size.height)
    near, far = (one.within(whole, size) for one in known.spreads)
    first, second = (one.radius if one.map is None else one.map for one in (near, far))
    found: Plane = np.where(matte > 0.5, first, second).astype(np.float32)
    return found
