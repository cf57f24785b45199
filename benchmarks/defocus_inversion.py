"""Defocus inversion against conventional fusion, against what its physics could give, and in time.

    python -m benchmarks.defocus_inversion constant [--seeds 10] [--radii 2 4 8 12]
    python -m benchmarks.defocus_inversion robust [--seeds 4] [--contrasty]
    python -m benchmarks.defocus_inversion scenes [--first 0] [--last 99] [--rows FILE.csv]
        [--wrong-order] [--histogram FILE.png] [--worst 8]
    python -m benchmarks.defocus_inversion slopes [--seeds 10]
    python -m benchmarks.defocus_inversion calibration [--first 0] [--last 49] [--picture FILE.png]
    python -m benchmarks.defocus_inversion real DIR ... [--pictures DIR]
    python -m benchmarks.defocus_inversion time [--sizes 640x480 ...]
    python -m benchmarks.defocus_inversion pictures [--folder docs/pictures]

Every part prints its tables as Markdown; --json FILE keeps its rows, --markdown FILE its tables.

constant  Scenes of two flat layers (`mfgui.synth.constant_depth`), blind: order, radius and matte
          are found. PSNR in dB of the encoded values, whole picture and band: the pixels within
          reach of the spill, that is the matte grown by r + 1 pixels, less its inside shrunk so.
          "oracle": our own equations with the true matte and the true radius. "share of the
          gap": (ours - pyramid) / (oracle - pyramid) of the means in dB; "required": what the
          prototype reached on its own scenes. Every other seed has its frames exchanged.
robust    The same at r = 6 with one fault of the camera after the other. "gain" is over the
          pyramid of the pair that we aligned, "of the clean gain" the same as a share of that of
          perfect frames: the scenes of the prototype were harder than these for every method.
          --contrasty: the same scenes with so much contrast that the pyramid is as good as on
          those of the prototype. "oracle's": the gain with the true matte, radius and shape of
          the blur, from the same frames. "ungated": the slider at 1, where borders and clipped
          light are left to the pyramid all the same.
scenes    Random scenes of both generators, see `benchmarks.inversion.scenes`.
slopes    One continuous surface: share of the pixels that stay as the pyramid has them.
calibration
          Best weights of the gate, and those it gives: `benchmarks.inversion.calibration`.
real      Photographed pairs: what was found out. With --pictures crops are written there.
time      Seconds and memory, see `benchmarks.inversion.cost`.
pictures  Those of docs/defocus-inversion.md; the histogram is written by `scenes`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.inversion import calibration, constant, cost, pictures, real, robust, scenes, slopes
from benchmarks.inversion.scores import size_of, version
from mfgui import _startup
from mfgui.core.arrays import Size

PARTS = {
    "constant": constant.run,
    "robust": robust.run,
    "scenes": scenes.run,
    "slopes": slopes.run,
    "calibration": calibration.run,
    "real": real.run,
    "time": cost.run,
    "pictures": pictures.run,
}
OUT = Path("out/defocus-inversion")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = parser.add_subparsers(dest="part", required=True)
    known = {name: parts.add_parser(name) for name in PARTS}
    for part in known.values():
        part.add_argument("--threads", type=int, default=1)
        part.add_argument("--json", type=Path)
        part.add_argument("--markdown", type=Path)
    for name, seeds in (("constant", 10), ("robust", 4), ("slopes", 10)):
        known[name].add_argument("--seeds", type=int, default=seeds)
        known[name].add_argument("--first", type=int, default=0)
    known["constant"].add_argument("--radii", type=float, nargs="+", default=constant.RADII)
    known["robust"].add_argument("--contrasty", action="store_true")
    _scene_options(known["scenes"])
    known["calibration"].add_argument("--first", type=int, default=0)
    known["calibration"].add_argument("--last", type=int, default=49)
    known["calibration"].add_argument("--picture", type=Path)
    known["real"].add_argument("folders", type=Path, nargs="+", metavar="DIR")
    known["real"].add_argument("--pictures", type=Path)
    part = known["time"]
    part.add_argument("--sizes", type=size_of, nargs="+", default=cost.SIZES)
    part.add_argument("--bands", nargs="+", default=list(cost.BANDS), choices=list(cost.BANDS))
    part.add_argument("--limit", type=float, default=900.0, help="seconds")
    part.add_argument("--child", nargs=2, metavar=("METHOD", "FILE"), help=argparse.SUPPRESS)
    part = known["pictures"]
    part.add_argument("--folder", type=Path, default=Path("docs/pictures"))
    part.add_argument("--radius", type=float, default=8.0)
    part.add_argument("--seed", type=int, default=11)
    part.add_argument("--failures", nargs="*", default=[], metavar="GENERATOR:SEED")
    which = ["example", "profile", "failure"]
    part.add_argument("--which", nargs="+", default=which, choices=which)
    return parser.parse_args()


def _scene_options(part: argparse.ArgumentParser) -> None:
    part.add_argument("--first", type=int, default=0)
    part.add_argument("--last", type=int, default=99)
    part.add_argument("--size", type=size_of, default=Size(640, 480))
    part.add_argument(
        "--generators", nargs="+", default=scenes.GENERATORS, choices=scenes.GENERATORS
    )
    part.add_argument("--rows", type=Path, default=OUT / "scenes.csv")
    part.add_argument("--wrong-order", action="store_true")
    part.add_argument("--histogram", type=Path)
    part.add_argument("--worst", type=int, default=8)


def main() -> None:
    options = parse()
    if options.part == "time" and options.child:
        cost.child(options.child[0], Path(options.child[1]), options.threads)
        return
    _startup.prepare_command_line()
    _startup.limit_opencv()
    lines, rows = PARTS[options.part](options)
    if not lines:
        return
    lines.append(f"Code {version()}.")
    print("\n".join(lines))
    if options.markdown:
        options.markdown.parent.mkdir(parents=True, exist_ok=True)
        options.markdown.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
