"""Folders of pictures to train on, told apart by what lies in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mfgui.core.errors import InputError, UsageError
from mfgui.synth.material import Material
from mfgui.synth.pairs import Pairs

_PAIR = "bg-A-*"  # as the pairs of EDMF are named: bg-A-1.jpg and bg-B-1.jpg


@dataclass(frozen=True)
class Data:
    """What a training is given.

    Attributes
    ----------
    sharp : Path or None
        Folder of sharp photographs.
    unlabelled : Path or None
        Folder of pairs without truth.
    """

    sharp: Path | None
    unlabelled: Path | None

    @classmethod
    def of_folders(cls, folders: Sequence[Path]) -> Data:
        """Folders sorted into photographs and pairs, at most one of each.

        Raises
        ------
        InputError, UsageError
            When one does not exist or there are two of a kind.
        """
        found: dict[str, Path] = {}
        for folder in folders:
            if not folder.is_dir():
                raise InputError("is no folder", path=folder, hint="name a folder of pictures")
            kind = "pairs" if any(folder.glob(_PAIR)) else "photographs"
            if kind in found:
                raise UsageError(
                    f"two folders of {kind}: {found[kind]} and {folder}",
                    hint="put the pictures into one",
                )
            found[kind] = folder
        return cls(found.get("photographs"), found.get("pairs"))

    def photographs(self) -> tuple[Material, Material]:
        """Sharp material of the training, and that which is kept out of it."""
        return (
            Material.of_folders(self.sharp, self.unlabelled),
            Material.of_folders(self.sharp, None, held_out=True),
        )

    def pairs(self) -> tuple[Pairs, Pairs]:
        """Pairs of the training, and those kept out of it.

        Raises
        ------
        UsageError
            When no folder of pairs was given.
        """
        if self.unlabelled is None:
            raise UsageError(
                "this network is trained on pairs of photographs",
                hint="name a folder of them with --data: bg-A-1.jpg, bg-B-1.jpg, ...",
            )
        return (
            Pairs.of_folder(self.unlabelled),
            Pairs.of_folder(self.unlabelled, kept_out=True),
        )
