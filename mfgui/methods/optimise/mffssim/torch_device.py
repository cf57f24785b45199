"""Memory and transfers of a torch device: estimates, reused buffers, and running out of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, depth_of, white_of
from mfgui.core.compute import Compute
from mfgui.core.stripes import stripes

_BLOCK_BYTES = 1 << 24  # of one transfer; the stop flag is read between two
_SHARE = 0.9  # of the free memory; the rest is left to temporaries and to other programs
_MESSAGES = ("out of memory", "alloc_failed", "can't allocate memory", "not enough memory")


class DeviceOutOfMemory(Exception):
    """A device has too little memory, even for the smallest tiles.

    Attributes
    ----------
    image : (H, W, C) float32, optional
        Where the ascent stood, to be continued elsewhere.
    iteration : int
        The number of steps that led there.
    """

    def __init__(self, message: str, *, image: ImageF32 | None = None, iteration: int = 0) -> None:
        super().__init__(message)
        self.image, self.iteration = image, iteration


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that an allocation failed; each backend has its own way.

    >>> is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"))
    True
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(part in text for part in _MESSAGES)


def has_float64(device: torch.device) -> bool:
    """Whether the device computes in double precision."""
    return device.type != "mps"


class DeviceMemory:
    """Allocates on one device and knows what is left there."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def empty(self, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        return torch.empty(shape, dtype=dtype, device=self.device)

    def zeros(self, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        return self.empty(shape, dtype).zero_()

    def free_bytes(self) -> int | None:
        """Bytes that can still be allocated; None where nobody counts them."""
        if self.device.type == "cuda":
            free, _total = torch.cuda.mem_get_info(self.device)
            cached = torch.cuda.memory_reserved(self.device)
            return int(free) + cached - torch.cuda.memory_allocated(self.device)
        if self.device.type == "mps":
            return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        return None

    def usable_bytes(self) -> int | None:
        """The part of `free_bytes` that may be planned with."""
        free = self.free_bytes()
        return None if free is None else int(_SHARE * free)

    def give_back(self) -> None:
        """Return cached memory to the system."""
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        elif self.device.type == "mps":
            torch.mps.empty_cache()


class DeviceScratch:
    """Work tensors by name, allocated once and grown when a larger one is asked for."""

    def __init__(self, memory: DeviceMemory) -> None:
        self._memory = memory
        self._kept: dict[str, torch.Tensor] = {}

    def take(self, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        """A contiguous tensor with undefined content; the same memory each time."""
        size = math.prod(shape)
        kept = self._kept.get(name)
        if kept is None or kept.numel() < size or kept.dtype != dtype:
            kept = None
            self._kept.pop(name, None)  # freed before the larger one is allocated
            kept = self._kept[name] = self._memory.empty((size,), dtype)
        return kept[:size].view(shape)

    def clear(self) -> None:
        """Free everything."""
        self._kept.clear()
        self._memory.give_back()


@dataclass(frozen=True, eq=False)
class StoredFrame:
    """One source on the device in its stored type, as planes (C, H, W).

    Sixteen bits are kept with the sign bit flipped, because torch computes with int16 on every
    device and with uint16 on few. `white` is None for floats.
    """

    planes: torch.Tensor
    offset: float = 0.0
    white: torch.Tensor | None = None

    def load(self, channel: int, cut: tuple[slice, slice], out: torch.Tensor) -> torch.Tensor:
        """Write a part of one channel, in [0, 1], to `out` (float32)."""
        stored = self.planes[channel][cut]
        if self.white is None:
            return out.copy_(stored)
        if self.offset:
            return torch.add(stored, self.offset, out=out).div_(self.white)
        return torch.div(stored, self.white, out=out)


def upload_frame(pixels: PixelArray, memory: DeviceMemory, compute: Compute) -> StoredFrame:
    """A source (H, W, C) as it is stored."""
    depth = depth_of(pixels)
    kinds = {"uint8": torch.uint8, "uint16": torch.int16, "float32": torch.float32}
    height, width, channels = pixels.shape
    white = None
    if depth != "float32":
        # Kept on the device: division by a number of the host may be a multiplication by its
        # reciprocal there, which differs in the last bit.
        white = memory.empty((), torch.float32).fill_(float(white_of(pixels)))
    planes = memory.empty((channels, height, width), kinds[depth])
    for low, high in stripes(0, height, block_rows(pixels)):
        compute.checkpoint()
        block = np.ascontiguousarray(pixels[low:high])
        if depth == "uint16":
            block = np.bitwise_xor(block, np.uint16(0x8000)).view(np.int16)
        # Made planes of on the device, which is faster at it.
        moved = as_tensor(block).to(memory.device)
        planes[:, low:high].copy_(moved.permute(2, 0, 1))
    return StoredFrame(planes, 32768.0 if depth == "uint16" else 0.0, white)


def block_rows(array: npt.NDArray[np.generic]) -> int:
    """Rows of one transfer."""
    return max(1, _BLOCK_BYTES // max(1, array[:1].nbytes))


def as_tensor(block: npt.NDArray[np.generic]) -> torch.Tensor:
    """`block` as a tensor that may not be written to; shares its memory where it can."""
    return torch.from_numpy(block if block.flags.writeable else block.copy())


def upload_image(
    image: ImageF32, memory: DeviceMemory, dtype: torch.dtype, compute: Compute
) -> torch.Tensor:
    """An image (H, W, C) as planes (C, H, W) on the device."""
    height, width, channels = image.shape
    planes = memory.empty((channels, height, width), dtype)
    for low, high in stripes(0, height, block_rows(image)):
        compute.checkpoint()
        block = np.ascontiguousarray(image[low:high])
        planes[:, low:high].copy_(as_tensor(block).to(memory.device).permute(2, 0, 1))
    return planes


def download_image(planes: torch.Tensor) -> ImageF32:
    """Planes (C, H, W) as a new array (H, W, C); needs no memory on the device."""
    channels, height, width = planes.shape
    kind = np.float64 if planes.dtype == torch.float64 else np.float32
    image = np.empty((height, width, channels), kind)
    rows = max(1, _BLOCK_BYTES // (4 * width))
    for low, high in stripes(0, height, rows):
        for channel in range(channels):
            image[low:high, :, channel] = planes[channel, low:high].cpu().numpy()
    return image


def upload_labels(
    labels: LabelArray, count: int, memory: DeviceMemory, compute: Compute
) -> torch.Tensor:
    """Labels 1 ... `count` on the device; every other value becomes 0."""
    narrow = count <= 255
    kept = memory.empty(labels.shape, torch.uint8 if narrow else torch.int16)
    for low, high in stripes(0, labels.shape[0], block_rows(labels)):
        compute.checkpoint()
        block = np.where(labels[low:high] > count, 0, labels[low:high])
        kept[low:high].copy_(torch.from_numpy(block.astype(np.uint8 if narrow else np.int16)))
    return kept


def upload_mask(
    mask: npt.NDArray[np.bool_], memory: DeviceMemory, compute: Compute
) -> torch.Tensor:
    """A mask (H, W) on the device."""
    kept = memory.empty(mask.shape, torch.bool)
    for low, high in stripes(0, mask.shape[0], block_rows(mask)):
        compute.checkpoint()
        kept[low:high].copy_(as_tensor(np.ascontiguousarray(mask[low:high])))
    return kept
