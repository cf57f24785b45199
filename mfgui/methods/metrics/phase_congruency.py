"""Phase congruency: how far the Fourier components of a picture agree in phase, at every pixel.

It is large at edges, lines and corners whatever their contrast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from mfgui.methods.metrics.planes import Values

Spectrum: TypeAlias = npt.NDArray[np.complex128]  # (H, W), origin at the corner

_SCALES = 4
_SIGMA_ON_CENTRE = 0.55  # of the log Gabor filters, about two octaves
_THETA_ON_SIGMA = 1.2  # distance of orientations over the deviation of their Gaussians
_CUT_FREQUENCY, _CUT_ORDER = 0.45, 15  # of the low pass that rounds the spectrum's corners
_DEVIATIONS = 2.0  # of the noise energy above its mean, up to which it is noise
_NOISE_SHARE = 1.7  # empirical: from the noise of the energy to that of this measure
_LEAST_SPREAD, _SPREAD_GAIN = 0.5, 10.0
_EPSILON = 1e-4  # grey levels; rounding in flat pictures lies far below


@dataclass(frozen=True)
class Settings:
    """Filters and what is made of them.

    Attributes
    ----------
    orientations : int
    shortest : float
        Wavelength of the finest scale in pixels.
    factor : float
        From one wavelength to the next.
    spread : bool
        Whether features that only few scales see count less.
    mixed_share : float
        Of the mixed term of the moments; 2 makes them those of the covariance matrix.
    corner_shifted : bool
        Whether the low pass of odd sides lies one frequency off.
    """

    orientations: int
    shortest: float
    factor: float
    spread: bool
    mixed_share: float = 2.0
    corner_shifted: bool = False


OF_FSIM = Settings(orientations=4, shortest=6.0, factor=2.0, spread=False)
"""As FSIM takes it."""

OF_Q_P = Settings(
    orientations=6, shortest=3.0, factor=2.1, spread=True, mixed_share=0.5, corner_shifted=True
)
"""As the published program of Q_P takes it. The mixed term of its moments is a quarter of that of
Kovesi's formula, and the low pass of pictures with odd sides lies one frequency off."""


class Congruency(NamedTuple):
    """Of one picture, (H, W) each.

    Attributes
    ----------
    total : (H, W) float64
        Over all orientations, 0 ... 1.
    largest, smallest : (H, W) float64
        Moments of the congruencies of the orientations: strength of edges, and of corners.
    """

    total: Values
    largest: Values
    smallest: Values


def congruency(planes: Sequence[Values], settings: Settings) -> tuple[Congruency, ...]:
    """Phase congruency of planes (H, W) of one size.

    P. Kovesi, Image features from phase congruency, Videre 1, 1999, and Phase congruency detects
    corners and edges, DICTA 2003. With responses e + i o of log Gabor filters of four scales n and
    some orientations, their amplitudes A_n and the direction (E, O) of their sum over the scales,
    an orientation has the energy sum_n (e_n E + o_n O - |e_n O - o_n E|) less the noise T, times
    a sigmoid of the spread of the A_n over the scales where `spread` says so. PC is the sum of
    energies over that of amplitudes. T comes from the median squared amplitude of the finest
    scale. The moments are those of the orientations' own PC.

    Flat pictures have none. Time O(H W log(H W)) for each of 4 `orientations` filters.
    """
    from scipy.fft import fft2

    shape = planes[0].shape
    radial, directions = _radial(shape, settings), _directions(shape)
    spectra = [fft2(plane, workers=-1) for plane in planes]
    sums = [_Sums.none(shape) for _ in planes]
    for n in range(settings.orientations):
        angle = n * math.pi / settings.orientations
        angular = _angular(directions, angle, settings.orientations)
        share = _noise_share(radial, angular)
        for spectrum, found in zip(spectra, sums, strict=True):
            found.add(angle, *_oriented(spectrum, radial, angular, share, spread=settings.spread))
    return tuple(found.finished(settings) for found in sums)


@dataclass(eq=False)
class _Sums:
    """Over the orientations so far."""

    energy: Values
    amplitude: Values
    across: Values  # squares of x = PC cos, of y = PC sin, and their product
    down: Values
    mixed: Values

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> _Sums:
        return cls(*(np.zeros(shape) for _ in range(5)))

    def add(self, angle: float, energy: Values, amplitude: Values) -> None:
        self.energy += energy
        self.amplitude += amplitude
        seen = amplitude > 0.0
        squared = np.divide(energy, amplitude, out=np.zeros_like(energy), where=seen) ** 2
        self.across += squared * math.cos(angle) ** 2
        self.down += squared * math.sin(angle) ** 2
        self.mixed += squared * (math.cos(angle) * math.sin(angle))

    def finished(self, settings: Settings) -> Congruency:
        scale = 2.0 / settings.orientations
        across, down, mixed = (part * scale for part in (self.across, self.down, self.mixed))
        gap = np.hypot(settings.mixed_share * mixed, across - down) + _EPSILON
        whole = across + down
        return Congruency(
            self.energy / (self.amplitude + _EPSILON), (whole + gap) / 2.0, (whole - gap) / 2.0
        )


