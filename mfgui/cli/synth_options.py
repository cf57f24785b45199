"""Options of the command synth. Imports nothing heavy."""

from __future__ import annotations

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
  mfgui synth constant-depth -o flat --radius 6"""


def build_synth(parser: Parser) -> None:
    parser.add_argument(
        "kind",
        choices=("layered", "alpha-matte", "depth", "constant-depth"),
        help="layered: layers as a lens of finite aperture sees them; alpha-matte: the pairs that "
        "the published networks were trained on; depth: sloped, curved, thin and fuzzy surfaces at "
        "two focus distances; constant-depth: the same of flat shapes and lines before a flat "
        "background",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for 1.png, 2.png, ... (alpha-matte: a.png, b.png and mask.png), truth.png, "
        "labels.png and scene.json, or (depth, constant-depth) near.png, far.png, truth.png, "
        "matte.png and meta.json; made if missing",
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
        help="blur radius in pixels between neighbouring layers (layered; default: 8) or between "
        "both focus distances (constant-depth, default: 8; depth, default: drawn, 2 to 14)",
    )
    parser.add_argument(
        "--count",
        type=whole,
        metavar="N",
        help="pairs; several are written to folders 0001, 0002, ... (default: 1; alpha-matte: one "
        "for each blur; not for layered)",
    )
    _add_layered(parser)
    _add_alpha_matte(parser)
    _add_focus_pairs(parser)


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
