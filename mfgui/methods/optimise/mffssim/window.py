"""The side length of the SSIM window."""

from __future__ import annotations

from typing import Annotated

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.methods.registry import Parameter

RULES = ("paper", "released")
Window = Annotated[
    int | str,
    Parameter(
        "Side length of the window: a number, 5e-5 of the pixels (paper), or the same up to 25 "
        "(released)",
        unit="px",
        minimum=3,
        odd=True,
        choices=RULES,
    ),
]
AscentWindow = Annotated[
    int | str,
    Parameter(
        "Side length of the window: a number, 5e-5 of the pixels (paper), the same up to 25 "
        "(released), or chosen from the map and the sources (auto)",
        unit="px",
        minimum=3,
        odd=True,
        choices=("auto", *RULES),
    ),
]
_SHARE = 5e-5  # the paper's alpha: side length in pixels per pixel of the picture
_CAP = 25  # of the released program


def window_size(rule: int | str, size: Size) -> int:
    """Side length W, odd and at least 3, that `rule` gives for a picture of `size`.

    Parameters
    ----------
    rule : int or str
        A side length, or "paper": W = 5e-5 * width * height made odd (section III-C of Xu et
        al. 2020; the rounding is the released program's), or "released": the same, at most 25.

    Raises
    ------
    UsageError
        When the window is larger than the picture, or is even or below 3.

    Examples
    --------
    >>> window_size("paper", Size(432, 624)), window_size("released", Size(4000, 3000))
    (13, 25)
    """
    if rule in RULES:
        window = max(3, 2 * int(_SHARE * size.pixels // 2) + 1)
        window = min(window, _CAP) if rule == "released" else window
    else:
        window = int(rule)
    if window < 3 or window % 2 == 0:
        raise UsageError(f"window={window}: not allowed", hint="use an odd number of at least 3")
    smaller = min(size.width, size.height)
    if window > smaller:
        odd = smaller - 1 + smaller % 2
        hint = f"use a window of at most {odd}" if odd >= 3 else "use pictures of at least 3 x 3"
        raise UsageError(
            f"the window of {window} pixels is larger than the image, {size}", hint=hint
        )
    return window
