"""Commands and their options. Imports nothing heavy, so that help appears at once."""

from __future__ import annotations

from pathlib import Path

from mfgui import __version__
from mfgui.cli.batch_options import BATCH_EXAMPLES, build_batch
from mfgui.cli.bench_options import BENCH_EXAMPLES, build_bench
from mfgui.cli.experiment_options import EXPERIMENT_EXAMPLES, build_experiment
from mfgui.cli.parsing import (
    Command,
    Parser,
    add_depth,
    add_device,
    add_finish,
    add_json,
    add_machine_options,
    add_parameters,
    add_room,
    add_sources,
    add_together,
    counted,
    positive,
    whole,
)
from mfgui.cli.score_options import SCORE_EXAMPLES, build_metrics, build_score
from mfgui.cli.synth_options import SYNTH_EXAMPLES, build_synth


def window_parser() -> Parser:
    """The parser of `mfgui [PATHS...]`; its help lists the commands."""
    width = max(len(command.name) for command in COMMANDS)
    lines = [f"  {command.name:<{width}}  {command.summary}" for command in COMMANDS]
    parser = Parser(
        prog="mfgui",
        usage="mfgui [--reference GT] [PATHS...]\n       mfgui COMMAND ...",
        description="Multi-focus image fusion: photographs that are sharp in different places in, "
        "one that is sharp\neverywhere out. Without a command the window opens.",
        epilog="commands:\n" + "\n".join(lines) + "\n\n"
        "mfgui COMMAND --help explains a command. Results go to standard output, progress and\n"
        "errors to standard error. Exit codes: 0 success, 1 fault, 2 wrong use, 3 input not\n"
        "readable or not fitting, 4 out of memory, 5 output not writable, 130 interrupted.",
    )
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATHS", help="images, a folder or a session to open"
    )
    parser.add_argument(
        "--reference",
        type=Path,
        metavar="GT",
        help="ground truth of the images, which fused ones are compared with",
    )
    parser.add_argument("--version", action="version", version=f"mfgui {__version__}")
    return parser


def _build_demo(parser: Parser) -> None:
    parser.add_argument(
        "--headless",
        action="store_true",
        help="open no window; write fused.png, map.png and report.json",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for the files of --headless (default: mfgui-demo)",
    )
    add_device(parser, default=None)


def _build_fuse(parser: Parser) -> None:
    add_sources(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="fused image; its suffix names the format. This and all further outputs may be "
        "templates such as {name}-{method}.tif",
    )
    parser.add_argument(
        "--method", default="ms-lap", metavar="NAME", help="fusion method (default: ms-lap)"
    )
    add_parameters(parser)
    parser.add_argument(
        "--map",
        type=Path,
        metavar="MAP",
        help="use this focus map (labels 1, 2, ...; or black and white for two sources, white = "
        "source 1); unassigned pixels (0) are filled by the detector",
    )
    parser.add_argument(
        "--save-map",
        type=Path,
        metavar="PNG",
        help="write the focus map that was used, with a description and a preview beside it",
    )
    parser.add_argument("--report", type=Path, metavar="JSON", help="write a report of the run")
    parser.add_argument(
        "--save-depth",
        type=Path,
        metavar="FILE",
        help="write the depth, 16 bits; .png or .tif, which says in its description what values "
        "mean",
    )
    parser.add_argument(
        "--save-confidence",
        type=Path,
        metavar="FILE",
        help="write how far the method photo trusts its depth, 16 bits; .png or .tif",
    )
    parser.add_argument(
        "--save-layers",
        type=Path,
        metavar="TIF",
        help="write the frames as they were fused, each a layer (a page) of one file",
    )
    add_together(parser, align=True)
    add_depth(parser, usual="default: that of the sources; 16 for the method photo")
    add_finish(parser)
    add_room(parser)
    add_machine_options(parser)


def _build_align(parser: Parser) -> None:
    add_sources(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the moved frames and alignment.json",
    )
    parser.add_argument(
        "--method",
        default="auto",
        metavar="NAME",
        help="what frames may differ by: auto, translation, similarity, affine, homography or off "
        "(default: auto)",
    )
    add_together(parser, align=False)
    parser.add_argument(
        "--format", choices=("tif", "png"), default="tif", help="of the frames (default: tif)"
    )
    parser.add_argument(
        "--layers", type=Path, metavar="TIF", help="write them as layers of one file, too"
    )
    add_depth(parser, usual="default: that of the sources")
    add_finish(parser)
    add_room(parser)
    add_json(parser)


def _build_map(parser: Parser) -> None:
    add_sources(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="MAP.png",
        help="focus map; MAP.json and MAP_preview.png are written beside it",
    )
    parser.add_argument(
        "--method", default="laplacian", metavar="NAME", help="detector (default: laplacian)"
    )
    add_parameters(parser)
    add_machine_options(parser)


