"""Parsers of commands, and the kinds of values that their options take. Imports nothing heavy."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

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


def region(text: str) -> tuple[int, int, int, int]:
    """X,Y,W,H in pixels."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not X,Y,W,H, for example 40,30,200,100")
    x, y, width, height = map(int, parts)
    return x, y, width, height


def whole(text: str) -> int:
    """A whole number of at least 0."""
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def counted(text: str) -> int:
    """A whole number of at least 1."""
    try:
        number = whole(text)
    except argparse.ArgumentTypeError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


def add_sources(parser: Parser) -> None:
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


def add_parameters(
    parser: Parser, *, where: str = "of the method (repeatable); mfgui methods NAME lists them"
) -> None:
    parser.add_argument(
        "-p",
        dest="parameters",
        action="append",
        type=key_value,
        default=[],
        metavar="KEY=VALUE",
        help=f"set a parameter {where}",
    )


def device(text: str) -> str:
    """The name of a device, which need not be there."""
    kind, _, number = text.partition(":")
    if text in ("auto", "cpu", "mps") or (
        kind == "cuda" and (text == kind or (number.isascii() and number.isdigit()))
    ):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is not auto, cpu, cuda, cuda:N or mps")


def add_device(parser: Parser, *, default: str | None = "auto") -> None:
    parser.add_argument(
        "--device",
        type=device,
        default=default,
        metavar="auto|cpu|cuda|mps",
        help="where to compute; cuda:1 is the second card, auto (the default) takes cuda, else "
        "mps, else cpu; mfgui devices lists them",
    )


def add_machine_options(parser: Parser) -> None:
    add_device(parser)
    add_json(parser)


def add_json(parser: Parser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON on standard output"
    )


def add_together(parser: Parser, *, align: bool) -> None:
    """Options of bringing frames together; `align` for those that `mfgui align` has by another
    name."""
    models = "off, auto, translation, similarity, affine or homography"
    if align:
        parser.add_argument(
            "--align",
            metavar="NAME",
            help=f"bring the frames together first: {models} (default: auto for the method photo, "
            "else off)",
        )
        parser.add_argument(
            "--alignment",
            type=Path,
            metavar="JSON",
            help="use the alignment that mfgui align or the window has written",
        )
    usual = "auto for the method photo, else off" if align else "off"
    parser.add_argument(
        "--exposure",
        metavar="NAME",
        help="make the frames equally bright: off, auto, gain, white-balance or local (default: "
        f"{usual})",
    )
    parser.add_argument(
        "--align-reference",
        type=counted,
        metavar="N",
        help="frame, from 1, whose geometry and light are kept (default: the best one)",
    )
    parser.add_argument(
        "--crop",
        default="common",
        metavar="common|reference",
        help="keep what all frames show, or all of the reference frame (default: common)",
    )
    parser.add_argument(
        "--exclude",
        type=counted,
        nargs="+",
        action="extend",
        default=[],
        metavar="N",
        help="frames, from 1, to leave out",
    )


def add_room(parser: Parser) -> None:
    """Options of memory and disk."""
    parser.add_argument(
        "--memory",
        type=positive,
        metavar="GB",
        help="memory that may be used (default: three quarters of what is free, at most 3)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="folder on a disk for frames that do not fit into memory (default: the cache folder "
        "of this person)",
    )


def add_depth(parser: Parser, *, usual: str) -> None:
    parser.add_argument(
        "--depth", type=int, choices=(8, 16), help=f"bits per channel of what is written ({usual})"
    )


def add_finish(parser: Parser) -> None:
    """Options of colours and camera data of what is written."""
    parser.add_argument(
        "--space",
        metavar="NAME",
        help="colours of what is written: srgb, display-p3, adobe-rgb or prophoto (default: those "
        "of the sources)",
    )
    parser.add_argument(
        "--drop-location",
        action="store_true",
        help="leave out where pictures were taken: GPS, and names of places",
    )
