"""The steps by which brushes grow and shrink."""

from __future__ import annotations

from itertools import accumulate, pairwise, repeat, takewhile

from mfgui.ui.tools.options import LARGEST

_STEP = 1.15


def _sizes() -> tuple[int, ...]:
    """Steps of the brush size: one pixel, later some percent."""
    steps = accumulate(repeat(1), lambda size, _: max(size + 1, round(size * _STEP)))
    return (*takewhile(lambda size: size < LARGEST, steps), LARGEST)


def next_size(size: int, *, larger: bool) -> int:
    """The next brush size in one direction; the same steps lead back."""
    sizes = _sizes()
    if larger:
        return next((step for step in sizes if step > size), LARGEST)
    return next((low for low, high in pairwise((1, *sizes)) if low < size <= high), 1)
