"""Parameters that methods by networks have in common, and the networks they name."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from mfgui.core.compute import Compute
from mfgui.core.errors import InputError
from mfgui.methods.registry import Parameter

if TYPE_CHECKING:
    from mfgui.nets.weights import Loaded

SHIPPED = "shipped"

Weights = Annotated[
    str,
    Parameter(
        "Of the network: those that come with mfgui, or a file, also one of the authors",
        choices=(SHIPPED,),
        path=True,
        path_of="a file of weights",
        advanced=True,
    ),
]
Precision = Annotated[
    str,
    Parameter(
        "Of the network's layers; auto: half on graphics processors",
        choices=("auto", "float32", "half"),
        advanced=True,
    ),
]


def weights_file(network: str, weights: str) -> Path | None:
    """The file that a value of `Weights` names; None where none is shipped. Without torch."""
    from mfgui.nets.shipped import shipped

    return shipped(network) if weights == SHIPPED else Path(weights)


def weights_digest(network: str, weights: str) -> str:
    """SHA-256 of the file that a value of `Weights` names; empty where it cannot be read."""
    path = weights_file(network, weights)
    try:
        return "" if path is None else hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def network_of(weights: str, *networks: str) -> tuple[Loaded, Path]:
    """The network with the weights that were asked for, and the file they come from.

    Parameters
    ----------
    weights : str
        "shipped", or the path of a file.
    networks : str
        Names of the networks that are taken; the first is the one whose weights are shipped.

    Raises
    ------
    InputError
        If the file cannot be read, is damaged, or belongs to another network.
    """
    # Imported here: torch takes more than a second to load.
    from mfgui.nets.weights import loaded

    path = weights_file(networks[0], weights)
    if path is None:
        hint = "name a file with weights="
        raise InputError(f"no weights of {networks[0]} are installed", hint=hint)
    found = loaded(path)
    if found.weights.network not in networks:
        what = f"these are weights of {found.weights.network}, not of {' or '.join(networks)}"
        raise InputError(what, path=path, hint="name another file with weights=")
    return found, path


class Pairs:
    """Progress of sources that are fused one after another, each pair in parts of its own."""

    def __init__(self, compute: Compute, sources: int) -> None:
        self._compute, self._total, self._begun = compute, max(1, sources - 1), 0

    def next(self) -> Compute:
        """What the next pair is computed with."""
        begun = self._begun
        self._begun += 1

        def progress(done: int, parts: int) -> None:
            self._compute.progress(begun * parts + done, self._total * parts)

        return replace(self._compute, progress=progress)

    @property
    def whole(self) -> Compute:
        """What the sequence is computed with: its own progress is that of the pairs."""
        return replace(self._compute, progress=_unheard)


def _unheard(_done: int, _total: int) -> None:
    """The progress of what tells it elsewhere."""
