"""What the confidence should be: weights with which the result is nearest to the truth.

With x the ratio of the gate, ours Y, the pyramid Y0 and the truth T, c Y + (1 - c) Y0 has the
least squared error for c(x) = E<T - Y0, Y - Y0> / E|Y - Y0|^2. The means are over pixels of a bin
of x, of all scenes whose order was decided, each scene weighted by 1 / (squared error of its
pyramid), so that every scene counts alike. Counted are pixels that differ by 1/255 and more and
are a blur radius from the border.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.inversion.scenes import GENERATORS, scene_of
from benchmarks.inversion.scores import pyramid, table
from mfgui.bench import plot_raster
from mfgui.bench.plots import Figure, Panel, Series
from mfgui.core.arrays import Rect, Size
from mfgui.core.compute import Compute
from mfgui.methods.inversion import gate, layers, recover
from mfgui.methods.inversion.layers import Settings
from mfgui.methods.inversion.views import colours, encoded, view_of
from mfgui.methods.planes import Plane

SIZE = Size(640, 480)
EDGES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
GIVEN = tuple(np.linspace(0.4, 0.95, 12))
MARGINS = (0.1, 0.2, 0.4, 0.8)
_MOST = np.float32(0.2)
_LEAST = 1 / 255
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pixels:
    """Those of one scene that count, (N,) each; errors are squared, summed over the channels.

    Attributes
    ----------
    x, given : ratio of the gate, and its confidence
    dot, square : <T - Y0, Y - Y0> and |Y - Y0|^2
    usual, ours, gated : |Y0 - T|^2, |Y - T|^2, |c Y + (1 - c) Y0 - T|^2
    others : of other forms of x, by name
    scale : 1 / (sum of |Y0 - T|^2 over the whole picture)
    """

    generator: str
    margin: float
    scale: float
    x: Values = field(repr=False)
    given: Values = field(repr=False)
    dot: Values = field(repr=False)
    square: Values = field(repr=False)
    usual: Values = field(repr=False)
    ours: Values = field(repr=False)
    others: dict[str, Values] = field(repr=False)

    @property
    def gated(self) -> Values:
        return self.usual - 2 * self.given * self.dot + self.given**2 * self.square


def pixels(generator: str, seed: int, compute: Compute) -> Pixels | None:
    """None where the pair is left to the pyramid."""
    frames, pair, _, _, _ = scene_of(generator, seed, SIZE)
    same = recover.aligned(frames, compute=compute)
    known = recover.estimate(same, near="auto", compute=compute)
    if known.why_not:
        return None
    view = view_of([colours(same[known.near]), colours(same[1 - known.near])])
    settings = Settings(known.spreads, known.floor)
    found = layers.refined(view, known.matte, settings, compute=compute)
    made, usual = encoded(layers.output(view, found, settings)), pyramid(same, compute=compute)
    k = gate.strictness(0.5) * gate.doubt(known.layered, known.margin)
    radius = known.spreads[0].radius
    away, missing = made - usual, pair.truth - usual
    square, dot = _summed(away, away), _summed(away, missing)
    first, second = (np.minimum(e, _MOST) for e in layers.unexplained(view, found, settings))
    through = np.maximum(1 - found.spill, np.float32(0.15))
    wide = max(2 * radius, 12.0)

    def x_of(left: Plane, *, least: float = view.noise, width: float = radius) -> Plane:
        return gate.ratio(square, left, least, width)[0]

    forms = {
        "as it is": x_of(first + second),
        "window half as wide": x_of(first + second, width=radius / 2),
        "window twice as wide": x_of(first + second, width=wide),
        "far residual / max(T, 0.15)": x_of(first + second / through),
        "near residual only": x_of(first),
        "far residual only": x_of(second),
        "floor in place of noise": x_of(first + second, least=known.floor),
        "residual e alone": gate.ratio(square, first + second, view.noise, radius)[1],
    }
    sure = gate.confidence(view, found, settings, made, usual, strictness=k)
    border = gate.seen(Rect(0, 0, SIZE.width, SIZE.height), SIZE, radius)
    kept = (border == 1) & (np.abs(away).max(axis=2) >= _LEAST)
    errors = _summed(missing, missing)

    def of(plane: Plane) -> Values:
        return plane[kept].astype(np.float64)

    return Pixels(
        generator,
        known.margin,
        1 / float(errors.sum(dtype=np.float64)),
        of(forms["as it is"]),
        of(sure),
        of(dot),
        of(square),
        of(errors),
        of(errors - 2 * dot + square),
        {name: of(plane) for name, plane in forms.items()},
    )


def _summed(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> Plane:
    return np.einsum("hwc,hwc->hw", one, other)


class Sums:
    """Of the pixels of every bin: (bins,) each."""

    def __init__(self, edges: Sequence[float]) -> None:
        self.edges = edges
        count = len(edges) + 1
        names = ("number", "nearer", "dot", "square", "given", "usual", "ours", "gated")
        self.of = {name: np.zeros(count) for name in names}

    def add(self, one: Pixels, key: Values) -> None:
        at = np.digitize(key, self.edges)
        parts: dict[str, Values] = {
            "number": np.ones(at.size),
            "nearer": (one.ours < one.usual).astype(np.float64),
            "given": one.scale * one.given * one.square,
        }
        for name in ("dot", "square", "usual", "ours", "gated"):
            parts[name] = one.scale * getattr(one, name)
        for name, values in parts.items():
            self.of[name] += np.bincount(at, values, len(self.edges) + 1)

    @property
    def best(self) -> Values:
        """The best weight of each bin."""
        return np.asarray(self.of["dot"] / np.maximum(self.of["square"], 1e-12))

    @property
    def left(self) -> float:
        """Error that remains with the best weights, as a share of the pyramid's."""
        best = self.of["usual"] - self.best * self.of["dot"]
        return float(best.sum() / self.of["usual"].sum())

    def rows(self) -> Iterator[list[str]]:
        total = self.of["usual"].sum()
        lows = [f"below {self.edges[0]:g}", *(f"from {edge:g}" for edge in self.edges)]
        for index, name in enumerate(lows):
            own = {key: values[index] for key, values in self.of.items()}
            if own["number"] == 0:
                continue
            yield [
                name,
                f"{self.best[index]:.2f}",
                f"{own['given'] / own['square']:.2f}",
                f"{100 * own['nearer'] / own['number']:.0f} %",
                f"{own['number']:.0f}",
                *(f"{100 * own[key] / total:.2f}" for key in ("usual", "ours", "gated")),
            ]


