"""Learns the filters of the method csr from photographs, and writes them as JSON.

    python -m benchmarks.csr_filters PHOTOGRAPH ... --out resources/weights/csr_filters.json

Steps of coding (ADMM) and of projected gradients on the filters take turns: B. Wohlberg,
Efficient algorithms for convolutional sparse representations, IEEE TIP 25, 2016, section V.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft2, rfft2

from mfgui.core.arrays import Size
from mfgui.files.images import read_image
from mfgui.methods.decide.csr import split
from mfgui.methods.decide.sparse_coding import Coder
from mfgui.methods.planes import grey

COUNT, SIDE = 32, 8
CROP = 128
SPARSITY = 0.05


def crops(paths: list[Path], each: int, rng: np.random.Generator) -> list[npt.NDArray[np.float32]]:
    """Details of the photographs, `each` crops of every one, faded out towards their borders."""
    ramp = np.minimum(1.0, (np.arange(CROP) + 0.5) / SIDE)
    fade = np.minimum(ramp, ramp[::-1])
    found = []
    for path in paths:
        _, detail = split(grey(read_image(path)))
        for _ in range(each):
            y, x = (int(rng.integers(0, side - CROP)) for side in detail.shape)
            cut = detail[y : y + CROP, x : x + CROP] * np.outer(fade, fade)
            found.append(np.ascontiguousarray(cut, np.float32))
    return found


def project(filters: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The nearest filters of mean 0 and of norm 1 at most."""
    filters = filters - filters.mean(axis=(1, 2), keepdims=True)
    norms = np.sqrt(np.square(filters).sum(axis=(1, 2), keepdims=True))
    return np.asarray(filters / np.maximum(norms, 1.0), np.float32)


def learn(planes: list[npt.NDArray[np.float32]], rounds: int, rng: np.random.Generator):
    filters = project(10 * rng.standard_normal((COUNT, SIDE, SIDE)).astype(np.float32))
    size = Size(CROP, CROP)
    states = [Coder(filters, size, sparsity=SPARSITY).start() for _ in planes]
    spectra = [rfft2(plane) for plane in planes]
    for done in range(1, rounds + 1):
        coder = Coder(filters, size, sparsity=SPARSITY)
        gradient = np.zeros_like(coder.filters)
        power = np.zeros(coder.filters.shape[1:])
        objective = 0.0
        for plane, spectrum, (maps, dual) in zip(planes, spectra, states, strict=True):
            coder.step(coder.correlate(plane), maps, dual, measured=False)
            code = rfft2(maps)
            gap = (coder.filters * code).sum(axis=0) - spectrum
            gradient += np.conj(code) * gap
            power += np.square(np.abs(code)).sum(axis=0)
            rest = irfft2(gap, s=plane.shape)
            objective += 0.5 * np.square(rest).sum() + SPARSITY * np.abs(maps).sum()
        if power.max() > 0:
            slope = irfft2(gradient, s=(CROP, CROP))[:, :SIDE, :SIDE]
            # The largest power is a safe step; most of it lies in few frequencies.
            filters = project(filters - 4 * slope / power.max())
        if done % 20 == 0:
            print(f"{done:4d}  objective {objective:.3f}", flush=True)
    norms = np.sqrt(np.square(filters).sum(axis=(1, 2), keepdims=True))
    filters = filters / norms
    # The rough ones last; the order means nothing to the method.
    steps = np.abs(np.diff(filters, axis=1)).sum((1, 2)) + np.abs(np.diff(filters, axis=2)).sum(
        (1, 2)
    )
    return filters[np.argsort(steps)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--crops", type=int, default=2, help="of every photograph")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    planes = crops(sorted(options.photographs), options.crops, rng)
    filters = learn(planes, options.rounds, rng)
    rows = [[[round(float(v), 5) for v in row] for row in one] for one in filters]
    text = ",\n".join(json.dumps(one, separators=(",", ":")) for one in rows)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
