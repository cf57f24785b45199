"""Options of the commands score and metrics. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

from mfgui.cli.parsing import Parser, add_json, counted, region

SCORE_EXAMPLES = """examples:
  mfgui score fused.png --sources near.jpg far.jpg
  mfgui score a.png b.png c.png --sources near.jpg far.jpg --metrics q-g:zliu,nmi@pooled,q
  mfgui score results/ --sources near.jpg far.jpg --metrics mfif-gan -o table.tex
  mfgui score fused.png --sources near.jpg far.jpg --reference truth.png --band 8 --map map.png

Images that cannot be read are told and left out (exit code 1)."""


def build_score(parser: Parser) -> None:
    parser.add_argument(
        "fused",
        nargs="+",
        type=Path,
        metavar="FUSED",
        help="fused images; a folder stands for the images in it",
    )
    parser.add_argument(
        "--sources",
        nargs="+",
        type=Path,
        required=True,
        metavar="SRC",
        help="what they were fused from, source 1 first",
    )
    parser.add_argument(
        "--reference", type=Path, metavar="GT", help="ground truth to compare them with as well"
    )
    parser.add_argument(
        "--metrics",
        default="all",
        metavar="NAMES",
        help="names with commas between them, each NAME, NAME:VARIANT or NAME@VIEW; or a profile: "
        "the columns of a published table; mfgui metrics lists them (default: all that can be "
        "computed from what is given)",
    )
    parser.add_argument(
        "--band",
        type=counted,
        metavar="PX",
        help="also within so many pixels of the boundaries of the focus map",
    )
    parser.add_argument(
        "--region", type=region, metavar="X,Y,W,H", help="also inside a rectangle of pixels"
    )
    parser.add_argument(
        "--map",
        type=Path,
        metavar="MAP",
        help="focus map of the band and of Q (default: the one that laplacian detects)",
    )
    parser.add_argument(
        "--true-map", type=Path, metavar="MAP", help="true focus map, to score --own-map by"
    )
    parser.add_argument(
        "--own-map",
        nargs="+",
        type=Path,
        default=[],
        metavar="MAP",
        help="the focus map by which each of FUSED was made",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="also write the table; .csv, .json, .md or .tex",
    )
    add_json(parser)


def build_metrics(parser: Parser) -> None:
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="explain this metric, or list this profile"
    )
    add_json(parser)
