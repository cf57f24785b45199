"""The learned methods on photographed pairs.

    python -m benchmarks.learned_pairs --shared ../shared [--parts maps metrics exposure]
        [--pictures DIR] [--markdown pairs.md]

maps      Share of pixels where our maps agree with those that the authors of MFF-SSIM published
          for their MS-ResNet, on their pairs; theirs and ours against the hand-made map of the
          coffee pair.
metrics   Means of metrics without a reference over pairs of Lytro, MFFW and EDMF, in the columns
          of the papers' tables. (These are 8 of 20, 7 of 13 and 12 of 500 of the papers' pairs.)
exposure  Pairs of EDMF whose exposure differs. "Step": how much more neighbouring pixels on
          either side of a boundary of the Laplacian map differ in the fused image than in the
          source in which they differ more, in grey values of 255, mean over the boundary. A seam
          of a composite shows here; texture does not.

With --pictures the maps and fused images are written there, to be looked at.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from benchmarks.published_results import LYTRO, MFFW
from mfgui.core.agreement import agreement
from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, from_float, to_float
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.files.images import read_image, write_image
from mfgui.methods import registry
from mfgui.methods.decision import decide
from mfgui.methods.metrics import tables

PARTS = ("maps", "metrics", "exposure")
MAPS = ("laplacian", "ms-resnet-map", "mfif-gan")
FUSERS = ("mff-gan", "edmf", "average")
WITH_ASCENT = ("ms-lap", "ms-resnet")
EDMF = (54, 63, 94, 109, 157, 200, 294, 382, 406, 433, 497, 807)
# Table of which paper, set.
TABLES = (("mfif-gan", "lytro"), ("mfif-gan", "mffw"), ("mff-gan", "lytro"), ("edmf", "edmf"))
MADE: dict[tuple[str, str], ImageF32] = {}


@dataclass(frozen=True)
class Pair:
    """Two sources; `map` is what the authors' MS-ResNet made of them."""

    name: str
    sources: tuple[Path, Path]
    map: Path


def pairs(data: Path) -> Iterator[Pair]:
    """The authors' pairs."""
    for number in LYTRO:
        folder = data / "pairs" / "lytro"
        sources = folder / f"lytro-{number:02}-A.jpg", folder / f"lytro-{number:02}-B.jpg"
        published = data / "results" / "lytro" / "MS_ResNet" / f"{number}_map.png"
        yield Pair(f"lytro {number}", sources, published)
    for number in MFFW:
        folder = data / "pairs" / "mffw2" / str(number)
        published = data / "results" / "mffw2" / "MS_ResNet" / f"{number}_map.png"
        yield Pair(f"mffw {number}", (folder / "image1.tif", folder / "image2.tif"), published)


@cache
def methods() -> registry.Registry:
    return registry.load()


def known(names: Sequence[str]) -> list[registry.Method]:
    return [methods().get(name) for name in names if name in methods().methods]


def images_of(paths: Sequence[Path]) -> list[PixelArray]:
    return [read_image(path) for path in paths]


def map_of(method: registry.Method, images: Sequence[PixelArray]) -> LabelArray:
    return decide(method, images, compute=Compute(), **method.defaults()).labels


