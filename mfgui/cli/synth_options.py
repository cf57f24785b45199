"""Options of the command synth. Imports nothing heavy."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from mfgui.cli.parsing import Parser, extent, positive, whole

CONTENTS = ("auto", "layers", "curved", "ground", "fence", "hair", "slope")

SYNTH_EXAMPLES = """examples:
  mfgui synth layered -o scene --layers 3 --radius 6 --seed 7
  mfgui synth layered -o scene --photos chelsea coffee
  mfgui synth layered -o again --scene scene/scene.json
  mfgui synth alpha-matte -o pair --foreground coffee --background gravel --sigma 2
  mfgui synth alpha-matte -o pairs --variant released --sigma 0.5 1 2 5 --count 100
  mfgui synth alpha-matte -o own --foreground photo.jpg --mask mask.png --disk 4
  mfgui synth depth -o scene --seed 7 --content fence
  mfgui synth depth -o scenes --count 50 --camera
  mfgui synth constant-depth -o flat --radius 6
  mfgui synth moving-stack -o stack --frames 8 --breathing 3 --shift 12 --rotation 0.5
  mfgui synth moving-stack -o stack --size 4096x3072 --gain 5 --noise 1 --jpeg 95"""


def build_synth(parser: Parser) -> None:
    parser.add_argument(
        "kind",
        choices=("layered", "alpha-matte", "depth", "constant-depth", "moving-stack"),
        help="layered: layers as a lens of finite aperture sees them; alpha-matte: the pairs that "
        "the published networks were trained on; depth: sloped, curved, thin and fuzzy surfaces at "
        "two focus distances; constant-depth: the same of flat shapes and lines before a flat "
        "background; moving-stack: a focus stack as a hand-held camera takes it, with the true "
        "transform of every frame",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for 1.png, 2.png, ... (alpha-matte: a.png, b.png and mask.png), truth.png, "
        "labels.png and scene.json, or (depth, constant-depth) near.png, far.png, truth.png, "
        "matte.png and meta.json, or (moving-stack) 1.png, 2.png, ... (with --jpeg 1.jpg, ...), "
        "truth.png and transforms.json; made if missing",
    )
    parser.add_argument(
        "--seed", type=whole, metavar="N", help="chooses everything drawn (default: 0)"
    )
    parser.add_argument(
        "--size",
        type=extent,
        metavar="WxH",
        help="size of the frames (default: 600x400; alpha-matte: that of the mask or of the "
        "foreground's file, else 400x300; depth, constant-depth: 640x480)",
    )
    parser.add_argument(
        "--scene",
        type=Path,
        metavar="JSON",
        help="render this scene file instead of a random one (layered, alpha-matte)",
    )
    parser.add_argument(
        "--radius",
        type=positive,
        metavar="PX",
        help="blur radius in pixels between neighbouring layers (layered; default: 8), between "
        "both focus distances (constant-depth, default: 8; depth, default: drawn, 2 to 14) or "
        "between the focus of one frame and of the next (moving-stack; default: 3)",
    )
    parser.add_argument(
        "--count",
        type=whole,
        metavar="N",
        help="pairs; several are written to folders 0001, 0002, ... (default: 1; alpha-matte: one "
        "for each blur; not for layered and moving-stack)",
    )
    _add_layered(parser)
    _add_alpha_matte(parser)
    _add_focus_pairs(parser)
    _add_moving_stack(parser)


def _add_layered(parser: Parser) -> None:
    group = parser.add_argument_group("layered")
    group.add_argument(
        "--layers", type=whole, metavar="N", help="layers, and as many frames (default: 2)"
    )
    group.add_argument(
        "--photos",
        nargs="+",
        metavar="NAME",
        help="photographs of the layers, nearest first: astronaut, brick, camera, chelsea, coffee, "
        "grass, gravel, hubble, rocket (default: drawn at random)",
    )


def _add_alpha_matte(parser: Parser) -> None:
    group = parser.add_argument_group("alpha-matte")
    group.add_argument(
        "--variant",
        choices=("paper", "released", "no-alpha"),
        help="the paper's model, that of the released script, or a matte that is not blurred "
        "(default: paper)",
    )
    group.add_argument(
        "--sigma",
        nargs="+",
        type=positive,
        metavar="PX",
        help="Gaussian blur, standard deviation in pixels; several are used in turn (default: 1)",
    )
    group.add_argument(
        "--disk",
        nargs="+",
        type=positive,
        metavar="PX",
        help="blur by disks of this radius in pixels instead; several are used in turn",
    )
    group.add_argument(
        "--foreground",
        metavar="NAME|FILE",
        help="photograph, as for --photos, or image file (default: drawn at random)",
    )
    group.add_argument(
        "--background",
        metavar="NAME|FILE",
        help="photograph or image file (default: the foreground's, at the same place, as in the "
        "papers)",
    )
    group.add_argument(
        "--mask",
        type=Path,
        metavar="FILE",
        help="image as large as the frames: white is foreground; in a coloured one, all but black "
        "(default: drawn at random)",
    )


def _add_focus_pairs(parser: Parser) -> None:
    group = parser.add_argument_group("depth, constant-depth")
    group.add_argument(
        "--content",
        choices=CONTENTS,
        help="what a depth scene shows: tilted things, balls, things on the ground, a fence, fur "
        "and hair, or one surface without occlusion (default: auto, drawn at random)",
    )
    group.add_argument(
        "--camera",
        action="store_true",
        default=None,
        help="store the frames as a camera of random faults does: noise, JPEG, a moved frame, "
        "another exposure or tone curve (default: as rendered, in 8 bits)",
    )


def _add_moving_stack(parser: Parser) -> None:
    group = parser.add_argument_group(
        "moving-stack",
        "The first frame is the reference: nothing of this but noise, bits and JPEG changes it. "
        "What is not given is not there.",
    )
    group.add_argument(
        "--frames",
        type=whole,
        metavar="N",
        help="frames, 2 to 99, from the nearest focus to the background (default: 6)",
    )
    group.add_argument(
        "--breathing",
        type=_number,
        metavar="PERCENT",
        help="by how much the last frame shows everything larger than the first, -20 to 20; in "
        "between the scale grows evenly",
    )
    group.add_argument(
        "--shift",
        type=_number,
        metavar="PX",
        help="longest shift of a hand in pixels, at most a quarter of the shorter side; lengths "
        "and directions are drawn",
    )
    group.add_argument(
        "--rotation",
        type=_number,
        metavar="DEG",
        help="largest turn of the hand in degrees, at most 20, either way; drawn",
    )
    group.add_argument(
        "--gain",
        type=_number,
        metavar="PERCENT",
        help="largest change of a frame's light in percent, at most 50, either way; drawn",
    )
    group.add_argument(
        "--noise",
        type=_number,
        metavar="N",
        help="standard deviation of noise in steps of 1/255 of the values",
    )
    group.add_argument(
        "--jpeg", type=whole, metavar="Q", help="write the frames as JPEG of this quality, 1 to 100"
    )
    group.add_argument("--bits", type=int, choices=(8, 16), help="of frames and truth (default: 8)")


def _number(text: str) -> float:
    """A finite number of either sign."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return number
