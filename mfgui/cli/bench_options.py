"""Options of the command bench. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

from mfgui.cli.parsing import Parser, counted, device

BENCH_EXAMPLES = """examples:
  mfgui bench lytro/ --methods ms-lap,gff,dsift --metrics mfif-gan --baseline gff -o table
  mfgui bench pairs/ --methods "ms-lap,paper=ms-lap:variant=paper;iterations=200" -o table
  mfgui bench photos/ --rule "{set}/near*{source}.tif" --truth "{set}/gt.png" --methods gff -o t
  mfgui bench lytro/ --methods gff --results "CNN=cnn/{number}_fused.png" -o table
  mfgui bench lytro/ --methods gff --cluster tcp://host:8786 -o /shared/table

A rule is a path below the folder: {set} names the set, {source} the source in it, {source:A|B}
allows these only, * is anything within a name; or one of lytro, mffw, edmf, mfifb. Results may
also use {number}, the last whole number in the name of the set, and {method}, for one row each.

-o gets report.html, cells.csv, summary.csv, seconds.csv, summary.tex, results.json, and cache/.
Fused pictures and scores are kept in cache/: a table that was stopped or killed goes on when the
command is given again, and only what is new in it is computed. Cells that fail are told with
their reason (exit code 1) and are tried again. Fused pictures are scored as they would be stored:
rounded to the depth of their sources. Each worker computes with one thread."""


def build_bench(parser: Parser) -> None:
    parser.add_argument(
        "datasets", nargs="+", type=Path, metavar="DATASET", help="folder of sets of images"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for tables, report and cache; made if missing",
    )
    _add_rows(parser)
    _add_sets(parser)
    _add_columns(parser)
    _add_machines(parser)
    parser.add_argument(
        "--pictures", action="store_true", help="also write every fused picture as 8-bit PNG"
    )
    parser.add_argument("--no-report", action="store_true", help="write tables alone")
    parser.add_argument(
        "--again", action="store_true", help="compute everything, whatever is in the cache"
    )
    parser.add_argument(
        "--progress",
        choices=("text", "json"),
        default="text",
        help="on standard error: for people, or an object a line for programs (default: text)",
    )


def _add_rows(parser: Parser) -> None:
    parser.add_argument(
        "--methods",
        default="",
        metavar="NAMES",
        help="with commas between them, each NAME, NAME:KEY=VALUE;KEY=VALUE or LABEL=NAME:...; of "
        "a detector the composite by its map",
    )
    parser.add_argument(
        "--results",
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="fused pictures made elsewhere (repeatable); a template in place of DIR names files "
        "exactly, one with {method} and without NAME= gives a row for each",
    )
    parser.add_argument(
        "--result-maps",
        action="append",
        default=[],
        metavar="NAME=TEMPLATE",
        help="focus maps of the results NAME (default: files beside them that end with _map)",
    )
    parser.add_argument(
        "--no-published",
        action="store_true",
        help="leave out results that lie beside the sources (rule mfifb)",
    )
    parser.add_argument(
        "--baseline", default="", metavar="NAME", help="method that the others are tested against"
    )


def _add_sets(parser: Parser) -> None:
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="RULE",
        help="how files are named, once for all folders or once for each (default: found out)",
    )
    parser.add_argument(
        "--truth", default="", metavar="TEMPLATE", help="ground truth of a set (default: by rule)"
    )
    parser.add_argument(
        "--labels", default="", metavar="TEMPLATE", help="true focus map (default: by rule)"
    )


def _add_columns(parser: Parser) -> None:
    parser.add_argument(
        "--metrics",
        default="mfif-gan",
        metavar="NAMES",
        help="names with commas between them, a profile, or all, as in mfgui score (default: the "
        "profile mfif-gan)",
    )
    parser.add_argument(
        "--band",
        type=counted,
        metavar="PX",
        help="also within so many pixels of the boundaries of the focus map: the true one, else "
        "that of the default detector",
    )


def _add_machines(parser: Parser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--workers", type=counted, metavar="N", help="processes (default: one for each core)"
    )
    group.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="scheduler of a Dask cluster whose machines share all folders; needs mfgui[cluster]",
    )
    parser.add_argument(
        "--device",
        type=device,
        default="cpu",
        metavar="auto|cpu|cuda|mps",
        help="where optimisers and networks compute (default: cpu)",
    )
