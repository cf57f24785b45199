"""Commands and their options. Imports nothing heavy, so that help appears at once."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from mfgui import __version__
from mfgui.core.errors import UsageError


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are `UsageError`, shown as one line."""

    def __init__(self, *, prog: str, description: str, epilog: str = "", usage: str | None = None):
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"see {self.prog} --help")


@dataclass(frozen=True)
class Command:
    """One command: its line in the help, its options, and where its code is."""

    name: str
    summary: str
    build: Callable[[Parser], None]
    target: str
    epilog: str = ""


def parser_for(command: Command) -> Parser:
    """The parser of one command."""
    parser = Parser(
        prog=f"mfgui {command.name}",
        description=command.summary[0].upper() + command.summary[1:] + ".",
        epilog=command.epilog,
    )
    command.build(parser)
    return parser


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


def key_value(text: str) -> tuple[str, str]:
    """KEY=VALUE of the option -p."""
    key, separator, value = text.partition("=")
    if not separator or not key.strip() or not value.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key.strip(), value.strip()


def positive(text: str) -> float:
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def white(text: str) -> float:
    """The value that counts as white."""
    try:
        return positive(text)
    except argparse.ArgumentTypeError:
        message = f"white must be a number above 0, not {text!r}"
        raise argparse.ArgumentTypeError(message) from None


def extent(text: str) -> tuple[int, int]:
    """WxH in pixels."""
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not WxH, for example 600x400")
    return int(parts[0]), int(parts[1])


def whole(text: str) -> int:
    """A whole number of at least 0."""
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _add_sources(parser: Parser) -> None:
    parser.add_argument(
        "sources",
        nargs="+",
        type=Path,
        metavar="SRC",
        help="two or more images of one scene, source 1 first; a folder or a multi-page TIFF "
        "stands for the images in it",
    )
    parser.add_argument(
        "--white",
        type=white,
        metavar="V",
        help="value that counts as white, for low-range or float files (default: the maximum of "
        "the file's type, 1 for float)",
    )


def _add_parameters(parser: Parser) -> None:
    parser.add_argument(
        "-p",
        dest="parameters",
        action="append",
        type=key_value,
        default=[],
        metavar="KEY=VALUE",
        help="set a parameter of the method (repeatable); mfgui methods NAME lists them",
    )


def device(text: str) -> str:
    """The name of a device, which need not be there."""
    kind, _, number = text.partition(":")
    if text in ("auto", "cpu", "mps") or (
        kind == "cuda" and (text == kind or (number.isascii() and number.isdigit()))
    ):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is not auto, cpu, cuda, cuda:N or mps")


def _add_device(parser: Parser, *, default: str | None = "auto") -> None:
    parser.add_argument(
        "--device",
        type=device,
        default=default,
        metavar="auto|cpu|cuda|mps",
        help="where to compute; cuda:1 is the second card, auto (the default) takes cuda, else "
        "mps, else cpu; mfgui devices lists them",
    )


def _add_machine_options(parser: Parser) -> None:
    _add_device(parser)
    _add_json(parser)


def _add_json(parser: Parser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON on standard output"
    )


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
    _add_device(parser, default=None)


def _build_fuse(parser: Parser) -> None:
    _add_sources(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="fused image; its suffix names the format",
    )
    parser.add_argument(
        "--method", default="ms-lap", metavar="NAME", help="fusion method (default: ms-lap)"
    )
    _add_parameters(parser)
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
    _add_machine_options(parser)


def _build_map(parser: Parser) -> None:
    _add_sources(parser)
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
    _add_parameters(parser)
    _add_machine_options(parser)


def _build_synth(parser: Parser) -> None:
    parser.add_argument("kind", choices=("layered",), help="kind of scene")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for 1.png, 2.png, ..., truth.png, labels.png and scene.json; made if missing",
    )
    parser.add_argument(
        "--layers", type=whole, metavar="N", help="layers, and as many frames (default: 2)"
    )
    parser.add_argument(
        "--radius",
        type=positive,
        metavar="PX",
        help="blur radius between neighbouring layers in pixels (default: 8)",
    )
    parser.add_argument(
        "--seed", type=whole, metavar="N", help="chooses shapes and places (default: 0)"
    )
    parser.add_argument(
        "--size", type=extent, metavar="WxH", help="size of the frames (default: 600x400)"
    )
    parser.add_argument(
        "--photos",
        nargs="+",
        metavar="NAME",
        help="photographs of the layers, nearest first: astronaut, brick, camera, chelsea, coffee, "
        "grass, gravel, hubble, rocket (default: drawn at random)",
    )
    parser.add_argument(
        "--scene", type=Path, metavar="JSON", help="render this scene file instead of a random one"
    )


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
    _add_json(parser)


_FUSE_EXAMPLES = """examples:
  mfgui fuse near.jpg far.jpg -o fused.png
  mfgui fuse stack/ -o fused.tif --save-map map.png --report report.json
  mfgui fuse near.jpg far.jpg -o fused.png --map map.png -p variant=paper -p iterations=100
  mfgui fuse near.jpg far.jpg -o fused.png -p start=average -p detector=variance

Ctrl+C stops after the current step and writes the best image so far (exit code 130)."""

_SYNTH_EXAMPLES = """examples:
  mfgui synth layered -o scene --layers 3 --radius 6 --seed 7
  mfgui synth layered -o scene --photos chelsea coffee
  mfgui synth layered -o again --scene scene/scene.json"""

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
        "map",
        "detect which source is in focus at each pixel",
        _build_map,
        "mfgui.cli.fusion:detect",
        "example:\n  mfgui map near.jpg far.jpg -o map.png --method variance -p window=9",
    ),
    Command(
        "synth",
        "render a scene with known truth",
        _build_synth,
        "mfgui.cli.synthesis:synth",
        _SYNTH_EXAMPLES,
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
    Command("devices", "list the compute devices", _add_json, "mfgui.cli.facts:devices"),
    Command("doctor", "check the installation", _add_json, "mfgui.cli.facts:doctor"),
)
