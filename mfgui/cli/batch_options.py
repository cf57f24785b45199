"""Options of the command batch. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

from mfgui.cli.parsing import Parser, add_json

BATCH_EXAMPLES = """example of a rule:
  methods = ["photo"]
  parallel = 2

  [input]
  folder = "card"                 # each folder below it is a set

  [output]
  folder = "finished"
  name = "{name}_{method}"        # {date}, {number:03}, ... and parameters of the method
  format = "tif"
  existing = "skip"               # or number, replace, refuse

Paths are meant from the folder of the rule; docs/batch.md explains every key. The folder of the
pictures gets RULE-report.json and RULE-report.csv, written after each set. A batch that was
stopped or killed goes on when the command is given again; sets whose files, settings and picture
have not changed are not done again. One that fails does not stop the others (exit code 1).
Ctrl+C stops after the current step and keeps what is complete (exit code 130)."""


def build_batch(parser: Parser) -> None:
    parser.add_argument(
        "rule", type=Path, metavar="RULE.toml", help="what the Batch dialog writes, or your own"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--failed", action="store_true", help="do those sets alone that failed the last time"
    )
    which.add_argument(
        "--again", action="store_true", help="do everything, also what has not changed"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="list the sets and the names of their pictures; nothing is written",
    )
    parser.add_argument(
        "--progress",
        choices=("text", "json"),
        default="text",
        help="on standard error: for people, or an object a line for programs (default: text)",
    )
    add_json(parser)
