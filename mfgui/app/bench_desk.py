"""What a table over many sets is asked to be, and the command line that makes it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mfgui import _startup
from mfgui.app.bench_sets import AUTO, Folder, Looked, Results
from mfgui.app.command_line import quoted
from mfgui.app.metric_columns import PAPERS, STANDARD, known, of_paper
from mfgui.methods.metrics import METRICS

NOT_OFFERED = frozenset(STANDARD) - METRICS.keys()
"""Columns of the table of scores that are no metric of pictures."""

USUAL_METRICS = of_paper("mfif-gan")
USUAL_BAND = 8
MOST_BAND = 1000
PRESETS = (
    (AUTO, "Find out"),
    ("lytro", "Lytro"),
    ("mffw", "MFFW"),
    ("edmf", "EDMF"),
    ("mfifb", "MFIFB"),
)
"""Rules with a name."""


def usual_workers() -> int:
    """Processes: one for each core but the one of the window."""
    return _startup.compute_threads(window=True)


@dataclass(frozen=True)
class Wish:
    """A table.

    Attributes
    ----------
    methods : tuple of str
        Names of methods with their defaults.
    more : str
        Further methods with parameters, as the command line takes them.
    published : bool
        Whether results that lie beside the sources are rows, too.
    metrics : tuple of str
        Names of measures.
    baseline : str
        Label of a row; empty for none.
    band : int
        Pixels on either side of boundaries; 0 for whole pictures alone.
    output : str
        Folder.
    """

    folders: tuple[Folder, ...] = ()
    methods: tuple[str, ...] = ()
    more: str = ""
    results: tuple[Results, ...] = ()
    published: bool = True
    metrics: tuple[str, ...] = USUAL_METRICS
    baseline: str = ""
    band: int = 0
    workers: int = 1
    output: str = ""


def arguments(wish: Wish) -> list[str]:
    """The words behind ``mfgui``."""
    words = ["bench", *(folder.path for folder in wish.folders)]
    rules = [folder.rule for folder in wish.folders]
    if any(rule != AUTO for rule in rules):
        words += [word for rule in rules for word in ("--rule", rule)]
    methods = ",".join(part for part in (*wish.methods, wish.more.strip(" ,")) if part)
    words += ["--methods", methods] if methods else []
    words += [word for result in wish.results for word in ("--results", result.text)]
    words += [] if wish.published else ["--no-published"]
    words += ["--metrics", metrics_text(wish.metrics)]
    words += ["--baseline", wish.baseline] if wish.baseline else []
    words += ["--band", str(wish.band)] if wish.band else []
    return [*words, "--workers", str(wish.workers), "-o", wish.output]


def command(wish: Wish) -> str:
    """The line to be typed, quoted for this system's shell."""
    return quoted(["mfgui", *arguments(wish)])


def process(wish: Wish) -> tuple[str, list[str]]:
    """Program and arguments of the process that makes the table and tells how far it is."""
    return sys.executable, ["-m", "mfgui", *arguments(wish), "--progress", "json"]


def metrics_text(names: Sequence[str]) -> str:
    """The profile that has just these columns, else their names."""
    profile = next((p for p in PAPERS if set(of_paper(p)) == set(names)), "")
    return profile or ",".join(names)


def metrics_words(names: Sequence[str]) -> str:
    """Which columns, in a few words."""
    count = f"{len(names)} metric{'' if len(names) == 1 else 's'}"
    profile = next((PAPERS[p] for p in PAPERS if set(of_paper(p)) == set(names)), "")
    return f"{profile} ({count})" if profile else count


def suggested_output(wish: Wish) -> str:
    """A folder beside the first one of sets; empty where there is none."""
    if not wish.folders:
        return ""
    first = Path(wish.folders[0].path)
    return str(first.with_name(f"{first.name}-table"))


def problem(wish: Wish, looked: Looked | None) -> str:
    """What must be done before the table can be made, in one line; empty for nothing.

    Parameters
    ----------
    looked : Looked, optional
        What was found; None while that is not known.
    """
    if not wish.folders:
        return "Add a folder of sets."
    if looked is not None and looked.problem:
        return looked.problem
    if looked is not None and not looked.rows:
        return "Tick a method, or add results made elsewhere."
    if not wish.metrics:
        return "Choose at least one metric."
    return _output_problem(wish)


def _output_problem(wish: Wish) -> str:
    if not wish.output.strip():
        return "Choose a folder for the table."
    output = Path(wish.output)
    for folder in wish.folders:
        if output == Path(folder.path) or Path(folder.path) in output.parents:
            return f"The table would lie among the sets of {Path(folder.path).name}."
    return folder_problem(output)


def folder_problem(folder: Path) -> str:
    """Why nothing can be written into a folder that may have to be made; empty when it can."""
    if not folder.is_absolute():
        return f"{folder} is no whole path."
    standing = folder
    while not os.path.lexists(standing) and standing != standing.parent:
        standing = standing.parent
    if not standing.is_dir():
        return f"{standing} is a file."
    if not os.access(standing, os.W_OK):
        return f"Nothing can be written in {standing}."
    return ""


def as_text(wish: Wish) -> str:
    """For the settings."""
    return json.dumps(asdict(wish))


def from_text(text: str, methods: Collection[str]) -> Wish:
    """What the settings hold; what is not understood is left out.

    Parameters
    ----------
    methods : collection of str
        Names of those that can be ticked.
    """
    usual = Wish(workers=usual_workers())
    try:
        content = json.loads(text or "{}")
        wish = replace(usual, **_read(content))
    except (ValueError, TypeError, KeyError, AttributeError):
        return usual
    named = tuple(name for name in known(wish.metrics) if name not in NOT_OFFERED)
    return replace(
        wish,
        methods=tuple(name for name in wish.methods if name in methods),
        metrics=named,
        band=min(max(0, wish.band), MOST_BAND),
        workers=min(max(1, wish.workers), _startup.cores()),
    )


def _read(content: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, kind in (("more", str), ("baseline", str), ("output", str), ("published", bool)):
        read[name] = kind(content.get(name, getattr(Wish, name)))
    for name in ("band", "workers"):
        read[name] = int(content.get(name, getattr(Wish, name)))
    for name in ("methods", "metrics"):
        read[name] = tuple(map(str, content.get(name, getattr(Wish, name))))
    read["folders"] = tuple(
        Folder(str(entry["path"]), str(entry["rule"])) for entry in content.get("folders", ())
    )
    read["results"] = tuple(
        Results(str(entry["name"]), str(entry["where"])) for entry in content.get("results", ())
    )
    return read
