"""Compiled loops of the complex wavelet transform; imported on first use.

Complex planes are float32 arrays of shape (2, H, W): real part, imaginary part. A band of a
picture of H x W pixels has ceil(H / 2) x ceil(W / 2) coefficients; the three bands of detail of
a level are (3, 2, h, w): low along rows and high along columns, the reverse, high along both.

Beyond the borders the picture is mirrored with the edge repeated; an odd side gets its last row
or column once more. The low-pass filter is symmetric and the high-pass filter antisymmetric
about the same half sample, so coefficients are mirrored likewise, those of the high-pass with
the opposite sign: the transform has as many coefficients as the picture has pixels, and loses
nothing at the borders.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# The six taps are h0 h1 h2 h2 h1 h0 (W. Lawton, IEEE Trans. Signal Processing 41, 1993).
_UNIT = np.sqrt(2.0) / 64
_A0, _A1, _A2 = (np.float32(value * _UNIT) for value in (-3.0, 5.0, 30.0))
_B0, _B1, _B2 = (np.float32(value * _UNIT * np.sqrt(15.0)) for value in (1.0, 1.0, -2.0))


@njit(cache=True, nogil=True, error_model="numpy")
def _split(row: Any, even: Any, odd: Any) -> None:
    """Even and odd samples of a row, one mirrored sample before and behind each."""
    half = even.size - 2
    for x in range(row.size // 2):
        even[x + 1] = row[2 * x]
        odd[x + 1] = row[2 * x + 1]
    if row.size % 2:
        even[half] = row[row.size - 1]
        odd[half] = even[half]
    even[0], odd[0] = odd[1], even[1]
    even[half + 1], odd[half + 1] = odd[half], even[half]


@njit(cache=True, nogil=True, error_model="numpy")
def _sums(first: Any, second: Any, sign: Any, plus: Any, minus: Any) -> None:
    """first + sign * second, and first - sign * second."""
    for x in range(plus.size):
        value = sign * second[x]
        plus[x], minus[x] = first[x] + value, first[x] - value


@njit(cache=True, nogil=True, error_model="numpy")
def _mix(planes: Any, chosen: Any, factors: Any, out: Any) -> None:
    """The sum of six rows of `planes`, each with its factor.

    Short loops like this one become vector instructions; one with all inputs does not.
    """
    r0, r1, r2 = planes[chosen[0]], planes[chosen[1]], planes[chosen[2]]
    r3, r4, r5 = planes[chosen[3]], planes[chosen[4]], planes[chosen[5]]
    f0, f1, f2, f3, f4, f5 = factors
    for x in range(out.size):
        out[x] = (f0 * r0[x] + f1 * r1[x] + f2 * r2[x]) + (f3 * r3[x] + f4 * r4[x] + f5 * r5[x])


@njit(cache=True, nogil=True, error_model="numpy")
def _bands(folded: Any, low_re: Any, low_im: Any, high_re: Any, high_im: Any) -> None:
    """Inner products with h, and with g_n = (-1)^n conj(h_n).

    `folded` (12, w) holds the sums of the three pairs that taps of equal modulus meet, of the
    real and the imaginary parts, then their differences.
    """
    _mix(folded, (0, 1, 2, 3, 4, 5), (_A0, _A1, _A2, _B0, _B1, _B2), low_re)
    _mix(folded, (3, 4, 5, 0, 1, 2), (_A0, _A1, _A2, -_B0, -_B1, -_B2), low_im)
    _mix(folded, (6, 7, 8, 9, 10, 11), (_A0, -_A1, _A2, -_B0, _B1, -_B2), high_re)
    _mix(folded, (9, 10, 11, 6, 7, 8), (_A0, -_A1, _A2, _B0, -_B1, _B2), high_im)


@njit(cache=True, nogil=True, error_model="numpy")
def _filter_row(source: Any, row: int, samples: Any, folded: Any, out: Any) -> None:
    """Row `row` of a real or complex plane; `out` (2, 2, w): low band, high band."""
    one, width = np.float32(1.0), out.shape[2]
    even, odd = samples[0], samples[1]
    folded[:] = 0.0
    for part in range(source.shape[0]):
        _split(source[part, row], even, odd)
        plus, minus = folded[3 * part : 3 * part + 3], folded[3 * part + 6 : 3 * part + 9]
        _sums(even[:width], odd[2:], one, plus[0], minus[0])
        _sums(odd[:width], even[2:], one, plus[1], minus[1])
        _sums(even[1 : width + 1], odd[1 : width + 1], one, plus[2], minus[2])
    _bands(folded, out[0, 0], out[0, 1], out[1, 0], out[1, 1])


@njit(cache=True, nogil=True, error_model="numpy")
def _mirrored(row: int, height: int) -> int:
    """The row that stands at `row`, which may lie beyond the borders."""
    if row < 0:
        row = -1 - row
    if row >= height:
        padded = height + height % 2
        if row >= padded:
            row = 2 * padded - 1 - row
        row = min(row, height - 1)
    return row


@njit(cache=True, nogil=True, error_model="numpy")
def _keep_largest(bands: Any, row: int, best: Any, labels: Any, number: int) -> None:
    """Where the squared modulus is larger than the largest so far, note it and the source."""
    for band in range(3):
        re, im = bands[band, 0], bands[band, 1]
        most, label = best[band, row], labels[band, row]
        for x in range(re.size):
            energy = re[x] * re[x] + im[x] * im[x]
            larger = energy > most[x]
            most[x] = energy if larger else most[x]
            label[x] = number if larger else label[x]


@njit(cache=True, nogil=True, error_model="numpy")
def _take(bands: Any, row: int, labels: Any, number: int, details: Any) -> None:
    """Copy the coefficients that are to come from source `number`."""
    for band in range(3):
        label = labels[band, row]
        for part in range(2):
            values, kept = bands[band, part], details[band, part, row]
            for x in range(label.size):
                kept[x] = values[x] if label[x] == number else kept[x]


@njit(cache=True, nogil=True, error_model="numpy")
def analyse(
    source: Any, start: int, stop: int, low: Any, labels: Any, number: int, best: Any,
    details: Any, samples: Any, folded: Any, ring: Any, bands: Any,
) -> None:  # fmt: skip
    """One level of the transform of one source, rows start ... stop - 1 of its bands.

    `source` (1 or 2, H, W) is the picture or the low band before; `low` (2, h, w) receives the
    next one. With `best` (3, h, w) of any length, detail is compared and `labels` (3, h, w)
    learn where it is largest so far; without (length 0) `details` (3, 2, h, w) receive what
    `labels` give to source `number`. `samples` (2, w + 2), `folded` (12, w), `ring`
    (6, 2, 2, w) and `bands` (3, 2, w) are scratch memory.
    """
    height = source.shape[1]
    one, comparing = np.float32(1.0), best.shape[1] > 0
    ahead = max(0, 2 * start - 2)
    for row in range(start, stop):
        while ahead < min(2 * row + 4, height):
            _filter_row(source, ahead, samples, folded, ring[ahead % 6])
            ahead += 1
        for band in range(2):
            for pair in range(3):
                above = ring[_mirrored(2 * row - 2 + pair, height) % 6, band]
                below = ring[_mirrored(2 * row + 3 - pair, height) % 6, band]
                for part in range(2):
                    place = 3 * part + pair
                    _sums(above[part], below[part], one, folded[place], folded[place + 6])
            if band == 0:
                _bands(folded, low[0, row], low[1, row], bands[0, 0], bands[0, 1])
            else:
                _bands(folded, bands[1, 0], bands[1, 1], bands[2, 0], bands[2, 1])
        if comparing:
            _keep_largest(bands, row, best, labels, number)
        else:
            _take(bands, row, labels, number, details)


@njit(cache=True, nogil=True, error_model="numpy")
def agree(labels: Any, start: int, stop: int) -> None:
    """Where two of the three bands of a level have the same label the third gets it, too."""
    first, second, third = labels[0], labels[1], labels[2]
    for row in range(start, stop):
        for x in range(labels.shape[2]):
            a, b, c = first[row, x], second[row, x], third[row, x]
            if b == c:
                first[row, x] = b
            elif a == c:
                second[row, x] = a
            elif a == b:
                third[row, x] = a


@njit(cache=True, nogil=True, error_model="numpy")
def majority(labels: Any, start: int, stop: int, out: Any) -> None:
    """The label that more than half of the 3 x 3 labels around have, else a pixel's own.

    Beyond the borders the outermost labels are repeated. The candidate is found by pairing
    off unlike labels (R. Boyer, J. Moore, MJRTY, 1991), then counted.
    """
    _, height, width = labels.shape
    for band in range(3):
        for row in range(start, stop):
            above = labels[band, max(row - 1, 0)]
            here = labels[band, row]
            below = labels[band, min(row + 1, height - 1)]
            for x in range(width):
                left, right = max(x - 1, 0), min(x + 1, width - 1)
                own = here[x]
                window = (
                    above[left], above[x], above[right], here[left], own, here[right],
                    below[left], below[x], below[right],
                )  # fmt: skip
                candidate, lead = own, 0
                for label in window:
                    if lead == 0:
                        candidate = label
                    lead += 1 if label == candidate else -1
                count = 0
                for label in window:
                    count += label == candidate
                out[band, row, x] = candidate if count > 4 else own


@njit(cache=True, nogil=True, error_model="numpy")
def _samples(folded: Any, even_re: Any, even_im: Any, odd_re: Any, odd_im: Any) -> None:
    """Two neighbouring samples: h times the low band plus g times the high band.

    `folded` (12, w): low plus high band of the coefficients behind, before and at the pair, of
    the real and the imaginary parts, then low minus high band.
    """
    _mix(folded, (0, 1, 2, 9, 10, 11), (_A0, _A1, _A2, -_B0, -_B1, -_B2), even_re)
    _mix(folded, (3, 4, 5, 6, 7, 8), (_A0, _A1, _A2, _B0, _B1, _B2), even_im)
    _mix(folded, (6, 7, 8, 3, 4, 5), (_A1, _A0, _A2, -_B1, -_B0, -_B2), odd_re)
    _mix(folded, (9, 10, 11, 0, 1, 2), (_A1, _A0, _A2, _B1, _B0, _B2), odd_im)


@njit(cache=True, nogil=True, error_model="numpy")
def _join_row(line: Any, folded: Any, pair: Any, row: int, out: Any) -> None:
    """One row of the picture from `line` (2, 2, w + 2): its low and its high band."""
    half, width, one = line.shape[2] - 2, out.shape[2], np.float32(1.0)
    for part in range(2):
        low, high = line[0, part], line[1, part]
        low[0], low[half + 1] = low[1], low[half]
        high[0], high[half + 1] = -high[1], -high[half]
        plus, minus = folded[3 * part : 3 * part + 3], folded[3 * part + 6 : 3 * part + 9]
        _sums(low[2:], high[2:], one, plus[0], minus[0])
        _sums(low[:half], high[:half], one, plus[1], minus[1])
        _sums(low[1 : half + 1], high[1 : half + 1], one, plus[2], minus[2])
    _samples(folded, pair[0, 0], pair[0, 1], pair[1, 0], pair[1, 1])
    for part in range(out.shape[0]):
        even, odd, target = pair[0, part], pair[1, part], out[part, row]
        for x in range(width // 2):
            target[2 * x] = even[x]
            target[2 * x + 1] = odd[x]
        if width % 2:
            target[width - 1] = even[half - 1]


@njit(cache=True, nogil=True, error_model="numpy")
def synthesise(
    low: Any, details: Any, start: int, stop: int, out: Any, lines: Any, folded: Any, pair: Any
) -> None:
    """The low band before, or the picture, from all bands of a level.

    Rows start ... stop - 1 of the bands make rows 2 start ... 2 stop - 1 of `out`
    (1 or 2, H, W); a single plane receives the real part. `lines` (2, 2, 2, w + 2), `folded`
    (12, w) and `pair` (2, 2, w) are scratch memory.
    """
    height = low.shape[1]
    one, width = np.float32(1.0), low.shape[2]
    for row in range(start, stop):
        before = one if row > 0 else -one
        behind = one if row < height - 1 else -one
        rows = (min(row + 1, height - 1), max(row - 1, 0), row)
        signs = (behind, before, one)
        for band in range(2):
            smooth = low if band == 0 else details[1]
            rough = details[0] if band == 0 else details[2]
            for part in range(2):
                for place in range(3):
                    near, plus = rows[place], 3 * part + place
                    _sums(
                        smooth[part, near],
                        rough[part, near],
                        signs[place],
                        folded[plus],
                        folded[plus + 6],
                    )
            above, below = lines[0, band], lines[1, band]
            _samples(
                folded, above[0, 1 : width + 1], above[1, 1 : width + 1],
                below[0, 1 : width + 1], below[1, 1 : width + 1],
            )  # fmt: skip
        for parity in range(2):
            if 2 * row + parity < out.shape[1]:
                _join_row(lines[parity], folded, pair, 2 * row + parity, out)
