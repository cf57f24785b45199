"""Frames of another size than most: nothing is scaled or left out unless the person says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mfgui.core.errors import InputError
from mfgui.files.images import OpenedSet, open_set, probe

_NAMED = 3


class OddSizes(InputError):
    """Some pictures have another size than most.

    Attributes
    ----------
    fitting : tuple of Path
        Those that have one size, more than half of all, in their order.
    """

    def __init__(self, what: str, *, fitting: Sequence[Path]) -> None:
        super().__init__(what)
        self.fitting = tuple(fitting)


def opened(images: Sequence[Path], remarks: Sequence[str]) -> OpenedSet:
    """The headers of the images, as `open_set` reads them.

    Raises
    ------
    OddSizes
        Where only a few pictures are in the way.
    UsageError, InputError
        As `open_set`.
    """
    try:
        return open_set(images, remarks=remarks)
    except InputError as error:
        raise _odd_sizes(images) or error from None


def _odd_sizes(images: Sequence[Path]) -> OddSizes | None:
    try:
        sizes = [probe(path).size for path in images]
    except InputError:
        return None
    usual, count = Counter(sizes).most_common(1)[0]
    odd = [path for path, size in zip(images, sizes, strict=True) if size != usual]
    if not odd or count < 2 or count <= len(odd):
        return None
    if len(odd) == 1:
        what = f"{odd[0].name} is {sizes[images.index(odd[0])]}"
    else:
        names = ", ".join(path.name for path in odd[:_NAMED])
        more = ", ..." if len(odd) > _NAMED else ""
        what = f"{len(odd)} pictures have another size ({names}{more})"
    others = [path for path in images if path not in odd]
    return OddSizes(f"{what}, the other {count} are {usual}", fitting=others)
