"""How much memory methods take, so that a person is told before the work and not by a failure."""

from __future__ import annotations

import math

from mfgui.app import machine
from mfgui.core.arrays import Size

_PROGRAM = 150_000_000  # bytes of the program with its libraries, as measured
# Bytes per pixel with the result, and bytes of tiles: measured on ten colour frames of 12.6
# megapixels and two threads, of networks on 3 megapixels; the slowest were not waited for. `photo`
# and methods of others are not here: that one keeps to a limit, of those nothing is known.
_TAKEN: dict[str, tuple[int, int]] = {
    "ms-lap": (78, 0),
    "ms-resnet": (78, 550_000_000),
    "stack": (19, 0),
    "defocus-inversion": (80, 75_000_000),
    "laplacian-pyramid": (23, 0),
    "enfuse-style": (26, 0),
    "complex-wavelet": (22, 0),
    "weighted-average": (17, 0),
    "depth-map": (20, 0),
    "stationary-wavelet": (14, 160_000_000),
    "gff": (14, 180_000_000),
    "brw": (140, 0),
    "gfdf": (62, 0),
    "cbf": (18, 0),
    "s-a": (70, 0),
    "dct-variance": (21, 0),
    "dsift": (62, 0),
    "quadtree": (32, 0),
    "image-matting": (55, 700_000_000),
    "bf": (88, 0),
    "mwgf": (50, 200_000_000),
    "csr": (48, 40_000_000),
    "ms-resnet-map": (40, 550_000_000),
    "mfif-gan": (45, 850_000_000),
    "mff-gan": (60, 300_000_000),
    "edmf": (60, 300_000_000),
    "average": (14, 0),
    "composite": (40, 0),
}
_TILE = 400  # bytes per pixel at most: the tiles of a small picture are small, too


def needed(method: str, size: Size, *, kept: int) -> int | None:
    """Bytes that the whole program will take at most; None where nobody knows.

    Parameters
    ----------
    kept : int
        Bytes of frames in memory.
    """
    found = _TAKEN.get(method)
    if found is None:
        return None
    rate, tiles = found
    return _PROGRAM + kept + rate * size.pixels + min(tiles, _TILE * size.pixels)


def shortage(method: str | None, size: Size, *, kept: int, limit: int | None = None) -> str:
    """One line where a method will take more than it may; empty where it will not.

    Parameters
    ----------
    method : str or None
        What will fuse the frames; None for nothing.
    kept : int
        Bytes of frames that will be read into memory.
    limit : int or None
        Bytes of the whole program as a person has set them; None where what is free counts.
    """
    need = None if method is None else needed(method, size, kept=kept)
    most = machine.memory().available if limit is None else limit
    if need is None or most is None or need <= most:
        return ""
    limited = limit is not None
    allowed = f"the {most / 1e9:.2g} GB {'allowed' if limited else 'free'}"
    wanted = math.ceil(need / 1e8) / 10
    what = (
        f"{method} takes about {wanted:.1f} GB of memory for frames of {size}, more than {allowed}"
    )
    other = f"allow it with --memory {wanted:.1f}" if limited else "close other programs"
    return f"{what}; use the method photo, which keeps to it, or {other}"