def _oriented(
    spectrum: Spectrum, radial: Values, angular: Values, share: float, *, spread: bool
) -> tuple[Values, Values]:
    """Energy above noise and sum of amplitudes of one orientation."""
    from scipy.fft import ifft2

    seen = spectrum * angular
    responses = [ifft2(seen * scale, workers=-1, overwrite_x=True) for scale in radial]
    amplitudes = [np.abs(response) for response in responses]
    amplitude = np.add.reduce(amplitudes)
    whole = np.add.reduce(responses)
    length = np.abs(whole)
    direction = whole / (length + _EPSILON)
    energy = whole.real * direction.real + whole.imag * direction.imag
    for response in responses:
        energy -= np.abs(response.real * direction.imag - response.imag * direction.real)
    energy -= _noise(amplitudes[0], share)
    np.maximum(energy, 0.0, out=energy)
    if spread:
        wide = amplitude / ((np.maximum.reduce(amplitudes) + _EPSILON) * _SCALES)
        energy /= 1.0 + np.exp((_LEAST_SPREAD - wide) * _SPREAD_GAIN)
    return energy, amplitude


def _noise(finest: Values, share: float) -> float:
    """Energy up to which it is noise, from the amplitudes of the finest scale.

    Their squares have an exponential distribution if noise is Gaussian, and a median of ln 2
    means; the energy has a Rayleigh distribution.
    """
    mean_square = float(np.median(finest**2)) / math.log(2.0)
    tau = math.sqrt(mean_square * share)
    threshold = tau * (math.sqrt(math.pi / 2.0) + _DEVIATIONS * math.sqrt(2.0 - math.pi / 2.0))
    return threshold / _NOISE_SHARE


def _noise_share(radial: Values, angular: Values) -> float:
    """Squared tau of the noise of the energy, over the mean squared amplitude of the finest scale.

    It is the power of the real part of the sum of the filters, as pictures: of its even part in
    the Fourier domain.
    """
    whole = np.add.reduce(radial) * angular
    # Its value at the opposite frequency.
    turned = np.roll(whole[::-1, ::-1], (1, 1), (0, 1))
    even = float(((whole + turned) ** 2).sum()) / 4.0
    return even / float(((radial[0] * angular) ** 2).sum() or 1.0)


def _radial(shape: tuple[int, ...], settings: Settings) -> Values:
    """Log Gabor filters of all scales, (4, H, W), without orientation."""
    distance = _distance(*(_frequencies(side) for side in shape))
    distance[0, 0] = 1.0  # has a logarithm
    if settings.corner_shifted:
        beside = [np.fft.fftshift((np.arange(n) - n // 2) / n) for n in shape]
        low = _distance(*beside)
    else:
        low = distance
    low_pass = 1.0 / (1.0 + (low / _CUT_FREQUENCY) ** (2 * _CUT_ORDER))
    found = np.empty((_SCALES, *shape))
    for n in range(_SCALES):
        wavelength = settings.shortest * settings.factor**n
        octaves = np.log(distance * wavelength) / math.log(_SIGMA_ON_CENTRE)
        found[n] = np.exp(-(octaves**2) / 2.0) * low_pass
        found[n, 0, 0] = 0.0
    return found


def _frequencies(side: int) -> Values:
    """Cycles per pixel of a side, from -0.5; an odd one reaches 0.5 as well."""
    if side % 2:
        places = np.asarray(np.arange(side) - (side - 1) / 2.0, np.float64)
        return np.fft.ifftshift(places / max(side - 1, 1))
    return np.asarray(np.fft.fftfreq(side), np.float64)


def _distance(down: Values, across: Values) -> Values:
    found: Values = np.hypot(down[:, np.newaxis], across[np.newaxis, :])
    return found


def _directions(shape: tuple[int, ...]) -> Values:
    """Angle of every frequency, anticlockwise from the right."""
    down, across = (_frequencies(side) for side in shape)
    found: Values = np.arctan2(-down[:, np.newaxis], across[np.newaxis, :])
    return found


def _angular(directions: Values, angle: float, orientations: int) -> Values:
    """Gaussian of the angle between every frequency and an orientation, one-sided."""
    turned = np.remainder(directions - angle + math.pi, 2.0 * math.pi) - math.pi
    deviation = math.pi / orientations / _THETA_ON_SIGMA
    found: Values = np.exp(-(turned**2) / (2.0 * deviation**2))
    return found
