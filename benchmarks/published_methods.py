"""Our comparators against the fused images that their authors' programs gave.

    python benchmarks/published_methods.py [--shared ../shared] [--methods gff gfdf ...]
        [--tiff ../shared/data/pairs/mffw2/6] [--markdown FILE]

For the pairs of `results_published` (three of Lytro and `mffw_06`) and every method of ours with a
namesake there: PSNR of ours and the namesake (8-bit values), PSNR of the composite by our plain
Laplacian map and the namesake ("plain"), the published image that is nearest to the namesake and
its PSNR, whether ours is nearer to the namesake than that one and than to any other published
image ("first"), and the share of pixels with |A - B| > 15 where ours and the namesake decide for
the same source, beside that of the plain composite. The sources that come with the published
images of `mffw_06` are JPEG copies; with --tiff that pair alone is fused from the originals.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mfgui import _startup
from mfgui.core.arrays import from_float
from mfgui.core.compute import Compute
from mfgui.files.images import read_image
from mfgui.methods import registry
from mfgui.methods.decision import decide
from mfgui.methods.registry import Kind
from tests.methods.published import PAIRS, PublishedPair, agreement, load_pair, psnr, ranking

# Name and parameters of ours (as the published program decided, where that differs): namesake.
NAMESAKES = {
    "gff": "GFF",
    "gfdf": "GFDF",
    "cbf": "CBF",
    "dsift": "DSIFT",
    "quadtree": "QB",
    "quadtree per_channel=true": "QB",
    "bf": "BFMF",
    "bf per_channel=true": "BFMF",
    "mwgf": "MWGF",
    "mwgf single=true": "MWGF",
    "csr": "CSR",
    "image-matting": "IFM",
    "brw": "TF",
}
HEAD = "| method | pair | PSNR | plain | nearest other | first | agreement | plain |"


def fused(known: registry.Registry, name: str, pair: PublishedPair):
    """Our image of a pair, float32."""
    name, *parameters = name.split()
    method, compute = known.get(name), Compute(threads=2)
    values = method.resolve(dict(text.split("=") for text in parameters))
    if method.kind is Kind.DECISION:
        return decide(method, pair.sources, compute=compute, **values).fuse()
    return method.function(pair.sources, compute=compute, **values)


def plain(known: registry.Registry, pair: PublishedPair):
    """The composite by the plain Laplacian map."""
    labels = known.get("laplacian").function(pair.sources, compute=Compute())
    return known.get("composite").function(pair.sources, labels, compute=Compute())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--methods", nargs="+", default=list(NAMESAKES), choices=NAMESAKES)
    parser.add_argument("--tiff", type=Path, help="folder of image1.tif and image2.tif for mffw_06")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    _startup.prepare_command_line()
    _startup.limit_opencv()
    known = registry.load()
    lines = [HEAD, "|---|---|---:|---:|---|---|---:|---:|"]
    print("\n".join(lines))
    pairs = [load_pair(options.shared / "data", name) for name in PAIRS]
    if options.tiff:
        sources = [read_image(options.tiff / f"image{number}.tif") for number in (1, 2)]
        pairs = [replace(pairs[-1], sources=[from_float(source, "uint8") for source in sources])]
    rough = {pair.name: plain(known, pair) for pair in pairs}
    for name in options.methods:
        for pair in pairs:
            image, namesake = fused(known, name, pair), pair.fused[NAMESAKES[name]]
            place = ranking(pair, image, NAMESAKES[name])
            by_map = rough[pair.name]
            cells = [
                name,
                pair.name,
                f"{place.own:.1f}",
                f"{psnr(by_map, namesake):.1f}",
                f"{place.rival} {place.rival_psnr:.1f}",
                "yes" if place.first else "no",
                f"{100 * agreement(pair, image, namesake):.1f} %",
                f"{100 * agreement(pair, by_map, namesake):.1f} %",
            ]
            lines.append(f"| {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    if options.markdown:
        options.markdown.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
