"""How much a stack's frames may be deformed against each other: no more than can be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfgui.core.arrays import Size
from mfgui.methods.align.blocks import fitted
from mfgui.methods.align.links import Link
from mfgui.methods.align.moves import fields_of

_PARTS = 6  # squares along the long side, which are left out by turns
_CLEAR = 0.95  # of the misfit: what a richer model has to get below
_MOST = 50.0  # squared standard deviations: more counts as much, whatever the model


def simplest_model(links: Sequence[Link], size: Size, *, radial: bool = False) -> str:
    """The simplest model to which no richer one is clearly superior.

    Each is fitted to every other square of the pictures and judged in the squares between, so that
    more freedom alone does not win.

    Parameters
    ----------
    links : sequence of Link
        Measured with a similarity.
    size : Size
        Of the proxies.
    """
    nearest = min((abs(link.second - link.first) for link in links), default=1)
    near = [link for link in links if abs(link.second - link.first) == nearest]
    best, least = "similarity", _misfit(near, "similarity", size, radial=radial)
    for name in ("affine", "homography"):
        misfit = _misfit(near, name, size, radial=radial)
        if misfit < _CLEAR * least:
            best, least = name, misfit
    return best


def _misfit(links: Sequence[Link], model: str, size: Size, *, radial: bool) -> float:
    """Mean misfit of blocks that the model was not fitted to."""
    fields = fields_of(model, radial=radial)
    total, count = 0.0, 0
    for link in links:
        column, row = (link.blocks.points * _PARTS / max(size.width, size.height)).astype(int).T
        odd = (column + row) % 2 == 1
        for chosen in (odd, ~odd):
            fit = fitted(link.blocks.those(chosen), fields, size)
            judged = link.blocks.those(~chosen & (link.blocks.alike > 0.5))
            total += float(np.minimum(judged.misfits(fit.parts, size), _MOST).sum())
            count += len(judged.points)
    return total / max(count, 1)