HEAD = ("best weight", "given", "ours nearer to the truth", "pixels")
ERRORS = ("error of the pyramid, %", "of ours", "of the gated")


def run(options: argparse.Namespace) -> tuple[list[str], list[dict[str, object]]]:
    compute = Compute(threads=options.threads)
    by_x, by_margin = Sums(EDGES), Sums(MARGINS)
    by_given = {name: Sums(GIVEN) for name in GENERATORS}
    forms: dict[str, Sums] = {}
    used = left = 0
    for seed in range(options.first, options.last + 1):
        for generator in GENERATORS:
            one = pixels(generator, seed, compute)
            if one is None:
                left += 1
                continue
            used += 1
            print(f"{generator} {seed}: {one.x.size} pixels", flush=True)
            by_x.add(one, one.x)
            by_margin.add(one, np.full(one.x.size, one.margin))
            by_given[generator].add(one, one.given)
            for name, key in one.others.items():
                # Bins of equal width in the logarithm, so that scales do not matter.
                forms.setdefault(name, Sums(tuple(np.geomspace(1e-3, 1e4, 57)))).add(one, key)
    lines = [f"### Confidence, seeds {options.first} to {options.last}", ""]
    lines += [f"{used} scenes; {left} were left to the pyramid.", ""]
    for name, sums in (("x", by_x), ("margin", by_margin)):
        lines += [*table([name, *HEAD, *ERRORS], sums.rows()), ""]
    whole = by_x.of
    told = [
        ["the pyramid", "100.0 %"],
        ["ours everywhere", f"{100 * whole['ours'].sum() / whole['usual'].sum():.1f} %"],
        ["the gate", f"{100 * whole['gated'].sum() / whole['usual'].sum():.1f} %"],
        *([f"best weights of x: {name}", f"{100 * s.left:.1f} %"] for name, s in forms.items()),
    ]
    lines += [*table(["error of the pixels that count", "of the pyramid's"], told), ""]
    if options.picture:
        options.picture.write_bytes(picture(by_given))
    rows = [
        {"by": name, "bin": index} | {key: float(values[index]) for key, values in sums.of.items()}
        for name, sums in (("x", by_x), ("margin", by_margin))
        for index in range(len(sums.edges) + 1)
    ]
    return lines, rows


def picture(groups: dict[str, Sums]) -> bytes:
    """Reliability: the best weight over the confidence that was given."""
    series = [Series("as it should be", [(0.4, 0.4), (1.0, 1.0)], dashed=True, colour=6)]
    for name, sums in groups.items():
        full = sums.of["number"] >= 1000
        given = sums.of["given"] / np.maximum(sums.of["square"], 1e-12)
        points = [(float(a), float(b)) for a, b in zip(given[full], sums.best[full], strict=True)]
        series.append(Series(f"{name} scenes", points, marked=True))
    panel = Panel("Confidence and best weight", "confidence given", "best weight", series)
    return plot_raster.png(Figure("", [panel], width=640.0), scale=1)
