"""Differences of neighbouring pixels, as the definitions of metrics take them."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.planes import Values


def forward(values: Values) -> tuple[Values, Values]:
    """Differences to the right and to the lower neighbour, which is 0 beyond the border.

    Parameters
    ----------
    values : (H, W, C)

    Returns
    -------
    across, down : (H, W, C)
        The last column and the last row hold minus the value.
    """
    across, down = -values, -values
    across[:, :-1] += values[:, 1:]
    down[:-1] += values[1:]
    return across, down


def sobel(plane: Values, border: str = "constant") -> tuple[Values, Values]:
    """Correlation with [-1 0 1; -2 0 2; -1 0 1] and [-1 -2 -1; 0 0 0; 1 2 1], (H, W) each.

    Sums of whole numbers are exact, so that flat areas have exactly 0.

    Parameters
    ----------
    border : str
        Of `numpy.pad`: "constant" takes 0 beyond the border, "reflect" mirrors at it.
    """
    wide = np.pad(plane, 1, mode=border)  # type: ignore[call-overload]
    slope = wide[:, 2:] - wide[:, :-2]
    across: Values = slope[:-2] + 2.0 * slope[1:-1] + slope[2:]
    slope = wide[2:] - wide[:-2]
    down: Values = slope[:, :-2] + 2.0 * slope[:, 1:-1] + slope[:, 2:]
    return across, down