def read_map(path: Path) -> LabelArray:
    """White, that is source 1, as 1, black as 2."""
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    plane = found if found.ndim == 2 else found[:, :, 0]
    return np.where(plane > np.iinfo(plane.dtype).max // 2, 1, 2).astype(np.uint8)


def fused_by(
    method: registry.Method, images: Sequence[PixelArray], labels: LabelArray | None
) -> ImageF32:
    values = method.defaults()
    if method.kind is registry.Kind.DECISION:
        return decide(method, images, compute=Compute(), **values).fuse()
    if method.kind is registry.Kind.DETECTOR:
        return compose(images, map_of(method, images))
    if method.kind is registry.Kind.FUSER:
        return np.asarray(method.function(images, labels, compute=Compute(), **values))
    maker = methods().get(method.detector or "laplacian")
    steps = method.function(images, map_of(maker, images), compute=Compute(), **values)
    *_, end = steps
    return np.array(end.image)


def maps(options: argparse.Namespace) -> list[str]:
    """Agreement with the authors' MS-ResNet."""
    makers = known(MAPS)
    rows = [header("pair", *(m.name for m in makers))]
    for pair in pairs(options.shared / "data"):
        images, theirs = images_of(pair.sources), read_map(pair.map)
        cells = [pair.name]
        for maker in makers:
            labels = map_of(maker, images)
            cells.append(share(labels, theirs))
            keep(options.pictures, f"{pair.name}-{maker.name}-map", labels_picture(labels))
            keep(options.pictures, f"{pair.name}-{maker.name}", compose(images, labels))
        rows.append(row(cells))
    coffee = options.shared / "data" / "pairs" / "mffw2" / "6"
    truth = read_map(coffee / "label.png")
    images = images_of((coffee / "image1.tif", coffee / "image2.tif"))
    ours = [share(map_of(maker, images), truth) for maker in makers]
    rows.append(row(["mffw 6 against the hand-made map", *ours]))
    authors = read_map(options.shared / "data" / "results" / "mffw2" / "MS_ResNet" / "6_map.png")
    rows.append(row(["(the authors' MS-ResNet against it)", share(authors, truth)]))
    return rows


def share(first: LabelArray, second: LabelArray) -> str:
    return f"{100 * (agreement(first, second, k=2).accuracy or 0):.2f} %"


def metrics_table(options: argparse.Namespace) -> list[str]:
    """Means over the pairs of each set, in the columns of each paper's table."""
    rows: list[str] = []
    chosen = known(("laplacian", "ms-resnet-map", "mfif-gan", *WITH_ASCENT, "mff-gan", "edmf"))
    for paper, name in TABLES:
        columns = tables.TABLES[paper]
        subset = edmf_pairs(options) if name == "edmf" else authors_pairs(options, name)
        rows += [f"{name}, {len(subset)} pairs, columns of {paper}:", ""]
        rows += [header("method", *(column.heading for column in columns))]
        for method in chosen:
            values = []
            for title, images in subset:
                fused = from_float(made_by(method, title, images), "uint8")
                keep(options.pictures, f"{title}-{method.name}", to_float(fused))
                values.append([column(fused, *images) for column in columns])
            rows.append(row([method.name, *(f"{mean:.5f}" for mean in np.mean(values, axis=0))]))
        rows.append("")
    return rows


def made_by(method: registry.Method, title: str, images: Sequence[PixelArray]) -> ImageF32:
    """The fused image of a pair, made once for the columns of all papers."""
    key = method.name, title
    if key not in MADE:
        MADE[key] = fused_by(method, images, None)
    return MADE[key]


def authors_pairs(options: argparse.Namespace, name: str) -> list[tuple[str, list[PixelArray]]]:
    found = [pair for pair in pairs(options.shared / "data") if pair.name.startswith(name)]
    return [(pair.name, images_of(pair.sources)) for pair in found]


def edmf_pairs(options: argparse.Namespace) -> list[tuple[str, list[PixelArray]]]:
    folder = options.shared / "data" / "pairs" / "edmf"
    return [
        (f"edmf {n}", images_of([folder / f"bg-{side}-{n}.jpg" for side in "AB"])) for n in EDMF
    ]


def exposure(options: argparse.Namespace) -> list[str]:
    """Steps along the boundaries of the Laplacian map."""
    chosen = known(("laplacian", "ms-lap", "laplacian-pyramid", "mff-gan", "edmf"))
    rows = [header("pair", *(method.name for method in chosen))]
    means = []
    for title, images in edmf_pairs(options):
        labels = map_of(methods().get("laplacian"), images)
        found = []
        for method in chosen:
            fused = made_by(method, title, images)
            keep(options.pictures, f"{title}-{method.name}", fused)
            found.append(excess_step(fused, images, labels))
        means.append(found)
        rows.append(row([title, *(f"{value:.2f}" for value in found)]))
    rows.append(row(["mean", *(f"{value:.2f}" for value in np.mean(means, axis=0))]))
    return rows


def excess_step(fused: ImageF32, images: Sequence[PixelArray], labels: LabelArray) -> float:
    """See "Step" above."""
    planes = [255 * to_float(x).mean(axis=2) for x in (fused, *images)]
    total, count = 0.0, 0
    for axis in (0, 1):
        crossing = np.diff(labels.astype(np.int16), axis=axis) != 0
        steps = [np.abs(np.diff(plane, axis=axis))[crossing] for plane in planes]
        total += float((steps[0] - np.maximum(steps[1], steps[2])).sum())
        count += int(crossing.sum())
    return total / max(1, count)


def labels_picture(labels: LabelArray) -> ImageF32:
    return np.asarray(labels == 1, np.float32)[:, :, None]


def keep(folder: Path | None, name: str, picture: ImageF32) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        write_image(folder / f"{name.replace(' ', '-')}.png", picture, depth="uint8")


def header(*cells: str) -> str:
    return row(cells) + "\n" + "|---" * len(cells) + "|"


def row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


WORK: Mapping[str, Callable[[argparse.Namespace], list[str]]] = {
    "maps": maps,
    "metrics": metrics_table,
    "exposure": exposure,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True, metavar="DIR")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--pictures", type=Path, metavar="DIR")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    lines: list[str] = []
    for part in options.parts:
        lines += [f"### {part}", "", *WORK[part](options), ""]
    print("\n".join(lines))
    if options.markdown is not None:
        options.markdown.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
