"""Convolutional sparse coding: a plane as a sum of few shifted filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size

Filters: TypeAlias = npt.NDArray[np.float32]  # (M, h, w)
Maps: TypeAlias = npt.NDArray[np.float32]  # (M, H, W)
Spectrum: TypeAlias = npt.NDArray[np.complex64]
Plane: TypeAlias = npt.NDArray[np.float32]  # (H, W)

_RELAXATION = 1.8
_CHECKED_EVERY = 5


class Progress(NamedTuple):
    """How far the two halves of a step are apart, and how far the maps moved, relatively."""

    primal: float
    dual: float

    def below(self, tolerance: float) -> bool:
        return max(self) < tolerance


class Coder:
    """Solves min over x_m of 1/2 || sum_m d_m * x_m - s ||^2 + lambda sum_m || x_m ||_1.

    ADMM in the Fourier domain: the quadratic half of a step has a rank-one system in every
    frequency, which the Sherman-Morrison formula solves; the other half is a soft threshold.
    B. Wohlberg, Efficient algorithms for convolutional sparse representations, IEEE TIP 25,
    2016, section III. Convolutions are circular; filters begin at their first pixel.

    Parameters
    ----------
    filters : (M, h, w) float32
    size : Size
        Of the planes.
    sparsity : float
        lambda.
    penalty : float or None
        rho of ADMM; 100 lambda + 0.5 by default.
    """

    def __init__(
        self, filters: Filters, size: Size, *, sparsity: float, penalty: float | None = None
    ) -> None:
        from scipy.fft import rfft2

        count, height, width = filters.shape
        self._shape = (count, size.height, size.width)
        self._rho = np.float32(100.0 * sparsity + 0.5 if penalty is None else penalty)
        self._threshold = np.float32(sparsity) / self._rho
        padded = np.zeros(self._shape, np.float32)
        padded[:, :height, :width] = filters
        self.filters: Spectrum = rfft2(padded)
        power = np.square(np.abs(self.filters)).sum(axis=0)
        self._inverse: Spectrum = np.conj(self.filters) / (power + self._rho)

    def __call__(
        self,
        plane: Plane,
        *,
        tolerance: float,
        limit: int,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> Maps:
        """The maps, (M, H, W), after at most `limit` steps.

        Ends where both residuals lie below `tolerance`. Time O(M H W log(H W)) a step; memory
        about six times that of the maps.
        """
        maps, dual = self.start()
        target = self.correlate(plane)
        for done in range(1, limit + 1):
            checkpoint()
            wanted = done % _CHECKED_EVERY == 0
            progress = self.step(target, maps, dual, measured=wanted)
            if progress is not None and progress.below(tolerance):
                break
        return maps

    def start(self) -> tuple[Maps, Maps]:
        """Maps and scaled dual variable before the first step."""
        return np.zeros(self._shape, np.float32), np.zeros(self._shape, np.float32)

    def correlate(self, plane: Plane) -> Spectrum:
        """Spectrum of the correlation of a plane with every filter."""
        from scipy.fft import rfft2

        target: Spectrum = np.conj(self.filters) * rfft2(plane)
        return target

    def step(
        self, target: Spectrum, maps: Maps, dual: Maps, *, measured: bool = True
    ) -> Progress | None:
        """One step, in place; how far it came, if that is to be `measured`."""
        from scipy.fft import irfft2, rfft2

        before = maps.copy() if measured else None
        maps -= dual
        spectrum: Spectrum = rfft2(maps)
        spectrum *= self._rho
        spectrum += target
        common = (self.filters * spectrum).sum(axis=0)
        spectrum -= self._inverse * common
        spectrum /= self._rho
        dense: Maps = irfft2(spectrum, s=self._shape[1:], overwrite_x=True)
        maps += dual
        relaxed = dense * np.float32(_RELAXATION)
        maps *= np.float32(1.0 - _RELAXATION)
        relaxed += maps
        relaxed += dual
        np.clip(relaxed, -self._threshold, self._threshold, out=dual)
        np.subtract(relaxed, dual, out=maps)
        if before is None:
            return None
        scale = max(_norm(dense), _norm(maps))
        moved = _norm(dual)
        before -= maps
        dense -= maps
        return Progress(
            _norm(dense) / scale if scale else 0.0, _norm(before) / moved if moved else 0.0
        )


def _norm(values: Maps) -> float:
    flat = values.ravel()
    return float(np.sqrt(np.dot(flat, flat)))
