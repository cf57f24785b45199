"""Options of the command experiment. Imports nothing heavy."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from mfgui.cli.parsing import Parser, add_json, counted, extent, key_value, whole

NAMES = ("robustness", "window", "expansion", "convergence", "matrix", "sensitivity")
# Option -> the experiments that it goes with, where these are not all.
GOES_WITH = {
    "probabilities": ("robustness",),
    "objectives": ("robustness",),
    "repeats": ("robustness",),
    "parameters": ("robustness",),
    "steps": ("robustness", "convergence"),
    "seed": ("robustness", "sensitivity"),
    "alphas": ("window",),
    "pixels": ("expansion",),
    "label": ("expansion",),
    "shape": ("expansion",),
    "detectors": ("window", "expansion", "convergence", "matrix"),
    "methods": ("window", "expansion", "convergence", "matrix", "sensitivity"),
    "metrics": ("window", "expansion", "matrix", "sensitivity"),
    "shifts": ("sensitivity",),
    "gains": ("sensitivity",),
    "noises": ("sensitivity",),
    "source": ("sensitivity",),
}
EXPERIMENT_EXAMPLES = """examples:
  mfgui experiment robustness near.jpg far.jpg --map map.png -o robustness
  mfgui experiment robustness pair/ -o quick --probabilities 0,0.1,0.3 --repeats 5 --seed 7
  mfgui experiment window mffw/ -o window --metrics q-g,q-cb
  mfgui experiment expansion pairs/ -o expansion --metrics mfif-gan --pixels 10
  mfgui experiment matrix pairs/ -o matrix --detectors laplacian,tenengrad --methods hard,ms-lap
  mfgui experiment sensitivity --scenes 4 -o sensitivity --methods ms-lap,gff

A folder stands for all sets of images in it, with ground truth and labels where files are called
so. DIR gets data.csv, summary.csv, summary.json, plot.svg and plot.png. An experiment that was
stopped goes on when the same command is given again; more repeats, or values, are added."""


def numbers(text: str) -> tuple[float, ...]:
    """Numbers separated by commas, or FIRST:LAST:STEP."""
    parts = text.split(":") if ":" in text else text.split(",")
    try:
        found = [float(part) for part in parts]
    except ValueError:
        found = [math.nan]
    if not all(map(math.isfinite, found)):
        raise argparse.ArgumentTypeError(f"{text!r} is neither A,B,C nor FIRST:LAST:STEP")
    if ":" in text:
        found = _stepped(text, found)
    return tuple(dict.fromkeys(found))


def _stepped(text: str, parts: list[float]) -> list[float]:
    if len(parts) != 3 or parts[2] <= 0 or parts[1] < parts[0]:
        raise argparse.ArgumentTypeError(f"{text!r} is not FIRST:LAST:STEP, for example 0:0.5:0.05")
    first, last, step = parts
    count = math.floor((last - first) / step + 1e-9) + 1
    if count > 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} are too many values")
    return [float(f"{first + step * k:.12g}") for k in range(count)]


def build_experiment(parser: Parser) -> None:
    parser.add_argument("experiment", choices=NAMES, help="what is varied; see below")
    parser.add_argument(
        "inputs",
        nargs="*",
        type=Path,
        metavar="INPUT",
        help="the images of one set, source 1 first, or folders of sets",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder, made if missing"
    )
    parser.add_argument("--map", type=Path, metavar="MAP", help="focus map of the one set")
    parser.add_argument("--reference", type=Path, metavar="GT", help="ground truth of the one set")
    parser.add_argument(
        "--scenes",
        type=counted,
        metavar="N",
        help="generate so many layered scenes with truth and labels, in the place of INPUT",
    )
    parser.add_argument(
        "--size", type=extent, metavar="WxH", help="of generated scenes (default: 300x200)"
    )
    parser.add_argument(
        "--workers", type=counted, metavar="N", help="processes (default: all cores)"
    )
    parser.add_argument(
        "--seed", type=whole, metavar="N", help="of random maps, noise and scenes (default: 0)"
    )
    parser.add_argument(
        "--again", action="store_true", help="start over instead of going on in DIR"
    )
    _add_methods(parser)
    _add_robustness(parser)
    _add_others(parser)
    add_json(parser)


def _add_methods(parser: Parser) -> None:
    group = parser.add_argument_group("what is run and measured; not of robustness")
    group.add_argument(
        "--methods",
        metavar="NAME,...",
        help="what fuses: NAME or NAME:KEY=VALUE;KEY=VALUE; hard, feather, multi-band are "
        "composites, paper, released, ours variants of ms-lap",
    )
    group.add_argument(
        "--detectors",
        metavar="NAME,...",
        help="what makes the focus maps, or given: those of the sets (default: given where "
        "there are some, else laplacian; window: laplacian)",
    )
    group.add_argument("--metrics", metavar="NAMES", help="metrics or profiles, as of mfgui score")


def _add_robustness(parser: Parser) -> None:
    group = parser.add_argument_group(
        "robustness: labels are exchanged at random, MFF-SSIM runs from the average"
    )
    group.add_argument(
        "--probabilities",
        type=numbers,
        metavar="P,...",
        help="that a label is exchanged; numbers or FIRST:LAST:STEP (default: 0:0.5:0.1)",
    )
    group.add_argument(
        "--objectives", metavar="NAME,...", help="box-joint, gaussian or both (default)"
    )
    group.add_argument(
        "--repeats", type=counted, metavar="N", help="maps for each p (default: 100)"
    )
    group.add_argument(
        "--steps",
        type=counted,
        metavar="N",
        help="of each run (default: 20; convergence: what the method has)",
    )
    group.add_argument(
        "-p",
        dest="parameters",
        action="append",
        type=key_value,
        metavar="KEY=VALUE",
        help="set a parameter of ms-lap (repeatable), such as solver=gradient",
    )


def _add_others(parser: Parser) -> None:
    group = parser.add_argument_group("window, expansion and sensitivity")
    group.add_argument(
        "--alphas",
        type=numbers,
        metavar="A,...",
        help="window: side of the window by number of pixels (default: 1.5e-5:9.5e-5:1e-5)",
    )
    group.add_argument(
        "--pixels", type=counted, metavar="K", help="expansion: -K to K pixels (default: 10)"
    )
    group.add_argument(
        "--label", type=counted, metavar="N", help="expansion: the label that grows (default: 1)"
    )
    group.add_argument(
        "--shape",
        choices=("square", "disc"),
        help="expansion: 3 x 3 dilations, or a distance (default: square)",
    )
    group.add_argument(
        "--source", type=counted, metavar="N", help="sensitivity: what is disturbed (default: 2)"
    )
    for name, what in (
        ("shifts", "pixels to the right"),
        ("gains", "factors of the light"),
        ("noises", "standard deviations, white = 1"),
    ):
        group.add_argument(f"--{name}", type=numbers, metavar="X,...", help=f"sensitivity: {what}")