def _build_train(parser: Parser) -> None:
    parser.add_argument(
        "network", choices=("ms-resnet", "mfif-gan", "mff-gan", "edmf"), help="what is trained"
    )
    parser.add_argument(
        "--data",
        nargs="+",
        type=Path,
        required=True,
        metavar="DIR",
        help="a folder of sharp photographs, a folder of pairs (bg-A-1.jpg, bg-B-1.jpg), or both",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="WEIGHTS",
        help="weights, *.safetensors; the curve (.csv, .png) and the state to go on from "
        "(.training) are written beside them",
    )
    parser.add_argument(
        "--steps", type=counted, default=20_000, metavar="N", help="steps (default: 20000)"
    )
    parser.add_argument(
        "--rate",
        type=positive,
        default=1.0,
        metavar="X",
        help="factor of the paper's learning rates (default: 1)",
    )
    parser.add_argument(
        "--schedule",
        choices=("decay", "constant"),
        default="decay",
        help="learning rates fall along half a cosine, or stay as in the papers (default: decay)",
    )
    parser.add_argument(
        "--settle",
        type=whole,
        default=0,
        metavar="N",
        help="steps after those, at the last rate; a training that has ended takes them, too "
        "(default: 0)",
    )
    parser.add_argument(
        "--seed", type=whole, default=0, metavar="N", help="of weights and data (default: 0)"
    )
    parser.add_argument(
        "--precision",
        choices=("half", "full"),
        default="half",
        help="convolutions in bfloat16 or in float32 (default: half)",
    )
    parser.add_argument(
        "--threads", type=counted, metavar="N", help="of the processor (default: all cores)"
    )
    parser.add_argument(
        "--again", action="store_true", help="start over instead of going on from WEIGHTS.training"
    )
    add_parameters(parser, where="of the training (repeatable); an unknown one lists them")
    add_device(parser)


def _build_figure(parser: Parser) -> None:
    parser.add_argument(
        "recipe",
        type=Path,
        metavar="RECIPE.json",
        help="what the window wrote beside a figure, with the folder of its pictures; width, dpi, "
        "crops and gain may be changed in it",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="figure; .png, .tif or .pdf (default: the one that the recipe belongs to)",
    )


def _build_methods(parser: Parser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="explain this method")
    add_json(parser)


_FUSE_EXAMPLES = """examples:
  mfgui fuse near.jpg far.jpg -o fused.png
  mfgui fuse stack/ -o fused.tif --save-map map.png --report report.json
  mfgui fuse near.jpg far.jpg -o fused.png --map map.png -p variant=paper -p iterations=100
  mfgui fuse near.jpg far.jpg -o fused.png -p start=average -p detector=variance
  mfgui fuse stack/ -o fused.tif --method photo
  mfgui fuse card/ -o "{name}-{count}.tif" --method photo --space prophoto --drop-location
  mfgui fuse stack/ -o fused.tif --align affine --exposure gain --exclude 3 7 --memory 2

Ctrl+C stops after the current step and writes the best image so far (exit code 130)."""

_ALIGN_EXAMPLES = """examples:
  mfgui align stack/ -o aligned
  mfgui align stack/ -o aligned --method affine --exposure auto --align-reference 1 --format png
  mfgui fuse stack/ -o fused.tif --alignment aligned/alignment.json"""

_TRAIN_EXAMPLES = """examples:
  mfgui train ms-resnet --data photographs pairs -o ms-resnet.safetensors -p width=16
  mfgui train mff-gan --data pairs -o mff-gan.safetensors --steps 13800

A training that was stopped, at any moment, goes on when the same command is given again."""

COMMANDS = (
    Command(
        "demo",
        "open the built-in sample pair, or fuse it without a window",
        _build_demo,
        "mfgui.cli.fusion:demo",
    ),
    Command(
        "fuse",
        "fuse images that are focused differently",
        _build_fuse,
        "mfgui.cli.fusion:fuse",
        _FUSE_EXAMPLES,
    ),
    Command(
        "align",
        "bring hand-held frames, or frames that breathe, together",
        _build_align,
        "mfgui.cli.aligning:align",
        _ALIGN_EXAMPLES,
    ),
    Command(
        "map",
        "detect which source is in focus at each pixel",
        _build_map,
        "mfgui.cli.fusion:detect",
        "example:\n  mfgui map near.jpg far.jpg -o map.png --method variance -p window=9",
    ),
    Command(
        "batch",
        "fuse many sets by a rule: one finished picture each, and a report",
        build_batch,
        "mfgui.cli.batch:batch",
        BATCH_EXAMPLES,
    ),
    Command(
        "bench",
        "compare methods over sets of images: scores, statistics, a report",
        build_bench,
        "mfgui.cli.benching:bench",
        BENCH_EXAMPLES,
    ),
    Command(
        "synth",
        "render scenes or pairs with known truth",
        build_synth,
        "mfgui.cli.synthesis:synth",
        SYNTH_EXAMPLES,
    ),
    Command(
        "train",
        "train a network, or go on training it",
        _build_train,
        "mfgui.cli.training:train",
        _TRAIN_EXAMPLES,
    ),
    Command(
        "score",
        "score fused images by the metrics of the field",
        build_score,
        "mfgui.cli.scoring:score",
        SCORE_EXAMPLES,
    ),
    Command(
        "experiment",
        "vary maps, windows, methods or sources, and measure what comes of it",
        build_experiment,
        "mfgui.cli.experiments:experiment",
        EXPERIMENT_EXAMPLES,
    ),
    Command(
        "figure",
        "draw a figure again from its recipe",
        _build_figure,
        "mfgui.cli.figure:figure",
        "example:\n  mfgui figure figure.pdf.figure.json -o figure.png",
    ),
    Command(
        "methods", "list the methods, or explain one", _build_methods, "mfgui.cli.facts:methods"
    ),
    Command(
        "metrics",
        "list the metrics, or explain one",
        build_metrics,
        "mfgui.cli.metric_facts:metrics",
    ),
    Command("devices", "list the compute devices", add_json, "mfgui.cli.facts:devices"),
    Command("doctor", "check the installation", add_json, "mfgui.cli.facts:doctor"),
)
