"""Pairs of pictures run through a network: padded, in tiles, to be stopped, in bounded memory."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from mfgui.core.arrays import Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.errors import InputError, OutOfMemoryError
from mfgui.nets import memory_unit, mfif_gan
from mfgui.nets.memory_unit import MemoryUnitNetwork
from mfgui.nets.mff_gan import Generator as MffGan
from mfgui.nets.mfif_gan import Generator as MfifGan
from mfgui.nets.ms_resnet import MSResNet
from mfgui.nets.tiles import Span, spans

Planes = npt.NDArray[np.float32]  # (C, h, w)
Read = Callable[[Rect], tuple[Planes, Planes]]

WHOLE = 1 << 20  # pixels up to which a picture is not cut, where memory allows
_NUMBERS = {"cpu": 1 << 28, "cuda": 1 << 30, "mps": 1 << 28}  # float32 of a tile's layers
_PRODUCTS = 1 << 34  # of the largest layer of a tile on the processor: a fraction of a second
# Side of a tile on the processor: larger ones leave its caches and take up to twice the time, but
# overlap costs, too, and the more the farther a network sees.
_CACHED, _FOR_REACH = 160, 7
_LEAST_SIDE = 128
_BLEND = 32  # pixels over which tiles that differ are blended
_MESSAGES = ("out of memory", "alloc_failed", "can't allocate memory", "not enough memory")


@dataclass(frozen=True)
class Demands:
    """What a network asks of its pictures, and what it costs.

    Attributes
    ----------
    multiple, least : int
        Sides must be multiples of the one, and at least the other.
    reach : int
        How many pixels away a pixel can be and still have a part in another's result.
    numbers, products : int
        Per pixel: numbers alive at the same time, and multiplications of the largest layer.
    means : bool
        Uses means over the whole picture, so that a tile's result is not quite the picture's.
    """

    multiple: int
    least: int
    reach: int
    numbers: int
    products: int
    means: bool = False


def demands(network: nn.Module) -> Demands:
    """What one of the networks of `mfgui.nets` asks of its pictures."""
    if isinstance(network, MSResNet):
        width = _outputs(network, "conv0.conv.conv2d")
        # A convolution on each side, two in each block; both pictures are a batch.
        return Demands(1, 2, 2 + 2 * len(network.main), 8 * width, 18 * width * width)
    if isinstance(network, MfifGan):
        width = _outputs(network, "line1.0.line.0")
        blocks = sum(name.endswith(".se") for name, _ in network.named_modules())
        # 7 x 7 at both ends, 3 x 3 and 4 x 4 at a half, and blocks of two at a quarter.
        reach = 3 + 1 + 2 + 8 * blocks + 4 + 2 + 3
        return Demands(mfif_gan.STRIDE, 4, reach, 9 * width, 32 * width * width, means=True)
    if isinstance(network, MffGan):
        width = _outputs(network, "near.layer1")
        return Demands(1, 1, 5, 24 * width, 36 * width * width)
    if isinstance(network, MemoryUnitNetwork):
        width = _outputs(network, "conv1.1")
        # Three full convolutions before and after, seven at a half, and the enlargement there.
        return Demands(memory_unit.STRIDE, 4, 24, 16 * width, 27 * width * width)
    raise TypeError(f"{type(network).__name__} is no network of pairs")


def _outputs(network: nn.Module, layer: str) -> int:
    return len(network.get_parameter(f"{layer}.weight"))


def run(
    network: nn.Module,
    read: Read,
    size: Size,
    *,
    compute: Compute,
    precision: str = "auto",
    side: int | None = None,
    cut: Callable[[int], list[Span]] | None = None,
    path: Path | None = None,
) -> npt.NDArray[np.float32]:
    """The plane that a network makes of two pictures.

    Pictures are padded at the bottom and on the right, by their last pixels, to the sides that
    the network takes, and the result is cut there again. Above a megapixel, on the processor
    above some hundred pixels a side, or where the layers would take more than 1 GiB (4 GiB on a
    graphics processor) they are cut into tiles that overlap by as far as the network looks, so
    that the result is that of the whole. A network that uses means of the whole picture is given
    what is at most a megapixel and fits as a whole; its tiles have means of their own and are
    blended over 32 pixels.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode; it stays as it is.
    read : callable
        Gives both pictures, (C, h, w) float32 in the network's range, in a part.
    size : Size
        Of the whole.
    precision : str
        "float32", "half" (bfloat16 on the processor, else float16), or "auto": half on graphics
        processors.
    side : int, optional
        Largest side of a tile; chosen by the network's cost without it.
    cut : callable, optional
        Gives, for the length of a side, tiles to be used instead.
    path : Path, optional
        Of the weights, for messages.

    Returns
    -------
    (H, W) float32
        Beside it one tile is in memory. `compute.checkpoint` is called before every layer,
        `compute.progress` after every tile; torch uses `compute.threads` threads meanwhile.

    Raises
    ------
    InputError
        If the network gives values that are not finite.
    OutOfMemoryError
        If tiles of 128 pixels do not fit into the device's memory.
    """
    device = torch.device(compute.device)
    wanted = demands(network)
    side = side or _side(wanted, size, device)
    moved: nn.Module = copy.deepcopy(network).to(device)
    moved.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    half = precision == "half" or (precision == "auto" and device.type != "cpu")
    dtype = torch.bfloat16 if device.type == "cpu" else torch.float16
    with (
        torch.inference_mode(),
        torch.autocast(device.type, dtype=dtype, enabled=half),
        _threads(compute.threads),
        _heard(moved, compute),
    ):
        if cut is not None:
            return _tiled(moved, wanted, read, cut(size.height), cut(size.width), compute, path)
        return _fitted(moved, wanted, read, size, side, compute, path)


def _fitted(
    network: nn.Module,
    wanted: Demands,
    read: Read,
    size: Size,
    side: int,
    compute: Compute,
    path: Path | None,
) -> npt.NDArray[np.float32]:
    """In tiles of `side`, or in smaller ones when memory runs out."""
    while True:
        rows, columns = (_tiles(n, wanted=wanted, side=side) for n in (size.height, size.width))
        try:
            return _tiled(network, wanted, read, rows, columns, compute, path)
        except (RuntimeError, MemoryError) as error:
            if not _is_out_of_memory(error):
                raise
            if side <= _LEAST_SIDE:
                what = f"not enough memory on {compute.device} for the network"
                hint = "close other programs or use another device"
                raise OutOfMemoryError(what, hint=hint) from error
        side = max(_LEAST_SIDE, side // 2)


def _side(wanted: Demands, size: Size, device: torch.device) -> int:
    """Largest side of the tiles; at least that of the picture where it need not be cut."""
    pixels = min(WHOLE, _NUMBERS.get(device.type, _NUMBERS["cpu"]) // wanted.numbers)
    if device.type == "cpu" and not wanted.means:
        cached = (_CACHED + _FOR_REACH * wanted.reach) ** 2
        pixels = min(pixels, cached, _PRODUCTS // wanted.products)
    if size.pixels <= pixels:
        return max(size.width, size.height)
    # Half of a tile may be overlap, but no more.
    return max(_LEAST_SIDE, 4 * wanted.reach, int(pixels**0.5))


def _tiles(length: int, *, wanted: Demands, side: int) -> list[Span]:
    blend = _BLEND if wanted.means else 0
    return spans(length, side, margin=wanted.reach, blend=blend, multiple=wanted.multiple)


def _tiled(
    network: nn.Module,
    wanted: Demands,
    read: Read,
    rows: Sequence[Span],
    columns: Sequence[Span],
    compute: Compute,
    path: Path | None,
) -> npt.NDArray[np.float32]:
    plane = np.zeros((rows[-1].stop, columns[-1].stop), np.float32)
    for index, (row, column) in enumerate((r, c) for r in rows for c in columns):
        compute.checkpoint()
        part = Rect(column.low, row.low, column.high - column.low, row.high - row.low)
        found = _forward(network, wanted, *read(part), torch.device(compute.device))
        if not np.isfinite(found).all():
            hint = "use precision=float32 or other weights"
            raise InputError("the network gives values that are not finite", path=path, hint=hint)
        _add(plane, found, row, column)
        compute.progress(index + 1, len(rows) * len(columns))
    return plane


def _forward(
    network: nn.Module, wanted: Demands, first: Planes, second: Planes, device: torch.device
) -> npt.NDArray[np.float32]:
    _, height, width = first.shape
    pads = [_padding(length, wanted) for length in (height, width)]

    def tensor(planes: Planes) -> Tensor:
        wide = np.pad(planes, ((0, 0), (0, pads[0]), (0, pads[1])), mode="edge")[None]
        made = torch.from_numpy(np.ascontiguousarray(wide, np.float32))
        return made.to(device, memory_format=torch.channels_last)

    out: Tensor = network(tensor(first), tensor(second))
    found: npt.NDArray[np.float32] = out[0, 0, :height, :width].float().cpu().numpy()
    return found


def _padding(length: int, wanted: Demands) -> int:
    longer = max(length, wanted.least)
    return -(-longer // wanted.multiple) * wanted.multiple - length


def _add(
    plane: npt.NDArray[np.float32], found: npt.NDArray[np.float32], row: Span, column: Span
) -> None:
    """Add the part of a tile that counts, weighted where it is blended with the next one."""
    inside = found[
        row.start - row.low : row.stop - row.low,
        column.start - column.low : column.stop - column.low,
    ]
    weighted = inside * row.weights[:, None] * column.weights
    plane[row.start : row.stop, column.start : column.stop] += weighted


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, count))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _heard(network: nn.Module, compute: Compute) -> Iterator[None]:
    """Ask whether to stop before each layer: a tile may take seconds."""

    def ask(*_: object) -> None:
        compute.checkpoint()

    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    hooks = [layer.register_forward_pre_hook(ask) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(part in str(error).lower() for part in _MESSAGES)
