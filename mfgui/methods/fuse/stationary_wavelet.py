"""Fusion by the detail of largest energy in stationary wavelet bands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, Size, to_float
from mfgui.core.compute import Compute
from mfgui.methods.planes import Clamp, Plane, clamp_to_sources, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

Wavelet = Literal["haar", "db2", "db4", "sym4", "coif1", "bior2.2", "bior4.4"]
_WAVELETS = ("haar", "db2", "db4", "sym4", "coif1", "bior2.2", "bior4.4")
_LENGTHS = {"haar": 2, "db2": 4, "db4": 8, "sym4": 8, "coif1": 6, "bior2.2": 6, "bior4.4": 10}
_SIDE = 512  # of the tiles; each is transformed with the reach around it


@method(
    "stationary-wavelet",
    kind=Kind.FUSER,
    title="Stationary wavelets",
    summary="The wavelet detail of largest local energy, level by level; base averaged.",
    reference="Li, Manjunath and Mitra, Graphical Models and Image Processing 57, 1995, with "
    "the undecimated transform",
    family=Family.LITERATURE,
    smallest=16,
    notes=Notes(
        idea="Each channel is taken apart into bands of detail that keep the picture's size, and "
        "in each band the source of largest energy in 3 x 3 coefficients is taken. The coarse "
        "remainder of all sources is averaged.",
        complexity="O(H W C K levels)",
        memory="about 80 MB for each thread with the default wavelet, whatever the size",
        strengths="Sources shifted alike give the fused picture shifted, which transforms on a "
        "coarser grid do not; smooth parts stay smooth.",
        failures="Averaging the base leaves the haze of unsharp sources wherever blur is wider "
        "than the coarsest level, more so in deep stacks; detail of the brighter blurred side "
        "leaves halos.",
    ),
)
def stationary_wavelet(
    images: Sequence[PixelArray],
    labels: LabelArray | None = None,
    *,
    compute: Compute,
    wavelet: Annotated[Wavelet, Parameter("Filters of the transform", choices=_WAVELETS)] = "db2",
    levels: Annotated[
        int,
        Parameter("How many sizes of detail; fewer in small pictures", minimum=1, maximum=5),
    ] = 4,
    clamp: Clamp = False,
) -> ImageF32:
    """Of each detail coefficient the source of largest energy around; `labels` is not used.

    The undecimated separable wavelet transform of each channel (``pywt.swt2``), the picture
    mirrored beyond its borders with the edge repeated. Energies are sums of squares over 3 x 3
    coefficients of one band; ties take the lowest source. The approximation that is left is the
    mean of the sources. Pictures are worked on in tiles that are grown by what the filters
    reach, so the result does not depend on the tiles.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more sources, as stored.
    wavelet : str
        Name of an orthogonal or biorthogonal wavelet of PyWavelets.
    levels : int
        Pictures too small for the coarsest filters get fewer: see `levels_within`.
    clamp : bool
        Whether values are brought into the range of the sources at their pixel.

    Returns
    -------
    (H, W, C) float32 in [0, 1]
        Time O(H W C K levels). Memory for each thread: 6 (levels + 1) planes of a tile of
        512 pixels a side and 2 reaches more, whatever H, W and K.

    References
    ----------
    H. Li, B. S. Manjunath, S. K. Mitra, Multisensor image fusion using the wavelet transform,
    Graphical Models and Image Processing 57, 1995; M. Holschneider et al., A real-time
    algorithm for signal analysis with the help of the wavelet transform, 1989.
    """
    height, width, channels = images[0].shape
    taps = _LENGTHS[wavelet]
    levels = levels_within(Size(width, height), levels, taps=taps)
    reach = reach_of(levels, taps=taps)
    fused: ImageF32 = np.empty(images[0].shape, np.float32)

    steps = 2**levels

    def work(_wide: Rect, inner: Rect) -> None:
        rows = _mirrored(inner.y - reach, inner.bottom + reach, height, multiple=steps)
        columns = _mirrored(inner.x - reach, inner.right + reach, width, multiple=steps)
        for channel in range(channels):
            part = (rows[:, None], columns[None, :], channel)
            planes = (to_float(image[part]) for image in images)
            plane = _fused(planes, wavelet, levels, compute=compute)
            cut = plane[reach : reach + inner.height, reach : reach + inner.width]
            np.clip(cut, 0.0, 1.0, out=fused[inner.slices][:, :, channel])

    in_tiles(Size(width, height), work, reach=reach, compute=compute, side=_SIDE)
    if clamp:
        clamp_to_sources(fused, images, compute=compute)
    return fused


def reach_of(levels: int, *, taps: int) -> int:
    """Pixels around a pixel that its fused value may depend on.

    Level j has filters of `taps` taps that lie 2^(j-1) pixels apart; what the analysis reaches
    to one side the synthesis reaches to the other. One pixel is that of the energy.

    >>> reach_of(4, taps=4)
    46
    """
    return (taps - 1) * ((1 << levels) - 1) + 1


def levels_within(size: Size, levels: int, *, taps: int) -> int:
    """At most `levels`, and so few that the coarsest wavelet is not wider than the picture.

    >>> [levels_within(Size(side, side), 4, taps=4) for side in (16, 40, 640)]
    [2, 3, 4]
    """
    while levels > 1 and reach_of(levels, taps=taps) > min(size.width, size.height):
        levels -= 1
    return levels


def _mirrored(start: int, stop: int, length: int, *, multiple: int) -> npt.NDArray[np.intp]:
    """Where start ... stop - 1 lie in a line of `length` that is mirrored again and again.

    As many follow as make their number a multiple of `multiple`.
    """
    count = -(-(stop - start) // multiple) * multiple
    places = np.arange(start, start + count) % (2 * length)
    return np.minimum(places, 2 * length - 1 - places)


def _fused(planes: Iterable[Plane], wavelet: Wavelet, levels: int, *, compute: Compute) -> Plane:
    """One channel of a tile; its outermost `reach_of` pixels are not meant to be used."""
    import pywt

    base: Plane | None = None
    bands: list[Plane] = []
    energies: list[Plane] = []
    count = 0
    for plane in planes:
        approximation, *details = pywt.swt2(plane, wavelet, levels, trim_approx=True)
        found = [band for level in details for band in level]
        count += 1
        if base is None:
            base, bands, energies = approximation, found, [_energy(band) for band in found]
            continue
        base += approximation
        for band, best, energy in zip(found, bands, energies, strict=True):
            compute.checkpoint()
            other = _energy(band)
            larger = (other > energy).view(np.uint8)
            cv2.copyTo(band, larger, best)
            cv2.copyTo(other, larger, energy)
    assert base is not None
    base /= np.float32(count)
    compute.checkpoint()
    triples = [tuple(bands[at : at + 3]) for at in range(0, len(bands), 3)]
    return np.asarray(pywt.iswt2([base, *triples], wavelet), np.float32)


def _energy(band: Plane) -> Plane:
    """Sum of the squares of 3 x 3 coefficients; 0 along the rim.

    Plain sums: the running ones of a box filter would round by what lies far away.
    """
    squares = band * band
    rows = squares[:-2] + squares[1:-1]
    rows += squares[2:]
    energy = np.zeros_like(band)
    inside = energy[1:-1, 1:-1]
    np.add(rows[:, :-2], rows[:, 1:-1], out=inside)
    inside += rows[:, 2:]
    return energy
